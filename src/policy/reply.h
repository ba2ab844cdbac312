/* What a sender is told whose message is refused or put off: code, enhanced code (RFC 7372), and a sentence that says what
 * failed, who refuses, and whom to ask. */
#ifndef POLICY_REPLY_H
#define POLICY_REPLY_H

#include "policy/judge.h"

#include <sekisho/status.h>

struct policy_refusal {
    const struct policy *policy;
    const struct policy_judgement *judgement; /* action is REFUSE, or is_temporary */
    const struct policy_facts *facts;
    struct seki_str domain;  /* the hosted domain that refuses */
    struct seki_str contact; /* an address to ask; "": postmaster of that domain (RFC 5321 section 4.5.1) */
};

/**
 * @param status_out  550, or 451 for a judgement that waits for its scanner; text in the arena, one line of printable
 *                    ASCII, at most SEKI_STATUS_TEXT_MAX octets
 * @return SEKI_OK; SEKI_LIMIT, SEKI_SYSTEM from the arena
 */
SEKI_MUST_USE enum seki_result policy_reply(struct seki_arena *arena, const struct policy_refusal *refusal,
                                            struct seki_status *status_out);

/** At RCPT, for a recipient that policy_may_join() keeps apart (RFC 5321 section 4.5.3.1.10): it comes again by itself. */
struct seki_status policy_reply_apart(void);

#endif

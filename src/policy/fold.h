/* One message, several recipients, several policies (RFC 5321 knows one reply after DATA): which effects may be applied
 * to the message as a whole, and which to single recipients, so that nobody's choice harms another's mail.
 *
 * Field and Subject edits, the MTA's quarantine, discard and the reply hit all recipients. They are applied only when
 * every recipient's domain asks for them; otherwise each domain falls to its next individual effect:
 *     discard → remove that recipient       refuse → junk, by another recipient
 *     MTA quarantine → junk, likewise       junk by field → by another recipient     Subject tag → field only
 *     451 for the scanner → our quarantine; on a node that keeps no messages as hold: junk, by another recipient
 * Our own quarantine is individual by nature: the message is kept for that recipient, who is taken off the envelope; what
 * is done to the message as it goes on is then the choice of those that remain, but for the reply, which answers for all.
 * Whoever asks for more than the mark asks for the mark too. Here "junk" is another recipient (user+Junk). Where that
 * cannot be (a gateway, which has no folder; no junk-suffix; no local part that it fits) it is the field if all that
 * remain want junk, else the mark if all want that, else nothing: mail that one domain wanted refused is then delivered
 * rather than another's refused. A domain that refuses strictly never comes to this: a recipient of another domain beside
 * its own is put off at RCPT (452 4.5.3), and the message comes again by itself. */
#ifndef POLICY_FOLD_H
#define POLICY_FOLD_H

#include "policy/judge.h"

struct policy_recipient {
    struct seki_str path; /* "<user@example.com>", without a source route */
    struct seki_str domain;
    uint64_t domain_id; /* 0: no hosted domain; then policy is NULL and its mail is delivered */
    enum policy_shape shape;
    const struct policy *policy;
    struct policy_judgement judgement;
    /* filled by policy_fold(): */
    enum policy_action applied; /* what becomes of the mail to this recipient */
    bool is_removed;            /* taken off the envelope (discarded, or its message is held) */
    struct seki_str new_path;   /* put on the envelope in its place; "": unchanged */
};

struct policy_effects { /* of the whole message */
    enum policy_action
        action;    /* DELIVER (with the recipients that remain), QUARANTINE, REFUSE, or DISCARD: nobody remains;
                                  what is_held must have been kept before */
    bool has_mark; /* the X-Sekisho-Verdict field */
    bool has_junk_field; /* X-Sekisho-Junk */
    struct seki_str subject_tag;
    bool is_held;      /* the message is kept in our quarantine for the recipients with applied HOLD */
    bool is_temporary; /* 451: every domain waits for its scanner, and nothing is done */
    const struct policy_recipient *decisive; /* whose judgement the reply tells; NULL without one */
};

/** @param can_hold  this node keeps messages. @param arena  for new paths. @return SEKI_OK, or the arena's failure, and then nothing of it may be applied */
SEKI_MUST_USE enum seki_result policy_fold(struct policy_recipient *recipients, size_t count, bool can_hold,
                                           struct seki_arena *arena, struct policy_effects *effects_out);

/** May this recipient join those that are there? False: 452, for a domain that refuses strictly is among them or it is one,
 *  and there is something that it could refuse; or one is postmaster or abuse of no domain with a policy, beside a domain
 *  that could refuse. Recipients of one domain always may. */
bool policy_may_join(const struct policy_recipient *recipients, size_t count,
                     const struct policy_recipient *newcomer);

#endif

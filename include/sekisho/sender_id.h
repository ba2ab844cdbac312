/* Sender ID: RFC 4406, and the Purported Responsible Address: RFC 4407.
 *
 * Historic, and no input to DMARC (RFC 9989 section 4.3 knows SPF and DKIM only): a result of its own, for those who
 * want to see it. It is SPF with another identity and with records that say which identity they are for. */
#ifndef SEKISHO_SENDER_ID_H
#define SEKISHO_SENDER_ID_H

#include <sekisho/message.h>
#include <sekisho/spf.h>

/** The Purported Responsible Address of a message. */
struct seki_pra {
    struct seki_str local_part; /* unquoted */
    struct seki_str domain;     /* as the field has it; "" when the message has no PRA */
    struct seki_str field;      /* "Resent-Sender", "Resent-From", "Sender" or "From": the one chosen, also when
                                   there is no PRA because of it; else "" */
    struct seki_str reason;     /* why there is none; else "" */
};

/**
 * Find the PRA by RFC 4407 section 2, and by nothing else. A field that is chosen and cannot be used (several
 * mailboxes, a group, no domain name) means that there is none; no other field takes its place. The same holds of
 * a header that was cut at its bounds.
 * @param pra_out  views into the message, or the arena
 * @return SEKI_OK, with or without a PRA; SEKI_LIMIT, SEKI_SYSTEM from the arena
 */
SEKI_API SEKI_MUST_USE enum seki_result seki_pra_find(struct seki_arena *arena, const struct seki_message *message,
                                                      struct seki_pra *pra_out);

enum seki_sender_id_scope { /* RFC 4406 section 3.1 */
    SEKI_SENDER_ID_PRA = 0,
    SEKI_SENDER_ID_MFROM
};

struct seki_sender_id_input { /* views must live as long as the check */
    enum seki_sender_id_scope scope;
    struct seki_pra pra;       /* SEKI_SENDER_ID_PRA: from seki_pra_find(), or local-part and domain alone */
    struct seki_spf_input spf; /* all but identity, which follows from the scope */
};

struct seki_sender_id_verdict {
    enum seki_sender_id_scope scope;
    struct seki_pra pra;           /* as it was given */
    struct seki_spf_verdict check; /* what check_host() came to (RFC 4406 section 4.2); permerror, with the reason,
                                      when the message has no PRA. identity says MAIL_FROM in either scope */
};

struct seki_sender_id;

/** @return NULL when the arena is full */
SEKI_API struct seki_sender_id *seki_sender_id_new(struct seki_arena *arena,
                                                   const struct seki_sender_id_input *input);

/** Advance the check as far as the known DNS answers allow; contract and limits of seki_spf_step(). */
SEKI_API SEKI_MUST_USE enum seki_result seki_sender_id_step(struct seki_sender_id *sender_id,
                                                            struct seki_answers *answers,
                                                            struct seki_sender_id_verdict *verdict_out,
                                                            struct seki_error *why);

/** "pra", "mfrom" */
SEKI_API const char *seki_sender_id_scope_name(enum seki_sender_id_scope scope);

#endif

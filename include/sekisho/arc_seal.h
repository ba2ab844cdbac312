/* ARC sealing: RFC 8617 section 5.1.
 *
 *   header read → seki_arc_seal_new() → body hashed, chain validated → seki_arc_seal_start()
 *               → twice: seki_arc_seal_digest() → (the key's holder signs) → seki_arc_seal_complete()
 *               → seki_arc_seal_fields() go on top of the message
 *
 * The message is the one that leaves, after everything that edits it, DKIM signing included (step 1). The validation is
 * that of the message as it arrived. */
#ifndef SEKISHO_ARC_SEAL_H
#define SEKISHO_ARC_SEAL_H

#include <sekisho/arc.h>
#include <sekisho/dkim_sign.h>

enum seki_arc_seal_outcome {
    SEKI_ARC_SEAL_DUE = 0,       /* go on */
    SEKI_ARC_SEAL_FAILED_BEFORE, /* the newest ARC-Seal says cv=fail already: nothing is added (step 2) */
    SEKI_ARC_SEAL_FULL           /* there are 50 sets (section 4.2.1): nothing is added */
};

struct seki_arc_seal_fields {    /* values as seki_dkim_sign_complete() gives them; the first goes topmost */
    struct seki_str seal;              /* of ARC-Seal */
    struct seki_str message_signature; /* of ARC-Message-Signature */
    struct seki_str auth_results;      /* of ARC-Authentication-Results */
};

struct seki_arc_seal;

/**
 * As seki_dkim_sign_new(), for the ARC-Message-Signature. Of the options, identity and expires_after_s are not used.
 * The default h= has the DKIM-Signature fields too; Authentication-Results and ARC fields are refused (section 4.1.2).
 */
SEKI_API SEKI_MUST_USE enum seki_result seki_arc_seal_new(struct seki_arena *arena, struct seki_context *context,
                                                          const struct seki_message *message,
                                                          struct seki_body_hash *body,
                                                          const struct seki_dkim_sign_options *options,
                                                          struct seki_arc_seal **seal_out, struct seki_error *why);

/**
 * Decide which set this will be, from the validation just made. A chain that failed gets a set with cv=fail whose seal
 * covers that set alone (section 5.1.2).
 * @param authentication_results  all results of our ADMD in one: the value of an Authentication-Results field, such as
 *                                seki_verdict's. Never one that came with the message
 * @return SEKI_OK with *outcome_out; SEKI_USAGE: the verdict is of other sets than the message has; SEKI_LIMIT,
 *         SEKI_SYSTEM
 */
SEKI_API SEKI_MUST_USE enum seki_result seki_arc_seal_start(struct seki_arc_seal *seal,
                                                            const struct seki_arc_verdict *verdict,
                                                            struct seki_str authentication_results,
                                                            enum seki_arc_seal_outcome *outcome_out,
                                                            struct seki_error *why);

/** What is to be signed next. @return SEKI_OK; SEKI_NEED_BODY; SEKI_USAGE when nothing is; SEKI_LIMIT, SEKI_SYSTEM */
SEKI_API SEKI_MUST_USE enum seki_result seki_arc_seal_digest(struct seki_arc_seal *seal,
                                                             struct seki_sign_request *request_out,
                                                             struct seki_error *why);
/** @return SEKI_OK; SEKI_USAGE as seki_dkim_sign_complete(); SEKI_LIMIT, SEKI_SYSTEM */
SEKI_API SEKI_MUST_USE enum seki_result seki_arc_seal_complete(struct seki_arc_seal *seal,
                                                               const struct seki_sign_answer *answer,
                                                               struct seki_error *why);

/** @return NULL until both signatures are there */
SEKI_API const struct seki_arc_seal_fields *seki_arc_seal_fields(const struct seki_arc_seal *seal);

/** i= of the set, and the cv= of its seal; 0 and SEKI_ARC_NONE before seki_arc_seal_start() */
SEKI_API unsigned seki_arc_seal_instance(const struct seki_arc_seal *seal);
SEKI_API enum seki_arc_result seki_arc_seal_cv(const struct seki_arc_seal *seal);

#endif

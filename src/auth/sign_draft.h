/* A signature field in the making: what DKIM-Signature, ARC-Message-Signature and ARC-Seal have in common.
 *
 *   plan (checked options) → begin → tags → close → hash → finish with the signature */
#ifndef AUTH_SIGN_DRAFT_H
#define AUTH_SIGN_DRAFT_H

#include "auth/sign_names.h"
#include "auth/tag_write.h"

#include <sekisho/dkim_sign.h>

struct seki_sign_plan {
    struct seki_arena *arena;
    struct seki_context *context;
    const struct seki_message *message;
    struct seki_body_hash *body;
    struct seki_dkim_sign_options options;
    struct seki_str domain, selector; /* as they are written */
    struct seki_str identity;         /* i= of DKIM, encoded; "" for none */
    struct seki_sign_names names;
    enum seki_canonicalization header_canon;
    size_t body_id;
};

/** @param kind  SEKI_SIGNATURE_DKIM or SEKI_SIGNATURE_AMS. @return as seki_dkim_sign_new() */
enum seki_result seki_sign_plan_make(struct seki_sign_plan *plan, enum seki_signature_kind kind,
                                     struct seki_error *why);

struct seki_sign_draft {
    struct seki_buf text; /* from the field's name on */
    struct seki_tag_writer tags;
    size_t name_len;
    struct seki_field field; /* once closed: the field with an empty b= */
    struct seki_signature signature;
};

void seki_sign_draft_begin(struct seki_sign_draft *draft, struct seki_arena *arena, const char *name);
/** a=, d=, s= and t=. */
void seki_sign_draft_add_signer(struct seki_sign_draft *draft, const struct seki_sign_plan *plan);
/** Write b= and make draft->signature ready for hashing. @return SEKI_OK; SEKI_LIMIT, SEKI_SYSTEM */
enum seki_result seki_sign_draft_close(struct seki_sign_draft *draft, const struct seki_sign_plan *plan);
/**
 * The rest of a DKIM-Signature or ARC-Message-Signature after its first tags (v= or i=), and its digest.
 * @return SEKI_OK; SEKI_NEED_BODY; SEKI_LIMIT, SEKI_SYSTEM
 */
enum seki_result seki_sign_draft_message(struct seki_sign_draft *draft, const struct seki_sign_plan *plan,
                                         struct seki_sign_request *request_out);
/** The field as it stands: with an empty b= when closed, whole when finished. */
struct seki_field seki_sign_draft_field(const struct seki_sign_draft *draft);
/** Write the signature. @return SEKI_OK; SEKI_USAGE for a wrong length; SEKI_LIMIT, SEKI_SYSTEM */
enum seki_result seki_sign_draft_finish(struct seki_sign_draft *draft, enum seki_sign_algorithm algorithm,
                                        const struct seki_sign_answer *answer, struct seki_str *value_out);

/** Say what a result means where nothing has been said. @return result */
enum seki_result seki_sign_explain(enum seki_result result, struct seki_error *why);

#endif

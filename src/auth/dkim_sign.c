#include <sekisho/dkim_sign.h>

#include "auth/sign_draft.h"

struct seki_dkim_sign {
    struct seki_sign_plan plan;
    struct seki_sign_draft draft;
    bool has_digest;
    struct seki_sign_request request;
};

enum seki_result seki_dkim_sign_new(struct seki_arena *arena, struct seki_context *context,
                                    const struct seki_message *message, struct seki_body_hash *body,
                                    const struct seki_dkim_sign_options *options, struct seki_dkim_sign **sign_out,
                                    struct seki_error *why)
{
    struct seki_dkim_sign *sign = seki_arena_alloc(arena, 1, sizeof *sign);
    *sign_out = NULL;
    if (sign == NULL)
        return seki_sign_explain(seki_arena_failure(arena), why);
    sign->plan = (struct seki_sign_plan){
        .arena = arena, .context = context, .message = message, .body = body, .options = *options
    };
    enum seki_result result = seki_sign_plan_make(&sign->plan, SEKI_SIGNATURE_DKIM, why);
    if (result == SEKI_OK)
        *sign_out = sign;
    return result;
}

enum seki_result seki_dkim_sign_digest(struct seki_dkim_sign *sign, struct seki_sign_request *request_out,
                                       struct seki_error *why)
{
    if (!sign->has_digest) {
        seki_sign_draft_begin(&sign->draft, sign->plan.arena, "DKIM-Signature");
        seki_tag_write(&sign->draft.tags, "v", SEKI_STR("1"));
        enum seki_result result = seki_sign_draft_message(&sign->draft, &sign->plan, &sign->request);
        if (result != SEKI_OK)
            return seki_sign_explain(result, why);
        sign->has_digest = true;
    }
    *request_out = sign->request;
    return SEKI_OK;
}

enum seki_result seki_dkim_sign_complete(struct seki_dkim_sign *sign, const struct seki_sign_answer *answer,
                                         struct seki_str *value_out, struct seki_error *why)
{
    enum seki_result result = SEKI_USAGE;
    if (sign->has_digest)
        result = seki_sign_draft_finish(&sign->draft, sign->plan.options.algorithm, answer, value_out);
    sign->has_digest = sign->has_digest && result == SEKI_USAGE; /* a signature is taken once */
    if (result == SEKI_USAGE)
        seki_error_set(why, "this is no signature for the digest that was handed out");
    return seki_sign_explain(result, why);
}

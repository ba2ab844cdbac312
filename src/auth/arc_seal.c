/* A set is three fields, each covering what stands before it: results, then the signature over the message, then the
 * seal over the whole chain. So there are two signatures, one after the other. */
#include <sekisho/arc_seal.h>

#include "auth/arc_set.h"
#include "auth/header_hash.h"
#include "auth/sign_draft.h"

#define AUTH_RESULTS_NAME "ARC-Authentication-Results"

enum stage {
    STAGE_PLANNED = 0,       /* which set it will be is not known */
    STAGE_MESSAGE_SIGNATURE, /* to be signed next */
    STAGE_SEAL,
    STAGE_DONE,
    STAGE_NOT_DUE /* no set is added */
};

struct seki_arc_seal {
    struct seki_sign_plan plan;
    struct seki_arc_chain chain; /* that stands there */
    enum stage stage;
    unsigned instance;
    enum seki_arc_result cv;
    struct seki_field auth_results, message_signature; /* ours, once made */
    struct seki_sign_draft draft;                      /* of what is signed next */
    bool has_digest;
    struct seki_sign_request request;
    struct seki_arc_seal_fields fields;
};

enum seki_result seki_arc_seal_new(struct seki_arena *arena, struct seki_context *context,
                                   const struct seki_message *message, struct seki_body_hash *body,
                                   const struct seki_dkim_sign_options *options, struct seki_arc_seal **seal_out,
                                   struct seki_error *why)
{
    *seal_out = NULL;
    struct seki_arc_seal *seal = seki_arena_alloc(arena, 1, sizeof *seal);
    struct seki_check_scene *scene = seki_check_scene_new(arena, context, message, body, NULL);
    if (seal == NULL || scene == NULL)
        return seki_sign_explain(seki_arena_failure(arena), why);
    seal->plan = (struct seki_sign_plan){
        .arena = arena, .context = context, .message = message, .body = body, .options = *options
    };
    seal->plan.options.expires_after_s = 0;
    enum seki_result result = seki_sign_plan_make(&seal->plan, SEKI_SIGNATURE_AMS, why);
    if (result != SEKI_OK)
        return result;
    result = seki_arc_collect(scene, &seal->chain);
    if (result == SEKI_OK)
        *seal_out = seal;
    return seki_sign_explain(result, why);
}

/* Section 5.1, step 2; and one set more than can be validated would break the chain for all that came before. */
static enum seki_arc_seal_outcome judge_chain(const struct seki_arc_chain *chain)
{
    const struct seki_signature_check *newest = NULL;
    if (chain->sets != NULL && chain->count > 0)
        newest = chain->sets[chain->count - 1].seal_check;
    if (newest != NULL && newest->signature.cv == SEKI_CV_FAIL)
        return SEKI_ARC_SEAL_FAILED_BEFORE;
    return chain->count >= SEKI_MAX_ARC_SETS ? SEKI_ARC_SEAL_FULL : SEKI_ARC_SEAL_DUE;
}

/* Is it of the sets that the message has? */
static bool is_verdict_of(const struct seki_arc_verdict *verdict, const struct seki_arc_chain *chain)
{
    switch (verdict->result) {
    case SEKI_ARC_NONE: return chain->count == 0 && chain->wrong == NULL;
    case SEKI_ARC_PASS: return chain->count == verdict->set_count && chain->wrong == NULL;
    case SEKI_ARC_FAIL: break;
    }
    return chain->count == verdict->instance;
}

/* Nothing but folds may hold a line end: whatever else did would put fields of its own on the message. */
static bool is_folded_text(struct seki_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        bool has_lf = i + 1 < text.len && text.ptr[i + 1] == '\n';
        if (text.ptr[i] == '\n' || text.ptr[i] == '\0')
            return false;
        if (text.ptr[i] != '\r')
            continue;
        if (!has_lf || i + 2 >= text.len || !seki_is_wsp(text.ptr[i + 2]))
            return false;
        i += 2;
    }
    return text.len > 0;
}

/* arc-info = instance [CFWS] ";" authres-payload (section 4.1.1) */
static enum seki_result write_auth_results(struct seki_arc_seal *seal, struct seki_str results)
{
    size_t name_len = strlen(AUTH_RESULTS_NAME);
    struct seki_buf text;
    seki_buf_init_arena(&text, seal->plan.arena, results.len + 64);
    seki_buf_add_format(&text, AUTH_RESULTS_NAME ": i=%u; ", seal->instance);
    seki_buf_add(&text, results);
    struct seki_str raw = seki_buf_str(&text);
    seal->auth_results = (struct seki_field){ raw, seki_str_head(raw, name_len), seki_str_from(raw, name_len + 1) };
    seal->fields.auth_results = seal->auth_results.value;
    return seki_buf_failed(&text);
}

enum seki_result seki_arc_seal_start(struct seki_arc_seal *seal, const struct seki_arc_verdict *verdict,
                                     struct seki_str authentication_results,
                                     enum seki_arc_seal_outcome *outcome_out, struct seki_error *why)
{
    struct seki_str results = seki_str_trim(authentication_results);
    if (seal->stage != STAGE_PLANNED || !is_verdict_of(verdict, &seal->chain)) {
        seki_error_set(why, "the ARC sets of the message are not those that were validated");
        return SEKI_USAGE;
    }
    if (!is_folded_text(results)) {
        seki_error_set(why, "the authentication results cannot stand in a field");
        return SEKI_USAGE;
    }
    *outcome_out = judge_chain(&seal->chain);
    seal->stage = *outcome_out == SEKI_ARC_SEAL_DUE ? STAGE_MESSAGE_SIGNATURE : STAGE_NOT_DUE;
    if (seal->stage == STAGE_NOT_DUE)
        return SEKI_OK;
    seal->instance = seal->chain.count + 1;
    seal->cv = verdict->result;
    return seki_sign_explain(write_auth_results(seal, results), why);
}

static enum seki_result digest_message(struct seki_arc_seal *seal)
{
    seki_sign_draft_begin(&seal->draft, seal->plan.arena, "ARC-Message-Signature");
    seki_tag_write_number(&seal->draft.tags, "i", seal->instance);
    return seki_sign_draft_message(&seal->draft, &seal->plan, &seal->request);
}

/* Section 5.1.1: all sets in rising instance; section 5.1.2: ours alone, when the chain has failed. */
static bool hash_chain(struct seki_arc_seal *seal)
{
    const struct seki_message *message = seal->plan.message;
    unsigned sets = seal->cv == SEKI_ARC_PASS ? seal->chain.count : 0;
    struct seki_header_hash hash;
    seki_header_hash_init(&hash, seal->plan.context, SEKI_DIGEST_SHA256, SEKI_CANON_RELAXED, NULL);
    for (unsigned i = 0; i < sets; i++) {
        const struct seki_arc_fields *set = &seal->chain.sets[i];
        seki_header_hash_add(&hash, seki_message_field(message, set->auth_results));
        seki_header_hash_add(&hash, seki_message_field(message, set->message_signature));
        seki_header_hash_add(&hash, seki_message_field(message, set->seal));
    }
    seki_header_hash_add(&hash, &seal->auth_results);
    seki_header_hash_add(&hash, &seal->message_signature);
    seki_header_hash_add_signature(&hash, &seal->draft.signature);
    bool is_done = seki_header_hash_finish(&hash, seal->request.digest);
    seki_header_hash_release(&hash);
    return is_done;
}

static enum seki_result digest_chain(struct seki_arc_seal *seal)
{
    seki_sign_draft_begin(&seal->draft, seal->plan.arena, "ARC-Seal");
    seki_tag_write_number(&seal->draft.tags, "i", seal->instance);
    seki_tag_write(&seal->draft.tags, "cv", seki_str_of(seki_arc_result_name(seal->cv)));
    seki_sign_draft_add_signer(&seal->draft, &seal->plan);
    enum seki_result result = seki_sign_draft_close(&seal->draft, &seal->plan);
    if (result != SEKI_OK)
        return result;
    return hash_chain(seal) ? SEKI_OK : SEKI_SYSTEM;
}

static bool is_signing(const struct seki_arc_seal *seal)
{
    return seal->stage == STAGE_MESSAGE_SIGNATURE || seal->stage == STAGE_SEAL;
}

enum seki_result seki_arc_seal_digest(struct seki_arc_seal *seal, struct seki_sign_request *request_out,
                                      struct seki_error *why)
{
    if (!is_signing(seal)) {
        seki_error_set(why, "there is nothing to sign");
        return SEKI_USAGE;
    }
    if (!seal->has_digest) {
        enum seki_result result = seal->stage == STAGE_SEAL ? digest_chain(seal) : digest_message(seal);
        if (result != SEKI_OK)
            return seki_sign_explain(result, why);
        seal->has_digest = true;
    }
    *request_out = seal->request;
    return SEKI_OK;
}

enum seki_result seki_arc_seal_complete(struct seki_arc_seal *seal, const struct seki_sign_answer *answer,
                                        struct seki_error *why)
{
    struct seki_str *value = seal->stage == STAGE_SEAL ? &seal->fields.seal : &seal->fields.message_signature;
    enum seki_result result = SEKI_USAGE;
    if (is_signing(seal) && seal->has_digest)
        result = seki_sign_draft_finish(&seal->draft, seal->plan.options.algorithm, answer, value);
    if (result == SEKI_USAGE)
        seki_error_set(why, "this is no signature for the digest that was handed out");
    if (result != SEKI_OK)
        return seki_sign_explain(result, why);
    if (seal->stage == STAGE_MESSAGE_SIGNATURE)
        seal->message_signature = seki_sign_draft_field(&seal->draft);
    seal->stage = seal->stage == STAGE_SEAL ? STAGE_DONE : STAGE_SEAL;
    seal->has_digest = false;
    return SEKI_OK;
}

const struct seki_arc_seal_fields *seki_arc_seal_fields(const struct seki_arc_seal *seal)
{
    return seal->stage == STAGE_DONE ? &seal->fields : NULL;
}

unsigned seki_arc_seal_instance(const struct seki_arc_seal *seal)
{
    return seal->instance;
}

enum seki_arc_result seki_arc_seal_cv(const struct seki_arc_seal *seal)
{
    return seal->cv;
}

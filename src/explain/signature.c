#include "explain/signature.h"

#include "auth/header_hash.h"
#include "base/i18n.h"

#define CLOCK_SKEW_S 300 /* as the verdict allows for x= */

const struct explain_story_text explain_story_texts[EXPLAIN_STORIES] = {
    [EXPLAIN_VERIFIES] = { "verifies", N_("The signature of {domain} verifies.") },
    [EXPLAIN_EXPIRED] = { "expired", N_("The signature of {domain} fits the message, but has expired.") },
    [EXPLAIN_BODY_CHANGED] = { "body-changed",
                               N_("The signature of {domain} held when it was made; the body was changed "
                                  "afterwards.") },
    [EXPLAIN_HEADER_CHANGED] = { "header-changed",
                                 N_("The signature of {domain} held when it was made; a signed field of "
                                    "the header was changed afterwards.") },
    [EXPLAIN_BOTH_CHANGED] = { "both-changed",
                               N_("The signature of {domain} held when it was made; header and body were "
                                  "changed afterwards.") },
    [EXPLAIN_HEADER_OR_KEY] = { "header-or-key",
                                N_("The signature of {domain} does not fit: a signed field of the header "
                                   "was changed, or another key made it.") },
    [EXPLAIN_OTHER_KEY] = { "other-key",
                            N_("The signature of {domain} was not made with the key that is in the DNS now: "
                               "the key was replaced, or the signature is damaged or forged.") },
    [EXPLAIN_NO_KEY] = { "no-key",
                         N_("The signature of {domain} cannot be checked: its key is not in the DNS, or is of no "
                            "use.") },
    [EXPLAIN_KEY_NOT_HAD] = { "key-unavailable",
                              N_("The signature of {domain} could not be checked: the DNS did not give "
                                 "its key.") },
    [EXPLAIN_UNUSABLE] = { "unusable", N_("A signature cannot be checked: its field cannot be used.") },
};

static enum explain_story broken_header_story(const struct explain_signature *s)
{
    if (s->maker == EXPLAIN_MADE_BY_ANOTHER)
        return EXPLAIN_OTHER_KEY;
    if (s->maker == EXPLAIN_MAKER_UNKNOWN)
        return EXPLAIN_HEADER_OR_KEY;
    return s->body == EXPLAIN_HOLDS ? EXPLAIN_HEADER_CHANGED : EXPLAIN_BOTH_CHANGED;
}

enum explain_story explain_signature_story(const struct explain_signature *s)
{
    switch (s->key) {
    case EXPLAIN_KEY_NOT_ASKED: return EXPLAIN_UNUSABLE;
    case EXPLAIN_KEY_MISSING: return EXPLAIN_NO_KEY;
    case EXPLAIN_KEY_UNAVAILABLE: return EXPLAIN_KEY_NOT_HAD;
    case EXPLAIN_KEY_FOUND: break;
    }
    if (s->header != EXPLAIN_HOLDS)
        return broken_header_story(s);
    if (s->body != EXPLAIN_HOLDS)
        return EXPLAIN_BODY_CHANGED;
    return s->is_expired ? EXPLAIN_EXPIRED : EXPLAIN_VERIFIES;
}

bool explain_signature_is_unexplained(const struct explain_signature *s)
{
    bool is_header =
        s->header == EXPLAIN_BROKEN && s->maker != EXPLAIN_MADE_BY_ANOTHER && !s->header_change.is_found;
    bool is_body = s->body == EXPLAIN_BROKEN && s->is_body_searched && !s->body_change.is_found;
    return is_header || is_body;
}

struct explain_signatures {
    struct seki_arena *arena;
    struct seki_context *context;
    struct seki_check_scene *scene;
    const struct explain_body *body;
    int64_t now_s;
    struct seki_signature_check checks[2 * EXPLAIN_MAX_SIGNATURES];
    struct explain_signature signatures[2 * EXPLAIN_MAX_SIGNATURES];
    size_t count, left_out, searches;
    bool is_done;
};

static const struct {
    struct seki_str name;
    enum seki_signature_kind kind;
} fields[] = {
    { SEKI_STR_INIT("DKIM-Signature"), SEKI_SIGNATURE_DKIM },
    { SEKI_STR_INIT("ARC-Message-Signature"), SEKI_SIGNATURE_AMS },
};

static struct seki_str or_empty(struct seki_str s)
{
    return s.ptr != NULL ? s : SEKI_STR("");
}

static void describe(struct explain_signatures *s, size_t index)
{
    const struct seki_signature *read = &s->checks[index].signature;
    s->signatures[index] = (struct explain_signature){
        .kind = read->kind,
        .instance = read->instance,
        .field_index = read->field_index,
        .domain = or_empty(read->domain),
        .selector = or_empty(read->selector),
        .algorithm = or_empty(read->algorithm),
        .reason = SEKI_STR(""),
        .has_expiry = read->has_expiry,
        .expires_at_s = read->expires_at_s,
        .is_expired = read->has_expiry && read->expires_at_s < s->now_s - CLOCK_SKEW_S,
        .has_length = read->has_length,
        .length = read->length,
        .names = read->names,
        .name_count = read->name_count,
    };
}

static enum seki_result read_one(struct explain_signatures *s, enum seki_signature_kind kind, size_t field_index)
{
    struct seki_signature_check *check = &s->checks[s->count];
    enum seki_result result = seki_check_read(s->scene, kind, field_index, SEKI_STR(""), check);
    if (result == SEKI_OK)
        result = seki_check_want_body(s->scene, check);
    if (result == SEKI_OK)
        describe(s, s->count++);
    return result;
}

/* Fields of a name are walked from the bottom. */
static enum seki_result read_kind(struct explain_signatures *s, struct seki_str name, enum seki_signature_kind kind)
{
    size_t places[EXPLAIN_MAX_SIGNATURES], all = seki_message_count_named(s->scene->message, name),
                                           index = SIZE_MAX;
    size_t told = all < EXPLAIN_MAX_SIGNATURES ? all : EXPLAIN_MAX_SIGNATURES;
    for (size_t left = all; left > 0; left--) {
        index = seki_message_find_up(s->scene->message, name, index);
        if (left <= told)
            places[left - 1] = index;
    }
    s->left_out += all - told;
    enum seki_result result = SEKI_OK;
    for (size_t i = 0; i < told && result == SEKI_OK; i++)
        result = read_one(s, kind, places[i]);
    return result;
}

static enum seki_result read_all(struct explain_signatures *s)
{
    enum seki_result result = SEKI_OK;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0] && result == SEKI_OK; i++)
        result = read_kind(s, fields[i].name, fields[i].kind);
    seki_body_hash_update(s->scene->body, s->body->octets);
    seki_body_hash_finish(s->scene->body);
    return result;
}

enum seki_result explain_signatures_new(struct seki_arena *arena, struct seki_context *context,
                                        const struct seki_message *message, const struct explain_body *body,
                                        int64_t now_s, struct explain_signatures **signatures_out)
{
    /* What local policy refuses may have held all the same; the key's type and digest are no policy. */
    static const struct seki_dkim_options lenient = { .min_rsa_bits = 1, .allow_rsa_sha1 = true };
    struct explain_signatures *s = seki_arena_alloc(arena, 1, sizeof *s);
    struct seki_body_hash *hash = seki_body_hash_new(arena, context);
    *signatures_out = s;
    if (s == NULL || hash == NULL)
        return seki_arena_failure(arena) != SEKI_OK ? seki_arena_failure(arena) : SEKI_SYSTEM;
    *s = (struct explain_signatures){ .arena = arena, .context = context, .body = body, .now_s = now_s };
    s->scene = seki_check_scene_new(arena, context, message, hash, &lenient);
    enum seki_result result = s->scene != NULL ? read_all(s) : seki_arena_failure(arena);
    seki_body_hash_finish(hash);
    return result;
}

static enum seki_result ask_for_keys(struct explain_signatures *s, struct seki_answers *answers)
{
    enum seki_result whole = SEKI_OK;
    for (size_t i = 0; i < s->count; i++) {
        enum seki_result result = seki_check_key(s->scene, &s->checks[i], answers);
        if (result == SEKI_NEED_ANSWERS)
            whole = result;
        else if (result != SEKI_OK)
            return result;
    }
    return whole;
}

static void judge_key(const struct seki_signature_check *check, struct explain_signature *out)
{
    if (check->state == SEKI_CHECK_HAS_KEY) {
        out->key = EXPLAIN_KEY_FOUND;
        return;
    }
    out->reason = check->reason;
    if (check->answer == NULL)
        out->key = EXPLAIN_KEY_NOT_ASKED;
    else
        out->key = check->result == SEKI_DKIM_TEMPERROR ? EXPLAIN_KEY_UNAVAILABLE : EXPLAIN_KEY_MISSING;
}

static bool can_be_hashed(const struct seki_signature_check *check)
{
    return check->signature.refusal.result == SEKI_DKIM_NONE;
}

static void judge_body(const struct explain_signatures *s, const struct seki_signature_check *check,
                       struct explain_signature *out)
{
    const struct seki_signature *signature = &check->signature;
    const struct seki_body_digest *digest =
        can_be_hashed(check) ? seki_body_hash_get(s->scene->body, check->body_id) : NULL;
    if (digest == NULL)
        return;
    out->body_octets = digest->canonical_length;
    bool is_long_enough = !signature->has_length || signature->length <= digest->canonical_length;
    bool is_same = digest->octet_count == signature->body_digest.len &&
                   memcmp(digest->octets, signature->body_digest.ptr, digest->octet_count) == 0;
    out->body = is_long_enough && is_same ? EXPLAIN_HOLDS : EXPLAIN_BROKEN;
}

static enum seki_result judge_header(const struct explain_signatures *s, const struct seki_signature_check *check,
                                     struct explain_signature *out)
{
    struct explain_proof proof;
    uint8_t digest[SEKI_DIGEST_MAX_OCTETS];
    if (out->key != EXPLAIN_KEY_FOUND)
        return SEKI_OK;
    enum seki_result result = explain_proof_new(s->scene, check, &proof);
    if (result == SEKI_OK &&
        !seki_header_hash_signature(s->context, s->scene->message, &check->signature, s->scene->used, NULL, digest))
        result = SEKI_SYSTEM;
    if (result != SEKI_OK)
        return result;
    bool holds = explain_proof_holds(&proof, digest);
    out->header = holds ? EXPLAIN_HOLDS : EXPLAIN_BROKEN;
    if (!holds)
        result = explain_header_change_find(s->arena, &proof, s->body->octets, &out->header_change);
    out->maker = holds || out->header_change.is_found ? EXPLAIN_MADE_BY_KEY : proof.maker;
    return result;
}

static bool is_same_body(const struct seki_signature *a, const struct seki_signature *b)
{
    return a->body_canon == b->body_canon && a->digest == b->digest && a->has_length == b->has_length &&
           a->length == b->length && seki_str_equal(a->body_digest, b->body_digest);
}

/* An ARC set signs the body that a DKIM-Signature below it did, as long as nothing changes it. */
static const struct explain_signature *find_searched(const struct explain_signatures *s, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (s->signatures[i].is_body_searched && is_same_body(&s->checks[i].signature, &s->checks[index].signature))
            return &s->signatures[i];
    return NULL;
}

static enum seki_result search_body(struct explain_signatures *s, size_t index)
{
    const struct seki_signature *signature = &s->checks[index].signature;
    struct explain_signature *out = &s->signatures[index];
    const struct explain_signature *same = find_searched(s, index);
    if (out->body != EXPLAIN_BROKEN || (same == NULL && s->searches == EXPLAIN_MAX_BODY_SEARCHES))
        return SEKI_OK;
    out->is_body_searched = true;
    if (same != NULL) {
        out->body_change = same->body_change;
        return SEKI_OK;
    }
    const struct explain_body_target target = { .canonicalization = signature->body_canon,
                                                .digest = signature->digest,
                                                .body_digest = signature->body_digest,
                                                .has_length = signature->has_length,
                                                .length = signature->length };
    s->searches++;
    return explain_body_change_find(s->context, s->body, &target, &out->body_change, NULL);
}

static enum seki_result judge_all(struct explain_signatures *s)
{
    enum seki_result result = SEKI_OK;
    for (size_t i = 0; i < s->count && result == SEKI_OK; i++) {
        judge_key(&s->checks[i], &s->signatures[i]);
        judge_body(s, &s->checks[i], &s->signatures[i]);
        result = judge_header(s, &s->checks[i], &s->signatures[i]);
        if (result == SEKI_OK)
            result = search_body(s, i);
    }
    s->is_done = result == SEKI_OK;
    return result;
}

enum seki_result explain_signatures_step(struct explain_signatures *s, struct seki_answers *answers,
                                         struct explain_signatures_report *report_out)
{
    enum seki_result result = s->is_done ? SEKI_OK : ask_for_keys(s, answers);
    if (result == SEKI_OK && !s->is_done)
        result = judge_all(s);
    *report_out = (struct explain_signatures_report){ 0 };
    if (result == SEKI_OK)
        *report_out = (struct explain_signatures_report){ s->signatures, s->count, s->left_out };
    return result;
}

#include "auth/signature_check.h"

#include "auth/explain.h"
#include "auth/header_hash.h"
#include "auth/key_cache.h"
#include "base/i18n.h"

#define DEFAULT_MIN_RSA_BITS 1024u /* RFC 8301 section 3.2 */
#define MAX_KEY_RECORDS      8u    /* looked at, where one name has several */
#define MAX_VERIFICATIONS    2u    /* of one signature, by as many keys that are fit */

struct seki_check_scene *seki_check_scene_new(struct seki_arena *arena, struct seki_context *context,
                                              const struct seki_message *message, struct seki_body_hash *body,
                                              const struct seki_dkim_options *options)
{
    static const struct seki_dkim_options defaults = { 0 };
    struct seki_check_scene *scene = seki_arena_alloc(arena, 1, sizeof *scene);
    if (scene == NULL)
        return NULL;
    *scene = (struct seki_check_scene){ .arena = arena, .context = context, .message = message, .body = body };
    scene->options = options != NULL ? *options : defaults;
    if (scene->options.min_rsa_bits == 0)
        scene->options.min_rsa_bits = DEFAULT_MIN_RSA_BITS;
    scene->used = seki_arena_alloc(arena, seki_message_field_count(message), sizeof *scene->used);
    return scene->used != NULL ? scene : NULL;
}

/* The label as people are to read it: "signature 1". */
static const char *label_of(const struct seki_check_scene *scene, const struct seki_signature_check *check)
{
    return seki_trace_reason(scene->options.trace, check->label);
}

static void explain_end(struct seki_trace *trace, const struct seki_signature_check *check)
{
    const char *label = seki_trace_reason(trace, check->label);
    const char *result = seki_dkim_result_name(check->result);
    if (check->reason.len > 0)
        seki_trace_add(trace, 1, "%s: %s: %s", label, result, seki_trace_reason(trace, check->reason));
    else
        seki_trace_add(trace, 1, "%s: %s", label, result);
}

void seki_check_end(const struct seki_check_scene *scene, struct seki_signature_check *check,
                    enum seki_dkim_result result, struct seki_str reason)
{
    if (check->state == SEKI_CHECK_DONE)
        return;
    check->state = SEKI_CHECK_DONE;
    check->result = result;
    check->reason = reason;
    if (scene->options.trace != NULL)
        explain_end(scene->options.trace, check);
}

static void end(const struct seki_check_scene *scene, struct seki_signature_check *check,
                enum seki_dkim_result result, const char *reason)
{
    seki_check_end(scene, check, result, seki_str_of(reason));
}

/* Section 3.6.2.1: "foo.bar._domainkey.example.com" */
static struct seki_str key_name(struct seki_arena *arena, struct seki_str selector, struct seki_str domain)
{
    static const struct seki_str middle = SEKI_STR_INIT("._domainkey.");
    size_t len = selector.len + middle.len + domain.len;
    char *name = seki_arena_octets(arena, len);
    if (name == NULL)
        return (struct seki_str){ NULL, 0 };
    memcpy(name, selector.ptr, selector.len);
    memcpy(name + selector.len, middle.ptr, middle.len);
    memcpy(name + selector.len + middle.len, domain.ptr, domain.len);
    return (struct seki_str){ name, len };
}

static void explain_field(const struct seki_check_scene *scene, const struct seki_signature_check *check)
{
    static const char *const canon_names[] = { [SEKI_CANON_SIMPLE] = "simple", [SEKI_CANON_RELAXED] = "relaxed" };
    const struct seki_signature *s = &check->signature;
    if (scene->options.trace == NULL)
        return;
    seki_trace_add(scene->options.trace, 0, "%s: field %zu of the header, %.*s", label_of(scene, check),
                   s->field_index + 1, SEKI_STR_ARGS(s->field->name));
    seki_explain_octets(scene->options.trace, 1, s->field->value);
    if (s->refusal.result == SEKI_DKIM_NONE && s->kind != SEKI_SIGNATURE_SEAL)
        seki_trace_add(scene->options.trace, 1, "canonicalization of the header %s, of the body %s",
                       canon_names[s->header_canon], canon_names[s->body_canon]);
}

/* Of a header past the bounds only the top is kept. A second From further down, which a reader may show, would be out
 * of sight: nothing passes. */
static void judge_header(const struct seki_check_scene *scene, struct seki_signature *s)
{
    unsigned cut = SEKI_DEFECT_TOO_MANY_FIELDS | SEKI_DEFECT_HEADER_TOO_LONG;
    if ((seki_message_defects(scene->message) & cut) && s->refusal.result == SEKI_DKIM_NONE)
        s->refusal = (struct seki_refusal){ SEKI_DKIM_POLICY, N_("the header is too long to be judged") };
}

enum seki_result seki_check_read(const struct seki_check_scene *scene, enum seki_signature_kind kind,
                                 size_t field_index, struct seki_str label, struct seki_signature_check *check)
{
    struct seki_signature *s = &check->signature;
    *check = (struct seki_signature_check){ .label = label };
    enum seki_result result = seki_signature_read(scene->arena, kind, scene->message, field_index, s);
    if (result != SEKI_OK)
        return result;
    seki_signature_judge(s, &scene->options);
    judge_header(scene, s);
    explain_field(scene, check);
    if (s->refusal.result != SEKI_DKIM_NONE) {
        end(scene, check, s->refusal.result, s->refusal.reason);
        return SEKI_OK;
    }
    check->question = key_name(scene->arena, s->selector_ascii, s->domain_ascii);
    return check->question.ptr != NULL ? SEKI_OK : seki_arena_failure(scene->arena);
}

enum seki_result seki_check_want_body(const struct seki_check_scene *scene, struct seki_signature_check *check)
{
    const struct seki_signature *s = &check->signature;
    if (check->state == SEKI_CHECK_DONE)
        return SEKI_OK;
    uint64_t length = s->has_length ? s->length : SEKI_BODY_WHOLE;
    enum seki_result result =
        seki_body_hash_request(scene->body, s->body_canon, s->digest, length, &check->body_id);
    if (result == SEKI_LIMIT && seki_arena_failure(scene->arena) == SEKI_OK) {
        end(scene, check, SEKI_DKIM_POLICY, N_("too many different body hashes are asked for"));
        return SEKI_OK;
    }
    return result;
}

/* Is this key one for this signature (section 6.1.2, steps 6 and 8)? */
static struct seki_refusal judge_key(const struct seki_check_scene *scene, const struct seki_signature *s,
                                     const struct seki_dkim_key *key)
{
    if (key->type != s->key_type)
        return (struct seki_refusal){ SEKI_DKIM_PERMERROR, N_("the key is of another type than the signature") };
    if (!key->allows_digest[s->digest])
        return (struct seki_refusal){ SEKI_DKIM_PERMERROR, N_("the key is not for the hash of the signature") };
    if (key->is_exact_domain && s->is_identity_below)
        return (struct seki_refusal){ SEKI_DKIM_PERMERROR, N_("the key is not for subdomains in i= (t=s)") };
    if (key->type == SEKI_KEY_RSA && key->bits < scene->options.min_rsa_bits)
        return (struct seki_refusal){ SEKI_DKIM_POLICY, N_("the RSA key is too short") };
    return (struct seki_refusal){ SEKI_DKIM_NONE, NULL };
}

/* The key of one record of the answer, when it is fit; else *key_out is NULL and *refusal_out says why. */
static enum seki_result fit_key(const struct seki_check_scene *scene, const struct seki_signature_check *check,
                                size_t index, struct seki_dkim_key **key_out, struct seki_refusal *refusal_out)
{
    const char *wrong;
    struct seki_str record = check->answer->records[index].text;
    enum seki_result result = seki_key_cache_get(scene->context, record, key_out, &wrong);
    if (result != SEKI_OK)
        return result;
    if (*key_out == NULL)
        *refusal_out = (struct seki_refusal){ SEKI_DKIM_PERMERROR, wrong };
    else
        *refusal_out = judge_key(scene, &check->signature, *key_out);
    if (refusal_out->result != SEKI_DKIM_NONE)
        *key_out = NULL;
    return SEKI_OK;
}

static size_t record_count(const struct seki_signature_check *check)
{
    return check->answer->record_count < MAX_KEY_RECORDS ? check->answer->record_count : MAX_KEY_RECORDS;
}

static void note_key(struct seki_signature_check *check, const struct seki_dkim_key *key)
{
    check->key_bits = key->bits;
    check->is_testing = key->is_testing;
}

static void explain_key(struct seki_trace *trace, const struct seki_dkim_key *key)
{
    const char *note = key->is_exact_domain ? ", t=s" : "";
    const char *type = key->type == SEKI_KEY_RSA ? "RSA" : "Ed25519";
    if (key->is_testing)
        seki_trace_add(trace, 2, "%s key of %u bits, in testing (t=y)%s", type, key->bits, note);
    else
        seki_trace_add(trace, 2, "%s key of %u bits%s", type, key->bits, note);
}

static void explain_record(const struct seki_check_scene *scene, const struct seki_signature_check *check,
                           size_t index, const struct seki_dkim_key *key, const struct seki_refusal *refusal)
{
    if (scene->options.trace == NULL)
        return;
    seki_trace_add(scene->options.trace, 1, "%s: key record %zu of %zu:", label_of(scene, check), index + 1,
                   check->answer->record_count);
    seki_explain_octets(scene->options.trace, 2, check->answer->records[index].text);
    if (key != NULL)
        explain_key(scene->options.trace, key);
    else
        seki_trace_add(scene->options.trace, 2, "not usable: %s",
                       seki_trace_reason(scene->options.trace, seki_str_of(refusal->reason)));
}

/* Section 6.1.2, step 4: with several records the first that is fit; with none, the first one's fault is told. */
static enum seki_result choose_key(const struct seki_check_scene *scene, struct seki_signature_check *check)
{
    struct seki_refusal first = { SEKI_DKIM_NONE, NULL };
    for (size_t i = 0; i < record_count(check); i++) {
        struct seki_dkim_key *key;
        struct seki_refusal refusal;
        enum seki_result result = fit_key(scene, check, i, &key, &refusal);
        if (result != SEKI_OK)
            return result;
        explain_record(scene, check, i, key, &refusal);
        if (key != NULL) {
            note_key(check, key);
            check->state = SEKI_CHECK_HAS_KEY;
            return SEKI_OK;
        }
        if (i == 0)
            first = refusal;
    }
    end(scene, check, first.result, first.reason);
    return SEKI_OK;
}

/* The answer is no answer: temporary. A name that does not exist, or has no TXT: permanent (section 6.1.2). */
static enum seki_result end_without_key(const struct seki_check_scene *scene, struct seki_signature_check *check)
{
    const struct seki_answer *answer = check->answer;
    if (answer->status != SEKI_ANSWER_FAILED) {
        end(scene, check, SEKI_DKIM_PERMERROR, N_("no key for signature"));
        return SEKI_OK;
    }
    struct seki_str failure = answer->failure.len > 0 ? answer->failure : SEKI_STR(N_("DNS failure"));
    struct seki_str reason = seki_arena_format(scene->arena, "key unavailable: %.*s", SEKI_STR_ARGS(failure));
    if (reason.ptr == NULL)
        return seki_arena_failure(scene->arena);
    seki_check_end(scene, check, SEKI_DKIM_TEMPERROR, reason);
    return SEKI_OK;
}

enum seki_result seki_check_key(const struct seki_check_scene *scene, struct seki_signature_check *check,
                                struct seki_answers *answers)
{
    if (check->state != SEKI_CHECK_WAITS_FOR_KEY)
        return SEKI_OK;
    if (check->answer == NULL) {
        check->answer = seki_answers_ask(answers, check->question, SEKI_RR_TXT);
        if (check->answer == NULL)
            return seki_arena_failure(scene->arena);
        seki_trace_add(scene->options.trace, 1, "%s: its key is asked for at %.*s", label_of(scene, check),
                       SEKI_STR_ARGS(check->question));
    }
    switch (check->answer->status) {
    case SEKI_ANSWER_OPEN: return SEKI_NEED_ANSWERS;
    case SEKI_ANSWER_FOUND: return choose_key(scene, check);
    case SEKI_ANSWER_NODATA:
    case SEKI_ANSWER_NXDOMAIN:
    case SEKI_ANSWER_FAILED: break;
    }
    return end_without_key(scene, check);
}

/* With the first records that are fit, until one verifies. */
static enum seki_result verify(const struct seki_check_scene *scene, struct seki_signature_check *check,
                               const uint8_t *digest, bool *is_good_out)
{
    const struct seki_signature *s = &check->signature;
    *is_good_out = false;
    for (size_t i = 0, tried = 0; i < record_count(check) && tried < MAX_VERIFICATIONS && !*is_good_out; i++) {
        struct seki_dkim_key *key;
        struct seki_refusal refusal;
        enum seki_result result = fit_key(scene, check, i, &key, &refusal);
        if (result != SEKI_OK)
            return result;
        if (key == NULL)
            continue;
        tried++;
        *is_good_out = seki_dkim_key_verify(scene->context, key, s->digest, digest, s->signature);
        if (*is_good_out)
            note_key(check, key);
    }
    return SEKI_OK;
}

enum seki_result seki_check_digest(const struct seki_check_scene *scene, struct seki_signature_check *check,
                                   const uint8_t *digest)
{
    bool is_good;
    if (check->state != SEKI_CHECK_HAS_KEY)
        return SEKI_OK;
    seki_explain_hash(scene->options.trace, 1, N_("hash of the signed fields"), digest,
                      seki_digest_octets(check->signature.digest));
    enum seki_result result = verify(scene, check, digest, &is_good);
    if (result != SEKI_OK)
        return result;
    if (!is_good)
        end(scene, check, SEKI_DKIM_FAIL, N_("signature did not verify"));
    else
        end(scene, check, SEKI_DKIM_PASS, check->is_partial ? N_("part of the body is not signed (l=)") : "");
    return SEKI_OK;
}

static bool is_same_digest(const struct seki_body_digest *digest, struct seki_str wanted)
{
    return digest->octet_count == wanted.len && memcmp(digest->octets, wanted.ptr, wanted.len) == 0;
}

/* Section 6.1.3, step 3; section 3.5: l= "MUST NOT be larger than the actual number of octets". */
static void judge_body(const struct seki_check_scene *scene, struct seki_signature_check *check,
                       const struct seki_body_digest *digest)
{
    const struct seki_signature *s = &check->signature;
    struct seki_trace *trace = scene->options.trace;
    if (trace != NULL) {
        seki_trace_add(trace, 1, "%s: the canonical body has %llu octets", label_of(scene, check),
                       (unsigned long long)digest->canonical_length);
        if (s->has_length)
            seki_trace_add(trace, 2, "%llu of them are signed (l=)", (unsigned long long)s->length);
        seki_explain_hash(trace, 2, N_("body hash in bh="), (const uint8_t *)s->body_digest.ptr,
                          s->body_digest.len);
        seki_explain_hash(trace, 2, N_("body hash found"), digest->octets, digest->octet_count);
    }
    check->is_partial = s->has_length && digest->canonical_length > s->length;
    if (s->has_length && digest->canonical_length < s->length)
        end(scene, check, SEKI_DKIM_FAIL, N_("the body is shorter than l= says"));
    else if (!is_same_digest(digest, s->body_digest))
        end(scene, check, SEKI_DKIM_FAIL, N_("body hash did not verify"));
}

enum seki_result seki_check_message(const struct seki_check_scene *scene, struct seki_signature_check *check)
{
    if (check->state != SEKI_CHECK_HAS_KEY)
        return SEKI_OK;
    const struct seki_body_digest *body = seki_body_hash_get(scene->body, check->body_id);
    if (body == NULL)
        return SEKI_SYSTEM;
    judge_body(scene, check, body);
    if (check->state == SEKI_CHECK_DONE)
        return SEKI_OK;
    uint8_t digest[SEKI_DIGEST_MAX_OCTETS];
    seki_trace_add(scene->options.trace, 1, "%s: signed fields, canonical:", label_of(scene, check));
    if (!seki_header_hash_signature(scene->context, scene->message, &check->signature, scene->used,
                                    scene->options.trace, digest))
        return SEKI_SYSTEM;
    return seki_check_digest(scene, check, digest);
}

#include <sekisho/dkim.h>

#include "auth/signature_check.h"

#include "base/i18n.h"

#define DEFAULT_MAX_SIGNATURES 10u
#define MAX_REPORTED           100u /* signatures that a verdict names at all, tried or not */
#define MIN_B_PREFIX           8u   /* RFC 6008 section 4 */

struct seki_dkim {
    struct seki_check_scene *scene;
    struct seki_signature_check *checks; /* topmost first */
    struct seki_dkim_signature_verdict *verdicts;
    size_t count;
    bool is_done;
};

static const struct seki_str field_name = SEKI_STR_INIT("DKIM-Signature");

/* How many base64 digits of a it takes to tell it from b; none when they are the same. Octets are compared, which are
 * fewer and have no white space between; a digit is six bits. */
static size_t telling_digits(struct seki_str a, struct seki_str b)
{
    size_t shorter = a.len < b.len ? a.len : b.len, same = 0, bits = 0;
    if (seki_str_equal(a, b))
        return 0;
    while (same < shorter && a.ptr[same] == b.ptr[same])
        same++;
    for (unsigned top = 0x80; same < shorter && !((unsigned)(a.ptr[same] ^ b.ptr[same]) & top); top >>= 1)
        bits++;
    return (same * 8 + bits) / 6 + 1;
}

/* The first digits of b=, without the white space between them. */
static struct seki_str copy_digits(struct seki_arena *arena, struct seki_str text, size_t count)
{
    char *digits = seki_arena_octets(arena, count);
    size_t used = 0;
    for (size_t i = 0; digits != NULL && i < text.len && used < count; i++)
        if (!seki_is_space(text.ptr[i]))
            digits[used++] = text.ptr[i];
    return (struct seki_str){ digits, used };
}

/* RFC 6008 section 4: "at least the first eight characters …, and … long enough to be unique among the results"; of a
 * copy of the same signature no prefix is. ptr NULL when the arena is full. */
static struct seki_str b_prefix(const struct seki_dkim *dkim, size_t index)
{
    const struct seki_signature *own = &dkim->checks[index].signature;
    size_t need = MIN_B_PREFIX;
    for (size_t i = 0; i < dkim->count; i++) {
        size_t telling = i != index ? telling_digits(own->signature, dkim->checks[i].signature.signature) : 0;
        need = telling > need ? telling : need;
    }
    return copy_digits(dkim->scene->arena, own->signature_text, need);
}

static struct seki_str or_empty(struct seki_str s)
{
    return s.ptr != NULL ? s : SEKI_STR("");
}

static enum seki_result describe(const struct seki_dkim *dkim, size_t index)
{
    const struct seki_signature *s = &dkim->checks[index].signature;
    struct seki_str prefix = b_prefix(dkim, index);
    dkim->verdicts[index] = (struct seki_dkim_signature_verdict){
        .domain = or_empty(s->domain),
        .domain_ascii = or_empty(s->domain_ascii),
        .selector = or_empty(s->selector),
        .algorithm = or_empty(s->algorithm),
        .identity = or_empty(s->identity),
        .reason = SEKI_STR(""),
        .b_prefix = prefix,
        .has_length = s->has_length,
        .field_index = s->field_index,
    };
    return prefix.ptr != NULL ? SEKI_OK : seki_arena_failure(dkim->scene->arena);
}

static enum seki_result read_one(struct seki_dkim *dkim, size_t index, size_t field_index)
{
    const struct seki_check_scene *scene = dkim->scene;
    size_t max = scene->options.max_signatures > 0 ? scene->options.max_signatures : DEFAULT_MAX_SIGNATURES;
    struct seki_signature_check *check = &dkim->checks[index];
    struct seki_str label = SEKI_STR("");
    if (scene->options.trace != NULL)
        label = seki_arena_format(scene->arena, "signature %zu", index + 1);
    enum seki_result result = seki_check_read(scene, SEKI_SIGNATURE_DKIM, field_index, label, check);
    if (result != SEKI_OK)
        return result;
    if (index >= max)
        seki_check_end(scene, check, SEKI_DKIM_POLICY, SEKI_STR(N_("not tried: too many signatures")));
    return seki_check_want_body(scene, check);
}

/* The topmost come first, but fields of a name are walked from the bottom. */
static enum seki_result read_all(struct seki_dkim *dkim)
{
    const struct seki_message *message = dkim->scene->message;
    size_t all = seki_message_count_named(message, field_name), field_index = SIZE_MAX;
    size_t places[MAX_REPORTED];
    for (size_t left = all; left > 0; left--) {
        field_index = seki_message_find_up(message, field_name, field_index);
        if (left <= dkim->count)
            places[left - 1] = field_index;
    }
    enum seki_result result = SEKI_OK;
    for (size_t i = 0; result == SEKI_OK && i < dkim->count; i++)
        result = read_one(dkim, i, places[i]);
    for (size_t i = 0; result == SEKI_OK && i < dkim->count; i++)
        result = describe(dkim, i);
    return result;
}

static enum seki_result fail(enum seki_result result, struct seki_error *why)
{
    if (result == SEKI_LIMIT)
        seki_error_set(why, "the message's signatures need more memory than a message may have");
    else if (result == SEKI_USAGE)
        seki_error_set(why, "signatures must be read before the body");
    else
        seki_error_set(why, "no memory for verifying signatures");
    return result;
}

enum seki_result seki_dkim_new(struct seki_arena *arena, struct seki_context *context,
                               const struct seki_message *message, struct seki_body_hash *body,
                               const struct seki_dkim_options *options, struct seki_dkim **dkim_out,
                               struct seki_error *why)
{
    *dkim_out = NULL;
    struct seki_dkim *dkim = seki_arena_alloc(arena, 1, sizeof *dkim);
    size_t count = seki_message_count_named(message, field_name);
    if (dkim == NULL)
        return fail(seki_arena_failure(arena), why);
    dkim->count = count < MAX_REPORTED ? count : MAX_REPORTED;
    dkim->checks = seki_arena_alloc(arena, dkim->count, sizeof *dkim->checks);
    dkim->verdicts = seki_arena_alloc(arena, dkim->count, sizeof *dkim->verdicts);
    dkim->scene = seki_check_scene_new(arena, context, message, body, options);
    if (dkim->checks == NULL || dkim->verdicts == NULL || dkim->scene == NULL)
        return fail(seki_arena_failure(arena), why);
    enum seki_result result = read_all(dkim);
    if (result != SEKI_OK)
        return fail(result, why);
    *dkim_out = dkim;
    return SEKI_OK;
}

/* Keys first, for all; then, when the body has ended, the rest. */
static enum seki_result advance(const struct seki_dkim *dkim, struct seki_answers *answers)
{
    enum seki_result whole = SEKI_OK;
    bool has_body = seki_body_hash_is_finished(dkim->scene->body);
    for (size_t i = 0; i < dkim->count; i++) {
        struct seki_signature_check *check = &dkim->checks[i];
        enum seki_result result = seki_check_key(dkim->scene, check, answers);
        if (result == SEKI_OK && has_body)
            result = seki_check_message(dkim->scene, check);
        if (result == SEKI_NEED_ANSWERS)
            whole = SEKI_NEED_ANSWERS;
        else if (result != SEKI_OK)
            return result;
        else if (check->state != SEKI_CHECK_DONE && whole == SEKI_OK)
            whole = SEKI_NEED_BODY;
    }
    return whole;
}

static void conclude(struct seki_dkim *dkim)
{
    for (size_t i = 0; i < dkim->count; i++) {
        const struct seki_signature_check *check = &dkim->checks[i];
        struct seki_dkim_signature_verdict *verdict = &dkim->verdicts[i];
        verdict->result = check->result;
        verdict->reason = check->reason;
        verdict->key_bits = check->key_bits;
        verdict->is_testing = check->is_testing;
        verdict->is_partial = check->is_partial;
        verdict->dnssec = check->answer != NULL ? check->answer->dnssec : SEKI_DNSSEC_UNKNOWN;
    }
    dkim->is_done = true;
}

enum seki_result seki_dkim_step(struct seki_dkim *dkim, struct seki_answers *answers,
                                struct seki_dkim_verdict *verdict_out, struct seki_error *why)
{
    *verdict_out = (struct seki_dkim_verdict){ 0 };
    if (!dkim->is_done) {
        enum seki_result result = advance(dkim, answers);
        if (result == SEKI_NEED_ANSWERS || result == SEKI_NEED_BODY)
            return result;
        if (result != SEKI_OK)
            return fail(result, why);
        conclude(dkim);
    }
    *verdict_out = (struct seki_dkim_verdict){ .signatures = dkim->verdicts, .signature_count = dkim->count };
    return SEKI_OK;
}

struct seki_str seki_dkim_domain(const struct seki_dkim *dkim, size_t index)
{
    if (index >= dkim->count)
        return (struct seki_str){ NULL, 0 };
    return or_empty(dkim->checks[index].signature.domain_ascii);
}

const char *seki_dkim_result_name(enum seki_dkim_result result)
{
    static const char *const names[] = {
        [SEKI_DKIM_NONE] = "none",           [SEKI_DKIM_PASS] = "pass",       [SEKI_DKIM_FAIL] = "fail",
        [SEKI_DKIM_POLICY] = "policy",       [SEKI_DKIM_NEUTRAL] = "neutral", [SEKI_DKIM_TEMPERROR] = "temperror",
        [SEKI_DKIM_PERMERROR] = "permerror",
    };
    return names[result];
}

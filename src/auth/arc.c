/* Section 5.2 asks for the newest AMS, then (for oldest-pass) the older ones, then the seals. Here the seals come before
 * the older AMSs, which cannot change the result: most broken chains then cost less. The keys of a chain as long as real
 * ones are asked for at once. */
#include <sekisho/arc.h>

#include "auth/arc_set.h"
#include "auth/header_hash.h"

/* Sets whose keys are being asked for at a time; few chains are longer. "An attacker can send a message … with a
 * concocted sequence of ARC Sets bearing the domains of intended victims, and all of them will be queried … until a
 * failure is discovered" (RFC 8617 section 9.2): a hundred questions for one message, of which nothing has been verified
 * yet. */
#define MAX_OPEN_SETS 5u

struct seki_arc {
    struct seki_check_scene *scene;
    struct seki_arc_chain chain;
    uint8_t (*seal_digests)[SEKI_DIGEST_MAX_OCTETS]; /* by instance - 1; NULL until needed */
    struct seki_arc_verdict verdict;
    bool is_done;
};

static enum seki_result fail(enum seki_result result, struct seki_error *why)
{
    if (result == SEKI_LIMIT)
        seki_error_set(why, "the message's ARC sets need more memory than a message may have");
    else if (result == SEKI_USAGE)
        seki_error_set(why, "ARC sets must be read before the body");
    else
        seki_error_set(why, "no memory for validating an ARC chain");
    return result;
}

static void conclude(struct seki_arc *arc, enum seki_arc_result result, struct seki_str reason)
{
    arc->is_done = true;
    arc->verdict.result = result;
    arc->verdict.instance = arc->chain.count;
    arc->verdict.reason = reason;
    struct seki_trace *trace = arc->scene->options.trace;
    if (reason.len > 0)
        seki_trace_add(trace, 0, "chain: %s: %s", seki_arc_result_name(result), seki_trace_reason(trace, reason));
    else
        seki_trace_add(trace, 0, "chain: %s", seki_arc_result_name(result));
}

/* The newest first, so that it has its body hash even when there are too many. */
static enum seki_result want_bodies(const struct seki_arc *arc)
{
    for (unsigned instance = arc->chain.count; instance > 0; instance--) {
        enum seki_result result = seki_check_want_body(arc->scene, arc->chain.sets[instance - 1].ams_check);
        if (result != SEKI_OK)
            return result;
    }
    return SEKI_OK;
}

static enum seki_result begin(struct seki_arc *arc)
{
    enum seki_result result = seki_arc_collect(arc->scene, &arc->chain);
    if (result != SEKI_OK)
        return result;
    if (arc->chain.wrong != NULL)
        conclude(arc, SEKI_ARC_FAIL, seki_str_of(arc->chain.wrong));
    else if (arc->chain.count == 0)
        conclude(arc, SEKI_ARC_NONE, SEKI_STR(""));
    else
        return want_bodies(arc);
    return SEKI_OK;
}

enum seki_result seki_arc_new(struct seki_arena *arena, struct seki_context *context,
                              const struct seki_message *message, struct seki_body_hash *body,
                              const struct seki_dkim_options *options, struct seki_arc **arc_out,
                              struct seki_error *why)
{
    *arc_out = NULL;
    struct seki_arc *arc = seki_arena_alloc(arena, 1, sizeof *arc);
    if (arc == NULL)
        return fail(seki_arena_failure(arena), why);
    arc->scene = seki_check_scene_new(arena, context, message, body, options);
    if (arc->scene == NULL)
        return fail(seki_arena_failure(arena), why);
    enum seki_result result = begin(arc);
    if (result != SEKI_OK)
        return fail(result, why);
    *arc_out = arc;
    return SEKI_OK;
}

/* "ARC-Seal of i=2: signature did not verify" */
static enum seki_result conclude_failed(struct seki_arc *arc, const struct seki_signature_check *check)
{
    struct seki_str reason = seki_arena_format(arc->scene->arena, "%.*s: %.*s", SEKI_STR_ARGS(check->label),
                                               SEKI_STR_ARGS(check->reason));
    if (reason.ptr == NULL)
        return seki_arena_failure(arc->scene->arena);
    conclude(arc, SEKI_ARC_FAIL, reason);
    return SEKI_OK;
}

static bool has_failed(const struct seki_signature_check *check)
{
    return check->state == SEKI_CHECK_DONE && check->result != SEKI_DKIM_PASS;
}

/* *is_open_inout becomes true when the key is not known yet. */
static enum seki_result ask_for_key(const struct seki_arc *arc, struct seki_signature_check *check,
                                    struct seki_answers *answers, bool *is_open_inout)
{
    enum seki_result result = seki_check_key(arc->scene, check, answers);
    if (result != SEKI_NEED_ANSWERS)
        return result;
    *is_open_inout = true;
    return SEKI_OK;
}

/* From the newest set down to where older ones cannot matter: below a seal without a key the chain is broken already, and
 * below such an AMS oldest-pass is known. */
static enum seki_result ask_for_keys(const struct seki_arc *arc, struct seki_answers *answers)
{
    unsigned open_sets = 0;
    bool is_ams_needed = true;
    for (unsigned instance = arc->chain.count; instance > 0 && open_sets < MAX_OPEN_SETS; instance--) {
        const struct seki_arc_fields *set = &arc->chain.sets[instance - 1];
        bool is_open = false;
        enum seki_result result = SEKI_OK;
        if (is_ams_needed)
            result = ask_for_key(arc, set->ams_check, answers, &is_open);
        if (result == SEKI_OK)
            result = ask_for_key(arc, set->seal_check, answers, &is_open);
        if (result != SEKI_OK)
            return result;
        open_sets += is_open;
        is_ams_needed = is_ams_needed && !has_failed(set->ams_check);
        if (has_failed(set->seal_check) || (instance == arc->chain.count && !is_ams_needed))
            break;
    }
    return open_sets > 0 ? SEKI_NEED_ANSWERS : SEKI_OK;
}

static void hash_one_seal(struct seki_arc *arc, struct seki_header_hash *before, unsigned index)
{
    struct seki_header_hash hash;
    seki_header_hash_copy(&hash, before);
    seki_header_hash_add_signature(&hash, &arc->chain.sets[index].seal_check->signature);
    before->has_failed = !seki_header_hash_finish(&hash, arc->seal_digests[index]) || before->has_failed;
    seki_header_hash_release(&hash);
}

/* Section 5.1.1: a seal covers sets 1 to its own, of each AAR, AMS and AS, its own with b= emptied. One hash runs over
 * the chain, and where a seal's own field is due a copy goes on with that: work grows with the chain, not its square. */
static bool hash_seals(struct seki_arc *arc, enum seki_digest digest)
{
    const struct seki_message *message = arc->scene->message;
    struct seki_trace *trace = arc->scene->options.trace;
    struct seki_header_hash hash;
    seki_header_hash_init(&hash, arc->scene->context, digest, SEKI_CANON_RELAXED, trace);
    for (unsigned i = 0; i < arc->chain.count; i++) {
        const struct seki_arc_fields *set = &arc->chain.sets[i];
        hash.trace = trace;
        seki_header_hash_add(&hash, seki_message_field(message, set->auth_results));
        seki_header_hash_add(&hash, seki_message_field(message, set->message_signature));
        if (set->seal_check->signature.digest == digest)
            hash_one_seal(arc, &hash, i);
        hash.trace = NULL; /* the seal has just been shown, with b= emptied */
        seki_header_hash_add(&hash, seki_message_field(message, set->seal));
    }
    bool is_good = !hash.has_failed;
    seki_header_hash_release(&hash);
    return is_good;
}

static bool uses(const struct seki_arc *arc, enum seki_digest digest)
{
    for (unsigned i = 0; i < arc->chain.count; i++)
        if (arc->chain.sets[i].seal_check->signature.digest == digest)
            return true;
    return false;
}

static enum seki_result make_seal_digests(struct seki_arc *arc)
{
    arc->seal_digests = seki_arena_alloc(arc->scene->arena, arc->chain.count, sizeof *arc->seal_digests);
    if (arc->seal_digests == NULL)
        return seki_arena_failure(arc->scene->arena);
    seki_trace_add(arc->scene->options.trace, 1, "fields under the seals, canonical:");
    for (enum seki_digest digest = SEKI_DIGEST_SHA256; digest < SEKI_DIGESTS; digest++) {
        if (uses(arc, digest) && !hash_seals(arc, digest)) {
            arc->seal_digests = NULL;
            return SEKI_SYSTEM;
        }
    }
    return SEKI_OK;
}

/* Step 6: "Validate each AS beginning with the greatest instance value". */
static enum seki_result judge_seals(struct seki_arc *arc)
{
    for (unsigned instance = arc->chain.count; instance > 0; instance--) {
        struct seki_signature_check *seal = arc->chain.sets[instance - 1].seal_check;
        enum seki_result result = SEKI_OK;
        if (seal->state == SEKI_CHECK_WAITS_FOR_KEY)
            return SEKI_NEED_ANSWERS;
        if (seal->state == SEKI_CHECK_HAS_KEY && arc->seal_digests == NULL)
            result = make_seal_digests(arc);
        if (result == SEKI_OK && seal->state == SEKI_CHECK_HAS_KEY)
            result = seki_check_digest(arc->scene, seal, arc->seal_digests[instance - 1]);
        if (result != SEKI_OK)
            return result;
        if (has_failed(seal))
            return conclude_failed(arc, seal);
    }
    return SEKI_OK;
}

/* Step 5: the lowest instance whose AMS still verifies, going down from the newest; 0 when all do. */
static enum seki_result find_oldest_pass(struct seki_arc *arc)
{
    arc->verdict.oldest_pass = 0;
    for (unsigned instance = arc->chain.count - 1; instance > 0; instance--) {
        struct seki_signature_check *ams = arc->chain.sets[instance - 1].ams_check;
        if (ams->state == SEKI_CHECK_WAITS_FOR_KEY)
            return SEKI_NEED_ANSWERS;
        enum seki_result result = seki_check_message(arc->scene, ams);
        if (result != SEKI_OK)
            return result;
        if (has_failed(ams)) {
            arc->verdict.oldest_pass = instance + 1;
            return SEKI_OK;
        }
    }
    return SEKI_OK;
}

static enum seki_result conclude_passed(struct seki_arc *arc)
{
    struct seki_arc_set *sets = seki_arena_alloc(arc->scene->arena, arc->chain.count, sizeof *sets);
    if (sets == NULL)
        return seki_arena_failure(arc->scene->arena);
    for (unsigned i = 0; i < arc->chain.count; i++) {
        const struct seki_arc_fields *set = &arc->chain.sets[i];
        sets[i] = (struct seki_arc_set){
            .sealer = set->seal_check->signature.domain_ascii,
            .selector = set->seal_check->signature.selector,
            .auth_results = set->payload,
            .ams_is_valid = set->ams_check->state == SEKI_CHECK_DONE && set->ams_check->result == SEKI_DKIM_PASS &&
                            !set->ams_check->is_partial,
        };
    }
    arc->verdict.sets = sets;
    arc->verdict.set_count = arc->chain.count;
    conclude(arc, SEKI_ARC_PASS, SEKI_STR(""));
    return SEKI_OK;
}

/* Strictly in order, also where an answer that has come already would show the chain broken further on: so the reason
 * does not hang on which answer was faster. */
static enum seki_result advance(struct seki_arc *arc, struct seki_answers *answers)
{
    struct seki_signature_check *newest = arc->chain.sets[arc->chain.count - 1].ams_check;
    enum seki_result asked = ask_for_keys(arc, answers);
    if (asked != SEKI_OK && asked != SEKI_NEED_ANSWERS)
        return asked;
    if (newest->state == SEKI_CHECK_HAS_KEY && seki_body_hash_is_finished(arc->scene->body)) {
        enum seki_result result = seki_check_message(arc->scene, newest);
        if (result != SEKI_OK)
            return result;
    }
    if (has_failed(newest))
        return conclude_failed(arc, newest);
    if (newest->state != SEKI_CHECK_DONE)
        return asked == SEKI_OK ? SEKI_NEED_BODY : asked;
    enum seki_result result = judge_seals(arc);
    if (result == SEKI_OK && !arc->is_done)
        result = find_oldest_pass(arc);
    return result == SEKI_OK && !arc->is_done ? conclude_passed(arc) : result;
}

enum seki_result seki_arc_step(struct seki_arc *arc, struct seki_answers *answers,
                               struct seki_arc_verdict *verdict_out, struct seki_error *why)
{
    *verdict_out = (struct seki_arc_verdict){ 0 };
    if (!arc->is_done) {
        enum seki_result result = advance(arc, answers);
        if (result == SEKI_NEED_ANSWERS || result == SEKI_NEED_BODY)
            return result;
        if (result != SEKI_OK)
            return fail(result, why);
    }
    *verdict_out = arc->verdict;
    return SEKI_OK;
}

static bool is_among(struct seki_str domain, const struct seki_str *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (seki_str_equal(list[i], domain))
            return true;
    return false;
}

bool seki_arc_is_trusted(const struct seki_arc_verdict *verdict, const struct seki_str *trusted,
                         size_t trusted_count, const struct seki_arc_set **set_out)
{
    size_t oldest = verdict->set_count;
    bool is_trusted = verdict->result == SEKI_ARC_PASS && oldest > 0 && verdict->sets[oldest - 1].ams_is_valid;
    while (is_trusted && oldest > 0 && is_among(verdict->sets[oldest - 1].sealer, trusted, trusted_count))
        oldest--;
    is_trusted = is_trusted && oldest < verdict->set_count;
    if (set_out != NULL)
        *set_out = is_trusted ? &verdict->sets[oldest] : NULL;
    return is_trusted;
}

const char *seki_arc_result_name(enum seki_arc_result result)
{
    static const char *const names[] = {
        [SEKI_ARC_NONE] = "none",
        [SEKI_ARC_PASS] = "pass",
        [SEKI_ARC_FAIL] = "fail",
    };
    return names[result];
}

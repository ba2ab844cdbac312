#include "auth/arc_set.h"

#include "base/i18n.h"
#include "message/lexical.h"

static const struct seki_str auth_results_name = SEKI_STR_INIT("ARC-Authentication-Results");
static const struct seki_str message_signature_name = SEKI_STR_INIT("ARC-Message-Signature");
static const struct seki_str seal_name = SEKI_STR_INIT("ARC-Seal");

static bool take(struct seki_cursor *c, char wanted)
{
    seki_skip_cfws(c);
    bool is_there = c->problem == NULL && seki_cursor_peek(c) == wanted;
    c->at += is_there;
    return is_there;
}

/* instance = [CFWS] %s"i" [CFWS] "=" [CFWS] position
 * position = 1*2DIGIT ; 1 - 50 */
unsigned seki_arc_auth_results_read(struct seki_str value, struct seki_str *payload_out)
{
    struct seki_cursor c = { .text = value };
    unsigned instance = 0;
    if (!take(&c, 'i') || !take(&c, '='))
        return 0;
    seki_skip_cfws(&c);
    for (size_t start = c.at; c.at - start < 2 && seki_is_digit(seki_cursor_peek(&c)); c.at++)
        instance = instance * 10 + (unsigned)(seki_cursor_peek(&c) - '0');
    if (!take(&c, ';') || instance > SEKI_MAX_ARC_SETS)
        return 0;
    *payload_out = (struct seki_str){ value.ptr + c.at, value.len - c.at };
    return instance;
}

static void fault(struct seki_arc_chain *chain, const char *wrong)
{
    if (chain->wrong == NULL)
        chain->wrong = wrong;
}

/* The place of a field in its set; NULL when there is none for it, with the fault noted. */
static struct seki_arc_fields *set_of(struct seki_arc_chain *chain, unsigned instance)
{
    if (instance == 0) {
        fault(chain, N_("an ARC field has no instance from 1 to 50"));
        return NULL;
    }
    chain->count = instance > chain->count ? instance : chain->count;
    return &chain->sets[instance - 1];
}

static void place(struct seki_arc_chain *chain, size_t *slot, size_t field_index)
{
    if (*slot != SIZE_MAX)
        fault(chain, N_("an instance stands there twice"));
    *slot = field_index;
}

static enum seki_result collect_auth_results(const struct seki_check_scene *scene, struct seki_arc_chain *chain,
                                             size_t field_index)
{
    struct seki_str payload;
    unsigned instance =
        seki_arc_auth_results_read(seki_message_field(scene->message, field_index)->value, &payload);
    struct seki_arc_fields *set = set_of(chain, instance);
    if (set != NULL) {
        place(chain, &set->auth_results, field_index);
        set->payload = payload;
    }
    return SEKI_OK;
}

static enum seki_result read_signature(const struct seki_check_scene *scene, enum seki_signature_kind kind,
                                       size_t field_index, struct seki_signature_check **check_out)
{
    struct seki_signature_check *check = seki_arena_alloc(scene->arena, 1, sizeof *check);
    *check_out = check;
    if (check == NULL)
        return seki_arena_failure(scene->arena);
    struct seki_str name = kind == SEKI_SIGNATURE_AMS ? message_signature_name : seal_name;
    enum seki_result result = seki_check_read(scene, kind, field_index, name, check);
    if (result != SEKI_OK)
        return result;
    check->label = seki_arena_format(scene->arena, "%.*s of i=%u", SEKI_STR_ARGS(name), check->signature.instance);
    return check->label.ptr != NULL ? SEKI_OK : seki_arena_failure(scene->arena);
}

static enum seki_result collect_message_signature(const struct seki_check_scene *scene,
                                                  struct seki_arc_chain *chain, size_t field_index)
{
    struct seki_signature_check *check;
    enum seki_result result = read_signature(scene, SEKI_SIGNATURE_AMS, field_index, &check);
    struct seki_arc_fields *set = result == SEKI_OK ? set_of(chain, check->signature.instance) : NULL;
    if (set != NULL) {
        place(chain, &set->message_signature, field_index);
        set->ams_check = check;
    }
    return result;
}

static enum seki_result collect_seal(const struct seki_check_scene *scene, struct seki_arc_chain *chain,
                                     size_t field_index)
{
    struct seki_signature_check *check;
    enum seki_result result = read_signature(scene, SEKI_SIGNATURE_SEAL, field_index, &check);
    struct seki_arc_fields *set = result == SEKI_OK ? set_of(chain, check->signature.instance) : NULL;
    if (set != NULL) {
        place(chain, &set->seal, field_index);
        set->seal_check = check;
    }
    return result;
}

static const struct {
    const struct seki_str *name;
    enum seki_result (*collect)(const struct seki_check_scene *scene, struct seki_arc_chain *chain,
                                size_t field_index);
} kinds[] = {
    { &auth_results_name, collect_auth_results },
    { &message_signature_name, collect_message_signature },
    { &seal_name, collect_seal },
};
#define KINDS (sizeof kinds / sizeof kinds[0])

static enum seki_result collect_kind(const struct seki_check_scene *scene, struct seki_arc_chain *chain,
                                     size_t kind)
{
    size_t index = SIZE_MAX;
    while ((index = seki_message_find_up(scene->message, *kinds[kind].name, index)) != SIZE_MAX) {
        enum seki_result result = kinds[kind].collect(scene, chain, index);
        if (result != SEKI_OK)
            return result;
    }
    return SEKI_OK;
}

static bool is_whole(const struct seki_arc_fields *set)
{
    return set->auth_results != SIZE_MAX && set->message_signature != SIZE_MAX && set->seal != SIZE_MAX;
}

/* Section 5.2, step 3, A to C; a seal that could not be read has no cv= to go by, and fails later. */
static void judge_set(struct seki_arc_chain *chain, unsigned instance)
{
    const struct seki_arc_fields *set = &chain->sets[instance - 1];
    if (!is_whole(set)) {
        fault(chain, N_("a set of the chain is not whole"));
        return;
    }
    const struct seki_signature *seal = &set->seal_check->signature;
    if (seal->refusal.result == SEKI_DKIM_NONE && seal->cv != (instance == 1 ? SEKI_CV_NONE : SEKI_CV_PASS))
        fault(chain,
              instance == 1 ? N_("the first seal has not cv=none") : N_("a seal after the first has not cv=pass"));
}

static void judge_structure(struct seki_arc_chain *chain)
{
    if (chain->count == 0)
        return;
    const struct seki_signature_check *newest = chain->sets[chain->count - 1].seal_check;
    if (newest != NULL && newest->signature.cv == SEKI_CV_FAIL)
        chain->wrong = N_("the chain came marked as failed (cv=fail)"); /* step 2 goes before step 3 */
    for (unsigned instance = 1; instance <= chain->count; instance++)
        judge_set(chain, instance);
}

static size_t count_fields(const struct seki_message *message, size_t *most_out)
{
    size_t all = 0;
    *most_out = 0;
    for (size_t kind = 0; kind < KINDS; kind++) {
        size_t count = seki_message_count_named(message, *kinds[kind].name);
        all += count;
        *most_out = count > *most_out ? count : *most_out;
    }
    return all;
}

enum seki_result seki_arc_collect(const struct seki_check_scene *scene, struct seki_arc_chain *chain_out)
{
    size_t most;
    *chain_out = (struct seki_arc_chain){ 0 };
    if (count_fields(scene->message, &most) == 0)
        return SEKI_OK;
    if (most > SEKI_MAX_ARC_SETS) { /* step 1; not one of them is read */
        *chain_out = (struct seki_arc_chain){ .count = SEKI_MAX_ARC_SETS, .wrong = "there are more than 50 sets" };
        return SEKI_OK;
    }
    chain_out->sets = seki_arena_alloc(scene->arena, SEKI_MAX_ARC_SETS, sizeof *chain_out->sets);
    if (chain_out->sets == NULL)
        return seki_arena_failure(scene->arena);
    for (size_t i = 0; i < SEKI_MAX_ARC_SETS; i++)
        chain_out->sets[i].auth_results = chain_out->sets[i].message_signature = chain_out->sets[i].seal = SIZE_MAX;
    for (size_t kind = 0; kind < KINDS; kind++) {
        enum seki_result result = collect_kind(scene, chain_out, kind);
        if (result != SEKI_OK)
            return result;
    }
    judge_structure(chain_out);
    return SEKI_OK;
}

/* One message and several policies. A table has every pair of wishes; then the two promises are held against every
 * combination of two and three recipients: nobody's choice changes another's mail, and nothing is lost in silence. */
#include "policy/fold.h"

#include <assert.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* What a recipient's domain wants: an action, or to wait for its scanner. */
enum wish { DELIVER, MARK, JUNK, HOLD, QUARANTINE, REFUSE, DISCARD, WAIT, WISH_COUNT };
static const char *const wish_names[] = { "deliver",    "mark",   "junk",    "hold",
                                          "quarantine", "refuse", "discard", "wait" };

struct kind {
    enum wish wish;
    bool is_gateway, is_by_recipient, has_suffix, is_hosted;
    unsigned tag; /* of "", "[a]", "[b]" */
};

static struct policy policies[12];

/* Policies only lend what folding reads of them; one for each kind of choice. */
static const struct policy *policy_of(const struct kind *kind)
{
    static const struct seki_str tags[] = { SEKI_STR_INIT(""), SEKI_STR_INIT("[a]"), SEKI_STR_INIT("[b]") };
    struct policy *policy =
        &policies[(kind->is_by_recipient ? 1u : 0u) + (kind->has_suffix ? 2u : 0u) + 4u * kind->tag];
    policy->filter = POLICY_ON;
    policy->junk_by = kind->is_by_recipient ? POLICY_JUNK_BY_RECIPIENT : POLICY_JUNK_BY_FIELD;
    policy->junk_suffix = kind->has_suffix ? SEKI_STR("+Junk") : SEKI_STR("");
    policy->subject_tag = tags[kind->tag];
    return policy;
}

static struct policy_recipient recipient_of(const struct kind *kind, uint64_t domain_id)
{
    if (!kind->is_hosted)
        return (struct policy_recipient){ .path = SEKI_STR("<user@elsewhere.example>") };
    return (struct policy_recipient){
        .path = SEKI_STR("<user@example.com>"),
        .domain_id = domain_id,
        .shape = kind->is_gateway ? POLICY_GATEWAY : POLICY_SHARED,
        .policy = policy_of(kind),
        .judgement = { .action = kind->wish == WAIT ? POLICY_DELIVER : (enum policy_action)kind->wish,
                       .is_temporary = kind->wish == WAIT },
    };
}

/* ---- every pair, by hand: two domains on a shared server, junk by field, addresses with +Junk known ---- */

#define NEW_PATH "<user+Junk@example.com>"

struct outcome {
    enum policy_action applied;
    bool is_removed, is_readdressed;
};
#define KEPT(action)                                                                                               \
    {                                                                                                              \
        POLICY_##action, false, false                                                                              \
    }
#define GONE(action)                                                                                               \
    {                                                                                                              \
        POLICY_##action, true, false                                                                               \
    }
#define MOVED                                                                                                      \
    {                                                                                                              \
        POLICY_JUNK, false, true                                                                                   \
    }

static const struct pair {
    enum wish a, b;
    enum policy_action whole;
    bool has_mark, has_junk_field, is_held, is_temporary;
    struct outcome of_a, of_b;
} pairs[] = {
    /*  a           b           whole              mark   field  held   451    of a             of b */
    { DELIVER, DELIVER, POLICY_DELIVER, false, false, false, false, KEPT(DELIVER), KEPT(DELIVER) },
    { DELIVER, MARK, POLICY_DELIVER, false, false, false, false, KEPT(DELIVER), KEPT(DELIVER) },
    { DELIVER, JUNK, POLICY_DELIVER, false, false, false, false, KEPT(DELIVER), MOVED },
    { DELIVER, HOLD, POLICY_DELIVER, false, false, true, false, KEPT(DELIVER), GONE(HOLD) },
    { DELIVER, QUARANTINE, POLICY_DELIVER, false, false, false, false, KEPT(DELIVER), MOVED },
    { DELIVER, REFUSE, POLICY_DELIVER, false, false, false, false, KEPT(DELIVER), MOVED },
    { DELIVER, DISCARD, POLICY_DELIVER, false, false, false, false, KEPT(DELIVER), GONE(DISCARD) },
    { DELIVER, WAIT, POLICY_DELIVER, false, false, true, false, KEPT(DELIVER), GONE(HOLD) },
    { MARK, MARK, POLICY_DELIVER, true, false, false, false, KEPT(MARK), KEPT(MARK) },
    { MARK, JUNK, POLICY_DELIVER, true, false, false, false, KEPT(MARK), MOVED },
    { MARK, HOLD, POLICY_DELIVER, true, false, true, false, KEPT(MARK), GONE(HOLD) },
    { MARK, QUARANTINE, POLICY_DELIVER, true, false, false, false, KEPT(MARK), MOVED },
    { MARK, REFUSE, POLICY_DELIVER, true, false, false, false, KEPT(MARK), MOVED },
    { MARK, DISCARD, POLICY_DELIVER, true, false, false, false, KEPT(MARK), GONE(DISCARD) },
    { MARK, WAIT, POLICY_DELIVER, true, false, true, false, KEPT(MARK), GONE(HOLD) },
    { JUNK, JUNK, POLICY_DELIVER, true, true, false, false, KEPT(JUNK), KEPT(JUNK) },
    { JUNK, HOLD, POLICY_DELIVER, true, true, true, false, KEPT(JUNK), GONE(HOLD) },
    { JUNK, QUARANTINE, POLICY_DELIVER, true, true, false, false, KEPT(JUNK), KEPT(JUNK) },
    { JUNK, REFUSE, POLICY_DELIVER, true, true, false, false, KEPT(JUNK), KEPT(JUNK) },
    { JUNK, DISCARD, POLICY_DELIVER, true, true, false, false, KEPT(JUNK), GONE(DISCARD) },
    { JUNK, WAIT, POLICY_DELIVER, true, true, true, false, KEPT(JUNK), GONE(HOLD) },
    { HOLD, HOLD, POLICY_DISCARD, false, false, true, false, GONE(HOLD), GONE(HOLD) },
    { HOLD, QUARANTINE, POLICY_QUARANTINE, true, false, true, false, GONE(HOLD), KEPT(QUARANTINE) },
    { HOLD, REFUSE, POLICY_DELIVER, true, true, true, false, GONE(HOLD), KEPT(JUNK) },
    { HOLD, DISCARD, POLICY_DISCARD, false, false, true, false, GONE(HOLD), GONE(DISCARD) },
    { HOLD, WAIT, POLICY_DISCARD, false, false, true, false, GONE(HOLD), GONE(HOLD) },
    { QUARANTINE, QUARANTINE, POLICY_QUARANTINE, true, false, false, false, KEPT(QUARANTINE), KEPT(QUARANTINE) },
    { QUARANTINE, REFUSE, POLICY_DELIVER, true, true, false, false, KEPT(JUNK), KEPT(JUNK) },
    { QUARANTINE, DISCARD, POLICY_QUARANTINE, true, false, false, false, KEPT(QUARANTINE), GONE(DISCARD) },
    { QUARANTINE, WAIT, POLICY_QUARANTINE, true, false, true, false, KEPT(QUARANTINE), GONE(HOLD) },
    { REFUSE, REFUSE, POLICY_REFUSE, false, false, false, false, KEPT(REFUSE), KEPT(REFUSE) },
    { REFUSE, DISCARD, POLICY_DELIVER, true, true, false, false, KEPT(JUNK), GONE(DISCARD) },
    { REFUSE, WAIT, POLICY_DELIVER, true, true, true, false, KEPT(JUNK), GONE(HOLD) },
    { DISCARD, DISCARD, POLICY_DISCARD, false, false, false, false, KEPT(DISCARD), KEPT(DISCARD) },
    { DISCARD, WAIT, POLICY_DISCARD, false, false, true, false, GONE(DISCARD), GONE(HOLD) },
    { WAIT, WAIT, POLICY_DELIVER, false, false, false, true, KEPT(DELIVER), KEPT(DELIVER) },
};
#define PAIR_COUNT (sizeof pairs / sizeof pairs[0])
static_assert(PAIR_COUNT == WISH_COUNT * (WISH_COUNT + 1) / 2, "every pair once");

static bool is_so(const struct policy_recipient *got, const struct outcome *want)
{
    return got->applied == want->applied && got->is_removed == want->is_removed &&
           (got->new_path.len > 0) == want->is_readdressed &&
           (!want->is_readdressed || seki_str_equal(got->new_path, SEKI_STR(NEW_PATH)));
}

static void check_pair(struct seki_arena *arena, const struct pair *pair, bool is_swapped)
{
    const struct kind a = { .wish = pair->a, .has_suffix = true, .is_hosted = true };
    const struct kind b = { .wish = pair->b, .has_suffix = true, .is_hosted = true };
    struct policy_recipient recipients[] = { recipient_of(is_swapped ? &b : &a, 1),
                                             recipient_of(is_swapped ? &a : &b, 2) };
    struct policy_effects got;
    assert_int_equal(policy_fold(recipients, 2, true, arena, &got), SEKI_OK);
    if (got.action != pair->whole || got.has_mark != pair->has_mark || got.has_junk_field != pair->has_junk_field ||
        got.is_held != pair->is_held || got.is_temporary != pair->is_temporary ||
        !is_so(&recipients[is_swapped], &pair->of_a) || !is_so(&recipients[!is_swapped], &pair->of_b))
        fail_msg("%s and %s%s: %s, a %s, b %s, mark %d, field %d, held %d", wish_names[pair->a],
                 wish_names[pair->b], is_swapped ? " (swapped)" : "", policy_action_name(got.action),
                 policy_action_name(recipients[is_swapped].applied),
                 policy_action_name(recipients[!is_swapped].applied), got.has_mark, got.has_junk_field,
                 got.is_held);
}

static void every_pair_of_wishes_comes_to_what_is_written_here(void **state)
{
    struct seki_arena *arena = *state;
    for (size_t i = 0; i < PAIR_COUNT; i++) {
        check_pair(arena, &pairs[i], false);
        check_pair(arena, &pairs[i], true);
    }
}

/* ---- a node that keeps no messages ---- */

static const struct {
    enum wish a, b;
    enum policy_action of_a, of_b;
    bool is_temporary;
} unheld[] = {
    { WAIT, DELIVER, POLICY_JUNK, POLICY_DELIVER, false }, { WAIT, MARK, POLICY_JUNK, POLICY_MARK, false },
    { WAIT, JUNK, POLICY_JUNK, POLICY_JUNK, false },       { WAIT, HOLD, POLICY_JUNK, POLICY_JUNK, false },
    { WAIT, QUARANTINE, POLICY_JUNK, POLICY_JUNK, false }, { WAIT, REFUSE, POLICY_JUNK, POLICY_JUNK, false },
    { WAIT, DISCARD, POLICY_JUNK, POLICY_DISCARD, false }, { WAIT, WAIT, POLICY_DELIVER, POLICY_DELIVER, true },
    { HOLD, DELIVER, POLICY_JUNK, POLICY_DELIVER, false }, { HOLD, HOLD, POLICY_JUNK, POLICY_JUNK, false },
    { HOLD, QUARANTINE, POLICY_JUNK, POLICY_JUNK, false },
};

/* DESIGN.md section 2, principle 7: hold falls to junk; and the wait for a scanner, being one domain's, puts off nobody else. */
static void where_nothing_is_kept_it_is_junk(void **state)
{
    for (size_t i = 0; i < sizeof unheld / sizeof unheld[0]; i++) {
        const struct kind a = { .wish = unheld[i].a, .has_suffix = true, .is_hosted = true };
        const struct kind b = { .wish = unheld[i].b, .has_suffix = true, .is_hosted = true };
        struct policy_recipient recipients[] = { recipient_of(&a, 1), recipient_of(&b, 2) };
        struct policy_effects got;
        assert_int_equal(policy_fold(recipients, 2, false, *state, &got), SEKI_OK);
        if (recipients[0].applied != unheld[i].of_a || recipients[1].applied != unheld[i].of_b ||
            got.is_temporary != unheld[i].is_temporary || got.is_held)
            fail_msg("%s and %s: %s and %s", wish_names[unheld[i].a], wish_names[unheld[i].b],
                     policy_action_name(recipients[0].applied), policy_action_name(recipients[1].applied));
    }
}

/* ---- promises, for every combination ---- */

static bool is_among(enum policy_action action, unsigned actions)
{
    return (actions & 1u << action) != 0;
}
#define A(action) (1u << POLICY_##action)

/* What may become of mail whose recipient wants this, whatever all others want: never something harsher, and never less
 * than delivered to somebody who can be asked about it. */
static const unsigned may_become[WISH_COUNT] = {
    [DELIVER] = A(DELIVER),
    [MARK] = A(MARK) | A(DELIVER),
    [JUNK] = A(JUNK) | A(MARK) | A(DELIVER),
    [HOLD] = A(HOLD),
    [QUARANTINE] = A(QUARANTINE) | A(JUNK) | A(MARK) | A(DELIVER),
    [REFUSE] = A(REFUSE) | A(JUNK) | A(MARK) | A(DELIVER),
    [DISCARD] = A(DISCARD),
    [WAIT] = A(HOLD) | A(DELIVER),
};

/* Which least wish allows an effect on the message that this recipient gets. */
static void check_edits(const struct kind *kind, const struct policy_recipient *recipient,
                        const struct policy_effects *effects)
{
    enum wish wish = kind->is_hosted ? kind->wish : DELIVER;
    if (recipient->is_removed || effects->action == POLICY_REFUSE || effects->action == POLICY_DISCARD)
        return;
    if (effects->has_mark)
        assert_true(wish >= MARK && wish <= REFUSE);
    if (effects->has_junk_field)
        assert_true(wish >= JUNK && wish <= REFUSE && !kind->is_gateway);
    if (effects->subject_tag.len > 0)
        assert_true(recipient->applied == POLICY_MARK &&
                    seki_str_equal(recipient->policy->subject_tag, effects->subject_tag));
    if (effects->action == POLICY_QUARANTINE)
        assert_int_equal(wish, QUARANTINE);
    if (recipient->new_path.len > 0)
        assert_true(recipient->applied == POLICY_JUNK && wish >= JUNK && kind->has_suffix && !kind->is_gateway);
}

/* Where is this recipient's mail? On its way, in our quarantine, with the sender who was told, or thrown away by its own
 * domain's choice: one of them, and only one. */
static void check_nothing_is_lost(const struct kind *kind, const struct policy_recipient *recipient,
                                  const struct policy_effects *effects)
{
    bool goes_on = !recipient->is_removed && !effects->is_temporary &&
                   (effects->action == POLICY_DELIVER || effects->action == POLICY_QUARANTINE);
    bool is_held = recipient->is_removed && recipient->applied == POLICY_HOLD && effects->is_held;
    bool is_told = effects->is_temporary || effects->action == POLICY_REFUSE;
    bool is_discarded = kind->is_hosted && kind->wish == DISCARD && recipient->applied == POLICY_DISCARD &&
                        (recipient->is_removed || effects->action == POLICY_DISCARD);
    assert_int_equal(goes_on + is_held + is_told + is_discarded, 1);
    if (is_told)
        assert_true(kind->is_hosted && kind->wish == (effects->is_temporary ? WAIT : REFUSE) &&
                    effects->decisive != NULL);
}

static void check_promises(const struct kind *kinds, const struct policy_recipient *recipients, size_t count,
                           const struct policy_effects *effects)
{
    for (size_t i = 0; i < count; i++) {
        enum wish wish = kinds[i].is_hosted ? kinds[i].wish : DELIVER;
        assert_true(is_among(recipients[i].applied, may_become[wish]));
        check_edits(&kinds[i], &recipients[i], effects);
        check_nothing_is_lost(&kinds[i], &recipients[i], effects);
    }
}

/* Kind number index of all; the last is a recipient elsewhere. @return false past it */
static bool kind_at(unsigned index, unsigned tags, struct kind *kind)
{
    unsigned rest = index / WISH_COUNT;
    *kind = (struct kind){ .wish = (enum wish)(index % WISH_COUNT),
                           .is_gateway = rest % 2,
                           .is_by_recipient = rest / 2 % 2,
                           .has_suffix = rest / 4 % 2,
                           .tag = rest / 8,
                           .is_hosted = true };
    if (kind->tag < tags)
        return true;
    *kind = (struct kind){ .wish = DELIVER };
    return index == WISH_COUNT * 8 * tags;
}

static void promises_hold_for_one_and_two_recipients(void **state)
{
    struct seki_arena *arena = *state;
    struct kind kinds[2];
    struct policy_effects effects;
    for (unsigned i = 0; kind_at(i, 3, &kinds[0]); i++) {
        seki_arena_clear(arena);
        struct policy_recipient one = recipient_of(&kinds[0], 1);
        assert_int_equal(policy_fold(&one, 1, true, arena, &effects), SEKI_OK);
        check_promises(kinds, &one, 1, &effects);
        for (unsigned j = 0; kind_at(j, 3, &kinds[1]); j++) {
            struct policy_recipient two[] = { recipient_of(&kinds[0], 1), recipient_of(&kinds[1], 2) };
            assert_int_equal(policy_fold(two, 2, true, arena, &effects), SEKI_OK);
            check_promises(kinds, two, 2, &effects);
        }
    }
}

static void promises_hold_for_three_recipients(void **state)
{
    struct seki_arena *arena = *state;
    struct kind kinds[3];
    struct policy_effects effects;
    for (unsigned i = 0; kind_at(i, 1, &kinds[0]); i++)
        for (unsigned j = 0; kind_at(j, 1, &kinds[1]); j++) {
            seki_arena_clear(arena);
            for (unsigned k = 0; kind_at(k, 1, &kinds[2]); k++) {
                struct policy_recipient three[] = { recipient_of(&kinds[0], 1), recipient_of(&kinds[1], 2),
                                                    recipient_of(&kinds[2], 3) };
                assert_int_equal(policy_fold(three, 3, true, arena, &effects), SEKI_OK);
                check_promises(kinds, three, 3, &effects);
            }
        }
}

/* Alone, or among recipients of its own domain, a domain gets what it wants: folding takes nothing away for nobody. */
static void a_domain_among_itself_gets_what_it_wants(void **state)
{
    struct seki_arena *arena = *state;
    struct kind kind;
    struct policy_effects effects;
    for (unsigned i = 0; kind_at(i, 3, &kind); i++) {
        struct policy_recipient same[] = { recipient_of(&kind, 1), recipient_of(&kind, 1), recipient_of(&kind, 1) };
        seki_arena_clear(arena);
        assert_int_equal(policy_fold(same, 3, true, arena, &effects), SEKI_OK);
        enum policy_action want =
            !kind.is_hosted || kind.wish == WAIT ? POLICY_DELIVER : (enum policy_action)kind.wish;
        if (want == POLICY_JUNK && kind.is_gateway)
            want = POLICY_MARK; /* which no policy of a gateway may choose */
        for (size_t j = 0; j < 3; j++)
            assert_int_equal(same[j].applied, want);
        assert_int_equal(effects.is_temporary, kind.is_hosted && kind.wish == WAIT);
        assert_int_equal(effects.has_mark, want == POLICY_MARK || want == POLICY_JUNK || want == POLICY_QUARANTINE);
        if (want == POLICY_MARK)
            assert_true(seki_str_equal(effects.subject_tag, same[0].policy->subject_tag));
        if (want == POLICY_JUNK)
            assert_true(effects.has_junk_field == !(kind.is_by_recipient && kind.has_suffix));
    }
}

static void nobody_is_no_effect(void **state)
{
    struct policy_effects effects;
    assert_int_equal(policy_fold(NULL, 0, true, *state, &effects), SEKI_OK);
    assert_true(effects.action == POLICY_DELIVER && !effects.is_temporary && !effects.has_mark && !effects.is_held);
}

static void a_full_arena_is_told(void **state)
{
    (void)state;
    const struct kind junk = { .wish = JUNK, .has_suffix = true, .is_hosted = true }, other = { .wish = DELIVER };
    struct policy_recipient two[] = { recipient_of(&junk, 1), recipient_of(&other, 0) };
    struct policy_effects effects;
    struct seki_arena *arena = seki_arena_new(8);
    assert_int_equal(policy_fold(two, 2, true, arena, &effects), SEKI_LIMIT);
    seki_arena_free(arena);
}

/* ---- who may be together ---- */

static void strict_domains_are_kept_apart(void **state)
{
    (void)state;
    struct policy strict = policy_default(), harmless, observing;
    strict.filter = POLICY_ON;
    strict.refuses_strictly = true;
    harmless = strict; /* strict, with nothing that it would refuse */
    strict.actions[POLICY_DMARC_REJECT] = POLICY_REFUSE;
    observing = strict;
    observing.filter = POLICY_OBSERVE;
    const struct policy plain = policy_default();
    static const struct policy *none;
    const struct {
        const char *name;
        const struct policy *there, *comes;
        uint64_t there_id, comes_id;
        bool may_join;
    } cases[] = {
        { "two of one strict domain", &strict, &strict, 1, 1, true },
        { "another beside a strict one", &strict, &plain, 1, 2, false },
        { "a strict one beside another", &plain, &strict, 1, 2, false },
        { "two strict ones", &strict, &strict, 1, 2, false },
        { "somebody elsewhere beside a strict one", &strict, none, 1, 0, false },
        { "a strict one beside somebody elsewhere", none, &strict, 0, 1, false },
        { "two that are not", &plain, &plain, 1, 2, true },
        { "a strict one that refuses nothing", &harmless, &plain, 1, 2, true },
        { "a strict one that only observes", &plain, &observing, 1, 2, true },
        { "two elsewhere", none, none, 0, 0, true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct policy_recipient there[] = { { .policy = &plain, .domain_id = cases[i].comes_id },
                                                  { .policy = cases[i].there, .domain_id = cases[i].there_id } };
        const struct policy_recipient comes = { .policy = cases[i].comes, .domain_id = cases[i].comes_id };
        if (policy_may_join(there, 2, &comes) != cases[i].may_join)
            fail_msg("%s", cases[i].name);
        assert_true(policy_may_join(NULL, 0, &comes));
    }
}

/* Every server takes mail for postmaster, so anybody could add it to turn a refusal of all into less. */
static void a_foreign_postmaster_comes_alone(void **state)
{
    (void)state;
    struct policy refusing = policy_default();
    refusing.filter = POLICY_ON;
    refusing.actions[POLICY_DMARC_REJECT] = POLICY_REFUSE;
    struct policy observing = refusing;
    observing.filter = POLICY_OBSERVE;
    const struct {
        const char *name, *path;
        const struct policy *of_path, *other;
        bool may_join;
    } cases[] = {
        { "the bare name", "<Postmaster>", NULL, &refusing, false },
        { "of a domain without a policy", "<abuse@relay.example>", NULL, &refusing, false },
        { "of a domain that has one", "<postmaster@example.com>", &refusing, &refusing, true },
        { "somebody else elsewhere", "<reader@relay.example>", NULL, &refusing, true },
        { "beside one that refuses nothing", "<postmaster>", NULL, &observing, true },
        { "beside nobody's", "<postmaster>", NULL, NULL, true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct policy_recipient contact = { .path = seki_str_of(cases[i].path), .policy = cases[i].of_path };
        const struct policy_recipient other = { .path = SEKI_STR("<reader@example.com>"),
                                                .policy = cases[i].other };
        if (policy_may_join(&contact, 1, &other) != cases[i].may_join ||
            policy_may_join(&other, 1, &contact) != cases[i].may_join)
            fail_msg("%s", cases[i].name);
    }
}

static int open_arena(void **state)
{
    *state = seki_arena_new(1 << 22);
    return *state != NULL ? 0 : -1;
}

static int close_arena(void **state)
{
    seki_arena_free(*state);
    return 0;
}

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_of_wishes_comes_to_what_is_written_here),
        cmocka_unit_test(where_nothing_is_kept_it_is_junk),
        cmocka_unit_test(promises_hold_for_one_and_two_recipients),
        cmocka_unit_test(promises_hold_for_three_recipients),
        cmocka_unit_test(a_domain_among_itself_gets_what_it_wants),
        cmocka_unit_test(nobody_is_no_effect),
        cmocka_unit_test(a_full_arena_is_told),
        cmocka_unit_test(strict_domains_are_kept_apart),
        cmocka_unit_test(a_foreign_postmaster_comes_alone),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}

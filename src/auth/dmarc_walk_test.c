/* The tree walk: RFC 9989 section 4.10, and RFC 7489 section 6.6.3 with the public suffix list. */
#include "auth/dmarc_walk.h"

#include "auth/dmarc_test_zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define R   "v=DMARC1; p=reject"
#define R_N "v=DMARC1; p=reject; psd=n"
#define R_Y "v=DMARC1; p=reject; psd=y"
#define R_U "v=DMARC1; p=reject; psd=u"

struct walk_case {
    const char *name, *start;
    struct zone_entry zone[6];
    const char *org_domain; /* "" when a failure stands in the way */
    enum seki_dmarc_org_rule rule;
    size_t read_count;     /* names read until the walk stops */
    const char *org, *psd; /* where these records stand; NULL for none */
};

static const struct walk_case cases[] = {
    { "no record at all: the start itself (DMC-18)",
      "a.example.com",
      { { NULL, NULL } },
      "a.example.com",
      SEKI_DMARC_ORG_START,
      3,
      NULL,
      NULL },
    { "own record only",
      "example.com",
      { { "_dmarc.example.com", R } },
      "example.com",
      SEKI_DMARC_ORG_TOPMOST,
      2,
      "example.com",
      NULL },
    { "section 4.10.2, first example: the fewest labels",
      "a.mail.example.com",
      { { "_dmarc.mail.example.com", R }, { "_dmarc.example.com", R } },
      "example.com",
      SEKI_DMARC_ORG_TOPMOST,
      4,
      "example.com",
      NULL },
    { "section 4.10.2, second example: psd=n",
      "a.mail.example.com",
      { { "_dmarc.mail.example.com", R_N }, { "_dmarc.example.com", R } },
      "mail.example.com",
      SEKI_DMARC_ORG_PSD_N,
      2,
      "mail.example.com",
      NULL },
    { "section 4.10.2, last example: below psd=y",
      "a.mail.example.com",
      { { "_dmarc.com", R_Y } },
      "example.com",
      SEKI_DMARC_ORG_BELOW_PSD_Y,
      4,
      NULL,
      "com" },
    { "psd=u is the default",
      "a.example.com",
      { { "_dmarc.a.example.com", R_U }, { "_dmarc.example.com", R_U } },
      "example.com",
      SEKI_DMARC_ORG_TOPMOST,
      3,
      "example.com",
      NULL },
    { "the top-level domain is asked too, and can be it",
      "a.example.com",
      { { "_dmarc.example.com", R }, { "_dmarc.com", R } },
      "com",
      SEKI_DMARC_ORG_TOPMOST,
      3,
      "com",
      NULL },
    { "psd=n at the start stops at once",
      "a.example.com",
      { { "_dmarc.a.example.com", R_N }, { "_dmarc.example.com", R } },
      "a.example.com",
      SEKI_DMARC_ORG_PSD_N,
      1,
      "a.example.com",
      NULL },
    { "psd=y at the start is its own (DMC-19)",
      "bank.example",
      { { "_dmarc.bank.example", R_Y }, { "_dmarc.example", R } },
      "bank.example",
      SEKI_DMARC_ORG_TOPMOST,
      1,
      "bank.example",
      NULL },
    { "psd=y one above a record",
      "giant.bank.example",
      { { "_dmarc.giant.bank.example", R }, { "_dmarc.bank.example", R_Y } },
      "giant.bank.example",
      SEKI_DMARC_ORG_BELOW_PSD_Y,
      2,
      "giant.bank.example",
      "bank.example" },
    { "records below the one under psd=y do not count",
      "a.b.giant.bank.example",
      { { "_dmarc.b.giant.bank.example", R }, { "_dmarc.bank.example", R_Y }, { "_dmarc.example", R } },
      "giant.bank.example",
      SEKI_DMARC_ORG_BELOW_PSD_Y,
      4,
      NULL,
      "bank.example" },
    { "the longest psd wins",
      "a.b.c.example",
      { { "_dmarc.b.c.example", R_Y }, { "_dmarc.c.example", R_N } },
      "a.b.c.example",
      SEKI_DMARC_ORG_BELOW_PSD_Y,
      2,
      NULL,
      "b.c.example" },
    { "two records at one name are none (DMC-14)",
      "a.example.com",
      { { "_dmarc.a.example.com", R }, { "_dmarc.example.com", R_N }, { "_dmarc.example.com", R } },
      "a.example.com",
      SEKI_DMARC_ORG_TOPMOST,
      3,
      "a.example.com",
      NULL },
    { "what is no record does not make two",
      "a.example.com",
      { { "_dmarc.a.example.com", "v=spf1 -all" },
        { "_dmarc.a.example.com", R_N },
        { "_dmarc.a.example.com", "v=DMARC2; p=none" } },
      "a.example.com",
      SEKI_DMARC_ORG_PSD_N,
      1,
      "a.example.com",
      NULL },
    { "a name with other TXT only has nothing",
      "a.example.com",
      { { "_dmarc.a.example.com", "v=spf1 -all" }, { "_dmarc.example.com", R } },
      "example.com",
      SEKI_DMARC_ORG_TOPMOST,
      3,
      "example.com",
      NULL },
    { "a record without policy is valid for the walk (DMC-5)",
      "a.example.com",
      { { "_dmarc.com", "v=DMARC1; psd=y" } },
      "example.com",
      SEKI_DMARC_ORG_BELOW_PSD_Y,
      3,
      NULL,
      "com" },
    { "a single label",
      "example",
      { { "_dmarc.example", R } },
      "example",
      SEKI_DMARC_ORG_TOPMOST,
      1,
      "example",
      NULL },

    /* Failures (DMC-22). */
    { "a failure at the start",
      "a.example.com",
      { { "_dmarc.a.example.com", FAILS }, { "_dmarc.example.com", R_N } },
      "",
      SEKI_DMARC_ORG_UNKNOWN,
      1,
      NULL,
      NULL },
    { "a failure in mid-walk is not: no record",
      "a.b.example.com",
      { { "_dmarc.b.example.com", FAILS }, { "_dmarc.example.com", R } },
      "",
      SEKI_DMARC_ORG_UNKNOWN,
      2,
      NULL,
      NULL },
    { "a failure above a record",
      "a.example.com",
      { { "_dmarc.a.example.com", R }, { "_dmarc.com", FAILS } },
      "",
      SEKI_DMARC_ORG_UNKNOWN,
      3,
      NULL,
      NULL },
    { "a failure beyond the stop is not looked at",
      "a.example.com",
      { { "_dmarc.example.com", R_N }, { "_dmarc.com", FAILS } },
      "example.com",
      SEKI_DMARC_ORG_PSD_N,
      2,
      "example.com",
      NULL },

    /* More than seven labels (DMC-15, DMC-23). */
    { "section 5.1.8: the record at eight labels is never seen",
      "mail.a.b.c.d.e.f.g.example.com",
      { { "_dmarc.b.c.d.e.f.g.example.com", R_N }, { "_dmarc.example.com", R } },
      "example.com",
      SEKI_DMARC_ORG_TOPMOST,
      8,
      "example.com",
      NULL },
    { "the start is asked whatever its length",
      "mail.a.b.c.d.e.f.g.example.com",
      { { "_dmarc.mail.a.b.c.d.e.f.g.example.com", R_N }, { "_dmarc.example.com", R } },
      "mail.a.b.c.d.e.f.g.example.com",
      SEKI_DMARC_ORG_PSD_N,
      1,
      "mail.a.b.c.d.e.f.g.example.com",
      NULL },
    { "one label below psd=y may be a name that was not asked",
      "x.y.b.c.d.e.f.g.example.com",
      { { "_dmarc.c.d.e.f.g.example.com", R_Y }, { "_dmarc.x.y.b.c.d.e.f.g.example.com", R } },
      "b.c.d.e.f.g.example.com",
      SEKI_DMARC_ORG_BELOW_PSD_Y,
      2,
      NULL,
      "c.d.e.f.g.example.com" },
    { "one label below psd=y is the start of eight labels",
      "b.c.d.e.f.g.example.com",
      { { "_dmarc.c.d.e.f.g.example.com", R_Y }, { "_dmarc.b.c.d.e.f.g.example.com", R } },
      "b.c.d.e.f.g.example.com",
      SEKI_DMARC_ORG_BELOW_PSD_Y,
      2,
      "b.c.d.e.f.g.example.com",
      "c.d.e.f.g.example.com" },
};

struct walking {
    struct seki_arena *arena;
    struct seki_answers *answers;
    struct seki_dmarc_walks walks;
};

static struct walking walking_new(const struct seki_psl *psl)
{
    struct walking w = { .arena = seki_arena_new(1 << 18) };
    w.answers = seki_answers_new(w.arena, 0);
    w.walks = (struct seki_dmarc_walks){ .arena = w.arena, .psl = psl };
    return w;
}

static struct seki_dmarc_walk *walk_to_end(struct walking *w, const char *start, const struct zone_entry *zone)
{
    struct seki_dmarc_walk *walk = seki_dmarc_walk_get(&w->walks, seki_str_of(start));
    for (;;) {
        enum seki_result result = seki_dmarc_walk_step(&w->walks, walk, w->answers);
        if (result == SEKI_OK)
            return walk;
        assert_int_equal(result, SEKI_NEED_ANSWERS);
        assert_true(seki_answers_needed_count(w->answers) > 0);
        zone_answer(zone, w->answers);
    }
}

static bool stands_at(const struct seki_dmarc_name *name, const char *want)
{
    return want == NULL ? name == NULL : name != NULL && seki_str_equal(name->domain, seki_str_of(want));
}

static void the_organizational_domain_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct walk_case *c = &cases[i];
        struct walking w = walking_new(NULL);
        const struct seki_dmarc_walk *walk = walk_to_end(&w, c->start, c->zone);
        if (!seki_str_equal(walk->org_domain, seki_str_of(c->org_domain)) || walk->org_rule != c->rule)
            fail_msg("%s: %.*s by rule %d", c->name, SEKI_STR_ARGS(walk->org_domain), (int)walk->org_rule);
        if (walk->read_count != c->read_count)
            fail_msg("%s: %zu names read", c->name, walk->read_count);
        if (!stands_at(walk->org, c->org) || !stands_at(walk->psd, c->psd))
            fail_msg("%s: the wrong records", c->name);
        assert_int_equal(walk->failed != NULL, c->rule == SEKI_DMARC_ORG_UNKNOWN);
        seki_arena_free(w.arena);
    }
}

static void check_questions(const char *start, const char *const *want)
{
    struct walking w = walking_new(NULL);
    struct seki_dmarc_walk *walk = seki_dmarc_walk_get(&w.walks, seki_str_of(start));
    assert_int_equal(seki_dmarc_walk_step(&w.walks, walk, w.answers), SEKI_NEED_ANSWERS);
    size_t i = 0;
    for (; want[i] != NULL; i++) {
        const struct seki_answer *question = seki_answers_at(w.answers, i);
        if (question == NULL || question->type != SEKI_RR_TXT ||
            !seki_str_equal(question->name, seki_str_of(want[i])))
            fail_msg("%s: question %zu is not %s", start, i, want[i]);
    }
    assert_null(seki_answers_at(w.answers, i));
    assert_int_equal(seki_answers_needed_count(w.answers), 1); /* the rest is asked ahead */
    seki_arena_free(w.arena);
}

static void all_names_are_asked_at_once_in_the_order_of_the_rfc(void **state)
{
    (void)state;
    /* Section 4.10 */
    check_questions("a.b.c.d.e.f.g.h.i.j.mail.example.com",
                    (const char *const[]){ "_dmarc.a.b.c.d.e.f.g.h.i.j.mail.example.com",
                                           "_dmarc.g.h.i.j.mail.example.com", "_dmarc.h.i.j.mail.example.com",
                                           "_dmarc.i.j.mail.example.com", "_dmarc.j.mail.example.com",
                                           "_dmarc.mail.example.com", "_dmarc.example.com", "_dmarc.com", NULL });
    /* Section 5.1.8 */
    check_questions("mail.a.b.c.d.e.f.g.example.com",
                    (const char *const[]){ "_dmarc.mail.a.b.c.d.e.f.g.example.com", "_dmarc.c.d.e.f.g.example.com",
                                           "_dmarc.d.e.f.g.example.com", "_dmarc.e.f.g.example.com",
                                           "_dmarc.f.g.example.com", "_dmarc.g.example.com", "_dmarc.example.com",
                                           "_dmarc.com", NULL });
    /* x = 8: until 7 remain, which is one less */
    check_questions("b.c.d.e.f.g.example.com",
                    (const char *const[]){ "_dmarc.b.c.d.e.f.g.example.com", "_dmarc.c.d.e.f.g.example.com",
                                           "_dmarc.d.e.f.g.example.com", "_dmarc.e.f.g.example.com",
                                           "_dmarc.f.g.example.com", "_dmarc.g.example.com", "_dmarc.example.com",
                                           "_dmarc.com", NULL });
    check_questions("c.d.e.f.g.example.com",
                    (const char *const[]){ "_dmarc.c.d.e.f.g.example.com", "_dmarc.d.e.f.g.example.com",
                                           "_dmarc.e.f.g.example.com", "_dmarc.f.g.example.com",
                                           "_dmarc.g.example.com", "_dmarc.example.com", "_dmarc.com", NULL });
    check_questions("com", (const char *const[]){ "_dmarc.com", NULL });
}

static void a_name_too_long_for_dmarc_is_walked_all_the_same(void **state)
{
    (void)state;
    /* 250 octets: "_dmarc." does not fit in front. */
    static const char start[] = "a12345678901234567890123456789012345678901234567890123456789012."
                                "b12345678901234567890123456789012345678901234567890123456789012."
                                "c12345678901234567890123456789012345678901234567890123456789012."
                                "d1234567890123456789012345678901234567890123456.example.com";
    static const struct zone_entry zone[] = { { "_dmarc.example.com", R }, { NULL, NULL } };
    struct walking w = walking_new(NULL);
    const struct seki_dmarc_walk *walk = walk_to_end(&w, start, zone);
    assert_true(seki_domain_fits_dns(walk->start));
    assert_true(walk->start.len + 7 > 253);
    assert_true(seki_str_equal(walk->org_domain, SEKI_STR("example.com")));
    seki_arena_free(w.arena);
}

static void walks_share_their_names(void **state)
{
    (void)state;
    static const struct zone_entry zone[] = { { "_dmarc.example.com", R }, { NULL, NULL } };
    struct walking w = walking_new(NULL);
    const struct seki_dmarc_walk *first = walk_to_end(&w, "example.com", zone);
    const struct seki_dmarc_walk *second = walk_to_end(&w, "Mail.Example.Com", zone);
    assert_ptr_equal(first->names[0], second->names[1]);
    assert_ptr_equal(walk_to_end(&w, "example.com", zone), first);
    assert_non_null(seki_answers_at(w.answers, 2));
    assert_null(seki_answers_at(w.answers, 3));
    seki_arena_free(w.arena);
}

static void a_full_arena_is_a_limit(void **state)
{
    (void)state;
    struct walking w = { .arena = seki_arena_new(300) };
    w.walks.arena = w.arena;
    assert_null(seki_dmarc_walk_get(&w.walks, SEKI_STR("a.b.example.com")));
    assert_int_equal(seki_arena_failure(w.arena), SEKI_LIMIT);
    seki_arena_free(w.arena);
}

static void check_by_list(const struct seki_psl *psl, const char *start, const char *org_domain, size_t read_count,
                          const char *org, const struct zone_entry *zone)
{
    struct walking w = walking_new(psl);
    const struct seki_dmarc_walk *walk = walk_to_end(&w, start, zone);
    if (!seki_str_equal(walk->org_domain, seki_str_of(org_domain)) || walk->org_rule != SEKI_DMARC_ORG_LIST)
        fail_msg("%s: %.*s", start, SEKI_STR_ARGS(walk->org_domain));
    assert_int_equal(walk->read_count, read_count);
    assert_true(stands_at(walk->org, org));
    seki_arena_free(w.arena);
}

static void with_rfc_7489_the_list_says_where_to_look(void **state)
{
    (void)state;
    struct seki_psl *psl = seki_psl_load(NULL, NULL);
    assert_non_null(psl);
    static const struct zone_entry zone[] = {
        { "_dmarc.example.co.uk", R },     { "_dmarc.own.example.co.uk", R_N },
        { "_dmarc.two.example.co.uk", R }, { "_dmarc.two.example.co.uk", R },
        { "_dmarc.co.uk", R_Y },           { NULL, NULL }
    };
    check_by_list(psl, "a.b.example.co.uk", "example.co.uk", 2, "example.co.uk", zone);
    check_by_list(psl, "example.co.uk", "example.co.uk", 1, "example.co.uk", zone);
    check_by_list(psl, "own.example.co.uk", "example.co.uk", 1, NULL, zone);
    check_by_list(psl, "two.example.co.uk", "example.co.uk", 1, NULL,
                  zone); /* several end it, section 6.6.3 step 5 */
    check_by_list(psl, "other.co.uk", "other.co.uk", 1, NULL, zone);
    check_by_list(psl, "co.uk", "co.uk", 1, "co.uk", zone);
    seki_psl_free(psl);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_organizational_domain_is_found),
        cmocka_unit_test(all_names_are_asked_at_once_in_the_order_of_the_rfc),
        cmocka_unit_test(a_name_too_long_for_dmarc_is_walked_all_the_same),
        cmocka_unit_test(walks_share_their_names),
        cmocka_unit_test(a_full_arena_is_a_limit),
        cmocka_unit_test(with_rfc_7489_the_list_says_where_to_look),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* DMARC against RFC 9989 appendix B and the cases of Mail::DMARC and OpenDMARC.
 *
 * Where a case is outdated or wrong, docs/conformance.md says why, and the table below holds what comes out instead. */
#include "auth/dmarc_record.h"
#include "auth/dmarc_walk.h"
#include "support/suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define MAX_CASES       512
#define MAX_IDENTIFIERS 8

struct dmarc_case {
    char name[192];
    json_t *test;
    json_t *dns; /* names of the zone; NULL: the case has its own or needs none */
};

static struct dmarc_case cases[MAX_CASES];
static struct CMUnitTest tests[MAX_CASES];
static size_t case_count;
static struct seki_psl *list;

static const struct exception {
    const char *name, *ours;
} exceptions[] = {
    { "mail-dmarc walk bbc.co.uk", "bbc.co.uk" },
    { "mail-dmarc tag fo=0:1:d:s", "invalid" },
    { "opendmarc from \"Johnson, Joe <joe@joe.com>\" joe@joe.com", "permerror" },
    { "opendmarc from \"( bob@bob.com)\" joe@joe.com", "permerror" },
    { "opendmarc from <<<><joe@joe.com>>>", "permerror" },
    { "opendmarc from Joe Johnson <joe@joe.com>, ace@ace.com", "permerror" },
    { "opendmarc from joe@joe.com, ace@ace.com", "permerror" },
    { "opendmarc from Mail From:<joe@joe.com>", "permerror" },
    { "opendmarc alignment .mac.com. mac.com", "not aligned" },
    { "opendmarc alignment ....mac.com.... mac.com", "not aligned" },
};

static const char *exception_for(const struct dmarc_case *c)
{
    for (size_t i = 0; i < sizeof exceptions / sizeof exceptions[0]; i++)
        if (strcmp(exceptions[i].name, c->name) == 0)
            return exceptions[i].ours;
    return NULL;
}

static struct seki_str text_of(json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    return (struct seki_str){ json_is_string(value) ? json_string_value(value) : "", json_string_length(value) };
}

static void expect_text(struct seki_str got, json_t *want)
{
    if (json_is_string(want) && !seki_str_equal(got, seki_str_of(json_string_value(want))))
        fail_msg("got '%.*s', want '%s'", SEKI_STR_ARGS(got), json_string_value(want));
}

static void expect_flag(const char *what, bool got, json_t *want)
{
    if (want != NULL && got != json_is_true(want))
        fail_msg("%s: got %d", what, got);
}

/* 1. Evaluating. */

struct evaluation {
    struct seki_arena *arena;
    struct suite_zone *zone;
    struct seki_dmarc_options options;
    struct seki_spf_verdict spf;
    struct seki_dkim_signature_verdict signatures[MAX_IDENTIFIERS];
    struct seki_dkim_verdict dkim;
    struct seki_dmarc_verdict verdict;
};

static struct seki_dmarc_verdict run(struct evaluation *e, struct seki_answers *answers, struct seki_dmarc *dmarc)
{
    struct seki_dmarc_identifiers identifiers = { &e->spf, &e->dkim };
    struct seki_dmarc_verdict verdict;
    enum seki_result result;
    for (int round = 0; round < 10; round++) {
        result = seki_dmarc_step(dmarc, answers, &identifiers, &verdict, NULL);
        if (result == SEKI_OK)
            return verdict;
        assert_int_equal(result, SEKI_NEED_ANSWERS);
        suite_zone_answer(e->zone, answers);
    }
    fail_msg("no verdict after ten rounds");
    return verdict;
}

static struct seki_dmarc *make(struct evaluation *e, struct seki_str from, bool is_field)
{
    struct seki_dmarc *dmarc;
    if (!is_field) {
        assert_int_equal(seki_dmarc_new_for_domain(e->arena, from, &e->options, &dmarc, NULL), SEKI_OK);
        return dmarc;
    }
    struct seki_message *message = seki_message_new(e->arena, NULL);
    assert_int_equal(seki_message_add_field(message, SEKI_STR("From"), from), SEKI_OK);
    assert_int_equal(seki_dmarc_new(e->arena, message, &e->options, &dmarc, NULL), SEKI_OK);
    return dmarc;
}

/* As the answers come, and once more from scratch on the full table: the same verdict. */
static void evaluate(struct evaluation *e, struct seki_str from, bool is_field)
{
    struct seki_answers *answers = seki_answers_new(e->arena, 0);
    e->options.trace = seki_trace_new(e->arena);
    e->verdict = run(e, answers, make(e, from, is_field));
    struct seki_dmarc_verdict again = run(e, answers, make(e, from, is_field));
    assert_int_equal(again.result, e->verdict.result);
    assert_int_equal(again.disposition, e->verdict.disposition);
    assert_true(seki_str_equal(again.reason, e->verdict.reason));
    assert_true(seki_str_equal(again.org_domain, e->verdict.org_domain));
}

static void evaluation_init(struct evaluation *e, json_t *names)
{
    json_t *none = json_object();
    *e = (struct evaluation){ .arena = seki_arena_new(1 << 20),
                              .zone = suite_zone_new(names != NULL ? names : none) };
    json_decref(none);
    e->dkim.signatures = e->signatures;
}

static void evaluation_release(struct evaluation *e)
{
    suite_zone_free(e->zone);
    seki_arena_free(e->arena);
}

static void authenticate_spf(struct evaluation *e, struct seki_str domain)
{
    e->spf = (struct seki_spf_verdict){ .result = SEKI_SPF_PASS, .domain = domain };
}

static void authenticate_dkim(struct evaluation *e, struct seki_str domain)
{
    assert_true(e->dkim.signature_count < MAX_IDENTIFIERS);
    e->signatures[e->dkim.signature_count++] =
        (struct seki_dkim_signature_verdict){ .result = SEKI_DKIM_PASS, .domain = domain, .domain_ascii = domain };
}

/* "spf": domains that passed as MAIL FROM (one at most in a message); "dkim": d= of signatures that verified. */
static void authenticate(struct evaluation *e, json_t *test)
{
    size_t i;
    json_t *one;
    assert_true(json_array_size(json_object_get(test, "spf")) <= 1);
    json_array_foreach (json_object_get(test, "spf"), i, one)
        authenticate_spf(e, seki_str_of(json_string_value(one)));
    json_array_foreach (json_object_get(test, "dkim"), i, one)
        authenticate_dkim(e, seki_str_of(json_string_value(one)));
}

static json_t *zone_with(const char *domain, const char *record)
{
    char name[512];
    snprintf(name, sizeof name, "_dmarc.%s", domain);
    return json_pack("{s:[{s:s}]}", name, "TXT", record);
}

/* 2. RFC 9989 appendix B. */

static void check_one_alignment(const struct dmarc_case *c, bool is_strict)
{
    static const char *const records[] = { "v=DMARC1; p=reject", "v=DMARC1; p=reject; adkim=s; aspf=s" };
    struct evaluation e;
    json_t *names = zone_with("example.com", records[is_strict]),
           *net = zone_with("example.net", records[is_strict]);
    json_object_update(names, net);
    evaluation_init(&e, names);
    bool is_spf = seki_str_equal(text_of(c->test, "kind"), SEKI_STR("spf"));
    if (is_spf)
        authenticate_spf(&e, text_of(c->test, "authenticated"));
    else
        authenticate_dkim(&e, text_of(c->test, "authenticated"));
    evaluate(&e, text_of(c->test, "from"), false);
    const char *key = is_strict ? "aligned_strict" : "aligned_relaxed";
    expect_flag(key, is_spf ? e.verdict.spf_aligned : e.verdict.dkim_aligned, json_object_get(c->test, key));
    evaluation_release(&e);
    json_decref(names);
    json_decref(net);
}

static void check_rfc9989_alignment(void **state)
{
    check_one_alignment(*state, false);
    check_one_alignment(*state, true);
}

static struct seki_dmarc_walk *walk_to_end(struct evaluation *e, struct seki_dmarc_walks *walks,
                                           struct seki_str start)
{
    struct seki_answers *answers = seki_answers_new(e->arena, 0);
    struct seki_dmarc_walk *walk = seki_dmarc_walk_get(walks, start);
    while (seki_dmarc_walk_step(walks, walk, answers) == SEKI_NEED_ANSWERS)
        suite_zone_answer(e->zone, answers);
    assert_true(walk->is_done);
    return walk;
}

/* The names read, in order, are the RFC's queries; names after the one that ends the walk are asked ahead and not
 * read. */
static void check_walk(struct evaluation *e, json_t *want)
{
    struct seki_dmarc_walks walks = { .arena = e->arena };
    const struct seki_dmarc_walk *walk = walk_to_end(e, &walks, text_of(want, "start"));
    json_t *queries = json_object_get(want, "queries");
    assert_int_equal(walk->read_count, json_array_size(queries));
    for (size_t i = 0; i < walk->read_count; i++)
        expect_text(walk->names[i]->answer->name, json_array_get(queries, i));
    expect_text(walk->org_domain, json_object_get(want, "org_domain"));
}

static void check_rfc9989_walks(void **state)
{
    const struct dmarc_case *c = *state;
    size_t i;
    json_t *want;
    struct evaluation e;
    evaluation_init(&e, json_object_get(c->test, "dns"));
    json_array_foreach (json_object_get(c->test, "walks"), i, want)
        check_walk(&e, want);
    json_t *expect = json_object_get(c->test, "expect");
    authenticate(&e, c->test);
    evaluate(&e, text_of(c->test, "from"), false);
    expect_text(e.verdict.policy_domain, json_object_get(expect, "policy_domain"));
    expect_text(e.verdict.org_domain, json_object_get(expect, "org_domain"));
    expect_flag("spf", e.verdict.spf_aligned, json_object_get(expect, "spf_aligned_relaxed"));
    expect_flag("dkim", e.verdict.dkim_aligned, json_object_get(expect, "dkim_aligned_relaxed"));
    evaluation_release(&e);
}

/* 3. Mail::DMARC. */

static void check_mail_dmarc_walk(void **state)
{
    const struct dmarc_case *c = *state;
    struct evaluation e;
    evaluation_init(&e, c->dns);
    struct seki_dmarc_walks walks = { .arena = e.arena };
    const struct seki_dmarc_walk *walk = walk_to_end(&e, &walks, text_of(c->test, "start"));
    if (exception_for(c) != NULL)
        assert_true(seki_str_equal(walk->org_domain, seki_str_of(exception_for(c))));
    else
        expect_text(walk->org_domain, json_object_get(c->test, "org_domain"));
    if (json_object_get(c->test, "record_at") != NULL)
        expect_text(walk->org->domain, json_object_get(c->test, "record_at"));
    evaluation_release(&e);
}

static struct seki_str aligned_word(bool is_aligned)
{
    return is_aligned ? SEKI_STR("pass") : SEKI_STR("fail");
}

static void check_mail_dmarc_validation(void **state)
{
    const struct dmarc_case *c = *state;
    json_t *dns = json_object_get(c->test, "dns");
    json_t *expect = json_object_get(c->test, json_object_get(c->test, "disputed") != NULL ? "rfc9989" : "expect");
    struct evaluation e;
    evaluation_init(&e, json_is_object(dns) ? dns : c->dns);
    authenticate(&e, c->test);
    evaluate(&e, text_of(c->test, "from"), false);
    expect_text(seki_str_of(seki_dmarc_result_name(e.verdict.result)), json_object_get(expect, "result"));
    expect_text(aligned_word(e.verdict.spf_aligned), json_object_get(expect, "spf"));
    expect_text(aligned_word(e.verdict.dkim_aligned), json_object_get(expect, "dkim"));
    expect_text(seki_str_of(seki_dmarc_policy_name(e.verdict.disposition)), json_object_get(expect, "disposition"));
    evaluation_release(&e);
}

static bool is_tag(struct seki_str tag, const char *name)
{
    return seki_str_equal(tag, seki_str_of(name));
}

/* How a tag has been understood, as it would be written. */
static void observe(struct seki_str tag, const struct seki_dmarc_record *record, char *out, size_t size)
{
    if (is_tag(tag, "p"))
        snprintf(out, size, "%s", seki_dmarc_policy_name(record->p));
    else if (is_tag(tag, "sp"))
        snprintf(out, size, "%s", seki_dmarc_policy_name(record->sp));
    else if (is_tag(tag, "np"))
        snprintf(out, size, "%s", seki_dmarc_policy_name(record->np));
    else if (is_tag(tag, "psd"))
        snprintf(out, size, "%c", "uyn"[record->psd]);
    else if (is_tag(tag, "t"))
        snprintf(out, size, "%c", record->is_testing ? 'y' : 'n');
    else if (is_tag(tag, "adkim"))
        snprintf(out, size, "%c", record->adkim_strict ? 's' : 'r');
    else if (is_tag(tag, "aspf"))
        snprintf(out, size, "%c", record->aspf_strict ? 's' : 'r');
    else
        for (size_t i = 0, len = 0; i < 4; i++)
            if ((record->fo & (1u << i)) != 0)
                len += (size_t)snprintf(out + len, size - len, "%s%c", len > 0 ? ":" : "", "01ds"[i]);
}

/* A valid value is understood as itself; one that is not leaves the default, or an invalid policy. */
static void check_tag_value(struct seki_str tag, struct seki_str value, bool is_valid)
{
    static const struct {
        const char *tag, *fallback;
    } defaults[] = { { "p", "" },  { "sp", "" },     { "np", "" },    { "psd", "u" },
                     { "t", "n" }, { "adkim", "r" }, { "aspf", "r" }, { "fo", "0" } };
    struct seki_arena *arena = seki_arena_new(1 << 16);
    struct seki_dmarc_record record;
    struct seki_str text = seki_arena_format(arena, "v=DMARC1; ruf=mailto:a@example.com; %.*s=%.*s",
                                             SEKI_STR_ARGS(tag), SEKI_STR_ARGS(value));
    char seen[32] = "";
    assert_int_equal(seki_dmarc_record_parse(arena, text, &record, NULL), SEKI_OK);
    observe(tag, &record, seen, sizeof seen);
    struct seki_str want = value;
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0] && !is_valid; i++)
        if (seki_str_equal(tag, seki_str_of(defaults[i].tag)))
            want = seki_str_of(defaults[i].fallback);
    if (!seki_str_equal_nocase(seki_str_of(seen), want))
        fail_msg("understood as '%s'", seen);
    seki_arena_free(arena);
}

static void check_mail_dmarc_tag(void **state)
{
    const struct dmarc_case *c = *state;
    struct seki_str tag = text_of(c->test, "tag"), value = text_of(c->test, "value");
    bool is_valid = json_is_true(json_object_get(c->test, "valid"));
    if (exception_for(c) != NULL)
        is_valid = strcmp(exception_for(c), "valid") == 0;
    if (!seki_str_equal(tag, SEKI_STR("v"))) {
        check_tag_value(tag, value, is_valid);
        return;
    }
    char text[64];
    snprintf(text, sizeof text, "v=%.*s; p=none", SEKI_STR_ARGS(value));
    assert_int_equal(seki_dmarc_record_is_one(seki_str_of(text)), is_valid);
}

/* 4. OpenDMARC. */

static void check_opendmarc_record(void **state)
{
    const struct dmarc_case *c = *state;
    json_t *want = json_object_get(c->test, "rfc9989_valid");
    if (want == NULL)
        want = json_object_get(c->test, "valid");
    struct seki_arena *arena = seki_arena_new(1 << 16);
    struct seki_dmarc_record record;
    bool is_valid = seki_dmarc_record_parse(arena, text_of(c->test, "record"), &record, NULL) == SEKI_OK &&
                    seki_dmarc_record_usability(&record) != SEKI_DMARC_UNUSABLE;
    expect_flag("valid", is_valid, want);
    seki_arena_free(arena);
}

/* Two names, one as the Author Domain with a record at its Organizational Domain by the list. */
static void check_opendmarc_alignment(void **state)
{
    const struct dmarc_case *c = *state;
    struct seki_str from = text_of(c->test, "a"), other = text_of(c->test, "b");
    bool is_strict = seki_str_equal(text_of(c->test, "mode"), SEKI_STR("strict"));
    char org_domain[256];
    snprintf(org_domain, sizeof org_domain, "%.*s", SEKI_STR_ARGS(seki_psl_registrable(list, from)));
    json_t *names = zone_with(org_domain, is_strict ? "v=DMARC1; p=reject; adkim=s; aspf=s" : "v=DMARC1; p=reject");
    struct evaluation e;
    evaluation_init(&e, names);
    e.options.discovery = SEKI_DMARC_PSL;
    e.options.psl = list;
    authenticate_spf(&e, other);
    authenticate_dkim(&e, other);
    evaluate(&e, from, false);
    assert_int_equal(e.verdict.spf_aligned, e.verdict.dkim_aligned);
    bool want = json_is_true(json_object_get(c->test, "aligned"));
    assert_int_equal(e.verdict.spf_aligned, exception_for(c) != NULL ? false : want);
    evaluation_release(&e);
    json_decref(names);
}

static void check_opendmarc_suffix(void **state)
{
    const struct dmarc_case *c = *state;
    expect_text(seki_psl_registrable(list, text_of(c->test, "domain")), json_object_get(c->test, "org_domain"));
}

/* 5. From fields, of both. */

static void check_from(void **state)
{
    const struct dmarc_case *c = *state;
    struct seki_str value = text_of(c->test, "header"), label = SEKI_STR("From: ");
    if (value.len == 0)
        value = text_of(c->test, "header_value");
    if (seki_str_starts_with(value, label))
        value = seki_str_from(value, label.len);
    struct evaluation e;
    evaluation_init(&e, NULL);
    evaluate(&e, value, true);
    json_t *want = json_object_get(c->test, "domain");
    bool is_refused = exception_for(c) != NULL || json_is_null(want);
    assert_int_equal(e.verdict.result, is_refused ? SEKI_DMARC_PERMERROR : SEKI_DMARC_NONE);
    if (!is_refused)
        expect_text(e.verdict.from_domain, want);
    evaluation_release(&e);
}

/* 6. The list of cases. */

static void add(const char *suite, struct seki_str name, json_t *test, json_t *dns, CMUnitTestFunction check)
{
    if (case_count >= MAX_CASES) {
        fprintf(stderr, "too many cases\n");
        exit(1);
    }
    struct dmarc_case *c = &cases[case_count];
    *c = (struct dmarc_case){ .test = test, .dns = dns };
    snprintf(c->name, sizeof c->name, "%s %.*s", suite, SEKI_STR_ARGS(name));
    tests[case_count++] = (struct CMUnitTest){ .name = c->name, .test_func = check, .initial_state = c };
}

static void add_all(const char *suite, json_t *array, const char *name_key, json_t *dns, CMUnitTestFunction check)
{
    size_t i;
    json_t *test;
    json_array_foreach (array, i, test)
        add(suite, text_of(test, name_key), test, dns, check);
}

static void add_pairs(const char *suite, json_t *array, const char *first, const char *separator,
                      const char *second, CMUnitTestFunction check)
{
    size_t i;
    json_t *test;
    json_array_foreach (array, i, test) {
        char name[160];
        snprintf(name, sizeof name, "%s%s%s", text_of(test, first).ptr, separator, text_of(test, second).ptr);
        add(suite, seki_str_of(name), test, NULL, check);
    }
}

static void add_suites(json_t *rfc9989, json_t *mail_dmarc, json_t *opendmarc)
{
    add_all("rfc9989", json_object_get(rfc9989, "alignment"), "id", NULL, check_rfc9989_alignment);
    add_all("rfc9989", json_object_get(rfc9989, "tree_walk"), "id", NULL, check_rfc9989_walks);
    json_t *zone = json_object_get(mail_dmarc, "zone");
    add_all("mail-dmarc walk", json_object_get(mail_dmarc, "tree_walk"), "start", zone, check_mail_dmarc_walk);
    add_all("mail-dmarc", json_object_get(mail_dmarc, "validate"), "id", zone, check_mail_dmarc_validation);
    add_all("mail-dmarc from", json_object_get(mail_dmarc, "from_header"), "header", NULL, check_from);
    add_pairs("mail-dmarc tag", json_object_get(mail_dmarc, "tags"), "tag", "=", "value", check_mail_dmarc_tag);
    add_all("opendmarc record", json_object_get(opendmarc, "records"), "record", NULL, check_opendmarc_record);
    add_all("opendmarc from", json_object_get(opendmarc, "from_header"), "header_value", NULL, check_from);
    add_pairs("opendmarc alignment", json_object_get(opendmarc, "alignment"), "a", " ", "b",
              check_opendmarc_alignment);
    add_all("opendmarc suffix", json_object_get(opendmarc, "org_domain_psl"), "domain", NULL,
            check_opendmarc_suffix);
}

int main(void)
{
    if (suite_folder() == NULL)
        return suite_skip_all();
    char path[8192];
    snprintf(path, sizeof path, "%s/psl/public_suffix_list.dat", suite_folder());
    list = seki_psl_load(path, NULL);
    json_t *rfc9989 = suite_load("dmarc/rfc9989-appendix-b.json");
    json_t *mail_dmarc = suite_load("dmarc/mail-dmarc.json");
    json_t *opendmarc = suite_load("dmarc/opendmarc.json");
    add_suites(rfc9989, mail_dmarc, opendmarc);
    int failed = list == NULL ? 1 : _cmocka_run_group_tests("dmarc", tests, case_count, NULL, NULL);
    seki_psl_free(list);
    json_decref(rfc9989);
    json_decref(mail_dmarc);
    json_decref(opendmarc);
    return failed;
}

/* SPF against the OpenSPF suite for RFC 7208 and the cases of Rspamd and mox.
 *
 * Every evaluation runs three times: as the answers come, from scratch on the full table, and (for a null
 * reverse-path) for the HELO identity. Where a case is outdated or wrong, docs/conformance.md says why, and the table
 * below holds what comes out instead. */
#include "auth/spf_record.h"
#include "support/suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define MAX_CASES  512
#define MAX_ZONES  64
#define MAX_ROUNDS 64

struct spf_case {
    char name[256];
    const struct suite_zone *zone;
    json_t *test;
};

static struct spf_case cases[MAX_CASES];
static struct CMUnitTest tests[MAX_CASES];
static size_t case_count;
static struct suite_zone *zones[MAX_ZONES];
static size_t zone_count;

static const struct exception {
    const char *name, *ours;
} exceptions[] = {
    { "mox macro: %{c} for 10.0.0.1", "10.0.0.1" },
    { "mox record: V=spf1 all Include:example.org a ?a -a +a ~a a:x a:x/0 a:x/24//64 a:x//64 mx mx:x ptr ptr:x "
      "IP4:10.0.0.1 ip4:0.0.0.0/0 ip4:10.0.0.1/24 ip6:2001:db8::1 ip6:2001:db8::1/128 exists:x REDIRECT=x exp=X "
      "Other=x",
      "invalid" },
};

static const char *exception_for(const struct spf_case *c)
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

static struct seki_spf_verdict evaluate(const struct spf_case *c, struct seki_arena *arena,
                                        const struct seki_spf_input *input)
{
    struct seki_answers *answers = seki_answers_new(arena, 0);
    struct seki_spf *spf = seki_spf_new(arena, input);
    struct seki_spf_verdict verdict, again;
    struct seki_error why;
    assert_non_null(spf);
    enum seki_result result = SEKI_NEED_ANSWERS;
    for (int round = 0; result == SEKI_NEED_ANSWERS; round++) {
        assert_true(round < MAX_ROUNDS);
        result = seki_spf_step(spf, answers, &verdict, &why);
        suite_zone_answer(c->zone, answers);
    }
    assert_int_equal(result, SEKI_OK);
    assert_int_equal(seki_spf_step(seki_spf_new(arena, input), answers, &again, &why), SEKI_OK);
    assert_int_equal(again.result, verdict.result);
    assert_true(seki_str_equal(again.explanation, verdict.explanation));
    assert_true(verdict.lookups <= 10);
    return verdict;
}

static bool is_among(const char *result, json_t *wanted)
{
    if (json_is_string(wanted))
        return strcmp(result, json_string_value(wanted)) == 0;
    size_t i;
    json_t *one;
    json_array_foreach (wanted, i, one)
        if (strcmp(result, json_string_value(one)) == 0)
            return true;
    return false;
}

static void check_result(const struct spf_case *c, const struct seki_spf_verdict *verdict)
{
    const char *result = seki_spf_result_name(verdict->result), *ours = exception_for(c);
    json_t *wanted = json_object_get(c->test, json_object_get(c->test, "disputed") ? "rfc7208" : "result");
    if (ours != NULL ? strcmp(result, ours) != 0 : !is_among(result, wanted)) {
        char *dump = json_dumps(wanted, JSON_ENCODE_ANY);
        fail_msg("got %s (%.*s), want %s", result, SEKI_STR_ARGS(verdict->reason), dump);
    }
}

/* "DEFAULT" stands for the receiver's own words: there is none of the sender's. The hexadecimal digits of %{i} may be
 * of either case. */
static void check_explanation(const struct spf_case *c, const struct seki_spf_verdict *verdict)
{
    if (json_object_get(c->test, "explanation") == NULL)
        return;
    struct seki_str want = text_of(c->test, "explanation");
    if (seki_str_equal(want, SEKI_STR("DEFAULT")))
        want = SEKI_STR("");
    if (!seki_str_equal_nocase(verdict->explanation, want))
        fail_msg("got explanation '%.*s', want '%.*s'", SEKI_STR_ARGS(verdict->explanation), SEKI_STR_ARGS(want));
}

static void check_evaluation(void **state)
{
    const struct spf_case *c = *state;
    struct seki_arena *arena = seki_arena_new(1 << 20);
    struct seki_spf_input input = {
        .helo = text_of(c->test, "helo"),
        .mail_from = text_of(c->test, "mailfrom"),
        .trace = seki_trace_new(arena),
    };
    assert_true(seki_ip_parse(text_of(c->test, "host"), &input.client));
    struct seki_spf_verdict verdict = evaluate(c, arena, &input);
    check_result(c, &verdict);
    check_explanation(c, &verdict);
    assert_non_null(seki_trace_first(input.trace));
    if (input.mail_from.len == 0) {
        input.identity = SEKI_SPF_HELO;
        verdict = evaluate(c, arena, &input);
        check_result(c, &verdict);
    }
    seki_arena_free(arena);
}

static void check_record(void **state)
{
    const struct spf_case *c = *state;
    struct seki_spf_record record;
    struct seki_spf_fault fault = { .what = "has no version" };
    struct seki_str text = text_of(c->test, "record");
    bool is_valid = seki_spf_has_version(text) && seki_spf_record_read(text, &record, &fault);
    bool want = json_is_true(json_object_get(c->test, "valid"));
    if (exception_for(c) != NULL)
        want = strcmp(exception_for(c), "valid") == 0;
    if (is_valid != want)
        fail_msg("'%.*s': %s", SEKI_STR_ARGS(fault.term), fault.what ? fault.what : "taken as valid");
}

/* What the suite calls good is a macro-string; what it calls bad need only be bad as a domain-spec. */
static bool is_accepted(struct seki_str macro, bool is_ok)
{
    seki_spf_letters letters;
    return (is_ok ? seki_spf_check_macro_string(macro, &letters) : seki_spf_check_domain_spec(macro, &letters)) ==
           NULL;
}

/* The macro in an explanation: what does it expand to? */
static void check_macro(void **state)
{
    const struct spf_case *c = *state;
    struct seki_str macro = text_of(c->test, "macro"), want = text_of(c->test, "expand");
    bool is_ok = json_is_true(json_object_get(c->test, "ok"));
    if (seki_str_equal(text_of(c->test, "context"), SEKI_STR("DNS")))
        assert_int_equal(is_accepted(macro, is_ok), is_ok);
    if (!is_ok)
        return;
    json_t *names = json_pack(
        "{s:[{s:s}], s:[{s:s#}], s:[{s:s}], s:[{s:s}], s:[{s:s}], s:[{s:s}], s:[{s:s}], s:[{s:s}]}",
        "email.example.com", "TXT", "v=spf1 -all exp=exp.example.com", "exp.example.com", "TXT", macro.ptr,
        (int)macro.len, "1.0.0.10.in-addr.arpa", "PTR", "mx.mox.example", "2.0.0.10.in-addr.arpa", "PTR",
        "sub.mx.mox.example", "3.0.0.10.in-addr.arpa", "PTR", "other.example", "mx.mox.example", "A", "10.0.0.1",
        "sub.mx.mox.example", "A", "10.0.0.2", "other.example", "A", "10.0.0.3");
    struct suite_zone *zone = suite_zone_new(names);
    struct spf_case with_zone = { .zone = zone };
    struct seki_arena *arena = seki_arena_new(1 << 20);
    struct seki_spf_input input = {
        .helo = SEKI_STR("mx.mox.example"),
        .mail_from = SEKI_STR("strong-bad@email.example.com"),
        .receiver = SEKI_STR("self.example"),
    };
    struct seki_str ip = text_of(c->test, "ip");
    assert_true(seki_ip_parse(ip.len > 0 ? ip : SEKI_STR("10.0.0.1"), &input.client));
    struct seki_spf_verdict verdict = evaluate(&with_zone, arena, &input);
    assert_int_equal(verdict.result, SEKI_SPF_FAIL);
    if (exception_for(c) != NULL)
        want = seki_str_of(exception_for(c));
    if (want.len > 0 && want.ptr[want.len - 1] == '.')
        want.len--;
    if (!seki_str_equal_nocase(verdict.explanation, want))
        fail_msg("got '%.*s', want '%.*s'", SEKI_STR_ARGS(verdict.explanation), SEKI_STR_ARGS(want));
    seki_arena_free(arena);
    suite_zone_free(zone);
    json_decref(names);
}

static struct spf_case *add_case(const struct suite_zone *zone, json_t *test, CMUnitTestFunction function)
{
    if (case_count == MAX_CASES)
        exit(1);
    struct spf_case *c = &cases[case_count];
    *c = (struct spf_case){ .zone = zone, .test = test };
    tests[case_count++] = (struct CMUnitTest){ .name = c->name, .test_func = function, .initial_state = c };
    return c;
}

static const struct suite_zone *add_zone(json_t *names)
{
    if (zone_count == MAX_ZONES)
        exit(1);
    return zones[zone_count++] = suite_zone_new(names);
}

static void add_openspf(json_t *scenarios)
{
    size_t i;
    json_t *scenario, *test;
    json_array_foreach (scenarios, i, scenario) {
        const struct suite_zone *zone = add_zone(json_object_get(scenario, "zonedata"));
        const char *name;
        json_object_foreach (json_object_get(scenario, "tests"), name, test) {
            struct spf_case *c = add_case(zone, test, check_evaluation);
            snprintf(c->name, sizeof c->name, "openspf %s: %s",
                     json_string_value(json_object_get(scenario, "description")), name);
        }
    }
}

static void add_evaluations(const char *suite, json_t *zonedata, json_t *list)
{
    const struct suite_zone *zone = add_zone(zonedata);
    size_t i;
    json_t *test;
    json_array_foreach (list, i, test) {
        struct spf_case *c = add_case(zone, test, check_evaluation);
        struct seki_str sender = text_of(test, "mailfrom");
        if (sender.len == 0)
            sender = text_of(test, "helo");
        snprintf(c->name, sizeof c->name, "%s: %.*s %.*s", suite, SEKI_STR_ARGS(text_of(test, "host")),
                 SEKI_STR_ARGS(sender));
    }
}

static void add_mox(json_t *suite)
{
    size_t i;
    json_t *item;
    json_array_foreach (json_object_get(suite, "scenarios"), i, item)
        add_evaluations("mox", json_object_get(item, "zonedata"), json_object_get(item, "cases"));
    json_array_foreach (json_object_get(json_object_get(suite, "macros"), "cases"), i, item) {
        struct seki_str ip = text_of(item, "ip");
        struct spf_case *c = add_case(NULL, item, check_macro);
        snprintf(c->name, sizeof c->name, "mox macro: %.*s%s%.*s", SEKI_STR_ARGS(text_of(item, "macro")),
                 ip.len > 0 ? " for " : "", SEKI_STR_ARGS(ip));
    }
    json_array_foreach (json_object_get(suite, "records"), i, item) {
        struct spf_case *c = add_case(NULL, item, check_record);
        snprintf(c->name, sizeof c->name, "mox record: %.*s", SEKI_STR_ARGS(text_of(item, "record")));
    }
}

int main(void)
{
    if (suite_folder() == NULL)
        return suite_skip_all();
    json_t *openspf = suite_load("spf/openspf-rfc7208/rfc7208-tests.yml");
    json_t *rspamd = suite_load("spf/rspamd/cases.json");
    json_t *mox = suite_load("spf/mox/cases.json");
    add_openspf(openspf);
    add_evaluations("rspamd", json_object_get(rspamd, "zonedata"), json_object_get(rspamd, "cases"));
    add_mox(mox);
    bool is_complete = case_count >= 203 + 38 + 126 + 37 + 27;
    int failed = is_complete ? _cmocka_run_group_tests("spf", tests, case_count, NULL, NULL) : 1;
    for (size_t i = 0; i < zone_count; i++)
        suite_zone_free(zones[i]);
    json_decref(openspf);
    json_decref(rspamd);
    json_decref(mox);
    return failed;
}

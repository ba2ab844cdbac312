/* DMARC from end to end against Rspamd's cases: message, client and MAIL FROM in, result and disposition out, with the
 * Organizational Domain from the public suffix list as Rspamd finds it.
 *
 * Two cases want pct=0 obeyed. RFC 9989 gives it no effect, which is what comes out by default; with the option that
 * reads it as t=y they come out as Rspamd has them. Both are asserted; docs/conformance.md says more. */
#include <sekisho/verify.h>

#include "support/suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define MAX_CASES 64

struct rspamd_case {
    char name[128];
    json_t *test;
};

static struct rspamd_case cases[MAX_CASES];
static struct CMUnitTest tests[MAX_CASES];
static size_t case_count;
static struct suite_zone *zone;
static struct seki_context *context;
static struct seki_psl *list;

static const struct exception {
    const char *name, *disposition;
} exceptions[] = {
    { "DMARC PCT ZERO REJECT", "reject" },
    { "DMARC PCT ZERO SP QUARANTINE", "quarantine" },
};

static const char *exception_for(const struct rspamd_case *c)
{
    for (size_t i = 0; i < sizeof exceptions / sizeof exceptions[0]; i++)
        if (strcmp(exceptions[i].name, c->name) == 0)
            return exceptions[i].disposition;
    return NULL;
}

static struct seki_str text_of(json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    return (struct seki_str){ json_is_string(value) ? json_string_value(value) : "", json_string_length(value) };
}

static char *read_message(json_t *test, size_t *len_out)
{
    static const char parent[] = "../../";
    struct seki_str path = text_of(test, "message");
    assert_true(seki_str_starts_with(path, seki_str_of(parent)));
    size_t len;
    char *text = suite_read(path.ptr + strlen(parent), &len);
    char *crlf = suite_to_crlf(text, len, len_out);
    free(text);
    return crlf;
}

static void take_in(struct seki_verify *verify, json_t *test, struct seki_str text)
{
    struct seki_ip client;
    struct seki_str body;
    bool is_unix;
    assert_true(seki_ip_parse(text_of(test, "ip"), &client));
    assert_int_equal(seki_verify_client(verify, &client, SEKI_STR("")), SEKI_OK);
    assert_int_equal(seki_verify_mail_from(verify, text_of(test, "mailfrom")), SEKI_OK);
    assert_int_equal(seki_verify_header(verify, text, &body, &is_unix), SEKI_OK);
    assert_int_equal(seki_verify_end_of_header(verify), SEKI_OK);
    seki_verify_body(verify, body);
    seki_verify_end_of_message(verify);
}

static struct seki_dmarc_verdict verdict_of(struct seki_arena *arena, json_t *test, bool pct_zero_is_testing)
{
    struct seki_verify_options options = {
        .authserv_id = SEKI_STR_INIT("mx.example.org"),
        .dmarc = { .discovery = SEKI_DMARC_PSL, .psl = list, .pct_zero_is_testing = pct_zero_is_testing },
        .explain = true,
    };
    struct seki_verify *verify = seki_verify_new(arena, context, &options);
    struct seki_answers *answers = seki_answers_new(arena, 0);
    struct seki_verdict verdict;
    size_t len;
    char *text = read_message(test, &len);
    take_in(verify, test, (struct seki_str){ text, len });
    enum seki_result result;
    while ((result = seki_verify_step(verify, answers, &verdict, NULL)) == SEKI_NEED_ANSWERS)
        suite_zone_answer(zone, answers);
    assert_int_equal(result, SEKI_OK);
    seki_verify_end(verify);
    free(text);
    return verdict.dmarc;
}

static void expect(const struct seki_dmarc_verdict *verdict, json_t *test, struct seki_str disposition)
{
    struct seki_str result = seki_str_of(seki_dmarc_result_name(verdict->result));
    if (!seki_str_equal(result, text_of(test, "dmarc")))
        fail_msg("got %.*s (%.*s)", SEKI_STR_ARGS(result), SEKI_STR_ARGS(verdict->reason));
    struct seki_str got = seki_str_of(seki_dmarc_policy_name(verdict->disposition));
    if (disposition.len > 0 && !seki_str_equal(got, disposition))
        fail_msg("disposition: got %.*s, want %.*s", SEKI_STR_ARGS(got), SEKI_STR_ARGS(disposition));
}

static void check(void **state)
{
    const struct rspamd_case *c = *state;
    struct seki_arena *arena = seki_arena_new(1 << 22);
    struct seki_dmarc_verdict verdict = verdict_of(arena, c->test, true);
    expect(&verdict, c->test, text_of(c->test, "disposition"));
    seki_arena_clear(arena);
    verdict = verdict_of(arena, c->test, false);
    const char *ours = exception_for(c);
    expect(&verdict, c->test, ours != NULL ? seki_str_of(ours) : text_of(c->test, "disposition"));
    seki_arena_free(arena);
}

static void add_cases(json_t *array)
{
    size_t i;
    json_t *test;
    json_array_foreach (array, i, test) {
        if (case_count >= MAX_CASES)
            abort();
        struct rspamd_case *c = &cases[case_count];
        c->test = test;
        snprintf(c->name, sizeof c->name, "%s", text_of(test, "name").ptr);
        tests[case_count++] = (struct CMUnitTest){ .name = c->name, .test_func = check, .initial_state = c };
    }
}

int main(void)
{
    if (suite_folder() == NULL)
        return suite_skip_all();
    char path[8192];
    snprintf(path, sizeof path, "%s/psl/public_suffix_list.dat", suite_folder());
    list = seki_psl_load(path, NULL);
    context = seki_context_new(0, NULL);
    json_t *suite = suite_load("dmarc/rspamd/cases.json");
    zone = suite_zone_new(json_object_get(suite, "dns"));
    add_cases(json_object_get(suite, "cases"));
    int failed = list == NULL || context == NULL
                     ? 1
                     : _cmocka_run_group_tests("dmarc-rspamd", tests, case_count, NULL, NULL);
    suite_zone_free(zone);
    json_decref(suite);
    seki_context_free(context);
    seki_psl_free(list);
    return failed;
}

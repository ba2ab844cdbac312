/* ARC validation against the public suite of ValiMail and the messages of Rspamd and KumoMTA.
 *
 * The real limits of RFC 8301 hold here: no case of these suites needs them lowered. Every message is validated in
 * several ways (whole or octet by octet; keys before the body or after it), with the same verdict. Where a case is
 * outdated, docs/conformance.md says why, and the table below holds what comes out instead. */
#include "support/suite.h"

#include <sekisho/arc.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define MAX_CASES 256
#define MAX_ZONES 32

struct arc_case {
    char name[256];
    const struct suite_zone *zone;
    struct seki_str message; /* CRLF */
    char want[8];
};

static struct arc_case cases[MAX_CASES];
static struct CMUnitTest tests[MAX_CASES];
static size_t case_count;
static struct suite_zone *zones[MAX_ZONES];
static size_t zone_count;
static struct seki_context *context;

/* What we say where the suite says something else. */
static const struct exception {
    const char *name, *ours;
} exceptions[] = {
    { "valimail cv_fail_i2_as2_fail", "fail" },
    { "valimail cv_fail_i2_as1_fail", "fail" },
};

struct way {      /* in which a message comes */
    size_t piece; /* octets of the body at a time */
    bool is_key_first;
};

static struct seki_arc_verdict validate(const struct arc_case *c, struct seki_arena *arena,
                                        const struct seki_dkim_options *options, const struct way *way)
{
    struct seki_message *message = seki_message_new(arena, NULL);
    struct seki_body_hash *body = seki_body_hash_new(arena, context);
    struct seki_answers *answers = seki_answers_new(arena, 0);
    struct seki_arc *arc;
    struct seki_arc_verdict verdict;
    struct seki_error why;
    struct seki_str rest;
    bool is_unix;
    assert_int_equal(seki_message_read(message, c->message, &rest, &is_unix), SEKI_OK);
    assert_int_equal(seki_arc_new(arena, context, message, body, options, &arc, &why), SEKI_OK);
    enum seki_result result = seki_arc_step(arc, answers, &verdict, &why);
    assert_true(result != SEKI_SYSTEM && result != SEKI_LIMIT);
    while (way->is_key_first && result == SEKI_NEED_ANSWERS) {
        suite_zone_answer(c->zone, answers);
        result = seki_arc_step(arc, answers, &verdict, &why);
    }
    for (; rest.len > 0; rest = seki_str_from(rest, way->piece))
        seki_body_hash_update(body, seki_str_head(rest, way->piece));
    seki_body_hash_finish(body);
    while ((result = seki_arc_step(arc, answers, &verdict, &why)) == SEKI_NEED_ANSWERS)
        suite_zone_answer(c->zone, answers);
    assert_int_equal(result, SEKI_OK);
    seki_body_hash_end(body);
    return verdict;
}

static const char *wanted(const struct arc_case *c)
{
    for (size_t i = 0; i < sizeof exceptions / sizeof exceptions[0]; i++)
        if (strcmp(exceptions[i].name, c->name) == 0)
            return exceptions[i].ours;
    return c->want;
}

static void print_trace(const struct seki_trace *trace)
{
    for (const struct seki_trace_line *line = seki_trace_first(trace); line != NULL; line = line->next)
        print_message("#%*s %.*s\n", (int)line->depth * 2, "", SEKI_STR_ARGS(line->text));
}

static void check_case(void **state)
{
    static const struct way ways[] = { { SIZE_MAX, true }, { SIZE_MAX, false }, { 1, true }, { 61, false } };
    const struct arc_case *c = *state;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct seki_arena *arena = seki_arena_new(8 << 20);
        struct seki_dkim_options options = { .now_s = 1795334400, .trace = seki_trace_new(arena) };
        struct seki_arc_verdict verdict = validate(c, arena, &options, &ways[i]);
        if (strcmp(seki_arc_result_name(verdict.result), wanted(c)) != 0) {
            print_trace(options.trace);
            fail_msg("got %s (%.*s), want %s", seki_arc_result_name(verdict.result), SEKI_STR_ARGS(verdict.reason),
                     wanted(c));
        }
        assert_int_equal(verdict.reason.len > 0, verdict.result == SEKI_ARC_FAIL);
        assert_int_equal(verdict.set_count, verdict.result == SEKI_ARC_PASS ? verdict.instance : 0);
        seki_arena_free(arena);
    }
}

static struct arc_case *add_case(const struct suite_zone *zone, struct seki_str lf_text, const char *want)
{
    if (case_count == MAX_CASES)
        exit(1);
    struct arc_case *c = &cases[case_count];
    *c = (struct arc_case){ .zone = zone };
    size_t len;
    char *text = suite_to_crlf(lf_text.ptr, lf_text.len, &len);
    c->message = (struct seki_str){ text, len };
    for (size_t i = 0; want[i] != '\0' && i + 1 < sizeof c->want && seki_is_alpha(want[i]); i++)
        c->want[i] = seki_ascii_lower(want[i]);
    tests[case_count++] = (struct CMUnitTest){ .name = c->name, .test_func = check_case, .initial_state = c };
    return c;
}

static const struct suite_zone *add_zone(json_t *names)
{
    if (zone_count == MAX_ZONES)
        exit(1);
    return zones[zone_count++] = suite_zone_new(names);
}

/* In this suite a name has one text. */
static const struct suite_zone *add_valimail_zone(json_t *records)
{
    json_t *names = json_object(), *text;
    const char *name;
    json_object_foreach (records, name, text)
        json_object_set_new(names, name, json_pack("[{s:O}]", "TXT", text));
    const struct suite_zone *zone = add_zone(names);
    json_decref(names);
    return zone;
}

static void add_valimail(json_t *scenarios)
{
    size_t i;
    json_t *scenario, *test;
    json_array_foreach (scenarios, i, scenario) {
        const struct suite_zone *zone = add_valimail_zone(json_object_get(scenario, "txt-records"));
        const char *name;
        json_object_foreach (json_object_get(scenario, "tests"), name, test) {
            json_t *message = json_object_get(test, "message");
            struct seki_str text = { json_string_value(message), json_string_length(message) };
            struct arc_case *c = add_case(zone, text, json_string_value(json_object_get(test, "cv")));
            snprintf(c->name, sizeof c->name, "valimail %s", name);
        }
    }
}

static void add_messages(const char *folder)
{
    char path[256];
    snprintf(path, sizeof path, "%s/cases.json", folder);
    json_t *suite = suite_load(path), *test;
    const struct suite_zone *zone = add_zone(json_object_get(suite, "dns"));
    size_t i, len;
    json_array_foreach (json_object_get(suite, "cases"), i, test) {
        snprintf(path, sizeof path, "%s/%s", folder, json_string_value(json_object_get(test, "message")));
        char *text = suite_read(path, &len);
        struct arc_case *c =
            add_case(zone, (struct seki_str){ text, len }, json_string_value(json_object_get(test, "arc")));
        snprintf(c->name, sizeof c->name, "%s", path);
        free(text);
    }
    json_decref(suite);
}

int main(void)
{
    struct seki_error why;
    if (suite_folder() == NULL)
        return suite_skip_all();
    context = seki_context_new(0, &why);
    json_t *valimail = suite_load("arc/valimail/arc-draft-validation-tests.yml");
    add_valimail(valimail);
    add_messages("arc/rspamd");
    add_messages("arc/kumomta");
    bool is_complete = case_count >= 89 + 2 + 2;
    int failed = is_complete ? _cmocka_run_group_tests("arc", tests, case_count, NULL, NULL) : 1;
    for (size_t i = 0; i < zone_count; i++)
        suite_zone_free(zones[i]);
    for (size_t i = 0; i < case_count; i++)
        free((void *)(uintptr_t)cases[i].message.ptr);
    json_decref(valimail);
    seki_context_free(context);
    return failed;
}

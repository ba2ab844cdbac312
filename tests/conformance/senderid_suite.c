/* Sender ID: PRAs of real and made messages (RFC 4407), records of either version and scope (RFC 4406), and the little
 * that the OpenSPF project left of a suite. */
#include <sekisho/sender_id.h>

#include "support/suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define MAX_CASES  256
#define MAX_ROUNDS 64

struct senderid_case {
    char name[256];
    json_t *test;
    json_t *zone;
};

static struct senderid_case cases[MAX_CASES];
static struct CMUnitTest tests[MAX_CASES];
static size_t case_count;

static struct seki_str text_of(json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    return (struct seki_str){ json_is_string(value) ? json_string_value(value) : "", json_string_length(value) };
}

/* "From user Thu Aug 22 12:36:23 2002": an mbox's separator is no field. */
static struct seki_str without_separator(struct seki_str text)
{
    return seki_str_starts_with(text, SEKI_STR("From ")) ? seki_str_from(text, seki_str_find(text, '\n') + 1)
                                                         : text;
}

static void check_pra(void **state)
{
    const struct senderid_case *c = *state;
    char path[300];
    size_t len;
    struct seki_arena *arena = seki_arena_new(8 << 20);
    struct seki_message *message = seki_message_new(arena, NULL);
    struct seki_str body, got = SEKI_STR("");
    struct seki_pra pra;
    bool is_unix;
    snprintf(path, sizeof path, "senderid/%.*s", SEKI_STR_ARGS(text_of(c->test, "message")));
    char *file = suite_read(path, &len);
    assert_int_equal(seki_message_read(message, without_separator((struct seki_str){ file, len }), &body, &is_unix),
                     SEKI_OK);
    assert_int_equal(seki_pra_find(arena, message, &pra), SEKI_OK);
    if (pra.domain.len > 0)
        got = seki_arena_format(arena, "%.*s@%.*s", SEKI_STR_ARGS(pra.local_part), SEKI_STR_ARGS(pra.domain));
    if (!seki_str_equal(got, text_of(c->test, "pra")))
        fail_msg("got '%.*s' of '%.*s' (%.*s)", SEKI_STR_ARGS(got), SEKI_STR_ARGS(pra.field),
                 SEKI_STR_ARGS(pra.reason));
    if (got.len > 0)
        assert_true(seki_str_equal(pra.field, text_of(c->test, "header")));
    else
        assert_true(pra.reason.len > 0);
    seki_arena_free(arena);
    free(file);
}

static struct seki_sender_id_verdict evaluate(const struct senderid_case *c, struct seki_arena *arena,
                                              const struct seki_sender_id_input *input)
{
    struct suite_zone *zone = suite_zone_new(c->zone);
    struct seki_answers *answers = seki_answers_new(arena, 0);
    struct seki_sender_id *sender_id = seki_sender_id_new(arena, input);
    struct seki_sender_id_verdict verdict, again;
    enum seki_result result = SEKI_NEED_ANSWERS;
    for (int round = 0; result == SEKI_NEED_ANSWERS; round++) {
        assert_true(round < MAX_ROUNDS);
        result = seki_sender_id_step(sender_id, answers, &verdict, NULL);
        suite_zone_answer(zone, answers);
    }
    assert_int_equal(result, SEKI_OK);
    assert_int_equal(seki_sender_id_step(seki_sender_id_new(arena, input), answers, &again, NULL), SEKI_OK);
    assert_int_equal(again.check.result, verdict.check.result);
    suite_zone_free(zone);
    return verdict;
}

static void check_result(const struct senderid_case *c, struct seki_arena *arena,
                         const struct seki_sender_id_input *input, struct seki_str want)
{
    struct seki_sender_id_verdict verdict = evaluate(c, arena, input);
    if (!seki_str_equal(seki_str_of(seki_spf_result_name(verdict.check.result)), want))
        fail_msg("got %s (%.*s), want %.*s", seki_spf_result_name(verdict.check.result),
                 SEKI_STR_ARGS(verdict.check.reason), SEKI_STR_ARGS(want));
}

static void check_record(void **state)
{
    const struct senderid_case *c = *state;
    struct seki_arena *arena = seki_arena_new(1 << 20);
    struct seki_str identity = text_of(c->test, "identity");
    size_t at = seki_str_find_last(identity, '@');
    struct seki_sender_id_input input = {
        .pra = { .local_part = seki_str_head(identity, at), .domain = seki_str_from(identity, at + 1) },
        .spf = { .helo = text_of(c->test, "helo"), .mail_from = identity },
    };
    bool is_pra = seki_str_equal(text_of(c->test, "scope"), SEKI_STR("pra"));
    input.scope = is_pra ? SEKI_SENDER_ID_PRA : SEKI_SENDER_ID_MFROM;
    assert_true(is_pra || seki_str_equal(text_of(c->test, "scope"), SEKI_STR("mfrom")));
    assert_true(seki_ip_parse(text_of(c->test, "ip"), &input.spf.client));
    check_result(c, arena, &input, text_of(c->test, "expect"));
    seki_arena_free(arena);
}

/* The suite's names hold "+", which no domain of mail can (docs/conformance.md). Both are asserted: what comes of them
 * as they are, and what the suite says when "-" stands for it. */
static json_t *with_mail_names(json_t *names)
{
    json_t *renamed = json_object(), *records;
    const char *name;
    json_object_foreach (names, name, records) {
        char copy[256];
        snprintf(copy, sizeof copy, "%s", name);
        for (char *plus = strchr(copy, '+'); plus != NULL; plus = strchr(plus, '+'))
            *plus = '-';
        json_object_set(renamed, copy, records);
    }
    return renamed;
}

static struct seki_str with_mail_name(struct seki_arena *arena, struct seki_str address)
{
    struct seki_str copy = seki_arena_copy(arena, address);
    for (size_t i = 0; i < copy.len; i++)
        if (copy.ptr[i] == '+')
            ((char *)(uintptr_t)copy.ptr)[i] = '-';
    return copy;
}

static void check_openspf(void **state)
{
    struct senderid_case c = *(const struct senderid_case *)*state;
    struct seki_arena *arena = seki_arena_new(1 << 20);
    struct seki_sender_id_input input = {
        .scope = SEKI_SENDER_ID_MFROM,
        .spf = { .helo = text_of(c.test, "helo"), .mail_from = text_of(c.test, "mailfrom") },
    };
    assert_true(seki_ip_parse(text_of(c.test, "host"), &input.spf.client));
    check_result(&c, arena, &input, SEKI_STR("none"));
    c.zone = with_mail_names(c.zone);
    input.spf.mail_from = with_mail_name(arena, input.spf.mail_from);
    check_result(&c, arena, &input, text_of(c.test, "result"));
    json_decref(c.zone);
    seki_arena_free(arena);
}

static struct senderid_case *add_case(json_t *test, CMUnitTestFunction function)
{
    if (case_count == MAX_CASES)
        exit(1);
    struct senderid_case *c = &cases[case_count];
    c->test = test;
    tests[case_count++] = (struct CMUnitTest){ .name = c->name, .test_func = function, .initial_state = c };
    return c;
}

static void add_all(json_t *pra, json_t *records, json_t *openspf)
{
    size_t i;
    json_t *item, *test;
    const char *name;
    json_array_foreach (json_object_get(pra, "cases"), i, item) {
        struct senderid_case *c = add_case(item, check_pra);
        snprintf(c->name, sizeof c->name, "pra: %.*s", SEKI_STR_ARGS(text_of(item, "message")));
    }
    json_array_foreach (json_object_get(records, "cases"), i, item) {
        struct senderid_case *c = add_case(item, check_record);
        c->zone = json_object_get(item, "dns");
        snprintf(c->name, sizeof c->name, "records: %.*s: %.*s for %.*s", SEKI_STR_ARGS(text_of(item, "name")),
                 SEKI_STR_ARGS(text_of(item, "scope")), SEKI_STR_ARGS(text_of(item, "ip")));
    }
    json_array_foreach (openspf, i, item) {
        json_object_foreach (json_object_get(item, "tests"), name, test) {
            struct senderid_case *c = add_case(test, check_openspf);
            c->zone = json_object_get(item, "zonedata");
            snprintf(c->name, sizeof c->name, "openspf: %s", name);
        }
    }
}

int main(void)
{
    if (suite_folder() == NULL)
        return suite_skip_all();
    json_t *pra = suite_load("senderid/pra.json"), *records = suite_load("senderid/records.json");
    json_t *openspf = suite_load("senderid/openspf-rfc4406/rfc4406-tests.yml");
    add_all(pra, records, openspf);
    bool is_complete = case_count >= 71 + 78 + 2;
    int failed = is_complete ? _cmocka_run_group_tests("senderid", tests, case_count, NULL, NULL) : 1;
    json_decref(pra);
    json_decref(records);
    json_decref(openspf);
    return failed;
}

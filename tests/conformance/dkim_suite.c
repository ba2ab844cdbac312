/* DKIM verification against the cases of OpenDKIM, dkimpy, Rspamd and SpamAssassin.
 *
 * They are old in part (rsa-sha1, keys of 512 to 768 bits), so every message runs twice: with the limits of RFC 8301
 * lowered as far as the suite needs, and with the real ones, where a signature that the RFC forbids must not pass.
 * Body and answers come in several ways (whole, octet by octet; key first, body first), with the same verdict.
 * Where a case is outdated or depends on a limit, docs/conformance.md says why, and the table below holds what comes
 * out instead. */
#include "support/suite.h"

#include <sekisho/dkim.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define MAX_CASES      256
#define EXTRACTED_AT_S 1795334400 /* 2026-11-22: t= of some messages was written relative to that day */

struct dkim_case {
    char name[200];
    const char *folder;
    const struct suite_zone *zone;
    json_t *test;
    unsigned min_rsa_bits;
};

struct dkim_suite {
    json_t *root;
    struct suite_zone *zone;
};

static struct dkim_case cases[MAX_CASES];
static struct CMUnitTest tests[MAX_CASES];
static size_t case_count;
static struct seki_context *context;

/* What we say where the suite says something else. */
static const struct exception {
    const char *name, *ours;
} exceptions[] = {
    { "dkim/rspamd DKIM Unparseable Signatures Count Towards Limit", "pass" },
};

static const char *text_of(json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static const char *wanted(const struct dkim_case *c)
{
    for (size_t i = 0; i < sizeof exceptions / sizeof exceptions[0]; i++)
        if (strcmp(exceptions[i].name, c->name) == 0)
            return exceptions[i].ours;
    return text_of(c->test, "expect");
}

struct way {      /* in which a message comes */
    size_t piece; /* octets of the body at a time */
    bool is_key_first;
};

/* One verification from the first octet to the verdict. */
static struct seki_dkim_verdict verify(const struct dkim_case *c, struct seki_arena *arena, struct seki_str text,
                                       const struct seki_dkim_options *options, const struct way *way)
{
    struct seki_message *message = seki_message_new(arena, NULL);
    struct seki_body_hash *body = seki_body_hash_new(arena, context);
    struct seki_answers *answers = seki_answers_new(arena, 0);
    struct seki_dkim *dkim;
    struct seki_dkim_verdict verdict;
    struct seki_error why;
    struct seki_str rest;
    bool is_unix;
    assert_int_equal(seki_message_read(message, text, &rest, &is_unix), SEKI_OK);
    assert_int_equal(seki_dkim_new(arena, context, message, body, options, &dkim, &why), SEKI_OK);
    enum seki_result result = seki_dkim_step(dkim, answers, &verdict, &why);
    assert_true(result != SEKI_SYSTEM && result != SEKI_LIMIT);
    if (way->is_key_first) {
        suite_zone_answer(c->zone, answers);
        assert_true(seki_dkim_step(dkim, answers, &verdict, &why) != SEKI_NEED_ANSWERS);
    }
    for (; rest.len > 0; rest = seki_str_from(rest, way->piece))
        seki_body_hash_update(body, seki_str_head(rest, way->piece));
    seki_body_hash_finish(body);
    result = seki_dkim_step(dkim, answers, &verdict, &why);
    suite_zone_answer(c->zone, answers);
    assert_int_equal(seki_dkim_step(dkim, answers, &verdict, &why), SEKI_OK);
    seki_body_hash_end(body);
    return verdict;
}

/* The best of all signatures, in the words of the suites: "permerror" stands for every kind of unusable signature or
 * key (RFC 8601 section 2.7.1 knows neutral, policy and permerror). */
static const char *class_of(const struct seki_dkim_verdict *verdict)
{
    static const char *const words[] = { "none", "permerror", "fail", "temperror", "pass" };
    static const unsigned ranks[] = {
        [SEKI_DKIM_NONE] = 0,    [SEKI_DKIM_PASS] = 4,      [SEKI_DKIM_FAIL] = 2,      [SEKI_DKIM_POLICY] = 1,
        [SEKI_DKIM_NEUTRAL] = 1, [SEKI_DKIM_TEMPERROR] = 3, [SEKI_DKIM_PERMERROR] = 1,
    };
    unsigned best = 0;
    for (size_t i = 0; i < verdict->signature_count; i++)
        best = ranks[verdict->signatures[i].result] > best ? ranks[verdict->signatures[i].result] : best;
    return words[best];
}

static bool is_as_wanted(const char *got, const char *want)
{
    return strcmp(want, "not-pass") == 0 ? strcmp(got, "pass") != 0 : strcmp(got, want) == 0;
}

static void print_trace(const struct seki_trace *trace)
{
    for (const struct seki_trace_line *line = seki_trace_first(trace); line != NULL; line = line->next)
        print_message("#%*s %.*s\n", (int)line->depth * 2, "", SEKI_STR_ARGS(line->text));
}

static struct seki_str read_message(const struct dkim_case *c)
{
    char path[512];
    size_t len;
    snprintf(path, sizeof path, "%s/%s", c->folder, text_of(c->test, "message"));
    char *text = suite_read(path, &len);
    if (strcmp(text_of(c->test, "eol"), "lf") == 0) {
        char *crlf = suite_to_crlf(text, len, &len);
        free(text);
        text = crlf;
    }
    return (struct seki_str){ text, len };
}

static int64_t clock_of(const struct dkim_case *c)
{
    json_t *clock = json_object_get(c->test, "clock");
    return json_is_integer(clock) ? json_integer_value(clock) : EXTRACTED_AT_S;
}

static void check_lowered_limits(const struct dkim_case *c, struct seki_str text)
{
    static const struct way ways[] = { { SIZE_MAX, true }, { SIZE_MAX, false }, { 1, true }, { 61, false } };
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct seki_arena *arena = seki_arena_new(8 << 20);
        struct seki_dkim_options options = {
            .min_rsa_bits = c->min_rsa_bits,
            .allow_rsa_sha1 = true,
            .now_s = clock_of(c),
            .trace = seki_trace_new(arena),
        };
        struct seki_dkim_verdict verdict = verify(c, arena, text, &options, &ways[i]);
        if (!is_as_wanted(class_of(&verdict), wanted(c))) {
            print_trace(options.trace);
            fail_msg("got %s, want %s", class_of(&verdict), wanted(c));
        }
        seki_arena_free(arena);
    }
}

/* RFC 8301 section 3: rsa-sha1 and short keys "have permanently failed evaluation". */
static void check_real_limits(const struct dkim_case *c, struct seki_str text)
{
    static const struct way whole = { SIZE_MAX, true };
    struct seki_arena *arena = seki_arena_new(8 << 20);
    struct seki_dkim_options options = { .now_s = clock_of(c) };
    struct seki_dkim_verdict verdict = verify(c, arena, text, &options, &whole);
    bool has_modern = false;
    for (size_t i = 0; i < verdict.signature_count; i++) {
        const struct seki_dkim_signature_verdict *s = &verdict.signatures[i];
        bool is_rsa = seki_str_starts_with(s->algorithm, SEKI_STR("rsa-"));
        bool is_modern = !seki_str_equal(s->algorithm, SEKI_STR("rsa-sha1")) && (!is_rsa || s->key_bits >= 1024);
        assert_true(s->result != SEKI_DKIM_PASS || is_modern);
        has_modern = has_modern || s->result == SEKI_DKIM_PASS;
    }
    if (strcmp(wanted(c), "pass") != 0)
        assert_false(has_modern);
    seki_arena_free(arena);
}

static void check_case(void **state)
{
    const struct dkim_case *c = *state;
    struct seki_str text = read_message(c);
    check_lowered_limits(c, text);
    check_real_limits(c, text);
    free((void *)(uintptr_t)text.ptr);
}

static void name_case(struct dkim_case *c, const char *folder)
{
    const char *id = text_of(c->test, "id"), *name = text_of(c->test, "name"), *title = text_of(c->test, "title");
    const char *first = id != NULL ? id : name != NULL ? name : text_of(c->test, "message");
    bool is_signing = text_of(c->test, "kind") != NULL && strcmp(text_of(c->test, "kind"), "sign") == 0;
    snprintf(c->name, sizeof c->name, "%s %s%s%s%s", folder, first, title != NULL ? ": " : "",
             title != NULL ? title : "", is_signing ? " (what was signed verifies)" : "");
}

static struct dkim_suite load_suite(const char *folder)
{
    char path[256];
    snprintf(path, sizeof path, "%s/cases.json", folder);
    struct dkim_suite suite = { .root = suite_load(path) };
    suite.zone = suite_zone_new(json_object_get(suite.root, "dns"));
    size_t i;
    json_t *test;
    json_array_foreach (json_object_get(suite.root, "cases"), i, test) {
        if (case_count == MAX_CASES)
            exit(1);
        struct dkim_case *c = &cases[case_count];
        *c = (struct dkim_case){ .folder = folder, .zone = suite.zone, .test = test };
        c->min_rsa_bits = (unsigned)json_integer_value(json_object_get(suite.root, "min_key_bits"));
        name_case(c, folder);
        tests[case_count++] = (struct CMUnitTest){ .name = c->name, .test_func = check_case, .initial_state = c };
    }
    return suite;
}

int main(void)
{
    static const char *const folders[] = { "dkim/opendkim", "dkim/dkimpy", "dkim/rspamd", "dkim/spamassassin" };
    struct dkim_suite suites[sizeof folders / sizeof folders[0]];
    struct seki_error why;
    if (suite_folder() == NULL)
        return suite_skip_all();
    context = seki_context_new(0, &why);
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        suites[i] = load_suite(folders[i]);
    bool is_complete = case_count >= 104 + 8 + 16 + 18;
    int failed = is_complete ? _cmocka_run_group_tests("dkim", tests, case_count, NULL, NULL) : 1;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        suite_zone_free(suites[i].zone);
        json_decref(suites[i].root);
    }
    seki_context_free(context);
    return failed;
}

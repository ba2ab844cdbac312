/* Authentication-Results of other projects' tests and of real mail, compared with what python authres and
 * Mail::AuthenticationResults read. Where those two agree we must read the same; where they do not, we read as one
 * of them or refuse. Whatever is read must survive being written. */
#include <sekisho/authres.h>

#include "support/suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define MAX_CASES 256

struct test_case {
    char name[64];
    json_t *facts;
};

static struct test_case cases[MAX_CASES];
static struct CMUnitTest tests[MAX_CASES];

/* What no other parser could read, by the letter of RFC 8601 section 2.2. */
static const char *const read_by_us_only[] = {
    "authrestest6int; dkim=fail [] header.b=SI+iqkld header.d=gmail.com header.i=foo bar \"xyz\"@gmail.com",
};

static struct seki_str str_of(json_t *string)
{
    return (struct seki_str){ json_is_string(string) ? json_string_value(string) : "", json_string_length(string) };
}

/* The parsers fold names to lower case and runs of white space to one space; so do we before comparing. */
static void add_text(struct seki_buf *buf, struct seki_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!seki_is_space(text.ptr[i]))
            seki_buf_add_char(buf, text.ptr[i]);
        else if (i > 0 && !seki_is_space(text.ptr[i - 1]))
            seki_buf_add_char(buf, ' ');
}

static void add_name(struct seki_buf *buf, struct seki_str name)
{
    for (size_t i = 0; i < name.len; i++)
        seki_buf_add_char(buf, seki_ascii_lower(name.ptr[i]));
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The parsers do not keep the order of properties. */
static void add_sorted(struct seki_buf *buf, char **lines, size_t count)
{
    qsort(lines, count, sizeof *lines, compare_lines);
    for (size_t i = 0; i < count; i++)
        seki_buf_add_format(buf, " %s", lines[i]);
}

static char *property_line(struct seki_arena *arena, struct seki_str ptype, struct seki_str property,
                           struct seki_str value)
{
    struct seki_buf line;
    seki_buf_init_arena(&line, arena, 4096);
    add_name(&line, ptype);
    if (ptype.len > 0)
        seki_buf_add_char(&line, '.');
    add_name(&line, property);
    seki_buf_add_char(&line, '=');
    add_text(&line, value);
    seki_buf_add_char(&line, '\0');
    return line.ptr;
}

static struct seki_str our_reading(struct seki_arena *arena, const struct seki_authres *authres)
{
    struct seki_buf buf;
    char *lines[100];
    seki_buf_init_arena(&buf, arena, 1 << 16);
    seki_buf_add(&buf, authres->authserv_id);
    for (size_t i = 0; i < authres->result_count; i++) {
        const struct seki_authres_result *r = &authres->results[i];
        seki_buf_add_format(&buf, "; %.*s=%.*s [", SEKI_STR_ARGS(r->method), SEKI_STR_ARGS(r->result));
        add_text(&buf, r->reason);
        seki_buf_add_char(&buf, ']');
        for (size_t j = 0; j < r->property_count; j++)
            lines[j] =
                property_line(arena, r->properties[j].ptype, r->properties[j].property, r->properties[j].value);
        add_sorted(&buf, lines, r->property_count);
    }
    return seki_buf_str(&buf);
}

static struct seki_str their_reading(struct seki_arena *arena, json_t *reading)
{
    struct seki_buf buf;
    size_t i, j;
    json_t *result, *property;
    char *lines[100];
    seki_buf_init_arena(&buf, arena, 1 << 16);
    seki_buf_add(&buf, str_of(json_object_get(reading, "authserv_id")));
    json_array_foreach (json_object_get(reading, "results"), i, result) {
        seki_buf_add_format(&buf, "; %s=%s [", json_string_value(json_object_get(result, "method")),
                            json_string_value(json_object_get(result, "result")));
        add_text(&buf, str_of(json_object_get(result, "reason")));
        seki_buf_add_char(&buf, ']');
        json_array_foreach (json_object_get(result, "props"), j, property)
            lines[j] = property_line(arena, SEKI_STR(""), str_of(json_array_get(property, 0)),
                                     str_of(json_array_get(property, 1)));
        add_sorted(&buf, lines, json_array_size(json_object_get(result, "props")));
    }
    return seki_buf_str(&buf);
}

static bool is_read_by_us_only(struct seki_str ours)
{
    for (size_t i = 0; i < sizeof read_by_us_only / sizeof read_by_us_only[0]; i++)
        if (seki_str_equal(ours, seki_str_of(read_by_us_only[i])))
            return true;
    return false;
}

static bool is_reading(struct seki_arena *arena, json_t *facts, const char *whose, struct seki_str ours)
{
    json_t *reading = json_object_get(facts, whose);
    return reading != NULL && seki_str_equal(their_reading(arena, reading), ours);
}

static void check_survives_writing(struct seki_arena *arena, const struct seki_authres *authres)
{
    struct seki_buf buf;
    struct seki_authres again;
    struct seki_error why = { "" };
    seki_buf_init_arena(&buf, arena, 1 << 16);
    seki_authres_write(authres, &buf);
    if (seki_authres_parse(arena, seki_buf_str(&buf), &again, &why) != SEKI_OK)
        fail_msg("written as <%.*s>: %s", SEKI_STR_ARGS(seki_buf_str(&buf)), why.text);
    assert_int_equal(again.version, authres->version);
    assert_true(seki_str_equal(our_reading(arena, authres), our_reading(arena, &again)));
}

static void check(void **state)
{
    const struct test_case *c = *state;
    struct seki_arena *arena = seki_arena_new(1 << 20);
    struct seki_str value = str_of(json_object_get(c->facts, "value"));
    struct seki_authres authres;
    struct seki_error why = { "" };
    enum seki_result result = seki_authres_parse(arena, value, &authres, &why);
    struct seki_str ours = our_reading(arena, &authres);
    bool must_read = json_object_get(c->facts, "expect") != NULL;
    if (result != SEKI_OK && (must_read || result != SEKI_BAD_INPUT))
        fail_msg("<%.*s>: %s", SEKI_STR_ARGS(value), why.text);
    bool is_known = is_reading(arena, c->facts, "expect", ours);
    if (!must_read)
        is_known = is_reading(arena, c->facts, "python-authres", ours) || is_read_by_us_only(ours) ||
                   is_reading(arena, c->facts, "Mail::AuthenticationResults", ours);
    if (result == SEKI_OK && !is_known)
        fail_msg("<%.*s> read as <%.*s>", SEKI_STR_ARGS(value), SEKI_STR_ARGS(ours));
    if (result == SEKI_OK)
        check_survives_writing(arena, &authres);
    const struct seki_str nobody = SEKI_STR("nobody.invalid");
    assert_int_equal(seki_authres_must_remove(arena, value, &nobody, 1), result != SEKI_OK || authres.version != 1);
    assert_true(seki_authres_must_remove(arena, value, &authres.authserv_id, 1));
    seki_arena_free(arena);
}

int main(void)
{
    if (suite_folder() == NULL)
        return suite_skip_all();
    json_t *facts, *suite = suite_load("authres/cases.json");
    size_t i;
    json_array_foreach (json_object_get(suite, "cases"), i, facts) {
        if (i == MAX_CASES)
            abort();
        snprintf(cases[i].name, sizeof cases[i].name, "%zu: %.48s", i,
                 json_string_value(json_object_get(facts, "value")));
        cases[i].name[strcspn(cases[i].name, "\r\n")] = '\0';
        cases[i].facts = facts;
        tests[i] = (struct CMUnitTest){ .name = cases[i].name, .test_func = check, .initial_state = &cases[i] };
    }
    int failed = _cmocka_run_group_tests("conformance-authres", tests, i, NULL, NULL);
    json_decref(suite);
    return failed;
}

/* Header canonicalization: RFC 6376 sections 3.4.1, 3.4.2 and 3.4.5. */
#include "auth/header_canon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct {
    const char *name, *value, *simple, *relaxed;
} cases[] = {
    /* section 3.4.5 */
    { "A", " X", "A: X", "a:X" },
    { "B ", " Y\t\r\n\tZ  ", "B : Y\t\r\n\tZ  ", "b:Y Z" },
    /* section 3.4.2 */
    { "SUBJect", " AbC", "SUBJect: AbC", "subject:AbC" },
    { "X", "", "X:", "x:" },
    { "X", "  \t ", "X:  \t ", "x:" },
    { "X", " \r\n a", "X: \r\n a", "x:a" },
    { "X", "a \r\n \r\n\tb", "X:a \r\n \r\n\tb", "x:a b" },
    { "X", "a\r\n b", "X:a\r\n b", "x:a b" },
    { "X", "a\r\n ", "X:a\r\n ", "x:a" },
    { "X", "a\t b  c d", "X:a\t b  c d", "x:a b c d" },
    { "X\t ", ":a", "X\t ::a", "x::a" },
    /* bare CR and LF are octets like others */
    { "X", " a\rb \r c", "X: a\rb \r c", "x:a\rb \r c" },
    { "X", "\r", "X:\r", "x:\r" },
    { "X", "a \v\f", "X:a \v\f", "x:a \v\f" },
    /* runs longer than a step */
    { "X", " 0123456789abcdef0123456789abcdef \t0123456789abcdef  ",
      "X: 0123456789abcdef0123456789abcdef \t0123456789abcdef  ",
      "x:0123456789abcdef0123456789abcdef 0123456789abcdef" },
    { "X", " 0123456789abcde 0123456789abcde\r\n 0123456789abcde ",
      "X: 0123456789abcde 0123456789abcde\r\n 0123456789abcde ",
      "x:0123456789abcde 0123456789abcde 0123456789abcde" },
};

/* The field as a message has it, in memory that ends with it. */
static const struct seki_field *make_field(struct seki_arena *arena, const char *name, const char *value)
{
    struct seki_message *message = seki_message_new(arena, NULL);
    assert_int_equal(seki_message_add_field(message, seki_str_of(name), seki_str_of(value)), SEKI_OK);
    return seki_message_field(message, 0);
}

static void assert_canonical(const struct seki_field *field, enum seki_canonicalization kind, size_t cut_start,
                             size_t cut_end, const char *want)
{
    char *out = malloc(field->raw.len + SEKI_HEADER_CANON_SLACK);
    assert_non_null(out);
    size_t len = seki_header_canon(kind, field, cut_start, cut_end, out);
    if (len != strlen(want) || memcmp(out, want, len) != 0)
        fail_msg("got '%.*s', want '%s'", (int)len, out, want);
    free(out);
}

static void fields_are_made_canonical(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seki_arena *arena = seki_arena_new(1 << 16);
        const struct seki_field *field = make_field(arena, cases[i].name, cases[i].value);
        size_t none = field->value.len;
        assert_canonical(field, SEKI_CANON_SIMPLE, none, none, cases[i].simple);
        assert_canonical(field, SEKI_CANON_RELAXED, none, none, cases[i].relaxed);
        seki_arena_free(arena);
    }
}

/* Section 3.7: "with the value of the "b=" tag (including all surrounding whitespace) deleted" */
static void the_value_of_b_is_left_out(void **state)
{
    (void)state;
    static const struct {
        const char *value, *simple, *relaxed;
        size_t start, end;
    } signatures[] = {
        { " a=1; b= xyz\r\n\tq ; c=2", "S: a=1; b=; c=2", "s:a=1; b=; c=2", 8, 17 },
        { " a=1;\r\n b=xyz", "S: a=1;\r\n b=", "s:a=1; b=", 10, 13 },
        { " b=xyz;  ", "S: b=;  ", "s:b=;", 3, 6 },
        { "b=", "S:b=", "s:b=", 2, 2 },
    };
    for (size_t i = 0; i < sizeof signatures / sizeof signatures[0]; i++) {
        struct seki_arena *arena = seki_arena_new(1 << 16);
        const struct seki_field *field = make_field(arena, "S", signatures[i].value);
        assert_canonical(field, SEKI_CANON_SIMPLE, signatures[i].start, signatures[i].end, signatures[i].simple);
        assert_canonical(field, SEKI_CANON_RELAXED, signatures[i].start, signatures[i].end, signatures[i].relaxed);
        seki_arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_made_canonical),
        cmocka_unit_test(the_value_of_b_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

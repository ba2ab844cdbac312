/* The header keeps every octet; whatever arrives, look-ups stay cheap. */
#include <sekisho/message.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct fixture {
    struct seki_arena *arena;
    struct seki_message *message;
    struct seki_str body;
    bool is_unix;
};

static struct fixture fixture_new(size_t max_bytes, const struct seki_message_limits *limits)
{
    struct fixture f = { .arena = seki_arena_new(max_bytes) };
    f.message = seki_message_new(f.arena, limits);
    assert_non_null(f.message);
    return f;
}

static struct fixture read_text(struct seki_str text)
{
    struct fixture f = fixture_new(1 << 24, NULL);
    assert_int_equal(seki_message_read(f.message, text, &f.body, &f.is_unix), SEKI_OK);
    return f;
}

static void assert_text(struct seki_str got, struct seki_str want, const char *what)
{
    if (!seki_str_equal(got, want))
        fail_msg("%s: got \"%.*s\", want \"%.*s\"", what, SEKI_STR_ARGS(got), SEKI_STR_ARGS(want));
}

#define MAX_WANTED 4
struct reading {
    const char *name;
    struct seki_str text;
    const char *raw[MAX_WANTED], *names[MAX_WANTED];
    struct seki_str body;
    unsigned defects;
    bool is_unix;
};

/* clang-format off */
static const struct reading readings[] = {
    { "fields, empty line, body", SEKI_STR_INIT("A: 1\r\nB: 2\r\n\r\nbody\r\n"),
      { "A: 1", "B: 2" }, { "A", "B" }, SEKI_STR_INIT("body\r\n"), 0, false },
    { "nothing at all", SEKI_STR_INIT(""), { NULL }, { NULL }, SEKI_STR_INIT(""), 0, false },
    { "an empty header", SEKI_STR_INIT("\r\nbody"), { NULL }, { NULL }, SEKI_STR_INIT("body"), 0, false },
    { "an empty header in a Unix file", SEKI_STR_INIT("\nbody"), { NULL }, { NULL }, SEKI_STR_INIT("body"), 0, true },
    { "folds are kept", SEKI_STR_INIT("A: 1\r\n 2\r\n\t3\r\n\r\n"),
      { "A: 1\r\n 2\r\n\t3" }, { "A" }, SEKI_STR_INIT(""), 0, false },
    { "a fold of white space only", SEKI_STR_INIT("A: 1\r\n \r\n\r\nb"),
      { "A: 1\r\n " }, { "A" }, SEKI_STR_INIT("b"), 0, false },
    { "no empty line, no final line end", SEKI_STR_INIT("A: 1\r\nB: 2"),
      { "A: 1", "B: 2" }, { "A", "B" }, SEKI_STR_INIT(""), 0, false },
    { "a Unix file: LF ends lines and becomes CRLF", SEKI_STR_INIT("A: 1\n 2\nB: 3\r\nC: 4\n\nx\n"),
      { "A: 1\r\n 2", "B: 3", "C: 4" }, { "A", "B", "C" }, SEKI_STR_INIT("x\n"), 0, true },
    { "bare LF does not end a line after CRLF", SEKI_STR_INIT("A: 1\r\nB: 2\nC: 3\r\n\r\n"),
      { "A: 1", "B: 2\nC: 3" }, { "A", "B" }, SEKI_STR_INIT(""), SEKI_DEFECT_BARE_LF, false },
    { "LF LF is no empty line after CRLF", SEKI_STR_INIT("A: 1\r\nB: 2\n\nC: 3\r\n\r\nx"),
      { "A: 1", "B: 2\n\nC: 3" }, { "A", "B" }, SEKI_STR_INIT("x"), SEKI_DEFECT_BARE_LF, false },
    { "bare CR stays inside", SEKI_STR_INIT("A: 1\rB: 2\r\r\nC: 3\r\n\r\n"),
      { "A: 1\rB: 2\r", "C: 3" }, { "A", "C" }, SEKI_STR_INIT(""), SEKI_DEFECT_BARE_CR, false },
    { "CR at the very end", SEKI_STR_INIT("A: 1\r"),
      { "A: 1\r" }, { "A" }, SEKI_STR_INIT(""), SEKI_DEFECT_BARE_CR, false },
    { "obsolete white space before the colon", SEKI_STR_INIT("From \t: a@b\r\nTo:c\r\n\r\n"),
      { "From \t: a@b", "To:c" }, { "From", "To" }, SEKI_STR_INIT(""), 0, false },
    { "duplicates stay in order", SEKI_STR_INIT("A: 1\r\na: 2\r\nA: 3\r\n\r\n"),
      { "A: 1", "a: 2", "A: 3" }, { "A", "a", "A" }, SEKI_STR_INIT(""), 0, false },
    { "a line without colon starts the body", SEKI_STR_INIT("A: 1\r\nHello\r\nB: 2\r\n\r\n"),
      { "A: 1" }, { "A" }, SEKI_STR_INIT("Hello\r\nB: 2\r\n\r\n"), SEKI_DEFECT_NO_SEPARATOR, false },
    { "a colon on a continuation line does not count", SEKI_STR_INIT("A: 1\r\nHello\r\n B: 2\r\n\r\n"),
      { "A: 1" }, { "A" }, SEKI_STR_INIT("Hello\r\n B: 2\r\n\r\n"), SEKI_DEFECT_NO_SEPARATOR, false },
    { "a continuation of nothing starts the body", SEKI_STR_INIT(" A: 1\r\n\r\n"),
      { NULL }, { NULL }, SEKI_STR_INIT(" A: 1\r\n\r\n"), SEKI_DEFECT_NO_SEPARATOR, false },
    { "a field without a name is dropped", SEKI_STR_INIT(": 1\r\nB: 2\r\n\r\n"),
      { "B: 2" }, { "B" }, SEKI_STR_INIT(""), SEKI_DEFECT_EMPTY_NAME, false },
    { "blanks and 8 bit in a name", SEKI_STR_INIT("A B: 1\r\n\xc3\xa9: 2\r\n\r\n"),
      { "A B: 1", "\xc3\xa9: 2" }, { "A B", "\xc3\xa9" }, SEKI_STR_INIT(""), SEKI_DEFECT_BAD_NAME, false },
    { "8 bit in a value is no defect", SEKI_STR_INIT("A: \xff\xc3\xa9\r\n\r\n"),
      { "A: \xff\xc3\xa9" }, { "A" }, SEKI_STR_INIT(""), 0, false },
    { "an empty value", SEKI_STR_INIT("A:\r\n\r\n"), { "A:" }, { "A" }, SEKI_STR_INIT(""), 0, false },
    { "an mbox envelope is skipped", SEKI_STR_INIT("From a@b Thu Jan  1 00:00:00 1970\nFrom: c@d\n\nx"),
      { "From: c@d" }, { "From" }, SEKI_STR_INIT("x"), 0, true },
    { "an obsolete From field is no mbox envelope", SEKI_STR_INIT("From  : c@d\n\nx"),
      { "From  : c@d" }, { "From" }, SEKI_STR_INIT("x"), 0, true },
    { "an mbox envelope and nothing else", SEKI_STR_INIT("From a@b"),
      { NULL }, { NULL }, SEKI_STR_INIT(""), 0, false },
};
/* clang-format on */

static void check_reading(void **state)
{
    const struct reading *r = *state;
    char *exact = malloc(r->text.len + 1); /* an exact copy for the sanitizer */
    assert_non_null(exact);
    memcpy(exact, r->text.ptr, r->text.len);
    struct fixture f = read_text((struct seki_str){ exact, r->text.len });
    size_t wanted = 0;
    while (wanted < MAX_WANTED && r->raw[wanted] != NULL)
        wanted++;
    assert_int_equal(seki_message_field_count(f.message), wanted);
    for (size_t i = 0; i < wanted; i++) {
        const struct seki_field *field = seki_message_field(f.message, i);
        assert_text(field->raw, seki_str_of(r->raw[i]), "raw");
        assert_text(field->name, seki_str_of(r->names[i]), "name");
        assert_ptr_equal(field->value.ptr + field->value.len, field->raw.ptr + field->raw.len);
        assert_int_equal(field->value.ptr[-1], ':');
    }
    assert_text(f.body, r->body, "body");
    assert_int_equal(seki_message_defects(f.message), r->defects);
    assert_int_equal(f.is_unix, r->is_unix);
    seki_arena_free(f.arena);
    free(exact);
}

static void nul_is_kept_and_noted(void **state)
{
    (void)state;
    struct fixture f = read_text(SEKI_STR("A: 1\0002\r\nB\0: 3\r\n\r\n"));
    assert_text(seki_message_field(f.message, 0)->raw, SEKI_STR("A: 1\0002"), "raw");
    assert_text(seki_message_field(f.message, 1)->name, SEKI_STR("B\0"), "name");
    assert_int_equal(seki_message_defects(f.message), SEKI_DEFECT_NUL | SEKI_DEFECT_BAD_NAME);
    seki_arena_free(f.arena);
}

static void a_milter_field_gets_crlf_for_lf(void **state)
{
    (void)state;
    struct fixture f = fixture_new(1 << 16, NULL);
    assert_int_equal(seki_message_add_field(f.message, SEKI_STR("A"), SEKI_STR(" 1\n 2\r\n 3\n\t4")), SEKI_OK);
    assert_int_equal(seki_message_add_field(f.message, SEKI_STR("B "), SEKI_STR("")), SEKI_OK);
    assert_int_equal(seki_message_add_field(f.message, SEKI_STR(" "), SEKI_STR("x")), SEKI_OK);
    assert_int_equal(seki_message_field_count(f.message), 2);
    assert_text(seki_message_field(f.message, 0)->raw, SEKI_STR("A: 1\r\n 2\r\n 3\r\n\t4"), "raw");
    assert_text(seki_message_field(f.message, 0)->value, SEKI_STR(" 1\r\n 2\r\n 3\r\n\t4"), "value");
    assert_text(seki_message_field(f.message, 1)->raw, SEKI_STR("B :"), "raw");
    assert_text(seki_message_field(f.message, 1)->name, SEKI_STR("B"), "name");
    assert_int_equal(seki_message_defects(f.message), SEKI_DEFECT_EMPTY_NAME);
    seki_arena_free(f.arena);
}

static void names_are_found_from_the_bottom_up(void **state)
{
    (void)state;
    struct fixture f = read_text(SEKI_STR("To: 1\r\nX: 2\r\nTO : 3\r\nY: 4\r\nto: 5\r\n\r\n"));
    struct seki_str to = SEKI_STR("tO");
    assert_int_equal(seki_message_count_named(f.message, to), 3);
    size_t at = seki_message_find_up(f.message, to, SIZE_MAX);
    assert_int_equal(at, 4);
    assert_int_equal(at = seki_message_find_up(f.message, to, at), 2);
    assert_int_equal(at = seki_message_find_up(f.message, to, at), 0);
    assert_true(seki_message_find_up(f.message, to, at) == SIZE_MAX);
    assert_int_equal(seki_message_find_up(f.message, to, 3), 2); /* from a field of another name */
    assert_true(seki_message_find_up(f.message, SEKI_STR("T"), SIZE_MAX) == SIZE_MAX);
    assert_true(seki_message_find_up(f.message, SEKI_STR(""), SIZE_MAX) == SIZE_MAX);
    assert_int_equal(seki_message_count_named(f.message, SEKI_STR("Too")), 0);
    seki_arena_free(f.arena);
}

static void lines_of_998_octets_are_allowed(void **state)
{
    (void)state;
    static char line[1100];
    memset(line, 'x', sizeof line);
    memcpy(line, "A: ", 3);
    memcpy(line + 998, "\r\n ", 3);
    struct fixture f = read_text((struct seki_str){ line, 1050 });
    assert_int_equal(seki_message_field(f.message, 0)->raw.len, 1050);
    assert_int_equal(seki_message_defects(f.message), 0);
    seki_arena_free(f.arena);
    memcpy(line + 998, "x\r\n ", 4);
    f = read_text((struct seki_str){ line, 1050 });
    assert_int_equal(seki_message_defects(f.message), SEKI_DEFECT_LONG_LINE);
    seki_arena_free(f.arena);
}

static void past_the_bound_of_fields_later_ones_are_dropped(void **state)
{
    (void)state;
    struct fixture f = fixture_new(1 << 16, &(struct seki_message_limits){ .max_fields = 2 });
    for (int i = 0; i < 4; i++)
        assert_int_equal(seki_message_add_field(f.message, SEKI_STR("A"), SEKI_STR("1")), SEKI_OK);
    assert_int_equal(seki_message_field_count(f.message), 2);
    assert_int_equal(seki_message_defects(f.message), SEKI_DEFECT_TOO_MANY_FIELDS);
    seki_arena_free(f.arena);
}

static void past_the_bound_of_octets_later_fields_are_dropped_even_small_ones(void **state)
{
    (void)state;
    struct fixture f = fixture_new(1 << 16, &(struct seki_message_limits){ .max_header_octets = 16 });
    struct seki_str name = SEKI_STR("A");
    assert_int_equal(seki_message_add_field(f.message, name, SEKI_STR("1234")), SEKI_OK);  /* 8 with CRLF */
    assert_int_equal(seki_message_add_field(f.message, name, SEKI_STR("1\n34")), SEKI_OK); /* 9: the CR counts */
    assert_int_equal(seki_message_add_field(f.message, name, SEKI_STR("1")), SEKI_OK);
    assert_int_equal(seki_message_field_count(f.message), 1);
    assert_int_equal(seki_message_defects(f.message), SEKI_DEFECT_HEADER_TOO_LONG);
    seki_arena_free(f.arena);
}

static void the_bound_of_octets_is_exact(void **state)
{
    (void)state;
    const struct seki_message_limits limits = { .max_header_octets = 16 };
    struct fixture f = fixture_new(1 << 16, &limits);
    assert_int_equal(seki_message_add_field(f.message, SEKI_STR("A"), SEKI_STR("1234567890123")), SEKI_OK);
    assert_int_equal(seki_message_defects(f.message), SEKI_DEFECT_HEADER_TOO_LONG);
    seki_arena_free(f.arena);
    f = fixture_new(1 << 16, &limits);
    assert_int_equal(seki_message_add_field(f.message, SEKI_STR("A"), SEKI_STR("123456789012")), SEKI_OK);
    assert_int_equal(seki_message_defects(f.message), 0);
    assert_int_equal(seki_message_field_count(f.message), 1);
    seki_arena_free(f.arena);
}

static void a_field_is_written_with_the_line_ends_of_its_text(void **state)
{
    static const struct {
        const char *value, *want;
        bool is_unix;
    } cases[] = {
        { " a", "X: a\r\n", false },
        { " a", "X: a\n", true },
        { " a;\r\n\tb", "X: a;\r\n\tb\r\n", false },
        { " a;\r\n\tb", "X: a;\n\tb\n", true },
        { " a;\n\tb", "X: a;\r\n\tb\r\n", false },
        { "", "X:\r\n", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seki_buf buf;
        seki_buf_init(&buf, 100);
        seki_field_write(SEKI_STR("X"), seki_str_of(cases[i].value), cases[i].is_unix, &buf);
        assert_text(seki_buf_str(&buf), seki_str_of(cases[i].want), cases[i].value);
        seki_buf_release(&buf);
    }
}

static void a_full_arena_is_a_limit(void **state)
{
    (void)state;
    struct fixture f = fixture_new(4096, NULL);
    static char big[8192];
    memset(big, 'x', sizeof big);
    assert_int_equal(seki_message_add_field(f.message, SEKI_STR("A"), (struct seki_str){ big, sizeof big }),
                     SEKI_LIMIT);
    assert_int_equal(seki_message_field_count(f.message), 0);
    seki_arena_free(f.arena);
}

static void ten_thousand_fields_are_found_again(void **state)
{
    (void)state;
    struct fixture f = fixture_new(1 << 24, NULL);
    char name[32];
    for (unsigned i = 0; i < 10000; i++) {
        snprintf(name, sizeof name, i % 2 ? "Name-%u" : "nAME-%u", i % 5000);
        assert_int_equal(seki_message_add_field(f.message, seki_str_of(name), SEKI_STR(" x")), SEKI_OK);
    }
    assert_int_equal(seki_message_defects(f.message), 0);
    for (unsigned i = 0; i < 5000; i++) {
        snprintf(name, sizeof name, "NAME-%u", i);
        assert_int_equal(seki_message_count_named(f.message, seki_str_of(name)), 2);
        assert_int_equal(seki_message_find_up(f.message, seki_str_of(name), SIZE_MAX), i + 5000);
        assert_int_equal(seki_message_find_up(f.message, seki_str_of(name), i + 5000), i);
        assert_true(seki_message_find_up(f.message, seki_str_of(name), i) == SIZE_MAX);
    }
    assert_int_equal(seki_message_add_field(f.message, SEKI_STR("one"), SEKI_STR("more")), SEKI_OK);
    assert_int_equal(seki_message_defects(f.message), SEKI_DEFECT_TOO_MANY_FIELDS);
    seki_arena_free(f.arena);
}

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(nul_is_kept_and_noted),
        cmocka_unit_test(a_milter_field_gets_crlf_for_lf),
        cmocka_unit_test(names_are_found_from_the_bottom_up),
        cmocka_unit_test(lines_of_998_octets_are_allowed),
        cmocka_unit_test(past_the_bound_of_fields_later_ones_are_dropped),
        cmocka_unit_test(past_the_bound_of_octets_later_fields_are_dropped_even_small_ones),
        cmocka_unit_test(the_bound_of_octets_is_exact),
        cmocka_unit_test(a_field_is_written_with_the_line_ends_of_its_text),
        cmocka_unit_test(a_full_arena_is_a_limit),
        cmocka_unit_test(ten_thousand_fields_are_found_again),
    };
    enum { READINGS = sizeof readings / sizeof readings[0], OTHERS = sizeof others / sizeof others[0] };
    struct CMUnitTest tests[READINGS + OTHERS];
    for (size_t i = 0; i < READINGS; i++)
        tests[i] =
            (struct CMUnitTest){ readings[i].name, check_reading, NULL, NULL, (void *)(uintptr_t)&readings[i] };
    memcpy(tests + READINGS, others, sizeof others);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Where the parts of a multipart lie: the examples of RFC 2046, and what must not be taken for a delimiter. */
#include "message/mime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct want {
    const char *header, *body, *content_type;
    size_t depth;
};

static const struct {
    const char *name, *content_type, *text;
    struct want parts[4]; /* up to the first without a body */
} bodies[] = {
    { "RFC 2046 section 5.1.1",
      " multipart/mixed; boundary=\"simple boundary\"",
      "This is the preamble.\r\n\r\n--simple boundary\r\n\r\nThis is implicitly typed.\r\n--simple boundary\r\n"
      "Content-type: text/plain; charset=us-ascii\r\n\r\nIt DOES end with a linebreak.\r\n\r\n--simple "
      "boundary--\r\n"
      "\r\nThis is the epilogue.\r\n",
      { { "", "This is implicitly typed.", NULL, 0 },
        { "Content-type: text/plain; charset=us-ascii\r\n", "It DOES end with a linebreak.\r\n",
          " text/plain; charset=us-ascii\r\n", 0 } } },
    { "nested, the inner parts behind the outer one",
      "multipart/mixed; boundary=a",
      "--a\r\nContent-Type: multipart/alternative; "
      "boundary=ab\r\n\r\n--ab\r\n\r\n1\r\n--ab\r\n\r\n2\r\n--ab--\r\n--a\r\n\r\n3\r\n"
      "--a--\r\n",
      { { "Content-Type: multipart/alternative; boundary=ab\r\n", "--ab\r\n\r\n1\r\n--ab\r\n\r\n2\r\n--ab--",
          " multipart/alternative; boundary=ab\r\n", 0 },
        { "", "1", NULL, 1 },
        { "", "2", NULL, 1 },
        { "", "3", NULL, 0 } } },
    { "no close delimiter: the last part ends with the text",
      "multipart/mixed; boundary=a",
      "--a\r\n\r\n1\r\n",
      { { "", "1", NULL, 0 } } },
    { "padding behind a delimiter",
      "multipart/mixed; boundary=a",
      "--a \t\r\n\r\n1\r\n--a-- \r\n",
      { { "", "1", NULL, 0 } } },
    { "a longer boundary is another one",
      "multipart/mixed; boundary=a",
      "--a\r\n\r\n--ab\r\n--a--\r\n",
      { { "", "--ab", NULL, 0 } } },
    { "a delimiter inside a line is none",
      "multipart/mixed; boundary=a",
      "--a\r\n\r\nx--a\r\n--a--\r\n",
      { { "", "x--a", NULL, 0 } } },
    { "a boundary with = and no quotes",
      "multipart/mixed; charset=x; boundary==_1 ; y=z",
      "--=_1\r\n\r\n1\r\n--=_1--\r\n",
      { { "", "1", NULL, 0 } } },
    { "comments and folds in the field",
      " (c) multipart/mixed (c);\r\n\tboundary (c) = \"a\"",
      "--a\r\n\r\n1\r\n--a--\r\n",
      { { "", "1", NULL, 0 } } },
    { "a part without an empty line is all header",
      "multipart/mixed; boundary=a",
      "--a\r\nX: y\r\n--a\r\n\r\n1\r\n--a--",
      { { "X: y\r\n", "", NULL, 0 }, { "", "1", NULL, 0 } } },
    { "no multipart", "text/plain; boundary=a", "--a\r\n\r\n1\r\n--a--\r\n", { { NULL } } },
    { "no boundary", "multipart/mixed", "--\r\n\r\n1\r\n", { { NULL } } },
    { "an empty boundary", "multipart/mixed; boundary=\"\"", "--\r\n\r\n1\r\n", { { NULL } } },
    { "no delimiter", "multipart/mixed; boundary=a", "text\r\n", { { NULL } } },
    { "no text", "multipart/mixed; boundary=a", "", { { NULL } } },
};

static void compare(const char *name, struct seki_str got, const char *want)
{
    if (!seki_str_equal(got, seki_str_of(want != NULL ? want : "")))
        fail_msg("%s: \"%.*s\"", name, SEKI_STR_ARGS(got));
}

static void each_part_is_found_where_it_lies(void **state)
{
    static struct seki_mime_part parts[SEKI_MIME_MAX_PARTS];
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        size_t want = 0;
        while (want < 4 && bodies[i].parts[want].body != NULL)
            want++;
        size_t count =
            seki_mime_find_parts(seki_str_of(bodies[i].content_type), seki_str_of(bodies[i].text), parts);
        if (count != want)
            fail_msg("%s: %zu parts", bodies[i].name, count);
        for (size_t j = 0; j < count; j++) {
            compare(bodies[i].name, parts[j].header, bodies[i].parts[j].header);
            compare(bodies[i].name, parts[j].body, bodies[i].parts[j].body);
            compare(bodies[i].name, parts[j].content_type, bodies[i].parts[j].content_type);
            assert_int_equal(parts[j].depth, bodies[i].parts[j].depth);
            assert_memory_equal(bodies[i].text + parts[j].start, "--", 2);
        }
    }
}

static void parts_and_depth_are_bounded(void **state)
{
    static struct seki_mime_part parts[SEKI_MIME_MAX_PARTS];
    static char text[65536];
    (void)state;
    size_t len = 0;
    for (size_t i = 0; i < SEKI_MIME_MAX_PARTS + 5; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "--a\r\n\r\n1\r\n");
    assert_int_equal(
        seki_mime_find_parts(SEKI_STR("multipart/mixed; boundary=a"), (struct seki_str){ text, len }, parts),
        SEKI_MIME_MAX_PARTS);
    len = 0;
    for (unsigned i = 0; i < SEKI_MIME_MAX_DEPTH + 5; i++)
        len += (size_t)snprintf(text + len, sizeof text - len,
                                "--b%u\r\nContent-Type: multipart/mixed; boundary=b%u\r\n\r\n", i, i + 1);
    assert_int_equal(
        seki_mime_find_parts(SEKI_STR("multipart/mixed; boundary=b0"), (struct seki_str){ text, len }, parts),
        SEKI_MIME_MAX_DEPTH);
}

static void parameters_are_found_by_name(void **state)
{
    (void)state;
    struct seki_str value = SEKI_STR(" text/plain; format=flowed; Charset=\"utf-8\" (x); delsp=yes");
    compare("quoted", seki_mime_parameter(value, SEKI_STR("charset")), "utf-8");
    compare("last", seki_mime_parameter(value, SEKI_STR("DELSP")), "yes");
    assert_null(seki_mime_parameter(value, SEKI_STR("boundary")).ptr);
    assert_null(seki_mime_parameter(SEKI_STR("text/plain; charset"), SEKI_STR("charset")).ptr);
    assert_null(seki_mime_parameter(SEKI_STR("text/plain; charset=\"utf-8"), SEKI_STR("charset")).ptr);
    assert_true(seki_mime_is_text(SEKI_STR(" ")) && seki_mime_is_text(SEKI_STR("(c) TEXT/html")));
    assert_false(seki_mime_is_text(SEKI_STR("application/text")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_part_is_found_where_it_lies),
        cmocka_unit_test(parts_and_depth_are_bounded),
        cmocka_unit_test(parameters_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

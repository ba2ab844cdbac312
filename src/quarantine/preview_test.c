/* What is shown of a message: the words that matter, and nothing that acts. */
#include "quarantine/preview.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define HEAD "From: a@example.org\r\nX-Other: not shown\r\nSubject: =?utf-8?Q?a=1B[2Jb?=\r\n"

static const struct {
    const char *name, *message, *text;
    size_t part_count; /* those that are not shown */
    const char *part;  /* "TYPE NAME" of the first */
} cases[] = {
    { "plain text", HEAD "\r\nHello\r\n", "Hello\n", 0, "" },
    { "a Unix text", "Subject: x\n\nHello\n", "Hello\n", 0, "" },
    { "quoted-printable", HEAD "Content-Transfer-Encoding: quoted-printable\r\n\r\nHe=6Clo=\r\n!\r\n", "Hello!\n",
      0, "" },
    { "base64 with an escape sequence in it", HEAD "Content-Transfer-Encoding: base64\r\n\r\nGzJK\r\n",
      "\xef\xbf\xbd"
      "2J",
      0, "" },
    { "HTML alone is not shown", HEAD "Content-Type: text/html\r\n\r\n<script>\r\n", "", 1, "text/html " },
    { "text beside HTML and a file",
      HEAD "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>\r\n"
           "--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n"
           "--b\r\nContent-Type: application/pdf; name=\"bill.pdf\"\r\n\r\nx\r\n--b--\r\n",
      "Hello", 2, "text/html " },
    { "text that is a file is not shown",
      HEAD "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n"
           "Content-Disposition: attachment; filename=\"a.txt\"\r\n\r\nHello\r\n--b--\r\n",
      "", 1, "text/plain a.txt" },
    { "a name that turns the direction of writing",
      HEAD "Content-Type: application/x; name=\"a\xe2\x80\xaetxt.exe\"\r\n\r\nx\r\n", "", 1,
      "application/x a\xef\xbf\xbdtxt.exe" },
    { "an encoding that nobody knows", HEAD "Content-Transfer-Encoding: x-uue\r\n\r\nHello\r\n", "", 1, " " },
    { "no body", HEAD "\r\n", "", 0, "" },
    { "nothing", "", "", 0, "" },
};

static void words_are_shown_and_nothing_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seki_arena *arena = seki_arena_new(4u << 20);
        struct quarantine_preview preview;
        assert_int_equal(quarantine_preview_of(seki_str_of(cases[i].message), arena, &preview), SEKI_OK);
        struct seki_str part = SEKI_STR("");
        if (preview.part_count > 0)
            part = seki_arena_format(arena, "%.*s %.*s", SEKI_STR_ARGS(preview.parts[0].type),
                                     SEKI_STR_ARGS(preview.parts[0].name));
        if (!seki_str_equal(preview.text, seki_str_of(cases[i].text)) ||
            preview.part_count != cases[i].part_count || !seki_str_equal(part, seki_str_of(cases[i].part)))
            fail_msg("%s: \"%.*s\", %zu parts, \"%.*s\"", cases[i].name, SEKI_STR_ARGS(preview.text),
                     preview.part_count, SEKI_STR_ARGS(part));
        seki_arena_free(arena);
    }
}

static void fields_that_matter_are_shown_decoded(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(4u << 20);
    struct quarantine_preview preview;
    assert_int_equal(quarantine_preview_of(SEKI_STR(HEAD "\r\n"), arena, &preview), SEKI_OK);
    assert_int_equal(preview.field_count, 2);
    assert_true(seki_str_equal(preview.fields[0].name, SEKI_STR("From")));
    assert_int_equal(seki_str_find(preview.fields[1].value, '\x1b'), preview.fields[1].value.len);
    seki_arena_free(arena);
}

static void a_long_text_is_cut(void **state)
{
    (void)state;
    static char message[20000];
    memset(message, 'a', sizeof message);
    memcpy(message, "\r\n", 2);
    struct seki_arena *arena = seki_arena_new(4u << 20);
    struct quarantine_preview preview;
    assert_int_equal(quarantine_preview_of((struct seki_str){ message, sizeof message }, arena, &preview), SEKI_OK);
    assert_true(preview.is_text_cut);
    assert_int_equal(preview.text.len, QUARANTINE_PREVIEW_TEXT_MAX);
    seki_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_shown_and_nothing_else),
        cmocka_unit_test(fields_that_matter_are_shown_decoded),
        cmocka_unit_test(a_long_text_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The structure of messages: where parts begin and end, which of them are looked at, and the bounds. Each message is given
 * whole, and in pieces of every length up to 40 octets: that must change nothing. Archives are in tests/e2e. */
#include "content/attachments.h"

#include <sekisho/buf.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct content_finding find(struct seki_arena *arena, const char *content_type, const char *encoding,
                                   struct seki_str body, size_t piece)
{
    seki_arena_clear(arena);
    struct content_attachments *attachments = content_attachments_new(arena);
    assert_non_null(attachments);
    content_attachments_field(attachments, SEKI_STR("Subject"), SEKI_STR(" name=a.exe"));
    if (content_type != NULL)
        content_attachments_field(attachments, SEKI_STR("Content-Type"), seki_str_of(content_type));
    if (encoding != NULL)
        content_attachments_field(attachments, SEKI_STR("content-transfer-encoding"), seki_str_of(encoding));
    content_attachments_end_of_header(attachments);
    for (; body.len > 0; body = seki_str_from(body, piece))
        content_attachments_body(attachments, seki_str_head(body, piece));
    struct content_finding finding = content_attachments_finding(attachments);
    content_attachments_end(attachments);
    return finding;
}

#define MIXED " multipart/mixed; boundary=b"
#define EXE   "Content-Disposition: attachment; filename=a.exe\r\n\r\n"
#define MZ    "TVqQAAMAAAAEAAAA//8AALgAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n"

static const struct {
    const char *name, *content_type, *encoding, *body;
    enum content_danger danger;
    const char *whose;
} cases[] = {
    { "a message of text", NULL, NULL, "text\r\n", CONTENT_HARMLESS, "" },
    { "an empty message", NULL, NULL, "", CONTENT_HARMLESS, "" },
    { "text that looks like a program is text", NULL, NULL, "#!/bin/sh\r\n", CONTENT_HARMLESS, "" },
    { "a message that is an attachment", " application/x; name=\"a.exe\"", NULL, "x", CONTENT_BY_NAME, "a.exe" },
    { "by its octets", " application/x", "base64", MZ, CONTENT_BY_OCTETS, "(unnamed)" },
    { "base64 with other characters in it", " application/x", "base64", "T-V.q Q\r\nA:A!MAAAA=\r\n",
      CONTENT_BY_OCTETS, "(unnamed)" },
    { "base64 without padding", " application/x", "base64", "TVoA", CONTENT_BY_OCTETS, "(unnamed)" },
    { "base64 that is cut", " application/x; name=x.txt", "base64", "IyE", CONTENT_BY_OCTETS, "x.txt" },
    { "quoted-printable", " text/plain; name=x.txt", "quoted-printable", "=23=\r\n=21/bin/sh", CONTENT_BY_OCTETS,
      "x.txt" },
    { "quoted-printable that is broken", " text/plain; name=x.txt", "quoted-printable", "=2", CONTENT_HARMLESS,
      "" },

    { "parts", MIXED, NULL, "--b\r\n\r\ntext\r\n--b\r\n" EXE "x\r\n--b--\r\n", CONTENT_BY_NAME, "a.exe" },
    { "harmless parts", MIXED, NULL, "--b\r\n\r\ntext\r\n--b\r\nContent-Type: image/png\r\n\r\nx\r\n--b--\r\n",
      CONTENT_HARMLESS, "" },
    { "the preamble is nobody's", MIXED, NULL, EXE "\r\n--b\r\n\r\ntext\r\n--b--\r\n", CONTENT_HARMLESS, "" },
    { "so is the epilogue", MIXED, NULL, "--b\r\n\r\ntext\r\n--b--\r\n" EXE, CONTENT_HARMLESS, "" },
    { "a part that is opened again behind the end", MIXED, NULL, "--b--\r\n--b\r\n" EXE "x", CONTENT_BY_NAME,
      "a.exe" },
    { "not closed", MIXED, NULL, "--b\r\n" EXE "x", CONTENT_BY_NAME, "a.exe" },
    { "a header without a body", MIXED, NULL, "--b\r\nContent-Disposition: x; filename=a.exe", CONTENT_BY_NAME,
      "a.exe" },
    { "a header that a delimiter ends", MIXED, NULL, "--b\r\nContent-Disposition: x; filename=a.exe\r\n--b--\r\n",
      CONTENT_BY_NAME, "a.exe" },
    { "white space behind the delimiter", MIXED, NULL, "--b \t\r\n" EXE "x", CONTENT_BY_NAME, "a.exe" },
    { "line ends without CR", MIXED, NULL, "--b\nContent-Disposition: x; filename=a.exe\n\nx", CONTENT_BY_NAME,
      "a.exe" },
    { "text behind the boundary, which some read and some do not", MIXED, NULL, "--b\r\n\r\n--bc\r\n" EXE,
      CONTENT_OPAQUE, "(boundary)" },
    { "a delimiter behind a CR alone, where some see a line", MIXED, NULL, "--b\r\n\r\ntext\r--b\r" EXE,
      CONTENT_OPAQUE, "(boundary)" },
    { "in the preamble", MIXED, NULL, "text\r--b\r" EXE, CONTENT_OPAQUE, "(boundary)" },
    { "at the end of a line that was held back", MIXED, NULL, "--b\r\n\r\n--x\r--b\r" EXE, CONTENT_OPAQUE,
      "(boundary)" },
    { "one that a CR alone ends", MIXED, NULL, "--b\r\n\r\ntext\r\n--b\r" EXE, CONTENT_OPAQUE, "(boundary)" },
    { "CR alone, and no delimiter", MIXED, NULL, "--b\r\n\r\nte\rxt\r-\r\r--x\r-b\r\n--b--\r\n", CONTENT_HARMLESS,
      "" },
    { "CR twice before LF", MIXED, NULL, "--b\r\r\nContent-Disposition: x; filename=a.exe\r\r\n\r\r\nx",
      CONTENT_BY_NAME, "a.exe" },
    { "a field behind a CR alone", MIXED, NULL, "--b\r\nX: y\rcontent-type: message/rfc822\r\n\r\n.",
      CONTENT_OPAQUE, "(unnamed)" },
    { "a body behind CR alone", MIXED, NULL, "--b\r\nX: y\r\rtext\r\n\r\n.", CONTENT_OPAQUE, "(unnamed)" },
    { "a body behind CR alone in an empty line", MIXED, NULL, "--b\r\nX: y\r\n\rtext\r\n\r\n.", CONTENT_OPAQUE,
      "(unnamed)" },
    { "a delimiter in a field", MIXED, NULL, "--b\r\nX: y\r--b\r\n\r\n.", CONTENT_OPAQUE, "(unnamed)" },
    { "CR alone in a field", MIXED, NULL, "--b\r\nX: y\rz\r\r\n\r\n.", CONTENT_HARMLESS, "" },
    { "in the message's header", " text/plain\rContent-Transfer-Encoding: base64", NULL, ".", CONTENT_OPAQUE,
      "(header)" },
    { "a delimiter within a line is none", MIXED, NULL, "--b\r\n\r\nx--b\r\n" EXE, CONTENT_HARMLESS, "" },
    { "parts within parts", MIXED, NULL,
      "--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n\r\n.\r\n--c--\r\n--b\r\n" EXE "x",
      CONTENT_BY_NAME, "a.exe" },
    { "an inner multipart that is not closed", MIXED, NULL,
      "--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n\r\n.\r\n--b\r\n" EXE "x",
      CONTENT_BY_NAME, "a.exe" },
    { "by the second of two boundaries", " multipart/mixed; boundary=x; boundary=b", NULL, "--b\r\n" EXE "x",
      CONTENT_BY_NAME, "a.exe" },
    { "parts without a boundary", " multipart/mixed", NULL, "--b\r\n" EXE "x", CONTENT_HARMLESS, "" },
    { "a message in a part", MIXED, NULL, "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n" EXE "x",
      CONTENT_BY_NAME, "a.exe" },
    { "a message in base64 cannot be looked into", MIXED, NULL,
      "--b\r\nContent-Type: message/rfc822; name=m.eml\r\nContent-Transfer-Encoding: "
      "base64\r\n\r\nU3ViamVjdDogeA==\r\n",
      CONTENT_OPAQUE, "m.eml" },
    { "boundaries that programs differ about", " multipart/mixed; boundary*=b", NULL, "--b\r\n\r\n.",
      CONTENT_OPAQUE, "(unnamed)" },
    { "a file in a text", NULL, NULL, "See:\r\nbegin 644 a.exe\r\nM...\r\nend\r\n", CONTENT_BY_NAME, "a.exe" },
    { "behind a CR alone, and ended by one", NULL, NULL, "See:\rbegin 644 a.exe\rM...\r", CONTENT_BY_NAME,
      "a.exe" },
    { "a harmless file in a text", NULL, NULL, "begin 644 a.txt\r\n", CONTENT_HARMLESS, "" },
    { "a text that begins", NULL, NULL, "begin with a.exe\r\nbegin\r\nb\r\nbegin 644\r\n", CONTENT_HARMLESS, "" },
    { "control characters are not shown", " application/x; name=\"a\x1b\x01.exe\"", NULL, "", CONTENT_BY_NAME,
      "a??.exe" },
};

static void findings_are_the_same_however_the_body_comes(void **state)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t piece = 41; piece > 0; piece--) {
            struct content_finding got = find(*state, cases[i].content_type, cases[i].encoding,
                                              seki_str_of(cases[i].body), piece == 41 ? SIZE_MAX : piece);
            if (got.danger != cases[i].danger || !seki_str_equal(got.name, seki_str_of(cases[i].whose)))
                fail_msg("%s, pieces of %zu: %s %.*s", cases[i].name, piece, content_danger_name(got.danger),
                         SEKI_STR_ARGS(got.name));
        }
}

/* Bodies are searched by blocks: neither where a line stands in one nor what was before may matter. */
static void a_line_is_found_wherever_it_stands(void **state)
{
    static const struct {
        const char *name, *content_type, *line;
        enum content_danger danger;
    } lines[] = {
        { "a delimiter", MIXED, "\n--b\r\n" EXE, CONTENT_BY_NAME },
        { "a file in a text", NULL, "\nbegin 644 a.exe\r\n", CONTENT_BY_NAME },
        { "a delimiter behind a CR alone", MIXED, "\r--b\r", CONTENT_OPAQUE },
        { "no line, but for its letters", MIXED, "-\n-b--b\nx--b\r\n" EXE, CONTENT_HARMLESS },
        { "no file", NULL, "b\nb\nxbegin 644 a.exe\r\n", CONTENT_HARMLESS },
    };
    struct seki_buf body;
    seki_buf_init(&body, 1 << 10);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        for (size_t at = 0; at < 200; at++)
            for (size_t piece = 60; piece < 70; piece++) {
                seki_buf_clear(&body);
                while (body.len < at)
                    seki_buf_add(&body, SEKI_STR("x"));
                seki_buf_add(&body, seki_str_of(lines[i].line));
                while (body.len < 300)
                    seki_buf_add(&body, SEKI_STR("x"));
                size_t len = piece < 69 ? piece : SIZE_MAX;
                if (find(*state, lines[i].content_type, NULL, seki_buf_str(&body), len).danger != lines[i].danger)
                    fail_msg("%s at %zu, pieces of %zu", lines[i].name, at, len);
            }
    seki_buf_release(&body);
}

/* levels multiparts within each other, the innermost with a program. */
static void nest(struct seki_buf *body, unsigned levels)
{
    seki_buf_clear(body);
    for (unsigned i = 1; i < levels; i++)
        seki_buf_add_format(body, "--b%u\r\nContent-Type: multipart/mixed; boundary=b%u\r\n\r\n", i, i + 1);
    seki_buf_add_format(body, "--b%u\r\n" EXE "x", levels);
}

static void depth_is_bounded(void **state)
{
    struct seki_buf body;
    seki_buf_init(&body, 1 << 16);
    nest(&body, CONTENT_DEPTH_MAX);
    assert_int_equal(find(*state, " multipart/mixed; boundary=b1", NULL, seki_buf_str(&body), SIZE_MAX).danger,
                     CONTENT_BY_NAME);
    nest(&body, CONTENT_DEPTH_MAX + 1);
    assert_int_equal(find(*state, " multipart/mixed; boundary=b1", NULL, seki_buf_str(&body), SIZE_MAX).danger,
                     CONTENT_OVER_BOUND);
    seki_buf_release(&body);
}

static void parts_are_bounded(void **state)
{
    struct seki_buf body;
    seki_buf_init(&body, 1 << 16);
    for (unsigned i = 1; i < CONTENT_PARTS_MAX; i++)
        seki_buf_add(&body, SEKI_STR("--b\r\n\r\n.\r\n"));
    assert_int_equal(find(*state, MIXED, NULL, seki_buf_str(&body), SIZE_MAX).danger, CONTENT_HARMLESS);
    seki_buf_add(&body, SEKI_STR("--b\r\n\r\n.\r\n"));
    assert_int_equal(find(*state, MIXED, NULL, seki_buf_str(&body), SIZE_MAX).danger, CONTENT_OVER_BOUND);
    seki_buf_release(&body);
}

static void the_header_of_a_part_is_bounded(void **state)
{
    struct seki_buf body;
    seki_buf_init(&body, 1 << 16);
    seki_buf_add(&body, SEKI_STR("--b\r\nX: "));
    while (body.len < CONTENT_PART_HEADER_MAX)
        seki_buf_add(&body, SEKI_STR("x"));
    seki_buf_add(&body, SEKI_STR("\r\n\r\ntext"));
    assert_int_equal(find(*state, MIXED, NULL, seki_buf_str(&body), SIZE_MAX).danger, CONTENT_HARMLESS);
    seki_buf_clear(&body);
    seki_buf_add(&body, SEKI_STR("--b\r\nX: "));
    while (body.len < CONTENT_PART_HEADER_MAX + 10)
        seki_buf_add(&body, SEKI_STR("x"));
    seki_buf_add(&body, SEKI_STR("\r\n\r\ntext"));
    assert_int_equal(find(*state, MIXED, NULL, seki_buf_str(&body), SIZE_MAX).danger, CONTENT_OVER_BOUND);
    seki_buf_release(&body);
}

static void every_field_may_hide_another(void **state)
{
    static const struct {
        const char *subject;
        enum content_danger danger;
    } fields[] = {
        { " text", CONTENT_HARMLESS },
        { " te\rxt\r\n more\r", CONTENT_HARMLESS },
        { " text\rContent-Type: multipart/mixed; boundary=b\r\r--b", CONTENT_OPAQUE },
        { " text\r\rtext", CONTENT_OPAQUE },
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        seki_arena_clear(*state);
        struct content_attachments *attachments = content_attachments_new(*state);
        content_attachments_field(attachments, SEKI_STR("Subject"), seki_str_of(fields[i].subject));
        content_attachments_end_of_header(attachments);
        struct content_finding finding = content_attachments_finding(attachments);
        content_attachments_end(attachments);
        assert_int_equal(finding.danger, fields[i].danger);
        assert_true(fields[i].danger == CONTENT_HARMLESS || seki_str_equal(finding.name, SEKI_STR("(header)")));
    }
}

static void a_full_arena_is_no_message(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(1000);
    assert_null(content_attachments_new(arena));
    content_attachments_end(NULL);
    seki_arena_free(arena);
}

static int open_arena(void **state)
{
    *state = seki_arena_new(1 << 20);
    return *state != NULL ? 0 : -1;
}

static int close_arena(void **state)
{
    seki_arena_free(*state);
    return 0;
}

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(findings_are_the_same_however_the_body_comes),
        cmocka_unit_test(a_line_is_found_wherever_it_stands),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(parts_are_bounded),
        cmocka_unit_test(the_header_of_a_part_is_bounded),
        cmocka_unit_test(every_field_may_hide_another),
        cmocka_unit_test(a_full_arena_is_no_message),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}

/* What a part's header says. Names in every spelling: RFC 2183, RFC 2231 section 3 and 4, RFC 2047 where it does not belong,
 * and what is against all of them and is read all the same. */
#include "content/part_header.h"

#include "content/kept_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct names {
    char text[2048];
    size_t len;
};

static void note(void *user, struct seki_str name)
{
    struct names *names = user;
    names->len += (size_t)snprintf(names->text + names->len, sizeof names->text - names->len, "%s%.*s",
                                   names->len > 0 ? "|" : "", SEKI_STR_ARGS(name));
}

#define CD "Content-Disposition: attachment; "
#define CT "Content-Type: application/octet-stream; "

static void every_name_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *want; /* names with "|" between them */
    } cases[] = {
        { "none", "Content-Type: text/plain; charset=utf-8\r\n", "" },
        { "a token", CD "filename=a.exe\r\n", "a.exe" },
        { "quoted", CD "filename=\"a b.exe\"\r\n", "a b.exe" },
        { "with an escaped quote", CD "filename=\"a\\\"b.exe\"\r\n", "a\"b.exe" },
        { "quotes that do not end", CD "filename=\"a.exe\r\n", "a.exe" },
        { "not quoted, with spaces", CD "filename=in voice.exe\r\n", "in voice.exe" },
        { "in the type", CT "name=a.exe\r\n", "a.exe" },
        { "two that differ", CT "name=a.txt\r\n" CD "filename=a.exe\r\n", "a.txt|a.exe" },
        { "twice in one field", CD "filename=a.txt; filename=a.exe\r\n", "a.txt|a.exe" },
        { "folded", CD "\r\n\tfilename=\r\n \"a.exe\"\r\n", "a.exe" },
        { "folded in the name", CD "filename=\"in\r\n voice.exe\"\r\n", "in voice.exe" },
        { "in capitals", "CONTENT-DISPOSITION: ATTACHMENT; FILENAME=A.EXE\r\n", "A.EXE" },
        { "a space before the colon", "Content-Disposition : attachment; filename=a.exe\r\n", "a.exe" },
        { "spaces around", CD " filename = a.exe ; x=y\r\n", "a.exe" },
        { "a comment before it", CD "(x;y=z) filename(c)=a.exe\r\n", "a.exe" },
        { "a comment that does not end", CD "filename=a(b.exe\r\n", "a(b.exe" },
        { "a semicolon in quotes", CD "x=\"a;b\"; filename=a.exe\r\n", "a.exe" },
        { "a semicolon that is not quoted", CD "filename=a;b.exe\r\n", "a|b.exe" },
        { "RFC 2231", CD "filename*=utf-8'en'a%2Eexe\r\n", "a.exe|utf-8'en'a%2Eexe" },
        { "without a charset", CD "filename*=a%2eexe\r\n", "a.exe|a%2eexe" },
        { "in pieces", CD "filename*0=\"in\"; filename*1=voice; filename*2=\".exe\"\r\n", "invoice.exe" },
        { "in pieces in any order", CD "filename*1=\".exe\"; filename*0=a\r\n", "a.exe" },
        { "pieces that are encoded", CD "filename*0*=utf-8''%61; filename*1=\"%2E\"; filename*2*=%65xe\r\n",
          "a%2Eexe" },
        { "pieces with a gap", CD "filename*0=a.exe; filename*2=.txt\r\n", "a.exe|a.exe.txt" },
        { "pieces of both parameters", CD "name*0=a.; filename*0=b.; filename*1=js; name*1=com\r\n", "a.com|b.js" },
        { "RFC 2047, base64", CD "filename=\"=?utf-8?B?YS5leGU=?=\"\r\n", "a.exe" },
        { "RFC 2047, Q", CD "filename=\"=?utf-8?Q?a=2Eexe?=\"\r\n", "a.exe" },
        { "not even quoted", CD "filename==?utf-8?Q?a_b=2Eexe?=\r\n", "a b.exe" },
        { "two words", CD "filename=\"=?utf-8?Q?a=2E?=\r\n =?utf-8?Q?exe?=\"\r\n", "a.exe" },
        { "a word and text", CD "filename=\"=?utf-8?Q?a?= =2E=?x?b?ZXhl?=\"\r\n", "a =2Eexe" },
        { "words in a charset that nobody knows", CD "filename=\"=?x-klingon?B?YS5leGU=?=\"\r\n", "a.exe" },
        { "words in pieces", CD "filename*0=\"=?utf-8?B?YS5l\"; filename*1=\"eGU=?=\"\r\n", "a.exe" },
        { "a word that does not end", CD "filename=\"=?utf-8?B?YS5leGU=\"\r\n", "a.exe" },
        { "nothing that could be a word", CD "filename=\"=?a?\"\r\n", "=?a?" },
        { "other fields do not matter", "Content-Description: a.exe\r\nX-Name: name=b.exe\r\n", "" },
        { "no colon", "filename=a.exe\r\n" CD "filename=b.exe\r\n", "b.exe" },
        { "nothing at all", "", "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct content_part_header header;
        struct names names = { .len = 0 };
        content_part_header_read(seki_str_of(cases[i].text), &header, note, &names);
        if (strcmp(names.text, cases[i].want) != 0 || header.has_name != (names.len > 0))
            fail_msg("%s: %s", cases[i].name, names.text);
    }
}

static void the_end_of_a_long_name_is_kept(void **state)
{
    (void)state;
    char text[4096];
    struct content_part_header header;
    struct names names = { .len = 0 };
    int len = snprintf(text, sizeof text, CD "filename=\"%03000d.exe\"\r\n", 0);
    content_part_header_read((struct seki_str){ text, (size_t)len }, &header, note, &names);
    assert_in_range(names.len, 5, CONTENT_KEPT_NAME_MAX);
    assert_string_equal(names.text + names.len - 4, ".exe");
}

#define MULTIPART "Content-Type: multipart/mixed; "

static void types_encodings_and_boundaries_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        enum content_part_type type;
        enum seki_transfer_encoding encoding;
        const char *boundaries; /* with "|" between them */
        bool is_odd;
    } cases[] = {
        { "nothing is text", "", CONTENT_PART_TEXT, SEKI_ENCODING_7BIT, "", false },
        { "text", "Content-Type: text/html\r\n", CONTENT_PART_TEXT, SEKI_ENCODING_7BIT, "", false },
        { "no type at all is text (RFC 2045 section 5.2)", "Content-Type: nonsense\r\n", CONTENT_PART_TEXT,
          SEKI_ENCODING_7BIT, "", false },
        { "an image", "Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n", CONTENT_PART_OTHER,
          SEKI_ENCODING_BASE64, "", false },
        { "a message", "Content-Type: message/rfc822\r\n", CONTENT_PART_MESSAGE, SEKI_ENCODING_7BIT, "", false },
        { "a report is no message", "Content-Type: message/delivery-status\r\n", CONTENT_PART_OTHER,
          SEKI_ENCODING_7BIT, "", false },
        { "parts", MULTIPART "boundary=abc\r\n", CONTENT_PART_MULTIPART, SEKI_ENCODING_7BIT, "abc", false },
        { "a quoted boundary", MULTIPART "boundary=\"a b:c\"\r\n", CONTENT_PART_MULTIPART, SEKI_ENCODING_7BIT,
          "a b:c", false },
        { "a boundary with an equals sign", MULTIPART "boundary=--=_x\r\n", CONTENT_PART_MULTIPART,
          SEKI_ENCODING_7BIT, "--=_x", false },
        { "a comment before the type", "Content-Type: (c) multipart/mixed; boundary=a\r\n", CONTENT_PART_MULTIPART,
          SEKI_ENCODING_7BIT, "a", false },
        { "the same boundary twice", MULTIPART "boundary=a; boundary=a\r\n", CONTENT_PART_MULTIPART,
          SEKI_ENCODING_7BIT, "a", false },
        { "two boundaries", MULTIPART "boundary=a; boundary=b\r\n", CONTENT_PART_MULTIPART, SEKI_ENCODING_7BIT,
          "a|b", false },
        { "three boundaries", MULTIPART "boundary=a; boundary=b; boundary=c\r\n", CONTENT_PART_MULTIPART,
          SEKI_ENCODING_7BIT, "a|b", true },
        { "a boundary in another form", MULTIPART "boundary*=us-ascii''a\r\n", CONTENT_PART_MULTIPART,
          SEKI_ENCODING_7BIT, "us-ascii''a", true },
        { "no boundary at all", MULTIPART "boundary=\"\"\r\n", CONTENT_PART_MULTIPART, SEKI_ENCODING_7BIT, "",
          true },
        { "a quoted pair in it", MULTIPART "boundary=\"a\\bc\"\r\n", CONTENT_PART_MULTIPART, SEKI_ENCODING_7BIT,
          "abc", true },
        { "a space at its end", MULTIPART "boundary=\"abc \"\r\n", CONTENT_PART_MULTIPART, SEKI_ENCODING_7BIT,
          "abc ", true },
        { "more behind its quotes", MULTIPART "boundary=\"abc\"def\r\n", CONTENT_PART_MULTIPART, SEKI_ENCODING_7BIT,
          "abc", true },
        { "quotes in its midst", MULTIPART "boundary=ab\"c\"\r\n", CONTENT_PART_MULTIPART, SEKI_ENCODING_7BIT,
          "ab\"c\"", true },
        { "a comment behind it", MULTIPART "boundary=abc (c)\r\n", CONTENT_PART_MULTIPART, SEKI_ENCODING_7BIT,
          "abc (c)", true },
        { "a fold in it", MULTIPART "boundary=\"ab\r\n c\"\r\n", CONTENT_PART_MULTIPART, SEKI_ENCODING_7BIT, "ab c",
          true },
        { "another parameter behind its quotes", MULTIPART "boundary=\"a(b)\" ; x=y\r\n", CONTENT_PART_MULTIPART,
          SEKI_ENCODING_7BIT, "a(b)", false },
        { "two fields, one of them with parts", "Content-Type: text/plain\r\n" MULTIPART "boundary=a\r\n",
          CONTENT_PART_MULTIPART, SEKI_ENCODING_7BIT, "a", false },
        { "an encoding with a comment", "Content-Transfer-Encoding: (c) Base64 (d)\r\n", CONTENT_PART_TEXT,
          SEKI_ENCODING_BASE64, "", false },
        { "two encodings", "Content-Transfer-Encoding: quoted-printable\r\nContent-Transfer-Encoding: base64\r\n",
          CONTENT_PART_TEXT, SEKI_ENCODING_BASE64, "", false },
        { "an encoding that is none", "Content-Transfer-Encoding: x-token\r\n", CONTENT_PART_TEXT,
          SEKI_ENCODING_7BIT, "", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct content_part_header header;
        struct names unused = { .len = 0 }, boundaries = { .len = 0 };
        content_part_header_read(seki_str_of(cases[i].text), &header, note, &unused);
        for (size_t j = 0; j < header.boundary_count; j++)
            note(&boundaries, content_part_boundary(&header, j));
        if (header.type != cases[i].type || header.encoding != cases[i].encoding ||
            header.is_odd != cases[i].is_odd || strcmp(boundaries.text, cases[i].boundaries) != 0)
            fail_msg("%s: type %d, encoding %d, boundaries %s", cases[i].name, (int)header.type,
                     (int)header.encoding, boundaries.text);
    }
}

static void more_pieces_than_are_read_are_odd(void **state)
{
    (void)state;
    char text[4096];
    size_t len = (size_t)snprintf(text, sizeof text, CD);
    for (unsigned i = 0; i <= CONTENT_PART_PIECES; i++) {
        struct content_part_header header;
        struct names names = { .len = 0 };
        len += (size_t)snprintf(text + len, sizeof text - len, "name*%u=a;", i);
        content_part_header_read((struct seki_str){ text, len }, &header, note, &names);
        assert_int_equal(header.is_odd, i == CONTENT_PART_PIECES);
    }
}

/* "(" that do not end cost a look at all that is behind them, each. */
static void more_open_comments_than_are_looked_for_are_odd(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        bool is_odd;
    } cases[] = {
        { "some in a name", CD "filename=a((((b.exe; x(=y; (z\r\n", false },
        { "comments that end", CT "(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)(l)(m)(n)(o)(p)(q)x=y\r\n", false },
        { "sixteen at once", CT "((((((((((((((((\r\n", true },
        { "sixteen in parameters and fields", CT "(;(;(;(;(;(;(;(\r\n" CD "(;(;(;(;(;(;(;(\r\n", true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct content_part_header header;
        struct names unused = { .len = 0 };
        content_part_header_read(seki_str_of(cases[i].text), &header, note, &unused);
        if (header.is_odd != cases[i].is_odd)
            fail_msg("%s", cases[i].name);
    }
}

static void names_in_charsets_that_are_not_read_are_odd(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_odd;
    } cases[] = {
        { CD "filename=\"=?ISO-2022-JP?B?GyRCQEE1YRsoQi50eHQ=?=\"\r\n", false },
        { CD "filename*=shift_jis''a.txt\r\n", false },
        { CD "filename=\"=?utf-7?Q?a=2BAC4AZQB4AGU-?=\"\r\n", true },
        { CT "name=\"=?UTF-16BE?B?AGEALgBlAHgAZQ==?=\"\r\n", true },
        { CD "filename*=utf-16''a%00.%00e%00x%00e%00\r\n", true },
        { CD "filename*0*=UTF-7''a%2B; filename*1=AC4AZQB4AGU-\r\n", true },
        { CT "name=\"=?IBM037?B?gUulp4U=?=\"\r\n", true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct content_part_header header;
        struct names unused = { .len = 0 };
        content_part_header_read(seki_str_of(cases[i].text), &header, note, &unused);
        if (header.is_odd != cases[i].is_odd)
            fail_msg("%s", cases[i].text);
    }
}

static void a_piece_of_a_message_is_odd(void **state)
{
    (void)state;
    struct content_part_header header;
    struct names unused = { .len = 0 };
    content_part_header_read(SEKI_STR("Content-Type: Message/Partial; number=1; total=2; id=x\r\n"), &header, note,
                             &unused);
    assert_true(header.is_odd);
}

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_is_told),
        cmocka_unit_test(the_end_of_a_long_name_is_kept),
        cmocka_unit_test(types_encodings_and_boundaries_are_read),
        cmocka_unit_test(more_pieces_than_are_read_are_odd),
        cmocka_unit_test(more_open_comments_than_are_looked_for_are_odd),
        cmocka_unit_test(names_in_charsets_that_are_not_read_are_odd),
        cmocka_unit_test(a_piece_of_a_message_is_odd),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* quoted-printable and base64, there and back. Expected texts: RFC 2045 section 6.7, and Python's quopri and base64. */
#include "message/transfer_encoding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define QP  SEKI_ENCODING_QUOTED_PRINTABLE
#define B64 SEKI_ENCODING_BASE64

static const struct seki_line_style usual = { 76, true }, careful = { 76, false }, narrow = { 8, true };

static const struct {
    const char *name;
    enum seki_transfer_encoding encoding;
    const char *text, *meaning; /* meaning NULL: not of that encoding */
} decodings[] = {
    { "RFC 2045 section 6.7: a soft line break", QP,
      "Now's the time =\r\nfor all folk to come=\r\n to the aid of their country.",
      "Now's the time for all folk to come to the aid of their country." },
    { "octets, also in lower case", QP, "=E3=81=82=3d", "あ=" },
    { "white space at the end of a line means nothing", QP, "a \t\r\nb =20\r\n", "a\r\nb  \r\n" },
    { "white space behind a soft line break", QP, "a= \r\nb", "ab" },
    { "an equals sign that begins nothing is kept", QP, "a?b=c&d=\r\n=4", "a?b=c&d=4" },
    { "bare LF", QP, "a=\nb\n", "ab\n" },
    { "base64 with line ends", B64, "SGVsbG8s\r\nIHdvcmxk\r\n", "Hello, world" },
    { "base64 with something else behind it", B64, "SGVsbG8s\r\n-- \r\nfooter", NULL },
    { "8bit is what it is", SEKI_ENCODING_8BIT, "=41\r\n", "=41\r\n" },
    { "another encoding", SEKI_ENCODING_OTHER, "x", NULL },
};

static void each_text_is_decoded(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof decodings / sizeof decodings[0]; i++) {
        struct seki_buf buf;
        seki_buf_init(&buf, 1 << 16);
        bool is_good = seki_transfer_decode(decodings[i].encoding, seki_str_of(decodings[i].text), &buf);
        if (is_good != (decodings[i].meaning != NULL) ||
            (is_good && !seki_str_equal(seki_buf_str(&buf), seki_str_of(decodings[i].meaning))))
            fail_msg("%s: %.*s", decodings[i].name, SEKI_STR_ARGS(seki_buf_str(&buf)));
        seki_buf_release(&buf);
    }
}

static const struct {
    const char *name;
    enum seki_transfer_encoding encoding;
    const struct seki_line_style *style;
    const char *meaning, *text;
} encodings[] = {
    { "what must be escaped", QP, &usual, "a=b\tc \r\n\x7F\xE3\x81\x82.\r\n", "a=3Db\tc=20\r\n=7F=E3=81=82.\r\n" },
    { "bare CR and LF are octets", QP, &usual, "a\rb\nc", "a=0Db=0Ac" },
    { "a line of as many columns as fit", QP, &narrow, "12345678\r\n", "12345678\r\n" },
    { "one octet more", QP, &narrow, "123456789\r\n", "1234567=\r\n89\r\n" },
    { "an escape is not broken", QP, &narrow, "123456=7", "123456=\r\n=3D7" },
    { "the last column left free", QP, &(struct seki_line_style){ 8, false }, "12345678\r\n", "1234567=\r\n8\r\n" },
    { "base64 lines", B64, &(struct seki_line_style){ 8, true }, "Hello, world", "SGVsbG8s\r\nIHdvcmxk" },
    { "base64 of nothing", B64, &usual, "", "" },
    { "7bit is what it is", SEKI_ENCODING_7BIT, &usual, "=\r\n", "=\r\n" },
};

static void each_meaning_is_encoded(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof encodings / sizeof encodings[0]; i++) {
        struct seki_buf buf;
        seki_buf_init(&buf, 1 << 16);
        seki_transfer_encode(encodings[i].encoding, seki_str_of(encodings[i].meaning), encodings[i].style, &buf);
        if (!seki_str_equal(seki_buf_str(&buf), seki_str_of(encodings[i].text)))
            fail_msg("%s: %.*s", encodings[i].name, SEKI_STR_ARGS(seki_buf_str(&buf)));
        seki_buf_release(&buf);
    }
}

static void decoding_undoes_encoding(void **state)
{
    static const struct seki_line_style *const styles[] = { &usual, &careful, &narrow };
    (void)state;
    char octets[1000];
    unsigned seed = 1;
    for (size_t i = 0; i < sizeof octets; i++) {
        seed = seed * 1103515245u + 12345u;
        octets[i] = (char)(seed >> 16);
    }
    struct seki_str text = { octets, sizeof octets };
    for (size_t i = 0; i < 6; i++) {
        enum seki_transfer_encoding encoding = i % 2 == 0 ? QP : B64;
        struct seki_buf encoded, decoded;
        seki_buf_init(&encoded, 1 << 16);
        seki_buf_init(&decoded, 1 << 16);
        seki_transfer_encode(encoding, text, styles[i / 2], &encoded);
        assert_true(seki_transfer_decode(encoding, seki_buf_str(&encoded), &decoded));
        assert_true(seki_str_equal(seki_buf_str(&decoded), text));
        seki_buf_release(&encoded);
        seki_buf_release(&decoded);
    }
}

static void names_are_read_in_any_case(void **state)
{
    (void)state;
    assert_int_equal(seki_transfer_encoding_read(SEKI_STR(" Quoted-Printable\r\n")), QP);
    assert_int_equal(seki_transfer_encoding_read(SEKI_STR("BASE64")), B64);
    assert_int_equal(seki_transfer_encoding_read(SEKI_STR("")), SEKI_ENCODING_7BIT);
    assert_int_equal(seki_transfer_encoding_read(SEKI_STR("x-uuencode")), SEKI_ENCODING_OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_text_is_decoded),
        cmocka_unit_test(each_meaning_is_encoded),
        cmocka_unit_test(decoding_undoes_encoding),
        cmocka_unit_test(names_are_read_in_any_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

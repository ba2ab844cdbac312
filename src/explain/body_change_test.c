/* Bodies that were changed after they were signed, each in a way that software is known for, and in ways that nobody could
 * undo. What was signed and what was received is written out by hand; only bh= is computed from the former. */
#include "explain/body_change.h"

#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define SIMPLE  SEKI_CANON_SIMPLE
#define RELAXED SEKI_CANON_RELAXED
#define TEXT    "Dear reader,\r\n\r\nthe price is 10 EUR.\r\nYours\r\n"
#define FOOTER  "_______________________________________________\r\nlist mailing list\r\nlist@lists.example.org\r\n"
#define NONE    EXPLAIN_BODY_KINDS

#define ALTERNATIVE "multipart/alternative; boundary=\"b\""
#define MIXED       "multipart/mixed; boundary=\"b\""
#define PLAIN_PART  "--b\r\nContent-Type: text/plain\r\n\r\n"
#define HTML_PART   "\r\n--b\r\nContent-Type: text/html\r\n\r\n"

/* "価格は10円です。" in the character sets of Japan, made with iconv(1). */
#define YEN_UTF8                                                                                                   \
    "\xe4\xbe\xa1\xe6\xa0\xbc\xe3\x81\xaf"                                                                         \
    "10"                                                                                                           \
    "\xe5\x86\x86\xe3\x81\xa7\xe3\x81\x99\xe3\x80\x82"
#define YEN_JIS "\x1b$B2A3J$O\x1b(B10\x1b$B1_$G$9!#\x1b(B"
#define YEN_SJIS                                                                                                   \
    "\x89\xbf\x8ai\x82\xcd"                                                                                        \
    "10"                                                                                                           \
    "\x89~\x82\xc5\x82\xb7\x81"                                                                                    \
    "B"
#define YEN_EUC                                                                                                    \
    "\xb2\xc1\xb3\xca\xa4\xcf"                                                                                     \
    "10"                                                                                                           \
    "\xb1\xdf\xa4\xc7\xa4\xb9\xa1\xa3"
/* The same in base64 of UTF-8, by base64(1). */
#define YEN_BASE64 "5L6h5qC844GvMTDlhobjgafjgZnjgII="

struct change {
    const char *name;
    enum seki_canonicalization canonicalization;
    const char *content_type, *transfer_encoding, *was_signed, *received;
    enum explain_body_kind kinds[3]; /* up to the first NONE */
    size_t first_line, line_count;   /* of the first; 0: not to be told */
};

static const struct change changes[] = {
    { "nothing", RELAXED, "", "", TEXT, TEXT, { NONE }, 0, 0 },
    { "nothing, of an empty body, relaxed", RELAXED, "", "", "", "", { NONE }, 0, 0 },
    { "nothing, of an empty body, simple", SIMPLE, "", "", "", "\r\n", { NONE }, 0, 0 },
    { "blank lines at the end, which no canonicalization counts",
      SIMPLE,
      "",
      "",
      TEXT,
      TEXT "\r\n\r\n",
      { NONE },
      0,
      0 },
    { "trailing white space where relaxed does not count it",
      RELAXED,
      "",
      "",
      TEXT,
      "Dear reader, \r\n\r\nthe  price is 10 EUR.\r\nYours\t",
      { NONE },
      0,
      0 },

    { "a footer of a mailing list", RELAXED, "", "", TEXT, TEXT FOOTER, { EXPLAIN_BODY_APPENDED, NONE }, 5, 3 },
    { "a footer behind a blank line, simple",
      SIMPLE,
      "",
      "",
      TEXT,
      TEXT "\r\n-- \r\nfooter\r\n",
      { EXPLAIN_BODY_APPENDED, NONE },
      5,
      3 },
    { "one line without any rule",
      RELAXED,
      "",
      "",
      TEXT,
      TEXT "Sent by a gateway.\r\n",
      { EXPLAIN_BODY_APPENDED, NONE },
      5,
      1 },
    { "everything, relaxed", RELAXED, "", "", "", "Hello\r\n", { EXPLAIN_BODY_APPENDED, NONE }, 1, 1 },
    { "everything, simple", SIMPLE, "", "", "", "Hello\r\nyou\r\n", { EXPLAIN_BODY_APPENDED, NONE }, 1, 2 },
    { "blank lines of spaces, simple",
      SIMPLE,
      "",
      "",
      TEXT,
      TEXT "  \r\n \r\n",
      { EXPLAIN_BODY_FINAL_LINES, NONE },
      5,
      2 },

    { "bare LF for CRLF",
      SIMPLE,
      "",
      "",
      TEXT,
      "Dear reader,\n\r\nthe price is 10 EUR.\nYours\r\n",
      { EXPLAIN_BODY_LINE_ENDS, NONE },
      0,
      0 },
    { "bare CR for CRLF",
      RELAXED,
      "",
      "",
      TEXT,
      "Dear reader,\r\rthe price is 10 EUR.\r\nYours\r\n",
      { EXPLAIN_BODY_LINE_ENDS, NONE },
      0,
      0 },
    { "a CR more",
      SIMPLE,
      "",
      "",
      TEXT,
      "Dear reader,\r\r\n\r\r\nthe price is 10 EUR.\r\r\nYours\r\r\n",
      { EXPLAIN_BODY_LINE_ENDS, NONE },
      0,
      0 },
    { "every line end doubled",
      RELAXED,
      "",
      "",
      TEXT,
      "Dear reader,\r\n\r\n\r\n\r\nthe price is 10 EUR.\r\n\r\nYours\r\n\r\n",
      { EXPLAIN_BODY_LINE_ENDS, NONE },
      0,
      0 },
    { "CRLF for bare LF", SIMPLE, "", "", "a\nb\nc\n", "a\r\nb\r\nc\r\n", { EXPLAIN_BODY_LINE_ENDS, NONE }, 0, 0 },
    { "bare LF, and a footer",
      RELAXED,
      "",
      "",
      TEXT,
      "Dear reader,\n\nthe price is 10 EUR.\nYours\r\n" FOOTER,
      { EXPLAIN_BODY_LINE_ENDS, EXPLAIN_BODY_APPENDED, NONE },
      0,
      0 },

    { "trailing white space, simple",
      SIMPLE,
      "",
      "",
      TEXT,
      "Dear reader, \r\n\r\nthe price is 10 EUR.\t\r\nYours\r\n",
      { EXPLAIN_BODY_WHITE_SPACE, NONE },
      1,
      2 },
    { "the space of the signature line",
      SIMPLE,
      "",
      "",
      "a\r\n-- \r\nb\r\n",
      "a\r\n--\r\nb\r\n",
      { EXPLAIN_BODY_WHITE_SPACE, NONE },
      2,
      1 },
    { "doubled spaces, simple",
      SIMPLE,
      "",
      "",
      TEXT,
      "Dear  reader,\r\n\r\nthe price  is 10 EUR.\r\nYours\r\n",
      { EXPLAIN_BODY_WHITE_SPACE, NONE },
      0,
      0 },
    { "trailing white space, and a footer behind it",
      SIMPLE,
      "",
      "",
      TEXT,
      "Dear reader, \r\n\r\nthe price is 10 EUR.\r\nYours\r\n" FOOTER,
      { EXPLAIN_BODY_WHITE_SPACE, EXPLAIN_BODY_APPENDED, NONE },
      1,
      1 },

    { "mbox quoting",
      RELAXED,
      "",
      "",
      "a\r\nFrom here on\r\n",
      "a\r\n>From here on\r\n",
      { EXPLAIN_BODY_FROM_ESCAPED, NONE },
      2,
      1 },
    { "mbox quoting taken away",
      RELAXED,
      "",
      "",
      "a\r\n>From here on\r\n",
      "a\r\nFrom here on\r\n",
      { EXPLAIN_BODY_FROM_ESCAPED, NONE },
      2,
      1 },
    { "mboxrd quoting",
      RELAXED,
      "",
      "",
      "From a\r\n>From b\r\n",
      ">From a\r\n>>From b\r\n",
      { EXPLAIN_BODY_FROM_ESCAPED, NONE },
      1,
      2 },
    { "dots doubled",
      RELAXED,
      "",
      "",
      ".profile\r\n..\r\n",
      "..profile\r\n...\r\n",
      { EXPLAIN_BODY_DOTS, NONE },
      1,
      2 },
    { "dots taken away", RELAXED, "", "", "a\r\n..b\r\n", "a\r\n.b\r\n", { EXPLAIN_BODY_DOTS, NONE }, 2, 1 },
    { "spaces to tabs", SIMPLE, "", "", "        a       b\r\n", "\ta\tb\r\n", { EXPLAIN_BODY_TABS, NONE }, 1, 1 },
    { "spaces to tabs of four, which relaxed would not see",
      SIMPLE,
      "",
      "",
      "    a\r\n",
      "\ta\r\n",
      { EXPLAIN_BODY_TABS, NONE },
      1,
      1 },
    { "tabs to spaces at the front",
      SIMPLE,
      "",
      "",
      "\t\ta  b\r\n",
      "                a  b\r\n",
      { EXPLAIN_BODY_TABS, NONE },
      1,
      1 },
    { "tabs to spaces everywhere",
      SIMPLE,
      "",
      "",
      "\ta\tb\r\n",
      "        a       b\r\n",
      { EXPLAIN_BODY_TABS, NONE },
      1,
      1 },
    { "two at a time: mbox quoting and dots",
      RELAXED,
      "",
      "",
      "From a\r\n.b\r\n",
      ">From a\r\n..b\r\n",
      { EXPLAIN_BODY_FROM_ESCAPED, EXPLAIN_BODY_DOTS, NONE },
      1,
      1 },

    { "a line broken in Sendmail's way",
      RELAXED,
      "",
      "",
      "one two three\r\n",
      "one tw!\r\n o three\r\n",
      { EXPLAIN_BODY_LINES_BROKEN, NONE },
      0,
      0 },
    { "paragraphs filled at 72",
      RELAXED,
      "",
      "",
      "aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa bbb c\r\n",
      "aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa\r\nbbb c\r\n",
      { EXPLAIN_BODY_LINES_BROKEN, NONE },
      0,
      0 },
    { "format=flowed",
      RELAXED,
      "text/plain; format=flowed",
      "",
      "one two\r\nthree\r\n",
      "one \r\ntwo\r\nthree\r\n",
      { EXPLAIN_BODY_LINES_BROKEN, NONE },
      0,
      0 },

    { "a banner",
      RELAXED,
      "",
      "",
      TEXT,
      "[EXTERNAL] Be careful with links.\r\n\r\n" TEXT,
      { EXPLAIN_BODY_BANNER, NONE },
      1,
      2 },
    { "a banner and a footer",
      RELAXED,
      "",
      "",
      TEXT,
      "[EXTERNAL]\r\n" TEXT FOOTER,
      { EXPLAIN_BODY_BANNER, EXPLAIN_BODY_APPENDED, NONE },
      1,
      1 },
    { "a banner in HTML, inside a line",
      RELAXED,
      "text/html",
      "",
      "<html><body bgcolor=x><p>Hi</p></body>\r\n",
      "<html><body bgcolor=x><div>EXTERNAL <br> mail</div><p>Hi</p></body>\r\n",
      { EXPLAIN_BODY_BANNER, NONE },
      1,
      1 },
    { "a banner in a part",
      RELAXED,
      ALTERNATIVE,
      "",
      PLAIN_PART TEXT HTML_PART "<p>x</p>\r\n--b--\r\n",
      PLAIN_PART "EXTERNAL\r\n" TEXT HTML_PART "<p>x</p>\r\n--b--\r\n",
      { EXPLAIN_BODY_BANNER, NONE },
      4,
      1 },

    { "a footer in the text part",
      RELAXED,
      ALTERNATIVE,
      "",
      PLAIN_PART TEXT HTML_PART "<p>x</p>\r\n--b--\r\n",
      PLAIN_PART TEXT FOOTER HTML_PART "<p>x</p>\r\n--b--\r\n",
      { EXPLAIN_BODY_FOOTER_IN_PART, NONE },
      8,
      4 },
    { "footers in the text part and in the HTML",
      SIMPLE,
      ALTERNATIVE,
      "",
      PLAIN_PART TEXT HTML_PART "<p>x</p>\r\n--b--\r\n",
      PLAIN_PART TEXT FOOTER HTML_PART "<p>x</p>\r\n<hr>\r\n<p>list</p>\r\n--b--\r\n",
      { EXPLAIN_BODY_FOOTER_IN_PART, EXPLAIN_BODY_FOOTER_IN_PART, NONE },
      16,
      2 },
    { "a footer that took a blank line's place",
      SIMPLE,
      MIXED,
      "",
      PLAIN_PART "a\r\n\r\n--b--\r\n",
      PLAIN_PART "a\r\nfooter\r\n--b--\r\n",
      { EXPLAIN_BODY_FOOTER_IN_PART, NONE },
      5,
      1 },
    { "a part for the footer",
      RELAXED,
      MIXED,
      "",
      PLAIN_PART TEXT "\r\n--b--\r\n",
      PLAIN_PART TEXT "\r\n" PLAIN_PART FOOTER "\r\n--b--\r\n",
      { EXPLAIN_BODY_PART_ADDED, NONE },
      9,
      7 },
    { "a part before and a part behind",
      RELAXED,
      MIXED,
      "",
      PLAIN_PART TEXT "\r\n--b--\r\n",
      PLAIN_PART "Head\r\n" PLAIN_PART TEXT "\r\n" PLAIN_PART FOOTER "\r\n--b--\r\n",
      { EXPLAIN_BODY_PART_ADDED, EXPLAIN_BODY_PART_ADDED, NONE },
      13,
      7 },
    { "wrapped into a multipart",
      RELAXED,
      MIXED,
      "",
      TEXT,
      PLAIN_PART TEXT "\r\n--b\r\n\r\n" FOOTER "\r\n--b--\r\n",
      { EXPLAIN_BODY_WRAPPED, NONE },
      0,
      0 },
    { "wrapped, and encoded anew",
      SIMPLE,
      MIXED,
      "",
      TEXT,
      "--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n"
      "RGVhciByZWFkZXIsDQoNCnRoZSBwcmljZSBpcyAxMCBFVVIuDQpZb3Vycw0K\r\n\r\n--b\r\n\r\n" FOOTER "\r\n--b--\r\n",
      { EXPLAIN_BODY_WRAPPED, EXPLAIN_BODY_REENCODED, NONE },
      0,
      0 },

    { "8bit to quoted-printable",
      SIMPLE,
      "text/plain; charset=utf-8",
      "quoted-printable",
      "Gr\xc3\xbc\xc3\x9f"
      "e = \r\n",
      "Gr=C3=BC=C3=9Fe =3D=20\r\n",
      { EXPLAIN_BODY_REENCODED, NONE },
      0,
      0 },
    { "8bit to base64 of a Unix text",
      SIMPLE,
      "text/plain; charset=utf-8",
      "base64",
      YEN_UTF8 "\r\n",
      "5L6h5qC844GvMTDlhobjgafjgZnjgIIK\r\n",
      { EXPLAIN_BODY_REENCODED, NONE },
      0,
      0 },
    { "quoted-printable to 8bit",
      SIMPLE,
      "text/plain; charset=utf-8",
      "8bit",
      "Gr=C3=BC=C3=9Fe\r\n",
      "Gr\xc3\xbc\xc3\x9f"
      "e\r\n",
      { EXPLAIN_BODY_REENCODED, NONE },
      0,
      0 },
    { "base64 to 8bit",
      SIMPLE,
      "text/plain; charset=utf-8",
      "8bit",
      YEN_BASE64 "\r\n",
      YEN_UTF8 "\r\n",
      { EXPLAIN_BODY_REENCODED, NONE },
      0,
      0 },
    { "base64 to 8bit, and a footer",
      SIMPLE,
      "text/plain; charset=utf-8",
      "8bit",
      YEN_BASE64 "\r\n",
      YEN_UTF8 "\r\n" FOOTER,
      { EXPLAIN_BODY_REENCODED, EXPLAIN_BODY_APPENDED, NONE },
      0,
      0 },
    { "8bit to quoted-printable, with a footer before",
      RELAXED,
      "text/plain; charset=utf-8",
      "quoted-printable",
      "Gr\xc3\xbc\xc3\x9f"
      "e\r\n",
      "Gr=C3=BC=C3=9Fe\r\n" FOOTER,
      { EXPLAIN_BODY_REENCODED, EXPLAIN_BODY_APPENDED, NONE },
      0,
      0 },
    { "a part from 8bit to quoted-printable",
      RELAXED,
      MIXED,
      "",
      "--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
      "8bit\r\n\r\n\xc3\xbc\r\n--b--\r\n",
      "--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
      "quoted-printable\r\n\r\n=C3=BC\r\n--b--\r\n",
      { EXPLAIN_BODY_REENCODED, NONE },
      0,
      0 },
    { "two parts from 8bit to quoted-printable",
      RELAXED,
      MIXED,
      "",
      "--b\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xc3\xbc\r\n--b\r\nContent-Transfer-Encoding: "
      "8bit\r\n\r\n\xc3\xa4\r\n--b--\r\n",
      "--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=C3=BC\r\n--b\r\nContent-Transfer-Encoding: "
      "quoted-printable\r\n\r\n=C3=A4\r\n"
      "--b--\r\n",
      { EXPLAIN_BODY_REENCODED, NONE },
      0,
      0 },

    { "ISO-2022-JP to UTF-8",
      SIMPLE,
      "text/plain; charset=\"UTF-8\"",
      "8bit",
      YEN_JIS "\r\n",
      YEN_UTF8 "\r\n",
      { EXPLAIN_BODY_CHARSET, NONE },
      0,
      0 },
    { "ISO-2022-JP to base64 of UTF-8, with a footer",
      RELAXED,
      "text/plain; charset=UTF-8",
      "base64",
      YEN_JIS "\r\n",
      "5L6h5qC844GvMTDlhobjgafjgZnjgIINCi0tIA0KbGlzdA0K\r\n",
      { EXPLAIN_BODY_CHARSET, EXPLAIN_BODY_APPENDED, NONE },
      0,
      0 },
    { "Shift_JIS to UTF-8",
      RELAXED,
      "text/plain; charset=utf-8",
      "8bit",
      YEN_SJIS "\r\n",
      YEN_UTF8 "\r\n",
      { EXPLAIN_BODY_CHARSET, NONE },
      0,
      0 },
    { "EUC-JP to ISO-2022-JP",
      RELAXED,
      "text/plain; charset=iso-2022-jp",
      "7bit",
      YEN_EUC "\r\n",
      YEN_JIS "\r\n",
      { EXPLAIN_BODY_CHARSET, NONE },
      0,
      0 },
    { "base64 of UTF-8 to ISO-2022-JP",
      RELAXED,
      "text/plain; charset=iso-2022-jp",
      "7bit",
      YEN_BASE64 "\r\n",
      YEN_JIS "\r\n",
      { EXPLAIN_BODY_CHARSET, NONE },
      0,
      0 },
    { "Latin-1 to UTF-8",
      RELAXED,
      "text/plain; charset=utf-8",
      "8bit",
      "Gr\xfc\xdf"
      "e\r\n",
      "Gr\xc3\xbc\xc3\x9f"
      "e\r\n",
      { EXPLAIN_BODY_CHARSET, NONE },
      0,
      0 },
    { "a part from ISO-2022-JP to UTF-8",
      RELAXED,
      MIXED,
      "",
      "--b\r\nContent-Type: text/plain; charset=ISO-2022-JP\r\nContent-Transfer-Encoding: 7bit\r\n\r\n" YEN_JIS
      "\r\n--b--\r\n",
      "--b\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" YEN_BASE64
      "\r\n--b--\r\n",
      { EXPLAIN_BODY_CHARSET, NONE },
      0,
      0 },
};

static struct seki_context *context;

static int start(void **state)
{
    (void)state;
    context = seki_context_new(0, NULL);
    return context == NULL;
}

static int stop(void **state)
{
    (void)state;
    seki_context_free(context);
    return 0;
}

/* bh= of a body, or of its first octets (length below 0: all). */
static struct seki_body_digest body_digest(struct seki_str octets, enum seki_canonicalization canonicalization,
                                           int64_t length)
{
    struct seki_arena *arena = seki_arena_new(1 << 16);
    struct seki_body_hash *body = seki_body_hash_new(arena, context);
    size_t id;
    assert_int_equal(seki_body_hash_request(body, canonicalization, SEKI_DIGEST_SHA256,
                                            length < 0 ? SEKI_BODY_WHOLE : (uint64_t)length, &id),
                     SEKI_OK);
    seki_body_hash_update(body, octets);
    seki_body_hash_finish(body);
    struct seki_body_digest digest = *seki_body_hash_get(body, id);
    seki_body_hash_end(body);
    seki_arena_free(arena);
    return digest;
}

static struct seki_str digest_str(const struct seki_body_digest *digest)
{
    return (struct seki_str){ (const char *)digest->octets, digest->octet_count };
}

/* What is claimed must be what hashes to bh=. */
static struct explain_body_change find(const struct explain_body *body, const struct explain_body_target *target)
{
    struct explain_body_change change;
    struct seki_buf original;
    uint8_t digest[32];
    seki_buf_init(&original, 1 << 24);
    assert_int_equal(explain_body_change_find(context, body, target, &change, &original), SEKI_OK);
    assert_int_equal(EVP_Digest(seki_buf_str(&original).ptr, original.len, digest, NULL, EVP_sha256(), NULL), 1);
    if (change.is_found)
        assert_memory_equal(digest, target->body_digest.ptr, sizeof digest);
    assert_true(change.work <= 64 * (body->octets.len + 16384));
    seki_buf_release(&original);
    return change;
}

static void check(const struct change *c)
{
    struct seki_body_digest digest = body_digest(seki_str_of(c->was_signed), c->canonicalization, -1);
    const struct explain_body body = { seki_str_of(c->received), seki_str_of(c->content_type),
                                       seki_str_of(c->transfer_encoding) };
    const struct explain_body_target target = { .canonicalization = c->canonicalization,
                                                .body_digest = digest_str(&digest) };
    struct explain_body_change change = find(&body, &target);
    size_t want = 0;
    while (c->kinds[want] != NONE)
        want++;
    if (!change.is_found || change.step_count != want)
        fail_msg("%s: found=%d, %zu steps, the first %s", c->name, change.is_found, change.step_count,
                 explain_body_kind_texts[change.steps[0].kind].id);
    for (size_t i = 0; i < want; i++)
        if (change.steps[i].kind != c->kinds[i])
            fail_msg("%s: step %zu is %s", c->name, i, explain_body_kind_texts[change.steps[i].kind].id);
    if (want > 0 && (change.steps[0].first_line != c->first_line ||
                     (c->first_line > 0 && change.steps[0].line_count != c->line_count)))
        fail_msg("%s: line %zu, %zu lines", c->name, change.steps[0].first_line, change.steps[0].line_count);
}

static void each_change_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
        check(&changes[i]);
}

static void a_long_line_that_a_server_broke(void **state)
{
    (void)state;
    static char was_signed[3000], received[3100];
    memset(was_signed, 'x', 2500);
    memcpy(was_signed + 2500, "\r\n", 3);
    memset(received, 'x', 998);
    memcpy(received + 998, "\r\n ", 3);
    memset(received + 1001, 'x', 997);
    memcpy(received + 1998, "\r\n ", 3);
    memset(received + 2001, 'x', 505);
    memcpy(received + 2506, "\r\n", 3);
    const struct change with_space = {
        "Postfix", RELAXED, "", "", was_signed, received, { EXPLAIN_BODY_LINES_BROKEN, NONE }, 0, 0
    };
    check(&with_space);
    snprintf(received, sizeof received, "%.*s\r\n%.*s\r\n%.*s\r\n", 998, was_signed, 998, was_signed, 504,
             was_signed);
    const struct change without = {
        "others", SIMPLE, "", "", was_signed, received, { EXPLAIN_BODY_LINES_BROKEN, NONE }, 0, 0
    };
    check(&without);
}

static void nul_octets_are_found(void **state)
{
    (void)state;
    struct seki_body_digest digest = body_digest(SEKI_STR("ab\r\n"), RELAXED, -1);
    const struct explain_body body = { SEKI_STR("a\0\0b\r\n"), SEKI_STR(""), SEKI_STR("") };
    const struct explain_body_target target = { .canonicalization = RELAXED, .body_digest = digest_str(&digest) };
    struct explain_body_change change = find(&body, &target);
    assert_true(change.is_found && change.step_count == 1 && change.steps[0].kind == EXPLAIN_BODY_NUL);
    assert_int_equal(change.octets, 2);
}

/* Signers that do not follow RFC 6376: what they hash, given octet for octet. */
static const struct {
    const char *name;
    enum seki_canonicalization canonicalization;
    const char *hashed, *received;
    enum explain_body_kind kind;
} signers[] = {
    { "an empty body as CRLF, relaxed", RELAXED, "\r\n", "", EXPLAIN_BODY_FINAL_LINES },
    { "an empty body as nothing, simple", SIMPLE, "", "", EXPLAIN_BODY_FINAL_LINES },
    { "no last line end", RELAXED, "a\r\nb", "a\r\nb\r\n", EXPLAIN_BODY_FINAL_LINES },
    { "the blank lines at the end", SIMPLE, "a\r\n\r\n\r\n", "a\r\n\r\n\r\n", EXPLAIN_BODY_FINAL_LINES },
    { "LF for CRLF", SIMPLE, "a\nb\n", "a\r\nb\r\n", EXPLAIN_BODY_LINE_ENDS },
};

static void signers_that_count_otherwise_are_found_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof signers / sizeof signers[0]; i++) {
        uint8_t digest[32];
        assert_int_equal(EVP_Digest(signers[i].hashed, strlen(signers[i].hashed), digest, NULL, EVP_sha256(), NULL),
                         1);
        const struct explain_body body = { seki_str_of(signers[i].received), SEKI_STR(""), SEKI_STR("") };
        const struct explain_body_target target = { .canonicalization = signers[i].canonicalization,
                                                    .body_digest = { (const char *)digest, 32 } };
        struct explain_body_change change = find(&body, &target);
        if (!change.is_found || change.step_count != 1 || change.steps[0].kind != signers[i].kind)
            fail_msg("%s: found=%d %s", signers[i].name, change.is_found,
                     explain_body_kind_texts[change.steps[0].kind].id);
    }
}

static void a_length_is_honoured(void **state)
{
    (void)state;
    struct seki_body_digest digest = body_digest(SEKI_STR("From a\r\nb\r\n"), RELAXED, 8);
    const struct explain_body body = { SEKI_STR(">From a\r\nsomething else\r\n"), SEKI_STR(""), SEKI_STR("") };
    struct explain_body_target target = {
        .canonicalization = RELAXED, .body_digest = digest_str(&digest), .has_length = true, .length = 8
    };
    struct explain_body_change change = find(&body, &target);
    assert_true(change.is_found && change.step_count == 1 && change.steps[0].kind == EXPLAIN_BODY_FROM_ESCAPED);
    target.length = 9; /* one octet more of another text */
    assert_false(find(&body, &target).is_found);
    target.length = 1000;
    assert_false(find(&body, &target).is_found);
}

static const struct {
    const char *name, *content_type, *transfer_encoding, *was_signed, *received;
} damages[] = {
    { "a word", "", "", TEXT, "Dear reader,\r\n\r\nthe price is 99 EUR.\r\nYours\r\n" },
    { "the first line is missing", "", "", TEXT, "the price is 10 EUR.\r\nYours\r\n" },
    { "the last line is missing", "", "", TEXT, "Dear reader,\r\n\r\nthe price is 10 EUR.\r\n" },
    { "a word, and a footer", "", "", TEXT, "Dear reader,\r\n\r\nthe price is 99 EUR.\r\nYours\r\n" FOOTER },
    { "another body", "", "", TEXT, "x" },
    { "nothing left", "", "", TEXT, "" },
    { "a part's text", MIXED, "", PLAIN_PART TEXT "\r\n--b--\r\n",
      PLAIN_PART "Buy!\r\n"
                 "\r\n--b--\r\n" },
    { "base64", "text/plain; charset=utf-8", "base64", YEN_UTF8 "\r\n", "5L6h5qC844GvMTHlhobjgafjgZnjgII=\r\n" },
    { "base64 that is none", "text/plain; charset=utf-8", "base64", YEN_UTF8 "\r\n", "!!!\r\n" },
    { "a character set that nobody knows", "text/plain; charset=x-y//z", "8bit", YEN_JIS "\r\n", YEN_UTF8 "\r\n" },
};

static void what_nothing_fits_is_not_explained(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        for (unsigned canonicalization = 0; canonicalization < 2; canonicalization++) {
            struct seki_body_digest digest =
                body_digest(seki_str_of(damages[i].was_signed), (enum seki_canonicalization)canonicalization, -1);
            const struct explain_body body = { seki_str_of(damages[i].received),
                                               seki_str_of(damages[i].content_type),
                                               seki_str_of(damages[i].transfer_encoding) };
            const struct explain_body_target target = { .canonicalization =
                                                            (enum seki_canonicalization)canonicalization,
                                                        .body_digest = digest_str(&digest) };
            if (find(&body, &target).is_found)
                fail_msg("%s: explained", damages[i].name);
        }
    }
}

/* Random damage, and a body that makes everything expensive. */
static void work_is_bounded_and_said_to_be(void **state)
{
    (void)state;
    struct seki_buf text;
    unsigned seed = 7;
    seki_buf_init(&text, 1 << 22);
    seki_buf_add(&text, SEKI_STR(PLAIN_PART));
    for (size_t i = 0; i < 60000; i++) {
        seed = seed * 1103515245u + 12345u;
        seki_buf_add_char(&text, i % 7 == 6 ? '\n' : i % 7 == 5 ? '\r' : "-_ \t.ab\xe3"[seed >> 16 & 7]);
    }
    for (size_t i = 0; i < 40; i++)
        seki_buf_add(&text, SEKI_STR("\r\n" PLAIN_PART "From a\t\r\n..\r\n>From \r\n\r\n-- \r\nfooter\r\n"));
    struct seki_body_digest digest = body_digest(SEKI_STR("something else"), RELAXED, -1);
    const struct explain_body body = { seki_buf_str(&text), SEKI_STR(MIXED), SEKI_STR("") };
    const struct explain_body_target target = { .canonicalization = RELAXED, .body_digest = digest_str(&digest) };
    struct explain_body_change change = find(&body, &target);
    assert_false(change.is_found);
    assert_true(change.is_stopped);
    seki_buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_change_is_found),
        cmocka_unit_test(a_long_line_that_a_server_broke),
        cmocka_unit_test(nul_octets_are_found),
        cmocka_unit_test(signers_that_count_otherwise_are_found_out),
        cmocka_unit_test(a_length_is_honoured),
        cmocka_unit_test(what_nothing_fits_is_not_explained),
        cmocka_unit_test(work_is_bounded_and_said_to_be),
    };
    return cmocka_run_group_tests(tests, start, stop);
}

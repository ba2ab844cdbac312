/* DMARC records: RFC 9989 sections 4.7 and 4.8. */
#include "auth/dmarc_record.h"
#include "auth/dmarc_uri.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define NONE       SEKI_DMARC_POLICY_NONE
#define QUARANTINE SEKI_DMARC_POLICY_QUARANTINE
#define REJECT     SEKI_DMARC_POLICY_REJECT

struct want {
    enum seki_dmarc_policy p, sp, np;
    bool is_invalid, adkim_strict, aspf_strict, is_testing;
    enum seki_dmarc_psd psd;
    unsigned fo;           /* 0: the default */
    const char *rua, *ruf; /* joined with a space; NULL: none */
    int pct_plus_1;        /* 0: absent */
    enum seki_dmarc_usability usability;
};

static const struct record_case {
    const char *name;
    struct seki_str text;
    struct want want;
} cases[] = {
    { "policy and reports",
      SEKI_STR_INIT("v=DMARC1; p=reject; rua=mailto:a@example.com; ruf=mailto:b@example.com"),
      { .p = REJECT, .rua = "mailto:a@example.com", .ruf = "mailto:b@example.com" } },
    { "all tags of RFC 9989",
      SEKI_STR_INIT("v=DMARC1; t=y; psd=n; np=reject; sp=quarantine; p=none; fo=1:d:s; aspf=s; adkim=s; "
                    "ruf=mailto:b@example.com; rua=mailto:a@example.com"),
      { .p = NONE,
        .sp = QUARANTINE,
        .np = REJECT,
        .adkim_strict = true,
        .aspf_strict = true,
        .is_testing = true,
        .psd = SEKI_DMARC_PSD_NO,
        .fo = SEKI_DMARC_FO_1 | SEKI_DMARC_FO_D | SEKI_DMARC_FO_S,
        .rua = "mailto:a@example.com",
        .ruf = "mailto:b@example.com" } },
    { "white space around everything",
      SEKI_STR_INIT("v\t= DMARC1 ;\tp = reject ; sp= \tnone\t;  "),
      { .p = REJECT, .sp = NONE } },
    { "no white space, final semicolon", SEKI_STR_INIT("v=DMARC1;p=quarantine;"), { .p = QUARANTINE } },
    { "words in any case (ABNF)",
      SEKI_STR_INIT("V=DMARC1; p=Reject; SP=NONE; psd=Y; adkim=S; t=Y"),
      { .p = REJECT, .sp = NONE, .psd = SEKI_DMARC_PSD_YES, .adkim_strict = true, .is_testing = true } },
    { "defaults written out", SEKI_STR_INIT("v=DMARC1; p=none; adkim=r; aspf=r; t=n; psd=u"), { .p = NONE } },
    { "p at the end", SEKI_STR_INIT("v=DMARC1; aspf=s; p=reject"), { .p = REJECT, .aspf_strict = true } },

    /* Section 4.10.1: missing and invalid policies. */
    { "version alone is a record, but of no use", SEKI_STR_INIT("v=DMARC1"), { .usability = SEKI_DMARC_UNUSABLE } },
    { "missing p with a rua counts as none",
      SEKI_STR_INIT("v=DMARC1; rua=mailto:a@example.com"),
      { .rua = "mailto:a@example.com", .usability = SEKI_DMARC_AS_NONE } },
    { "missing p with a rua that is no URI",
      SEKI_STR_INIT("v=DMARC1; rua=a@example.com"),
      { .usability = SEKI_DMARC_UNUSABLE } },
    { "misspelt p", SEKI_STR_INIT("v=DMARC1; p=rejct"), { .is_invalid = true, .usability = SEKI_DMARC_UNUSABLE } },
    { "abbreviated p", SEKI_STR_INIT("v=DMARC1; p=n"), { .is_invalid = true, .usability = SEKI_DMARC_UNUSABLE } },
    { "empty p",
      SEKI_STR_INIT("v=DMARC1; p=; rua=mailto:a@example.com"),
      { .is_invalid = true, .rua = "mailto:a@example.com", .usability = SEKI_DMARC_AS_NONE } },
    { "a typo in sp= switches p=reject off",
      SEKI_STR_INIT("v=DMARC1; p=reject; sp=quarrantine; rua=mailto:a@example.com"),
      { .p = REJECT, .is_invalid = true, .rua = "mailto:a@example.com", .usability = SEKI_DMARC_AS_NONE } },
    { "a typo in np= too, and without rua there is no DMARC",
      SEKI_STR_INIT("v=DMARC1; p=reject; np=x"),
      { .p = REJECT, .is_invalid = true, .usability = SEKI_DMARC_UNUSABLE } },

    /* Section 4.8: other syntax errors fall back to the defaults. */
    { "unknown tags are ignored", SEKI_STR_INIT("v=DMARC1; x=1; p=reject; foo=bar; v=DMARC9"), { .p = REJECT } },
    { "bad values of other tags are ignored",
      SEKI_STR_INIT("v=DMARC1; p=reject; adkim=strict; aspf=; t=yes; psd=maybe; pct=101"),
      { .p = REJECT } },
    { "pieces that are no tags are ignored",
      SEKI_STR_INIT("v=DMARC1;; ;p=reject; sp; =none; np none"),
      { .p = REJECT } },
    { "the second of two tags is ignored",
      SEKI_STR_INIT("v=DMARC1; p=reject; p=none; adkim=x; adkim=s"),
      { .p = REJECT } },
    { "two policies in one value are no policy",
      SEKI_STR_INIT("v=DMARC1; p=reject none"),
      { .is_invalid = true, .usability = SEKI_DMARC_UNUSABLE } },
    { "NUL in a value",
      SEKI_STR_INIT("v=DMARC1; p=reject\0; sp=none"),
      { .sp = NONE, .is_invalid = true, .usability = SEKI_DMARC_UNUSABLE } },

    /* fo */
    { "fo without ruf is ignored", SEKI_STR_INIT("v=DMARC1; p=none; fo=1:d"), { .p = NONE } },
    { "fo before ruf counts",
      SEKI_STR_INIT("v=DMARC1; p=none; fo=d:1; ruf=mailto:a@b.example"),
      { .p = NONE, .fo = SEKI_DMARC_FO_1 | SEKI_DMARC_FO_D, .ruf = "mailto:a@b.example" } },
    { "fo of s alone",
      SEKI_STR_INIT("v=DMARC1; p=none; ruf=mailto:a@b.example; fo=S"),
      { .p = NONE, .fo = SEKI_DMARC_FO_S, .ruf = "mailto:a@b.example" } },
    { "fo=0:1 is a contradiction",
      SEKI_STR_INIT("v=DMARC1; p=none; ruf=mailto:a@b.example; fo=0:1:d"),
      { .p = NONE, .ruf = "mailto:a@b.example" } },
    { "fo with an option twice",
      SEKI_STR_INIT("v=DMARC1; p=none; ruf=mailto:a@b.example; fo=d:d"),
      { .p = NONE, .ruf = "mailto:a@b.example" } },
    { "fo with an unknown option",
      SEKI_STR_INIT("v=DMARC1; p=none; ruf=mailto:a@b.example; fo=d:x"),
      { .p = NONE, .ruf = "mailto:a@b.example" } },
    { "fo with nothing",
      SEKI_STR_INIT("v=DMARC1; p=none; ruf=mailto:a@b.example; fo="),
      { .p = NONE, .ruf = "mailto:a@b.example" } },
    { "fo with an empty option",
      SEKI_STR_INIT("v=DMARC1; p=none; ruf=mailto:a@b.example; fo=d:"),
      { .p = NONE, .ruf = "mailto:a@b.example" } },

    /* URI lists */
    { "several URIs, sizes cut off, bad ones left out",
      SEKI_STR_INIT(
          "v=DMARC1; p=none; rua=mailto:a@x.example!10m , nonsense,https://x.example/r?q=1,,mailto:b@x!k, "
          "mailto:c@x.example!5"),
      { .p = NONE, .rua = "mailto:a@x.example https://x.example/r?q=1 mailto:c@x.example" } },
    { "8-bit octets in a URI",
      SEKI_STR_INIT("v=DMARC1; p=none; rua=mailto:\xc3\xa4@x.example,mailto:b@x.example"),
      { .p = NONE, .rua = "mailto:b@x.example" } },

    /* RFC 7489 */
    { "rf and ri have no effect whatever they hold, pct is only kept",
      SEKI_STR_INIT("v=DMARC1; p=reject; rf=bob; ri=bob; pct=0"),
      { .p = REJECT, .pct_plus_1 = 1 } },
    { "pct in full", SEKI_STR_INIT("v=DMARC1; p=reject; pct=100"), { .p = REJECT, .pct_plus_1 = 101 } },
};

static void check_uris(const char *name, const struct seki_str *uris, size_t count, const char *want)
{
    struct seki_str rest = seki_str_of(want), uri;
    size_t i = 0;
    for (; seki_str_split(&rest, ' ', &uri); i++)
        if (i >= count || !seki_str_equal(uri, uris[i]))
            fail_msg("%s: URI %zu is not %.*s", name, i, SEKI_STR_ARGS(uri));
    if (i != count)
        fail_msg("%s: %zu URIs, not %zu", name, count, i);
}

static void check_case(struct seki_arena *arena, const struct record_case *c)
{
    struct seki_dmarc_record record;
    if (seki_dmarc_record_parse(arena, c->text, &record, NULL) != SEKI_OK)
        fail_msg("%s: no record", c->name);
    const struct want *want = &c->want;
    if (record.p != want->p || record.sp != want->sp || record.np != want->np ||
        record.has_invalid_policy != want->is_invalid)
        fail_msg("%s: policies", c->name);
    if (record.adkim_strict != want->adkim_strict || record.aspf_strict != want->aspf_strict ||
        record.is_testing != want->is_testing || record.psd != want->psd)
        fail_msg("%s: flags", c->name);
    if (record.fo != (want->fo != 0 ? want->fo : SEKI_DMARC_FO_0) || record.pct != want->pct_plus_1 - 1)
        fail_msg("%s: fo %u, pct %d", c->name, record.fo, record.pct);
    if (seki_dmarc_record_usability(&record) != want->usability)
        fail_msg("%s: usability", c->name);
    check_uris(c->name, record.rua, record.rua_count, want->rua);
    check_uris(c->name, record.ruf, record.ruf_count, want->ruf);
    assert_true(seki_str_equal(record.text, c->text));
}

static void records_are_read(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(1 << 16);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_case(arena, &cases[i]);
    seki_arena_free(arena);
}

static void what_has_another_version_is_no_record(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        " ",
        "v",
        "v=",
        "v=DMARC",
        "v=DMARC2",
        "v=DMARC11",
        "v=dmarc1",
        "v=DMARC1p=reject",
        "v=DMARC1 p=reject",
        " v=DMARC1",
        "p=reject; v=DMARC1",
        ";v=DMARC1",
        "v=spf1 -all",
        "x=DMARC1",
        "vv=DMARC1",
        "v DMARC1",
        "v=DMARC1,p=none",
    };
    struct seki_arena *arena = seki_arena_new(1 << 16);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct seki_dmarc_record record;
        struct seki_error why = { "" };
        if (seki_dmarc_record_parse(arena, seki_str_of(texts[i]), &record, &why) != SEKI_BAD_INPUT)
            fail_msg("\"%s\" is taken for a record", texts[i]);
        assert_true(why.text[0] != '\0');
    }
    seki_arena_free(arena);
}

static void records_are_written_in_one_order_without_defaults(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        { "v=DMARC1", "v=DMARC1" },
        { "V = DMARC1;t=y;psd=Y;p=REJECT;", "v=DMARC1; p=reject; psd=y; t=y" },
        { "v=DMARC1; adkim=r; p=none; aspf=s; rua=mailto:a@x!9k,mailto:b@x; ruf=mailto:c@x; fo=s:d:1; pct=7",
          "v=DMARC1; p=none; aspf=s; rua=mailto:a@x,mailto:b@x; ruf=mailto:c@x; fo=1:d:s; pct=7" },
        { "v=DMARC1; np=bad; p=none; sp=reject", "v=DMARC1; p=none; sp=reject; np=invalid" },
        { "v=DMARC1; sp=bad; np=none", "v=DMARC1; p=invalid; np=none" },
    };
    struct seki_arena *arena = seki_arena_new(1 << 16);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct seki_dmarc_record record;
        struct seki_buf buf;
        seki_buf_init(&buf, 1000);
        assert_int_equal(seki_dmarc_record_parse(arena, seki_str_of(pairs[i][0]), &record, NULL), SEKI_OK);
        seki_dmarc_record_write(&record, &buf);
        if (!seki_str_equal(seki_buf_str(&buf), seki_str_of(pairs[i][1])))
            fail_msg("%s becomes %.*s", pairs[i][0], SEKI_STR_ARGS(seki_buf_str(&buf)));
        seki_buf_release(&buf);
    }
    seki_arena_free(arena);
}

static void the_hundred_first_uri_is_left_out(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(1 << 16);
    struct seki_buf buf;
    seki_buf_init(&buf, 4096);
    seki_buf_add(&buf, SEKI_STR("v=DMARC1; p=none; rua=x:0"));
    for (int i = 1; i <= 100; i++)
        seki_buf_add_format(&buf, ",x:%d", i);
    struct seki_dmarc_record record;
    assert_int_equal(seki_dmarc_record_parse(arena, seki_buf_str(&buf), &record, NULL), SEKI_OK);
    assert_int_equal(record.rua_count, 100);
    assert_true(seki_str_equal(record.rua[99], SEKI_STR("x:99")));
    seki_buf_release(&buf);
    seki_arena_free(arena);
}

static const struct {
    const char *text;
    struct {
        enum seki_dmarc_piece_state state;
        const char *tag, *value;
    } want[6];
    size_t count;
} pieces_cases[] = {
    { "v=DMARC1", .count = 0 },
    { "v=DMARC1;; p = none ;", { { SEKI_DMARC_PIECE_READ, "p", "none" } }, 1 },
    { "v=DMARC1; reject; rf=afrf; P=none; p=reject",
      { { SEKI_DMARC_PIECE_NOT_A_TAG, "", "reject" },
        { SEKI_DMARC_PIECE_UNKNOWN, "rf", "afrf" },
        { SEKI_DMARC_PIECE_READ, "P", "none" },
        { SEKI_DMARC_PIECE_REPEATED, "p", "reject" } },
      4 },
    { "v=DMARC1; p=nine; fo=0:1; pct=101; adkim=; t=yes; psd=x",
      { { SEKI_DMARC_PIECE_VALUE, "p", "nine" },
        { SEKI_DMARC_PIECE_VALUE, "fo", "0:1" },
        { SEKI_DMARC_PIECE_VALUE, "pct", "101" },
        { SEKI_DMARC_PIECE_VALUE, "adkim", "" },
        { SEKI_DMARC_PIECE_VALUE, "t", "yes" },
        { SEKI_DMARC_PIECE_VALUE, "psd", "x" } },
      6 },
    { "v=DMARC1; rua=mailto:a@x!10m, b@x; sp=reject",
      { { SEKI_DMARC_PIECE_READ, "rua", "mailto:a@x!10m, b@x" },
        { SEKI_DMARC_PIECE_SIZE, "rua", "mailto:a@x!10m" },
        { SEKI_DMARC_PIECE_URI, "rua", "b@x" },
        { SEKI_DMARC_PIECE_READ, "sp", "reject" } },
      4 },
};

static void what_is_passed_over_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pieces_cases / sizeof pieces_cases[0]; i++) {
        struct seki_arena *arena = seki_arena_new(1 << 16);
        struct seki_dmarc_record record;
        struct seki_dmarc_pieces pieces;
        struct seki_str text = seki_str_of(pieces_cases[i].text);
        assert_int_equal(seki_dmarc_record_read(arena, text, &record, &pieces, NULL), SEKI_OK);
        if (pieces.count != pieces_cases[i].count)
            fail_msg("%s: %zu pieces", pieces_cases[i].text, pieces.count);
        for (size_t p = 0; p < pieces.count; p++)
            if (pieces.list[p].state != pieces_cases[i].want[p].state ||
                !seki_str_equal(pieces.list[p].tag, seki_str_of(pieces_cases[i].want[p].tag)) ||
                !seki_str_equal(pieces.list[p].value, seki_str_of(pieces_cases[i].want[p].value)))
                fail_msg("%s: piece %zu", pieces_cases[i].text, p);
        seki_arena_free(arena);
    }
}

static void more_pieces_than_are_kept_are_read_all_the_same(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(1 << 16);
    struct seki_dmarc_record record;
    struct seki_dmarc_pieces pieces;
    struct seki_buf buf;
    seki_buf_init_arena(&buf, arena, 4096);
    seki_buf_add(&buf, SEKI_STR("v=DMARC1"));
    for (size_t i = 0; i < SEKI_DMARC_MAX_PIECES; i++)
        seki_buf_add(&buf, SEKI_STR("; x=y"));
    seki_buf_add(&buf, SEKI_STR("; p=reject; sp=bad"));
    assert_int_equal(seki_dmarc_record_read(arena, seki_buf_str(&buf), &record, &pieces, NULL), SEKI_OK);
    assert_int_equal(pieces.count, SEKI_DMARC_MAX_PIECES);
    assert_int_equal(record.p, REJECT);
    assert_true(record.has_invalid_policy);
    seki_arena_free(arena);
}

static void a_full_arena_is_a_limit(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(8);
    struct seki_dmarc_record record;
    assert_int_equal(seki_dmarc_record_parse(arena, SEKI_STR("v=DMARC1; rua=mailto:a@x"), &record, NULL),
                     SEKI_LIMIT);
    seki_arena_free(arena);
}

static void uris_follow_rfc_3986(void **state)
{
    (void)state;
    static const char *const good[] = {
        "mailto:dmarc@example.com",
        "mailto:a+b%2Cc@example.com?subject=x",
        "https://x.example:8443/a/b?c=d#e",
        "ftp://abuse.com",
        "mailto://abuse.com",
        "x:",
        "x-y.z+1:/",
        "http://[2001:db8::1]/r",
        "urn:x:y",
    };
    static const char *const bad[] = {
        "",      "mailto", "1x:y",       ":x",    "+a:b",
        "a b:c", "x:a b",  "x:a,b",      "x:a!b", "x:%4",
        "x:%4g", "x:<a>",  "x:a#b#c",    "x:[",   "http://x.example/[",
        "x:\"",  "x:\\",   "x:^",        "x:`",   "x:{}",
        "x:|",   "x:\x7f", "x:\xc3\xa4",
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (!seki_dmarc_uri_is_valid(seki_str_of(good[i])))
            fail_msg("%s is a URI", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (seki_dmarc_uri_is_valid(seki_str_of(bad[i])))
            fail_msg("%s is no URI", bad[i]);
    assert_false(seki_dmarc_uri_is_valid(SEKI_STR("x:a\0b")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_read),
        cmocka_unit_test(what_has_another_version_is_no_record),
        cmocka_unit_test(records_are_written_in_one_order_without_defaults),
        cmocka_unit_test(the_hundred_first_uri_is_left_out),
        cmocka_unit_test(what_is_passed_over_is_told),
        cmocka_unit_test(more_pieces_than_are_kept_are_read_all_the_same),
        cmocka_unit_test(a_full_arena_is_a_limit),
        cmocka_unit_test(uris_follow_rfc_3986),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

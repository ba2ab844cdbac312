/* Authentication-Results: RFC 8601 section 2.2 and its appendix B, what large senders write instead, and what a
 * sender might put into a value. */
#include <sekisho/authres.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct text_case {
    const char *name;
    struct seki_str value;
    const char *want; /* NULL: refused */
};

#define CASE(name, value, ...)                                                                                     \
    {                                                                                                              \
        name, SEKI_STR_INIT(value), __VA_ARGS__                                                                    \
    }

/* Wanted: "id version", then per result " ; method/version=result", "[reason]" if any, " ptype.property=<value>". */
/* clang-format off */
static const struct text_case readings[] = {
    CASE("B.1: nothing was done", "example.org 1; none", "example.org 1"),
    CASE("B.2: one result", "example.com;\r\n          spf=pass smtp.mailfrom=example.net",
         "example.com 1 ; spf/1=pass smtp.mailfrom=<example.net>"),
    CASE("B.3: two results", "example.com;\r\n auth=pass (cram-md5) smtp.auth=sender@example.net;\r\n spf=pass smtp.mailfrom=example.net",
         "example.com 1 ; auth/1=pass smtp.auth=<sender@example.net> ; spf/1=pass smtp.mailfrom=<example.net>"),
    CASE("B.5: a reason", "example.com;\r\n dkim=pass reason=\"good signature\"\r\n header.i=@mail-router.example.net",
         "example.com 1 ; dkim/1=pass [good signature] header.i=<@mail-router.example.net>"),
    CASE("B.7: comments everywhere",
         "foo.example.net (foobar) 1 (baz);\r\n    dkim (Because I like it) / 1 (One yay) = (wait for it) fail\r\n"
         "      policy (A dot can go here) . (like that) expired\r\n      (this surprised me) = (as I wasn't expecting it) 1362471462",
         "foo.example.net 1 ; dkim/1=fail policy.expired=<1362471462>"),
    CASE("other versions are read", "example.com 2; dkim/3=pass", "example.com 2 ; dkim/3=pass"),
    CASE("a quoted authserv-id", "\"example\\.com (x)\"; none", "example.com (x) 1"),
    CASE("an authserv-id in UTF-8", "\xe4\xbe\x8b.jp; none", "\xe4\xbe\x8b.jp 1"),
    CASE("an address in UTF-8", "a.test; spf=pass smtp.mailfrom=\xe7\x94\xb0@\xe4\xbe\x8b.jp", "a.test 1 ; spf/1=pass smtp.mailfrom=<\xe7\x94\xb0@\xe4\xbe\x8b.jp>"),
    CASE("a quoted value", "a.test; spf=pass smtp.mailfrom=\"a; b=\\\"c\\\"\"", "a.test 1 ; spf/1=pass smtp.mailfrom=<a; b=\"c\">"),
    CASE("a quoted local part keeps its quotes", "a.test; dkim=pass header.i=\"a; b\"@c.test header.s=x",
         "a.test 1 ; dkim/1=pass header.i=<\"a; b\"@c.test> header.s=<x>"),
    CASE("folds in a quoted value go", "a.test; dkim=none reason=\"no\r\n  signature\"", "a.test 1 ; dkim/1=none [no  signature]"),
    CASE("folds in a quoted local part go", "a.test; dkim=pass header.i=\"a\r\n b\"@c.test", "a.test 1 ; dkim/1=pass header.i=<\"a b\"@c.test>"),
    CASE("an address with = in it", "a.test; spf=pass smtp.mailfrom=b+c=d.test@e.test", "a.test 1 ; spf/1=pass smtp.mailfrom=<b+c=d.test@e.test>"),
    CASE("no white space at all", "a.test;spf=pass(x)smtp.mailfrom=b.test;dkim=none", "a.test 1 ; spf/1=pass smtp.mailfrom=<b.test> ; dkim/1=none"),
    CASE("none in any case", "a.test; NONE", "a.test 1"),
    CASE("none may be a result", "a.test; none=pass", "a.test 1 ; none/1=pass"),
    CASE("as others write: a semicolon at the end", "a.test; dkim=none;", "a.test 1 ; dkim/1=none"),
    CASE("as others write: an empty result", "a.test;; dkim=none", "a.test 1 ; dkim/1=none"),
    CASE("as others write: no result", "a.test;", "a.test 1"),
    CASE("as others write: no ptype", "a.test; dmarc=none action=none header.from=b.test", "a.test 1 ; dmarc/1=none .action=<none> header.from=<b.test>"),
    CASE("as others write: an address unquoted", "a.test; iprev=pass policy.iprev=2001:db8::2", "a.test 1 ; iprev/1=pass policy.iprev=<2001:db8::2>"),
    CASE("as others write: an empty value", "a.test; spf=none smtp.mailfrom=; dkim=none", "a.test 1 ; spf/1=none smtp.mailfrom=<> ; dkim/1=none"),
    CASE("as others write: a reason behind properties", "a.test; spf=none smtp.helo=b.test reason=x", "a.test 1 ; spf/1=none [x] smtp.helo=<b.test>"),

    CASE("nothing", "", NULL),
    CASE("a comment only", "(example.com; none)", NULL),
    CASE("no authserv-id", "; none", NULL),
    CASE("a result for an authserv-id", "spf=pass smtp.mailfrom=example.net", NULL),
    CASE("an authserv-id and nothing else", "example.com", NULL),
    CASE("two words of authserv-id", "example.com example.org; none", NULL),
    CASE("an authserv-id that is no token", "example.com/x; none", NULL),
    CASE("text", "authentication result string is not available", NULL),
    CASE("version 0", "example.com 0; none", NULL),
    CASE("a version of many digits", "example.com 99999999999; none", NULL),
    CASE("a word behind the version", "example.com 1 x; none", NULL),
    CASE("none and results", "example.com; none; spf=pass", NULL),
    CASE("results and none", "example.com; spf=pass; none", NULL),
    CASE("none twice", "example.com; none; none", NULL),
    CASE("a method without result", "example.com; spf", NULL),
    CASE("an empty result word", "example.com; spf=", NULL),
    CASE("a quoted result word", "example.com; spf=\"pass\"", NULL),
    CASE("a bad method version", "example.com; spf/x=pass", NULL),
    CASE("a property without value", "example.com; spf=pass smtp.mailfrom", NULL),
    CASE("a property of three words", "example.com; spf=pass smtp.mail.from=x", NULL),
    CASE("a property of a dot", "example.com; spf=pass .mailfrom=x", NULL),
    CASE("the next property for a value", "example.com; spf=pass smtp.mailfrom= smtp.helo=x", NULL),
    CASE("no white space behind a quoted value", "example.com; spf=pass reason=\"x\"smtp.helo=x", NULL),
    CASE("two reasons", "example.com; spf=pass reason=x reason=y", NULL),
    CASE("a quoted string without end", "example.com; spf=pass reason=\"x", NULL),
    CASE("a comment without end", "example.com; spf=pass (x", NULL),
    CASE("a parenthesis too many", "example.com; spf=pass (x))", NULL),
    CASE("NUL", "example.com\0; none", NULL),
    CASE("a line end that is no fold", "example.com; spf=pass\r\nsmtp.helo=x", NULL),
    CASE("bare CR", "example.com;\r spf=pass", NULL),
};
/* clang-format on */

static void render(struct seki_buf *buf, const struct seki_authres *authres)
{
    seki_buf_add(buf, authres->authserv_id);
    seki_buf_add_format(buf, " %u", authres->version);
    for (size_t i = 0; i < authres->result_count; i++) {
        const struct seki_authres_result *r = &authres->results[i];
        seki_buf_add_format(buf, " ; %.*s/%u=%.*s", SEKI_STR_ARGS(r->method), r->version, SEKI_STR_ARGS(r->result));
        if (r->reason.len > 0)
            seki_buf_add_format(buf, " [%.*s]", SEKI_STR_ARGS(r->reason));
        for (size_t j = 0; j < r->property_count; j++) {
            const struct seki_authres_property *p = &r->properties[j];
            seki_buf_add_format(buf, " %.*s.%.*s=<%.*s>", SEKI_STR_ARGS(p->ptype), SEKI_STR_ARGS(p->property),
                                SEKI_STR_ARGS(p->value));
        }
    }
}

static void check_reading(void **state)
{
    const struct text_case *c = *state;
    struct seki_arena *arena = seki_arena_new(1 << 16);
    struct seki_authres authres;
    struct seki_error why = { "" };
    char *exact = malloc(c->value.len + 1);
    assert_non_null(exact);
    memcpy(exact, c->value.ptr, c->value.len);
    enum seki_result result = seki_authres_parse(arena, (struct seki_str){ exact, c->value.len }, &authres, &why);
    struct seki_buf got;
    seki_buf_init_arena(&got, arena, 4096);
    render(&got, &authres);
    if (c->want == NULL) {
        if (result != SEKI_BAD_INPUT)
            fail_msg("not refused but read as \"%.*s\"", SEKI_STR_ARGS(seki_buf_str(&got)));
        assert_int_not_equal(why.text[0], '\0');
        assert_int_equal(authres.result_count, 0);
    } else {
        if (result != SEKI_OK)
            fail_msg("refused: %s", why.text);
        if (!seki_str_equal(seki_buf_str(&got), seki_str_of(c->want)))
            fail_msg("got \"%.*s\", want \"%s\"", SEKI_STR_ARGS(seki_buf_str(&got)), c->want);
    }
    free(exact);
    seki_arena_free(arena);
}

/* One result with one property of this value; wanted: the line that holds it. */
/* clang-format off */
static const struct text_case written_values[] = {
    CASE("written: a domain", "example.net", "example.net"),
    CASE("written: a token", "a+b'c", "a+b'c"),
    CASE("written: an address", "a.b+c=d@example.net", "a.b+c=d@example.net"),
    CASE("written: an address without local part", "@example.net", "@example.net"),
    CASE("written: an address in UTF-8", "\xe7\x94\xb0@\xe4\xbe\x8b.jp", "\xe7\x94\xb0@\xe4\xbe\x8b.jp"),
    CASE("written: an address with a quoted local part", "\"a b\"@example.net", "\"a b\"@example.net"),
    CASE("written: nothing", "", "\"\""),
    CASE("written: an IPv6 address", "2001:db8::2", "\"2001:db8::2\""),
    CASE("written: a space", "a b@example.net", "\"a b@example.net\""),
    CASE("written: a semicolon", "a;b", "\"a;b\""),
    CASE("written: an equals sign", "a=b", "\"a=b\""),
    CASE("written: quotes and backslashes", "a\"b\\c", "\"a\\\"b\\\\c\""),
    CASE("written: parentheses", "a(b", "\"a(b\""),
    CASE("written: a field of its own", "x\r\nFrom: y", "\"xFrom: y\""),
    CASE("written: NUL", "a\0b", "\"ab\""),
    CASE("written: control octets", "a\x01\x7f\x1f" "b", "\"a???b\""),
    CASE("written: tabs", "a\tb", "\"a\tb\""),
    CASE("written: 8 bit that is no UTF-8", "a\xff" "b@example.net", "\"a?b@example.net\""),
    CASE("written: a bad quoted local part", "\"a\"b\"@example.net", "\"\\\"a\\\"b\\\"@example.net\""),
    CASE("written: two at signs", "a@b@example.net", "\"a@b@example.net\""),
    CASE("written: empty labels", "a@example..net", "\"a@example..net\""),
    CASE("written: a domain literal", "a@[192.0.2.1]", "\"a@[192.0.2.1]\""),
};
/* clang-format on */

static struct seki_buf write_property(struct seki_str value)
{
    struct seki_authres_property property = { SEKI_STR("smtp"), SEKI_STR("mailfrom"), value };
    struct seki_authres_result result = { SEKI_STR("spf"), 1, SEKI_STR("pass"), { NULL, 0 }, { NULL, 0 },
                                          &property,       1 };
    const struct seki_authres authres = { SEKI_STR("a.test"), 1, &result, 1 };
    struct seki_buf buf;
    seki_buf_init(&buf, 1 << 16);
    seki_authres_write(&authres, &buf);
    assert_int_equal(seki_buf_failed(&buf), SEKI_OK);
    return buf;
}

static void check_written_value(void **state)
{
    const struct text_case *c = *state;
    const struct seki_str front = SEKI_STR(" a.test;\r\n\tspf=pass smtp.mailfrom=");
    struct seki_buf buf = write_property(c->value);
    assert_true(seki_str_starts_with(seki_buf_str(&buf), front));
    struct seki_str got = seki_str_from(seki_buf_str(&buf), front.len);
    if (!seki_str_equal(got, seki_str_of(c->want)))
        fail_msg("got <%.*s>, want <%s>", SEKI_STR_ARGS(got), c->want);
    seki_buf_release(&buf);
}

static void a_field_is_written_and_folded(void **state)
{
    (void)state;
    struct seki_authres_property spf[] = { { SEKI_STR("smtp"), SEKI_STR("mailfrom"),
                                             SEKI_STR("bounces@newsletter.example.com") } };
    struct seki_authres_property dkim[] = { { SEKI_STR("header"), SEKI_STR("d"), SEKI_STR("example.com") },
                                            { SEKI_STR("header"), SEKI_STR("i"),
                                              SEKI_STR("@newsletter.example.com") },
                                            { SEKI_STR("header"), SEKI_STR("b"), SEKI_STR("oINEO8+/") } };
    struct seki_authres_property dmarc[] = { { SEKI_STR(""), SEKI_STR("action"), SEKI_STR("none") } };
    struct seki_authres_result results[] = {
        { SEKI_STR("spf"), 1, SEKI_STR("pass"), { NULL, 0 }, SEKI_STR("192.0.2.1 is (b)\\good"), spf, 1 },
        { SEKI_STR("dkim"),
          2,
          SEKI_STR("fail"),
          SEKI_STR("the body hash of this message did not verify, and that is that, so be it"),
          { NULL, 0 },
          dkim,
          3 },
        { SEKI_STR("dm arc"), 0, SEKI_STR("none"), SEKI_STR(""), SEKI_STR(""), dmarc, 1 },
    };
    const struct seki_authres authres = { SEKI_STR("mx.example.org"), 3, results, 3 };
    const struct seki_str want =
        SEKI_STR(" mx.example.org 3;\r\n"
                 "\tspf=pass (192.0.2.1 is \\(b\\)\\\\good)\r\n"
                 "\tsmtp.mailfrom=bounces@newsletter.example.com;\r\n"
                 "\tdkim/2=fail reason=\"the body hash of this message did not verify, and that\r\n"
                 " is that, so be it\" header.d=example.com header.i=@newsletter.example.com\r\n"
                 "\theader.b=\"oINEO8+/\";\r\n"
                 "\tdm-arc=none action=none");
    struct seki_buf buf;
    seki_buf_init(&buf, 4096);
    seki_authres_write(&authres, &buf);
    if (!seki_str_equal(seki_buf_str(&buf), want))
        fail_msg("got <%.*s>", SEKI_STR_ARGS(seki_buf_str(&buf)));
    seki_buf_release(&buf);
}

static void without_results_there_is_none(void **state)
{
    (void)state;
    const struct seki_authres authres = { SEKI_STR("\xe4\xbe\x8b.jp"), 1, NULL, 0 };
    struct seki_buf buf;
    seki_buf_init(&buf, 4096);
    seki_authres_write(&authres, &buf);
    assert_true(seki_str_equal(seki_buf_str(&buf), SEKI_STR(" \"\xe4\xbe\x8b.jp\"; none")));
    seki_buf_release(&buf);
}

static void the_first_line_counts_what_stands_before(void **state)
{
    (void)state;
    char id[60];
    memset(id, 'a', sizeof id);
    const struct seki_authres authres = { { id, sizeof id }, 1, NULL, 0 };
    struct seki_buf buf;
    seki_buf_init(&buf, 4096);
    seki_buf_add(&buf, SEKI_STR("x: y\r\nARC-Authentication-Results: i=1;")); /* 32 + 1 + 60 are too much */
    seki_authres_write(&authres, &buf);
    assert_int_equal(seki_buf_str(&buf).ptr[38], '\r');
    seki_buf_clear(&buf);
    seki_buf_add(&buf, SEKI_STR("ARC-Result: i=1;")); /* 16 + 1 + 60 and the ";" fit */
    seki_authres_write(&authres, &buf);
    assert_int_equal(seki_buf_str(&buf).ptr[16], ' ');
    seki_buf_release(&buf);
}

static bool has_inner_white_space(struct seki_str line)
{
    line = seki_str_trim(line);
    return seki_str_find(line, ' ') < line.len || seki_str_find(line, '\t') < line.len;
}

/* No line is longer than 78 octets if it could have been folded, none is blank, and each but the first begins with
 * white space. */
static void assert_well_folded(struct seki_str field)
{
    struct seki_str line;
    while (seki_str_split(&field, '\n', &line)) {
        bool is_last = field.ptr == NULL;
        if (line.len - !is_last > 78 && has_inner_white_space(line))
            fail_msg("not folded: <%.*s>", SEKI_STR_ARGS(line));
        assert_true(seki_str_trim(line).len > 0);
        assert_true(is_last || (line.ptr[line.len - 1] == '\r' && seki_is_wsp(field.ptr[0])));
    }
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    static const char *const alphabet[] = { "a",
                                            " ",
                                            "  ",
                                            "\\",
                                            "\"",
                                            "(",
                                            ")",
                                            ";",
                                            "=",
                                            "@",
                                            ".",
                                            "\t",
                                            "\xe9\x96\xa2",
                                            "b.test",
                                            "a long word of many letters",
                                            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
    struct seki_arena *arena = seki_arena_new(1 << 16);
    uint32_t seed = 1;
    for (int round = 0; round < 20000; round++) {
        struct seki_buf value;
        seki_buf_init_arena(&value, arena, 4096);
        seed = seed * 1664525u + 1013904223u;
        for (uint32_t pieces = seed >> 28; pieces > 0; pieces--) {
            seed = seed * 1664525u + 1013904223u;
            seki_buf_add(&value, seki_str_of(alphabet[seed >> 28]));
        }
        struct seki_buf written = write_property(seki_buf_str(&value));
        struct seki_authres authres;
        struct seki_error why;
        if (seki_authres_parse(arena, seki_buf_str(&written), &authres, &why) != SEKI_OK)
            fail_msg("%s in <%.*s>", why.text, SEKI_STR_ARGS(seki_buf_str(&written)));
        assert_int_equal(authres.results[0].property_count, 1);
        if (!seki_str_equal(authres.results[0].properties[0].value, seki_buf_str(&value)))
            fail_msg("<%.*s> became <%.*s>", SEKI_STR_ARGS(seki_buf_str(&value)),
                     SEKI_STR_ARGS(authres.results[0].properties[0].value));
        assert_well_folded(seki_buf_str(&written));
        seki_buf_release(&written);
        seki_arena_clear(arena);
    }
    seki_arena_free(arena);
}

static enum seki_result parse_repeated(const char *front, const char *piece, size_t count)
{
    struct seki_arena *arena = seki_arena_new(1 << 20);
    struct seki_authres authres;
    struct seki_buf buf;
    seki_buf_init(&buf, 1 << 20);
    seki_buf_add(&buf, seki_str_of(front));
    for (size_t i = 0; i < count; i++)
        seki_buf_add(&buf, seki_str_of(piece));
    enum seki_result result = seki_authres_parse(arena, seki_buf_str(&buf), &authres, NULL);
    seki_buf_release(&buf);
    seki_arena_free(arena);
    return result;
}

static void past_a_hundred_there_is_a_limit(void **state)
{
    (void)state;
    assert_int_equal(parse_repeated("a.test", "; spf=pass", 100), SEKI_OK);
    assert_int_equal(parse_repeated("a.test", "; spf=pass", 101), SEKI_LIMIT);
    assert_int_equal(parse_repeated("a.test; spf=pass", " a.b=c", 100), SEKI_OK);
    assert_int_equal(parse_repeated("a.test; spf=pass", " a.b=c", 101), SEKI_LIMIT);
}

static void a_full_arena_is_a_limit(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(100);
    struct seki_authres authres;
    struct seki_error why;
    assert_int_equal(seki_authres_parse(arena, SEKI_STR("a.test; spf=pass a.b=c"), &authres, &why), SEKI_LIMIT);
    assert_int_equal(authres.result_count, 0);
    assert_true(seki_authres_must_remove(arena,
                                         SEKI_STR("\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                                  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"; none"),
                                         NULL, 0));
    seki_arena_free(arena);
}

struct removal {
    const char *name;
    struct seki_str value;
    bool must_remove;
};

/* Ours are mx.example.com and the U-label of xn--r8jz45g.jp. */
static const struct removal removals[] = {
    CASE("removed: ours", "mx.example.com; none", true),
    CASE("removed: in another case", "MX.Example.COM; spf=pass", true),
    CASE("removed: behind a comment", " (example.net;) mx.example.com; none", true),
    CASE("removed: behind a fold", "\r\n\tmx.example.com; none", true),
    CASE("removed: before a comment", "mx.example.com(example.net) ; none", true),
    CASE("removed: with our version", "mx.example.com 1; none", true),
    CASE("removed: quoted", "\"mx.example.com\"; none", true),
    CASE("removed: quoted with quoted pairs", "\"mx\\.exam\\ple.com\"; none", true),
    CASE("removed: quoted with a fold", "\"\r\n mx.example.com \"; none", true),
    CASE("removed: with a final dot", "mx.example.com.; none", true),
    CASE("removed: as U-label", "\xe4\xbe\x8b\xe3\x81\x88.jp; none", true),
    CASE("removed: as quoted U-label", "\"\xe4\xbe\x8b\xe3\x81\x88.JP\"; none", true),
    CASE("removed: as A-label", "xn--r8jz45g.jp; none", true),
    CASE("removed: as A-label in capitals", "XN--R8JZ45G.jp; none", true),
    CASE("removed: 8 bit that nobody can compare", "mx.example.com\xff; none", true),
    CASE("removed: another's of a version unknown", "example.net 2; none", true),
    CASE("removed: not to be read", "example.net", true),
    CASE("removed: not to be read further on", "example.net; spf=pass; dkim=pass (", true),
    CASE("removed: nothing", "", true),
    CASE("removed: NUL behind ours", "mx.example.com\0; none", true),
    CASE("kept: another's", "mx.example.net; spf=pass smtp.mailfrom=mx.example.com", false),
    CASE("kept: another's with ours in a comment", "mx.example.net (mx.example.com); none", false),
    CASE("kept: above ours", "example.com; none", false),
    CASE("kept: below ours", "a.mx.example.com; none", false),
    CASE("kept: a word", "x; none", false),
    CASE("kept: another's U-label", "\xe4\xbe\x8b\xe3\x81\x88.com; none", false),
    CASE("kept: a dot", ".; none", false),
};

static void check_removal(void **state)
{
    const struct removal *c = *state;
    const struct seki_str ours[] = { SEKI_STR("mx.example.com"), SEKI_STR("\xe4\xbe\x8b\xe3\x81\x88.jp") };
    struct seki_arena *arena = seki_arena_new(1 << 16);
    assert_int_equal(seki_authres_must_remove(arena, c->value, ours, 2), c->must_remove);
    seki_arena_free(arena);
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define ADD_TABLE(table, check)                                                                                    \
    for (size_t i = 0; i < COUNT(table); i++)                                                                      \
        tests[count++] = (struct CMUnitTest)                                                                       \
        {                                                                                                          \
            (table)[i].name, check, NULL, NULL, (void *)(uintptr_t) & (table)[i]                                   \
        }

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(a_field_is_written_and_folded),
        cmocka_unit_test(without_results_there_is_none),
        cmocka_unit_test(the_first_line_counts_what_stands_before),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(past_a_hundred_there_is_a_limit),
        cmocka_unit_test(a_full_arena_is_a_limit),
    };
    struct CMUnitTest tests[COUNT(readings) + COUNT(written_values) + COUNT(removals) + COUNT(others)];
    size_t count = 0;
    ADD_TABLE(readings, check_reading);
    ADD_TABLE(written_values, check_written_value);
    ADD_TABLE(removals, check_removal);
    memcpy(tests + count, others, sizeof others);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

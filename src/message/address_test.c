/* Address lists: RFC 5322 section 3.4 and appendix A, the obsolete forms, RFC 6854, RFC 6532; and what must never be
 * read as somebody else's domain. */
#include <sekisho/address.h>
#include <sekisho/buf.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* Wanted: one "display|local|domain" per mailbox, "group|" before it inside a group, joined by " , ". */
struct list_case {
    const char *name;
    struct seki_str value;
    const char *want; /* NULL: refused */
    size_t groups;
};

#define CASE(name, value, ...)                                                                                     \
    {                                                                                                              \
        name, SEKI_STR_INIT(value), __VA_ARGS__                                                                    \
    }

/* clang-format off */
static const struct list_case list_cases[] = {
    CASE("a bare address", "user@example.com", "|user|example.com"),
    CASE("angle brackets alone", " <user@example.com>", "|user|example.com"),
    CASE("a display name", "John Doe <jdoe@machine.example>", "John Doe|jdoe|machine.example"),
    CASE("a quoted display name", "\"Joe Q. Public\" <john.q.public@example.com>", "Joe Q. Public|john.q.public|example.com"),
    CASE("quoted pairs in a display name", "\"Giant; \\\"Big\\\" Box\" <sysservices@example.net>",
         "Giant; \"Big\" Box|sysservices|example.net"),
    CASE("case is kept", "<User@Example.COM>", "|User|Example.COM"),
    CASE("two mailboxes", "Mary Smith <mary@x.test>, jdoe@example.org", "Mary Smith|mary|x.test , |jdoe|example.org"),
    CASE("a group", "A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;",
         "A Group|Ed Jones|c|a.test , A Group||joe|where.test , A Group|John|jdoe|one.test", 1),
    CASE("an empty group", "Undisclosed recipients:;", "", 1),
    CASE("a group among mailboxes", "a@b.test, G: c@d.test;, e@f.test", "|a|b.test , G||c|d.test , |e|f.test", 1),
    CASE("RFC 5322 A.5: comments and folds everywhere",
         "Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>", "Pete|pete|silly.test"),
    CASE("RFC 5322 A.5: a group with comments",
         "A Group(Some people)\r\n     :Chris Jones <c@(Chris's host.)public.example>,\r\n"
         "         joe@example.org,\r\n  John <jdoe@one.test> (my dear friend); (the end of the group)",
         "A Group|Chris Jones|c|public.example , A Group||joe|example.org , A Group|John|jdoe|one.test", 1),
    CASE("RFC 5322 A.5: an empty group with nested comments", "(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;", "", 1),
    CASE("RFC 5322 A.6.1: a dot in a phrase", "Joe Q. Public <john.q.public@example.com>", "Joe Q. Public|john.q.public|example.com"),
    CASE("RFC 5322 A.6.1: a route and empty elements", "Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example",
         "Mary Smith|mary|example.net , |jdoe|test.example"),
    CASE("RFC 5322 A.6.3: white space in an address", "John Doe <jdoe@machine(comment).  example>", "John Doe|jdoe|machine.example"),
    CASE("a long route", "<,@a.test,,@b.test:c@d.test>", "|c|d.test"),
    CASE("a route with white space", "< @a.test , @ b . test : c@d.test >", "|c|d.test"),
    CASE("white space around a local part's dots", "a . b (x) . c @ d.test", "|a.b.c|d.test"),
    CASE("a quoted local part", "\"a b\\\"@c\"@d.test", "|a b\"@c|d.test"),
    CASE("words and quotes in a local part", "\"a\".b.\"c\"@d.test", "|a.b.c|d.test"),
    CASE("an empty quoted local part", "\"\"@d.test", "||d.test"),
    CASE("an empty quoted display name", "\"\" <a@b.test>", "|a|b.test"),
    CASE("a domain literal", "<a@[192.0.2.1]>", "|a|[192.0.2.1]"),
    CASE("white space in a domain literal", "a@[ IPv6:2001:db8::1\r\n ]", "|a|[IPv6:2001:db8::1]"),
    CASE("an encoded word stays", "=?utf-8?Q?Andr=C3=A9?= Pirard <PIRARD@vm1.ulg.ac.be>", "=?utf-8?Q?Andr=C3=A9?= Pirard|PIRARD|vm1.ulg.ac.be"),
    CASE("folds in a name become one space", "John\r\n  Doe\r\n\t<a@b.test>", "John Doe|a|b.test"),
    CASE("LF alone can fold", "John\n Doe <a@b.test>", "John Doe|a|b.test"),
    CASE("a fold inside quotes keeps its space", "\"John\r\n  Doe\" <a@b.test>", "John  Doe|a|b.test"),
    CASE("words without space between", "\"John\"Doe <a@b.test>", "JohnDoe|a|b.test"),
    CASE("a comment splits words", "John(x)Doe <a@b.test>", "John Doe|a|b.test"),
    CASE("UTF-8 everywhere", "\xe9\x96\xa2\xe6\x89\x80 <\xe7\x94\xb0\xe4\xb8\xad@\xe4\xbe\x8b\xe3\x81\x88.jp>",
         "\xe9\x96\xa2\xe6\x89\x80|\xe7\x94\xb0\xe4\xb8\xad|\xe4\xbe\x8b\xe3\x81\x88.jp"),
    CASE("8 bit that is no UTF-8 in a name", "J\xf6rg <a@b.test>", "J\xf6rg|a|b.test"),
    CASE("only a local part", "root", "|root|"),
    CASE("only a local part in brackets", "Super User <root>", "Super User|root|"),
    CASE("a bounce's empty address", "MAILER-DAEMON <>", "MAILER-DAEMON||"),
    CASE("a name that begins with a dot", ". <a@b.test>", ".|a|b.test"),
    CASE("commas around", ", ,a@b.test,", "|a|b.test"),
    CASE("control octets of old inside quotes", "\"a\x01\x7f\" <a@b.test>", "a\x01\x7f|a|b.test"),
    CASE("an address in a comment is none", "(a@good.example) b@evil.example (c@good.example)", "|b|evil.example"),
    CASE("an address in a display name is none", "\"a@good.example\" <b@evil.example>", "a@good.example|b|evil.example"),
    CASE("a quoted bracket is no bracket", "\"<a@good.example>\" <b@evil.example>", "<a@good.example>|b|evil.example"),
    CASE("a comment inside an address hides nothing", "b@(good.example>)evil.example", "|b|evil.example"),
    CASE("a group named like an address", "\"a@good.example\": b@evil.example;", "a@good.example||b|evil.example", 1),

    CASE("nothing", "", NULL),
    CASE("white space and comments only", " \r\n (a@b.test) ", NULL),
    CASE("commas only", ", ,", NULL),
    CASE("words without address", "John Doe", NULL),
    CASE("two bracketed addresses in a row", "<a@good.example> <b@evil.example>", NULL),
    CASE("two bare addresses in a row", "a@good.example b@evil.example", NULL),
    CASE("an address before brackets", "a@good.example <b@evil.example>", NULL),
    CASE("an address behind brackets", "<b@evil.example> a@good.example", NULL),
    CASE("a word behind brackets", "<b@evil.example> x", NULL),
    CASE("a quoted name without brackets", "\"a@good.example\" b@evil.example", NULL),
    CASE("two at signs", "a@good.example@evil.example", NULL),
    CASE("two at signs in brackets", "<a@good.example@evil.example>", NULL),
    CASE("an at sign doubled", "a@@evil.example", NULL),
    CASE("no closing bracket", "<a@good.example", NULL),
    CASE("no closing bracket before a comma", "<a@good.example, b@evil.example>", NULL),
    CASE("brackets in brackets", "<<a@good.example>>", NULL),
    CASE("a closing bracket too many", "<a@good.example>>", NULL),
    CASE("a closing bracket alone", "a@good.example>", NULL),
    CASE("an at sign in brackets", "<@>", NULL),
    CASE("brackets twice and nothing in them", "<<>>", NULL),
    CASE("no local part", "@good.example", NULL),
    CASE("no local part in brackets", "<@good.example>", NULL),
    CASE("no domain", "a@", NULL),
    CASE("no domain in brackets", "<a@>", NULL),
    CASE("a dot at the domain's end", "a@good.example.", NULL),
    CASE("a dot at the domain's front", "a@.good.example", NULL),
    CASE("two dots in a domain", "a@good..example", NULL),
    CASE("two dots in a local part", "a..b@good.example", NULL),
    CASE("a dot at the local part's end", "a.@good.example", NULL),
    CASE("a quoted domain", "a@\"good.example\"", NULL),
    CASE("a literal behind a domain", "a@good.example[192.0.2.1]", NULL),
    CASE("a literal without end", "a@[192.0.2.1", NULL),
    CASE("a bracket in a literal", "a@[192.0.2.[1]", NULL),
    CASE("a quoted pair in a literal", "a@[192.0.2.\\1]", NULL),
    CASE("two words of local part", "a b@good.example", NULL),
    CASE("two words in brackets", "<a b@good.example>", NULL),
    CASE("NUL in an address", "a@good.example\0.evil.example", NULL),
    CASE("NUL in a name", "\"a\0\" <b@evil.example>", NULL),
    CASE("NUL in a comment", "(\0) b@evil.example", NULL),
    CASE("NUL at the end", "b@evil.example\0", NULL),
    CASE("a quoted NUL", "\"\\\0\" <b@evil.example>", NULL),
    CASE("a control octet outside quotes", "a\x01 <b@evil.example>", NULL),
    CASE("a line end that is no fold", "a@good.example\r\nb@evil.example", NULL),
    CASE("a line end at the end", "a@good.example\r\n", NULL),
    CASE("bare CR", "a@good.example\r (x)", NULL),
    CASE("bare CR in quotes", "\"a\rb\" <b@evil.example>", NULL),
    CASE("bare LF in a comment", "(a\nb) b@evil.example", NULL),
    CASE("a quoted string without end", "\"a <b@evil.example>", NULL),
    CASE("a comment without end", "(a <b@evil.example>", NULL),
    CASE("a closing parenthesis alone", "a) <b@evil.example>", NULL),
    CASE("a backslash outside quotes", "a\\b <b@evil.example>", NULL),
    CASE("a backslash at the end", "\"a\\", NULL),
    CASE("a group without end", "G: a@good.example", NULL),
    CASE("a group in a group", "G: H: a@good.example;;", NULL),
    CASE("a group without name", ": a@good.example;", NULL),
    CASE("a semicolon alone", "a@good.example;", NULL),
    CASE("words behind a group", "G:; a@good.example", NULL),
    CASE("a group's name that begins with a dot", ". G: a@good.example;", NULL),
    CASE("a route without address", "<@a.test:>", NULL),
    CASE("a route without colon", "<@a.test b@c.test>", NULL),
    CASE("a route outside brackets", "@a.test:b@c.test", NULL),
    CASE("commas without a route", "<,:b@c.test>", NULL),
    CASE("a domain that is no UTF-8", "a@\xff.example", NULL),
    CASE("a semicolon for a comma", "a@good.example; b@evil.example", NULL),
    CASE("ideographic space is no white space", "a@good.example\xe3\x80\x80<b@evil.example>", NULL),
};
/* clang-format on */

static void render(struct seki_buf *buf, const struct seki_address_list *list)
{
    for (size_t i = 0; i < list->mailbox_count; i++) {
        const struct seki_mailbox *m = &list->mailboxes[i];
        if (i > 0)
            seki_buf_add(buf, SEKI_STR(" , "));
        if (m->group.ptr != NULL) {
            seki_buf_add(buf, m->group);
            seki_buf_add_char(buf, '|');
        }
        seki_buf_add(buf, m->display_name);
        seki_buf_add_char(buf, '|');
        seki_buf_add(buf, m->local_part);
        seki_buf_add_char(buf, '|');
        seki_buf_add(buf, m->domain);
    }
}

static void check_list(void **state)
{
    const struct list_case *c = *state;
    struct seki_arena *arena = seki_arena_new(1 << 20);
    struct seki_address_list list;
    struct seki_error why = { "" };
    char *exact = malloc(c->value.len + 1);
    assert_non_null(exact);
    memcpy(exact, c->value.ptr, c->value.len);
    enum seki_result result = seki_address_parse_list(arena, (struct seki_str){ exact, c->value.len }, &list, &why);
    struct seki_buf got;
    seki_buf_init_arena(&got, arena, 4096);
    render(&got, &list);
    if (c->want == NULL) {
        if (result != SEKI_BAD_INPUT)
            fail_msg("not refused but read as \"%.*s\"", SEKI_STR_ARGS(seki_buf_str(&got)));
        assert_int_not_equal(why.text[0], '\0');
    } else {
        if (result != SEKI_OK)
            fail_msg("refused: %s", why.text);
        if (!seki_str_equal(seki_buf_str(&got), seki_str_of(c->want)))
            fail_msg("got \"%.*s\", want \"%s\"", SEKI_STR_ARGS(seki_buf_str(&got)), c->want);
    }
    assert_int_equal(list.group_count, c->groups);
    assert_true(c->want != NULL || (list.mailboxes == NULL && list.mailbox_count == 0));
    seki_arena_free(arena);
    free(exact);
}

static enum seki_result parse_repeated(const char *front, const char *piece, size_t count, const char *back)
{
    struct seki_arena *arena = seki_arena_new(1 << 20);
    struct seki_address_list list;
    struct seki_buf buf;
    seki_buf_init(&buf, 1 << 20);
    seki_buf_add(&buf, seki_str_of(front));
    for (size_t i = 0; i < count; i++)
        seki_buf_add(&buf, seki_str_of(piece));
    seki_buf_add(&buf, seki_str_of(back));
    enum seki_result result = seki_address_parse_list(arena, seki_buf_str(&buf), &list, NULL);
    seki_buf_release(&buf);
    seki_arena_free(arena);
    return result;
}

static void a_thousand_mailboxes_are_read_and_no_more(void **state)
{
    (void)state;
    assert_int_equal(parse_repeated("", "a@b.test,", 1000, ""), SEKI_OK);
    assert_int_equal(parse_repeated("", "a@b.test,", 1001, ""), SEKI_BAD_INPUT);
}

static void comments_nest_fifty_deep_and_no_deeper(void **state)
{
    (void)state;
    char closing[52];
    memset(closing, ')', sizeof closing);
    closing[50] = '\0';
    assert_int_equal(parse_repeated("a@b.test", "(", 50, closing), SEKI_OK);
    closing[50] = ')';
    closing[51] = '\0';
    assert_int_equal(parse_repeated("a@b.test", "(", 51, closing), SEKI_BAD_INPUT);
}

static void a_full_arena_is_a_limit(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(100);
    struct seki_address_list list;
    struct seki_error why;
    assert_int_equal(seki_address_parse_list(arena, SEKI_STR("a@b.test, c@d.test"), &list, &why), SEKI_LIMIT);
    assert_null(list.mailboxes);
    seki_arena_free(arena);
}

struct path_case {
    const char *name;
    struct seki_str path;
    const char *local_part, *domain; /* NULL: no path */
};

/* clang-format off */
static const struct path_case path_cases[] = {
    CASE("path: brackets", "<a@b.test>", "a", "b.test"),
    CASE("path: no brackets", "a@b.test", "a", "b.test"),
    CASE("path: the null path", "<>", "", ""),
    CASE("path: nothing", "", "", ""),
    CASE("path: a route", "<@x.test,@y.test:a@b.test>", "a", "b.test"),
    CASE("path: a local part alone", "<postmaster>", "postmaster", ""),
    CASE("path: a domain alone", "@b.test", "", "b.test"),
    CASE("path: a quoted local part keeps its quotes", "\"a@x \\\" b\"@b.test", "\"a@x \\\" b\"", "b.test"),
    CASE("path: what MTAs let through", "Macro Error..x@b.test", "Macro Error..x", "b.test"),
    CASE("path: an address literal", "<a@[IPv6:2001:db8::1]>", "a", "[IPv6:2001:db8::1]"),
    CASE("path: UTF-8", "\xe7\x94\xb0@\xe4\xbe\x8b.jp", "\xe7\x94\xb0", "\xe4\xbe\x8b.jp"),
    CASE("path: no closing bracket", "<a@b.test", NULL),
    CASE("path: no opening bracket", "a@b.test>", NULL),
    CASE("path: half a bracket", "<", NULL),
    CASE("path: two at signs", "a@good.test@b.test", NULL),
    CASE("path: no domain", "a@", NULL),
    CASE("path: an at sign alone", "@", NULL),
    CASE("path: NUL", "a@b.test\0", NULL),
    CASE("path: a line end", "a@b.test\r\n", NULL),
    CASE("path: an open quote", "\"a@b.test", NULL),
    CASE("path: something behind a quote", "\"a\"b@b.test", NULL),
    CASE("path: a quoted at sign in the middle", "a\"@\"b@b.test", NULL),
    CASE("path: a space in the domain", "a@b.test c", NULL),
    CASE("path: a route to nowhere", "<@x.test:>", NULL),
    CASE("path: brackets in brackets", "<<a@b.test>>", NULL),
};
/* clang-format on */

static void check_path(void **state)
{
    const struct path_case *c = *state;
    struct seki_str local_part, domain;
    bool is_path = seki_address_split_path(c->path, &local_part, &domain);
    assert_int_equal(is_path, c->local_part != NULL);
    assert_true(seki_str_equal(local_part, seki_str_of(c->local_part != NULL ? c->local_part : "")));
    assert_true(seki_str_equal(domain, seki_str_of(c->domain != NULL ? c->domain : "")));
}

struct word_case {
    const char *name;
    struct seki_str text;
    const char *want;
};

/* clang-format off */
static const struct word_case word_cases[] = {
    CASE("words: none", "plain =? text", "plain =? text"),
    CASE("words: nothing", "", ""),
    CASE("words: Q", "=?UTF-8?Q?Andr=C3=a9_x?= y", "Andr\xc3\xa9 x y"),
    CASE("words: B", "=?utf-8?b?6Zai5omA?=", "\xe9\x96\xa2\xe6\x89\x80"),
    CASE("words: B without padding", "=?us-ascii?B?YWI?=", "ab"),
    CASE("words: B with padding", "=?us-ascii?B?YWI=?=", "ab"),
    CASE("words: Latin-1", "=?iso-8859-1?q?Keld_J=F8rn_Simonsen?=", "Keld J\xc3\xb8rn Simonsen"),
    CASE("words: white space between words goes", "a =?utf-8?q?b?= \r\n =?utf-8?q?c?= d", "a bc d"),
    CASE("words: a character cut in two", "=?utf-8?q?=E9=96?= =?utf-8?q?=A2?=", "\xe9\x96\xa2"),
    CASE("words: a language", "=?US-ASCII*EN?Q?Keith_Moore?=", "Keith Moore"),
    CASE("words: control octets become spaces", "=?utf-8?q?a=0D=0Ab=00?=", "a  b "),
    CASE("words: another charset stays", "=?iso-2022-jp?B?GyRCJCIbKEI=?=", "=?iso-2022-jp?B?GyRCJCIbKEI=?="),
    CASE("words: bad UTF-8 stays", "=?utf-8?q?=E9?= x", "=?utf-8?q?=E9?= x"),
    CASE("words: a bad escape stays", "=?utf-8?q?=G0?= =?utf-8?q?a=4?=", "=?utf-8?q?=G0?= =?utf-8?q?a=4?="),
    CASE("words: bad base64 stays", "=?utf-8?b?a!==?=", "=?utf-8?b?a!==?="),
    CASE("words: 8 bit that is no US-ASCII stays", "=?us-ascii?q?=E9?=", "=?us-ascii?q?=E9?="),
    CASE("words: an unknown encoding stays", "=?utf-8?x?a?=", "=?utf-8?x?a?="),
    CASE("words: no end", "=?utf-8?q?a", "=?utf-8?q?a"),
    CASE("words: a space inside is no word", "=?utf-8?q?a b?=", "=?utf-8?q?a b?="),
};
/* clang-format on */

static void check_words(void **state)
{
    const struct word_case *c = *state;
    struct seki_arena *arena = seki_arena_new(1 << 16);
    struct seki_str got = seki_encoded_words_decode(arena, c->text);
    if (!seki_str_equal(got, seki_str_of(c->want)))
        fail_msg("got \"%.*s\", want \"%s\"", SEKI_STR_ARGS(got), c->want);
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
        cmocka_unit_test(a_thousand_mailboxes_are_read_and_no_more),
        cmocka_unit_test(comments_nest_fifty_deep_and_no_deeper),
        cmocka_unit_test(a_full_arena_is_a_limit),
    };
    struct CMUnitTest tests[COUNT(list_cases) + COUNT(path_cases) + COUNT(word_cases) + COUNT(others)];
    size_t count = 0;
    ADD_TABLE(list_cases, check_list);
    ADD_TABLE(path_cases, check_path);
    ADD_TABLE(word_cases, check_words);
    memcpy(tests + count, others, sizeof others);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

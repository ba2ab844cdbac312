/* The Received-SPF field, octet for octet, and what a sender can do to it: nothing. */
#include <sekisho/spf.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define LABEL_50 "lllllllllllllllllllllllllllllllllllllllllllllllllll"

struct field_case {
    const char *what;
    const char *client, *helo, *mail_from, *receiver;
    struct seki_spf_verdict verdict;
    const char *want;
};

#define VERDICT(result_, domain_, reason_, mechanism_)                                                               \
    { .result = SEKI_SPF_##result_,                                                                                  \
      .domain = SEKI_STR_INIT(domain_),                                                                              \
      .reason = SEKI_STR_INIT(reason_),                                                                              \
      .mechanism = SEKI_STR_INIT(mechanism_) }

static const struct field_case cases[] = {
    { "pass", "192.0.2.1", "foo.example.com", "myname@example.com", "mybox.example.org",
      VERDICT(PASS, "example.com", "matched ip4:192.0.2.1", "ip4:192.0.2.1"),
      " pass (mybox.example.org: domain example.com designates\r\n"
      " 192.0.2.1 as permitted sender) receiver=mybox.example.org;\r\n"
      "\tclient-ip=192.0.2.1; envelope-from=\"myname@example.com\";\r\n" /* 79 octets with helo= */
      "\thelo=foo.example.com; identity=mailfrom; mechanism=\"ip4:192.0.2.1\";" },
    { "an IPv6 address is no dot-atom; no mechanism", "2001:db8::1", "h.example", "a@b.example", "",
      VERDICT(NEUTRAL, "b.example", "no mechanism matched", ""),
      " neutral (unknown: domain b.example neither permits nor denies\r\n"
      " 2001:db8::1 as a sender) receiver=unknown; client-ip=\"2001:db8::1\";\r\n"
      "\tenvelope-from=\"a@b.example\"; helo=h.example; identity=mailfrom;\r\n"
      "\tmechanism=default;" },
    { "an error has a problem and no mechanism", "::ffff:192.0.2.1", "h.example", "a@b.example", "r.example",
      VERDICT(PERMERROR, "b.example", "ip4:192.0.2 does not hold an IPv4 address", ""),
      " permerror (r.example: domain b.example has records that cannot\r\n"
      " be followed) receiver=r.example; client-ip=192.0.2.1;\r\n"
      "\tenvelope-from=\"a@b.example\"; helo=h.example; identity=mailfrom;\r\n"
      "\tproblem=\"ip4:192.0.2 does not hold an IPv4 address\";" },
    { "no domain", "192.0.2.1", "[192.0.2.1]", "nobody", "r.example",
      VERDICT(NONE, "", "MAIL FROM holds no domain name", ""),
      " none (r.example: the sender does not say who may send for it)\r\n"
      "\treceiver=r.example; client-ip=192.0.2.1; envelope-from=nobody;\r\n"
      "\thelo=\"[192.0.2.1]\"; identity=mailfrom;" },
    { "what a sender chose is quoted", "192.0.2.1", "h;\r\nX: y", "\"a\\\" b\"@b.example", "r.example",
      VERDICT(FAIL, "b.example", "matched -all", "-all"),
      " fail (r.example: domain b.example does not designate 192.0.2.1\r\n"
      " as permitted sender) receiver=r.example; client-ip=192.0.2.1;\r\n"
      "\tenvelope-from=\"\\\"a\\\\\\\" b\\\"@b.example\"; helo=\"h;X: y\"; identity=mailfrom;\r\n"
      "\tmechanism=-all;" },
    { "controls and broken UTF-8", "192.0.2.1", "h\x01\x7f", "\xff@b.example", "r.example",
      VERDICT(SOFTFAIL, "b.example", "matched ~all", "~all"),
      " softfail (r.example: domain b.example does not designate\r\n"
      " 192.0.2.1 as permitted sender, but says so weakly) receiver=r.example;\r\n"
      "\tclient-ip=192.0.2.1; envelope-from=\"?@b.example\"; helo=\"h\?\?\";\r\n"
      "\tidentity=mailfrom; mechanism=~all;" },
};

static void write_field(const struct field_case *c, struct seki_buf *buf)
{
    struct seki_spf_input input = {
        .helo = seki_str_of(c->helo),
        .mail_from = seki_str_of(c->mail_from),
        .receiver = seki_str_of(c->receiver),
    };
    assert_true(seki_ip_parse(seki_str_of(c->client), &input.client));
    seki_spf_received_field(&input, &c->verdict, buf);
    assert_int_equal(seki_buf_failed(buf), SEKI_OK);
}

static void fields(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seki_buf buf;
        seki_buf_init(&buf, 4096);
        write_field(&cases[i], &buf);
        if (!seki_str_equal(seki_buf_str(&buf), seki_str_of(cases[i].want)))
            fail_msg("%s:\ngot  %.*s\nwant %s", cases[i].what, SEKI_STR_ARGS(seki_buf_str(&buf)), cases[i].want);
        seki_buf_release(&buf);
    }
}

static bool holds(const struct seki_buf *buf, const char *text)
{
    return memmem(buf->ptr, buf->len, text, strlen(text)) != NULL;
}

/* The HELO identity, also where it stands in for a null reverse-path: there is no envelope sender to tell. */
static void helo_has_no_envelope_from(void **state)
{
    (void)state;
    struct field_case c = cases[0];
    struct seki_buf buf;
    seki_buf_init(&buf, 4096);
    c.verdict.identity = SEKI_SPF_HELO;
    write_field(&c, &buf);
    assert_true(holds(&buf, "identity=helo;"));
    assert_false(holds(&buf, "envelope-from"));
    seki_buf_clear(&buf);
    c.verdict.identity = SEKI_SPF_MAIL_FROM;
    c.verdict.is_null_reverse_path = true;
    c.mail_from = "";
    write_field(&c, &buf);
    assert_true(holds(&buf, "identity=helo;"));
    assert_false(holds(&buf, "envelope-from"));
    seki_buf_release(&buf);
}

/* "is not excessively long (see [RFC5322], Section 2.1.1)" */
static void no_line_is_too_long(void **state)
{
    (void)state;
    char quotes[322], path[400];
    memset(quotes, '"', sizeof quotes - 1);
    quotes[sizeof quotes - 1] = '\0';
    struct field_case c = cases[0];
    struct seki_buf buf;
    seki_buf_init(&buf, 8192);
    c.helo = quotes;
    write_field(&c, &buf);
    assert_false(holds(&buf, "helo="));
    seki_buf_clear(&buf);
    c.helo = quotes + 1; /* as long as may be */
    snprintf(path, sizeof path, "%s@%s.%s.example", quotes + 200, LABEL_50, LABEL_50);
    c.mail_from = path;
    write_field(&c, &buf);
    assert_true(holds(&buf, "helo=\""));
    struct seki_str rest = seki_buf_str(&buf), line;
    while (seki_str_split(&rest, '\n', &line))
        assert_true(line.len <= 998);
    seki_buf_release(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields),
        cmocka_unit_test(helo_has_no_envelope_from),
        cmocka_unit_test(no_line_is_too_long),
    };
    return cmocka_run_group_tests_name("spf-received", tests, NULL, NULL);
}

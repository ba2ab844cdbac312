/* Received fields as servers write them, and as a sender would like them to be read. */
#include "message/received.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static const struct {
    const char *name, *value, *helo, *address; /* address NULL: refused */
    const char *reverse_name;                  /* NULL: none */
} fields[] = {
    { "Postfix", " from mail.example.org (mx.example.org [192.0.2.1])\r\n\tby mx.example.com (Postfix) with ESMTPS",
      "mail.example.org", "192.0.2.1", "mx.example.org" },
    { "Postfix, IPv6", "from a.example (unknown [IPv6:2001:db8::5])\n\tby b (Postfix)", "a.example",
      "2001:db8::5" },
    { "Postfix, TLS comments after it",
      "from a (a [192.0.2.1]) (using TLSv1.3 with cipher X (256/256 bits)) (No client certificate requested) by b",
      "a", "192.0.2.1", "a" },
    { "Postfix, address literal as HELO", "from [198.51.100.7] (unknown [192.0.2.1]) by b", "[198.51.100.7]",
      "192.0.2.1" },
    { "Sendmail, may be forged", "from a (host.example [192.0.2.1] (may be forged)) by b with SMTP id x", "a",
      "192.0.2.1", "host.example" },
    { "Sendmail, no name", "from a ([192.0.2.1]) by b", "a", "192.0.2.1" },
    { "Exim, HELO differs", "from r.example ([192.0.2.1] helo=h.example) by b with esmtp (Exim 4.96)", "h.example",
      "192.0.2.1", "r.example" },
    { "Exim, no name", "from [192.0.2.1] (helo=h.example) by b", "h.example", "192.0.2.1" },
    { "Exim, port", "from [192.0.2.1] (port=2525 helo=h.example) by b", "h.example", "192.0.2.1" },
    { "Exim, port after the address", "from r ([192.0.2.1]:2525 helo=[198.51.100.7]) by b", "[198.51.100.7]",
      "192.0.2.1", "r" },
    { "Exim, HELO is the name", "from r.example ([192.0.2.1]) by b", "r.example", "192.0.2.1" },
    { "qmail", "from unknown (HELO h.example) (192.0.2.1) by b with SMTP; 1 Jan 2026", "h.example", "192.0.2.1" },
    { "qmail with ident", "from r (HELO h.example) (user@192.0.2.1) by b", "h.example", "192.0.2.1", "r" },
    { "Exchange", "from h.example (192.0.2.1) by b with Microsoft SMTP Server", "h.example", "192.0.2.1" },
    { "nothing but a literal", "from [192.0.2.1] by b", "[192.0.2.1]", "192.0.2.1" },
    { "any case", "FROM a (b [192.0.2.1]) BY c", "a", "192.0.2.1", "b" },

    { "no client: submitted on the relay", "by relay.example (Postfix, from userid 0)", NULL, NULL },
    { "no address", "from a (b) by c", NULL, NULL },
    { "an address that is only claimed in HELO's place", "from 192.0.2.1 (unknown) by c", NULL, NULL },
    { "an address behind by", "from a by b (b [192.0.2.1])", NULL, NULL },
    { "a comment that never ends", "from a (b [192.0.2.1] by c", NULL, NULL },
    { "a comment that never ends, beside a literal", "from [198.51.100.7] (unknown [192.0.2.1", NULL, NULL },
    { "a literal beside a comment that says nothing of it", "from [198.51.100.7] (unknown) by c", NULL, NULL },
    { "a literal in HELO, and no address", "from r (helo=[198.51.100.7]) by c", NULL, NULL },
    { "a HELO that brings its own comment", "from a(x[192.0.2.9]) (b [192.0.2.1]) by c", NULL, NULL },
    { "a name that brings its own address", "from a ([192.0.2.9] [192.0.2.1]) by c", "a", "192.0.2.1" },
    { "an octet past 255", "from a (b [192.0.2.256]) by c", NULL, NULL },
    { "comments too deep", "from a (((((((((((b [192.0.2.1]))))))))))) by c", NULL, NULL },
    { "empty", "", NULL, NULL },
    { "the word alone", "from", NULL, NULL },
};

static void each_field_gives_its_client(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct seki_received_client client;
        char text[SEKI_IP_TEXT_MAX];
        bool is_read = seki_received_client_read(seki_str_of(fields[i].value), &client);
        if (is_read != (fields[i].address != NULL))
            fail_msg("%s: read=%d", fields[i].name, is_read);
        if (!is_read) {
            assert_int_equal(client.address.octet_count, 0);
            continue;
        }
        if (strcmp(seki_ip_format(&client.address, text), fields[i].address) != 0 ||
            !seki_str_equal(client.helo, seki_str_of(fields[i].helo)))
            fail_msg("%s: %s %.*s", fields[i].name, text, SEKI_STR_ARGS(client.helo));
        const char *name = fields[i].reverse_name != NULL ? fields[i].reverse_name : "";
        if (!seki_str_equal(client.name, seki_str_of(name)))
            fail_msg("%s: the name is %.*s", fields[i].name, SEKI_STR_ARGS(client.name));
    }
}

static const struct {
    const char *name, *value;
    const char *helo, *by, *with, *id, *for_path, *date; /* NULL: "" */
    unsigned tls_major, tls_minor;
    int64_t time_s; /* 0: not to be read */
} clauses[] = {
    { "RFC 5321 appendix D.3",
      "from xyz.com (xyz.com [192.0.2.3]) by mx.foo.com\r\n (8.9.3/8.9.3) with ESMTP id LAA14209\r\n"
      " for <Jones@example.com>; Thu, 21 May 1998 05:33:29 -0700",
      "xyz.com", "mx.foo.com", "ESMTP", "LAA14209", "<Jones@example.com>", "Thu, 21 May 1998 05:33:29 -0700",
      .time_s = 895754009 },
    { "Postfix with TLS",
      "from a (b [192.0.2.1])\r\n\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))\r\n"
      "\t(No client certificate requested)\r\n\tby c (Postfix) with ESMTPS id 4X;\r\n\tThu,  1 Jan 2026 00:00:00 "
      "+0000 (UTC)",
      "a", "c", "ESMTPS", "4X", NULL, "Thu,  1 Jan 2026 00:00:00 +0000 (UTC)", 1, 3, 1767225600 },
    { "a cipher is no version; its version stands behind the recipient",
      "by c with ESMTPS id x for <r@d> (cipher=TLS_AES_128_GCM_SHA256 version=TLS1_2); x", NULL, "c", "ESMTPS", "x",
      "<r@d>", "x", 1, 2 },
    { "TLS 1.0 by its old name", "by c with ESMTPS (TLSv1/SSLv3)", NULL, "c", "ESMTPS", .tls_major = 1 },
    { "Exchange",
      "from a (192.0.2.1) by b (198.51.100.7) with Microsoft\r\n SMTP Server (version=TLS1_2, cipher=X) id 15.20;"
      " Thu, 1 Jan 2026 00:00:00 +0000",
      "a", "b", "Microsoft\r\n SMTP Server", "15.20", NULL, "Thu, 1 Jan 2026 00:00:00 +0000", 1, 2, 1767225600 },
    { "submitted on the host", "by a (Postfix, from userid 0) id 7; Thu, 1 Jan 2026 00:00:00 +0000", NULL, "a",
      NULL, "7", NULL, "Thu, 1 Jan 2026 00:00:00 +0000", .time_s = 1767225600 },
    { "qmail's own hop", "(qmail 1 invoked by uid 0); 1 Jan 2026 00:00:00 -0000",
      .date = "1 Jan 2026 00:00:00 -0000", .time_s = 1767225600 },
    { "names of clauses as values", "from by by with with id id for", "by", "with", "id", "for" },
    { "a HELO without an address that is sure", "from a (b) by c", "a", "c" },
    { "the first clause of a name counts", "by a by b with C with D id", NULL, "a", "C" },
    { "a date that cannot be read is told as it is", "by a; yesterday", NULL, "a", .date = "yesterday" },
    { "parentheses without their other half", "by a ) ( with B", NULL, "a", "B" },
    { "the last semicolon counts", "by a id x;y; 1 Jan 2026 00:00:00 +0000", NULL, "a", NULL, "x;y", NULL,
      "1 Jan 2026 00:00:00 +0000", .time_s = 1767225600 },
};

static void compare(const char *name, const char *clause, struct seki_str got, const char *want)
{
    if (!seki_str_equal(got, seki_str_of(want != NULL ? want : "")))
        fail_msg("%s: %s \"%.*s\"", name, clause, SEKI_STR_ARGS(got));
}

static void each_clause_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof clauses / sizeof clauses[0]; i++) {
        struct seki_received got;
        assert_true(seki_received_read(seki_str_of(clauses[i].value), &got));
        compare(clauses[i].name, "from", got.client.helo, clauses[i].helo);
        compare(clauses[i].name, "by", got.by, clauses[i].by);
        compare(clauses[i].name, "with", got.with, clauses[i].with);
        compare(clauses[i].name, "id", got.id, clauses[i].id);
        compare(clauses[i].name, "for", got.for_path, clauses[i].for_path);
        compare(clauses[i].name, "date", got.date, clauses[i].date);
        bool is_same_tls = got.tls_major == clauses[i].tls_major && got.tls_minor == clauses[i].tls_minor;
        bool is_same_time =
            got.has_time == (clauses[i].time_s != 0) && (!got.has_time || got.time_s == clauses[i].time_s);
        if (!is_same_tls || !is_same_time)
            fail_msg("%s: TLS %u.%u, time %lld", clauses[i].name, got.tls_major, got.tls_minor,
                     (long long)got.time_s);
    }
}

static void a_field_of_nothing_is_not_read(void **state)
{
    static const char *const values[] = { "", " ", "(a comment)", "hello world", "from", "by", ";" };
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct seki_received got;
        assert_false(seki_received_read(seki_str_of(values[i]), &got));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_field_gives_its_client),
        cmocka_unit_test(each_clause_is_told),
        cmocka_unit_test(a_field_of_nothing_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

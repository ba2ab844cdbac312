/* The way of a message: order, delays, what stands where, and the hop that is taken for the border. */
#include "explain/hops.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* A mailing list between two providers, the newest on top. */
static const char usual[] =
    "Return-Path: <list-bounces@lists.example.org>\r\n"
    "Authentication-Results: mx.example.com; dkim=fail header.d=shop.example.com;\r\n"
    "\tspf=pass smtp.mailfrom=lists.example.org\r\n"
    "Received: from mx.example.com (localhost [127.0.0.1]) by store.example.com (Postfix) with LMTP id 3;\r\n"
    "\tThu, 1 Jan 2026 00:01:30 +0000\r\n"
    "Received: from lists.example.org (out.lists.example.org [198.51.100.20])\r\n"
    "\t(using TLSv1.3 with cipher X (256/256 bits)) by mx.example.com (Postfix) with ESMTPS id 2\r\n"
    "\tfor <reader@example.com>; Thu, 1 Jan 2026 09:01:00 +0900 (JST)\r\n"
    "ARC-Seal: i=1; cv=none; a=rsa-sha256; d=lists.example.org; s=seal; b=AAAA\r\n"
    "ARC-Authentication-Results: i=1; lists.example.org; dkim=pass header.d=shop.example.com\r\n"
    "Received-SPF: pass (lists.example.org: ok) client-ip=192.0.2.10;\r\n"
    "Received: from mail.shop.example.com ([192.0.2.10]) by lists.example.org with ESMTP;\r\n"
    "\tThu, 1 Jan 2026 00:02:00 +0000\r\n"
    "DKIM-Signature: v=1; a=rsa-sha256; d=shop.example.com; s=s; h=From; bh=AAAA; b=AAAA\r\n"
    "List-Id: A list <list.lists.example.org>\r\n"
    "From: Shop <orders@shop.example.com>\r\n"
    "\r\n";

struct world {
    struct seki_arena *arena;
    struct explain_hops hops;
};

static struct world read(const char *text)
{
    struct world w = { .arena = seki_arena_new(4 << 20) };
    struct seki_message *message = seki_message_new(w.arena, NULL);
    struct seki_str body;
    bool is_unix;
    assert_int_equal(seki_message_read(message, seki_str_of(text), &body, &is_unix), SEKI_OK);
    assert_int_equal(explain_hops_read(w.arena, message, &w.hops), SEKI_OK);
    return w;
}

static void same(struct seki_str got, const char *want)
{
    if (!seki_str_equal(got, seki_str_of(want)))
        fail_msg("\"%.*s\" is not \"%s\"", SEKI_STR_ARGS(got), want);
}

static void hops_go_from_the_oldest_to_the_newest(void **state)
{
    (void)state;
    struct world w = read(usual);
    char address[SEKI_IP_TEXT_MAX];
    assert_int_equal(w.hops.hop_count, 3);
    same(w.hops.hops[0].helo, "mail.shop.example.com");
    same(w.hops.hops[0].by, "lists.example.org");
    same(w.hops.hops[1].name, "out.lists.example.org");
    same(w.hops.hops[1].with, "ESMTPS");
    same(w.hops.hops[1].for_path, "<reader@example.com>");
    same(w.hops.hops[1].date, "Thu, 1 Jan 2026 09:01:00 +0900 (JST)");
    assert_int_equal(w.hops.hops[1].tls_minor, 3);
    assert_string_equal(seki_ip_format(&w.hops.hops[1].address, address), "198.51.100.20");
    same(w.hops.hops[2].by, "store.example.com");
    same(w.hops.return_path, "list-bounces@lists.example.org");
    same(w.hops.list_id, "list.lists.example.org");
    seki_arena_free(w.arena);
}

static void delays_are_to_the_next_hop_and_may_be_negative(void **state)
{
    (void)state;
    struct world w = read(usual);
    assert_true(w.hops.hops[0].has_delay && w.hops.hops[0].delay_s == -60);
    assert_true(w.hops.hops[1].has_delay && w.hops.hops[1].delay_s == 30);
    assert_false(w.hops.hops[2].has_delay);
    seki_arena_free(w.arena);
}

static const struct {
    enum explain_mark_kind kind;
    size_t hop;
    const char *claims, *result;
    unsigned instance;
    size_t result_count;
} marks[] = {
    { EXPLAIN_MARK_DKIM_SIGNATURE, 0, "shop.example.com", "", 0, 0 },
    { EXPLAIN_MARK_RECEIVED_SPF, 1, "", "pass", 0, 0 },
    { EXPLAIN_MARK_ARC_AUTHRES, 1, "lists.example.org", "", 1, 1 },
    { EXPLAIN_MARK_ARC_SEAL, 1, "lists.example.org", "none", 1, 0 },
    { EXPLAIN_MARK_AUTHRES, 3, "mx.example.com", "", 0, 2 },
};

static void what_was_added_stands_at_its_hop(void **state)
{
    (void)state;
    struct world w = read(usual);
    assert_int_equal(w.hops.mark_count, sizeof marks / sizeof marks[0]);
    for (size_t i = 0; i < w.hops.mark_count; i++) {
        const struct explain_mark *mark = &w.hops.marks[i];
        assert_true(mark->is_read);
        assert_int_equal(mark->kind, marks[i].kind);
        assert_int_equal(mark->hop, marks[i].hop);
        same(mark->claims, marks[i].claims);
        same(mark->result, marks[i].result);
        assert_int_equal(mark->instance, marks[i].instance);
        assert_int_equal(mark->results.result_count, marks[i].result_count);
    }
    seki_arena_free(w.arena);
}

static const struct {
    const char *name, *header;
    size_t hop; /* from 1; 0: none */
} borders[] = {
    { "the newest from a public address, behind one from this host", usual, 2 },
    { "none without a field", "From: a@b.example\r\n\r\n", 0 },
    { "none when all addresses are private",
      "Received: from a (a [10.1.2.3]) by b\r\nReceived: from c (c [IPv6:fd00::1]) by a\r\n\r\n", 0 },
    { "shared address space and link-local are not public",
      "Received: from a (a [100.64.0.1]) by b\r\nReceived: from c (c [IPv6:fe80::1]) by a\r\n"
      "Received: from d (d [100.128.0.1]) by c\r\n\r\n",
      1 },
    { "an unreadable field on top is passed over",
      "Received: (invoked by uid 0)\r\nReceived: from d (d [IPv6:2001:db8::1]) by c\r\n\r\n", 1 },
    { "an address that is only claimed is none", "Received: from 192.0.2.1 (unknown) by c\r\n\r\n", 0 },
};

static void the_border_is_assumed_at_the_newest_public_address(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof borders / sizeof borders[0]; i++) {
        struct world w = read(borders[i].header);
        size_t index = 0;
        bool is_found = explain_hops_border(&w.hops, &index);
        if ((is_found ? index + 1 : 0) != borders[i].hop)
            fail_msg("%s: hop %zu", borders[i].name, is_found ? index + 1 : 0);
        seki_arena_free(w.arena);
    }
}

static void what_cannot_be_read_is_there_as_text(void **state)
{
    (void)state;
    struct world w =
        read("Authentication-Results: ;;=\r\nARC-Seal: x\r\nARC-Authentication-Results: i=0; a; none\r\n"
             "Received-SPF: (?)\r\nReceived:  no\r\n\tclause \r\n\r\n");
    assert_int_equal(w.hops.hop_count, 1);
    assert_false(w.hops.hops[0].is_read);
    same(w.hops.hops[0].text, "no clause");
    assert_int_equal(w.hops.mark_count, 4);
    for (size_t i = 0; i < w.hops.mark_count; i++)
        assert_false(w.hops.marks[i].is_read);
    same(w.hops.marks[3].text, ";;=");
    assert_false(w.hops.has_return_path);
    same(w.hops.list_id, "");
    seki_arena_free(w.arena);
}

static void no_more_than_the_newest_hundred_are_told(void **state)
{
    (void)state;
    struct seki_buf buf;
    seki_buf_init(&buf, 1 << 20);
    for (unsigned i = 0; i < 103; i++)
        seki_buf_add_format(&buf, "Received: by %u.example\r\n", i);
    for (unsigned i = 0; i < 201; i++)
        seki_buf_add_format(&buf, "Authentication-Results: %u.example; none\r\n", i);
    seki_buf_add_char(&buf, '\0');
    struct world w = read(buf.ptr);
    seki_buf_release(&buf);
    assert_int_equal(w.hops.hop_count, 100);
    assert_int_equal(w.hops.older_hops, 3);
    same(w.hops.hops[99].by, "0.example");
    assert_int_equal(w.hops.mark_count, 200);
    assert_int_equal(w.hops.older_marks, 1);
    same(w.hops.marks[0].claims, "199.example");
    seki_arena_free(w.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hops_go_from_the_oldest_to_the_newest),
        cmocka_unit_test(delays_are_to_the_next_hop_and_may_be_negative),
        cmocka_unit_test(what_was_added_stands_at_its_hop),
        cmocka_unit_test(the_border_is_assumed_at_the_newest_public_address),
        cmocka_unit_test(what_cannot_be_read_is_there_as_text),
        cmocka_unit_test(no_more_than_the_newest_hundred_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

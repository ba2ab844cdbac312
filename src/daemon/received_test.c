/* Received fields as servers write them, and as a sender would like them to be read. */
#include "daemon/received.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static const struct {
    const char *name, *value, *helo, *address; /* address NULL: refused */
} fields[] = {
    { "Postfix", " from mail.example.org (mx.example.org [192.0.2.1])\r\n\tby mx.example.com (Postfix) with ESMTPS",
      "mail.example.org", "192.0.2.1" },
    { "Postfix, IPv6", "from a.example (unknown [IPv6:2001:db8::5])\n\tby b (Postfix)", "a.example",
      "2001:db8::5" },
    { "Postfix, TLS comments after it",
      "from a (a [192.0.2.1]) (using TLSv1.3 with cipher X (256/256 bits)) (No client certificate requested) by b",
      "a", "192.0.2.1" },
    { "Postfix, address literal as HELO", "from [198.51.100.7] (unknown [192.0.2.1]) by b", "[198.51.100.7]",
      "192.0.2.1" },
    { "Sendmail, may be forged", "from a (host.example [192.0.2.1] (may be forged)) by b with SMTP id x", "a",
      "192.0.2.1" },
    { "Sendmail, no name", "from a ([192.0.2.1]) by b", "a", "192.0.2.1" },
    { "Exim, HELO differs", "from r.example ([192.0.2.1] helo=h.example) by b with esmtp (Exim 4.96)", "h.example",
      "192.0.2.1" },
    { "Exim, no name", "from [192.0.2.1] (helo=h.example) by b", "h.example", "192.0.2.1" },
    { "Exim, port", "from [192.0.2.1] (port=2525 helo=h.example) by b", "h.example", "192.0.2.1" },
    { "Exim, port after the address", "from r ([192.0.2.1]:2525 helo=[198.51.100.7]) by b", "[198.51.100.7]",
      "192.0.2.1" },
    { "Exim, HELO is the name", "from r.example ([192.0.2.1]) by b", "r.example", "192.0.2.1" },
    { "qmail", "from unknown (HELO h.example) (192.0.2.1) by b with SMTP; 1 Jan 2026", "h.example", "192.0.2.1" },
    { "qmail with ident", "from r (HELO h.example) (user@192.0.2.1) by b", "h.example", "192.0.2.1" },
    { "Exchange", "from h.example (192.0.2.1) by b with Microsoft SMTP Server", "h.example", "192.0.2.1" },
    { "nothing but a literal", "from [192.0.2.1] by b", "[192.0.2.1]", "192.0.2.1" },
    { "any case", "FROM a (b [192.0.2.1]) BY c", "a", "192.0.2.1" },

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
        struct received_client client;
        char text[SEKI_IP_TEXT_MAX];
        bool is_read = received_read(seki_str_of(fields[i].value), &client);
        if (is_read != (fields[i].address != NULL))
            fail_msg("%s: read=%d", fields[i].name, is_read);
        if (!is_read) {
            assert_int_equal(client.address.octet_count, 0);
            continue;
        }
        if (strcmp(seki_ip_format(&client.address, text), fields[i].address) != 0 ||
            !seki_str_equal(client.helo, seki_str_of(fields[i].helo)))
            fail_msg("%s: %s %.*s", fields[i].name, text, SEKI_STR_ARGS(client.helo));
    }
}

static const struct config_network relay_networks[] = { { { 4, { 192, 0, 2 } }, 24 } };
static const struct config_networks relays = { relay_networks, 1 };

static const struct {
    const char *name;
    const char *received[4]; /* from the top */
    const char *address;     /* NULL: not to be told */
    const char *why;
} walks[] = {
    { "one relay", { "from h (r [203.0.113.5]) by relay", "from x (y [198.51.100.1]) by z" }, "203.0.113.5", "" },
    { "two relays", { "from b (b [192.0.2.7]) by a", "from h (r [203.0.113.5]) by b" }, "203.0.113.5", "" },
    { "a filter on the relay",
      { "from localhost (localhost [127.0.0.1]) by a", "from h (r [203.0.113.5]) by a" },
      "203.0.113.5",
      "" },
    { "an unreadable field of a relay ends the walk",
      { "from b (b [192.0.2.7]) by a", "by b (local)", "from h (r [203.0.113.5]) by c" },
      NULL,
      "Received field 2 from the top, written by a relay, names no client" },
    { "only relays", { "from b (b [192.0.2.7]) by a" }, NULL, "its Received fields name nobody but our relays" },
    { "no field", { NULL }, NULL, "a relay brought it without a Received field" },
};

static void the_walk_ends_at_the_first_client_outside(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof walks / sizeof walks[0]; i++) {
        struct seki_arena *arena = seki_arena_new(100000);
        struct seki_message *message = seki_message_new(arena, &(struct seki_message_limits){ 0 });
        struct received_client client;
        struct seki_error why = { "" };
        char text[SEKI_IP_TEXT_MAX];
        assert_int_equal(seki_message_add_field(message, SEKI_STR("Subject"), SEKI_STR(" from a (b [192.0.2.1])")),
                         0);
        for (size_t j = 0; j < 4 && walks[i].received[j] != NULL; j++)
            assert_int_equal(
                seki_message_add_field(message, SEKI_STR("received"), seki_str_of(walks[i].received[j])), 0);
        bool is_found = received_find_client(message, &relays, &client, &why);
        if (is_found != (walks[i].address != NULL) || strcmp(why.text, walks[i].why) != 0 ||
            (is_found && strcmp(seki_ip_format(&client.address, text), walks[i].address) != 0))
            fail_msg("%s: %d %s", walks[i].name, is_found, why.text);
        seki_arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_field_gives_its_client),
        cmocka_unit_test(the_walk_ends_at_the_first_client_outside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

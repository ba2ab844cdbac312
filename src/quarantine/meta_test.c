/* What is known about a held message: written and read back, and what is refused. */
#include "quarantine/quarantine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void what_is_written_comes_back(void **state)
{
    (void)state;
    const struct quarantine_recipient recipients[] = {
        { SEKI_STR("a@example.com"), 12, 3, 1700000000, SEKI_STR("dmarc-reject") },
        { SEKI_STR("\"b c\"@example.net"), 13, 4, 0, SEKI_STR("") },
    };
    struct quarantine_message in = { .at_us = 1690000000123456,
                                     .queue_id = SEKI_STR("4XyZ"),
                                     .helo = SEKI_STR("mx.example.org"),
                                     .subject = SEKI_STR(" 100% \x1b[31mred\r\n\tfolded\x7f"),
                                     .author = SEKI_STR(" \xe5\xb1\xb1 <y@example.org>"),
                                     .recipients = recipients,
                                     .recipient_count = 2 };
    assert_true(seki_ip_parse(SEKI_STR("2001:db8::1"), &in.client));
    struct seki_arena *arena = seki_arena_new(1u << 20);
    struct seki_buf text;
    struct quarantine_message out;
    seki_buf_init(&text, QUARANTINE_META_MAX_OCTETS);
    quarantine_meta_encode(&in, &text);
    assert_true(quarantine_meta_decode(seki_buf_str(&text), arena, &out, NULL));
    assert_int_equal(out.at_us, in.at_us);
    assert_true(seki_str_equal(out.queue_id, in.queue_id));
    assert_true(seki_str_equal(out.subject, in.subject));
    assert_true(seki_str_equal(out.author, in.author));
    assert_true(seki_str_equal(out.mail_from, SEKI_STR("")));
    assert_memory_equal(&out.client, &in.client, sizeof in.client);
    assert_int_equal(out.recipient_count, 2);
    assert_true(seki_str_equal(out.recipients[0].reason, SEKI_STR("dmarc-reject")));
    assert_true(seki_str_equal(out.recipients[1].address, recipients[1].address));
    assert_int_equal(out.recipients[0].expires_at_s, 1700000000);
    assert_int_equal(out.recipients[1].domain_id, 13);
    seki_buf_release(&text);
    seki_arena_free(arena);
}

#define GOOD "at 5\nrecipient 1 2 3 - a@example.com\n"

static const struct {
    const char *name, *text;
    bool is_good;
} cases[] = {
    { "the least", GOOD, true },
    { "a name that is not known", GOOD "colour blue\n", true },
    { "an empty value", GOOD "subject \n", true },
    { "nothing", "", false },
    { "no end of line", "at 5\nrecipient 1 2 3 - a@example.com", false },
    { "no time", "recipient 1 2 3 - a@example.com\n", false },
    { "a time that is none", "at then\nrecipient 1 2 3 - a@example.com\n", false },
    { "a time past all times", "at 9999999999999999999\nrecipient 1 2 3 - a@example.com\n", false },
    { "nobody", "at 5\n", false },
    { "a recipient without an address", "at 5\nrecipient 1 2 3 - \n", false },
    { "a recipient cut short", "at 5\nrecipient 1 2 3\n", false },
    { "a recipient with a number that is none", "at 5\nrecipient x 2 3 - a@example.com\n", false },
    { "a name alone", GOOD "subject\n", false },
    { "an escape cut short", GOOD "subject 100%4\n", false },
    { "an escape that is none", GOOD "subject 100%zz\n", false },
    { "a client that is no address", GOOD "client here\n", false },
};

static void only_what_was_written_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seki_arena *arena = seki_arena_new(1u << 20);
        struct quarantine_message message;
        struct seki_error why = { "" };
        bool is_good = quarantine_meta_decode(seki_str_of(cases[i].text), arena, &message, &why);
        if (is_good != cases[i].is_good || is_good != (why.text[0] == '\0'))
            fail_msg("%s: %s", cases[i].name, why.text);
        seki_arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_comes_back),
        cmocka_unit_test(only_what_was_written_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

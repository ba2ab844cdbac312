#include "journal/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static struct seki_arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = seki_arena_new(64u << 20);
    return arena == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    seki_arena_free(arena);
    return 0;
}

static struct seki_str encode(const struct journal_record *record)
{
    struct seki_buf buf;
    seki_buf_init_arena(&buf, arena, JOURNAL_RECORD_MAX_OCTETS);
    journal_record_encode(record, &buf);
    assert_int_equal(seki_buf_failed(&buf), SEKI_OK);
    return seki_buf_str(&buf);
}

static struct journal_record decode(struct seki_str octets)
{
    struct journal_record record;
    struct seki_error why = { "" };
    assert_int_equal(journal_record_decode(octets, arena, &record, &why), SEKI_OK);
    return record;
}

static void assert_text(struct seki_str got, const char *want)
{
    assert_int_equal(got.len, strlen(want));
    assert_memory_equal(got.ptr, want, got.len);
}

static const struct journal_signature signatures[] = {
    { SEKI_DKIM_PASS, SEKI_STR_INIT("example.com"), SEKI_STR_INIT("s1"), SEKI_STR_INIT("rsa-sha256"),
      SEKI_STR_INIT("") },
    { SEKI_DKIM_FAIL, SEKI_STR_INIT("list.example"), SEKI_STR_INIT("k"), SEKI_STR_INIT("ed25519-sha256"),
      SEKI_STR_INIT("body hash did not verify") },
};

static const struct journal_recipient recipients[] = {
    { .address = SEKI_STR_INIT("a@customer.example"),
      .domain = SEKI_STR_INIT("customer.example"),
      .domain_id = 7,
      .tenant_id = 3,
      .policy_revision = 1ull << 40,
      .filter = POLICY_OBSERVE,
      .judgement = { .would_be = POLICY_REFUSE,
                     .matched = 1u << POLICY_DMARC_REJECT | 1u << POLICY_VIRUS,
                     .decisive = POLICY_VIRUS,
                     .is_impostor = true,
                     .allow_id = 99 },
      .applied = POLICY_DISCARD },
    { .address = SEKI_STR_INIT("b@elsewhere.example") },
};

static struct journal_record sample(void)
{
    struct journal_record record = {
        .at_us = 1767225600123456,
        .wait_us = 15321,
        .size_octets = 1ull << 33,
        .queue_id = SEKI_STR("4XyZ"),
        .message_id = SEKI_STR("<1@example.com>"),
        .relay = { 4, { 127, 0, 0, 1 } },
        .helo = SEKI_STR("mail.example.com"),
        .mail_from = SEKI_STR("bounce@example.com"),
        .subject = SEKI_STR("a\0b"),
        .facts = { .client = { 16, { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } },
                   .author_domain = SEKI_STR("example.com"),
                   .dkim_domains = { SEKI_STR("example.com"), SEKI_STR("example.net") },
                   .dkim_domain_count = 2,
                   .dmarc = SEKI_DMARC_PERMERROR,
                   .wish = SEKI_DMARC_POLICY_REJECT,
                   .spf = SEKI_SPF_PERMERROR,
                   .dkim = SEKI_DKIM_PERMERROR,
                   .has_scan_failed = true },
        .arc = SEKI_ARC_FAIL,
        .signatures = signatures,
        .signature_count = 2,
        .recipients = recipients,
        .recipient_count = 2,
        .recipients_left_out = 5,
        .reply_code = 550,
        .reply_text = SEKI_STR("5.7.26 no"),
        .header = SEKI_STR("From: a@example.com\r\n"),
        .body_hashes = SEKI_STR("\1\2"),
        .answers = SEKI_STR("\3"),
    };
    return record;
}

static void test_fields_come_back(void **state)
{
    (void)state;
    const struct journal_record want = sample();
    const struct journal_record got = decode(encode(&want));
    assert_int_equal(got.at_us, 1767225600123456);
    assert_int_equal(got.wait_us, 15321);
    assert_int_equal(got.size_octets, 1ull << 33);
    assert_int_equal(got.subject.len, 3);
    assert_memory_equal(got.subject.ptr, "a\0b", 3);
    assert_memory_equal(&got.relay, &want.relay, sizeof got.relay);
    assert_memory_equal(&got.facts.client, &want.facts.client, sizeof got.facts.client);
    assert_int_equal(got.facts.dkim_domain_count, 2);
    assert_text(got.facts.dkim_domains[1], "example.net");
    assert_int_equal(got.facts.dmarc, SEKI_DMARC_PERMERROR);
    assert_int_equal(got.facts.wish, SEKI_DMARC_POLICY_REJECT);
    assert_true(got.facts.has_scan_failed);
    assert_false(got.facts.is_author_hosted);
    assert_int_equal(got.arc, SEKI_ARC_FAIL);
    assert_int_equal(got.recipients_left_out, 5);
    assert_int_equal(got.reply_code, 550);
    assert_text(got.header, "From: a@example.com\r\n");
    assert_text(got.answers, "\3");
    assert_text(got.quarantine_id, "");
}

static void test_lists_come_back(void **state)
{
    (void)state;
    const struct journal_record want = sample();
    const struct journal_record got = decode(encode(&want));
    assert_int_equal(got.signature_count, 2);
    assert_int_equal(got.signatures[1].result, SEKI_DKIM_FAIL);
    assert_text(got.signatures[1].reason, "body hash did not verify");
    assert_text(got.signatures[0].reason, "");
    assert_int_equal(got.recipient_count, 2);
    const struct journal_recipient *first = &got.recipients[0];
    assert_text(first->address, "a@customer.example");
    assert_int_equal(first->policy_revision, 1ull << 40);
    assert_int_equal(first->filter, POLICY_OBSERVE);
    assert_int_equal(first->judgement.would_be, POLICY_REFUSE);
    assert_int_equal(first->judgement.matched, 1u << POLICY_DMARC_REJECT | 1u << POLICY_VIRUS);
    assert_int_equal(first->judgement.decisive, POLICY_VIRUS);
    assert_true(first->judgement.is_impostor);
    assert_int_equal(first->judgement.allow_id, 99);
    assert_int_equal(first->applied, POLICY_DISCARD);
    assert_text(got.recipients[1].domain, "");
    assert_int_equal(got.recipients[1].applied, POLICY_DELIVER);
}

/* Tags 38, 39 and a recipient with its domain alone; a record of before them is one of a message that came in. */
static void test_what_was_sent_out(void **state)
{
    const struct journal_recipient to = { .domain = SEKI_STR("partner.example") };
    const struct journal_record sent = {
        .at_us = 1, .sender_domain_id = 7, .is_reply = true, .recipients = &to, .recipient_count = 1
    };
    (void)state;
    struct seki_str octets = encode(&sent);
    static const char want[] = "\1"
                               "\62\221\200\0\2\17partner.example"
                               "\1\1\2"
                               "\46\1\7"
                               "\47\1\1";
    assert_int_equal(octets.len, sizeof want - 1);
    assert_memory_equal(octets.ptr, want, octets.len);
    const struct journal_record got = decode(octets);
    assert_int_equal(got.sender_domain_id, 7);
    assert_true(got.is_reply);
    assert_text(got.recipients[0].domain, "partner.example");
    assert_int_equal(decode(SEKI_STR("\1\4\2ab")).sender_domain_id, 0);
}

static void test_times_before_1970(void **state)
{
    (void)state;
    struct journal_record record = { .at_us = INT64_MIN };
    assert_int_equal(decode(encode(&record)).at_us, INT64_MIN);
    record.at_us = -1;
    assert_int_equal(decode(encode(&record)).at_us, -1);
}

/* What a later version adds: tag 63 with three octets, tag 200 (two octets) with none. */
static void test_unknown_fields_are_passed_over(void **state)
{
    (void)state;
    const struct journal_record got = decode(SEKI_STR("\1"
                                                      "\77\3xyz"
                                                      "\4\2ab"
                                                      "\310\1\0"
                                                      "\5\1c"));
    assert_text(got.queue_id, "ab");
    assert_text(got.message_id, "c");
}

static void test_refusals(void **state)
{
    static const struct {
        const char *name;
        struct seki_str octets;
    } cases[] = {
        { "nothing", SEKI_STR_INIT("") },
        { "another version", SEKI_STR_INIT("\2") },
        { "a tag without a length", SEKI_STR_INIT("\1\4") },
        { "a length past the end", SEKI_STR_INIT("\1\4\3ab") },
        { "a length of eleven octets", SEKI_STR_INIT("\1\4\200\200\200\200\200\200\200\200\200\200\1") },
        { "an address of three octets", SEKI_STR_INIT("\1\13\3abc") },
        { "a result that there is not", SEKI_STR_INIT("\1\17\1\5") },
        { "a number without octets", SEKI_STR_INIT("\1\17\0") },
        { "a number with something behind it", SEKI_STR_INIT("\1\17\2\1\1") },
        { "yes and no with another value", SEKI_STR_INIT("\1\23\1\2") },
        { "a reply that is neither yes nor no", SEKI_STR_INIT("\1\47\1\2") },
        { "a signature that is cut off", SEKI_STR_INIT("\1\61\2\2\5") },
        { "a recipient with an unknown action", SEKI_STR_INIT("\1\62\3\20\1\7") },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct journal_record record;
        struct seki_error why = { "" };
        enum seki_result result = journal_record_decode(cases[i].octets, arena, &record, &why);
        if (result != SEKI_BAD_INPUT || why.text[0] == '\0')
            fail_msg("%s: result %d, \"%s\"", cases[i].name, result, why.text);
    }
}

static void test_every_cut_is_refused_or_shorter(void **state)
{
    (void)state;
    const struct journal_record want = sample();
    struct seki_str whole = encode(&want);
    for (size_t len = 0; len < whole.len; len++) {
        struct journal_record record;
        struct seki_str cut = { memcpy(malloc(len + 1), whole.ptr, len), len };
        if (journal_record_decode(cut, arena, &record, NULL) == SEKI_OK)
            assert_true(encode(&record).len <= len); /* it ended between two fields */
        free((void *)(uintptr_t)cut.ptr);
    }
}

static struct seki_str filled(size_t len)
{
    char *octets = seki_arena_octets(arena, len);
    assert_non_null(octets);
    memset(octets, 'x', len);
    return (struct seki_str){ octets, len };
}

static void test_bounds(void **state)
{
    (void)state;
    struct journal_record record = sample();
    record.subject = filled(2000);
    record.header = filled(JOURNAL_HEADER_MAX_OCTETS + 1);
    struct journal_recipient *many = calloc(JOURNAL_RECIPIENTS_MAX + 3, sizeof *many);
    assert_non_null(many);
    record.recipients = many;
    record.recipient_count = JOURNAL_RECIPIENTS_MAX + 3;
    record.answers = filled(JOURNAL_RECORD_MAX_OCTETS - JOURNAL_HEADER_MAX_OCTETS);
    const struct journal_record got = decode(encode(&record));
    assert_int_equal(got.subject.len, 998);
    assert_int_equal(got.header.len, JOURNAL_HEADER_MAX_OCTETS);
    assert_int_equal(got.recipient_count, JOURNAL_RECIPIENTS_MAX);
    assert_int_equal(got.recipients_left_out, 5 + 3);
    assert_int_equal(got.answers.len, 0); /* left out whole */
    assert_text(got.queue_id, "4XyZ");
    free(many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_fields_come_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lists_come_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_was_sent_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_times_before_1970, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unknown_fields_are_passed_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_cut_is_refused_or_shorter, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bounds, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("journal record", tests, NULL, NULL);
}

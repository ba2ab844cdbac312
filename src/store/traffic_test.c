/* Recorded traffic: taken over once, given back whole, counted. */
#include "store/traffic_sample_test.h"
#include "store/traffic_scan.h"

static void a_batch_counts_once(struct sql *sql, const char *url)
{
    (void)url;
    struct store_traffic *traffic = begin(sql);
    struct journal_record record = sample();
    const struct store_traffic_record records[] = { { &record, 40 }, { &record, 80 } };
    struct store_traffic_batch batch = batch_of(records, 2, 0, 120);
    struct store_traffic_position position;
    struct seki_error why = { "" };

    STORE_OK(store_traffic_position_read(sql, NODE, SEGMENT, &position, WHY));
    assert_int_equal(position.next_offset, 0);
    STORE_OK(store_traffic_ingest(traffic, &batch, WHY));
    STORE_OK(store_traffic_ingest(traffic, &batch, WHY)); /* the answer to the commit was lost */
    assert_int_equal(messages(sql), 2);
    STORE_OK(store_traffic_position_read(sql, NODE, SEGMENT, &position, WHY));
    assert_int_equal(position.next_offset, 120);
    assert_false(position.is_done);

    batch = batch_of(records, 2, 60, 160);
    assert_int_equal(store_traffic_ingest(traffic, &batch, &why), SEKI_BAD_INPUT);
    assert_non_null(strstr(why.text, "up to 120, not 60"));
    assert_int_equal(messages(sql), 2);

    batch = batch_of(NULL, 0, 120, 120);
    batch.to.is_done = true;
    STORE_OK(store_traffic_ingest(traffic, &batch, WHY));
    STORE_OK(store_traffic_ingest(traffic, &batch, WHY));
    STORE_OK(store_traffic_position_read(sql, NODE, SEGMENT, &position, WHY));
    assert_true(position.is_done);
    batch = batch_of(records, 1, 120, 160);
    assert_int_equal(store_traffic_ingest(traffic, &batch, &why),
                     SEKI_BAD_INPUT); /* nothing comes behind the end */
    assert_int_equal(messages(sql), 2);
    store_traffic_free(traffic);
}

static void the_same_offset_of_another_node_is_another_record(struct sql *sql, const char *url)
{
    (void)url;
    struct store_traffic *traffic = begin(sql);
    struct journal_record record = sample();
    const struct store_traffic_record records[] = { { &record, 40 } };
    struct store_traffic_batch batch = batch_of(records, 1, 0, 80);
    STORE_OK(store_traffic_ingest(traffic, &batch, WHY));
    batch.node = SEKI_STR("mx2");
    STORE_OK(store_traffic_ingest(traffic, &batch, WHY));
    assert_int_equal(messages(sql), 2);
    assert_rows(sql, "SELECT node, segment, next_offset FROM journal_segment ORDER BY node",
                "mx1|5a-1-0.seg|80\nmx2|5a-1-0.seg|80\n");
    store_traffic_free(traffic);
}

struct seen {
    size_t count, stop_at;
    struct seki_buf text;
};

static bool note(void *user, const struct store_traffic_row *row)
{
    struct seen *seen = user;
    const struct policy_facts *facts = &row->facts;
    seen->count++;
    seki_buf_add_format(&seen->text, "%.*s %.*s", SEKI_STR_ARGS(row->recipient.address),
                        SEKI_STR_ARGS(row->message_id));
    assert_int_equal(row->at_us, AT_US);
    assert_int_equal(facts->client.octets[3], 99);
    assert_int_equal(facts->dkim_domain_count, 2);
    assert_true(seki_str_equal(facts->dkim_domains[1], SEKI_STR("b.example")));
    assert_int_equal(facts->dmarc, SEKI_DMARC_FAIL);
    assert_int_equal(facts->wish, SEKI_DMARC_POLICY_REJECT);
    assert_int_equal(facts->spf, SEKI_SPF_PASS);
    assert_int_equal(facts->dkim, SEKI_DKIM_PASS);
    assert_true(facts->has_spf && facts->is_arc_override && facts->is_author_hosted);
    assert_false(facts->is_null_sender || facts->is_spf_aligned || facts->is_dkim_aligned ||
                 facts->has_scan_failed);
    assert_true(seki_str_equal(facts->author_domain, SEKI_STR("example.org")));
    assert_true(seki_str_equal(facts->mail_from_domain, SEKI_STR("list.example")));
    assert_true(seki_str_equal(facts->spf_domain, SEKI_STR("list.example")));
    assert_true(seki_str_equal(facts->lookalike_of, SEKI_STR("example.or")));
    assert_true(seki_str_equal(facts->attachment, SEKI_STR("a.exe")));
    assert_true(seki_str_equal(facts->virus, SEKI_STR("Eicar")));
    seki_buf_add_format(&seen->text, " %d/%d/%d %s%s@%s:%llu\n", (int)row->recipient.judgement.would_be,
                        (int)row->recipient.applied, (int)row->recipient.judgement.allow_id,
                        row->recipient.judgement.is_impostor ? "I" : "",
                        row->recipient.judgement.is_forged_bounce ? "F" : "", row->position.segment,
                        (unsigned long long)row->position.offset);
    return seen->count != seen->stop_at;
}

static void what_went_in_comes_back(struct sql *sql, const char *url)
{
    (void)url;
#define ANN    "ann@example.com m1@example.org 5/2/0 I@:40\n"
#define BOB    "bob@example.net m1@example.org 0/0/5 F@:40\n"
#define BOB_AT "bob@example.net m1@example.org 0/0/5 F@5a-1-0.seg:40\n"
    static const struct {
        const char *name;
        struct store_traffic_filter filter;
        size_t stop_at;
        const char *want;
    } cases[] = {
        { "all", { .is_newest_first = true }, 0, ANN BOB },
        { "one domain", { .domain_id = 8 }, 0, BOB },
        { "one tenant", { .tenant_id = 3 }, 0, ANN },
        { "another's domain", { .domain_id = 8, .tenant_id = 3 }, 0, "" },
        { "since then", { .since_us = AT_US, .is_newest_first = true }, 0, ANN BOB },
        { "since later", { .since_us = AT_US + 1 }, 0, "" },
        { "until then", { .until_us = AT_US }, 0, "" },
        { "recipient in any case", { .recipient = SEKI_STR_INIT("BOB@example.NET") }, 0, BOB },
        { "message-id", { .message_id = SEKI_STR_INIT("m1@example.ORG"), .domain_id = 7 }, 0, ANN },
        { "queue id", { .queue_id = SEKI_STR_INIT("4XyZ"), .domain_id = 7 }, 0, ANN },
        { "a queue id of another case", { .queue_id = SEKI_STR_INIT("4xyz") }, 0, "" },
        { "sender", { .mail_from = SEKI_STR_INIT("bounce@list.example"), .domain_id = 7 }, 0, ANN },
        { "client", { .client = { 4, { 192, 0, 2, 99 } }, .domain_id = 7 }, 0, ANN },
        { "another client", { .client = { 4, { 192, 0, 2, 98 } } }, 0, "" },
        { "author", { .author_domain = SEKI_STR_INIT("Example.org"), .domain_id = 7 }, 0, ANN },
        { "DMARC's result", { .results[STORE_RESULT_DMARC] = SEKI_DMARC_FAIL + 1, .domain_id = 7 }, 0, ANN },
        { "another of DMARC", { .results[STORE_RESULT_DMARC] = SEKI_DMARC_NONE + 1 }, 0, "" },
        { "SPF's result", { .results[STORE_RESULT_SPF] = SEKI_SPF_PASS + 1, .domain_id = 7 }, 0, ANN },
        { "another of SPF", { .results[STORE_RESULT_SPF] = SEKI_SPF_FAIL + 1 }, 0, "" },
        { "DKIM's result", { .results[STORE_RESULT_DKIM] = SEKI_DKIM_PASS + 1, .domain_id = 7 }, 0, ANN },
        { "another of DKIM", { .results[STORE_RESULT_DKIM] = SEKI_DKIM_NONE + 1 }, 0, "" },
        { "ARC's result", { .results[STORE_RESULT_ARC] = SEKI_ARC_FAIL + 1, .domain_id = 7 }, 0, ANN },
        { "another of ARC", { .results[STORE_RESULT_ARC] = SEKI_ARC_NONE + 1 }, 0, "" },
        { "what was done", { .results[STORE_RESULT_APPLIED] = POLICY_JUNK + 1 }, 0, ANN },
        { "two results, of which one was not",
          { .results[STORE_RESULT_SPF] = SEKI_SPF_PASS + 1, .results[STORE_RESULT_DKIM] = SEKI_DKIM_FAIL + 1 },
          0,
          "" },
        { "limit", { .limit = 1, .is_newest_first = true }, 0, ANN },
        { "the visitor has enough", { .is_newest_first = true }, 1, ANN },
        { "position", { .domain_id = 8, .with_position = true }, 0, BOB_AT },
    };
    struct store_traffic *traffic = begin(sql);
    struct journal_record record = sample();
    const struct store_traffic_record records[] = { { &record, 40 } };
    struct store_traffic_batch batch = batch_of(records, 1, 0, 80);
    STORE_OK(store_traffic_ingest(traffic, &batch, WHY));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seen seen = { .stop_at = cases[i].stop_at };
        seki_buf_init(&seen.text, 4096);
        STORE_OK(store_traffic_scan(sql, &cases[i].filter, note, &seen, WHY));
        seki_buf_add_char(&seen.text, '\0');
        if (strcmp(seen.text.ptr, cases[i].want) != 0)
            fail_msg("%s: got %s", cases[i].name, seen.text.ptr);
        seki_buf_release(&seen.text);
    }
    assert_int_equal(messages(sql), 1); /* the connection is free again */
    store_traffic_free(traffic);
}

static bool count_one(void *user, const struct store_traffic_row *row)
{
    (void)row;
    ++*(size_t *)user;
    return true;
}

/* Recorded in A-labels, as nearly all servers write it, or as UTF-8 (RFC 6531). */
static void an_address_is_found_as_people_write_its_domain(struct sql *sql, const char *url)
{
    (void)url;
    static const struct journal_recipient recipient = { .address = SEKI_STR_INIT("Bob@xn--wgv71a.example"),
                                                        .domain = SEKI_STR_INIT("xn--wgv71a.example"),
                                                        .domain_id = 7 };
    static const struct {
        struct store_traffic_filter filter;
        size_t want;
    } cases[] = {
        { { .recipient = SEKI_STR_INIT("bob@日本.example") }, 1 },
        { { .recipient = SEKI_STR_INIT("BOB@XN--wgv71a.example") }, 1 },
        { { .recipient = SEKI_STR_INIT("bob@日.example") }, 0 },
        { { .mail_from = SEKI_STR_INIT("ann@日本.example") }, 1 },
        { { .mail_from = SEKI_STR_INIT("ann@xn--wgv71a.example") }, 0 },
        { { .mail_from = SEKI_STR_INIT("@") }, 0 },
    };
    struct store_traffic *traffic = begin(sql);
    struct journal_record record = sample();
    record.recipients = &recipient;
    record.recipient_count = 1;
    record.mail_from = SEKI_STR("ann@日本.example");
    const struct store_traffic_record records[] = { { &record, 40 } };
    struct store_traffic_batch batch = batch_of(records, 1, 0, 80);
    STORE_OK(store_traffic_ingest(traffic, &batch, WHY));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t count = 0;
        STORE_OK(store_traffic_scan(sql, &cases[i].filter, count_one, &count, WHY));
        if (count != cases[i].want)
            fail_msg("case %zu: %zu", i, count);
    }
    store_traffic_free(traffic);
}

static void texts_out_of_mail_cannot_stop_it(struct sql *sql, const char *url)
{
    (void)url;
    static char longest[5000];
    memset(longest, 'x', sizeof longest);
    const struct seki_str texts[] = { SEKI_STR("a\0b\xff\r\n"),
                                      SEKI_STR("\xe9\x96"),
                                      SEKI_STR("\xe9\x96\xa2"),
                                      { longest, sizeof longest },
                                      { NULL, 0 } };
    struct store_traffic *traffic = begin(sql);
    uint64_t offset = 0;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++, offset += 10) {
        const struct journal_recipient recipient = { .address = texts[i],
                                                     .domain = texts[i],
                                                     .domain_id = UINT64_MAX };
        struct journal_record record = { .at_us = AT_US,
                                         .size_octets = UINT64_MAX,
                                         .queue_id = texts[i],
                                         .message_id = texts[i],
                                         .quarantine_id = texts[i],
                                         .mail_from = texts[i],
                                         .recipients = &recipient,
                                         .recipient_count = 1 };
        record.facts.author_domain = record.facts.mail_from_domain = record.facts.spf_domain = texts[i];
        record.facts.lookalike_of = record.facts.attachment = record.facts.virus = texts[i];
        record.facts.dkim_domains[0] = record.facts.dkim_domains[1] = texts[i];
        record.facts.dkim_domain_count = 2;
        const struct store_traffic_record records[] = { { &record, offset } };
        struct store_traffic_batch batch = batch_of(records, 1, offset, offset + 10);
        STORE_OK(store_traffic_ingest(traffic, &batch, WHY));
    }
    assert_rows(sql, "SELECT attachment, length(queue_id) FROM traffic_message ORDER BY id LIMIT 3",
                "a?b???|6\n??|2\n\xe9\x96\xa2|1\n");
    assert_int_equal(store_test_integer(sql, "SELECT max(length(message_id)) FROM traffic_message"), 1000);
    store_traffic_free(traffic);
}

static void messages_are_counted_by_hour_and_day(struct sql *sql, const char *url)
{
    (void)url;
    struct store_traffic *traffic = begin(sql);
    struct journal_record first = sample(), later = sample(), put_off = sample();
    put_off.reply_code = 451; /* comes again */
    later.at_us += INT64_C(3600) * 1000000;
    later.facts.client.octets[3] = 1; /* the same network */
    const struct store_traffic_record records[] = {
        { &first, 0 }, { &later, 40 }, { &first, 80 }, { &put_off, 100 }
    };
    struct store_traffic_batch batch = batch_of(records, 4, 0, 120), again = batch_of(records, 1, 120, 160);
    STORE_OK(store_traffic_ingest(traffic, &batch, WHY));
    STORE_OK(store_traffic_ingest(traffic, &again, WHY));
    assert_int_equal(store_test_integer(sql, "SELECT count(*) FROM traffic_message"), 5);
    assert_rows(sql, "SELECT begin_s, tenant_id, messages, octets FROM traffic_hour ORDER BY begin_s, tenant_id",
                "1780308000|3|3|3000\n1780308000|4|3|3000\n1780311600|3|1|1000\n1780311600|4|1|1000\n");
    assert_rows(sql,
                "SELECT begin_s, tenant_id, domain_id, author_domain, network, spf, dkim, dmarc, aligned, wish, "
                "would_be, applied, messages FROM traffic_day ORDER BY tenant_id",
                "1780272000|3|7|example.org|192.0.2.0/24|2|1|2|0|3|5|2|4\n"
                "1780272000|4|8|example.org|192.0.2.0/24|2|1|2|0|3|0|0|4\n");
    assert_rows(sql,
                "SELECT author_domain, evidence, value, messages FROM traffic_failing_day WHERE domain_id = 7 "
                "ORDER BY evidence, value",
                "example.org|1|b.example|4\nexample.org|1|list.example|4\nexample.org|2|list.example|4\n"
                "example.org|3|192.0.2.0/24|4\n");
    store_traffic_free(traffic);
}

static void a_message_of_many_recipients(struct sql *sql, const char *url)
{
    (void)url;
    static struct journal_recipient many[JOURNAL_RECIPIENTS_MAX];
    struct store_traffic *traffic = begin(sql);
    struct journal_record record = sample();
    for (size_t i = 0; i < JOURNAL_RECIPIENTS_MAX; i++)
        many[i] = recipients[i % 2];
    record.recipients = many;
    record.recipient_count = JOURNAL_RECIPIENTS_MAX;
    struct store_traffic_record records[9];
    for (size_t i = 0; i < 9; i++)
        records[i] = (struct store_traffic_record){ &record, i };
    struct store_traffic_batch batch = batch_of(records, 9, 0, 9);
    STORE_OK(store_traffic_ingest(traffic, &batch, WHY));
    assert_int_equal(store_test_integer(sql, "SELECT count(*) FROM traffic_recipient"), 9000);
    assert_int_equal(store_test_integer(sql, "SELECT sum(messages) FROM traffic_day"), 9000);
    store_traffic_free(traffic);
}

static void messages_of_odd_times(struct sql *sql, const char *url)
{
    (void)url;
    static const int64_t times[] = { 0, -1, INT64_C(4102444800) * 1000000, AT_US };
    struct store_traffic *traffic = begin(sql);
    for (size_t i = 0; i < 4; i++) {
        struct journal_record record = sample();
        record.at_us = times[i];
        const struct store_traffic_record records[] = { { &record, i } };
        struct store_traffic_batch batch = batch_of(records, 1, i, i + 1);
        STORE_OK(store_traffic_ingest(traffic, &batch, WHY));
    }
    assert_int_equal(messages(sql), 4);
    store_traffic_free(traffic);
}

static const struct store_test tests[] = {
    STORE_TEST(a_batch_counts_once),
    STORE_TEST(the_same_offset_of_another_node_is_another_record),
    STORE_TEST(what_went_in_comes_back),
    STORE_TEST(an_address_is_found_as_people_write_its_domain),
    STORE_TEST(texts_out_of_mail_cannot_stop_it),
    STORE_TEST(messages_are_counted_by_hour_and_day),
    STORE_TEST(a_message_of_many_recipients),
    STORE_TEST(messages_of_odd_times),
};

int main(void)
{
    return STORE_TESTS_RUN(tests);
}

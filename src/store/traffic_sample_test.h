/* What tests of recorded traffic share: one message to two recipients. */
#ifndef STORE_TRAFFIC_SAMPLE_TEST_H
#define STORE_TRAFFIC_SAMPLE_TEST_H

#include "support/store_databases.h"

#include "store/migrate.h"
#include "store/traffic.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* 2026-06-01 10:30:00 UTC */
#define AT_S  1780309800
#define DAY_S 1780272000
#define AT_US (AT_S * INT64_C(1000000))

#define NODE    SEKI_STR("mx1")
#define SEGMENT SEKI_STR("5a-1-0.seg")

static const struct journal_recipient recipients[] = {
    { .address = SEKI_STR_INIT("Ann@Example.com"),
      .domain = SEKI_STR_INIT("example.com"),
      .domain_id = 7,
      .tenant_id = 3,
      .policy_revision = 11,
      .filter = POLICY_ON,
      .judgement = { .action = POLICY_REFUSE,
                     .would_be = POLICY_REFUSE,
                     .matched = 1u << POLICY_DMARC_REJECT,
                     .decisive = POLICY_DMARC_REJECT,
                     .is_impostor = true },
      .applied = POLICY_JUNK },
    { .address = SEKI_STR_INIT("bob@example.net"),
      .domain = SEKI_STR_INIT("example.net"),
      .domain_id = 8,
      .tenant_id = 4,
      .filter = POLICY_OBSERVE,
      .judgement = { .allow_id = 5, .is_forged_bounce = true } },
};

static inline struct journal_record sample(void)
{
    return (struct journal_record){
        .at_us = AT_US,
        .size_octets = 1000,
        .queue_id = SEKI_STR("4XyZ"),
        .message_id = SEKI_STR("M1@Example.ORG"),
        .quarantine_id = SEKI_STR(""),
        .mail_from = SEKI_STR("Bounce@list.example"),
        .facts = { .client = { 4, { 192, 0, 2, 99 } },
                   .author_domain = SEKI_STR("example.org"),
                   .mail_from_domain = SEKI_STR("list.example"),
                   .spf_domain = SEKI_STR("list.example"),
                   .dkim_domains = { SEKI_STR("list.example"), SEKI_STR("b.example") },
                   .dkim_domain_count = 2,
                   .dmarc = SEKI_DMARC_FAIL,
                   .wish = SEKI_DMARC_POLICY_REJECT,
                   .spf = SEKI_SPF_PASS,
                   .dkim = SEKI_DKIM_PASS,
                   .has_spf = true,
                   .is_arc_override = true,
                   .is_author_hosted = true,
                   .lookalike_of = SEKI_STR("example.or"),
                   .attachment = SEKI_STR("a.exe"),
                   .virus = SEKI_STR("Eicar") },
        .arc = SEKI_ARC_FAIL,
        .recipients = recipients,
        .recipient_count = 2,
        .reply_code = 250,
    };
}

static inline struct store_traffic_batch batch_of(const struct store_traffic_record *records, size_t count,
                                                  uint64_t from, uint64_t to)
{
    return (struct store_traffic_batch){ .node = NODE,
                                         .segment = SEGMENT,
                                         .from_offset = from,
                                         .to = { .next_offset = to },
                                         .records = records,
                                         .count = count };
}

static inline struct store_traffic *begin(struct sql *sql)
{
    unsigned applied;
    STORE_OK(store_migrate(sql, &applied, WHY));
    struct store_traffic *traffic = store_traffic_new(sql, WHY);
    assert_non_null(traffic);
    return traffic;
}

static inline void assert_rows(struct sql *sql, const char *text, const char *want)
{
    struct seki_buf got;
    seki_buf_init(&got, 1 << 20);
    store_test_rows(sql, text, &got);
    seki_buf_add_char(&got, '\0');
    assert_string_equal(got.ptr, want);
    seki_buf_release(&got);
}

static inline int64_t messages(struct sql *sql)
{
    return store_test_integer(sql, "SELECT count(*) FROM traffic_message");
}

#define DAY_US (INT64_C(86400) * 1000000)

/* One message a day for five days, the fourth one taken over first (a node that was late is no exception). */
static inline struct store_traffic *five_days(struct sql *sql)
{
    static const int order[] = { 3, 0, 1, 2, 4 };
    struct store_traffic *traffic = begin(sql);
    struct journal_record records[5];
    struct store_traffic_record places[5];
    for (size_t i = 0; i < 5; i++) {
        records[i] = sample();
        records[i].at_us += order[i] * DAY_US;
        places[i] = (struct store_traffic_record){ &records[i], i };
    }
    struct store_traffic_batch batch = batch_of(places, 5, 0, 5);
    STORE_OK(store_traffic_ingest(traffic, &batch, WHY));
    return traffic;
}

#endif

/* Fills a store with recorded traffic of which the mixture is known: for what-if and its figures.
 *
 * usage: traffic_maker URL DOMAIN MESSAGES DAYS
 *
 * Of ten messages to DOMAIN, spread over the last DAYS days, six pass DMARC; one is forged (DMARC fails, p=reject, nothing
 * passes); one comes through a mailing list (the same, but the list's signature passes); one has SPF softfail and no DMARC
 * record; one has nothing at all. All were delivered: the policy was the default, and it only
 * observed. */
#include "store/domains.h"
#include "store/migrate.h"
#include "store/traffic.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BATCH     1000u
#define KINDS     10u
#define DAY_US    (86400 * INT64_C(1000000))
#define MAX_BYTES (1u << 20)

static const struct policy_facts facts_by_kind[] = {
    /* passes */
    { .client = { 4, { 192, 0, 2, 10 } },
      .author_domain = SEKI_STR_INIT("news.example"),
      .mail_from_domain = SEKI_STR_INIT("news.example"),
      .spf_domain = SEKI_STR_INIT("news.example"),
      .dkim_domains = { SEKI_STR_INIT("news.example") },
      .dkim_domain_count = 1,
      .dmarc = SEKI_DMARC_PASS,
      .wish = SEKI_DMARC_POLICY_REJECT,
      .spf = SEKI_SPF_PASS,
      .dkim = SEKI_DKIM_PASS,
      .has_spf = true,
      .is_spf_aligned = true,
      .is_dkim_aligned = true },
    /* forged */
    { .client = { 4, { 203, 0, 113, 66 } },
      .author_domain = SEKI_STR_INIT("bank.example"),
      .mail_from_domain = SEKI_STR_INIT("bank.example"),
      .spf_domain = SEKI_STR_INIT("bank.example"),
      .dmarc = SEKI_DMARC_FAIL,
      .wish = SEKI_DMARC_POLICY_REJECT,
      .spf = SEKI_SPF_FAIL,
      .dkim = SEKI_DKIM_NONE,
      .has_spf = true },
    /* through a list */
    { .client = { 4, { 198, 51, 100, 7 } },
      .author_domain = SEKI_STR_INIT("member.example"),
      .mail_from_domain = SEKI_STR_INIT("lists.example"),
      .spf_domain = SEKI_STR_INIT("lists.example"),
      .dkim_domains = { SEKI_STR_INIT("lists.example") },
      .dkim_domain_count = 1,
      .dmarc = SEKI_DMARC_FAIL,
      .wish = SEKI_DMARC_POLICY_REJECT,
      .spf = SEKI_SPF_PASS,
      .dkim = SEKI_DKIM_PASS,
      .has_spf = true },
    /* softfail */
    { .client = { 4, { 198, 51, 100, 99 } },
      .author_domain = SEKI_STR_INIT("soft.example"),
      .mail_from_domain = SEKI_STR_INIT("soft.example"),
      .spf_domain = SEKI_STR_INIT("soft.example"),
      .dmarc = SEKI_DMARC_NONE,
      .spf = SEKI_SPF_SOFTFAIL,
      .dkim = SEKI_DKIM_NONE,
      .has_spf = true },
    /* nothing */
    { .client = { 4, { 198, 51, 100, 100 } },
      .author_domain = SEKI_STR_INIT("plain.example"),
      .mail_from_domain = SEKI_STR_INIT("plain.example"),
      .spf_domain = SEKI_STR_INIT("plain.example"),
      .dmarc = SEKI_DMARC_NONE,
      .spf = SEKI_SPF_NONE,
      .dkim = SEKI_DKIM_NONE,
      .has_spf = true },
};
static const unsigned kinds[KINDS] = { 0, 1, 0, 2, 0, 3, 0, 4, 0, 0 };

struct making {
    struct sql *sql;
    struct seki_arena *arena;
    struct store_domain domain;
    struct policy policy;
    uint64_t count;
    int64_t begin_us, step_us;
};

static void make_record(const struct making *making, uint64_t number, struct journal_recipient *recipient,
                        struct journal_record *record)
{
    const struct policy_facts *facts = &facts_by_kind[kinds[number % KINDS]];
    recipient->judgement = policy_judge(&making->policy, NULL, 0, facts, 0);
    *record = (struct journal_record){
        .at_us = making->begin_us + (int64_t)number * making->step_us,
        .size_octets = 4096,
        .queue_id = seki_arena_format(making->arena, "Q%" PRIx64, number),
        .message_id =
            seki_arena_format(making->arena, "%" PRIu64 "@%.*s", number, SEKI_STR_ARGS(facts->author_domain)),
        .quarantine_id = SEKI_STR(""),
        .mail_from = seki_arena_format(making->arena, "bounce@%.*s", SEKI_STR_ARGS(facts->mail_from_domain)),
        .facts = *facts,
        .recipients = recipient,
        .recipient_count = 1,
        .reply_code = 250,
    };
}

static enum seki_result take_batch(struct making *making, struct store_traffic *traffic, uint64_t from,
                                   struct seki_error *why)
{
    static struct journal_record records[BATCH];
    static struct store_traffic_record batch_records[BATCH];
    static struct journal_recipient recipients[BATCH];
    const struct journal_recipient recipient = {
        .address = seki_arena_format(making->arena, "user@%.*s", SEKI_STR_ARGS(making->domain.name)),
        .domain = making->domain.name,
        .domain_id = (uint64_t)making->domain.id,
        .tenant_id = (uint64_t)making->domain.tenant_id,
        .filter = POLICY_OBSERVE,
    };
    size_t count = 0;
    for (; count < BATCH && from + count < making->count; count++) {
        recipients[count] = recipient;
        make_record(making, from + count, &recipients[count], &records[count]);
        batch_records[count] = (struct store_traffic_record){ &records[count], 8 * (from + count) };
    }
    const struct store_traffic_batch batch = { .node = SEKI_STR("maker"),
                                               .segment = making->domain.name,
                                               .from_offset = 8 * from,
                                               .to = { 8 * (from + count), false },
                                               .records = batch_records,
                                               .count = count };
    return store_traffic_ingest(traffic, &batch, why);
}

static enum seki_result make(struct making *making, const char *domain, struct seki_error *why)
{
    unsigned applied;
    struct seki_arena *arena = seki_arena_new(MAX_BYTES);
    enum seki_result result = store_migrate(making->sql, &applied, why);
    if (result == SEKI_OK)
        result = store_domain_find(making->sql, seki_str_of(domain), arena, &making->domain, why);
    struct store_traffic *traffic = result == SEKI_OK ? store_traffic_new(making->sql, why) : NULL;
    if (result == SEKI_OK && traffic == NULL)
        result = SEKI_SYSTEM;
    for (uint64_t from = 0; result == SEKI_OK && from < making->count; from += BATCH) {
        seki_arena_clear(making->arena);
        result = take_batch(making, traffic, from, why);
    }
    store_traffic_free(traffic);
    seki_arena_free(arena);
    return result;
}

int main(int argc, char **argv)
{
    struct making making = { .arena = seki_arena_new(MAX_BYTES), .policy = policy_default() };
    making.policy.filter = POLICY_OBSERVE;
    struct seki_error why = { "" };
    enum seki_result result = SEKI_USAGE;
    uint64_t days = 0;
    if (argc != 5 || !seki_str_to_u64(seki_str_of(argv[3]), 100000000, &making.count) || making.count == 0 ||
        !seki_str_to_u64(seki_str_of(argv[4]), 3650, &days)) {
        fprintf(stderr, "usage: traffic_maker URL DOMAIN MESSAGES DAYS\n");
        return 2;
    }
    making.begin_us = (int64_t)time(NULL) * 1000000 - (int64_t)days * DAY_US;
    making.step_us = (int64_t)days * DAY_US / (int64_t)making.count;
    making.sql = sql_open(argv[1], &result, &why);
    if (making.sql != NULL)
        result = make(&making, argv[2], &why);
    if (result != SEKI_OK)
        fprintf(stderr, "traffic_maker: %s\n", why.text);
    sql_close(making.sql);
    seki_arena_free(making.arena);
    return result == SEKI_OK ? 0 : 1;
}

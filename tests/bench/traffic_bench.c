/* How fast recorded traffic goes into a store, and how fast it is judged again.
 *
 *     traffic_bench URL [MESSAGES [BATCH]]
 *
 * The traffic is made up: 1,000 hosted domains of 100 tenants, authors and networks of which few write most (and most write
 * once), a tenth of the messages to several recipients. The store at URL must be empty; support/postgresql.py gives one. */
#include "policy/judge.h"
#include "store/migrate.h"
#include "store/traffic.h"
#include "store/traffic_scan.h"

#include "store_bench.h"

#define DAYS 7

/* Small numbers often: uniform in the logarithm, nearly. */
static uint64_t random_often_small(unsigned bits)
{
    return random_below(UINT64_C(1) << (1 + random_below(bits)));
}

static const struct journal_recipient *make_recipients(struct seki_arena *arena, size_t count)
{
    struct journal_recipient *recipients = seki_arena_alloc(arena, count, sizeof *recipients);
    for (size_t i = 0; i < count; i++) {
        uint64_t domain = random_often_small(10);
        recipients[i] = (struct journal_recipient){
            .address =
                seki_arena_format(arena, "user%u@domain%u.example", (unsigned)random_below(200), (unsigned)domain),
            .domain = seki_arena_format(arena, "domain%u.example", (unsigned)domain),
            .domain_id = domain + 1,
            .tenant_id = domain / 10 + 1,
            .policy_revision = 1,
            .filter = POLICY_ON,
        };
    }
    return recipients;
}

static void make_facts(struct seki_arena *arena, struct policy_facts *facts)
{
    uint64_t author = random_often_small(16), kind = random_below(10);
    uint32_t client = (uint32_t)(random_often_small(16) << 8 | random_below(4));
    facts->client.octet_count = 4;
    for (unsigned i = 0; i < 4; i++)
        facts->client.octets[i] = (uint8_t)(client >> (24 - 8 * i));
    facts->author_domain = seki_arena_format(arena, "author%u.example", (unsigned)author);
    facts->mail_from_domain = facts->spf_domain = facts->author_domain;
    facts->has_spf = true;
    facts->spf = kind < 7 ? SEKI_SPF_PASS : SEKI_SPF_SOFTFAIL;
    facts->is_spf_aligned = facts->spf == SEKI_SPF_PASS;
    facts->dkim = kind < 6 ? SEKI_DKIM_PASS : SEKI_DKIM_NONE;
    facts->is_dkim_aligned = facts->dkim == SEKI_DKIM_PASS;
    facts->dkim_domains[0] = facts->author_domain;
    facts->dkim_domain_count = facts->is_dkim_aligned;
    facts->dmarc = kind < 7 ? SEKI_DMARC_PASS : kind < 9 ? SEKI_DMARC_FAIL : SEKI_DMARC_NONE;
    facts->wish = kind == 8 ? SEKI_DMARC_POLICY_REJECT : SEKI_DMARC_POLICY_NONE;
    facts->lookalike_of = facts->attachment = facts->virus = SEKI_STR("");
}

static void make_record(struct seki_arena *arena, int64_t at_us, struct journal_record *record)
{
    size_t count = random_below(10) == 0 ? 2 + random_below(5) : 1;
    *record = (struct journal_record){
        .at_us = at_us,
        .size_octets = 2000 + random_below(50000),
        .queue_id = seki_arena_format(arena, "4%011llX", (unsigned long long)random_below(1ULL << 44)),
        .message_id = seki_arena_format(arena, "%llx@mail.example", (unsigned long long)random_below(1ULL << 62)),
        .recipients = make_recipients(arena, count),
        .recipient_count = count,
        .reply_code = 250,
    };
    make_facts(arena, &record->facts);
    record->mail_from = seki_arena_format(arena, "bounce@%.*s", SEKI_STR_ARGS(record->facts.author_domain));
}

static double ingest(struct sql *sql, size_t messages, size_t batch_size)
{
    struct store_traffic *traffic = store_traffic_new(sql, &why);
    struct seki_arena *arena = seki_arena_new(256u * 1024u * 1024u);
    struct journal_record *records = calloc(batch_size, sizeof *records);
    struct store_traffic_record *places = calloc(batch_size, sizeof *places);
    int64_t begin_us = INT64_C(1780272000) * 1000000, step_us = INT64_C(86400) * 1000000 * DAYS / (int64_t)messages;
    double spent_s = 0;
    if (traffic == NULL || arena == NULL || records == NULL || places == NULL)
        exit(1);
    for (size_t done = 0; done < messages; done += batch_size) {
        seki_arena_clear(arena);
        for (size_t i = 0; i < batch_size; i++) {
            make_record(arena, begin_us + (int64_t)(done + i) * step_us, &records[i]);
            places[i] = (struct store_traffic_record){ &records[i], done + i };
        }
        const struct store_traffic_batch batch = {
            SEKI_STR("mx1"), SEKI_STR("1-1-0.seg"), done, { done + batch_size, false }, places, batch_size
        };
        double begin_s = now_s();
        must(store_traffic_ingest(traffic, &batch, &why));
        spent_s += now_s() - begin_s;
    }
    free(records);
    free(places);
    seki_arena_free(arena);
    store_traffic_free(traffic);
    return spent_s;
}

struct judged {
    struct policy policy;
    size_t rows, refused;
};

static bool judge(void *user, const struct store_traffic_row *row)
{
    struct judged *judged = user;
    judged->rows++;
    judged->refused +=
        policy_judge(&judged->policy, NULL, 0, &row->facts, row->at_us / 1000000).would_be == POLICY_REFUSE;
    return true;
}

static void scan(struct sql *sql)
{
    struct judged judged = { .policy = policy_default() };
    judged.policy.actions[POLICY_DMARC_REJECT] = POLICY_REFUSE;
    double begin_s = now_s();
    must(store_traffic_scan(sql, &(struct store_traffic_filter){ 0 }, judge, &judged, &why));
    double spent_s = now_s() - begin_s;
    printf("judged again: %zu rows in %.2f s, %.0f rows/s (%zu would be refused)\n", judged.rows, spent_s,
           (double)judged.rows / spent_s, judged.refused);
}

int main(int argc, char **argv)
{
    uint64_t messages = 100000, batch_size = 1000;
    enum seki_result result = SEKI_OK;
    unsigned applied;
    if (argc < 2 || argc > 4 || (argc > 2 && !seki_str_to_u64(seki_str_of(argv[2]), 100000000, &messages)) ||
        (argc > 3 && !seki_str_to_u64(seki_str_of(argv[3]), STORE_TRAFFIC_BATCH_MAX, &batch_size)) ||
        messages == 0 || batch_size == 0) {
        fprintf(stderr, "usage: traffic_bench URL [MESSAGES [BATCH]]\n");
        return 2;
    }
    struct sql *sql = sql_open(argv[1], &result, &why);
    must(sql != NULL ? SEKI_OK : result);
    must(store_migrate(sql, &applied, &why));
    double spent_s = ingest(sql, messages, batch_size);
    printf("taken over: %llu messages in %.2f s, %.0f messages/s\n", (unsigned long long)messages, spent_s,
           (double)messages / spent_s);
    scan(sql);
    sql_close(sql);
    return 0;
}

#include "store/traffic_count.h"

#include "store/traffic_correspondents.h"
#include "store/traffic_flags.h"
#include "store/traffic_text.h"

#define US_PER_S 1000000
#define HOUR_S   3600
#define DAY_S    86400

#define WIDTH         14u
#define FAILING_WIDTH 7u
#define WRITTEN_ROWS  500u /* values made ready at a time */

#define UPSERT(table)                                                                                              \
    "INSERT INTO " table " (begin_s, tenant_id, domain_id, author_domain, network, spf, dkim, dmarc, aligned, "    \
    "wish, would_be, applied, "                                                                                    \
    "messages, octets) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) "                      \
    "ON CONFLICT (begin_s, tenant_id, domain_id, author_domain, network, spf, dkim, dmarc, aligned, wish, "        \
    "would_be, applied) DO UPDATE SET messages = " table ".messages + excluded.messages, octets = " table          \
    ".octets + excluded.octets"

static const char upsert_hour[] = UPSERT("traffic_hour");
static const char upsert_day[] = UPSERT("traffic_day");
static const char upsert_failing[] =
    "INSERT INTO traffic_failing_day (begin_s, domain_id, author_domain, evidence, value, messages, org_domain) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (domain_id, author_domain, evidence, value, begin_s) "
    "DO UPDATE SET messages = traffic_failing_day.messages + excluded.messages, org_domain = excluded.org_domain";

static int64_t begin_of(int64_t at_s, int64_t period_s)
{
    int64_t rest = at_s % period_s;
    return at_s - (rest < 0 ? rest + period_s : rest);
}

/* ---- gathering ---- */

bool traffic_counts_are_full(const struct traffic_counts *counts)
{
    return counts->count == TRAFFIC_COUNT_ROWS ||
           counts->failing_count > TRAFFIC_FAILING_ROWS - (POLICY_FACTS_DKIM_MAX + 2);
}

static void add_failing(struct traffic_counts *counts, struct traffic_failing row, enum policy_evidence evidence,
                        struct seki_str value)
{
    if (value.len == 0)
        return;
    row.evidence = (uint8_t)evidence;
    row.value = value;
    counts->failing[counts->failing_count++] = row;
}

/* What an allow entry could ask for: it must be there although the author is not authenticated. */
static void add_evidence(struct traffic_counts *counts, const struct traffic_count *count,
                         const struct policy_facts *facts, const struct seki_psl *psl, struct seki_arena *arena)
{
    const struct traffic_failing row = { .begin_s = begin_of(count->begin_s, DAY_S),
                                         .domain_id = count->domain_id,
                                         .author_domain = count->author_domain,
                                         .org_domain = traffic_org_domain(psl, count->author_domain),
                                         .messages = 1 };
    for (size_t i = 0; i < facts->dkim_domain_count; i++)
        add_failing(counts, row, POLICY_EVIDENCE_DKIM, store_traffic_text(facts->dkim_domains[i], arena).text);
    if (facts->spf == SEKI_SPF_PASS)
        add_failing(counts, row, POLICY_EVIDENCE_SPF, store_traffic_text(facts->spf_domain, arena).text);
    add_failing(counts, row, POLICY_EVIDENCE_NETWORK, count->network);
}

static bool is_failing(const struct policy_facts *facts)
{
    return facts->author_domain.len > 0 && !facts->is_spf_aligned && !facts->is_dkim_aligned;
}

void traffic_counts_add(struct traffic_counts *counts, const struct journal_record *record,
                        const struct journal_recipient *recipient, const struct seki_psl *psl,
                        struct seki_arena *arena)
{
    const struct policy_facts *facts = &record->facts;
    struct traffic_count *row = &counts->rows[counts->count++];
    *row = (struct traffic_count){
        .begin_s = begin_of(record->at_us / US_PER_S, HOUR_S),
        .tenant_id = (int64_t)(recipient->tenant_id & INT64_MAX),
        .domain_id = (int64_t)(recipient->domain_id & INT64_MAX),
        .author_domain = store_traffic_text(facts->author_domain, arena).text,
        .network = store_traffic_network(&facts->client, arena),
        .spf = (uint8_t)facts->spf,
        .dkim = (uint8_t)facts->dkim,
        .dmarc = (uint8_t)facts->dmarc,
        .aligned = (uint8_t)((facts->is_spf_aligned ? STORE_ALIGNED_SPF : 0) |
                             (facts->is_dkim_aligned ? STORE_ALIGNED_DKIM : 0)),
        .wish = (uint8_t)facts->wish,
        .would_be = (uint8_t)recipient->judgement.would_be,
        .applied = (uint8_t)recipient->applied,
        .messages = 1,
        .octets = (int64_t)(record->size_octets & INT64_MAX),
    };
    if (row->domain_id != 0 && is_failing(facts))
        add_evidence(counts, row, facts, psl, arena);
}

/* ---- joining ---- */

static int compare_numbers(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_texts(struct seki_str a, struct seki_str b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len > 0 ? memcmp(a.ptr, b.ptr, len) : 0;
    return order != 0 ? order : compare_numbers((int64_t)a.len, (int64_t)b.len);
}

static uint64_t results_of(const struct traffic_count *row)
{
    const uint8_t parts[] = {
        row->spf, row->dkim, row->dmarc, row->aligned, row->wish, row->would_be, row->applied
    };
    uint64_t all = 0;
    for (size_t i = 0; i < sizeof parts; i++)
        all = all << 8 | parts[i];
    return all;
}

static int compare_counts(const void *left, const void *right)
{
    const struct traffic_count *a = left, *b = right;
    int order = compare_numbers(a->begin_s, b->begin_s);
    order = order != 0 ? order : compare_numbers(a->tenant_id, b->tenant_id);
    order = order != 0 ? order : compare_numbers(a->domain_id, b->domain_id);
    order = order != 0 ? order : compare_texts(a->author_domain, b->author_domain);
    order = order != 0 ? order : compare_texts(a->network, b->network);
    return order != 0 ? order : compare_numbers((int64_t)results_of(a), (int64_t)results_of(b));
}

static void join_counts(struct traffic_counts *counts)
{
    size_t kept = 0;
    qsort(counts->rows, counts->count, sizeof counts->rows[0], compare_counts);
    for (size_t i = 0; i < counts->count; i++) {
        struct traffic_count *row = &counts->rows[i];
        if (kept > 0 && compare_counts(&counts->rows[kept - 1], row) == 0) {
            counts->rows[kept - 1].messages += row->messages;
            counts->rows[kept - 1].octets += row->octets;
        } else
            counts->rows[kept++] = *row;
    }
    counts->count = kept;
}

static int compare_failing(const void *left, const void *right)
{
    const struct traffic_failing *a = left, *b = right;
    int order = compare_numbers(a->domain_id, b->domain_id);
    order = order != 0 ? order : compare_texts(a->author_domain, b->author_domain);
    order = order != 0 ? order : compare_numbers(a->evidence, b->evidence);
    order = order != 0 ? order : compare_texts(a->value, b->value);
    return order != 0 ? order : compare_numbers(a->begin_s, b->begin_s);
}

static void join_failing(struct traffic_counts *counts)
{
    size_t kept = 0;
    qsort(counts->failing, counts->failing_count, sizeof counts->failing[0], compare_failing);
    for (size_t i = 0; i < counts->failing_count; i++)
        if (kept > 0 && compare_failing(&counts->failing[kept - 1], &counts->failing[i]) == 0)
            counts->failing[kept - 1].messages += counts->failing[i].messages;
        else
            counts->failing[kept++] = counts->failing[i];
    counts->failing_count = kept;
}

/* ---- writing ---- */

static void values_of(const struct traffic_count *row, struct sql_value *values)
{
    const struct sql_value all[WIDTH] = {
        SQL_OF_INT(row->begin_s),       SQL_OF_INT(row->tenant_id), SQL_OF_INT(row->domain_id),
        SQL_OF_STR(row->author_domain), SQL_OF_STR(row->network),   SQL_OF_INT(row->spf),
        SQL_OF_INT(row->dkim),          SQL_OF_INT(row->dmarc),     SQL_OF_INT(row->aligned),
        SQL_OF_INT(row->wish),          SQL_OF_INT(row->would_be),  SQL_OF_INT(row->applied),
        SQL_OF_INT(row->messages),      SQL_OF_INT(row->octets),
    };
    memcpy(values, all, sizeof all);
}

static enum seki_result write_counts(const struct traffic_counts *counts, struct sql *sql, const char *text,
                                     struct seki_error *why)
{
    struct sql_value values[WRITTEN_ROWS * WIDTH];
    enum seki_result result = SEKI_OK;
    for (size_t i = 0; i < counts->count && result == SEKI_OK; i += WRITTEN_ROWS) {
        size_t count = counts->count - i < WRITTEN_ROWS ? counts->count - i : WRITTEN_ROWS;
        for (size_t j = 0; j < count; j++)
            values_of(&counts->rows[i + j], values + j * WIDTH);
        result = sql_run_many(sql, text, values, WIDTH, count, why);
    }
    return result;
}

static enum seki_result write_failing(const struct traffic_counts *counts, struct sql *sql, struct seki_error *why)
{
    struct sql_value values[WRITTEN_ROWS * FAILING_WIDTH];
    enum seki_result result = SEKI_OK;
    for (size_t i = 0; i < counts->failing_count && result == SEKI_OK; i += WRITTEN_ROWS) {
        size_t count = counts->failing_count - i < WRITTEN_ROWS ? counts->failing_count - i : WRITTEN_ROWS;
        for (size_t j = 0; j < count; j++) {
            const struct traffic_failing *row = &counts->failing[i + j];
            const struct sql_value all[FAILING_WIDTH] = {
                SQL_OF_INT(row->begin_s),    SQL_OF_INT(row->domain_id), SQL_OF_STR(row->author_domain),
                SQL_OF_INT(row->evidence),   SQL_OF_STR(row->value),     SQL_OF_INT(row->messages),
                SQL_OF_STR(row->org_domain),
            };
            memcpy(values + j * FAILING_WIDTH, all, sizeof all);
        }
        result = sql_run_many(sql, upsert_failing, values, FAILING_WIDTH, count, why);
    }
    return result;
}

enum seki_result traffic_counts_write(struct traffic_counts *counts, struct sql *sql, struct seki_error *why)
{
    join_counts(counts);
    enum seki_result result = write_counts(counts, sql, upsert_hour, why);
    for (size_t i = 0; i < counts->count; i++)
        counts->rows[i].begin_s = begin_of(counts->rows[i].begin_s, DAY_S);
    join_counts(counts);
    if (result == SEKI_OK)
        result = write_counts(counts, sql, upsert_day, why);
    join_failing(counts);
    if (result == SEKI_OK)
        result = write_failing(counts, sql, why);
    counts->count = counts->failing_count = 0;
    return result;
}

#include "store/traffic_correspondents.h"

#include "store/traffic_text.h"

#define US_PER_S INT64_C(1000000)
#define DAY_S    86400
#define WIDTH    6u

#define WRITTEN_ROWS 500u /* values made ready at a time */

/* $6: how many the domain may have on that day before a new one is not taken any more. */
static const char upsert[] =
    "INSERT INTO correspondent_day (begin_s, domain_id, correspondent, messages, replies) "
    "SELECT $1, $2, $3, $4, $5 WHERE "
    "EXISTS (SELECT 1 FROM correspondent_day WHERE domain_id = $2 AND correspondent = $3 AND begin_s = $1) OR "
    "(SELECT count(*) FROM (SELECT 1 FROM correspondent_day WHERE begin_s = $1 AND domain_id = $2 LIMIT $6) c) < "
    "$6 "
    "ON CONFLICT (domain_id, correspondent, begin_s) DO UPDATE SET "
    "messages = correspondent_day.messages + excluded.messages, replies = correspondent_day.replies + "
    "excluded.replies";

struct seki_str traffic_org_domain(const struct seki_psl *psl, struct seki_str domain)
{
    struct seki_str registrable = psl != NULL ? seki_psl_registrable(psl, domain) : SEKI_STR("");
    return registrable.len > 0 ? registrable : domain;
}

/* ---- gathering ---- */

bool traffic_correspondents_are_full(const struct traffic_correspondents *all)
{
    return all->count > TRAFFIC_CORRESPONDENT_ROWS - JOURNAL_RECIPIENTS_MAX;
}

static bool is_among(const struct traffic_correspondent *rows, size_t count, struct seki_str correspondent)
{
    for (size_t i = 0; i < count; i++)
        if (seki_str_equal(rows[i].correspondent, correspondent))
            return true;
    return false;
}

void traffic_correspondents_add(struct traffic_correspondents *all, const struct journal_record *record,
                                const struct seki_psl *psl, struct seki_arena *arena)
{
    const int64_t rest = record->at_us % (DAY_S * US_PER_S);
    struct traffic_correspondent row = {
        .begin_s = (record->at_us - (rest < 0 ? rest + DAY_S * US_PER_S : rest)) / US_PER_S,
        .domain_id = (int64_t)(record->sender_domain_id & INT64_MAX),
        .messages = 1,
        .replies = record->is_reply ? 1 : 0,
    };
    const size_t first = all->count;
    for (size_t i = 0; i < record->recipient_count; i++) {
        struct seki_str domain = store_traffic_text(record->recipients[i].domain, arena).text;
        row.correspondent = traffic_org_domain(psl, domain);
        if (row.correspondent.len > 0 && !is_among(all->rows + first, all->count - first, row.correspondent))
            all->rows[all->count++] = row;
    }
}

/* ---- writing ---- */

static int compare_numbers(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_texts(struct seki_str a, struct seki_str b)
{
    int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);
    return order != 0 ? order : compare_numbers((int64_t)a.len, (int64_t)b.len);
}

static int compare(const void *left, const void *right)
{
    const struct traffic_correspondent *a = left, *b = right;
    int order = compare_numbers(a->domain_id, b->domain_id);
    order = order != 0 ? order : compare_texts(a->correspondent, b->correspondent);
    return order != 0 ? order : compare_numbers(a->begin_s, b->begin_s);
}

/* In one order on every node, so that none waits for the other in a circle. */
static void join(struct traffic_correspondents *all)
{
    size_t kept = 0;
    qsort(all->rows, all->count, sizeof all->rows[0], compare);
    for (size_t i = 0; i < all->count; i++) {
        if (kept > 0 && compare(&all->rows[kept - 1], &all->rows[i]) == 0) {
            all->rows[kept - 1].messages += all->rows[i].messages;
            all->rows[kept - 1].replies += all->rows[i].replies;
        } else
            all->rows[kept++] = all->rows[i];
    }
    all->count = kept;
}

static void values_of(const struct traffic_correspondent *row, struct sql_value *values)
{
    const int64_t room = TRAFFIC_CORRESPONDENTS_A_DAY * (row->replies > 0 ? 2 : 1);
    const struct sql_value all[WIDTH] = {
        SQL_OF_INT(row->begin_s),  SQL_OF_INT(row->domain_id), SQL_OF_STR(row->correspondent),
        SQL_OF_INT(row->messages), SQL_OF_INT(row->replies),   SQL_OF_INT(room),
    };
    memcpy(values, all, sizeof all);
}

enum seki_result traffic_correspondents_write(struct traffic_correspondents *all, struct sql *sql,
                                              struct seki_error *why)
{
    struct sql_value values[WRITTEN_ROWS * WIDTH];
    enum seki_result result = SEKI_OK;
    join(all);
    for (size_t i = 0; i < all->count && result == SEKI_OK; i += WRITTEN_ROWS) {
        size_t count = all->count - i < WRITTEN_ROWS ? all->count - i : WRITTEN_ROWS;
        for (size_t j = 0; j < count; j++)
            values_of(&all->rows[i + j], values + j * WIDTH);
        result = sql_run_many(sql, upsert, values, WIDTH, count, why);
    }
    all->count = 0;
    return result;
}

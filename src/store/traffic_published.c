#include "store/traffic_published.h"

#include "store/traffic_text.h"

#include <sekisho/answers.h>

#include <sys/random.h>

#define SCRATCH_MAX_OCTETS (16u * 1024u * 1024u)
#define DAY_US             INT64_C(86400000000)

bool traffic_published_init(struct traffic_published *published)
{
    published->scratch = seki_arena_new(SCRATCH_MAX_OCTETS);
    return published->scratch != NULL &&
           getrandom(&published->key, sizeof published->key, 0) == (ssize_t)sizeof published->key;
}

void traffic_published_release(struct traffic_published *published)
{
    seki_arena_free(published->scratch);
}

void traffic_published_forget(struct traffic_published *published)
{
    published->count = 0;
    memset(published->seen, 0, sizeof published->seen);
}

bool traffic_published_is_full(const struct traffic_published *published)
{
    return published->count == TRAFFIC_PUBLISHED_ROWS;
}

/* ---- reading the evidence ---- */

static bool is_new(struct traffic_published *published, const struct journal_record *record)
{
    uint64_t hash = seki_siphash(&published->key, record->policy_domain) + (uint64_t)(record->at_us / DAY_US);
    uint64_t *seen = &published->seen[hash % TRAFFIC_PUBLISHED_SEEN];
    bool is_known = *seen == hash;
    *seen = hash;
    return !is_known;
}

static bool is_record_of(const struct seki_answer *answer, struct seki_str policy_domain)
{
    const struct seki_str prefix = SEKI_STR("_dmarc.");
    return answer->type == SEKI_RR_TXT && answer->status == SEKI_ANSWER_FOUND &&
           seki_str_starts_with_nocase(answer->name, prefix) &&
           seki_str_equal_nocase(seki_str_from(answer->name, prefix.len), policy_domain);
}

/* RFC 9989 section 4.7: of several TXT records those that are no DMARC records are passed over. */
static bool find_record(const struct seki_answers *answers, struct seki_str policy_domain, struct seki_arena *arena,
                        struct seki_dmarc_record *record_out)
{
    const struct seki_answer *answer;
    for (size_t i = 0; (answer = seki_answers_at(answers, i)) != NULL; i++)
        for (size_t j = 0; is_record_of(answer, policy_domain) && j < answer->record_count; j++)
            if (seki_dmarc_record_parse(arena, answer->records[j].text, record_out, NULL) == SEKI_OK)
                return true;
    return false;
}

/* "mailto:reports@example.com" → "example.com"; what is none of mailto: as it is */
static struct seki_str destination_of(struct seki_str uri)
{
    size_t at = seki_str_find_last(uri, '@');
    bool is_mailto = seki_str_starts_with_nocase(uri, SEKI_STR("mailto:")) && at + 1 < uri.len;
    struct seki_str domain = is_mailto ? seki_str_from(uri, at + 1) : uri;
    return seki_str_head(domain, seki_str_find(domain, '?'));
}

static void add_row(struct traffic_published *published, const struct journal_record *from,
                    const struct seki_dmarc_record *record, struct seki_arena *arena)
{
    struct traffic_published_row *row = &published->rows[published->count++];
    *row = (struct traffic_published_row){
        .policy_domain = store_traffic_lower(from->policy_domain, arena).text,
        .record = seki_arena_copy(arena, store_traffic_text(record->text, arena).text),
        .policy = record->p,
        .seen_s = from->at_us / 1000000,
    };
    for (size_t i = 0; i < record->rua_count && i < TRAFFIC_PUBLISHED_DESTINATIONS; i++)
        row->destinations[row->destination_count++] =
            seki_arena_copy_lower(arena, store_traffic_text(destination_of(record->rua[i]), arena).text);
}

void traffic_published_note(struct traffic_published *published, const struct journal_record *record,
                            struct seki_arena *arena)
{
    struct seki_answers *answers = NULL;
    struct seki_dmarc_record found;
    if (record->policy_domain.len == 0 || record->answers.len == 0 || !is_new(published, record))
        return;
    seki_arena_clear(published->scratch);
    if (seki_answers_decode(record->answers, published->scratch, &answers, NULL) == SEKI_OK &&
        find_record(answers, record->policy_domain, published->scratch, &found))
        add_row(published, record, &found, arena);
}

/* ---- writing ---- */

static int compare(const void *left, const void *right)
{
    const struct traffic_published_row *a = left, *b = right;
    size_t len = a->policy_domain.len < b->policy_domain.len ? a->policy_domain.len : b->policy_domain.len;
    int order = len > 0 ? memcmp(a->policy_domain.ptr, b->policy_domain.ptr, len) : 0;
    return order != 0
               ? order
               : (a->policy_domain.len > b->policy_domain.len) - (a->policy_domain.len < b->policy_domain.len);
}

static enum seki_result write_row(const struct traffic_published_row *row, struct sql *sql, struct seki_error *why)
{
    const struct sql_value domain = SQL_OF_STR(row->policy_domain);
    enum seki_result result = sql_run(
        sql,
        "INSERT INTO published_policy (policy_domain, policy, record, first_seen_s, last_seen_s) "
        "VALUES ($1, $2, $3, $4, $4) ON CONFLICT (policy_domain) DO UPDATE SET policy = excluded.policy, "
        "record = excluded.record, last_seen_s = excluded.last_seen_s",
        SQL_VALUES(domain, SQL_OF_INT(row->policy), SQL_OF_STR(row->record), SQL_OF_INT(row->seen_s)), NULL, why);
    if (result == SEKI_OK)
        result = sql_run(sql, "DELETE FROM published_destination WHERE policy_domain = $1", &domain, 1, NULL, why);
    for (size_t i = 0; i < row->destination_count && result == SEKI_OK; i++)
        result = sql_run(sql,
                         "INSERT INTO published_destination (policy_domain, destination) VALUES ($1, $2) "
                         "ON CONFLICT (policy_domain, destination) DO NOTHING",
                         SQL_VALUES(domain, SQL_OF_STR(row->destinations[i])), NULL, why);
    return result;
}

enum seki_result traffic_published_write(struct traffic_published *published, struct sql *sql,
                                         struct seki_error *why)
{
    enum seki_result result = SEKI_OK;
    qsort(published->rows, published->count, sizeof published->rows[0], compare); /* in one order, as counts are */
    for (size_t i = 0; i < published->count && result == SEKI_OK; i++)
        result = write_row(&published->rows[i], sql, why);
    published->count = 0;
    return result;
}

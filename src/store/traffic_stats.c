#include "store/traffic_stats.h"

#include "store/rows.h"

#include <assert.h>

/* Of a domain with so little mail nothing can be told. */
#define FEW_MESSAGES         100
#define MOSTLY_PERCENT       70
#define EVIDENCE_OF_PERCENT  80 /* a signature that so much of the mail has is better than a network that all has */
#define EVIDENCE_VALUES_READ 64
#define EVIDENCE_MIN_DAYS    3 /* a forger's network that came on one day is no evidence of anybody */

static void add_span(struct store_query *query, const struct store_stats_span *span)
{
    if (span->domain_id != 0)
        store_query_add(query, " AND t.domain_id = ?", SQL_OF_INT(span->domain_id));
    if (span->tenant_id != 0)
        store_query_add(query, " AND t.domain_id IN (SELECT id FROM domain WHERE tenant_id = ?)",
                        SQL_OF_INT(span->tenant_id));
    if (span->since_s != 0)
        store_query_add(query, " AND t.begin_s >= ?", SQL_OF_INT(span->since_s - span->since_s % 86400));
    if (span->until_s != 0)
        store_query_add(query, " AND t.begin_s < ?", SQL_OF_INT(span->until_s));
}

struct list {
    size_t item_size;
    store_read_row *read_row;
    void *items;
    size_t count;
};

static enum seki_result read_list(struct sql *sql, struct store_query *query, struct seki_arena *arena,
                                  struct list *list, struct seki_error *why)
{
    const char *text = store_query_text(query);
    if (text == NULL)
        return store_no_room(arena, why);
    return store_read_list(sql, text, query->values, query->count, list->item_size, list->read_row, arena,
                           &list->items, &list->count, why);
}

static int64_t number(const struct sql_value *value)
{
    return value->type == SQL_INTEGER ? value->integer : 0;
}

static struct seki_str text(const struct sql_value *value, struct seki_arena *arena)
{
    return value->type == SQL_TEXT ? seki_arena_copy(arena, value->text) : SEKI_STR("");
}

/* ---- domains ---- */

#define SUM_WHERE(condition) "sum(CASE WHEN " condition " THEN t.messages ELSE 0 END)"

/* Results are the numbers of their enums: SPF none 0, neutral 1, pass 2; DKIM pass 1; DMARC none 0, pass 1, fail 2. */
static_assert(SEKI_SPF_NONE == 0 && SEKI_SPF_NEUTRAL == 1 && SEKI_SPF_PASS == 2 && SEKI_DKIM_PASS == 1 &&
                  SEKI_DMARC_NONE == 0 && SEKI_DMARC_PASS == 1 && SEKI_DMARC_FAIL == 2,
              "the statements below have these numbers in them");

static void read_domain(const struct sql_value *row, struct seki_arena *arena, void *item)
{
    *(struct store_stats_domain *)item = (struct store_stats_domain){
        .domain_id = number(&row[0]),
        .domain = text(&row[1], arena),
        .messages = number(&row[2]),
        .authenticated = number(&row[3]),
        .dmarc_pass = number(&row[4]),
        .dmarc_fail = number(&row[5]),
        .nothing_said = number(&row[6]),
        .would_act = number(&row[7]),
    };
}

enum seki_result store_stats_domains(struct sql *sql, const struct store_stats_span *span, size_t limit,
                                     struct seki_arena *arena, const struct store_stats_domain **domains_out,
                                     size_t *count_out, struct seki_error *why)
{
    struct store_query query;
    struct list list = { sizeof(struct store_stats_domain), read_domain, NULL, 0 };
    store_query_init(
        &query, arena,
        "SELECT t.domain_id, d.name, sum(t.messages) AS messages, " SUM_WHERE(
            "t.spf = 2 OR t.dkim = "
            "1") ", " SUM_WHERE("t."
                                "dma"
                                "rc "
                                "= "
                                "1") ", " SUM_WHERE("t.dmarc = 2") ", " SUM_WHERE("t.dmarc = 0 AND t.spf IN (0, 1) "
                                                                                  "AND t.dkim <> 1") ", " SUM_WHERE("t.would_be > 0") " FROM"
                                                                                                                                      " traf"
                                                                                                                                      "fic_"
                                                                                                                                      "day "
                                                                                                                                      "t "
                                                                                                                                      "LEFT "
                                                                                                                                      "JOIN "
                                                                                                                                      "domai"
                                                                                                                                      "n d "
                                                                                                                                      "ON "
                                                                                                                                      "d.id "
                                                                                                                                      "= "
                                                                                                                                      "t."
                                                                                                                                      "domai"
                                                                                                                                      "n_id "
                                                                                                                                      "WHERE"
                                                                                                                                      " 1 = "
                                                                                                                                      "1");
    add_span(&query, span);
    seki_buf_add(&query.text, SEKI_STR(" GROUP BY t.domain_id, d.name"));
    store_query_add(&query, " ORDER BY messages DESC, t.domain_id LIMIT ?", SQL_OF_INT(store_list_limit(limit)));
    enum seki_result result = read_list(sql, &query, arena, &list, why);
    *domains_out = list.items;
    *count_out = list.count;
    return result;
}

bool store_stats_gains_little(const struct store_stats_domain *domain)
{
    return domain->messages >= FEW_MESSAGES &&
           domain->nothing_said >=
               domain->messages / 100 * MOSTLY_PERCENT + domain->messages % 100 * MOSTLY_PERCENT / 100;
}

/* ---- who fails ---- */

static void read_failing(const struct sql_value *row, struct seki_arena *arena, void *item)
{
    *(struct store_stats_failing *)item = (struct store_stats_failing){
        .domain_id = number(&row[0]),
        .domain = text(&row[1], arena),
        .author_domain = text(&row[2], arena),
        .days = number(&row[3]),
        .messages = number(&row[4]),
        .last_s = number(&row[5]),
        .sent = number(&row[6]),
        .replies = number(&row[7]),
        .evidence = POLICY_EVIDENCE_NONE,
        .value = SEKI_STR(""),
    };
}

struct evidence {
    enum policy_evidence evidence;
    struct seki_str value;
    int64_t messages;
};

static void read_evidence(const struct sql_value *row, struct seki_arena *arena, void *item)
{
    *(struct evidence *)item =
        (struct evidence){ (enum policy_evidence)number(&row[0]), text(&row[1], arena), number(&row[2]) };
}

/* The strongest kind of evidence that nearly all of the mail has; without one, what most of it has. */
static void choose(const struct evidence *all, size_t count, struct store_stats_failing *failing)
{
    const struct evidence *best = NULL;
    for (size_t i = 0; i < count; i++) { /* in the order of enum policy_evidence, the most frequent first */
        if (best == NULL || all[i].messages > best->messages)
            best = &all[i];
        if (all[i].messages >= failing->messages * EVIDENCE_OF_PERCENT / 100)
            break;
    }
    if (best == NULL)
        return;
    failing->evidence = best->evidence;
    failing->value = best->value;
    failing->covered = best->messages;
}

static enum seki_result find_evidence(struct sql *sql, const struct store_stats_span *span,
                                      struct seki_arena *arena, struct store_stats_failing *failing,
                                      struct seki_error *why)
{
    struct store_query query;
    const struct store_stats_span times = { .domain_id = failing->domain_id,
                                            .since_s = span->since_s,
                                            .until_s = span->until_s };
    struct list list = { sizeof(struct evidence), read_evidence, NULL, 0 };
    store_query_init(
        &query, arena,
        "SELECT t.evidence, t.value, sum(t.messages) AS messages FROM traffic_failing_day t WHERE 1 = 1");
    store_query_add(&query, " AND t.author_domain = ?", SQL_OF_STR(failing->author_domain));
    add_span(&query, &times);
    seki_buf_add(&query.text, SEKI_STR(" GROUP BY t.evidence, t.value"));
    store_query_add(&query, " HAVING count(DISTINCT t.begin_s) >= ?", SQL_OF_INT(EVIDENCE_MIN_DAYS));
    store_query_add(&query, " ORDER BY t.evidence, messages DESC, t.value LIMIT ?",
                    SQL_OF_INT(EVIDENCE_VALUES_READ));
    enum seki_result result = read_list(sql, &query, arena, &list, why);
    if (result == SEKI_OK)
        choose(list.items, list.count, failing);
    return result;
}

/* A hosted domain, or below one that has its policy. Whoever writes in such a name from outside is helped by what is published
 * for that domain, never by an entry that lets others write as it. */
static enum seki_result find_hosted(struct sql *sql, struct seki_str author, bool *is_hosted,
                                    struct seki_error *why)
{
    enum seki_result result = SEKI_OK;
    *is_hosted = false;
    for (struct seki_str name = author; name.len > 0 && !*is_hosted && result == SEKI_OK;) {
        int64_t id;
        result = store_read_number(sql,
                                   "SELECT id FROM domain WHERE name = $1 AND (name = $2 OR "
                                   "includes_subdomains = 1)",
                                   SQL_VALUES(SQL_OF_STR(name), SQL_OF_STR(author)), &id, is_hosted, why);
        name = seki_str_from(name, seki_str_find(name, '.') + 1);
    }
    return result;
}

static enum seki_result suggest(struct sql *sql, const struct store_stats_span *span, struct seki_arena *arena,
                                struct store_stats_failing *failing, struct seki_error *why)
{
    bool is_hosted;
    enum seki_result result = find_hosted(sql, failing->author_domain, &is_hosted, why);
    return result == SEKI_OK && !is_hosted ? find_evidence(sql, span, arena, failing, why) : result;
}

/* Every failing message of a client whose address is known has one row of its network: these count the messages.
 * PostgreSQL keeps to the order of GROUP BY. In that of the key it would read all rows by the key's index, one here and one
 * there; so it reads them as they lie, and sorts. SQLite, whose rows lie in the order of the key, takes that all the same. */
static enum seki_result read_ranked(struct sql *sql, struct store_query *query, const struct store_stats_span *span,
                                    const char *order, size_t limit, struct seki_arena *arena, struct list *list,
                                    struct seki_error *why)
{
    *list = (struct list){ sizeof(struct store_stats_failing), read_failing, NULL, 0 };
    store_query_add(query, " AND t.evidence = ?", SQL_OF_INT(POLICY_EVIDENCE_NETWORK));
    add_span(query, span);
    seki_buf_add(&query->text, SEKI_STR(" GROUP BY t.author_domain, t.domain_id ORDER BY "));
    seki_buf_add(&query->text, seki_str_of(order));
    store_query_add(query, "days DESC, messages DESC, t.domain_id, t.author_domain LIMIT ?",
                    SQL_OF_INT(store_list_limit(limit)));
    return read_list(sql, query, arena, list, why);
}

#define AUTHOR                                                                                                     \
    "SELECT t.domain_id, (SELECT d.name FROM domain d WHERE d.id = t.domain_id), t.author_domain, "                \
    "count(DISTINCT t.begin_s) AS days, sum(t.messages) AS messages, max(t.begin_s), "

/* Those alone to whom somebody wrote: of a million authors they are few, and the rest need not be sorted by that. SQLite takes a
 * CROSS JOIN in the order in which it stands; from the other side it would read all of a domain for each correspondent. */
static enum seki_result read_written_to(struct sql *sql, const struct store_stats_span *span, size_t limit,
                                        struct seki_arena *arena, struct list *list, struct seki_error *why)
{
    struct store_query query;
    store_query_init(&query, arena,
                     AUTHOR
                     "max(c.messages) AS sent, max(c.replies) AS replies FROM traffic_failing_day t CROSS JOIN "
                     "(SELECT t.domain_id, t.correspondent, sum(t.messages) AS messages, sum(t.replies) AS replies "
                     "FROM correspondent_day t WHERE 1 = 1");
    add_span(&query, span);
    seki_buf_add(
        &query.text,
        SEKI_STR(" GROUP BY t.domain_id, t.correspondent) c WHERE c.domain_id = t.domain_id AND "
                 "c.correspondent = CASE t.org_domain WHEN '' THEN t.author_domain ELSE t.org_domain END"));
    return read_ranked(sql, &query, span, "replies DESC, sent DESC, ", limit, arena, list, why);
}

static enum seki_result read_regular(struct sql *sql, const struct store_stats_span *span, size_t limit,
                                     struct seki_arena *arena, struct list *list, struct seki_error *why)
{
    struct store_query query;
    store_query_init(&query, arena, AUTHOR "0 AS sent, 0 AS replies FROM traffic_failing_day t WHERE 1 = 1");
    return read_ranked(sql, &query, span, "", limit, arena, list, why);
}

static bool is_listed(const struct store_stats_failing *listed, size_t count,
                      const struct store_stats_failing *failing)
{
    for (size_t i = 0; i < count; i++)
        if (listed[i].domain_id == failing->domain_id &&
            seki_str_equal(listed[i].author_domain, failing->author_domain))
            return true;
    return false;
}

/* Those of the second list behind those of the first, each once. @return NULL: no room */
static struct store_stats_failing *one_behind_the_other(const struct list *first, const struct list *second,
                                                        size_t limit, struct seki_arena *arena, size_t *count_out)
{
    const struct store_stats_failing *behind = second->items;
    size_t count = first->count;
    struct store_stats_failing *all = seki_arena_alloc(arena, count + second->count + 1, sizeof *all);
    if (all == NULL)
        return NULL;
    if (count > 0)
        memcpy(all, first->items, count * sizeof *all);
    for (size_t i = 0; i < second->count && count < limit; i++)
        if (!is_listed(all, first->count, &behind[i]))
            all[count++] = behind[i];
    *count_out = count;
    return all;
}

enum seki_result store_stats_failing(struct sql *sql, const struct store_stats_span *span, size_t limit,
                                     struct seki_arena *arena, const struct store_stats_failing **failing_out,
                                     size_t *count_out, struct seki_error *why)
{
    const size_t most = (size_t)store_list_limit(limit);
    struct list written_to, regular = { 0 };
    size_t count = 0;
    *failing_out = NULL;
    *count_out = 0;
    enum seki_result result = read_written_to(sql, span, limit, arena, &written_to, why);
    if (result == SEKI_OK && written_to.count < most)
        result = read_regular(sql, span, limit, arena, &regular, why);
    if (result != SEKI_OK)
        return result;
    struct store_stats_failing *failing = one_behind_the_other(&written_to, &regular, most, arena, &count);
    if (failing == NULL)
        return store_no_room(arena, why);
    for (size_t i = 0; i < count && result == SEKI_OK; i++)
        result = suggest(sql, span, arena, &failing[i], why);
    *failing_out = failing;
    *count_out = result == SEKI_OK ? count : 0;
    return result;
}

/* ---- combinations ---- */

static void read_combination(const struct sql_value *row, struct seki_arena *arena, void *item)
{
    (void)arena;
    *(struct store_stats_combination *)item = (struct store_stats_combination){
        .begin_s = number(&row[0]),
        .spf = (enum seki_spf_result)number(&row[1]),
        .dkim = (enum seki_dkim_result)number(&row[2]),
        .dmarc = (enum seki_dmarc_result)number(&row[3]),
        .messages = number(&row[4]),
    };
}

/* A day's rows stand together: add them up, and tell each of them. */
static void add_up_days(struct store_stats_combination *all, size_t count)
{
    for (size_t first = 0, end; first < count; first = end) {
        int64_t sum = 0;
        for (end = first; end < count && all[end].begin_s == all[first].begin_s; end++)
            sum += all[end].messages;
        for (size_t i = first; i < end; i++)
            all[i].of_messages = sum;
    }
}

enum seki_result store_stats_combinations(struct sql *sql, const struct store_stats_span *span, size_t limit,
                                          struct seki_arena *arena,
                                          const struct store_stats_combination **combinations_out,
                                          size_t *count_out, struct seki_error *why)
{
    struct store_query query;
    struct list list = { sizeof(struct store_stats_combination), read_combination, NULL, 0 };
    store_query_init(&query, arena,
                     "SELECT t.begin_s, t.spf, t.dkim, t.dmarc, sum(t.messages) AS messages FROM traffic_day t "
                     "WHERE 1 = 1");
    add_span(&query, span);
    seki_buf_add(&query.text, SEKI_STR(" GROUP BY t.begin_s, t.spf, t.dkim, t.dmarc ORDER BY t.begin_s DESC, "
                                       "messages DESC, t.spf, t.dkim, t.dmarc"));
    store_query_add(&query, " LIMIT ?", SQL_OF_INT(store_list_limit(limit)));
    enum seki_result result = read_list(sql, &query, arena, &list, why);
    add_up_days(list.items, list.count);
    *combinations_out = list.items;
    *count_out = list.count;
    return result;
}

/* ---- policies and destinations ---- */

static void read_policy(const struct sql_value *row, struct seki_arena *arena, void *item)
{
    (void)arena;
    *(struct store_stats_policy *)item = (struct store_stats_policy){
        .wish = (enum seki_dmarc_policy)number(&row[0]),
        .authors = number(&row[1]),
        .messages = number(&row[2]),
        .failing = number(&row[3]),
    };
}

enum seki_result store_stats_policies(struct sql *sql, const struct store_stats_span *span,
                                      struct seki_arena *arena, const struct store_stats_policy **policies_out,
                                      size_t *count_out, struct seki_error *why)
{
    struct store_query query;
    struct list list = { sizeof(struct store_stats_policy), read_policy, NULL, 0 };
    store_query_init(&query, arena,
                     "SELECT t.wish, count(DISTINCT t.author_domain), sum(t.messages), " SUM_WHERE(
                         "t.dmarc = 2") " FROM traffic_day t WHERE t.author_domain <> ''");
    add_span(&query, span);
    seki_buf_add(&query.text, SEKI_STR(" GROUP BY t.wish ORDER BY t.wish"));
    enum seki_result result = read_list(sql, &query, arena, &list, why);
    *policies_out = list.items;
    *count_out = list.count;
    return result;
}

static void read_destination(const struct sql_value *row, struct seki_arena *arena, void *item)
{
    *(struct store_stats_destination *)item =
        (struct store_stats_destination){ text(&row[0], arena), number(&row[1]) };
}

enum seki_result store_stats_destinations(struct sql *sql, const struct store_stats_span *span, size_t limit,
                                          struct seki_arena *arena,
                                          const struct store_stats_destination **destinations_out,
                                          size_t *count_out, struct seki_error *why)
{
    struct store_query query;
    struct list list = { sizeof(struct store_stats_destination), read_destination, NULL, 0 };
    store_query_init(&query, arena,
                     "SELECT t.destination, count(*) AS policies FROM published_destination t "
                     "JOIN published_policy p ON p.policy_domain = t.policy_domain WHERE 1 = 1");
    store_query_add(&query, " AND p.last_seen_s >= ?", SQL_OF_INT(span->since_s));
    seki_buf_add(&query.text, SEKI_STR(" GROUP BY t.destination"));
    store_query_add(&query, " ORDER BY policies DESC, t.destination LIMIT ?", SQL_OF_INT(store_list_limit(limit)));
    enum seki_result result = read_list(sql, &query, arena, &list, why);
    *destinations_out = list.items;
    *count_out = list.count;
    return result;
}

#include "store/held.h"

#include "base/i18n.h"
#include "store/change_parts.h"
#include "store/held_parts.h"
#include "store/rows.h"
#include "store/traffic_text.h"

#include <assert.h>

#define WORK_OCTETS (64u * 1024u)

static const char *const state_words[] = {
    [STORE_HELD] = "held",
    [STORE_HELD_RELEASING] = "releasing",
    [STORE_HELD_UNCLEAR] = "unclear",
    [STORE_HELD_RELEASED] = "released",
    [STORE_HELD_DELETED] = "deleted",
};
static_assert(sizeof state_words / sizeof state_words[0] == STORE_HELD_STATE_COUNT, "each has its word");

const char *store_held_state_name(enum store_held_state state)
{
    return state < STORE_HELD_STATE_COUNT ? state_words[state] : "unknown";
}

/* ---- adding ---- */

static enum seki_result add_message(struct sql *sql, const struct store_held *item, struct seki_error *why)
{
    return sql_run(sql,
                   "INSERT INTO held_message (id, node, held_at_s, size_octets, mail_from, author, subject, client,"
                   " queue_id, message_id, has_file) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1)"
                   " ON CONFLICT (id) DO NOTHING",
                   SQL_VALUES(SQL_OF_STR(item->message_id), SQL_OF_STR(item->node), SQL_OF_INT(item->held_at_s),
                              SQL_OF_INT(item->size_octets), SQL_OF_STR(item->mail_from), SQL_OF_STR(item->author),
                              SQL_OF_STR(item->subject), SQL_OF_STR(item->client), SQL_OF_STR(item->queue_id),
                              SQL_OF_STR(item->mail_message_id)),
                   NULL, why);
}

static enum seki_result add_recipient(struct sql *sql, const struct store_held *item, struct seki_error *why)
{
    return sql_run(
        sql,
        "INSERT INTO held_recipient (message_id, place, address, domain_id, tenant_id, reason, state,"
        " expires_at_s, changed_at_s, changed_by, told_at_s)"
        " VALUES ($1, $2, $3, $4, $5, $6, 'held', $7, 0, '', 0) ON CONFLICT (message_id, place) DO NOTHING",
        SQL_VALUES(SQL_OF_STR(item->message_id), SQL_OF_INT(item->place), SQL_OF_STR(item->address),
                   SQL_OF_INT(item->domain_id), SQL_OF_INT(item->tenant_id), SQL_OF_STR(item->reason),
                   SQL_OF_INT(item->expires_at_s)),
        NULL, why);
}

enum seki_result store_held_add(struct sql *sql, const struct store_held *items, size_t count,
                                struct seki_error *why)
{
    enum seki_result result = sql_begin(sql, true, why);
    if (result != SEKI_OK)
        return result;
    if (count > 0)
        result = add_message(sql, &items[0], why);
    for (size_t i = 0; i < count && result == SEKI_OK; i++)
        result = add_recipient(sql, &items[i], why);
    if (result == SEKI_OK)
        return sql_commit(sql, why);
    sql_rollback(sql);
    return result;
}

/* ---- reading ---- */

#define COLUMNS                                                                                                    \
    "SELECT r.id, r.message_id, r.place, r.address, r.reason, r.domain_id, r.tenant_id, r.state, r.expires_at_s,"  \
    " r.changed_at_s, r.changed_by, m.node, m.held_at_s, m.size_octets, m.mail_from, m.author, m.subject, "        \
    "m.client,"                                                                                                    \
    " m.queue_id, m.message_id, m.has_file FROM held_recipient r JOIN held_message m ON m.id = r.message_id"

static enum store_held_state state_of(struct seki_str word)
{
    for (unsigned i = 0; i < STORE_HELD_STATE_COUNT; i++)
        if (seki_str_equal(word, seki_str_of(state_words[i])))
            return (enum store_held_state)i;
    return STORE_HELD_DELETED; /* not reached: the database checks */
}

static void read_held(const struct sql_value *row, struct seki_arena *arena, void *item)
{
    struct store_held *held = (struct store_held *)item;
    held->id = row[0].integer;
    held->message_id = seki_arena_copy(arena, row[1].text);
    held->place = row[2].integer;
    held->address = seki_arena_copy(arena, row[3].text);
    held->reason = seki_arena_copy(arena, row[4].text);
    held->domain_id = row[5].integer;
    held->tenant_id = row[6].integer;
    held->state = state_of(row[7].text);
    held->expires_at_s = row[8].integer;
    held->changed_at_s = row[9].integer;
    held->changed_by = seki_arena_copy(arena, row[10].text);
    held->node = seki_arena_copy(arena, row[11].text);
    held->held_at_s = row[12].integer;
    held->size_octets = row[13].integer;
    held->mail_from = seki_arena_copy(arena, row[14].text);
    held->author = seki_arena_copy(arena, row[15].text);
    held->subject = seki_arena_copy(arena, row[16].text);
    held->client = seki_arena_copy(arena, row[17].text);
    held->queue_id = seki_arena_copy(arena, row[18].text);
    held->mail_message_id = seki_arena_copy(arena, row[19].text);
    held->has_file = row[20].integer != 0;
}

static enum seki_result list(struct sql *sql, struct store_query *query, struct seki_arena *arena,
                             const struct store_held **items_out, size_t *count_out, struct seki_error *why)
{
    *items_out = NULL;
    *count_out = 0;
    const char *text = store_query_text(query);
    if (!text)
        return store_no_room(arena, why);
    void *items;
    enum seki_result result = store_read_list(sql, text, query->values, query->count, sizeof(struct store_held),
                                              read_held, arena, &items, count_out, why);
    *items_out = (const struct store_held *)items;
    return result;
}

enum seki_result store_held_read(struct sql *sql, const char *where, const struct sql_value *values,
                                 size_t value_count, struct seki_arena *arena, const struct store_held **items_out,
                                 size_t *count_out, struct seki_error *why)
{
    struct store_query query;
    store_query_init(&query, arena, COLUMNS);
    seki_buf_add(&query.text, seki_str_of(where));
    for (size_t i = 0; i < value_count; i++)
        query.values[query.count++] = values[i];
    return list(sql, &query, arena, items_out, count_out, why);
}

/* Held messages outlive their domain. What is left is known by its address, whose last octets are "@" or "." and the name;
 * a name that is hosted again has another id. */
static void add_domain(struct store_query *query, const struct store_held_filter *filter)
{
    if (filter->left_by.len == 0) {
        if (filter->domain_id != 0)
            store_query_add(query, " AND r.domain_id = ?", SQL_OF_INT(filter->domain_id));
        return;
    }
    store_query_add(query, " AND (r.domain_id = ?", SQL_OF_INT(filter->domain_id));
    seki_buf_add(&query->text, SEKI_STR(" OR (NOT EXISTS (SELECT 1 FROM domain d WHERE d.id = r.domain_id)"));
    store_query_add(query, " AND lower(substr(r.address, length(r.address) - CAST(? AS INTEGER)))",
                    SQL_OF_INT(filter->left_by.len));
    store_query_add(query, " IN ('@' || ?", SQL_OF_STR(filter->left_by));
    store_query_add(query, ", '.' || ?)))", SQL_OF_STR(filter->left_by));
}

enum seki_result store_held_list(struct sql *sql, const struct store_held_filter *filter, struct seki_arena *arena,
                                 const struct store_held **items_out, size_t *count_out, struct seki_error *why)
{
    struct store_query query;
    store_query_init(&query, arena, COLUMNS);
    store_query_add(&query, " WHERE r.id < ?", SQL_OF_INT(filter->before_id > 0 ? filter->before_id : INT64_MAX));
    if (filter->tenant_id != 0)
        store_query_add(&query, " AND r.tenant_id = ?", SQL_OF_INT(filter->tenant_id));
    add_domain(&query, filter);
    if (filter->address.len > 0) {
        store_query_add(&query, " AND lower(r.address) IN (lower(?)", SQL_OF_STR(filter->address));
        store_query_add(&query, ", ?)", store_traffic_address(filter->address, arena));
    }
    if (filter->only_held)
        seki_buf_add(&query.text, SEKI_STR(" AND r.state IN " STORE_HELD_OPEN_STATES));
    store_query_add(&query, " ORDER BY r.id DESC LIMIT ?", SQL_OF_INT(store_list_limit(filter->limit)));
    return list(sql, &query, arena, items_out, count_out, why);
}

enum seki_result store_held_get(struct sql *sql, int64_t id, struct seki_arena *arena, struct store_held *item_out,
                                struct seki_error *why)
{
    bool is_found;
    *item_out = (struct store_held){ 0 };
    enum seki_result result = store_read_one(sql, COLUMNS " WHERE r.id = $1", SQL_VALUES(SQL_OF_INT(id)), read_held,
                                             arena, item_out, &is_found, why);
    if (result == SEKI_OK && !is_found) {
        seki_error_set(why, "there is no held message with the number %lld", (long long)id);
        return SEKI_BAD_INPUT;
    }
    return result;
}

/* ---- what became of it ---- */

static const char *const state_sentences[] = {
    [STORE_HELD] = N_("is held"),
    [STORE_HELD_RELEASING] = N_("is being released by somebody; look again in ten minutes"),
    [STORE_HELD_UNCLEAR] =
        N_("was handed to the mail server, and what it said was not noted; look into its log, and "
           "release it again only if it did not arrive"),
    [STORE_HELD_RELEASED] = N_("was released already"),
    [STORE_HELD_DELETED] = N_("was deleted"),
};

/* Nobody was let through by a statement with a condition: tell the state that was in the way. */
static enum seki_result refuse(struct sql *sql, int64_t id, struct seki_error *why)
{
    struct store_held item;
    struct seki_arena *arena = seki_arena_new(WORK_OCTETS);
    enum seki_result result = arena != NULL ? store_held_get(sql, id, arena, &item, why) : SEKI_SYSTEM;
    if (result == SEKI_OK) {
        seki_error_set(why, "message %lld %s", (long long)id, state_sentences[item.state]);
        result = SEKI_BAD_INPUT;
    }
    seki_arena_free(arena);
    return result;
}

static struct seki_str domain_of(struct seki_str address, struct seki_arena *arena)
{
    const char *at = address.len > 0 ? memrchr(address.ptr, '@', address.len) : NULL;
    if (at == NULL)
        return SEKI_STR("");
    return store_traffic_lower(seki_str_from(address, (size_t)(at - address.ptr) + 1), arena).text;
}

static void read_owner(const struct sql_value *row, struct seki_arena *arena, void *item)
{
    struct store_audit_line *line = (struct store_audit_line *)item;
    line->tenant = seki_arena_copy(arena, row[0].text);
    if (row[1].text.len > 0)
        line->domain = seki_arena_copy(arena, row[1].text);
}

/* The audit log is kept when a person's data is erased: it names the domain that decided, not the address. That is the
 * hosted one, which may be above the address's; what is no longer hosted has the address's. */
static enum seki_result add_owner(struct sql *sql, const struct store_held *item, struct seki_arena *arena,
                                  struct store_audit_line *line, struct seki_error *why)
{
    bool is_found;
    line->domain = domain_of(item->address, arena);
    return store_read_one(sql,
                          "SELECT COALESCE((SELECT name FROM tenant WHERE id = $1), ''),"
                          " COALESCE((SELECT name FROM domain WHERE id = $2), '')",
                          SQL_VALUES(SQL_OF_INT(item->tenant_id), SQL_OF_INT(item->domain_id)), read_owner, arena,
                          line, &is_found, why);
}

/* Change the state with its line of audit. @param text  ends in RETURNING id, with $1 the id, $2 the time, $3 the actor */
static enum seki_result change_state(struct store_change *change, const struct store_held *item, const char *text,
                                     const char *action, enum store_held_state after, struct seki_error *why)
{
    struct sql *sql = store_change_sql(change);
    struct seki_arena *arena = seki_arena_new(WORK_OCTETS);
    struct store_json before_json, after_json;
    int64_t changed = 0;
    store_json_begin(&before_json, arena);
    store_json_str(&before_json, "state", seki_str_of(store_held_state_name(item->state)));
    store_json_begin(&after_json, arena);
    store_json_str(&after_json, "state", seki_str_of(store_held_state_name(after)));
    store_json_str(&after_json, "message", item->message_id);
    struct store_audit_line line = { .action = action,
                                     .object = seki_arena_format(arena, "%lld", (long long)item->id),
                                     .before = store_json_end(&before_json),
                                     .after = store_json_end(&after_json) };
    enum seki_result result = add_owner(sql, item, arena, &line, why);
    if (result == SEKI_OK)
        result = sql_run(sql, text,
                         SQL_VALUES(SQL_OF_INT(item->id), SQL_OF_INT(store_change_at_s(change)),
                                    SQL_OF_STR(store_change_actor(change))),
                         &changed, why);
    if (result == SEKI_OK && changed == 0)
        result = refuse(sql, item->id, why);
    else if (result == SEKI_OK)
        result = store_change_write(change, "UPDATE held_recipient SET told_at_s = told_at_s WHERE id = $1",
                                    SQL_VALUES(SQL_OF_INT(item->id)), &line, NULL, why);
    seki_arena_free(arena);
    return result;
}

enum seki_result store_held_claim(struct store_change *change, const struct store_held *item, bool again,
                                  struct seki_error *why)
{
    static const char text[] =
        "UPDATE held_recipient SET state = 'releasing', changed_at_s = $2, changed_by = $3"
        " WHERE id = $1 AND (state = 'held' OR (state = 'releasing' AND changed_at_s <= $2 - 600))";
    static const char text_again[] =
        "UPDATE held_recipient SET state = 'releasing', changed_at_s = $2, changed_by = $3"
        " WHERE id = $1 AND (state IN ('held', 'unclear') OR (state = 'releasing' AND changed_at_s <= $2 - 600))";
    static_assert(STORE_HELD_CLAIM_S == 600, "as in the statements");
    return change_state(change, item, again ? text_again : text, "quarantine.release-begin", STORE_HELD_RELEASING,
                        why);
}

enum seki_result store_held_unclear(struct sql *sql, int64_t id, struct seki_error *why)
{
    int64_t changed;
    enum seki_result result =
        sql_run(sql, "UPDATE held_recipient SET state = 'unclear' WHERE id = $1 AND state = 'releasing'",
                SQL_VALUES(SQL_OF_INT(id)), &changed, why);
    return result == SEKI_OK && changed == 0 ? refuse(sql, id, why) : result;
}

enum seki_result store_held_settle(struct store_change *change, const struct store_held *item, bool is_released,
                                   struct seki_error *why)
{
    static const char released[] =
        "UPDATE held_recipient SET state = 'released', changed_at_s = $2, changed_by = $3"
        " WHERE id = $1 AND state IN ('releasing', 'unclear')";
    static const char not_released[] =
        "UPDATE held_recipient SET state = 'held', changed_at_s = $2, changed_by = $3"
        " WHERE id = $1 AND state IN ('releasing', 'unclear')";
    return is_released ? change_state(change, item, released, "quarantine.release", STORE_HELD_RELEASED, why)
                       : change_state(change, item, not_released, "quarantine.release-failed", STORE_HELD, why);
}

enum seki_result store_held_delete(struct store_change *change, const struct store_held *item,
                                   struct seki_error *why)
{
    static const char text[] = "UPDATE held_recipient SET state = 'deleted', changed_at_s = $2, changed_by = $3"
                               " WHERE id = $1 AND state IN ('held', 'unclear')";
    return change_state(change, item, text, "quarantine.delete", STORE_HELD_DELETED, why);
}

/* ---- what `control` does ---- */

static void read_text(const struct sql_value *row, struct seki_arena *arena, void *item)
{
    *(struct seki_str *)item = seki_arena_copy(arena, row[0].text);
}

static void read_number(const struct sql_value *row, struct seki_arena *arena, void *item)
{
    (void)arena;
    *(int64_t *)item = row[0].integer;
}

enum seki_result store_held_alike(struct sql *sql, const struct store_held *item, size_t limit,
                                  struct seki_arena *arena, const struct seki_str **ids_out, size_t *count_out,
                                  struct seki_error *why)
{
    void *items = NULL;
    enum seki_result result = store_read_list(
        sql,
        "SELECT m.id FROM held_message m WHERE m.message_id = $1 AND m.size_octets = $2 AND m.node = $3"
        " AND m.mail_from = $4 AND m.has_file = 1 AND NOT EXISTS (SELECT 1 FROM held_recipient r"
        " WHERE r.message_id = m.id AND (r.state <> 'held' OR r.expires_at_s < $7)) AND NOT EXISTS (SELECT 1 FROM"
        " held_message o WHERE o.id = $5) ORDER BY m.id LIMIT $6",
        SQL_VALUES(SQL_OF_STR(item->mail_message_id), SQL_OF_INT(item->size_octets), SQL_OF_STR(item->node),
                   SQL_OF_STR(item->mail_from), SQL_OF_STR(item->message_id), SQL_OF_INT(store_list_limit(limit)),
                   SQL_OF_INT(item->expires_at_s - STORE_HELD_REPEAT_S)),
        sizeof(struct seki_str), read_text, arena, &items, count_out, why);
    *ids_out = (const struct seki_str *)items;
    return result;
}

enum seki_result store_held_spent(struct sql *sql, struct seki_str node, int64_t now_s, size_t limit,
                                  struct seki_arena *arena, const struct seki_str **ids_out, size_t *count_out,
                                  struct seki_error *why)
{
    void *items = NULL;
    enum seki_result result = store_read_list(
        sql,
        "SELECT m.id FROM held_message m WHERE m.node = $1 AND m.has_file = 1 AND NOT EXISTS (SELECT 1 FROM"
        " held_recipient r WHERE r.message_id = m.id AND r.expires_at_s > $2 AND r.state IN " STORE_HELD_OPEN_STATES
        ") ORDER BY m.id LIMIT $3",
        SQL_VALUES(SQL_OF_STR(node), SQL_OF_INT(now_s), SQL_OF_INT(store_list_limit(limit))),
        sizeof(struct seki_str), read_text, arena, &items, count_out, why);
    *ids_out = (const struct seki_str *)items;
    return result;
}

enum seki_result store_held_file_gone(struct sql *sql, struct seki_str message_id, int64_t now_s,
                                      struct seki_error *why)
{
    enum seki_result result = sql_run(sql, "UPDATE held_message SET has_file = 0 WHERE id = $1",
                                      SQL_VALUES(SQL_OF_STR(message_id)), NULL, why);
    return result == SEKI_OK ? store_held_forget(sql, now_s, why) : result;
}

enum seki_result store_held_forget(struct sql *sql, int64_t now_s, struct seki_error *why)
{
    return sql_run(sql,
                   "DELETE FROM held_message WHERE has_file = 0 AND NOT EXISTS (SELECT 1 FROM held_recipient r"
                   " WHERE r.message_id = held_message.id AND r.expires_at_s > $1)",
                   SQL_VALUES(SQL_OF_INT(now_s)), NULL, why);
}

enum seki_result store_held_untold_domains(struct sql *sql, size_t limit, struct seki_arena *arena,
                                           const int64_t **ids_out, size_t *count_out, struct seki_error *why)
{
    void *items = NULL;
    enum seki_result result =
        store_read_list(sql,
                        "SELECT DISTINCT domain_id FROM held_recipient WHERE state = 'held' AND told_at_s = 0"
                        " ORDER BY domain_id LIMIT $1",
                        SQL_VALUES(SQL_OF_INT(store_list_limit(limit))), sizeof(int64_t), read_number, arena,
                        &items, count_out, why);
    *ids_out = (const int64_t *)items;
    return result;
}

enum seki_result store_held_last_digest(struct sql *sql, int64_t domain_id, int64_t *last_at_s_out,
                                        struct seki_error *why)
{
    bool is_found;
    *last_at_s_out = 0;
    return store_read_number(sql, "SELECT last_at_s FROM held_digest WHERE domain_id = $1",
                             SQL_VALUES(SQL_OF_INT(domain_id)), last_at_s_out, &is_found, why);
}

enum seki_result store_held_untold(struct sql *sql, int64_t domain_id, size_t limit, struct seki_arena *arena,
                                   const struct store_held **items_out, size_t *count_out, struct seki_error *why)
{
    struct store_query query;
    store_query_init(&query, arena, COLUMNS);
    store_query_add(&query, " WHERE r.domain_id = ?", SQL_OF_INT(domain_id));
    seki_buf_add(&query.text, SEKI_STR(" AND r.state = 'held' AND r.told_at_s = 0"));
    store_query_add(&query, " ORDER BY r.address, r.id LIMIT ?", SQL_OF_INT(store_list_limit(limit)));
    return list(sql, &query, arena, items_out, count_out, why);
}

enum seki_result store_held_language(struct sql *sql, struct seki_str address, bool *is_japanese_out,
                                     struct seki_error *why)
{
    int64_t is_japanese = 0;
    bool is_found = false;
    enum seki_result result = store_read_number(
        sql,
        "SELECT CASE WHEN language = 'ja' THEN 1 ELSE 0 END FROM account WHERE lower(address) = lower($1)"
        " AND is_disabled = 0 ORDER BY id LIMIT 1",
        SQL_VALUES(SQL_OF_STR(address)), &is_japanese, &is_found, why);
    if (result == SEKI_OK && is_found)
        *is_japanese_out = is_japanese != 0;
    return result;
}

enum seki_result store_held_told(struct sql *sql, int64_t domain_id, struct seki_str address, int64_t last_id,
                                 int64_t at_s, struct seki_error *why)
{
    return sql_run(sql,
                   "UPDATE held_recipient SET told_at_s = $4 WHERE domain_id = $1 AND address = $2 AND id <= $3"
                   " AND told_at_s = 0",
                   SQL_VALUES(SQL_OF_INT(domain_id), SQL_OF_STR(address), SQL_OF_INT(last_id), SQL_OF_INT(at_s)),
                   NULL, why);
}

enum seki_result store_held_digest_done(struct sql *sql, int64_t domain_id, int64_t at_s, struct seki_error *why)
{
    return sql_run(sql,
                   "INSERT INTO held_digest (domain_id, last_at_s) VALUES ($1, $2)"
                   " ON CONFLICT (domain_id) DO UPDATE SET last_at_s = $2",
                   SQL_VALUES(SQL_OF_INT(domain_id), SQL_OF_INT(at_s)), NULL, why);
}

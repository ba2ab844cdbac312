#include "store/audit.h"

#include "store/rows.h"
#include "store/traffic_text.h"

static void read_entry(const struct sql_value *row, struct seki_arena *arena, void *item)
{
    struct store_audit_entry *entry = (struct store_audit_entry *)item;
    entry->id = row[0].integer;
    entry->change_id = row[1].integer;
    entry->at_s = row[2].integer;
    struct seki_str *const texts[] = { &entry->actor,  &entry->via,    &entry->action, &entry->tenant,
                                       &entry->domain, &entry->object, &entry->before, &entry->after };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        *texts[i] = seki_arena_copy(arena, row[3 + i].text);
}

static void add_conditions(struct store_query *query, const struct store_audit_filter *filter,
                           struct seki_arena *arena)
{
    const struct {
        const char *condition;
        struct seki_str text;
    } texts[] = {
        { " AND tenant = ?", filter->tenant },
        { " AND domain = ?",
          filter->domain.len > 0 ? store_traffic_domain(filter->domain, arena).text : filter->domain },
        { " AND actor = ?", filter->actor },
        { " AND object = ?", filter->object },
    };
    const struct {
        const char *condition;
        int64_t number;
    } numbers[] = {
        { " AND at_s >= ?", filter->since_s },
        { " AND at_s < ?", filter->until_s },
        { " AND change_id = ?", filter->change_id },
        { " AND id < ?", filter->before_id },
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i].text.len > 0)
            store_query_add(query, texts[i].condition, SQL_OF_STR(texts[i].text));
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (numbers[i].number != 0)
            store_query_add(query, numbers[i].condition, SQL_OF_INT(numbers[i].number));
    if (filter->action.len > 0) {
        store_query_add(query, " AND substr(action, 1, CAST(? AS INTEGER)", SQL_OF_INT(filter->action.len));
        store_query_add(query, ") = ?", SQL_OF_STR(filter->action));
    }
}

enum seki_result store_audit_list(struct sql *sql, const struct store_audit_filter *filter,
                                  struct seki_arena *arena, const struct store_audit_entry **entries_out,
                                  size_t *count_out, struct seki_error *why)
{
    struct store_query query;
    *entries_out = NULL;
    *count_out = 0;
    store_query_init(&query, arena,
                     "SELECT id, change_id, at_s, actor, via, action, tenant, domain, object, before_json,"
                     " after_json FROM audit_entry WHERE 1 = 1");
    add_conditions(&query, filter, arena);
    store_query_add(&query, " ORDER BY id DESC LIMIT ?", SQL_OF_INT(store_list_limit(filter->limit)));
    const char *text = store_query_text(&query);
    if (!text)
        return store_no_room(arena, why);
    void *items;
    enum seki_result result =
        store_read_list(sql, text, query.values, query.count, sizeof(struct store_audit_entry), read_entry, arena,
                        &items, count_out, why);
    *entries_out = (const struct store_audit_entry *)items;
    return result;
}

enum seki_result store_audit_drop_before(struct sql *sql, int64_t before_s, struct seki_error *why)
{
    return store_delete_old(sql,
                            "DELETE FROM audit_entry WHERE id IN (SELECT id FROM audit_entry WHERE at_s < $1 "
                            "ORDER BY at_s LIMIT $2)",
                            before_s, why);
}

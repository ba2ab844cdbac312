#include "store/change.h"

#include "store/change_parts.h"
#include "store/rows.h"
#include "store/text_check.h"

#include <sekisho/domain.h>

#include <stdlib.h>

struct store_change {
    struct sql *sql;
    int64_t id, at_s;
    bool has_changed;
    struct store_actor actor; /* texts in the arena */
    struct seki_arena *arena;
    struct store_owner *to_check;
    size_t to_check_count, to_check_capacity;
    struct seki_psl *suffixes; /* NULL: not asked for yet */
};

#define ACTOR_ARENA_OCTETS 4096u

static void change_free(struct store_change *change)
{
    seki_arena_free(change->arena);
    seki_psl_free(change->suffixes);
    free(change->to_check);
    free(change);
}

static struct store_change *change_new(struct sql *sql, const struct store_actor *actor, int64_t at_s,
                                       struct seki_error *why)
{
    struct store_change *change = (struct store_change *)calloc(1, sizeof(*change));
    if (change) {
        *change = (struct store_change){ .sql = sql, .at_s = at_s, .arena = seki_arena_new(ACTOR_ARENA_OCTETS) };
        change->actor.name = seki_arena_copy(change->arena, actor->name);
        change->actor.via = seki_arena_copy(change->arena, actor->via);
    }
    if (change && change->actor.name.ptr && change->actor.via.ptr)
        return change;
    seki_error_set(why, "no memory");
    if (change)
        change_free(change);
    return NULL;
}

/* The one row that everybody who changes something updates first: on PostgreSQL its lock is what SQLite's write lock is. */
static enum seki_result take_turn(struct store_change *change, struct seki_error *why)
{
    int64_t last;
    enum seki_result result = store_read_number(
        change->sql, "UPDATE hosting_state SET last_change = last_change WHERE id = 1 RETURNING last_change", NULL,
        0, &last, NULL, why);
    change->id = last + 1;
    return result;
}

enum seki_result store_change_begin(struct sql *sql, const struct store_actor *actor, int64_t at_s,
                                    struct store_change **change_out, struct seki_error *why)
{
    *change_out = NULL;
    enum seki_result result =
        store_check_some_text(actor->name, STORE_ACTOR_MAX_OCTETS, "the name of who makes the change", why);
    if (result == SEKI_OK)
        result = store_check_some_text(actor->via, STORE_ACTOR_MAX_OCTETS, "the way the change comes by", why);
    if (result != SEKI_OK)
        return result;
    struct store_change *change = change_new(sql, actor, at_s, why);
    if (!change)
        return SEKI_SYSTEM;
    result = sql_begin(sql, true, why);
    if (result != SEKI_OK) {
        change_free(change);
        return result;
    }
    result = take_turn(change, why);
    if (result != SEKI_OK) {
        store_change_rollback(change);
        return result;
    }
    *change_out = change;
    return SEKI_OK;
}

enum seki_result store_change_commit(struct store_change *change, int64_t *change_id_out, struct seki_error *why)
{
    if (change_id_out)
        *change_id_out = change->has_changed ? change->id : 0;
    if (!change->has_changed) {
        store_change_rollback(change);
        return SEKI_OK;
    }
    enum seki_result result = store_setting_check(change, NULL, why);
    if (result == SEKI_OK)
        result = sql_run(change->sql, "UPDATE hosting_state SET last_change = $1 WHERE id = 1",
                         SQL_VALUES(SQL_OF_INT(change->id)), NULL, why);
    if (result == SEKI_OK)
        result = sql_notify(change->sql, why);
    if (result == SEKI_OK)
        result = sql_commit(change->sql, why);
    if (result != SEKI_OK)
        sql_rollback(change->sql);
    change_free(change);
    return result;
}

void store_change_rollback(struct store_change *change)
{
    if (!change)
        return;
    sql_rollback(change->sql);
    change_free(change);
}

struct sql *store_change_sql(const struct store_change *change)
{
    return change->sql;
}
int64_t store_change_id(const struct store_change *change)
{
    return change->id;
}
int64_t store_change_at_s(const struct store_change *change)
{
    return change->at_s;
}
struct seki_str store_change_actor(const struct store_change *change)
{
    return change->actor.name;
}
const struct seki_psl *store_change_suffixes(struct store_change *change, struct seki_error *why)
{
    if (change->suffixes == NULL)
        change->suffixes = seki_psl_load(NULL, why);
    return change->suffixes;
}

static enum seki_result write_line(struct store_change *change, const struct store_audit_line *line,
                                   struct seki_error *why)
{
    change->has_changed = true;
    return sql_run(change->sql,
                   "INSERT INTO audit_entry (change_id, at_s, actor, via, action, tenant, domain, object,"
                   " before_json, after_json) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                   SQL_VALUES(SQL_OF_INT(change->id), SQL_OF_INT(change->at_s), SQL_OF_STR(change->actor.name),
                              SQL_OF_STR(change->actor.via), SQL_OF_STR(seki_str_of(line->action)),
                              SQL_OF_STR(line->tenant), SQL_OF_STR(line->domain), SQL_OF_STR(line->object),
                              SQL_OF_STR(line->before), SQL_OF_STR(line->after)),
                   NULL, why);
}

enum seki_result store_change_write(struct store_change *change, const char *text, const struct sql_value *values,
                                    size_t count, const struct store_audit_line *line, int64_t *id_out,
                                    struct seki_error *why)
{
    enum seki_result result = id_out ? store_read_number(change->sql, text, values, count, id_out, NULL, why)
                                     : sql_run(change->sql, text, values, count, NULL, why);
    return result == SEKI_OK ? write_line(change, line, why) : result;
}

enum seki_result store_change_follow(struct store_change *change, const char *text, const struct sql_value *values,
                                     size_t count, struct seki_error *why)
{
    return sql_run(change->sql, text, values, count, NULL, why);
}

enum seki_result store_change_touch_domain(struct store_change *change, int64_t domain_id, struct seki_error *why)
{
    return store_change_follow(change, "UPDATE domain SET change_id = $1 WHERE id = $2",
                               SQL_VALUES(SQL_OF_INT(change->id), SQL_OF_INT(domain_id)), why);
}

enum seki_result store_change_will_check(struct store_change *change, struct store_owner owner,
                                         struct seki_error *why)
{
    size_t count = change->to_check_count;
    if (count > 0 && change->to_check[count - 1].level == owner.level && change->to_check[count - 1].id == owner.id)
        return SEKI_OK;
    if (count == change->to_check_capacity) {
        size_t larger = count ? count * 2 : 16;
        struct store_owner *grown =
            (struct store_owner *)reallocarray(change->to_check, larger, sizeof(struct store_owner));
        if (!grown) {
            seki_error_set(why, "no memory");
            return SEKI_SYSTEM;
        }
        change->to_check = grown;
        change->to_check_capacity = larger;
    }
    change->to_check[count] = owner;
    change->to_check_count++;
    return SEKI_OK;
}

const struct store_owner *store_change_to_check(const struct store_change *change, size_t *count_out)
{
    *count_out = change->to_check_count;
    return change->to_check;
}

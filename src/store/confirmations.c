#include "store/confirmations.h"

#include "store/change_parts.h"
#include "store/domains.h"
#include "store/removal_parts.h"
#include "store/rows.h"
#include "store/text_check.h"

#define WORK_OCTETS (64u * 1024u)
#define NOTE_OCTETS 500u

/* ---- reading ---- */

static void read_confirmation(const struct sql_value *row, struct seki_arena *arena, void *item)
{
    struct store_confirmation *confirmation = (struct store_confirmation *)item;
    confirmation->id = row[0].integer;
    confirmation->domain_id = row[1].integer;
    confirmation->administrator = seki_arena_copy(arena, row[2].text);
    confirmation->note = seki_arena_copy(arena, row[3].text);
    confirmation->version = row[4].integer;
    confirmation->at_s = row[5].integer;
    confirmation->recorded_by = seki_arena_copy(arena, row[6].text);
    confirmation->withdrawn_at_s = row[7].integer;
    confirmation->is_valid =
        confirmation->withdrawn_at_s == 0 && confirmation->version >= STORE_EXPLANATION_OLDEST_VALID;
}

enum seki_result store_confirmation_list(struct sql *sql, int64_t domain_id, struct seki_arena *arena,
                                         const struct store_confirmation **confirmations_out, size_t *count_out,
                                         struct seki_error *why)
{
    void *items;
    enum seki_result result =
        store_read_list(sql,
                        "SELECT id, domain_id, administrator, note, version, at_s, recorded_by, withdrawn_at_s"
                        " FROM confirmation WHERE domain_id = $1 ORDER BY id DESC LIMIT $2",
                        SQL_VALUES(SQL_OF_INT(domain_id), SQL_OF_INT(store_list_limit(0))),
                        sizeof(struct store_confirmation), read_confirmation, arena, &items, count_out, why);
    *confirmations_out = (const struct store_confirmation *)items;
    return result;
}

enum seki_result store_confirmation_is_valid(struct sql *sql, int64_t domain_id, bool *valid_out,
                                             struct seki_error *why)
{
    int64_t count;
    enum seki_result result = store_read_number(
        sql, "SELECT COUNT(*) FROM confirmation WHERE domain_id = $1 AND withdrawn_at_s = 0 AND version >= $2",
        SQL_VALUES(SQL_OF_INT(domain_id), SQL_OF_INT(STORE_EXPLANATION_OLDEST_VALID)), &count, NULL, why);
    *valid_out = result == SEKI_OK && count > 0;
    return result;
}

enum seki_result store_confirmation_count_missing(struct sql *sql, int64_t tenant_id, int64_t *count_out,
                                                  struct seki_error *why)
{
    return store_read_number(
        sql,
        "SELECT COUNT(*) FROM domain d WHERE (d.tenant_id = $1 OR $1 = 0) AND NOT EXISTS (SELECT 1"
        " FROM confirmation f WHERE f.domain_id = d.id AND f.withdrawn_at_s = 0"
        " AND f.version >= $2)",
        SQL_VALUES(SQL_OF_INT(tenant_id), SQL_OF_INT(STORE_EXPLANATION_OLDEST_VALID)), count_out, NULL, why);
}

/* ---- changing ---- */

static enum seki_result check(const struct store_confirmation *confirmation, int64_t now_s, struct seki_error *why)
{
    if (confirmation->version < STORE_EXPLANATION_OLDEST_VALID ||
        confirmation->version > STORE_EXPLANATION_VERSION) {
        seki_error_set(why, "version %lld of the explanation does not count; the one that is shown now is %d",
                       (long long)confirmation->version, STORE_EXPLANATION_VERSION);
        return SEKI_BAD_INPUT;
    }
    if (confirmation->at_s <= 0 || confirmation->at_s > now_s) {
        seki_error_set(why, "say when the administrator confirmed; it cannot be later than now");
        return SEKI_BAD_INPUT;
    }
    enum seki_result result = store_check_some_text(confirmation->administrator, STORE_ADMINISTRATOR_MAX_OCTETS,
                                                    "the administrator who confirms", why);
    return result == SEKI_OK ? store_check_text(confirmation->note, NOTE_OCTETS, "the note", why) : result;
}

static struct seki_str as_json(const struct store_confirmation *confirmation, struct seki_arena *arena)
{
    struct store_json json;
    store_json_begin(&json, arena);
    store_json_str(&json, "administrator", confirmation->administrator);
    store_json_str(&json, "note", confirmation->note);
    store_json_int(&json, "version", confirmation->version);
    store_json_int(&json, "at", confirmation->at_s);
    return store_json_end(&json);
}

static enum seki_result insert(struct store_change *change, const struct store_confirmation *confirmation,
                               const struct store_domain *domain, struct seki_arena *arena, int64_t *id_out,
                               struct seki_error *why)
{
    struct store_audit_line line = { .action = "confirmation.add",
                                     .tenant = domain->tenant_name,
                                     .domain = domain->name,
                                     .after = as_json(confirmation, arena) };
    if (line.after.len == 0)
        return store_no_room(arena, why);
    enum seki_result result = store_change_write(
        change,
        "INSERT INTO confirmation (domain_id, administrator, note, version, at_s, recorded_by, withdrawn_at_s)"
        " VALUES ($1, $2, $3, $4, $5, $6, 0) RETURNING id",
        SQL_VALUES(SQL_OF_INT(domain->id), SQL_OF_STR(confirmation->administrator), SQL_OF_STR(confirmation->note),
                   SQL_OF_INT(confirmation->version), SQL_OF_INT(confirmation->at_s),
                   SQL_OF_STR(store_change_actor(change))),
        &line, id_out, why);
    return result == SEKI_OK ? store_change_touch_domain(change, domain->id, why) : result;
}

enum seki_result store_confirmation_add(struct store_change *change, const struct store_confirmation *confirmation,
                                        int64_t *id_out, struct seki_error *why)
{
    struct seki_arena *arena = seki_arena_new(WORK_OCTETS);
    struct store_domain domain;
    int64_t id = 0;
    enum seki_result result = check(confirmation, store_change_at_s(change), why);
    if (result == SEKI_OK)
        result = store_domain_get(store_change_sql(change), confirmation->domain_id, arena, &domain, why);
    if (result == SEKI_OK)
        result = insert(change, confirmation, &domain, arena, &id, why);
    if (result == SEKI_OK && id_out)
        *id_out = id;
    seki_arena_free(arena);
    return result;
}

/* Each that stands, by one statement that takes its number and, for what is kept, the time. */
static enum seki_result end_each(struct store_change *change, const struct store_domain *domain, bool is_removal,
                                 struct seki_arena *arena, struct seki_error *why)
{
    const struct store_confirmation *confirmations;
    size_t count;
    enum seki_result result =
        store_confirmation_list(store_change_sql(change), domain->id, arena, &confirmations, &count, why);
    for (size_t i = 0; result == SEKI_OK && i < count; i++) {
        if (confirmations[i].withdrawn_at_s != 0 && !is_removal)
            continue;
        struct store_audit_line line = { .action = is_removal ? "confirmation.remove" : "confirmation.withdraw",
                                         .tenant = domain->tenant_name,
                                         .domain = domain->name,
                                         .before = as_json(&confirmations[i], arena) };
        if (line.before.len == 0)
            return store_no_room(arena, why);
        struct sql_value values[] = { SQL_OF_INT(confirmations[i].id), SQL_OF_INT(store_change_at_s(change)) };
        result = store_change_write(change,
                                    is_removal ? "DELETE FROM confirmation WHERE id = $1"
                                               : "UPDATE confirmation SET withdrawn_at_s = $2 WHERE id = $1",
                                    values, is_removal ? 1 : 2, &line, NULL, why);
    }
    return result;
}

static enum seki_result end_all(struct store_change *change, int64_t domain_id, bool is_removal,
                                struct seki_error *why)
{
    struct seki_arena *arena = seki_arena_new(16u * 1024u * 1024u);
    struct store_domain domain;
    enum seki_result result = store_domain_get(store_change_sql(change), domain_id, arena, &domain, why);
    if (result == SEKI_OK)
        result = end_each(change, &domain, is_removal, arena, why);
    if (result == SEKI_OK && !is_removal)
        result = store_change_touch_domain(change, domain_id, why);
    seki_arena_free(arena);
    return result;
}

enum seki_result store_confirmation_withdraw(struct store_change *change, int64_t domain_id, struct seki_error *why)
{
    return end_all(change, domain_id, false, why);
}

enum seki_result store_confirmations_forget(struct store_change *change, int64_t domain_id, struct seki_error *why)
{
    return end_all(change, domain_id, true, why);
}

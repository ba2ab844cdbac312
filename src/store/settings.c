#include "store/settings.h"

#include "store/change_parts.h"
#include "store/confirmations.h"
#include "store/domains.h"
#include "store/rows.h"
#include "store/settings_parts.h"
#include "store/tenants_parts.h"
#include "store/text_check.h"

#include <assert.h>
#include <stdlib.h>

#define WORK_OCTETS (1024u * 1024u)

static const char *const level_words[] = {
    [STORE_PROVIDER] = "provider", [STORE_TENANT] = "tenant", [STORE_DOMAIN] = "domain", [STORE_DEFAULT] = "default"
};
static_assert(sizeof level_words / sizeof level_words[0] == STORE_DEFAULT + 1, "each has its word");

const char *store_level_name(enum store_level level)
{
    return level <= STORE_DEFAULT ? level_words[level] : "unknown";
}

/* ---- reading ---- */

static void read_choice(const struct sql_value *row, struct seki_arena *arena, void *item)
{
    struct store_made_choice *choice = (struct store_made_choice *)item;
    choice->level = (enum store_level)row[0].integer;
    choice->name = seki_arena_copy(arena, row[1].text);
    choice->value = seki_arena_copy(arena, row[2].text);
}

enum seki_result store_settings_read(struct sql *sql, int64_t tenant_id, int64_t domain_id,
                                     struct seki_arena *arena, const struct store_made_choice **choices_out,
                                     size_t *count_out, struct seki_error *why)
{
    void *items;
    enum seki_result result = store_read_list(
        sql,
        "SELECT 0 AS level, name, value FROM policy_choice WHERE tenant_id IS NULL AND domain_id IS NULL"
        " UNION ALL SELECT 1, name, value FROM policy_choice WHERE tenant_id = $1"
        " UNION ALL SELECT 2, name, value FROM policy_choice WHERE domain_id = $2 ORDER BY 1",
        SQL_VALUES(SQL_OF_INT(tenant_id), SQL_OF_INT(domain_id)), sizeof(struct store_made_choice), read_choice,
        arena, &items, count_out, why);
    *choices_out = (const struct store_made_choice *)items;
    return result;
}

void store_settings_lay(struct seki_str name, struct seki_str value, struct seki_arena *arena,
                        struct policy *policy)
{
    policy_lay(name, seki_arena_copy(arena, value), policy);
}

/* Whose choices those of an owner are laid over. */
struct lineage {
    int64_t tenant_id, domain_id; /* 0: none */
    struct seki_str tenant, domain;
};

static enum seki_result find_lineage(struct sql *sql, struct store_owner owner, struct seki_arena *arena,
                                     struct lineage *lineage_out, struct seki_error *why)
{
    *lineage_out = (struct lineage){ .tenant = { "", 0 }, .domain = { "", 0 } };
    if (owner.level == STORE_PROVIDER)
        return SEKI_OK;
    if (owner.level == STORE_TENANT) {
        lineage_out->tenant_id = owner.id;
        return store_tenant_name(sql, owner.id, arena, &lineage_out->tenant, why);
    }
    struct store_domain domain;
    enum seki_result result = store_domain_get(sql, owner.id, arena, &domain, why);
    *lineage_out = (struct lineage){ domain.tenant_id, owner.id, domain.tenant_name, domain.name };
    return result;
}

static int in_order_of_table(const void *a, const void *b)
{
    const struct policy_option *left = ((const struct store_setting *)a)->option;
    const struct policy_option *right = ((const struct store_setting *)b)->option;
    return (left > right) - (left < right);
}

enum seki_result store_setting_list(struct sql *sql, struct store_owner owner, struct seki_arena *arena,
                                    const struct store_setting **settings_out, size_t *count_out,
                                    struct seki_error *why)
{
    struct lineage lineage;
    const struct store_made_choice *choices;
    size_t count = 0;
    *settings_out = NULL;
    *count_out = 0;
    enum seki_result result = find_lineage(sql, owner, arena, &lineage, why);
    if (result == SEKI_OK)
        result = store_settings_read(sql, lineage.tenant_id, lineage.domain_id, arena, &choices, &count, why);
    if (result != SEKI_OK)
        return result;
    struct store_setting *settings =
        (struct store_setting *)seki_arena_alloc(arena, count + 1, sizeof(struct store_setting));
    if (!settings)
        return store_no_room(arena, why);
    for (size_t i = 0; i < count; i++) {
        const struct policy_option *option = policy_option_find(choices[i].name);
        if (option && choices[i].level == owner.level)
            settings[(*count_out)++] = (struct store_setting){ option, choices[i].value, owner.level };
    }
    qsort(settings, *count_out, sizeof *settings, in_order_of_table);
    *settings_out = settings;
    return SEKI_OK;
}

enum seki_result store_setting_effective(struct sql *sql, struct store_owner owner, struct seki_arena *arena,
                                         const struct store_setting **settings_out, struct seki_error *why)
{
    struct lineage lineage;
    const struct store_made_choice *choices;
    size_t count = 0;
    *settings_out = NULL;
    enum seki_result result = find_lineage(sql, owner, arena, &lineage, why);
    if (result == SEKI_OK)
        result = store_settings_read(sql, lineage.tenant_id, lineage.domain_id, arena, &choices, &count, why);
    if (result != SEKI_OK)
        return result;
    struct store_setting *settings =
        (struct store_setting *)seki_arena_alloc(arena, policy_option_count, sizeof(struct store_setting));
    if (!settings)
        return store_no_room(arena, why);
    for (size_t i = 0; i < policy_option_count; i++)
        settings[i] = (struct store_setting){ &policy_option_table[i], seki_str_of(policy_option_table[i].preset),
                                              STORE_DEFAULT };
    for (size_t i = 0; i < count; i++) {
        const struct policy_option *option = policy_option_find(choices[i].name);
        if (option)
            settings[option - policy_option_table] =
                (struct store_setting){ option, choices[i].value, choices[i].level };
    }
    *settings_out = settings;
    return SEKI_OK;
}

/* ---- one option ---- */

static enum seki_result find_option(struct seki_str name, const struct policy_option **option_out,
                                    struct seki_error *why)
{
    enum seki_result result = store_check_some_text(name, 64, "the option's name", why);
    if (result != SEKI_OK)
        return result;
    *option_out = policy_option_find(name);
    if (*option_out)
        return SEKI_OK;
    const char *nearest = policy_option_nearest(name);
    seki_error_set(why, nearest ? "there is no option \"%.*s\"; did you mean %s?" : "there is no option \"%.*s\"",
                   SEKI_STR_ARGS(name), nearest);
    return SEKI_BAD_INPUT;
}

/* @param value_out  as it is kept. @param alone_out  a policy of which only this was chosen */
static enum seki_result read_value(const struct policy_option *option, struct seki_str value,
                                   struct seki_arena *arena, struct seki_str *value_out, struct policy *alone_out,
                                   struct seki_error *why)
{
    *alone_out = policy_default();
    enum seki_result result = store_check_text(value, 4096, option->name, why);
    if (result == SEKI_OK)
        result = policy_option_read(option, value, alone_out, why);
    if (result != SEKI_OK)
        return result;
    *value_out = policy_option_write(option, alone_out, arena);
    return value_out->ptr ? SEKI_OK : store_no_room(arena, why);
}

static const char *const find_texts[] = {
    [STORE_PROVIDER] = ("SELECT id, value FROM policy_choice WHERE name = $1 AND tenant_id IS NULL"
                        " AND domain_id IS NULL AND $2 = 0"),
    [STORE_TENANT] = "SELECT id, value FROM policy_choice WHERE name = $1 AND tenant_id = $2",
    [STORE_DOMAIN] = "SELECT id, value FROM policy_choice WHERE name = $1 AND domain_id = $2",
};

struct kept {
    int64_t id; /* 0: none */
    struct seki_str value;
};

static void read_kept(const struct sql_value *row, struct seki_arena *arena, void *item)
{
    *(struct kept *)item = (struct kept){ row[0].integer, seki_arena_copy(arena, row[1].text) };
}

static struct seki_str as_json(struct seki_str name, struct seki_str value, struct seki_arena *arena)
{
    struct store_json json;
    store_json_begin(&json, arena);
    store_json_str(&json, "option", name);
    store_json_str(&json, "value", value);
    return store_json_end(&json);
}

/* Below whom the replica's policies are old now. */
static enum seki_result touch(struct store_change *change, struct store_owner owner, struct seki_error *why)
{
    static const char *const texts[] = {
        [STORE_PROVIDER] = "UPDATE hosting_state SET provider_change = $1 WHERE id = 1",
        [STORE_TENANT] = "UPDATE tenant SET change_id = $1 WHERE id = $2",
        [STORE_DOMAIN] = "UPDATE domain SET change_id = $1 WHERE id = $2",
    };
    struct sql_value values[] = { SQL_OF_INT(store_change_id(change)), SQL_OF_INT(owner.id) };
    return store_change_follow(change, texts[owner.level], values, owner.level == STORE_PROVIDER ? 1 : 2, why);
}

/* @param value  ptr NULL: taken back */
static enum seki_result write_choice(struct store_change *change, struct store_owner owner,
                                     const struct lineage *lineage, const struct kept *before, struct seki_str name,
                                     struct seki_str value, struct seki_arena *arena, struct seki_error *why)
{
    struct store_audit_line line = { .action = value.ptr ? "policy.set" : "policy.unset",
                                     .tenant = lineage->tenant,
                                     .domain = lineage->domain,
                                     .object = name };
    if (before->id != 0)
        line.before = as_json(name, before->value, arena);
    if (value.ptr)
        line.after = as_json(name, value, arena);
    if (seki_arena_failure(arena) != SEKI_OK)
        return store_no_room(arena, why);
    struct sql_value change_id = SQL_OF_INT(store_change_id(change));
    enum seki_result result;
    if (!value.ptr)
        result = store_change_write(change, "DELETE FROM policy_choice WHERE id = $1",
                                    SQL_VALUES(SQL_OF_INT(before->id)), &line, NULL, why);
    else if (before->id != 0)
        result =
            store_change_write(change, "UPDATE policy_choice SET value = $1, change_id = $2 WHERE id = $3",
                               SQL_VALUES(SQL_OF_STR(value), change_id, SQL_OF_INT(before->id)), &line, NULL, why);
    else
        result = store_change_write(
            change,
            "INSERT INTO policy_choice (tenant_id, domain_id, name, value, change_id) VALUES ($1, $2, $3, $4, $5)",
            SQL_VALUES(owner.level == STORE_TENANT ? SQL_OF_INT(owner.id) : SQL_OF_NULL,
                       owner.level == STORE_DOMAIN ? SQL_OF_INT(owner.id) : SQL_OF_NULL, SQL_OF_STR(name),
                       SQL_OF_STR(value), change_id),
            &line, NULL, why);
    return result == SEKI_OK ? touch(change, owner, why) : result;
}

/* ---- may it be chosen? ---- */

/* Of a domain, does it need a confirmation that there is not? */
static enum seki_result look_for_confirmation(struct sql *sql, struct store_owner owner, const struct policy *alone,
                                              bool *waits_out, struct seki_error *why)
{
    bool is_confirmed = false;
    *waits_out = owner.level == STORE_DOMAIN && policy_needs_confirmation(alone);
    if (!*waits_out)
        return SEKI_OK;
    enum seki_result result = store_confirmation_is_valid(sql, owner.id, &is_confirmed, why);
    *waits_out = !is_confirmed;
    return result;
}

/* The whole command, since `sekisho policy confirm` alone only shows what there is to confirm. */
static enum seki_result refuse_unconfirmed(struct sql *sql, struct store_owner owner, struct seki_str name,
                                           struct seki_arena *arena, struct seki_error *why)
{
    struct lineage lineage;
    enum seki_result result = find_lineage(sql, owner, arena, &lineage, why);
    if (result != SEKI_OK)
        return result;
    seki_error_set(why,
                   "%.*s needs the recorded confirmation of the domain's administrator, who has read what it does;"
                   " record it first: `sekisho policy confirm %.*s --by WHO`",
                   SEKI_STR_ARGS(name), SEKI_STR_ARGS(lineage.domain));
    return SEKI_BAD_INPUT;
}

/* @param waits_out  NULL: what would wait is refused */
static enum seki_result check_confirmed(struct sql *sql, struct store_owner owner, struct seki_str name,
                                        const struct policy *alone, struct seki_arena *arena, bool *waits_out,
                                        struct seki_error *why)
{
    bool waits;
    enum seki_result result = look_for_confirmation(sql, owner, alone, waits_out ? waits_out : &waits, why);
    return result == SEKI_OK && !waits_out && waits ? refuse_unconfirmed(sql, owner, name, arena, why) : result;
}

/* ---- changing ---- */

/* @param value  ptr NULL: take it back */
static enum seki_result put(struct store_change *change, struct store_owner owner, struct seki_str name,
                            struct seki_str value, struct seki_arena *arena, struct seki_error *why)
{
    struct sql *sql = store_change_sql(change);
    struct lineage lineage;
    struct kept before = { 0 };
    bool is_found;
    enum seki_result result = find_lineage(sql, owner, arena, &lineage, why);
    if (result == SEKI_OK)
        result = store_read_one(sql, find_texts[owner.level], SQL_VALUES(SQL_OF_STR(name), SQL_OF_INT(owner.id)),
                                read_kept, arena, &before, &is_found, why);
    if (result != SEKI_OK)
        return result;
    if (value.ptr ? is_found && seki_str_equal(before.value, value) : !is_found)
        return SEKI_OK;
    result = write_choice(change, owner, &lineage, &before, name, value, arena, why);
    return result == SEKI_OK && owner.level != STORE_PROVIDER ? store_change_will_check(change, owner, why)
                                                              : result;
}

static enum seki_result set(struct store_change *change, struct store_owner owner, struct seki_str name,
                            struct seki_str value, bool *waits_out, struct seki_error *why)
{
    struct seki_arena *arena = seki_arena_new(WORK_OCTETS);
    const struct policy_option *option;
    struct policy alone;
    struct seki_str kept;
    enum seki_result result = find_option(name, &option, why);
    if (result == SEKI_OK)
        result = read_value(option, value, arena, &kept, &alone, why);
    if (result == SEKI_OK)
        result = check_confirmed(store_change_sql(change), owner, name, &alone, arena, waits_out, why);
    if (result == SEKI_OK)
        result = put(change, owner, seki_str_of(option->name), kept, arena, why);
    seki_arena_free(arena);
    return result;
}

enum seki_result store_setting_set(struct store_change *change, struct store_owner owner, struct seki_str name,
                                   struct seki_str value, struct seki_error *why)
{
    return set(change, owner, name, value, NULL, why);
}

enum seki_result store_setting_restore(struct store_change *change, struct store_owner owner, struct seki_str name,
                                       struct seki_str value, bool *waits_out, struct seki_error *why)
{
    return set(change, owner, name, value, waits_out, why);
}

enum seki_result store_setting_unset(struct store_change *change, struct store_owner owner, struct seki_str name,
                                     struct seki_error *why)
{
    struct seki_arena *arena = seki_arena_new(WORK_OCTETS);
    const struct policy_option *option;
    enum seki_result result = find_option(name, &option, why);
    if (result == SEKI_OK)
        result = put(change, owner, seki_str_of(option->name), (struct seki_str){ NULL, 0 }, arena, why);
    seki_arena_free(arena);
    return result;
}

enum seki_result store_settings_forget(struct store_change *change, struct store_owner owner,
                                       struct seki_error *why)
{
    struct seki_arena *arena = seki_arena_new(WORK_OCTETS);
    const struct store_made_choice *choices;
    struct lineage lineage;
    size_t count = 0;
    enum seki_result result = find_lineage(store_change_sql(change), owner, arena, &lineage, why);
    if (result == SEKI_OK)
        result = store_settings_read(store_change_sql(change), lineage.tenant_id, lineage.domain_id, arena,
                                     &choices, &count, why);
    for (size_t i = 0; result == SEKI_OK && i < count; i++) {
        if (choices[i].level != owner.level)
            continue;
        struct kept before = { 0 };
        bool is_found;
        result = store_read_one(store_change_sql(change), find_texts[owner.level],
                                SQL_VALUES(SQL_OF_STR(choices[i].name), SQL_OF_INT(owner.id)), read_kept, arena,
                                &before, &is_found, why);
        if (result == SEKI_OK)
            result = write_choice(change, owner, &lineage, &before, choices[i].name, (struct seki_str){ NULL, 0 },
                                  arena, why);
    }
    seki_arena_free(arena);
    return result;
}

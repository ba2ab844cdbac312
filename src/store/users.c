#include "store/users.h"

#include "base/i18n.h"
#include "store/change_parts.h"
#include "store/person.h"
#include "store/rows.h"
#include "store/tenants.h"
#include "store/tenants_parts.h"
#include "store/text_check.h"

#include <assert.h>

#define WORK_OCTETS  (64u * 1024u)
#define TITLE_OCTETS 200u

/* ---- words ---- */

static const char *const role_words[] = {
    [STORE_OPERATOR] = "operator", [STORE_ADMINISTRATOR] = "administrator", [STORE_MAILBOX_OWNER] = "mailbox-owner"
};
static_assert(sizeof role_words / sizeof role_words[0] == STORE_MAILBOX_OWNER + 1, "each has its word");
static const char *const language_words[] = { [POLICY_ENGLISH] = "en", [POLICY_JAPANESE] = "ja" };

const char *store_role_name(enum store_role role)
{
    return role <= STORE_MAILBOX_OWNER ? role_words[role] : "unknown";
}

bool store_role_read(struct seki_str word, enum store_role *role_out)
{
    for (unsigned i = 0; i <= STORE_MAILBOX_OWNER; i++)
        if (seki_str_equal(word, seki_str_of(role_words[i]))) {
            *role_out = (enum store_role)i;
            return true;
        }
    return false;
}

/* ---- reading ---- */

#define COLUMNS                                                                                                    \
    "SELECT a.id, a.name, a.title, a.address, a.role, a.language, COALESCE(a.tenant_id, 0), COALESCE(t.name, '')," \
    " a.is_disabled, a.created_at_s FROM account a LEFT JOIN tenant t ON t.id = a.tenant_id"

static void read_user(const struct sql_value *row, struct seki_arena *arena, void *item)
{
    struct store_user *user = (struct store_user *)item;
    user->id = row[0].integer;
    user->name = seki_arena_copy(arena, row[1].text);
    user->title = seki_arena_copy(arena, row[2].text);
    user->address = seki_arena_copy(arena, row[3].text);
    store_role_read(row[4].text, &user->role);
    user->language = seki_str_equal(row[5].text, seki_str_of(language_words[POLICY_JAPANESE])) ? POLICY_JAPANESE
                                                                                               : POLICY_ENGLISH;
    user->tenant_id = row[6].integer;
    user->tenant_name = seki_arena_copy(arena, row[7].text);
    user->is_disabled = row[8].integer != 0;
    user->created_at_s = row[9].integer;
}

static enum seki_result get(struct sql *sql, int64_t id, struct seki_arena *arena, struct store_user *user_out,
                            struct seki_error *why)
{
    bool is_found;
    *user_out = (struct store_user){ 0 };
    enum seki_result result = store_read_one(sql, COLUMNS " WHERE a.id = $1", SQL_VALUES(SQL_OF_INT(id)), read_user,
                                             arena, user_out, &is_found, why);
    if (result == SEKI_OK && !is_found) {
        seki_error_set(why, "there is no user with the number %lld", (long long)id);
        return SEKI_BAD_INPUT;
    }
    return result;
}

enum seki_result store_user_find(struct sql *sql, struct seki_str name, struct seki_arena *arena,
                                 struct store_user *user_out, struct seki_error *why)
{
    bool is_found;
    *user_out = (struct store_user){ 0 };
    enum seki_result result = store_check_some_text(name, STORE_USER_NAME_MAX_OCTETS, "the user's name", why);
    if (result != SEKI_OK)
        return result;
    struct seki_str kept = seki_arena_copy_lower(arena, name);
    result = store_read_one(sql, COLUMNS " WHERE a.name = $1", SQL_VALUES(SQL_OF_STR(kept)), read_user, arena,
                            user_out, &is_found, why);
    if (result == SEKI_OK && !is_found) {
        seki_error_set(why, "there is no user \"%.*s\"", SEKI_STR_ARGS(name));
        return SEKI_BAD_INPUT;
    }
    return result;
}

enum seki_result store_user_list(struct sql *sql, int64_t tenant_id, struct seki_str after, size_t limit,
                                 struct seki_arena *arena, const struct store_user **users_out, size_t *count_out,
                                 struct seki_error *why)
{
    struct store_query query;
    *users_out = NULL;
    *count_out = 0;
    store_query_init(&query, arena, COLUMNS);
    store_query_add(&query, " WHERE a.name > ?", SQL_OF_STR(after));
    if (tenant_id != 0)
        store_query_add(&query, " AND a.tenant_id = ?", SQL_OF_INT(tenant_id));
    store_query_add(&query, " ORDER BY a.name LIMIT ?", SQL_OF_INT(store_list_limit(limit)));
    const char *text = store_query_text(&query);
    if (!text)
        return store_no_room(arena, why);
    void *items;
    enum seki_result result = store_read_list(sql, text, query.values, query.count, sizeof(struct store_user),
                                              read_user, arena, &items, count_out, why);
    *users_out = (const struct store_user *)items;
    return result;
}

/* ---- what a user may be ---- */

static enum seki_result check_name(struct seki_str name, struct seki_error *why)
{
    bool is_good = name.len > 0 && name.len <= STORE_USER_NAME_MAX_OCTETS;
    for (size_t i = 0; is_good && i < name.len; i++)
        is_good = name.ptr[i] > 0x20 && name.ptr[i] < 0x7f;
    if (!is_good)
        seki_error_set(why, "a user's name has 1 to %u letters, digits and signs of ASCII, and no spaces",
                       STORE_USER_NAME_MAX_OCTETS);
    return is_good ? SEKI_OK : SEKI_BAD_INPUT;
}

/* The address's domain in A-labels; the local part is the mail server's to judge. @return false: no address */
static bool domain_of(struct seki_str address, struct seki_arena *arena, struct seki_str *domain_out)
{
    size_t at = seki_str_find_last(address, '@');
    struct seki_error ignored;
    return at > 0 && at + 1 < address.len && store_person_is_address(address) &&
           seki_str_find(address, ' ') == address.len && seki_str_find(address, '<') == address.len &&
           seki_str_find(address, '>') == address.len &&
           store_check_domain(seki_str_from(address, at + 1), "the domain", arena, domain_out, &ignored) == SEKI_OK;
}

static enum seki_result check_mailbox(struct sql *sql, const struct store_user *user, struct seki_str domain,
                                      struct seki_error *why)
{
    int64_t count;
    enum seki_result result =
        store_read_number(sql, "SELECT COUNT(*) FROM domain WHERE name = $1 AND tenant_id = $2",
                          SQL_VALUES(SQL_OF_STR(domain), SQL_OF_INT(user->tenant_id)), &count, NULL, why);
    if (result == SEKI_OK && count == 0) {
        seki_error_set(why, "%.*s is no domain of this tenant", SEKI_STR_ARGS(domain));
        return SEKI_BAD_INPUT;
    }
    return result;
}

/* @param kept_out  its domain in A-labels, as mail has it: the user's language is found by the recipient's address */
static enum seki_result check_address(struct sql *sql, const struct store_user *user, struct seki_arena *arena,
                                      struct seki_str *kept_out, struct seki_error *why)
{
    struct seki_str domain;
    enum seki_result result = store_check_text(user->address, 320, "the address", why);
    if (result != SEKI_OK || (user->address.len == 0 && user->role != STORE_MAILBOX_OWNER))
        return result;
    if (!domain_of(user->address, arena, &domain)) {
        seki_error_set(why,
                       user->address.len == 0 ? "the owner of a mailbox needs the mailbox's address"
                                              : "\"%.*s\" is no mail address",
                       SEKI_STR_ARGS(user->address));
        return SEKI_BAD_INPUT;
    }
    if (!seki_str_is_ascii(user->address))
        *kept_out = seki_arena_format(
            arena, "%.*s@%.*s", SEKI_STR_ARGS(seki_str_head(user->address, seki_str_find_last(user->address, '@'))),
            SEKI_STR_ARGS(domain));
    return user->role == STORE_MAILBOX_OWNER ? check_mailbox(sql, user, domain, why) : SEKI_OK;
}

/* What both adding and changing ask; *kept_out is the user as it is kept. */
static enum seki_result check(struct sql *sql, const struct store_user *user, struct seki_arena *arena,
                              struct store_user *kept_out, struct seki_error *why)
{
    *kept_out = *user;
    enum seki_result result = check_name(user->name, why);
    if (result == SEKI_OK)
        result = store_check_text(user->title, TITLE_OCTETS, "the person's name", why);
    if (result != SEKI_OK)
        return result;
    if ((user->role == STORE_OPERATOR) != (user->tenant_id == 0)) {
        seki_error_set(why,
                       user->tenant_id == 0 ? "this role needs a tenant" : N_("an operator belongs to no tenant"));
        return SEKI_BAD_INPUT;
    }
    kept_out->name = seki_arena_copy_lower(arena, user->name);
    kept_out->tenant_name = (struct seki_str){ "", 0 };
    if (user->tenant_id != 0)
        result = store_tenant_name(sql, user->tenant_id, arena, &kept_out->tenant_name, why);
    return result == SEKI_OK ? check_address(sql, user, arena, &kept_out->address, why) : result;
}

static enum seki_result check_free(struct sql *sql, const struct store_user *user, struct seki_error *why)
{
    int64_t count;
    enum seki_result result =
        store_read_number(sql, "SELECT COUNT(*) FROM account WHERE name = $1 AND id <> $2",
                          SQL_VALUES(SQL_OF_STR(user->name), SQL_OF_INT(user->id)), &count, NULL, why);
    if (result == SEKI_OK && count > 0) {
        seki_error_set(why, "there is a user \"%.*s\" already", SEKI_STR_ARGS(user->name));
        return SEKI_BAD_INPUT;
    }
    return result;
}

/* ---- changing ---- */

static struct seki_str as_json(const struct store_user *user, struct seki_arena *arena)
{
    struct store_json json;
    store_json_begin(&json, arena);
    store_json_str(&json, "name", user->name);
    store_json_str(&json, "title", user->title);
    store_json_str(&json, "address", user->address);
    store_json_str(&json, "role", seki_str_of(store_role_name(user->role)));
    store_json_str(&json, "language", seki_str_of(language_words[user->language == POLICY_JAPANESE]));
    store_json_str(&json, "tenant", user->tenant_name);
    store_json_bool(&json, "disabled", user->is_disabled);
    return store_json_end(&json);
}

#define VALUES_OF(user, last)                                                                                      \
    SQL_VALUES(SQL_OF_STR((user)->name), SQL_OF_STR((user)->title), SQL_OF_STR((user)->address),                   \
               SQL_OF_STR(seki_str_of(store_role_name((user)->role))),                                             \
               SQL_OF_STR(seki_str_of(language_words[(user)->language == POLICY_JAPANESE])),                       \
               (user)->tenant_id ? SQL_OF_INT((user)->tenant_id) : SQL_OF_NULL, SQL_OF_INT((user)->is_disabled),   \
               SQL_OF_INT(last))

enum seki_result store_user_add(struct store_change *change, const struct store_user *user, int64_t *id_out,
                                struct seki_error *why)
{
    struct seki_arena *arena = seki_arena_new(WORK_OCTETS);
    struct store_user given = *user, kept;
    int64_t id = 0;
    given.id = 0;
    enum seki_result result = check(store_change_sql(change), &given, arena, &kept, why);
    if (result == SEKI_OK)
        result = check_free(store_change_sql(change), &kept, why);
    if (result == SEKI_OK) {
        struct store_audit_line line = {
            .action = "user.add", .tenant = kept.tenant_name, .object = kept.name, .after = as_json(&kept, arena)
        };
        result = line.after.len == 0
                     ? store_no_room(arena, why)
                     : store_change_write(change,
                                          "INSERT INTO account (name, title, address, role, language, tenant_id,"
                                          " is_disabled, created_at_s) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
                                          " RETURNING id",
                                          VALUES_OF(&kept, store_change_at_s(change)), &line, &id, why);
    }
    if (result == SEKI_OK && id_out)
        *id_out = id;
    seki_arena_free(arena);
    return result;
}

static enum seki_result write_change(struct store_change *change, const struct store_user *before,
                                     const struct store_user *after, struct seki_arena *arena,
                                     struct seki_error *why)
{
    struct store_audit_line line = { .action = "user.change",
                                     .tenant = after->tenant_name,
                                     .object = after->name,
                                     .before = as_json(before, arena),
                                     .after = as_json(after, arena) };
    if (line.before.len == 0 || line.after.len == 0)
        return store_no_room(arena, why);
    if (seki_str_equal(line.before, line.after))
        return SEKI_OK;
    return store_change_write(change,
                              "UPDATE account SET name = $1, title = $2, address = $3, role = $4, language = $5,"
                              " tenant_id = $6, is_disabled = $7 WHERE id = $8",
                              VALUES_OF(after, after->id), &line, NULL, why);
}

enum seki_result store_user_change(struct store_change *change, const struct store_user *user,
                                   struct seki_error *why)
{
    struct seki_arena *arena = seki_arena_new(WORK_OCTETS);
    struct store_user before, kept;
    enum seki_result result = get(store_change_sql(change), user->id, arena, &before, why);
    if (result == SEKI_OK)
        result = check(store_change_sql(change), user, arena, &kept, why);
    if (result == SEKI_OK)
        result = check_free(store_change_sql(change), &kept, why);
    if (result == SEKI_OK)
        result = write_change(change, &before, &kept, arena, why);
    seki_arena_free(arena);
    return result;
}

enum seki_result store_user_remove(struct store_change *change, int64_t id, struct seki_error *why)
{
    struct seki_arena *arena = seki_arena_new(WORK_OCTETS);
    struct store_user user;
    enum seki_result result = get(store_change_sql(change), id, arena, &user, why);
    if (result == SEKI_OK) {
        struct store_audit_line line = { .action = "user.remove",
                                         .tenant = user.tenant_name,
                                         .object = user.name,
                                         .before = as_json(&user, arena) };
        result = line.before.len == 0 ? store_no_room(arena, why)
                                      : store_change_write(change, "DELETE FROM account WHERE id = $1",
                                                           SQL_VALUES(SQL_OF_INT(id)), &line, NULL, why);
    }
    seki_arena_free(arena);
    return result;
}

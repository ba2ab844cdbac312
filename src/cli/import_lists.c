/* Users, confirmations and allow entries of a tenant's file. */
#include "cli/import_parts.h"

#include "base/i18n.h"
#include "store/confirmations.h"

#include <sekisho/domain.h>

#define COUNT_OF(table) (sizeof(table) / sizeof(table)[0])

/* ---- users ---- */

struct file_user {
    struct seki_str name, title, address, role, language;
    bool disabled;
};

static const struct cli_member user_members[] = {
    { "name", CLI_MEMBER_TEXT, offsetof(struct file_user, name), true },
    { "title", CLI_MEMBER_TEXT, offsetof(struct file_user, title), false },
    { "address", CLI_MEMBER_TEXT, offsetof(struct file_user, address), false },
    { "role", CLI_MEMBER_TEXT, offsetof(struct file_user, role), true },
    { "language", CLI_MEMBER_TEXT, offsetof(struct file_user, language), false },
    { "disabled", CLI_MEMBER_FLAG, offsetof(struct file_user, disabled), false },
};

static struct seki_str or_empty(struct seki_str text)
{
    return text.len > 0 ? text : SEKI_STR("");
}

static bool read_user(struct cli_import *import, const struct cli_json_place *place, json_t *value,
                      struct store_user *user)
{
    const struct cli_json_place role = { place, "role", 0 }, language = { place, "language", 0 };
    struct file_user file = { .language = SEKI_STR("en") };
    if (!cli_import_members(import, place, value, user_members, COUNT_OF(user_members), &file))
        return false;
    *user = (struct store_user){ .name = file.name,
                                 .title = or_empty(file.title),
                                 .address = or_empty(file.address),
                                 .tenant_id = import->tenant.id,
                                 .is_disabled = file.disabled };
    if (!store_role_read(file.role, &user->role))
        return cli_import_refuse(import, &role, N_("\"role\" must be administrator or mailbox-owner"));
    user->language = seki_str_equal(file.language, SEKI_STR("ja")) ? POLICY_JAPANESE : POLICY_ENGLISH;
    return user->language == POLICY_JAPANESE || seki_str_equal(file.language, SEKI_STR("en")) ||
           cli_import_refuse(import, &language, N_("\"language\" must be en or ja"));
}

static bool is_same_user(const struct store_user *a, const struct store_user *b)
{
    return seki_str_equal(a->title, b->title) && seki_str_equal(a->address, b->address) && a->role == b->role &&
           a->language == b->language && a->is_disabled == b->is_disabled;
}

static bool put_user(struct cli_import *import, const struct cli_json_place *place, struct store_user *user)
{
    struct cli_store *store = import->store;
    struct store_user there;
    struct seki_error unused;
    bool is_ours =
        store_user_find(store_change_sql(store->change), user->name, store->arena, &there, &unused) == SEKI_OK &&
        there.tenant_id == import->tenant.id;
    if (!is_ours)
        return cli_import_did(import, place, store_user_add(store->change, user, NULL, &store->why));
    user->id = there.id;
    return is_same_user(user, &there) ||
           cli_import_did(import, place, store_user_change(store->change, user, &store->why));
}

static bool is_user_in(json_t *list, struct seki_str name)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *text = json_object_get(json_array_get(list, i), "name");
        if (seki_str_equal_nocase((struct seki_str){ json_string_value(text), json_string_length(text) }, name))
            return true;
    }
    return false;
}

static bool remove_users(struct cli_import *import, json_t *list)
{
    struct cli_store *store = import->store;
    struct seki_str after = SEKI_STR("");
    for (size_t count = STORE_LIST_MAX_ROWS; count == STORE_LIST_MAX_ROWS;) {
        const struct store_user *users;
        if (!cli_store_did(store, store_user_list(store_change_sql(store->change), import->tenant.id, after, 0,
                                                  store->arena, &users, &count, &store->why)))
            return false;
        for (size_t i = 0; i < count; i++) {
            after = users[i].name;
            if (!is_user_in(list, users[i].name) &&
                !cli_store_did(store, store_user_remove(store->change, users[i].id, &store->why)))
                return false;
        }
    }
    return true;
}

bool cli_import_users(struct cli_import *import, const struct cli_json_place *place, json_t *value)
{
    if (!remove_users(import, value))
        return false;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const struct cli_json_place here = { place, NULL, i };
        struct store_user user;
        if (!read_user(import, &here, json_array_get(value, i), &user) || !put_user(import, &here, &user))
            return false;
    }
    return true;
}

/* ---- confirmations ---- */

struct file_confirmation {
    struct seki_str by, note;
    int64_t explanation, at_s;
};

static const struct cli_member confirmation_members[] = {
    { "by", CLI_MEMBER_TEXT, offsetof(struct file_confirmation, by), true },
    { "note", CLI_MEMBER_TEXT, offsetof(struct file_confirmation, note), false },
    { "explanation", CLI_MEMBER_NUMBER, offsetof(struct file_confirmation, explanation), true },
    { "at", CLI_MEMBER_WHEN, offsetof(struct file_confirmation, at_s), true },
};

static bool is_confirmed(const struct store_confirmation *list, size_t count,
                         const struct file_confirmation *wanted)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].withdrawn_at_s == 0 && list[i].at_s == wanted->at_s && list[i].version == wanted->explanation &&
            seki_str_equal(list[i].administrator, wanted->by) &&
            seki_str_equal(list[i].note, or_empty(wanted->note)))
            return true;
    return false;
}

static bool add_confirmation(struct cli_import *import, const struct cli_json_place *place, int64_t domain_id,
                             const struct file_confirmation *file)
{
    struct store_confirmation confirmation = { .domain_id = domain_id,
                                               .administrator = file->by,
                                               .note = or_empty(file->note),
                                               .version = file->explanation,
                                               .at_s = file->at_s };
    /* what the store would refuse it for, but for the name */
    const struct cli_json_place at = { place, "at", 0 }, version = { place, "explanation", 0 };
    bool is_future = file->at_s > import->store->now_s;
    bool is_version =
        file->explanation >= STORE_EXPLANATION_OLDEST_VALID && file->explanation <= STORE_EXPLANATION_VERSION;
    return cli_import_did(import,
                          !is_version ? &version
                          : is_future ? &at
                                      : place,
                          store_confirmation_add(import->store->change, &confirmation, NULL, &import->store->why));
}

/* What is recorded of one confirmation stands; where the file has none, there is to be none any longer. */
bool cli_import_confirmations(struct cli_import *import, const struct cli_json_place *place, int64_t domain_id,
                              json_t *value)
{
    struct cli_store *store = import->store;
    const struct store_confirmation *there;
    size_t count;
    bool stands = false;
    if (!cli_store_did(store, store_confirmation_list(store_change_sql(store->change), domain_id, store->arena,
                                                      &there, &count, &store->why)))
        return false;
    for (size_t i = 0; i < count; i++)
        stands = stands || there[i].withdrawn_at_s == 0;
    if (stands && json_array_size(value) == 0)
        return cli_store_did(store, store_confirmation_withdraw(store->change, domain_id, &store->why));
    for (size_t i = 0; i < json_array_size(value); i++) {
        const struct cli_json_place here = { place, NULL, i };
        struct file_confirmation file = { .at_s = 0 };
        if (!cli_import_members(import, &here, json_array_get(value, i), confirmation_members,
                                COUNT_OF(confirmation_members), &file))
            return false;
        if (!is_confirmed(there, count, &file) && !add_confirmation(import, &here, domain_id, &file))
            return false;
    }
    return true;
}

/* ---- allow entries ---- */

struct file_allow {
    struct seki_str author, evidence, domain, network, note, owner, accepted_by;
    bool subdomains;
    int64_t expires_at_s;
};

static const struct cli_member allow_members[] = {
    { "author", CLI_MEMBER_TEXT, offsetof(struct file_allow, author), true },
    { "subdomains", CLI_MEMBER_FLAG, offsetof(struct file_allow, subdomains), false },
    { "evidence", CLI_MEMBER_TEXT, offsetof(struct file_allow, evidence), true },
    { "domain", CLI_MEMBER_TEXT, offsetof(struct file_allow, domain), false },
    { "network", CLI_MEMBER_TEXT, offsetof(struct file_allow, network), false },
    { "expires_at", CLI_MEMBER_WHEN, offsetof(struct file_allow, expires_at_s), false },
    { "note", CLI_MEMBER_TEXT, offsetof(struct file_allow, note), false },
    { "owner", CLI_MEMBER_TEXT, offsetof(struct file_allow, owner), false },
    { "accepted_by", CLI_MEMBER_TEXT, offsetof(struct file_allow, accepted_by), false },
};

static struct seki_str ascii_of(struct cli_import *import, struct seki_str name)
{
    struct seki_str ascii;
    return name.len > 0 && seki_domain_to_ascii(import->store->arena, name, &ascii) == SEKI_OK ? ascii
                                                                                               : or_empty(name);
}

static bool read_entry(struct cli_import *import, const struct cli_json_place *place, json_t *value,
                       struct store_allow_entry *entry)
{
    const struct cli_json_place evidence = { place, "evidence", 0 }, network = { place, "network", 0 },
                                domain = { place, "domain", 0 };
    struct file_allow file = { .expires_at_s = 0 };
    struct policy_allow *allow = &entry->allow;
    if (!cli_import_members(import, place, value, allow_members, COUNT_OF(allow_members), &file))
        return false;
    if (!policy_evidence_read(file.evidence, &allow->evidence))
        return cli_import_refuse(import, &evidence, N_("\"evidence\" must be aligned, dkim, spf, network or none"));
    bool wants_network = allow->evidence == POLICY_EVIDENCE_NETWORK;
    bool wants_domain = allow->evidence == POLICY_EVIDENCE_DKIM || allow->evidence == POLICY_EVIDENCE_SPF;
    if (wants_network != (file.network.len > 0) || (wants_network && !cli_network_read(file.network, allow)))
        return cli_import_refuse(import, &network,
                                 wants_network ? N_("\"network\" must be ADDR or ADDR/BITS")
                                               : N_("\"network\" goes with evidence network only"));
    if (wants_domain != (file.domain.len > 0))
        return cli_import_refuse(import, &domain,
                                 wants_domain ? N_("\"domain\" must name who vouches")
                                              : N_("\"domain\" goes with evidence dkim and spf only"));
    allow->author_domain = ascii_of(import, file.author);
    allow->domain = ascii_of(import, file.domain);
    allow->includes_subdomains = file.subdomains;
    allow->expires_at_s = file.expires_at_s;
    entry->note = or_empty(file.note);
    entry->owner = or_empty(file.owner);
    entry->warned = or_empty(file.accepted_by);
    return true;
}

static bool is_same_entry(const struct policy_allow *a, const struct policy_allow *b)
{
    return seki_str_equal(a->author_domain, b->author_domain) && a->includes_subdomains == b->includes_subdomains &&
           a->evidence == b->evidence && seki_str_equal(a->domain, b->domain) && a->prefix_bits == b->prefix_bits &&
           a->network.octet_count == b->network.octet_count &&
           memcmp(a->network.octets, b->network.octets, a->network.octet_count) == 0;
}

static bool put_entry(struct cli_import *import, const struct cli_json_place *place,
                      struct store_allow_entry *entry, const struct store_allow_entry *there)
{
    struct cli_store *store = import->store;
    if (entry->allow.expires_at_s != 0 && entry->allow.expires_at_s <= store->now_s) {
        import->file->passed_over_count++;
        return true;
    }
    if (there == NULL)
        return cli_import_did(import, place, store_allow_add(store->change, entry, NULL, &store->why));
    entry->allow.id = there->allow.id;
    bool is_same = entry->allow.expires_at_s == there->allow.expires_at_s &&
                   seki_str_equal(entry->note, there->note) && seki_str_equal(entry->owner, there->owner) &&
                   seki_str_equal(entry->warned, there->warned);
    return is_same || cli_import_did(import, place, store_allow_change(store->change, entry, &store->why));
}

/* @param is_kept  one for each entry that is there: set when the file has it */
static bool read_entries(struct cli_import *import, const struct cli_json_place *place, int64_t domain_id,
                         json_t *value, const struct store_allow_entry *there, size_t count, bool *is_kept)
{
    for (size_t i = 0; i < json_array_size(value); i++) {
        const struct cli_json_place here = { place, NULL, i };
        const struct store_allow_entry *same = NULL;
        struct store_allow_entry entry = { .domain_id = domain_id };
        if (!read_entry(import, &here, json_array_get(value, i), &entry))
            return false;
        for (size_t k = 0; k < count; k++) {
            if (!is_same_entry(&entry.allow, &there[k].allow))
                continue;
            same = &there[k];
            is_kept[k] = true;
        }
        if (!put_entry(import, &here, &entry, same))
            return false;
    }
    return true;
}

bool cli_import_allow(struct cli_import *import, const struct cli_json_place *place, int64_t domain_id,
                      json_t *value)
{
    struct cli_store *store = import->store;
    const struct store_allow_entry *there;
    size_t count;
    if (!cli_store_did(store, store_allow_list(store_change_sql(store->change), domain_id, store->arena, &there,
                                               &count, &store->why)))
        return false;
    bool *is_kept = seki_arena_alloc(store->arena, count + 1, sizeof *is_kept);
    if (is_kept == NULL)
        return cli_store_did(store, SEKI_LIMIT);
    if (!read_entries(import, place, domain_id, value, there, count, is_kept))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!is_kept[i] && !cli_store_did(store, store_allow_remove(store->change, there[i].allow.id, &store->why)))
            return false;
    return true;
}

/* A tenant's file is laid over what the store has: what differs is changed, what the file does not have goes, and what is
 * the same is left alone, so that the audit log tells what an import really did. */
#include "cli/import_parts.h"

#include "cli/audit.h"
#include "cli/i18n.h"
#include "cli/input.h"
#include "cli/json.h"
#include "cli/text.h"

#include <sekisho/domain.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT_OF(table) (sizeof(table) / sizeof(table)[0])

bool cli_import_did(struct cli_import *import, const struct cli_json_place *place, enum seki_result result)
{
    if (result == SEKI_BAD_INPUT)
        cli_json_blame(&import->json, place, &import->store->why);
    return cli_store_did(import->store, result);
}

bool cli_import_refuse(struct cli_import *import, const struct cli_json_place *place, const char *format, ...)
{
    char text[sizeof(struct seki_error)];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    seki_error_set(&import->store->why, "%s", text);
    return cli_import_did(import, place, SEKI_BAD_INPUT);
}

bool cli_import_members(struct cli_import *import, const struct cli_json_place *place, json_t *value,
                        const struct cli_member *members, size_t count, void *out)
{
    return cli_members_read(&import->json, place, value, members, count, out, &import->store->why) ||
           cli_store_did(import->store, SEKI_BAD_INPUT);
}

/* ---- choices ---- */

/* Those that the file does not have. */
static bool unset_others(struct cli_import *import, struct store_owner owner, json_t *policy)
{
    const struct store_setting *settings;
    struct cli_store *store = import->store;
    size_t count;
    if (!cli_store_did(store, store_setting_list(store_change_sql(store->change), owner, store->arena, &settings,
                                                 &count, &store->why)))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (json_object_get(policy, settings[i].option->name) != NULL)
            continue;
        if (!cli_store_did(store, store_setting_unset(store->change, owner, seki_str_of(settings[i].option->name),
                                                      &store->why)))
            return false;
    }
    return true;
}

/* A domain keeps its choice when its confirmation is withdrawn: so the choice comes in without one too, and waits. */
static bool set_choices(struct cli_import *import, const struct cli_json_place *place, struct store_owner owner,
                        json_t *policy)
{
    const char *name;
    json_t *value;
    bool waits = false, choice_waits;
    struct cli_store *store = import->store;
    json_object_foreach (policy, name, value) {
        const struct cli_json_place here = { place, name, 0 };
        struct seki_str text = { json_string_value(value), json_string_length(value) };
        if (!json_is_string(value))
            return cli_import_refuse(import, &here, "the value of \"%s\" must be a text, in quotes", name);
        if (!cli_import_did(
                import, &here,
                store_setting_restore(store->change, owner, seki_str_of(name), text, &choice_waits, &store->why)))
            return false;
        waits = waits || choice_waits;
    }
    import->file->held_back_count += waits;
    return true;
}

/* ---- domains ---- */

struct file_domain {
    struct seki_str name;
    bool subdomains;
    json_t *policy, *confirmations, *allow;
};

static const struct cli_member domain_members[] = {
    { "name", CLI_MEMBER_TEXT, offsetof(struct file_domain, name), true },
    { "subdomains", CLI_MEMBER_FLAG, offsetof(struct file_domain, subdomains), false },
    { "policy", CLI_MEMBER_OBJECT, offsetof(struct file_domain, policy), false },
    { "confirmations", CLI_MEMBER_ARRAY, offsetof(struct file_domain, confirmations), false },
    { "allow", CLI_MEMBER_ARRAY, offsetof(struct file_domain, allow), false },
};

/* In which spelling the store has it. */
static struct seki_str stored_name(struct cli_import *import, struct seki_str name)
{
    struct seki_str ascii;
    return seki_domain_to_ascii(import->store->arena, name, &ascii) == SEKI_OK ? ascii : name;
}

/* Names of the file's domains as the store has them: an object as a set. What is no domain is refused later. */
static json_t *names_of(struct cli_import *import, json_t *domains)
{
    json_t *names = json_object();
    for (size_t i = 0; i < json_array_size(domains); i++) {
        json_t *domain = json_array_get(domains, i), *name = json_object_get(domain, "name");
        struct seki_str text = { json_string_value(name), json_string_length(name) };
        if (text.len == 0)
            continue;
        struct seki_str stored = stored_name(import, text);
        json_object_setn_nocheck(names, stored.ptr, stored.len, domain);
    }
    return names;
}

static bool clear_domain(struct cli_import *import, const struct store_domain *there, json_t *names)
{
    struct cli_store *store = import->store;
    json_t *in_file = json_object_getn(names, there->name.ptr, there->name.len);
    if (in_file == NULL)
        return cli_store_did(store, store_domain_remove(store->change, there->id, &store->why));
    return unset_others(import, (struct store_owner){ STORE_DOMAIN, there->id },
                        json_object_get(in_file, "policy"));
}

/* Domains that the file does not have go, and so do choices that the others will not have. */
static bool clear_domains(struct cli_import *import, json_t *names)
{
    struct cli_store *store = import->store;
    struct store_domain_filter filter = { .tenant_id = import->tenant.id };
    for (size_t count = STORE_LIST_MAX_ROWS; count == STORE_LIST_MAX_ROWS;) {
        const struct store_domain *domains;
        if (!cli_store_did(store, store_domain_list(store_change_sql(store->change), &filter, store->arena,
                                                    &domains, &count, &store->why)))
            return false;
        for (size_t i = 0; i < count; i++) {
            cli_store_enter(store);
            bool is_clear = clear_domain(import, &domains[i], names);
            cli_store_leave(store);
            if (!is_clear)
                return false;
            filter.after = domains[i].name;
        }
    }
    return true;
}

/* @return false: not added; *id_out is its id in the store */
static bool put_domain(struct cli_import *import, const struct cli_json_place *place,
                       const struct file_domain *in_file, int64_t *id_out)
{
    struct cli_store *store = import->store;
    struct seki_error unused;
    const struct cli_json_place name = { place, "name", 0 };
    struct store_domain there, wanted = { .name = in_file->name,
                                          .tenant_id = import->tenant.id,
                                          .includes_subdomains = in_file->subdomains };
    bool is_ours = store_domain_find(store_change_sql(store->change), in_file->name, store->arena, &there,
                                     &unused) == SEKI_OK &&
                   there.tenant_id == import->tenant.id;
    if (!is_ours) /* who hosts it already is told by this */
        return cli_import_did(import, &name, store_domain_add(store->change, &wanted, id_out, &store->why));
    *id_out = there.id;
    if (there.includes_subdomains == in_file->subdomains)
        return true;
    there.includes_subdomains = in_file->subdomains;
    return cli_import_did(import, place, store_domain_change(store->change, &there, &store->why));
}

static bool read_domain(struct cli_import *import, const struct cli_json_place *place, json_t *value)
{
    const struct cli_json_place policy = { place, "policy", 0 }, confirmations = { place, "confirmations", 0 },
                                allow = { place, "allow", 0 };
    struct file_domain domain = { .policy = NULL };
    int64_t id = 0;
    return cli_import_members(import, place, value, domain_members, COUNT_OF(domain_members), &domain) &&
           put_domain(import, place, &domain, &id) &&
           cli_import_confirmations(import, &confirmations, id, domain.confirmations) &&
           set_choices(import, &policy, (struct store_owner){ STORE_DOMAIN, id }, domain.policy) &&
           cli_import_allow(import, &allow, id, domain.allow);
}

static bool read_domains(struct cli_import *import, const struct cli_json_place *place, json_t *list, json_t *names)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const struct cli_json_place here = { place, NULL, i }, at_name = { &here, "name", 0 };
        json_t *domain = json_array_get(list, i), *name = json_object_get(domain, "name");
        struct seki_str text = { json_string_value(name), json_string_length(name) };
        struct seki_str stored = text.len > 0 ? stored_name(import, text) : text;
        if (stored.len > 0 && json_object_getn(names, stored.ptr, stored.len) != domain)
            return cli_import_refuse(import, &at_name, "the domain %.*s stands in this file twice",
                                     SEKI_STR_ARGS(text));
        cli_store_enter(import->store);
        bool is_read = read_domain(import, &here, domain);
        cli_store_leave(import->store);
        if (!is_read)
            return false;
    }
    return true;
}

/* ---- the tenant ---- */

struct file_tenant {
    int64_t version;
    struct seki_str name, title, shape, dns;
    bool dns_only;
    json_t *policy, *users, *domains;
};

static const struct cli_member tenant_members[] = {
    { "sekisho_tenant", CLI_MEMBER_NUMBER, offsetof(struct file_tenant, version), true },
    { "name", CLI_MEMBER_TEXT, offsetof(struct file_tenant, name), true },
    { "title", CLI_MEMBER_TEXT, offsetof(struct file_tenant, title), false },
    { "shape", CLI_MEMBER_TEXT, offsetof(struct file_tenant, shape), true },
    { "dns", CLI_MEMBER_TEXT, offsetof(struct file_tenant, dns), true },
    { "dns_only", CLI_MEMBER_FLAG, offsetof(struct file_tenant, dns_only), false },
    { "policy", CLI_MEMBER_OBJECT, offsetof(struct file_tenant, policy), false },
    { "users", CLI_MEMBER_ARRAY, offsetof(struct file_tenant, users), false },
    { "domains", CLI_MEMBER_ARRAY, offsetof(struct file_tenant, domains), false },
};

static bool read_words(struct cli_import *import, const struct file_tenant *file, struct store_tenant *tenant)
{
    const struct cli_json_place version = { NULL, "sekisho_tenant", 0 }, shape = { NULL, "shape", 0 },
                                dns = { NULL, "dns", 0 };
    if (file->version != CLI_TENANT_FILE_VERSION)
        return cli_import_refuse(import, &version, "this is a file of version %lld; this program reads version %d",
                                 (long long)file->version, CLI_TENANT_FILE_VERSION);
    if (!store_server_shape_read(file->shape, &tenant->server_shape))
        return cli_import_refuse(import, &shape, N_("\"shape\" must be dedicated, shared or gateway"));
    if (!store_dns_shape_read(file->dns, &tenant->dns_shape))
        return cli_import_refuse(import, &dns, N_("\"dns\" must be self, hosted or third-party"));
    tenant->name = file->name;
    tenant->title = file->title.len > 0 ? file->title : SEKI_STR("");
    tenant->is_dns_only = file->dns_only;
    return true;
}

static bool is_same(const struct store_tenant *a, const struct store_tenant *b)
{
    return seki_str_equal(a->title, b->title) && a->server_shape == b->server_shape &&
           a->dns_shape == b->dns_shape && a->is_dns_only == b->is_dns_only;
}

static bool change_tenant(struct cli_import *import, const struct file_tenant *file, json_t *names,
                          struct store_tenant *wanted)
{
    struct cli_store *store = import->store;
    const struct cli_json_place shape = { NULL, "shape", 0 };
    struct store_owner owner = { STORE_TENANT, import->tenant.id };
    wanted->id = import->tenant.id;
    return clear_domains(import, names) && unset_others(import, owner, file->policy) &&
           (is_same(wanted, &import->tenant) ||
            cli_import_did(import, &shape, store_tenant_change(store->change, wanted, &store->why)));
}

static bool put_tenant(struct cli_import *import, const struct file_tenant *file, json_t *names)
{
    struct cli_store *store = import->store;
    const struct cli_json_place name = { NULL, "name", 0 };
    struct store_tenant wanted = { .id = 0 };
    struct seki_error unused;
    if (!read_words(import, file, &wanted))
        return false;
    bool is_there = store_tenant_find(store_change_sql(store->change), file->name, store->arena, &import->tenant,
                                      &unused) == SEKI_OK;
    if (is_there && !import->file->replaces)
        return cli_import_refuse(import, &name,
                                 "there is a tenant %.*s already; --replace makes it what this file says",
                                 SEKI_STR_ARGS(file->name));
    if (is_there)
        return change_tenant(import, file, names, &wanted);
    import->tenant = wanted;
    return cli_import_did(import, &name, store_tenant_add(store->change, &wanted, &import->tenant.id, &store->why));
}

/* Where in the file the choices of that domain stand. */
static bool refuse_domain(struct cli_import *import, json_t *domains, json_t *names, int64_t domain_id)
{
    struct cli_store *store = import->store;
    struct store_domain domain;
    struct seki_error unused;
    const struct cli_json_place list = { NULL, "domains", 0 };
    if (store_domain_get(store_change_sql(store->change), domain_id, store->arena, &domain, &unused) != SEKI_OK)
        return cli_import_did(import, &list, SEKI_BAD_INPUT);
    json_t *in_file = json_object_getn(names, domain.name.ptr, domain.name.len);
    size_t i = 0;
    while (i + 1 < json_array_size(domains) && json_array_get(domains, i) != in_file)
        i++;
    const struct cli_json_place here = { &list, NULL, i }, policy = { &here, "policy", 0 };
    return cli_import_did(import, &policy, SEKI_BAD_INPUT);
}

/* What was chosen for the tenant and its domains is looked at when all of it is there. */
static bool check_choices(struct cli_import *import, json_t *domains, json_t *names)
{
    struct cli_store *store = import->store;
    struct store_owner bad;
    const struct cli_json_place policy = { NULL, "policy", 0 };
    enum seki_result result = store_setting_check(store->change, &bad, &store->why);
    if (result == SEKI_BAD_INPUT && bad.level == STORE_DOMAIN)
        return refuse_domain(import, domains, names, bad.id);
    return cli_import_did(import, &policy, result);
}

static bool read_tenant(struct cli_import *import, json_t *root)
{
    const struct cli_json_place policy = { NULL, "policy", 0 }, users = { NULL, "users", 0 },
                                domains = { NULL, "domains", 0 };
    struct file_tenant file = { .policy = NULL };
    if (!cli_import_members(import, NULL, root, tenant_members, COUNT_OF(tenant_members), &file))
        return false;
    json_t *names = names_of(import, file.domains);
    bool is_read =
        put_tenant(import, &file, names) &&
        set_choices(import, &policy, (struct store_owner){ STORE_TENANT, import->tenant.id }, file.policy) &&
        read_domains(import, &domains, file.domains, names) &&
        cli_import_users(import, &users, file.users) && /* mailboxes are in the domains */
        check_choices(import, file.domains, names);
    import->file->tenant = seki_arena_copy(import->store->arena, file.name);
    json_decref(names);
    return is_read;
}

bool cli_tenant_file_read(struct cli_store *store, struct cli_tenant_file *file)
{
    struct cli_import import = { .store = store, .file = file, .json = { file->path, file->text } };
    json_t *root = cli_json_file_read(&import.json, &store->why);
    if (root == NULL)
        return cli_store_did(store, SEKI_BAD_INPUT);
    bool is_read = read_tenant(&import, root);
    json_decref(root);
    return is_read;
}

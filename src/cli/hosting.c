#include "cli/hosting.h"

#include "cli/i18n.h"
#include "cli/json.h"
#include "cli/text.h"
#include "cli/when.h"

json_t *cli_json_when(int64_t time_s)
{
    char text[CLI_WHEN_MAX];
    return json_string(cli_when_write(time_s, text));
}

json_t *cli_json_tenant(const struct store_tenant *tenant)
{
    return json_pack("{s:o, s:o, s:s, s:s, s:b, s:I, s:o}", "name", cli_json_str(tenant->name), "title",
                     cli_json_str(tenant->title), "shape", policy_shape_name(tenant->server_shape), "dns",
                     store_dns_shape_name(tenant->dns_shape), "dns_only", (int)tenant->is_dns_only, "domains",
                     (json_int_t)tenant->domain_count, "created_at", cli_json_when(tenant->created_at_s));
}

json_t *cli_json_domain(const struct store_domain *domain)
{
    return json_pack("{s:o, s:o, s:b, s:o, s:I}", "name", cli_json_str(domain->name), "tenant",
                     cli_json_str(domain->tenant_name), "subdomains", (int)domain->includes_subdomains,
                     "created_at", cli_json_when(domain->created_at_s), "revision",
                     (json_int_t)domain->policy_revision);
}

static json_t *json_network(const struct policy_allow *allow)
{
    char address[SEKI_IP_TEXT_MAX], text[SEKI_IP_TEXT_MAX + 8];
    if (allow->evidence != POLICY_EVIDENCE_NETWORK)
        return json_string("");
    snprintf(text, sizeof text, "%s/%u", seki_ip_format(&allow->network, address), allow->prefix_bits);
    return json_string(text);
}

json_t *cli_json_allow(const struct store_allow_entry *entry)
{
    const struct policy_allow *allow = &entry->allow;
    return json_pack("{s:I, s:o, s:b, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:o}", "id",
                     (json_int_t)allow->id, "author", cli_json_str(allow->author_domain), "subdomains",
                     (int)allow->includes_subdomains, "evidence", policy_evidence_name(allow->evidence), "domain",
                     cli_json_str(allow->domain), "network", json_network(allow), "expires_at",
                     cli_json_when(allow->expires_at_s), "note", cli_json_str(entry->note), "owner",
                     cli_json_str(entry->owner), "accepted_by", cli_json_str(entry->warned), "created_at",
                     cli_json_when(entry->created_at_s), "hits", (json_int_t)entry->hit_count, "last_hit_at",
                     cli_json_when(entry->last_hit_at_s));
}

json_t *cli_json_user(const struct store_user *user)
{
    return json_pack("{s:o, s:o, s:o, s:s, s:o, s:s, s:b, s:o}", "name", cli_json_str(user->name), "title",
                     cli_json_str(user->title), "address", cli_json_str(user->address), "role",
                     store_role_name(user->role), "tenant", cli_json_str(user->tenant_name), "language",
                     user->language == POLICY_JAPANESE ? "ja" : "en", "disabled", (int)user->is_disabled,
                     "created_at", cli_json_when(user->created_at_s));
}

const char *cli_yes_no(bool is_so)
{
    return is_so ? "yes" : "no";
}

void cli_take_yes_no(const char *word, bool *is_so)
{
    if (word != NULL)
        *is_so = strcmp(word, "yes") == 0; /* the table of options lets "no" through besides */
}

void cli_take_text(const char *text, struct seki_str *field)
{
    if (text != NULL)
        *field = seki_str_of(text);
}

bool cli_find_tenant(struct cli_store *store, const char *name, struct store_tenant *tenant_out)
{
    struct sql *sql = store->change != NULL ? store_change_sql(store->change) : store->sql;
    return cli_store_did(store, store_tenant_find(sql, seki_str_of(name), store->arena, tenant_out, &store->why));
}

bool cli_find_domain(struct cli_store *store, const char *name, struct store_domain *domain_out)
{
    struct sql *sql = store->change != NULL ? store_change_sql(store->change) : store->sql;
    return cli_store_did(store, store_domain_find(sql, seki_str_of(name), store->arena, domain_out, &store->why));
}

struct seki_str cli_evidence_write(const struct policy_allow *allow, char between, struct seki_arena *arena)
{
    char address[SEKI_IP_TEXT_MAX];
    const char *name = policy_evidence_name(allow->evidence);
    if (allow->evidence == POLICY_EVIDENCE_NETWORK)
        return seki_arena_format(arena, "%s%c%s/%u", name, between, seki_ip_format(&allow->network, address),
                                 allow->prefix_bits);
    if (allow->domain.len > 0)
        return seki_arena_format(arena, "%s%c%.*s", name, between, SEKI_STR_ARGS(allow->domain));
    return seki_str_of(name);
}

bool cli_network_read(struct seki_str text, struct policy_allow *allow)
{
    size_t slash = seki_str_find(text, '/');
    uint64_t bits;
    if (!seki_ip_parse(seki_str_head(text, slash), &allow->network))
        return false;
    allow->prefix_bits = allow->network.octet_count * 8u;
    if (slash == text.len)
        return true;
    if (!seki_str_to_u64(seki_str_from(text, slash + 1), allow->prefix_bits, &bits))
        return false;
    allow->prefix_bits = (unsigned)bits;
    return true;
}

/* What must stand behind the colon is the evidence's own. */
bool cli_evidence_read(struct seki_str text, struct policy_allow *allow)
{
    size_t colon = seki_str_find(text, ':');
    struct seki_str value = seki_str_from(text, colon + 1);
    if (!policy_evidence_read(seki_str_head(text, colon), &allow->evidence))
        return cli_complain(_("--evidence takes aligned, dkim:DOMAIN, spf:DOMAIN, network:ADDR/BITS or none; not "
                              "\"%.*s\""),
                            SEKI_STR_ARGS(text));
    bool takes_value = allow->evidence != POLICY_EVIDENCE_ALIGNED && allow->evidence != POLICY_EVIDENCE_NONE;
    if (takes_value != (value.len > 0))
        return cli_complain(takes_value ? _("--evidence %s names no one; write it as %s:… with a domain or network")
                                        : _("--evidence %s takes nothing behind \"%s\""),
                            policy_evidence_name(allow->evidence), policy_evidence_name(allow->evidence));
    if (allow->evidence != POLICY_EVIDENCE_NETWORK)
        allow->domain = value;
    else if (!cli_network_read(value, allow))
        return cli_complain(_("\"%.*s\" is no network; write ADDR or ADDR/BITS"), SEKI_STR_ARGS(value));
    return true;
}

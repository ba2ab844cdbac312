/* Hosting's objects as JSON, and what the commands about them have in common. */
#ifndef CLI_HOSTING_H
#define CLI_HOSTING_H

#include "cli/store.h"
#include "store/allow_entries.h"
#include "store/domains.h"
#include "store/settings.h"
#include "store/tenants.h"
#include "store/users.h"

/** {name title shape dns dns_only domains created_at} */
json_t *cli_json_tenant(const struct store_tenant *tenant);
/** {name tenant subdomains created_at revision} */
json_t *cli_json_domain(const struct store_domain *domain);
/** {id author subdomains evidence domain network expires_at note owner accepted_by created_at hits last_hit_at} */
json_t *cli_json_allow(const struct store_allow_entry *entry);
/** {name title address role tenant language disabled created_at} */
json_t *cli_json_user(const struct store_user *user);
/** RFC 3339; "" for 0. */
json_t *cli_json_when(int64_t time_s);

const char *cli_yes_no(bool is_so);
/** A word of "yes" and "no", or NULL: then *is_so stays. */
void cli_take_yes_no(const char *word, bool *is_so);
void cli_take_text(const char *text, struct seki_str *field);

bool cli_find_tenant(struct cli_store *store, const char *name, struct store_tenant *tenant_out);
bool cli_find_domain(struct cli_store *store, const char *name, struct store_domain *domain_out);

/** "dkim example.net", "network 192.0.2.0/24": as --evidence takes it, with a colon. In the arena. */
struct seki_str cli_evidence_write(const struct policy_allow *allow, char between, struct seki_arena *arena);
/** "aligned", "dkim:DOMAIN", "spf:DOMAIN", "network:ADDR[/BITS]", "none". @return false: said on standard error */
bool cli_evidence_read(struct seki_str text, struct policy_allow *allow);
/** "192.0.2.0/24". @param network_out its octets and bits. @return false: it is none */
bool cli_network_read(struct seki_str text, struct policy_allow *allow);

#endif

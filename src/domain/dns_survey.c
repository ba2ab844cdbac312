#include "domain/host.h"

#define MAX_NAME_SERVERS 13u /* looked at; the root itself has no more */

static const struct seki_str nothing = SEKI_STR_INIT("");

/* Only a server below the domain is its own to mend; others are their provider's. */
static void judge_name_server(struct domain_run *run, struct seki_str name)
{
    if (!seki_domain_is_within(name, run->domain))
        return;
    struct seki_str alias = domain_alias_of(run, name);
    struct domain_host host = domain_host_ask(run, name);
    if (alias.len > 0)
        domain_find(run, DOMAIN_DNS_NS_ALIAS, run->domain, name, alias, nothing);
    else if (domain_host_is_missing(&host))
        domain_find(run, DOMAIN_DNS_NS_MISSING, run->domain, name, nothing, nothing);
}

static void survey_name_servers(struct domain_run *run, struct domain_dns_report *dns)
{
    const struct seki_answer *answer = domain_ask(run, run->domain, SEKI_RR_NS);
    struct seki_str *names = seki_arena_alloc(run->arena, answer->record_count, sizeof *names);
    for (size_t i = 0; names != NULL && i < answer->record_count; i++) {
        names[i] = answer->records[i].text;
        if (i < MAX_NAME_SERVERS)
            judge_name_server(run, names[i]);
    }
    dns->name_servers = names;
    dns->name_server_count = names != NULL ? answer->record_count : 0;
}

void domain_survey_dns(struct domain_run *run, struct domain_report *report)
{
    report->dns.does_not_exist = !domain_exists(run);
    if (report->dns.does_not_exist)
        domain_find(run, DOMAIN_DNS_NO_DOMAIN, run->domain, nothing, nothing, nothing);
    else
        survey_name_servers(run, &report->dns);
}

#include "cli/domain_mail.h"

#include "cli/i18n.h"
#include "cli/json.h"
#include "cli/text.h"

#include <stdio.h>

static json_t *json_strings(const struct seki_str *texts, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, cli_json_str(texts[i]));
    return array;
}

json_t *cli_json_dns_report(const struct domain_dns_report *dns)
{
    return json_pack("{s:b, s:o}", "exists", !dns->does_not_exist, "name_servers",
                     json_strings(dns->name_servers, dns->name_server_count));
}

/* MX. */

static void print_addresses(const struct seki_answer *answer)
{
    char text[SEKI_IP_TEXT_MAX];
    for (size_t i = 0; answer != NULL && i < answer->record_count; i++)
        printf(" %s", seki_ip_format(&answer->records[i].address, text));
}

static void print_exchange(const struct domain_exchange *exchange)
{
    printf("  %5u ", exchange->preference);
    cli_print_str(exchange->name);
    if (exchange->alias_of.len > 0) {
        printf(" → ");
        cli_print_str(exchange->alias_of);
    }
    print_addresses(exchange->ipv4);
    print_addresses(exchange->ipv6);
    putchar('\n');
}

void cli_print_mx_report(const struct domain_mx_report *mx)
{
    printf("MX\n");
    for (size_t i = 0; i < mx->exchange_count; i++)
        print_exchange(&mx->exchanges[i]);
}

static void append_addresses(json_t *array, const struct seki_answer *answer)
{
    char text[SEKI_IP_TEXT_MAX];
    for (size_t i = 0; answer != NULL && i < answer->record_count; i++)
        json_array_append_new(array, json_string(seki_ip_format(&answer->records[i].address, text)));
}

static json_t *json_exchange(const struct domain_exchange *exchange)
{
    json_t *addresses = json_array();
    append_addresses(addresses, exchange->ipv4);
    append_addresses(addresses, exchange->ipv6);
    return json_pack("{s:i, s:o, s:o, s:o}", "preference", (int)exchange->preference, "name",
                     cli_json_str(exchange->name), "alias_of", cli_json_str(exchange->alias_of), "addresses",
                     addresses);
}

json_t *cli_json_mx_report(const struct domain_mx_report *mx)
{
    json_t *exchanges = json_array();
    for (size_t i = 0; i < mx->exchange_count; i++)
        json_array_append_new(exchanges, json_exchange(&mx->exchanges[i]));
    return json_pack("{s:s, s:o}", "state", domain_mx_state_name(mx->state), "exchanges", exchanges);
}

/* Transport. */

static json_t *json_entry(const struct domain_transport_report *transport, enum domain_transport kind)
{
    const struct domain_transport_entry *entry = &transport->entries[kind];
    return json_pack("{s:s, s:o, s:o}", "state", domain_transport_state_name(entry->state), "name",
                     cli_json_str(entry->name), "record", cli_json_str(entry->record));
}

json_t *cli_json_mta_sts_report(const struct domain_transport_report *transport)
{
    json_t *object = json_entry(transport, DOMAIN_MTA_STS);
    json_object_set_new(object, "id", cli_json_str(transport->mta_sts_id));
    return object;
}

json_t *cli_json_tls_rpt_report(const struct domain_transport_report *transport)
{
    json_t *object = json_entry(transport, DOMAIN_TLS_RPT);
    json_object_set_new(object, "rua", json_strings(transport->tls_rpt_rua, transport->tls_rpt_rua_count));
    return object;
}

json_t *cli_json_bimi_report(const struct domain_transport_report *transport)
{
    json_t *object = json_entry(transport, DOMAIN_BIMI);
    json_object_set_new(object, "location", cli_json_str(transport->bimi_location));
    json_object_set_new(object, "evidence", cli_json_str(transport->bimi_evidence));
    return object;
}

/* DNSSEC. */

json_t *cli_json_dnssec_report(const struct domain_dnssec_report *dnssec)
{
    json_t *delegations = json_array();
    for (size_t i = 0; i < dnssec->delegation_count; i++)
        json_array_append_new(delegations, cli_json_str(dnssec->delegations[i].text));
    return json_pack("{s:s, s:o, s:o}", "state", domain_dnssec_state_name(dnssec->state), "zone",
                     cli_json_str(dnssec->zone), "ds", delegations);
}

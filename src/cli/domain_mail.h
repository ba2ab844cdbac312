/* The sections of a domain check that are neither SPF, DKIM nor DMARC, as text and as JSON. */
#ifndef CLI_DOMAIN_MAIL_H
#define CLI_DOMAIN_MAIL_H

#include "domain/survey.h"

#include <jansson.h>

json_t *cli_json_dns_report(const struct domain_dns_report *dns);

void cli_print_mx_report(const struct domain_mx_report *mx);
json_t *cli_json_mx_report(const struct domain_mx_report *mx);

json_t *cli_json_mta_sts_report(const struct domain_transport_report *transport);
json_t *cli_json_tls_rpt_report(const struct domain_transport_report *transport);
json_t *cli_json_bimi_report(const struct domain_transport_report *transport);

json_t *cli_json_dnssec_report(const struct domain_dnssec_report *dnssec);

#endif

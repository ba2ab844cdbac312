/* The DKIM and DMARC sections of a domain check, as text and as JSON. */
#ifndef CLI_DOMAIN_KEYS_H
#define CLI_DOMAIN_KEYS_H

#include "domain/dkim_survey.h"
#include "domain/dmarc_survey.h"

#include <jansson.h>

void cli_print_dkim_report(const struct domain_dkim_report *dkim);
json_t *cli_json_dkim_report(const struct domain_dkim_report *dkim);

void cli_print_dmarc_report(const struct domain_dmarc_report *dmarc);
json_t *cli_json_dmarc_report(const struct domain_dmarc_report *dmarc);

/** Indented lines: one for the address, one for whether it may receive reports, and why. */
void cli_print_destinations(const struct domain_destination *destinations, size_t count);
json_t *cli_json_destinations(const struct domain_destination *destinations, size_t count);

#endif

/* Findings of a domain check, as text and as JSON. */
#ifndef CLI_FINDINGS_H
#define CLI_FINDINGS_H

#include "domain/finding.h"

#include <jansson.h>

void cli_print_findings(const struct domain_finding *findings, size_t count);
/** [{id area severity name what fix}] */
json_t *cli_json_findings(const struct domain_finding *findings, size_t count);

#endif

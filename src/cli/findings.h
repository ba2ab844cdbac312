/* Findings of a domain check, as text and as JSON. */
#ifndef CLI_FINDINGS_H
#define CLI_FINDINGS_H

#include "cli/command.h"
#include "domain/finding.h"

#include <jansson.h>

void cli_print_findings(const struct domain_finding *findings, size_t count);
/** [{id area severity name what fix}] */
json_t *cli_json_findings(const struct domain_finding *findings, size_t count);

/** Where advice is no failure: CLI_NO for a warning or an error, CLI_TEMPORARY when look-ups that failed are all there is. */
enum cli_exit cli_findings_exit(const struct domain_finding *findings, size_t count);

#endif

/* Findings of a domain check, as text and as JSON. */
#ifndef CLI_FINDINGS_H
#define CLI_FINDINGS_H

#include "cli/command.h"
#include "domain/finding.h"

#include <jansson.h>

/** "error" in the reader's language, coloured where the screen can. */
void cli_print_severity(enum domain_severity severity);

/** The worst first. */
void cli_print_findings(const struct domain_finding *findings, size_t count);
/** [{id area severity points name what fix}] */
json_t *cli_json_findings(const struct domain_finding *findings, size_t count);

/** A sentence of the table of findings, or one like them, in the reader's language, its places filled with the texts of a
 *  finding. It begins in a column (from 0), and so do its further lines. */
void cli_print_filled(size_t column, const struct domain_finding *texts, const char *sentence);
json_t *cli_json_filled(const struct domain_finding *texts, const char *sentence);

/** Where advice is no failure: CLI_NO for a warning or an error, CLI_TEMPORARY when look-ups that failed are all there is. */
enum cli_exit cli_findings_exit(const struct domain_finding *findings, size_t count);

#endif

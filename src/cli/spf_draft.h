/* What the commands on SPF records have in common: whose record, which text, and the look at it. */
#ifndef CLI_SPF_DRAFT_H
#define CLI_SPF_DRAFT_H

#include "cli/evaluation.h"
#include "domain/spf_lint.h"

#include <jansson.h>

struct cli_spf_draft {
    struct cli_evaluation e;
    struct domain_spf_subject subject;
    struct domain_spf_lint_report report;
};

/** Start, and read the domain. Prints the sentence when it cannot be done.
 *  @param domain  NULL: not given; a text that is in the options is then for a name that does not exist
 *  @return CLI_DONE: to cli_spf_draft_end() */
enum cli_exit cli_spf_draft_begin(struct cli_spf_draft *draft, const struct cli_options *options,
                                  const char *domain);
void cli_spf_draft_end(struct cli_spf_draft *draft);

/** Fill the report. Prints the sentence and returns false when there is none. */
bool cli_spf_draft_look(struct cli_spf_draft *draft);

/** "spf" and "findings". */
void cli_spf_draft_set_json(const struct cli_spf_draft *draft, json_t *root);

#endif

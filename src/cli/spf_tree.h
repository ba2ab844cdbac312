/* The SPF section of a domain check: the record, what it costs, and the tree of what it leads to. */
#ifndef CLI_SPF_TREE_H
#define CLI_SPF_TREE_H

#include "domain/spf_survey.h"

#include <jansson.h>

void cli_print_spf_tree(const struct domain_spf_report *spf);
json_t *cli_json_spf_tree(const struct domain_spf_report *spf);

#endif

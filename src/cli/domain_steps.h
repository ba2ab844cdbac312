/* What to do next, at the end of a domain check: as text and as JSON. */
#ifndef CLI_DOMAIN_STEPS_H
#define CLI_DOMAIN_STEPS_H

#include "domain/next_steps.h"

#include <jansson.h>

void cli_print_steps(const struct domain_step *steps, size_t count);
/** [{id area what worth host record}] */
json_t *cli_json_steps(const struct domain_step *steps, size_t count);

#endif

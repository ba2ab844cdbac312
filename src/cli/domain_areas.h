/* The short look at a domain check: a line for each area, with how it stands and one phrase. */
#ifndef CLI_DOMAIN_AREAS_H
#define CLI_DOMAIN_AREAS_H

#include "domain/survey.h"

void cli_print_areas(const struct domain_report *report);

/** "error", "warning", "advice": the worst finding of the area; "none" without one. */
const char *cli_worst_of_area(const struct domain_report *report, enum domain_area area);

#endif

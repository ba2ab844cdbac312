/* What is wrong with an SPF record and all that it leads to. */
#ifndef DOMAIN_SPF_JUDGE_H
#define DOMAIN_SPF_JUDGE_H

#include "domain/spf_walk.h"

/** Add the findings. Asks for the texts of exp=, and for MX where there is no record. */
void domain_spf_judge(struct domain_run *run, const struct domain_spf_subject *subject,
                      const struct domain_spf_report *report);

#endif

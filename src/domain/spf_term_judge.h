/* What is wrong with a term that can be read, and with the order of the terms of a record. */
#ifndef DOMAIN_SPF_TERM_JUDGE_H
#define DOMAIN_SPF_TERM_JUDGE_H

#include "domain/survey_run.h"

/** One term of a record that the domain answers for; not where an include or redirect leads. */
void domain_spf_judge_term(struct domain_run *run, const struct domain_spf_place *place, size_t index);

/** One term of somebody else's record. @param through  our own term that leads there */
void domain_spf_judge_foreign_term(struct domain_run *run, const struct domain_spf_place *place, size_t index,
                                   struct seki_str through);

/** How the record ends, and what stands there for nothing. @param is_policy  it decides about all other clients: that of
 *  the domain, or where its redirect leads */
void domain_spf_judge_order(struct domain_run *run, const struct domain_spf_place *place, bool is_policy);

/** exp=, which receivers look at only in a policy, and only for a fail. */
void domain_spf_judge_explanation(struct domain_run *run, const struct domain_spf_place *place);

#endif

/* All that an SPF record leads to, looked up. Facts only; spf_judge.h says what is wrong with them. */
#ifndef DOMAIN_SPF_WALK_H
#define DOMAIN_SPF_WALK_H

#include "domain/spf_lint.h"
#include "domain/survey_run.h"

/** @return false when the arena is full */
bool domain_spf_walk(struct domain_run *run, const struct domain_spf_subject *subject,
                     struct domain_spf_report *report_out);

/** The limit in force. */
unsigned domain_spf_max_voids(const struct domain_run *run);
/** Too many void look-ups whatever the client's address is. @param place  any of the tree */
bool domain_spf_has_too_many_voids(const struct domain_run *run, const struct domain_spf_place *place);

#endif

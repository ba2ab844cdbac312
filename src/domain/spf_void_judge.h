/* Void look-ups of an SPF record: terms that ask for what is not there (RFC 7208 section 4.6.4). */
#ifndef DOMAIN_SPF_VOID_JUDGE_H
#define DOMAIN_SPF_VOID_JUDGE_H

#include "domain/survey_run.h"

/** Find that there are too many: for every client, or for those of one family, where something behind stands for them. */
void domain_spf_judge_voids(struct domain_run *run, const struct domain_spf_report *report);

#endif

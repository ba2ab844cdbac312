/* SPF of a domain alone, or of a record before it is published there. */
#ifndef DOMAIN_SPF_LINT_H
#define DOMAIN_SPF_LINT_H

#include "domain/survey.h"

struct domain_spf_subject {
    struct seki_str domain; /* A-labels, lower case */
    struct seki_str text;   /* taken for what the domain publishes; ptr NULL: what it does publish */
    bool is_unnamed;        /* the text is for a domain that was not given: nothing is asked about it */
};

struct domain_spf_lint_report {
    struct domain_spf_report spf;
    const struct domain_finding *findings;
    size_t finding_count;
};

/** Look at it as a survey does (survey.h), and nothing else.
 *  @return SEKI_OK: *report_out stands, as long as the arena and the answers; SEKI_NEED_ANSWERS; SEKI_LIMIT, SEKI_SYSTEM */
SEKI_MUST_USE enum seki_result domain_spf_lint_step(struct seki_arena *arena,
                                                    const struct domain_spf_subject *subject,
                                                    struct seki_answers *answers,
                                                    struct domain_spf_lint_report *report_out,
                                                    struct seki_error *why);

#endif

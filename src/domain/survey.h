/* Everything that a domain publishes about its mail: looked up, judged, graded.
 *
 * Pure like the engine: a step runs over all sections from the beginning with the answers known so far and says which
 * questions are open. What was answered is in the table, so running again is cheap; independent look-ups overlap.
 * Each section (spf_survey.h, dkim_survey.h …) reports facts, and findings for what is wrong. */
#ifndef DOMAIN_SURVEY_H
#define DOMAIN_SURVEY_H

#include "domain/dkim_survey.h"
#include "domain/dmarc_survey.h"
#include "domain/dns_survey.h"
#include "domain/dnssec_survey.h"
#include "domain/grade.h"
#include "domain/mx_survey.h"
#include "domain/next_steps.h"
#include "domain/spf_survey.h"
#include "domain/transport_survey.h"

#include <sekisho/context.h>
#include <sekisho/domain.h>

#define DOMAIN_SURVEY_QUESTIONS 2000u /* for seki_answers_new(): guessed selectors and include trees ask much */

struct domain_survey_options {        /* zero is the default; views must live as long as the survey */
    struct seki_str domain;           /* any spelling */
    const struct seki_str *selectors; /* of DKIM keys that must be there; none: the usual ones are tried */
    size_t selector_count;
    unsigned max_void_lookups;  /* 0 = 2 (RFC 7208 section 4.6.4) */
    const struct seki_psl *psl; /* what RFC 7489 takes for the Organizational Domain; NULL: not compared */
};

struct domain_report {
    struct seki_str domain; /* A-labels, lower case */
    struct domain_dns_report dns;
    struct domain_spf_report spf;
    struct domain_dkim_report dkim;
    struct domain_dmarc_report dmarc;
    struct domain_mx_report mx;
    struct domain_transport_report transport;
    struct domain_dnssec_report dnssec;
    const struct domain_finding *findings; /* by area, worst first within one */
    size_t finding_count;
    struct domain_grade grade;
    struct domain_step steps[DOMAIN_NEXT_STEPS_MAX];
    size_t step_count;
};

struct domain_survey;

/** @return SEKI_OK; SEKI_BAD_INPUT with *why when it is no domain name; SEKI_LIMIT, SEKI_SYSTEM */
SEKI_MUST_USE enum seki_result domain_survey_new(struct seki_arena *arena, struct seki_context *context,
                                                 const struct domain_survey_options *options,
                                                 struct domain_survey **survey_out, struct seki_error *why);

/** @return SEKI_OK: *report_out stands, as long as the arena; SEKI_NEED_ANSWERS; SEKI_LIMIT, SEKI_SYSTEM */
SEKI_MUST_USE enum seki_result domain_survey_step(struct domain_survey *survey, struct seki_answers *answers,
                                                  struct domain_report *report_out, struct seki_error *why);

#endif

/* One run over a survey, from the beginning, with the answers known so far. For the sections only. */
#ifndef DOMAIN_SURVEY_RUN_H
#define DOMAIN_SURVEY_RUN_H

#include "domain/survey.h"

/* A label that nobody publishes: what stands there comes from a wildcard. */
#define DOMAIN_PROBE_LABEL "sekisho-probe-k7v2xq9d"

#define DOMAIN_FINDINGS_MAX 200u /* per domain; what comes beyond is not told */

struct domain_run {
    struct seki_arena *arena;
    struct seki_context *context; /* to parse keys with */
    struct seki_answers *answers;
    const struct domain_survey_options *options;
    struct seki_str domain; /* A-labels, lower case */
    bool is_blocked;        /* an open question was met: what this run finds does not count */
    struct domain_finding findings[DOMAIN_FINDINGS_MAX];
    size_t finding_count;
};

/** @param domain  A-labels, lower case. @return NULL when the arena is full */
struct domain_run *domain_run_new(struct seki_arena *arena, struct seki_context *context,
                                  const struct domain_survey_options *options, struct seki_str domain,
                                  struct seki_answers *answers);

/** Put the findings in order: by area, worst first.
 *  @return SEKI_OK; SEKI_NEED_ANSWERS when an open question was met; SEKI_LIMIT, SEKI_SYSTEM with *why */
SEKI_MUST_USE enum seki_result domain_run_end(struct domain_run *run, struct seki_error *why);

/** What is known of name and type. An open question blocks the run; a failed one is found (dns.failed) once.
 *  Where DNSSEC is why, that alone is found, once for all names.
 *  @return never NULL: status OPEN also when memory ran out */
const struct seki_answer *domain_ask(struct domain_run *run, struct seki_str name, enum seki_rr_type type);

/** As domain_ask(), but a failure is no finding: for guesses. */
const struct seki_answer *domain_ask_quietly(struct domain_run *run, struct seki_str name, enum seki_rr_type type);

/** Has one of these records a string that no server loads? */
bool domain_has_long_string(const struct seki_answer *answer);

/** Is there such a domain at all? What is missing below one that does not exist is no finding of its own. */
bool domain_exists(struct domain_run *run);

/** Add a finding; one that stands already (same kind, name and texts) is not added again. Copies the texts. */
void domain_find(struct domain_run *run, enum domain_finding_id id, struct seki_str name, struct seki_str text1,
                 struct seki_str text2, struct seki_str text3);

bool domain_has_found(const struct domain_run *run, enum domain_finding_id id);

/** prefix "." name, in the arena: "_dmarc" and "example.com". */
struct seki_str domain_below(struct domain_run *run, const char *prefix, struct seki_str name);

/** The text, cut where it is too long for a sentence. In the arena. */
struct seki_str domain_excerpt(struct domain_run *run, struct seki_str text);

/** A number as a text in the arena. */
struct seki_str domain_number(struct domain_run *run, uint64_t number);

/* The sections, in the order in which they run; each may look at the reports of those before it. */
void domain_survey_dns(struct domain_run *run, struct domain_report *report);
void domain_survey_mx(struct domain_run *run, struct domain_report *report);
void domain_survey_spf(struct domain_run *run, struct domain_report *report);
void domain_survey_dkim(struct domain_run *run, struct domain_report *report);
void domain_survey_dmarc(struct domain_run *run, struct domain_report *report);
void domain_survey_transport(struct domain_run *run, struct domain_report *report);
void domain_survey_dnssec(struct domain_run *run, struct domain_report *report);
void domain_survey_together(struct domain_run *run, struct domain_report *report);

#endif

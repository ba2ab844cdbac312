/* A DMARC record made from choices, and checked as the survey checks one that is published. */
#ifndef DOMAIN_DMARC_BUILD_H
#define DOMAIN_DMARC_BUILD_H

#include "domain/survey.h"

struct domain_dmarc_choices {                              /* zero: p=none and nothing else */
    enum seki_dmarc_policy policy, subdomain, nonexistent; /* UNSET: none for policy, else left out */
    const struct seki_str *rua, *ruf;                      /* mail addresses or URIs */
    size_t rua_count, ruf_count;
    bool is_dkim_strict, is_spf_strict, is_testing;
};

/** @param text_out  the record, in the arena
 *  @return SEKI_OK; SEKI_BAD_INPUT with *why when an address is none; SEKI_LIMIT, SEKI_SYSTEM */
SEKI_MUST_USE enum seki_result domain_dmarc_build(struct seki_arena *arena,
                                                  const struct domain_dmarc_choices *choices,
                                                  struct seki_str *text_out, struct seki_error *why);

/**
 * The URI to which reports for an address go: "mailto:" with what may not stand in it encoded (RFC 6068 section 2), commas
 * and exclamation marks too (RFC 9989 section 4.8). A URI stays as it is.
 * @return SEKI_OK; SEKI_BAD_INPUT with *why; SEKI_LIMIT, SEKI_SYSTEM
 */
SEKI_MUST_USE enum seki_result domain_report_uri(struct seki_arena *arena, struct seki_str address,
                                                 struct seki_str *uri_out, struct seki_error *why);

/* A record before it is published. */
struct domain_dmarc_draft {
    struct seki_str domain; /* where it is to stand, A-labels; "": not known, and nothing is looked up */
    struct seki_str text;
    const struct seki_psl *psl; /* as in struct domain_survey_options */
};

struct domain_dmarc_draft_report {
    const struct domain_destination *destinations;
    size_t destination_count;
    const struct domain_finding *findings;
    size_t finding_count;
};

/** @return SEKI_OK: *report_out stands, as long as the arena; SEKI_NEED_ANSWERS; SEKI_LIMIT, SEKI_SYSTEM */
SEKI_MUST_USE enum seki_result domain_dmarc_check_step(struct seki_arena *arena,
                                                       const struct domain_dmarc_draft *draft,
                                                       struct seki_answers *answers,
                                                       struct domain_dmarc_draft_report *report_out,
                                                       struct seki_error *why);

#endif

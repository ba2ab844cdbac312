/* What is wrong within a DMARC record. */
#ifndef DOMAIN_DMARC_JUDGE_H
#define DOMAIN_DMARC_JUDGE_H

#include "domain/survey_run.h"

/* Where a record stands, or is to stand. */
struct domain_dmarc_subject {
    struct seki_str name;       /* "_dmarc.example.com" */
    struct seki_str domain;     /* "example.com" */
    struct seki_str org_domain; /* of it; "" when not known */
    bool is_parked;             /* neither sends nor receives mail: there is nothing that reports could tell it */
    bool is_draft;              /* not published: test mode is a choice then, and nobody has forgotten it */
};

/** Find the mistakes in text, which is a DMARC record. @return the record as receivers read it; false: the arena is full */
bool domain_dmarc_judge(struct domain_run *run, const struct domain_dmarc_subject *subject, struct seki_str text,
                        struct seki_dmarc_record *record_out);

#endif

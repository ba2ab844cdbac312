/* What a survey reports of DNSSEC: is the zone that the domain is in signed, and does that hold; see survey.h. */
#ifndef DOMAIN_DNSSEC_SURVEY_H
#define DOMAIN_DNSSEC_SURVEY_H

#include <sekisho/answers.h>

enum domain_dnssec_state {
    DOMAIN_DNSSEC_UNKNOWN = 0, /* a look-up failed */
    DOMAIN_DNSSEC_ABSENT,      /* no DS record */
    DOMAIN_DNSSEC_PRESENT,     /* a DS record; nobody has validated */
    DOMAIN_DNSSEC_VALIDATED,   /* and the resolver has */
    DOMAIN_DNSSEC_BROKEN       /* and the resolver has found it bogus */
};

struct domain_dnssec_report {
    enum domain_dnssec_state state;
    struct seki_str zone; /* where the DS records stand, or the name servers; "" when none was found */
    const struct seki_record *delegations; /* DS */
    size_t delegation_count;
};

const char *domain_dnssec_state_name(enum domain_dnssec_state state); /* "validated" */

#endif

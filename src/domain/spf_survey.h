/* What a survey reports of SPF (RFC 7208): the record, all that it leads to, and what a receiver has to look up for it; see
 * survey.h.
 *
 * The tree is that of a client which no term names. Such a client is the dearest: it gets to the end of every record. */
#ifndef DOMAIN_SPF_SURVEY_H
#define DOMAIN_SPF_SURVEY_H

#include "auth/spf_record.h"

/* RFC 7208 section 4.6.4 */
#define DOMAIN_SPF_MAX_LOOKUPS 10u
#define DOMAIN_SPF_MAX_VOIDS   2u /* unless the options of the survey say otherwise */

enum domain_family { DOMAIN_IPV4, DOMAIN_IPV6, DOMAIN_FAMILIES };

struct domain_spf_cost {
    unsigned lookups;                /* terms that ask DNS */
    unsigned voids[DOMAIN_FAMILIES]; /* of them, those that find nothing for a client of this family */
};

enum domain_spf_term_state {
    DOMAIN_SPF_TERM_FINE = 0,
    DOMAIN_SPF_TERM_SYNTAX,       /* see fault */
    DOMAIN_SPF_TERM_UNREACHED,    /* something else stands for every client already */
    DOMAIN_SPF_TERM_NOT_FOLLOWED, /* its name depends on the client, or on a domain that was not given */
    DOMAIN_SPF_TERM_NOTHING,      /* its name has nothing: the term stands for nobody */
    DOMAIN_SPF_TERM_MANY_HOSTS,   /* more than 10 mail exchanges */
    DOMAIN_SPF_TERM_LOOP,         /* leads back to a record that it is part of */
    DOMAIN_SPF_TERM_FAILED,       /* a look-up failed */
    DOMAIN_SPF_TERM_CUT           /* not looked at: there is too much of it */
};

/* One term of a record; it can be one that is no term. */
struct domain_spf_term {
    struct seki_str text;      /* as written */
    struct seki_spf_term read; /* unless its state is SYNTAX */
    const char *fault;         /* the engine's phrase that follows the text; NULL for none */
    enum domain_spf_term_state state;
    struct seki_str name; /* that it asks for; "" where it asks for none, or for one that is not known */
    struct domain_spf_cost cost;
    const struct domain_spf_place *target; /* include, redirect: NULL where it was not followed */
};

enum domain_spf_state {
    DOMAIN_SPF_UNKNOWN = 0, /* a look-up failed */
    DOMAIN_SPF_NONE,        /* no record */
    DOMAIN_SPF_SEVERAL,     /* more than one: permerror */
    DOMAIN_SPF_BROKEN,      /* permerror: a record with a syntax error; of all: whatever leads to it */
    DOMAIN_SPF_FOUND
};

/* A name that is asked for its record, and what stands there. */
struct domain_spf_place {
    const struct domain_spf_place *above; /* whose include or redirect led here; NULL for the domain itself */
    struct seki_str name;
    enum domain_spf_state state;
    struct seki_str record; /* "" where there is none, or several */
    const struct domain_spf_term *terms;
    size_t term_count;
    struct domain_spf_cost cost;
    enum seki_spf_result otherwise; /* what clients get that no term names */
    bool allows_senders;            /* there is a term by which a client can get "pass" */
};

struct domain_spf_report {
    enum domain_spf_state state;        /* of all together */
    const struct domain_spf_place *top; /* the domain itself */
    bool is_cut;                        /* there is more than was looked at */
};

const char *domain_spf_state_name(enum domain_spf_state state);           /* "found" */
const char *domain_spf_term_state_name(enum domain_spf_term_state state); /* "nothing" */

/** Is it a term that a receiver asks the DNS for, and that counts among the 10? */
bool domain_spf_asks_dns(const struct domain_spf_term *term);

#endif

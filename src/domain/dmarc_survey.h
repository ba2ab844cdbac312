/* What a survey reports of DMARC: the record that covers the domain, how it is found, what it asks for; see survey.h. */
#ifndef DOMAIN_DMARC_SURVEY_H
#define DOMAIN_DMARC_SURVEY_H

#include <sekisho/dmarc.h>

enum domain_dmarc_result {
    DOMAIN_DMARC_NONE = 0, /* no record covers the domain */
    DOMAIN_DMARC_FOUND,
    DOMAIN_DMARC_UNUSABLE, /* no valid policy and no rua: receivers do nothing (RFC 9989 section 4.10.1) */
    DOMAIN_DMARC_UNKNOWN   /* a look-up failed */
};

enum domain_dmarc_place { DOMAIN_PLACE_NOWHERE = 0, DOMAIN_PLACE_OWN, DOMAIN_PLACE_ORG, DOMAIN_PLACE_PSD };

/* What stood at one name of the tree walk (RFC 9989 section 4.10), and what follows from it. */
enum domain_dmarc_standing {
    DOMAIN_DMARC_STANDS_NOTHING = 0,
    DOMAIN_DMARC_STANDS_OTHER, /* TXT records, none of them DMARC */
    DOMAIN_DMARC_STANDS_RECORD,
    DOMAIN_DMARC_STANDS_SEVERAL, /* "they are all discarded" */
    DOMAIN_DMARC_STANDS_FAILURE
};

enum domain_walk_follows {
    DOMAIN_WALK_GO_ON = 0, /* the next name is asked */
    DOMAIN_WALK_TOP,       /* there is none above */
    DOMAIN_WALK_PSD_N,     /* psd=n: this is the Organizational Domain */
    DOMAIN_WALK_PSD_Y,     /* psd=y: one label below is the Organizational Domain */
    DOMAIN_WALK_FAILED     /* by a failure */
};

struct domain_dmarc_step {
    struct seki_str name; /* "_dmarc.example.com" */
    enum domain_dmarc_standing standing;
    struct seki_str text; /* the record, or why the look-up failed; "" else */
    enum domain_walk_follows follows;
    bool is_policy; /* the record that is applied */
    bool is_org;    /* the Organizational Domain's */
};

/* Of one URI of rua or ruf: will reports be sent there? */
enum domain_destination_state {
    DOMAIN_DESTINATION_UNKNOWN = 0,    /* a look-up failed, or none was made */
    DOMAIN_DESTINATION_INTERNAL,       /* in the same organization */
    DOMAIN_DESTINATION_AUTHORISED,     /* in another one, which wants them (RFC 9990 section 4) */
    DOMAIN_DESTINATION_NOT_AUTHORISED, /* in another one, which has not said so */
    DOMAIN_DESTINATION_OVERRIDDEN,     /* it wants them sent to a third one, which is not allowed */
    DOMAIN_DESTINATION_NO_MAIL,        /* its host receives no mail */
    DOMAIN_DESTINATION_NO_ADDRESS,     /* mailto: without a mail address */
    DOMAIN_DESTINATION_OTHER_SCHEME,   /* not mailto:, which is all that receivers must know */
    DOMAIN_DESTINATION_IGNORED         /* ruf beside psd=y (RFC 9991 section 2) */
};

struct domain_destination {
    const char *tag; /* "rua", "ruf" */
    struct seki_str uri;
    struct seki_str host;          /* of its address, A-labels; "" for none */
    struct seki_str authorisation; /* where another organization says that it wants reports; "" when it need not */
    enum domain_destination_state state;
};

struct domain_dmarc_policy {
    enum seki_dmarc_policy published, applied; /* applied: after t=. UNSET: none, or not known */
};

struct domain_dmarc_report {
    enum domain_dmarc_result result;
    enum domain_dmarc_place place;
    struct seki_str policy_domain;                     /* where the record stands; "" for none */
    struct seki_str record;                            /* its text */
    struct seki_str org_domain;                        /* by RFC 9989; "" when a look-up failed */
    struct seki_str org_domain_by_list;                /* by RFC 7489; "" without a list */
    bool is_testing;                                   /* t=y */
    struct domain_dmarc_policy policy;                 /* for mail from the domain itself */
    struct domain_dmarc_policy subdomain, nonexistent; /* from a subdomain without a record of its own */
    const struct domain_dmarc_step *steps;
    size_t step_count;
    const struct domain_destination *destinations; /* of the record that is applied */
    size_t destination_count;
    enum seki_dnssec dnssec; /* of that record */
};

const char *domain_dmarc_result_name(enum domain_dmarc_result result);          /* "found" */
const char *domain_dmarc_place_name(enum domain_dmarc_place place);             /* "domain"; "" for NOWHERE */
const char *domain_dmarc_standing_name(enum domain_dmarc_standing standing);    /* "record" */
const char *domain_destination_state_name(enum domain_destination_state state); /* "authorised" */
bool domain_destination_may_receive(enum domain_destination_state state);       /* false for UNKNOWN too */

#endif

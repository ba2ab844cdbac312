/* What a survey reports of MX: where mail for the domain is delivered to (RFC 5321 section 5); see survey.h. */
#ifndef DOMAIN_MX_SURVEY_H
#define DOMAIN_MX_SURVEY_H

#include <sekisho/answers.h>

enum domain_mx_state {
    DOMAIN_MX_UNKNOWN = 0, /* a look-up failed */
    DOMAIN_MX_NOTHING,     /* neither MX nor address: mail cannot be delivered */
    DOMAIN_MX_IMPLICIT,    /* no MX: the domain's own address takes its place */
    DOMAIN_MX_NULL,        /* "accepts no mail" (RFC 7505) */
    DOMAIN_MX_EXCHANGES
};

struct domain_exchange {
    uint16_t preference;
    struct seki_str name;
    struct seki_str alias_of;              /* the target of its CNAME; "" for none */
    const struct seki_answer *ipv4, *ipv6; /* its addresses; NULL when the name is an address itself */
};

struct domain_mx_report {
    enum domain_mx_state state;
    const struct domain_exchange
        *exchanges; /* by preference, the null MX not among them; IMPLICIT: the domain itself */
    size_t exchange_count;
};

const char *domain_mx_state_name(enum domain_mx_state state); /* "exchanges" */

#endif

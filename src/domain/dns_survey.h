/* What a survey reports of the domain in the DNS itself: is it there, and who answers for it; see survey.h. */
#ifndef DOMAIN_DNS_SURVEY_H
#define DOMAIN_DNS_SURVEY_H

#include <sekisho/answers.h>

struct domain_dns_report {
    bool does_not_exist;                 /* then no other finding is told */
    const struct seki_str *name_servers; /* none: the domain is no zone of its own, or its file does not say */
    size_t name_server_count;
};

#endif

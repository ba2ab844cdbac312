/* A host that a record names: its addresses, and whether anybody can reach them. For the sections only. */
#ifndef DOMAIN_HOST_H
#define DOMAIN_HOST_H

#include "domain/survey_run.h"

struct domain_host {
    const struct seki_answer *ipv4, *ipv6; /* A and AAAA, CNAMEs followed */
};

struct domain_host domain_host_ask(struct domain_run *run, struct seki_str name);
/** As domain_host_ask(), but a failure is no finding: for guesses. */
struct domain_host domain_host_ask_quietly(struct domain_run *run, struct seki_str name);

static inline bool domain_host_has_address(const struct domain_host *host)
{
    return host->ipv4->record_count > 0 || host->ipv6->record_count > 0;
}

/** It has no address for certain: false also while that is not known, or when a look-up failed. */
bool domain_host_is_missing(const struct domain_host *host);

/** The target of the CNAME at name; "" when it is none. */
struct seki_str domain_alias_of(struct domain_run *run, struct seki_str name);

/** The same, but "" where a wildcard gives it to every name below domain. */
struct seki_str domain_own_alias_of(struct domain_run *run, struct seki_str name, struct seki_str domain);

enum domain_reach { DOMAIN_REACH_ANYBODY = 0, DOMAIN_REACH_PRIVATE, DOMAIN_REACH_LOOPBACK, DOMAIN_REACH_RESERVED };

/** By IANA's registries of special-purpose addresses (RFC 6890). */
enum domain_reach domain_reach_of(const struct seki_ip *ip);

#endif

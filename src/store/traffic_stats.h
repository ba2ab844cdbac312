/* What recorded traffic tells of domains, from the counts by day alone. Numbers of messages count each recipient. */
#ifndef STORE_TRAFFIC_STATS_H
#define STORE_TRAFFIC_STATS_H

#include "policy/judge.h"
#include "store/sql.h"

/** Of which mail; zero: of all. Whole days, in UTC. */
struct store_stats_span {
    int64_t domain_id, tenant_id; /* hosted ones that received it; 0: any */
    int64_t since_s, until_s;     /* until: before that; 0: no end */
};

/** How a hosted domain's mail was authenticated. */
struct store_stats_domain {
    int64_t domain_id;
    struct seki_str domain; /* "" when it is hosted no longer, or the mail was for no hosted domain (id 0) */
    int64_t messages;
    int64_t authenticated; /* SPF or a DKIM signature passes */
    int64_t dmarc_pass, dmarc_fail;
    int64_t nothing_said; /* no DMARC record, SPF none or neutral, no signature that passes: nothing to filter by */
    int64_t would_act;    /* a policy speaks against it */
};
/** Most of a domain's mail says nothing about itself: filtering by authentication gains little. */
bool store_stats_gains_little(const struct store_stats_domain *domain);
/** Those with the most mail first. @param limit 0: STORE_LIST_MAX_ROWS */
SEKI_MUST_USE enum seki_result store_stats_domains(struct sql *sql, const struct store_stats_span *span,
                                                   size_t limit, struct seki_arena *arena,
                                                   const struct store_stats_domain **domains_out, size_t *count_out,
                                                   struct seki_error *why);

/** An author that is not authenticated as itself, to a hosted domain. Whom its people answer is wanted; of the others, the more
 *  days it comes on the more likely it is. */
struct store_stats_failing {
    int64_t domain_id;
    struct seki_str domain, author_domain;
    int64_t days, messages; /* on how many days, and how many */
    int64_t last_s;         /* the last of these days */
    int64_t sent, replies; /* messages of this hosted domain to the author's organisational domain in that time, and
                                      how many of them are replies; 0 too where the gate does not see them */
    /* What an allow entry could ask for, and how many of the messages have it. NONE and "": no suggestion; the author is
     * hosted here, or nothing was seen on at least three days. */
    enum policy_evidence evidence;
    struct seki_str value;
    int64_t covered;
};
/** Those who were answered most first, then those who were written to, then the most regular ones. */
SEKI_MUST_USE enum seki_result store_stats_failing(struct sql *sql, const struct store_stats_span *span,
                                                   size_t limit, struct seki_arena *arena,
                                                   const struct store_stats_failing **failing_out,
                                                   size_t *count_out, struct seki_error *why);

/** How often SPF, DKIM and DMARC come out together in a certain way on one day. */
struct store_stats_combination {
    int64_t begin_s;
    enum seki_spf_result spf;
    enum seki_dkim_result dkim;
    enum seki_dmarc_result dmarc;
    int64_t messages, of_messages; /* of all of that day */
};
/** By day, the most frequent ones of each day first. */
SEKI_MUST_USE enum seki_result store_stats_combinations(struct sql *sql, const struct store_stats_span *span,
                                                        size_t limit, struct seki_arena *arena,
                                                        const struct store_stats_combination **combinations_out,
                                                        size_t *count_out, struct seki_error *why);

/** What author domains ask for in DMARC. */
struct store_stats_policy {
    enum seki_dmarc_policy wish; /* UNSET: nothing is published */
    int64_t authors, messages, failing;
};
SEKI_MUST_USE enum seki_result store_stats_policies(struct sql *sql, const struct store_stats_span *span,
                                                    struct seki_arena *arena,
                                                    const struct store_stats_policy **policies_out,
                                                    size_t *count_out, struct seki_error *why);

/** Where aggregate reports are wanted, over all policies that were seen. */
struct store_stats_destination {
    struct seki_str destination; /* a mailbox's domain, or the URI where it is none of mailto: */
    int64_t policies;            /* how many policy domains name it */
};
/** The most common first. @param span  only the time counts: policies last seen since then */
SEKI_MUST_USE enum seki_result store_stats_destinations(struct sql *sql, const struct store_stats_span *span,
                                                        size_t limit, struct seki_arena *arena,
                                                        const struct store_stats_destination **destinations_out,
                                                        size_t *count_out, struct seki_error *why);

#endif

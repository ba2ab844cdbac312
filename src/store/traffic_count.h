/* Counts by hour and day, and what could be relied on of authors whose mail fails.
 *
 * Rows of a batch are sorted and joined before they are written: fewer statements, and nodes that count the same things at
 * once touch them in one order, so that none waits for the other in a circle. */
#ifndef STORE_TRAFFIC_COUNT_H
#define STORE_TRAFFIC_COUNT_H

#include "journal/record.h"
#include "store/sql.h"

#include <sekisho/domain.h>

#define TRAFFIC_COUNT_ROWS   4000u
#define TRAFFIC_FAILING_ROWS 16000u

struct traffic_count {
    int64_t begin_s, tenant_id, domain_id;
    struct seki_str author_domain, network;
    uint8_t spf, dkim, dmarc, aligned, wish, would_be, applied;
    int64_t messages, octets;
};

struct traffic_failing {
    int64_t begin_s, domain_id;
    struct seki_str author_domain, org_domain, value;
    uint8_t evidence; /* enum policy_evidence */
    int64_t messages;
};

struct traffic_counts {
    struct traffic_count rows[TRAFFIC_COUNT_ROWS];
    size_t count;
    struct traffic_failing failing[TRAFFIC_FAILING_ROWS];
    size_t failing_count;
};

bool traffic_counts_are_full(const struct traffic_counts *counts);
/** Texts live in the record or the arena until the counts are written. */
void traffic_counts_add(struct traffic_counts *counts, const struct journal_record *record,
                        const struct journal_recipient *recipient, const struct seki_psl *psl,
                        struct seki_arena *arena);
SEKI_MUST_USE enum seki_result traffic_counts_write(struct traffic_counts *counts, struct sql *sql,
                                                    struct seki_error *why);

#endif

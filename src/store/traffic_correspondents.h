/* To which organisations the people of hosted domains write, and which they answer: counts by day.
 *
 * Both sides are brought to their organisational domain here, at one place and by one list, so that the author of a mail
 * that fails and the one who was answered are found to be the same. */
#ifndef STORE_TRAFFIC_CORRESPONDENTS_H
#define STORE_TRAFFIC_CORRESPONDENTS_H

#include "journal/record.h"
#include "store/sql.h"

#include <sekisho/domain.h>

#define TRAFFIC_CORRESPONDENT_ROWS 4000u
/** Of a hosted domain, counted on one day: what is written to is whatever its people write, or what somebody with one of
 *  their passwords makes up. As many again are counted of those who are answered, which no mass mailing takes away. */
#define TRAFFIC_CORRESPONDENTS_A_DAY 1000u

struct traffic_correspondent {
    int64_t begin_s, domain_id;
    struct seki_str correspondent;
    int64_t messages, replies;
};

struct traffic_correspondents {
    struct traffic_correspondent rows[TRAFFIC_CORRESPONDENT_ROWS];
    size_t count;
};

/** The registrable domain; the domain itself without a list, and where there is none. @return a view into domain */
struct seki_str traffic_org_domain(const struct seki_psl *psl, struct seki_str domain);

bool traffic_correspondents_are_full(const struct traffic_correspondents *all);
/** Of a record that was sent out. Texts live in the record or the arena until they are written. */
void traffic_correspondents_add(struct traffic_correspondents *all, const struct journal_record *record,
                                const struct seki_psl *psl, struct seki_arena *arena);
SEKI_MUST_USE enum seki_result traffic_correspondents_write(struct traffic_correspondents *all, struct sql *sql,
                                                            struct seki_error *why);

#endif

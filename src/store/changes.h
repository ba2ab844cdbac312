/* The change feed: up to where the store is, and from where it can be followed.
 *
 * Ids increase by one with each store_change that changed anything, in the order in which changes become visible; each
 * tenant and domain, and the provider, carry the id of their last change, and removed domains leave their names behind. So
 * a change for a tenant or the provider reaches all domains below it without touching them (but for one that makes them
 * come or go: a tenant's is_dns_only), and following needs no log:
 * store_resolve_begin() walks what changed behind an id. Wake-ups come by sql_watch(). */
#ifndef STORE_CHANGES_H
#define STORE_CHANGES_H

#include "store/sql.h"

struct store_changes {
    int64_t last;   /* the newest change; 0: nothing was ever changed */
    int64_t oldest; /* whoever is at this one or behind it can follow; a replica older than that is rebuilt */
};

SEKI_MUST_USE enum seki_result store_changes_read(struct sql *sql, struct store_changes *changes_out,
                                                  struct seki_error *why);
/** Forget the names of domains removed before that time; whoever has not followed until then rebuilds. */
SEKI_MUST_USE enum seki_result store_changes_forget(struct sql *sql, int64_t before_s, struct seki_error *why);

#endif

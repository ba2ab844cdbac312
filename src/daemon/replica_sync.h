/* Keeps the replica in step with the store. Here and not in src/replica, which knows no store: the daemon is where rooms
 * that do not know each other meet.
 *
 * It follows store_changes: what changed since the replica's own change goes into it in one transaction, a choice of the
 * provider or a tenant as entries of tenants. When the replica is
 * missing, damaged (a walk at the first turn, and whenever a reader says so) or older than can be followed, it is built
 * anew; readers keep the last one until then. So it is where a change finds no room in place: copies of the pages that it
 * touches and pages half empty may fill a map that holds everything when it is written anew. */
#ifndef REPLICA_SYNC_H
#define REPLICA_SYNC_H

#include "store/sql.h"

struct replica_sync;

struct replica_sync_report { /* of one turn */
    bool was_rebuilt;
    char reason[256];         /* why it was rebuilt */
    uint64_t tenants;         /* put */
    uint64_t domains;         /* put or dropped */
    uint64_t change_id;       /* which change of the store the replica now contains */
    uint64_t store_change_id; /* the store's newest, 0: not heard of one; also where the turn failed */
    int64_t duration_us;
};

/** @return NULL with *why: another process writes there, or the system refused */
struct replica_sync *replica_sync_open(const char *folder, uint64_t map_octets, struct seki_error *why);
void replica_sync_close(struct replica_sync *sync);

/**
 * One turn: bring the replica up to what the store is now. Cheap when nothing changed (one query, one stat); to be called when
 * sql_watch()'s descriptor is readable, and once a second besides, since readers' reports of damage wake nobody.
 * @param report_out  domains is 0 and was_rebuilt false when nothing had to be done
 * @return SEKI_OK; SEKI_TEMPORARY: the store does not answer; SEKI_LIMIT: the replica is full, also when
 *         it is built anew; SEKI_SYSTEM: the disk is full, and all else. The replica is then as it was, and the next turn
 *         tries again
 */
SEKI_MUST_USE enum seki_result replica_sync_turn(struct replica_sync *sync, struct sql *sql,
                                                 struct replica_sync_report *report_out, struct seki_error *why);

#endif

/* Generations of the replica in their folder, and one of them open.
 *
 * LMDB is used without its lock file. That file must be writable for every reader, of whatever user, so a reader could
 * destroy it under all others; it registers readers by process, so opening one environment twice in a process breaks it;
 * and readers that die leave their mark there. What it is for, keeping pages that a reader may still look at, is had
 * otherwise: a look-up lasts microseconds, and one during which the writer committed is made again. (LMDB writes no page of
 * a state before two commits after it have ended, so up to the next commit a state stands still.) */
#ifndef REPLICA_GENERATION_H
#define REPLICA_GENERATION_H

#include "replica/entry.h"
#include "replica/replica.h"

#include <lmdb.h>

#define REPLICA_GENERATION_NAME_MAX 32

struct replica_generation {
    char name[REPLICA_GENERATION_NAME_MAX]; /* "" when none is open */
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi table;
    struct replica_meta meta; /* as it was when opened */
};

/** The name that the link "current" has. @return false: there is none, or it is not a generation's */
bool replica_generation_current(const char *folder, char name_out[REPLICA_GENERATION_NAME_MAX]);

/** For reading; with a transaction that is reset. @return false: missing or damaged, *why says how */
bool replica_generation_open(const char *folder, const char *name, struct replica_generation *generation_out,
                             struct seki_error *why);
/** For writing; its meta is read. */
bool replica_generation_open_writing(const char *folder, const char *name, uint64_t map_octets,
                                     struct replica_generation *generation_out, struct seki_error *why);
/** A new one, empty, with a secret of its own. It does not wait for the disk. */
bool replica_generation_create(const char *folder, uint64_t map_octets, struct replica_generation *generation_out,
                               struct seki_error *why);
void replica_generation_close(struct replica_generation *generation);

/** Does the file hold all pages that its last state needs? */
bool replica_generation_is_whole(const struct replica_generation *generation);

/** Is its file there under its name? */
bool replica_generation_is_there(const char *folder, const char *name);
/** Write everything to disk, and let "current" name it. */
SEKI_MUST_USE enum seki_result replica_generation_put_in_force(const char *folder,
                                                               const struct replica_generation *generation,
                                                               struct seki_error *why);
/** Remove all but this one ("": all) from the folder. What cannot be removed stays, and is tried again next time. */
void replica_generation_remove_others(const char *folder, const char *name);

/** The checked payload of a key. @param payload_out  a view into the map, valid until the transaction ends
 *  @return REPLICA_MISSING: damaged. Inside the guard only. */
enum replica_found replica_generation_get(const struct replica_generation *generation,
                                          const struct replica_key *key, struct seki_str *payload_out);
/** As above, and faster for a key that is probably there. */
enum replica_found replica_generation_get_probable(const struct replica_generation *generation,
                                                   const struct replica_key *key, struct seki_str *payload_out);
/** As above, for a key that is there in every generation. */
bool replica_generation_get_certain(const struct replica_generation *generation, const struct replica_key *key,
                                    struct seki_str *payload_out);

#endif

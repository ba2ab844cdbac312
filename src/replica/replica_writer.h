/* Writing the replica; one writer at a time (a lock in the folder), in the `control` role. */
#ifndef REPLICA_WRITER_H
#define REPLICA_WRITER_H

#include "replica/hosted.h"

struct replica_writer;

/**
 * @param map_octets  ceiling of the environment, sparse on disk
 * @return NULL with *why: another writer has it, or the system refused
 */
struct replica_writer *replica_writer_open(const char *folder, uint64_t map_octets, struct seki_error *why);
void replica_writer_close(struct replica_writer *writer);

/** The change of the store up to which it is complete; 0: there is no sound generation, replica_rebuild_begin() is due. */
uint64_t replica_writer_change_id(const struct replica_writer *writer);
/** Walk everything and check it. @return false with *why when anything is damaged */
bool replica_writer_is_sound(struct replica_writer *writer, struct seki_error *why);

/** Is there a generation that could be opened? (An empty store's is complete up to change 0.) */
bool replica_writer_has_generation(const struct replica_writer *writer);
/** Do readers that come now find it? Its link or its file may have been taken away. */
bool replica_writer_is_in_force(const struct replica_writer *writer);
/** Has a reader found it damaged, or is there none? Reads a small file; no walk. */
bool replica_writer_is_reported(const struct replica_writer *writer);

/** Begin changes: of the generation in force (one transaction until commit), or of a new one that commit puts in force.
 *  A rebuild commits to disk every so often by itself; nobody sees it before the end. */
SEKI_MUST_USE enum seki_result replica_change_begin(struct replica_writer *writer, struct seki_error *why);
SEKI_MUST_USE enum seki_result replica_rebuild_begin(struct replica_writer *writer, struct seki_error *why);

/** Replaces what was there of it. A tenant that is gone may stay: no domain leads to it, and a rebuild leaves it out. */
SEKI_MUST_USE enum seki_result replica_put_tenant(struct replica_writer *writer,
                                                  const struct replica_tenant *tenant, struct seki_error *why);
/** Replaces what was there under the same name, its allow entries too. */
SEKI_MUST_USE enum seki_result replica_put_domain(struct replica_writer *writer,
                                                  const struct replica_hosted *hosted, struct seki_error *why);
SEKI_MUST_USE enum seki_result replica_drop_domain(struct replica_writer *writer, struct seki_str name,
                                                   struct seki_error *why);

/** @param change_id  of the store, up to which the replica is now complete */
SEKI_MUST_USE enum seki_result replica_commit(struct replica_writer *writer, uint64_t change_id,
                                              struct seki_error *why);
/** The generation in force stays as it was. */
void replica_rollback(struct replica_writer *writer);

#endif

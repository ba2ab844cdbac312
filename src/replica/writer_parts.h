/* Between the files of the writer; not for others. All but the results are for inside the guard. */
#ifndef REPLICA_WRITER_PARTS_H
#define REPLICA_WRITER_PARTS_H

#include "replica/generation.h"
#include "replica/replica_writer.h"

struct replica_hashes {
    uint64_t *items;
    size_t count, capacity;
};

struct replica_writer {
    char *folder;
    int lock;
    uint64_t map_octets;
    struct replica_generation in_force, rebuilt;
    struct replica_generation *target; /* NULL outside of a change */
    MDB_txn *txn;
    struct replica_hashes hashes; /* of the rebuilt */
    size_t puts;                  /* of the transaction */
    struct seki_buf value;
};

/* An operation of the public interface, with what it was given. */
struct replica_operation {
    struct replica_writer *writer;
    enum seki_result (*work)(struct replica_operation *o);
    enum seki_result result;
    struct seki_error *why;
    const struct replica_tenant *tenant;
    const struct replica_hosted *hosted;
    struct seki_str name; /* of the domain */
    uint64_t change_id;
};

static inline MDB_val mdb_val_of(struct seki_str s)
{
    return (MDB_val){ s.len, (void *)(uintptr_t)s.ptr };
}

/* ---- results: *why is filled where it is not SEKI_OK ---- */

/** @param code  LMDB's. A full disk is no SEKI_LIMIT: a rebuild needs more of it. */
SEKI_MUST_USE enum seki_result replica_write_failure(int code, struct seki_error *why);
SEKI_MUST_USE enum seki_result replica_write_damaged(struct seki_error *why);

/* ---- a change's transaction, and one entry in it: writer_entry.c ---- */

SEKI_MUST_USE enum seki_result replica_transaction_begin(struct replica_writer *writer, struct seki_error *why);
SEKI_MUST_USE enum seki_result replica_transaction_end(struct replica_writer *writer, struct seki_error *why);
SEKI_MUST_USE enum seki_result replica_transaction_next(struct replica_writer *writer, struct seki_error *why);

bool replica_is_rebuild(const struct replica_writer *writer);
/** The transaction's view of the generation. */
struct replica_generation replica_writer_view(const struct replica_writer *writer);
/** An empty value, its checksum's place kept. */
struct seki_buf *replica_value_begin(struct replica_writer *writer);
/** What stands in writer->value, sealed, under this key; who asks sees to its presence. @param flags  of mdb_put() */
SEKI_MUST_USE enum seki_result replica_value_store(struct replica_writer *writer, struct seki_str key,
                                                   unsigned flags, struct seki_error *why);
/** As above, noting that it is there. */
SEKI_MUST_USE enum seki_result replica_entry_put(struct replica_writer *writer, const struct replica_key *key,
                                                 struct seki_error *why);
SEKI_MUST_USE enum seki_result replica_entry_drop(struct replica_writer *writer, struct seki_str key,
                                                  struct seki_error *why);
enum replica_found replica_entry_get(const struct replica_writer *writer, const struct replica_key *key,
                                     struct seki_str *payload_out);

/* ---- which keys are there: writer_presence.c ---- */

SEKI_MUST_USE enum seki_result replica_presence_note(struct replica_writer *writer, struct seki_str key,
                                                     bool is_there, struct seki_error *why);
/** All lists of a rebuild. */
SEKI_MUST_USE enum seki_result replica_presence_write(struct replica_writer *writer, struct seki_error *why);

/* ---- operations on what is hosted: writer_hosted.c ---- */

SEKI_MUST_USE enum seki_result replica_write_tenant(struct replica_operation *o);
SEKI_MUST_USE enum seki_result replica_write_domain(struct replica_operation *o);
SEKI_MUST_USE enum seki_result replica_write_removal(struct replica_operation *o);

#endif

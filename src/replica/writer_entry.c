/* One entry in the transaction of a change: sealed and written, dropped, read. */
#include "replica/writer_parts.h"

enum seki_result replica_write_failure(int code, struct seki_error *why)
{
    if (code == 0)
        return SEKI_OK;
    if (code == MDB_MAP_FULL) {
        seki_error_set(why, "the replica is full; raise [hosting] replica_map_size");
        return SEKI_LIMIT;
    }
    seki_error_set(why, "cannot write the replica: %s", mdb_strerror(code));
    return SEKI_SYSTEM;
}

enum seki_result replica_write_damaged(struct seki_error *why)
{
    seki_error_set(why, "the replica is damaged and must be rebuilt");
    return SEKI_SYSTEM;
}

bool replica_is_rebuild(const struct replica_writer *writer)
{
    return writer->target == &writer->rebuilt;
}

struct replica_generation replica_writer_view(const struct replica_writer *writer)
{
    struct replica_generation view = *writer->target;
    view.txn = writer->txn;
    return view;
}

enum seki_result replica_value_store(struct replica_writer *writer, struct seki_str key, unsigned flags,
                                     struct seki_error *why)
{
    static const struct seki_siphash_key zeros;
    bool is_meta = key.ptr[0] == REPLICA_KIND_META;
    if (seki_buf_failed(&writer->value) != SEKI_OK) {
        seki_error_set(why, "an entry of the replica is larger than %u octets", REPLICA_VALUE_MAX_OCTETS);
        return seki_buf_failed(&writer->value);
    }
    replica_value_seal(is_meta ? &zeros : &writer->target->meta.secret, key, writer->value.ptr, writer->value.len);
    MDB_val k = mdb_val_of(key), v = mdb_val_of(seki_buf_str(&writer->value));
    return replica_write_failure(mdb_put(writer->txn, writer->target->table, &k, &v, flags), why);
}

struct seki_buf *replica_value_begin(struct replica_writer *writer)
{
    static const char place[REPLICA_CHECK_OCTETS];
    seki_buf_clear(&writer->value);
    seki_buf_add(&writer->value, (struct seki_str){ place, sizeof place });
    return &writer->value;
}

enum seki_result replica_transaction_begin(struct replica_writer *writer, struct seki_error *why)
{
    writer->puts = 0;
    return replica_write_failure(mdb_txn_begin(writer->target->env, NULL, 0, &writer->txn), why);
}

enum seki_result replica_transaction_end(struct replica_writer *writer, struct seki_error *why)
{
    MDB_txn *txn = writer->txn;
    writer->txn = NULL;
    return replica_write_failure(mdb_txn_commit(txn), why);
}

enum seki_result replica_transaction_next(struct replica_writer *writer, struct seki_error *why)
{
    enum seki_result result = replica_transaction_end(writer, why);
    return result == SEKI_OK ? replica_transaction_begin(writer, why) : result;
}

enum seki_result replica_entry_put(struct replica_writer *writer, const struct replica_key *key,
                                   struct seki_error *why)
{
    struct seki_str octets = replica_key_str(key);
    MDB_val k = mdb_val_of(octets), v;
    int code = mdb_get(writer->txn, writer->target->table, &k, &v);
    if (code != 0 && code != MDB_NOTFOUND)
        return replica_write_failure(code, why);
    enum seki_result result = replica_value_store(writer, octets, 0, why);
    return result == SEKI_OK && code == MDB_NOTFOUND ? replica_presence_note(writer, octets, true, why) : result;
}

enum seki_result replica_entry_drop(struct replica_writer *writer, struct seki_str key, struct seki_error *why)
{
    MDB_val k = mdb_val_of(key);
    int code = mdb_del(writer->txn, writer->target->table, &k, NULL);
    if (code == MDB_NOTFOUND)
        return SEKI_OK;
    enum seki_result result = replica_write_failure(code, why);
    return result == SEKI_OK ? replica_presence_note(writer, key, false, why) : result;
}

enum replica_found replica_entry_get(const struct replica_writer *writer, const struct replica_key *key,
                                     struct seki_str *payload_out)
{
    const struct replica_generation view = replica_writer_view(writer);
    MDB_val k = mdb_val_of(replica_key_str(key)), v;
    int code = mdb_get(writer->txn, writer->target->table, &k, &v);
    if (code == MDB_NOTFOUND)
        return REPLICA_NO;
    return code == 0 && replica_generation_get_certain(&view, key, payload_out) ? REPLICA_YES : REPLICA_MISSING;
}

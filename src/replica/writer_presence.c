/* The lists of hashes that prove which keys are not there: changed where they stand, but in a rebuild kept in memory (eight
 * octets a key) and written at the end. */
#include "replica/writer_parts.h"

#include <stdlib.h>

#define BUCKETS_A_TRANSACTION 8192u

static enum seki_result remember_hash(struct replica_hashes *hashes, uint64_t hash, struct seki_error *why)
{
    if (hashes->count == hashes->capacity) {
        size_t capacity = hashes->capacity > 0 ? hashes->capacity * 2 : 4096;
        uint64_t *items = reallocarray(hashes->items, capacity, sizeof *items);
        if (items == NULL) {
            seki_error_set(why, "no memory to rebuild the replica");
            return SEKI_SYSTEM;
        }
        hashes->items = items;
        hashes->capacity = capacity;
    }
    hashes->items[hashes->count++] = hash;
    return SEKI_OK;
}

static void forget_hash(struct replica_hashes *hashes, uint64_t hash)
{
    for (size_t i = hashes->count; i-- > 0;)
        if (hashes->items[i] == hash) {
            hashes->items[i] = hashes->items[--hashes->count];
            return;
        }
}

/* The list without one occurrence of the hash, and with it added when it is to be there. */
static enum seki_result change_bucket(struct replica_writer *writer, uint64_t hash, bool is_there,
                                      struct seki_error *why)
{
    const struct replica_generation view = replica_writer_view(writer);
    const struct replica_key key = replica_key_of_bucket(replica_hash_bucket(hash));
    struct seki_str list;
    if (!replica_generation_get_certain(&view, &key, &list))
        return replica_write_damaged(why);
    struct seki_buf *value = replica_value_begin(writer);
    bool is_left_out = is_there;
    for (; list.len >= 8; list = seki_str_from(list, 8)) {
        bool is_it = !is_left_out && replica_hashes_contain(seki_str_head(list, 8), hash);
        if (!is_it)
            seki_buf_add(value, seki_str_head(list, 8));
        is_left_out = is_left_out || is_it;
    }
    if (is_there)
        replica_hash_encode(hash, value);
    return replica_value_store(writer, replica_key_str(&key), 0, why);
}

enum seki_result replica_presence_note(struct replica_writer *writer, struct seki_str key, bool is_there,
                                       struct seki_error *why)
{
    uint64_t hash = replica_key_hash(&writer->target->meta.secret, key);
    if (!replica_is_rebuild(writer))
        return change_bucket(writer, hash, is_there, why);
    if (is_there)
        return remember_hash(&writer->hashes, hash, why);
    forget_hash(&writer->hashes, hash);
    return SEKI_OK;
}

static int compare_hashes(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

/* All lists of a rebuild: a bucket is the highest bits of a hash, so those of one stand together when sorted. */
enum seki_result replica_presence_write(struct replica_writer *writer, struct seki_error *why)
{
    const struct replica_hashes *hashes = &writer->hashes;
    enum seki_result result = SEKI_OK;
    if (hashes->count > 0)
        qsort(hashes->items, hashes->count, sizeof *hashes->items, compare_hashes);
    size_t at = 0;
    for (unsigned bucket = 0; bucket < REPLICA_BUCKETS && result == SEKI_OK; bucket++) {
        const struct replica_key key = replica_key_of_bucket(bucket);
        struct seki_buf *value = replica_value_begin(writer);
        for (; at < hashes->count && replica_hash_bucket(hashes->items[at]) == bucket; at++)
            replica_hash_encode(hashes->items[at], value);
        result = replica_value_store(writer, replica_key_str(&key), MDB_APPEND, why);
        if (result == SEKI_OK && bucket % BUCKETS_A_TRANSACTION == BUCKETS_A_TRANSACTION - 1)
            result = replica_transaction_next(writer, why);
    }
    return result;
}

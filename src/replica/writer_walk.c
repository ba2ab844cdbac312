/* Is all of a generation sound? Every entry is looked at once, in the order of keys. */
#include "replica/writer_parts.h"

#include "replica/fault_guard.h"

struct walk {
    struct replica_writer *writer;
    struct replica_key last;
    size_t buckets, keys;
    uint64_t key_sum,
        hash_sum; /* of the hashes of all keys, and of those in the lists: equal, or something is missing */
    size_t hashes;
    bool is_sound;
};

static void count_hashes(struct walk *w, struct seki_str payload)
{
    w->buckets++;
    for (; payload.len >= 8; payload = seki_str_from(payload, 8), w->hashes++)
        w->hash_sum += replica_hash_decode(payload);
}

static bool is_behind(struct seki_str key, const struct replica_key *last)
{
    size_t len = key.len < last->len ? key.len : last->len;
    int order = len > 0 ? memcmp(key.ptr, last->octets, len) : 0;
    return order > 0 || (order == 0 && key.len > last->len);
}

/* What another version of this program wrote may be sound and yet mean nothing to this one. */
static bool is_readable(struct seki_str key, struct seki_str payload)
{
    struct replica_record record;
    struct replica_tenant tenant;
    struct policy_allow entry;
    if (key.ptr[0] == REPLICA_KIND_DOMAIN)
        return replica_record_decode(payload, &record);
    if (key.ptr[0] == REPLICA_KIND_TENANT)
        return replica_tenant_decode(payload, &tenant);
    if (key.ptr[0] != REPLICA_KIND_ALLOW)
        return true;
    while (policy_allow_decode(&payload, &entry))
        ;
    return payload.len == 0;
}

static bool check_one(struct walk *w, struct seki_str key, struct seki_str value)
{
    static const struct seki_siphash_key zeros;
    const struct seki_siphash_key *secret = &w->writer->in_force.meta.secret;
    struct seki_str payload;
    if (key.len == 0 || key.len > REPLICA_KEY_MAX || !is_behind(key, &w->last))
        return false;
    memcpy(w->last.octets, key.ptr, key.len);
    w->last.len = key.len;
    bool is_meta = key.ptr[0] == REPLICA_KIND_META;
    if (!replica_value_check(is_meta ? &zeros : secret, key, value, &payload))
        return false;
    if (key.ptr[0] == REPLICA_KIND_BUCKET)
        count_hashes(w, payload);
    else if (!is_meta) {
        w->keys++;
        w->key_sum += replica_key_hash(secret, key);
    }
    return is_readable(key, payload);
}

static void walk_guarded(void *context)
{
    struct walk *w = context;
    struct replica_generation *g = &w->writer->in_force;
    MDB_cursor *cursor;
    MDB_val k, v;
    if (!replica_generation_is_whole(g) || mdb_txn_renew(g->txn) != 0 ||
        mdb_cursor_open(g->txn, g->table, &cursor) != 0)
        return;
    int code;
    bool is_good = true;
    while (is_good && (code = mdb_cursor_get(cursor, &k, &v, MDB_NEXT)) == 0)
        is_good =
            check_one(w, (struct seki_str){ k.mv_data, k.mv_size }, (struct seki_str){ v.mv_data, v.mv_size });
    mdb_cursor_close(cursor);
    mdb_txn_reset(g->txn);
    w->is_sound = is_good && code == MDB_NOTFOUND && w->buckets == REPLICA_BUCKETS && w->keys == w->hashes &&
                  w->key_sum == w->hash_sum;
}

bool replica_writer_is_sound(struct replica_writer *writer, struct seki_error *why)
{
    struct walk w = { .writer = writer };
    if (writer->in_force.env == NULL) {
        seki_error_set(why, "there is no replica in %s yet, or it cannot be read", writer->folder);
        return false;
    }
    if (replica_guarded(walk_guarded, &w) && w.is_sound)
        return true;
    seki_error_set(why, "the replica %s/%s is damaged and must be rebuilt", writer->folder, writer->in_force.name);
    return false;
}

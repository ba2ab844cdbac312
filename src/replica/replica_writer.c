/* Changes go into the generation in force, one transaction each; a rebuild goes into a generation of its own, in several
 * transactions that do not wait for the disk, whose lists of hashes are kept in memory (eight octets a key) and written
 * at the end. All that touches LMDB runs inside the fault guard: a damaged generation ends a change, not the process. */
#include "replica/replica_writer.h"

#include "policy/lookalike.h"
#include "replica/damage_report.h"
#include "replica/fault_guard.h"
#include "replica/generation.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_NAME             "lock"
#define FOLDER_MODE           (S_ISGID | 0750)
#define PUTS_A_TRANSACTION    50000u /* of a rebuild: keeps the list of changed pages short */
#define BUCKETS_A_TRANSACTION 8192u

struct hashes {
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
    struct hashes hashes; /* of the rebuilt */
    size_t puts;          /* of the transaction */
    struct seki_buf value;
};

/* ---- results ---- */

/* A step of a change: *why is filled where it is not SEKI_OK. A full disk is no SEKI_LIMIT: a rebuild needs more of it. */
static enum seki_result failure(int code, struct seki_error *why)
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

static enum seki_result damaged(struct seki_error *why)
{
    seki_error_set(why, "the replica is damaged and must be rebuilt");
    return SEKI_SYSTEM;
}

/* ---- opening ---- */

static bool take_lock(struct replica_writer *writer, struct seki_error *why)
{
    char path[PATH_MAX];
    int len = snprintf(path, sizeof path, "%s/" LOCK_NAME, writer->folder);
    writer->lock =
        len > 0 && len < (int)sizeof path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
    if (writer->lock >= 0 && flock(writer->lock, LOCK_EX | LOCK_NB) == 0)
        return true;
    int error = errno;
    if (error == EWOULDBLOCK)
        seki_error_set(why, "another process writes the replica in %s", writer->folder);
    else
        seki_error_set(why, "cannot write the replica in %s: %s", writer->folder, strerror(error));
    return false;
}

static bool make_folder(const char *folder, struct seki_error *why)
{
    if (mkdir(folder, 0700) == 0 && chmod(folder, FOLDER_MODE) == 0)
        return true;
    if (errno == EEXIST)
        return true;
    seki_error_set(why, "cannot make the folder of the replica, %s: %s", folder, strerror(errno));
    return false;
}

static void open_in_force(struct replica_writer *writer)
{
    char name[REPLICA_GENERATION_NAME_MAX];
    if (replica_generation_current(writer->folder, name) && !replica_damage_is_reported(writer->folder, name))
        replica_generation_open_writing(writer->folder, name, writer->map_octets, &writer->in_force, NULL);
}

struct replica_writer *replica_writer_open(const char *folder, uint64_t map_octets, struct seki_error *why)
{
    struct replica_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL || (writer->folder = strdup(folder)) == NULL) {
        free(writer);
        seki_error_set(why, "no memory for the replica");
        return NULL;
    }
    writer->lock = -1;
    writer->map_octets = map_octets;
    seki_buf_init(&writer->value, REPLICA_VALUE_MAX_OCTETS);
    if (!make_folder(folder, why) || !take_lock(writer, why)) {
        replica_writer_close(writer);
        return NULL;
    }
    open_in_force(writer);
    if (writer->in_force.env != NULL)
        replica_generation_remove_others(folder, writer->in_force.name);
    return writer;
}

static void abort_guarded(void *context)
{
    mdb_txn_abort(context);
}

static void end_change(struct replica_writer *writer)
{
    if (writer->txn != NULL)
        (void)replica_guarded(abort_guarded, writer->txn);
    writer->txn = NULL;
    writer->target = NULL;
    free(writer->hashes.items);
    writer->hashes = (struct hashes){ 0 };
    writer->puts = 0;
}

void replica_rollback(struct replica_writer *writer)
{
    end_change(writer);
    if (writer->rebuilt.env == NULL)
        return;
    replica_generation_close(&writer->rebuilt);
    if (writer->in_force.env != NULL)
        replica_generation_remove_others(writer->folder, writer->in_force.name);
}

void replica_writer_close(struct replica_writer *writer)
{
    if (writer == NULL)
        return;
    replica_rollback(writer);
    replica_generation_close(&writer->in_force);
    seki_buf_release(&writer->value);
    if (writer->lock >= 0)
        close(writer->lock);
    free(writer->folder);
    free(writer);
}

uint64_t replica_writer_change_id(const struct replica_writer *writer)
{
    return writer->in_force.env != NULL ? writer->in_force.meta.change_id : 0;
}

bool replica_writer_has_generation(const struct replica_writer *writer)
{
    return writer->in_force.env != NULL;
}

bool replica_writer_is_in_force(const struct replica_writer *writer)
{
    char name[REPLICA_GENERATION_NAME_MAX];
    return writer->in_force.env != NULL && replica_generation_current(writer->folder, name) &&
           strcmp(name, writer->in_force.name) == 0 && replica_generation_is_there(writer->folder, name);
}

bool replica_writer_is_reported(const struct replica_writer *writer)
{
    return writer->in_force.env == NULL || replica_damage_is_reported(writer->folder, writer->in_force.name);
}

/* ---- what an operation is made of: all inside the guard ---- */

/* An operation of the public interface, with what it was given. */
struct operation {
    struct replica_writer *writer;
    enum seki_result (*work)(struct operation *o);
    enum seki_result result;
    struct seki_error *why;
    const struct replica_tenant *tenant;
    const struct replica_hosted *hosted;
    struct seki_str name; /* of the domain */
    uint64_t change_id;
};

static void operate_guarded(void *context)
{
    struct operation *o = context;
    o->result = o->work(o);
}

/* A generation that faulted is not touched again, not even to end its transaction. */
static void abandon(struct replica_writer *writer)
{
    struct replica_generation *broken = writer->target;
    writer->txn = NULL;
    end_change(writer);
    if (broken != NULL)
        *broken = (struct replica_generation){ 0 };
}

static enum seki_result operate(struct operation *o)
{
    if (replica_guarded(operate_guarded, o))
        return o->result;
    abandon(o->writer);
    return damaged(o->why);
}

static bool is_rebuild(const struct replica_writer *writer)
{
    return writer->target == &writer->rebuilt;
}

static MDB_val mdb_val_of(struct seki_str s)
{
    return (MDB_val){ s.len, (void *)(uintptr_t)s.ptr };
}

/* The transaction's view of the generation. */
static struct replica_generation view_of(const struct replica_writer *writer)
{
    struct replica_generation view = *writer->target;
    view.txn = writer->txn;
    return view;
}

static enum seki_result store_value(struct replica_writer *writer, struct seki_str key, unsigned flags,
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
    return failure(mdb_put(writer->txn, writer->target->table, &k, &v, flags), why);
}

/* An empty value, its checksum's place kept. */
static struct seki_buf *begin_value(struct replica_writer *writer)
{
    static const char place[REPLICA_CHECK_OCTETS];
    seki_buf_clear(&writer->value);
    seki_buf_add(&writer->value, (struct seki_str){ place, sizeof place });
    return &writer->value;
}

/* ---- the lists of hashes ---- */

static enum seki_result remember_hash(struct hashes *hashes, uint64_t hash, struct seki_error *why)
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

static void forget_hash(struct hashes *hashes, uint64_t hash)
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
    const struct replica_generation view = view_of(writer);
    const struct replica_key key = replica_key_of_bucket(replica_hash_bucket(hash));
    struct seki_str list;
    if (!replica_generation_get_certain(&view, &key, &list))
        return damaged(why);
    struct seki_buf *value = begin_value(writer);
    bool is_left_out = is_there;
    for (; list.len >= 8; list = seki_str_from(list, 8)) {
        bool is_it = !is_left_out && replica_hashes_contain(seki_str_head(list, 8), hash);
        if (!is_it)
            seki_buf_add(value, seki_str_head(list, 8));
        is_left_out = is_left_out || is_it;
    }
    if (is_there)
        replica_hash_encode(hash, value);
    return store_value(writer, replica_key_str(&key), 0, why);
}

static enum seki_result note_presence(struct replica_writer *writer, struct seki_str key, bool is_there,
                                      struct seki_error *why)
{
    uint64_t hash = replica_key_hash(&writer->target->meta.secret, key);
    if (!is_rebuild(writer))
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

static enum seki_result begin_transaction(struct replica_writer *writer, struct seki_error *why)
{
    writer->puts = 0;
    return failure(mdb_txn_begin(writer->target->env, NULL, 0, &writer->txn), why);
}

static enum seki_result end_transaction(struct replica_writer *writer, struct seki_error *why)
{
    MDB_txn *txn = writer->txn;
    writer->txn = NULL;
    return failure(mdb_txn_commit(txn), why);
}

static enum seki_result next_transaction(struct replica_writer *writer, struct seki_error *why)
{
    enum seki_result result = end_transaction(writer, why);
    return result == SEKI_OK ? begin_transaction(writer, why) : result;
}

/* All lists of a rebuild: a bucket is the highest bits of a hash, so those of one stand together when sorted. */
static enum seki_result write_buckets(struct replica_writer *writer, struct seki_error *why)
{
    const struct hashes *hashes = &writer->hashes;
    enum seki_result result = SEKI_OK;
    if (hashes->count > 0)
        qsort(hashes->items, hashes->count, sizeof *hashes->items, compare_hashes);
    size_t at = 0;
    for (unsigned bucket = 0; bucket < REPLICA_BUCKETS && result == SEKI_OK; bucket++) {
        const struct replica_key key = replica_key_of_bucket(bucket);
        struct seki_buf *value = begin_value(writer);
        for (; at < hashes->count && replica_hash_bucket(hashes->items[at]) == bucket; at++)
            replica_hash_encode(hashes->items[at], value);
        result = store_value(writer, replica_key_str(&key), MDB_APPEND, why);
        if (result == SEKI_OK && bucket % BUCKETS_A_TRANSACTION == BUCKETS_A_TRANSACTION - 1)
            result = next_transaction(writer, why);
    }
    return result;
}

/* ---- entries ---- */

/* What stands in writer->value, under this key. */
static enum seki_result put(struct replica_writer *writer, const struct replica_key *key, struct seki_error *why)
{
    struct seki_str octets = replica_key_str(key);
    MDB_val k = mdb_val_of(octets), v;
    int code = mdb_get(writer->txn, writer->target->table, &k, &v);
    if (code != 0 && code != MDB_NOTFOUND)
        return failure(code, why);
    enum seki_result result = store_value(writer, octets, 0, why);
    return result == SEKI_OK && code == MDB_NOTFOUND ? note_presence(writer, octets, true, why) : result;
}

static enum seki_result drop(struct replica_writer *writer, struct seki_str key, struct seki_error *why)
{
    MDB_val k = mdb_val_of(key);
    int code = mdb_del(writer->txn, writer->target->table, &k, NULL);
    if (code == MDB_NOTFOUND)
        return SEKI_OK;
    enum seki_result result = failure(code, why);
    return result == SEKI_OK ? note_presence(writer, key, false, why) : result;
}

static enum replica_found get(const struct replica_writer *writer, const struct replica_key *key,
                              struct seki_str *payload_out)
{
    const struct replica_generation view = view_of(writer);
    MDB_val k = mdb_val_of(replica_key_str(key)), v;
    int code = mdb_get(writer->txn, writer->target->table, &k, &v);
    if (code == MDB_NOTFOUND)
        return REPLICA_NO;
    return code == 0 && replica_generation_get_certain(&view, key, payload_out) ? REPLICA_YES : REPLICA_MISSING;
}

/* ---- allow entries: those of one author stand together ---- */

static int compare_authors(const void *a, const void *b)
{
    const struct seki_str left = (*(const struct policy_allow *const *)a)->author_domain;
    const struct seki_str right = (*(const struct policy_allow *const *)b)->author_domain;
    size_t len = left.len < right.len ? left.len : right.len;
    int order = len > 0 ? memcmp(left.ptr, right.ptr, len) : 0;
    return order != 0 ? order : (left.len > right.len) - (left.len < right.len);
}

static enum seki_result put_sorted(struct operation *o, const struct policy_allow **sorted)
{
    enum seki_result result = SEKI_OK;
    for (size_t i = 0; i < o->hosted->entry_count && result == SEKI_OK;) {
        const struct seki_str author = sorted[i]->author_domain;
        struct replica_key key;
        struct seki_buf *value = begin_value(o->writer);
        for (; i < o->hosted->entry_count && seki_str_equal(sorted[i]->author_domain, author); i++)
            policy_allow_encode(sorted[i], value);
        if (!replica_key_of_allow(o->hosted->domain_id, author, &key)) {
            seki_error_set(o->why, "an allow entry names an author domain of more than 255 octets");
            return SEKI_BAD_INPUT;
        }
        result = put(o->writer, &key, o->why);
    }
    return result;
}

static enum seki_result put_allow(struct operation *o)
{
    if (o->hosted->entry_count == 0)
        return SEKI_OK;
    const struct policy_allow **sorted = calloc(o->hosted->entry_count, sizeof *sorted);
    if (sorted == NULL) {
        seki_error_set(o->why, "no memory for allow entries");
        return SEKI_SYSTEM;
    }
    for (size_t i = 0; i < o->hosted->entry_count; i++)
        sorted[i] = &o->hosted->entries[i];
    qsort(sorted, o->hosted->entry_count, sizeof *sorted, compare_authors);
    enum seki_result result = put_sorted(o, sorted);
    free(sorted);
    return result;
}

/* The first key at or behind the prefix, when it begins with it; copied, for the page may change. */
static enum seki_result first_with_prefix(struct replica_writer *writer, const struct replica_key *prefix,
                                          struct replica_key *key_out, struct seki_error *why)
{
    MDB_cursor *cursor;
    MDB_val k = mdb_val_of(replica_key_str(prefix)), v;
    key_out->len = 0;
    int code = mdb_cursor_open(writer->txn, writer->target->table, &cursor);
    if (code != 0)
        return failure(code, why);
    code = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE);
    mdb_cursor_close(cursor);
    if (code == MDB_NOTFOUND)
        return SEKI_OK;
    const struct seki_str found = { k.mv_data, k.mv_size };
    if (code == 0 && found.len <= REPLICA_KEY_MAX && seki_str_starts_with(found, replica_key_str(prefix))) {
        memcpy(key_out->octets, found.ptr, found.len);
        key_out->len = found.len;
    }
    return failure(code, why);
}

static enum seki_result drop_allow(struct replica_writer *writer, uint64_t domain_id, struct seki_error *why)
{
    struct replica_key prefix, key;
    if (!replica_key_of_allow(domain_id, SEKI_STR(""), &prefix))
        return SEKI_USAGE;
    for (;;) {
        enum seki_result result = first_with_prefix(writer, &prefix, &key, why);
        if (result != SEKI_OK || key.len == 0)
            return result;
        result = drop(writer, replica_key_str(&key), why);
        if (result != SEKI_OK)
            return result;
    }
}

/* ---- look-alikes ---- */

/* The list of names with this look-alike key, without this one, and with it added when it is to be there. */
static enum seki_result change_lookalike(struct replica_writer *writer, struct seki_str name, bool is_there,
                                         struct seki_error *why)
{
    char text[POLICY_LOOKALIKE_KEY_MAX];
    struct replica_key key;
    struct seki_str list = SEKI_STR(""), one;
    struct seki_str lookalike_key = policy_lookalike_key(name, text);
    if (lookalike_key.len == 0 || !replica_key_of_lookalike(lookalike_key, &key))
        return SEKI_OK; /* nobody can be taken for it */
    if (get(writer, &key, &list) == REPLICA_MISSING)
        return damaged(why);
    struct seki_buf *value = begin_value(writer);
    if (is_there)
        replica_name_encode(name, value);
    while (replica_name_decode(&list, &one))
        if (!seki_str_equal(one, name))
            replica_name_encode(one, value);
    if (value->len == REPLICA_CHECK_OCTETS)
        return drop(writer, replica_key_str(&key), why);
    return put(writer, &key, why);
}

/* ---- domains ---- */

static enum seki_result drop_domain(struct operation *o)
{
    struct replica_writer *writer = o->writer;
    struct replica_key key;
    struct replica_record record;
    struct seki_str payload;
    if (!replica_key_of_domain(o->name, &key))
        return SEKI_OK;
    enum replica_found found = get(writer, &key, &payload);
    if (found == REPLICA_NO)
        return SEKI_OK;
    if (found == REPLICA_MISSING || !replica_record_decode(payload, &record))
        return damaged(o->why);
    enum seki_result result = drop_allow(writer, record.domain_id, o->why);
    if (result == SEKI_OK)
        result = change_lookalike(writer, o->name, false, o->why);
    return result == SEKI_OK ? drop(writer, replica_key_str(&key), o->why) : result;
}

static enum seki_result put_record(struct operation *o)
{
    struct replica_key key;
    const struct replica_hosted *hosted = o->hosted;
    const struct replica_record record = { .domain_id = hosted->domain_id,
                                           .tenant_id = hosted->tenant_id,
                                           .policy_revision = hosted->policy_revision,
                                           .allow_count = hosted->entry_count,
                                           .includes_subdomains = hosted->includes_subdomains,
                                           .is_confirmed = hosted->is_confirmed,
                                           .choices = SEKI_STR("") };
    if (hosted->name.len == 0 || !replica_key_of_domain(hosted->name, &key)) {
        seki_error_set(o->why, "a domain's name has 1 to 255 octets");
        return SEKI_BAD_INPUT;
    }
    struct seki_buf *value = begin_value(o->writer);
    replica_record_encode(&record, value);
    for (size_t i = 0; i < hosted->choice_count; i++)
        replica_choice_encode(&hosted->choices[i], value);
    return put(o->writer, &key, o->why);
}

/* Of a domain that is there already, name and look-alikes stay as they are: most changes touch one page. */
static enum seki_result make_room(struct operation *o, bool *is_new_out)
{
    struct replica_key key;
    struct replica_record record;
    struct seki_str payload;
    enum replica_found found = REPLICA_NO;
    if (replica_key_of_domain(o->name, &key))
        found = get(o->writer, &key, &payload);
    *is_new_out = found == REPLICA_NO;
    if (found == REPLICA_NO)
        return SEKI_OK;
    if (found == REPLICA_MISSING || !replica_record_decode(payload, &record))
        return damaged(o->why);
    return record.allow_count > 0 ? drop_allow(o->writer, record.domain_id, o->why) : SEKI_OK;
}

static enum seki_result count_put(struct replica_writer *writer, struct seki_error *why)
{
    bool is_much = is_rebuild(writer) && ++writer->puts >= PUTS_A_TRANSACTION;
    return is_much ? next_transaction(writer, why) : SEKI_OK;
}

static enum seki_result put_domain(struct operation *o)
{
    struct replica_writer *writer = o->writer;
    bool is_new;
    enum seki_result result = make_room(o, &is_new);
    if (result == SEKI_OK)
        result = put_record(o);
    if (result == SEKI_OK)
        result = put_allow(o);
    if (result == SEKI_OK && is_new)
        result = change_lookalike(writer, o->name, true, o->why);
    return result == SEKI_OK ? count_put(writer, o->why) : result;
}

static enum seki_result put_tenant(struct operation *o)
{
    const struct replica_key key = replica_key_of_tenant(o->tenant->tenant_id);
    replica_tenant_encode(o->tenant, begin_value(o->writer));
    enum seki_result result = put(o->writer, &key, o->why);
    return result == SEKI_OK ? count_put(o->writer, o->why) : result;
}

static enum seki_result not_in_a_change(struct seki_error *why)
{
    seki_error_set(why, "no change of the replica is under way");
    return SEKI_USAGE;
}

enum seki_result replica_put_tenant(struct replica_writer *writer, const struct replica_tenant *tenant,
                                    struct seki_error *why)
{
    struct operation o = { .writer = writer, .work = put_tenant, .why = why, .tenant = tenant };
    return writer->txn != NULL ? operate(&o) : not_in_a_change(why);
}

enum seki_result replica_put_domain(struct replica_writer *writer, const struct replica_hosted *hosted,
                                    struct seki_error *why)
{
    struct operation o = {
        .writer = writer, .work = put_domain, .why = why, .hosted = hosted, .name = hosted->name
    };
    return writer->txn != NULL ? operate(&o) : not_in_a_change(why);
}

enum seki_result replica_drop_domain(struct replica_writer *writer, struct seki_str name, struct seki_error *why)
{
    struct operation o = { .writer = writer, .work = drop_domain, .why = why, .name = name };
    return writer->txn != NULL ? operate(&o) : not_in_a_change(why);
}

/* ---- changes ---- */

static enum seki_result begin_guarded(struct operation *o)
{
    return begin_transaction(o->writer, o->why);
}

static enum seki_result begin(struct replica_writer *writer, struct replica_generation *target,
                              struct seki_error *why)
{
    struct operation o = { .writer = writer, .work = begin_guarded, .why = why };
    writer->target = target;
    enum seki_result result = operate(&o);
    if (result != SEKI_OK)
        end_change(writer);
    return result;
}

enum seki_result replica_change_begin(struct replica_writer *writer, struct seki_error *why)
{
    replica_rollback(writer);
    if (writer->in_force.env == NULL)
        return damaged(why);
    return begin(writer, &writer->in_force, why);
}

enum seki_result replica_rebuild_begin(struct replica_writer *writer, struct seki_error *why)
{
    replica_rollback(writer);
    if (!replica_generation_create(writer->folder, writer->map_octets, &writer->rebuilt, why))
        return SEKI_SYSTEM;
    return begin(writer, &writer->rebuilt, why);
}

static enum seki_result commit_guarded(struct operation *o)
{
    struct replica_writer *writer = o->writer;
    struct replica_meta meta = { o->change_id, writer->target->meta.secret };
    const struct replica_key key = replica_key_of_meta();
    enum seki_result result = is_rebuild(writer) ? write_buckets(writer, o->why) : SEKI_OK;
    replica_meta_encode(&meta, begin_value(writer));
    if (result == SEKI_OK)
        result = store_value(writer, replica_key_str(&key), 0, o->why);
    if (result == SEKI_OK)
        result = end_transaction(writer, o->why);
    if (result == SEKI_OK && is_rebuild(writer))
        result = replica_generation_put_in_force(writer->folder, writer->target, o->why);
    if (result == SEKI_OK)
        writer->target->meta = meta;
    return result;
}

/* From now on changes wait for the disk. */
static enum seki_result become_in_force(struct replica_writer *writer, struct seki_error *why)
{
    if (mdb_env_set_flags(writer->rebuilt.env, MDB_NOSYNC, 0) != 0)
        return failure(EINVAL, why);
    replica_generation_close(&writer->in_force);
    writer->in_force = writer->rebuilt;
    writer->rebuilt = (struct replica_generation){ 0 };
    replica_generation_remove_others(writer->folder, writer->in_force.name);
    if (!replica_damage_clear(writer->folder))
        seki_error_set(why, "readers of the replica in %s cannot report damage", writer->folder);
    return SEKI_OK;
}

enum seki_result replica_commit(struct replica_writer *writer, uint64_t change_id, struct seki_error *why)
{
    struct operation o = { .writer = writer, .work = commit_guarded, .why = why, .change_id = change_id };
    if (writer->txn == NULL)
        return not_in_a_change(why);
    enum seki_result result = operate(&o);
    if (result != SEKI_OK) {
        replica_rollback(writer);
        return result;
    }
    bool is_new = is_rebuild(writer);
    end_change(writer);
    return is_new ? become_in_force(writer, why) : SEKI_OK;
}

/* ---- is all of it sound? ---- */

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

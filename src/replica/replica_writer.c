/* Changes go into the generation in force, one transaction each; a rebuild goes into a generation of its own, in several
 * transactions that do not wait for the disk. All that touches LMDB runs inside the fault guard: a damaged generation ends
 * a change, not the process. What is written is in writer_hosted.c. */
#include "replica/replica_writer.h"

#include "replica/damage_report.h"
#include "replica/fault_guard.h"
#include "replica/writer_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_NAME   "lock"
#define FOLDER_MODE (S_ISGID | 0750)

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
    writer->hashes = (struct replica_hashes){ 0 };
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

/* ---- operations: all inside the guard ---- */

static void operate_guarded(void *context)
{
    struct replica_operation *o = context;
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

static enum seki_result operate(struct replica_operation *o)
{
    if (replica_guarded(operate_guarded, o))
        return o->result;
    abandon(o->writer);
    return replica_write_damaged(o->why);
}

static enum seki_result not_in_a_change(struct seki_error *why)
{
    seki_error_set(why, "no change of the replica is under way");
    return SEKI_USAGE;
}

enum seki_result replica_put_tenant(struct replica_writer *writer, const struct replica_tenant *tenant,
                                    struct seki_error *why)
{
    struct replica_operation o = { .writer = writer, .work = replica_write_tenant, .why = why, .tenant = tenant };
    return writer->txn != NULL ? operate(&o) : not_in_a_change(why);
}

enum seki_result replica_put_domain(struct replica_writer *writer, const struct replica_hosted *hosted,
                                    struct seki_error *why)
{
    struct replica_operation o = {
        .writer = writer, .work = replica_write_domain, .why = why, .hosted = hosted, .name = hosted->name
    };
    return writer->txn != NULL ? operate(&o) : not_in_a_change(why);
}

enum seki_result replica_drop_domain(struct replica_writer *writer, struct seki_str name, struct seki_error *why)
{
    struct replica_operation o = { .writer = writer, .work = replica_write_removal, .why = why, .name = name };
    return writer->txn != NULL ? operate(&o) : not_in_a_change(why);
}

/* ---- changes ---- */

static enum seki_result begin_guarded(struct replica_operation *o)
{
    return replica_transaction_begin(o->writer, o->why);
}

static enum seki_result begin(struct replica_writer *writer, struct replica_generation *target,
                              struct seki_error *why)
{
    struct replica_operation o = { .writer = writer, .work = begin_guarded, .why = why };
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
        return replica_write_damaged(why);
    return begin(writer, &writer->in_force, why);
}

enum seki_result replica_rebuild_begin(struct replica_writer *writer, struct seki_error *why)
{
    replica_rollback(writer);
    if (!replica_generation_create(writer->folder, writer->map_octets, &writer->rebuilt, why))
        return SEKI_SYSTEM;
    return begin(writer, &writer->rebuilt, why);
}

static enum seki_result commit_guarded(struct replica_operation *o)
{
    struct replica_writer *writer = o->writer;
    struct replica_meta meta = { o->change_id, writer->target->meta.secret };
    const struct replica_key key = replica_key_of_meta();
    enum seki_result result = replica_is_rebuild(writer) ? replica_presence_write(writer, o->why) : SEKI_OK;
    replica_meta_encode(&meta, replica_value_begin(writer));
    if (result == SEKI_OK)
        result = replica_value_store(writer, replica_key_str(&key), 0, o->why);
    if (result == SEKI_OK)
        result = replica_transaction_end(writer, o->why);
    if (result == SEKI_OK && replica_is_rebuild(writer))
        result = replica_generation_put_in_force(writer->folder, writer->target, o->why);
    if (result == SEKI_OK)
        writer->target->meta = meta;
    return result;
}

/* From now on changes wait for the disk. */
static enum seki_result become_in_force(struct replica_writer *writer, struct seki_error *why)
{
    if (mdb_env_set_flags(writer->rebuilt.env, MDB_NOSYNC, 0) != 0)
        return replica_write_failure(EINVAL, why);
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
    struct replica_operation o = { .writer = writer, .work = commit_guarded, .why = why, .change_id = change_id };
    if (writer->txn == NULL)
        return not_in_a_change(why);
    enum seki_result result = operate(&o);
    if (result != SEKI_OK) {
        replica_rollback(writer);
        return result;
    }
    bool is_new = replica_is_rebuild(writer);
    end_change(writer);
    return is_new ? become_in_force(writer, why) : SEKI_OK;
}

#include "replica/generation.h"

#include "replica/fault_guard.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LINK_NAME     "current"
#define NEW_LINK_NAME "current.new"
#define DATA_NAME     "data.mdb" /* LMDB's choice */
#define NAME_PREFIX   "g-"

/* Readers are of another user and of the folder's group, which the set-group-ID bit hands down. */
#define GENERATION_MODE (S_ISGID | 0750)
#define DATA_MODE       0640

static bool path_of(const char *folder, const char *name, const char *file, char path_out[PATH_MAX])
{
    int len = snprintf(path_out, PATH_MAX, "%s/%s%s%s", folder, name, file[0] != '\0' ? "/" : "", file);
    return len > 0 && len < PATH_MAX;
}

static bool is_generation_name(const char *name)
{
    return strncmp(name, NAME_PREFIX, sizeof NAME_PREFIX - 1) == 0 && strchr(name, '/') == NULL &&
           strlen(name) < REPLICA_GENERATION_NAME_MAX;
}

bool replica_generation_current(const char *folder, char name_out[REPLICA_GENERATION_NAME_MAX])
{
    char path[PATH_MAX];
    if (!path_of(folder, LINK_NAME, "", path))
        return false;
    ssize_t len = readlink(path, name_out, REPLICA_GENERATION_NAME_MAX - 1);
    if (len < 0)
        return false;
    name_out[len] = '\0';
    return is_generation_name(name_out);
}

bool replica_generation_is_there(const char *folder, const char *name)
{
    char path[PATH_MAX];
    int len = snprintf(path, sizeof path, "%s/%s/" DATA_NAME, folder, name);
    return len > 0 && len < PATH_MAX && access(path, F_OK) == 0;
}

/* ---- opening ---- */

struct opening {
    const char *path;
    unsigned flags;
    uint64_t map_octets; /* 0: what the file says */
    bool is_new;
    struct replica_generation *generation;
    struct seki_error *why;
    bool is_open;
};

static void on_impossible(MDB_env *env, const char *message)
{
    (void)env;
    (void)message;
    replica_guard_escape();
}

static bool fail(const struct opening *o, int code)
{
    seki_error_set(o->why, "cannot open the replica %s: %s", o->path, mdb_strerror(code));
    return false;
}

/* LMDB divides by the page size in either of its two meta pages (16 octets of head, then magic, version, address and size of
 * the map, then the page size), and would lose what it has begun with. A file too short for them is found to be cut later. */
static bool has_page_size_at(int file, off_t page)
{
    const off_t page_size_at = 16 + 4 + 4 + 8 + 8;
    uint32_t page_size;
    return pread(file, &page_size, sizeof page_size, page + page_size_at) != sizeof page_size ||
           page_size == (uint32_t)sysconf(_SC_PAGESIZE);
}

static bool has_page_sizes(const struct opening *o)
{
    char path[PATH_MAX];
    int file = path_of(o->path, DATA_NAME, "", path) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    bool has = file < 0 || (has_page_size_at(file, 0) && has_page_size_at(file, (off_t)sysconf(_SC_PAGESIZE)));
    if (file >= 0)
        close(file);
    return has;
}

static bool open_environment(struct opening *o)
{
    struct replica_generation *g = o->generation;
    if (!o->is_new && !has_page_sizes(o)) {
        seki_error_set(o->why, "the replica %s is damaged: it has no sound page size", o->path);
        return false;
    }
    int code = mdb_env_create(&g->env);
    if (code != 0)
        return fail(o, code);
    mdb_env_set_assert(g->env, on_impossible);
    if (o->map_octets > 0 && (code = mdb_env_set_mapsize(g->env, (size_t)o->map_octets)) != 0)
        return fail(o, code);
    code = mdb_env_open(g->env, o->path, o->flags | MDB_NOLOCK | MDB_NOTLS, DATA_MODE);
    if (code != 0)
        return fail(o, code);
    if (o->is_new || replica_generation_is_whole(g))
        return true;
    seki_error_set(o->why, "the replica %s is damaged: its file has been cut", o->path);
    return false;
}

static bool read_meta(struct opening *o)
{
    struct replica_generation *g = o->generation;
    const struct replica_key key = replica_key_of_meta();
    struct seki_str payload;
    struct replica_meta meta;
    if (replica_generation_get_certain(g, &key, &payload) && replica_meta_decode(payload, &meta)) {
        g->meta = meta;
        return true;
    }
    seki_error_set(o->why, "the replica %s is damaged, or of another version of this program", o->path);
    return false;
}

/* The meta entry is sealed with a secret of zeros, since it brings the one of all others. */
static bool begin_reading(struct opening *o)
{
    struct replica_generation *g = o->generation;
    int code = mdb_txn_begin(g->env, NULL, MDB_RDONLY, &g->txn);
    if (code == 0)
        code = mdb_dbi_open(g->txn, NULL, 0, &g->table);
    if (code != 0)
        return fail(o, code);
    bool is_read = o->is_new || read_meta(o);
    mdb_txn_reset(g->txn);
    return is_read;
}

static void open_guarded(void *context)
{
    struct opening *o = context;
    o->is_open = open_environment(o) && begin_reading(o);
}

static bool open_it(struct opening *o, const char *name)
{
    *o->generation = (struct replica_generation){ 0 };
    memcpy(o->generation->name, name, strlen(name) + 1);
    replica_guard_install();
    if (!replica_guarded(open_guarded, o)) {
        seki_error_set(o->why, "the replica %s is damaged: it cannot be read", o->path);
        o->is_open = false;
    }
    if (!o->is_open)
        replica_generation_close(o->generation);
    return o->is_open;
}

static bool open_existing(const char *folder, const char *name, struct opening *o)
{
    char path[PATH_MAX];
    *o->generation = (struct replica_generation){ 0 };
    if (!path_of(folder, name, "", path)) {
        seki_error_set(o->why, "the path of the replica is too long: %s", folder);
        return false;
    }
    o->path = path;
    return open_it(o, name);
}

bool replica_generation_open(const char *folder, const char *name, struct replica_generation *generation_out,
                             struct seki_error *why)
{
    struct opening o = { .flags = MDB_RDONLY, .generation = generation_out, .why = why };
    return open_existing(folder, name, &o);
}

bool replica_generation_open_writing(const char *folder, const char *name, uint64_t map_octets,
                                     struct replica_generation *generation_out, struct seki_error *why)
{
    struct opening o = { .map_octets = map_octets, .generation = generation_out, .why = why };
    return open_existing(folder, name, &o);
}

/* ---- a new one ---- */

/* Names are never used twice: whoever holds an old generation must see that "current" is another one. */
static bool make_folder(const char *folder, char name[REPLICA_GENERATION_NAME_MAX], char path[PATH_MAX],
                        struct seki_error *why)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(name, REPLICA_GENERATION_NAME_MAX, NAME_PREFIX "%016llx",
             (unsigned long long)now.tv_sec * 1000000000u + (unsigned long long)now.tv_nsec);
    int error = ENAMETOOLONG;
    if (path_of(folder, name, "", path)) {
        if (mkdir(path, 0700) == 0 && chmod(path, GENERATION_MODE) == 0)
            return true;
        error = errno;
    }
    seki_error_set(why, "cannot make a new generation of the replica in %s: %s", folder, strerror(error));
    return false;
}

static bool make_secret(struct replica_meta *meta, struct seki_error *why)
{
    if (getrandom(&meta->secret, sizeof meta->secret, 0) == (ssize_t)sizeof meta->secret)
        return true;
    seki_error_set(why, "the system gives no random numbers");
    return false;
}

bool replica_generation_create(const char *folder, uint64_t map_octets, struct replica_generation *generation_out,
                               struct seki_error *why)
{
    char name[REPLICA_GENERATION_NAME_MAX], path[PATH_MAX];
    struct replica_meta meta = { 0 };
    int file = -1;
    *generation_out = (struct replica_generation){ 0 };
    if (!make_folder(folder, name, path, why) || !make_secret(&meta, why))
        return false;
    struct opening o = { .path = path,
                         .flags = MDB_NOSYNC,
                         .map_octets = map_octets,
                         .is_new = true,
                         .generation = generation_out,
                         .why = why };
    if (!open_it(&o, name))
        return false;
    generation_out->meta = meta;
    if (mdb_env_get_fd(generation_out->env, &file) == 0 && fchmod(file, DATA_MODE) == 0) /* whatever the umask is */
        return true;
    seki_error_set(why, "cannot set the rights of %s/" DATA_NAME, path);
    replica_generation_close(generation_out);
    return false;
}

/* ---- and its end ---- */

static void close_guarded(void *context)
{
    struct replica_generation *g = context;
    if (g->txn != NULL)
        mdb_txn_abort(g->txn);
    if (g->env != NULL)
        mdb_env_close(g->env);
}

/* What a fault leaves behind (a map, a descriptor) stays with the process: once for each damaged generation. */
void replica_generation_close(struct replica_generation *generation)
{
    (void)replica_guarded(close_guarded, generation);
    *generation = (struct replica_generation){ 0 };
}

bool replica_generation_is_whole(const struct replica_generation *generation)
{
    MDB_envinfo info;
    MDB_stat table;
    struct stat status;
    int file;
    if (mdb_env_info(generation->env, &info) != 0 || mdb_env_stat(generation->env, &table) != 0 ||
        mdb_env_get_fd(generation->env, &file) != 0 || fstat(file, &status) != 0)
        return false;
    return (uint64_t)status.st_size / table.ms_psize > info.me_last_pgno;
}

static bool sync_folder(const char *folder)
{
    int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_done = file >= 0 && fsync(file) == 0;
    if (file >= 0)
        close(file);
    return is_done;
}

enum seki_result replica_generation_put_in_force(const char *folder, const struct replica_generation *generation,
                                                 struct seki_error *why)
{
    char new_link[PATH_MAX], link[PATH_MAX], path[PATH_MAX];
    if (!path_of(folder, NEW_LINK_NAME, "", new_link) || !path_of(folder, LINK_NAME, "", link) ||
        !path_of(folder, generation->name, "", path))
        return SEKI_USAGE;
    unlink(new_link); /* of a writer that was killed */
    int code = mdb_env_sync(generation->env, 1);
    if (code == 0 && sync_folder(path) && symlink(generation->name, new_link) == 0 && rename(new_link, link) == 0 &&
        sync_folder(folder))
        return SEKI_OK;
    int error = code != 0 ? code : errno;
    seki_error_set(why, "cannot put the new replica in %s in force: %s", folder, strerror(error));
    return error == ENOSPC ? SEKI_LIMIT : SEKI_SYSTEM;
}

static void remove_one(const char *folder, const char *name)
{
    char path[PATH_MAX];
    if (path_of(folder, name, DATA_NAME, path))
        unlink(path);
    if (path_of(folder, name, "", path))
        rmdir(path);
}

void replica_generation_remove_others(const char *folder, const char *name)
{
    DIR *entries = opendir(folder);
    if (entries == NULL)
        return;
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;)
        if (is_generation_name(entry->d_name) && strcmp(entry->d_name, name) != 0)
            remove_one(folder, entry->d_name);
    closedir(entries);
}

/* ---- looking up ---- */

static const struct seki_siphash_key *secret_of(const struct replica_generation *g, const struct replica_key *key)
{
    static const struct seki_siphash_key zeros;
    return key->octets[0] == REPLICA_KIND_META ? &zeros : &g->meta.secret;
}

bool replica_generation_get_certain(const struct replica_generation *generation, const struct replica_key *key,
                                    struct seki_str *payload_out)
{
    MDB_val wanted = { key->len, (void *)(uintptr_t)key->octets }, found;
    if (mdb_get(generation->txn, generation->table, &wanted, &found) != 0)
        return false;
    const struct seki_str value = { found.mv_data, found.mv_size };
    return replica_value_check(secret_of(generation, key), replica_key_str(key), value, payload_out);
}

enum replica_found replica_generation_get(const struct replica_generation *generation,
                                          const struct replica_key *key, struct seki_str *payload_out)
{
    uint64_t hash = replica_key_hash(&generation->meta.secret, replica_key_str(key));
    const struct replica_key bucket = replica_key_of_bucket(replica_hash_bucket(hash));
    struct seki_str hashes;
    if (!replica_generation_get_certain(generation, &bucket, &hashes))
        return REPLICA_MISSING;
    if (!replica_hashes_contain(hashes, hash))
        return REPLICA_NO;
    return replica_generation_get_certain(generation, key, payload_out) ? REPLICA_YES : REPLICA_MISSING;
}

enum replica_found replica_generation_get_probable(const struct replica_generation *generation,
                                                   const struct replica_key *key, struct seki_str *payload_out)
{
    if (replica_generation_get_certain(generation, key, payload_out))
        return REPLICA_YES;
    return replica_generation_get(generation, key, payload_out);
}

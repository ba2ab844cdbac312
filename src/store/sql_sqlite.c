/* SQLite: one file, WAL, so that readers never wait for the writer.
 *
 * synchronous=FULL: a commit that was answered is on the disk, which a confirmation or an audit entry must be. It costs one
 * fsync a commit, and ingestion commits by the thousand rows. A power cut under NORMAL would not damage the file but
 * forget the last commits. */
#include "store/sql_backend.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_TIMEOUT_MS 5000
#define KEPT_STATEMENTS 128u

struct kept_statement {
    char *text;
    sqlite3_stmt *statement;
    /* "$1" is a *name* to SQLite, and its index follows first use ("select $2, $1" makes $2 the first). */
    int index_of[SQL_PARAMETERS_MAX];
};

struct sqlite {
    struct sql sql;
    sqlite3 *db;
    char *path;
    struct kept_statement kept[KEPT_STATEMENTS];
    size_t next_kept; /* whose place the next new one takes */
    sqlite3_stmt *reading;
    struct sql_value row[SQL_COLUMNS_MAX];
    int watch_fd;
    bool is_notifying; /* tell at commit */
};

static struct sqlite *of(struct sql *sql)
{
    return (struct sqlite *)sql;
}

#define IN_USE "another program is writing to it and does not come to an end; try again"

#define NOT_WRITABLE                                                                                               \
    "it cannot be written to, which is needed for looking at it too; run this as the user of sekishod or as "      \
    "root, and"                                                                                                    \
    " see that the disk is not mounted read-only"

/* What somebody must mend outside is tried again then, as PostgreSQL's lack of room is; SQLite's words do not say what. */
static const struct fault {
    int code;
    enum seki_result result;
    const char *sentence; /* NULL: SQLite's own words */
} faults[] = {
    { SQLITE_CONSTRAINT, SEKI_BAD_INPUT, NULL },
    { SQLITE_BUSY, SEKI_TEMPORARY, IN_USE },
    { SQLITE_LOCKED, SEKI_TEMPORARY, IN_USE },
    { SQLITE_TOOBIG, SEKI_LIMIT, NULL },
    { SQLITE_NOMEM, SEKI_SYSTEM, NULL },
    { SQLITE_FULL, SEKI_TEMPORARY, "its disk is full; make room there" },
    { SQLITE_IOERR, SEKI_TEMPORARY, "its disk does not read or write: it may be full, or failing" },
    { SQLITE_CANTOPEN, SEKI_TEMPORARY,
      "it cannot be opened; see that this user may read and write it and the folder that it is in, and that the "
      "disk"
      " is not mounted read-only" },
    { SQLITE_READONLY, SEKI_TEMPORARY, NOT_WRITABLE },
    { SQLITE_PERM, SEKI_TEMPORARY, NOT_WRITABLE },
    { SQLITE_CORRUPT, SEKI_SYSTEM, "the file is damaged; stop sekishod and put the last backup in its place" },
    { SQLITE_NOTADB, SEKI_SYSTEM,
      "the file is no store, or it is damaged; name another, or put the last backup in its place" },
};

static const struct fault *find_fault(const struct sqlite *sqlite, int code)
{
    bool is_full =
        (code & 0xff) == SQLITE_IOERR && sqlite->db != NULL && sqlite3_system_errno(sqlite->db) == ENOSPC;
    int kind = is_full ? SQLITE_FULL : code & 0xff;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        if (faults[i].code == kind)
            return &faults[i];
    return NULL;
}

static enum seki_result fail(const struct sqlite *sqlite, int code, struct seki_error *why)
{
    const struct fault *fault = find_fault(sqlite, code);
    if (fault != NULL && fault->sentence != NULL)
        seki_error_set(why, "%s: %s (SQLite %d)", sqlite->path, fault->sentence, code);
    else
        seki_error_set(why, "%s: %s", sqlite->path,
                       sqlite->db != NULL ? sqlite3_errmsg(sqlite->db) : sqlite3_errstr(code));
    return fault != NULL ? fault->result : SEKI_USAGE;
}

static enum seki_result execute(struct sqlite *sqlite, const char *text, struct seki_error *why)
{
    int code = sqlite3_exec(sqlite->db, text, NULL, NULL, NULL);
    return code == SQLITE_OK ? SEKI_OK : fail(sqlite, code, why);
}

/* ---- opening and closing ---- */

static void sqlite_close(struct sql *sql)
{
    struct sqlite *sqlite = of(sql);
    for (size_t i = 0; i < KEPT_STATEMENTS; i++) {
        sqlite3_finalize(sqlite->kept[i].statement);
        free(sqlite->kept[i].text);
    }
    sqlite3_close(sqlite->db);
    if (sqlite->watch_fd >= 0)
        close(sqlite->watch_fd);
    free(sqlite->path);
    free(sqlite);
}

/* The command is run by root too, and may be the first: the store is the folder's owner's all the same, or `control` could
 * not open it. (SQLite itself gives -wal and -shm to whoever owns the file.) */
static bool give_to_owner(const char *path, int fd)
{
    struct stat folder;
    const char *slash = strrchr(path, '/');
    char *name = slash != NULL && slash != path ? strndup(path, (size_t)(slash - path)) : strdup(slash ? "/" : ".");
    bool is_given = geteuid() != 0 ||
                    (name != NULL && stat(name, &folder) == 0 && fchown(fd, folder.st_uid, folder.st_gid) == 0);
    free(name);
    return is_given;
}

/* SQLite would let everybody read it; -wal and -shm take the file's mode over. A file that is there is not opened: closing
 * it again would take away the locks that all connections of this process hold on it (fcntl(2)), and then another process
 * that closes its own takes itself for the last one and removes the log that is written to here. */
static enum seki_result create(const char *path, struct seki_error *why)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (fd < 0 && errno == EEXIST)
        return SEKI_OK;
    if (fd < 0 || !give_to_owner(path, fd)) {
        int error = errno;
        if (fd >= 0) {
            close(fd);
            unlink(path); /* ours, and empty: left there, root's would be taken for a store */
        }
        seki_error_set(why, "cannot open the store %s: %s", path, strerror(error));
        return error == ENOSPC || error == EDQUOT ? SEKI_LIMIT : SEKI_SYSTEM;
    }
    close(fd);
    return SEKI_OK;
}

/* What is written goes into the log first and into the file at a checkpoint: with a log of 64 MiB a page of an index that
 * ingestion touches again and again is written there once instead of many times (a third more messages a second). */
static enum seki_result configure(struct sqlite *sqlite, struct seki_error *why)
{
    sqlite3_extended_result_codes(sqlite->db, 1);
    sqlite3_busy_timeout(sqlite->db, BUSY_TIMEOUT_MS);
    return execute(sqlite,
                   "pragma journal_mode=wal; pragma synchronous=full; pragma foreign_keys=on;"
                   "pragma cell_size_check=on; pragma trusted_schema=off; pragma temp_store=memory;"
                   "pragma cache_size=-65536; pragma wal_autocheckpoint=16384; pragma journal_size_limit=67108864",
                   why);
}

static const struct sql_backend backend;

struct sql *sql_sqlite_open(const char *path, enum seki_result *result_out, struct seki_error *why)
{
    struct sqlite *sqlite = calloc(1, sizeof *sqlite);
    char *copy = strdup(path);
    if (sqlite == NULL || copy == NULL) {
        free(sqlite);
        free(copy);
        seki_error_set(why, "no memory to open the store");
        *result_out = SEKI_SYSTEM;
        return NULL;
    }
    sqlite->sql.backend = &backend;
    sqlite->path = copy;
    sqlite->watch_fd = -1;
    *result_out = create(path, why);
    if (*result_out == SEKI_OK) {
        int code = sqlite3_open_v2(path, &sqlite->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
        *result_out = code == SQLITE_OK ? configure(sqlite, why) : fail(sqlite, code, why);
    }
    if (*result_out == SEKI_OK)
        return &sqlite->sql;
    sqlite_close(&sqlite->sql);
    return NULL;
}

/* ---- statements ---- */

static void find_parameters(struct kept_statement *kept)
{
    char name[16];
    for (unsigned i = 0; i < SQL_PARAMETERS_MAX; i++) {
        snprintf(name, sizeof name, "$%u", i + 1);
        kept->index_of[i] = sqlite3_bind_parameter_index(kept->statement, name);
    }
}

static enum seki_result prepare_new(struct sqlite *sqlite, const char *text, struct kept_statement **kept_out,
                                    struct seki_error *why)
{
    struct kept_statement *kept = &sqlite->kept[sqlite->next_kept];
    sqlite3_finalize(kept->statement);
    free(kept->text);
    *kept = (struct kept_statement){ .text = strdup(text) };
    if (kept->text == NULL)
        return fail(sqlite, SQLITE_NOMEM, why);
    int code = sqlite3_prepare_v3(sqlite->db, text, -1, SQLITE_PREPARE_PERSISTENT, &kept->statement, NULL);
    if (code != SQLITE_OK || kept->statement == NULL) {
        free(kept->text);
        kept->text = NULL;
        return fail(sqlite, code, why);
    }
    sqlite->next_kept = (sqlite->next_kept + 1) % KEPT_STATEMENTS;
    find_parameters(kept);
    *kept_out = kept;
    return SEKI_OK;
}

static enum seki_result prepare(struct sqlite *sqlite, const char *text, struct kept_statement **kept_out,
                                struct seki_error *why)
{
    for (size_t i = 0; i < KEPT_STATEMENTS && sqlite->kept[i].text != NULL; i++)
        if (strcmp(sqlite->kept[i].text, text) == 0) {
            *kept_out = &sqlite->kept[i];
            return SEKI_OK;
        }
    return prepare_new(sqlite, text, kept_out, why);
}

static int bind_value(sqlite3_stmt *statement, int index, const struct sql_value *value)
{
    const char *octets = value->text.ptr != NULL ? value->text.ptr : "";
    switch (value->type) {
    case SQL_INTEGER: return sqlite3_bind_int64(statement, index, value->integer);
    case SQL_TEXT:
        return sqlite3_bind_text64(statement, index, octets, value->text.len, SQLITE_STATIC, SQLITE_UTF8);
    case SQL_OCTETS: return sqlite3_bind_blob64(statement, index, octets, value->text.len, SQLITE_STATIC);
    case SQL_NULL: break;
    }
    return sqlite3_bind_null(statement, index);
}

/* Values need not be copied: they live until the statement is reset, or are bound anew. */
static enum seki_result bind(struct kept_statement *kept, const struct sql_value *values, size_t count,
                             struct seki_error *why)
{
    if ((size_t)sqlite3_bind_parameter_count(kept->statement) > count) {
        seki_error_set(why, "a statement has %d parameters and %zu values: %.200s",
                       sqlite3_bind_parameter_count(kept->statement), count, kept->text);
        return SEKI_USAGE;
    }
    for (size_t i = 0; i < count; i++) {
        int code =
            kept->index_of[i] == 0 ? SQLITE_RANGE : bind_value(kept->statement, kept->index_of[i], &values[i]);
        if (code != SQLITE_OK) {
            seki_error_set(why, "value %zu of a statement cannot be bound: %s: %.200s", i + 1, sqlite3_errstr(code),
                           kept->text);
            return code == SQLITE_TOOBIG ? SEKI_LIMIT : SEKI_USAGE;
        }
    }
    return SEKI_OK;
}

static enum seki_result run_bound(struct sqlite *sqlite, struct kept_statement *kept, struct seki_error *why)
{
    int code;
    while ((code = sqlite3_step(kept->statement)) == SQLITE_ROW) {
    }
    enum seki_result result = code == SQLITE_DONE ? SEKI_OK : fail(sqlite, code, why);
    sqlite3_reset(kept->statement);
    return result;
}

static enum seki_result sqlite_run(struct sql *sql, const struct sql_statement *statement, int64_t *changed_out,
                                   struct seki_error *why)
{
    struct sqlite *sqlite = of(sql);
    struct kept_statement *kept = NULL;
    enum seki_result result = prepare(sqlite, statement->text, &kept, why);
    if (result == SEKI_OK)
        result = bind(kept, statement->values, statement->count, why);
    if (result != SEKI_OK)
        return result;
    int64_t before = sqlite3_total_changes64(sqlite->db);
    result = run_bound(sqlite, kept, why);
    /* changes() keeps the count of the last INSERT, UPDATE or DELETE when this was none of them */
    if (result == SEKI_OK && sqlite3_total_changes64(sqlite->db) != before)
        *changed_out = sqlite3_changes64(sqlite->db);
    return result;
}

static enum seki_result sqlite_run_many(struct sql *sql, const struct sql_statement *first, size_t row_count,
                                        struct seki_error *why)
{
    struct sqlite *sqlite = of(sql);
    struct kept_statement *kept = NULL;
    enum seki_result result = prepare(sqlite, first->text, &kept, why);
    for (size_t i = 0; i < row_count && result == SEKI_OK; i++) {
        result = bind(kept, first->values + i * first->count, first->count, why);
        if (result == SEKI_OK)
            result = run_bound(sqlite, kept, why);
    }
    return result;
}

/* ---- rows ---- */

static enum seki_result sqlite_query(struct sql *sql, const struct sql_statement *statement, struct seki_error *why)
{
    struct sqlite *sqlite = of(sql);
    struct kept_statement *kept = NULL;
    enum seki_result result = prepare(sqlite, statement->text, &kept, why);
    if (result == SEKI_OK)
        result = bind(kept, statement->values, statement->count, why);
    if (result == SEKI_OK && (unsigned)sqlite3_column_count(kept->statement) > SQL_COLUMNS_MAX) {
        seki_error_set(why, "a statement has more than %u columns", SQL_COLUMNS_MAX);
        result = SEKI_USAGE;
    }
    sqlite->reading = result == SEKI_OK ? kept->statement : NULL;
    return result;
}

static bool read_column(sqlite3_stmt *statement, int column, struct sql_value *value_out)
{
    *value_out = (struct sql_value){ .type = SQL_NULL };
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_NULL: return true;
    case SQLITE_INTEGER: *value_out = SQL_OF_INT(sqlite3_column_int64(statement, column)); return true;
    case SQLITE_TEXT: value_out->type = SQL_TEXT; break;
    case SQLITE_BLOB: value_out->type = SQL_OCTETS; break;
    default: return false;
    }
    value_out->text.ptr = sqlite3_column_blob(statement, column);
    value_out->text.len = (size_t)sqlite3_column_bytes(statement, column);
    return true;
}

static enum seki_result sqlite_next(struct sql *sql, const struct sql_value **row_out, struct seki_error *why)
{
    struct sqlite *sqlite = of(sql);
    int code = sqlite3_step(sqlite->reading);
    if (code == SQLITE_DONE)
        return SEKI_OK;
    if (code != SQLITE_ROW)
        return fail(sqlite, code, why);
    int columns = sqlite3_column_count(sqlite->reading);
    for (int i = 0; i < columns; i++)
        if (!read_column(sqlite->reading, i, &sqlite->row[i])) {
            seki_error_set(why, "column %d is no integer, text or octets: %.200s", i + 1,
                           sqlite3_sql(sqlite->reading));
            return SEKI_USAGE;
        }
    *row_out = sqlite->row;
    return SEKI_OK;
}

static void sqlite_rows_close(struct sql *sql)
{
    sqlite3_reset(of(sql)->reading);
    of(sql)->reading = NULL;
}

/* ---- transactions ---- */

/* A transaction that begins by reading may find, when it wants to write, that another has written since; that cannot be
 * waited for. So a writer takes the lock first. */
static enum seki_result sqlite_begin(struct sql *sql, bool is_write, struct seki_error *why)
{
    of(sql)->is_notifying = false;
    return execute(of(sql), is_write ? "begin immediate" : "begin", why);
}

/* The file's times are touched behind the commit, so that a watcher that looks then sees what was committed. */
static enum seki_result sqlite_commit(struct sql *sql, struct seki_error *why)
{
    struct sqlite *sqlite = of(sql);
    enum seki_result result = execute(sqlite, "commit", why);
    if (result == SEKI_OK && sqlite->is_notifying)
        utimensat(AT_FDCWD, sqlite->path, NULL, 0);
    return result;
}

static void sqlite_rollback(struct sql *sql)
{
    /* It fails only where SQLite has rolled back by itself. */
    sqlite3_exec(of(sql)->db, "rollback", NULL, NULL, NULL);
}

static enum seki_result sqlite_script(struct sql *sql, const char *text, struct seki_error *why)
{
    return execute(of(sql), text, why);
}

/* ---- telling other processes ---- */

static int sqlite_watch(struct sql *sql, struct seki_error *why)
{
    struct sqlite *sqlite = of(sql);
    if (sqlite->watch_fd >= 0)
        return sqlite->watch_fd;
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0 || inotify_add_watch(fd, sqlite->path, IN_ATTRIB) < 0) {
        seki_error_set(why, "cannot watch %s: %s", sqlite->path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return -1;
    }
    sqlite->watch_fd = fd;
    return fd;
}

static void sqlite_watch_clear(struct sql *sql)
{
    char events[4096];
    while (of(sql)->watch_fd >= 0 && read(of(sql)->watch_fd, events, sizeof events) > 0) {
    }
}

static enum seki_result sqlite_notify(struct sql *sql, struct seki_error *why)
{
    (void)why;
    of(sql)->is_notifying = true;
    if (!sql->is_in_transaction)
        utimensat(AT_FDCWD, of(sql)->path, NULL, 0);
    return SEKI_OK;
}

/* ---- a copy before the schema changes ---- */

/* By a second connection, since the first one holds the write lock: so the copy is what the migration found. Under another
 * name until it is whole; made beforehand as a store is, since SQLite's own would be everybody's to read while it is written. */
static enum seki_result sqlite_copy(struct sql *sql, const char *suffix, struct seki_error *why)
{
    struct sqlite *sqlite = of(sql);
    char target[4096], unfinished[4096 + 8];
    if (snprintf(target, sizeof target, "%s%s", sqlite->path, suffix) >= (int)sizeof target) {
        seki_error_set(why, "the store's path is too long: %.200s", sqlite->path);
        return SEKI_BAD_INPUT;
    }
    snprintf(unfinished, sizeof unfinished, "%s.part", target);
    unlink(unfinished);
    enum seki_result result = create(unfinished, why);
    struct sql *reader = result == SEKI_OK ? sql_sqlite_open(sqlite->path, &result, why) : NULL;
    if (reader == NULL)
        return result;
    result = sql_run(reader, "vacuum into $1", SQL_VALUES(SQL_OF_STR(seki_str_of(unfinished))), NULL, why);
    sql_close(reader);
    if (result == SEKI_OK && rename(unfinished, target) != 0) {
        seki_error_set(why, "%s: %s", target, strerror(errno));
        result = SEKI_SYSTEM;
    }
    if (result != SEKI_OK) {
        unlink(unfinished);
        seki_error_prefix(why, "cannot copy the store before changing its schema");
    }
    return result;
}

static const struct sql_backend backend = {
    .dialect = SQL_SQLITE,
    .close = sqlite_close,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .run = sqlite_run,
    .run_many = sqlite_run_many,
    .query = sqlite_query,
    .next = sqlite_next,
    .rows_close = sqlite_rows_close,
    .watch = sqlite_watch,
    .watch_clear = sqlite_watch_clear,
    .notify = sqlite_notify,
    .script = sqlite_script,
    .copy = sqlite_copy,
};

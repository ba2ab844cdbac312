/* The schema, forward only: src/store/migrations/NNNN_name.sql, built into the program. One text for both databases, with a
 * few words that differ:
 *
 *     @ID@      a primary key that counts (and never gives a number twice)
 *     @INT@     a whole number of 64 bits
 *     @OCTETS@  octets
 *     @STRICT@  behind a table's columns: SQLite keeps to the types, as PostgreSQL does
 *     @TEXT_C@  text that is compared by its octets, for what is sorted or sought by its beginning
 *
 * and lines that begin with "@sqlite@" or "@postgresql@", which only that one reads. Each is applied in one transaction and
 * remembered with its checksum in schema_migration; one that was changed afterwards stops the start. */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H

#include "store/sql.h"

struct store_migration {
    unsigned version;
    const char *name, *text;
};
extern const struct store_migration store_migration_table[];
extern const size_t store_migration_count;

/** What would be applied, one "0003 name" a line; "" for nothing. Changes nothing. */
SEKI_MUST_USE enum seki_result store_migrate_dry(struct sql *sql, struct seki_buf *pending_out,
                                                 struct seki_error *why);
/**
 * Apply what is missing; two that start at once do it once. A SQLite file that holds something is copied to
 * "FILE.before-NNNN" first.
 * @return SEKI_BAD_INPUT: the database is newer than this program, or a checksum differs; nothing was changed
 */
SEKI_MUST_USE enum seki_result store_migrate(struct sql *sql, unsigned *applied_out, struct seki_error *why);

/* ---- with other migrations than the program's, for tests ---- */

struct store_migrations {
    const struct store_migration *rows; /* versions ascend */
    size_t count;
};
SEKI_MUST_USE enum seki_result store_migrations_dry(struct sql *sql, const struct store_migrations *migrations,
                                                    struct seki_buf *pending_out, struct seki_error *why);
SEKI_MUST_USE enum seki_result store_migrations_apply(struct sql *sql, const struct store_migrations *migrations,
                                                      unsigned *applied_out, struct seki_error *why);

#endif

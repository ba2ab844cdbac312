/* The store as a command uses it: opened from the options, changed in one change, and its troubles told once at the end.
 *
 *     struct cli_store store;
 *     bool is_done = cli_store_open(&store, options) && cli_store_begin(&store, "cli") &&
 *                    cli_store_did(&store, store_domain_add(store.change, …, &store.why)) && cli_store_commit(&store);
 *     if (is_done)
 *         print what was done
 *     return cli_store_close(&store);
 */
#ifndef CLI_STORE_H
#define CLI_STORE_H

#include "cli/command.h"
#include "store/change.h"

#include <jansson.h>

struct cli_store {
    const struct cli_options *options;
    struct seki_arena *arena;        /* for what is read; everything ends at cli_store_close() */
    struct seki_arena *whole, *part; /* cli_store_enter()'s */
    struct sql *sql;
    struct store_change *change;
    struct seki_str actor; /* --actor, or who is signed in */
    int64_t now_s, change_id;
    unsigned applied;        /* migrations that opening it applied */
    enum seki_result result; /* the first that was not SEKI_OK */
    struct seki_error why;   /* empty: it was told already */
};

/** Open what --store or [store] url of --config names; its schema is brought up to date. @return false: only close it */
bool cli_store_open(struct cli_store *store, const struct cli_options *options);
/** The same for commands that set up: a SQLite file that is not there is made, and that is said. */
bool cli_store_make(struct cli_store *store, const struct cli_options *options);
/** As cli_store_open() with the schema as it is. */
bool cli_store_connect(struct cli_store *store, const struct cli_options *options);
/** A value of --config FILE, or of sekishod's own file. In the arena; "" when the file or the value is not there. */
struct seki_str cli_store_config(const struct cli_store *store, const char *section, const char *name);
/** Begin a change in the actor's name. @param via "cli", "import" */
bool cli_store_begin(struct cli_store *store, const char *via);
bool cli_store_commit(struct cli_store *store);
/** What is read until cli_store_leave() ends there, so that many can be gone through one by one. These do not nest. */
void cli_store_enter(struct cli_store *store);
void cli_store_leave(struct cli_store *store);
/** Keep a result. @return is it SEKI_OK? */
bool cli_store_did(struct cli_store *store, enum seki_result result);
/** The command was called wrongly, which was said: exit 2. @return false */
bool cli_store_misused(struct cli_store *store);
/** Roll back what was not committed, tell the trouble, and what the exit code is. */
enum cli_exit cli_store_close(struct cli_store *store);

/** After a commit: the sentence for people, or with --json what is given (released) with "change", 0 when it was so before. */
void cli_store_tell(const struct cli_store *store, json_t *json, const char *format, ...) SEKI_PRINTF(3, 4);

#endif

#include "daemon/control_store.h"

#include "store/migrate.h"

#include <pthread.h>
#include <stdlib.h>

struct control_store {
    const struct config *config;
    struct log *log;
    struct figures *figures;
    pthread_mutex_t lock; /* of all below */
    bool is_migrated, is_told;
};

struct control_store *control_store_new(const struct config *config, struct log *log, struct figures *figures)
{
    struct control_store *store = calloc(1, sizeof *store);
    if (store == NULL)
        return NULL;
    store->config = config;
    store->log = log;
    store->figures = figures;
    pthread_mutex_init(&store->lock, NULL);
    return store;
}

void control_store_free(struct control_store *store)
{
    if (store == NULL)
        return;
    pthread_mutex_destroy(&store->lock);
    free(store);
}

/* With the lock. An outage may last for days: one line when it begins and one when it ends. */
static void tell_failure(struct control_store *store, enum seki_result result, const char *reason)
{
    figures_set(store->figures, FIGURE_STORE_REACHABLE, 0);
    if (store->is_told)
        return;
    store->is_told = true;
    if (result == SEKI_TEMPORARY)
        log_reason(store->log, LOG_LEVEL_WARNING, "store_unreachable",
                   "%s; mail flows by the last known policy, the journal waits, and it is tried again", reason);
    else
        log_reason(store->log, LOG_LEVEL_FATAL, "store_refused", "%s", reason);
}

static void tell_success(struct control_store *store)
{
    figures_set(store->figures, FIGURE_STORE_REACHABLE, 1);
    if (store->is_told)
        log_reason(store->log, LOG_LEVEL_INFORMATION, "store_reached", "the store answers again");
    store->is_told = false;
}

static enum seki_result migrate(struct control_store *store, struct sql *sql, struct seki_error *why)
{
    unsigned applied = 0;
    if (store->is_migrated)
        return SEKI_OK;
    enum seki_result result = store_migrate(sql, &applied, why);
    store->is_migrated = result == SEKI_OK;
    if (applied > 0)
        log_reason(store->log, LOG_LEVEL_INFORMATION, "store_migrated", "%u changes of the schema were applied",
                   applied);
    return result;
}

struct sql *control_store_open(struct control_store *store, struct seki_error *why)
{
    enum seki_result result = SEKI_OK;
    struct sql *sql = sql_open(store->config->store.url.ptr, &result, why);
    pthread_mutex_lock(&store->lock);
    if (sql != NULL)
        result = migrate(store, sql, why);
    if (result == SEKI_OK && sql != NULL)
        tell_success(store);
    else
        tell_failure(store, result, why->text);
    pthread_mutex_unlock(&store->lock);
    if (result == SEKI_OK || sql == NULL)
        return sql;
    sql_close(sql);
    return NULL;
}

void control_store_failed(struct control_store *store, const struct seki_error *why)
{
    pthread_mutex_lock(&store->lock);
    tell_failure(store, SEKI_TEMPORARY, why->text);
    pthread_mutex_unlock(&store->lock);
}

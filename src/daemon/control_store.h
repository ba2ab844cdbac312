/* The store as the role control reaches it: opened, migrated once, and its outages told once.
 *
 * Each task has a connection of its own; what they share is here, behind a lock. */
#ifndef CONTROL_STORE_H
#define CONTROL_STORE_H

#include "daemon/config.h"
#include "daemon/figures.h"
#include "daemon/log.h"
#include "store/sql.h"

struct control_store;

/** What is given stays the caller's and must outlive it. @return NULL without memory */
struct control_store *control_store_new(const struct config *config, struct log *log, struct figures *figures);
void control_store_free(struct control_store *store);

/** A connection, the schema being up to date. @return NULL with *why: not now; it has been told, if it was news */
struct sql *control_store_open(struct control_store *store, struct seki_error *why);
/** A connection broke or the store does not answer: tell it, if it is news. */
void control_store_failed(struct control_store *store, const struct seki_error *why);

#endif

/* Taking one segment of the journal over into the store, batch by batch. */
#ifndef CONTROL_INGEST_H
#define CONTROL_INGEST_H

#include "daemon/control_task.h"
#include "journal/writer.h"
#include "store/traffic.h"

struct control_ingest;

struct control_segment { /* one of this node's */
    char name[sizeof((struct journal_position *)0)->segment];
    struct store_traffic_position position;
    bool is_known;      /* position is the store's */
    bool is_seen;       /* in the folder, at the last look */
    bool is_compressed; /* or that was tried */
    bool is_unreadable; /* now; it has been told of */
    int64_t retry_at_s; /* monotonic */
};

/** For one connection. @return NULL with *why */
struct control_ingest *control_ingest_new(const struct control_context *context, struct sql *sql,
                                          struct seki_error *why);
void control_ingest_free(struct control_ingest *ingest);

/**
 * Take one batch. A segment that cannot be read is told of once and looked at again a minute later, so that it is in no
 * other's way; it gives no record twice and loses none.
 * @return IDLE: all that is there for now; AGAIN: perhaps more; UNREACHABLE, FAILED with *why: nothing was taken
 */
enum control_turn control_ingest_batch(struct control_ingest *ingest, struct control_segment *segment,
                                       struct seki_error *why);

#endif

/* What the role control tells about itself: a few numbers in memory that it shares with the role that serves /metrics.
 *
 * The supervisor makes the memory, so the numbers outlive the process that wrote them. Each is written and read by itself
 * with one instruction; no text and no credential can pass. */
#ifndef FIGURES_H
#define FIGURES_H

#include <sekisho/buf.h>

enum figure {
    FIGURE_CONTROL_SEEN_S = 0, /* when it last did its round, since 1970 */
    FIGURE_STORE_REACHABLE,    /* 0 or 1 */
    FIGURE_STORE_CHANGE,       /* newest change of the store that was heard of */
    FIGURE_REPLICA_CHANGE,     /* the one up to which the replica is complete */
    FIGURE_REPLICA_REBUILDS,
    FIGURE_NODE_NAME_TAKEN,        /* 1: another running node has our name */
    FIGURE_JOURNAL_BACKLOG_OCTETS, /* written and not taken over yet */
    FIGURE_JOURNAL_INGESTED,
    FIGURE_JOURNAL_DAMAGED,    /* entries or tails that could not be read */
    FIGURE_JOURNAL_UNREADABLE, /* segments, now */
    FIGURE_QUARANTINE_DAMAGED,
    FIGURE_QUARANTINE_UNREADABLE, /* now */
    FIGURE_QUARANTINE_REFUSED,    /* now */
    FIGURE_JOURNAL_TAKEN_OCTETS, /* of the segments that are there uncompressed; for the backlog, and not in /metrics */
    FIGURE_COUNT
};

struct figures;

/** A memory file of zeros. @return descriptor, -1 with *why */
int figures_create(struct seki_error *why);
/** @param descriptor  stays the caller's. @return NULL with *why */
struct figures *figures_open(int descriptor, bool is_writer, struct seki_error *why);
void figures_close(struct figures *figures);

void figures_set(struct figures *figures, enum figure figure, uint64_t value);
void figures_add(struct figures *figures, enum figure figure, uint64_t count);
uint64_t figures_get(const struct figures *figures, enum figure figure);

/** As Prometheus reads them. NULL: all zero */
void figures_write(const struct figures *figures, struct seki_buf *buf);

#endif

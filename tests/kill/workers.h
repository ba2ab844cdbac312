/* Who is killed in journal_kill.c, and how is counted what came of it. */
#ifndef KILL_WORKERS_H
#define KILL_WORKERS_H

#include "journal/reader.h"

#include <stdatomic.h>

#define KILL_LOOPS 2u

struct kill_shared {                /* by all processes; what stands here outlives a kill */
    atomic_ullong next[KILL_LOOPS]; /* number of the next record, never used twice */
    atomic_ullong most_waiting;     /* segments that the ingester found unread at once */
    atomic_ullong damaged, changed;
    atomic_bool is_over; /* nothing more will be written: take over what is there, and end */
};

struct kill_scene {
    struct kill_shared *shared;
    char folder[64], journal[80], url[512], returned[80];
};

/** @param url  of an empty store; NULL: SQLite in the folder */
bool kill_scene_set_up(struct kill_scene *scene, const char *folder, const char *url);
void kill_scene_clean_up(const struct kill_scene *scene);

/* Each runs until it is killed. @return the status of its process */
int kill_writer(const struct kill_scene *scene);
int kill_compressor(const struct kill_scene *scene);
int kill_ingester(const struct kill_scene *scene); /* and ends when all is over and taken over */

struct kill_counts {
    uint64_t returned, taken_over, missing, twice, changed, unreturned, damaged, segments, compressed;
};
/** @return false when the database cannot be read */
bool kill_count(const struct kill_scene *scene, struct kill_counts *counts_out);

#endif

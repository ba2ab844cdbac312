#include "daemon/replica_sync.h"

#include "replica/replica_writer.h"
#include "store/changes.h"
#include "store/resolve.h"

#include <stdio.h>
#include <stdlib.h>

/* Of more domains at once a new generation is made: one transaction keeps in memory what it changes, and several would let
 * readers see half of a change. Tenants stand close together in the order in which they come, and are not counted. */
#define IN_PLACE_MAX_DOMAINS 20000u
/* A reader that reports damage over and over, or a map with too little room, must not keep us building: after a rebuild for
 * such a reason, and after one that found no room, the next one waits for so long, and at least for ten times as long as the
 * last one took. */
#define REST_MIN_US (60 * INT64_C(1000000))
#define REST_TIMES  10

struct replica_sync {
    struct replica_writer *writer;
    bool was_walked;          /* the generation in force has been checked, or we made it */
    bool is_full;             /* the last rebuild found no room */
    int64_t resting_until_us; /* 0: no rebuild has given a reason to */
};

struct replica_sync *replica_sync_open(const char *folder, uint64_t map_octets, struct seki_error *why)
{
    struct replica_sync *sync = calloc(1, sizeof *sync);
    if (sync == NULL) {
        seki_error_set(why, "no memory for the replica");
        return NULL;
    }
    sync->writer = replica_writer_open(folder, map_octets, why);
    if (sync->writer != NULL)
        return sync;
    free(sync);
    return NULL;
}

void replica_sync_close(struct replica_sync *sync)
{
    if (sync == NULL)
        return;
    replica_writer_close(sync->writer);
    free(sync);
}

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- taking a walk over ---- */

enum outcome { TAKEN = 0, TOO_MANY, FAILED };

struct taking {
    struct replica_writer *writer;
    struct store_resolve_walk *walk;
    uint64_t most; /* domains; 0: all */
    uint64_t tenants, domains;
    enum seki_result result;
    struct seki_error *why;
};

static enum seki_result take_one(struct taking *t, const struct store_walked *walked)
{
    if (walked->kind == STORE_WALKED_TENANT) {
        t->tenants++;
        return replica_put_tenant(t->writer, &walked->tenant, t->why);
    }
    t->domains++;
    if (walked->kind == STORE_WALKED_REMOVED)
        return replica_drop_domain(t->writer, walked->domain.name, t->why);
    return replica_put_domain(t->writer, &walked->domain, t->why);
}

static enum outcome take_all(struct taking *t)
{
    for (;;) {
        const struct store_walked *walked = NULL;
        t->result = store_resolve_next(t->walk, &walked, t->why);
        if (t->result != SEKI_OK)
            return FAILED;
        if (walked == NULL)
            return TAKEN;
        if (t->most > 0 && t->domains == t->most)
            return TOO_MANY;
        t->result = take_one(t, walked);
        if (t->result != SEKI_OK)
            return FAILED;
    }
}

/* @return TAKEN: committed; else everything is as it was */
static enum outcome take_and_commit(struct taking *t, int64_t change_id)
{
    enum outcome outcome = take_all(t);
    if (outcome != TAKEN) {
        replica_rollback(t->writer);
        return outcome;
    }
    t->result = replica_commit(t->writer, (uint64_t)change_id, t->why);
    return t->result == SEKI_OK ? TAKEN : FAILED;
}

/* ---- the two ways ---- */

static bool is_resting(const struct replica_sync *sync)
{
    return now_us() < sync->resting_until_us;
}

/* For a reason that may come over and over. */
static bool may_rebuild_again(struct replica_sync *sync)
{
    if (is_resting(sync))
        return false;
    sync->resting_until_us = now_us() + REST_MIN_US;
    return true;
}

static void end_rebuild(struct replica_sync *sync, enum seki_result result, int64_t begun_at_us)
{
    int64_t now = now_us(), rest_us = REST_TIMES * (now - begun_at_us);
    sync->is_full = result == SEKI_LIMIT;
    if (sync->is_full || sync->resting_until_us > 0)
        sync->resting_until_us = now + (rest_us > REST_MIN_US ? rest_us : REST_MIN_US);
}

static enum seki_result rebuild(struct replica_sync *sync, struct sql *sql, const char *reason,
                                struct replica_sync_report *report, struct seki_error *why)
{
    struct taking t = { .writer = sync->writer, .why = why };
    int64_t change_id = 0, begun_at_us = now_us();
    if (sync->is_full && is_resting(sync)) {
        seki_error_set(why, "the replica is full, also when it is built anew; raise [hosting] replica_map_size");
        return SEKI_LIMIT;
    }
    snprintf(report->reason, sizeof report->reason, "%s", reason);
    t.result = store_resolve_begin(sql, 0, &t.walk, &change_id, why);
    if (t.result != SEKI_OK)
        return t.result;
    report->store_change_id = (uint64_t)change_id;
    t.result = replica_rebuild_begin(sync->writer, why);
    if (t.result == SEKI_OK && take_and_commit(&t, change_id) == TAKEN) {
        sync->was_walked = true;
        report->was_rebuilt = true;
        report->tenants = t.tenants;
        report->domains = t.domains;
    }
    store_resolve_end(t.walk);
    end_rebuild(sync, t.result, begun_at_us);
    return t.result;
}

static enum seki_result follow(struct replica_sync *sync, struct sql *sql, struct replica_sync_report *report,
                               struct seki_error *why)
{
    struct taking t = { .writer = sync->writer, .most = IN_PLACE_MAX_DOMAINS, .why = why };
    int64_t change_id = 0;
    t.result = store_resolve_begin(sql, (int64_t)replica_writer_change_id(sync->writer), &t.walk, &change_id, why);
    if (t.result == SEKI_BAD_INPUT)
        return rebuild(sync, sql, "the store's changes cannot be followed from where the replica is", report, why);
    if (t.result != SEKI_OK)
        return t.result;
    t.result = replica_change_begin(sync->writer, why);
    enum outcome outcome = t.result == SEKI_OK ? take_and_commit(&t, change_id) : FAILED;
    store_resolve_end(t.walk);
    if (outcome == TOO_MANY)
        return rebuild(sync, sql, "more domains changed than are changed one by one", report, why);
    if (t.result == SEKI_LIMIT && may_rebuild_again(sync))
        return rebuild(sync, sql, "it had no room for a change in place", report, why);
    report->tenants = outcome == TAKEN ? t.tenants : 0;
    report->domains = outcome == TAKEN ? t.domains : 0;
    return t.result;
}

/* ---- which of them ---- */

/* @return why what is there is of no use; "" when it is sound */
static struct seki_error unsound(struct replica_sync *sync)
{
    struct seki_error why = { "" };
    if (!replica_writer_has_generation(sync->writer))
        seki_error_set(&why, "there was none that could be read");
    else if (!replica_writer_is_in_force(sync->writer))
        seki_error_set(&why, "its link or its file was taken away");
    else if (replica_writer_is_reported(sync->writer) && may_rebuild_again(sync))
        seki_error_set(&why, "a reader found it damaged");
    else if (!sync->was_walked && replica_writer_is_sound(sync->writer, &why))
        sync->was_walked = true;
    return why;
}

static enum seki_result turn(struct replica_sync *sync, struct sql *sql, struct replica_sync_report *report,
                             struct seki_error *why)
{
    struct store_changes changes;
    const struct seki_error reason = unsound(sync);
    if (reason.text[0] != '\0')
        return rebuild(sync, sql, reason.text, report, why);
    enum seki_result result = store_changes_read(sql, &changes, why);
    report->store_change_id = (uint64_t)changes.last;
    if (result != SEKI_OK || changes.last == (int64_t)replica_writer_change_id(sync->writer))
        return result;
    return follow(sync, sql, report, why);
}

enum seki_result replica_sync_turn(struct replica_sync *sync, struct sql *sql,
                                   struct replica_sync_report *report_out, struct seki_error *why)
{
    int64_t begun_at_us = now_us();
    *report_out = (struct replica_sync_report){ 0 };
    enum seki_result result = turn(sync, sql, report_out, why);
    report_out->change_id = replica_writer_change_id(sync->writer);
    report_out->duration_us = now_us() - begun_at_us;
    return result;
}

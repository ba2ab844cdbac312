/* Held messages and the store: what is new in this node's quarantine is told to the store, and files that are of no use any
 * more are removed.
 *
 * The folder is the truth of what is held, not the journal's quarantine_id: a record can be lost (a full disk), a file that
 * the MTA was told of cannot. So there is one road, and doing it again changes nothing. */
#ifndef HELD_INTAKE_H
#define HELD_INTAKE_H

#include "quarantine/quarantine.h"
#include "store/sql.h"

struct held_intake {
    const char *folder;
    struct seki_str node;
    /** A file was moved out of the way of the others; reason names it. May be NULL. */
    void (*tell)(void *context, enum quarantine_aside aside, const char *reason);
    void *context;
};

struct held_intake_report {
    size_t taken, removed;
    size_t repeated;                      /* held already, and not kept twice */
    size_t aside[QUARANTINE_ASIDE_COUNT]; /* put there, or left there; what is damaged is not looked at again */
    bool has_more;
};

/** Tell the store of some new ones. One that cannot be taken in stops none behind it.
 *  @return SEKI_OK; SEKI_TEMPORARY: the store does not answer; others: the folder cannot be read or changed, or the store is
 *          no good, and the rest was taken in */
SEKI_MUST_USE enum seki_result held_intake_turn(const struct held_intake *intake, struct sql *sql,
                                                struct held_intake_report *report_out, struct seki_error *why);
/** Look again at those that could not be read, or that the store refused. Results as of held_intake_turn(). */
SEKI_MUST_USE enum seki_result held_intake_retry(const struct held_intake *intake, struct sql *sql,
                                                 struct held_intake_report *report_out, struct seki_error *why);
/** Remove what has expired or was decided by all, and what a killed process left. */
SEKI_MUST_USE enum seki_result held_intake_expire(const struct held_intake *intake, struct sql *sql, int64_t now_s,
                                                  struct held_intake_report *report_out, struct seki_error *why);

#endif

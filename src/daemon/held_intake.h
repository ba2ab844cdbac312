/* Held messages and the store: what is new in this node's quarantine is told to the store, and files that are of no use any
 * more are removed.
 *
 * The folder is the truth of what is held, not the journal's quarantine_id: a record can be lost (a full disk), a file that
 * the MTA was told of cannot. So there is one road, and doing it again changes nothing. */
#ifndef HELD_INTAKE_H
#define HELD_INTAKE_H

#include "store/sql.h"

struct held_intake {
    const char *folder;
    struct seki_str node;
};

struct held_intake_report {
    size_t taken, removed, damaged;
    bool has_more;
};

/** Tell the store of some new ones. Damaged files are set aside and counted: nobody can say for whom they are.
 *  @return SEKI_OK; SEKI_TEMPORARY: the store does not answer; SEKI_SYSTEM: the folder cannot be read */
SEKI_MUST_USE enum seki_result held_intake_turn(const struct held_intake *intake, struct sql *sql,
                                                struct held_intake_report *report_out, struct seki_error *why);
/** Remove what has expired or was decided by all, and what a killed process left. */
SEKI_MUST_USE enum seki_result held_intake_expire(const struct held_intake *intake, struct sql *sql, int64_t now_s,
                                                  struct held_intake_report *report_out, struct seki_error *why);

#endif

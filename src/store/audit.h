/* Reading the audit log. Its lines are written by the modules that change things, in the same transaction; nothing here
 * writes or changes one. They outlive what they tell about, and are kept for ever unless [store] audit_days says otherwise. */
#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H

#include "store/change.h"

struct store_audit_entry {
    int64_t id, change_id; /* lines of one change have one change_id; it is the policy_revision that came of it */
    int64_t at_s;
    struct seki_str actor, via;
    struct seki_str action; /* "tenant.add", "domain.remove", "policy.set", "allow.change", "confirmation.add" … */
    struct seki_str tenant, domain; /* names as they were then; "" for none */
    struct seki_str object;         /* what in there: an option's name, the number of an entry, a user's name; "" */
    struct seki_str before, after;  /* JSON objects; "" where there was nothing, or is nothing any more */
};

/** What is looked for; zero: everything. */
struct store_audit_filter {
    struct seki_str tenant, domain, actor, object; /* exactly these */
    struct seki_str action;                        /* begins with this */
    int64_t since_s, until_s;                      /* until: before that; 0: no end */
    int64_t change_id;                             /* of this change alone; 0: of any */
    int64_t before_id;                             /* lines older than this one; 0: from the newest */
    size_t limit;                                  /* 0: STORE_LIST_MAX_ROWS */
};

/** Newest first. */
SEKI_MUST_USE enum seki_result store_audit_list(struct sql *sql, const struct store_audit_filter *filter,
                                                struct seki_arena *arena,
                                                const struct store_audit_entry **entries_out, size_t *count_out,
                                                struct seki_error *why);
/** Drop the lines from before that time. */
SEKI_MUST_USE enum seki_result store_audit_drop_before(struct sql *sql, int64_t before_s, struct seki_error *why);

#endif

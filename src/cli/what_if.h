/* What if: recorded traffic judged again by a proposed policy and allow list, and what would have changed. Pure; which
 * traffic it is comes from outside, row by row. */
#ifndef CLI_WHAT_IF_H
#define CLI_WHAT_IF_H

#include "policy/judge.h"

#define CLI_WHAT_IF_EXAMPLES_MAX 20u
#define CLI_WHAT_IF_PROPOSED     UINT64_MAX /* id of an allow entry that is only proposed */

/* One message that would have ended otherwise. */
struct cli_what_if_example {
    int64_t message; /* its number in the store, for `sekisho trace` */
    int64_t at_us;
    char author_domain[256], mail_from_domain[256];
    struct policy_judgement was, would_be;
};

/* All messages that ended in one way and would have ended in another. */
struct cli_what_if_change {
    uint64_t count;
    uint64_t by_check
        [POLICY_CHECK_COUNT]; /* by what would have decided; where it would have been delivered: had decided */
    struct cli_what_if_example examples[CLI_WHAT_IF_EXAMPLES_MAX]; /* the newest */
    size_t example_count;
};

struct cli_what_if {
    const struct policy *policy;
    const struct policy_allow *entries;
    size_t entry_count;
    enum policy_shape shape; /* of the server: what it cannot do falls to what it does instead, then and now */
    size_t example_limit;    /* of each change, at most CLI_WHAT_IF_EXAMPLES_MAX */
    /* filled: */
    uint64_t count;   /* messages, each recipient's */
    uint64_t changed; /* of these */
    int64_t oldest_us, newest_us;
    struct cli_what_if_change changes[POLICY_ACTION_COUNT]
                                     [POLICY_ACTION_COUNT]; /* from, to; from = to is not filled */
};

/** @param judged  what was decided then. @param message  its number. @param at_us  when: entries of the allow list are as old as they were then */
void cli_what_if_add(struct cli_what_if *what_if, const struct policy_facts *facts,
                     const struct policy_judgement *judged, int64_t message, int64_t at_us);

#endif

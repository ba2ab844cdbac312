#include "cli/what_if.h"

#include <stdio.h>

#define US_OF_S 1000000

static void fill_example(struct cli_what_if_example *example, const struct policy_facts *facts,
                         const struct policy_judgement *was, const struct policy_judgement *would_be,
                         int64_t message, int64_t at_us)
{
    example->message = message;
    example->at_us = at_us;
    example->was = *was;
    example->would_be = *would_be;
    snprintf(example->author_domain, sizeof example->author_domain, "%.*s", SEKI_STR_ARGS(facts->author_domain));
    snprintf(example->mail_from_domain, sizeof example->mail_from_domain, "%.*s",
             SEKI_STR_ARGS(facts->mail_from_domain));
}

/* The newest are kept, the newest first. */
static struct cli_what_if_example *place_for(struct cli_what_if_change *change, size_t limit, int64_t at_us)
{
    size_t at = change->example_count < limit ? change->example_count++ : limit;
    if (at == limit && (limit == 0 || change->examples[--at].at_us >= at_us))
        return NULL;
    for (; at > 0 && change->examples[at - 1].at_us < at_us; at--)
        change->examples[at] = change->examples[at - 1];
    return &change->examples[at];
}

static void count_change(struct cli_what_if *what_if, const struct policy_facts *facts,
                         const struct policy_judgement *was, const struct policy_judgement *would_be,
                         int64_t message, int64_t at_us)
{
    struct cli_what_if_change *change = &what_if->changes[was->action][would_be->action];
    what_if->changed++;
    change->count++;
    enum policy_check check = would_be->action != POLICY_DELIVER ? would_be->decisive : was->decisive;
    if (check < POLICY_CHECK_COUNT)
        change->by_check[check]++;
    struct cli_what_if_example *example = place_for(change, what_if->example_limit, at_us);
    if (example != NULL)
        fill_example(example, facts, was, would_be, message, at_us);
}

void cli_what_if_add(struct cli_what_if *what_if, const struct policy_facts *facts,
                     const struct policy_judgement *judged, int64_t message, int64_t at_us)
{
    struct policy_judgement was = *judged;
    struct policy_judgement would_be =
        policy_judge(what_if->policy, what_if->entries, what_if->entry_count, facts, at_us / US_OF_S);
    was.action = policy_action_at(was.action, what_if->shape);
    would_be.action = policy_action_at(would_be.action, what_if->shape);
    what_if->oldest_us = what_if->count == 0 || at_us < what_if->oldest_us ? at_us : what_if->oldest_us;
    what_if->newest_us = at_us > what_if->newest_us ? at_us : what_if->newest_us;
    what_if->count++;
    if (would_be.action != was.action && was.action < POLICY_ACTION_COUNT)
        count_change(what_if, facts, &was, &would_be, message, at_us);
}

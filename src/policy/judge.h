/* From what is known of a message and one domain's policy to what this domain wants done. Pure. */
#ifndef POLICY_JUDGE_H
#define POLICY_JUDGE_H

#include "policy/allow.h"
#include "policy/policy.h"

struct policy_judgement {
    enum policy_action action;   /* to be done: DELIVER unless the filter is on */
    enum policy_action would_be; /* what the policy says, the filter being on, off or observing */
    unsigned matched;            /* bits 1u << enum policy_check: all that spoke against it */
    enum policy_check decisive;  /* whose action it is; only where would_be is not DELIVER */
    bool is_impostor; /* a check of authentication matched (not attachment, virus) and no entry answered it */
    bool is_forged_bounce;
    bool is_arc_override; /* DMARC would have matched, but for a trusted chain */
    uint64_t allow_id;    /* the entry that answered; 0: none was needed, or there was none */
    bool is_temporary;    /* a scanner gave no answer, and the domain wants to wait: 451 */
};

struct policy_judgement policy_judge(const struct policy *policy, const struct policy_allow *entries,
                                     size_t entry_count, const struct policy_facts *facts, int64_t now_s);

#endif

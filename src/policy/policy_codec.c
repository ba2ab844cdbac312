/* A policy as octets: a version, then every member in the order of the struct. Another version is not read: control
 * rebuilds the replica when the program changes. */
#include "policy/octets.h"
#include "policy/policy.h"

#define VERSION 1u

void policy_encode(const struct policy *policy, struct seki_buf *out)
{
    policy_add_number(out, VERSION, 1);
    policy_add_number(out, policy->filter, 1);
    for (size_t i = 0; i < POLICY_CHECK_COUNT; i++)
        policy_add_number(out, policy->actions[i], 1);
    policy_add_number(out, policy->bad_author, 1);
    policy_add_number(out, policy->discards_forged_bounces, 1);
    policy_add_number(out, policy->refuses_strictly, 1);
    policy_add_number(out, policy->junk_by, 1);
    policy_add_text(out, policy->junk_suffix);
    policy_add_text(out, policy->subject_tag);
    policy_add_number(out, policy->on_scan_failure, 1);
    policy_add_number(out, policy->quarantine_days, 2);
    policy_add_number(out, policy->digest, 1);
    policy_add_number(out, policy->language, 1);
    policy_add_number(out, policy->reports, 1);
}

static void take_members(struct policy_cursor *c, struct policy *policy)
{
    policy->filter = policy_take_below(c, POLICY_ON + 1);
    for (size_t i = 0; i < POLICY_CHECK_COUNT; i++)
        policy->actions[i] = policy_take_below(c, POLICY_REFUSE + 1);
    policy->bad_author = policy_take_below(c, POLICY_REFUSE + 2);
    policy->discards_forged_bounces = policy_take_below(c, 2);
    policy->refuses_strictly = policy_take_below(c, 2);
    policy->junk_by = policy_take_below(c, POLICY_JUNK_BY_RECIPIENT + 1);
    policy->junk_suffix = policy_take_text(c);
    policy->subject_tag = policy_take_text(c);
    policy->on_scan_failure = policy_take_below(c, POLICY_SCAN_TEMPFAIL + 1);
    policy->quarantine_days = policy_take_number(c, 2);
    policy->digest = policy_take_below(c, POLICY_DIGEST_WEEKLY + 1);
    policy->language = policy_take_below(c, POLICY_JAPANESE + 1);
    policy->reports = policy_take_below(c, 2);
}

/* What policy_option_read() would not have taken did not come from us. */
static bool is_sound(const struct policy *policy)
{
    return policy->junk_suffix.len <= POLICY_JUNK_SUFFIX_MAX && policy_suffix_fault(policy->junk_suffix) == NULL &&
           policy->subject_tag.len <= POLICY_SUBJECT_TAG_MAX && policy_tag_fault(policy->subject_tag) == NULL &&
           policy->quarantine_days >= POLICY_QUARANTINE_DAYS_MIN &&
           policy->quarantine_days <= POLICY_QUARANTINE_DAYS_MAX;
}

bool policy_decode(struct seki_str octets, struct policy *policy_out)
{
    struct policy_cursor c = { .rest = octets };
    struct policy policy = { 0 };
    bool is_known = policy_take_number(&c, 1) == VERSION;
    take_members(&c, &policy);
    bool is_good = is_known && !c.failed && c.rest.len == 0 && is_sound(&policy);
    *policy_out = is_good ? policy : policy_default();
    return is_good;
}

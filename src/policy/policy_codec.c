/* A policy as octets: a version, then every member in the order of the struct. Another version is not read: control
 * rebuilds the replica when the program changes. */
#include "base/octets.h"
#include "policy/policy.h"

#define VERSION 2u

void policy_encode(const struct policy *policy, struct seki_buf *out)
{
    seki_octets_add_number(out, VERSION);
    seki_octets_add_number(out, policy->filter);
    for (size_t i = 0; i < POLICY_CHECK_COUNT; i++)
        seki_octets_add_number(out, policy->actions[i]);
    seki_octets_add_number(out, policy->bad_author);
    seki_octets_add_number(out, policy->discards_forged_bounces);
    seki_octets_add_number(out, policy->refuses_strictly);
    seki_octets_add_number(out, policy->junk_by);
    seki_octets_add_text(out, policy->junk_suffix);
    seki_octets_add_text(out, policy->subject_tag);
    seki_octets_add_number(out, policy->on_scan_failure);
    seki_octets_add_number(out, policy->quarantine_days);
    seki_octets_add_number(out, policy->digest);
    seki_octets_add_number(out, policy->language);
    seki_octets_add_number(out, policy->reports);
}

static unsigned take_word(struct seki_octets *c, unsigned last)
{
    return (unsigned)seki_octets_number_to(c, last);
}

static void take_members(struct seki_octets *c, struct policy *policy)
{
    policy->filter = take_word(c, POLICY_ON);
    for (size_t i = 0; i < POLICY_CHECK_COUNT; i++)
        policy->actions[i] = take_word(c, POLICY_REFUSE);
    policy->bad_author = take_word(c, POLICY_REFUSE + 1);
    policy->discards_forged_bounces = seki_octets_number_to(c, 1) != 0;
    policy->refuses_strictly = seki_octets_number_to(c, 1) != 0;
    policy->junk_by = take_word(c, POLICY_JUNK_BY_RECIPIENT);
    policy->junk_suffix = seki_octets_text(c);
    policy->subject_tag = seki_octets_text(c);
    policy->on_scan_failure = take_word(c, POLICY_SCAN_TEMPFAIL);
    policy->quarantine_days = seki_octets_number(c);
    policy->digest = take_word(c, POLICY_DIGEST_WEEKLY);
    policy->language = take_word(c, POLICY_JAPANESE);
    policy->reports = seki_octets_number_to(c, 1) != 0;
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
    struct seki_octets c = seki_octets_of(octets);
    struct policy policy = { 0 };
    bool is_known = seki_octets_number(&c) == VERSION;
    take_members(&c, &policy);
    bool is_good = is_known && !c.has_failed && c.left.len == 0 && is_sound(&policy);
    *policy_out = is_good ? policy : policy_default();
    return is_good;
}

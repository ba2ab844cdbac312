#include "domain/survey_run.h"

#include <assert.h>

static const struct seki_str nothing = SEKI_STR_INIT("");

const char *domain_dnssec_state_name(enum domain_dnssec_state state)
{
    static const char *const names[] = {
        [DOMAIN_DNSSEC_UNKNOWN] = "unknown", [DOMAIN_DNSSEC_ABSENT] = "absent",
        [DOMAIN_DNSSEC_PRESENT] = "present", [DOMAIN_DNSSEC_VALIDATED] = "validated",
        [DOMAIN_DNSSEC_BROKEN] = "broken",
    };
    static_assert(sizeof names / sizeof names[0] == DOMAIN_DNSSEC_BROKEN + 1, "a name for every state");
    return names[state];
}

/* One name on the way up. @return false: go on to the name above */
static bool look_at(struct domain_run *run, struct seki_str zone, struct domain_dnssec_report *report)
{
    const struct seki_answer *delegations = domain_ask_quietly(run, zone, SEKI_RR_DS);
    const struct seki_answer *name_servers = domain_ask_quietly(run, zone, SEKI_RR_NS);
    if (delegations->status != SEKI_ANSWER_FOUND && delegations->status != SEKI_ANSWER_FAILED &&
        name_servers->status != SEKI_ANSWER_FOUND)
        return false;
    report->zone = zone;
    report->state = DOMAIN_DNSSEC_ABSENT;
    if (delegations->status == SEKI_ANSWER_FAILED)
        report->state = DOMAIN_DNSSEC_UNKNOWN;
    else if (delegations->status == SEKI_ANSWER_FOUND)
        report->state = DOMAIN_DNSSEC_PRESENT;
    report->delegations = delegations->records;
    report->delegation_count = delegations->record_count;
    return true;
}

/* "12345 13 2 49FD…": one of its first three numbers */
static uint64_t number_in(struct seki_str delegation, unsigned index)
{
    struct seki_str word = nothing;
    uint64_t number = 0;
    for (unsigned i = 0; i <= index; i++)
        seki_str_split(&delegation, ' ', &word);
    (void)seki_str_to_u64(word, UINT16_MAX, &number);
    return number;
}

/* RFC 8624 section 3.1: what validators still take, and nobody should sign with: all before RSASHA256, and ECC-GOST. */
static bool is_old_algorithm(uint64_t algorithm)
{
    return algorithm < 8 || algorithm == 12;
}

/* "SHA-1 ... MUST NOT" be used for new DS records (RFC 8624 section 3.3). */
static bool is_old_digest(uint64_t digest_type)
{
    return digest_type == 1;
}

static void judge_delegations(struct domain_run *run, const struct domain_dnssec_report *report)
{
    size_t old_algorithms = 0, old_digests = 0;
    for (size_t i = 0; i < report->delegation_count; i++) {
        old_algorithms += is_old_algorithm(number_in(report->delegations[i].text, 1));
        old_digests += is_old_digest(number_in(report->delegations[i].text, 2));
    }
    if (report->delegation_count > 0 && old_algorithms == report->delegation_count)
        domain_find(run, DOMAIN_DNSSEC_OLD_ALGORITHM, report->zone,
                    domain_number(run, number_in(report->delegations[0].text, 1)), nothing, nothing);
    if (report->delegation_count > 0 && old_digests == report->delegation_count)
        domain_find(run, DOMAIN_DNSSEC_SHA1, report->zone, nothing, nothing, nothing);
}

/* The resolver's word on the domain's own records, where it validates. */
static enum domain_dnssec_state validated(struct domain_run *run, enum domain_dnssec_state state)
{
    static const enum seki_rr_type types[] = { SEKI_RR_TXT, SEKI_RR_MX };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        const struct seki_answer *answer = domain_ask_quietly(run, run->domain, types[i]);
        if (answer->dnssec == SEKI_DNSSEC_BOGUS)
            return DOMAIN_DNSSEC_BROKEN;
        if (answer->dnssec == SEKI_DNSSEC_SECURE)
            state = DOMAIN_DNSSEC_VALIDATED;
    }
    return state;
}

/* The zone is the nearest name upwards that has name servers or a DS record. A top-level domain is not asked: of it the
 * domain is only a customer. */
void domain_survey_dnssec(struct domain_run *run, struct domain_report *report)
{
    bool is_found = false;
    report->dnssec = (struct domain_dnssec_report){ .state = DOMAIN_DNSSEC_ABSENT };
    for (struct seki_str zone = run->domain; !is_found && seki_domain_label_count(zone) >= 2;
         zone = seki_domain_parent(zone))
        is_found = look_at(run, zone, &report->dnssec);
    judge_delegations(run, &report->dnssec);
    report->dnssec.state = validated(run, report->dnssec.state);
}

/* What speaks against a message, and what answers that.
 *
 *     check             speaks when                                        but not when
 *     ----------------  -------------------------------------------------  ------------------------------------------
 *     dmarc-*           DMARC fails; one of three by what the domain asks  a trusted chain saw it pass
 *     bad-author        DMARC permerror                                    -
 *     spf-fail          SPF of MAIL FROM is fail                           somebody vouches, or the domain of MAIL FROM
 *     spf-softfail      … is softfail                                      signed the message
 *     dkim-fail         signatures are there, and none passes              somebody vouches
 *     unauthenticated   something was looked at, and nothing passes        somebody vouches; anything is temporary
 *     internal-spoof    the author domain is hosted here                   somebody vouches; DMARC is temporary
 *     lookalike         the author domain resembles a hosted one           -
 *     attachment        a dangerous one is there                           -
 *     virus             the scanner found one                              -
 *
 * "Somebody vouches" for the author: DMARC passes; without a DMARC record, SPF or a signature is the author domain's own;
 * or a trusted chain saw it pass (RFC 8617 section 7.2). Why an aligned pass answers SPF fail: a forwarder that keeps
 * MAIL FROM always fails SPF, and the author's signature goes through it unharmed (RFC 7960 section 3.1, RFC 7208
 * section 8.4). A signature by the domain of MAIL FROM says the same of that domain. A signature that fails beside an
 * aligned SPF pass is as if it were not there (RFC 6376 section 6.3).
 *
 * Mail to contacts alone (policy/contact.h) is marked at most, whatever authentication says: a sender whose mail was
 * refused is told to write there. With any other recipient it is judged as mail to that one, or whoever adds postmaster to
 * a forgery would turn a refusal of the whole message into less. What is found in the message counts as ever: RFC 5321
 * section 4.5.1 leaves room for that.
 *
 * Two checks nobody can vouch against: whoever registers a look-alike passes DMARC for it, and where there is no one
 * author domain nobody can pass for it. And a temporary error is never a failure: it speaks for no check at all. */
#include "policy/judge.h"

#include <sekisho/domain.h>

static bool somebody_vouches(const struct policy_facts *facts)
{
    return facts->dmarc == SEKI_DMARC_PASS || facts->is_arc_override || facts->is_spf_aligned ||
           facts->is_dkim_aligned;
}

/* Either may be below the other: bounce.example.com in MAIL FROM, example.com in the signature. */
static bool has_signed_mail_from(const struct policy_facts *facts)
{
    for (size_t i = 0; facts->mail_from_domain.len > 0 && i < facts->dkim_domain_count; i++)
        if (seki_domain_is_within(facts->mail_from_domain, facts->dkim_domains[i]) ||
            seki_domain_is_within(facts->dkim_domains[i], facts->mail_from_domain))
            return true;
    return false;
}

static bool fails_dmarc(const struct policy_facts *facts, enum policy_check check)
{
    static const enum policy_check by_wish[] = {
        [SEKI_DMARC_POLICY_UNSET] = POLICY_DMARC_NONE,
        [SEKI_DMARC_POLICY_NONE] = POLICY_DMARC_NONE,
        [SEKI_DMARC_POLICY_QUARANTINE] = POLICY_DMARC_QUARANTINE,
        [SEKI_DMARC_POLICY_REJECT] = POLICY_DMARC_REJECT,
    };
    return facts->dmarc == SEKI_DMARC_FAIL && facts->wish <= SEKI_DMARC_POLICY_REJECT &&
           by_wish[facts->wish] == check;
}

static bool fails_spf(const struct policy_facts *facts, enum seki_spf_result result)
{
    return facts->has_spf && facts->spf == result && !somebody_vouches(facts) && !has_signed_mail_from(facts);
}

static bool fails_dkim(const struct policy_facts *facts)
{
    bool has_failed = facts->dkim == SEKI_DKIM_FAIL || facts->dkim == SEKI_DKIM_POLICY ||
                      facts->dkim == SEKI_DKIM_NEUTRAL || facts->dkim == SEKI_DKIM_PERMERROR;
    return has_failed && !somebody_vouches(facts);
}

static bool is_temporary(const struct policy_facts *facts)
{
    return facts->dmarc == SEKI_DMARC_TEMPERROR || facts->spf == SEKI_SPF_TEMPERROR ||
           facts->dkim == SEKI_DKIM_TEMPERROR;
}

/* Where nothing was looked at, nothing is known. */
static bool is_unauthenticated(const struct policy_facts *facts)
{
    bool was_looked_at = facts->has_spf || facts->dkim != SEKI_DKIM_NONE || facts->dmarc != SEKI_DMARC_NONE;
    return was_looked_at && !policy_facts_is_authenticated(facts) && !somebody_vouches(facts) &&
           !is_temporary(facts);
}

static bool is_internal_spoof(const struct policy_facts *facts)
{
    return facts->is_author_hosted && !somebody_vouches(facts) && facts->dmarc != SEKI_DMARC_TEMPERROR;
}

static bool speaks(enum policy_check check, const struct policy_facts *facts)
{
    switch (check) {
    case POLICY_DMARC_REJECT:
    case POLICY_DMARC_QUARANTINE:
    case POLICY_DMARC_NONE: return fails_dmarc(facts, check) && !facts->is_arc_override;
    case POLICY_BAD_AUTHOR: return facts->dmarc == SEKI_DMARC_PERMERROR;
    case POLICY_SPF_FAIL: return fails_spf(facts, SEKI_SPF_FAIL);
    case POLICY_SPF_SOFTFAIL: return fails_spf(facts, SEKI_SPF_SOFTFAIL);
    case POLICY_DKIM_FAIL: return fails_dkim(facts);
    case POLICY_UNAUTHENTICATED: return is_unauthenticated(facts);
    case POLICY_INTERNAL_SPOOF: return is_internal_spoof(facts);
    case POLICY_LOOKALIKE: return facts->lookalike_of.len > 0;
    case POLICY_ATTACHMENT: return facts->attachment.len > 0;
    case POLICY_VIRUS: return facts->virus.len > 0;
    case POLICY_CHECK_COUNT: break;
    }
    return false;
}

#define ALL_CHECKS     ((1u << POLICY_CHECK_COUNT) - 1)
#define CONTENT_CHECKS (1u << POLICY_ATTACHMENT | 1u << POLICY_VIRUS)
#define AUTH_CHECKS    (ALL_CHECKS & ~CONTENT_CHECKS)

static unsigned checks_that_speak(const struct policy_facts *facts)
{
    unsigned checks = 0;
    for (size_t i = 0; i < POLICY_CHECK_COUNT; i++)
        if (speaks((enum policy_check)i, facts))
            checks |= 1u << i;
    return checks;
}

/* Those of the checks that the domain wants something done about. */
static unsigned checks_that_count(const struct policy *policy, unsigned checks)
{
    unsigned counting = 0;
    for (size_t i = 0; i < POLICY_CHECK_COUNT; i++)
        if ((checks & 1u << i) && policy_action_for(policy, (enum policy_check)i) > POLICY_DELIVER)
            counting |= 1u << i;
    return counting;
}

static enum policy_action action_on(const struct policy *policy, const struct policy_facts *facts,
                                    enum policy_check check)
{
    enum policy_action action = policy_action_for(policy, check);
    bool is_spared = facts->is_to_contact && (AUTH_CHECKS & 1u << check);
    return is_spared && action > POLICY_MARK ? POLICY_MARK : action;
}

/* Of several the strictest; of equals the first in the order of the enum. */
static void decide(const struct policy *policy, const struct policy_facts *facts, unsigned checks,
                   struct policy_judgement *judgement)
{
    for (size_t i = 0; i < POLICY_CHECK_COUNT; i++) {
        enum policy_action action = action_on(policy, facts, (enum policy_check)i);
        if (!(checks & 1u << i) || action <= judgement->would_be)
            continue;
        judgement->would_be = action;
        judgement->decisive = (enum policy_check)i;
    }
}

/* Nothing is thrown away on account of its content: an infected bounce is forged only if its author is. */
static void discard_forged_bounce(const struct policy *policy, const struct policy_facts *facts, unsigned counting,
                                  struct policy_judgement *judgement)
{
    judgement->would_be = POLICY_DELIVER;
    decide(policy, facts, counting & AUTH_CHECKS, judgement);
    judgement->would_be = POLICY_DISCARD;
}

/* A domain for which a virus changes nothing has nothing to wait for, and what does not get in needs no scan. */
static bool waits_for_scanner(const struct policy *policy, const struct policy_facts *facts,
                              enum policy_action action)
{
    return facts->has_scan_failed && policy->filter == POLICY_ON &&
           policy->on_scan_failure == POLICY_SCAN_TEMPFAIL &&
           policy_action_for(policy, POLICY_VIRUS) > POLICY_DELIVER && action < POLICY_REFUSE;
}

struct policy_judgement policy_judge(const struct policy *policy, const struct policy_allow *entries,
                                     size_t entry_count, const struct policy_facts *facts, int64_t now_s)
{
    struct policy_judgement judgement = { .action = POLICY_DELIVER };
    judgement.matched = checks_that_speak(facts);
    judgement.is_arc_override = facts->is_arc_override && facts->dmarc == SEKI_DMARC_FAIL;
    unsigned counting = checks_that_count(policy, judgement.matched);
    const struct policy_allow *entry = NULL;
    if (counting & AUTH_CHECKS)
        entry = policy_allow_find(entries, entry_count, facts, now_s);
    if (entry != NULL) {
        judgement.allow_id = entry->id;
        counting &= CONTENT_CHECKS;
    }
    judgement.is_impostor = (counting & AUTH_CHECKS) != 0;
    judgement.is_forged_bounce = judgement.is_impostor && facts->is_null_sender;
    decide(policy, facts, counting, &judgement);
    if (judgement.is_forged_bounce && policy->discards_forged_bounces && !facts->is_to_contact)
        discard_forged_bounce(policy, facts, counting, &judgement);
    if (policy->filter == POLICY_ON)
        judgement.action = judgement.would_be;
    judgement.is_temporary = waits_for_scanner(policy, facts, judgement.action);
    return judgement;
}

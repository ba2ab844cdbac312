#include "policy/facts.h"

#include <sekisho/domain.h>

/* A key in test mode: "Verifiers MUST NOT treat messages from Signers in testing mode differently from unsigned email,
 * even should the signature fail to verify" (RFC 6376 section 3.6.1). */
static bool counts(const struct seki_dkim_signature_verdict *signature)
{
    return !signature->is_testing;
}

/* The best of results is the one that helps the sender most; what may still change comes before what is final. */
static unsigned rank_of(enum seki_dkim_result result)
{
    static const unsigned ranks[] = {
        [SEKI_DKIM_NONE] = 0, [SEKI_DKIM_NEUTRAL] = 1,   [SEKI_DKIM_PERMERROR] = 2, [SEKI_DKIM_POLICY] = 3,
        [SEKI_DKIM_FAIL] = 4, [SEKI_DKIM_TEMPERROR] = 5, [SEKI_DKIM_PASS] = 6,
    };
    return ranks[result];
}

static bool is_known(const struct policy_facts *facts, struct seki_str domain)
{
    for (size_t i = 0; i < facts->dkim_domain_count; i++)
        if (seki_str_equal(facts->dkim_domains[i], domain))
            return true;
    return false;
}

/* What is signed in part only (l=) authenticates nothing (RFC 6376 section 8.2). */
static void note_signature(const struct seki_dkim_signature_verdict *signature, struct policy_facts *facts)
{
    bool is_partial_pass = signature->result == SEKI_DKIM_PASS && signature->is_partial;
    enum seki_dkim_result result = is_partial_pass ? SEKI_DKIM_NEUTRAL : signature->result;
    if (rank_of(result) > rank_of(facts->dkim))
        facts->dkim = result;
    if (result == SEKI_DKIM_PASS && facts->dkim_domain_count < POLICY_FACTS_DKIM_MAX &&
        !is_known(facts, signature->domain_ascii))
        facts->dkim_domains[facts->dkim_domain_count++] = signature->domain_ascii;
}

static void note_spf(const struct seki_verdict *verdict, struct policy_facts *facts)
{
    facts->has_spf = verdict->has_spf_mail_from;
    facts->spf = verdict->spf_mail_from.result;
    if (verdict->spf_mail_from.domain.ptr != NULL)
        facts->spf_domain = verdict->spf_mail_from.domain;
    facts->is_null_sender = verdict->has_spf_mail_from && verdict->spf_mail_from.is_null_reverse_path;
}

/* A signature may speak for the names below its own (RFC 6376 section 3.5, i=); a single label is nobody's signature. */
static bool has_signed_author(const struct policy_facts *facts)
{
    for (size_t i = 0; i < facts->dkim_domain_count; i++)
        if (seki_domain_label_count(facts->dkim_domains[i]) > 1 &&
            seki_domain_is_within(facts->author_domain, facts->dkim_domains[i]))
            return true;
    return false;
}

/* DMARC tells of alignment only where a record says how. Without one, what the author domain's own name says holds. */
static void note_alignment(const struct seki_verdict *verdict, struct policy_facts *facts)
{
    facts->is_spf_aligned = verdict->dmarc.spf_aligned;
    facts->is_dkim_aligned = verdict->dmarc.dkim_aligned;
    if (verdict->dmarc.result != SEKI_DMARC_NONE || facts->author_domain.len == 0)
        return;
    facts->is_spf_aligned = facts->spf == SEKI_SPF_PASS && seki_str_equal(facts->spf_domain, facts->author_domain);
    facts->is_dkim_aligned = has_signed_author(facts);
}

/* reverse-path = "<" [mailbox] ">"; the domain only for show, so that what cannot be read is "" */
static struct seki_str domain_of(struct seki_str mail_from)
{
    size_t at = seki_str_find_last(mail_from, '@');
    struct seki_str domain = seki_str_from(mail_from, at < mail_from.len ? at + 1 : mail_from.len);
    if (domain.len > 0 && domain.ptr[domain.len - 1] == '>')
        domain.len--;
    return domain.len > 0 ? domain : SEKI_STR("");
}

/* For a null reverse-path SPF judges HELO; else the domain it judged is this one, already as A-labels. */
static void note_mail_from(struct seki_str mail_from, struct policy_facts *facts)
{
    struct seki_str path = seki_str_trim(mail_from);
    facts->is_null_sender = facts->is_null_sender || path.len == 0 || seki_str_equal(path, SEKI_STR("<>"));
    if (!facts->is_null_sender)
        facts->mail_from_domain = facts->spf_domain.len > 0 ? facts->spf_domain : domain_of(path);
}

void policy_facts_of(const struct seki_verdict *verdict, const struct seki_ip *client, struct seki_str mail_from,
                     struct policy_facts *facts_out)
{
    const struct seki_str none = SEKI_STR("");
    *facts_out = (struct policy_facts){
        .client = *client,
        .author_domain = verdict->dmarc.from_domain.ptr != NULL ? verdict->dmarc.from_domain : none,
        .mail_from_domain = none,
        .spf_domain = none,
        .dmarc = verdict->dmarc.result,
        .wish = verdict->dmarc.policy,
        .is_arc_override = verdict->is_arc_override,
        .lookalike_of = none,
        .attachment = none,
        .virus = none,
    };
    note_spf(verdict, facts_out);
    note_mail_from(mail_from, facts_out);
    for (size_t i = 0; i < verdict->dkim.signature_count; i++)
        if (counts(&verdict->dkim.signatures[i]))
            note_signature(&verdict->dkim.signatures[i], facts_out);
    note_alignment(verdict, facts_out);
}

bool policy_facts_is_authenticated(const struct policy_facts *facts)
{
    return facts->spf == SEKI_SPF_PASS || facts->dkim_domain_count > 0;
}

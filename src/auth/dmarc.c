/* One DMARC evaluation: RFC 9989 section 5.3, from the Author Domain to the verdict.
 *
 * Everything that has been found is kept between steps, in the evaluation's walks and authors; a step asks the table
 * only what it does not know yet. When From does not name exactly one domain, every domain that it names is evaluated
 * as if it were the only one, and the strictest policy among those that fail is what the verdict carries. */
#include "auth/dmarc_internal.h"

#include "auth/dmarc_record.h"
#include "base/i18n.h"

#define DEFAULT_MAX_AUTHOR_DOMAINS 4u

static enum seki_result arena_full(struct seki_arena *arena, struct seki_error *why)
{
    seki_error_set(why, "cannot evaluate DMARC: the message's memory is used up");
    return seki_arena_failure(arena);
}

/* 1. Making one. */

static enum seki_result make(struct seki_arena *arena, const struct seki_dmarc_from *from,
                             const struct seki_dmarc_options *options, struct seki_dmarc **dmarc_out,
                             struct seki_error *why)
{
    struct seki_dmarc *dmarc = seki_arena_alloc(arena, 1, sizeof *dmarc);
    struct seki_dmarc_author *authors = seki_arena_alloc(arena, from->domain_count, sizeof *authors);
    if (dmarc == NULL || authors == NULL)
        return arena_full(arena, why);
    dmarc->arena = arena;
    if (options != NULL)
        dmarc->options = *options;
    dmarc->walks.arena = arena;
    dmarc->walks.psl = dmarc->options.discovery == SEKI_DMARC_PSL ? dmarc->options.psl : NULL;
    dmarc->authors = authors;
    dmarc->author_count = from->domain_count;
    dmarc->defect = from->defect;
    for (size_t i = 0; i < from->domain_count; i++) {
        authors[i].domain = from->domains[i];
        authors[i].walk = seki_dmarc_walk_get(&dmarc->walks, from->domains[i]);
        if (authors[i].walk == NULL)
            return arena_full(arena, why);
    }
    *dmarc_out = dmarc;
    return SEKI_OK;
}

static bool is_usage_error(const struct seki_dmarc_options *options, struct seki_error *why)
{
    if (options == NULL || options->discovery != SEKI_DMARC_PSL || options->psl != NULL)
        return false;
    seki_error_set(why, "DMARC by RFC 7489 needs a public suffix list: load one with seki_psl_load()");
    return true;
}

enum seki_result seki_dmarc_new(struct seki_arena *arena, const struct seki_message *message,
                                const struct seki_dmarc_options *options, struct seki_dmarc **dmarc_out,
                                struct seki_error *why)
{
    *dmarc_out = NULL;
    if (is_usage_error(options, why))
        return SEKI_USAGE;
    size_t max_domains = options != NULL ? options->max_author_domains : 0;
    struct seki_dmarc_from from;
    enum seki_result result =
        seki_dmarc_from_read(arena, message, max_domains > 0 ? max_domains : DEFAULT_MAX_AUTHOR_DOMAINS, &from);
    if (result != SEKI_OK)
        return arena_full(arena, why);
    return make(arena, &from, options, dmarc_out, why);
}

enum seki_result seki_dmarc_new_for_domain(struct seki_arena *arena, struct seki_str domain,
                                           const struct seki_dmarc_options *options, struct seki_dmarc **dmarc_out,
                                           struct seki_error *why)
{
    *dmarc_out = NULL;
    if (is_usage_error(options, why))
        return SEKI_USAGE;
    struct seki_str ascii;
    enum seki_result result = seki_domain_to_ascii(arena, domain, &ascii);
    if (result != SEKI_OK && result != SEKI_BAD_INPUT)
        return arena_full(arena, why);
    struct seki_dmarc_from from = { .domains = &ascii,
                                    .domain_count = result == SEKI_OK,
                                    .defect =
                                        result == SEKI_OK ? SEKI_STR("") : SEKI_STR(N_("not a domain name")) };
    return make(arena, &from, options, dmarc_out, why);
}

/* 2. The verdict. */

static struct seki_str fail_reason(const struct seki_dmarc_author *author)
{
    for (size_t i = 0; i < author->identifier_count; i++)
        if (!author->identifiers[i].is_temporary)
            return SEKI_STR(N_("no authenticated identifier is aligned"));
    return SEKI_STR(N_("no authenticated identifier"));
}

static struct seki_str pass_reason(bool spf_aligned, bool dkim_aligned)
{
    if (spf_aligned && dkim_aligned)
        return SEKI_STR(N_("SPF and DKIM are aligned"));
    return spf_aligned ? SEKI_STR(N_("SPF is aligned")) : SEKI_STR(N_("DKIM is aligned"));
}

static struct seki_str none_reason(struct seki_arena *arena, const struct seki_dmarc_author *author)
{
    if (author->at == NULL)
        return SEKI_STR(N_("no DMARC record"));
    return seki_arena_format(arena, "the record at %.*s has no valid policy and asks for no reports",
                             SEKI_STR_ARGS(author->at->domain));
}

/* The walk that failed may be an identifier's. */
static struct seki_str temperror_reason(const struct seki_dmarc *dmarc, const struct seki_dmarc_author *author)
{
    const struct seki_dmarc_name *failed = author->walk->failed;
    for (const struct seki_dmarc_walk *walk = dmarc->walks.first; walk != NULL && failed == NULL; walk = walk->next)
        failed = walk->failed;
    if (failed != NULL)
        return seki_arena_format(dmarc->arena, "_dmarc.%.*s could not be looked up: %.*s",
                                 SEKI_STR_ARGS(failed->domain), SEKI_STR_ARGS(failed->answer->failure));
    if (author->existence != NULL && author->existence->status == SEKI_ANSWER_FAILED)
        return seki_arena_format(dmarc->arena, "whether %.*s exists could not be looked up: %.*s",
                                 SEKI_STR_ARGS(author->domain), SEKI_STR_ARGS(author->existence->failure));
    return SEKI_STR(N_("an identifier that could align ended in temperror"));
}

/* Without any identifier to judge: where the policy comes from. */
static struct seki_str discovery_reason(const struct seki_dmarc_author *author)
{
    if (author->origin == SEKI_DMARC_ORIGIN_AUTHOR)
        return SEKI_STR(N_("policy of the domain's own record"));
    return author->origin == SEKI_DMARC_ORIGIN_ORG ? SEKI_STR(N_("policy of the Organizational Domain's record"))
                                                   : SEKI_STR(N_("policy of the Public Suffix Domain's record"));
}

static struct seki_str reason_for(const struct seki_dmarc *dmarc, const struct seki_dmarc_author *author,
                                  const struct seki_dmarc_verdict *verdict)
{
    switch (author->result) {
    case SEKI_DMARC_NONE: return none_reason(dmarc->arena, author);
    case SEKI_DMARC_PASS: return pass_reason(verdict->spf_aligned, verdict->dkim_aligned);
    case SEKI_DMARC_TEMPERROR: return temperror_reason(dmarc, author);
    case SEKI_DMARC_FAIL:
    case SEKI_DMARC_PERMERROR: break;
    }
    return dmarc->is_discovery_alone ? discovery_reason(author) : fail_reason(author);
}

static void fill_policy(const struct seki_dmarc_author *author, struct seki_dmarc_verdict *verdict)
{
    if (author->walk->org_rule != SEKI_DMARC_ORG_UNKNOWN)
        verdict->org_domain = author->walk->org_domain;
    if (author->at == NULL)
        return;
    verdict->policy_domain = author->at->domain;
    verdict->record = &author->at->record;
    verdict->dnssec = author->at->answer->dnssec;
    verdict->published = author->published;
    verdict->policy = author->policy;
}

static void judge_one(const struct seki_dmarc *dmarc, struct seki_dmarc_verdict *verdict)
{
    struct seki_dmarc_author *author = &dmarc->authors[0];
    if (dmarc->is_discovery_alone && author->walk->failed != NULL)
        author->result = SEKI_DMARC_TEMPERROR; /* the Organizational Domain is part of what was asked for */
    const struct seki_dmarc_identifier *dkim = seki_dmarc_author_aligned(author, false);
    fill_policy(author, verdict);
    verdict->result = author->result;
    verdict->spf_aligned = seki_dmarc_author_aligned(author, true) != NULL;
    verdict->dkim_aligned = dkim != NULL;
    if (dkim != NULL)
        verdict->dkim_domain = dkim->domain;
    if (author->result == SEKI_DMARC_FAIL)
        verdict->disposition = author->policy;
    verdict->reason = reason_for(dmarc, author, verdict);
}

/* RFC 9989 section 11.5: "apply the DMARC mechanism to each domain found in the RFC5322.From field as the Author Domain
 * and apply the most strict policy selected among the checks that fail". Nothing aligns with such a From (section
 * 4.4), and what becomes of the message is for the receiver to say. */
static void judge_defect(const struct seki_dmarc *dmarc, struct seki_dmarc_verdict *verdict)
{
    const struct seki_dmarc_author *strictest = NULL;
    for (size_t i = 0; i < dmarc->author_count; i++) {
        const struct seki_dmarc_author *author = &dmarc->authors[i];
        if (author->result == SEKI_DMARC_FAIL && (strictest == NULL || author->policy > strictest->policy))
            strictest = author;
    }
    verdict->result = SEKI_DMARC_PERMERROR;
    verdict->author_unreadable = dmarc->defect;
    verdict->reason = dmarc->defect;
    if (strictest != NULL)
        fill_policy(strictest, verdict);
}

static void judge(struct seki_dmarc *dmarc, const struct seki_dmarc_identifiers *identifiers)
{
    struct seki_str none = SEKI_STR_INIT("");
    struct seki_dmarc_verdict *verdict = &dmarc->verdict;
    dmarc->is_discovery_alone = identifiers->mail_from == NULL && identifiers->dkim == NULL;
    *verdict = (struct seki_dmarc_verdict){ .disposition = SEKI_DMARC_POLICY_NONE,
                                            .from_domain = none,
                                            .policy_domain = none,
                                            .org_domain = none,
                                            .dkim_domain = none,
                                            .reason = none,
                                            .author_unreadable = none };
    if (dmarc->author_count == 1)
        verdict->from_domain = dmarc->authors[0].domain;
    if (dmarc->defect.len > 0)
        judge_defect(dmarc, verdict);
    else
        judge_one(dmarc, verdict);
    dmarc->is_done = true;
    seki_dmarc_explain(dmarc, identifiers);
}

/* 3. Advancing. */

static enum seki_result step_author(struct seki_dmarc *dmarc, struct seki_dmarc_author *author,
                                    struct seki_answers *answers, const struct seki_dmarc_identifiers *identifiers)
{
    enum seki_result result = seki_dmarc_author_discover(author, &dmarc->walks, &dmarc->options, answers);
    if ((result != SEKI_OK && result != SEKI_NEED_ANSWERS) || identifiers == NULL || !author->walk->is_done)
        return result;
    enum seki_result aligned = seki_dmarc_author_align(author, &dmarc->walks, identifiers, answers);
    if (result == SEKI_OK && aligned == SEKI_OK)
        seki_dmarc_author_decide(author);
    return aligned != SEKI_OK ? aligned : result;
}

static enum seki_result step_authors(struct seki_dmarc *dmarc, struct seki_answers *answers,
                                     const struct seki_dmarc_identifiers *identifiers)
{
    enum seki_result overall = SEKI_OK;
    for (size_t i = 0; i < dmarc->author_count; i++) {
        enum seki_result result = step_author(dmarc, &dmarc->authors[i], answers, identifiers);
        if (result == SEKI_NEED_ANSWERS)
            overall = result;
        else if (result != SEKI_OK)
            return result;
    }
    return overall;
}

enum seki_result seki_dmarc_step(struct seki_dmarc *dmarc, struct seki_answers *answers,
                                 const struct seki_dmarc_identifiers *identifiers,
                                 struct seki_dmarc_verdict *verdict_out, struct seki_error *why)
{
    *verdict_out = (struct seki_dmarc_verdict){ .result = SEKI_DMARC_NONE };
    if (!dmarc->is_done) {
        enum seki_result result = step_authors(dmarc, answers, identifiers);
        if (result == SEKI_NEED_ANSWERS)
            return result;
        if (result != SEKI_OK)
            return arena_full(dmarc->arena, why);
        if (identifiers == NULL)
            return SEKI_NEED_BODY;
        judge(dmarc, identifiers);
    }
    *verdict_out = dmarc->verdict;
    return SEKI_OK;
}

/* Useful when the two domains may turn out to have the same Organizational Domain. That it is a mere top-level domain is
 * not worth asking for ahead. */
static bool may_align(const struct seki_dmarc_author *author, struct seki_str domain)
{
    return seki_domain_label_count(domain) >= 2 && seki_domain_label_count(author->domain) >= 2 &&
           !seki_str_equal(author->domain, domain) &&
           seki_str_equal(seki_domain_suffix(author->domain, 2), seki_domain_suffix(domain, 2));
}

void seki_dmarc_prefetch(struct seki_dmarc *dmarc, struct seki_answers *answers, struct seki_str domain)
{
    struct seki_str ascii;
    if (dmarc->is_done || dmarc->walks.psl != NULL || dmarc->author_count == 0 ||
        seki_domain_to_ascii(dmarc->arena, domain, &ascii) != SEKI_OK)
        return;
    for (size_t i = 0; i < dmarc->author_count; i++) {
        if (!may_align(&dmarc->authors[i], ascii))
            continue;
        struct seki_dmarc_walk *walk = seki_dmarc_walk_get(&dmarc->walks, ascii);
        if (walk != NULL)
            seki_dmarc_walk_ask_ahead(walk, answers);
        return;
    }
}

const char *seki_dmarc_result_name(enum seki_dmarc_result result)
{
    static const char *const names[] = {
        [SEKI_DMARC_NONE] = "none",           [SEKI_DMARC_PASS] = "pass",           [SEKI_DMARC_FAIL] = "fail",
        [SEKI_DMARC_TEMPERROR] = "temperror", [SEKI_DMARC_PERMERROR] = "permerror",
    };
    return names[result];
}

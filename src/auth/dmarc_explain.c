/* The trace of a finished evaluation, for people: what stood at every name, and which rule said what. */
#include "auth/dmarc_internal.h"

#include "auth/dmarc_record.h"
#include "base/i18n.h"

#define MAX_RECORD_TEXT 2048u

static const char *policy_word(const struct seki_trace *trace, enum seki_dmarc_policy policy)
{
    return policy != SEKI_DMARC_POLICY_UNSET ? seki_dmarc_policy_name(policy)
                                             : seki_trace_text(trace, N_("unknown"));
}

/* 1. Walks. */

static void explain_name(struct seki_trace *trace, const struct seki_dmarc_name *name)
{
    const struct seki_answer *answer = name->answer;
    switch (name->standing) {
    case SEKI_DMARC_STANDING_UNREAD: break;
    case SEKI_DMARC_STANDING_NOTHING:
        if (answer->status == SEKI_ANSWER_FOUND)
            seki_trace_add(trace, 2, "%.*s TXT: records, but none of DMARC", SEKI_STR_ARGS(answer->name));
        else
            seki_trace_add(trace, 2, "%.*s TXT: %s", SEKI_STR_ARGS(answer->name),
                           seki_trace_text(trace, seki_answer_status_name(answer->status)));
        break;
    case SEKI_DMARC_STANDING_SEVERAL:
        seki_trace_add(trace, 2, "%.*s TXT: several DMARC records, all of them are discarded",
                       SEKI_STR_ARGS(answer->name));
        break;
    case SEKI_DMARC_STANDING_FAILURE:
        seki_trace_add(trace, 2, "%.*s TXT: failed: %s", SEKI_STR_ARGS(answer->name),
                       seki_trace_reason(trace, answer->failure));
        break;
    case SEKI_DMARC_STANDING_RECORD:
        seki_trace_add(trace, 2, "%.*s TXT: %.*s", SEKI_STR_ARGS(answer->name), SEKI_STR_ARGS(name->record.text));
        break;
    }
}

static const char *org_rule_text(enum seki_dmarc_org_rule rule)
{
    static const char *const texts[] = {
        [SEKI_DMARC_ORG_UNKNOWN] = N_("a failed look-up stands in the way"),
        [SEKI_DMARC_ORG_PSD_N] = N_("its record says psd=n"),
        [SEKI_DMARC_ORG_BELOW_PSD_Y] = N_("one label below the record with psd=y"),
        [SEKI_DMARC_ORG_TOPMOST] = N_("the record at the name with the fewest labels"),
        [SEKI_DMARC_ORG_START] = N_("no record on the whole way"),
        [SEKI_DMARC_ORG_LIST] = N_("by the public suffix list (RFC 7489)"),
    };
    return texts[rule];
}

static void explain_walk(struct seki_trace *trace, const struct seki_dmarc_walk *walk)
{
    seki_trace_add(trace, 1, "walk from %.*s", SEKI_STR_ARGS(walk->start));
    for (size_t i = 0; i < walk->read_count; i++)
        explain_name(trace, walk->names[i]);
    if (walk->read_count < walk->name_count)
        seki_trace_add(trace, 2, "the walk ends here; the other %zu names are not looked at",
                       walk->name_count - walk->read_count);
    if (!walk->is_done)
        return;
    struct seki_str org_domain = walk->org_domain;
    if (org_domain.len == 0)
        org_domain = seki_str_of(seki_trace_text(trace, N_("unknown")));
    seki_trace_add(trace, 2, "Organizational Domain: %.*s (%s)", SEKI_STR_ARGS(org_domain),
                   seki_trace_text(trace, org_rule_text(walk->org_rule)));
}

/* 2. Policy. */

static const char *origin_text(enum seki_dmarc_origin origin)
{
    static const char *const texts[] = {
        [SEKI_DMARC_ORIGIN_NONE] = N_("nowhere"),
        [SEKI_DMARC_ORIGIN_AUTHOR] = N_("the Author Domain"),
        [SEKI_DMARC_ORIGIN_ORG] = N_("the Organizational Domain"),
        [SEKI_DMARC_ORIGIN_PSD] = N_("the Public Suffix Domain"),
    };
    return texts[origin];
}

static void explain_record(struct seki_trace *trace, struct seki_arena *arena,
                           const struct seki_dmarc_record *record)
{
    static const char *const notes[] = {
        [SEKI_DMARC_USABLE] = "",
        [SEKI_DMARC_AS_NONE] = N_("; its policies are not valid, but it asks for reports: it counts as p=none"),
        [SEKI_DMARC_UNUSABLE] = N_("; its policies are not valid and it asks for no reports: no DMARC processing"),
    };
    const char *note = notes[seki_dmarc_record_usability(record)];
    struct seki_buf buf;
    seki_buf_init_arena(&buf, arena, MAX_RECORD_TEXT);
    seki_dmarc_record_write(record, &buf);
    seki_trace_add(trace, 1, "record as understood: %.*s%s%s", SEKI_STR_ARGS(seki_buf_str(&buf)),
                   seki_buf_failed(&buf) == SEKI_OK ? "" : "...",
                   *note != '\0' ? seki_trace_text(trace, note) : "");
}

static void explain_existence(struct seki_trace *trace, const struct seki_dmarc_author *author)
{
    if (author->existence == NULL)
        return;
    const char *meaning = N_("it exists, np= does not apply");
    if (author->existence->status == SEKI_ANSWER_NXDOMAIN)
        meaning = N_("it does not exist, np= applies");
    else if (author->existence->status == SEKI_ANSWER_FAILED)
        meaning = N_("whether np= applies is not known");
    seki_trace_add(trace, 1, "%.*s TXT: %s: %s", SEKI_STR_ARGS(author->domain),
                   seki_trace_text(trace, seki_answer_status_name(author->existence->status)),
                   seki_trace_text(trace, meaning));
}

static void explain_policy(struct seki_trace *trace, struct seki_arena *arena,
                           const struct seki_dmarc_author *author)
{
    if (author->at == NULL) {
        if (seki_dmarc_author_has_failed(author))
            seki_trace_add(trace, 1, "policy record: not known, a look-up failed");
        else
            seki_trace_add(trace, 1, "policy record: none");
        return;
    }
    seki_trace_add(trace, 1, "policy record: at %.*s, %s", SEKI_STR_ARGS(author->at->domain),
                   seki_trace_text(trace, origin_text(author->origin)));
    explain_record(trace, arena, &author->at->record);
    if (!seki_dmarc_author_has_policy(author))
        return;
    explain_existence(trace, author);
    if (author->policy == author->published)
        seki_trace_add(trace, 1, "policy: %s", policy_word(trace, author->published));
    else
        seki_trace_add(trace, 1, "policy: %s, in test mode lowered to %s", policy_word(trace, author->published),
                       policy_word(trace, author->policy));
}

/* 3. Identifiers. */

static void explain_spf(struct seki_trace *trace, const struct seki_spf_verdict *spf)
{
    if (spf == NULL)
        seki_trace_add(trace, 1, "SPF: not evaluated");
    else if (spf->result != SEKI_SPF_PASS && spf->result != SEKI_SPF_TEMPERROR)
        seki_trace_add(trace, 1, "SPF: %s for %.*s: no identifier", seki_spf_result_name(spf->result),
                       SEKI_STR_ARGS(spf->domain));
    else if (spf->identity != SEKI_SPF_MAIL_FROM)
        seki_trace_add(trace, 1, "SPF: of the HELO name, which is no identifier");
}

static void explain_signature(struct seki_trace *trace, const struct seki_dkim_signature_verdict *signature)
{
    const char *cause = N_("no identifier");
    if (signature->is_partial)
        cause = N_("l= leaves a part of the body unsigned, no identifier");
    else if (signature->is_testing)
        cause = N_("the key is in test mode, as if unsigned");
    else if (signature->result == SEKI_DKIM_PASS || signature->result == SEKI_DKIM_TEMPERROR)
        return; /* told with its alignment */
    seki_trace_add(trace, 1, "DKIM: %s for d=%.*s: %s", seki_dkim_result_name(signature->result),
                   SEKI_STR_ARGS(signature->domain), seki_trace_text(trace, cause));
}

static void explain_dkim(struct seki_trace *trace, const struct seki_dkim_verdict *dkim)
{
    if (dkim == NULL)
        seki_trace_add(trace, 1, "DKIM: not evaluated");
    else if (dkim->signature_count == 0)
        seki_trace_add(trace, 1, "DKIM: no signature");
    for (size_t i = 0; dkim != NULL && i < dkim->signature_count; i++)
        explain_signature(trace, &dkim->signatures[i]);
}

static void explain_identifier(struct seki_trace *trace, const struct seki_dmarc_author *author,
                               const struct seki_dmarc_identifier *identifier)
{
    static const char *const texts[] = {
        [SEKI_DMARC_ALIGNMENT_UNSEEN] = N_("not looked at"),
        [SEKI_DMARC_ALIGNMENT_NO] = N_("not aligned"),
        [SEKI_DMARC_ALIGNMENT_YES] = N_("aligned"),
        [SEKI_DMARC_ALIGNMENT_UNKNOWN] = N_("not known, a look-up failed"),
    };
    const char *mode = N_("relaxed");
    if (seki_str_equal_nocase(identifier->domain, author->domain))
        mode = N_("the same name");
    else if (author->at != NULL &&
             (identifier->is_spf ? author->at->record.aspf_strict : author->at->record.adkim_strict))
        mode = N_("strict");
    seki_trace_add(trace, 1, "%s: %s for %.*s: %s (%s)", identifier->is_spf ? "SPF" : "DKIM",
                   identifier->is_temporary ? "temperror" : "pass", SEKI_STR_ARGS(identifier->domain),
                   seki_trace_text(trace, texts[identifier->alignment]), seki_trace_text(trace, mode));
}

/* 4. All of it. */

static void explain_author(struct seki_trace *trace, const struct seki_dmarc *dmarc,
                           const struct seki_dmarc_author *author, const struct seki_dmarc_identifiers *identifiers)
{
    seki_trace_add(trace, 0, "Author Domain: %.*s", SEKI_STR_ARGS(author->domain));
    explain_walk(trace, author->walk);
    explain_policy(trace, dmarc->arena, author);
    if (dmarc->is_discovery_alone)
        return;
    explain_spf(trace, identifiers->mail_from);
    explain_dkim(trace, identifiers->dkim);
    for (size_t i = 0; i < author->identifier_count; i++)
        explain_identifier(trace, author, &author->identifiers[i]);
    seki_trace_add(trace, 1, "result for %.*s: %s", SEKI_STR_ARGS(author->domain),
                   seki_dmarc_result_name(author->result));
}

static bool is_author_walk(const struct seki_dmarc *dmarc, const struct seki_dmarc_walk *walk)
{
    for (size_t i = 0; i < dmarc->author_count; i++)
        if (dmarc->authors[i].walk == walk)
            return true;
    return false;
}

static void explain_other_walks(struct seki_trace *trace, const struct seki_dmarc *dmarc)
{
    bool is_first = true;
    for (const struct seki_dmarc_walk *walk = dmarc->walks.first; walk != NULL; walk = walk->next) {
        if (is_author_walk(dmarc, walk) || walk->read_count == 0)
            continue;
        if (is_first)
            seki_trace_add(trace, 0, "Identifiers that may align");
        is_first = false;
        explain_walk(trace, walk);
    }
}

static void explain_decision(struct seki_trace *trace, const struct seki_dmarc *dmarc)
{
    const struct seki_dmarc_verdict *verdict = &dmarc->verdict;
    const char *reason = seki_trace_reason(trace, verdict->reason);
    if (dmarc->is_discovery_alone)
        seki_trace_add(trace, 0, "%s", reason);
    else if (verdict->policy == SEKI_DMARC_POLICY_UNSET)
        seki_trace_add(trace, 0, "dmarc=%s: %s", seki_dmarc_result_name(verdict->result), reason);
    else if (verdict->disposition > SEKI_DMARC_POLICY_NONE)
        seki_trace_add(trace, 0, "dmarc=%s: %s; policy %s, by DMARC alone: %s",
                       seki_dmarc_result_name(verdict->result), reason, seki_dmarc_policy_name(verdict->policy),
                       seki_dmarc_policy_name(verdict->disposition));
    else
        seki_trace_add(trace, 0, "dmarc=%s: %s; policy %s, by DMARC alone: no action",
                       seki_dmarc_result_name(verdict->result), reason, seki_dmarc_policy_name(verdict->policy));
}

void seki_dmarc_explain(const struct seki_dmarc *dmarc, const struct seki_dmarc_identifiers *identifiers)
{
    struct seki_trace *trace = dmarc->options.trace;
    if (trace == NULL)
        return;
    seki_trace_restart(trace);
    if (dmarc->defect.len > 0)
        seki_trace_add(trace, 0, "no single Author Domain: %s", seki_trace_reason(trace, dmarc->defect));
    for (size_t i = 0; i < dmarc->author_count; i++)
        explain_author(trace, dmarc, &dmarc->authors[i], identifiers);
    explain_other_walks(trace, dmarc);
    explain_decision(trace, dmarc);
}

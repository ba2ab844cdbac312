/* The trace of a finished evaluation, for people: what stood at every name, and which rule said what. */
#include "auth/dmarc_internal.h"

#include "auth/dmarc_record.h"

#define MAX_RECORD_TEXT 2048u

static const char *policy_word(enum seki_dmarc_policy policy)
{
    return policy != SEKI_DMARC_POLICY_UNSET ? seki_dmarc_policy_name(policy) : "unknown";
}

/* 1. Walks. */

static void explain_name(struct seki_trace *trace, const struct seki_dmarc_name *name)
{
    const struct seki_answer *answer = name->answer;
    switch (name->standing) {
    case SEKI_DMARC_STANDING_UNREAD: break;
    case SEKI_DMARC_STANDING_NOTHING:
        seki_trace_add(trace, 2, "%.*s TXT: %s", SEKI_STR_ARGS(answer->name),
                       answer->status == SEKI_ANSWER_FOUND ? "records, but none of DMARC"
                                                           : seki_answer_status_name(answer->status));
        break;
    case SEKI_DMARC_STANDING_SEVERAL:
        seki_trace_add(trace, 2, "%.*s TXT: several DMARC records, all of them are discarded",
                       SEKI_STR_ARGS(answer->name));
        break;
    case SEKI_DMARC_STANDING_FAILURE:
        seki_trace_add(trace, 2, "%.*s TXT: failed: %.*s", SEKI_STR_ARGS(answer->name),
                       SEKI_STR_ARGS(answer->failure));
        break;
    case SEKI_DMARC_STANDING_RECORD:
        seki_trace_add(trace, 2, "%.*s TXT: %.*s", SEKI_STR_ARGS(answer->name), SEKI_STR_ARGS(name->record.text));
        break;
    }
}

static const char *org_rule_text(enum seki_dmarc_org_rule rule)
{
    static const char *const texts[] = {
        [SEKI_DMARC_ORG_UNKNOWN] = "a failed look-up stands in the way",
        [SEKI_DMARC_ORG_PSD_N] = "its record says psd=n",
        [SEKI_DMARC_ORG_BELOW_PSD_Y] = "one label below the record with psd=y",
        [SEKI_DMARC_ORG_TOPMOST] = "the record at the name with the fewest labels",
        [SEKI_DMARC_ORG_START] = "no record on the whole way",
        [SEKI_DMARC_ORG_LIST] = "by the public suffix list (RFC 7489)",
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
    seki_trace_add(trace, 2, "Organizational Domain: %.*s (%s)",
                   SEKI_STR_ARGS(walk->org_domain.len > 0 ? walk->org_domain : SEKI_STR("unknown")),
                   org_rule_text(walk->org_rule));
}

/* 2. Policy. */

static const char *origin_text(enum seki_dmarc_origin origin)
{
    static const char *const texts[] = {
        [SEKI_DMARC_ORIGIN_NONE] = "nowhere",
        [SEKI_DMARC_ORIGIN_AUTHOR] = "the Author Domain",
        [SEKI_DMARC_ORIGIN_ORG] = "the Organizational Domain",
        [SEKI_DMARC_ORIGIN_PSD] = "the Public Suffix Domain",
    };
    return texts[origin];
}

static void explain_record(struct seki_trace *trace, struct seki_arena *arena,
                           const struct seki_dmarc_record *record)
{
    static const char *const notes[] = {
        [SEKI_DMARC_USABLE] = "",
        [SEKI_DMARC_AS_NONE] = "; its policies are not valid, but it asks for reports: it counts as p=none",
        [SEKI_DMARC_UNUSABLE] = "; its policies are not valid and it asks for no reports: no DMARC processing",
    };
    struct seki_buf buf;
    seki_buf_init_arena(&buf, arena, MAX_RECORD_TEXT);
    seki_dmarc_record_write(record, &buf);
    seki_trace_add(trace, 1, "record as understood: %.*s%s%s", SEKI_STR_ARGS(seki_buf_str(&buf)),
                   seki_buf_failed(&buf) == SEKI_OK ? "" : "...", notes[seki_dmarc_record_usability(record)]);
}

static void explain_existence(struct seki_trace *trace, const struct seki_dmarc_author *author)
{
    if (author->existence == NULL)
        return;
    const char *meaning = "it exists, np= does not apply";
    if (author->existence->status == SEKI_ANSWER_NXDOMAIN)
        meaning = "it does not exist, np= applies";
    else if (author->existence->status == SEKI_ANSWER_FAILED)
        meaning = "whether np= applies is not known";
    seki_trace_add(trace, 1, "%.*s TXT: %s: %s", SEKI_STR_ARGS(author->domain),
                   seki_answer_status_name(author->existence->status), meaning);
}

static void explain_policy(struct seki_trace *trace, struct seki_arena *arena,
                           const struct seki_dmarc_author *author)
{
    if (author->at == NULL) {
        seki_trace_add(trace, 1, "policy record: %s",
                       seki_dmarc_author_has_failed(author) ? "not known, a look-up failed" : "none");
        return;
    }
    seki_trace_add(trace, 1, "policy record: at %.*s, %s", SEKI_STR_ARGS(author->at->domain),
                   origin_text(author->origin));
    explain_record(trace, arena, &author->at->record);
    if (!seki_dmarc_author_has_policy(author))
        return;
    explain_existence(trace, author);
    seki_trace_add(trace, 1, "policy: %s%s%s", policy_word(author->published),
                   author->policy != author->published ? ", in test mode lowered to " : "",
                   author->policy != author->published ? policy_word(author->policy) : "");
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
    const char *cause = "no identifier";
    if (signature->is_partial)
        cause = "l= leaves a part of the body unsigned, no identifier";
    else if (signature->is_testing)
        cause = "the key is in test mode, as if unsigned";
    else if (signature->result == SEKI_DKIM_PASS || signature->result == SEKI_DKIM_TEMPERROR)
        return; /* told with its alignment */
    seki_trace_add(trace, 1, "DKIM: %s for d=%.*s: %s", seki_dkim_result_name(signature->result),
                   SEKI_STR_ARGS(signature->domain), cause);
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
        [SEKI_DMARC_ALIGNMENT_UNSEEN] = "not looked at",
        [SEKI_DMARC_ALIGNMENT_NO] = "not aligned",
        [SEKI_DMARC_ALIGNMENT_YES] = "aligned",
        [SEKI_DMARC_ALIGNMENT_UNKNOWN] = "not known, a look-up failed",
    };
    const char *mode = "relaxed";
    if (seki_str_equal_nocase(identifier->domain, author->domain))
        mode = "the same name";
    else if (author->at != NULL &&
             (identifier->is_spf ? author->at->record.aspf_strict : author->at->record.adkim_strict))
        mode = "strict";
    seki_trace_add(trace, 1, "%s: %s for %.*s: %s (%s)", identifier->is_spf ? "SPF" : "DKIM",
                   identifier->is_temporary ? "temperror" : "pass", SEKI_STR_ARGS(identifier->domain),
                   texts[identifier->alignment], mode);
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
    struct seki_str reason = verdict->reason;
    if (dmarc->is_discovery_alone)
        seki_trace_add(trace, 0, "%.*s", SEKI_STR_ARGS(reason));
    else if (verdict->policy == SEKI_DMARC_POLICY_UNSET)
        seki_trace_add(trace, 0, "dmarc=%s: %.*s", seki_dmarc_result_name(verdict->result), SEKI_STR_ARGS(reason));
    else
        seki_trace_add(trace, 0, "dmarc=%s: %.*s; policy %s, by DMARC alone: %s",
                       seki_dmarc_result_name(verdict->result), SEKI_STR_ARGS(reason),
                       seki_dmarc_policy_name(verdict->policy),
                       verdict->disposition > SEKI_DMARC_POLICY_NONE ? seki_dmarc_policy_name(verdict->disposition)
                                                                     : "no action");
}

void seki_dmarc_explain(const struct seki_dmarc *dmarc, const struct seki_dmarc_identifiers *identifiers)
{
    struct seki_trace *trace = dmarc->options.trace;
    if (trace == NULL)
        return;
    seki_trace_restart(trace);
    if (dmarc->defect.len > 0)
        seki_trace_add(trace, 0, "no single Author Domain: %.*s", SEKI_STR_ARGS(dmarc->defect));
    for (size_t i = 0; i < dmarc->author_count; i++)
        explain_author(trace, dmarc, &dmarc->authors[i], identifiers);
    explain_other_walks(trace, dmarc);
    explain_decision(trace, dmarc);
}

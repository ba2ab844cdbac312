#include "domain/host.h"

#include "auth/dmarc_uri.h"

#include <assert.h>

static const struct seki_str nothing = SEKI_STR_INIT("");

struct transport_row {
    const char *prefix;
    enum domain_finding_id two_records, name_doubled, version, syntax;
};

static const struct transport_row rows[DOMAIN_TRANSPORTS] = {
    [DOMAIN_MTA_STS] = { "_mta-sts", DOMAIN_MTA_STS_TWO_RECORDS, DOMAIN_MTA_STS_NAME_DOUBLED,
                         DOMAIN_MTA_STS_VERSION, DOMAIN_MTA_STS_SYNTAX },
    [DOMAIN_TLS_RPT] = { "_smtp._tls", DOMAIN_TLS_RPT_TWO_RECORDS, DOMAIN_TLS_RPT_NAME_DOUBLED,
                         DOMAIN_TLS_RPT_VERSION, DOMAIN_TLS_RPT_SYNTAX },
    [DOMAIN_BIMI] = { "default._bimi", DOMAIN_BIMI_TWO_RECORDS, DOMAIN_BIMI_NAME_DOUBLED, DOMAIN_BIMI_VERSION,
                      DOMAIN_BIMI_SYNTAX },
};

const char *domain_transport_state_name(enum domain_transport_state state)
{
    static const char *const names[] = {
        [DOMAIN_TRANSPORT_UNKNOWN] = "unknown",
        [DOMAIN_TRANSPORT_ABSENT] = "absent",
        [DOMAIN_TRANSPORT_BROKEN] = "broken",
        [DOMAIN_TRANSPORT_PRESENT] = "present",
    };
    static_assert(sizeof names / sizeof names[0] == DOMAIN_TRANSPORT_PRESENT + 1, "a name for every state");
    return names[state];
}

/* 1. Which record is it? */

/* "records that do not begin with "v=STSv1;" are discarded" (RFC 8461 section 3.1; RFC 8460 section 3).
 * @return how many are left; the last of them, or else of those that were meant to be one, in *record_out */
static size_t choose(enum domain_transport kind, const struct seki_answer *answer, struct seki_str *record_out)
{
    size_t count = 0;
    *record_out = nothing;
    for (size_t i = 0; i < answer->record_count; i++) {
        struct seki_str text = answer->records[i].text;
        bool is_of = domain_transport_is_of(kind, text);
        count += is_of;
        if (is_of || (count == 0 && domain_transport_is_nearly(kind, text)))
            *record_out = text;
    }
    return count;
}

static bool stands_at(struct domain_run *run, enum domain_transport kind, struct seki_str name)
{
    struct seki_str record;
    return choose(kind, domain_ask_quietly(run, name, SEKI_RR_TXT), &record) > 0;
}

/* Where people put it by mistake. */
static bool find_elsewhere(struct domain_run *run, enum domain_transport kind, struct seki_str name)
{
    struct seki_str doubled =
        seki_arena_format(run->arena, "%.*s.%.*s", SEKI_STR_ARGS(name), SEKI_STR_ARGS(run->domain));
    struct seki_str host = domain_below(run, "mta-sts", run->domain);
    bool is_doubled = stands_at(run, kind, doubled);
    bool is_at_host = kind == DOMAIN_MTA_STS && stands_at(run, kind, host);
    if (is_doubled)
        domain_find(run, rows[kind].name_doubled, name, doubled, nothing, nothing);
    else if (is_at_host)
        domain_find(run, DOMAIN_MTA_STS_WRONG_NAME, name, host, nothing, nothing);
    return is_doubled || is_at_host;
}

static bool read_record(struct domain_run *run, enum domain_transport kind,
                        const struct domain_transport_entry *entry, struct domain_transport_record *record_out)
{
    struct seki_str wrong;
    if (domain_transport_parse(kind, entry->record, record_out, &wrong))
        return true;
    static const struct seki_str id = SEKI_STR_INIT("id=");
    bool is_id = kind == DOMAIN_MTA_STS && seki_str_starts_with(wrong, id);
    if (is_id)
        wrong = seki_str_from(wrong, id.len);
    domain_find(run, is_id ? DOMAIN_MTA_STS_ID : rows[kind].syntax, entry->name, domain_excerpt(run, wrong),
                nothing, nothing);
    return false;
}

/* @return true with the record when there is one that can be read */
static bool look_for(struct domain_run *run, enum domain_transport kind, struct domain_transport_entry *entry,
                     struct domain_transport_record *record_out)
{
    entry->name = domain_below(run, rows[kind].prefix, run->domain);
    const struct seki_answer *answer = domain_ask(run, entry->name, SEKI_RR_TXT);
    size_t count = choose(kind, answer, &entry->record);
    if (answer->status == SEKI_ANSWER_FAILED)
        return false;
    entry->state = DOMAIN_TRANSPORT_BROKEN;
    if (count == 1)
        return read_record(run, kind, entry, record_out);
    if (count > 1)
        domain_find(run, rows[kind].two_records, entry->name, domain_number(run, count), nothing, nothing);
    else if (entry->record.len > 0)
        domain_find(run, rows[kind].version, entry->name, domain_excerpt(run, entry->record), nothing, nothing);
    else if (!find_elsewhere(run, kind, entry->name))
        entry->state = DOMAIN_TRANSPORT_ABSENT;
    return false;
}

/* 2. What each must have. */

static void survey_mta_sts(struct domain_run *run, struct domain_transport_report *report)
{
    struct domain_transport_entry *entry = &report->entries[DOMAIN_MTA_STS];
    struct domain_transport_record record;
    if (!look_for(run, DOMAIN_MTA_STS, entry, &record))
        return;
    const struct seki_str *id = domain_transport_find(&record, SEKI_STR("id"));
    struct seki_str host_name = domain_below(run, "mta-sts", run->domain);
    struct domain_host host = domain_host_ask(run, host_name);
    if (id == NULL)
        domain_find(run, DOMAIN_MTA_STS_ID_MISSING, entry->name, nothing, nothing, nothing);
    else
        report->mta_sts_id = *id;
    if (domain_host_is_missing(&host))
        domain_find(run, DOMAIN_MTA_STS_HOST_MISSING, entry->name, host_name, nothing, nothing);
    else if (id != NULL)
        entry->state = DOMAIN_TRANSPORT_PRESENT;
}

static bool is_https(struct seki_str uri)
{
    static const struct seki_str scheme = SEKI_STR_INIT("https://");
    return uri.len > scheme.len && seki_str_starts_with_nocase(uri, scheme) && uri.ptr[scheme.len] != '/' &&
           seki_dmarc_uri_is_valid(uri);
}

/* mailto: with something before and behind an "@" (RFC 6068); the rest is the mail system's. */
static bool is_mailto(struct seki_str uri)
{
    static const struct seki_str scheme = SEKI_STR_INIT("mailto:");
    struct seki_str address = seki_str_from(uri, scheme.len);
    address = seki_str_head(address, seki_str_find(address, '?'));
    size_t at = seki_str_find_last(address, '@');
    return seki_str_starts_with_nocase(uri, scheme) && at > 0 && at + 1 < address.len &&
           seki_dmarc_uri_is_valid(uri);
}

static void read_rua(struct domain_run *run, struct domain_transport_entry *entry, struct seki_str list,
                     struct domain_transport_report *report)
{
    struct seki_str uri;
    while (seki_str_split(&list, ',', &uri)) {
        uri = seki_str_trim(uri);
        if (!is_https(uri) && !is_mailto(uri))
            domain_find(run, DOMAIN_TLS_RPT_RUA, entry->name, domain_excerpt(run, uri), nothing, nothing);
        else if (report->tls_rpt_rua_count < DOMAIN_RUA_MAX)
            report->tls_rpt_rua[report->tls_rpt_rua_count++] = uri;
    }
    if (report->tls_rpt_rua_count > 0)
        entry->state = DOMAIN_TRANSPORT_PRESENT;
}

static void survey_tls_rpt(struct domain_run *run, struct domain_transport_report *report)
{
    struct domain_transport_entry *entry = &report->entries[DOMAIN_TLS_RPT];
    struct domain_transport_record record;
    if (!look_for(run, DOMAIN_TLS_RPT, entry, &record))
        return;
    const struct seki_str *rua = domain_transport_find(&record, SEKI_STR("rua"));
    if (rua != NULL)
        read_rua(run, entry, *rua, report);
    else
        domain_find(run, DOMAIN_TLS_RPT_RUA_MISSING, entry->name, nothing, nothing, nothing);
}

/* The path of a URI ends in .svg, or in .svgz where it is compressed. */
static bool is_svg(struct seki_str uri)
{
    for (size_t i = 0; i < uri.len; i++)
        if (uri.ptr[i] == '?' || uri.ptr[i] == '#')
            uri.len = i;
    return seki_str_ends_with_nocase(uri, SEKI_STR(".svg")) || seki_str_ends_with_nocase(uri, SEKI_STR(".svgz"));
}

/* An empty l= declines: "there is no logo". */
static bool judge_location(struct domain_run *run, struct seki_str name, struct seki_str location)
{
    if (location.len > 0 && !is_https(location))
        domain_find(run, DOMAIN_BIMI_LOCATION, name, domain_excerpt(run, location), nothing, nothing);
    else if (location.len > 0 && !is_svg(location))
        domain_find(run, DOMAIN_BIMI_NOT_SVG, name, domain_excerpt(run, location), nothing, nothing);
    else
        return true;
    return false;
}

/* "self" stood in older drafts, for a logo without a certificate. */
static bool judge_evidence(struct domain_run *run, struct seki_str name, struct seki_str evidence)
{
    if (evidence.len == 0 || seki_str_equal(evidence, SEKI_STR("self")) || is_https(evidence))
        return true;
    domain_find(run, DOMAIN_BIMI_EVIDENCE, name, domain_excerpt(run, evidence), nothing, nothing);
    return false;
}

/* A policy of none, even if only for subdomains, is not enough for BIMI. */
static bool is_enforced(const struct domain_dmarc_report *dmarc)
{
    return dmarc->result == DOMAIN_DMARC_UNKNOWN ||
           (dmarc->policy.applied > SEKI_DMARC_POLICY_NONE && dmarc->subdomain.applied > SEKI_DMARC_POLICY_NONE);
}

static void survey_bimi(struct domain_run *run, const struct domain_dmarc_report *dmarc,
                        struct domain_transport_report *report)
{
    struct domain_transport_entry *entry = &report->entries[DOMAIN_BIMI];
    struct domain_transport_record record;
    if (!look_for(run, DOMAIN_BIMI, entry, &record))
        return;
    const struct seki_str *location = domain_transport_find(&record, SEKI_STR("l"));
    const struct seki_str *evidence = domain_transport_find(&record, SEKI_STR("a"));
    report->bimi_location = location != NULL ? *location : nothing;
    report->bimi_evidence = evidence != NULL ? *evidence : nothing;
    bool is_good = judge_evidence(run, entry->name, report->bimi_evidence);
    if (location == NULL)
        domain_find(run, DOMAIN_BIMI_LOCATION_MISSING, entry->name, nothing, nothing, nothing);
    else if (judge_location(run, entry->name, *location) && is_good)
        entry->state = DOMAIN_TRANSPORT_PRESENT;
    if (report->bimi_location.len > 0 && !is_enforced(dmarc))
        domain_find(run, DOMAIN_BIMI_UNENFORCED, run->domain, nothing, nothing, nothing);
}

void domain_survey_transport(struct domain_run *run, struct domain_report *report)
{
    survey_mta_sts(run, &report->transport);
    survey_tls_rpt(run, &report->transport);
    survey_bimi(run, &report->dmarc, &report->transport);
}

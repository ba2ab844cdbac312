/* What is wrong only when sections are seen together; and what need not be told, since it follows from something else. */
#include "domain/survey_run.h"

static void judge_senders(struct domain_run *run, const struct domain_report *report)
{
    static const struct seki_str nothing = SEKI_STR_INIT("");
    if (report->spf.state != DOMAIN_SPF_FOUND || !report->spf.top->allows_senders)
        return;
    if (report->mx.state == DOMAIN_MX_NULL)
        domain_find(run, DOMAIN_MX_NULL_SENDS, run->domain, nothing, nothing, nothing);
    else if (report->mx.state == DOMAIN_MX_NOTHING)
        domain_find(run, DOMAIN_MX_NO_WAY_BACK, run->domain, nothing, nothing, nothing);
}

/* Reports to the domain itself. */
static bool is_own_report(const struct domain_run *run, const struct domain_finding *finding)
{
    return seki_str_equal(finding->texts[1], run->domain);
}

/* The domain's own exchanges as senders: "mx", "~mx", "mx:example.com/24". */
static bool is_own_mx_term(const struct domain_run *run, const struct domain_finding *finding)
{
    struct seki_str term = finding->texts[0];
    if (term.len > 0 && !seki_is_alpha(term.ptr[0]))
        term = seki_str_from(term, 1);
    return seki_str_starts_with_nocase(term, SEKI_STR("mx")) && seki_str_equal(finding->texts[1], run->domain);
}

static const struct {
    enum domain_finding_id cause, follows;
    bool (*is_so)(const struct domain_run *run, const struct domain_finding *finding);
} followers[] = {
    { DOMAIN_MX_NULL_SENDS, DOMAIN_DMARC_NO_MAIL, is_own_report },
    { DOMAIN_MX_NO_WAY_BACK, DOMAIN_DMARC_NO_MAIL, is_own_report },
    { DOMAIN_MX_TARGET_MISSING, DOMAIN_SPF_DEAD_TERM, is_own_mx_term },
    { DOMAIN_MX_ADDRESS_AS_NAME, DOMAIN_SPF_DEAD_TERM, is_own_mx_term },
    { DOMAIN_MX_DOT_FORGOTTEN, DOMAIN_SPF_DEAD_TERM, is_own_mx_term },
};

static bool follows(const struct domain_run *run, const struct domain_finding *finding)
{
    for (size_t i = 0; i < sizeof followers / sizeof followers[0]; i++)
        if (finding->id == followers[i].follows && domain_has_found(run, followers[i].cause) &&
            followers[i].is_so(run, finding))
            return true;
    return false;
}

static void drop_followers(struct domain_run *run)
{
    size_t kept = 0;
    for (size_t i = 0; i < run->finding_count; i++)
        if (!follows(run, &run->findings[i]))
            run->findings[kept++] = run->findings[i];
    run->finding_count = kept;
}

void domain_survey_together(struct domain_run *run, struct domain_report *report)
{
    judge_senders(run, report);
    drop_followers(run);
}

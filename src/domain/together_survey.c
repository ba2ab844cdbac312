/* What is wrong only when sections are seen together. */
#include "domain/survey_run.h"

void domain_survey_together(struct domain_run *run, struct domain_report *report)
{
    static const struct seki_str nothing = SEKI_STR_INIT("");
    if (report->spf.state != DOMAIN_SPF_FOUND || !report->spf.top->allows_senders)
        return;
    if (report->mx.state == DOMAIN_MX_NULL)
        domain_find(run, DOMAIN_MX_NULL_SENDS, run->domain, nothing, nothing, nothing);
    else if (report->mx.state == DOMAIN_MX_NOTHING)
        domain_find(run, DOMAIN_MX_NO_WAY_BACK, run->domain, nothing, nothing, nothing);
}

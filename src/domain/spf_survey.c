#include "domain/spf_judge.h"

void domain_survey_spf(struct domain_run *run, struct domain_report *report)
{
    const struct domain_spf_subject subject = { .domain = run->domain };
    if (domain_spf_walk(run, &subject, &report->spf) && !run->is_blocked)
        domain_spf_judge(run, &subject, &report->spf);
}

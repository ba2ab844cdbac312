#include "domain/survey_run.h"

void domain_survey_spf(struct domain_run *run, struct domain_report *report)
{
    (void)run;
    report->spf.is_there = false;
}

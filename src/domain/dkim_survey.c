#include "domain/survey_run.h"

void domain_survey_dkim(struct domain_run *run, struct domain_report *report)
{
    (void)run;
    report->dkim.is_there = false;
}

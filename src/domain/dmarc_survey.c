#include "domain/survey_run.h"

void domain_survey_dmarc(struct domain_run *run, struct domain_report *report)
{
    (void)run;
    report->dmarc.is_there = false;
}

#include "domain/survey_run.h"

void domain_survey_mx(struct domain_run *run, struct domain_report *report)
{
    (void)run;
    report->mx.is_there = false;
}

#include "domain/survey_run.h"

void domain_survey_transport(struct domain_run *run, struct domain_report *report)
{
    (void)run;
    report->transport.is_there = false;
}

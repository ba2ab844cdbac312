/* What a survey reports of SPF; see survey.h. */
#ifndef DOMAIN_SPF_SURVEY_H
#define DOMAIN_SPF_SURVEY_H

#include <sekisho/answers.h>

struct domain_spf_report {
    bool is_there;
};

#endif

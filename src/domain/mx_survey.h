/* What a survey reports of MX; see survey.h. */
#ifndef DOMAIN_MX_SURVEY_H
#define DOMAIN_MX_SURVEY_H

#include <sekisho/answers.h>

struct domain_mx_report {
    bool is_there;
};

#endif

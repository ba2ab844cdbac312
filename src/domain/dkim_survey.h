/* What a survey reports of DKIM; see survey.h. */
#ifndef DOMAIN_DKIM_SURVEY_H
#define DOMAIN_DKIM_SURVEY_H

#include <sekisho/answers.h>

struct domain_dkim_report {
    bool is_there;
};

#endif

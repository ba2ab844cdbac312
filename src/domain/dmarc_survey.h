/* What a survey reports of DMARC; see survey.h. */
#ifndef DOMAIN_DMARC_SURVEY_H
#define DOMAIN_DMARC_SURVEY_H

#include <sekisho/answers.h>

struct domain_dmarc_report {
    bool is_there;
};

#endif

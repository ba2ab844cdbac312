/* What a survey reports of TRANSPORT; see survey.h. */
#ifndef DOMAIN_TRANSPORT_SURVEY_H
#define DOMAIN_TRANSPORT_SURVEY_H

#include <sekisho/answers.h>

struct domain_transport_report {
    bool is_there;
};

#endif

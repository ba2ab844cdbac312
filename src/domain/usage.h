/* What a domain uses mail for, as far as its records say. What is not known counts as used. */
#ifndef DOMAIN_USAGE_H
#define DOMAIN_USAGE_H

#include "domain/survey.h"

/** False when it says so (null MX), and when mail could not be delivered anywhere. */
bool domain_receives_mail(const struct domain_report *report);

/** False when its SPF record allows nobody. */
bool domain_sends_mail(const struct domain_report *report);

/** Neither: a name that is only kept, or has a web server alone. DKIM and MTA-STS are not for it. */
bool domain_is_parked(const struct domain_report *report);

#endif

#include "domain/usage.h"

bool domain_receives_mail(const struct domain_report *report)
{
    return report->mx.state != DOMAIN_MX_NULL && report->mx.state != DOMAIN_MX_NOTHING;
}

/* "v=spf1 -all", whatever it is made of. */
bool domain_sends_mail(const struct domain_report *report)
{
    const struct domain_spf_place *top = report->spf.top;
    return report->spf.state != DOMAIN_SPF_FOUND || top->allows_senders || top->otherwise != SEKI_SPF_FAIL;
}

bool domain_is_parked(const struct domain_report *report)
{
    return !domain_receives_mail(report) && !domain_sends_mail(report);
}

/* What a survey reports of MTA-STS, SMTP TLS reports and BIMI: one record each; see survey.h.
 *
 * Only the DNS is asked. The policy file of MTA-STS and the logo of BIMI are not fetched. */
#ifndef DOMAIN_TRANSPORT_SURVEY_H
#define DOMAIN_TRANSPORT_SURVEY_H

#include "domain/transport_record.h"

#include <sekisho/answers.h>

enum domain_transport_state {
    DOMAIN_TRANSPORT_UNKNOWN = 0, /* the look-up failed */
    DOMAIN_TRANSPORT_ABSENT,
    DOMAIN_TRANSPORT_BROKEN, /* counts as absent: see the findings */
    DOMAIN_TRANSPORT_PRESENT
};

#define DOMAIN_RUA_MAX 16u /* of one TLS-RPT record; what comes beyond is not told */

struct domain_transport_entry {
    enum domain_transport_state state;
    struct seki_str name;   /* "_mta-sts.example.com" */
    struct seki_str record; /* "" for none */
};

struct domain_transport_report {
    struct domain_transport_entry entries[DOMAIN_TRANSPORTS];
    struct seki_str mta_sts_id; /* these are "" or none when the record does not have them */
    struct seki_str tls_rpt_rua[DOMAIN_RUA_MAX];
    size_t tls_rpt_rua_count;
    struct seki_str bimi_location, bimi_evidence; /* l=, a= */
};

const char *domain_transport_state_name(enum domain_transport_state state); /* "present" */

#endif

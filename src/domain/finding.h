/* What can be wrong with what a domain publishes: one table of kinds, and a finding that names one of them.
 *
 * A kind has a name that never changes (for --json and for searching the manual), a severity, and two sentences for
 * people: what is wrong, and what to do. {name} in them is the DNS name where it was found, {1} to {3} are the
 * finding's own texts. Both are translated where they are shown. What a domain merely does not have (MTA-STS, BIMI) is no
 * finding; such things are improvements (grade.h). */
#ifndef DOMAIN_FINDING_H
#define DOMAIN_FINDING_H

#include "base/i18n.h"

#include <sekisho/buf.h>

enum domain_area {
    DOMAIN_AREA_DNS,
    DOMAIN_AREA_MX,
    DOMAIN_AREA_SPF,
    DOMAIN_AREA_DKIM,
    DOMAIN_AREA_DMARC,
    DOMAIN_AREA_MTA_STS,
    DOMAIN_AREA_TLS_RPT,
    DOMAIN_AREA_BIMI,
    DOMAIN_AREA_DNSSEC,
    DOMAIN_AREAS
};

enum domain_severity {
    DOMAIN_ADVICE,  /* works, could be better */
    DOMAIN_WARNING, /* works today, or for some; will hurt */
    DOMAIN_ERROR    /* does not work: mail is lost, or anybody can forge */
};

/* X(constant suffix, id, area, severity, points, what, fix). points: of 100, what it costs in the grade. */
#define DOMAIN_FINDINGS(X)                                                                                         \
    DOMAIN_FINDINGS_DNS(X)                                                                                         \
    DOMAIN_FINDINGS_MX(X)                                                                                          \
    DOMAIN_FINDINGS_SPF(X)                                                                                         \
    DOMAIN_FINDINGS_DKIM(X)                                                                                        \
    DOMAIN_FINDINGS_DMARC(X)                                                                                       \
    DOMAIN_FINDINGS_TRANSPORT(X)                                                                                   \
    DOMAIN_FINDINGS_DNSSEC(X)

#include "domain/findings_dkim.h"
#include "domain/findings_dmarc.h"
#include "domain/findings_dns.h"
#include "domain/findings_mx.h"
#include "domain/findings_spf.h"
#include "domain/findings_transport.h"

enum domain_finding_id {
#define X(suffix, ...) DOMAIN_##suffix,
    DOMAIN_FINDINGS(X)
#undef X
        DOMAIN_FINDING_KINDS
};

struct domain_finding_kind {
    const char *id; /* "spf.two-records" */
    enum domain_area area;
    enum domain_severity severity;
    unsigned points;
    const char *what, *fix;
};
extern const struct domain_finding_kind domain_finding_kinds[DOMAIN_FINDING_KINDS];

#define DOMAIN_FINDING_TEXTS 3
struct domain_finding {
    enum domain_finding_id id;
    struct seki_str name; /* where: "_dmarc.example.com"; "" for a text that was given */
    struct seki_str texts[DOMAIN_FINDING_TEXTS];
};

static inline const struct domain_finding_kind *domain_finding_kind(const struct domain_finding *finding)
{
    return &domain_finding_kinds[finding->id];
}

const char *domain_severity_name(enum domain_severity severity); /* "error", "warning", "advice" */
const char *domain_area_name(enum domain_area area);             /* "spf" */

/** Put {name} and {1} … {3} into a sentence of the kind, translated before. Octets as they came: escape them where they
 *  are shown. */
void domain_finding_fill(const struct domain_finding *finding, const char *sentence, struct seki_buf *buf);

#endif

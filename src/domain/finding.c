#include "domain/finding.h"

#include <assert.h>

const struct domain_finding_kind domain_finding_kinds[DOMAIN_FINDING_KINDS] = {
#define X(suffix, id, area, severity, points, what, fix)                                                               \
    [DOMAIN_##suffix] = { id, DOMAIN_AREA_##area, DOMAIN_##severity, points, what, fix },
    DOMAIN_FINDINGS(X)
#undef X
};

const char *domain_severity_name(enum domain_severity severity)
{
    static const char *const names[] = { [DOMAIN_ADVICE] = N_("advice"),
                                         [DOMAIN_WARNING] = N_("warning"),
                                         [DOMAIN_ERROR] = N_("error") };
    return names[severity];
}

const char *domain_area_name(enum domain_area area)
{
    static const char *const names[] = {
        [DOMAIN_AREA_DNS] = "dns",         [DOMAIN_AREA_MX] = "mx",           [DOMAIN_AREA_SPF] = "spf",
        [DOMAIN_AREA_DKIM] = "dkim",       [DOMAIN_AREA_DMARC] = "dmarc",     [DOMAIN_AREA_MTA_STS] = "mta-sts",
        [DOMAIN_AREA_TLS_RPT] = "tls-rpt", [DOMAIN_AREA_BIMI] = "bimi",       [DOMAIN_AREA_DNSSEC] = "dnssec",
    };
    static_assert(sizeof names / sizeof names[0] == DOMAIN_AREAS, "a name for every area");
    return names[area];
}

/* "{name}" or "{1}" at the front of rest: what stands for it, and how long the placeholder is; 0 when it is none. */
static size_t placeholder(const struct domain_finding *finding, struct seki_str rest, struct seki_str *text_out)
{
    if (seki_str_starts_with(rest, SEKI_STR("{name}"))) {
        *text_out = finding->name;
        return sizeof "{name}" - 1;
    }
    if (rest.len < 3 || rest.ptr[0] != '{' || rest.ptr[2] != '}')
        return 0;
    size_t index = (size_t)(unsigned char)rest.ptr[1] - '1';
    if (index >= DOMAIN_FINDING_TEXTS)
        return 0;
    *text_out = finding->texts[index];
    return 3;
}

void domain_finding_fill(const struct domain_finding *finding, const char *sentence, struct seki_buf *buf)
{
    struct seki_str rest = seki_str_of(sentence), text;
    while (rest.len > 0) {
        size_t plain = seki_str_find(rest, '{');
        seki_buf_add(buf, seki_str_head(rest, plain));
        rest = seki_str_from(rest, plain);
        if (rest.len == 0)
            break;
        size_t taken = placeholder(finding, rest, &text);
        seki_buf_add(buf, taken > 0 ? text : seki_str_head(rest, 1));
        rest = seki_str_from(rest, taken > 0 ? taken : 1);
    }
}

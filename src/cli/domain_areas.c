#include "cli/domain_areas.h"

#include "cli/columns.h"
#include "cli/findings.h"
#include "cli/i18n.h"
#include "cli/screen.h"
#include "cli/text.h"
#include "domain/usage.h"

#include <assert.h>
#include <stdio.h>

#define LABEL_COLUMNS 10u
#define STATE_COLUMNS 10u
#define MAX_PHRASE    1024u

/* How an area stands when nothing is wrong with it. */
enum standing { STANDING_OK, STANDING_WEAK, STANDING_ABSENT, STANDING_UNKNOWN };

/* 1. One phrase for each area. */

static enum standing tell_dns(const struct domain_report *report, struct seki_buf *phrase)
{
    unsigned long count = report->dns.name_server_count;
    if (count > 0)
        seki_buf_add_format(phrase, cli_text_plural("%lu name server", "%lu name servers", count), count);
    else
        seki_buf_add_format(phrase, "%s", _("no name servers of its own"));
    return STANDING_OK;
}

static enum standing tell_mx(const struct domain_report *report, struct seki_buf *phrase)
{
    static const char *const texts[] = {
        [DOMAIN_MX_UNKNOWN] = N_("could not be looked up"),
        [DOMAIN_MX_NOTHING] = N_("receives no mail: neither MX nor address"),
        [DOMAIN_MX_IMPLICIT] = N_("no MX: mail goes to the domain's own address"),
        [DOMAIN_MX_NULL] = N_("receives no mail, and says so (null MX)"),
        [DOMAIN_MX_EXCHANGES] = NULL,
    };
    const struct domain_mx_report *mx = &report->mx;
    if (texts[mx->state] != NULL)
        seki_buf_add_format(phrase, "%s", _(texts[mx->state]));
    else if (mx->exchange_count == 1)
        seki_buf_add(phrase, mx->exchanges[0].name);
    else
        seki_buf_add_format(phrase, _("%zu servers, the first is %.*s"), mx->exchange_count,
                            SEKI_STR_ARGS(mx->exchanges[0].name));
    if (mx->state == DOMAIN_MX_NOTHING)
        return STANDING_ABSENT;
    return mx->state == DOMAIN_MX_UNKNOWN ? STANDING_UNKNOWN : STANDING_OK;
}

/* "all" with its qualifier, as the record would write it. */
static const char *spf_end(enum seki_spf_result otherwise)
{
    switch (otherwise) {
    case SEKI_SPF_PASS: return "+all";
    case SEKI_SPF_SOFTFAIL: return "~all";
    case SEKI_SPF_FAIL: return "-all";
    default: return "?all";
    }
}

static enum standing tell_spf(const struct domain_report *report, struct seki_buf *phrase)
{
    static const char *const texts[] = {
        [DOMAIN_SPF_UNKNOWN] = N_("could not be looked up"),
        [DOMAIN_SPF_NONE] = N_("no record"),
        [DOMAIN_SPF_SEVERAL] = N_("several records: receivers use none"),
        [DOMAIN_SPF_BROKEN] = N_("cannot be used: a receiver's result is permerror"),
        [DOMAIN_SPF_FOUND] = NULL,
    };
    const struct domain_spf_report *spf = &report->spf;
    if (texts[spf->state] != NULL)
        seki_buf_add_format(phrase, "%s", _(texts[spf->state]));
    else if (!domain_sends_mail(report))
        seki_buf_add_format(phrase, "%s", _("nobody may send (-all)"));
    else
        seki_buf_add_format(phrase, _("%u of %u look-ups, ends in %s"), spf->top->cost.lookups,
                            DOMAIN_SPF_MAX_LOOKUPS, spf_end(spf->top->otherwise));
    if (spf->state == DOMAIN_SPF_NONE)
        return STANDING_ABSENT;
    return spf->state == DOMAIN_SPF_UNKNOWN ? STANDING_UNKNOWN : STANDING_OK;
}

static enum standing tell_dkim(const struct domain_report *report, struct seki_buf *phrase)
{
    const struct domain_dkim_report *dkim = &report->dkim;
    unsigned long usable = dkim->usable_count;
    if (usable > 0)
        seki_buf_add_format(phrase, cli_text_plural("%lu usable key", "%lu usable keys", usable), usable);
    else if (!domain_sends_mail(report))
        seki_buf_add_format(phrase, "%s", _("no key, and none is needed: nobody may send"));
    else if (dkim->guess_count > 0 && dkim->key_count == 0)
        seki_buf_add_format(phrase, "%s", _("no key at the usual selectors; name yours with --selectors"));
    else
        seki_buf_add_format(phrase, "%s", _("no usable key"));
    return usable > 0 ? STANDING_OK : STANDING_ABSENT;
}

static void tell_policy(const struct domain_dmarc_report *dmarc, struct seki_buf *phrase)
{
    static const char *const texts[] = {
        [SEKI_DMARC_POLICY_UNSET] = N_("no policy"),
        [SEKI_DMARC_POLICY_NONE] = N_("policy none: forged mail is delivered like any other"),
        [SEKI_DMARC_POLICY_QUARANTINE] = N_("policy quarantine: forged mail goes to the junk folder"),
        [SEKI_DMARC_POLICY_REJECT] = N_("policy reject: forged mail is refused"),
    };
    seki_buf_add_format(phrase, "%s", _(texts[dmarc->policy.applied]));
    if (dmarc->place != DOMAIN_PLACE_OWN)
        seki_buf_add_format(phrase, _(" (from %.*s)"), SEKI_STR_ARGS(dmarc->policy_domain));
}

static enum standing tell_dmarc(const struct domain_report *report, struct seki_buf *phrase)
{
    static const char *const texts[] = {
        [DOMAIN_DMARC_NONE] = N_("no record"),
        [DOMAIN_DMARC_FOUND] = NULL,
        [DOMAIN_DMARC_UNUSABLE] = N_("receivers ignore the record"),
        [DOMAIN_DMARC_UNKNOWN] = N_("could not be looked up"),
    };
    const struct domain_dmarc_report *dmarc = &report->dmarc;
    if (texts[dmarc->result] != NULL)
        seki_buf_add_format(phrase, "%s", _(texts[dmarc->result]));
    else
        tell_policy(dmarc, phrase);
    if (dmarc->result == DOMAIN_DMARC_NONE)
        return STANDING_ABSENT;
    if (dmarc->result == DOMAIN_DMARC_UNKNOWN)
        return STANDING_UNKNOWN;
    return dmarc->policy.applied > SEKI_DMARC_POLICY_NONE ? STANDING_OK : STANDING_WEAK;
}

static enum standing tell_entry(const struct domain_report *report, enum domain_transport kind,
                                struct seki_buf *phrase)
{
    static const char *const texts[] = {
        [DOMAIN_TRANSPORT_UNKNOWN] = N_("could not be looked up"),
        [DOMAIN_TRANSPORT_ABSENT] = N_("not published"),
        [DOMAIN_TRANSPORT_BROKEN] = N_("published, but nobody can use it"),
        [DOMAIN_TRANSPORT_PRESENT] = NULL,
    };
    enum domain_transport_state state = report->transport.entries[kind].state;
    if (texts[state] != NULL)
        seki_buf_add_format(phrase, "%s", _(texts[state]));
    if (state == DOMAIN_TRANSPORT_ABSENT)
        return STANDING_ABSENT;
    return state == DOMAIN_TRANSPORT_UNKNOWN ? STANDING_UNKNOWN : STANDING_OK;
}

static enum standing tell_mta_sts(const struct domain_report *report, struct seki_buf *phrase)
{
    enum standing standing = tell_entry(report, DOMAIN_MTA_STS, phrase);
    if (phrase->len == 0)
        seki_buf_add_format(phrase, _("policy id %.*s"), SEKI_STR_ARGS(report->transport.mta_sts_id));
    return standing;
}

static enum standing tell_tls_rpt(const struct domain_report *report, struct seki_buf *phrase)
{
    enum standing standing = tell_entry(report, DOMAIN_TLS_RPT, phrase);
    if (phrase->len == 0)
        seki_buf_add_format(phrase, _("reports go to %.*s"), SEKI_STR_ARGS(report->transport.tls_rpt_rua[0]));
    return standing;
}

static enum standing tell_bimi(const struct domain_report *report, struct seki_buf *phrase)
{
    enum standing standing = tell_entry(report, DOMAIN_BIMI, phrase);
    struct seki_str location = report->transport.bimi_location;
    if (phrase->len == 0)
        seki_buf_add(phrase, location.len > 0 ? location : seki_str_of(_("no logo, and the domain says so")));
    return standing;
}

static enum standing tell_dnssec(const struct domain_report *report, struct seki_buf *phrase)
{
    static const struct {
        const char *text;
        enum standing standing;
    } texts[] = {
        [DOMAIN_DNSSEC_UNKNOWN] = { N_("could not be looked up"), STANDING_UNKNOWN },
        [DOMAIN_DNSSEC_ABSENT] = { N_("the zone is not signed"), STANDING_ABSENT },
        [DOMAIN_DNSSEC_PRESENT] = { N_("the zone is signed"), STANDING_OK },
        [DOMAIN_DNSSEC_VALIDATED] = { N_("the zone is signed, and the signatures hold"), STANDING_OK },
        [DOMAIN_DNSSEC_BROKEN] = { N_("the signatures of the zone do not hold"), STANDING_OK },
    };
    seki_buf_add_format(phrase, "%s", _(texts[report->dnssec.state].text));
    return texts[report->dnssec.state].standing;
}

/* 2. The lines. */

static const struct {
    const char *label;
    enum standing (*tell)(const struct domain_report *report, struct seki_buf *phrase);
} areas[] = {
    [DOMAIN_AREA_DNS] = { "DNS", tell_dns },
    [DOMAIN_AREA_MX] = { "MX", tell_mx },
    [DOMAIN_AREA_SPF] = { "SPF", tell_spf },
    [DOMAIN_AREA_DKIM] = { "DKIM", tell_dkim },
    [DOMAIN_AREA_DMARC] = { "DMARC", tell_dmarc },
    [DOMAIN_AREA_MTA_STS] = { "MTA-STS", tell_mta_sts },
    [DOMAIN_AREA_TLS_RPT] = { "TLS-RPT", tell_tls_rpt },
    [DOMAIN_AREA_BIMI] = { "BIMI", tell_bimi },
    [DOMAIN_AREA_DNSSEC] = { "DNSSEC", tell_dnssec },
};
static_assert(sizeof areas / sizeof areas[0] == DOMAIN_AREAS, "a line for every area");

/* Findings of an area stand together, the worst first. */
static const struct domain_finding_kind *worst(const struct domain_report *report, enum domain_area area)
{
    for (size_t i = 0; i < report->finding_count; i++)
        if (domain_finding_kind(&report->findings[i])->area == area)
            return domain_finding_kind(&report->findings[i]);
    return NULL;
}

const char *cli_worst_of_area(const struct domain_report *report, enum domain_area area)
{
    const struct domain_finding_kind *kind = worst(report, area);
    return kind != NULL ? domain_severity_name(kind->severity) : "none";
}

static void print_state(const struct domain_finding_kind *kind, enum standing standing)
{
    static const char *const standings[] = {
        [STANDING_OK] = N_("ok"),
        [STANDING_WEAK] = N_("weak"),
        [STANDING_ABSENT] = "-",
        [STANDING_UNKNOWN] = N_("unknown"),
    };
    const char *text = _(kind != NULL ? domain_severity_name(kind->severity) : standings[standing]);
    if (kind != NULL)
        cli_print_severity(kind->severity);
    else if (standing == STANDING_OK)
        cli_print_coloured(CLI_GREEN, text);
    else
        printf("%s", text);
    size_t used = cli_columns(text);
    printf("%*s", used < STATE_COLUMNS ? (int)(STATE_COLUMNS - used) : 1, "");
}

void cli_print_areas(const struct domain_report *report)
{
    for (size_t area = 0; area < DOMAIN_AREAS; area++) {
        struct seki_buf phrase;
        seki_buf_init(&phrase, MAX_PHRASE);
        enum standing standing = areas[area].tell(report, &phrase);
        printf("  %-*s", (int)LABEL_COLUMNS, areas[area].label);
        print_state(worst(report, (enum domain_area)area), standing);
        cli_print_rest(2 + LABEL_COLUMNS + STATE_COLUMNS, seki_buf_str(&phrase));
        seki_buf_release(&phrase);
    }
}

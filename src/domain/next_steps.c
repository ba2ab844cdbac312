#include "domain/next_steps.h"

#include "domain/usage.h"

/* Where improvements are found: what each is for, and what is to be published. */
struct improvement {
    const char *id;
    enum domain_area area;
    unsigned worth;
    const char *sentence;
    bool (*suits)(const struct domain_report *report);
    void (*fill)(struct seki_arena *arena, const struct domain_report *report, struct domain_step *step);
};

/* 1. DMARC: the policy one step higher. */

static bool is_policy_none(const struct domain_report *report)
{
    return report->dmarc.result == DOMAIN_DMARC_FOUND && report->dmarc.policy.published == SEKI_DMARC_POLICY_NONE &&
           !domain_is_parked(report);
}

static bool is_parked_without_reject(const struct domain_report *report)
{
    return report->dmarc.result == DOMAIN_DMARC_FOUND && domain_is_parked(report) &&
           report->dmarc.policy.published != SEKI_DMARC_POLICY_REJECT;
}

/* Is this piece of a record "tag = value", of that tag? */
static bool is_tag(struct seki_str piece, const char *tag)
{
    size_t equals = seki_str_find(piece, '=');
    return equals < piece.len &&
           seki_str_equal_nocase(seki_str_trim(seki_str_head(piece, equals)), seki_str_of(tag));
}

static bool has_tag(struct seki_str record, const char *tag)
{
    struct seki_str piece;
    while (seki_str_split(&record, ';', &piece))
        if (is_tag(piece, tag))
            return true;
    return false;
}

/* The record as it is, with another policy: sp's where that is what holds for the domain, else p's. */
static struct seki_str raise_policy(struct seki_arena *arena, const struct domain_dmarc_report *dmarc,
                                    const char *policy)
{
    const char *tag = dmarc->place != DOMAIN_PLACE_OWN && has_tag(dmarc->record, "sp") ? "sp" : "p";
    struct seki_str rest = dmarc->record, piece;
    struct seki_buf out;
    seki_buf_init_arena(&out, arena, dmarc->record.len + sizeof "quarantine");
    for (bool is_first = true; seki_str_split(&rest, ';', &piece); is_first = false) {
        seki_buf_add(&out, is_first ? SEKI_STR("") : SEKI_STR(";"));
        if (is_tag(piece, tag))
            seki_buf_add_format(&out, "%s%s=%s", is_first ? "" : " ", tag, policy);
        else
            seki_buf_add(&out, piece);
    }
    return has_tag(dmarc->record, tag) ? seki_buf_str(&out) : SEKI_STR("");
}

static void fill_policy(struct seki_arena *arena, const struct domain_report *report, struct domain_step *step)
{
    step->texts.name = report->dmarc.policy_domain;
    step->record = raise_policy(arena, &report->dmarc, domain_is_parked(report) ? "reject" : "quarantine");
    step->host = seki_arena_format(arena, "_dmarc.%.*s", SEKI_STR_ARGS(report->dmarc.policy_domain));
}

/* 2. DKIM. */

static bool has_no_key(const struct domain_report *report)
{
    return report->dkim.guess_count > 0 && report->dkim.usable_count == 0 && domain_sends_mail(report);
}

static void fill_key(struct seki_arena *arena, const struct domain_report *report, struct domain_step *step)
{
    step->host = seki_arena_format(arena, "SELECTOR._domainkey.%.*s", SEKI_STR_ARGS(report->domain));
    step->record = SEKI_STR("v=DKIM1; k=rsa; p=…");
}

/* 3. Transport. */

static bool is_missing(const struct domain_report *report, enum domain_transport kind)
{
    return report->mx.state == DOMAIN_MX_EXCHANGES &&
           report->transport.entries[kind].state == DOMAIN_TRANSPORT_ABSENT;
}

static bool has_no_mta_sts(const struct domain_report *report)
{
    return is_missing(report, DOMAIN_MTA_STS);
}

static void fill_mta_sts(struct seki_arena *arena, const struct domain_report *report, struct domain_step *step)
{
    (void)arena;
    step->host = report->transport.entries[DOMAIN_MTA_STS].name;
    step->record = SEKI_STR("v=STSv1; id=1;");
}

static bool has_no_tls_rpt(const struct domain_report *report)
{
    return is_missing(report, DOMAIN_TLS_RPT);
}

static void fill_tls_rpt(struct seki_arena *arena, const struct domain_report *report, struct domain_step *step)
{
    step->host = report->transport.entries[DOMAIN_TLS_RPT].name;
    step->record =
        seki_arena_format(arena, "v=TLSRPTv1; rua=mailto:tls-reports@%.*s", SEKI_STR_ARGS(report->domain));
}

/* 4. DNSSEC. */

static bool is_unsigned(const struct domain_report *report)
{
    return report->dnssec.state == DOMAIN_DNSSEC_ABSENT && report->dnssec.zone.len > 0 && !domain_is_parked(report);
}

static void fill_dnssec(struct seki_arena *arena, const struct domain_report *report, struct domain_step *step)
{
    (void)arena;
    step->texts.name = report->dnssec.zone;
}

/* ~all instead of -all is none: with DMARC in force it makes no difference. */
static const struct improvement improvements[] = {
    { "improve.dmarc-policy", DOMAIN_AREA_DMARC, 20,
      N_("When DMARC reports have shown for some weeks that all mail of {name} passes, newsletters and machines "
         "too, "
         "raise the policy to quarantine, and look for complaints of lost mail."),
      is_policy_none, fill_policy },
    { "improve.dmarc-reject", DOMAIN_AREA_DMARC, 20,
      N_("{name} sends no mail and receives none: let receivers refuse all that bears its name."),
      is_parked_without_reject, fill_policy },
    { "improve.dkim", DOMAIN_AREA_DKIM, 15,
      N_("No DKIM key was found at the usual selectors. If mail is signed, check its keys with --selectors; if "
         "not, "
         "make a key with sekisho key generate, publish it and sign."),
      has_no_key, fill_key },
    { "improve.mta-sts", DOMAIN_AREA_MTA_STS, 4,
      N_("Have mail to {name} encrypted by force (MTA-STS): serve a policy at "
         "https://mta-sts.{name}/.well-known/mta-sts.txt, begin it with mode: testing, and announce it."),
      has_no_mta_sts, fill_mta_sts },
    { "improve.tls-rpt", DOMAIN_AREA_TLS_RPT, 3,
      N_("Be told when others cannot deliver to {name} over TLS (TLS-RPT)."), has_no_tls_rpt, fill_tls_rpt },
    { "improve.dnssec", DOMAIN_AREA_DNSSEC, 2,
      N_("Sign the zone {name} (DNSSEC), so that nobody can answer for it: turn signing on at the DNS provider, "
         "and "
         "have the registrar publish the DS record."),
      is_unsigned, fill_dnssec },
};

static bool is_before(const struct domain_step *a, const struct domain_step *b)
{
    return a->is_mistake != b->is_mistake ? a->is_mistake : a->worth > b->worth;
}

/* Keep it where it belongs among the best; what falls out at the end is gone. */
static void offer(struct domain_step *steps, size_t *count, const struct domain_step *step)
{
    size_t at = *count;
    while (at > 0 && is_before(step, &steps[at - 1]))
        at--;
    if (at == DOMAIN_NEXT_STEPS_MAX)
        return;
    if (*count < DOMAIN_NEXT_STEPS_MAX)
        ++*count;
    memmove(&steps[at + 1], &steps[at], (*count - at - 1) * sizeof *steps);
    steps[at] = *step;
}

static struct domain_step mend(const struct domain_finding *finding)
{
    const struct domain_finding_kind *kind = domain_finding_kind(finding);
    return (struct domain_step){ .area = kind->area,
                                 .id = kind->id,
                                 .sentence = kind->fix,
                                 .texts = *finding,
                                 .is_mistake = kind->severity > DOMAIN_ADVICE,
                                 .worth = kind->points,
                                 .host = SEKI_STR(""),
                                 .record = SEKI_STR("") };
}

static struct domain_step improve(struct seki_arena *arena, const struct domain_report *report,
                                  const struct improvement *improvement)
{
    struct domain_step step = { .area = improvement->area,
                                .id = improvement->id,
                                .sentence = improvement->sentence,
                                .texts = { .name = report->domain },
                                .worth = improvement->worth,
                                .host = SEKI_STR(""),
                                .record = SEKI_STR("") };
    improvement->fill(arena, report, &step);
    return step;
}

size_t domain_next_steps(struct seki_arena *arena, const struct domain_report *report,
                         struct domain_step *steps_out)
{
    size_t count = 0;
    for (size_t i = 0; i < report->finding_count; i++) {
        struct domain_step step = mend(&report->findings[i]);
        if (i == 0 || report->findings[i].id != report->findings[i - 1].id)
            offer(steps_out, &count, &step);
    }
    for (size_t i = 0; !report->dns.does_not_exist && i < sizeof improvements / sizeof improvements[0]; i++) {
        if (!improvements[i].suits(report))
            continue;
        struct domain_step step = improve(arena, report, &improvements[i]);
        offer(steps_out, &count, &step);
    }
    return count;
}

#include "domain/grade.h"

#include "domain/usage.h"

static bool has(const struct domain_report *report, enum domain_severity severity)
{
    for (size_t i = 0; i < report->finding_count; i++)
        if (domain_finding_kind(&report->findings[i])->severity == severity)
            return true;
    return false;
}

static bool allows_everybody(const struct domain_report *report)
{
    return report->spf.state == DOMAIN_SPF_FOUND && report->spf.top->otherwise == SEKI_SPF_PASS;
}

/* What could not be looked up is not held against the domain. */
static bool lacks_dmarc(const struct domain_report *report)
{
    return report->dmarc.result == DOMAIN_DMARC_NONE || report->dmarc.result == DOMAIN_DMARC_UNUSABLE;
}

static bool lacks_spf(const struct domain_report *report)
{
    return report->spf.state != DOMAIN_SPF_FOUND && report->spf.state != DOMAIN_SPF_UNKNOWN;
}

static bool lacks_both(const struct domain_report *report)
{
    return lacks_dmarc(report) && lacks_spf(report);
}

static bool asks_for_nothing(const struct domain_report *report)
{
    return report->dmarc.result == DOMAIN_DMARC_FOUND && report->dmarc.policy.applied <= SEKI_DMARC_POLICY_NONE;
}

static bool has_error(const struct domain_report *report)
{
    return has(report, DOMAIN_ERROR);
}

static bool has_warning(const struct domain_report *report)
{
    return has(report, DOMAIN_WARNING);
}

/* Worst first. docs/cli.md has this table too. */
static const struct cap {
    bool (*holds)(const struct domain_report *report);
    char letter;
    const char *why;
} caps[] = {
    { allows_everybody, 'F', N_("no better than F while SPF allows everybody") },
    { lacks_both, 'F', N_("no better than F without SPF and without DMARC") },
    { lacks_dmarc, 'D', N_("no better than D without a DMARC record that counts") },
    { lacks_spf, 'D', N_("no better than D without an SPF record that counts") },
    { asks_for_nothing, 'C', N_("no better than C while DMARC asks for nothing (policy none)") },
    { has_error, 'C', N_("no better than C while there is an error") },
    { has_warning, 'B', N_("no better than B while there is a warning") },
};

static const struct {
    unsigned least;
    char letter;
} grades[] = { { 90, 'A' }, { 75, 'B' }, { 55, 'C' }, { 35, 'D' }, { 0, 'F' } };

/* Findings are sorted, so those of one kind stand together. */
static unsigned score_of(const struct domain_report *report)
{
    unsigned lost = 0;
    for (size_t i = 0; i < report->finding_count; i++)
        if (i == 0 || report->findings[i].id != report->findings[i - 1].id)
            lost += domain_finding_kind(&report->findings[i])->points;
    return lost < 100 ? 100 - lost : 0;
}

static char letter_of(unsigned score)
{
    size_t i = 0;
    while (score < grades[i].least)
        i++;
    return grades[i].letter;
}

struct domain_grade domain_grade(const struct domain_report *report)
{
    struct domain_grade grade = { .score = score_of(report), .why = "" };
    if (report->dns.does_not_exist)
        return grade;
    grade.letter = letter_of(grade.score);
    for (size_t i = 0; i < sizeof caps / sizeof caps[0]; i++)
        if (grade.letter < caps[i].letter && caps[i].holds(report)) {
            grade.letter = caps[i].letter;
            grade.why = caps[i].why;
        }
    return grade;
}

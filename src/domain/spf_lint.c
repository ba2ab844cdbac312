#include "domain/spf_lint.h"

#include "domain/spf_judge.h"

static void look(struct domain_run *run, const struct domain_spf_subject *subject, struct domain_spf_report *spf)
{
    const struct seki_str nothing = SEKI_STR("");
    if (!domain_spf_walk(run, subject, spf) || run->is_blocked)
        return;
    if (subject->text.ptr == NULL && !domain_exists(run))
        domain_find(run, DOMAIN_DNS_NO_DOMAIN, subject->domain, nothing, nothing, nothing);
    else
        domain_spf_judge(run, subject, spf);
}

enum seki_result domain_spf_lint_step(struct seki_arena *arena, const struct domain_spf_subject *subject,
                                      struct seki_answers *answers, struct domain_spf_lint_report *report_out,
                                      struct seki_error *why)
{
    const struct domain_survey_options options = { .domain = subject->domain };
    struct domain_run *run = domain_run_new(arena, NULL, &options, subject->domain, answers);
    *report_out = (struct domain_spf_lint_report){ 0 };
    if (run == NULL)
        return seki_arena_failure(arena);
    look(run, subject, &report_out->spf);
    enum seki_result result = domain_run_end(run, why);
    report_out->findings = run->findings;
    report_out->finding_count = run->finding_count;
    return result;
}

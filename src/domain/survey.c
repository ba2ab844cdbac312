#include "domain/survey_run.h"

#include <assert.h>

struct domain_survey {
    struct seki_arena *arena;
    struct seki_context *context;
    struct domain_survey_options options;
    struct seki_str domain;
};

enum seki_result domain_survey_new(struct seki_arena *arena, struct seki_context *context,
                                   const struct domain_survey_options *options, struct domain_survey **survey_out,
                                   struct seki_error *why)
{
    struct domain_survey *survey = seki_arena_alloc(arena, 1, sizeof *survey);
    *survey_out = survey;
    if (survey == NULL)
        return seki_arena_failure(arena);
    *survey = (struct domain_survey){ .arena = arena, .context = context, .options = *options };
    enum seki_result result = seki_domain_to_ascii(arena, options->domain, &survey->domain);
    if (result == SEKI_BAD_INPUT)
        seki_error_set(why, "\"%.*s\" is no domain name", SEKI_STR_ARGS(options->domain));
    return result;
}

/* Of a domain that does not exist this alone is told: it is the first kind of the first area. */
static_assert(DOMAIN_DNS_NO_DOMAIN == 0, "dns.no-domain comes first");

enum seki_result domain_survey_step(struct domain_survey *survey, struct seki_answers *answers,
                                    struct domain_report *report_out, struct seki_error *why)
{
    static void (*const sections[])(struct domain_run *, struct domain_report *) = {
        domain_survey_dns,   domain_survey_mx,        domain_survey_spf,    domain_survey_dkim,
        domain_survey_dmarc, domain_survey_transport, domain_survey_dnssec, domain_survey_together,
    };
    struct domain_run *run =
        domain_run_new(survey->arena, survey->context, &survey->options, survey->domain, answers);
    *report_out = (struct domain_report){ .domain = survey->domain };
    for (size_t i = 0; run != NULL && i < sizeof sections / sizeof sections[0]; i++)
        sections[i](run, report_out);
    enum seki_result result = run != NULL ? domain_run_end(run, why) : seki_arena_failure(survey->arena);
    if (result == SEKI_OK) {
        report_out->findings = run->findings;
        report_out->finding_count = report_out->dns.does_not_exist ? 1 : run->finding_count;
        report_out->grade = domain_grade(report_out);
        report_out->step_count = domain_next_steps(survey->arena, report_out, report_out->steps);
        result = seki_arena_failure(survey->arena);
    }
    return result;
}

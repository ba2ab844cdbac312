#include "domain/survey_run.h"

#include <sekisho/domain.h>

#include <stdlib.h>

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

static int compare_findings(const void *left, const void *right)
{
    const struct domain_finding_kind *a = domain_finding_kind(left), *b = domain_finding_kind(right);
    if (a->area != b->area)
        return a->area < b->area ? -1 : 1;
    if (a->severity != b->severity)
        return a->severity > b->severity ? -1 : 1;
    return a == b ? 0 : a < b ? -1 : 1;
}

enum seki_result domain_survey_step(struct domain_survey *survey, struct seki_answers *answers,
                                    struct domain_report *report_out, struct seki_error *why)
{
    static void (*const sections[])(struct domain_run *, struct domain_report *) = {
        domain_survey_mx, domain_survey_spf, domain_survey_dkim, domain_survey_dmarc, domain_survey_transport,
    };
    struct domain_run *run = seki_arena_alloc(survey->arena, 1, sizeof *run);
    *report_out = (struct domain_report){ .domain = survey->domain };
    if (run == NULL)
        return seki_arena_failure(survey->arena);
    run->arena = survey->arena;
    run->context = survey->context;
    run->answers = answers;
    run->options = &survey->options;
    run->domain = survey->domain;
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
        sections[i](run, report_out);
    if (seki_arena_failure(survey->arena) != SEKI_OK) {
        seki_error_set(why, "the survey needs more memory than it may have");
        return seki_arena_failure(survey->arena);
    }
    if (run->is_blocked)
        return SEKI_NEED_ANSWERS;
    qsort(run->findings, run->finding_count, sizeof run->findings[0], compare_findings);
    report_out->findings = run->findings;
    report_out->finding_count = run->finding_count;
    return SEKI_OK;
}

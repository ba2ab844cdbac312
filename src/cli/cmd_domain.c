/* sekisho domain check: what a domain publishes about its mail, and what is wrong with it. */
#include "cli/domain_keys.h"
#include "cli/evaluation.h"
#include "cli/findings.h"
#include "cli/i18n.h"
#include "cli/json.h"
#include "cli/text.h"
#include "domain/survey.h"

#include <stdio.h>

#define MAX_SELECTORS 64

struct domain_check {
    struct domain_survey *survey;
    struct domain_report report;
};

static enum seki_result step_survey(void *evaluation, struct seki_answers *answers, struct seki_error *why)
{
    struct domain_check *check = evaluation;
    return domain_survey_step(check->survey, answers, &check->report, why);
}

static void print_report(const struct domain_report *report)
{
    cli_print_dkim_report(&report->dkim);
    cli_print_dmarc_report(&report->dmarc);
    cli_print_findings(report->findings, report->finding_count);
}

static void print_report_json(const struct domain_report *report)
{
    cli_json_print(json_pack("{s:o, s:o, s:o, s:o}", "domain", cli_json_str(report->domain), "dkim",
                             cli_json_dkim_report(&report->dkim), "dmarc", cli_json_dmarc_report(&report->dmarc),
                             "findings", cli_json_findings(report->findings, report->finding_count)));
}

static bool read_selectors(const char *list, struct seki_str *selectors, size_t *count_out)
{
    struct seki_str rest = seki_str_of(list), one;
    for (*count_out = 0; seki_str_split(&rest, ',', &one); ++*count_out) {
        one = seki_str_trim(one);
        if (*count_out == MAX_SELECTORS || one.len == 0) {
            fprintf(stderr, _("sekisho: --selectors takes up to %d names with commas between, not \"%s\"\n"),
                    MAX_SELECTORS, list);
            return false;
        }
        selectors[*count_out] = one;
    }
    return true;
}

/* Only a list that was asked for must be there: without one nothing is compared. */
static bool load_list(const char *path, struct seki_psl **psl_out)
{
    struct seki_error why;
    *psl_out = seki_psl_load(path, &why);
    return *psl_out != NULL || path == NULL || cli_complain_of(why.text);
}

static enum cli_exit check(struct cli_evaluation *e, const struct domain_survey_options *options, bool is_json)
{
    struct seki_error why = { "" };
    struct domain_check check = { 0 };
    enum seki_result result = domain_survey_new(e->arena, e->context, options, &check.survey, &why);
    if (result != SEKI_OK) {
        cli_say_trouble(e->options, why.text);
        return result == SEKI_BAD_INPUT ? CLI_USAGE : CLI_NO;
    }
    if (!cli_evaluation_run(e, step_survey, &check))
        return CLI_NO;
    if (is_json)
        print_report_json(&check.report);
    else
        print_report(&check.report);
    return check.report.finding_count > 0 ? CLI_NO : CLI_DONE;
}

enum cli_exit cli_domain_check(const struct cli_options *options, const char *domain)
{
    struct cli_evaluation e;
    struct seki_str selectors[MAX_SELECTORS];
    struct domain_survey_options survey = { .domain = seki_str_of(domain), .selectors = selectors };
    struct seki_psl *psl;
    if (!read_selectors(options->selectors, selectors, &survey.selector_count) || !load_list(options->psl, &psl))
        return CLI_USAGE;
    survey.psl = psl;
    enum cli_exit code = CLI_NO;
    if (cli_evaluation_begin(&e, options)) {
        e.answers = seki_answers_new(e.arena, DOMAIN_SURVEY_QUESTIONS);
        code = e.answers != NULL ? check(&e, &survey, options->json) : CLI_NO;
        cli_evaluation_end(&e);
    }
    seki_psl_free(psl);
    return code;
}

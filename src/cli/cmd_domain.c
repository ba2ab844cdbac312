/* sekisho domain check: what a domain publishes about its mail, and what is wrong with it. */
#include "cli/domain_areas.h"
#include "cli/domain_keys.h"
#include "cli/domain_mail.h"
#include "cli/domain_steps.h"
#include "cli/evaluation.h"
#include "cli/findings.h"
#include "cli/i18n.h"
#include "cli/json.h"
#include "cli/screen.h"
#include "cli/spf_tree.h"
#include "cli/text.h"
#include "domain/usage.h"

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

/* 1. Text. */

static size_t count_failures(const struct domain_report *report)
{
    size_t count = 0;
    for (size_t i = 0; i < report->finding_count; i++)
        count += report->findings[i].id == DOMAIN_DNS_FAILED;
    return count;
}

static void print_head(const struct domain_report *report)
{
    char line[512];
    unsigned long failures = count_failures(report);
    if (report->dns.does_not_exist)
        snprintf(line, sizeof line, _("%.*s: no such domain"), SEKI_STR_ARGS(report->domain));
    else
        snprintf(line, sizeof line, _("%.*s: grade %c (%u of 100)"), SEKI_STR_ARGS(report->domain),
                 report->grade.letter, report->grade.score);
    cli_print_coloured(CLI_BOLD, line);
    putchar('\n');
    if (*report->grade.why != '\0')
        cli_print_sentence(0, "%s", _(report->grade.why));
    if (failures > 0)
        cli_print_sentence(0,
                           cli_text_plural("Not the whole picture: %lu look-up failed. Ask again later.",
                                           "Not the whole picture: %lu look-ups failed. Ask again later.",
                                           failures),
                           failures);
    putchar('\n');
}

static void print_details(const struct domain_report *report)
{
    if (report->mx.exchange_count > 0) {
        cli_print_mx_report(&report->mx);
        putchar('\n');
    }
    cli_print_spf_tree(&report->spf);
    putchar('\n');
    if (report->dkim.key_count > 0 || domain_sends_mail(report)) {
        cli_print_dkim_report(&report->dkim);
        putchar('\n');
    }
    cli_print_dmarc_report(&report->dmarc);
    putchar('\n');
}

static void print_report(const struct domain_report *report)
{
    print_head(report);
    if (!report->dns.does_not_exist) {
        cli_print_areas(report);
        putchar('\n');
    }
    if (report->finding_count > 0) {
        printf("%s\n", _("Findings"));
        cli_print_findings(report->findings, report->finding_count);
        putchar('\n');
    } else {
        printf("%s\n\n", _("No mistake was found."));
    }
    if (report->dns.does_not_exist)
        return;
    print_details(report);
    if (report->step_count > 0)
        cli_print_steps(report->steps, report->step_count);
}

/* 2. JSON. */

static json_t *json_areas(const struct domain_report *report)
{
    json_t *areas[DOMAIN_AREAS] = {
        [DOMAIN_AREA_DNS] = cli_json_dns_report(&report->dns),
        [DOMAIN_AREA_MX] = cli_json_mx_report(&report->mx),
        [DOMAIN_AREA_SPF] = cli_json_spf_tree(&report->spf),
        [DOMAIN_AREA_DKIM] = cli_json_dkim_report(&report->dkim),
        [DOMAIN_AREA_DMARC] = cli_json_dmarc_report(&report->dmarc),
        [DOMAIN_AREA_MTA_STS] = cli_json_mta_sts_report(&report->transport),
        [DOMAIN_AREA_TLS_RPT] = cli_json_tls_rpt_report(&report->transport),
        [DOMAIN_AREA_BIMI] = cli_json_bimi_report(&report->transport),
        [DOMAIN_AREA_DNSSEC] = cli_json_dnssec_report(&report->dnssec),
    };
    json_t *object = json_object();
    for (size_t i = 0; i < DOMAIN_AREAS; i++) {
        json_object_set_new(areas[i], "worst", json_string(cli_worst_of_area(report, (enum domain_area)i)));
        json_object_set_new(object, domain_area_name((enum domain_area)i), areas[i]);
    }
    return object;
}

static void print_report_json(const struct domain_report *report)
{
    const struct domain_grade *grade = &report->grade;
    const char letter[] = { grade->letter, '\0' };
    cli_json_print(json_pack("{s:o, s:s, s:i, s:s, s:b, s:o, s:o, s:o}", "domain", cli_json_str(report->domain),
                             "grade", letter, "score", (int)grade->score, "grade_reason", grade->why, "complete",
                             count_failures(report) == 0, "areas", json_areas(report), "findings",
                             cli_json_findings(report->findings, report->finding_count), "next_steps",
                             cli_json_steps(report->steps, report->step_count)));
}

/* 3. The command. */

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
    return cli_findings_exit(check.report.findings, check.report.finding_count);
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

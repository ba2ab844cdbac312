/* sekisho spf build: an SPF record from choices, in every form that DNS is edited in, with what is wrong with it. */
#include "cli/findings.h"
#include "cli/i18n.h"
#include "cli/json.h"
#include "cli/spf_draft.h"
#include "cli/text.h"
#include "cli/txt_record.h"
#include "domain/spf_build.h"

#include <stdio.h>

#define MAX_NAMES 200u /* more than a record holds */

/* 1. Choices. */

static size_t split(const char *list, struct seki_str names[MAX_NAMES])
{
    struct seki_str rest = seki_str_of(list), one;
    size_t count = 0;
    while (count < MAX_NAMES && seki_str_split(&rest, ',', &one))
        names[count++] = seki_str_trim(one);
    return count;
}

/* The table of options lets no other words through. */
static enum seki_spf_result result_of(const char *word)
{
    static const enum seki_spf_result results[] = { SEKI_SPF_FAIL, SEKI_SPF_SOFTFAIL, SEKI_SPF_NEUTRAL };
    for (size_t i = 0; word != NULL && i < sizeof results / sizeof results[0]; i++)
        if (strcmp(word, seki_spf_result_name(results[i])) == 0)
            return results[i];
    return SEKI_SPF_NONE;
}

static enum seki_result make(struct cli_spf_draft *draft, const struct cli_options *options, struct seki_error *why)
{
    struct seki_str addresses[MAX_NAMES], hosts[MAX_NAMES], includes[MAX_NAMES];
    struct domain_spf_choices choices = {
        .addresses = addresses,
        .address_count = split(options->ip, addresses),
        .hosts = hosts,
        .host_count = split(options->hosts, hosts),
        .includes = includes,
        .include_count = split(options->includes, includes),
        .has_mx = options->mx,
        .redirect = seki_str_of(options->redirect),
        .otherwise = result_of(options->all),
        .is_no_mail = options->no_mail,
    };
    if (!draft->subject.is_unnamed)
        choices.domain = draft->subject.domain;
    return domain_spf_build(draft->e.arena, &choices, &draft->subject.text, why);
}

/* 2. Telling. */

static struct cli_txt_record record_of(const struct cli_spf_draft *draft)
{
    return (struct cli_txt_record){ draft->subject.domain, draft->subject.text };
}

static void print_text(const struct cli_spf_draft *draft)
{
    struct cli_txt_record record = record_of(draft);
    if (draft->subject.is_unnamed)
        printf("%s\n%.*s\n", _("Publish this TXT record at your domain (--domain checks more):"),
               SEKI_STR_ARGS(record.text));
    else
        cli_print_txt_records(&record, 1, record.name);
    if (draft->report.finding_count > 0)
        putchar('\n');
    cli_print_findings(draft->report.findings, draft->report.finding_count);
}

static void print_json(const struct cli_spf_draft *draft)
{
    struct cli_txt_record record = record_of(draft);
    json_t *root = draft->subject.is_unnamed ? json_pack("{s:s, s:s, s:o}", "host", "@", "type", "TXT", "record",
                                                         cli_json_str(record.text))
                                             : cli_json_txt_record(&record, record.name);
    cli_spf_draft_set_json(draft, root);
    cli_json_print(root);
}

static enum cli_exit build(struct cli_spf_draft *draft, const struct cli_options *options)
{
    struct seki_error why = { N_("no memory for the record") };
    enum seki_result result = make(draft, options, &why);
    if (result == SEKI_BAD_INPUT) {
        cli_complain_of(why.text);
        return CLI_USAGE;
    }
    if (result != SEKI_OK) {
        cli_say_trouble(options, why.text);
        return CLI_NO;
    }
    if (!cli_spf_draft_look(draft))
        return CLI_NO;
    if (options->json)
        print_json(draft);
    else
        print_text(draft);
    return cli_findings_exit(draft->report.findings, draft->report.finding_count);
}

enum cli_exit cli_spf_build(const struct cli_options *options, const char *operand)
{
    struct cli_spf_draft draft;
    (void)operand;
    enum cli_exit code = cli_spf_draft_begin(&draft, options, options->domain);
    if (code != CLI_DONE)
        return code;
    code = build(&draft, options);
    cli_spf_draft_end(&draft);
    return code;
}

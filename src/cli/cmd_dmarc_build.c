/* sekisho dmarc build: a DMARC record from choices, in every form that DNS is edited in, with what is wrong with it. */
#include "cli/domain_keys.h"
#include "cli/evaluation.h"
#include "cli/findings.h"
#include "cli/i18n.h"
#include "cli/json.h"
#include "cli/text.h"
#include "cli/txt_record.h"
#include "domain/dmarc_build.h"

#include <stdio.h>

#define MAX_MEMORY    (16u << 20)
#define MAX_ADDRESSES 101u /* one more than a record may have, for the builder to refuse */

struct dmarc_build {
    struct seki_arena *arena;
    struct domain_dmarc_draft draft;
    struct domain_dmarc_draft_report report;
};

/* 1. Choices. */

/* The table of options lets no other words through. */
static enum seki_dmarc_policy policy_of(const char *word)
{
    static const enum seki_dmarc_policy policies[] = { SEKI_DMARC_POLICY_NONE, SEKI_DMARC_POLICY_QUARANTINE,
                                                       SEKI_DMARC_POLICY_REJECT };
    for (size_t i = 0; word != NULL && i < sizeof policies / sizeof policies[0]; i++)
        if (strcmp(word, seki_dmarc_policy_name(policies[i])) == 0)
            return policies[i];
    return SEKI_DMARC_POLICY_UNSET;
}

static size_t split_addresses(const char *list, struct seki_str addresses[MAX_ADDRESSES])
{
    struct seki_str rest = seki_str_of(list), one;
    size_t count = 0;
    while (count < MAX_ADDRESSES && seki_str_split(&rest, ',', &one))
        addresses[count++] = seki_str_trim(one);
    return count;
}

static enum seki_result build(struct dmarc_build *build, const struct cli_options *options, struct seki_error *why)
{
    struct seki_str rua[MAX_ADDRESSES], ruf[MAX_ADDRESSES];
    bool is_strict = options->alignment != NULL && strcmp(options->alignment, "strict") == 0;
    struct domain_dmarc_choices choices = {
        .policy = policy_of(options->policy),
        .subdomain = policy_of(options->subdomains),
        .nonexistent = policy_of(options->nonexistent),
        .rua = rua,
        .ruf = ruf,
        .is_dkim_strict = is_strict || options->dkim_strict,
        .is_spf_strict = is_strict || options->spf_strict,
        .is_testing = options->testing,
    };
    choices.rua_count = split_addresses(options->rua, rua);
    choices.ruf_count = split_addresses(options->ruf, ruf);
    return domain_dmarc_build(build->arena, &choices, &build->draft.text, why);
}

/* 2. The check. */

static enum seki_result step_check(void *evaluation, struct seki_answers *answers, struct seki_error *why)
{
    struct dmarc_build *build = evaluation;
    return domain_dmarc_check_step(build->arena, &build->draft, answers, &build->report, why);
}

/* Without a domain nothing is asked, so no resolver is needed. */
static bool check_alone(struct dmarc_build *build, const struct cli_options *options)
{
    struct seki_error why = { N_("no memory to check the record") };
    struct seki_answers *answers = seki_answers_new(build->arena, 0);
    return (answers != NULL && step_check(build, answers, &why) == SEKI_OK) || cli_say_trouble(options, why.text);
}

/* The answers are in the build's memory, since the report looks into them. */
static bool check_with_dns(struct dmarc_build *build, const struct cli_options *options)
{
    struct cli_evaluation e;
    if (!cli_evaluation_begin(&e, options))
        return false;
    e.answers = seki_answers_new(build->arena, 0);
    bool is_done = e.answers != NULL && cli_evaluation_run(&e, step_check, build);
    cli_evaluation_end(&e);
    return is_done;
}

/* 3. Telling. */

static struct cli_txt_record record_of(const struct dmarc_build *build)
{
    struct cli_txt_record record = { .text = build->draft.text };
    record.name = seki_arena_format(build->arena, "_dmarc.%.*s", SEKI_STR_ARGS(build->draft.domain));
    return record;
}

static void print_text(const struct dmarc_build *build)
{
    struct cli_txt_record record = record_of(build);
    bool has_domain = build->draft.domain.len > 0;
    if (has_domain)
        cli_print_txt_records(&record, 1, build->draft.domain);
    else
        printf("%s\n%.*s\n", _("Publish this TXT record at _dmarc in your domain (--domain checks more):"),
               SEKI_STR_ARGS(record.text));
    if (has_domain && build->report.destination_count > 0) {
        printf("\n%s\n", _("Reports go to:"));
        cli_print_destinations(build->report.destinations, build->report.destination_count);
    }
    if (build->report.finding_count > 0)
        putchar('\n');
    cli_print_findings(build->report.findings, build->report.finding_count);
}

static void print_json(const struct dmarc_build *build)
{
    struct cli_txt_record record = record_of(build);
    json_t *root = build->draft.domain.len > 0 ? cli_json_txt_record(&record, build->draft.domain)
                                               : json_pack("{s:s, s:s, s:o}", "host", "_dmarc", "type", "TXT",
                                                           "record", cli_json_str(record.text));
    json_object_set_new(root, "destinations",
                        cli_json_destinations(build->report.destinations, build->report.destination_count));
    json_object_set_new(root, "findings", cli_json_findings(build->report.findings, build->report.finding_count));
    cli_json_print(root);
}

static enum cli_exit exit_of(const struct dmarc_build *build)
{
    enum cli_exit code = CLI_DONE;
    for (size_t i = 0; i < build->report.finding_count; i++) {
        if (build->report.findings[i].id != DOMAIN_DNS_FAILED)
            return CLI_NO;
        code = CLI_TEMPORARY;
    }
    return code;
}

/* 4. All of it. */

static bool read_domain(struct dmarc_build *build, const struct cli_options *options)
{
    build->draft.domain = SEKI_STR("");
    if (options->domain == NULL)
        return true;
    if (seki_domain_to_ascii(build->arena, seki_str_of(options->domain), &build->draft.domain) == SEKI_OK &&
        seki_domain_label_count(build->draft.domain) > 1)
        return true;
    return cli_complain(_("--domain takes a domain name, not \"%s\""), options->domain);
}

static enum cli_exit check(struct dmarc_build *build, const struct cli_options *options)
{
    if (!(options->domain != NULL ? check_with_dns(build, options) : check_alone(build, options)))
        return CLI_NO;
    if (options->json)
        print_json(build);
    else
        print_text(build);
    return exit_of(build);
}

static enum cli_exit run(struct dmarc_build *b, const struct cli_options *options)
{
    struct seki_error why = { N_("no memory to start with") };
    if (!read_domain(b, options))
        return CLI_USAGE;
    enum seki_result result = build(b, options, &why);
    if (result == SEKI_OK)
        return check(b, options);
    if (result == SEKI_BAD_INPUT)
        cli_complain_of(why.text);
    else
        cli_say_trouble(options, why.text);
    return result == SEKI_BAD_INPUT ? CLI_USAGE : CLI_NO;
}

enum cli_exit cli_dmarc_build(const struct cli_options *options, const char *operand)
{
    (void)operand;
    struct dmarc_build build = { .arena = seki_arena_new(MAX_MEMORY) };
    enum cli_exit code = CLI_NO;
    if (build.arena != NULL)
        code = run(&build, options);
    else
        cli_say_trouble(options, N_("no memory to start with"));
    seki_arena_free(build.arena);
    return code;
}

/* sekisho spf check, sekisho dmarc policy: what the DNS says of a client or a domain. */
#include "cli/evaluation.h"
#include "cli/json.h"
#include "cli/text.h"

#include <stdio.h>

struct spf_run {
    struct seki_spf *spf;
    struct seki_spf_verdict verdict;
};

static enum seki_result step_spf(void *evaluation, struct seki_answers *answers, struct seki_error *why)
{
    struct spf_run *run = evaluation;
    return seki_spf_step(run->spf, answers, &run->verdict, why);
}

static bool read_spf_input(const struct cli_options *options, struct seki_spf_input *input)
{
    if (options->ip == NULL || (options->helo == NULL && options->mail_from == NULL)) {
        fprintf(stderr, "sekisho: spf check needs --ip and --helo, --mail-from or both\n");
        return false;
    }
    if (!cli_read_ip(options, &input->client))
        return false;
    input->helo = seki_str_of(options->helo != NULL ? options->helo : "");
    input->mail_from = seki_str_of(options->mail_from != NULL ? options->mail_from : "");
    if (options->scope == NULL || strcmp(options->scope, "spf1") == 0)
        return true;
    input->identity = SEKI_SPF_HELO;
    if (strcmp(options->scope, "helo") == 0)
        return true;
    fprintf(stderr, "sekisho: --scope is spf1 or helo, not \"%s\"\n", options->scope);
    return false;
}

static enum cli_exit spf_exit(enum seki_spf_result result)
{
    if (result == SEKI_SPF_TEMPERROR)
        return CLI_TEMPORARY;
    return result == SEKI_SPF_FAIL || result == SEKI_SPF_SOFTFAIL || result == SEKI_SPF_PERMERROR ? CLI_NO : CLI_DONE;
}

enum cli_exit cli_spf_check(const struct cli_options *options, const char *operand)
{
    (void)operand;
    struct seki_spf_input input = { 0 };
    struct cli_evaluation e;
    if (!read_spf_input(options, &input))
        return CLI_USAGE;
    if (!cli_evaluation_begin(&e, options))
        return CLI_NO;
    input.now_s = e.now_s;
    input.trace = options->json ? NULL : seki_trace_new(e.arena);
    struct spf_run run = { .spf = seki_spf_new(e.arena, &input) };
    enum cli_exit code = CLI_NO;
    if (run.spf != NULL && cli_evaluation_run(&e, step_spf, &run)) {
        if (options->json)
            cli_json_print(cli_json_spf(&run.verdict));
        else {
            cli_print_spf("spf", &run.verdict);
            cli_print_trace("How it came out", input.trace);
        }
        code = spf_exit(run.verdict.result);
    }
    cli_evaluation_end(&e);
    return code;
}

struct dmarc_run {
    struct seki_dmarc *dmarc;
    struct seki_dmarc_verdict verdict;
};

static enum seki_result step_dmarc(void *evaluation, struct seki_answers *answers, struct seki_error *why)
{
    static const struct seki_dmarc_identifiers nothing_authenticated = { 0 };
    struct dmarc_run *run = evaluation;
    return seki_dmarc_step(run->dmarc, answers, &nothing_authenticated, &run->verdict, why);
}

static void print_policy(const struct seki_dmarc_verdict *dmarc)
{
    if (dmarc->record != NULL) {
        printf("policy    %s\nrecord    ", seki_dmarc_policy_name(dmarc->policy));
        cli_print_str(dmarc->record->text);
        printf("\nfound at  _dmarc.");
        cli_print_str(dmarc->policy_domain);
        printf("\norg       ");
        cli_print_str(dmarc->org_domain);
    } else {
        printf("no DMARC policy: ");
        cli_print_str(dmarc->reason);
    }
    putchar('\n');
}

static enum cli_exit dmarc_exit(const struct seki_dmarc_verdict *dmarc)
{
    if (dmarc->result == SEKI_DMARC_TEMPERROR)
        return CLI_TEMPORARY;
    return dmarc->result == SEKI_DMARC_NONE || dmarc->result == SEKI_DMARC_PERMERROR ? CLI_NO : CLI_DONE;
}

static enum cli_exit report_policy(struct cli_evaluation *e, const struct cli_options *options, struct dmarc_run *run,
                                   const struct seki_trace *trace)
{
    if (!cli_evaluation_run(e, step_dmarc, run))
        return CLI_NO;
    if (options->json)
        cli_json_print(cli_json_dmarc_record(&run->verdict));
    else {
        print_policy(&run->verdict);
        cli_print_trace("How it was found", trace);
    }
    return dmarc_exit(&run->verdict);
}

enum cli_exit cli_dmarc_policy(const struct cli_options *options, const char *domain)
{
    struct cli_evaluation e;
    struct seki_error why = { "" };
    struct seki_psl *psl = NULL;
    struct seki_dmarc_options dmarc = { 0 };
    struct dmarc_run run = { 0 };
    if (!cli_set_discovery(options, &dmarc, &psl))
        return CLI_USAGE;
    if (!cli_evaluation_begin(&e, options)) {
        seki_psl_free(psl);
        return CLI_NO;
    }
    dmarc.trace = options->json ? NULL : seki_trace_new(e.arena);
    enum cli_exit code = CLI_NO;
    if (seki_dmarc_new_for_domain(e.arena, seki_str_of(domain), &dmarc, &run.dmarc, &why) == SEKI_OK)
        code = report_policy(&e, options, &run, dmarc.trace);
    else
        cli_say_trouble(options, why.text);
    cli_evaluation_end(&e);
    seki_psl_free(psl);
    return code;
}

/* sekisho spf check, sekisho dmarc policy: what the DNS says of a client or a domain. */
#include "cli/evaluation.h"
#include "cli/i18n.h"
#include "cli/json.h"
#include "cli/reason.h"
#include "cli/text.h"

#include <sekisho/address.h>

#include <stdio.h>

#define MAX_FIELD_OCTETS 16384u /* more than a Received-SPF field can have */

/* --scope: whose domain, and by which records. */
static const struct spf_scope {
    const char *name;
    enum seki_spf_identity identity;
    bool is_sender_id;
    enum seki_sender_id_scope sender_id;
} spf_scopes[] = {
    { .name = "spf1", .identity = SEKI_SPF_MAIL_FROM },
    { .name = "helo", .identity = SEKI_SPF_HELO },
    { .name = "mfrom", .is_sender_id = true, .sender_id = SEKI_SENDER_ID_MFROM },
    { .name = "pra", .is_sender_id = true, .sender_id = SEKI_SENDER_ID_PRA },
};

static const struct spf_scope *find_scope(const char *name)
{
    size_t found = 0; /* the table of options lets no other words through */
    for (size_t i = 0; name != NULL && i < sizeof spf_scopes / sizeof spf_scopes[0]; i++)
        if (strcmp(name, spf_scopes[i].name) == 0)
            found = i;
    return &spf_scopes[found];
}

struct spf_run {
    const struct spf_scope *scope;
    struct seki_spf_input input;
    struct seki_spf *spf;
    struct seki_sender_id *sender_id; /* instead, in one of its scopes */
    struct seki_spf_verdict verdict;
};

static bool read_spf_input(const struct cli_options *options, struct spf_run *run)
{
    if (options->ip == NULL || (options->helo == NULL && options->mail_from == NULL))
        return cli_complain("%s", _("spf check needs --ip and --helo, --mail-from or both"));
    run->scope = find_scope(options->scope);
    if (!cli_read_ip(options, &run->input.client))
        return false;
    run->input.helo = seki_str_of(options->helo != NULL ? options->helo : "");
    run->input.mail_from = seki_str_of(options->mail_from != NULL ? options->mail_from : "");
    run->input.identity = run->scope->identity;
    if (!options->received_spf || !run->scope->is_sender_id)
        return true;
    return cli_complain("%s", _("--received-spf tells of SPF (--scope spf1 or helo), not of Sender ID"));
}

/* In the pra scope --mail-from gives the PRA: there is no message to find it in. */
static bool start_spf(struct spf_run *run, struct seki_arena *arena)
{
    if (!run->scope->is_sender_id) {
        run->spf = seki_spf_new(arena, &run->input);
        return run->spf != NULL;
    }
    struct seki_sender_id_input input = { .scope = run->scope->sender_id, .spf = run->input };
    if (!seki_address_split_path(run->input.mail_from, &input.pra.local_part, &input.pra.domain))
        input.pra.reason = SEKI_STR(N_("--mail-from is no address"));
    run->sender_id = seki_sender_id_new(arena, &input);
    return run->sender_id != NULL;
}

static enum seki_result step_spf(void *evaluation, struct seki_answers *answers, struct seki_error *why)
{
    struct spf_run *run = evaluation;
    struct seki_sender_id_verdict verdict;
    if (run->spf != NULL)
        return seki_spf_step(run->spf, answers, &run->verdict, why);
    enum seki_result result = seki_sender_id_step(run->sender_id, answers, &verdict, why);
    run->verdict = verdict.check;
    return result;
}

static enum cli_exit spf_exit(enum seki_spf_result result)
{
    if (result == SEKI_SPF_TEMPERROR)
        return CLI_TEMPORARY;
    return result == SEKI_SPF_FAIL || result == SEKI_SPF_SOFTFAIL || result == SEKI_SPF_PERMERROR ? CLI_NO
                                                                                                  : CLI_DONE;
}

static void report_spf_json(const struct spf_run *run, struct seki_str received)
{
    json_t *root = run->scope->is_sender_id ? cli_json_check_host(&run->verdict, run->scope->name)
                                            : cli_json_spf(&run->verdict);
    if (received.len > 0)
        json_object_set_new(root, "received_spf", cli_json_str(received));
    cli_json_print(root);
}

static void report_spf(const struct cli_options *options, const struct spf_run *run)
{
    struct seki_buf received;
    seki_buf_init(&received, MAX_FIELD_OCTETS);
    if (options->received_spf)
        seki_spf_received_field(&run->input, &run->verdict, &received);
    if (options->json) {
        report_spf_json(run, seki_buf_str(&received));
    } else {
        cli_print_spf(run->scope->is_sender_id ? "sender-id" : "spf", &run->verdict);
        if (options->received_spf)
            cli_print_field("Received-SPF", seki_buf_str(&received));
        cli_print_trace(_("How it came out"), run->input.trace);
    }
    seki_buf_release(&received);
}

enum cli_exit cli_spf_check(const struct cli_options *options, const char *operand)
{
    (void)operand;
    struct spf_run run = { 0 };
    struct cli_evaluation e;
    if (!read_spf_input(options, &run))
        return CLI_USAGE;
    if (!cli_evaluation_begin(&e, options))
        return CLI_NO;
    char host[256];
    cli_host_name(host, sizeof host);
    run.input.receiver = seki_str_of(host);
    run.input.now_s = e.now_s;
    run.input.trace = options->json ? NULL : cli_trace_new(e.arena);
    enum cli_exit code = CLI_NO;
    if (start_spf(&run, e.arena) && cli_evaluation_run(&e, step_spf, &run)) {
        report_spf(options, &run);
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
    if (dmarc->record == NULL) {
        printf("%s ", _("no DMARC policy:"));
        cli_print_reason(dmarc->reason);
        putchar('\n');
        return;
    }
    printf(_("policy    %s\n"), seki_dmarc_policy_name(dmarc->policy));
    printf("%s", _("record    "));
    cli_print_str(dmarc->record->text);
    printf("\n%s_dmarc.", _("found at  "));
    cli_print_str(dmarc->policy_domain);
    printf("\n%s", _("org       "));
    cli_print_str(dmarc->org_domain);
    putchar('\n');
}

static enum cli_exit dmarc_exit(const struct seki_dmarc_verdict *dmarc)
{
    if (dmarc->result == SEKI_DMARC_TEMPERROR)
        return CLI_TEMPORARY;
    return dmarc->result == SEKI_DMARC_NONE || dmarc->result == SEKI_DMARC_PERMERROR ? CLI_NO : CLI_DONE;
}

static enum cli_exit report_policy(struct cli_evaluation *e, const struct cli_options *options,
                                   struct dmarc_run *run, const struct seki_trace *trace)
{
    if (!cli_evaluation_run(e, step_dmarc, run))
        return CLI_NO;
    if (options->json)
        cli_json_print(cli_json_dmarc_record(&run->verdict));
    else {
        print_policy(&run->verdict);
        cli_print_trace(_("How it was found"), trace);
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
    dmarc.trace = options->json ? NULL : cli_trace_new(e.arena);
    enum cli_exit code = CLI_NO;
    if (seki_dmarc_new_for_domain(e.arena, seki_str_of(domain), &dmarc, &run.dmarc, &why) == SEKI_OK)
        code = report_policy(&e, options, &run, dmarc.trace);
    else
        cli_say_trouble(options, why.text);
    cli_evaluation_end(&e);
    seki_psl_free(psl);
    return code;
}

#include "cli/evaluation.h"

#include "cli/i18n.h"
#include "cli/input.h"
#include "cli/reason.h"
#include "cli/text.h"
#include "dns/driver/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MAX_MESSAGE_MEMORY  (64u << 20)
#define MAX_TRUSTED_SEALERS 64

bool cli_evaluation_begin(struct cli_evaluation *e, const struct cli_options *options)
{
    struct seki_error why = { "" };
    const struct dns_source_options source = {
        .resolver = { .nameservers = options->nameserver,
                      .timeout_ms = (unsigned)options->dns_timeout_ms,
                      .trust_anchor_file = options->anchors },
        .zone_file = options->zone,
    };
    *e = (struct cli_evaluation){
        .options = options,
        .now_s = options->time_s != 0 ? (int64_t)options->time_s : (int64_t)time(NULL),
    };
    e->context = seki_context_new(0, &why);
    if (e->context != NULL)
        e->source = dns_source_open(&source, &why);
    if (e->source != NULL)
        e->arena = seki_arena_new(MAX_MESSAGE_MEMORY);
    if (e->arena != NULL)
        e->answers = seki_answers_new(e->arena, 0);
    if (e->answers != NULL)
        return true;
    if (why.text[0] == '\0')
        seki_error_set(&why, "no memory to start with");
    cli_evaluation_end(e);
    return cli_say_trouble(options, why.text);
}

void cli_evaluation_end(struct cli_evaluation *e)
{
    seki_arena_free(e->arena);
    if (e->source != NULL)
        dns_source_close(e->source);
    seki_context_free(e->context);
}

bool cli_evaluation_run(struct cli_evaluation *e, cli_step step, void *evaluation)
{
    struct seki_error why = { "" };
    enum seki_result result;
    while ((result = step(evaluation, e->answers, &why)) == SEKI_NEED_ANSWERS)
        dns_source_answer(e->source, e->answers);
    if (result == SEKI_OK)
        return true;
    if (why.text[0] == '\0')
        seki_error_set(&why, "%s",
                       result == SEKI_LIMIT ? N_("the message needs more memory than a message may have")
                                            : N_("no verdict: the system is out of memory"));
    return cli_say_trouble(e->options, why.text);
}

bool cli_read_ip(const struct cli_options *options, struct seki_ip *ip_out)
{
    if (seki_ip_parse(seki_str_of(options->ip), ip_out))
        return true;
    return cli_complain(_("--ip takes an IPv4 or IPv6 address, not \"%s\""), options->ip);
}

static bool set_envelope(const struct cli_options *options, const struct seki_ip *client,
                         struct seki_verify *verify)
{
    if (client->octet_count == 0)
        return true;
    const char *helo = options->helo != NULL ? options->helo : "";
    const char *mail_from = options->mail_from != NULL ? options->mail_from : "";
    return seki_verify_client(verify, client, seki_str_of(helo)) == SEKI_OK &&
           seki_verify_mail_from(verify, seki_str_of(mail_from)) == SEKI_OK;
}

static bool read_sealers(const struct cli_options *options, struct seki_arena *arena, struct seki_str *sealers,
                         size_t *count_out)
{
    struct seki_str rest = seki_str_of(options->trusted_sealers), one;
    for (*count_out = 0; seki_str_split(&rest, ',', &one); ++*count_out) {
        if (*count_out < MAX_TRUSTED_SEALERS &&
            seki_domain_to_ascii(arena, seki_str_trim(one), &sealers[*count_out]) == SEKI_OK)
            continue;
        return cli_complain(_("--trusted-sealers takes up to %d domains with commas between, not \"%s\""),
                            MAX_TRUSTED_SEALERS, options->trusted_sealers);
    }
    return true;
}

static enum seki_result step_verify(void *evaluation, struct seki_answers *answers, struct seki_error *why)
{
    struct cli_message_outcome *outcome = evaluation;
    return seki_verify_step(outcome->verify, answers, &outcome->verdict, why);
}

bool cli_set_discovery(const struct cli_options *options, struct seki_dmarc_options *dmarc, struct seki_psl **psl)
{
    struct seki_error why;
    if (options->discovery == NULL || strcmp(options->discovery, "psl") != 0)
        return true;
    *psl = seki_psl_load(options->psl, &why);
    dmarc->discovery = SEKI_DMARC_PSL;
    dmarc->psl = *psl;
    return *psl != NULL || cli_complain_of(why.text);
}

void cli_host_name(char *host, size_t size)
{
    if (gethostname(host, size) != 0)
        snprintf(host, size, "localhost");
    host[size - 1] = '\0';
}

static void set_names(const struct cli_options *options, char *host, size_t size,
                      struct seki_verify_options *verify)
{
    cli_host_name(host, size);
    verify->receiver = seki_str_of(host);
    verify->authserv_id = options->authserv_id != NULL ? seki_str_of(options->authserv_id) : verify->receiver;
}

static bool authenticate(struct cli_evaluation *e, const struct cli_options *options,
                         const struct seki_verify_options *verify, const struct seki_ip *client,
                         struct cli_message_outcome *outcome)
{
    outcome->verify = seki_verify_new(e->arena, e->context, verify);
    bool is_fed = outcome->verify != NULL && set_envelope(options, client, outcome->verify) &&
                  seki_verify_whole(outcome->verify, outcome->text) == SEKI_OK;
    if (!is_fed)
        cli_say_trouble(options, N_("the header needs more memory than a message may have"));
    bool is_done = is_fed && cli_evaluation_run(e, step_verify, outcome);
    seki_verify_end(outcome->verify);
    return is_done;
}

enum cli_exit cli_authenticate_text(struct cli_evaluation *e, const struct cli_options *options, bool explain,
                                    struct cli_message_outcome *outcome)
{
    struct seki_psl *psl = NULL;
    struct seki_ip client = { 0 };
    char host[256];
    struct seki_str sealers[MAX_TRUSTED_SEALERS];
    struct seki_verify_options verify = {
        .dkim = { .min_rsa_bits = (unsigned)options->min_rsa_bits, .allow_rsa_sha1 = options->allow_rsa_sha1 },
        .without_spf = options->ip == NULL,
        .with_sender_id = options->sender_id,
        .now_s = e->now_s,
        .explain = explain,
        .language = options->json ? NULL : cli_trace_language(),
        .trusted_sealers = sealers,
    };
    set_names(options, host, sizeof host, &verify);
    if ((options->ip != NULL && !cli_read_ip(options, &client)) ||
        !read_sealers(options, e->arena, sealers, &verify.trusted_sealer_count) ||
        !cli_set_discovery(options, &verify.dmarc, &psl))
        return CLI_USAGE;
    bool is_done = authenticate(e, options, &verify, &client, outcome);
    seki_psl_free(psl);
    return is_done ? CLI_DONE : CLI_NO;
}

enum cli_exit cli_authenticate(struct cli_evaluation *e, const struct cli_options *options, const char *file,
                               bool explain, struct cli_message_outcome *outcome)
{
    struct seki_error why;
    *outcome = (struct cli_message_outcome){ 0 };
    if (!cli_input_read(file, &outcome->text, &why)) {
        cli_say_trouble(options, why.text);
        return CLI_NO;
    }
    return cli_authenticate_text(e, options, explain, outcome);
}

static bool any_signature(const struct seki_dkim_verdict *dkim, enum seki_dkim_result result)
{
    for (size_t i = 0; i < dkim->signature_count; i++)
        if (dkim->signatures[i].result == result)
            return true;
    return false;
}

static enum cli_exit exit_without_dmarc(const struct seki_verdict *v)
{
    enum seki_spf_result spf = v->has_spf_mail_from ? v->spf_mail_from.result : SEKI_SPF_NONE;
    if (any_signature(&v->dkim, SEKI_DKIM_PASS) || spf == SEKI_SPF_PASS)
        return CLI_DONE;
    if (any_signature(&v->dkim, SEKI_DKIM_TEMPERROR) || spf == SEKI_SPF_TEMPERROR)
        return CLI_TEMPORARY;
    bool has_failed = v->dkim.signature_count > 0 || spf == SEKI_SPF_FAIL || spf == SEKI_SPF_SOFTFAIL ||
                      spf == SEKI_SPF_PERMERROR;
    return has_failed ? CLI_NO : CLI_DONE;
}

enum cli_exit cli_exit_of(const struct seki_verdict *verdict)
{
    switch (verdict->dmarc.result) {
    case SEKI_DMARC_PASS: return CLI_DONE;
    case SEKI_DMARC_FAIL:
    case SEKI_DMARC_PERMERROR: return CLI_NO;
    case SEKI_DMARC_TEMPERROR: return CLI_TEMPORARY;
    case SEKI_DMARC_NONE: break;
    }
    return exit_without_dmarc(verdict);
}

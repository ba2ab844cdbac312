/* sekisho verify, sekisho explain: a whole message. */
#include "cli/evaluation.h"
#include "cli/i18n.h"
#include "cli/json.h"
#include "cli/text.h"

#include <stdio.h>
#include <stdlib.h>

/* In the order in which people ask. */
static const struct {
    const char *mechanism, *title;
} traces[] = {
    { "spf", N_("SPF of MAIL FROM") },
    { "spf-helo", N_("SPF of HELO") },
    { "sender-id", "Sender ID" },
    { "dkim", "DKIM" },
    { "arc", "ARC" },
    { "dmarc", "DMARC" },
};

static const struct {
    unsigned bit;
    const char *text;
} defects[] = {
    { SEKI_DEFECT_TOO_MANY_FIELDS, N_("more fields than we keep") },
    { SEKI_DEFECT_HEADER_TOO_LONG, N_("a longer header than we keep") },
    { SEKI_DEFECT_NO_SEPARATOR, N_("no empty line between header and body") },
    { SEKI_DEFECT_BARE_LF, N_("bare LF in the header") },
    { SEKI_DEFECT_BARE_CR, N_("bare CR in the header") },
    { SEKI_DEFECT_NUL, N_("NUL in the header") },
    { SEKI_DEFECT_LONG_LINE, N_("a line over 998 octets in the header") },
    { SEKI_DEFECT_EMPTY_NAME, N_("a field without a name") },
    { SEKI_DEFECT_BAD_NAME, N_("odd octets in a field name") },
};

static json_t *json_trace(const struct seki_trace *trace)
{
    json_t *lines = json_array();
    for (const struct seki_trace_line *line = seki_trace_first(trace); line != NULL; line = line->next)
        json_array_append_new(lines, json_pack("{s:i, s:o}", "depth", (int)line->depth, "text", cli_json_str(line->text)));
    return lines;
}

static json_t *json_record(const struct seki_answer *answer, const struct seki_record *record)
{
    char address[SEKI_IP_TEXT_MAX];
    if (answer->type == SEKI_RR_A || answer->type == SEKI_RR_AAAA)
        return json_string(seki_ip_format(&record->address, address));
    if (answer->type == SEKI_RR_MX)
        return json_pack("[i, o]", record->preference, cli_json_str(record->text));
    return cli_json_str(record->text);
}

static json_t *json_answers(const struct seki_answers *answers)
{
    json_t *array = json_array();
    const struct seki_answer *answer;
    for (size_t i = 0; (answer = seki_answers_at(answers, i)) != NULL; i++) {
        json_t *records = json_array();
        for (size_t r = 0; r < answer->record_count; r++)
            json_array_append_new(records, json_record(answer, &answer->records[r]));
        json_array_append_new(array, json_pack("{s:o, s:s, s:s, s:b, s:o, s:o}", "name", cli_json_str(answer->name), "type",
                                               seki_rr_type_name(answer->type), "status",
                                               seki_answer_status_name(answer->status), "secure",
                                               answer->dnssec == SEKI_DNSSEC_SECURE, "failure",
                                               cli_json_str(answer->failure), "records", records));
    }
    return array;
}

static void print_explanation_json(const struct cli_evaluation *e, const struct cli_message_outcome *outcome)
{
    json_t *root = cli_json_verdict(&outcome->verdict), *steps = json_object();
    for (size_t i = 0; i < sizeof traces / sizeof traces[0]; i++)
        json_object_set_new(steps, traces[i].mechanism, json_trace(seki_verify_trace(outcome->verify, traces[i].mechanism)));
    json_object_set_new(root, "steps", steps);
    json_object_set_new(root, "dns", json_answers(e->answers));
    cli_json_print(root);
}

static void print_message_facts(const struct seki_message *message)
{
    printf(_("Message: %zu header fields"), seki_message_field_count(message));
    for (size_t i = 0; i < sizeof defects / sizeof defects[0]; i++)
        if (seki_message_defects(message) & defects[i].bit)
            printf("; %s", _(defects[i].text));
    printf("\n\n");
}

static void print_explanation(const struct cli_evaluation *e, const struct cli_message_outcome *outcome)
{
    print_message_facts(seki_verify_message(outcome->verify));
    cli_print_verdict(&outcome->verdict);
    for (size_t i = 0; i < sizeof traces / sizeof traces[0]; i++)
        cli_print_trace(_(traces[i].title), seki_verify_trace(outcome->verify, traces[i].mechanism));
    cli_print_answers(e->answers);
}

static enum cli_exit run(const struct cli_options *options, const char *file, bool explain)
{
    struct cli_evaluation e;
    struct cli_message_outcome outcome;
    if (!cli_evaluation_begin(&e, options))
        return CLI_NO;
    enum cli_exit code = cli_authenticate(&e, options, file, explain, &outcome);
    if (code == CLI_DONE) {
        if (explain && options->json)
            print_explanation_json(&e, &outcome);
        else if (explain)
            print_explanation(&e, &outcome);
        else if (options->json)
            cli_json_print(cli_json_verdict(&outcome.verdict));
        else
            cli_print_verdict(&outcome.verdict);
        code = cli_exit_of(&outcome.verdict);
    }
    free((void *)(uintptr_t)outcome.text.ptr);
    cli_evaluation_end(&e);
    return code;
}

enum cli_exit cli_verify(const struct cli_options *options, const char *file)
{
    return run(options, file, false);
}

enum cli_exit cli_explain(const struct cli_options *options, const char *file)
{
    return run(options, file, true);
}

enum cli_exit cli_arc_verify(const struct cli_options *options, const char *file)
{
    struct cli_evaluation e;
    struct cli_message_outcome outcome;
    if (!cli_evaluation_begin(&e, options))
        return CLI_NO;
    enum cli_exit code = cli_authenticate(&e, options, file, false, &outcome);
    if (code == CLI_DONE) {
        if (options->json)
            cli_json_print(cli_json_arc(&outcome.verdict.arc));
        else
            cli_print_arc(&outcome.verdict.arc);
        code = outcome.verdict.arc.result == SEKI_ARC_FAIL ? CLI_NO : CLI_DONE;
    }
    free((void *)(uintptr_t)outcome.text.ptr);
    cli_evaluation_end(&e);
    return code;
}

#include "cli/course.h"

#include "cli/i18n.h"
#include "cli/json.h"
#include "cli/text.h"

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

void cli_print_course(const struct seki_verify *verify, const struct seki_answers *answers)
{
    for (size_t i = 0; i < sizeof traces / sizeof traces[0]; i++)
        cli_print_trace(_(traces[i].title), seki_verify_trace(verify, traces[i].mechanism));
    cli_print_answers(answers);
}

static json_t *json_trace(const struct seki_trace *trace)
{
    json_t *lines = json_array();
    for (const struct seki_trace_line *line = seki_trace_first(trace); line != NULL; line = line->next)
        json_array_append_new(lines,
                              json_pack("{s:i, s:o}", "depth", (int)line->depth, "text", cli_json_str(line->text)));
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

json_t *cli_json_answers(const struct seki_answers *answers)
{
    json_t *array = json_array();
    const struct seki_answer *answer;
    for (size_t i = 0; (answer = seki_answers_at(answers, i)) != NULL; i++) {
        json_t *records = json_array();
        for (size_t r = 0; r < answer->record_count; r++)
            json_array_append_new(records, json_record(answer, &answer->records[r]));
        json_array_append_new(array, json_pack("{s:o, s:s, s:s, s:b, s:o, s:o}", "name", cli_json_str(answer->name),
                                               "type", seki_rr_type_name(answer->type), "status",
                                               seki_answer_status_name(answer->status), "secure",
                                               answer->dnssec == SEKI_DNSSEC_SECURE, "failure",
                                               cli_json_str(answer->failure), "records", records));
    }
    return array;
}

json_t *cli_json_course(const struct seki_verify *verify)
{
    json_t *steps = json_object();
    for (size_t i = 0; i < sizeof traces / sizeof traces[0]; i++)
        json_object_set_new(steps, traces[i].mechanism, json_trace(seki_verify_trace(verify, traces[i].mechanism)));
    return steps;
}

/* sekisho explain: what happened to a message, with every step and every DNS answer. */
#include "cli/explanation.h"
#include "cli/i18n.h"
#include "cli/input.h"
#include "cli/json.h"
#include "cli/course.h"
#include "cli/text.h"

#include <stdio.h>
#include <stdlib.h>

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

static void print_message_facts(const struct seki_message *message)
{
    printf(_("Message: %zu header fields"), seki_message_field_count(message));
    for (size_t i = 0; i < sizeof defects / sizeof defects[0]; i++)
        if (seki_message_defects(message) & defects[i].bit)
            printf("; %s", _(defects[i].text));
    printf("\n\n");
}

static void print_text(const struct cli_explanation *x)
{
    cli_print_summary(x);
    cli_print_way(x);
    cli_print_held(x);
    putchar('\n');
    print_message_facts(x->message);
    cli_print_verdict(x->verdict);
    cli_print_course(x->verify, x->evaluation->answers);
}

static void print_json(const struct cli_explanation *x)
{
    json_t *root = cli_json_verdict(x->verdict);
    cli_json_add_explanation(root, x);
    json_object_set_new(root, "steps", cli_json_course(x->verify));
    json_object_set_new(root, "dns", cli_json_answers(x->evaluation->answers));
    cli_json_print(root);
}

static struct cli_client client_of(struct seki_arena *arena, const struct explain_hops *hops, size_t index)
{
    char address[SEKI_IP_TEXT_MAX];
    const struct explain_hop *hop = &hops->hops[index];
    struct seki_str ip = seki_str_of(seki_ip_format(&hop->address, address));
    return (struct cli_client){
        .hop = index + 1,
        .ip = hop->address.octet_count > 0 ? seki_arena_copy(arena, ip).ptr : NULL,
        .helo = seki_arena_copy(arena, hop->helo).ptr,
        .mail_from = hops->has_return_path ? seki_arena_copy(arena, hops->return_path).ptr : NULL,
    };
}

/* The hop of --hop; without it the one that may be meant. @return false when --hop cannot be followed, and that was said */
static bool find_client(struct cli_explanation *x, const struct cli_options *options)
{
    uint64_t number = 0;
    size_t border;
    bool is_auto = options->hop == NULL || strcmp(options->hop, "auto") == 0;
    if (is_auto && explain_hops_border(&x->hops, &border))
        number = border + 1;
    if (options->hop == NULL)
        is_auto = true;
    else if (options->ip != NULL)
        return cli_complain("%s", _("--hop and --ip both say which client delivered; give one of them"));
    else if (is_auto && number == 0)
        return cli_complain("%s",
                            _("no hop tells a public address; give --ip, --helo and --mail-from instead of --hop"));
    else if (!is_auto && (!seki_str_to_u64(seki_str_of(options->hop), x->hops.hop_count, &number) || number == 0))
        return cli_complain(
            _("--hop takes auto, or the number of a hop of this message, which has %zu; not \"%s\""),
            x->hops.hop_count, options->hop);
    if (number > 0)
        x->client = client_of(x->evaluation->arena, &x->hops, (size_t)number - 1);
    return true;
}

/* --hop in place of --ip, --helo and --mail-from; what is given of these stands. */
static bool follow_hop(struct cli_explanation *x, struct cli_options *options)
{
    if (options->hop == NULL)
        return true;
    if (x->client.ip == NULL)
        return cli_complain(_("hop %zu tells no address; choose another hop, or give --ip, --helo and --mail-from"),
                            x->client.hop);
    if (options->mail_from != NULL)
        x->client.mail_from = options->mail_from;
    if (options->helo != NULL)
        x->client.helo = options->helo;
    if (x->client.mail_from == NULL)
        return cli_complain(
            "%s", _("the message has no Return-Path field; give the MAIL FROM of the hop with --mail-from"));
    options->ip = x->client.ip;
    options->helo = x->client.helo;
    options->mail_from = x->client.mail_from;
    return true;
}

/* A body with the line ends that it had on the wire. */
static struct seki_str to_wire(struct seki_str body, bool is_unix, struct seki_buf *out)
{
    if (!is_unix)
        return body;
    while (body.len > 0) {
        size_t lf = seki_str_find(body, '\n');
        struct seki_str line = seki_str_head(body, lf);
        bool has_cr = line.len > 0 && line.ptr[line.len - 1] == '\r';
        seki_buf_add(out, line);
        if (lf < body.len)
            seki_buf_add(out, has_cr ? SEKI_STR("\n") : SEKI_STR("\r\n"));
        body = seki_str_from(body, lf + 1);
    }
    return seki_buf_str(out);
}

static struct seki_str value_of(const struct seki_message *message, struct seki_str name)
{
    size_t index = seki_message_find_up(message, name, SIZE_MAX);
    return index != SIZE_MAX ? seki_message_field(message, index)->value : SEKI_STR("");
}

struct held {
    struct explain_signatures *signatures;
    struct explain_signatures_report report;
};

static enum seki_result step_signatures(void *evaluation, struct seki_answers *answers, struct seki_error *why)
{
    struct held *held = evaluation;
    (void)why;
    return explain_signatures_step(held->signatures, answers, &held->report);
}

static bool explain_signatures(struct cli_explanation *x)
{
    struct held held = { 0 };
    struct cli_evaluation *e = x->evaluation;
    if (explain_signatures_new(e->arena, e->context, x->message, x->body, e->now_s, &held.signatures) != SEKI_OK)
        return cli_say_trouble(e->options, N_("the message needs more memory than a message may have"));
    bool is_done = cli_evaluation_run(e, step_signatures, &held);
    x->signatures = held.report;
    return is_done;
}

/* The verdict first, whose questions come first in the table of answers. */
static enum cli_exit explain(struct cli_explanation *x, struct cli_options *options,
                             struct cli_message_outcome *outcome)
{
    enum cli_exit code = cli_authenticate_text(x->evaluation, options, true, outcome);
    if (code != CLI_DONE)
        return code;
    x->verify = outcome->verify;
    x->verdict = &outcome->verdict;
    if (!explain_signatures(x))
        return CLI_NO;
    if (options->json)
        print_json(x);
    else
        print_text(x);
    return cli_exit_of(x->verdict);
}

static enum cli_exit explain_text(struct cli_explanation *x, struct cli_message_outcome *outcome)
{
    struct cli_options options = *x->options;
    struct seki_buf wire;
    struct seki_str rest;
    bool is_unix;
    struct seki_arena *arena = x->evaluation->arena;
    struct seki_message *message = seki_message_new(arena, NULL);
    if (message == NULL || seki_message_read(message, outcome->text, &rest, &is_unix) != SEKI_OK ||
        explain_hops_read(arena, message, &x->hops) != SEKI_OK) {
        cli_say_trouble(&options, N_("the header needs more memory than a message may have"));
        return CLI_NO;
    }
    if (!find_client(x, &options) || !follow_hop(x, &options))
        return CLI_USAGE;
    seki_buf_init(&wire, SIZE_MAX / 2);
    const struct explain_body body = { to_wire(rest, is_unix, &wire), value_of(message, SEKI_STR("Content-Type")),
                                       value_of(message, SEKI_STR("Content-Transfer-Encoding")) };
    x->message = message;
    x->body = &body;
    enum cli_exit code = seki_buf_failed(&wire) == SEKI_OK ? explain(x, &options, outcome) : CLI_NO;
    seki_buf_release(&wire);
    return code;
}

enum cli_exit cli_explain(const struct cli_options *options, const char *file)
{
    struct cli_evaluation e;
    struct seki_error why;
    struct cli_message_outcome outcome = { 0 };
    struct cli_explanation x = { .file = file, .options = options, .evaluation = &e };
    if (!cli_evaluation_begin(&e, options))
        return CLI_NO;
    bool is_read = cli_input_read(file, &outcome.text, &why) || cli_say_trouble(options, why.text);
    enum cli_exit code = is_read ? explain_text(&x, &outcome) : CLI_NO;
    free((void *)(uintptr_t)outcome.text.ptr);
    cli_evaluation_end(&e);
    return code;
}

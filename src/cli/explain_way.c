/* The hops of a message for people, with what servers have added on the way; and how to check SPF for one of them. */
#include "cli/explanation.h"
#include "cli/i18n.h"
#include "cli/text.h"

#include <stdio.h>

#define INDENT          5u
#define MAX_RESULTS     2048u
#define MAX_WORD_OCTETS 4096u
#define SHOWN_TEXT      200 /* octets of a field that cannot be read */

static void print_from(const struct explain_hop *hop)
{
    char address[SEKI_IP_TEXT_MAX];
    bool has_name = hop->name.len > 0, has_address = hop->address.octet_count > 0;
    if (hop->helo.len == 0)
        return;
    cli_print_format("from %.*s", SEKI_STR_ARGS(hop->helo));
    if (has_name || has_address)
        cli_print_format(" (%.*s%s%s)", SEKI_STR_ARGS(hop->name), has_name && has_address ? " " : "",
                         has_address ? seki_ip_format(&hop->address, address) : "");
    printf("\n%*s", (int)INDENT, "");
}

static void print_by(const struct explain_hop *hop)
{
    const struct {
        const char *word;
        struct seki_str value;
    } clauses[] = { { "by", hop->by }, { "with", hop->with }, { "id", hop->id }, { "for", hop->for_path } };
    const char *gap = "";
    for (size_t i = 0; i < sizeof clauses / sizeof clauses[0]; i++) {
        if (clauses[i].value.len > 0) {
            cli_print_format("%s%s %.*s", gap, clauses[i].word, SEKI_STR_ARGS(clauses[i].value));
            gap = " ";
        }
        if (i == 1 && hop->tls_major > 0)
            printf("%s(TLS %u.%u)", gap, hop->tls_major, hop->tls_minor);
    }
    putchar('\n');
}

static void print_date(const struct explain_hop *hop)
{
    if (hop->date.len == 0)
        return;
    cli_print_format("%*s%.*s", (int)INDENT, "", SEKI_STR_ARGS(hop->date));
    if (hop->date.len > 0 && !hop->has_time)
        printf("; %s", _("this date cannot be read"));
    if (hop->has_delay && hop->delay_s >= 0)
        printf(_("; %lld s to the next hop"), (long long)hop->delay_s);
    else if (hop->has_delay)
        printf(_("; the next hop's clock says %lld s earlier"), (long long)-hop->delay_s);
    putchar('\n');
}

static void print_hop(const struct explain_hop *hop, size_t number)
{
    printf("%3zu. ", number);
    if (!hop->is_read) {
        cli_print_format(_("cannot be read: %.*s"), hop->text.len < SHOWN_TEXT ? (int)hop->text.len : SHOWN_TEXT,
                         hop->text.len > 0 ? hop->text.ptr : "");
        putchar('\n');
        return;
    }
    print_from(hop);
    print_by(hop);
    print_date(hop);
}

void cli_add_results(const struct explain_mark *mark, struct seki_buf *text)
{
    for (size_t i = 0; i < mark->results.result_count; i++) {
        const struct seki_authres_result *result = &mark->results.results[i];
        seki_buf_add(text, i > 0 ? SEKI_STR(", ") : SEKI_STR(""));
        seki_buf_add(text, result->method);
        seki_buf_add_char(text, '=');
        seki_buf_add(text, result->result);
    }
    if (mark->result.len > 0)
        seki_buf_add_format(text, "%s%.*s", mark->kind == EXPLAIN_MARK_ARC_SEAL ? "cv=" : "",
                            SEKI_STR_ARGS(mark->result));
}

static void print_mark(const struct explain_mark *mark)
{
    struct seki_buf name, results;
    seki_buf_init(&name, MAX_RESULTS);
    seki_buf_init(&results, MAX_RESULTS);
    seki_buf_add(&name, seki_str_of(explain_mark_name(mark->kind)));
    if (mark->instance > 0)
        seki_buf_add_format(&name, " i=%u", mark->instance);
    seki_buf_add(&results, SEKI_STR(": "));
    cli_add_results(mark, &results);
    if (results.len == 2)
        seki_buf_clear(&results);
    if (!mark->is_read)
        cli_print_item(INDENT, "+ ", _("%.*s, which cannot be read: %.*s"), SEKI_STR_ARGS(seki_buf_str(&name)),
                       mark->text.len < SHOWN_TEXT ? (int)mark->text.len : SHOWN_TEXT,
                       mark->text.len > 0 ? mark->text.ptr : "");
    else if (mark->claims.len > 0)
        cli_print_item(INDENT, "+ ", _("%.*s, said to be by %.*s%.*s"), SEKI_STR_ARGS(seki_buf_str(&name)),
                       SEKI_STR_ARGS(mark->claims), SEKI_STR_ARGS(seki_buf_str(&results)));
    else
        cli_print_item(INDENT, "+ ", "%.*s%.*s", SEKI_STR_ARGS(seki_buf_str(&name)),
                       SEKI_STR_ARGS(seki_buf_str(&results)));
    seki_buf_release(&name);
    seki_buf_release(&results);
}

static void print_marks(const struct explain_hops *hops, size_t hop)
{
    for (size_t i = 0; i < hops->mark_count; i++)
        if (hops->marks[i].hop == hop)
            print_mark(&hops->marks[i]);
}

/* For a shell: as it is, or in single quotes. */
static void print_word(const char *word)
{
    size_t plain = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./@%+=:,-");
    putchar(' ');
    if (word[plain] == '\0' && plain > 0) {
        printf("%s", word);
        return;
    }
    struct seki_str rest = seki_str_of(word), piece;
    putchar('\'');
    for (bool is_first = true; seki_str_split(&rest, '\'', &piece); is_first = false) {
        printf("%s", is_first ? "" : "'\\''");
        cli_print_str(piece);
    }
    putchar('\'');
}

/* The options that were given, once more. */
static void print_options(const struct cli_options *options)
{
    for (size_t i = 0; i < cli_option_count; i++) {
        const struct cli_option *o = &cli_option_table[i];
        const void *field = (const char *)options + o->offset;
        const char *text = o->type == CLI_TEXT ? *(const char *const *)field : NULL;
        uint64_t number = o->type == CLI_NUMBER ? *(const uint64_t *)field : 0;
        if (o->type == CLI_FLAG && *(const bool *)field)
            printf(" --%s", o->name);
        if (text != NULL || number > 0)
            printf(" --%s", o->name);
        if (text != NULL)
            print_word(text);
        if (number > 0)
            printf(" %llu", (unsigned long long)number);
    }
}

static void print_proposal(const struct cli_explanation *x)
{
    printf("\n");
    cli_print_sentence(
        2,
        _("SPF was not checked. The message probably came in from outside at hop %zu (which servers are "
          "yours a message does not tell). To check SPF for the client that this hop saw:"),
        x->client.hop);
    printf("    sekisho explain");
    print_word(x->file);
    print_options(x->options);
    printf(" --hop %zu%s\n", x->client.hop,
           x->client.mail_from == NULL && x->options->mail_from == NULL ? " --mail-from ADDRESS" : "");
    cli_print_sentence(2, "%s", _("Another hop is chosen with --hop N."));
}

static void print_client(const struct cli_explanation *x)
{
    if (x->options->hop != NULL)
        cli_print_sentence(
            2, _("SPF is checked for the client that hop %zu saw: address %s, HELO %s, MAIL FROM <%s>."),
            x->client.hop, x->client.ip, x->client.helo, x->client.mail_from);
    else if (x->options->ip == NULL && x->client.hop > 0)
        print_proposal(x);
    else if (x->options->ip == NULL && x->hops.hop_count > 0)
        cli_print_sentence(
            2, "%s", _("SPF was not checked: no hop tells a public address. Give --ip, --helo and --mail-from."));
}

void cli_print_way(const struct cli_explanation *x)
{
    const struct explain_hops *hops = &x->hops;
    if (hops->hop_count == 0 && hops->mark_count == 0)
        return;
    printf("\n%s\n", _("The way of the message"));
    cli_print_sentence(
        2, "%s",
        _("The oldest hop comes first; what was added at a hop or later stands below it. Nothing here "
          "is proved: each server can have written everything that is below its own line in the "
          "message."));
    if (hops->older_hops > 0)
        cli_print_sentence(2, _("%zu older hops are not shown."), hops->older_hops);
    if (hops->older_marks > 0)
        cli_print_sentence(2, _("%zu older fields with results or signatures are not shown."), hops->older_marks);
    print_marks(hops, 0);
    for (size_t i = 0; i < hops->hop_count; i++) {
        print_hop(&hops->hops[i], i + 1);
        print_marks(hops, i + 1);
    }
    print_client(x);
}

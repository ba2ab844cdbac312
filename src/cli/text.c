#include "cli/text.h"

#include "cli/columns.h"
#include "cli/i18n.h"
#include "cli/json.h"
#include "cli/reason.h"
#include "cli/screen.h"

#include <stdarg.h>
#include <stdio.h>

#define MAX_LINE_OCTETS     4096u
#define MAX_SENTENCE_OCTETS 65536u

/* Octets of the well-formed UTF-8 sequence at the front, 0 for none. */
static size_t printable_sequence(struct seki_str s)
{
    unsigned char first = (unsigned char)s.ptr[0];
    if (first < 0x80)
        return first >= 0x20 && first != 0x7f;
    for (size_t len = 2; len <= 4 && len <= s.len; len++)
        if (seki_str_is_utf8(seki_str_head(s, len)))
            return first == 0xc2 && (unsigned char)s.ptr[1] < 0xa0 ? 0 : len; /* C1 controls */
    return 0;
}

static void escape(struct seki_str s, struct seki_buf *out)
{
    while (s.len > 0) {
        size_t len = printable_sequence(s);
        if (len > 0)
            seki_buf_add(out, seki_str_head(s, len));
        else
            seki_buf_add_format(out, "\\x%02x", (unsigned char)s.ptr[0]);
        s = seki_str_from(s, len > 0 ? len : 1);
    }
}

void cli_print_str(struct seki_str s)
{
    struct seki_buf buf;
    seki_buf_init(&buf, SIZE_MAX / 2);
    escape(s, &buf);
    if (buf.len > 0)
        fwrite(buf.ptr, 1, buf.len, stdout);
    seki_buf_release(&buf);
}

void cli_print_format(const char *format, ...)
{
    char line[MAX_LINE_OCTETS];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    struct seki_str text = seki_str_of(line);
    size_t format_len = strlen(format);
    bool ends_line = format_len > 0 && format[format_len - 1] == '\n';
    if (ends_line && seki_str_ends_with_nocase(text, SEKI_STR("\n"))) /* not where it was cut */
        text.len--;
    cli_print_str(text);
    if (ends_line)
        putchar('\n');
}

void cli_print_rest(size_t column, struct seki_str text)
{
    struct seki_buf escaped;
    seki_buf_init(&escaped, MAX_SENTENCE_OCTETS);
    escape(text, &escaped);
    seki_buf_add_char(&escaped, '\0');
    cli_print_within(stdout, column, cli_screen_columns(), seki_buf_failed(&escaped) == SEKI_OK ? escaped.ptr : "");
    seki_buf_release(&escaped);
}

static void SEKI_PRINTF(3, 0) print_wrapped(unsigned column, const char *mark, const char *format, va_list args)
{
    char line[MAX_LINE_OCTETS];
    vsnprintf(line, sizeof line, format, args);
    printf("%*s%s", (int)column, "", mark);
    cli_print_rest(column + strlen(mark), seki_str_of(line));
}

void cli_print_sentence(unsigned column, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print_wrapped(column, "", format, args);
    va_end(args);
}

void cli_print_item(unsigned column, const char *mark, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print_wrapped(column, mark, format, args);
    va_end(args);
}

void cli_print_reason(struct seki_str english)
{
    struct seki_buf buf;
    seki_buf_init(&buf, MAX_SENTENCE_OCTETS);
    cli_reason(english, &buf);
    cli_print_str(seki_buf_failed(&buf) == SEKI_OK ? seki_buf_str(&buf) : english);
    seki_buf_release(&buf);
}

static void print_reason(struct seki_str reason)
{
    if (reason.len > 0) {
        printf("  ");
        cli_print_reason(reason);
    }
    putchar('\n');
}

static void print_head(const char *title, const char *result, struct seki_str about)
{
    printf("%-9s %-10s ", title, result);
    cli_print_str(about);
}

static void print_explanation(struct seki_str explanation)
{
    if (explanation.len > 0) {
        printf("          %s ", _("the domain's words:"));
        cli_print_str(explanation);
        putchar('\n');
    }
}

void cli_print_spf(const char *title, const struct seki_spf_verdict *spf)
{
    print_head(title, seki_spf_result_name(spf->result), spf->domain);
    print_reason(spf->reason);
    print_explanation(spf->explanation);
}

void cli_print_sender_id(const struct seki_sender_id_verdict *sender_id)
{
    print_head("sender-id", seki_spf_result_name(sender_id->check.result), sender_id->check.domain);
    if (sender_id->pra.field.len > 0) {
        putchar(' ');
        cli_print_format(_("(of %.*s)"), SEKI_STR_ARGS(sender_id->pra.field));
    }
    print_reason(sender_id->check.reason);
    print_explanation(sender_id->check.explanation);
}

/* Nothing where the field could not be read so far. */
static void print_key(const struct seki_dkim_signature_verdict *s)
{
    if (s->selector.len == 0 && s->algorithm.len == 0)
        return;
    putchar(' ');
    if (s->key_bits > 0)
        cli_print_format(_("(selector %.*s, %.*s, %u bits)"), SEKI_STR_ARGS(s->selector),
                         SEKI_STR_ARGS(s->algorithm), s->key_bits);
    else
        cli_print_format(_("(selector %.*s, %.*s)"), SEKI_STR_ARGS(s->selector), SEKI_STR_ARGS(s->algorithm));
}

static void print_dkim(const struct seki_dkim_verdict *dkim)
{
    if (dkim->signature_count == 0)
        printf("%-9s %-10s %s\n", "dkim", "none", _("no DKIM-Signature field"));
    for (size_t i = 0; i < dkim->signature_count; i++) {
        const struct seki_dkim_signature_verdict *s = &dkim->signatures[i];
        print_head("dkim", seki_dkim_result_name(s->result), s->domain);
        print_key(s);
        print_reason(s->reason);
    }
}

void cli_print_arc(const struct seki_arc_verdict *arc)
{
    printf("%-9s %-10s ", "arc", seki_arc_result_name(arc->result));
    if (arc->instance > 0)
        printf(cli_text_plural("%u set", "%u sets", arc->instance), arc->instance);
    else
        printf("%s", _("no ARC fields"));
    print_reason(arc->reason);
}

static void print_dmarc(const struct seki_verdict *verdict)
{
    const struct seki_dmarc_verdict *dmarc = &verdict->dmarc;
    print_head("dmarc", seki_dmarc_result_name(dmarc->result), dmarc->from_domain);
    if (dmarc->record != NULL) {
        putchar(' ');
        cli_print_format(_("(policy %s at %.*s)"), seki_dmarc_policy_name(dmarc->policy),
                         SEKI_STR_ARGS(dmarc->policy_domain));
    }
    print_reason(dmarc->reason);
    if (verdict->is_arc_override) {
        printf("          %s ", _("disposition none for a trusted ARC chain:"));
        cli_print_str(verdict->arc_override_comment);
        putchar('\n');
    }
}

void cli_print_field(const char *name, struct seki_str value)
{
    struct seki_str line;
    printf("\n%s:", name);
    for (bool is_first = true; seki_str_split(&value, '\n', &line); is_first = false) {
        line = seki_str_trim(line);
        printf("%s", is_first ? " " : "\n        ");
        cli_print_str(line);
    }
    putchar('\n');
}

void cli_print_verdict(const struct seki_verdict *verdict)
{
    if (verdict->has_spf_mail_from)
        cli_print_spf("spf", &verdict->spf_mail_from);
    else
        printf("%-9s %-10s %s\n", "spf", "-", _("give --ip, --helo and --mail-from to check SPF"));
    if (verdict->has_spf_helo)
        cli_print_spf("spf helo", &verdict->spf_helo);
    if (verdict->has_sender_id)
        cli_print_sender_id(&verdict->sender_id);
    print_dkim(&verdict->dkim);
    cli_print_arc(&verdict->arc);
    print_dmarc(verdict);
    cli_print_field("Authentication-Results", verdict->authentication_results);
}

void cli_print_trace(const char *title, const struct seki_trace *trace)
{
    const struct seki_trace_line *line = seki_trace_first(trace);
    if (line == NULL)
        return;
    printf("\n%s\n", title);
    for (; line != NULL; line = line->next) {
        printf("  %*s", (int)(line->depth > 20 ? 40 : line->depth * 2), "");
        cli_print_str(line->text);
        putchar('\n');
    }
}

static void print_record(const struct seki_answer *answer, const struct seki_record *record)
{
    char address[SEKI_IP_TEXT_MAX];
    printf("       ");
    if (answer->type == SEKI_RR_A || answer->type == SEKI_RR_AAAA)
        printf("%s", seki_ip_format(&record->address, address));
    else if (answer->type == SEKI_RR_MX)
        printf("%u ", record->preference);
    cli_print_str(record->text);
    putchar('\n');
}

static void print_answer(size_t number, const struct seki_answer *answer)
{
    printf("  %2zu. %-4s ", number, seki_rr_type_name(answer->type));
    cli_print_str(answer->name);
    printf("  %s", _(seki_answer_status_name(answer->status)));
    if (answer->dnssec == SEKI_DNSSEC_SECURE)
        printf(", %s", _("DNSSEC secure"));
    if (answer->is_prefetch)
        printf(", %s", _("asked ahead and not needed"));
    if (answer->answered_at_us > answer->asked_at_us && answer->asked_at_us > 0)
        printf(", %lld ms", (long long)((answer->answered_at_us - answer->asked_at_us) / 1000));
    print_reason(answer->failure);
    for (size_t i = 0; i < answer->record_count; i++)
        print_record(answer, &answer->records[i]);
}

void cli_print_answers(const struct seki_answers *answers)
{
    const struct seki_answer *answer;
    printf("\n%s\n", _("DNS, in the order of asking"));
    for (size_t i = 0; (answer = seki_answers_at(answers, i)) != NULL; i++)
        print_answer(i + 1, answer);
}

/* Words of files and of the store are in it, so that it is escaped as standard output is. */
bool cli_complain(const char *format, ...)
{
    char line[MAX_LINE_OCTETS];
    struct seki_buf escaped;
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    seki_buf_init(&escaped, MAX_SENTENCE_OCTETS);
    escape(seki_str_of(line), &escaped);
    fprintf(stderr, "sekisho: %.*s\n", (int)escaped.len, escaped.len > 0 ? escaped.ptr : "");
    seki_buf_release(&escaped);
    return false;
}

bool cli_complain_of(const char *english)
{
    struct seki_buf buf;
    seki_buf_init(&buf, MAX_SENTENCE_OCTETS);
    cli_reason(seki_str_of(english), &buf);
    cli_complain("%.*s", SEKI_STR_ARGS(seki_buf_str(&buf)));
    seki_buf_release(&buf);
    return false;
}

bool cli_say_trouble(const struct cli_options *options, const char *english)
{
    cli_complain_of(english);
    if (options->json)
        cli_json_print(json_pack("{s:o}", "error", cli_json_str(seki_str_of(english))));
    return false;
}

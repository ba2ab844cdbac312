/* Each signature for people: whether it could have held, and what was changed after it was made. */
#include "cli/explanation.h"
#include "cli/i18n.h"
#include "cli/text.h"

#include <stdio.h>

#define INDENT      5u
#define SHOWN_LINES 3u
#define SHOWN_TEXT  200 /* octets of a line */
#define MAX_NAMES   2048u

struct seki_str cli_refusal_of(const struct cli_explanation *x, const struct explain_signature *signature)
{
    const struct seki_dkim_verdict *dkim = &x->verdict->dkim;
    bool fits = signature->header == EXPLAIN_HOLDS && signature->body == EXPLAIN_HOLDS;
    for (size_t i = 0; i < dkim->signature_count && fits; i++)
        if (dkim->signatures[i].field_index == signature->field_index &&
            dkim->signatures[i].result != SEKI_DKIM_PASS)
            return dkim->signatures[i].reason;
    return SEKI_STR("");
}

static void print_head(const struct explain_signature *s, size_t number)
{
    bool is_arc = s->kind == SEKI_SIGNATURE_AMS;
    printf("%3zu. %s", number, is_arc ? "ARC-Message-Signature" : "DKIM-Signature");
    if (is_arc)
        printf(" i=%u", s->instance);
    if (s->domain.len > 0)
        cli_print_format(_(" of %.*s (selector %.*s, %.*s)"), SEKI_STR_ARGS(s->domain), SEKI_STR_ARGS(s->selector),
                         SEKI_STR_ARGS(s->algorithm));
    putchar('\n');
}

static void print_reason(struct seki_str reason)
{
    if (reason.len == 0)
        return;
    printf("%*s", (int)INDENT, "");
    cli_print_reason(reason);
    putchar('\n');
}

static void print_expiry(const struct explain_signature *s)
{
    char text[64];
    struct tm when;
    time_t expires_at_s = (time_t)s->expires_at_s;
    if (!s->has_expiry || s->expires_at_s == INT64_MAX || gmtime_r(&expires_at_s, &when) == NULL ||
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &when) == 0)
        return;
    if (s->is_expired)
        cli_print_sentence(INDENT, _("It expired on %s (x=)."), text);
    else
        cli_print_sentence(INDENT, _("It expires on %s (x=)."), text);
}

static void print_length(const struct explain_signature *s)
{
    if (!s->has_length || s->body == EXPLAIN_UNKNOWN)
        return;
    if (s->body_octets > s->length)
        cli_print_sentence(
            INDENT,
            _("It covers the first %llu octets of the body (l=); the %llu octets behind them are not "
              "signed, and anybody can have added them."),
            (unsigned long long)s->length, (unsigned long long)(s->body_octets - s->length));
    else if (s->body_octets < s->length)
        cli_print_sentence(
            INDENT, _("It covers %llu octets of the body (l=), but there are only %llu: its end is missing."),
            (unsigned long long)s->length, (unsigned long long)s->body_octets);
}

static void print_header_step(const struct explain_header_step *step)
{
    const struct explain_header_kind_text *text = &explain_header_kind_texts[step->kind];
    cli_print_item(INDENT, "- ", "%s %s", _(text->what), _(text->who));
    if (step->was.len > 0)
        cli_print_sentence(INDENT + 2, _("What was signed: %.*s: %.*s"), SEKI_STR_ARGS(step->name),
                           SEKI_STR_ARGS(step->was));
    else if (step->name.len > 0)
        cli_print_sentence(INDENT + 2, _("It is the field %.*s; the signature forbids to add it."),
                           SEKI_STR_ARGS(step->name));
}

static void print_names(const struct explain_signature *s)
{
    struct seki_buf names;
    seki_buf_init(&names, MAX_NAMES);
    for (size_t i = 0; i < s->name_count && names.len < MAX_NAMES / 2; i++) {
        seki_buf_add(&names, i > 0 ? SEKI_STR(", ") : SEKI_STR(""));
        seki_buf_add(&names, s->names[i]);
    }
    cli_print_sentence(INDENT + 2, _("One or more of the signed fields were changed: %.*s"),
                       SEKI_STR_ARGS(seki_buf_str(&names)));
    seki_buf_release(&names);
}

static void print_header_change(const struct explain_signature *s)
{
    const struct explain_header_change *change = &s->header_change;
    if (s->header != EXPLAIN_BROKEN || s->maker == EXPLAIN_MADE_BY_ANOTHER)
        return;
    for (size_t i = 0; i < change->step_count; i++)
        print_header_step(&change->steps[i]);
    if (change->is_found)
        return;
    cli_print_item(INDENT, "- ", "%s",
                   _("No usual change of the header explains it: tags in Subject, From replaced by a list, "
                     "fields added, moved, encoded or folded anew were tried, one and two at a time."));
    if (s->maker == EXPLAIN_MADE_BY_KEY)
        print_names(s);
    if (change->is_stopped)
        cli_print_sentence(INDENT + 2, "%s", _("Not everything was tried: it would have been too much work."));
}

/* The first lines of those that were added. */
static void print_lines(struct seki_str body, const struct explain_body_step *step)
{
    for (size_t number = 1; number < step->first_line + step->line_count && body.len > 0; number++) {
        size_t octets = seki_str_find(body, '\n') + 1;
        struct seki_str line = seki_str_trim(seki_str_head(body, octets));
        if (number >= step->first_line && number < step->first_line + SHOWN_LINES) {
            cli_print_format("%*s| %.*s", (int)INDENT + 2, "", line.len < SHOWN_TEXT ? (int)line.len : SHOWN_TEXT,
                             line.len > 0 ? line.ptr : "");
            putchar('\n');
        }
        body = seki_str_from(body, octets);
    }
}

static void print_place(const struct explain_body_step *step)
{
    size_t last = step->first_line + step->line_count - 1;
    if (step->kind >= EXPLAIN_BODY_KEEPS_LINES)
        cli_print_sentence(INDENT + 2, _("Line %zu of the body is the first that was changed; %zu were in all."),
                           step->first_line, step->line_count);
    else if (step->line_count > 1)
        cli_print_sentence(INDENT + 2, _("Lines %zu to %zu of the body were not signed:"), step->first_line, last);
    else
        cli_print_sentence(INDENT + 2, _("Line %zu of the body was not signed:"), step->first_line);
}

static void print_body_step(const struct cli_explanation *x, const struct explain_body_step *step)
{
    const struct explain_body_kind_text *text = &explain_body_kind_texts[step->kind];
    cli_print_item(INDENT, "- ", "%s %s", _(text->what), _(text->who));
    if (step->first_line == 0)
        return;
    print_place(step);
    print_lines(x->body->octets, step);
}

static void print_octets(const struct explain_body_change *change)
{
    long long octets = (long long)change->octets;
    if (octets > 0)
        cli_print_sentence(INDENT + 2, _("The body is %lld octets longer than the one that was signed."), octets);
    else if (octets < 0)
        cli_print_sentence(INDENT + 2, _("The body is %lld octets shorter than the one that was signed."), -octets);
    cli_print_sentence(INDENT + 2, "%s", _("This is certain: with the change undone the body hash (bh=) fits."));
}

static void print_body_change(const struct cli_explanation *x, const struct explain_signature *s)
{
    const struct explain_body_change *change = &s->body_change;
    if (s->body != EXPLAIN_BROKEN)
        return;
    for (size_t i = 0; i < change->step_count; i++)
        print_body_step(x, &change->steps[i]);
    if (change->is_found) {
        print_octets(change);
        return;
    }
    if (!s->is_body_searched) {
        cli_print_item(INDENT, "- ", "%s",
                       _("What was changed in the body was not looked for: there are too many signatures."));
        return;
    }
    cli_print_item(INDENT, "- ", "%s",
                   _("No usual change of the body explains it: footers, banners and parts that were added, "
                     "encodings and character sets, line ends, white space, broken lines, quoted \"From\" "
                     "and dots were tried."));
    if (change->is_stopped)
        cli_print_sentence(INDENT + 2, "%s", _("Not everything was tried: it would have been too much work."));
}

static void print_signature(const struct cli_explanation *x, const struct explain_signature *s, size_t number)
{
    print_head(s, number);
    cli_print_story(INDENT, s);
    print_reason(s->reason);
    print_expiry(s);
    print_length(s);
    if (cli_refusal_of(x, s).len > 0) {
        cli_print_sentence(INDENT, "%s", _("It does not count all the same:"));
        print_reason(cli_refusal_of(x, s));
    }
    print_header_change(s);
    print_body_change(x, s);
}

void cli_print_held(const struct cli_explanation *x)
{
    if (x->signatures.count == 0)
        return;
    printf("\n%s\n", _("Signatures, and whether they could have held"));
    for (size_t i = 0; i < x->signatures.count; i++)
        print_signature(x, &x->signatures.signatures[i], i + 1);
    if (x->signatures.left_out > 0)
        cli_print_sentence(2, _("%zu more signatures were not looked at."), x->signatures.left_out);
}

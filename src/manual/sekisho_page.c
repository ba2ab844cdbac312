#include "manual/sekisho_page.h"

#include "cli/command.h"
#include "cli/i18n.h"
#include "manual/roff.h"

#include <stdlib.h>

static const struct {
    const char *tag, *text;
} exits[] = {
    { "0", N_("done; the check passed, or there was nothing that could fail") },
    { "1", N_("the answer is no: the check failed, the input could not be understood, or the output could not be "
              "written") },
    { "2", N_("the command was called wrongly; standard error says how") },
    { "3", N_("temporary failure: DNS did not answer, or the store cannot be reached; try again later") },
};

static const struct {
    const char *tag, *text;
} variables[] = {
    { "LC_ALL, LC_MESSAGES, LANG",
      N_("The first that is not empty decides about the language: Japanese where it begins "
         "with ja, else English. The output is UTF-8 always.") },
    { "LANGUAGE", N_("Goes before them, where they name a language at all.") },
    { "SEKISHO_LOCALEDIR", N_("The folder of the translations, where it is not the one that was installed.") },
};

static const struct {
    const char *text, *command;
} examples[] = {
    { N_("Authenticate a message as a mail server would have, with what it knew of the client:"),
      "sekisho verify message.eml --ip 192.0.2.1 --helo mail.example.com --mail-from user@example.com" },
    { N_("See every step and every DNS answer of it:"), "sekisho explain message.eml | less" },
    { N_("Ask whether a client may send for a domain, before the new record is published:"),
      "sekisho spf check --ip 192.0.2.1 --helo mail.example.com --mail-from user@example.com --zone new.zone" },
    { N_("Make a key, and sign a message with it:"),
      "sekisho key generate --domain example.com --selector s1 --out s1.pem\n"
      "sekisho sign message.eml --domain example.com --selector s1 --key s1.pem" },
    { N_("Host a domain, and look for some weeks at what a policy would do to its mail:"),
      "sekisho tenant add trading --title \"Example Trading\"\n"
      "sekisho domain add example.com --tenant trading\n"
      "sekisho policy confirm example.com --by \"their administrator\"\n"
      "sekisho policy set example.com filter=observe on-dmarc-reject=junk\n"
      "sekisho policy what-if example.com on-dmarc-reject=refuse" },
    { N_("Find out what became of a message, and why:"), "sekisho trace --recipient user@example.com --since 2d" },
    { N_("Take one value out of an answer:"), "sekisho dmarc policy example.com --json | jq -r .policy" },
};

static const struct {
    const char *tag, *text;
} standards[] = {
    { "RFC 7208, RFC 4406, RFC 4407", N_("SPF, and the historic Sender ID") },
    { "RFC 6376, RFC 8301, RFC 8463", N_("DKIM and its algorithms") },
    { "RFC 9989, RFC 7489", N_("DMARC, and as it was before") },
    { "RFC 8617", "ARC" },
    { "RFC 8601", "Authentication-Results" },
};

#define COUNT_OF(table) (sizeof(table) / sizeof(table)[0])

static void write_synopsis(FILE *to)
{
    char name[CLI_NAME_MAX];
    roff_section(to, _("SYNOPSIS"));
    for (size_t i = 0; i < cli_command_count; i++) {
        const struct cli_command *c = &cli_command_table[i];
        fputs(i > 0 ? ".br\n" : "", to);
        fprintf(to, "\\fBsekisho %s\\fR [\\fI", cli_command_name(c, name));
        roff_text(to, _("OPTION…"));
        fputs("\\fR]", to);
        if (c->operand != NULL)
            fprintf(to, " \\fI%s\\fR", c->operand);
        fputc('\n', to);
    }
}

static void write_description(FILE *to)
{
    roff_section(to, _("DESCRIPTION"));
    roff_more(
        to, _("`sekisho` checks, explains, signs and seals mail messages, and looks at what domains publish about "
              "their mail: SPF, DKIM, ARC, DMARC. It stands on the same library as the mail filter `sekishod`, so "
              "that what it says of a saved message is what the filter would say."));
    roff_paragraph(
        to, _("For a provider that hosts domains it also manages tenants, domains, their policies and allow lists, "
              "held "
              "messages and users, and tells what became of their mail. These commands work on the store that the "
              "section `[store]` of the configuration of `sekishod` names."));
    roff_paragraph(
        to, _("`FILE` is a message as it was received, with its whole header; `-` is standard input. A file "
              "whose first line ends in a bare LF is read as a Unix text: its LFs count as CRLF, as they were "
              "on the wire. Any other file is taken octet for octet."));
    roff_paragraph(
        to, _("Results are written as text for people, or with `--json` as one JSON document and nothing else, "
              "whose keys and words are the same in every language."));
}

static void write_commands(FILE *to)
{
    char name[CLI_NAME_MAX];
    roff_section(to, _("COMMANDS"));
    for (size_t i = 0; i < cli_command_count; i++)
        roff_item(to, cli_command_name(&cli_command_table[i], name), cli_command_table[i].operand,
                  _(cli_command_table[i].help));
}

/* Are two options taken by the same commands? */
static bool are_alike(const struct cli_option *a, const struct cli_option *b)
{
    for (size_t i = 0; i < cli_command_count; i++)
        if (cli_takes(&cli_command_table[i], a) != cli_takes(&cli_command_table[i], b))
            return false;
    return true;
}

static bool was_before(size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (are_alike(&cli_option_table[i], &cli_option_table[index]))
            return true;
    return false;
}

static void write_takers(FILE *to, const struct cli_option *option)
{
    char name[CLI_NAME_MAX];
    size_t takers = 0;
    for (size_t i = 0; i < cli_command_count; i++)
        takers += cli_takes(&cli_command_table[i], option);
    if (takers == cli_command_count) {
        roff_subsection(to, _("All commands"));
        return;
    }
    fputs(".SS \"", to);
    for (size_t i = 0, written = 0; i < cli_command_count; i++)
        if (cli_takes(&cli_command_table[i], option))
            fprintf(to, "%s%s", written++ > 0 ? ", " : "", cli_command_name(&cli_command_table[i], name));
    fputs("\"\n", to);
}

static void write_values(FILE *to, const struct cli_option *o)
{
    char text[512];
    if (o->type == CLI_NUMBER) {
        snprintf(text, sizeof text, _("A whole number from %llu to %llu."), (unsigned long long)o->min,
                 (unsigned long long)o->max);
        roff_more(to, text);
    }
    if (o->words == NULL)
        return;
    roff_text(to, _("One of:"));
    for (size_t i = 0; o->words[i] != NULL; i++) {
        snprintf(text, sizeof text, "%s`%s`", i > 0 ? ", " : " ", o->words[i]);
        roff_text(to, text);
    }
    fputs(".\n", to);
}

static void write_options(FILE *to)
{
    roff_section(to, _("OPTIONS"));
    for (size_t i = 0; i < cli_option_count; i++) {
        if (was_before(i))
            continue;
        write_takers(to, &cli_option_table[i]);
        for (size_t j = i; j < cli_option_count; j++) {
            const struct cli_option *o = &cli_option_table[j];
            char tag[CLI_NAME_MAX], text[512];
            if (!are_alike(&cli_option_table[i], o))
                continue;
            snprintf(tag, sizeof tag, "--%s", o->name);
            snprintf(text, sizeof text, _("%s."), _(o->help));
            roff_item(to, tag, o->argument, text);
            write_values(to, o);
        }
    }
}

static void write_rest(FILE *to)
{
    roff_section(to, _("EXIT STATUS"));
    for (size_t i = 0; i < COUNT_OF(exits); i++)
        roff_item(to, exits[i].tag, NULL, _(exits[i].text));
    roff_paragraph(to,
                   _("`verify` and `explain` follow DMARC: pass 0, fail and permerror 1, temperror 3. Where the "
                     "author's domain has no DMARC policy: 0 when SPF or a DKIM signature passed, 3 when one could "
                     "not be had now, 1 when all that was there failed, 0 when there was nothing."));
    roff_section(to, _("ENVIRONMENT"));
    for (size_t i = 0; i < COUNT_OF(variables); i++)
        roff_item(to, variables[i].tag, NULL, _(variables[i].text));
    roff_section(to, _("EXAMPLES"));
    for (size_t i = 0; i < COUNT_OF(examples); i++) {
        if (i > 0)
            roff_paragraph(to, _(examples[i].text));
        else
            roff_more(to, _(examples[i].text));
        roff_example(to, examples[i].command);
    }
    roff_section(to, _("STANDARDS"));
    for (size_t i = 0; i < COUNT_OF(standards); i++)
        roff_item(to, standards[i].tag, NULL, _(standards[i].text));
    roff_section(to, _("SEE ALSO"));
    fputs(".BR sekishod (8),\n.BR sekisho.conf (5)\n", to);
}

void sekisho_page(FILE *to, const char *version)
{
    roff_begin(to, "SEKISHO", "1", version, _("Mail authentication"));
    roff_section(to, _("NAME"));
    /* TRANSLATORS: at most 56 columns (28 wide characters), as no line can end within. */
    roff_name(to, "sekisho", _("check, explain, sign and seal mail messages, and look at domains"));
    write_synopsis(to);
    write_description(to);
    write_commands(to);
    write_options(to);
    write_rest(to);
}

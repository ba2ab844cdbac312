#include "cli/help.h"

#include "cli/columns.h"
#include "cli/i18n.h"

#define INDENT 2u
#define GAP    2u /* between a name and what it means */

static void print_row(FILE *to, const char *name, size_t widest, const char *text)
{
    fprintf(to, "%*s%s%*s", (int)INDENT, "", name, (int)(widest - cli_columns(name) + GAP), "");
    cli_print_wrapped(to, INDENT + widest + GAP, text);
}

static const char *synopsis(const struct cli_command *command, char text[CLI_NAME_MAX])
{
    char name[CLI_NAME_MAX];
    snprintf(text, CLI_NAME_MAX, "%s%s%s", cli_command_name(command, name), command->operand != NULL ? " " : "",
             command->operand != NULL ? command->operand : "");
    return text;
}

static const char *noun_help(const char *noun)
{
    for (size_t i = 0; i < cli_noun_count; i++)
        if (strcmp(cli_noun_table[i].name, noun) == 0)
            return cli_noun_table[i].help;
    return "";
}

/* A row of the overview: a command, or in the overview of all, a noun with all its verbs. @return its name; NULL: no row */
static const char *overview_row(size_t index, const char *noun, char text[CLI_NAME_MAX], const char **help_out)
{
    const struct cli_command *c = &cli_command_table[index];
    *help_out = c->help;
    if (noun != NULL)
        return strcmp(c->noun, noun) == 0 ? synopsis(c, text) : NULL;
    if (c->verb == NULL)
        return synopsis(c, text);
    for (size_t i = 0; i < index; i++)
        if (strcmp(cli_command_table[i].noun, c->noun) == 0)
            return NULL;
    *help_out = noun_help(c->noun);
    snprintf(text, CLI_NAME_MAX, "%s VERB", c->noun);
    return text;
}

void cli_help_overview(FILE *to, const char *noun)
{
    char text[CLI_NAME_MAX];
    const char *name, *help;
    size_t widest = 0;
    for (size_t i = 0; i < cli_command_count; i++)
        if ((name = overview_row(i, noun, text, &help)) != NULL && cli_columns(name) > widest)
            widest = cli_columns(name);
    cli_print_wrapped(to, 0, _("usage: sekisho COMMAND [OPTION…] [OPERAND…]"));
    fputc('\n', to);
    for (size_t i = 0; i < cli_command_count; i++)
        if ((name = overview_row(i, noun, text, &help)) != NULL)
            print_row(to, name, widest, _(help));
    fputc('\n', to);
    cli_print_wrapped(to, 0,
                      noun == NULL
                          ? _("`sekisho NOUN --help` lists its verbs, `sekisho COMMAND --help` its options.")
                          : _("`sekisho COMMAND --help` tells its options."));
    cli_print_wrapped(to, 0, _("Exit: 0 done, 1 no, 2 usage, 3 temporary failure. FILE - is standard input."));
}

static const char *option_name(const struct cli_option *option, char text[CLI_NAME_MAX])
{
    snprintf(text, CLI_NAME_MAX, "--%s%s%s", option->name, option->argument != NULL ? " " : "",
             option->argument != NULL ? option->argument : "");
    return text;
}

void cli_help_command(FILE *to, const struct cli_command *command)
{
    char text[CLI_NAME_MAX];
    size_t widest = 0;
    for (size_t i = 0; i < cli_option_count; i++)
        if (cli_takes(command, &cli_option_table[i]) &&
            cli_columns(option_name(&cli_option_table[i], text)) > widest)
            widest = cli_columns(text);
    fprintf(to, _("usage: sekisho %s [OPTION…]%s%s\n"), cli_command_name(command, text),
            command->operand != NULL ? " " : "", command->operand != NULL ? command->operand : "");
    cli_print_wrapped(to, 0, _(command->help));
    fputc('\n', to);
    for (size_t i = 0; i < cli_option_count; i++)
        if (cli_takes(command, &cli_option_table[i]))
            print_row(to, option_name(&cli_option_table[i], text), widest, _(cli_option_table[i].help));
}

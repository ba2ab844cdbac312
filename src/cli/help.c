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

static bool is_of(const struct cli_command *command, const char *noun)
{
    return noun == NULL || strcmp(command->noun, noun) == 0;
}

static const char *synopsis(const struct cli_command *command, char text[CLI_NAME_MAX])
{
    char name[CLI_NAME_MAX];
    snprintf(text, CLI_NAME_MAX, "%s%s%s", cli_command_name(command, name), command->operand != NULL ? " " : "",
             command->operand != NULL ? command->operand : "");
    return text;
}

void cli_help_overview(FILE *to, const char *noun)
{
    char text[CLI_NAME_MAX];
    size_t widest = 0;
    for (size_t i = 0; i < cli_command_count; i++)
        if (is_of(&cli_command_table[i], noun) && cli_columns(synopsis(&cli_command_table[i], text)) > widest)
            widest = cli_columns(text);
    cli_print_wrapped(to, 0, _("usage: sekisho COMMAND [OPTION…] [OPERAND]"));
    fputc('\n', to);
    for (size_t i = 0; i < cli_command_count; i++)
        if (is_of(&cli_command_table[i], noun))
            print_row(to, synopsis(&cli_command_table[i], text), widest, _(cli_command_table[i].help));
    fputc('\n', to);
    cli_print_wrapped(to, 0, _("`sekisho COMMAND --help` tells its options. FILE may be - for standard input."));
    cli_print_wrapped(to, 0, _("Exit: 0 done, 1 the answer is no, 2 usage, 3 temporary failure."));
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

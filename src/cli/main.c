/* `sekisho NOUN VERB`: find the command, read its options, run it. */
#include "cli/command.h"
#include "cli/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MAX_OPTIONS 32

static void print_overview(FILE *to)
{
    fprintf(to, "%s\n\n", _("usage: sekisho COMMAND [OPTION…] [OPERAND]"));
    for (size_t i = 0; i < cli_command_count; i++) {
        const struct cli_command *c = &cli_command_table[i];
        char name[64];
        snprintf(name, sizeof name, "%s%s%s%s%s", c->noun, c->verb ? " " : "", c->verb ? c->verb : "",
                 c->operand ? " " : "", c->operand ? c->operand : "");
        fprintf(to, "  %-20s %s\n", name, _(c->help));
    }
    fprintf(to, "\n%s\n%s\n",
            _("`sekisho COMMAND --help` tells a command's options. FILE may be - for standard input."),
            _("Exit: 0 done, 1 the answer is no, 2 usage, 3 temporary failure."));
}

static void print_command(const struct cli_command *c)
{
    printf("usage: sekisho %s%s%s [OPTION…]%s%s\n%s\n\n", c->noun, c->verb ? " " : "", c->verb ? c->verb : "",
           c->operand ? " " : "", c->operand ? c->operand : "", _(c->help));
    for (size_t i = 0; i < cli_option_count; i++) {
        const struct cli_option *o = &cli_option_table[i];
        char name[64];
        if ((c->groups & o->groups) == 0)
            continue;
        snprintf(name, sizeof name, "--%s%s%s", o->name, o->argument ? " " : "", o->argument ? o->argument : "");
        printf("  %-26s %s\n", name, _(o->help));
    }
}

static const struct cli_command *find_command(int argc, char **argv, int *words_out)
{
    for (size_t i = 0; argc > 1 && i < cli_command_count; i++) {
        const struct cli_command *c = &cli_command_table[i];
        if (strcmp(argv[1], c->noun) != 0)
            continue;
        *words_out = c->verb == NULL ? 1 : 2;
        if (c->verb == NULL || (argc > 2 && strcmp(argv[2], c->verb) == 0))
            return c;
    }
    return NULL;
}

static bool set_option(struct cli_options *options, const struct cli_option *o, const char *argument)
{
    char *field = (char *)options + o->offset;
    if (o->type == CLI_FLAG)
        *(bool *)field = true;
    else if (o->type == CLI_TEXT)
        *(const char **)(void *)field = argument;
    else if (!seki_str_to_u64(seki_str_of(argument), o->max, (uint64_t *)(void *)field) ||
             *(uint64_t *)(void *)field < o->min) {
        fprintf(stderr, "sekisho: --%s takes a whole number from %llu to %llu, not \"%s\"\n", o->name,
                (unsigned long long)o->min, (unsigned long long)o->max, argument);
        return false;
    }
    return true;
}

/* Long options of one command, for getopt_long; val is the index in the table + 1. */
static void list_options(const struct cli_command *c, struct option *list)
{
    size_t used = 0;
    for (size_t i = 0; i < cli_option_count && used + 1 < MAX_OPTIONS; i++) {
        const struct cli_option *o = &cli_option_table[i];
        if ((c->groups & o->groups) != 0)
            list[used++] =
                (struct option){ o->name, o->argument ? required_argument : no_argument, NULL, (int)i + 1 };
    }
    list[used] = (struct option){ 0 };
}

static bool read_options(const struct cli_command *c, int argc, char **argv, struct cli_options *options)
{
    struct option list[MAX_OPTIONS];
    list_options(c, list);
    int found;
    while ((found = getopt_long(argc, argv, "", list, NULL)) != -1) {
        if (found < 1 || found > (int)cli_option_count)
            return false; /* getopt has said what is wrong */
        if (!set_option(options, &cli_option_table[found - 1], optarg))
            return false;
    }
    return true;
}

static const char *usage_error(const struct cli_command *c, int argc, int next)
{
    if (c->operand == NULL)
        return next < argc ? "takes no operand" : NULL;
    if (next >= argc)
        return "needs an operand";
    return next + 1 < argc ? "takes one operand only" : NULL;
}

static int run(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        printf("sekisho %s\n", SEKISHO_VERSION);
        return CLI_DONE;
    }
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)) {
        print_overview(stdout);
        return CLI_DONE;
    }
    int words = 0;
    const struct cli_command *command = find_command(argc, argv, &words);
    if (command == NULL) {
        if (argc > 1)
            fprintf(stderr, "sekisho: there is no command \"%s%s%s\"\n\n", argv[1], argc > 2 ? " " : "",
                    argc > 2 ? argv[2] : "");
        print_overview(stderr);
        return CLI_USAGE;
    }
    struct cli_options options = { 0 };
    if (!read_options(command, argc - words, argv + words, &options))
        return CLI_USAGE;
    if (options.help) {
        print_command(command);
        return CLI_DONE;
    }
    const char *wrong = usage_error(command, argc - words, optind);
    if (wrong != NULL) {
        fprintf(stderr, "sekisho: %s%s%s %s%s%s; see --help\n", command->noun, command->verb ? " " : "",
                command->verb ? command->verb : "", wrong, command->operand ? ": " : "",
                command->operand ? command->operand : "");
        return CLI_USAGE;
    }
    return (int)command->run(&options, command->operand != NULL ? argv[words + optind] : NULL);
}

static int fail_output(int error)
{
    fprintf(stderr, "sekisho: cannot write to standard output: %s\n", strerror(error));
    return CLI_NO;
}

/* An answer that nobody got is no answer. A closed descriptor is seen first: later a file or socket may have its number. */
int main(int argc, char **argv)
{
    cli_i18n_begin();
    if (fcntl(STDOUT_FILENO, F_GETFD) < 0)
        return fail_output(errno);
    int code = run(argc, argv);
    bool is_written = !ferror(stdout);
    return fflush(stdout) == 0 && is_written ? code : fail_output(errno);
}

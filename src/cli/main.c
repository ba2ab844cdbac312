/* `sekisho NOUN VERB`: find the command, read its options, run it. */
#include "cli/arguments.h"
#include "cli/help.h"
#include "cli/i18n.h"
#include "cli/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static bool is_word(int argc, char **argv, int index, const char *word)
{
    return index < argc && strcmp(argv[index], word) == 0;
}

static bool is_noun(const char *word)
{
    for (size_t i = 0; i < cli_command_count; i++)
        if (strcmp(cli_command_table[i].noun, word) == 0)
            return true;
    return false;
}

/* No command, or half of one, or none that there is. */
static int run_nothing(int argc, char **argv)
{
    bool is_half = argc > 1 && is_noun(argv[1]);
    if (is_half && is_word(argc, argv, 2, "--help")) {
        cli_help_overview(stdout, argv[1]);
        return CLI_DONE;
    }
    if (argc > 1 && !(is_half && argc == 2)) {
        cli_complain_of_command(argc, argv);
        fputc('\n', stderr);
    }
    cli_help_overview(stderr, is_half ? argv[1] : NULL);
    return CLI_USAGE;
}

static int run(int argc, char **argv)
{
    if (is_word(argc, argv, 1, "--version")) {
        printf("sekisho %s\n", SEKISHO_VERSION);
        return CLI_DONE;
    }
    if (is_word(argc, argv, 1, "--help") || is_word(argc, argv, 1, "help")) {
        cli_help_overview(stdout, NULL);
        return CLI_DONE;
    }
    int words = 0;
    struct cli_options options = { 0 };
    const struct cli_command *command = cli_find_command(argc, argv, &words);
    if (command == NULL)
        return run_nothing(argc, argv);
    if (!cli_read_arguments(command, argc - words, argv + words, &options))
        return CLI_USAGE;
    if (!options.help)
        return (int)command->run(&options, options.operand_count > 0 ? options.operands[0] : NULL);
    cli_help_command(stdout, command);
    return CLI_DONE;
}

static int fail_output(int error)
{
    struct seki_error why;
    seki_error_set(&why, "cannot write to standard output: %s", strerror(error));
    cli_complain_of(why.text);
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

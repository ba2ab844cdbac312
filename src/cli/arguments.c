#include "cli/arguments.h"

#include "base/spelling.h"
#include "cli/i18n.h"
#include "cli/text.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

const struct cli_command *cli_find_command(int argc, char **argv, int *words_out)
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

/* The nearest verb of a noun that there is, else the nearest noun. */
static const char *meant_word(const char *noun, const char *verb)
{
    struct seki_spelling nouns = seki_spelling_of(seki_str_of(noun)), verbs = seki_spelling_of(seki_str_of(verb));
    for (size_t i = 0; i < cli_command_count; i++) {
        const struct cli_command *c = &cli_command_table[i];
        seki_spelling_offer(&nouns, c->noun);
        if (strcmp(c->noun, noun) == 0 && c->verb != NULL)
            seki_spelling_offer(&verbs, c->verb);
    }
    return nouns.distance == 0 ? verbs.nearest : nouns.nearest;
}

void cli_complain_of_command(int argc, char **argv)
{
    const char *verb = argc > 2 && argv[2][0] != '-' ? argv[2] : "";
    const char *meant = meant_word(argv[1], verb), *gap = *verb != '\0' ? " " : "";
    if (meant != NULL)
        cli_complain(_("there is no command \"%s%s%s\"; did you mean \"%s\"?"), argv[1], gap, verb, meant);
    else
        cli_complain(_("there is no command \"%s%s%s\""), argv[1], gap, verb);
}

static bool complain_of_option(const struct cli_command *command, const char *word)
{
    char name[CLI_NAME_MAX];
    struct seki_str written = seki_str_head(seki_str_of(word), strcspn(word, "="));
    struct seki_spelling spelling = seki_spelling_of(seki_str_from(written, strspn(word, "-")));
    for (size_t i = 0; i < cli_option_count; i++)
        if (cli_takes(command, &cli_option_table[i]))
            seki_spelling_offer(&spelling, cli_option_table[i].name);
    if (spelling.nearest != NULL)
        return cli_complain(_("%s has no option \"%.*s\"; did you mean --%s?"), cli_command_name(command, name),
                            SEKI_STR_ARGS(written), spelling.nearest);
    return cli_complain(_("%s has no option \"%.*s\"; see --help"), cli_command_name(command, name),
                        SEKI_STR_ARGS(written));
}

static bool set_number(uint64_t *field, const struct cli_option *o, const char *argument)
{
    return (seki_str_to_u64(seki_str_of(argument), o->max, field) && *field >= o->min) ||
           cli_complain(_("--%s takes a whole number from %llu to %llu, not \"%s\""), o->name,
                        (unsigned long long)o->min, (unsigned long long)o->max, argument);
}

/* Keeps the table's spelling. */
static bool set_word(const char **field, const struct cli_option *o, const char *argument)
{
    char known[256] = "";
    size_t used = 0;
    for (size_t i = 0; o->words[i] != NULL; i++) {
        *field = o->words[i];
        if (seki_str_equal_nocase(seki_str_of(argument), seki_str_of(*field)))
            return true;
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "", *field);
    }
    return cli_complain(_("--%s takes one of %s; not \"%s\""), o->name, known, argument);
}

static bool set_option(struct cli_options *options, const struct cli_option *o, const char *argument)
{
    void *field = (char *)options + o->offset;
    if (o->type == CLI_FLAG)
        *(bool *)field = true;
    else if (o->type == CLI_NUMBER)
        return set_number(field, o, argument);
    else if (o->words != NULL)
        return set_word(field, o, argument);
    else if (o->narrows && *argument == '\0')
        return cli_complain(_("--%s is empty; leave it out where all are meant"), o->name);
    else
        *(const char **)field = argument;
    return true;
}

/* What getopt calls the options of the table, above the characters that short ones would be called. */
#define FIRST_OPTION 256

/* Long options of one command, for getopt_long. */
static struct option *list_options(const struct cli_command *command)
{
    size_t used = 0;
    struct option *list = calloc(cli_option_count + 1, sizeof *list);
    for (size_t i = 0; list != NULL && i < cli_option_count; i++) {
        const struct cli_option *o = &cli_option_table[i];
        if (cli_takes(command, o))
            list[used++] = (struct option){ o->name, o->argument != NULL ? required_argument : no_argument, NULL,
                                            FIRST_OPTION + (int)i };
    }
    return list;
}

/* What getopt has not taken: a word that is no option (0 in optopt), a letter that is none, or an option with too much
 * or too little. */
static bool complain_of_word(const struct cli_command *command, int found, const char *word)
{
    const char letter[] = { '-', (char)optopt, '\0' };
    if (optopt < FIRST_OPTION)
        return complain_of_option(command, optopt == 0 ? word : letter);
    const struct cli_option *o = &cli_option_table[optopt - FIRST_OPTION];
    if (found == ':')
        return cli_complain(_("--%s needs a value: --%s %s"), o->name, o->name, o->argument);
    return cli_complain(_("--%s takes no value"), o->name);
}

static bool read_options(const struct cli_command *command, int argc, char **argv, struct cli_options *options)
{
    int found = 0;
    bool is_good = true;
    struct option *list = list_options(command);
    if (list == NULL)
        return cli_complain("%s", _("no memory to start with"));
    opterr = 0; /* we say it ourselves */
    while (is_good && (found = getopt_long(argc, argv, ":", list, NULL)) != -1) {
        if (found == '?' || found == ':')
            is_good = complain_of_word(command, found, argv[optind - 1]);
        else
            is_good = set_option(options, &cli_option_table[found - FIRST_OPTION], optarg);
    }
    free(list);
    return is_good;
}

/* How many operands a command takes, from the words of its row. */
static void count_operands(const char *spec, size_t *least_out, size_t *most_out)
{
    struct seki_str rest = seki_str_of(spec), word;
    *least_out = *most_out = 0;
    while (seki_str_split(&rest, ' ', &word)) {
        *least_out += word.ptr[0] != '[';
        *most_out = strstr(word.ptr, "…") != NULL ? SIZE_MAX : *most_out + 1;
    }
}

static bool read_operands(const struct cli_command *command, size_t count, char **operands,
                          struct cli_options *options)
{
    char name[CLI_NAME_MAX];
    size_t least, most;
    cli_command_name(command, name);
    options->operands = (const char *const *)operands;
    options->operand_count = count;
    if (command->operand == NULL)
        return count == 0 || cli_complain(_("%s takes no operand; see --help"), name);
    count_operands(command->operand, &least, &most);
    if (count < least && least == 1)
        return cli_complain(_("%s needs an operand: %s; see --help"), name, command->operand);
    if (count < least)
        return cli_complain(_("%s needs %zu operands: %s; see --help"), name, least, command->operand);
    if (count > most && most == 1)
        return cli_complain(_("%s takes one operand only: %s; see --help"), name, command->operand);
    return count <= most ||
           cli_complain(_("%s takes at most %zu operands: %s; see --help"), name, most, command->operand);
}

bool cli_read_arguments(const struct cli_command *command, int argc, char **argv, struct cli_options *options)
{
    return read_options(command, argc, argv, options) &&
           (options->help || read_operands(command, (size_t)(argc - optind), argv + optind, options));
}

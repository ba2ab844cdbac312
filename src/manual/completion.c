#include "manual/completion.h"

#include "cli/command.h"

/* What a value is named after in the tables, says how it is completed. */
static bool is_file(const char *argument)
{
    return argument != NULL && strstr(argument, "FILE") != NULL;
}

static bool is_first_of_noun(size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(cli_command_table[i].noun, cli_command_table[index].noun) == 0)
            return false;
    return true;
}

static void write_words(FILE *to, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++)
        fprintf(to, "%s%s", i > 0 ? " " : "", words[i]);
}

/* A text within single quotes of a shell, in which also the characters of special are escaped by a backslash. */
static void write_quoted(FILE *to, const char *text, const char *special)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs("'\\''", to);
        else if (strchr(special, *text) != NULL)
            fprintf(to, "\\%c", *text);
        else
            fputc(*text, to);
    }
}

/* ---- bash ---- */

static const char bash_head[] =
    "# Completion of sekisho for bash. Made from the command's own tables; do not edit.\n"
    "\n"
    "_sekisho()\n"
    "{\n"
    "    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words= files=\n"
    "    # bash takes --option=value apart at the sign\n"
    "    [[ $before == = ]] && before=${COMP_WORDS[COMP_CWORD-2]}\n"
    "    [[ $current == = ]] && current=\n"
    "    COMPREPLY=()\n";

static const char bash_tail[] = "    if [[ $files && $current != -* ]]; then\n"
                                "        compopt -o filenames 2>/dev/null\n"
                                "        mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
                                "    else\n"
                                "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
                                "    fi\n"
                                "}\n"
                                "complete -F _sekisho sekisho\n";

static void write_nouns(FILE *to)
{
    for (size_t i = 0; i < cli_command_count; i++)
        if (is_first_of_noun(i))
            fprintf(to, "%s ", cli_command_table[i].noun);
}

static void write_verbs(FILE *to, const char *noun)
{
    for (size_t i = 0; i < cli_command_count; i++)
        if (strcmp(cli_command_table[i].noun, noun) == 0)
            fprintf(to, "%s ", cli_command_table[i].verb);
}

static void write_bash_names(FILE *to)
{
    fputs("    [[ $COMP_CWORD == 1 ]] && words='", to);
    write_nouns(to);
    fputs("--help --version'\n    [[ $COMP_CWORD == 2 ]] && case ${COMP_WORDS[1]} in\n", to);
    for (size_t i = 0; i < cli_command_count; i++) {
        if (cli_command_table[i].verb == NULL || !is_first_of_noun(i))
            continue;
        fprintf(to, "        %s) words='", cli_command_table[i].noun);
        write_verbs(to, cli_command_table[i].noun);
        fputs("--help' ;;\n", to);
    }
    fputs("    esac\n", to);
}

/* The values of options, whatever the command. */
static void write_bash_values(FILE *to)
{
    fputs("    [[ -z $words ]] && case $before in\n", to);
    for (size_t i = 0; i < cli_option_count; i++) {
        const struct cli_option *o = &cli_option_table[i];
        if (o->argument == NULL)
            continue;
        fprintf(to, "        --%s) ", o->name);
        if (o->words != NULL) {
            fputs("words='", to);
            write_words(to, o->words);
            fputs("' ;;\n", to);
        } else {
            fputs(is_file(o->argument) ? "files=yes ;;\n" : "return ;;\n", to);
        }
    }
    fputs("    esac\n", to);
}

static void write_bash_options(FILE *to)
{
    fputs("    [[ -z $words$files ]] && case \"${COMP_WORDS[1]} ${COMP_WORDS[2]}\" in\n", to);
    for (size_t i = 0; i < cli_command_count; i++) {
        const struct cli_command *c = &cli_command_table[i];
        fprintf(to, c->verb != NULL ? "        '%s %s') words='" : "        '%s '*) words='", c->noun, c->verb);
        for (size_t j = 0; j < cli_option_count; j++)
            if (cli_takes(c, &cli_option_table[j]))
                fprintf(to, "--%s ", cli_option_table[j].name);
        fprintf(to, "'%s ;;\n", is_file(c->operand) ? " files=yes" : "");
    }
    fputs("    esac\n", to);
}

void completion_bash(FILE *to)
{
    fputs(bash_head, to);
    write_bash_names(to);
    write_bash_values(to);
    write_bash_options(to);
    fputs(bash_tail, to);
}

/* ---- zsh ---- */

static void write_zsh_option(FILE *to, const struct cli_option *o)
{
    fprintf(to, "            '--%s[", o->name);
    write_quoted(to, o->help, "[]:\\");
    fputc(']', to);
    if (o->argument != NULL) {
        fputc(':', to);
        write_quoted(to, o->argument, "[]:\\");
        fputc(':', to);
    }
    if (o->words != NULL) {
        fputc('(', to);
        write_words(to, o->words);
        fputc(')', to);
    } else if (is_file(o->argument)) {
        fputs("_files", to);
    }
    fputs("' \\\n", to);
}

/* _arguments counts words from the command's name: the nouns and verbs before are taken away. */
static void write_zsh_command(FILE *to, const struct cli_command *c)
{
    char name[CLI_NAME_MAX];
    fprintf(to, "    ('%s')\n        _arguments \\\n", cli_command_name(c, name));
    for (size_t i = 0; i < cli_option_count; i++)
        if (cli_takes(c, &cli_option_table[i]))
            write_zsh_option(to, &cli_option_table[i]);
    if (c->operand == NULL)
        fputs("            && return ;;\n", to);
    else
        fprintf(to, "            '%s:%s:%s' && return ;;\n", strpbrk(c->operand, " …") != NULL ? "*" : "1",
                c->operand, is_file(c->operand) ? "_files" : "");
}

/* One of _describe's arrays: the nouns, or the verbs of one. */
static void write_zsh_names(FILE *to, const char *noun)
{
    for (size_t i = 0; i < cli_command_count; i++) {
        const struct cli_command *c = &cli_command_table[i];
        bool is_shown = noun == NULL ? is_first_of_noun(i) : strcmp(c->noun, noun) == 0;
        if (!is_shown)
            continue;
        fprintf(to, "            '%s", noun == NULL ? c->noun : c->verb);
        if (noun != NULL || c->verb == NULL) {
            fputc(':', to);
            write_quoted(to, c->help, "\\");
        }
        fputs("'\n", to);
    }
}

static void write_zsh_verbs(FILE *to)
{
    for (size_t i = 0; i < cli_command_count; i++) {
        if (cli_command_table[i].verb == NULL || !is_first_of_noun(i))
            continue;
        fprintf(to, "        (%s) names=(\n", cli_command_table[i].noun);
        write_zsh_names(to, cli_command_table[i].noun);
        fputs("        ) ;;\n", to);
    }
}

void completion_zsh(FILE *to)
{
    fputs("#compdef sekisho\n"
          "# Completion of sekisho for zsh. Made from the command's own tables; do not edit.\n"
          "\n"
          "local -a names\n"
          "local command\n"
          "if (( CURRENT == 2 )); then\n"
          "    names=(\n",
          to);
    write_zsh_names(to, NULL);
    fputs("    )\n"
          "    _describe command names\n"
          "    return\n"
          "fi\n"
          "command=$words[2]\n"
          "if (( CURRENT == 3 )); then\n"
          "    case $command in\n",
          to);
    write_zsh_verbs(to);
    fputs("    esac\n"
          "    (( $#names )) && { _describe command names; return }\n"
          "fi\n"
          "case $command in\n"
          "    (",
          to);
    for (size_t i = 0, written = 0; i < cli_command_count; i++)
        if (cli_command_table[i].verb != NULL && is_first_of_noun(i))
            fprintf(to, "%s%s", written++ > 0 ? "|" : "", cli_command_table[i].noun);
    fputs(") command=\"$words[2] $words[3]\"; shift 2 words; (( CURRENT -= 2 )) ;;\n"
          "    (*) shift words; (( CURRENT -= 1 )) ;;\n"
          "esac\n"
          "case $command in\n",
          to);
    for (size_t i = 0; i < cli_command_count; i++)
        write_zsh_command(to, &cli_command_table[i]);
    fputs("esac\n", to);
}

/* ---- fish ---- */

static const char fish_head[] =
    "# Completion of sekisho for fish. Made from the command's own tables; do not edit.\n"
    "\n"
    "# Do the words so far begin with one of these commands?\n"
    "function __sekisho_in\n"
    "    set -l words (commandline -opc)\n"
    "    contains -- \"$words[2]\" $argv; or contains -- \"$words[2] $words[3]\" $argv\n"
    "end\n"
    "\n"
    "# Is the next word the first, or the first behind this noun?\n"
    "function __sekisho_at\n"
    "    set -l words (commandline -opc)\n"
    "    test \"$words[2..]\" = \"$argv\"\n"
    "end\n"
    "\n"
    "complete -c sekisho -f\n"
    "complete -c sekisho -n __sekisho_at -l help\n"
    "complete -c sekisho -n __sekisho_at -l version\n";

static void write_fish_help(FILE *to, const char *help)
{
    fputs(" -d '", to);
    write_quoted(to, help, "\\");
    fputs("'\n", to);
}

static void write_fish_names(FILE *to)
{
    for (size_t i = 0; i < cli_command_count; i++) {
        const struct cli_command *c = &cli_command_table[i];
        if (c->verb == NULL)
            fprintf(to, "complete -c sekisho -n __sekisho_at -a %s", c->noun);
        else if (is_first_of_noun(i))
            fprintf(to, "complete -c sekisho -n __sekisho_at -a %s\n", c->noun);
        if (c->verb != NULL)
            fprintf(to, "complete -c sekisho -n '__sekisho_at %s' -a %s", c->noun, c->verb);
        write_fish_help(to, c->help);
    }
}

static void write_fish_option(FILE *to, const struct cli_option *o)
{
    char name[CLI_NAME_MAX];
    fputs("complete -c sekisho -n \"__sekisho_in", to);
    for (size_t i = 0; i < cli_command_count; i++)
        if (cli_takes(&cli_command_table[i], o))
            fprintf(to, " '%s'", cli_command_name(&cli_command_table[i], name));
    fprintf(to, "\" -l %s", o->name);
    if (o->words != NULL) {
        fputs(" -x -a '", to);
        write_words(to, o->words);
        fputc('\'', to);
    } else if (o->argument != NULL) {
        fputs(is_file(o->argument) ? " -r -F" : " -x", to);
    }
    write_fish_help(to, o->help);
}

void completion_fish(FILE *to)
{
    char name[CLI_NAME_MAX];
    fputs(fish_head, to);
    write_fish_names(to);
    fputs("complete -c sekisho -n \"__sekisho_in", to);
    for (size_t i = 0; i < cli_command_count; i++)
        if (is_file(cli_command_table[i].operand))
            fprintf(to, " '%s'", cli_command_name(&cli_command_table[i], name));
    fputs("\" -F\n", to);
    for (size_t i = 0; i < cli_option_count; i++)
        write_fish_option(to, &cli_option_table[i]);
}

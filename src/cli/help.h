/* What --help says, from the tables of command.h. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli/command.h"

#include <stdio.h>

/** All commands, or those of one noun. */
void cli_help_overview(FILE *to, const char *noun);
/** One command with its options. */
void cli_help_command(FILE *to, const struct cli_command *command);

#endif

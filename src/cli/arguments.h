/* From the words of the command line to a command and its options. */
#ifndef CLI_ARGUMENTS_H
#define CLI_ARGUMENTS_H

#include "cli/command.h"

/** @param words_out  how many of argv the command's name takes; @return NULL when there is no such command */
const struct cli_command *cli_find_command(int argc, char **argv, int *words_out);
/** Say on standard error that there is no such command. */
void cli_complain_of_command(int argc, char **argv);

/** @param argv from the last word of the command's name
 *  @param options  the operands go into it too, as views into argv
 *  @return false when something is wrong, which was said */
bool cli_read_arguments(const struct cli_command *command, int argc, char **argv, struct cli_options *options);

#endif

/* The terminal that standard output may be: how wide it is, and may it be coloured? */
#ifndef CLI_SCREEN_H
#define CLI_SCREEN_H

#include <stddef.h>

/** The terminal's width, from 40 to 100: longer lines are hard to read. 80 for a file or a pipe. */
size_t cli_screen_columns(void);

enum cli_colour { CLI_BOLD, CLI_RED, CLI_YELLOW, CLI_GREEN };

/** Coloured on a terminal only, and not where the environment has NO_COLOR (no-color.org). */
void cli_print_coloured(enum cli_colour colour, const char *text);

#endif

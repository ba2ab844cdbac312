/* Text in columns of a terminal: characters of Chinese, Japanese and Korean are two wide. */
#ifndef CLI_COLUMNS_H
#define CLI_COLUMNS_H

#include <sekisho/str.h>

#include <stdio.h>
#include <wchar.h>

#define CLI_SCREEN_COLUMNS 80u

/** One character of UTF-8. @return its octets, 0 at the end; what is not UTF-8 is one octet in one column */
size_t cli_next_character(const char *text, wchar_t *character_out);

/** May a line end between these two, with no space there? Closing marks begin no line, opening ones end none. */
bool cli_may_break(wchar_t before, wchar_t after);

/** Columns that a text of UTF-8 takes. */
size_t cli_columns(const char *text);

/** Write a text that begins in a column (from 0), its further lines in the same one, none past the edge, and a line end.
 *  Lines break at spaces, and between wide characters. */
void cli_print_within(FILE *to, size_t column, size_t edge, const char *text);

/** Within the screen. */
static inline void cli_print_wrapped(FILE *to, size_t column, const char *text)
{
    cli_print_within(to, column, CLI_SCREEN_COLUMNS, text);
}

#endif

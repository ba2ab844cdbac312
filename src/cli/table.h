/* Rows of cells for people, as wide as what is in them. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <sekisho/arena.h>

#define CLI_TABLE_MAX_WIDTH 12u

struct cli_table {
    struct seki_arena *arena;
    size_t width; /* cells of a row, at most CLI_TABLE_MAX_WIDTH */
    size_t count, capacity;
    bool has_headings;
    struct seki_str *cells;
};

/** @param headings  width of them, marked for translation; NULL: none */
void cli_table_begin(struct cli_table *table, struct seki_arena *arena, size_t width, const char *const *headings);
/** The next cell. Views are kept; behind names in A-labels stands how they read (cli_readable()). */
void cli_table_add(struct cli_table *table, struct seki_str cell);
/** The same, printed into the arena. */
void cli_table_format(struct cli_table *table, const char *format, ...) SEKI_PRINTF(2, 3);
/** Escaped; the last column is wrapped within the screen. Without a row: cli_print_nothing(). */
void cli_table_print(const struct cli_table *table);
/** The sentence of a list that is empty. */
void cli_print_nothing(void);

#endif

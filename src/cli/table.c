#include "cli/table.h"

#include "cli/columns.h"
#include "cli/i18n.h"
#include "cli/readable.h"
#include "cli/text.h"

#include <stdarg.h>
#include <stdio.h>

#define GAP        2u
#define MAX_CELL   4096u
#define MAX_COLUMN 48u /* a cell that is wider pushes its own row only */

void cli_table_begin(struct cli_table *table, struct seki_arena *arena, size_t width, const char *const *headings)
{
    *table = (struct cli_table){ .arena = arena, .width = width, .has_headings = headings != NULL };
    for (size_t i = 0; headings != NULL && i < width; i++)
        cli_table_add(table, seki_str_of(_(headings[i])));
}

void cli_table_add(struct cli_table *table, struct seki_str cell)
{
    if (table->count == table->capacity) {
        size_t capacity = table->capacity > 0 ? table->capacity * 2 : 64;
        struct seki_str *cells = seki_arena_alloc(table->arena, capacity, sizeof *cells);
        if (cells == NULL)
            return;
        if (table->count > 0)
            memcpy(cells, table->cells, table->count * sizeof *cells);
        table->cells = cells;
        table->capacity = capacity;
    }
    table->cells[table->count++] = cell.len > 0 ? cli_readable(cell, table->arena) : SEKI_STR("-");
}

void cli_table_format(struct cli_table *table, const char *format, ...)
{
    char cell[MAX_CELL];
    va_list args;
    va_start(args, format);
    vsnprintf(cell, sizeof cell, format, args);
    va_end(args);
    cli_table_add(table, seki_arena_copy(table->arena, seki_str_of(cell)));
}

static size_t columns_of(struct seki_str cell)
{
    char text[MAX_CELL];
    snprintf(text, sizeof text, "%.*s", SEKI_STR_ARGS(cell));
    return cli_columns(text);
}

static void measure(const struct cli_table *table, size_t widest[CLI_TABLE_MAX_WIDTH])
{
    for (size_t i = 0; i < table->count; i++) {
        size_t columns = columns_of(table->cells[i]), *most = &widest[i % table->width];
        if (columns > *most && columns <= MAX_COLUMN)
            *most = columns;
    }
}

void cli_print_nothing(void)
{
    cli_print_sentence(0, "%s", _("There is nothing to show."));
}

void cli_table_print(const struct cli_table *table)
{
    size_t widest[CLI_TABLE_MAX_WIDTH] = { 0 }, at = 0;
    if (table->has_headings && table->count <= table->width) {
        cli_print_nothing();
        return;
    }
    measure(table, widest);
    for (size_t i = 0; i < table->count; i++) {
        size_t column = i % table->width, columns = columns_of(table->cells[i]);
        size_t taken = columns > widest[column] ? columns : widest[column];
        if (column + 1 == table->width) {
            cli_print_rest(at, table->cells[i]);
            at = 0;
            continue;
        }
        cli_print_str(table->cells[i]);
        printf("%*s", (int)(taken - columns + GAP), "");
        at += taken + GAP;
    }
}

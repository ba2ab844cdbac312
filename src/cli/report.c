#include "cli/report.h"

#include "cli/hosting.h"
#include "cli/i18n.h"
#include "cli/json.h"
#include "cli/table.h"
#include "cli/text.h"

#include <stdio.h>

void cli_report_begin(struct cli_report *report, struct seki_arena *arena, const char *name,
                      const struct cli_report_column *columns, size_t width)
{
    *report = (struct cli_report){ .arena = arena, .name = name, .columns = columns, .width = width };
}

static void add(struct cli_report *report, struct cli_cell cell)
{
    if (report->count == report->capacity) {
        size_t capacity = report->capacity > 0 ? report->capacity * 2 : 256;
        struct cli_cell *cells = seki_arena_alloc(report->arena, capacity, sizeof *cells);
        if (cells == NULL)
            return;
        if (report->count > 0)
            memcpy(cells, report->cells, report->count * sizeof *cells);
        report->cells = cells;
        report->capacity = capacity;
    }
    report->cells[report->count++] = cell;
}

void cli_report_text(struct cli_report *report, struct seki_str text)
{
    add(report, (struct cli_cell){ .text = text });
}

void cli_report_number(struct cli_report *report, int64_t number)
{
    add(report, (struct cli_cell){ .number = number });
}

void cli_report_share(struct cli_report *report, int64_t part, int64_t whole)
{
    add(report,
        (struct cli_cell){ .number = whole > 0 ? (int64_t)((double)part * 1000 / (double)whole + 0.5) : 0 });
}

void cli_report_yes_no(struct cli_report *report, bool is_so)
{
    add(report, (struct cli_cell){ .number = is_so });
}

/* ---- JSON ---- */

static json_t *json_cell(const struct cli_cell *cell, enum cli_cell_type type)
{
    switch (type) {
    case CLI_CELL_NUMBER: return json_integer((json_int_t)cell->number);
    case CLI_CELL_PERCENT: return json_real((double)cell->number / 10);
    case CLI_CELL_YES_NO: return json_boolean(cell->number != 0);
    case CLI_CELL_TEXT:
    case CLI_CELL_SENTENCE: break;
    }
    return cli_json_str(cell->text);
}

static void print_json(const struct cli_report *report)
{
    json_t *list = json_array(), *row = NULL;
    for (size_t i = 0; i < report->count; i++) {
        const struct cli_report_column *column = &report->columns[i % report->width];
        if (i % report->width == 0) {
            row = json_object();
            json_array_append_new(list, row);
        }
        if (column->type != CLI_CELL_SENTENCE)
            json_object_set_new(row, column->key, json_cell(&report->cells[i], column->type));
    }
    cli_json_print(json_pack("{s:o}", report->name, list));
}

/* ---- CSV ---- */

/* Domains come from mail. A spreadsheet takes a cell that begins with one of these for a formula: the apostrophe says that it
 * is text. */
static void print_csv_text(struct seki_str text)
{
    putchar('"');
    if (text.len > 0 && memchr("=+-@\t\r", text.ptr[0], 6) != NULL)
        putchar('\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"')
            putchar('"');
        putchar(text.ptr[i]);
    }
    putchar('"');
}

static void print_csv_cell(const struct cli_cell *cell, enum cli_cell_type type)
{
    switch (type) {
    case CLI_CELL_NUMBER: printf("%lld", (long long)cell->number); return;
    case CLI_CELL_PERCENT: printf("%lld.%lld", (long long)cell->number / 10, (long long)cell->number % 10); return;
    case CLI_CELL_YES_NO: printf("%s", cell->number != 0 ? "yes" : "no"); return;
    case CLI_CELL_TEXT:
    case CLI_CELL_SENTENCE: break;
    }
    print_csv_text(cell->text);
}

static void print_csv(const struct cli_report *report)
{
    for (size_t i = 0; i < report->width; i++) {
        if (report->columns[i].type != CLI_CELL_SENTENCE)
            printf("%s%s", i > 0 ? "," : "", report->columns[i].key);
    }
    printf("\r\n");
    for (size_t i = 0; i < report->count; i++) {
        const struct cli_report_column *column = &report->columns[i % report->width];
        if (column->type != CLI_CELL_SENTENCE) {
            printf("%s", i % report->width > 0 ? "," : "");
            print_csv_cell(&report->cells[i], column->type);
        }
        printf("%s", (i + 1) % report->width == 0 ? "\r\n" : "");
    }
}

/* ---- a table ---- */

static void add_table_cell(struct cli_table *table, const struct cli_cell *cell, enum cli_cell_type type)
{
    switch (type) {
    case CLI_CELL_NUMBER: cli_table_format(table, "%lld", (long long)cell->number); return;
    case CLI_CELL_PERCENT:
        cli_table_format(table, "%lld.%lld %%", (long long)cell->number / 10, (long long)cell->number % 10);
        return;
    case CLI_CELL_YES_NO: cli_table_add(table, seki_str_of(cli_yes_no(cell->number != 0))); return;
    case CLI_CELL_TEXT:
    case CLI_CELL_SENTENCE: break;
    }
    cli_table_add(table, cell->text);
}

static void print_table(const struct cli_report *report)
{
    const char *headings[CLI_REPORT_MAX_WIDTH];
    struct cli_table table;
    for (size_t i = 0; i < report->width; i++)
        headings[i] = report->columns[i].heading;
    cli_table_begin(&table, report->arena, report->width, headings);
    for (size_t i = 0; i < report->count; i++)
        add_table_cell(&table, &report->cells[i], report->columns[i % report->width].type);
    cli_table_print(&table);
}

void cli_report_print(const struct cli_report *report, const struct cli_options *options, const char *empty)
{
    if (options->json)
        print_json(report);
    else if (options->csv)
        print_csv(report);
    else if (report->count == 0)
        cli_print_sentence(0, "%s", _(empty));
    else
        print_table(report);
}

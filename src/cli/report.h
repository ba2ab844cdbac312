/* Rows of figures in three forms: a table for people, one JSON document, or CSV (RFC 4180) for spreadsheets. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "cli/command.h"

#include <sekisho/arena.h>

enum cli_cell_type {
    CLI_CELL_TEXT = 0,
    CLI_CELL_SENTENCE, /* in the reader's language: in the table alone, programs have the figures behind it */
    CLI_CELL_NUMBER,
    CLI_CELL_PERCENT,
    CLI_CELL_YES_NO
};

struct cli_report_column {
    const char *key;     /* in JSON and CSV: never changes */
    const char *heading; /* marked for translation */
    enum cli_cell_type type;
};

#define CLI_REPORT_MAX_WIDTH 12u /* the first column is no sentence */

struct cli_report {
    struct seki_arena *arena;
    const char *name; /* the list's in JSON */
    const struct cli_report_column *columns;
    size_t width, count, capacity;
    struct cli_cell {
        struct seki_str text;
        int64_t number; /* of a percentage: thousandths */
    } * cells;
};

void cli_report_begin(struct cli_report *report, struct seki_arena *arena, const char *name,
                      const struct cli_report_column *columns, size_t width);
/* The next cell, of the type that its column has. */
void cli_report_text(struct cli_report *report, struct seki_str text); /* a view is kept */
void cli_report_number(struct cli_report *report, int64_t number);
void cli_report_share(struct cli_report *report, int64_t part, int64_t whole);
void cli_report_yes_no(struct cli_report *report, bool is_so);

/** As the options want it. @param empty  the sentence for people when there is no row, marked for translation */
void cli_report_print(const struct cli_report *report, const struct cli_options *options, const char *empty);

#endif

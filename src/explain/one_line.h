/* Values of fields for showing: without folds. */
#ifndef EXPLAIN_ONE_LINE_H
#define EXPLAIN_ONE_LINE_H

#include <sekisho/arena.h>

/** Without white space at the ends, and every stretch of it (folds too) as one SP. "" when the arena is full. */
struct seki_str explain_one_line(struct seki_arena *arena, struct seki_str value);

#endif

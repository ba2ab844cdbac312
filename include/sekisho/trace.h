/* What an evaluation did, line by line, for people ("explain"). Optional everywhere: NULL costs nothing.
 *
 * An evaluation that is re-run starts its trace anew, so each has a trace of its own. */
#ifndef SEKISHO_TRACE_H
#define SEKISHO_TRACE_H

#include <sekisho/arena.h>

struct seki_trace;

/** @return NULL when the arena is full. Lines and list live as long as the arena. */
SEKI_API struct seki_trace *seki_trace_new(struct seki_arena *arena);
SEKI_API void seki_trace_restart(struct seki_trace *trace);
/** Control characters are shown as "?": much of what is traced is other people's text.
 *  @param depth indentation, 0 for the outermost (SPF include depth, ARC set …) */
SEKI_API void seki_trace_add(struct seki_trace *trace, unsigned depth, const char *format, ...) SEKI_PRINTF(3, 4);

struct seki_trace_line {
    unsigned depth;
    struct seki_str text;
    const struct seki_trace_line *next;
};
SEKI_API const struct seki_trace_line *seki_trace_first(const struct seki_trace *trace);

#endif

/* What an evaluation did, line by line, for people ("explain"). Optional everywhere: NULL costs nothing.
 *
 * An evaluation that is re-run starts its trace anew, so each has a trace of its own. */
#ifndef SEKISHO_TRACE_H
#define SEKISHO_TRACE_H

#include <sekisho/buf.h>

struct seki_trace;

typedef const char *seki_translator(const char *english) SEKI_FORMAT_ARG(1);

/* The reader's language, where lines are made for one who does not read English. */
struct seki_trace_language {
    /** A format or a phrase of ours, with the same arguments in the same or numbered places. Valid for ever. */
    seki_translator *text;
    /** A sentence that was put together before, as verdicts carry it. */
    void (*reason)(struct seki_str english, struct seki_buf *out);
};

/** @return NULL when the arena is full. Lines and list live as long as the arena. */
SEKI_API struct seki_trace *seki_trace_new(struct seki_arena *arena);
SEKI_API void seki_trace_restart(struct seki_trace *trace);
/** Lines added from now on are in this language, which must live as long as the trace; NULL (at first): English. */
SEKI_API void seki_trace_translate(struct seki_trace *trace, const struct seki_trace_language *language);
/** Control characters are shown as "?": much of what is traced is other people's text.
 *  @param depth indentation, 0 for the outermost (SPF include depth, ARC set …) */
SEKI_API void seki_trace_add(struct seki_trace *trace, unsigned depth, const char *format, ...) SEKI_PRINTF(3, 4);
/** For the arguments of a line: a phrase of ours, or a sentence of a verdict, in its language. Valid as long as the
 *  arena; "" without a trace, or when the arena is full. */
SEKI_API const char *seki_trace_text(const struct seki_trace *trace, const char *english);
SEKI_API const char *seki_trace_reason(const struct seki_trace *trace, struct seki_str english);

struct seki_trace_line {
    unsigned depth;
    struct seki_str text;
    const struct seki_trace_line *next;
};
SEKI_API const struct seki_trace_line *seki_trace_first(const struct seki_trace *trace);

#endif

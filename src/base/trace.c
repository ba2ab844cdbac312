#include <sekisho/trace.h>

#include <stdarg.h>
#include <stdio.h>

#define MAX_LINE_OCTETS 1024u

struct seki_trace {
    struct seki_arena *arena;
    const struct seki_trace_language *language; /* NULL: English */
    struct seki_trace_line *first, *last;
};

struct seki_trace *seki_trace_new(struct seki_arena *arena)
{
    struct seki_trace *trace = seki_arena_alloc(arena, 1, sizeof *trace);
    if (trace != NULL)
        trace->arena = arena;
    return trace;
}

void seki_trace_restart(struct seki_trace *trace)
{
    if (trace != NULL)
        trace->first = trace->last = NULL;
}

void seki_trace_translate(struct seki_trace *trace, const struct seki_trace_language *language)
{
    if (trace != NULL)
        trace->language = language;
}

const char *seki_trace_text(const struct seki_trace *trace, const char *english)
{
    if (trace == NULL)
        return "";
    return trace->language != NULL ? trace->language->text(english) : english;
}

const char *seki_trace_reason(const struct seki_trace *trace, struct seki_str english)
{
    struct seki_buf buf;
    if (trace == NULL)
        return "";
    seki_buf_init_arena(&buf, trace->arena, 2 * MAX_LINE_OCTETS);
    english = seki_str_head(english, MAX_LINE_OCTETS);
    if (trace->language != NULL)
        trace->language->reason(english, &buf);
    else
        seki_buf_add(&buf, english);
    seki_buf_add_char(&buf, '\0');
    return seki_buf_failed(&buf) == SEKI_OK ? buf.ptr : "";
}

/* clang follows a format through a function only when it is declared to. */
static const char *worded(const struct seki_trace *trace, const char *format) SEKI_FORMAT_ARG(2);
static const char *worded(const struct seki_trace *trace, const char *format)
{
    return trace->language != NULL ? trace->language->text(format) : format;
}

void seki_trace_add(struct seki_trace *trace, unsigned depth, const char *format, ...)
{
    if (trace == NULL)
        return;
    char text[MAX_LINE_OCTETS];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, worded(trace, format), args);
    va_end(args);
    for (char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7F)
            *c = '?';
    struct seki_trace_line *line = seki_arena_alloc(trace->arena, 1, sizeof *line);
    if (line == NULL)
        return;
    line->depth = depth;
    line->text = seki_arena_copy(trace->arena, seki_str_of(text));
    if (trace->last != NULL)
        trace->last->next = line;
    else
        trace->first = line;
    trace->last = line;
}

const struct seki_trace_line *seki_trace_first(const struct seki_trace *trace)
{
    return trace != NULL ? trace->first : NULL;
}

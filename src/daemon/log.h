/* One event, one line: key=value or JSON, to stderr or syslog.
 *
 * Values from outside are quoted, escaped and cut, so that a line can be trusted to be one event. Event names and
 * keys are an interface: docs/log-events.md lists them. In a role lines are handed to a thread that writes them in
 * batches: a pipe, disk or syslog that blocks holds up the log, never the mail; what then does not fit is counted
 * and the number told later (event=log_lost). */
#ifndef LOG_H
#define LOG_H

#include <sekisho/str.h>

enum log_level {                            /* who must act? */
                 LOG_LEVEL_INFORMATION = 0, /* nobody */
                 LOG_LEVEL_WARNING,         /* the operator, some time */
                 LOG_LEVEL_FATAL,           /* the operator, now: this process cannot go on */
                 LOG_LEVEL_PANIC            /* us: our own bug */
};

struct log;

struct log_options {
    bool to_syslog; /* else to fd */
    bool as_json;
    enum log_level level; /* the least that is told */
    const char *role;     /* a literal, in every line; NULL: none */
    int fd;               /* stays yours */
    bool is_async;        /* with a thread of its own */
};

struct log *log_open(const struct log_options *options, struct seki_error *why);
/** Writes what is left, for two seconds at most. NULL does nothing. */
void log_close(struct log *log);

/** Lines that found no room, or could not be written, so far. */
uint64_t log_lost(const struct log *log);

#define LOG_LINE_MAX_OCTETS  3072u
#define LOG_VALUE_MAX_OCTETS 256u

/** A line under construction; lives on the stack. */
struct log_line {
    struct log *log; /* NULL: below the level, nothing is done */
    enum log_level level;
    bool is_cut;
    size_t len;
    char text[LOG_LINE_MAX_OCTETS];
};

void log_begin(struct log_line *line, struct log *log, enum log_level level, const char *event);
void log_text(struct log_line *line, const char *key, struct seki_str value);
void log_number(struct log_line *line, const char *key, int64_t value);
void log_end(struct log_line *line);

/** A line with one field, reason=, for what is said in a sentence. */
void log_reason(struct log *log, enum log_level level, const char *event, const char *format, ...)
    SEKI_PRINTF(4, 5);

#endif

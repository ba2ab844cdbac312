#include "daemon/log.h"

#include "daemon/log_writer.h"

#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#define CUT_TEXT    " cut=yes\n"
#define CUT_JSON    ",\"cut\":true}\n"
#define ROOM_AT_END 16u /* for the longer of these */

struct log {
    struct log_writer *writer;
    bool as_json;
    enum log_level level;
    const char *role;
};

static const char *const level_names[] = {
    [LOG_LEVEL_INFORMATION] = "information",
    [LOG_LEVEL_WARNING] = "warning",
    [LOG_LEVEL_FATAL] = "fatal",
    [LOG_LEVEL_PANIC] = "panic",
};

struct log *log_open(const struct log_options *options, struct seki_error *why)
{
    struct log *log = calloc(1, sizeof *log);
    if (log == NULL) {
        seki_error_set(why, "no memory for the log");
        return NULL;
    }
    log->as_json = options->as_json;
    log->level = options->level;
    log->role = options->role;
    log->writer = log_writer_new(options, why);
    if (log->writer == NULL) {
        free(log);
        return NULL;
    }
    return log;
}

void log_close(struct log *log)
{
    if (log == NULL)
        return;
    log_writer_free(log->writer);
    free(log);
}

uint64_t log_lost(const struct log *log)
{
    return log_writer_lost(log->writer);
}

/* Append, or mark the line as cut: then nothing more goes in, and room for the end of the line is left. */
static void put(struct log_line *line, const char *octets, size_t len)
{
    if (line->is_cut || len > sizeof line->text - ROOM_AT_END - line->len) {
        line->is_cut = true;
        return;
    }
    memcpy(line->text + line->len, octets, len);
    line->len += len;
}

static void put_text(struct log_line *line, const char *text)
{
    put(line, text, strlen(text));
}

/* How many octets at the front of s are one well-formed UTF-8 character that can be shown? 0: not one. */
static size_t shown_octets(struct seki_str s)
{
    unsigned char first = (unsigned char)s.ptr[0];
    if (first >= 0x20 && first < 0x7f)
        return 1;
    size_t len = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    bool is_c1 = first == 0xc2 && s.len > 1 && (unsigned char)s.ptr[1] < 0xa0; /* control characters */
    if (first < 0xc2 || is_c1 || len > s.len || !seki_str_is_utf8(seki_str_head(s, len)))
        return 0;
    return len;
}

static void put_escaped(struct log_line *line, unsigned char c)
{
    char escaped[8];
    if (c == '"' || c == '\\')
        snprintf(escaped, sizeof escaped, "\\%c", c);
    else
        snprintf(escaped, sizeof escaped, line->log->as_json ? "\\u%04x" : "\\x%02x", c);
    put_text(line, escaped);
}

/* Quoted. Octets that are not UTF-8 are escaped by their value; JSON cannot say them, so there the same number
 * stands as a character. */
static void put_quoted(struct log_line *line, struct seki_str value)
{
    bool is_long = value.len > LOG_VALUE_MAX_OCTETS;
    struct seki_str rest = seki_str_head(value, LOG_VALUE_MAX_OCTETS);
    put_text(line, "\"");
    while (rest.len > 0) {
        size_t len = shown_octets(rest);
        if (len == 0 || rest.ptr[0] == '"' || rest.ptr[0] == '\\') {
            put_escaped(line, (unsigned char)rest.ptr[0]);
            len = 1;
        } else {
            put(line, rest.ptr, len);
        }
        rest = seki_str_from(rest, len);
    }
    put_text(line, is_long ? "...\"" : "\"");
}

static bool is_plain(struct seki_str value)
{
    if (value.len == 0 || value.len > LOG_VALUE_MAX_OCTETS)
        return false;
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '=')
            return false;
    }
    return true;
}

/* ` key=` or `,"key":` */
static void put_key(struct log_line *line, const char *key)
{
    bool as_json = line->log->as_json;
    if (line->len > (as_json ? 1u : 0u))
        put_text(line, as_json ? "," : " ");
    put_text(line, as_json ? "\"" : "");
    put_text(line, key);
    put_text(line, as_json ? "\":" : "=");
}

/* A field goes in whole or not at all, so that a cut line can still be read. */
static void undo_if_cut(struct log_line *line, size_t before)
{
    if (line->is_cut)
        line->len = before;
}

void log_text(struct log_line *line, const char *key, struct seki_str value)
{
    if (line->log == NULL || line->is_cut)
        return;
    size_t before = line->len;
    put_key(line, key);
    if (!line->log->as_json && is_plain(value))
        put(line, value.ptr, value.len);
    else
        put_quoted(line, value);
    undo_if_cut(line, before);
}

void log_number(struct log_line *line, const char *key, int64_t value)
{
    char digits[32];
    if (line->log == NULL || line->is_cut)
        return;
    size_t before = line->len;
    snprintf(digits, sizeof digits, "%lld", (long long)value);
    put_key(line, key);
    put_text(line, digits);
    undo_if_cut(line, before);
}

/* RFC 3339 with milliseconds, UTC. */
static void put_time(struct log_line *line)
{
    struct timespec now;
    struct tm utc;
    char seconds[32], text[64];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text, sizeof text, "%s.%03ldZ", seconds, now.tv_nsec / 1000000);
    log_text(line, "time", seki_str_of(text));
}

void log_begin(struct log_line *line, struct log *log, enum log_level level, const char *event)
{
    line->log = log != NULL && level >= log->level ? log : NULL;
    line->level = level;
    line->is_cut = false;
    line->len = 0;
    if (line->log == NULL)
        return;
    if (log->as_json)
        put_text(line, "{");
    if (!log_writer_is_stamped(log->writer))
        put_time(line);
    log_text(line, "level", seki_str_of(level_names[level]));
    if (log->role != NULL)
        log_text(line, "role", seki_str_of(log->role));
    log_text(line, "event", seki_str_of(event));
}

void log_end(struct log_line *line)
{
    if (line->log == NULL)
        return;
    bool as_json = line->log->as_json;
    const char *end = line->is_cut ? (as_json ? CUT_JSON : CUT_TEXT) : as_json ? "}\n" : "\n";
    size_t len = strlen(end);
    memcpy(line->text + line->len, end, len); /* put() left ROOM_AT_END */
    log_writer_add(line->log->writer, line->level, (struct seki_str){ line->text, line->len + len });
}

void log_reason(struct log *log, enum log_level level, const char *event, const char *format, ...)
{
    struct log_line line;
    char sentence[LOG_VALUE_MAX_OCTETS * 2];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    log_begin(&line, log, level, event);
    log_text(&line, "reason", seki_str_of(sentence));
    log_end(&line);
}

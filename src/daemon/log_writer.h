/* Where finished log lines go: at once, or by a thread that writes them in batches. */
#ifndef LOG_WRITER_H
#define LOG_WRITER_H

#include "daemon/log.h"

struct log_writer;

struct log_writer *log_writer_new(const struct log_options *options, struct seki_error *why);
void log_writer_free(struct log_writer *writer);

/** @param line with its LF. Thread-safe; never blocks when the writer is asynchronous. */
void log_writer_add(struct log_writer *writer, enum log_level level, struct seki_str line);

/** Lines that found no room, or could not be written, so far. */
uint64_t log_writer_lost(const struct log_writer *writer);

/** Does whoever reads this descriptor (journald, syslog) put the time to each line? */
bool log_writer_is_stamped(const struct log_writer *writer);

#endif

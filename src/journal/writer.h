/* Appending to the journal: one writer, one thread, one segment file that nobody else writes.
 *
 * Segment names are never used twice ("<begin in microseconds, hex>-<pid>-<loop>.seg"), so a position (segment, offset) means
 * one entry for ever. The writer holds a lock on its file: whoever can lock it knows that it is complete, a torn tail
 * being what the process did not live to write. An entry is in the file (the kernel has it) before journal_append()
 * returns; that it survives a power cut too takes [journal] sync. */
#ifndef JOURNAL_WRITER_H
#define JOURNAL_WRITER_H

#include <sekisho/buf.h>

struct journal_writer;

struct journal_position {
    char segment[64];
    uint64_t offset;
};

struct journal_options {         /* zero is the default */
    uint64_t max_segment_octets; /* 64 MiB; then the next one is begun */
    uint64_t min_free_octets;    /* 64 MiB on the disk; below, nothing is written */
    int64_t max_age_s;           /* an hour; then the next one is begun */
    bool
        sync_each; /* fdatasync() before journal_append() returns; else once a second, by the system's own thread */
};

/** @return NULL with *why. A folder that cannot be written is no reason to stop: append then counts what is lost, and
 *  tries again every second. */
struct journal_writer *journal_writer_new(const char *folder, unsigned loop, const struct journal_options *options,
                                          struct seki_error *why);
void journal_writer_close(struct journal_writer *writer);

/**
 * @return SEKI_OK; SEKI_LIMIT: the disk is full; SEKI_SYSTEM: the file could not be written. The record is lost, counted,
 *         and *why says what to do; the mail flows
 */
SEKI_MUST_USE enum seki_result journal_append(struct journal_writer *writer, struct seki_str record,
                                              struct journal_position *position_out, struct seki_error *why);
/** What else is done with an append, for a writer that has none for long: a segment that is old enough ends, so that it can be
 *  taken over as a whole, compressed, and dropped in time. */
void journal_writer_tend(struct journal_writer *writer);
/** Records lost since the start. */
uint64_t journal_writer_lost(const struct journal_writer *writer);

#endif

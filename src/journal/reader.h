/* Reading the journal: following segments as they grow (ingestion), and fetching one record later (trace, replay), from
 * compressed segments too: "name.seg" becomes "name.seg.zst", in blocks, with positions unchanged. */
#ifndef JOURNAL_READER_H
#define JOURNAL_READER_H

#include "journal/writer.h"

struct journal_reader; /* of one segment */

enum journal_next {
    JOURNAL_RECORD = 0,
    JOURNAL_END_FOR_NOW, /* its writer lives */
    JOURNAL_END,         /* nothing will come any more; half an entry at the end counts for nothing */
    JOURNAL_DAMAGED /* what lies before *next_offset_out is lost, as *why says; go on. With the same offset as before: it
                            could not be read now */
};

/** Names of the segments in the folder, oldest first, in the arena. */
SEKI_MUST_USE enum seki_result journal_segments(const char *folder, struct seki_arena *arena,
                                                const struct seki_str **names_out, size_t *count_out,
                                                struct seki_error *why);

/** @param offset  where to begin: 0, or behind the last entry that was taken */
struct journal_reader *journal_reader_open(const char *folder, struct seki_str segment, uint64_t offset,
                                           struct seki_error *why);
void journal_reader_close(struct journal_reader *reader);
/** @param record_out  valid until the next call. @param next_offset_out  behind it */
enum journal_next journal_reader_next(struct journal_reader *reader, struct seki_str *record_out,
                                      uint64_t *next_offset_out, struct seki_error *why);
/** Where the entry begins of a record that came with that next_offset: its position, for journal_fetch() and journal_erase(). */
uint64_t journal_entry_offset(uint64_t next_offset, struct seki_str record);

/** One record by its position. In the arena. @return SEKI_OK; SEKI_BAD_INPUT: not there (any more), *why says so */
SEKI_MUST_USE enum seki_result journal_fetch(const char *folder, const struct journal_position *position,
                                             struct seki_arena *arena, struct seki_str *record_out,
                                             struct seki_error *why);

/* The three below may be called by several processes at once: a lock on the folder makes it one after the other. Killed at any
 * instant, they leave the segment as it was or as it was to be; what they were killed at can be done again. */

/** Compress a complete segment and take the plain one away; positions stay good. @return SEKI_TEMPORARY: its writer lives;
 *  SEKI_BAD_INPUT: there is none; SEKI_LIMIT: no room on the disk */
SEKI_MUST_USE enum seki_result journal_compress(const char *folder, struct seki_str segment,
                                                struct seki_error *why);
/** Take a segment away, as one that is not there. @return SEKI_TEMPORARY: its writer lives */
SEKI_MUST_USE enum seki_result journal_drop(const char *folder, struct seki_str segment, struct seki_error *why);

/**
 * Overwrite the records at these positions with "erased" entries of the same length (a person's data, erased on request).
 * Segments that are gone count as done. Of a record that is damaged, what a reader loses with it is overwritten; in a
 * compressed segment each block that is damaged, whosever it was.
 * @param damaged_out  how many could not be read, or not all of them, so that nobody can say that this was they
 * @return SEKI_BAD_INPUT: at one of them is no record, or a segment is damaged as a whole; the others are erased
 */
SEKI_MUST_USE enum seki_result journal_erase(const char *folder, const struct journal_position *positions,
                                             size_t count, size_t *damaged_out, struct seki_error *why);

#endif

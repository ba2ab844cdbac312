/* Writing a compressed segment; see segment_file.h for what is in it. It is written beside, and takes its name when it is
 * whole and on the disk. */
#ifndef JOURNAL_COMPRESSED_H
#define JOURNAL_COMPRESSED_H

#include <sekisho/str.h>

#include <time.h>

struct compressed;

/** @param folder      from journal_folder_lock()
 *  @param changed_at  the segment's time, which it keeps: retention counts from when its last record came
 *  @return NULL with *why */
struct compressed *compressed_new(int folder, struct seki_str name, struct timespec changed_at,
                                  struct seki_error *why);
/** Without compressed_finish(): nothing has happened. */
void compressed_free(struct compressed *out);

/* Results: SEKI_LIMIT: no room on the disk; SEKI_SYSTEM. */

/** The next block: SEGMENT_BLOCK_OCTETS, the last one may have fewer. */
SEKI_MUST_USE enum seki_result compressed_add(struct compressed *out, struct seki_str plain,
                                              struct seki_error *why);
/** The next block as another compressed segment has it. */
SEKI_MUST_USE enum seki_result compressed_add_frame(struct compressed *out, struct seki_str frame,
                                                    size_t plain_octets, struct seki_error *why);
SEKI_MUST_USE enum seki_result compressed_finish(struct compressed *out, struct seki_error *why);

#endif

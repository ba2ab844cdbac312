/* Reading a segment by offset, plain or compressed: "NAME.seg", or "NAME.seg.zst" in its place.
 *
 * A compressed segment is in Zstandard's seekable format: one frame for every SEGMENT_BLOCK_OCTETS of the plain file, then a
 * skippable frame with the size of each. So `zstd -d` reads it too, and to read one record costs one block or two. */
#ifndef JOURNAL_SEGMENT_FILE_H
#define JOURNAL_SEGMENT_FILE_H

#include <sekisho/str.h>

#include <sys/stat.h>

#define SEGMENT_BLOCK_OCTETS (256u * 1024u)

struct segment_file;

/** @return NULL with *why; *result_out is SEKI_BAD_INPUT when there is no such segment (any more), or it is damaged;
 *          SEKI_SYSTEM when it cannot be read now */
struct segment_file *segment_file_open(const char *folder, struct seki_str name, enum seki_result *result_out,
                                       struct seki_error *why);
void segment_file_close(struct segment_file *file);

/** Will nothing come any more: compressed, or its writer has closed it or died? */
bool segment_file_is_complete(struct segment_file *file);
/** Its stat(2), of when it was opened. */
const struct stat *segment_file_status(const struct segment_file *file);
/** Forget what was read ahead: its writer may have cut it off. */
void segment_file_forget(struct segment_file *file);

/** @param octets_out  len octets, fewer only at the end of the file; valid until the next call
 *  @return SEKI_OK; SEKI_BAD_INPUT: a block of a compressed one is damaged; SEKI_SYSTEM: it cannot be read now */
SEKI_MUST_USE enum seki_result segment_file_read(struct segment_file *file, uint64_t offset, size_t len,
                                                 struct seki_str *octets_out, struct seki_error *why);

/* ---- blocks of a compressed segment ---- */

bool segment_file_is_compressed(const struct segment_file *file);
size_t segment_file_block_count(const struct segment_file *file);
/** How many octets of the plain file a block has; known of a damaged one too. */
size_t segment_file_block_octets(const struct segment_file *file, size_t index);
/** Frame and plain octets of one block. @param frame_out  may be NULL. Views, valid until the next call */
SEKI_MUST_USE enum seki_result segment_file_block(struct segment_file *file, size_t index,
                                                  struct seki_str *frame_out, struct seki_str *plain_out,
                                                  struct seki_error *why);

#define SEGMENT_TABLE_HEAD_OCTETS  8u
#define SEGMENT_TABLE_ENTRY_OCTETS 8u
#define SEGMENT_TABLE_FOOT_OCTETS  9u
#define SEGMENT_SKIPPABLE_MAGIC    0x184d2a5eu
#define SEGMENT_SEEKABLE_MAGIC     0x8f92eab1u

#endif

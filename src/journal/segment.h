/* What a segment file is made of: entries, one behind the other, from the first octet to the last.
 *
 *   0  "Sj"                            8   CRC-32C of the payload
 *   2  version, 1                      12  CRC-32C of the 12 octets before, the kind taken as 0
 *   3  kind: 1 record, 2 erased        16  payload
 *   4  length of the payload
 *
 * Numbers have their lowest octet first. A head that is sound tells where the next entry begins, whatever has become of
 * its payload. Erasing changes one octet of the head, the kind; from then on the payload counts for nothing, so a process
 * that is killed while it overwrites it leaves an erased entry, and nothing half. */
#ifndef JOURNAL_SEGMENT_H
#define JOURNAL_SEGMENT_H

#include <sekisho/str.h>

#define SEGMENT_HEAD_OCTETS 16u
#define SEGMENT_KIND_AT     3u /* octet of the head */

enum segment_kind { SEGMENT_RECORD = 1, SEGMENT_ERASED = 2 };

struct segment_head {
    enum segment_kind kind;
    uint32_t payload_octets, checksum;
};

/** @param to  SEGMENT_HEAD_OCTETS. @param payload  1 to JOURNAL_RECORD_MAX_OCTETS octets */
void segment_head_write(struct seki_str payload, char *to);
/** @param octets  SEGMENT_HEAD_OCTETS. @return false: no head begins here, or it is damaged */
bool segment_head_read(const char *octets, struct segment_head *head_out);
bool segment_payload_is_sound(const struct segment_head *head, struct seki_str payload);

#define SEGMENT_NAME_MAX 64u /* with NUL: struct journal_position */

/** Is this the name of a segment as journal_writer gives it, without ".zst"? So no name leads out of the folder. */
bool segment_name_is_valid(struct seki_str name);

/** "FOLDER/NAMESUFFIX" in path. @return false when that is too long for a path */
bool segment_path(const char *folder, struct seki_str name, const char *suffix, char *path, size_t size);

#endif

/* What a part's header says of it: its type, its boundary, its encoding, and all its names in every spelling. */
#ifndef CONTENT_PART_HEADER_H
#define CONTENT_PART_HEADER_H

#include "message/transfer_encoding.h"

#define CONTENT_PART_BOUNDARY_MAX 200u /* RFC 2046 section 5.1.1 has 70 */
#define CONTENT_PART_BOUNDARIES   2u   /* of two different ones programs take the first, or the last */

enum content_part_type { CONTENT_PART_TEXT = 0, CONTENT_PART_MULTIPART, CONTENT_PART_MESSAGE, CONTENT_PART_OTHER };

#define CONTENT_PART_PIECES 64u /* RFC 2231: of all names in one field */

struct content_part_header {
    enum content_part_type type;
    enum seki_transfer_encoding encoding;
    char boundaries[CONTENT_PART_BOUNDARIES][CONTENT_PART_BOUNDARY_MAX];
    size_t boundary_lens[CONTENT_PART_BOUNDARIES], boundary_count;
    /* More boundaries, pieces or open comments than are read; a boundary that programs differ about; a name in a charset
     * that is not read; a piece of a message; a line that only some programs see. */
    bool is_odd;
    bool has_name;
};

/**
 * @param text   fields, each with its line end
 * @param named  called with every name in turn, decoded
 */
void content_part_header_read(struct seki_str text, struct content_part_header *header_out,
                              void (*named)(void *user, struct seki_str name), void *user);

/** Some programs take a CR alone for a line end: is there another field for them, the header's end, or a delimiter? */
bool content_part_hides_line(struct seki_str text);

static inline struct seki_str content_part_boundary(const struct content_part_header *header, size_t index)
{
    return (struct seki_str){ header->boundaries[index], header->boundary_lens[index] };
}

#endif

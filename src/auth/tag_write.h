/* Writing tag=value lists as fields carry them: "; " between tags, folded before column 78 (RFC 5322 section 2.1.1) with
 * CRLF HTAB at the places where RFC 6376 section 3.5 allows white space. */
#ifndef AUTH_TAG_WRITE_H
#define AUTH_TAG_WRITE_H

#include <sekisho/buf.h>

struct seki_tag_writer {
    struct seki_buf *buf;
    size_t column;
    bool has_tag; /* one stands there already: ";" comes first */
};

/** Write "name:", after which tags are to follow. */
void seki_tag_writer_begin(struct seki_tag_writer *writer, struct seki_buf *buf, const char *name);
/** A value that cannot be folded. */
void seki_tag_write(struct seki_tag_writer *writer, const char *tag, struct seki_str value);
void seki_tag_write_number(struct seki_tag_writer *writer, const char *tag, uint64_t number);
/** A colon-separated list, folded behind colons. */
void seki_tag_write_list(struct seki_tag_writer *writer, const char *tag, const struct seki_str *items,
                         size_t count);
/** Go on with the value of the tag written last, in base64, folded anywhere. @param len at most 1,024 */
void seki_tag_write_base64(struct seki_tag_writer *writer, const uint8_t *octets, size_t len);

#endif

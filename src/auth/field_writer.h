/* Writing the value of a trace field that holds other people's text: folded where it can be, escaped always, so that
 * nobody's text ends a value, a line or the field. */
#ifndef SEKI_FIELD_WRITER_H
#define SEKI_FIELD_WRITER_H

#include <sekisho/buf.h>

#define SEKI_FIELD_LINE_OCTETS 77u /* 78 (RFC 5322 section 2.1.1), less the ";" that may follow */

struct seki_field_writer {
    struct seki_buf *buf;
    size_t column;
    bool has_text; /* on this line; a line of white space alone must not come to be (RFC 5322 section 3.2.2) */
};

/** The writing starts behind what stands in the buffer, or behind the field's name with its colon. */
struct seki_field_writer seki_field_writer(struct seki_buf *buf, struct seki_str name);

/** As it is. */
void seki_field_put(struct seki_field_writer *w, struct seki_str text);

/** CRLF and white_space. */
void seki_field_start_line(struct seki_field_writer *w, struct seki_str white_space);

/** A space, or a new line where the next next_len octets would not fit. */
void seki_field_put_gap(struct seki_field_writer *w, size_t next_len);

/**
 * Between an opening and a closing sign, both of which and the backslash are escaped. Long texts are folded before white
 * space that they have anyway, so that unfolding gives them back. CR, LF and NUL are dropped; other control octets but
 * HTAB, and octets above 127 in what is not UTF-8, become "?".
 * @param signs  opening and closing
 */
void seki_field_put_delimited(struct seki_field_writer *w, const char *signs, struct seki_str text);

/** Octets from an offset up to the next white space, as they will be written between these signs. */
size_t seki_field_written_length(struct seki_str text, size_t from, const char *signs);

#endif

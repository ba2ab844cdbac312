/* Content transfer encodings: RFC 2045 section 6. */
#ifndef SEKI_TRANSFER_ENCODING_H
#define SEKI_TRANSFER_ENCODING_H

#include <sekisho/buf.h>

enum seki_transfer_encoding {
    SEKI_ENCODING_7BIT = 0, /* also when the field is missing (section 6.1) */
    SEKI_ENCODING_8BIT,
    SEKI_ENCODING_BINARY,
    SEKI_ENCODING_QUOTED_PRINTABLE,
    SEKI_ENCODING_BASE64,
    SEKI_ENCODING_OTHER
};

/** @param value  of a Content-Transfer-Encoding field; "" when it is missing */
enum seki_transfer_encoding seki_transfer_encoding_read(struct seki_str value);
const char *seki_transfer_encoding_name(enum seki_transfer_encoding encoding);

/**
 * Append what the text means. 7bit, 8bit and binary are copied. In quoted-printable a "=" that begins nothing is kept.
 * @return false when it is not of that encoding, or the encoding is not known; what was appended then means nothing
 */
bool seki_transfer_decode(enum seki_transfer_encoding encoding, struct seki_str text, struct seki_buf *out);

/* Where quoted-printable breaks lines; encoders differ. */
struct seki_line_style {
    size_t columns;      /* at most so many octets in a line, the "=" of a soft break with them */
    bool is_last_column; /* a line that ends by itself may fill the place of that "=" */
};

/**
 * Append the text encoded, with CRLF between lines. 7bit, 8bit and binary are copied.
 * @param text  for quoted-printable: CRLF are its line ends; every other octet stands for itself
 */
void seki_transfer_encode(enum seki_transfer_encoding encoding, struct seki_str text,
                          const struct seki_line_style *style, struct seki_buf *out);

#endif

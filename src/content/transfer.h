/* Content transfer encodings as octets come (RFC 2045 section 6), decoded as mail programs do: what is not of the encoding is
 * passed over, and nothing is an error. */
#ifndef CONTENT_TRANSFER_H
#define CONTENT_TRANSFER_H

#include "message/transfer_encoding.h"

#define CONTENT_TRANSFER_OUT 512u /* at once; no more than what decides (CONTENT_HEAD_MAX) is decoded of most */

struct content_transfer {
    enum seki_transfer_encoding encoding;
    uint32_t bits;   /* base64: of an unfinished group */
    unsigned digits; /* in that group */
    char held[3];    /* quoted-printable: "=" and what may belong to it */
    size_t held_len;
};

void content_transfer_begin(struct content_transfer *transfer, enum seki_transfer_encoding encoding);

/**
 * @param to  called with what comes out, in pieces. @return false to stop
 * @return false when it was stopped
 */
bool content_transfer_feed(struct content_transfer *transfer, struct seki_str octets,
                           bool (*to)(void *user, struct seki_str octets), void *user);

/** What is still held back, at the end of the part. @return as above */
bool content_transfer_end(struct content_transfer *transfer, bool (*to)(void *user, struct seki_str octets),
                          void *user);

#endif

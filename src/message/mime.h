/* The parts of a MIME body (RFC 2046 section 5.1), where they lie in the text. Nothing is decoded or copied. */
#ifndef SEKI_MIME_H
#define SEKI_MIME_H

#include <sekisho/str.h>

#define SEKI_MIME_MAX_PARTS 100u
#define SEKI_MIME_MAX_DEPTH 10u /* multiparts within multiparts; what is deeper is one part */

struct seki_mime_part {
    size_t start;                                    /* of the delimiter line before it */
    size_t end;                                      /* of the part: where the next delimiter line begins */
    struct seki_str header;                          /* its fields, each with its line end */
    struct seki_str body;                            /* without the line end that belongs to the next delimiter */
    struct seki_str content_type, transfer_encoding; /* values of fields; "" when they are missing */
    size_t depth;                                    /* 0: part of the message itself */
};

/**
 * @param content_type  of the message: a field's value
 * @param text          its body, with CRLF line ends
 * @param parts         room for SEKI_MIME_MAX_PARTS
 * @return how many were found, those of a nested multipart behind it; 0 when the text is no multipart
 */
size_t seki_mime_find_parts(struct seki_str content_type, struct seki_str text, struct seki_mime_part *parts);

/** Is this the value of a Content-Type field of "multipart/…"? */
bool seki_mime_is_multipart(struct seki_str content_type);

/** Is it text? Also when there is none (RFC 2045 section 5.2). */
bool seki_mime_is_text(struct seki_str content_type);

/** The value of a parameter ("charset"), without its quotes; ptr NULL when it is not there. A view. */
struct seki_str seki_mime_parameter(struct seki_str content_type, struct seki_str name);

/** The value of a field in a part's header; ptr NULL when it is not there. */
struct seki_str seki_mime_field(struct seki_str header, struct seki_str name);

#endif

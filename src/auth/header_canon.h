/* Header canonicalization (RFC 6376 sections 3.4.1 and 3.4.2) of one field. */
#ifndef AUTH_HEADER_CANON_H
#define AUTH_HEADER_CANON_H

#include <sekisho/body_hash.h>
#include <sekisho/message.h>

#define SEKI_HEADER_CANON_SLACK 32u /* room beyond the raw field: whole steps are stored, and a CRLF may follow */

/**
 * The canonical field, without CRLF behind it.
 * @param cut_start, cut_end  octets of field->value that are left out (the value of b=); equal: none
 * @param out  room for field->raw.len + SEKI_HEADER_CANON_SLACK
 * @return octets written, at most field->raw.len
 */
size_t seki_header_canon(enum seki_canonicalization kind, const struct seki_field *field, size_t cut_start,
                         size_t cut_end, char *out);

#endif

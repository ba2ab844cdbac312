/* The URIs of rua= and ruf= (RFC 9989 section 4.8). */
#ifndef AUTH_DMARC_URI_H
#define AUTH_DMARC_URI_H

#include <sekisho/str.h>

/** Is this a dmarc-uri: a URI (RFC 3986 section 3) without "," and "!"? */
bool seki_dmarc_uri_is_valid(struct seki_str uri);

/**
 * Read one element of a dmarc-urilist, its obsolete "!size" cut off.
 * @param uri_out  a view into element; untouched on failure
 * @return false when it is no dmarc-uri or obs-dmarc-uri
 */
bool seki_dmarc_uri_read(struct seki_str element, struct seki_str *uri_out);

#endif

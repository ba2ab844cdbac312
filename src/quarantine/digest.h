/* The mail that tells a recipient which messages are held: text, and the same as simple HTML (RFC 2046 section 5.1.4), in the
 * recipient's language. Whatever senders wrote in it is escaped and shown as text; it has no links. */
#ifndef QUARANTINE_DIGEST_H
#define QUARANTINE_DIGEST_H

#include "base/i18n.h"

#include <sekisho/buf.h>

#define QUARANTINE_DIGEST_MAX_ITEMS 200u /* the rest is counted */
#define QUARANTINE_DIGEST_TEXT_MAX  300u /* octets of an author, of a Subject */
/* Each octet of these as "&quot;", that in base64, and room besides. */
#define QUARANTINE_DIGEST_MAX_OCTETS (4u * 1024u * 1024u)

struct quarantine_digest_item { /* texts fit to be shown */
    int64_t number, held_at_s, expires_at_s;
    struct seki_str author, subject; /* at most QUARANTINE_DIGEST_TEXT_MAX each, or it may not fit */
};

struct quarantine_digest {
    struct seki_str sender, recipient; /* addresses */
    struct seki_str host;              /* for the Message-ID */
    struct seki_str unique;            /* likewise: letters, digits and dots */
    struct seki_str mark;              /* quarantine_released_write() of one of the messages; "": none */
    int64_t at_s;
    const struct quarantine_digest_item *items;
    size_t item_count;
    const char *language; /* "en" or "ja": Content-Language (RFC 3282) */
    translator translate;
};

/** A whole message with CRLF line ends. Failure: seki_buf_failed(). */
void quarantine_digest_write(const struct quarantine_digest *digest, struct seki_buf *out);

#endif

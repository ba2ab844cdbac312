/* Text in the character sets that mail still comes in, as UTF-8, for showing to people. */
#ifndef QUARANTINE_CHARSET_H
#define QUARANTINE_CHARSET_H

#include <sekisho/arena.h>

#define QUARANTINE_CHARSET_MAX_OCTETS (1024u * 1024u)

/**
 * @param charset  as in Content-Type, in any case; only those of a table are converted
 * @return in the arena; what is no character of it is "?". ptr NULL: another charset, longer than
 *         QUARANTINE_CHARSET_MAX_OCTETS, or the arena is full
 */
struct seki_str quarantine_to_utf8(struct seki_arena *arena, struct seki_str charset, struct seki_str octets);

/** Encoded words (RFC 2047) in these charsets, decoded; all else as it is. @return in the arena; ptr NULL when it is full */
struct seki_str quarantine_decode_words(struct seki_arena *arena, struct seki_str text);

#endif

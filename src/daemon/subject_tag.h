/* A tag in front of a Subject, whatever the Subject is written in.
 *
 * The Subject itself is left as it came, octet for octet: encoded words of any charset, raw UTF-8 (RFC 6532), ISO-2022-JP
 * or 8-bit text that says nothing of its charset, folds. Only the tag is ours to encode (RFC 2047). */
#ifndef SUBJECT_TAG_H
#define SUBJECT_TAG_H

#include <sekisho/arena.h>

#define SUBJECT_TAG_MAX_OCTETS 200u

/**
 * @param subject    all after the colon, as the message has it, lines ending in CRLF; "" for a message without Subject
 * @param tag        UTF-8, 1 to SUBJECT_TAG_MAX_OCTETS octets; control characters count as spaces
 * @param value_out  in the arena; the subject itself when the tag stands in front already, encoded or not
 * @return SEKI_OK; SEKI_BAD_INPUT: no such tag; SEKI_LIMIT, SEKI_SYSTEM from the arena
 */
SEKI_MUST_USE enum seki_result subject_tag_put(struct seki_arena *arena, struct seki_str subject,
                                               struct seki_str tag, struct seki_str *value_out);

#endif

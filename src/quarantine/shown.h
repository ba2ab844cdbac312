/* A sender's words made fit to be shown: on a terminal, in a mail, in a row of the store. */
#ifndef QUARANTINE_SHOWN_H
#define QUARANTINE_SHOWN_H

#include <sekisho/arena.h>

/**
 * A header field's value as one line: encoded words decoded (RFC 2047), white space and folds one space, control characters
 * and those that turn the direction of writing (U+202A to U+202E, U+2066 to U+2069) and what is not UTF-8 as U+FFFD.
 * @param max_octets  cut there, between characters
 * @return in the arena; ptr NULL when it is full
 */
struct seki_str quarantine_shown(struct seki_arena *arena, struct seki_str value, size_t max_octets);

/** The same for octets that are no header field and may have lines: nothing is decoded, LF and HTAB stay, CR goes. */
struct seki_str quarantine_shown_text(struct seki_arena *arena, struct seki_str text, size_t max_octets);

#endif

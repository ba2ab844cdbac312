/* Domains in A-labels (xn--…) as people know them. */
#ifndef CLI_READABLE_H
#define CLI_READABLE_H

#include <sekisho/arena.h>

/**
 * The text with, behind each name in A-labels, how it reads: "xn--wgv71a119e.example (日本語.example)". The A-labels stay and
 * come first: they are what counts, what can be copied, and what tells a name from others that read the same. A label that no
 * registry could have sold by IDNA2008, or that is no Punycode, is left as it is.
 * @return a view of text where there is nothing to add, or no room; else in the arena
 */
struct seki_str cli_readable(struct seki_str text, struct seki_arena *arena);

#endif

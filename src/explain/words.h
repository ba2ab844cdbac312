/* Encoded words (RFC 2047) in any character set that the system knows, read and written as mail software writes them. */
#ifndef EXPLAIN_WORDS_H
#define EXPLAIN_WORDS_H

#include <sekisho/arena.h>

/** The text in UTF-8; words that cannot be read stay as they are. ptr NULL when the arena is full. */
struct seki_str explain_words_decode(struct seki_arena *arena, struct seki_str text);

/* How a writer spells its words. */
struct explain_word_style {
    const char *charset; /* as it is written: "UTF-8", "iso-2022-jp" */
    char encoding;       /* 'B', 'b', 'Q' or 'q', as it is written */
    bool is_one_word;    /* however long; else words of at most 75 octets, each on a line of its own */
};

/** The whole text as words. @param text UTF-8. @return ptr NULL when it has no such form, or the arena is full */
struct seki_str explain_words_encode(struct seki_arena *arena, struct seki_str text,
                                     const struct explain_word_style *style);

#endif

/* Typing mistakes: which of the known words was meant? */
#ifndef BASE_SPELLING_H
#define BASE_SPELLING_H

#include <sekisho/str.h>

struct seki_spelling {
    struct seki_str written;
    const char *nearest; /* of the words offered so far; NULL: none is near enough to be meant */
    size_t distance;
};

static inline struct seki_spelling seki_spelling_of(struct seki_str written)
{
    return (struct seki_spelling){ .written = written, .distance = SIZE_MAX };
}

/** Keep word when it is nearer than those before: at most three edits, and no more than half of what was written. Two
 *  neighbours in the wrong order are one edit. ASCII case is ignored; words over 40 octets are nobody's mistake. */
void seki_spelling_offer(struct seki_spelling *spelling, const char *word);

#endif

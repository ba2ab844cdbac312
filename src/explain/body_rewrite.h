/* Inside of body_change.h: changes that can be undone in the text as such, line by line or throughout. */
#ifndef EXPLAIN_BODY_REWRITE_H
#define EXPLAIN_BODY_REWRITE_H

#include "explain/body_search.h"

/** Undo each change that can be undone, one at a time. */
void explain_try_rewrites(struct explain_search *search, struct seki_str octets);
/** Two of those that come together. */
void explain_try_rewrite_pairs(struct explain_search *search, struct seki_str octets);
/** The end of the body, or its line ends, hashed in another way than RFC 6376 says. */
void explain_try_ends(struct explain_search *search, struct seki_str octets);

#endif

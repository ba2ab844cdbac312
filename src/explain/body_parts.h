/* Inside of body_change.h: parts and blocks of lines that were put into a body. */
#ifndef EXPLAIN_BODY_PARTS_H
#define EXPLAIN_BODY_PARTS_H

#include "explain/body_search.h"
#include "message/mime.h"

/* Lines from the top or to the end of a text, by which one may cut it. */
#define EXPLAIN_MAX_CUTS 100u
struct explain_cuts {
    size_t at[EXPLAIN_MAX_CUTS]; /* offsets of lines, the likelier first */
    size_t likely, count;        /* the first so many look like the border of a block */
};

/** Where a block at the end of a text may begin. */
void explain_cuts_from_end(struct seki_str text, struct explain_cuts *cuts);

/** A part of the message was all of it (what is tried with such a part is the caller's), or was not there. */
void explain_try_part_added(struct explain_search *search, const struct explain_body *body);
/** Lines at the end of one or two text parts. */
void explain_try_footers(struct explain_search *search, const struct explain_body *body);
/** Lines at the top of the body, or of a text part. */
void explain_try_banners(struct explain_search *search, const struct explain_body *body);

#endif

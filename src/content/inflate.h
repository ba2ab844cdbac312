/* What is deflated, given to an inspector as it comes out, within the bound of the message. zlib takes its memory once, from the
 * heap, and keeps it for the next. */
#ifndef CONTENT_INFLATE_H
#define CONTENT_INFLATE_H

#include "content/inspector.h"

#include <zlib.h>

enum content_inflate_result {
    CONTENT_INFLATE_MORE = 0, /* all input was used */
    CONTENT_INFLATE_END,      /* the deflated octets have ended; the rest of the input is left */
    CONTENT_INFLATE_ENOUGH,   /* the inspector needs no more, or looking is over */
    CONTENT_INFLATE_BROKEN
};

struct content_inflate { /* zero, then _begin */
    z_stream stream;
    bool is_open;
};

/** @param window_bits  as zlib's inflateInit2() takes them. @return false without memory */
bool content_inflate_begin(struct content_inflate *inflate, int window_bits);

/**
 * @param octets  in: the input; out: what was not used
 * @param to      called with what comes out. @return false to stop
 */
enum content_inflate_result content_inflate_feed(struct content_inflate *inflate, struct seki_str *octets,
                                                 struct content_look *look,
                                                 bool (*to)(void *user, struct seki_str octets), void *user);

void content_inflate_release(struct content_inflate *inflate);

#endif

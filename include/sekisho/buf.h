/* A growing buffer, born with its limit, with one sticky error.
 *
 * Append, append, append, then ask seki_buf_failed() once. After a failure every append does nothing. */
#ifndef SEKISHO_BUF_H
#define SEKISHO_BUF_H

#include <sekisho/arena.h>

struct seki_buf {
    char *ptr; /* len octets, not terminated */
    size_t len;
    size_t capacity;
    size_t max;
    struct seki_arena *arena; /* NULL: heap */
    enum seki_result failure;
};

/** On the heap: seki_buf_release() it. @param max octets, ceiling */
SEKI_API void seki_buf_init(struct seki_buf *buf, size_t max);
/** In an arena: lives as long as that; growing abandons the old octets there. */
SEKI_API void seki_buf_init_arena(struct seki_buf *buf, struct seki_arena *arena, size_t max);
SEKI_API void seki_buf_release(struct seki_buf *buf);
/** Empty again, memory and limit kept, error forgotten. */
SEKI_API void seki_buf_clear(struct seki_buf *buf);

SEKI_API void seki_buf_add(struct seki_buf *buf, struct seki_str s);
SEKI_API void seki_buf_add_char(struct seki_buf *buf, char c);
SEKI_API void seki_buf_add_format(struct seki_buf *buf, const char *format, ...) SEKI_PRINTF(2, 3);

static inline enum seki_result seki_buf_failed(const struct seki_buf *buf) { return buf->failure; }
/** A view, valid until the next append, clear or release. */
static inline struct seki_str seki_buf_str(const struct seki_buf *buf)
{
    return (struct seki_str){ buf->ptr ? buf->ptr : "", buf->len };
}

#endif

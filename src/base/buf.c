#include <sekisho/buf.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_CAPACITY 256u

void seki_buf_init(struct seki_buf *buf, size_t max)
{
    *buf = (struct seki_buf){ .max = max };
}

void seki_buf_init_arena(struct seki_buf *buf, struct seki_arena *arena, size_t max)
{
    *buf = (struct seki_buf){ .max = max, .arena = arena };
}

void seki_buf_release(struct seki_buf *buf)
{
    if (buf->arena == NULL)
        free(buf->ptr);
    *buf = (struct seki_buf){ .max = buf->max, .arena = buf->arena };
}

void seki_buf_clear(struct seki_buf *buf)
{
    buf->len = 0;
    buf->failure = SEKI_OK;
}

static char *grown(struct seki_buf *buf, size_t capacity)
{
    if (buf->arena == NULL)
        return realloc(buf->ptr, capacity);
    char *ptr = seki_arena_octets(buf->arena, capacity);
    if (ptr != NULL && buf->len > 0)
        memcpy(ptr, buf->ptr, buf->len);
    return ptr;
}

static bool grow(struct seki_buf *buf, size_t more)
{
    if (buf->failure != SEKI_OK)
        return false;
    if (more > buf->max - buf->len) {
        buf->failure = SEKI_LIMIT;
        return false;
    }
    size_t capacity = buf->capacity > 0 ? buf->capacity : FIRST_CAPACITY;
    while (capacity < buf->len + more)
        capacity = capacity > buf->max / 2 ? buf->max : capacity * 2;
    if (capacity > buf->max)
        capacity = buf->max; /* so that what fits is within max too */
    char *ptr = grown(buf, capacity);
    if (ptr == NULL) {
        buf->failure = buf->arena != NULL ? seki_arena_failure(buf->arena) : SEKI_SYSTEM;
        return false;
    }
    buf->ptr = ptr;
    buf->capacity = capacity;
    return true;
}

/* Room for more octets, or false with the failure noted. Nearly always there is some already. */
static inline bool reserve(struct seki_buf *buf, size_t more)
{
    return (buf->failure == SEKI_OK && more <= buf->capacity - buf->len) || grow(buf, more);
}

void seki_buf_add(struct seki_buf *buf, struct seki_str s)
{
    if (s.len == 0 || !reserve(buf, s.len))
        return;
    memcpy(buf->ptr + buf->len, s.ptr, s.len);
    buf->len += s.len;
}

void seki_buf_add_char(struct seki_buf *buf, char c)
{
    if (reserve(buf, 1))
        buf->ptr[buf->len++] = c;
}

void seki_buf_add_format(struct seki_buf *buf, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0)
        buf->failure = SEKI_SYSTEM;
    else if (reserve(buf, (size_t)len + 1)) { /* vsnprintf writes a NUL that does not count */
        vsnprintf(buf->ptr + buf->len, (size_t)len + 1, format, again);
        buf->len += (size_t)len;
    }
    va_end(again);
}

#include "milter/packet.h"

/* The next count octets, or NULL and the sticky error. */
static const unsigned char *take(struct milter_cursor *cursor, size_t count)
{
    if (cursor->failed || cursor->left < count) {
        cursor->failed = true;
        return NULL;
    }
    const unsigned char *octets = (const unsigned char *)cursor->ptr;
    cursor->ptr += count;
    cursor->left -= count;
    return octets;
}

uint8_t milter_cursor_u8(struct milter_cursor *cursor)
{
    const unsigned char *o = take(cursor, 1);
    return o != NULL ? o[0] : 0;
}

uint16_t milter_cursor_u16(struct milter_cursor *cursor)
{
    const unsigned char *o = take(cursor, 2);
    return o != NULL ? (uint16_t)((unsigned)o[0] << 8 | o[1]) : 0;
}

uint32_t milter_cursor_u32(struct milter_cursor *cursor)
{
    const unsigned char *o = take(cursor, 4);
    return o != NULL ? milter_get_u32((const char *)o) : 0;
}

struct seki_str milter_cursor_string(struct milter_cursor *cursor)
{
    const char *start = cursor->ptr;
    const char *nul = cursor->failed || cursor->left == 0 ? NULL : memchr(start, '\0', cursor->left);
    if (nul == NULL) {
        cursor->failed = true;
        return SEKI_STR("");
    }
    size_t len = (size_t)(nul - start);
    take(cursor, len + 1);
    return (struct seki_str){ start, len };
}

size_t milter_packet_begin(struct seki_buf *out, char code)
{
    size_t begin = out->len;
    char head[MILTER_HEAD_OCTETS] = { 0, 0, 0, 0, code };
    seki_buf_add(out, (struct seki_str){ head, sizeof head });
    return begin;
}

void milter_packet_u16(struct seki_buf *out, uint16_t value)
{
    char octets[2] = { (char)(value >> 8), (char)value };
    seki_buf_add(out, (struct seki_str){ octets, sizeof octets });
}

static void put_u32(char octets[4], uint32_t value)
{
    for (int i = 0; i < 4; i++)
        octets[i] = (char)(value >> (24 - 8 * i));
}

void milter_packet_u32(struct seki_buf *out, uint32_t value)
{
    char octets[4];
    put_u32(octets, value);
    seki_buf_add(out, (struct seki_str){ octets, sizeof octets });
}

void milter_packet_string(struct seki_buf *out, struct seki_str s)
{
    seki_buf_add(out, s);
    seki_buf_add_char(out, '\0');
}

size_t milter_packet_end(struct seki_buf *out, size_t begin)
{
    if (seki_buf_failed(out) != SEKI_OK)
        return 0;
    size_t len = out->len - begin - MILTER_LENGTH_OCTETS;
    put_u32(out->ptr + begin, (uint32_t)len); /* a buffer's limit is far below 4 GiB */
    return len - 1;
}

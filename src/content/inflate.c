#include "content/inflate.h"

#define OUT_OCTETS 4096u
#define IN_MAX     (64u * 1024u)

bool content_inflate_begin(struct content_inflate *inflate, int window_bits)
{
    int result = inflate->is_open ? inflateReset2(&inflate->stream, window_bits)
                                  : inflateInit2(&inflate->stream, window_bits);
    inflate->is_open = inflate->is_open || result == Z_OK;
    return result == Z_OK;
}

static bool count(struct content_look *look, size_t octets)
{
    look->inflated_octets += octets;
    return look->inflated_octets <= CONTENT_INFLATED_MAX;
}

/* One call of zlib. Its input is not written to, whatever the type says. */
static int inflate_some(struct content_inflate *state, struct seki_str *octets, char *out, size_t *len_out)
{
    struct seki_str some = seki_str_head(*octets, IN_MAX);
    state->stream.next_in = (Bytef *)(uintptr_t)some.ptr;
    state->stream.avail_in = (uInt)some.len;
    state->stream.next_out = (Bytef *)out;
    state->stream.avail_out = OUT_OCTETS;
    int result = inflate(&state->stream, Z_NO_FLUSH);
    *octets = seki_str_from(*octets, some.len - state->stream.avail_in);
    *len_out = OUT_OCTETS - state->stream.avail_out;
    return result;
}

enum content_inflate_result content_inflate_feed(struct content_inflate *inflate, struct seki_str *octets,
                                                 struct content_look *look,
                                                 bool (*to)(void *user, struct seki_str octets), void *user)
{
    char out[OUT_OCTETS];
    size_t len = 0;
    for (bool is_full = false; octets->len > 0 || is_full; is_full = len == OUT_OCTETS) {
        int result = inflate_some(inflate, octets, out, &len);
        if (!count(look, len))
            return CONTENT_INFLATE_ENOUGH;
        if (len > 0 && !to(user, (struct seki_str){ out, len }))
            return CONTENT_INFLATE_ENOUGH;
        if (result == Z_STREAM_END)
            return CONTENT_INFLATE_END;
        if (result != Z_OK && result != Z_BUF_ERROR)
            return CONTENT_INFLATE_BROKEN;
        if (result == Z_BUF_ERROR && len == 0)
            break; /* nothing in, nothing out: it wants what comes next */
    }
    return CONTENT_INFLATE_MORE;
}

void content_inflate_release(struct content_inflate *inflate)
{
    if (inflate->is_open)
        inflateEnd(&inflate->stream);
    inflate->is_open = false;
}

#include "content/transfer.h"

#include "base/base64.h"

struct output {
    bool (*to)(void *user, struct seki_str octets);
    void *user;
    char octets[CONTENT_TRANSFER_OUT];
    size_t len;
    bool is_stopped;
};

static void flush(struct output *out)
{
    if (out->len > 0 && !out->is_stopped)
        out->is_stopped = !out->to(out->user, (struct seki_str){ out->octets, out->len });
    out->len = 0;
}

static void put(struct output *out, unsigned octet)
{
    out->octets[out->len++] = (char)octet;
    if (out->len == sizeof out->octets)
        flush(out);
}

void content_transfer_begin(struct content_transfer *transfer, enum seki_transfer_encoding encoding)
{
    *transfer = (struct content_transfer){ .encoding = encoding };
}

/* ---- base64 ---- */

/* What is left of a group at its padding; some programs end there, others begin anew. */
static void end_group(struct content_transfer *t, struct output *out)
{
    if (t->digits >= 2)
        put(out, t->bits >> (t->digits == 2 ? 4 : 10) & 0xFF);
    if (t->digits == 3)
        put(out, t->bits >> 2 & 0xFF);
    t->bits = t->digits = 0;
}

static void base64_octet(struct content_transfer *t, char c, struct output *out)
{
    uint8_t digit = seki_base64_values[(unsigned char)c];
    if (c == '=')
        end_group(t, out);
    if (digit & SEKI_BASE64_NO_DIGIT)
        return;
    t->bits = t->bits << 6 | digit;
    if (++t->digits < 4)
        return;
    put(out, t->bits >> 16 & 0xFF);
    put(out, t->bits >> 8 & 0xFF);
    put(out, t->bits & 0xFF);
    t->bits = t->digits = 0;
}

/* ---- quoted-printable ---- */

static int hex_digit(char c)
{
    char l = seki_ascii_lower(c);
    if (seki_is_digit(c))
        return c - '0';
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

static void release_held(struct content_transfer *t, struct output *out)
{
    for (size_t i = 0; i < t->held_len; i++)
        put(out, (unsigned char)t->held[i]);
    t->held_len = 0;
}

/* "=" and two hexadecimal digits; or, white space between them, the end of a line. */
static void quoted_octet(struct content_transfer *t, char c, struct output *out)
{
    if (t->held_len == 0 && c != '=') {
        put(out, (unsigned char)c);
        return;
    }
    if (t->held_len == 1 && c == '\n')
        t->held_len = 0;
    else if (t->held_len == 1 && seki_is_space(c))
        return;
    else if (t->held_len == 2 && hex_digit(t->held[1]) >= 0 && hex_digit(c) >= 0) {
        put(out, (unsigned)(hex_digit(t->held[1]) * 16 + hex_digit(c)));
        t->held_len = 0;
    } else {
        if (t->held_len == 2 || c == '=')
            release_held(t, out);
        t->held[t->held_len++] = c;
    }
}

bool content_transfer_feed(struct content_transfer *transfer, struct seki_str octets,
                           bool (*to)(void *user, struct seki_str octets), void *user)
{
    struct output out = { .to = to, .user = user };
    if (transfer->encoding != SEKI_ENCODING_BASE64 && transfer->encoding != SEKI_ENCODING_QUOTED_PRINTABLE)
        return octets.len == 0 || to(user, octets);
    for (size_t i = 0; i < octets.len && !out.is_stopped; i++) {
        if (transfer->encoding == SEKI_ENCODING_BASE64)
            base64_octet(transfer, octets.ptr[i], &out);
        else
            quoted_octet(transfer, octets.ptr[i], &out);
    }
    flush(&out);
    return !out.is_stopped;
}

bool content_transfer_end(struct content_transfer *transfer, bool (*to)(void *user, struct seki_str octets),
                          void *user)
{
    struct output out = { .to = to, .user = user };
    end_group(transfer, &out);
    release_held(transfer, &out);
    flush(&out);
    return !out.is_stopped;
}

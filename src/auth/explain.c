#include "auth/explain.h"

#include <openssl/evp.h>
#include <stdio.h>

#define SHOWN_OCTETS 900u

static int escape_one(char *out, size_t room, char c)
{
    switch (c) {
    case '\t': return snprintf(out, room, "\\t");
    case '\n': return snprintf(out, room, "\\n");
    case '\r': return snprintf(out, room, "\\r");
    case '\\': return snprintf(out, room, "\\\\");
    default: return snprintf(out, room, c >= 0x20 && c < 0x7F ? "%c" : "\\x%02X", (unsigned char)c);
    }
}

void seki_explain_octets(struct seki_trace *trace, unsigned depth, struct seki_str octets)
{
    char text[SHOWN_OCTETS];
    size_t used = 0, i = 0;
    if (trace == NULL)
        return;
    for (; i < octets.len && sizeof text - used > sizeof "\\xFF"; i++)
        used += (size_t)escape_one(text + used, sizeof text - used, octets.ptr[i]);
    seki_trace_add(trace, depth, "%.*s%s", (int)used, text, i < octets.len ? "..." : "");
}

void seki_explain_hash(struct seki_trace *trace, unsigned depth, const char *label, const uint8_t *octets,
                       size_t len)
{
    unsigned char text[96];
    if (trace == NULL || len > 64)
        return;
    int used = EVP_EncodeBlock(text, octets, (int)len);
    seki_trace_add(trace, depth, "%s: %.*s", seki_trace_text(trace, label), used, (const char *)text);
}

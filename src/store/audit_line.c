#include "store/audit_line.h"

#define JSON_MAX_OCTETS (64u * 1024u) /* a policy of many long choices, each octet escaped */

void store_json_begin(struct store_json *json, struct seki_arena *arena)
{
    seki_buf_init_arena(&json->buf, arena, JSON_MAX_OCTETS);
    seki_buf_add_char(&json->buf, '{');
}

/* RFC 8259 section 7: quotation mark, reverse solidus and U+0000 to U+001F must be escaped. */
static void add_string(struct seki_buf *buf, struct seki_str value)
{
    seki_buf_add_char(buf, '"');
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if (c < 0x20) {
            seki_buf_add_format(buf, "\\u%04x", c);
            continue;
        }
        if (c == '"' || c == '\\')
            seki_buf_add_char(buf, '\\');
        seki_buf_add_char(buf, value.ptr[i]);
    }
    seki_buf_add_char(buf, '"');
}

static void add_name(struct seki_buf *buf, const char *name)
{
    if (buf->len > 1)
        seki_buf_add_char(buf, ',');
    add_string(buf, seki_str_of(name));
    seki_buf_add_char(buf, ':');
}

void store_json_str(struct store_json *json, const char *name, struct seki_str value)
{
    add_name(&json->buf, name);
    add_string(&json->buf, value);
}

void store_json_int(struct store_json *json, const char *name, int64_t value)
{
    add_name(&json->buf, name);
    seki_buf_add_format(&json->buf, "%lld", (long long)value);
}

void store_json_bool(struct store_json *json, const char *name, bool value)
{
    add_name(&json->buf, name);
    seki_buf_add(&json->buf, value ? SEKI_STR("true") : SEKI_STR("false"));
}

struct seki_str store_json_end(struct store_json *json)
{
    seki_buf_add_char(&json->buf, '}');
    return seki_buf_failed(&json->buf) == SEKI_OK ? seki_buf_str(&json->buf) : (struct seki_str){ "", 0 };
}

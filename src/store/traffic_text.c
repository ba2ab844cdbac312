#include "store/traffic_text.h"

#include <sekisho/domain.h>

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

static bool is_fit(struct seki_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (is_control(text.ptr[i]))
            return false;
    return seki_str_is_utf8(text);
}

/* The first octets up to max that end no character half-way. */
static struct seki_str cut(struct seki_str text)
{
    size_t len = text.len < STORE_TRAFFIC_TEXT_MAX_OCTETS ? text.len : STORE_TRAFFIC_TEXT_MAX_OCTETS;
    if (len < text.len)
        while (len > 0 && ((unsigned char)text.ptr[len] & 0xc0) == 0x80)
            len--;
    return seki_str_head(text, len);
}

static struct seki_str mended(struct seki_str text, struct seki_arena *arena)
{
    char *copy = seki_arena_octets(arena, text.len + 1);
    if (copy == NULL)
        return SEKI_STR("");
    bool is_utf8 = seki_str_is_utf8(text);
    for (size_t i = 0; i < text.len; i++)
        copy[i] = is_control(text.ptr[i]) || (!is_utf8 && (unsigned char)text.ptr[i] >= 0x80) ? '?' : text.ptr[i];
    return (struct seki_str){ copy, text.len };
}

struct sql_value store_traffic_text(struct seki_str text, struct seki_arena *arena)
{
    struct seki_str part = cut(text);
    return SQL_OF_STR(is_fit(part) ? part : mended(part, arena));
}

struct sql_value store_traffic_lower(struct seki_str text, struct seki_arena *arena)
{
    struct sql_value value = store_traffic_text(text, arena);
    for (size_t i = 0; i < value.text.len; i++)
        if (value.text.ptr[i] >= 'A' && value.text.ptr[i] <= 'Z') {
            value.text = seki_arena_copy_lower(arena, value.text);
            break;
        }
    return value.text.ptr != NULL ? value : SQL_OF_STR(SEKI_STR(""));
}

struct sql_value store_traffic_domain(struct seki_str domain, struct seki_arena *arena)
{
    struct seki_str ascii;
    return seki_domain_to_ascii(arena, domain, &ascii) == SEKI_OK ? SQL_OF_STR(ascii)
                                                                  : store_traffic_lower(domain, arena);
}

struct sql_value store_traffic_address(struct seki_str address, struct seki_arena *arena)
{
    size_t at = seki_str_find_last(address, '@');
    if (at < address.len)
        address =
            seki_arena_format(arena, "%.*s@%.*s", SEKI_STR_ARGS(seki_str_head(address, at)),
                              SEKI_STR_ARGS(store_traffic_domain(seki_str_from(address, at + 1), arena).text));
    return store_traffic_lower(address, arena);
}

struct seki_str store_traffic_network(const struct seki_ip *client, struct seki_arena *arena)
{
    char text[SEKI_IP_TEXT_MAX];
    struct seki_ip network = { .octet_count = client->octet_count };
    if (client->octet_count == 0)
        return SEKI_STR("");
    memcpy(network.octets, client->octets, client->octet_count == 4 ? 3 : 6);
    struct seki_str out =
        seki_arena_format(arena, "%s/%d", seki_ip_format(&network, text), client->octet_count == 4 ? 24 : 48);
    return out.ptr != NULL ? out : SEKI_STR("");
}

#include "support/received_spf.h"

#include "message/lexical.h"

static struct seki_str take_while(struct seki_cursor *c, bool (*belongs)(char))
{
    size_t start = c->at;
    while (!seki_cursor_at_end(c) && belongs(seki_cursor_peek(c)))
        c->at++;
    return (struct seki_str){ c->text.ptr + start, c->at - start };
}

static bool is_key_octet(char c)
{
    return seki_is_alnum(c) || c == '-' || c == '_' || c == '.';
}

static bool is_dot_atom_octet(char c)
{
    return seki_is_atext(c) || c == '.';
}

static bool take_quoted(struct seki_arena *arena, struct seki_cursor *c, struct seki_str *value)
{
    struct seki_str content;
    bool is_plain;
    if (!seki_take_quoted_string(c, &content, &is_plain))
        return false;
    char *octets = seki_arena_octets(arena, content.len + 1);
    *value = (struct seki_str){ octets, seki_unquote(octets, content) };
    return true;
}

/* key-value-pair = key [CFWS] "=" ( dot-atom / quoted-string ) */
static bool take_pair(struct seki_arena *arena, struct seki_cursor *c, struct received_spf_pair *pair)
{
    pair->key = take_while(c, is_key_octet);
    seki_skip_cfws(c);
    if (pair->key.len == 0 || seki_cursor_peek(c) != '=')
        return false;
    c->at++;
    if (seki_cursor_peek(c) == '"')
        return take_quoted(arena, c, &pair->value);
    pair->value = take_while(c, is_dot_atom_octet);
    return pair->value.len > 0 && pair->value.ptr[0] != '.' && pair->value.ptr[pair->value.len - 1] != '.';
}

/* key-value-list = key-value-pair *( ";" [CFWS] key-value-pair ) [";"] */
static bool take_pairs(struct seki_arena *arena, struct seki_cursor *c, struct received_spf *out)
{
    while (!seki_cursor_at_end(c)) {
        if (out->pair_count == RECEIVED_SPF_MAX_PAIRS || !take_pair(arena, c, &out->pairs[out->pair_count++]))
            return false;
        seki_skip_cfws(c);
        if (seki_cursor_at_end(c))
            return true;
        if (seki_cursor_peek(c) != ';')
            return false;
        c->at++;
        seki_skip_cfws(c);
    }
    return true;
}

/* header-field = "Received-SPF:" [CFWS] result FWS [comment FWS] [ key-value-list ] CRLF */
bool received_spf_read(struct seki_arena *arena, struct seki_str value, struct received_spf *out)
{
    struct seki_cursor c = { .text = value };
    *out = (struct received_spf){ .pair_count = 0 };
    seki_skip_cfws(&c);
    out->result = take_while(&c, seki_is_alpha);
    return out->result.len > 0 && seki_skip_cfws(&c) && c.problem == NULL && take_pairs(arena, &c, out) &&
           c.problem == NULL;
}

struct seki_str received_spf_get(const struct received_spf *field, const char *key)
{
    for (size_t i = 0; i < field->pair_count; i++)
        if (seki_str_equal_nocase(field->pairs[i].key, seki_str_of(key)))
            return field->pairs[i].value;
    return (struct seki_str){ NULL, 0 };
}

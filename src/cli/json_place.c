#include "cli/json_place.h"

/* A cursor over a text that is known to be JSON. It never goes behind the end, whatever stands there. */
struct json_cursor {
    struct seki_str text;
    size_t at;
};

static char peek(const struct json_cursor *c)
{
    return c->at < c->text.len ? c->text.ptr[c->at] : '\0';
}

static void skip_space(struct json_cursor *c)
{
    while (c->at < c->text.len && seki_is_space(c->text.ptr[c->at]))
        c->at++;
}

/* string = quotation-mark *char quotation-mark (RFC 8259 section 7). @return what stands between the marks */
static struct seki_str skip_string(struct json_cursor *c)
{
    size_t begin = ++c->at;
    while (c->at < c->text.len && c->text.ptr[c->at] != '"')
        c->at += c->text.ptr[c->at] == '\\' ? 2 : 1;
    size_t end = c->at < c->text.len ? c->at : c->text.len;
    c->at = end + 1;
    return seki_str_head(seki_str_from(c->text, begin), end - begin);
}

/* Brackets are counted instead of descended into: depth costs nothing. A value that has none ends before what parts it from
 * the next. */
static void skip_value(struct json_cursor *c)
{
    size_t depth = 0;
    while (c->at < c->text.len) {
        char first = peek(c);
        if (depth == 0 && strchr(",]}", first) != NULL)
            return;
        depth += first == '{' || first == '[';
        depth -= first == '}' || first == ']';
        if (first == '"')
            skip_string(c);
        else
            c->at++;
    }
}

/* Go from the value that begins at the cursor into one of its members or elements. @return false: there is none */
static bool enter(struct json_cursor *c, const struct cli_json_place *place)
{
    if (peek(c) != (place->member != NULL ? '{' : '['))
        return false;
    c->at++;
    for (size_t i = 0;; i++) {
        struct seki_str name = { NULL, 0 };
        skip_space(c);
        if (c->at >= c->text.len || peek(c) == '}' || peek(c) == ']')
            return false;
        if (place->member != NULL) {
            name = skip_string(c);
            skip_space(c);
            c->at++; /* ":" */
            skip_space(c);
        }
        if (place->member != NULL ? seki_str_equal(name, seki_str_of(place->member)) : i == place->element)
            return true;
        skip_value(c);
        skip_space(c);
        if (peek(c) == ',')
            c->at++;
    }
}

static bool go(struct json_cursor *c, const struct cli_json_place *place)
{
    if (place == NULL) {
        skip_space(c);
        return true;
    }
    if (!go(c, place->within))
        return false;
    struct json_cursor inside = *c;
    if (!enter(&inside, place))
        return false;
    *c = inside;
    return true;
}

size_t cli_json_line(struct seki_str text, const struct cli_json_place *place)
{
    struct json_cursor cursor = { text, 0 };
    size_t line = 1;
    (void)go(&cursor, place);
    for (size_t i = 0; i < cursor.at && i < text.len; i++)
        line += text.ptr[i] == '\n';
    return line;
}

/* Writing Authentication-Results. Whatever the values hold, the field comes out well formed and says what was given:
 * senders choose many of the values. */
#include <sekisho/authres.h>

#include "auth/authres_value.h"
#include "auth/field_writer.h"
#include "message/lexical.h"

#define FIELD_NAME "Authentication-Results:"

/* How a value stands in the field. */
enum form { FORM_BARE, FORM_QUOTED };

bool seki_authres_is_token_octet(char c)
{
    switch (c) {
    case '(':
    case ')':
    case '<':
    case '>':
    case '@':
    case ',':
    case ';':
    case ':':
    case '\\':
    case '"':
    case '/':
    case '[':
    case ']':
    case '?':
    case '=':
    case 127: return false;
    default: return (unsigned char)c > ' ';
    }
}

bool seki_authres_is_loose_octet(char c)
{
    switch (c) {
    case '(':
    case ')':
    case ';':
    case '\\':
    case '"':
    case 127: return false;
    default: return (unsigned char)c > ' ';
    }
}

static bool is_each(struct seki_str s, bool (*belongs)(char))
{
    for (size_t i = 0; i < s.len; i++)
        if (!belongs(s.ptr[i]))
            return false;
    return s.len > 0;
}

static bool is_domain_octet(char c)
{
    return seki_authres_is_keyword_octet(c) || (unsigned char)c >= 0x80;
}

/* Pieces of belongs() octets with a dot between each two. */
static bool is_dotted(struct seki_str s, bool (*belongs)(char))
{
    struct seki_str piece;
    if (s.len == 0)
        return false;
    while (seki_str_split(&s, '.', &piece))
        if (!is_each(piece, belongs))
            return false;
    return true;
}

/* A quoted-string and nothing else, without folds. */
static bool is_quoted_string(struct seki_str s)
{
    struct seki_cursor c = { .text = s };
    struct seki_str content;
    bool is_plain;
    return s.len > 0 && s.ptr[0] == '"' && seki_take_quoted_string(&c, &content, &is_plain) &&
           seki_cursor_at_end(&c) && seki_str_find(s, '\n') == s.len;
}

static bool has_control(struct seki_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] < ' ' || s.ptr[i] == 127)
            return true;
    return false;
}

/* [ [ local-part ] "@" ] domain-name */
static bool is_address(struct seki_str s)
{
    size_t at = seki_str_find_last(s, '@');
    struct seki_str local = seki_str_head(s, at), domain = seki_str_from(s, at + 1);
    if (at == s.len)
        return is_dotted(s, is_domain_octet);
    return is_dotted(domain, is_domain_octet) &&
           (local.len == 0 || is_dotted(local, seki_is_atext) || (is_quoted_string(local) && !has_control(local)));
}

static bool is_ascii_token_octet(char c)
{
    return (unsigned char)c < 0x80 && seki_authres_is_token_octet(c);
}

static enum form form_of(struct seki_str value)
{
    if (is_each(value, is_ascii_token_octet))
        return FORM_BARE;
    return is_address(value) && seki_str_is_utf8(value) ? FORM_BARE : FORM_QUOTED;
}

/* Octets that stand together at the front of a value. */
static size_t front_length(struct seki_str value, enum form form)
{
    return form == FORM_BARE ? value.len : seki_field_written_length(value, 0, "\"\"") + 2;
}

static void put_value(struct seki_field_writer *w, struct seki_str value, enum form form)
{
    if (form == FORM_BARE)
        seki_field_put(w, value);
    else
        seki_field_put_delimited(w, "\"\"", value);
}

/* method, result, ptype and property come from us; whoever lets a sender choose one gets no second field of it. */
static void put_keyword(struct seki_field_writer *w, struct seki_str keyword)
{
    if (is_each(keyword, seki_authres_is_keyword_octet)) {
        seki_field_put(w, keyword);
        return;
    }
    for (size_t i = 0; i < keyword.len; i++) {
        char c = seki_authres_is_keyword_octet(keyword.ptr[i]) ? keyword.ptr[i] : '-';
        seki_field_put(w, (struct seki_str){ &c, 1 });
    }
}

/* " ptype.property=value"; " property=value" without ptype. [CFWS] may stand behind "=", which helps long values.
 * The reader takes a bare value with "=" in it for a property there (see take_pvalue()), so not before such. */
static void put_property(struct seki_field_writer *w, struct seki_str ptype, struct seki_str property,
                         struct seki_str value)
{
    enum form form = form_of(value);
    size_t name_len = ptype.len + (ptype.len > 0) + property.len + 1, front = front_length(value, form);
    bool can_split = form == FORM_QUOTED || seki_str_find(value, '=') == value.len;
    seki_field_put_gap(w, name_len + front);
    if (ptype.len > 0) {
        put_keyword(w, ptype);
        seki_field_put(w, SEKI_STR("."));
    }
    put_keyword(w, property);
    seki_field_put(w, SEKI_STR("="));
    if (can_split && front < SEKI_FIELD_LINE_OCTETS && w->column + front > SEKI_FIELD_LINE_OCTETS)
        seki_field_start_line(w, SEKI_STR("\t"));
    put_value(w, value, form);
}

static void put_version(struct seki_field_writer *w, const char *before, unsigned version)
{
    if (version <= 1)
        return;
    char digits[16];
    int len = snprintf(digits, sizeof digits, "%s%u", before, version);
    seki_field_put(w, (struct seki_str){ digits, (size_t)len });
}

static void put_result(struct seki_field_writer *w, const struct seki_authres_result *result)
{
    seki_field_start_line(w, SEKI_STR("\t"));
    put_keyword(w, result->method);
    put_version(w, "/", result->version);
    seki_field_put(w, SEKI_STR("="));
    put_keyword(w, result->result);
    if (result->comment.len > 0) {
        seki_field_put_gap(w, seki_field_written_length(result->comment, 0, "()") + 2);
        seki_field_put_delimited(w, "()", result->comment);
    }
    if (result->reason.len > 0)
        put_property(w, SEKI_STR(""), SEKI_STR("reason"), result->reason);
    for (size_t i = 0; i < result->property_count; i++) {
        const struct seki_authres_property *property = &result->properties[i];
        put_property(w, property->ptype, property->property, property->value);
    }
}

void seki_authres_write(const struct seki_authres *authres, struct seki_buf *buf)
{
    struct seki_field_writer w = seki_field_writer(buf, SEKI_STR(FIELD_NAME));
    struct seki_str id = authres->authserv_id;
    enum form form = is_each(id, is_ascii_token_octet) ? FORM_BARE : FORM_QUOTED;
    seki_field_put_gap(&w, front_length(id, form));
    put_value(&w, id, form);
    put_version(&w, " ", authres->version);
    seki_field_put(&w, SEKI_STR(";"));
    if (authres->result_count == 0)
        seki_field_put(&w, SEKI_STR(" none"));
    for (size_t i = 0; i < authres->result_count; i++) {
        put_result(&w, &authres->results[i]);
        if (i + 1 < authres->result_count)
            seki_field_put(&w, SEKI_STR(";"));
    }
}

/* Writing Authentication-Results. Whatever the values hold, the field comes out well formed and says what was given:
 * senders choose many of the values. */
#include <sekisho/authres.h>

#include "auth/authres_value.h"
#include "message/lexical.h"

#define MAX_LINE_OCTETS 77u /* 78 (RFC 5322 section 2.1.1), less the ";" that may follow */
#define FIELD_NAME      "Authentication-Results:"

struct writer {
    struct seki_buf *buf;
    size_t column;
    bool has_text; /* on this line; a line of white space alone must not come to be (RFC 5322 section 3.2.2) */
};

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

static void put(struct writer *w, struct seki_str text)
{
    seki_buf_add(w->buf, text);
    w->column += text.len;
    w->has_text = w->has_text || text.len > 0;
}

static void start_line(struct writer *w, struct seki_str white_space)
{
    seki_buf_add(w->buf, SEKI_STR("\r\n"));
    w->column = 0;
    put(w, white_space);
    w->has_text = false;
}

/* A space, or a new line where the next next_len octets would not fit. */
static void put_gap(struct writer *w, size_t next_len)
{
    if (w->has_text && w->column + 1 + next_len > MAX_LINE_OCTETS)
        start_line(w, SEKI_STR("\t"));
    else {
        seki_buf_add_char(w->buf, ' ');
        w->column++;
    }
}

/* What an octet becomes inside quotes or a comment; NUL: it is dropped. */
static char cleaned(char c, bool is_utf8)
{
    if (c == '\r' || c == '\n' || c == '\0')
        return '\0';
    if (c == '\t' || ((unsigned char)c >= ' ' && c != 127 && (is_utf8 || (unsigned char)c < 0x80)))
        return c;
    return '?';
}

/* Octets up to the next white space. */
static size_t word_length(struct seki_str text, size_t from)
{
    size_t at = from;
    while (at < text.len && !seki_is_wsp(text.ptr[at]))
        at++;
    return at - from;
}

static bool is_escaped(char c, const char *signs)
{
    return c == signs[0] || c == signs[1] || c == '\\';
}

/* As word_length(), but as the word will be written between these signs. */
static size_t written_length(struct seki_str text, size_t from, const char *signs)
{
    size_t len = word_length(text, from), escapes = 0;
    for (size_t i = from; i < from + len; i++)
        escapes += is_escaped(text.ptr[i], signs);
    return len + escapes;
}

/* One word, escaped; the usual octets in one go. */
static void put_word(struct writer *w, struct seki_str word, const char *signs, bool is_utf8)
{
    size_t done = 0;
    for (size_t i = 0; i < word.len; i++) {
        char c = cleaned(word.ptr[i], is_utf8);
        bool is_changed = c != word.ptr[i] || c == '\0';
        if (!is_changed && !is_escaped(c, signs))
            continue;
        put(w, (struct seki_str){ word.ptr + done, i - done });
        done = is_changed ? i + 1 : i; /* what is escaped goes with the next piece */
        if (!is_changed)
            put(w, SEKI_STR("\\"));
        else if (c != '\0')
            put(w, (struct seki_str){ &c, 1 });
    }
    put(w, (struct seki_str){ word.ptr + done, word.len - done });
}

static size_t blank_length(struct seki_str text, size_t from)
{
    size_t at = from;
    while (at < text.len && seki_is_wsp(text.ptr[at]))
        at++;
    return at - from;
}

/* Between an opening and a closing sign, both of which and the backslash are escaped. Long texts are folded before
 * white space that they have anyway, so that unfolding gives them back.
 * @param signs  opening and closing */
static void put_delimited(struct writer *w, const char *signs, struct seki_str text)
{
    bool is_utf8 = seki_str_is_utf8(text);
    put(w, (struct seki_str){ signs, 1 });
    for (size_t i = 0; i < text.len;) {
        size_t blanks = blank_length(text, i), len = word_length(text, i + blanks);
        bool is_last = i + blanks + len == text.len; /* then the closing sign follows */
        size_t next = blanks + written_length(text, i + blanks, signs) + is_last;
        if (blanks > 0 && w->has_text && w->column + next > MAX_LINE_OCTETS)
            start_line(w, SEKI_STR(""));
        seki_buf_add(w->buf, (struct seki_str){ text.ptr + i, blanks });
        w->column += blanks;
        put_word(w, (struct seki_str){ text.ptr + i + blanks, len }, signs, is_utf8);
        i += blanks + len;
    }
    put(w, (struct seki_str){ signs + 1, 1 });
}

/* Octets that stand together at the front of a value. */
static size_t front_length(struct seki_str value, enum form form)
{
    return form == FORM_BARE ? value.len : written_length(value, 0, "\"\"") + 2;
}

static void put_value(struct writer *w, struct seki_str value, enum form form)
{
    if (form == FORM_BARE)
        put(w, value);
    else
        put_delimited(w, "\"\"", value);
}

/* method, result, ptype and property come from us; whoever lets a sender choose one gets no second field of it. */
static void put_keyword(struct writer *w, struct seki_str keyword)
{
    if (is_each(keyword, seki_authres_is_keyword_octet)) {
        put(w, keyword);
        return;
    }
    for (size_t i = 0; i < keyword.len; i++) {
        char c = seki_authres_is_keyword_octet(keyword.ptr[i]) ? keyword.ptr[i] : '-';
        put(w, (struct seki_str){ &c, 1 });
    }
}

/* " ptype.property=value"; " property=value" without ptype. [CFWS] may stand behind "=", which helps long values.
 * The reader takes a bare value with "=" in it for a property there (see take_pvalue()), so not before such. */
static void put_property(struct writer *w, struct seki_str ptype, struct seki_str property, struct seki_str value)
{
    enum form form = form_of(value);
    size_t name_len = ptype.len + (ptype.len > 0) + property.len + 1, front = front_length(value, form);
    bool can_split = form == FORM_QUOTED || seki_str_find(value, '=') == value.len;
    put_gap(w, name_len + front);
    if (ptype.len > 0) {
        put_keyword(w, ptype);
        put(w, SEKI_STR("."));
    }
    put_keyword(w, property);
    put(w, SEKI_STR("="));
    if (can_split && front < MAX_LINE_OCTETS && w->column + front > MAX_LINE_OCTETS)
        start_line(w, SEKI_STR("\t"));
    put_value(w, value, form);
}

static void put_version(struct writer *w, const char *before, unsigned version)
{
    if (version <= 1)
        return;
    char digits[16];
    int len = snprintf(digits, sizeof digits, "%s%u", before, version);
    put(w, (struct seki_str){ digits, (size_t)len });
}

static void put_result(struct writer *w, const struct seki_authres_result *result)
{
    start_line(w, SEKI_STR("\t"));
    put_keyword(w, result->method);
    put_version(w, "/", result->version);
    put(w, SEKI_STR("="));
    put_keyword(w, result->result);
    if (result->comment.len > 0) {
        put_gap(w, written_length(result->comment, 0, "()") + 2);
        put_delimited(w, "()", result->comment);
    }
    if (result->reason.len > 0)
        put_property(w, SEKI_STR(""), SEKI_STR("reason"), result->reason);
    for (size_t i = 0; i < result->property_count; i++) {
        const struct seki_authres_property *property = &result->properties[i];
        put_property(w, property->ptype, property->property, property->value);
    }
}

/* The writing starts behind what stands in the buffer, or behind the field's name. */
static size_t first_column(const struct seki_buf *buf)
{
    struct seki_str before = seki_buf_str(buf);
    size_t lf = seki_str_find_last(before, '\n');
    if (before.len == 0)
        return sizeof FIELD_NAME - 1;
    return lf < before.len ? before.len - lf - 1 : before.len;
}

void seki_authres_write(const struct seki_authres *authres, struct seki_buf *buf)
{
    struct writer w = { .buf = buf, .column = first_column(buf), .has_text = true };
    struct seki_str id = authres->authserv_id;
    enum form form = is_each(id, is_ascii_token_octet) ? FORM_BARE : FORM_QUOTED;
    put_gap(&w, front_length(id, form));
    put_value(&w, id, form);
    put_version(&w, " ", authres->version);
    put(&w, SEKI_STR(";"));
    if (authres->result_count == 0)
        put(&w, SEKI_STR(" none"));
    for (size_t i = 0; i < authres->result_count; i++) {
        put_result(&w, &authres->results[i]);
        if (i + 1 < authres->result_count)
            put(&w, SEKI_STR(";"));
    }
}

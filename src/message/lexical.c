#include "message/lexical.h"

#include "base/i18n.h"

/* Length of the fold at the cursor (CRLF or LF, white space not counted) when white space follows; else 0. */
static size_t fold_length(const struct seki_cursor *c)
{
    const char *p = c->text.ptr + c->at;
    size_t left = c->text.len - c->at;
    size_t len = left > 1 && p[0] == '\r' && p[1] == '\n' ? 2 : left > 0 && p[0] == '\n' ? 1 : 0;
    return len > 0 && left > len && seki_is_wsp(p[len]) ? len : 0;
}

static bool fail(struct seki_cursor *c, const char *problem)
{
    if (c->problem == NULL)
        c->problem = problem;
    return false;
}

/* A line break must be a fold. */
static bool skip_fold(struct seki_cursor *c)
{
    size_t len = fold_length(c);
    if (len == 0)
        return fail(c, N_("a line break that is no fold"));
    c->at += len;
    return true;
}

/* quoted-pair = ("\" (VCHAR / WSP)) / obs-qp */
static bool skip_quoted_pair(struct seki_cursor *c)
{
    c->at++;
    char quoted = seki_cursor_peek(c);
    if (quoted == '\0' || quoted == '\r' || quoted == '\n')
        return fail(c, N_("a backslash with nothing to quote"));
    c->at++;
    return true;
}

/* comment = "(" *([FWS] ccontent) [FWS] ")" ; ccontent = ctext / quoted-pair / comment */
static bool skip_comment(struct seki_cursor *c)
{
    unsigned depth = 0;
    do {
        switch (seki_cursor_peek(c)) {
        case '(':
            if (++depth > SEKI_MAX_COMMENT_DEPTH)
                return fail(c, N_("comments nest too deep"));
            c->at++;
            break;
        case ')':
            depth--;
            c->at++;
            break;
        case '\\':
            if (!skip_quoted_pair(c))
                return false;
            break;
        case '\r':
        case '\n':
            if (!skip_fold(c))
                return false;
            break;
        case '\0': return fail(c, seki_cursor_at_end(c) ? N_("a comment without end") : "NUL");
        default: c->at++;
        }
    } while (depth > 0);
    return true;
}

bool seki_skip_fws(struct seki_cursor *c)
{
    size_t start = c->at;
    for (;;) {
        char next = seki_cursor_peek(c);
        if (seki_is_wsp(next))
            c->at++;
        else if ((next != '\r' && next != '\n') || !skip_fold(c))
            return c->at > start;
    }
}

/* CFWS = (1*([FWS] comment) [FWS]) / FWS */
bool seki_skip_cfws(struct seki_cursor *c)
{
    size_t start = c->at;
    do {
        seki_skip_fws(c);
    } while (c->problem == NULL && seki_cursor_peek(c) == '(' && skip_comment(c));
    return c->at > start;
}

/* quoted-string = DQUOTE *([FWS] qcontent) [FWS] DQUOTE ; qcontent = qtext / quoted-pair */
bool seki_take_quoted_string(struct seki_cursor *c, struct seki_str *content_out, bool *is_plain_out)
{
    size_t start = ++c->at;
    *is_plain_out = true;
    for (;;) {
        switch (seki_cursor_peek(c)) {
        case '"':
            *content_out = (struct seki_str){ c->text.ptr + start, c->at - start };
            c->at++;
            return true;
        case '\\':
            *is_plain_out = false;
            if (!skip_quoted_pair(c))
                return false;
            break;
        case '\r':
        case '\n':
            *is_plain_out = false;
            if (!skip_fold(c))
                return false;
            break;
        case '\0': return fail(c, seki_cursor_at_end(c) ? N_("a quoted string without end") : "NUL");
        default: c->at++;
        }
    }
}

size_t seki_unquote(char *to, struct seki_str content)
{
    size_t len = 0;
    for (size_t i = 0; i < content.len; i++) {
        if (content.ptr[i] == '\r' || content.ptr[i] == '\n')
            continue;
        if (content.ptr[i] == '\\' && i + 1 < content.len)
            i++;
        to[len++] = content.ptr[i];
    }
    return len;
}

bool seki_is_atext(char c)
{
    switch (c) {
    case '!':
    case '#':
    case '$':
    case '%':
    case '&':
    case '\'':
    case '*':
    case '+':
    case '-':
    case '/':
    case '=':
    case '?':
    case '^':
    case '_':
    case '`':
    case '{':
    case '|':
    case '}':
    case '~': return true;
    default: return seki_is_alnum(c) || (unsigned char)c >= 0x80;
    }
}

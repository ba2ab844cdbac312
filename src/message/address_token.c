#include "message/address_token.h"

#include "base/i18n.h"

static struct seki_address_token bad(struct seki_cursor *c, const char *problem)
{
    if (c->problem == NULL)
        c->problem = problem;
    return (struct seki_address_token){ .kind = SEKI_ADDRESS_BAD, .start = c->at, .end = c->at };
}

static struct seki_address_token finished(const struct seki_cursor *c, enum seki_address_kind kind, size_t start)
{
    return (struct seki_address_token){
        .kind = kind, .text = { c->text.ptr + start, c->at - start }, .is_plain = true, .start = start, .end = c->at
    };
}

static struct seki_address_token take_atom(struct seki_cursor *c)
{
    size_t start = c->at;
    while (seki_is_atext(seki_cursor_peek(c)))
        c->at++;
    return finished(c, SEKI_ADDRESS_ATOM, start);
}

static struct seki_address_token take_quoted(struct seki_cursor *c)
{
    size_t start = c->at;
    struct seki_str content;
    bool is_plain;
    if (!seki_take_quoted_string(c, &content, &is_plain))
        return bad(c, NULL);
    struct seki_address_token token = finished(c, SEKI_ADDRESS_QUOTED, start);
    token.text = content;
    token.is_plain = is_plain;
    return token;
}

/* domain-literal = "[" *([FWS] dtext) [FWS] "]" ; dtext = %d33-90 / %d94-126. The quoted-pairs and control octets of
 * obs-dtext are refused: no address needs them, and with them a literal could look like another. */
static struct seki_address_token take_literal(struct seki_cursor *c)
{
    size_t start = c->at++;
    bool is_plain = true;
    for (;;) {
        char next = seki_cursor_peek(c);
        if (seki_is_space(next)) {
            is_plain = false;
            seki_skip_fws(c);
            if (c->problem != NULL)
                return bad(c, NULL);
        } else if (next == ']') {
            break;
        } else if (next == '[' || next == '\\' || next == 127 || (next >= '\0' && next < ' ')) {
            return bad(c, seki_cursor_at_end(c) ? N_("a domain literal without end")
                                                : N_("a bad octet in a domain literal"));
        } else {
            c->at++;
        }
    }
    c->at++;
    struct seki_address_token token = finished(c, SEKI_ADDRESS_LITERAL, start);
    token.is_plain = is_plain;
    return token;
}

struct seki_address_token seki_address_next(struct seki_cursor *c)
{
    seki_skip_cfws(c);
    if (c->problem != NULL)
        return bad(c, NULL);
    if (seki_cursor_at_end(c))
        return finished(c, SEKI_ADDRESS_END, c->at);
    char next = seki_cursor_peek(c);
    switch (next) {
    case '@':
    case '.':
    case ',':
    case ':':
    case ';':
    case '<':
    case '>': c->at++; return finished(c, (enum seki_address_kind)next, c->at - 1);
    case '"': return take_quoted(c);
    case '[': return take_literal(c);
    default: return seki_is_atext(next) ? take_atom(c) : bad(c, N_("an octet that cannot stand in an address"));
    }
}

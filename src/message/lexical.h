/* What all structured fields share (RFC 5322 sections 3.2.1 to 3.2.4 with the obsolete forms): white space with
 * folds and comments, and quoted strings.
 *
 * A fold is CRLF, or LF alone, with white space behind it; any other CR or LF, and NUL anywhere, is refused, also
 * where the obsolete grammar would let it stand: no two readers agree on what they mean. Octets above 127 are
 * text (RFC 6532). */
#ifndef SEKI_LEXICAL_H
#define SEKI_LEXICAL_H

#include <sekisho/str.h>

#define SEKI_MAX_COMMENT_DEPTH 50u

/** Where a field is being read, and what is wrong there. problem NULL: nothing yet. */
struct seki_cursor {
    struct seki_str text;
    size_t at;
    const char *problem;
};

static inline bool seki_cursor_at_end(const struct seki_cursor *c)
{
    return c->at >= c->text.len;
}

/** The octet at the cursor, or NUL at the end (a NUL in the text is refused by all who take octets). */
static inline char seki_cursor_peek(const struct seki_cursor *c)
{
    return c->at < c->text.len ? c->text.ptr[c->at] : '\0';
}

/** Pass [FWS] (white space and folds). @return whether there was any; on malformed input c->problem is set */
bool seki_skip_fws(struct seki_cursor *c);

/** Pass [CFWS] (with comments too). @return whether there was any; on malformed input c->problem is set */
bool seki_skip_cfws(struct seki_cursor *c);

/**
 * Take the quoted-string at whose opening quote the cursor stands.
 * @param content_out   between the quotes, as it arrived
 * @param is_plain_out  nothing in it to unquote or unfold
 * @return false with c->problem set
 */
bool seki_take_quoted_string(struct seki_cursor *c, struct seki_str *content_out, bool *is_plain_out);

/** Write what a quoted-string's content means: without folds and the backslashes of quoted-pairs.
 *  @param to  room for content.len octets. @return octets written */
size_t seki_unquote(char *to, struct seki_str content);

/** atext = ALPHA / DIGIT / "!" / "#" / … ; with all octets above 127 (RFC 6532 section 3.2) */
bool seki_is_atext(char c);

#endif

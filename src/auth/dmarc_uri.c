#include "auth/dmarc_uri.h"

/* scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )                     (RFC 3986 section 3.1) */
static bool is_scheme(struct seki_str text)
{
    if (text.len == 0 || !seki_is_alpha(text.ptr[0]))
        return false;
    for (size_t i = 1; i < text.len; i++)
        if (!seki_is_alnum(text.ptr[i]) && memchr("+-.", text.ptr[i], 3) == NULL)
            return false;
    return true;
}

static bool is_hex(char c)
{
    c = seki_ascii_lower(c);
    return seki_is_digit(c) || (c >= 'a' && c <= 'f');
}

/* pchar / "/" / "?", where pchar = unreserved / pct-encoded / sub-delims / ":" / "@", less "!" and ",".
 * "more" adds octets that only some parts may hold. */
static bool is_uri_part(struct seki_str text, const char *more)
{
    static const char allowed[] = "-._~$&'()*+;=:@/?";
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '%') {
            if (text.len - i < 3 || !is_hex(text.ptr[i + 1]) || !is_hex(text.ptr[i + 2]))
                return false;
            i += 2;
        } else if (!seki_is_alnum(c) && (c == '\0' || (strchr(allowed, c) == NULL && strchr(more, c) == NULL))) {
            return false;
        }
    }
    return true;
}

/* hier-part = "//" authority path-abempty / path-absolute / path-rootless / path-empty
 * Only an authority may hold brackets (IP-literal, section 3.2.2). */
static bool is_hier_part_and_query(struct seki_str text)
{
    if (!seki_str_starts_with(text, SEKI_STR("//")))
        return is_uri_part(text, "");
    struct seki_str rest = seki_str_from(text, 2);
    size_t authority_len = 0;
    while (authority_len < rest.len && memchr("/?", rest.ptr[authority_len], 2) == NULL)
        authority_len++;
    return is_uri_part(seki_str_head(rest, authority_len), "[]") &&
           is_uri_part(seki_str_from(rest, authority_len), "");
}

/* URI = scheme ":" hier-part [ "?" query ] [ "#" fragment ]               (RFC 3986 section 3) */
bool seki_dmarc_uri_is_valid(struct seki_str uri)
{
    size_t colon = seki_str_find(uri, ':');
    if (colon == uri.len || !is_scheme(seki_str_head(uri, colon)))
        return false;
    struct seki_str rest = seki_str_from(uri, colon + 1);
    size_t hash = seki_str_find(rest, '#');
    return is_hier_part_and_query(seki_str_head(rest, hash)) && is_uri_part(seki_str_from(rest, hash + 1), "");
}

/* obs-dmarc-report-size = "!" 1*DIGIT [ "k" / "m" / "g" / "t" ]; text comes without the "!" */
static bool is_report_size(struct seki_str text)
{
    size_t digits = 0;
    while (digits < text.len && seki_is_digit(text.ptr[digits]))
        digits++;
    struct seki_str unit = seki_str_from(text, digits);
    return digits > 0 &&
           (unit.len == 0 || (unit.len == 1 && memchr("kmgt", seki_ascii_lower(unit.ptr[0]), 4) != NULL));
}

bool seki_dmarc_uri_read(struct seki_str element, struct seki_str *uri_out)
{
    size_t mark = seki_str_find(element, '!');
    struct seki_str uri = seki_str_head(element, mark);
    if (mark < element.len && !is_report_size(seki_str_from(element, mark + 1)))
        return false;
    if (!seki_dmarc_uri_is_valid(uri))
        return false;
    *uri_out = uri;
    return true;
}

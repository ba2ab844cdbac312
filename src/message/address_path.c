/* The address in MAIL FROM and RCPT TO (RFC 5321 section 4.1.2). The MTA has accepted it already, so its local part
 * may hold what that lets through (Postfix: spaces, doubled dots); only the place of the "@" must be beyond doubt. */
#include <sekisho/address.h>

/* Offset behind the quoted string at the front, or text.len + 1 when it does not end. Quoted-string = DQUOTE
 * *QcontentSMTP DQUOTE */
static size_t quoted_length(struct seki_str text)
{
    for (size_t i = 1; i < text.len; i++) {
        if (text.ptr[i] == '"')
            return i + 1;
        if (text.ptr[i] == '\\')
            i++;
    }
    return text.len + 1;
}

/* Offset of the "@" that ends the local part, text.len when there is none. A local part is quoted as a whole or not
 * at all. */
static size_t local_part_length(struct seki_str text)
{
    if (text.len > 0 && text.ptr[0] == '"')
        return quoted_length(text);
    return seki_str_find(text, '@');
}

/* A-d-l = At-domain *( "," At-domain ) ; Path = "<" [ A-d-l ":" ] Mailbox ">" */
static struct seki_str without_route(struct seki_str path)
{
    if (path.len == 0 || path.ptr[0] != '@')
        return path;
    size_t colon = seki_str_find(path, ':');
    size_t literal = seki_str_find(path, '[');
    return colon < path.len && colon < literal ? seki_str_from(path, colon + 1) : path;
}

static bool has_bad_octet(struct seki_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == 127 || (text.ptr[i] >= '\0' && text.ptr[i] < ' '))
            return true;
    return false;
}

static bool is_domain_like(struct seki_str domain)
{
    for (size_t i = 0; i < domain.len; i++)
        if (strchr(" \"(),;<>@\\", domain.ptr[i]) != NULL)
            return false;
    return domain.len > 0;
}

static bool strip_brackets(struct seki_str *path)
{
    bool is_open = path->len > 0 && path->ptr[0] == '<';
    bool is_closed = path->len > 0 && path->ptr[path->len - 1] == '>';
    if (is_open != is_closed || (is_open && path->len < 2))
        return false;
    if (is_open)
        *path = (struct seki_str){ path->ptr + 1, path->len - 2 };
    return true;
}

bool seki_address_split_path(struct seki_str path, struct seki_str *local_part_out, struct seki_str *domain_out)
{
    *local_part_out = *domain_out = SEKI_STR("");
    if (has_bad_octet(path) || !strip_brackets(&path))
        return false;
    if (path.len == 0)
        return true;
    path = without_route(path);
    size_t at = local_part_length(path);
    if (path.len == 0 || at > path.len)
        return false;
    struct seki_str domain = SEKI_STR("");
    if (at < path.len) {
        domain = (struct seki_str){ path.ptr + at + 1, path.len - at - 1 };
        if (path.ptr[at] != '@' || !is_domain_like(domain))
            return false;
    }
    *local_part_out = seki_str_head(path, at);
    *domain_out = domain;
    return true;
}

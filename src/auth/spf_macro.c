#include "auth/spf_macro.h"

#include <stdio.h>

#define MAX_NAME_OCTETS 253u
/* An expansion drops its front down to this when it overflows: more than a name, so that the cut shows. */
#define KEPT_OCTETS 512u
/* Section 7.3: "at least a value of 127"; more parts than a name has labels come only from local-parts. */
#define MAX_KEPT_PARTS 65535u

#define RECORD_LETTERS                                                                                             \
    (SEKI_SPF_LETTER('s') | SEKI_SPF_LETTER('l') | SEKI_SPF_LETTER('o') | SEKI_SPF_LETTER('d') |                   \
     SEKI_SPF_LETTER('i') | SEKI_SPF_LETTER('p') | SEKI_SPF_LETTER('h') | SEKI_SPF_LETTER('v'))
#define TEXT_LETTERS (RECORD_LETTERS | SEKI_SPF_LETTER('c') | SEKI_SPF_LETTER('r') | SEKI_SPF_LETTER('t'))

/* One macro-expand. */
struct macro {
    char letter;             /* lower case; 0 for "%%", "%_", "%-" */
    struct seki_str literal; /* what those three stand for */
    bool is_escaped;         /* upper-case letter */
    bool is_reversed;
    size_t kept_parts; /* 0: all */
    struct seki_str delimiters;
};

static bool is_delimiter(char c)
{
    return memchr(".-+,/_=", c, 7) != NULL;
}

/* transformers = *DIGIT [ "r" ]
 * "If a DIGIT is specified, the value MUST be nonzero." */
static bool read_transformers(struct seki_str *rest, struct macro *macro)
{
    size_t digits = 0;
    while (digits < rest->len && seki_is_digit(rest->ptr[digits]))
        digits++;
    if (digits > 0) {
        uint64_t parts;
        if (!seki_str_to_u64(seki_str_head(*rest, digits), MAX_KEPT_PARTS, &parts) || parts == 0)
            return false;
        macro->kept_parts = (size_t)parts;
        *rest = seki_str_from(*rest, digits);
    }
    macro->is_reversed = rest->len > 0 && seki_ascii_lower(rest->ptr[0]) == 'r';
    if (macro->is_reversed)
        *rest = seki_str_from(*rest, 1);
    return true;
}

/* macro-letter transformers *delimiter "}", with rest behind "%{" */
static bool read_braces(struct seki_str *rest, struct macro *macro)
{
    if (rest->len == 0 || !seki_is_alpha(rest->ptr[0]))
        return false;
    macro->letter = seki_ascii_lower(rest->ptr[0]);
    macro->is_escaped = macro->letter != rest->ptr[0];
    *rest = seki_str_from(*rest, 1);
    if (!read_transformers(rest, macro))
        return false;
    size_t delimiters = 0;
    while (delimiters < rest->len && is_delimiter(rest->ptr[delimiters]))
        delimiters++;
    macro->delimiters = seki_str_head(*rest, delimiters);
    *rest = seki_str_from(*rest, delimiters);
    if (rest->len == 0 || rest->ptr[0] != '}')
        return false;
    *rest = seki_str_from(*rest, 1);
    return true;
}

/* macro-expand = ( "%{" macro-letter transformers *delimiter "}" ) / "%%" / "%_" / "%-"
 * with rest at "%" */
static bool read_macro(struct seki_str *rest, struct macro *macro)
{
    *macro = (struct macro){ .letter = 0 };
    if (rest->len < 2)
        return false;
    char kind = rest->ptr[1];
    *rest = seki_str_from(*rest, 2);
    switch (kind) {
    case '{': return read_braces(rest, macro);
    case '%': macro->literal = SEKI_STR("%"); return true;
    case '_': macro->literal = SEKI_STR(" "); return true;
    case '-': macro->literal = SEKI_STR("%20"); return true;
    default: return false;
    }
}

/* macro-literal = %x21-24 / %x26-7E */
static bool is_macro_literal(char c)
{
    return c >= 0x21 && c <= 0x7E && c != '%';
}

/* macro-string = *( macro-expand / macro-literal )
 * explain-string = *( macro-string / SP ), when it is a text */
static const char *check(struct seki_str text, bool is_text, seki_spf_letters *letters, bool *ends_in_macro_out)
{
    bool ends_in_macro = false;
    while (text.len > 0) {
        struct macro macro;
        ends_in_macro = text.ptr[0] == '%';
        if (!ends_in_macro) {
            if (!is_macro_literal(text.ptr[0]) && !(is_text && text.ptr[0] == ' '))
                return "holds a character that may not stand there";
            text = seki_str_from(text, 1);
            continue;
        }
        if (!read_macro(&text, &macro))
            return "holds a malformed macro";
        if (macro.letter == 0)
            continue;
        if ((SEKI_SPF_LETTER(macro.letter) & (is_text ? TEXT_LETTERS : RECORD_LETTERS)) == 0)
            return "holds a macro letter that may not stand there";
        *letters |= SEKI_SPF_LETTER(macro.letter);
    }
    *ends_in_macro_out = ends_in_macro;
    return NULL;
}

/* toplabel = ( *alphanum ALPHA *alphanum ) / ( 1*alphanum "-" *( alphanum / "-" ) alphanum )
 * In other words: letters, digits and inner hyphens, and not digits alone. */
static bool is_toplabel(struct seki_str label)
{
    if (label.len == 0 || label.ptr[0] == '-' || label.ptr[label.len - 1] == '-')
        return false;
    bool is_number = true;
    for (size_t i = 0; i < label.len; i++) {
        if (!seki_is_alnum(label.ptr[i]) && label.ptr[i] != '-')
            return false;
        is_number = is_number && seki_is_digit(label.ptr[i]);
    }
    return !is_number;
}

/* domain-spec = macro-string domain-end
 * domain-end  = ( "." toplabel [ "." ] ) / macro-expand */
const char *seki_spf_check_domain_spec(struct seki_str text, seki_spf_letters *letters_out)
{
    bool ends_in_macro = false;
    *letters_out = 0;
    if (text.len == 0)
        return "lacks its domain name";
    const char *wrong = check(text, false, letters_out, &ends_in_macro);
    if (wrong != NULL)
        return wrong;
    /* "%%" alone satisfies the grammar, but can never be a full name. */
    if (ends_in_macro && (*letters_out != 0 || seki_str_find(text, '.') < text.len))
        return NULL;
    if (text.ptr[text.len - 1] == '.')
        text.len--;
    size_t dot = seki_str_find_last(text, '.');
    return dot < text.len && is_toplabel(seki_str_from(text, dot + 1)) ? NULL
                                                                       : "does not end in a full domain name";
}

const char *seki_spf_check_macro_string(struct seki_str text, seki_spf_letters *letters_out)
{
    bool ends_in_macro;
    *letters_out = 0;
    return check(text, false, letters_out, &ends_in_macro);
}

const char *seki_spf_check_explain_string(struct seki_str text, seki_spf_letters *letters_out)
{
    bool ends_in_macro;
    *letters_out = 0;
    return check(text, true, letters_out, &ends_in_macro);
}

static void add(struct seki_spf_expansion *out, struct seki_str piece)
{
    if (!out->is_text && piece.len > sizeof out->octets - out->len) {
        size_t kept = out->len < KEPT_OCTETS ? out->len : KEPT_OCTETS;
        memmove(out->octets, out->octets + out->len - kept, kept);
        out->len = kept;
        size_t room = sizeof out->octets - kept;
        if (piece.len > room)
            piece = seki_str_from(piece, piece.len - room);
    }
    piece = seki_str_head(piece, sizeof out->octets - out->len);
    if (piece.len > 0)
        memcpy(out->octets + out->len, piece.ptr, piece.len);
    out->len += piece.len;
}

/* "URL escaping MUST be performed for characters not in the "unreserved" set" of RFC 3986 section 2.3. */
static void add_escaped(struct seki_spf_expansion *out, struct seki_str piece)
{
    for (size_t i = 0; i < piece.len; i++) {
        char c = piece.ptr[i];
        char escaped[4];
        struct seki_str one = { piece.ptr + i, 1 };
        if (!seki_is_alnum(c) && memchr("-._~", c, 4) == NULL) {
            snprintf(escaped, sizeof escaped, "%%%02X", (unsigned)(unsigned char)c);
            one = (struct seki_str){ escaped, 3 };
        }
        add(out, one);
    }
}

static void add_part(struct seki_spf_expansion *out, const struct macro *macro, struct seki_str part)
{
    if (macro->is_escaped)
        add_escaped(out, part);
    else
        add(out, part);
}

static bool splits(const struct macro *macro, char c)
{
    if (macro->delimiters.len == 0)
        return c == '.';
    return memchr(macro->delimiters.ptr, c, macro->delimiters.len) != NULL;
}

/* The right-hand parts in their order. */
static void add_last_parts(struct seki_spf_expansion *out, const struct macro *macro, struct seki_str value,
                           size_t skipped_parts)
{
    size_t start = 0;
    for (size_t i = 0; i <= value.len; i++) {
        if (i < value.len && !splits(macro, value.ptr[i]))
            continue;
        if (skipped_parts > 0) {
            skipped_parts--;
        } else {
            add_part(out, macro, (struct seki_str){ value.ptr + start, i - start });
            if (i < value.len)
                add(out, SEKI_STR("."));
        }
        start = i + 1;
    }
}

/* Reversed first, then the right-hand parts kept: these are the first parts, the last of them in front. */
static void add_first_parts_reversed(struct seki_spf_expansion *out, const struct macro *macro,
                                     struct seki_str value, size_t kept_parts)
{
    size_t end = 0;
    for (; end < value.len; end++)
        if (splits(macro, value.ptr[end]) && --kept_parts == 0)
            break;
    for (;;) {
        size_t start = end;
        while (start > 0 && !splits(macro, value.ptr[start - 1]))
            start--;
        add_part(out, macro, (struct seki_str){ value.ptr + start, end - start });
        if (start == 0)
            return;
        add(out, SEKI_STR("."));
        end = start - 1;
    }
}

static void add_transformed(struct seki_spf_expansion *out, const struct macro *macro, struct seki_str value)
{
    size_t parts = 1;
    for (size_t i = 0; i < value.len; i++)
        parts += splits(macro, value.ptr[i]);
    size_t kept = macro->kept_parts > 0 && macro->kept_parts < parts ? macro->kept_parts : parts;
    if (macro->is_reversed)
        add_first_parts_reversed(out, macro, value, kept);
    else
        add_last_parts(out, macro, value, parts - kept);
}

#define VALUE_OCTETS 64u /* 32 nibbles with dots between them, or an address in text */

/* "For IPv6 addresses, the "i" macro expands to a dot-format address": nibbles. */
static struct seki_str dotted_address(const struct seki_ip *ip, char *text)
{
    static const char hex[] = "0123456789abcdef";
    if (ip->octet_count != 16)
        return seki_str_of(seki_ip_format(ip, text));
    size_t len = 0;
    for (size_t i = 0; i < 16; i++) {
        text[len++] = hex[ip->octets[i] >> 4];
        text[len++] = '.';
        text[len++] = hex[ip->octets[i] & 15];
        text[len++] = '.';
    }
    return (struct seki_str){ text, len - 1 };
}

static struct seki_str timestamp(int64_t now_s, char *text)
{
    int len = snprintf(text, VALUE_OCTETS, "%lld", (long long)now_s);
    return (struct seki_str){ text, len > 0 ? (size_t)len : 0 };
}

static struct seki_str value_of(char letter, const struct seki_spf_macro_values *values, char *scratch)
{
    switch (letter) {
    case 's': return values->sender;
    case 'l': return values->local;
    case 'o': return values->sender_domain;
    case 'd': return values->domain;
    case 'i': return dotted_address(&values->client, scratch);
    case 'p': return values->validated;
    case 'v': return values->client.octet_count == 16 ? SEKI_STR("ip6") : SEKI_STR("in-addr");
    case 'h': return values->helo;
    case 'c': return seki_str_of(seki_ip_format(&values->client, scratch));
    case 'r': return values->receiver;
    case 't': return timestamp(values->now_s, scratch);
    default: return (struct seki_str){ NULL, 0 };
    }
}

static void add_macro(struct seki_spf_expansion *out, const struct macro *macro,
                      const struct seki_spf_macro_values *values)
{
    char scratch[VALUE_OCTETS];
    if (macro->letter == 0)
        add(out, macro->literal);
    else
        add_transformed(out, macro, value_of(macro->letter, values, scratch));
}

static void expand(const struct seki_spf_macro_values *values, struct seki_str text, struct seki_spf_expansion *out)
{
    out->len = 0;
    while (text.len > 0) {
        size_t literal = seki_str_find(text, '%');
        add(out, seki_str_head(text, literal));
        text = seki_str_from(text, literal);
        struct macro macro;
        if (text.len == 0 || !read_macro(&text, &macro))
            return;
        add_macro(out, &macro, values);
    }
}

/* "the left side is truncated to fit, by removing successive domain labels (and their following dots) until the
 * total length does not exceed 253 characters" */
static struct seki_str cut_to_fit(struct seki_str name)
{
    if (name.len > 0 && name.ptr[name.len - 1] == '.')
        name.len--;
    while (name.len > MAX_NAME_OCTETS)
        name = seki_str_from(name, seki_str_find(name, '.') + 1);
    return name;
}

struct seki_str seki_spf_expand_name(const struct seki_spf_macro_values *values, struct seki_str spec,
                                     struct seki_spf_expansion *expansion)
{
    if (memchr(spec.ptr, '%', spec.len) == NULL)
        return cut_to_fit(spec);
    expansion->is_text = false;
    expand(values, spec, expansion);
    return cut_to_fit((struct seki_str){ expansion->octets, expansion->len });
}

struct seki_str seki_spf_expand_text(const struct seki_spf_macro_values *values, struct seki_str text,
                                     struct seki_spf_expansion *expansion)
{
    expansion->is_text = true;
    expand(values, text, expansion);
    return (struct seki_str){ expansion->octets, expansion->len };
}

#include "domain/spf_fault.h"

#include "base/spelling.h"

#include <stdio.h>

/* A term in its parts, whatever they are: sign body; body = name [ separator argument ]. */
struct fault {
    struct domain_run *run;
    const struct domain_spf_place *place;
    size_t index, taken;
    struct seki_str text, sign, body, name, argument;
    char separator; /* ':', '=', '/' or NUL */
};

/* @return true when this is the mistake: it was found */
typedef bool detector(struct fault *fault);

static const struct seki_str nothing = SEKI_STR_INIT("");

/* 1. Pieces. */

static void find(struct fault *fault, enum domain_finding_id id, struct seki_str meant)
{
    domain_find(fault->run, id, fault->place->name, domain_excerpt(fault->run, fault->text),
                domain_excerpt(fault->run, meant), nothing);
}

/* Is this one term, all of it? */
static bool reads(struct seki_str text)
{
    struct seki_spf_term term;
    struct seki_spf_fault fault;
    return text.len > 0 && seki_str_find(text, ' ') == text.len && seki_spf_next_term(&text, &term, &fault);
}

/* The sign, then parts that are put together anew. */
#define MEANT(fault, format, ...)                                                                                  \
    seki_arena_format((fault)->run->arena, "%.*s" format, SEKI_STR_ARGS((fault)->sign), __VA_ARGS__)

static void split(struct fault *fault, struct seki_str text)
{
    fault->text = text;
    fault->sign = seki_str_head(text, text.len > 0 && memchr("+-?~", text.ptr[0], 4) != NULL);
    fault->body = seki_str_from(text, fault->sign.len);
    size_t end = 0;
    while (end < fault->body.len && memchr(":=/", fault->body.ptr[end], 3) == NULL)
        end++;
    fault->name = seki_str_head(fault->body, end);
    fault->separator = end < fault->body.len ? fault->body.ptr[end] : '\0';
    fault->argument = seki_str_from(fault->body, end + 1);
}

/* SEKI_SPF_MECHANISM_COUNT when it is none. */
static size_t mechanism_of(struct seki_str name)
{
    size_t kind = 0;
    while (kind < SEKI_SPF_MECHANISM_COUNT &&
           !seki_str_equal_nocase(name, seki_spf_mechanism_name((enum seki_spf_term_kind)kind)))
        kind++;
    return kind;
}

static bool is_modifier(struct seki_str name)
{
    return seki_str_equal_nocase(name, SEKI_STR("redirect")) || seki_str_equal_nocase(name, SEKI_STR("exp"));
}

static bool is_domain(struct seki_str text)
{
    seki_spf_letters letters;
    return seki_spf_check_domain_spec(text, &letters) == NULL;
}

/* An address and what follows its slash. An address that is mapped IPv4 is the IPv4 address. */
static bool read_address(struct seki_str text, struct seki_ip *ip_out, struct seki_str *length_out)
{
    size_t slash = seki_str_find(text, '/');
    *length_out = seki_str_from(text, slash);
    return seki_ip_parse(seki_str_head(text, slash), ip_out);
}

static struct seki_str ip_term(struct fault *fault, const struct seki_ip *ip, struct seki_str length)
{
    char address[SEKI_IP_TEXT_MAX];
    return MEANT(fault, "%s:%s%.*s", ip->octet_count == 4 ? "ip4" : "ip6", seki_ip_format(ip, address),
                 SEKI_STR_ARGS(length));
}

/* 2. Characters. */

/* Hyphens, dashes and minus signs of other keyboards, in UTF-8. */
static size_t dash_at(struct seki_str text)
{
    static const struct seki_str dashes[] = {
        SEKI_STR_INIT("\xc2\xad"),     SEKI_STR_INIT("\xe2\x80\x90"), SEKI_STR_INIT("\xe2\x80\x91"),
        SEKI_STR_INIT("\xe2\x80\x92"), SEKI_STR_INIT("\xe2\x80\x93"), SEKI_STR_INIT("\xe2\x80\x94"),
        SEKI_STR_INIT("\xe2\x80\x95"), SEKI_STR_INIT("\xe2\x88\x92"), SEKI_STR_INIT("\xef\xb9\x98"),
        SEKI_STR_INIT("\xef\xb9\xa3"), SEKI_STR_INIT("\xef\xbc\x8d"),
    };
    for (size_t i = 0; i < sizeof dashes / sizeof dashes[0]; i++)
        if (seki_str_starts_with(text, dashes[i]))
            return dashes[i].len;
    return 0;
}

static bool detect_dash(struct fault *fault)
{
    size_t len = dash_at(fault->text);
    struct seki_str rest = seki_str_from(fault->text, len);
    struct seki_str meant = seki_arena_format(fault->run->arena, "-%.*s", SEKI_STR_ARGS(rest));
    if (len == 0 || !reads(meant))
        return false;
    find(fault, DOMAIN_SPF_DASH, meant);
    return true;
}

static bool detect_not_ascii(struct fault *fault)
{
    for (size_t i = 0; i < fault->text.len; i++)
        if (fault->text.ptr[i] < 0x21 || fault->text.ptr[i] > 0x7e) {
            find(fault, DOMAIN_SPF_NOT_ASCII, nothing);
            return true;
        }
    return false;
}

static bool detect_quote(struct fault *fault)
{
    if (seki_str_find(fault->text, '"') == fault->text.len && seki_str_find(fault->text, '\\') == fault->text.len)
        return false;
    find(fault, DOMAIN_SPF_QUOTE_INSIDE, nothing);
    return true;
}

/* 3. Spaces: too many, too few, or something else in their place. */

static struct seki_str text_at(const struct fault *fault, size_t index)
{
    return index < fault->place->term_count ? fault->place->terms[index].text : nothing;
}

static bool find_joined(struct fault *fault, size_t first, size_t count)
{
    struct seki_str joined = nothing, shown = nothing;
    for (size_t i = first; i < first + count; i++) {
        struct seki_str text = text_at(fault, i);
        joined = seki_arena_format(fault->run->arena, "%.*s%.*s", SEKI_STR_ARGS(joined), SEKI_STR_ARGS(text));
        shown = seki_arena_format(fault->run->arena, "%.*s%s%.*s", SEKI_STR_ARGS(shown), i > first ? " " : "",
                                  SEKI_STR_ARGS(text));
    }
    if (!reads(joined))
        return false;
    fault->text = shown;
    fault->taken = first + count - fault->index;
    find(fault, DOMAIN_SPF_SPACE, joined);
    return true;
}

/* "include: x", "- all", "redirect =x"; and "ip4:192.0.2.0 /24", whose first half is a good term. */
static bool detect_space(struct fault *fault)
{
    struct seki_str text = fault->text, next = text_at(fault, fault->index + 1),
                    third = text_at(fault, fault->index + 2);
    bool is_next_good = next.len > 0 && reads(next);
    bool is_open = fault->body.len == 0 || (domain_spf_is_joint(text.ptr[text.len - 1]) && !is_next_good);
    bool is_joined = next.len > 0 && (is_open || domain_spf_is_joint(next.ptr[0]));
    bool has_third = third.len > 0 && (domain_spf_is_joint(third.ptr[0]) || next.len == 1);
    if (is_joined && ((has_third && find_joined(fault, fault->index, 3)) || find_joined(fault, fault->index, 2)))
        return true;
    return domain_spf_is_joint(text.ptr[0]) && fault->index > 0 && find_joined(fault, fault->index - 1, 2);
}

static bool detect_separator(struct fault *fault)
{
    size_t pieces = 0;
    bool is_readable = false;
    for (size_t start = 0, i = 0; i <= fault->text.len; i++) {
        if (i < fault->text.len && fault->text.ptr[i] != ',' && fault->text.ptr[i] != ';')
            continue;
        is_readable = is_readable || reads(seki_str_head(seki_str_from(fault->text, start), i - start));
        start = i + 1;
        pieces++;
    }
    if (pieces < 2 || !is_readable)
        return false;
    find(fault, DOMAIN_SPF_SEPARATOR, nothing);
    return true;
}

/* Does a term begin here that nothing but a term can be? */
static bool is_plain_begin(struct seki_str text)
{
    static const struct seki_str begins[] = {
        SEKI_STR_INIT("ip4:"), SEKI_STR_INIT("ip6:"), SEKI_STR_INIT("include:"),  SEKI_STR_INIT("exists:"),
        SEKI_STR_INIT("a:"),   SEKI_STR_INIT("mx:"),  SEKI_STR_INIT("redirect="),
    };
    struct seki_str rest = memchr("+-?~", text.ptr[0], 4) != NULL ? seki_str_from(text, 1) : text;
    if (rest.len < text.len && seki_str_equal_nocase(rest, SEKI_STR("all")))
        return true;
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++)
        if (seki_str_starts_with_nocase(rest, begins[i]))
            return true;
    return false;
}

bool domain_spf_find_glued(struct domain_run *run, const struct domain_spf_place *place, struct seki_str text)
{
    for (size_t i = 1; i < text.len; i++) {
        struct seki_str head = seki_str_head(text, i), tail = seki_str_from(text, i);
        if (!is_plain_begin(tail) || !reads(head) || !reads(tail))
            continue;
        struct seki_str meant =
            seki_arena_format(run->arena, "%.*s %.*s", SEKI_STR_ARGS(head), SEKI_STR_ARGS(tail));
        domain_find(run, DOMAIN_SPF_GLUED, place->name, domain_excerpt(run, text), domain_excerpt(run, meant),
                    nothing);
        return true;
    }
    return false;
}

static bool detect_glued(struct fault *fault)
{
    return domain_spf_find_glued(fault->run, fault->place, fault->text);
}

/* 4. Names of terms. */

static bool detect_bare_address(struct fault *fault)
{
    struct seki_ip ip;
    struct seki_str length;
    bool is_tagged = seki_str_equal_nocase(fault->name, SEKI_STR("ipv6")); /* which is a misspelt ip6 here */
    if (is_tagged || !read_address(fault->body, &ip, &length))
        return false;
    find(fault, DOMAIN_SPF_BARE_ADDRESS, ip_term(fault, &ip, length));
    return true;
}

static bool detect_modifier_sign(struct fault *fault)
{
    if (fault->sign.len == 0 || fault->separator != '=' || mechanism_of(fault->name) < SEKI_SPF_MECHANISM_COUNT ||
        !reads(fault->body))
        return false;
    find(fault, DOMAIN_SPF_MODIFIER_QUALIFIER, fault->body);
    return true;
}

static bool detect_colon_for_equals(struct fault *fault)
{
    struct seki_str meant = seki_arena_format(fault->run->arena, "%.*s=%.*s", SEKI_STR_ARGS(fault->name),
                                              SEKI_STR_ARGS(fault->argument));
    if (fault->separator != ':' || !is_modifier(fault->name) || !reads(meant))
        return false;
    find(fault, DOMAIN_SPF_COLON_FOR_EQUALS, meant);
    return true;
}

/* "-ip4=192.0.2.1", "ip4192.0.2.1", "include_spf.example.net", "include.spf.example.net" */
static bool detect_colon_missing(struct fault *fault)
{
    static const struct seki_str names[] = { SEKI_STR_INIT("include"), SEKI_STR_INIT("ip4"), SEKI_STR_INIT("ip6"),
                                             SEKI_STR_INIT("exists") };
    struct seki_str meant = MEANT(fault, "%.*s:%.*s", SEKI_STR_ARGS(fault->name), SEKI_STR_ARGS(fault->argument));
    bool is_meant = fault->separator == '=' && mechanism_of(fault->name) < SEKI_SPF_MECHANISM_COUNT && reads(meant);
    for (size_t i = 0; !is_meant && i < sizeof names / sizeof names[0]; i++) {
        struct seki_str rest = seki_str_from(fault->body, names[i].len);
        if (!seki_str_starts_with_nocase(fault->body, names[i]) || rest.len < 2 || rest.ptr[0] == ':')
            continue;
        bool has_other = memchr(".-;|/", rest.ptr[0], 5) != NULL;
        rest = seki_str_from(rest, has_other);
        meant = MEANT(fault, "%.*s:%.*s", SEKI_STR_ARGS(names[i]), SEKI_STR_ARGS(rest));
        is_meant = reads(meant);
    }
    if (is_meant)
        find(fault, DOMAIN_SPF_COLON_MISSING, meant);
    return is_meant;
}

static bool detect_bare_name(struct fault *fault)
{
    if (fault->separator != '\0' || !is_domain(fault->body))
        return false;
    find(fault, DOMAIN_SPF_BARE_NAME, nothing);
    return true;
}

static bool is_ipv6(struct seki_str text)
{
    struct seki_ip ip;
    struct seki_str length;
    return read_address(text, &ip, &length) && ip.octet_count == 16;
}

/* The nearest mechanism that the argument suits, or modifier. "ipv6" is as near to "ip4" as to "ip6". */
static bool detect_misspelt(struct fault *fault)
{
    struct seki_spelling spelling = seki_spelling_of(fault->name);
    static const char *const plain[] = { "all", "mx", "ptr", "a" };
    static const char *const with_argument[] = { "include", "exists", "mx", "ptr", "a" };
    if (fault->separator == '\0') {
        for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
            seki_spelling_offer(&spelling, plain[i]);
    } else {
        seki_spelling_offer(&spelling, is_ipv6(fault->argument) ? "ip6" : "ip4");
        for (size_t i = 0; i < sizeof with_argument / sizeof with_argument[0]; i++)
            seki_spelling_offer(&spelling, with_argument[i]);
    }
    if (spelling.nearest == NULL)
        return false;
    struct seki_str tail = seki_str_from(fault->body, fault->name.len);
    find(fault, DOMAIN_SPF_MECHANISM_MISSPELT, MEANT(fault, "%s%.*s", spelling.nearest, SEKI_STR_ARGS(tail)));
    return true;
}

static bool detect_unknown(struct fault *fault)
{
    find(fault, DOMAIN_SPF_UNKNOWN_TERM, nothing);
    return true;
}

/* 5. What stands behind the name of a mechanism or modifier. */

static bool detect_all(struct fault *fault)
{
    if (mechanism_of(fault->name) != SEKI_SPF_TERM_ALL)
        return false;
    find(fault, DOMAIN_SPF_ALL_ARGUMENT, MEANT(fault, "%s", "all"));
    return true;
}

static bool detect_macro(struct fault *fault)
{
    seki_spf_letters letters;
    bool has_macro = seki_str_find(fault->argument, '%') < fault->argument.len;
    if (!has_macro || seki_spf_check_macro_string(fault->argument, &letters) == NULL)
        return false;
    find(fault, DOMAIN_SPF_MACRO, nothing);
    return true;
}

/* "255.255.255.0" as 24; false when it is no netmask. */
static bool read_netmask(struct seki_str text, unsigned *bits_out)
{
    struct seki_ip mask;
    if (!seki_ip_parse(text, &mask) || mask.octet_count != 4)
        return false;
    uint32_t bits = (uint32_t)mask.octets[0] << 24 | (uint32_t)mask.octets[1] << 16 |
                    (uint32_t)mask.octets[2] << 8 | mask.octets[3];
    for (*bits_out = 0; (bits & 0x80000000u) != 0; bits <<= 1)
        ++*bits_out;
    return bits == 0;
}

static void find_length(struct fault *fault, const struct seki_ip *ip, struct seki_str length)
{
    char text[SEKI_IP_TEXT_MAX];
    unsigned bits;
    if (read_netmask(seki_str_from(length, 1), &bits))
        find(fault, DOMAIN_SPF_NETMASK, MEANT(fault, "ip4:%s/%u", seki_ip_format(ip, text), bits));
    else
        find(fault, DOMAIN_SPF_PREFIX_LENGTH, nothing);
}

/* Before the other mechanisms with a name: an address may hold colons. */
static bool detect_ip(struct fault *fault)
{
    struct seki_ip ip;
    struct seki_str length;
    size_t kind = mechanism_of(fault->name);
    struct seki_str host = seki_str_head(fault->argument, seki_str_find(fault->argument, '/'));
    if (kind != SEKI_SPF_TERM_IP4 && kind != SEKI_SPF_TERM_IP6)
        return false;
    bool is_address = fault->separator == ':' && read_address(fault->argument, &ip, &length);
    bool is_wanted = seki_str_find(host, ':') < host.len ? kind == SEKI_SPF_TERM_IP6 : kind == SEKI_SPF_TERM_IP4;
    if (is_address && !is_wanted)
        find(fault, DOMAIN_SPF_IP_FAMILY, ip_term(fault, &ip, length));
    else if (is_address)
        find_length(fault, &ip, length);
    else if (is_domain(host))
        find(fault, DOMAIN_SPF_IP_HOST_NAME, MEANT(fault, "a:%.*s", SEKI_STR_ARGS(host)));
    else
        find(fault, DOMAIN_SPF_IP_UNREADABLE, nothing);
    return true;
}

/* include, a, mx, ptr, exists, redirect, exp */
static bool detect_name(struct fault *fault)
{
    struct seki_ip ip;
    struct seki_str length, argument = fault->argument;
    size_t kind = mechanism_of(fault->name);
    bool has_length = seki_str_find(argument, '/') < argument.len || fault->separator == '/';
    if (kind == SEKI_SPF_MECHANISM_COUNT && !(is_modifier(fault->name) && fault->separator == '='))
        return false;
    struct seki_str name = seki_str_head(argument, seki_str_find(argument, '/'));
    if (read_address(argument, &ip, &length) && fault->separator != '/')
        find(fault, DOMAIN_SPF_ADDRESS_FOR_NAME, ip_term(fault, &ip, length));
    else if (has_length && (kind == SEKI_SPF_TERM_A || kind == SEKI_SPF_TERM_MX) &&
             (fault->separator == '/' || is_domain(name)))
        find(fault, DOMAIN_SPF_PREFIX_LENGTH, nothing);
    else if (has_length && (fault->separator == '/' || is_domain(name)))
        find(fault, DOMAIN_SPF_PREFIX_MISPLACED, nothing);
    else
        find(fault, argument.len == 0 ? DOMAIN_SPF_DOMAIN_MISSING : DOMAIN_SPF_NOT_A_NAME, nothing);
    return true;
}

/* In this order: what comes first explains the term, or more terms, better. */
static detector *const detectors[] = {
    detect_dash,
    detect_not_ascii,
    detect_space,
    detect_quote,
    detect_glued,
    detect_macro,
    detect_separator,
    detect_modifier_sign,
    detect_colon_missing,
    detect_all,
    detect_ip,
    detect_name,
    detect_bare_address,
    detect_colon_for_equals,
    detect_bare_name,
    detect_misspelt,
    detect_unknown,
};

size_t domain_spf_find_fault(struct domain_run *run, const struct domain_spf_place *place, size_t index)
{
    struct fault fault = { .run = run, .place = place, .index = index, .taken = 1 };
    split(&fault, place->terms[index].text);
    for (size_t i = 0; i < sizeof detectors / sizeof detectors[0]; i++)
        if (detectors[i](&fault))
            break;
    return fault.taken;
}

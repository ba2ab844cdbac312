#include "auth/spf_record.h"

#include <arpa/inet.h>

#define VERSION SEKI_STR("v=spf1")

/* Every reader of an argument returns NULL, or what is wrong, as a phrase that follows the term. */
typedef const char *argument_reader(struct seki_str argument, struct seki_spf_term *term);

bool seki_spf_has_version(struct seki_str text)
{
    return seki_str_starts_with_nocase(text, VERSION) && (text.len == VERSION.len || text.ptr[VERSION.len] == ' ');
}

/* all = "all" */
static const char *read_nothing(struct seki_str argument, struct seki_spf_term *term)
{
    (void)term;
    return argument.len == 0 ? NULL : "has something behind its name";
}

/* ":" domain-spec */
static const char *read_domain(struct seki_str argument, struct seki_spf_term *term)
{
    if (argument.len == 0)
        return "lacks its domain name";
    if (argument.ptr[0] != ':')
        return "has a prefix length where none may stand";
    struct seki_str spec = term->domain_spec.text = seki_str_from(argument, 1);
    const char *wrong = seki_spf_check_domain_spec(spec, &term->domain_spec.letters);
    struct seki_ip address;
    if (wrong != NULL && seki_ip_parse(spec, &address)) /* often published so */
        return "holds an address where a domain name belongs; ip4: or ip6: takes addresses";
    return wrong;
}

/* [ ":" domain-spec ] */
static const char *read_optional_domain(struct seki_str argument, struct seki_spf_term *term)
{
    return argument.len == 0 ? NULL : read_domain(argument, term);
}

/* Cut "/" and the digits behind it off the end. false when the text does not end so. */
static bool cut_prefix_length(struct seki_str *text, struct seki_str *digits_out)
{
    size_t start = text->len;
    while (start > 0 && seki_is_digit(text->ptr[start - 1]))
        start--;
    if (start == text->len || start == 0 || text->ptr[start - 1] != '/')
        return false;
    *digits_out = (struct seki_str){ text->ptr + start, text->len - start };
    text->len = start - 1;
    return true;
}

/* ip4-cidr-length = "/" ("0" / %x31-39 0*1DIGIT) ; value range 0-32
 * ip6-cidr-length = "/" ("0" / %x31-39 0*2DIGIT) ; value range 0-128 */
static bool read_prefix_length(struct seki_str digits, uint8_t max_bits, uint8_t *bits_out)
{
    uint64_t bits;
    if (!seki_str_to_u64(digits, max_bits, &bits) || (digits.len > 1 && digits.ptr[0] == '0'))
        return false;
    *bits_out = (uint8_t)bits;
    return true;
}

static const char bad_ip4_prefix[] = "has a prefix length that is not 0 to 32";
static const char bad_ip6_prefix[] = "has a prefix length that is not 0 to 128";

/* [ ":" domain-spec ] [ dual-cidr-length ]
 * dual-cidr-length = [ ip4-cidr-length ] [ "/" ip6-cidr-length ]
 * A domain-spec may hold "/" and digits, but cannot end in them, so the lengths are cut off the end. */
static const char *read_domain_and_lengths(struct seki_str argument, struct seki_spf_term *term)
{
    struct seki_str digits;
    bool has_length = cut_prefix_length(&argument, &digits);
    if (has_length && argument.len > 0 && argument.ptr[argument.len - 1] == '/') {
        argument.len--;
        if (!read_prefix_length(digits, 128, &term->ip6_prefix_bits))
            return bad_ip6_prefix;
        has_length = cut_prefix_length(&argument, &digits);
    }
    if (has_length && !read_prefix_length(digits, 32, &term->ip4_prefix_bits))
        return bad_ip4_prefix;
    return read_optional_domain(argument, term);
}

/* qnum = DIGIT / %x31-39 DIGIT / "1" 2DIGIT / "2" %x30-34 DIGIT / "25" %x30-35 */
static bool read_qnum(struct seki_str *rest, uint8_t *value_out)
{
    unsigned value = 0;
    size_t digits = 0;
    for (; digits < rest->len && digits < 4 && seki_is_digit(rest->ptr[digits]); digits++)
        value = value * 10 + (unsigned)(rest->ptr[digits] - '0');
    if (digits == 0 || value > 255 || (digits > 1 && rest->ptr[0] == '0'))
        return false;
    *value_out = (uint8_t)value;
    *rest = seki_str_from(*rest, digits);
    return true;
}

/* ip4-network = qnum "." qnum "." qnum "." qnum */
static bool read_ip4_network(struct seki_str text, struct seki_ip *network)
{
    network->octet_count = 4;
    for (size_t i = 0; i < 4; i++) {
        if (!read_qnum(&text, &network->octets[i]))
            return false;
        if (i == 3)
            break;
        if (text.len == 0 || text.ptr[0] != '.')
            return false;
        text = seki_str_from(text, 1);
    }
    return text.len == 0;
}

/* ip6-network = <as per Section 2.2 of [RFC4291]>
 * Not seki_ip_parse(), which makes an IPv4 address of ::ffff:192.0.2.1: "IPv4 <ip> addresses are only listed in an
 * SPF record using the "ip4" mechanism" (section 5). */
static bool read_ip6_network(struct seki_str text, struct seki_ip *network)
{
    char terminated[SEKI_IP_TEXT_MAX];
    if (text.len == 0 || text.len >= sizeof terminated || memchr(text.ptr, '\0', text.len) != NULL)
        return false;
    memcpy(terminated, text.ptr, text.len);
    terminated[text.len] = '\0';
    network->octet_count = 16;
    return inet_pton(AF_INET6, terminated, network->octets) == 1;
}

/* ":" ip4-network [ ip4-cidr-length ] */
static const char *read_ip4(struct seki_str argument, struct seki_spf_term *term)
{
    struct seki_str digits;
    if (cut_prefix_length(&argument, &digits) && !read_prefix_length(digits, 32, &term->ip4_prefix_bits))
        return bad_ip4_prefix;
    if (argument.len == 0 || argument.ptr[0] != ':' ||
        !read_ip4_network(seki_str_from(argument, 1), &term->network))
        return "does not hold an IPv4 address";
    return NULL;
}

/* ":" ip6-network [ ip6-cidr-length ] */
static const char *read_ip6(struct seki_str argument, struct seki_spf_term *term)
{
    struct seki_str digits;
    if (cut_prefix_length(&argument, &digits) && !read_prefix_length(digits, 128, &term->ip6_prefix_bits))
        return bad_ip6_prefix;
    if (argument.len == 0 || argument.ptr[0] != ':' ||
        !read_ip6_network(seki_str_from(argument, 1), &term->network))
        return "does not hold an IPv6 address";
    return NULL;
}

/* mechanism = ( all / include / a / mx / ptr / ip4 / ip6 / exists ) */
static const struct mechanism {
    struct seki_str name;
    argument_reader *read;
} mechanisms[] = {
    [SEKI_SPF_TERM_ALL] = { SEKI_STR_INIT("all"), read_nothing },
    [SEKI_SPF_TERM_INCLUDE] = { SEKI_STR_INIT("include"), read_domain },
    [SEKI_SPF_TERM_A] = { SEKI_STR_INIT("a"), read_domain_and_lengths },
    [SEKI_SPF_TERM_MX] = { SEKI_STR_INIT("mx"), read_domain_and_lengths },
    [SEKI_SPF_TERM_PTR] = { SEKI_STR_INIT("ptr"), read_optional_domain },
    [SEKI_SPF_TERM_IP4] = { SEKI_STR_INIT("ip4"), read_ip4 },
    [SEKI_SPF_TERM_IP6] = { SEKI_STR_INIT("ip6"), read_ip6 },
    [SEKI_SPF_TERM_EXISTS] = { SEKI_STR_INIT("exists"), read_domain },
};
_Static_assert(sizeof mechanisms / sizeof mechanisms[0] == SEKI_SPF_MECHANISM_COUNT, "one row per mechanism");

struct seki_str seki_spf_mechanism_name(enum seki_spf_term_kind kind)
{
    return mechanisms[kind].name;
}

/* qualifier = "+" / "-" / "?" / "~" */
static bool cut_qualifier(struct seki_str *text, enum seki_spf_result *result_out)
{
    switch (text->ptr[0]) {
    case '+': *result_out = SEKI_SPF_PASS; break;
    case '-': *result_out = SEKI_SPF_FAIL; break;
    case '?': *result_out = SEKI_SPF_NEUTRAL; break;
    case '~': *result_out = SEKI_SPF_SOFTFAIL; break;
    default: *result_out = SEKI_SPF_PASS; return false;
    }
    *text = seki_str_from(*text, 1);
    return true;
}

static const char *read_mechanism(struct seki_str name, struct seki_str argument, struct seki_spf_term *term)
{
    for (size_t i = 0; i < SEKI_SPF_MECHANISM_COUNT; i++) {
        if (!seki_str_equal_nocase(mechanisms[i].name, name))
            continue;
        term->kind = (enum seki_spf_term_kind)i;
        term->ip4_prefix_bits = 32;
        term->ip6_prefix_bits = 128;
        return mechanisms[i].read(argument, term);
    }
    return "is no mechanism";
}

/* name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." ) */
bool seki_spf_is_name(struct seki_str name)
{
    if (name.len == 0 || !seki_is_alpha(name.ptr[0]))
        return false;
    for (size_t i = 1; i < name.len; i++)
        if (!seki_is_alnum(name.ptr[i]) && memchr("-_.", name.ptr[i], 3) == NULL)
            return false;
    return true;
}

/* redirect         = "redirect" "=" domain-spec
 * explanation      = "exp" "=" domain-spec
 * unknown-modifier = name "=" macro-string ; where name is not any known modifier */
static const char *read_modifier(struct seki_str name, struct seki_str value, struct seki_spf_term *term)
{
    term->domain_spec.text = value;
    if (seki_str_equal_nocase(name, SEKI_STR("redirect")))
        term->kind = SEKI_SPF_TERM_REDIRECT;
    else if (seki_str_equal_nocase(name, SEKI_STR("exp")))
        term->kind = SEKI_SPF_TERM_EXP;
    else {
        term->kind = SEKI_SPF_TERM_UNKNOWN_MODIFIER;
        return seki_spf_is_name(name) ? seki_spf_check_macro_string(value, &term->domain_spec.letters)
                                      : "is neither a mechanism nor a modifier";
    }
    return seki_spf_check_domain_spec(value, &term->domain_spec.letters);
}

/* directive = [ qualifier ] mechanism
 * "Modifiers always contain an equals ('=') character immediately after the name, and before any ":" or "/""
 * (section 4.6.1). */
static const char *read_term(struct seki_str text, struct seki_spf_term *term)
{
    *term = (struct seki_spf_term){ .text = text };
    bool has_qualifier = cut_qualifier(&text, &term->qualifier);
    size_t end = 0;
    while (end < text.len && text.ptr[end] != '=' && text.ptr[end] != ':' && text.ptr[end] != '/')
        end++;
    struct seki_str name = seki_str_head(text, end), rest = seki_str_from(text, end);
    if (rest.len == 0 || rest.ptr[0] != '=')
        return read_mechanism(name, rest, term);
    if (has_qualifier)
        return "is a modifier, which takes no qualifier";
    return read_modifier(name, seki_str_from(rest, 1), term);
}

/* terms = *( 1*SP ( directive / modifier ) ) */
bool seki_spf_next_term(struct seki_str *terms, struct seki_spf_term *term_out, struct seki_spf_fault *fault_out)
{
    *fault_out = (struct seki_spf_fault){ .what = NULL };
    while (terms->len > 0 && terms->ptr[0] == ' ')
        *terms = seki_str_from(*terms, 1);
    if (terms->len == 0)
        return false;
    struct seki_str text = seki_str_head(*terms, seki_str_find(*terms, ' '));
    *terms = seki_str_from(*terms, text.len);
    fault_out->what = read_term(text, term_out);
    if (fault_out->what != NULL)
        fault_out->term = text;
    return fault_out->what == NULL;
}

/* "These two modifiers MUST NOT appear in a record more than once each" (section 6). */
static const char *note_once(const struct seki_spf_term *term, bool *is_seen, struct seki_spf_domain_spec *spec)
{
    if (*is_seen)
        return "is there more than once";
    *is_seen = true;
    *spec = term->domain_spec;
    return NULL;
}

static const char *note_term(struct seki_spf_record *record, const struct seki_spf_term *term)
{
    switch (term->kind) {
    case SEKI_SPF_TERM_ALL: record->has_all = true; return NULL;
    case SEKI_SPF_TERM_REDIRECT: return note_once(term, &record->has_redirect, &record->redirect);
    case SEKI_SPF_TERM_EXP: return note_once(term, &record->has_exp, &record->exp);
    default: return NULL;
    }
}

/* record = version terms *SP */
bool seki_spf_record_read(struct seki_str text, struct seki_spf_record *record_out,
                          struct seki_spf_fault *fault_out)
{
    *record_out = (struct seki_spf_record){ .text = text, .terms = seki_str_from(text, seki_str_find(text, ' ')) };
    struct seki_str rest = record_out->terms;
    struct seki_spf_term term;
    while (seki_spf_next_term(&rest, &term, fault_out)) {
        fault_out->what = note_term(record_out, &term);
        if (fault_out->what == NULL)
            continue;
        fault_out->term = term.text;
        return false;
    }
    return fault_out->what == NULL;
}

/* <entry> of RFC 1035 section 5.1:
 *
 *   <blank>[<comment>]
 *   $ORIGIN <domain-name> [<comment>]
 *   $INCLUDE <file-name> [<domain-name>] [<comment>]
 *   <domain-name><rr> [<comment>]
 *   <blank><rr> [<comment>]
 *
 *   <rr>  =  [<TTL>] [<class>] <type> <RDATA>  |  [<class>] [<TTL>] <type> <RDATA> */
#include "dns/driver/master_reader.h"

#include "base/i18n.h"
#include "dns/driver/master_lexer.h"
#include "dns/rdata.h"

#include <stdarg.h>

#define DEFAULT_TTL_S 3600u
#define RDATA_MAX     65535u
#define DIGEST_MAX    64u /* of a DS record: the longest in IANA's list is SHA-384's 48 octets */

struct reader {
    struct master_lexer lexer;
    struct master_token token; /* the one being looked at */
    const char *file_name;
    struct seki_error *why;
    master_sink sink;
    void *user;

    struct seki_dns_name origin, owner;
    bool has_owner, has_default_ttl, has_last_ttl;
    uint32_t default_ttl_s, last_ttl_s; /* $TTL; the last one stated in a record, or the minimum of the SOA */

    size_t rdata_len;
    bool has_long_string;
    uint8_t rdata[RDATA_MAX];
};

/* One type: its word and how its <RDATA> is read. */
struct type_row {
    struct seki_str word;
    uint16_t type;
    bool (*read)(struct reader *r);
};

SEKI_PRINTF(2, 3)
static bool fail(struct reader *r, const char *format, ...)
{
    char what[256];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    seki_error_set(r->why, "%s:%u: %s", r->file_name, r->lexer.line, what);
    return false;
}

/* Step to the next token. False at a bad one, which has then been reported. */
static bool next(struct reader *r)
{
    r->token = master_lexer_next(&r->lexer);
    return r->token.kind != MASTER_BAD || fail(r, N_("%.*s"), SEKI_STR_ARGS(r->token.text));
}

static bool at_line_end(const struct reader *r)
{
    return r->token.kind == MASTER_NEWLINE || r->token.kind == MASTER_END;
}

static bool expect_word(struct reader *r, const char *what)
{
    return r->token.kind == MASTER_WORD || fail(r, N_("%s is missing or quoted"), what);
}

static void put(struct reader *r, const void *octets, size_t len)
{
    memcpy(r->rdata + r->rdata_len, octets, len);
    r->rdata_len += len;
}

static void put_u16(struct reader *r, uint64_t value)
{
    put(r, (uint8_t[]){ (uint8_t)(value >> 8), (uint8_t)value }, 2);
}

static void put_u32(struct reader *r, uint64_t value)
{
    put_u16(r, value >> 16);
    put_u16(r, value);
}

static bool read_name(struct reader *r, struct seki_dns_name *name_out)
{
    if (!expect_word(r, N_("a name")))
        return false;
    if (!seki_dns_name_from_master(r->token.text, &r->origin, name_out))
        return fail(r, N_("\"%.*s\" is no domain name"), SEKI_STR_ARGS(r->token.text));
    return next(r);
}

static bool put_name(struct reader *r)
{
    struct seki_dns_name name;
    if (!read_name(r, &name))
        return false;
    put(r, name.octets, name.len);
    return true;
}

static bool read_number(struct reader *r, const char *what, uint64_t max, uint64_t *value_out)
{
    if (!expect_word(r, what))
        return false;
    if (!seki_str_to_u64(r->token.text, max, value_out))
        return fail(r, N_("%s \"%.*s\" is no number up to %llu"), what, SEKI_STR_ARGS(r->token.text),
                    (unsigned long long)max);
    return next(r);
}

static uint32_t unit_in_seconds(char unit)
{
    switch (seki_ascii_lower(unit)) {
    case 's': return 1;
    case 'm': return 60;
    case 'h': return 3600;
    case 'd': return 86400;
    case 'w': return 604800;
    default: return 0;
    }
}

/* "3600", or as BIND writes it "1h", "2d12h". At most 2^31 - 1 (RFC 2181 section 8). */
static bool parse_time(struct seki_str text, uint32_t *seconds_out)
{
    uint64_t total = 0, number;
    while (text.len > 0) {
        size_t digits = 0;
        while (digits < text.len && seki_is_digit(text.ptr[digits]))
            digits++;
        uint32_t unit = digits < text.len ? unit_in_seconds(text.ptr[digits]) : 1;
        if (unit == 0 || !seki_str_to_u64(seki_str_head(text, digits), INT32_MAX, &number))
            return false;
        total += number * unit;
        if (total > INT32_MAX)
            return false;
        text = seki_str_from(text, digits + 1);
    }
    *seconds_out = (uint32_t)total;
    return true;
}

static bool read_time(struct reader *r, const char *what, uint32_t *seconds_out)
{
    if (!expect_word(r, what))
        return false;
    if (!parse_time(r->token.text, seconds_out))
        return fail(r, N_("%s \"%.*s\" is no time (seconds up to 2147483647, or as in 2d12h)"), what,
                    SEKI_STR_ARGS(r->token.text));
    return next(r);
}

static bool read_address(struct reader *r, uint8_t octet_count, const char *what)
{
    struct seki_ip ip;
    if (!expect_word(r, what))
        return false;
    /* seki_ip_parse() makes IPv4 of a mapped IPv6 address, which an AAAA record may well hold. */
    bool is_address = seki_ip_parse(r->token.text, &ip);
    bool is_mapped = is_address && octet_count == 16 && ip.octet_count == 4 &&
                     seki_str_find(r->token.text, ':') < r->token.text.len;
    if (!is_address || (ip.octet_count != octet_count && !is_mapped))
        return fail(r, N_("\"%.*s\" is no %s"), SEKI_STR_ARGS(r->token.text), what);
    if (is_mapped)
        put(r, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
    put(r, ip.octets, ip.octet_count);
    return next(r);
}

static bool read_a(struct reader *r)
{
    return read_address(r, 4, N_("IPv4 address"));
}

static bool read_aaaa(struct reader *r)
{
    return read_address(r, 16, N_("IPv6 address"));
}

static bool read_mx(struct reader *r)
{
    uint64_t preference;
    if (!read_number(r, N_("the preference"), UINT16_MAX, &preference))
        return false;
    put_u16(r, preference);
    return put_name(r);
}

static bool read_soa(struct reader *r)
{
    static const char *const times[] = { "REFRESH", "RETRY", "EXPIRE", "MINIMUM" };
    uint64_t serial;
    uint32_t seconds = 0;
    if (!put_name(r) || !put_name(r) || !read_number(r, "SERIAL", UINT32_MAX, &serial))
        return false;
    put_u32(r, serial);
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        if (!read_time(r, times[i], &seconds))
            return false;
        put_u32(r, seconds);
    }
    if (!r->has_last_ttl)
        r->last_ttl_s = seconds; /* RFC 2308 section 4: what MINIMUM was once for */
    r->has_last_ttl = true;
    return true;
}

/* @return its length octet; NULL when one more may not fit, which has then been reported */
static uint8_t *begin_string(struct reader *r)
{
    if (r->rdata_len >= RDATA_MAX - DNS_CHARACTER_STRING_MAX) {
        fail(r, N_("the text is longer than a record can be"));
        return NULL;
    }
    put(r, "", 1);
    return r->rdata + r->rdata_len - 1;
}

/* <character-string>: quoted or not, at most 255 octets. One over that is split and noted: a person who tries a zone
 * out is told of it with everything else that is wrong. */
static bool put_character_string(struct reader *r)
{
    struct seki_str rest = r->token.text;
    uint8_t *len = begin_string(r);
    while (len != NULL && rest.len > 0) {
        uint8_t octet;
        bool is_escaped;
        if (!seki_dns_master_octet(&rest, &octet, &is_escaped))
            return fail(r, N_("a bad escape: write \\DDD with DDD from 000 to 255, or \\ and the character"));
        if (*len == DNS_CHARACTER_STRING_MAX) {
            r->has_long_string = true;
            if ((len = begin_string(r)) == NULL)
                return false;
        }
        put(r, &octet, 1);
        ++*len;
    }
    return len != NULL && next(r);
}

static bool read_txt(struct reader *r)
{
    if (at_line_end(r))
        return fail(r, N_("TXT without a string"));
    while (!at_line_end(r))
        if (!put_character_string(r))
            return false;
    return true;
}

struct algorithm_row {
    struct seki_str mnemonic;
    uint8_t number;
};

/* "an unsigned decimal integer or ... an algorithm mnemonic" (RFC 4034 section 5.3); IANA's list */
static bool read_algorithm(struct reader *r, uint64_t *number_out)
{
    static const struct algorithm_row algorithms[] = {
        { SEKI_STR_INIT("RSAMD5"), 1 },
        { SEKI_STR_INIT("DH"), 2 },
        { SEKI_STR_INIT("DSA"), 3 },
        { SEKI_STR_INIT("RSASHA1"), 5 },
        { SEKI_STR_INIT("DSA-NSEC3-SHA1"), 6 },
        { SEKI_STR_INIT("RSASHA1-NSEC3-SHA1"), 7 },
        { SEKI_STR_INIT("RSASHA256"), 8 },
        { SEKI_STR_INIT("RSASHA512"), 10 },
        { SEKI_STR_INIT("ECC-GOST"), 12 },
        { SEKI_STR_INIT("ECDSAP256SHA256"), 13 },
        { SEKI_STR_INIT("ECDSAP384SHA384"), 14 },
        { SEKI_STR_INIT("ED25519"), 15 },
        { SEKI_STR_INIT("ED448"), 16 },
    };
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++)
        if (r->token.kind == MASTER_WORD && seki_str_equal_nocase(r->token.text, algorithms[i].mnemonic)) {
            *number_out = algorithms[i].number;
            return next(r);
        }
    return read_number(r, N_("the algorithm"), UINT8_MAX, number_out);
}

static int hex_digit(char c)
{
    char lower = seki_ascii_lower(c);
    return seki_is_digit(c) ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The digest: hexadecimal, "Whitespace is allowed within the hexadecimal text" (RFC 4034 section 5.3). */
static bool put_digest(struct reader *r)
{
    size_t digits = 0;
    uint8_t octet = 0;
    while (!at_line_end(r)) {
        for (size_t i = 0; i < r->token.text.len; i++) {
            int digit = hex_digit(r->token.text.ptr[i]);
            if (digit < 0 || digits == 2 * DIGEST_MAX)
                return fail(r, N_("the digest is no hexadecimal text of up to %u octets"), DIGEST_MAX);
            octet = (uint8_t)(octet << 4 | digit);
            if (++digits % 2 == 0)
                put(r, &octet, 1);
        }
        if (!next(r))
            return false;
    }
    return (digits > 0 && digits % 2 == 0) || fail(r, N_("the digest is missing or ends in half an octet"));
}

static bool read_ds(struct reader *r)
{
    uint64_t key_tag, algorithm, digest_type;
    if (!read_number(r, N_("the key tag"), UINT16_MAX, &key_tag) || !read_algorithm(r, &algorithm) ||
        !read_number(r, N_("the digest type"), UINT8_MAX, &digest_type))
        return false;
    put_u16(r, key_tag);
    put_u16(r, algorithm << 8 | digest_type);
    return put_digest(r);
}

static const struct type_row types[] = {
    { SEKI_STR_INIT("A"), SEKI_RR_A, read_a },           { SEKI_STR_INIT("AAAA"), SEKI_RR_AAAA, read_aaaa },
    { SEKI_STR_INIT("CNAME"), SEKI_RR_CNAME, put_name }, { SEKI_STR_INIT("DS"), SEKI_RR_DS, read_ds },
    { SEKI_STR_INIT("MX"), SEKI_RR_MX, read_mx },        { SEKI_STR_INIT("NS"), SEKI_RR_NS, put_name },
    { SEKI_STR_INIT("PTR"), SEKI_RR_PTR, put_name },     { SEKI_STR_INIT("SOA"), DNS_TYPE_SOA, read_soa },
    { SEKI_STR_INIT("SPF"), SEKI_RR_SPF, read_txt },     { SEKI_STR_INIT("TXT"), SEKI_RR_TXT, read_txt },
};

/* Types of the IANA registry that are passed over; so a misspelt "TXTT" is still an error. */
static const struct seki_str passed_over[] = {
    SEKI_STR_INIT("AFSDB"),  SEKI_STR_INIT("AMTRELAY"),   SEKI_STR_INIT("APL"),        SEKI_STR_INIT("AVC"),
    SEKI_STR_INIT("CAA"),    SEKI_STR_INIT("CDNSKEY"),    SEKI_STR_INIT("CDS"),        SEKI_STR_INIT("CERT"),
    SEKI_STR_INIT("CSYNC"),  SEKI_STR_INIT("DHCID"),      SEKI_STR_INIT("DLV"),        SEKI_STR_INIT("DNAME"),
    SEKI_STR_INIT("DNSKEY"), SEKI_STR_INIT("EUI48"),      SEKI_STR_INIT("EUI64"),      SEKI_STR_INIT("HINFO"),
    SEKI_STR_INIT("HIP"),    SEKI_STR_INIT("HTTPS"),      SEKI_STR_INIT("IPSECKEY"),   SEKI_STR_INIT("KEY"),
    SEKI_STR_INIT("KX"),     SEKI_STR_INIT("L32"),        SEKI_STR_INIT("L64"),        SEKI_STR_INIT("LOC"),
    SEKI_STR_INIT("LP"),     SEKI_STR_INIT("NAPTR"),      SEKI_STR_INIT("NID"),        SEKI_STR_INIT("NSEC"),
    SEKI_STR_INIT("NSEC3"),  SEKI_STR_INIT("NSEC3PARAM"), SEKI_STR_INIT("OPENPGPKEY"), SEKI_STR_INIT("RP"),
    SEKI_STR_INIT("RRSIG"),  SEKI_STR_INIT("RT"),         SEKI_STR_INIT("SIG"),        SEKI_STR_INIT("SMIMEA"),
    SEKI_STR_INIT("SRV"),    SEKI_STR_INIT("SSHFP"),      SEKI_STR_INIT("SVCB"),       SEKI_STR_INIT("TA"),
    SEKI_STR_INIT("TLSA"),   SEKI_STR_INIT("URI"),        SEKI_STR_INIT("ZONEMD"),
};

/* TYPE65534 and kin (RFC 3597 section 5). */
static bool is_numbered_type(struct seki_str word)
{
    uint64_t number;
    return seki_str_starts_with_nocase(word, SEKI_STR("TYPE")) &&
           seki_str_to_u64(seki_str_from(word, 4), UINT16_MAX, &number);
}

static bool is_passed_over(struct seki_str word)
{
    for (size_t i = 0; i < sizeof passed_over / sizeof passed_over[0]; i++)
        if (seki_str_equal_nocase(word, passed_over[i]))
            return true;
    return is_numbered_type(word);
}

static const struct type_row *find_type(struct seki_str word)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (seki_str_equal_nocase(word, types[i].word))
            return &types[i];
    return NULL;
}

static bool is_class_in(struct seki_str word)
{
    return seki_str_equal_nocase(word, SEKI_STR("IN")) || seki_str_equal_nocase(word, SEKI_STR("CLASS1"));
}

static bool is_other_class(struct seki_str word)
{
    return seki_str_equal_nocase(word, SEKI_STR("CH")) || seki_str_equal_nocase(word, SEKI_STR("HS")) ||
           seki_str_equal_nocase(word, SEKI_STR("CS")) || seki_str_starts_with_nocase(word, SEKI_STR("CLASS"));
}

/* [<TTL>] [<class>] or [<class>] [<TTL>]. No type starts with a digit. */
static bool read_ttl_and_class(struct reader *r, bool *has_ttl_out)
{
    bool has_class = false;
    *has_ttl_out = false;
    while (r->token.kind == MASTER_WORD) {
        if (!*has_ttl_out && seki_is_digit(r->token.text.ptr[0])) {
            *has_ttl_out = true;
            if (!read_time(r, N_("the TTL"), &r->last_ttl_s))
                return false;
            r->has_last_ttl = true;
            continue;
        }
        if (has_class || !is_class_in(r->token.text))
            break;
        has_class = true;
        if (!next(r))
            return false;
    }
    return true;
}

static uint32_t ttl_of(const struct reader *r, bool has_ttl)
{
    if (!has_ttl && r->has_default_ttl)
        return r->default_ttl_s;
    return r->has_last_ttl ? r->last_ttl_s : DEFAULT_TTL_S;
}

static bool deliver(struct reader *r, uint16_t type, bool has_ttl, bool has_rdata)
{
    struct master_entry entry = {
        .owner = &r->owner,
        .type = type,
        .ttl_s = ttl_of(r, has_ttl),
        .rdata = has_rdata ? r->rdata : NULL,
        .rdata_len = has_rdata ? r->rdata_len : 0,
        .has_long_string = has_rdata && r->has_long_string,
    };
    struct seki_error what = { "" };
    return r->sink(r->user, &entry, &what) || fail(r, N_("%s"), what.text);
}

static bool pass_over(struct reader *r, bool has_ttl)
{
    while (!at_line_end(r))
        if (!next(r))
            return false;
    return deliver(r, 0, has_ttl, false);
}

/* <rr>, behind its owner. */
static bool read_rr(struct reader *r)
{
    bool has_ttl;
    if (!read_ttl_and_class(r, &has_ttl) || !expect_word(r, N_("the type")))
        return false;
    struct seki_str word = r->token.text;
    const struct type_row *row = find_type(word);
    if (row == NULL && is_other_class(word))
        return fail(r, N_("class %.*s: only IN can be used"), SEKI_STR_ARGS(word));
    if (row == NULL && !is_passed_over(word))
        return fail(r, N_("unknown type \"%.*s\""), SEKI_STR_ARGS(word));
    if (!next(r))
        return false;
    if (row == NULL)
        return pass_over(r, has_ttl);
    r->rdata_len = 0;
    r->has_long_string = false;
    if (!row->read(r))
        return false;
    if (!at_line_end(r))
        return fail(r, N_("\"%.*s\" is too much for a record of type %.*s"), SEKI_STR_ARGS(r->token.text),
                    SEKI_STR_ARGS(row->word));
    return deliver(r, row->type, has_ttl, true);
}

/* $ORIGIN, $TTL (RFC 2308 section 4). */
static bool read_directive(struct reader *r)
{
    struct seki_str word = r->token.text;
    bool is_origin = seki_str_equal_nocase(word, SEKI_STR("$ORIGIN"));
    if (!is_origin && !seki_str_equal_nocase(word, SEKI_STR("$TTL")))
        return fail(r, N_("%.*s cannot be used here: only $ORIGIN and $TTL"), SEKI_STR_ARGS(word));
    if (!next(r))
        return false;
    struct seki_dns_name origin;
    if (is_origin ? !read_name(r, &origin) : !read_time(r, "$TTL", &r->default_ttl_s))
        return false;
    if (is_origin)
        r->origin = origin;
    else
        r->has_default_ttl = true;
    return at_line_end(r) || fail(r, N_("too much behind %.*s"), SEKI_STR_ARGS(word));
}

/* <entry> */
static bool read_entry(struct reader *r)
{
    bool repeats_owner = master_lexer_starts_blank(&r->lexer);
    if (!next(r))
        return false;
    if (at_line_end(r))
        return true;
    if (!repeats_owner && r->token.kind == MASTER_WORD && r->token.text.ptr[0] == '$')
        return read_directive(r);
    if (repeats_owner && !r->has_owner)
        return fail(r, N_("a line that starts with a blank repeats the owner before it, but there is none yet"));
    if (!repeats_owner && !read_name(r, &r->owner))
        return false;
    r->has_owner = true;
    return read_rr(r);
}

bool master_read(const struct master_text *text, master_sink sink, void *user, struct seki_error *why)
{
    struct reader *r = malloc(sizeof *r);
    if (r == NULL) {
        seki_error_set(why, "%s: no memory to read it", text->file_name);
        return false;
    }
    *r = (struct reader){
        .file_name = text->file_name, .why = why, .sink = sink, .user = user, .origin = { .len = 1 }
    };
    master_lexer_init(&r->lexer, text->text, text->first_line);
    bool is_readable;
    do
        is_readable = read_entry(r);
    while (is_readable && r->token.kind != MASTER_END);
    free(r);
    return is_readable;
}

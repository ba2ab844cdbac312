#include "domain/transport_record.h"

#define NAME_MAX_OCTETS 32u

struct grammar {
    struct seki_str version,
        trace; /* trace: what a record that was meant to be one holds, whatever else is wrong */
    bool (*is_value)(struct seki_str name, struct seki_str value);
};

static bool is_vchar(char c)
{
    return c > ' ' && c <= '~';
}

/* sts-ext-value = 1*(%x21-3A / %x3C / %x3E-7E)                       (RFC 8461 section 3.1; RFC 8460 section 3) */
static bool is_extension_value(struct seki_str value)
{
    for (size_t i = 0; i < value.len; i++)
        if (!is_vchar(value.ptr[i]) || value.ptr[i] == ';' || value.ptr[i] == '=')
            return false;
    return value.len > 0;
}

/* sts-id = %s"id=" 1*32(ALPHA / DIGIT) */
static bool is_id(struct seki_str value)
{
    for (size_t i = 0; i < value.len; i++)
        if (!seki_is_alnum(value.ptr[i]))
            return false;
    return value.len > 0 && value.len <= 32;
}

static bool is_mta_sts_value(struct seki_str name, struct seki_str value)
{
    return seki_str_equal(name, SEKI_STR("id")) ? is_id(value) : is_extension_value(value);
}

/* Octets that a URI, or a list of them, may hold; which URIs they are is judged by themselves. */
static bool is_printable(struct seki_str value)
{
    for (size_t i = 0; i < value.len; i++)
        if (!is_vchar(value.ptr[i]) && !seki_is_wsp(value.ptr[i]))
            return false;
    return true;
}

/* tlsrpt-rua = %s"rua=" tlsrpt-uri *(*WSP "," *WSP tlsrpt-uri)                                (RFC 8460 section 3) */
static bool is_tls_rpt_value(struct seki_str name, struct seki_str value)
{
    return seki_str_equal(name, SEKI_STR("rua")) ? is_printable(value) : is_extension_value(value);
}

/* The draft of BIMI has the tag list of DKIM (RFC 6376 section 3.2), whose values may be empty. */
static bool is_bimi_value(struct seki_str name, struct seki_str value)
{
    (void)name;
    return is_printable(value);
}

static const struct grammar grammars[DOMAIN_TRANSPORTS] = {
    [DOMAIN_MTA_STS] = { SEKI_STR_INIT("v=STSv1"), SEKI_STR_INIT("STSv"), is_mta_sts_value },
    [DOMAIN_TLS_RPT] = { SEKI_STR_INIT("v=TLSRPTv1"), SEKI_STR_INIT("TLSRPT"), is_tls_rpt_value },
    [DOMAIN_BIMI] = { SEKI_STR_INIT("v=BIMI1"), SEKI_STR_INIT("BIMI"), is_bimi_value },
};

static struct seki_str trim_wsp(struct seki_str s)
{
    while (s.len > 0 && seki_is_wsp(s.ptr[0]))
        s = (struct seki_str){ s.ptr + 1, s.len - 1 };
    while (s.len > 0 && seki_is_wsp(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

bool domain_transport_is_of(enum domain_transport kind, struct seki_str text)
{
    struct seki_str version = grammars[kind].version;
    struct seki_str first = trim_wsp(seki_str_head(text, seki_str_find(text, ';')));
    return seki_str_starts_with(text, version) && first.len == version.len;
}

bool domain_transport_is_nearly(enum domain_transport kind, struct seki_str text)
{
    struct seki_str trace = grammars[kind].trace;
    if (domain_transport_is_of(kind, text))
        return false;
    for (; text.len >= trace.len; text = seki_str_from(text, 1))
        if (seki_str_starts_with_nocase(text, trace))
            return true;
    return false;
}

/* sts-ext-name = (ALPHA / DIGIT) *31(ALPHA / DIGIT / "_" / "-" / ".") */
static bool is_name(struct seki_str name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!seki_is_alnum(name.ptr[i]) && (i == 0 || memchr("_-.", name.ptr[i], 3) == NULL))
            return false;
    return name.len > 0 && name.len <= NAME_MAX_OCTETS;
}

/* sts-extension = sts-ext-name "=" sts-ext-value; around "=" BIMI allows white space, as DKIM does. */
static bool parse_field(enum domain_transport kind, struct seki_str text, struct domain_transport_field *field_out)
{
    size_t equals = seki_str_find(text, '=');
    struct seki_str name = seki_str_head(text, equals), value = seki_str_from(text, equals + 1);
    if (kind == DOMAIN_BIMI) {
        name = trim_wsp(name);
        value = trim_wsp(value);
    }
    *field_out = (struct domain_transport_field){ name, value };
    return equals < text.len && is_name(name) && grammars[kind].is_value(name, value);
}

/* sts-text-record = sts-version 1*(sts-field-delim sts-field) [sts-field-delim]
 * sts-field-delim = *WSP ";" *WSP
 * That there is at least one field follows from the one that each kind must have. */
bool domain_transport_parse(enum domain_transport kind, struct seki_str text,
                            struct domain_transport_record *record_out, struct seki_str *wrong_out)
{
    struct seki_str rest = seki_str_from(text, seki_str_find(text, ';') + 1), piece;
    *record_out = (struct domain_transport_record){ .kind = kind };
    while (seki_str_split(&rest, ';', &piece)) {
        piece = trim_wsp(piece);
        if (piece.len == 0 && rest.len == 0)
            break;
        *wrong_out = piece.len > 0 ? piece : SEKI_STR(";;");
        if (record_out->field_count == DOMAIN_TRANSPORT_FIELDS_MAX ||
            !parse_field(kind, piece, &record_out->fields[record_out->field_count]))
            return false;
        record_out->field_count++;
    }
    return true;
}

const struct seki_str *domain_transport_find(const struct domain_transport_record *record, struct seki_str name)
{
    for (size_t i = 0; i < record->field_count; i++)
        if (seki_str_equal(record->fields[i].name, name))
            return &record->fields[i].value;
    return NULL;
}

void domain_transport_write(const struct domain_transport_record *record, struct seki_buf *out)
{
    seki_buf_add(out, grammars[record->kind].version);
    for (size_t i = 0; i < record->field_count; i++) {
        seki_buf_add(out, SEKI_STR("; "));
        seki_buf_add(out, record->fields[i].name);
        seki_buf_add_char(out, '=');
        seki_buf_add(out, record->fields[i].value);
    }
}

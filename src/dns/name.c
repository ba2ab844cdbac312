#include "dns/name.h"

#include <sekisho/domain.h>

#include <stdio.h>

static const struct seki_dns_name root = { .len = 1 };

bool seki_dns_name_equal(const struct seki_dns_name *a, const struct seki_dns_name *b)
{
    return a->len == b->len && memcmp(a->octets, b->octets, a->len) == 0;
}

/* A length octet is at most 63 and so never taken for a letter. */
static void append_lower(struct seki_dns_name *name, const uint8_t *octets, size_t len)
{
    for (size_t i = 0; i < len; i++)
        name->octets[name->len + i] = (uint8_t)seki_ascii_lower((char)octets[i]);
    name->len = (uint8_t)(name->len + len);
}

/* RFC 1035 section 4.1.4: labels, or labels and a pointer, or a pointer. A pointer leads to "a prior occurance",
 * so each must lead before the place that the last one led to: that is what ends every loop. */
static bool read_labels(struct seki_dns_cursor *c, struct seki_dns_name *name)
{
    size_t at = c->at, pointers_end_at = 0, must_lead_before = c->at;
    for (;;) {
        if (at >= c->len)
            return false;
        uint8_t octet = c->octets[at];
        if (octet >= 0xC0) {
            if (c->len - at < 2)
                return false;
            size_t target = (size_t)(octet & 0x3F) << 8 | c->octets[at + 1];
            if (target >= must_lead_before)
                return false;
            if (pointers_end_at == 0)
                pointers_end_at = at + 2;
            at = must_lead_before = target;
            continue;
        }
        size_t size = (size_t)octet + 1;
        if (octet > DNS_LABEL_MAX || size > c->len - at || size > DNS_NAME_MAX - name->len)
            return false;
        append_lower(name, c->octets + at, size);
        at += size;
        if (octet == 0)
            break;
    }
    c->at = pointers_end_at > 0 ? pointers_end_at : at;
    return true;
}

void seki_dns_name_read(struct seki_dns_cursor *c, struct seki_dns_name *name_out)
{
    name_out->len = 0;
    if (!c->failed && read_labels(c, name_out))
        return;
    c->failed = true;
    *name_out = root;
}

static bool append_label(struct seki_dns_name *name, const uint8_t *label, size_t len)
{
    if (len == 0 || len > DNS_LABEL_MAX || len + 1 > DNS_NAME_MAX - 1u - name->len)
        return false;
    name->octets[name->len++] = (uint8_t)len;
    append_lower(name, label, len);
    return true;
}

bool seki_dns_name_from_text(struct seki_str text, struct seki_dns_name *name_out)
{
    *name_out = (struct seki_dns_name){ 0 };
    if (text.len > 0 && !seki_domain_fits_dns(text))
        return false;
    struct seki_str label;
    while (text.len > 0 && seki_str_split(&text, '.', &label))
        if (!append_label(name_out, (const uint8_t *)label.ptr, label.len))
            return false;
    name_out->octets[name_out->len++] = 0;
    return true;
}

bool seki_dns_name_to_text(const struct seki_dns_name *name, char *text, size_t *len_out)
{
    size_t used = 0;
    for (size_t at = 0; name->octets[at] != 0;) {
        size_t len = name->octets[at++];
        if (used > 0)
            text[used++] = '.';
        if (memchr(name->octets + at, '.', len) != NULL)
            return false;
        memcpy(text + used, name->octets + at, len);
        used += len;
        at += len;
    }
    *len_out = used;
    return true;
}

bool seki_dns_master_octet(struct seki_str *rest, uint8_t *octet_out, bool *is_escaped_out)
{
    struct seki_str r = *rest;
    *is_escaped_out = r.ptr[0] == '\\';
    size_t step = 1;
    if (!*is_escaped_out) {
        *octet_out = (uint8_t)r.ptr[0];
    } else if (r.len < 2) {
        return false;
    } else if (!seki_is_digit(r.ptr[1])) {
        *octet_out = (uint8_t)r.ptr[1];
        step = 2;
    } else {
        uint64_t value;
        if (r.len < 4 || !seki_str_to_u64((struct seki_str){ r.ptr + 1, 3 }, 255, &value))
            return false;
        *octet_out = (uint8_t)value;
        step = 4;
    }
    *rest = (struct seki_str){ r.ptr + step, r.len - step };
    return true;
}

/* <domain-name> of RFC 1035 section 5.1. */
bool seki_dns_name_from_master(struct seki_str token, const struct seki_dns_name *origin,
                               struct seki_dns_name *name_out)
{
    if (seki_str_equal(token, SEKI_STR("@"))) {
        *name_out = *origin;
        return true;
    }
    name_out->len = 0;
    if (seki_str_equal(token, SEKI_STR("."))) {
        *name_out = root;
        return true;
    }
    uint8_t label[DNS_LABEL_MAX];
    size_t len = 0;
    bool is_escaped, is_absolute = false;
    while (token.len > 0) {
        uint8_t octet;
        if (!seki_dns_master_octet(&token, &octet, &is_escaped))
            return false;
        is_absolute = octet == '.' && !is_escaped;
        if (is_absolute) {
            if (!append_label(name_out, label, len))
                return false;
            len = 0;
        } else if (len == DNS_LABEL_MAX) {
            return false;
        } else {
            label[len++] = octet;
        }
    }
    const struct seki_dns_name *tail = is_absolute ? &root : origin;
    if ((!is_absolute && !append_label(name_out, label, len)) || tail->len > DNS_NAME_MAX - name_out->len)
        return false;
    append_lower(name_out, tail->octets, tail->len);
    return true;
}

bool seki_dns_master_is_plain(uint8_t octet)
{
    return seki_is_alnum((char)octet) || (octet != 0 && strchr("-_*/+=", octet) != NULL);
}

const char *seki_dns_name_to_master(const struct seki_dns_name *name, char *text)
{
    char *end = text;
    for (size_t at = 0; name->octets[at] != 0;) {
        for (size_t len = name->octets[at++]; len > 0; len--, at++) {
            if (seki_dns_master_is_plain(name->octets[at]))
                *end++ = (char)name->octets[at];
            else
                end += snprintf(end, 5, "\\%03u", name->octets[at]);
        }
        *end++ = '.';
    }
    if (end == text)
        *end++ = '.';
    *end = '\0';
    return text;
}

void seki_dns_name_parent(const struct seki_dns_name *name, struct seki_dns_name *parent_out)
{
    size_t skip = seki_dns_name_is_root(name) ? 0 : (size_t)name->octets[0] + 1;
    size_t len = name->len - skip;
    memmove(parent_out->octets, name->octets + skip, len);
    parent_out->len = (uint8_t)len;
}

/* Names from mail to names for the DNS: A-labels in lower case (RFC 5890, 8616).
 *
 * Nearly every name is plain ASCII already and is only checked and copied. Labels with other octets go through
 * libidn2 one by one, so that their ASCII neighbours ("_dmarc", "xn--…") stay exactly as they are: libidn2 would
 * drop underscores under STD3 rules and refuse A-labels that an older registry sold. What comes out is checked
 * like everything else, because compatibility mapping can yield "/" and empty labels. */
#include <sekisho/domain.h>

#include <idn2.h>

#define MAX_NAME_OCTETS 253u
/* No U-label of 63 octets as an A-label is longer than 59 characters of four octets; room for what mapping
 * removes (soft hyphens, variation selectors), and a bound on libidn2's work. */
#define MAX_U_LABEL_OCTETS 512u

/* The name under construction; one octet more than fits, so that too long is seen. */
struct ascii_name {
    char octets[MAX_NAME_OCTETS + 1];
    size_t len;
};

/* sub-domain of RFC 5321 section 4.1.2, wider by what is met in the DNS: "_" for service names (RFC 8552) and "-"
 * anywhere. */
static bool is_name_octet(char c)
{
    return seki_is_alnum(c) || c == '-' || c == '_';
}

static bool append_ascii(struct ascii_name *name, struct seki_str text)
{
    if (text.len > sizeof name->octets - name->len)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (!is_name_octet(text.ptr[i]) && text.ptr[i] != '.')
            return false;
        name->octets[name->len++] = seki_ascii_lower(text.ptr[i]);
    }
    return true;
}

static enum seki_result append_u_label(struct ascii_name *name, struct seki_str label)
{
    char terminated[MAX_U_LABEL_OCTETS + 1];
    if (label.len > MAX_U_LABEL_OCTETS || memchr(label.ptr, '\0', label.len) != NULL || !seki_str_is_utf8(label))
        return SEKI_BAD_INPUT;
    memcpy(terminated, label.ptr, label.len);
    terminated[label.len] = '\0';
    uint8_t *a_label = NULL;
    int code = idn2_lookup_u8((const uint8_t *)terminated, &a_label, IDN2_NONTRANSITIONAL);
    if (code == IDN2_MALLOC)
        return SEKI_SYSTEM;
    bool is_appended = code == IDN2_OK && append_ascii(name, seki_str_of((const char *)a_label));
    idn2_free(a_label);
    return is_appended ? SEKI_OK : SEKI_BAD_INPUT;
}

static enum seki_result convert_labels(struct seki_str domain, struct ascii_name *name)
{
    struct seki_str label;
    for (bool is_first = true; seki_str_split(&domain, '.', &label); is_first = false) {
        if (!is_first && !append_ascii(name, SEKI_STR(".")))
            return SEKI_BAD_INPUT;
        enum seki_result result = SEKI_OK;
        if (!seki_str_is_ascii(label))
            result = append_u_label(name, label);
        else if (!append_ascii(name, label))
            result = SEKI_BAD_INPUT;
        if (result != SEKI_OK)
            return result;
    }
    return SEKI_OK;
}

static bool is_ascii_name(struct seki_str domain)
{
    for (size_t i = 0; i < domain.len; i++)
        if (!is_name_octet(domain.ptr[i]) && domain.ptr[i] != '.')
            return false;
    return seki_domain_fits_dns(domain);
}

static enum seki_result copy_out(struct seki_arena *arena, struct seki_str name, struct seki_str *ascii_out)
{
    *ascii_out = seki_arena_copy_lower(arena, name);
    return ascii_out->ptr != NULL ? SEKI_OK : seki_arena_failure(arena);
}

enum seki_result seki_domain_to_ascii(struct seki_arena *arena, struct seki_str domain, struct seki_str *ascii_out)
{
    *ascii_out = (struct seki_str){ NULL, 0 };
    if (domain.len > 0 && domain.ptr[domain.len - 1] == '.')
        domain.len--;
    if (is_ascii_name(domain))
        return copy_out(arena, domain, ascii_out);
    if (seki_str_is_ascii(domain))
        return SEKI_BAD_INPUT;
    struct ascii_name name = { .len = 0 };
    enum seki_result result = convert_labels(domain, &name);
    if (result != SEKI_OK)
        return result;
    struct seki_str converted = { name.octets, name.len };
    return seki_domain_fits_dns(converted) ? copy_out(arena, converted, ascii_out) : SEKI_BAD_INPUT;
}

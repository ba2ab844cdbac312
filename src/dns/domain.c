/* Label arithmetic on names as text. IDNA and the public suffix list have files of their own. */
#include <sekisho/domain.h>

#define MAX_LABEL_OCTETS 63u /* RFC 1035 section 2.3.4 */
#define MAX_NAME_OCTETS 253u /* 255 on the wire, less the root and the first length octet */

bool seki_domain_fits_dns(struct seki_str domain)
{
    if (domain.len == 0 || domain.len > MAX_NAME_OCTETS)
        return false;
    struct seki_str label;
    while (seki_str_split(&domain, '.', &label))
        if (label.len == 0 || label.len > MAX_LABEL_OCTETS)
            return false;
    return true;
}

unsigned seki_domain_label_count(struct seki_str domain)
{
    if (domain.len == 0)
        return 0;
    unsigned count = 1;
    for (size_t i = 0; i < domain.len; i++)
        count += domain.ptr[i] == '.';
    return count;
}

struct seki_str seki_domain_parent(struct seki_str domain)
{
    return seki_str_from(domain, seki_str_find(domain, '.') + 1);
}

struct seki_str seki_domain_suffix(struct seki_str domain, unsigned count)
{
    for (unsigned labels = seki_domain_label_count(domain); labels > count; labels--)
        domain = seki_domain_parent(domain);
    return domain;
}

bool seki_domain_is_within(struct seki_str name, struct seki_str domain)
{
    if (domain.len == 0 || !seki_str_ends_with_nocase(name, domain))
        return false;
    return name.len == domain.len || name.ptr[name.len - domain.len - 1] == '.';
}

/* Punycode, reading: RFC 3492 section 6.2. */
#ifndef POLICY_PUNYCODE_H
#define POLICY_PUNYCODE_H

#include <sekisho/str.h>

#define POLICY_PUNYCODE_MAX 63u /* code points; a label has at most 63 octets, and each stands for at most one */

/**
 * @param encoded  what stands behind "xn--"
 * @param points   at least POLICY_PUNYCODE_MAX
 * @return how many code points, none above U+10FFFF; 0: it is no Punycode, or longer than a label
 */
size_t policy_punycode_decode(struct seki_str encoded, uint32_t *points);

#endif

/* An IP address as SPF and the milter protocol need it. */
#ifndef SEKISHO_IP_H
#define SEKISHO_IP_H

#include <sekisho/str.h>

struct seki_ip {
    uint8_t octet_count; /* 4, 16, or 0 when unknown */
    uint8_t octets[16];  /* network order */
};

#define SEKI_IP_TEXT_MAX 46 /* INET6_ADDRSTRLEN, with NUL */

/**
 * Read an IPv4 dotted quad or an IPv6 address (RFC 4291 section 2.2); "IPv6:" in front is allowed, brackets
 * are not. An IPv4-mapped IPv6 address becomes the IPv4 address (RFC 7208 section 5).
 * @return false when it is neither; *ip_out is then unknown
 */
SEKI_API bool seki_ip_parse(struct seki_str text, struct seki_ip *ip_out);

/** An IPv4-mapped IPv6 address as the IPv4 address; any other as it is. For addresses that come as octets. */
SEKI_API struct seki_ip seki_ip_unmapped(const struct seki_ip *ip);

/** @param text at least SEKI_IP_TEXT_MAX octets; "unknown" for an unknown one. @return text */
SEKI_API const char *seki_ip_format(const struct seki_ip *ip, char *text);

#define SEKI_IP_REVERSED_MAX 64 /* 32 nibbles with dots between them, and NUL */

/** As reverse DNS and address lists have it (RFC 5782 sections 2.1, 2.4): octets of IPv4, nibbles of IPv6, last first.
 *  @param text at least SEKI_IP_REVERSED_MAX octets; "" for an unknown one. @return text */
SEKI_API const char *seki_ip_reversed(const struct seki_ip *ip, char *text);

/** Do the first prefix_bits of both agree? False for different families. */
SEKI_API bool seki_ip_in_network(const struct seki_ip *ip, const struct seki_ip *network, unsigned prefix_bits);

#endif

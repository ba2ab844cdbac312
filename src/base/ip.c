#include <sekisho/ip.h>

#include <arpa/inet.h>
#include <stdio.h>

struct seki_ip seki_ip_unmapped(const struct seki_ip *ip)
{
    static const uint8_t prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
    if (ip->octet_count != 16 || memcmp(ip->octets, prefix, sizeof prefix) != 0)
        return *ip;
    struct seki_ip ipv4 = { .octet_count = 4 };
    memcpy(ipv4.octets, ip->octets + 12, 4);
    return ipv4;
}

bool seki_ip_parse(struct seki_str text, struct seki_ip *ip_out)
{
    *ip_out = (struct seki_ip){ 0 };
    if (seki_str_starts_with_nocase(text, SEKI_STR("IPv6:")))
        text = seki_str_from(text, 5);
    char terminated[SEKI_IP_TEXT_MAX];
    if (text.len == 0 || text.len >= sizeof terminated || memchr(text.ptr, '\0', text.len) != NULL)
        return false;
    memcpy(terminated, text.ptr, text.len);
    terminated[text.len] = '\0';
    if (inet_pton(AF_INET, terminated, ip_out->octets) == 1)
        ip_out->octet_count = 4;
    else if (inet_pton(AF_INET6, terminated, ip_out->octets) == 1)
        ip_out->octet_count = 16;
    *ip_out = seki_ip_unmapped(ip_out);
    return ip_out->octet_count != 0;
}

const char *seki_ip_format(const struct seki_ip *ip, char *text)
{
    if (ip->octet_count == 0)
        memcpy(text, "unknown", sizeof "unknown");
    else
        inet_ntop(ip->octet_count == 4 ? AF_INET : AF_INET6, ip->octets, text, SEKI_IP_TEXT_MAX);
    return text;
}

const char *seki_ip_reversed(const struct seki_ip *ip, char *text)
{
    const uint8_t *octets = ip->octets;
    text[0] = '\0';
    if (ip->octet_count == 4)
        snprintf(text, SEKI_IP_REVERSED_MAX, "%u.%u.%u.%u", octets[3], octets[2], octets[1], octets[0]);
    for (size_t i = 0; ip->octet_count == 16 && i < 16; i++)
        snprintf(text + 4 * i, 5, "%x.%x%s", octets[15 - i] & 15u, octets[15 - i] >> 4, i < 15 ? "." : "");
    return text;
}

bool seki_ip_in_network(const struct seki_ip *ip, const struct seki_ip *network, unsigned prefix_bits)
{
    if (ip->octet_count != network->octet_count || ip->octet_count == 0 || prefix_bits > ip->octet_count * 8u)
        return false;
    unsigned whole = prefix_bits / 8, rest = prefix_bits % 8;
    if (memcmp(ip->octets, network->octets, whole) != 0)
        return false;
    return rest == 0 || ((ip->octets[whole] ^ network->octets[whole]) >> (8 - rest)) == 0;
}

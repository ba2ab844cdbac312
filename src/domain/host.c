#include "domain/host.h"

struct domain_host domain_host_ask(struct domain_run *run, struct seki_str name)
{
    return (struct domain_host){ domain_ask(run, name, SEKI_RR_A), domain_ask(run, name, SEKI_RR_AAAA) };
}

struct domain_host domain_host_ask_quietly(struct domain_run *run, struct seki_str name)
{
    return (struct domain_host){ domain_ask_quietly(run, name, SEKI_RR_A),
                                 domain_ask_quietly(run, name, SEKI_RR_AAAA) };
}

static bool has_none(const struct seki_answer *answer)
{
    return answer->status == SEKI_ANSWER_NODATA || answer->status == SEKI_ANSWER_NXDOMAIN;
}

bool domain_host_is_missing(const struct domain_host *host)
{
    return has_none(host->ipv4) && has_none(host->ipv6);
}

struct seki_str domain_alias_of(struct domain_run *run, struct seki_str name)
{
    const struct seki_answer *answer = domain_ask_quietly(run, name, SEKI_RR_CNAME);
    return answer->record_count > 0 ? answer->records[0].text : SEKI_STR("");
}

struct seki_str domain_own_alias_of(struct domain_run *run, struct seki_str name, struct seki_str domain)
{
    struct seki_str target = domain_alias_of(run, name);
    struct seki_str anybody = domain_alias_of(run, domain_below(run, DOMAIN_PROBE_LABEL, domain));
    return seki_str_equal(target, anybody) ? SEKI_STR("") : target;
}

struct special_network {
    struct seki_ip network;
    unsigned prefix_bits;
    enum domain_reach reach;
};

#define IPV4(a, b, c, d)                                                                                           \
    {                                                                                                              \
        .octet_count = 4, .octets = { a, b, c, d }                                                                 \
    }
#define IPV6(...)                                                                                                  \
    {                                                                                                              \
        .octet_count = 16, .octets = { __VA_ARGS__ }                                                               \
    }

/* The networks for documentation (RFC 5737, 3849) are left out: examples are checked like real domains. */
static const struct special_network special_networks[] = {
    { IPV4(0, 0, 0, 0), 8, DOMAIN_REACH_RESERVED },                /* "this network" (RFC 791) */
    { IPV4(10, 0, 0, 0), 8, DOMAIN_REACH_PRIVATE },                /* RFC 1918 */
    { IPV4(100, 64, 0, 0), 10, DOMAIN_REACH_PRIVATE },             /* shared, behind a carrier's NAT (RFC 6598) */
    { IPV4(127, 0, 0, 0), 8, DOMAIN_REACH_LOOPBACK },              /* RFC 1122 */
    { IPV4(169, 254, 0, 0), 16, DOMAIN_REACH_PRIVATE },            /* link local (RFC 3927) */
    { IPV4(172, 16, 0, 0), 12, DOMAIN_REACH_PRIVATE },             /* RFC 1918 */
    { IPV4(192, 0, 0, 0), 24, DOMAIN_REACH_RESERVED },             /* protocol assignments (RFC 6890) */
    { IPV4(192, 168, 0, 0), 16, DOMAIN_REACH_PRIVATE },            /* RFC 1918 */
    { IPV4(198, 18, 0, 0), 15, DOMAIN_REACH_RESERVED },            /* benchmarks (RFC 2544) */
    { IPV4(224, 0, 0, 0), 4, DOMAIN_REACH_RESERVED },              /* multicast (RFC 5771) */
    { IPV4(240, 0, 0, 0), 4, DOMAIN_REACH_RESERVED },              /* RFC 1112; broadcast too */
    { IPV6(0), 128, DOMAIN_REACH_RESERVED },                       /* unspecified (RFC 4291) */
    { IPV6([15] = 1), 128, DOMAIN_REACH_LOOPBACK },                /* RFC 4291 */
    { IPV6([10] = 0xff, [11] = 0xff), 96, DOMAIN_REACH_RESERVED }, /* mapped IPv4: never on the wire (RFC 4291) */
    { IPV6(0x01, 0x00), 64, DOMAIN_REACH_RESERVED },               /* discarded (RFC 6666) */
    { IPV6(0xfc), 7, DOMAIN_REACH_PRIVATE },                       /* unique local (RFC 4193) */
    { IPV6(0xfe, 0x80), 10, DOMAIN_REACH_PRIVATE },                /* link local (RFC 4291) */
    { IPV6(0xfe, 0xc0), 10, DOMAIN_REACH_PRIVATE },                /* site local (RFC 3879) */
    { IPV6(0xff), 8, DOMAIN_REACH_RESERVED },                      /* multicast (RFC 4291) */
};

enum domain_reach domain_reach_of(const struct seki_ip *ip)
{
    for (size_t i = 0; i < sizeof special_networks / sizeof special_networks[0]; i++)
        if (seki_ip_in_network(ip, &special_networks[i].network, special_networks[i].prefix_bits))
            return special_networks[i].reach;
    return DOMAIN_REACH_ANYBODY;
}

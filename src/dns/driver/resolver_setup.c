#include "dns/driver/resolver_setup.h"

#include "base/i18n.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unbound.h>
#include <unbound-event.h>
#include <unistd.h>

#define DEFAULT_CACHE_OCTETS (2816u * 1024u)
#define MAX_SOCKETS          1024u
#define MIN_SOCKETS          16u
#define FORWARD_TRIES        4u
#define MIN_FIRST_TRY_MS     50u

struct setting {
    const char *option, *value;
};

static const struct setting common_settings[] = {
    { "minimal-responses:", "yes" }, /* nobody reads the other sections */
    { "rrset-roundrobin:", "no" },   /* the same question gets the same answer, in the same order */
    { "outgoing-num-tcp:", "8" },    /* for truncated answers; the library's own 2 make a queue */
};

/* The operator's resolvers decide. What libunbound would answer by itself is asked of them: .test ("SHOULD send
 * queries for test names to their configured caching DNS server(s)", RFC 6761 section 6.2), home.arpa (RFC 8375
 * section 4) and the reverse zones of private and reserved networks (RFC 6303 makes those the caching server's
 * business). Kept are "localhost", "invalid" and "onion", which must not leave the host (RFC 6761 sections 6.3 and
 * 6.4, RFC 7686 section 2).
 *
 * libunbound remembers for 15 minutes how slow a server is, and once it has seen some time-outs in a row lets only one
 * question at a time through and fails the others at once. That is meant for the many servers of the open Internet.
 * Here one name that the resolver cannot answer in time would fail the mail of everybody else; so it forgets soon. */
static const struct setting forwarding_settings[] = {
    { "unblock-lan-zones:", "yes" }, { "insecure-lan-zones:", "yes" }, { "domain-insecure:", "test." },
    { "infra-host-ttl:", "2" },      { "infra-keep-probing:", "yes" },
};
static const char *const forwarded_zones[] = {
    "test.",
    "home.arpa.",
    "127.in-addr.arpa.",
    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa.",
};

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static bool set(struct ub_ctx *ctx, const char *option, const char *value, struct seki_error *why)
{
    int error = ub_ctx_set_option(ctx, option, value);
    if (error != UB_NOERROR)
        seki_error_set(why, "libunbound refuses \"%s %s\": %s", option, value, ub_strerror(error));
    return error == UB_NOERROR;
}

static bool set_number(struct ub_ctx *ctx, const char *option, size_t number, struct seki_error *why)
{
    char value[32];
    snprintf(value, sizeof value, "%zu", number);
    return set(ctx, option, value, why);
}

static bool set_all(struct ub_ctx *ctx, const struct setting *settings, size_t count, struct seki_error *why)
{
    for (size_t i = 0; i < count; i++)
        if (!set(ctx, settings[i].option, settings[i].value, why))
            return false;
    return true;
}

/* Each question under way has a socket of its own (its port is part of what a forger must guess). The library's 16
 * would hold a loop to 800 questions a second when answers take 20 ms. */
size_t resolver_socket_count(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return MIN_SOCKETS;
    rlim_t quarter = limit.rlim_cur / 4;
    return quarter > MAX_SOCKETS ? MAX_SOCKETS : quarter < MIN_SOCKETS ? MIN_SOCKETS : (size_t)quarter;
}

bool resolver_spell_address(struct seki_str text, char *spelt)
{
    struct seki_str address = text, port = SEKI_STR("53");
    size_t close = seki_str_find(text, ']'), colon = seki_str_find(text, ':');
    bool is_bracketed = text.len > 0 && text.ptr[0] == '[';
    if (is_bracketed && close == text.len)
        return false;
    size_t end = is_bracketed ? close + 1 : seki_str_find_last(text, ':') == colon ? colon : text.len;
    address = is_bracketed ? (struct seki_str){ text.ptr + 1, close - 1 } : seki_str_head(text, end);
    if (end < text.len) {
        port = seki_str_from(text, end + 1);
        if (text.ptr[end] != ':')
            return false;
    }
    struct seki_ip ip;
    uint64_t number;
    char ip_text[SEKI_IP_TEXT_MAX];
    if (!seki_ip_parse(address, &ip) || !seki_str_to_u64(port, UINT16_MAX, &number) || number == 0)
        return false;
    snprintf(spelt, RESOLVER_ADDRESS_MAX, "%s@%u", seki_ip_format(&ip, ip_text), (unsigned)number);
    return true;
}

static bool add_nameserver(struct ub_ctx *ctx, struct seki_str text, struct seki_error *why)
{
    char spelt[RESOLVER_ADDRESS_MAX];
    if (!resolver_spell_address(text, spelt)) {
        seki_error_set(why, "name server \"%.*s\": write ADDRESS, ADDRESS:PORT or [ADDRESS6]:PORT",
                       SEKI_STR_ARGS(text));
        return false;
    }
    int error = ub_ctx_set_fwd(ctx, spelt);
    if (error != UB_NOERROR)
        seki_error_set(why, "name server \"%.*s\": %s", SEKI_STR_ARGS(text), ub_strerror(error));
    return error == UB_NOERROR;
}

static bool add_nameservers(struct ub_ctx *ctx, const char *nameservers, struct seki_error *why)
{
    struct seki_str rest = seki_str_of(nameservers), one;
    unsigned count = 0;
    while (seki_str_split(&rest, ' ', &one)) {
        if (one.len == 0)
            continue;
        if (!add_nameserver(ctx, one, why))
            return false;
        count++;
    }
    if (count == 0)
        seki_error_set(why, "no name server is given: write an address, or \"root\"");
    return count > 0;
}

static bool read_resolv_conf(struct ub_ctx *ctx, const char *path, struct seki_error *why)
{
    if (path == NULL)
        path = RESOLVER_RESOLV_CONF;
    errno = 0;
    int error = ub_ctx_resolvconf(ctx, path);
    if (error != UB_NOERROR)
        seki_error_set(why, "name servers from %s: %s; mend it, or name servers", path,
                       errno != 0 ? strerror(errno) : ub_strerror(error));
    return error == UB_NOERROR;
}

/* libunbound sends again when twice the usual round trip has passed, and gives up after so many tries; on a local
 * resolver that is a second in all. But a resolver that must first ask half the world answers late, not seldom. So
 * the first try waits long enough that all of them (each twice as long as the one before) fill our deadline. */
static bool set_patience(struct ub_ctx *ctx, unsigned timeout_ms, struct seki_error *why)
{
    size_t first_ms = timeout_ms / ((1u << FORWARD_TRIES) - 1);
    return set_number(ctx, "infra-cache-min-rtt:", first_ms < MIN_FIRST_TRY_MS ? MIN_FIRST_TRY_MS : first_ms,
                      why) &&
           set_number(ctx, "outbound-msg-retry:", FORWARD_TRIES, why);
}

static bool is_forwarding(const struct resolver_options *options)
{
    return options->nameservers == NULL || strcmp(options->nameservers, "root") != 0;
}

static bool set_servers(struct ub_ctx *ctx, const struct resolver_options *options, struct seki_error *why)
{
    if (!is_forwarding(options))
        return true;
    if (!set_all(ctx, forwarding_settings, COUNT_OF(forwarding_settings), why) ||
        !set_patience(ctx, resolver_timeout_ms(options), why))
        return false;
    return options->nameservers != NULL ? add_nameservers(ctx, options->nameservers, why)
                                        : read_resolv_conf(ctx, options->resolv_conf, why);
}

/* libunbound would only say "initialization failed", would read a folder for ever, and wait at a pipe. */
static const char *why_unreadable(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0 || access(path, R_OK) != 0)
        return strerror(errno);
    return S_ISREG(info.st_mode) ? NULL : N_("it is no file");
}

static bool set_dnssec(struct ub_ctx *ctx, const char *trust_anchor_file, struct seki_error *why)
{
    if (!set(ctx, "module-config:", trust_anchor_file != NULL ? "validator iterator" : "iterator", why))
        return false;
    if (trust_anchor_file == NULL)
        return true;
    const char *hindrance = why_unreadable(trust_anchor_file);
    if (hindrance != NULL) {
        seki_error_set(why, "trust anchors in %s: %s", trust_anchor_file, hindrance);
        return false;
    }
    int error = ub_ctx_add_ta_file(ctx, trust_anchor_file);
    if (error != UB_NOERROR)
        seki_error_set(why, "trust anchors in %s: %s", trust_anchor_file, ub_strerror(error));
    return error == UB_NOERROR;
}

static bool configure(struct ub_ctx *ctx, const struct resolver_options *options, struct seki_error *why)
{
    size_t cache = options->cache_octets > 0 ? options->cache_octets : DEFAULT_CACHE_OCTETS;
    return set_all(ctx, common_settings, COUNT_OF(common_settings), why) &&
           set_number(ctx, "outgoing-range:", resolver_socket_count(), why) &&
           set_number(ctx, "rrset-cache-size:", cache, why) &&
           set_number(ctx, "msg-cache-size:", cache / 3 * 2, why) && /* they fill up together so */
           set_dnssec(ctx, options->trust_anchor_file, why) && set_servers(ctx, options, why);
}

static void ignore_answer(void *user, int rcode, void *packet, int packet_len, int sec, char *why_bogus,
                          int was_ratelimited)
{
    (void)user, (void)rcode, (void)packet, (void)packet_len, (void)sec, (void)why_bogus, (void)was_ratelimited;
}

/* The first use ends the configuration and shows what is wrong with it. "localhost" asks nobody. */
static bool start(struct ub_ctx *ctx, const struct resolver_options *options, struct seki_error *why)
{
    int error = UB_NOERROR;
    for (size_t i = 0; error == UB_NOERROR && is_forwarding(options) && i < COUNT_OF(forwarded_zones); i++)
        error = ub_ctx_zone_remove(ctx, forwarded_zones[i]);
    if (error == UB_NOERROR)
        error = ub_resolve_event(ctx, "localhost.", SEKI_RR_A, 1, NULL, ignore_answer, NULL);
    if (error != UB_NOERROR && options->trust_anchor_file != NULL)
        seki_error_set(why, "libunbound does not start: %s; name a file that holds trust anchors: %s may hold none",
                       ub_strerror(error), options->trust_anchor_file);
    else if (error != UB_NOERROR)
        seki_error_set(why, "libunbound does not start: %s", ub_strerror(error));
    return error == UB_NOERROR;
}

struct ub_ctx *resolver_setup(struct event_base *base, const struct resolver_options *options,
                              struct seki_error *why)
{
    struct ub_ctx *ctx = ub_ctx_create_event(base);
    if (ctx == NULL) {
        seki_error_set(why, "libunbound gives no context: no memory, or no random numbers");
        return NULL;
    }
    ub_ctx_debugout(ctx, NULL); /* failures come back as answers; its own log on stderr has no form */
    if (configure(ctx, options, why) && start(ctx, options, why))
        return ctx;
    ub_ctx_delete(ctx);
    return NULL;
}

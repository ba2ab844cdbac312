/* Checks over several options, and over what this machine has: one function per rule. */
#include "daemon/config_table.h"

#include "content/attachments.h"

#include <sekisho/answers.h>

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

struct check {
    const struct config *config;
    const char *file;
    struct config_problems *problems;
};

/* A sentence about one option, with the line that set it ("FILE:LINE: name: …"). */
static void SEKI_PRINTF(4, 5)
    tell(const struct check *check, const char *section, const char *name, const char *format, ...)
{
    const struct config_option *option = config_option_find(seki_str_of(section), seki_str_of(name));
    unsigned line = check->config->lines[option - config_options];
    char sentence[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    if (line > 0)
        config_problems_add(check->problems, check->file, line, "%s: %s", name, sentence);
    else
        config_problems_add(check->problems, check->file, 0, "[%s] %s: %s", section, name, sentence);
}

static bool is_unix_path(struct seki_str address)
{
    return seki_str_starts_with(address, SEKI_STR("unix:/")) && address.len > 6 && address.len < 5 + 108;
}

/* "inet:ADDR:PORT", "inet6:[ADDR]:PORT": the address, and false when it is none of these. */
static bool split_inet(struct seki_str address, struct seki_ip *ip_out)
{
    uint64_t port;
    bool is_inet6 = seki_str_starts_with(address, SEKI_STR("inet6:"));
    if (!is_inet6 && !seki_str_starts_with(address, SEKI_STR("inet:")))
        return false;
    struct seki_str rest = seki_str_from(address, is_inet6 ? 6 : 5);
    size_t colon = seki_str_find_last(rest, ':');
    struct seki_str host = seki_str_head(rest, colon);
    if (!seki_str_to_u64(seki_str_from(rest, colon + 1), 65535, &port) || port == 0)
        return false;
    if (host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
        host = seki_str_head(seki_str_from(host, 1), host.len - 2);
    return seki_ip_parse(host, ip_out) && ip_out->octet_count == (is_inet6 ? 16 : 4);
}

/* @param ip_out  unknown for a unix socket */
static bool is_socket(struct seki_str address, struct seki_ip *ip_out)
{
    *ip_out = (struct seki_ip){ 0 };
    return address.len <= CONFIG_ADDRESS_MAX_OCTETS && (is_unix_path(address) || split_inet(address, ip_out));
}

static void check_listen(const struct check *check)
{
    const struct config_texts *listen = &check->config->inbound.listen;
    struct seki_ip ip;
    if (listen->count == 0)
        tell(check, "inbound", "listen", "no socket is named; name at least one");
    if (listen->count >= CONFIG_LISTENERS_MAX)
        tell(check, "inbound", "listen", "%zu sockets are named; at most %u fit", listen->count,
             CONFIG_LISTENERS_MAX - 1);
    for (size_t i = 0; i < listen->count; i++) {
        if (!is_socket(listen->items[i], &ip))
            tell(check, "inbound", "listen",
                 "\"%s\" is no socket; write unix:/PATH, inet:ADDR:PORT or inet6:[ADDR]:PORT",
                 listen->items[i].ptr);
        for (size_t j = 0; j < i; j++) {
            if (seki_str_equal(listen->items[i], listen->items[j]))
                tell(check, "inbound", "listen", "\"%s\" is named twice; keep one of them", listen->items[i].ptr);
        }
    }
}

static bool is_loopback(const struct seki_ip *ip)
{
    static const struct seki_ip v4 = { 4, { 127 } };
    static const struct seki_ip v6 = { 16, { [15] = 1 } };
    return seki_ip_in_network(ip, &v4, 8) || seki_ip_in_network(ip, &v6, 128);
}

/* The figures name nobody, but whoever may read them may also keep the daemon busy. */
static void check_metrics(const struct check *check)
{
    struct seki_str listen = check->config->metrics.listen;
    struct seki_ip ip;
    if (listen.len == 0)
        return;
    if (!is_socket(listen, &ip))
        tell(check, "metrics", "listen", "\"%s\" is no socket; write for example inet:127.0.0.1:9641", listen.ptr);
    else if (ip.octet_count != 0 && !is_loopback(&ip))
        tell(check, "metrics", "listen",
             "\"%s\" is not a loopback address; use 127.0.0.1 or [::1], with a proxy in front for others",
             listen.ptr);
    for (size_t i = 0; i < check->config->inbound.listen.count; i++) {
        if (seki_str_equal(listen, check->config->inbound.listen.items[i]))
            tell(check, "metrics", "listen", "\"%s\" is a milter socket already; choose another", listen.ptr);
    }
}

/* Any text can be quoted in the field, but an authserv-id that needs it helps nobody (RFC 8601 section 2.5: it
 * looks like a domain name). */
static void check_authserv_id(const struct check *check, const char *name, struct seki_str id)
{
    if (!seki_str_is_utf8(id))
        tell(check, "inbound", name, "\"%s\" is not UTF-8; save the file as UTF-8", id.ptr);
    for (size_t i = 0; i < id.len; i++) {
        unsigned char c = (unsigned char)id.ptr[i];
        if (seki_is_alnum(id.ptr[i]) || c >= 0x80 || strchr(".-_", c) != NULL)
            continue;
        tell(check, "inbound", name,
             "\"%s\" does not look like a host name; use letters, digits, \".\", \"-\" and \"_\"", id.ptr);
        return;
    }
}

static void check_authserv_ids(const struct check *check)
{
    check_authserv_id(check, "authserv_id", check->config->inbound.authserv_id);
    for (size_t i = 0; i < check->config->inbound.our_authserv_ids.count; i++)
        check_authserv_id(check, "our_authserv_ids", check->config->inbound.our_authserv_ids.items[i]);
}

static bool is_within(const struct config_network *inner, const struct config_network *outer)
{
    return inner->prefix_bits >= outer->prefix_bits &&
           seki_ip_in_network(&inner->address, &outer->address, outer->prefix_bits);
}

/* A relay inside a trusted network would never be looked at. */
static void check_relays(const struct check *check)
{
    const struct config_networks *relays = &check->config->inbound.relays;
    const struct config_networks *trusted = &check->config->inbound.trusted_networks;
    char text[SEKI_IP_TEXT_MAX];
    for (size_t i = 0; i < relays->count; i++) {
        for (size_t j = 0; j < trusted->count; j++) {
            if (is_within(&relays->items[i], &trusted->items[j]))
                tell(check, "inbound", "relays",
                     "%s/%u is in trusted_networks, whose mail passes unseen; take it out of one of the two",
                     seki_ip_format(&relays->items[i].address, text), relays->items[i].prefix_bits);
        }
    }
}

static void check_times(const struct check *check)
{
    const struct config *config = check->config;
    if (config->dns.timeout_ms > config->inbound.message_deadline_ms)
        tell(check, "dns", "timeout",
             "%llu ms is longer than [inbound] message_deadline, %llu ms; make it shorter, or no question is "
             "waited for so long",
             (unsigned long long)config->dns.timeout_ms, (unsigned long long)config->inbound.message_deadline_ms);
}

/* Whatever is within its own bound must have room: else a message that is only large, or whose senders publish large
 * records, would be deferred for ever. Fields are kept raw and canonicalized next to it; every field and every DNS
 * question needs an entry, every recipient its path and what its domain has chosen; and attachments are looked at. */
static void check_memory(const struct check *check)
{
    const struct config *config = check->config;
    uint64_t need = 4 * config->limits.max_header_octets + 512 * config->limits.max_header_fields +
                    (SEKI_ANSWER_MAX_OCTETS + 512) * config->limits.max_questions +
                    CONFIG_RECIPIENT_OCTETS * CONFIG_RECIPIENTS_MAX + CONTENT_ARENA_MAX;
    uint64_t need_mib = (need + 1024 * 1024 - 1) / (1024 * 1024);
    if (config->limits.message_memory_octets < need)
        tell(check, "limits", "message_memory",
             "too small for max_header_size, max_header_fields and max_dns_questions; give at least %lluMiB",
             (unsigned long long)need_mib);
}

static void check_psl(const struct check *check)
{
    if (check->config->dmarc.psl_file.len > 0 && check->config->dmarc.discovery != CONFIG_DISCOVERY_PSL)
        tell(check, "dmarc", "psl_file", "it is only read with discovery = psl; set that, or remove this line");
}

/* "root" alone stands for the root servers; everything else is an address with or without a port. */
static bool is_nameserver(struct seki_str text)
{
    struct seki_ip ip;
    uint64_t port;
    size_t close = seki_str_find(text, ']'), colon = seki_str_find_last(text, ':');
    if (seki_ip_parse(text, &ip))
        return true;
    if (colon == text.len || !seki_str_to_u64(seki_str_from(text, colon + 1), 65535, &port) || port == 0)
        return false;
    if (text.ptr[0] == '[')
        return close + 1 == colon && seki_ip_parse(seki_str_head(seki_str_from(text, 1), close - 1), &ip);
    return seki_ip_parse(seki_str_head(text, colon), &ip) && ip.octet_count == 4;
}

static void check_nameservers(const struct check *check)
{
    const struct config_texts *servers = &check->config->dns.nameservers;
    if (servers->count == 1 && seki_str_equal(servers->items[0], SEKI_STR("root")))
        return;
    for (size_t i = 0; i < servers->count; i++) {
        if (!is_nameserver(servers->items[i]))
            tell(check, "dns", "nameservers",
                 "\"%s\" is no address; write ADDR, ADDR:PORT or [ADDR6]:PORT, or root alone",
                 servers->items[i].ptr);
    }
}

/* The daemon leaves the folder it was started in, and its roles never know it. */
static void check_path(const struct check *check, const char *section, const char *name, struct seki_str path)
{
    if (path.len > 0 && path.ptr[0] != '/')
        tell(check, section, name, "\"%s\" is not a whole path; begin with /", path.ptr);
}

static void check_paths(const struct check *check)
{
    check_path(check, "daemon", "pid_file", check->config->daemon.pid_file);
    check_path(check, "dns", "trust_anchor_file", check->config->dns.trust_anchor_file);
    check_path(check, "dmarc", "psl_file", check->config->dmarc.psl_file);
    check_path(check, "hosting", "replica", check->config->hosting.replica);
    check_path(check, "journal", "folder", check->config->journal.folder);
    check_path(check, "quarantine", "folder", check->config->quarantine.folder);
}

#define SQLITE_SCHEME "sqlite:"

static bool is_sqlite(struct seki_str url)
{
    return seki_str_starts_with(url, SEKI_STR(SQLITE_SCHEME));
}

/* The value is not repeated: it may hold a password, and sentences go into the log. */
static void check_store(const struct check *check)
{
    struct seki_str url = check->config->store.url;
    bool is_file = is_sqlite(url) && seki_str_starts_with(url, SEKI_STR(SQLITE_SCHEME "/"));
    if (url.len == 0)
        return;
    if (!is_file && !seki_str_starts_with(url, SEKI_STR("postgresql://")))
        tell(check, "store", "url", "it is no store; write sqlite:/PATH or postgresql://USER@HOST/DATABASE");
    if (check->config->hosting.replica.len == 0)
        tell(check, "store", "url", "mail would not see what is in it; set [hosting] replica too");
    if (check->config->store.audit_days > 0 && check->config->journal.folder.len == 0)
        tell(check, "store", "audit_days", "a node without a journal drops nothing; set [journal] folder too");
}

static void check_quarantine(const struct check *check)
{
    struct seki_str to = check->config->quarantine.release_to, sender = check->config->quarantine.sender;
    struct seki_ip without_port;
    if (seki_ip_parse(to, &without_port) || !is_nameserver(to))
        tell(check, "quarantine", "release_to", "\"%s\" is no address with a port; write for example 127.0.0.1:25",
             to.ptr);
    if (sender.len > 0 && seki_str_find(sender, '@') == sender.len)
        tell(check, "quarantine", "sender", "\"%s\" is no mail address; write for example postmaster@example.com",
             sender.ptr);
}

static void check_scanner(const struct check *check)
{
    struct seki_str clamd = check->config->scanner.clamd;
    struct seki_ip ip;
    if (clamd.len > 0 && !is_socket(clamd, &ip))
        tell(check, "scanner", "clamd", "\"%s\" is no socket; write for example unix:/run/clamav/clamd.ctl",
             clamd.ptr);
}

static void check_user(const struct check *check)
{
    if (check->config->daemon.user.len == 0)
        tell(check, "daemon", "user", "it is empty; name the user that a sekishod started as root becomes");
}

static void check_testing(const struct check *check)
{
    if (check->config->testing.unsafe_min_rsa_bits < 1024 && check->config->dkim.min_rsa_bits > 1024)
        tell(check, "testing", "unsafe_min_rsa_bits", "[dkim] min_rsa_bits asks for more; remove one of the two");
}

void config_check(const struct config *config, const char *file, struct config_problems *problems)
{
    static void (*const rules[])(const struct check *) = {
        check_user,    check_listen, check_metrics,     check_authserv_ids, check_relays,
        check_times,   check_memory, check_nameservers, check_psl,          check_paths,
        check_testing, check_store,  check_quarantine,  check_scanner,
    };
    struct check check = { config, file, problems };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        rules[i](&check);
}

static void check_readable(const struct check *check, const char *section, const char *name, const char *path)
{
    struct stat info;
    if (path[0] == '\0')
        return;
    bool is_readable = stat(path, &info) == 0 && access(path, R_OK) == 0;
    int error = errno;
    if (!is_readable)
        tell(check, section, name, "cannot read \"%s\": %s", path, strerror(error));
    else if (!S_ISREG(info.st_mode))
        tell(check, section, name, "\"%s\" is no file; name one", path);
}

static void check_folder(const struct check *check, const char *section, const char *name, const char *path)
{
    struct stat info;
    if (path[0] == '\0')
        return;
    bool is_there = stat(path, &info) == 0;
    int error = errno;
    if (!is_there)
        tell(check, section, name, "cannot find the folder \"%s\": %s; create it, owned by the role's user", path,
             strerror(error));
    else if (!S_ISDIR(info.st_mode))
        tell(check, section, name, "\"%s\" is no folder; name one", path);
}

/* The folder of a SQLite store: the file itself is created at the first start. */
static void check_store_folder(const struct check *check)
{
    struct seki_str url = check->config->store.url;
    char folder[4096];
    if (!is_sqlite(url))
        return;
    struct seki_str path = seki_str_from(url, strlen(SQLITE_SCHEME));
    size_t slash = seki_str_find_last(path, '/');
    snprintf(folder, sizeof folder, "%.*s", SEKI_STR_ARGS(seki_str_head(path, slash > 0 ? slash : 1)));
    check_folder(check, "store", "url", folder);
}

static void check_hosting_machine(const struct check *check)
{
    const char *user = check->config->control.user.ptr, *group = check->config->control.group.ptr;
    if (geteuid() == 0 && user[0] != '\0' && getpwnam(user) == NULL)
        tell(check, "control", "user", "there is no user \"%s\" here; create it, or name another", user);
    if (geteuid() == 0 && group[0] != '\0' && getgrnam(group) == NULL)
        tell(check, "control", "group", "there is no group \"%s\" here; create it, or name another", group);
    check_store_folder(check);
    check_folder(check, "hosting", "replica", check->config->hosting.replica.ptr);
    check_folder(check, "journal", "folder", check->config->journal.folder.ptr);
    check_folder(check, "quarantine", "folder", check->config->quarantine.folder.ptr);
}

void config_check_machine(const struct config *config, const char *file, struct config_problems *problems)
{
    struct check check = { config, file, problems };
    const char *user = config->daemon.user.ptr, *group = config->daemon.group.ptr;
    const char *socket_group = config->inbound.socket_group.ptr;
    if (geteuid() == 0 && getpwnam(user) == NULL)
        tell(&check, "daemon", "user", "there is no user \"%s\" here; create it, or name another", user);
    if (geteuid() == 0 && group[0] != '\0' && getgrnam(group) == NULL)
        tell(&check, "daemon", "group", "there is no group \"%s\" here; create it, or name another", group);
    if (socket_group[0] != '\0' && getgrnam(socket_group) == NULL)
        tell(&check, "inbound", "socket_group", "there is no group \"%s\" here; create it, or name another",
             socket_group);
    check_readable(&check, "dns", "trust_anchor_file", config->dns.trust_anchor_file.ptr);
    check_readable(&check, "dmarc", "psl_file", config->dmarc.psl_file.ptr);
    check_hosting_machine(&check);
}

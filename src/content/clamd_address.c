#include "content/clamd_address.h"

#include <sekisho/ip.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_un local;
        struct sockaddr_in inet;
        struct sockaddr_in6 inet6;
    } name;
    socklen_t len;
};

static bool take_prefix(struct seki_str *text, struct seki_str prefix)
{
    if (!seki_str_starts_with(*text, prefix))
        return false;
    *text = seki_str_from(*text, prefix.len);
    return true;
}

static bool read_unix(struct seki_str path, struct address *address)
{
    if (path.len == 0 || path.ptr[0] != '/' || path.len >= sizeof address->name.local.sun_path ||
        memchr(path.ptr, '\0', path.len) != NULL)
        return false;
    address->name.local.sun_family = AF_UNIX;
    memcpy(address->name.local.sun_path, path.ptr, path.len);
    address->len = sizeof address->name.local;
    return true;
}

/* host ":" port, an IPv6 host in brackets */
static bool take_host_and_port(struct seki_str text, uint8_t octet_count, struct seki_ip *ip, uint64_t *port)
{
    size_t colon = seki_str_find_last(text, ':');
    struct seki_str host = seki_str_head(text, colon);
    if (colon == text.len || !seki_str_to_u64(seki_str_from(text, colon + 1), 65535, port) || *port == 0)
        return false;
    if (octet_count == 16) {
        if (host.len < 2 || host.ptr[0] != '[' || host.ptr[host.len - 1] != ']')
            return false;
        host = seki_str_head(seki_str_from(host, 1), host.len - 2);
    }
    return seki_ip_parse(host, ip) && ip->octet_count == octet_count;
}

static bool read_inet(struct seki_str text, struct address *address)
{
    struct seki_ip ip;
    uint64_t port;
    if (!take_host_and_port(text, 4, &ip, &port))
        return false;
    address->name.inet.sin_family = AF_INET;
    address->name.inet.sin_port = htons((uint16_t)port);
    memcpy(&address->name.inet.sin_addr, ip.octets, 4);
    address->len = sizeof address->name.inet;
    return true;
}

static bool read_inet6(struct seki_str text, struct address *address)
{
    struct seki_ip ip;
    uint64_t port;
    if (!take_host_and_port(text, 16, &ip, &port))
        return false;
    address->name.inet6.sin6_family = AF_INET6;
    address->name.inet6.sin6_port = htons((uint16_t)port);
    memcpy(&address->name.inet6.sin6_addr, ip.octets, 16);
    address->len = sizeof address->name.inet6;
    return true;
}

static bool read_address(struct seki_str text, struct address *address)
{
    memset(address, 0, sizeof *address);
    if (take_prefix(&text, SEKI_STR("unix:")))
        return read_unix(text, address);
    if (take_prefix(&text, SEKI_STR("inet6:")))
        return read_inet6(text, address);
    return take_prefix(&text, SEKI_STR("inet:")) && read_inet(text, address);
}

bool content_clamd_address_is_valid(struct seki_str address)
{
    struct address unused;
    return read_address(address, &unused);
}

int content_clamd_connect(struct seki_str text, const char **reason_out)
{
    struct address address;
    *reason_out = "clamd cannot be reached";
    int fd = read_address(text, &address)
                 ? socket(address.name.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)
                 : -1;
    if (fd < 0)
        return -1;
    if (connect(fd, &address.name.any, address.len) == 0 || errno == EINPROGRESS)
        return fd;
    if (errno == EAGAIN) /* a unix socket with a full backlog does not wait (unix(7)) */
        *reason_out = "clamd is busy";
    close(fd);
    return -1;
}

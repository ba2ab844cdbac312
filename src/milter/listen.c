/* Where the MTA connects to. */
#include "milter/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET_FLAGS (SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC)

static const char *remedy_of(int error)
{
    static const struct {
        int error;
        const char *remedy;
    } remedies[] = {
        { EADDRINUSE, "; stop what listens there, or name another address" },
        { EADDRNOTAVAIL, "; name an address that this machine has" },
        { ENOENT, "; make the folder first" },
        { ENOTDIR, "; name a path whose folders are folders" },
        { EROFS, "; name a path on a file system that can be written to" },
        { EACCES, "; name an address that this user may listen on, or start as root" },
    };
    for (size_t i = 0; i < sizeof remedies / sizeof remedies[0]; i++) {
        if (remedies[i].error == error)
            return remedies[i].remedy;
    }
    return "";
}

/* Says what failed on what, with the reason and the remedy; closes. @return -1 */
static int give_up(int fd, const char *what, const char *address, int error, struct seki_error *why)
{
    if (fd >= 0)
        close(fd);
    seki_error_set(why, "cannot %s %s: %s%s", what, address, strerror(error), remedy_of(error));
    return -1;
}

/* Does a process answer there? Only then is the file not a left-over. */
static bool is_answered(const struct sockaddr_un *name)
{
    int fd = socket(AF_UNIX, SOCKET_FLAGS, 0);
    if (fd < 0)
        return true;
    int result = connect(fd, (const struct sockaddr *)name, sizeof *name);
    bool is_refused = result != 0 && errno == ECONNREFUSED;
    close(fd);
    return !is_refused;
}

/* @return false with *why when something stands in the way */
static bool clear_path(const struct sockaddr_un *name, struct seki_error *why)
{
    struct stat info;
    if (lstat(name->sun_path, &info) != 0)
        return true; /* nothing there; what else may be wrong, bind() will say */
    if (!S_ISSOCK(info.st_mode)) {
        seki_error_set(
            why, "cannot listen on %s: a file stands there that is no socket; remove it, or name another path",
            name->sun_path);
        return false;
    }
    if (is_answered(name)) {
        seki_error_set(why, "cannot listen on %s: another process listens there; stop it first", name->sun_path);
        return false;
    }
    if (unlink(name->sun_path) != 0) {
        give_up(-1, "remove the stale socket", name->sun_path, errno, why);
        return false;
    }
    return true;
}

static int listen_unix(const char *path, unsigned mode, struct seki_error *why)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof name.sun_path) {
        seki_error_set(why, "cannot listen on unix:%s: a path of 1 to %zu octets is needed", path,
                       sizeof name.sun_path - 1);
        return -1;
    }
    memcpy(name.sun_path, path, len + 1);
    if (!clear_path(&name, why))
        return -1;
    int fd = socket(AF_UNIX, SOCKET_FLAGS, 0);
    if (fd < 0)
        return give_up(fd, "make a socket for", path, errno, why);
    /* Before bind(), so that it never stands there open to more than asked; after it, to undo the umask. */
    if (fchmod(fd, (mode_t)mode) != 0 || bind(fd, (const struct sockaddr *)&name, sizeof name) != 0)
        return give_up(fd, "bind to", path, errno, why);
    if (chmod(path, (mode_t)mode) != 0 || listen(fd, SOMAXCONN) != 0)
        return give_up(fd, "listen on", path, errno, why);
    return fd;
}

union socket_name {
    struct sockaddr generic;
    struct sockaddr_in inet;
    struct sockaddr_in6 inet6;
};

/*     inet = ADDR ":" PORT / "[" ADDR "]" ":" PORT */
static bool read_inet_name(struct seki_str text, int family, union socket_name *name_out)
{
    char host[INET6_ADDRSTRLEN] = "";
    uint64_t port;
    size_t colon = seki_str_find_last(text, ':');
    struct seki_str address = seki_str_head(text, colon);
    if (!seki_str_to_u64(seki_str_from(text, colon + 1), 65535, &port))
        return false;
    if (address.len >= 2 && address.ptr[0] == '[' && address.ptr[address.len - 1] == ']')
        address = (struct seki_str){ address.ptr + 1, address.len - 2 };
    if (address.len >= sizeof host)
        return false;
    memcpy(host, address.ptr, address.len);
    *name_out = (union socket_name){ 0 };
    name_out->generic.sa_family = (sa_family_t)family;
    if (family == AF_INET) {
        name_out->inet.sin_port = htons((uint16_t)port);
        return inet_pton(family, host, &name_out->inet.sin_addr) == 1;
    }
    name_out->inet6.sin6_port = htons((uint16_t)port);
    return inet_pton(family, host, &name_out->inet6.sin6_addr) == 1;
}

static int listen_inet(const char *text, int family, struct seki_error *why)
{
    union socket_name name;
    if (!read_inet_name(seki_str_of(text), family, &name)) {
        seki_error_set(why, "cannot listen on \"%s\": an address and a port are needed, as in %s", text,
                       family == AF_INET ? "inet:127.0.0.1:8890" : "inet6:[::1]:8890");
        return -1;
    }
    int fd = socket(family, SOCKET_FLAGS, 0);
    if (fd < 0)
        return give_up(fd, "make a socket for", text, errno, why);
    int on = 1;
    socklen_t len = family == AF_INET ? sizeof name.inet : sizeof name.inet6;
    bool is_set = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                  /* inherited by accepted sockets: a reply is one write and must not wait for an ACK */
                  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 &&
                  (family == AF_INET || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0);
    if (!is_set || bind(fd, &name.generic, len) != 0 || listen(fd, SOMAXCONN) != 0)
        return give_up(fd, "listen on", text, errno, why);
    return fd;
}

int milter_listen(const char *address, unsigned unix_mode, struct seki_error *why)
{
    struct seki_str text = seki_str_of(address);
    if (seki_str_starts_with(text, SEKI_STR("unix:")))
        return listen_unix(address + strlen("unix:"), unix_mode, why);
    if (seki_str_starts_with(text, SEKI_STR("inet:")))
        return listen_inet(address + strlen("inet:"), AF_INET, why);
    if (seki_str_starts_with(text, SEKI_STR("inet6:")))
        return listen_inet(address + strlen("inet6:"), AF_INET6, why);
    seki_error_set(why, "cannot listen on \"%s\": write unix:/path, inet:ADDR:PORT or inet6:[ADDR]:PORT", address);
    return -1;
}

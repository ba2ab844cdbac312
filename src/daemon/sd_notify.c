#include "daemon/sd_notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* A path, or with "@" in front a name in Linux' abstract space, where the first octet is NUL and the length says
 * where the name ends. @return the length for sendto(), 0 when it is neither */
static socklen_t fill_address(const char *name, struct sockaddr_un *address)
{
    size_t len = strlen(name);
    if ((name[0] != '/' && name[0] != '@') || len < 2 || len >= sizeof address->sun_path)
        return 0;
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, name, len + 1);
    if (name[0] == '@')
        address->sun_path[0] = '\0';
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (name[0] == '/' ? 1 : 0));
}

bool sd_notify_send(const char *state)
{
    struct sockaddr_un address = { 0 };
    const char *name = getenv("NOTIFY_SOCKET");
    if (name == NULL)
        return true;
    socklen_t address_len = fill_address(name, &address);
    if (address_len == 0)
        return false;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    ssize_t sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address, address_len);
    close(fd);
    return sent == (ssize_t)strlen(state);
}

bool sd_notify_reloading(void)
{
    char state[80];
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%lld",
             (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    return sd_notify_send(state);
}

#include "daemon/listeners.h"

#include "milter/server.h"

#include <errno.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNIX_PREFIX "unix:"

static struct listener *find(const struct listeners *listeners, struct seki_str address)
{
    for (size_t i = 0; i < listeners->count; i++) {
        if (seki_str_equal(seki_str_of(listeners->items[i].address), address))
            return (struct listener *)(uintptr_t)&listeners->items[i];
    }
    return NULL;
}

int listeners_find(const struct listeners *listeners, struct seki_str address)
{
    const struct listener *listener = find(listeners, address);
    return listener != NULL ? listener->fd : -1;
}

static const char *unix_path(const char *address)
{
    return strncmp(address, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0 ? address + strlen(UNIX_PREFIX) : NULL;
}

static void close_at(struct listeners *listeners, size_t index)
{
    struct listener *listener = &listeners->items[index];
    const char *path = unix_path(listener->address);
    close(listener->fd);
    if (path != NULL)
        unlink(path);
    *listener = listeners->items[--listeners->count];
}

static bool give_to_group(const char *path, const char *name, struct seki_error *why)
{
    const struct group *group = getgrnam(name);
    if (group == NULL) {
        seki_error_set(why, "[inbound] socket_group: there is no group \"%s\" here; create it, or name another",
                       name);
        return false;
    }
    if (lchown(path, (uid_t)-1, group->gr_gid) == 0)
        return true;
    int error = errno;
    seki_error_set(why,
                   "cannot give %s to group \"%s\": %s; name a group of yours in [inbound] socket_group, or none",
                   path, name, strerror(error));
    return false;
}

static bool set_access(const char *address, const struct config *config, struct seki_error *why)
{
    const char *path = unix_path(address);
    if (path == NULL)
        return true;
    if (config->inbound.socket_group.len > 0 && !give_to_group(path, config->inbound.socket_group.ptr, why))
        return false;
    if (chmod(path, (mode_t)config->inbound.socket_mode) == 0)
        return true;
    int error = errno;
    seki_error_set(why, "cannot set the mode of %s: %s", path, strerror(error));
    return false;
}

static bool want(struct listeners *listeners, struct seki_str address, const struct config *config,
                 struct seki_error *why)
{
    struct listener *listener = find(listeners, address);
    if (listener == NULL) {
        int fd = milter_listen(address.ptr, (unsigned)config->inbound.socket_mode, why);
        if (fd < 0)
            return false;
        listener = &listeners->items[listeners->count++];
        *listener = (struct listener){ .fd = fd, .is_new = true };
        memcpy(listener->address, address.ptr, address.len + 1);
        if (!set_access(listener->address, config, why))
            return false;
    }
    listener->is_wanted = true;
    return true;
}

bool listeners_prepare(struct listeners *listeners, const struct config *config, struct seki_error *why)
{
    for (size_t i = 0; i < listeners->count; i++) {
        listeners->items[i].is_wanted = false;
        listeners->items[i].is_new = false;
    }
    bool is_done = config->metrics.listen.len == 0 || want(listeners, config->metrics.listen, config, why);
    for (size_t i = 0; i < config->inbound.listen.count && is_done; i++)
        is_done = want(listeners, config->inbound.listen.items[i], config, why);
    if (!is_done)
        listeners_revert(listeners);
    return is_done;
}

bool listeners_commit(struct listeners *listeners, const struct config *config, struct seki_error *why)
{
    bool is_done = true;
    for (size_t i = listeners->count; i-- > 0;) {
        if (!listeners->items[i].is_wanted)
            close_at(listeners, i);
        else if (!listeners->items[i].is_new && !set_access(listeners->items[i].address, config, why))
            is_done = false;
    }
    return is_done;
}

void listeners_revert(struct listeners *listeners)
{
    for (size_t i = listeners->count; i-- > 0;) {
        if (listeners->items[i].is_new)
            close_at(listeners, i);
    }
}

void listeners_close(struct listeners *listeners)
{
    while (listeners->count > 0)
        close_at(listeners, listeners->count - 1);
}

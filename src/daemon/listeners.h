/* The supervisor's sockets.
 *
 * They live in the supervisor, not in the role: while a role that died is started again, connections wait in the
 * backlog instead of being refused. */
#ifndef LISTENERS_H
#define LISTENERS_H

#include "daemon/config.h"

struct listeners {
    struct listener {
        char address[CONFIG_ADDRESS_MAX_OCTETS + 1];
        int fd;
        bool is_wanted;                /* by the configuration being applied */
        bool is_new;                   /* opened for it */
    } items[CONFIG_LISTENERS_MAX * 2]; /* those in force, and those of the next configuration */
    size_t count;
};

/**
 * Open what a configuration names and is not open yet; nothing is closed.
 * @return false with *why: then nothing new stays open
 */
bool listeners_prepare(struct listeners *listeners, const struct config *config, struct seki_error *why);
/** The configuration is in force: close (and remove) what it does not name, and give the other unix sockets the mode
 *  and group that it says. @return false with *why when that could not be done for one of them */
bool listeners_commit(struct listeners *listeners, const struct config *config, struct seki_error *why);
/** It is not: close what was opened for it. */
void listeners_revert(struct listeners *listeners);
/** All of them, and the files of unix sockets. */
void listeners_close(struct listeners *listeners);

/** The socket of an address, -1 when it is not open. */
int listeners_find(const struct listeners *listeners, struct seki_str address);

#endif

/* One role's process, as its supervisor sees it. */
#ifndef CHILD_H
#define CHILD_H

#include "daemon/privileges.h"

/** The role's end of the channel in its process. */
#define CHILD_CHANNEL 3

struct child {
    const char *role; /* a literal */
    pid_t pid;        /* 0: not running */
    int channel;      /* -1: none */
};

/** This program's file, whatever is installed in its place meanwhile. @return descriptor, -1 with *why */
int child_program_open(struct seki_error *why);

/**
 * Start the role in a new process: this program again, as the role's user.
 * @param program  from child_program_open()
 * @return false with *why; child->pid stays 0
 */
bool child_start(struct child *child, int program, const struct privileges_user *user, struct seki_error *why);

/** Has it ended? Then closes the channel, sets pid to 0 and writes how it ended ("exit status 1", "signal 9"). */
bool child_has_ended(struct child *child, bool *is_clean_out, char *how, size_t how_size);

#endif

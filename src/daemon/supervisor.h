/* The process that starts the roles, starts them again when they die, and passes signals on: SIGHUP reads the
 * configuration anew, SIGTERM and SIGINT stop (a second one: at once). It holds the sockets and what privilege there
 * is, and reads nothing from outside but the configuration. */
#ifndef SUPERVISOR_H
#define SUPERVISOR_H

#include <stdbool.h>

struct supervisor_options {
    const char *config_path;
    bool in_foreground; /* else: return to the caller's shell when the roles are ready */
};

/** @return the exit status of the program */
int supervisor_run(const struct supervisor_options *options);

#endif

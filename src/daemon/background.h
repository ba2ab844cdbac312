/* Leaving the terminal: the caller's shell gets its prompt back when the daemon is ready, not before. */
#ifndef BACKGROUND_H
#define BACKGROUND_H

#include <sekisho/str.h>

/**
 * Go on in a new process and session. The old process waits for background_ready() and exits 0, or 1 when the new
 * one ends before that.
 * @return descriptor for background_ready(), -1 with *why
 */
int background_enter(struct seki_error *why);
/** @param descriptor -1 does nothing; closed by this */
void background_ready(int descriptor);

/** Write and lock a file with our process id. @return descriptor to keep open, -1 with *why */
int pid_file_open(const char *path, struct seki_error *why);

#endif

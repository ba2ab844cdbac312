/* Reading mapped files that may be damaged. A page that is no longer there (the file was cut, the disk failed) is SIGBUS, a
 * page that points astray can be SIGSEGV, one whose sizes are wrong SIGFPE: LMDB divides by them. Inside the guard all three
 * end the work and not the process, so that no damaged replica stops mail. Outside of it the signals do what they did before. */
#ifndef REPLICA_FAULT_GUARD_H
#define REPLICA_FAULT_GUARD_H

#include <stdbool.h>

/** Take the signals, unless they are taken already: before the first guarded work, and now and then again, for a library
 *  may set handlers of its own. */
void replica_guard_install(void);

/**
 * Run work(context) in this thread. It must hold no lock and own no memory that a sudden end would lose.
 * @return false when a fault ended it
 */
bool replica_guarded(void (*work)(void *context), void *context);

/** End the work as a fault does: for a library that found its own data impossible. Inside the guard only. */
void replica_guard_escape(void);

#endif

/* One at a time: who compresses, drops or erases segments holds a lock on the folder itself. Appending and reading need none. */
#ifndef JOURNAL_FOLDER_LOCK_H
#define JOURNAL_FOLDER_LOCK_H

#include <sekisho/str.h>

/** Wait for the lock. @return a descriptor of the folder, -1 with *why. close() gives the lock back */
int journal_folder_lock(const char *folder, struct seki_error *why);

/** For a file in that folder. @return a descriptor, or -1 with *error_out */
int journal_folder_open(int folder, struct seki_str name, const char *suffix, int flags, int *error_out);
/** One that is not there counts as taken away. @return errno, or 0 */
int journal_folder_unlink(int folder, struct seki_str name, const char *suffix);

#endif

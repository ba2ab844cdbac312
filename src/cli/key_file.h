/* Private keys in files. What passes through here is wiped. */
#ifndef CLI_KEY_FILE_H
#define CLI_KEY_FILE_H

#include <sekisho/private_key.h>

/** @return the key, yours to free; NULL with *why */
struct seki_private_key *cli_key_file_read(const char *path, struct seki_error *why);

/** Into a new file that its owner alone can read; a file that is there stays as it is.
 *  @return false with *why; no file is left then */
bool cli_key_file_write(const struct seki_private_key *key, const char *path, struct seki_error *why);

#endif

/* The mark on a message that was released: "X-Sekisho-Released: NUMBER ID PLACE", the number that people know it by, the name
 * of its file and which of the recipients there it was released to; and on a digest, with one of those that it tells of. The
 * name has 48 bits of chance, so nobody writes the mark of a message that he has not been told of. */
#ifndef QUARANTINE_RELEASED_H
#define QUARANTINE_RELEASED_H

#include "quarantine/quarantine.h"

#define QUARANTINE_RELEASED_NAME "X-Sekisho-Released"
#define QUARANTINE_DIGEST_NAME   "X-Sekisho-Digest"

/** The field's value. @return "" without memory */
struct seki_str quarantine_released_write(struct seki_arena *arena, int64_t number, struct seki_str id,
                                          int64_t place);

/**
 * Is it the mark of a message that is held in this folder, and was it released to this recipient? Then what bears it has come
 * to the filter that held that one. To another recipient somebody has handed it on, also where it is held for that one too.
 * Opens a file.
 * @param value  of the field. @param recipient  without angle brackets
 */
bool quarantine_released_is_from(const char *folder, struct seki_str value, struct seki_str recipient);

#endif

/* Body hashes written down, and back in the place of a body that is gone. */
#ifndef BODY_HASH_RECALL_H
#define BODY_HASH_RECALL_H

#include "base/octets.h"

#include <sekisho/body_hash.h>

/** @param body  finished; NULL, and one that is not finished, has none */
void seki_body_hash_write(const struct seki_body_hash *body, struct seki_buf *out);
/** In place of all updates and the finish. @return false: what is there cannot be read, or a hash that was requested is not
 *  among them */
bool seki_body_hash_recall(struct seki_body_hash *body, struct seki_octets *octets);

#endif

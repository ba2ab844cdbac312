/* The entries of a tar archive as it streams by (POSIX pax and ustar; GNU's long names). Sizes are believed, because whoever
 * extracts has nothing else to go by; a header whose checksum does not hold ends it as damaged. */
#ifndef CONTENT_TAR_H
#define CONTENT_TAR_H

#include "content/inspector.h"

struct content_tar;

/** @return NULL when the arena is full */
struct content_tar *content_tar_new(struct seki_arena *arena);
void content_tar_begin(struct content_tar *tar, struct content_inspector *archive, struct content_look *look);
/** @return false when the rest does not matter */
bool content_tar_feed(struct content_tar *tar, struct seki_str octets);
/** @return false: it is damaged, or cut */
bool content_tar_end(struct content_tar *tar);

#endif

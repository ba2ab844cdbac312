/* What is in a gzip file (RFC 1952): one after the other, as gunzip reads them. */
#ifndef CONTENT_GZIP_H
#define CONTENT_GZIP_H

#include "content/inspector.h"

struct content_gzip;

/** @return NULL when the arena is full */
struct content_gzip *content_gzip_new(struct seki_arena *arena);
/** @param archive  whose octets these are; its inner inspector takes what comes out. @return false without memory */
bool content_gzip_begin(struct content_gzip *gzip, struct content_inspector *archive, struct content_look *look);
/** @return false when the rest does not matter */
bool content_gzip_feed(struct content_gzip *gzip, struct seki_str octets);
/** @return false: it is damaged, or cut */
bool content_gzip_end(struct content_gzip *gzip);
void content_gzip_release(struct content_gzip *gzip); /* NULL does nothing */

#endif

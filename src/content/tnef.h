/* What is attached in a message that Outlook or Exchange has written as TNEF ("winmail.dat", [MS-OXTNEF]), as it streams by:
 * the names of attachments in both places where they stand, their content, and messages within. Lengths are believed,
 * because whoever reads it has nothing else to go by; what they do not add up to is damaged. */
#ifndef CONTENT_TNEF_H
#define CONTENT_TNEF_H

#include "content/inspector.h"

struct content_tnef;

/** @return NULL when the arena is full */
struct content_tnef *content_tnef_new(struct seki_arena *arena);
void content_tnef_begin(struct content_tnef *tnef, struct content_inspector *archive, struct content_look *look);
/** @return false when the rest does not matter */
bool content_tnef_feed(struct content_tnef *tnef, struct seki_str octets);
/** @return false: it is damaged, or cut */
bool content_tnef_end(struct content_tnef *tnef);

#endif

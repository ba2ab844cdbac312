/* One attachment, or one entry of an archive, as its octets come: first what it begins as, then what is in it. */
#ifndef CONTENT_INSPECTOR_H
#define CONTENT_INSPECTOR_H

#include "content/look.h"
#include "content/types.h"

struct content_inspector;

/** @param depth  0: an attachment; of archives within each other. @return NULL when the arena is full */
struct content_inspector *content_inspector_new(struct seki_arena *arena, struct content_look *look,
                                                unsigned depth);

/**
 * Begin with the next one; what was not ended before is given up.
 * @param outer  the archive that it is in; "" for an attachment of the message
 * @param name   "" for none; its danger is judged by the caller
 */
void content_inspector_begin(struct content_inspector *inspector, struct seki_str outer, struct seki_str name);

/** @return false when the rest does not matter */
bool content_inspector_feed(struct content_inspector *inspector, struct seki_str octets);

/** All of it has come. */
void content_inspector_end(struct content_inspector *inspector);

/** No more of it can be had, and there may have been more: what has come is judged. An archive by its name that has not begun
 *  as one is opaque. */
void content_inspector_cut(struct content_inspector *inspector);

/** What it was opened as; CONTENT_PLAIN: nothing. */
enum content_kind content_inspector_kind(const struct content_inspector *inspector);

/** Its path, for those that look into it. */
struct seki_str content_inspector_path(const struct content_inspector *inspector);

/** The entry that is entered next has this name too, which programs may give it: it is opened as what either promises. */
void content_inspector_name_too(struct content_inspector *inspector, struct seki_str name);

/**
 * Begin with an entry of the archive that this inspector looks into.
 * @return its inspector, one for all entries of this level; NULL: looking is over (too deep, or the arena is full), or
 *         where is_readable is false there is nothing to look at
 */
struct content_inspector *content_inspector_enter(struct content_inspector *inspector, struct seki_str name,
                                                  bool is_readable);

void content_inspector_release(struct content_inspector *inspector);

#endif

/* Which field names a header has: for each the bottommost field and how many there are.
 *
 * The sender chooses the names, so a hash table alone will not do: ten thousand names of one hash value are made
 * in a minute. This is a balanced tree (Andersson's) ordered by hash, length and folded name. A look-up compares
 * at most 2 log2(names) times, nearly always two integers; colliding on purpose buys an attacker one comparison
 * of names per level and no more. */
#ifndef SEKI_NAME_INDEX_H
#define SEKI_NAME_INDEX_H

#include <sekisho/arena.h>

struct seki_name {
    struct seki_name *left, *right;
    struct seki_str name; /* as first seen, a view */
    uint32_t hash, level;
    uint32_t bottom, count; /* for the user; zero when new */
};

/** @param root  NULL = no names yet. @return NULL when there is no such name; case is ignored */
struct seki_name *seki_name_find(const struct seki_name *root, struct seki_str name);

/** @param name  must live as long as the arena. @return NULL when the arena is full */
struct seki_name *seki_name_find_or_add(struct seki_arena *arena, struct seki_name **root, struct seki_str name);

#endif

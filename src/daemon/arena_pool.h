/* Arenas of one loop, ready for the next message. A session that waits holds none. */
#ifndef ARENA_POOL_H
#define ARENA_POOL_H

#include <sekisho/arena.h>

#define ARENA_POOL_MAX 512u /* kept: given back between the caches' entries, they would leave holes in the heap */

struct arena_pool {
    size_t max_octets; /* ceiling of each */
    size_t count;
    struct seki_arena *arenas[ARENA_POOL_MAX];
};

/** Also empties the pool when the ceiling changes. */
void arena_pool_set_max(struct arena_pool *pool, size_t max_octets);
/** @return NULL without memory */
struct seki_arena *arena_pool_take(struct arena_pool *pool);
/** @param max_octets the ceiling that arena was made with */
void arena_pool_give(struct arena_pool *pool, struct seki_arena *arena, size_t max_octets);
void arena_pool_release(struct arena_pool *pool);

#endif

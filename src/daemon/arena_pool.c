#include "daemon/arena_pool.h"

void arena_pool_release(struct arena_pool *pool)
{
    while (pool->count > 0)
        seki_arena_free(pool->arenas[--pool->count]);
}

void arena_pool_set_max(struct arena_pool *pool, size_t max_octets)
{
    if (pool->max_octets != max_octets)
        arena_pool_release(pool);
    pool->max_octets = max_octets;
}

struct seki_arena *arena_pool_take(struct arena_pool *pool)
{
    return pool->count > 0 ? pool->arenas[--pool->count] : seki_arena_new(pool->max_octets);
}

void arena_pool_give(struct arena_pool *pool, struct seki_arena *arena, size_t max_octets)
{
    if (max_octets != pool->max_octets || pool->count == ARENA_POOL_MAX) {
        seki_arena_free(arena);
        return;
    }
    seki_arena_clear(arena);
    pool->arenas[pool->count++] = arena;
}

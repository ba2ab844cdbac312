/* Memory that is freed together.
 *
 * Everything that belongs to one message comes from that message's arena and is never freed alone. An arena
 * has a ceiling; reaching it is a defined result (SEKI_LIMIT), not a crash. Not thread-safe: one owner.
 *
 * NULL in the place of an arena has no room: so an arena and what is made in it can be made one after the other, and only
 * the last looked at. */
#ifndef SEKISHO_ARENA_H
#define SEKISHO_ARENA_H

#include <sekisho/str.h>

struct seki_arena;

/**
 * @param max_bytes  ceiling for the sum of all allocations, in octets
 * @return NULL when there is no memory; else yours to seki_arena_free()
 */
SEKI_API struct seki_arena *seki_arena_new(size_t max_bytes);
SEKI_API void seki_arena_free(struct seki_arena *arena);

/** Ready for the next message: all allocations end, the first block stays. */
SEKI_API void seki_arena_clear(struct seki_arena *arena);

/**
 * count * size zeroed octets, aligned for any type.
 * @return NULL past the ceiling, on overflow or without memory; seki_arena_failure() then says which
 */
SEKI_API void *seki_arena_alloc(struct seki_arena *arena, size_t count, size_t size);

/** As seki_arena_alloc() for plain octets: neither zeroed nor aligned. */
SEKI_API char *seki_arena_octets(struct seki_arena *arena, size_t len);

/** Copy into the arena, with a NUL behind. @return ptr NULL on failure */
SEKI_API struct seki_str seki_arena_copy(struct seki_arena *arena, struct seki_str s);
/** As seki_arena_copy(), ASCII letters in lower case. */
SEKI_API struct seki_str seki_arena_copy_lower(struct seki_arena *arena, struct seki_str s);
/** printf into the arena. @return ptr NULL on failure */
SEKI_API struct seki_str seki_arena_format(struct seki_arena *arena, const char *format, ...) SEKI_PRINTF(2, 3);

/** @return SEKI_OK, or the cause of the first allocation that failed: SEKI_LIMIT or SEKI_SYSTEM (sticky until
 *  seki_arena_clear()) */
SEKI_API enum seki_result seki_arena_failure(const struct seki_arena *arena);

/** Octets handed out since the last clear. */
SEKI_API size_t seki_arena_used(const struct seki_arena *arena);

#endif

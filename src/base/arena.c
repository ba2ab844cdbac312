/* Blocks in a list, newest first; each allocation is cut off the newest block. A request that does not fit starts
 * a block of its own size or as large as all before it, so small messages cost one block and large ones few. */
#include <sekisho/arena.h>

#include <stdarg.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_BLOCK_OCTETS   12288u /* holds an ordinary message while it waits for DNS */
#define LARGEST_BLOCK_OCTETS (256u * 1024u)

struct block {
    struct block *older;
    size_t size, used;
    alignas(max_align_t) char octets[];
};

struct seki_arena {
    struct block *newest;
    size_t max_bytes, used;
    size_t capacity; /* of all blocks */
    enum seki_result failure;
};

static struct block *block_new(size_t size, struct block *older)
{
    struct block *block = malloc(sizeof *block + size);
    if (block == NULL)
        return NULL;
    *block = (struct block){ .older = older, .size = size };
    return block;
}

struct seki_arena *seki_arena_new(size_t max_bytes)
{
    struct seki_arena *arena = malloc(sizeof *arena);
    if (arena == NULL)
        return NULL;
    *arena = (struct seki_arena){ .max_bytes = max_bytes, .capacity = FIRST_BLOCK_OCTETS };
    arena->newest = block_new(FIRST_BLOCK_OCTETS, NULL);
    if (arena->newest == NULL) {
        free(arena);
        return NULL;
    }
    return arena;
}

static void free_newer_blocks(struct seki_arena *arena)
{
    while (arena->newest->older != NULL) {
        struct block *older = arena->newest->older;
        free(arena->newest);
        arena->newest = older;
    }
}

void seki_arena_free(struct seki_arena *arena)
{
    if (arena == NULL)
        return;
    free_newer_blocks(arena);
    free(arena->newest);
    free(arena);
}

void seki_arena_clear(struct seki_arena *arena)
{
    free_newer_blocks(arena);
    arena->newest->used = 0;
    arena->used = 0;
    arena->capacity = arena->newest->size;
    arena->failure = SEKI_OK;
}

static char *fail(struct seki_arena *arena, enum seki_result failure)
{
    if (arena != NULL && arena->failure == SEKI_OK)
        arena->failure = failure;
    return NULL;
}

static char *cut(struct seki_arena *arena, size_t len, size_t alignment)
{
    if (arena == NULL)
        return NULL;
    struct block *block = arena->newest;
    size_t start = (block->used + alignment - 1) & ~(alignment - 1);
    if (len > arena->max_bytes - arena->used)
        return fail(arena, SEKI_LIMIT);
    if (start > block->size || len > block->size - start) {
        size_t size = arena->capacity < LARGEST_BLOCK_OCTETS ? arena->capacity : LARGEST_BLOCK_OCTETS;
        block = block_new(len > size ? len : size, block);
        if (block == NULL)
            return fail(arena, SEKI_SYSTEM);
        arena->newest = block;
        arena->capacity += block->size;
        start = 0;
    }
    block->used = start + len;
    arena->used += len;
    return block->octets + start;
}

void *seki_arena_alloc(struct seki_arena *arena, size_t count, size_t size)
{
    size_t len;
    if (__builtin_mul_overflow(count, size, &len))
        return fail(arena, SEKI_LIMIT);
    char *octets = cut(arena, len, alignof(max_align_t));
    if (octets != NULL)
        memset(octets, 0, len);
    return octets;
}

char *seki_arena_octets(struct seki_arena *arena, size_t len)
{
    return cut(arena, len, 1);
}

struct seki_str seki_arena_copy(struct seki_arena *arena, struct seki_str s)
{
    char *copy = s.len < SIZE_MAX ? cut(arena, s.len + 1, 1) : fail(arena, SEKI_LIMIT);
    if (copy == NULL)
        return (struct seki_str){ NULL, 0 };
    if (s.len > 0)
        memcpy(copy, s.ptr, s.len);
    copy[s.len] = '\0';
    return (struct seki_str){ copy, s.len };
}

struct seki_str seki_arena_copy_lower(struct seki_arena *arena, struct seki_str s)
{
    char *copy = s.len < SIZE_MAX ? cut(arena, s.len + 1, 1) : fail(arena, SEKI_LIMIT);
    if (copy == NULL)
        return (struct seki_str){ NULL, 0 };
    for (size_t i = 0; i < s.len; i++)
        copy[i] = seki_ascii_lower(s.ptr[i]);
    copy[s.len] = '\0';
    return (struct seki_str){ copy, s.len };
}

struct seki_str seki_arena_format(struct seki_arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = len >= 0 ? cut(arena, (size_t)len + 1, 1) : fail(arena, SEKI_SYSTEM);
    if (text != NULL)
        vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return (struct seki_str){ text, text ? (size_t)len : 0 };
}

enum seki_result seki_arena_failure(const struct seki_arena *arena)
{
    return arena != NULL ? arena->failure : SEKI_SYSTEM;
}

size_t seki_arena_used(const struct seki_arena *arena)
{
    return arena->used;
}

/* A chained hash table whose entries also stand in a ring, the most recently used behind the head. The hash is seeded
 * per context, and the whole record is compared: a record that somebody builds to collide costs time, not a wrong key. */
#include "auth/key_cache.h"

#include <openssl/rand.h>
#include <stdlib.h>

struct entry {
    struct entry *newer, *older; /* ring */
    struct entry *next;          /* in the bucket */
    uint64_t hash;
    struct seki_dkim_key *key;
    struct seki_str record; /* lies behind the entry */
};

struct seki_key_cache {
    struct entry ring; /* ring.older: the newest; ring.newer: the oldest */
    size_t count, max;
    uint64_t seed;
    size_t bucket_mask;
    struct entry *buckets[];
};

static size_t bucket_count(size_t max_keys)
{
    size_t count = 16;
    while (count < max_keys && count <= SIZE_MAX / 64)
        count *= 2;
    return count;
}

struct seki_key_cache *seki_key_cache_new(size_t max_keys)
{
    size_t buckets = bucket_count(max_keys);
    struct seki_key_cache *cache = calloc(1, sizeof *cache + buckets * sizeof cache->buckets[0]);
    if (cache == NULL)
        return NULL;
    cache->ring.newer = cache->ring.older = &cache->ring;
    cache->max = max_keys;
    cache->bucket_mask = buckets - 1;
    if (RAND_bytes((unsigned char *)&cache->seed, sizeof cache->seed) == 1)
        return cache;
    free(cache);
    return NULL;
}

static void entry_free(struct entry *entry)
{
    seki_dkim_key_free(entry->key);
    free(entry);
}

void seki_key_cache_free(struct seki_key_cache *cache)
{
    if (cache == NULL)
        return;
    for (struct entry *entry = cache->ring.older, *older; entry != &cache->ring; entry = older) {
        older = entry->older;
        entry_free(entry);
    }
    free(cache);
}

static inline uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 32;
}

static uint64_t word_at(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

/* Two lanes of eight octets each, so that the multiplications overlap. */
static uint64_t hash_record(uint64_t seed, struct seki_str record)
{
    uint64_t even = mix(seed, record.len), odd = ~seed;
    char tail[16] = { 0 };
    size_t at = 0;
    for (; record.len - at >= sizeof tail; at += sizeof tail) {
        even = mix(even, word_at(record.ptr + at));
        odd = mix(odd, word_at(record.ptr + at + 8));
    }
    if (at < record.len)
        memcpy(tail, record.ptr + at, record.len - at);
    return mix(mix(even, word_at(tail)), mix(odd, word_at(tail + 8)));
}

static void ring_insert(struct seki_key_cache *cache, struct entry *entry)
{
    entry->newer = &cache->ring;
    entry->older = cache->ring.older;
    entry->older->newer = entry;
    cache->ring.older = entry;
}

static void ring_remove(struct entry *entry)
{
    entry->newer->older = entry->older;
    entry->older->newer = entry->newer;
}

static struct entry *find(struct seki_key_cache *cache, struct seki_str record, uint64_t hash)
{
    struct entry *entry = cache->buckets[hash & cache->bucket_mask];
    while (entry != NULL && (entry->hash != hash || !seki_str_equal(entry->record, record)))
        entry = entry->next;
    return entry;
}

static void drop_oldest(struct seki_key_cache *cache)
{
    struct entry *oldest = cache->ring.newer;
    struct entry **link = &cache->buckets[oldest->hash & cache->bucket_mask];
    while (*link != oldest)
        link = &(*link)->next;
    *link = oldest->next;
    ring_remove(oldest);
    entry_free(oldest);
    cache->count--;
}

static bool insert(struct seki_key_cache *cache, struct seki_str record, uint64_t hash, struct seki_dkim_key *key)
{
    struct entry *entry = malloc(sizeof *entry + record.len);
    if (entry == NULL)
        return false;
    if (cache->count == cache->max)
        drop_oldest(cache);
    char *copy = (char *)(entry + 1);
    memcpy(copy, record.ptr, record.len);
    *entry = (struct entry){ .hash = hash, .key = key, .record = { copy, record.len } };
    struct entry **bucket = &cache->buckets[hash & cache->bucket_mask];
    entry->next = *bucket;
    *bucket = entry;
    ring_insert(cache, entry);
    cache->count++;
    return true;
}

enum seki_result seki_key_cache_get(struct seki_context *context, struct seki_str record,
                                    struct seki_dkim_key **key_out, const char **wrong_out)
{
    struct seki_key_cache *cache = context->keys;
    uint64_t hash = hash_record(cache->seed, record);
    struct entry *entry = find(cache, record, hash);
    *wrong_out = NULL;
    if (entry != NULL) {
        ring_remove(entry);
        ring_insert(cache, entry);
        *key_out = entry->key;
        return SEKI_OK;
    }
    enum seki_result result = seki_dkim_key_new(context, record, key_out, wrong_out);
    if (result != SEKI_OK || *key_out == NULL || insert(cache, record, hash, *key_out))
        return result;
    seki_dkim_key_free(*key_out);
    *key_out = NULL;
    return SEKI_SYSTEM;
}

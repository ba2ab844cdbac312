/* Body hashes for DKIM and ARC (RFC 6376 section 3.4, 3.7), computed once as the body streams by, in constant
 * memory. Requests for the same canonicalization, digest and length share one computation. */
#ifndef SEKISHO_BODY_HASH_H
#define SEKISHO_BODY_HASH_H

#include <sekisho/arena.h>
#include <sekisho/context.h>

enum seki_canonicalization { SEKI_CANON_SIMPLE = 0, SEKI_CANON_RELAXED };
enum seki_digest { SEKI_DIGEST_SHA256 = 0, SEKI_DIGEST_SHA1 };

#define SEKI_BODY_WHOLE UINT64_MAX /* no l= tag */

struct seki_body_hash;

/** @param context kept until seki_body_hash_end(); hashing states come from it. Bound: 40 different requests.
 *  @return NULL when the arena is full, or there is no context */
SEKI_API struct seki_body_hash *seki_body_hash_new(struct seki_arena *arena, struct seki_context *context);

/**
 * Ask for a hash, before the first octet of the body.
 * @param length  octets of the canonicalized body to cover (l=), or SEKI_BODY_WHOLE
 * @param id_out  for seki_body_hash_get()
 * @return SEKI_OK; SEKI_LIMIT past the bound; SEKI_USAGE after the body has started; SEKI_SYSTEM
 */
SEKI_API SEKI_MUST_USE enum seki_result seki_body_hash_request(struct seki_body_hash *body,
                                                               enum seki_canonicalization canonicalization,
                                                               enum seki_digest digest, uint64_t length,
                                                               size_t *id_out);

/** The next piece, split anywhere. */
SEKI_API void seki_body_hash_update(struct seki_body_hash *body, struct seki_str octets);
/** A body that is in memory as a whole, from its first octet to seki_body_hash_finish().
 *  @param is_unix  LF alone ends a line (see seki_message_read()): it is hashed as CRLF */
SEKI_API void seki_body_hash_whole(struct seki_body_hash *body, struct seki_str text, bool is_unix);
/** The message has ended. Further calls do nothing. */
SEKI_API void seki_body_hash_finish(struct seki_body_hash *body);
SEKI_API bool seki_body_hash_is_finished(const struct seki_body_hash *body);
/** Release what the heap holds (hashing states); call before the arena goes, finished or not. */
SEKI_API void seki_body_hash_end(struct seki_body_hash *body);

struct seki_body_digest {
    uint8_t octets[32];
    size_t octet_count;        /* 32 or 20 */
    uint64_t canonical_length; /* of the whole canonicalized body, also past l= */
};
/** @return NULL before seki_body_hash_finish(), or when hashing failed */
SEKI_API const struct seki_body_digest *seki_body_hash_get(const struct seki_body_hash *body, size_t id);

#endif

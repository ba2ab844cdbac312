/* The inside of a context: what the mechanisms borrow from it. */
#ifndef AUTH_CONTEXT_H
#define AUTH_CONTEXT_H

#include <sekisho/body_hash.h>
#include <sekisho/context.h>

#include <openssl/evp.h>

#define SEKI_DIGESTS           2u /* enum seki_digest */
#define SEKI_DIGEST_MAX_OCTETS 32u

struct seki_key_cache;

struct seki_context {
    EVP_MD *digests[SEKI_DIGESTS];
    EVP_PKEY_CTX *rsa_builder; /* EVP_PKEY_fromdata() on a kept context: 2 µs instead of d2i_PUBKEY()'s 100 */
    struct seki_key_cache *keys;
    EVP_MD_CTX *idle[32]; /* hashing states nobody uses just now */
    size_t idle_count;
    char *scratch;
    size_t scratch_size;
};

static inline size_t seki_digest_octets(enum seki_digest digest)
{
    return digest == SEKI_DIGEST_SHA256 ? 32 : 20;
}

/** A hashing state, started. @return NULL without memory; else seki_context_return_digest() it */
EVP_MD_CTX *seki_context_take_digest(struct seki_context *context, enum seki_digest digest);
/** @param state may be NULL, and in any condition */
void seki_context_return_digest(struct seki_context *context, EVP_MD_CTX *state);

/**
 * At least need octets for work that ends before the caller returns; the next call gives the same memory.
 * @return NULL without memory
 */
char *seki_context_scratch(struct seki_context *context, size_t need);

#endif

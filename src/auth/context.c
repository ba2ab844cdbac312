#include "auth/context.h"

#include "auth/key_cache.h"

#include <openssl/err.h>
#include <stdlib.h>

#define DEFAULT_MAX_KEYS    4096u
#define SCRATCH_OCTETS      (16u * 1024u)
#define KEEP_SCRATCH_OCTETS (256u * 1024u) /* more, for one absurd field, is given back with the next use */

static const char *const digest_names[SEKI_DIGESTS] = {
    [SEKI_DIGEST_SHA256] = "SHA256",
    [SEKI_DIGEST_SHA1] = "SHA1",
};

static bool fetch_digests(struct seki_context *context, struct seki_error *why)
{
    for (size_t i = 0; i < SEKI_DIGESTS; i++) {
        context->digests[i] = EVP_MD_fetch(NULL, digest_names[i], NULL);
        if (context->digests[i] == NULL) {
            seki_error_set(why, "OpenSSL does not offer %s: check its configuration and providers",
                           digest_names[i]);
            return false;
        }
    }
    return true;
}

static bool prepare_rsa(struct seki_context *context, struct seki_error *why)
{
    context->rsa_builder = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    if (context->rsa_builder != NULL && EVP_PKEY_fromdata_init(context->rsa_builder) == 1)
        return true;
    seki_error_set(why, "OpenSSL does not offer RSA: check its configuration and providers");
    return false;
}

struct seki_context *seki_context_new(size_t max_cached_keys, struct seki_error *why)
{
    struct seki_context *context = calloc(1, sizeof *context);
    if (context != NULL)
        context->keys = seki_key_cache_new(max_cached_keys > 0 ? max_cached_keys : DEFAULT_MAX_KEYS);
    if (context == NULL || context->keys == NULL)
        seki_error_set(why, "no memory for a verification context");
    else if (fetch_digests(context, why) && prepare_rsa(context, why))
        return context;
    ERR_clear_error();
    seki_context_free(context);
    return NULL;
}

void seki_context_free(struct seki_context *context)
{
    if (context == NULL)
        return;
    while (context->idle_count > 0)
        EVP_MD_CTX_free(context->idle[--context->idle_count]);
    seki_key_cache_free(context->keys);
    EVP_PKEY_CTX_free(context->rsa_builder);
    for (size_t i = 0; i < SEKI_DIGESTS; i++)
        EVP_MD_free(context->digests[i]);
    free(context->scratch);
    free(context);
}

EVP_MD_CTX *seki_context_take_digest(struct seki_context *context, enum seki_digest digest)
{
    EVP_MD_CTX *state = context->idle_count > 0 ? context->idle[--context->idle_count] : EVP_MD_CTX_new();
    if (state != NULL && EVP_DigestInit_ex2(state, context->digests[digest], NULL) == 1)
        return state;
    ERR_clear_error();
    EVP_MD_CTX_free(state);
    return NULL;
}

void seki_context_return_digest(struct seki_context *context, EVP_MD_CTX *state)
{
    if (state != NULL && context->idle_count < sizeof context->idle / sizeof context->idle[0])
        context->idle[context->idle_count++] = state;
    else
        EVP_MD_CTX_free(state);
}

char *seki_context_scratch(struct seki_context *context, size_t need)
{
    size_t size = need > SCRATCH_OCTETS ? need : SCRATCH_OCTETS;
    bool is_wasteful = context->scratch_size > KEEP_SCRATCH_OCTETS && need <= SCRATCH_OCTETS;
    if (context->scratch_size >= need && context->scratch_size > 0 && !is_wasteful)
        return context->scratch;
    free(context->scratch);
    context->scratch = malloc(size);
    context->scratch_size = context->scratch != NULL ? size : 0;
    return context->scratch;
}

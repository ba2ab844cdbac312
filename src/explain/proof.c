#include "explain/proof.h"

#include "auth/key_cache.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

#define MAX_KEY_RECORDS 8u

/* RFC 8017 section 8.2.2, to step 2: the signature gives the encoded hash, when it was made with this key. */
static bool recover(EVP_PKEY *key, const EVP_MD *digest, struct seki_str signature, uint8_t *digest_out)
{
    uint8_t octets[EVP_MAX_MD_SIZE];
    size_t len = sizeof octets;
    EVP_PKEY_CTX *state = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool is_recovered =
        state != NULL && EVP_PKEY_verify_recover_init(state) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(state, RSA_PKCS1_PADDING) == 1 &&
        EVP_PKEY_CTX_set_signature_md(state, digest) == 1 &&
        EVP_PKEY_verify_recover(state, octets, &len, (const unsigned char *)signature.ptr, signature.len) == 1 &&
        len == (size_t)EVP_MD_get_size(digest);
    EVP_PKEY_CTX_free(state);
    ERR_clear_error();
    if (is_recovered)
        memcpy(digest_out, octets, len);
    return is_recovered;
}

enum seki_result explain_proof_new(const struct seki_check_scene *scene, const struct seki_signature_check *check,
                                   struct explain_proof *proof_out)
{
    const struct seki_signature *signature = &check->signature;
    *proof_out = (struct explain_proof){ .scene = scene, .check = check };
    if (signature->key_type != SEKI_KEY_RSA)
        return SEKI_OK;
    proof_out->maker = EXPLAIN_MADE_BY_ANOTHER;
    for (size_t i = 0; i < check->answer->record_count && i < MAX_KEY_RECORDS && !proof_out->is_recovered; i++) {
        struct seki_dkim_key *key;
        const char *wrong;
        enum seki_result result = seki_key_cache_get(scene->context, check->answer->records[i].text, &key, &wrong);
        if (result != SEKI_OK)
            return result;
        proof_out->is_recovered =
            key != NULL && key->type == SEKI_KEY_RSA &&
            recover(key->key, scene->context->digests[signature->digest], signature->signature, proof_out->digest);
    }
    if (proof_out->is_recovered)
        proof_out->maker = EXPLAIN_MADE_BY_KEY;
    return SEKI_OK;
}

bool explain_proof_holds(const struct explain_proof *proof, const uint8_t *digest)
{
    if (proof->is_recovered)
        return memcmp(digest, proof->digest, seki_digest_octets(proof->check->signature.digest)) == 0;
    if (proof->maker == EXPLAIN_MADE_BY_ANOTHER)
        return false;
    struct seki_signature_check trial = *proof->check;
    return seki_check_digest(proof->scene, &trial, digest) == SEKI_OK && trial.result == SEKI_DKIM_PASS;
}

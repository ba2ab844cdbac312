/* Key records and the DER inside them. The input: "d" and DER octets, or any other octet and a key record.
 * Held: a key that our reader takes, OpenSSL's takes too, with the same numbers; the cache gives the same key for the
 * same record; nothing verifies by a signature that was made up. */
#include "auth/key_cache.h"
#include "auth/public_key.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_so)
{
    if (!is_so)
        abort();
}

static void check_number(const EVP_PKEY *key, const char *name, struct seki_str want)
{
    BIGNUM *got = NULL, *number = BN_bin2bn((const uint8_t *)want.ptr, (int)want.len, NULL);
    must(EVP_PKEY_get_bn_param(key, name, &got) == 1 && BN_cmp(got, number) == 0);
    BN_free(got);
    BN_free(number);
}

static void check_der(struct seki_str der)
{
    struct seki_rsa_numbers numbers;
    if (seki_rsa_numbers_read(der, &numbers) != NULL)
        return;
    const uint8_t *p = (const uint8_t *)der.ptr;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)der.len);
    if (key == NULL) {
        p = (const uint8_t *)der.ptr;
        key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &p, (long)der.len);
    }
    must(key != NULL && p == (const uint8_t *)der.ptr + der.len);
    check_number(key, "n", numbers.modulus);
    check_number(key, "e", numbers.exponent);
    must((unsigned)EVP_PKEY_get_bits(key) == numbers.bits);
    EVP_PKEY_free(key);
    ERR_clear_error();
}

static void check_record(struct seki_context *context, struct seki_str text)
{
    struct seki_dkim_key *key, *again;
    const char *wrong;
    const uint8_t digest[SEKI_DIGEST_MAX_OCTETS] = { 1 };
    must(seki_key_cache_get(context, text, &key, &wrong) == SEKI_OK && (key == NULL) == (wrong != NULL));
    must(seki_key_cache_get(context, text, &again, &wrong) == SEKI_OK && key == again);
    if (key == NULL)
        return;
    must(key->bits > 0 && key->bits <= SEKI_MAX_RSA_BITS);
    /* A toy modulus has so few numbers that one of them may fit. */
    if (key->type == SEKI_KEY_ED25519 || key->bits >= 512)
        must(!seki_dkim_key_verify(context, key, SEKI_DIGEST_SHA256, digest, SEKI_STR("no signature at all")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct seki_context *context;
    if (context == NULL)
        context = seki_context_new(4, NULL);
    if (size < 1)
        return 0;
    struct seki_str rest = { (const char *)data + 1, size - 1 };
    if (data[0] == 'd')
        check_der(rest);
    else
        check_record(context, rest);
    return 0;
}

/* OpenSSL wipes what it frees of a private key: the numbers of RSA and the octets of Ed25519. What is left to us are the
 * texts, which stay the caller's when they come in and live in a wiped buffer when they go out. */
#include <sekisho/private_key.h>

#include "base/base64.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>

#define MIN_RSA_BITS     1024u /* RFC 8301 section 3.2 */
#define MAX_RSA_BITS     4096u
#define DEFAULT_RSA_BITS 2048u
#define MAX_PEM_OCTETS   (64u * 1024u)
#define ED25519_OCTETS   32u

struct seki_private_key {
    EVP_PKEY *key;
    /* One of the two: initialised once, and copied for each signature, so that threads can share it. */
    EVP_PKEY_CTX *rsa_signer;
    EVP_MD_CTX *ed25519_signer;
    enum seki_sign_algorithm algorithm;
    unsigned bits;
};

static enum seki_result no_memory(struct seki_error *why)
{
    ERR_clear_error();
    seki_error_set(why, "OpenSSL cannot use the private key: no memory, or a provider is missing");
    return SEKI_SYSTEM;
}

static bool prepare_rsa(struct seki_private_key *key)
{
    key->rsa_signer = EVP_PKEY_CTX_new_from_pkey(NULL, key->key, NULL);
    return key->rsa_signer != NULL && EVP_PKEY_sign_init(key->rsa_signer) == 1 &&
           EVP_PKEY_CTX_set_rsa_padding(key->rsa_signer, RSA_PKCS1_PADDING) == 1 &&
           EVP_PKEY_CTX_set_signature_md(key->rsa_signer, EVP_sha256()) == 1;
}

static bool prepare_ed25519(struct seki_private_key *key)
{
    key->ed25519_signer = EVP_MD_CTX_new();
    return key->ed25519_signer != NULL && EVP_DigestSignInit(key->ed25519_signer, NULL, NULL, NULL, key->key) == 1;
}

/* Which kind it is, and whether it may sign. */
static enum seki_result judge(struct seki_private_key *key, struct seki_error *why)
{
    key->bits = (unsigned)EVP_PKEY_get_bits(key->key);
    if (EVP_PKEY_is_a(key->key, "ED25519")) {
        key->algorithm = SEKI_SIGN_ED25519_SHA256;
        key->bits = ED25519_OCTETS * 8;
        return prepare_ed25519(key) ? SEKI_OK : no_memory(why);
    }
    key->algorithm = SEKI_SIGN_RSA_SHA256;
    if (!EVP_PKEY_is_a(key->key, "RSA"))
        seki_error_set(why, "the private key is neither RSA nor Ed25519: DKIM knows no other");
    else if (key->bits < MIN_RSA_BITS)
        seki_error_set(why, "the RSA key has %u bits, and under %u are not valid: make a new one", key->bits,
                       MIN_RSA_BITS);
    else if (key->bits > MAX_RSA_BITS)
        seki_error_set(why, "the RSA key has %u bits, and not every verifier takes over %u: make a new one",
                       key->bits, MAX_RSA_BITS);
    else
        return prepare_rsa(key) ? SEKI_OK : no_memory(why);
    return SEKI_BAD_INPUT;
}

/* @param pkey  taken over */
static enum seki_result wrap(EVP_PKEY *pkey, struct seki_private_key **key_out, struct seki_error *why)
{
    struct seki_private_key *key = calloc(1, sizeof *key);
    if (key == NULL) {
        EVP_PKEY_free(pkey);
        return no_memory(why);
    }
    key->key = pkey;
    enum seki_result result = judge(key, why);
    if (result == SEKI_OK)
        *key_out = key;
    else
        seki_private_key_free(key);
    return result;
}

/* OpenSSL would ask at the terminal otherwise. */
static int refuse_passphrase(char *buffer, int size, int for_writing, void *user)
{
    (void)buffer, (void)size, (void)for_writing;
    *(bool *)user = true;
    return -1;
}

enum seki_result seki_private_key_read(struct seki_str pem, struct seki_private_key **key_out,
                                       struct seki_error *why)
{
    bool is_encrypted = false;
    *key_out = NULL;
    BIO *bio = pem.len <= MAX_PEM_OCTETS ? BIO_new_mem_buf(pem.len > 0 ? pem.ptr : "", (int)pem.len) : NULL;
    EVP_PKEY *pkey = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, refuse_passphrase, &is_encrypted) : NULL;
    BIO_free(bio);
    ERR_clear_error();
    if (pkey != NULL)
        return wrap(pkey, key_out, why);
    if (is_encrypted)
        seki_error_set(why, "the private key is under a passphrase: write it without one");
    else
        seki_error_set(why, "not a private key in PEM form, or a damaged one");
    return SEKI_BAD_INPUT;
}

enum seki_result seki_private_key_generate(enum seki_sign_algorithm algorithm, unsigned bits,
                                           struct seki_private_key **key_out, struct seki_error *why)
{
    unsigned rsa_bits = bits > 0 ? bits : DEFAULT_RSA_BITS;
    EVP_PKEY *pkey;
    *key_out = NULL;
    if (algorithm == SEKI_SIGN_ED25519_SHA256) {
        pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    } else if (rsa_bits < MIN_RSA_BITS || rsa_bits > MAX_RSA_BITS) {
        seki_error_set(why, "RSA keys for DKIM have %u to %u bits, not %u", MIN_RSA_BITS, MAX_RSA_BITS, rsa_bits);
        return SEKI_USAGE;
    } else {
        pkey = EVP_RSA_gen(rsa_bits);
    }
    return pkey != NULL ? wrap(pkey, key_out, why) : no_memory(why);
}

void seki_private_key_free(struct seki_private_key *key)
{
    if (key == NULL)
        return;
    EVP_PKEY_CTX_free(key->rsa_signer);
    EVP_MD_CTX_free(key->ed25519_signer);
    EVP_PKEY_free(key->key);
    free(key);
}

enum seki_sign_algorithm seki_private_key_algorithm(const struct seki_private_key *key)
{
    return key->algorithm;
}

unsigned seki_private_key_bits(const struct seki_private_key *key)
{
    return key->bits;
}

static bool sign_rsa(const struct seki_private_key *key, const struct seki_sign_request *request,
                     struct seki_sign_answer *answer)
{
    EVP_PKEY_CTX *signer = EVP_PKEY_CTX_dup(key->rsa_signer);
    bool is_done = signer != NULL && EVP_PKEY_sign(signer, answer->octets, &answer->octet_count, request->digest,
                                                   sizeof request->digest) == 1;
    EVP_PKEY_CTX_free(signer);
    return is_done;
}

/* RFC 8463 section 3: the message that PureEdDSA signs is the hash. */
static bool sign_ed25519(const struct seki_private_key *key, const struct seki_sign_request *request,
                         struct seki_sign_answer *answer)
{
    EVP_MD_CTX *signer = EVP_MD_CTX_new();
    bool is_done =
        signer != NULL && EVP_MD_CTX_copy_ex(signer, key->ed25519_signer) == 1 &&
        EVP_DigestSign(signer, answer->octets, &answer->octet_count, request->digest, sizeof request->digest) == 1;
    EVP_MD_CTX_free(signer);
    return is_done;
}

enum seki_result seki_private_key_sign(const struct seki_private_key *key, const struct seki_sign_request *request,
                                       struct seki_sign_answer *answer_out, struct seki_error *why)
{
    /* All of it is written: an answer goes to another process, and nothing else of this one's memory with it. */
    *answer_out = (struct seki_sign_answer){ .octet_count = 0 };
    if (request->algorithm != key->algorithm) {
        seki_error_set(why, "the private key is for %s, and %s is asked for",
                       seki_sign_algorithm_name(key->algorithm), seki_sign_algorithm_name(request->algorithm));
        return SEKI_USAGE;
    }
    answer_out->octet_count = sizeof answer_out->octets;
    bool is_rsa = key->algorithm == SEKI_SIGN_RSA_SHA256;
    if (is_rsa ? sign_rsa(key, request, answer_out) : sign_ed25519(key, request, answer_out))
        return SEKI_OK;
    *answer_out = (struct seki_sign_answer){ .octet_count = 0 };
    return no_memory(why);
}

static enum seki_result add_record(struct seki_buf *out, const char *type, const uint8_t *octets, size_t len)
{
    char text[SEKI_BASE64_OCTETS(1024)];
    if (len > 1024)
        return SEKI_SYSTEM;
    seki_base64_encode(octets, len, text);
    seki_buf_add_format(out, "v=DKIM1; k=%s; p=", type);
    seki_buf_add(out, (struct seki_str){ text, SEKI_BASE64_OCTETS(len) });
    return seki_buf_failed(out);
}

enum seki_result seki_private_key_record(const struct seki_private_key *key, struct seki_buf *out)
{
    if (key->algorithm == SEKI_SIGN_ED25519_SHA256) {
        uint8_t octets[ED25519_OCTETS];
        size_t len = sizeof octets;
        if (EVP_PKEY_get_raw_public_key(key->key, octets, &len) != 1)
            return no_memory(NULL);
        return add_record(out, "ed25519", octets, len);
    }
    unsigned char *der = NULL; /* SubjectPublicKeyInfo, as deployed (RFC 6376 appendix C) */
    int len = i2d_PUBKEY(key->key, &der);
    if (len <= 0)
        return no_memory(NULL);
    enum seki_result result = add_record(out, "rsa", der, (size_t)len);
    OPENSSL_free(der);
    return result;
}

enum seki_result seki_private_key_export(const struct seki_private_key *key,
                                         enum seki_result (*take)(void *user, struct seki_str pem), void *user)
{
    BIO *bio = BIO_new(BIO_s_secmem()); /* wiped when freed */
    char *text = NULL;
    enum seki_result result = SEKI_SYSTEM;
    if (bio != NULL && PEM_write_bio_PKCS8PrivateKey(bio, key->key, NULL, NULL, 0, NULL, NULL) == 1) {
        long len = BIO_get_mem_data(bio, &text);
        result = take(user, (struct seki_str){ text, (size_t)len });
    } else {
        ERR_clear_error();
    }
    BIO_free(bio);
    return result;
}

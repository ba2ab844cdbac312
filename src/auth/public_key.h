/* Public keys from octets, by our own reader: OpenSSL's general decoder takes fifty times as long. */
#ifndef AUTH_PUBLIC_KEY_H
#define AUTH_PUBLIC_KEY_H

#include <sekisho/str.h>

#include <openssl/evp.h>

#define SEKI_MAX_RSA_BITS 8192u /* RFC 8301 section 3.2 asks for 4096; the work grows with the square */

struct seki_rsa_numbers { /* views into the DER text, most significant octet first, no leading zeros */
    struct seki_str modulus, exponent;
    unsigned bits; /* of the modulus */
};

/**
 * Read DER: SubjectPublicKeyInfo with rsaEncryption (as deployed, RFC 6376 appendix C), or a bare RSAPublicKey (RFC
 * 6376 section 3.6.1).
 * @return NULL, or what is wrong with it
 */
const char *seki_rsa_numbers_read(struct seki_str der, struct seki_rsa_numbers *numbers_out);

/** Does this begin a DER element that is longer than what is there? So looks a key that has lost its end. */
bool seki_der_is_cut(struct seki_str der);

/** @param builder  made for "RSA", EVP_PKEY_fromdata_init() done. @return NULL when OpenSSL refuses or lacks memory */
EVP_PKEY *seki_rsa_key_new(EVP_PKEY_CTX *builder, const struct seki_rsa_numbers *numbers);

/** @param octets  32 of them (RFC 8463 section 4.2). @return NULL when OpenSSL refuses or lacks memory */
EVP_PKEY *seki_ed25519_key_new(struct seki_str octets);

#endif

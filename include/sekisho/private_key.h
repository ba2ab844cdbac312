/* Private keys for DKIM and ARC: read and parsed once, wiped when freed.
 *
 * A key may be used by several threads at a time. Nothing here, and no error text, ever tells what is in one; only
 * seki_private_key_export() does, for writing a new key down. */
#ifndef SEKISHO_PRIVATE_KEY_H
#define SEKISHO_PRIVATE_KEY_H

#include <sekisho/buf.h>
#include <sekisho/sign.h>

struct seki_private_key;

/**
 * Read a PEM file's text: PKCS #8 or PKCS #1, without a passphrase. RSA of 1,024 to 4,096 bits (RFC 8301 section 3.2:
 * signers MUST NOT use less, verifiers need not take more) or Ed25519 (RFC 8463).
 * @param pem  yours to wipe
 * @return SEKI_OK with *key_out, yours to seki_private_key_free(); SEKI_BAD_INPUT; SEKI_SYSTEM
 */
SEKI_API SEKI_MUST_USE enum seki_result seki_private_key_read(struct seki_str pem, struct seki_private_key **key_out,
                                                              struct seki_error *why);

/**
 * Make a new key.
 * @param bits  of RSA: 1,024 to 4,096, 0 = 2,048; Ed25519 does not look at it
 * @return as seki_private_key_read(); SEKI_USAGE for other bits
 */
SEKI_API SEKI_MUST_USE enum seki_result seki_private_key_generate(enum seki_sign_algorithm algorithm, unsigned bits,
                                                                  struct seki_private_key **key_out,
                                                                  struct seki_error *why);
SEKI_API void seki_private_key_free(struct seki_private_key *key);

SEKI_API enum seki_sign_algorithm seki_private_key_algorithm(const struct seki_private_key *key);
SEKI_API unsigned seki_private_key_bits(const struct seki_private_key *key);

/**
 * Sign. The request may come from another process, and the answer go there as it is.
 * @param answer_out  zero behind the signature; zero altogether on all but SEKI_OK
 * @return SEKI_OK; SEKI_USAGE when the request is for another algorithm; SEKI_SYSTEM
 */
SEKI_API SEKI_MUST_USE enum seki_result seki_private_key_sign(const struct seki_private_key *key,
                                                              const struct seki_sign_request *request,
                                                              struct seki_sign_answer *answer_out,
                                                              struct seki_error *why);

/** Append the key record that publishes it (RFC 6376 section 3.6.1, RFC 8463 section 4): "v=DKIM1; k=rsa; p=…".
 *  @return SEKI_OK; SEKI_LIMIT from out; SEKI_SYSTEM */
SEKI_API SEKI_MUST_USE enum seki_result seki_private_key_record(const struct seki_private_key *key,
                                                                struct seki_buf *out);

/**
 * Hand the key out as PEM (PKCS #8), to be stored.
 * @param take  called once; the text is wiped when it returns. It returns what this call is to return
 */
SEKI_API SEKI_MUST_USE enum seki_result seki_private_key_export(const struct seki_private_key *key,
                                                                enum seki_result (*take)(void *user,
                                                                                         struct seki_str pem),
                                                                void *user);

#endif

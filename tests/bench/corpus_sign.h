/* Signing the benchmark's messages: relaxed/relaxed rsa-sha256 (RFC 6376), written for plainness and apart from the
 * engine, so that a "pass" means that two readings of the RFC agree. */
#ifndef BENCH_CORPUS_SIGN_H
#define BENCH_CORPUS_SIGN_H

#include <sekisho/buf.h>

#include <openssl/evp.h>

struct corpus_key {
    EVP_PKEY *key;
    char record[512]; /* p= value: the public key in base64 */
};

/** A pool of fresh RSA keys of 2,048 bits. @return malloc'ed; ends the program when it cannot */
struct corpus_key *corpus_keys_new(size_t count);
void corpus_keys_free(struct corpus_key *keys, size_t count);

/** bh= of a body with CRLF line ends, in base64. */
void corpus_body_hash(struct seki_str body, char bh_out[64]);

/**
 * Write the DKIM-Signature field (LF line ends).
 * @param fields  the header with LF line ends; every field of it whose name stands in names is signed
 * @param names   h= value, lower case, each name that occurs once in fields
 */
void corpus_add_signature(struct seki_buf *out, const struct corpus_key *key, struct seki_str fields,
                          const char *names, const char *domain, const char *bh);

#endif

/* DKIM key records (RFC 6376 section 3.6.1), as read and as ready to verify with. */
#ifndef AUTH_DKIM_KEY_H
#define AUTH_DKIM_KEY_H

#include "auth/context.h"

enum seki_key_type { SEKI_KEY_RSA = 0, SEKI_KEY_ED25519 };

struct seki_key_record {
    enum seki_key_type type;          /* k= */
    struct seki_str public_key;       /* p=, base64 with its white space; a view into the record */
    bool allows_digest[SEKI_DIGESTS]; /* h= */
    bool is_testing, is_exact_domain; /* t=y, t=s */
};

/* Why a record cannot be used for mail signatures, whatever its key. */
enum seki_key_fault {
    SEKI_KEY_FINE = 0,
    SEKI_KEY_TOO_LONG,
    SEKI_KEY_NOT_TAGS,
    SEKI_KEY_VERSION_NOT_FIRST,
    SEKI_KEY_VERSION_OTHER,
    SEKI_KEY_NOT_MAIL,
    SEKI_KEY_TYPE_UNKNOWN,
    SEKI_KEY_REVOKED,
    SEKI_KEY_MISSING,
    SEKI_KEY_FAULTS
};
const char *seki_key_fault_text(enum seki_key_fault fault); /* one phrase; NULL for FINE */

/** @return the first fault in the order of the RFC's rules; *record_out then holds what was read before it */
enum seki_key_fault seki_key_record_parse(struct seki_str text, struct seki_key_record *record_out);

/* A record with its key, ready. */
struct seki_dkim_key {
    enum seki_key_type type;
    bool allows_digest[SEKI_DIGESTS];
    bool is_testing, is_exact_domain;
    unsigned bits;
    EVP_PKEY *key;
    EVP_PKEY_CTX *verifiers[SEKI_DIGESTS]; /* RSA: initialised, and made when first wanted */
};

/**
 * @param wrong_out  why the record cannot be used, or NULL
 * @return SEKI_OK with *key_out (yours to seki_dkim_key_free()) or *wrong_out; SEKI_SYSTEM without memory
 */
enum seki_result seki_dkim_key_new(struct seki_context *context, struct seki_str text,
                                   struct seki_dkim_key **key_out, const char **wrong_out);
void seki_dkim_key_free(struct seki_dkim_key *key);

/** Is this signature over this digest by this key? */
bool seki_dkim_key_verify(struct seki_context *context, struct seki_dkim_key *key, enum seki_digest digest,
                          const uint8_t *digest_octets, struct seki_str signature);

#endif

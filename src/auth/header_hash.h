/* Hashing fields of the header for signatures (RFC 6376 section 3.7, RFC 8617 section 5.1.1). */
#ifndef AUTH_HEADER_HASH_H
#define AUTH_HEADER_HASH_H

#include "auth/context.h"
#include "auth/dkim_signature.h"

#include <sekisho/trace.h>

/* A hash in the making; canonical fields are gathered before they are hashed. */
struct seki_header_hash {
    struct seki_context *context;
    enum seki_digest digest;
    enum seki_canonicalization canon;
    EVP_MD_CTX *state;
    char *gathered;
    size_t used, size;
    bool has_failed;
    struct seki_trace *trace; /* of the fields that go in; may be NULL */
};

void seki_header_hash_init(struct seki_header_hash *hash, struct seki_context *context, enum seki_digest digest,
                           enum seki_canonicalization canon, struct seki_trace *trace);
/** A field with its CRLF. */
void seki_header_hash_add(struct seki_header_hash *hash, const struct seki_field *field);
/** A signature field, its b= emptied, without CRLF. */
void seki_header_hash_add_signature(struct seki_header_hash *hash, const struct seki_signature *signature);
/** A copy to go on with; finish it before more is added to hash, which stays as it is. Release both. */
void seki_header_hash_copy(struct seki_header_hash *copy, struct seki_header_hash *hash);
/** @return false when hashing failed (no memory) somewhere */
bool seki_header_hash_finish(struct seki_header_hash *hash, uint8_t *digest_out);
void seki_header_hash_release(struct seki_header_hash *hash);

/**
 * The hash of a DKIM-Signature or ARC-Message-Signature: its h= fields and itself.
 * @param used  one per field of the message, for remembering which instances of a name are used up
 */
bool seki_header_hash_signature(struct seki_context *context, const struct seki_message *message,
                                const struct seki_signature *signature, uint32_t *used, struct seki_trace *trace,
                                uint8_t *digest_out);

/**
 * Which fields go into that hash, in the order of h=.
 * @param used         as above
 * @param indexes_out  one per name of h=; SIZE_MAX where the header has no (more) field of that name
 */
void seki_header_hash_instances(const struct seki_message *message, const struct seki_signature *signature,
                                uint32_t *used, size_t *indexes_out);

#endif

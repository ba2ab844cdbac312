/* What goes to the holder of a private key, and what comes back: a digest and a signature, nothing of the message.
 *
 * Signing is apart from the handling of messages, because private keys may live in a process of their own: whoever
 * holds the key (seki_private_key_sign(), a signer process, a hardware module) answers requests. */
#ifndef SEKISHO_SIGN_H
#define SEKISHO_SIGN_H

#include <sekisho/str.h>

#define SEKI_SIGN_DIGEST_OCTETS     32u
#define SEKI_MAX_SIGN_ANSWER_OCTETS 512u /* of RSA with 4,096 bits */

enum seki_sign_algorithm {       /* rsa-sha1 is not among them: RFC 8301 section 3.1 */
    SEKI_SIGN_RSA_SHA256 = 0,    /* RSASSA-PKCS1-v1_5 of the digest */
    SEKI_SIGN_ED25519_SHA256     /* RFC 8463: PureEdDSA, its message is the digest */
};

struct seki_sign_request {
    enum seki_sign_algorithm algorithm;
    uint8_t digest[SEKI_SIGN_DIGEST_OCTETS]; /* SHA-256 */
};

struct seki_sign_answer {
    uint8_t octets[SEKI_MAX_SIGN_ANSWER_OCTETS];
    size_t octet_count;
};

/** "rsa-sha256", "ed25519-sha256"; of a value that is neither, as a request of another process may hold, it says so */
SEKI_API const char *seki_sign_algorithm_name(enum seki_sign_algorithm algorithm);
/** @return false when it is none of the names; *algorithm_out is then untouched */
SEKI_API bool seki_sign_algorithm_from_name(struct seki_str name, enum seki_sign_algorithm *algorithm_out);

#endif

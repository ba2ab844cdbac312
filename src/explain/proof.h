/* Which header did a signature cover? An RSA signature says so itself: made with the key that is in the DNS it yields the
 * hash that was signed, and that only needs to be compared. An Ed25519 signature can only be asked, header by header. */
#ifndef EXPLAIN_PROOF_H
#define EXPLAIN_PROOF_H

#include "auth/signature_check.h"

enum explain_maker {
    EXPLAIN_MAKER_UNKNOWN = 0, /* Ed25519, and no header has fitted */
    EXPLAIN_MADE_BY_KEY,
    EXPLAIN_MADE_BY_ANOTHER /* or the signature is damaged */
};

struct explain_proof {
    const struct seki_check_scene *scene;
    const struct seki_signature_check *check; /* has its key */
    enum explain_maker maker;
    bool is_recovered;
    uint8_t digest[SEKI_DIGEST_MAX_OCTETS]; /* that was signed, when recovered */
};

/** @return SEKI_OK; SEKI_SYSTEM */
SEKI_MUST_USE enum seki_result explain_proof_new(const struct seki_check_scene *scene,
                                                 const struct seki_signature_check *check,
                                                 struct explain_proof *proof_out);

/** Was a header with this hash signed? */
bool explain_proof_holds(const struct explain_proof *proof, const uint8_t *digest);

#endif

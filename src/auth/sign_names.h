/* Which fields a signature covers: h= (RFC 6376 section 5.4, RFC 8617 section 4.1.2). */
#ifndef AUTH_SIGN_NAMES_H
#define AUTH_SIGN_NAMES_H

#include "auth/dkim_signature.h"

struct seki_sign_names {
    const struct seki_str *names;
    size_t count;
};

/**
 * Those that the caller wants, checked; or, with none, the usual ones for this message.
 * @param kind  SEKI_SIGNATURE_DKIM or SEKI_SIGNATURE_AMS
 * @return SEKI_OK; SEKI_BAD_INPUT: a name cannot stand there, or From is missing; SEKI_LIMIT, SEKI_SYSTEM
 */
enum seki_result seki_sign_names_choose(struct seki_arena *arena, enum seki_signature_kind kind,
                                        const struct seki_message *message, const struct seki_sign_names *wanted,
                                        struct seki_sign_names *chosen_out, struct seki_error *why);

#endif

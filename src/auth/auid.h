/* The identity in i= (RFC 6376 section 3.5), written in dkim-quoted-printable (section 2.11). */
#ifndef AUTH_AUID_H
#define AUTH_AUID_H

#include <sekisho/arena.h>

/**
 * @param domain_out  what stands after the last "@", a view into the result; "" when the value is no identity
 * @return the decoded value in the arena; ptr NULL only when that is full
 */
struct seki_str seki_auid_decode(struct seki_arena *arena, struct seki_str value, struct seki_str *domain_out);

#endif

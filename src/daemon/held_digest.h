/* Digests: who has held messages is told of them by mail, once a day or once a week, as the domain has chosen.
 *
 * A digest is sent first and noted then: whoever is killed in between sends it again, and nobody is left untold. */
#ifndef HELD_DIGEST_H
#define HELD_DIGEST_H

#include "store/sql.h"

struct held_digest {
    struct seki_str server; /* [quarantine] release_to */
    struct seki_str node;
    struct seki_str sender, host; /* an address; for the Message-ID */
};

struct held_digest_report {
    size_t sent;
    size_t refused;            /* for good: not tried again */
    size_t failed;             /* tried again at the next turn */
    size_t untranslated;       /* written in English, since the wanted catalogue is not installed */
    struct seki_error failure; /* why the last of either */
};

/** Send what is due. @return SEKI_OK, also when the mail server does not take some; SEKI_TEMPORARY: the store */
SEKI_MUST_USE enum seki_result held_digest_turn(const struct held_digest *digest, struct sql *sql, int64_t now_s,
                                                struct held_digest_report *report_out, struct seki_error *why);

#endif

/* What the rest of DMARC needs to know about a record besides its value. */
#ifndef AUTH_DMARC_RECORD_H
#define AUTH_DMARC_RECORD_H

#include <sekisho/dmarc.h>

/** Does it start with the dmarc-version production (RFC 9989 section 4.8)? Others are discarded by the walk. */
bool seki_dmarc_record_is_one(struct seki_str text);

enum seki_dmarc_usability {
    SEKI_DMARC_USABLE = 0,
    SEKI_DMARC_AS_NONE, /* policies not valid, but somebody wants reports: "p=none" (RFC 9989 section 4.10.1) */
    SEKI_DMARC_UNUSABLE /* policies not valid and no rua: no DMARC processing (ibid.) */
};
enum seki_dmarc_usability seki_dmarc_record_usability(const struct seki_dmarc_record *record);

#endif

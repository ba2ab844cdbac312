/* Which TXT records are candidates for a check: v=spf1 for SPF (RFC 7208 section 4.5), and for Sender ID those that RFC
 * 4406 section 4.4 leaves over. */
#ifndef SEKISHO_SPF_SCOPE_H
#define SEKISHO_SPF_SCOPE_H

#include <sekisho/str.h>

enum seki_spf_scope {
    SEKI_SPF_SCOPE_SPF1 = 0, /* RFC 7208: knows no spf2.0 records */
    SEKI_SPF_SCOPE_MFROM,    /* RFC 4406 section 3.1 */
    SEKI_SPF_SCOPE_PRA
};

/** In the order of precedence: of the candidates those of the highest version hold. */
enum seki_spf_version { SEKI_SPF_NO_CANDIDATE = 0, SEKI_SPF_VERSION_1, SEKI_SPF_VERSION_2 };

enum seki_spf_version seki_spf_candidate(struct seki_str text, enum seki_spf_scope scope);

#endif

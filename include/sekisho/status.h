/* Refusals in the words of SMTP: reply code, enhanced status code and sentence (RFC 7372; RFC 3463, 4406, 7208, 7505, 8617
 * and 9989 for what it leaves out). What is refused is the caller's policy; this says how it is told. */
#ifndef SEKISHO_STATUS_H
#define SEKISHO_STATUS_H

#include <sekisho/verify.h>

/** Why a message is refused, or put off: bits, since several can hold at once. */
enum seki_cause {
    SEKI_CAUSE_NULL_MX_RECIPIENT = 1 << 0,    /* RFC 7505 section 4.1 */
    SEKI_CAUSE_NULL_MX_SENDER = 1 << 1,       /* RFC 7505 section 4.2 */
    SEKI_CAUSE_SPF_FAIL = 1 << 2,
    SEKI_CAUSE_SPF_PERMERROR = 1 << 3,
    SEKI_CAUSE_DKIM_NONE_PASSES = 1 << 4,
    SEKI_CAUSE_DKIM_NONE_ACCEPTABLE = 1 << 5, /* some pass, but not by local policy */
    SEKI_CAUSE_DKIM_NO_AUTHOR = 1 << 6,       /* some pass, none for the Author Domain */
    SEKI_CAUSE_REVERSE_DNS = 1 << 7,
    SEKI_CAUSE_DMARC_FAIL = 1 << 8,
    SEKI_CAUSE_ARC_FAIL = 1 << 9,
    SEKI_CAUSE_SENDER_ID_FAIL = 1 << 10,
    SEKI_CAUSE_NO_PRA = 1 << 11,              /* RFC 4406 section 4 */
    /* try again later */
    SEKI_CAUSE_SPF_TEMPERROR = 1 << 12,
    SEKI_CAUSE_DKIM_TEMPERROR = 1 << 13,
    SEKI_CAUSE_DMARC_TEMPERROR = 1 << 14,
    SEKI_CAUSE_SENDER_ID_TEMPERROR = 1 << 15
};

#define SEKI_STATUS_TEXT_MAX 480u /* with codes and CRLF within the 512 of RFC 5321 section 4.5.3.1.5 */

struct seki_status {
    unsigned reply_code;            /* 4xx or 5xx */
    struct seki_str enhanced_code;  /* of the same class (RFC 2034 section 4) */
    struct seki_str text;           /* printable ASCII, one line of at most SEKI_STATUS_TEXT_MAX octets */
};

/**
 * All that a policy could hold against this message: MAIL FROM's SPF, the signatures together, DMARC, ARC, Sender ID where
 * it was asked for. A policy takes from it what it acts on; whoever leaves a mechanism out of the evaluation must not
 * take that one's. Null MX, reverse DNS and acceptability are nothing that a verdict knows.
 */
SEKI_API unsigned seki_status_causes(const struct seki_verdict *verdict);

/**
 * The one status for all causes: what is final wins over what may change; several checks that failed are told as such
 * (RFC 7372 section 4); of several temporary ones the first in the order above.
 * @param causes      at least one
 * @param is_generic  tell nothing of our checks: 5.7.1, 4.7.1 (RFC 7372 section 5). Null MX is no check and is told
 * @return texts are constants
 */
SEKI_API struct seki_status seki_status_for(unsigned causes, bool is_generic);

/**
 * As seki_status_for(), telling (not generic), with the domain, its own explanation (RFC 7208 section 8.4) and the reason
 * in the text where the status is that of one check.
 * @param status_out  text in the arena, cut to SEKI_STATUS_TEXT_MAX; what is not printable ASCII is "?"
 * @return SEKI_OK; SEKI_LIMIT, SEKI_SYSTEM from the arena
 */
SEKI_API SEKI_MUST_USE enum seki_result seki_status_tell(struct seki_arena *arena, const struct seki_verdict *verdict,
                                                         unsigned causes, struct seki_status *status_out);

#endif

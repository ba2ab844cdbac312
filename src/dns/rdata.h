/* Records while they are collected for one answer, and RDATA turned into them (RFC 1035 section 3.3).
 *
 * One such collection is made per resolver or source and used for every answer, so that reading one allocates
 * nothing. It is bounded; no honest RRset comes near the bound. */
#ifndef DNS_RDATA_H
#define DNS_RDATA_H

#include "dns/name.h"

#include <sekisho/answers.h>

#define DNS_RECORDS_MAX      1024u
#define DNS_RECORDS_TEXT_MAX 65536u /* the texts of one message cannot be longer, names can when compressed */

#define DNS_TYPE_SOA 6u
#define DNS_TYPE_OPT 41u
#define DNS_CLASS_IN 1u

struct seki_dns_records {
    size_t count;
    size_t text_used;
    uint32_t ttl_s; /* the least so far, UINT32_MAX before the first */
    bool is_full;   /* a record was left out because it did not fit: the answer must not be used */
    struct seki_record records[DNS_RECORDS_MAX];
    char text[DNS_RECORDS_TEXT_MAX];
};

void seki_dns_records_clear(struct seki_dns_records *records);

/** Note the TTL of a record that counts for the answer (also of a CNAME on the way). */
void seki_dns_records_note_ttl(struct seki_dns_records *records, uint32_t ttl_s);

/**
 * Add the record whose RDATA of len octets starts at the cursor. A target name that has no text form (a dot inside a
 * label) can be nobody's host name: that record is left out.
 * @param message  stepped over the RDATA; its octets must stay as long as the records are used
 * @return false when this is no RDATA of this type
 */
bool seki_dns_records_add(struct seki_dns_records *records, enum seki_rr_type type, struct seki_dns_cursor *message,
                          size_t len);

/** Make the outcome FOUND, or NODATA without records, or FAILED when they did not fit. It points into records. */
void seki_dns_records_conclude(const struct seki_dns_records *records, struct seki_answer *outcome);

#endif

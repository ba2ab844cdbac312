/* The grammar of master files (RFC 1035 section 5; $TTL of RFC 2308 section 4), read record by record. */
#ifndef DNS_MASTER_READER_H
#define DNS_MASTER_READER_H

#include "dns/name.h"

#include <sekisho/result.h>

struct master_entry {
    const struct seki_dns_name *owner;
    uint16_t type;
    uint32_t ttl_s;
    const uint8_t *rdata; /* wire form, names uncompressed; NULL for a type that is passed over */
    size_t rdata_len;
    bool has_long_string; /* TXT: a string over 255 octets was split; see seki_record */
};

/** @return false with *why (without the place) when the record cannot stand: reading ends */
typedef bool (*master_sink)(void *user, const struct master_entry *entry, struct seki_error *why);

struct master_text {
    struct seki_str text;
    const char *file_name; /* for *why */
    unsigned first_line;   /* its number, for *why; 0 = 1 */
};

/**
 * Read all records, of class IN. A, AAAA, CNAME, DS, MX, NS, PTR, SOA, SPF and TXT are understood; other types are passed
 * over with their data, the obsolete type SPF among them (RFC 7208 section 3.1). Names before the first $ORIGIN are
 * relative to the root. $INCLUDE and $GENERATE are refused.
 * @param sink  gets each record; views that end with the call
 * @return false with *why: "FILE:LINE: what is wrong"
 */
SEKI_MUST_USE bool master_read(const struct master_text *text, master_sink sink, void *user,
                               struct seki_error *why);

/** The most that one <character-string> holds (RFC 1035 section 3.3). */
#define DNS_CHARACTER_STRING_MAX 255u

#endif

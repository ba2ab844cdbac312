/* An answer of the DNS in wire form (RFC 1035 section 4), read into what the engine sees of it. */
#ifndef DNS_WIRE_H
#define DNS_WIRE_H

#include "dns/rdata.h"

/**
 * Read the answer to the question that stands in the message, following CNAMEs in its answer section.
 * @param records      memory for the outcome, from the caller; what was in it is forgotten
 * @param packet       a whole message; it must stay as long as the outcome is used
 * @param type         what was asked; another type in the question section makes the answer unreadable
 * @param outcome_out  status, records, ttl_s and failure; the RCODE is that of the header. Valid until records is
 *                     used again
 */
void seki_dns_wire_read(struct seki_dns_records *records, const void *packet, size_t packet_len,
                        enum seki_rr_type type, struct seki_answer *outcome_out);

/** "SERVFAIL" and kin (RFC 1035 section 4.1.1, RFC 2136 section 2.2) */
struct seki_str seki_dns_rcode_name(unsigned rcode);

#define DNS_RCODE_NOERROR  0u
#define DNS_RCODE_FORMERR  1u
#define DNS_RCODE_SERVFAIL 2u
#define DNS_RCODE_NXDOMAIN 3u
#define DNS_RCODE_REFUSED  5u

/* The second 16 bits of the header (RFC 1035 section 4.1.1). */
#define DNS_FLAG_QR       0x8000u
#define DNS_FLAG_AA       0x0400u
#define DNS_FLAG_TC       0x0200u
#define DNS_FLAG_RD       0x0100u
#define DNS_FLAG_RA       0x0080u
#define DNS_RCODE_MASK    0x000Fu
#define DNS_OPCODE_MASK   0x7800u
#define DNS_HEADER_OCTETS 12u

#endif

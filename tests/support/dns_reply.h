/* One DNS message in, one out: what dns_responder answers from a master file, faults included. */
#ifndef DNS_REPLY_H
#define DNS_REPLY_H

#include "dns/driver/master_file.h"

enum dns_fault {
    DNS_FAULT_NONE,
    DNS_FAULT_SERVFAIL,
    DNS_FAULT_REFUSED,
    DNS_FAULT_FORMERR,
    DNS_FAULT_TRUNCATE, /* over UDP nothing but TC; over TCP the answer */
    DNS_FAULT_GARBAGE,  /* a header that promises more than there is */
    DNS_FAULT_TIMEOUT   /* no reply at all */
};

struct dns_query {
    uint16_t id, flags, type;
    struct seki_dns_name name;
    size_t question_end; /* offset behind the question section */
    bool has_edns;
    size_t udp_max; /* octets that the asker takes over UDP */
};

#define DNS_REPLY_MAX 65535u

/** @return false when it is no question that can be answered: it is then dropped */
bool dns_query_read(const uint8_t *octets, size_t len, struct dns_query *query_out);

/** @param query_octets  the message that query was read from. @param out  DNS_REPLY_MAX octets. @return its length */
size_t dns_reply_write(const struct master_file *zone, const struct dns_query *query, const uint8_t *query_octets,
                       enum dns_fault fault, bool is_tcp, uint8_t *out);

#endif

#include "dns_reply.h"

#include "dns/wire.h"

#define EDNS_UDP_OCTETS 1232u /* what we offer ourselves (DNS flag day 2020) */

struct writer {
    uint8_t *octets;
    size_t len, max;
    bool is_full;
};

static void put(struct writer *w, const void *octets, size_t len)
{
    if (w->is_full || len > w->max - w->len) {
        w->is_full = true;
        return;
    }
    memcpy(w->octets + w->len, octets, len);
    w->len += len;
}

static void put_u16(struct writer *w, size_t value)
{
    put(w, (uint8_t[]){ (uint8_t)(value >> 8), (uint8_t)value }, 2);
}

static void set_u16(struct writer *w, size_t at, size_t value)
{
    w->octets[at] = (uint8_t)(value >> 8);
    w->octets[at + 1] = (uint8_t)value;
}

/* The OPT record (RFC 6891 section 6.1.2) tells how much the asker takes over UDP. */
static void read_edns(struct seki_dns_cursor *c, unsigned additional_count, struct dns_query *query)
{
    struct seki_dns_name owner;
    query->udp_max = 512;
    while (additional_count-- > 0 && !c->failed) {
        seki_dns_name_read(c, &owner);
        uint16_t type = seki_dns_cursor_u16(c), class = seki_dns_cursor_u16(c);
        seki_dns_cursor_u32(c);
        seki_dns_cursor_take(c, seki_dns_cursor_u16(c));
        if (c->failed || type != DNS_TYPE_OPT)
            continue;
        query->has_edns = true;
        if (class > query->udp_max)
            query->udp_max = class;
    }
}

bool dns_query_read(const uint8_t *octets, size_t len, struct dns_query *query_out)
{
    struct seki_dns_cursor c = seki_dns_cursor_of(octets, len);
    *query_out = (struct dns_query){ .id = seki_dns_cursor_u16(&c) };
    query_out->flags = seki_dns_cursor_u16(&c);
    unsigned questions = seki_dns_cursor_u16(&c), others = 0;
    others += seki_dns_cursor_u16(&c);
    others += seki_dns_cursor_u16(&c);
    unsigned additional = seki_dns_cursor_u16(&c);
    seki_dns_name_read(&c, &query_out->name);
    query_out->type = seki_dns_cursor_u16(&c);
    uint16_t class = seki_dns_cursor_u16(&c);
    query_out->question_end = c.at;
    if (c.failed || questions != 1 || others != 0 || class != DNS_CLASS_IN ||
        (query_out->flags & (DNS_FLAG_QR | DNS_OPCODE_MASK)) != 0)
        return false;
    read_edns(&c, additional, query_out);
    return !c.failed;
}

/* Owner as a pointer, TYPE, CLASS, TTL, RDATA. @return where the RDATA starts */
static size_t put_record(struct writer *w, size_t owner_at, uint16_t type, const struct master_record *record,
                         uint32_t ttl_s)
{
    put_u16(w, 0xC000u | owner_at);
    put_u16(w, type);
    put_u16(w, DNS_CLASS_IN);
    put_u16(w, ttl_s >> 16);
    put_u16(w, ttl_s & 0xFFFF);
    put_u16(w, record->rdata_len);
    put(w, record->rdata, record->rdata_len);
    return w->len - record->rdata_len;
}

/* The SOA of the zone that the name is in, as negative answers need it to be cached (RFC 2308 section 3): its TTL is
 * the lesser of its own and MINIMUM, the last four octets. */
static size_t put_soa(struct writer *w, const struct master_file *zone, struct seki_dns_name name)
{
    const struct master_record *soa;
    size_t owner_at = DNS_HEADER_OCTETS;
    while (master_file_find(zone, &name, DNS_TYPE_SOA, &soa) != MASTER_FOUND) {
        if (seki_dns_name_is_root(&name))
            return 0;
        owner_at += (size_t)name.octets[0] + 1;
        seki_dns_name_parent(&name, &name);
    }
    struct seki_dns_cursor minimum = seki_dns_cursor_of(soa->rdata, soa->rdata_len);
    minimum.at = soa->rdata_len - 4u;
    uint32_t ttl_s = seki_dns_cursor_u32(&minimum);
    put_record(w, owner_at, DNS_TYPE_SOA, soa, ttl_s < soa->ttl_s ? ttl_s : soa->ttl_s);
    return 1;
}

/* The answer section, and for a negative answer the authority section. @return the RCODE */
static unsigned put_answer(struct writer *w, const struct master_file *zone, const struct dns_query *query)
{
    struct seki_dns_name name = query->name;
    const struct master_record *record;
    enum master_found found;
    size_t owner_at = DNS_HEADER_OCTETS, answers = 0;
    while ((found = master_file_find(zone, &name, query->type, &record)) == MASTER_ALIAS &&
           answers < MASTER_MAX_CNAMES) {
        answers++;
        owner_at = put_record(w, owner_at, SEKI_RR_CNAME, record, record->ttl_s);
        master_record_target(record, &name);
    }
    for (; found == MASTER_FOUND && record != NULL; record = record->next, answers++)
        put_record(w, owner_at, query->type, record, record->ttl_s);
    set_u16(w, 6, answers);
    /* An SOA's owner is written as a part of the question's name, so behind a CNAME there is none. */
    if (found != MASTER_FOUND && answers == 0)
        set_u16(w, 8, put_soa(w, zone, name));
    if (found == MASTER_DELEGATED)
        return DNS_RCODE_SERVFAIL; /* as a resolver that cannot reach the servers of the other zone */
    return found == MASTER_NXDOMAIN ? DNS_RCODE_NXDOMAIN : DNS_RCODE_NOERROR;
}

static void put_edns(struct writer *w)
{
    put(w, "\0\0\x29", 3); /* the root, OPT */
    put_u16(w, EDNS_UDP_OCTETS);
    put(w, "\0\0\0\0\0\0", 6); /* no extended RCODE, version 0, no flags; no options */
    set_u16(w, 10, 1);
}

static unsigned rcode_of(enum dns_fault fault)
{
    switch (fault) {
    case DNS_FAULT_SERVFAIL: return DNS_RCODE_SERVFAIL;
    case DNS_FAULT_REFUSED: return DNS_RCODE_REFUSED;
    case DNS_FAULT_FORMERR: return DNS_RCODE_FORMERR;
    default: return DNS_RCODE_NOERROR;
    }
}

static void put_head(struct writer *w, const struct dns_query *query, const uint8_t *query_octets)
{
    put_u16(w, query->id);
    put(w, "\0\0\0\1\0\0\0\0\0\0", 10); /* the flags are set last */
    put(w, query_octets + DNS_HEADER_OCTETS, query->question_end - DNS_HEADER_OCTETS);
}

size_t dns_reply_write(const struct master_file *zone, const struct dns_query *query, const uint8_t *query_octets,
                       enum dns_fault fault, bool is_tcp, uint8_t *out)
{
    struct writer w = { .octets = out, .max = is_tcp ? DNS_REPLY_MAX : query->udp_max };
    unsigned rcode = rcode_of(fault);
    put_head(&w, query, query_octets);
    size_t head_len = w.len;
    bool is_cut = fault == DNS_FAULT_TRUNCATE && !is_tcp;
    if (fault == DNS_FAULT_NONE || (fault == DNS_FAULT_TRUNCATE && is_tcp))
        rcode = put_answer(&w, zone, query);
    if (query->has_edns && fault != DNS_FAULT_GARBAGE)
        put_edns(&w);
    if (w.is_full || is_cut) { /* RFC 2181 section 9: what is left of a truncated answer is not to be used */
        w.len = head_len;
        memset(out + 6, 0, 6);
        is_cut = true;
    }
    if (fault == DNS_FAULT_GARBAGE)
        set_u16(&w, 6, 7);
    set_u16(&w, 2,
            DNS_FLAG_QR | DNS_FLAG_AA | DNS_FLAG_RA | (query->flags & DNS_FLAG_RD) | (is_cut ? DNS_FLAG_TC : 0) |
                rcode);
    return w.len;
}

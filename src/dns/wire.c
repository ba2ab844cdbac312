/* libunbound hands over the message as it would have sent it: the CNAMEs in order and in front of what they lead to,
 * so that one pass over the answer section is enough. A second one is made only when the first moved on to another
 * name and found nothing there. */
#include "dns/wire.h"

#include "base/i18n.h"

#define MAX_CNAMES 16u /* in one answer; resolvers themselves stop at 8 to 12 */

struct header {
    uint16_t flags, question_count, answer_count;
};

/* One resource record (RFC 1035 section 4.1.3), its owner and RDATA still unread. */
struct record {
    struct seki_dns_cursor owner;
    uint16_t type, class, rdata_len;
    uint32_t ttl_s;
};

struct answer_reader {
    enum seki_rr_type type;
    struct seki_dns_name name; /* whose records are wanted: the question's, then each CNAME's target */
    bool is_question_name;
    unsigned cnames;
    struct seki_dns_records *records;
};

static struct header read_header(struct seki_dns_cursor *c)
{
    struct header h;
    seki_dns_cursor_take(c, 2); /* ID: libunbound's affair */
    h.flags = seki_dns_cursor_u16(c);
    h.question_count = seki_dns_cursor_u16(c);
    h.answer_count = seki_dns_cursor_u16(c);
    seki_dns_cursor_take(c, 4); /* NSCOUNT, ARCOUNT: nothing there is for us */
    return h;
}

/* Step over a name without building it. */
static void skip_name(struct seki_dns_cursor *c)
{
    while (!c->failed) {
        uint8_t octet = seki_dns_cursor_u8(c);
        if (octet == 0)
            return;
        seki_dns_cursor_take(c, octet < 0xC0 ? octet : 1);
        if (octet >= 0xC0)
            return;
    }
}

/* Leaves the cursor at the RDATA. */
static struct record read_record(struct seki_dns_cursor *c)
{
    struct record r = { .owner = *c };
    skip_name(c);
    r.type = seki_dns_cursor_u16(c);
    r.class = seki_dns_cursor_u16(c);
    r.ttl_s = seki_dns_cursor_u32(c);
    r.rdata_len = seki_dns_cursor_u16(c);
    if (r.rdata_len > seki_dns_cursor_left(c))
        c->failed = true;
    return r;
}

/* Nearly every owner is a pointer to the name in the question, which stands right behind the header. */
static bool owner_is_wanted(const struct answer_reader *reader, struct seki_dns_cursor owner)
{
    const uint8_t *p = owner.octets + owner.at;
    if (reader->is_question_name && seki_dns_cursor_left(&owner) >= 2 && p[0] == 0xC0 && p[1] == DNS_HEADER_OCTETS)
        return true;
    struct seki_dns_name name;
    seki_dns_name_read(&owner, &name);
    return !owner.failed && seki_dns_name_equal(&name, &reader->name);
}

static bool follow_cname(struct answer_reader *reader, struct seki_dns_cursor *rdata, size_t end)
{
    reader->is_question_name = false;
    seki_dns_name_read(rdata, &reader->name);
    return !rdata->failed && rdata->at == end && ++reader->cnames <= MAX_CNAMES;
}

/* Leaves the cursor behind the RDATA. */
static bool use_record(struct answer_reader *reader, struct seki_dns_cursor *c, const struct record *r)
{
    size_t end = c->at + r->rdata_len;
    bool is_alias = r->type == SEKI_RR_CNAME && reader->records->count == 0;
    bool is_answer = r->type == (unsigned)reader->type;
    if (r->class != DNS_CLASS_IN || (!is_alias && !is_answer) || !owner_is_wanted(reader, r->owner)) {
        c->at = end;
        return true;
    }
    seki_dns_records_note_ttl(reader->records, r->ttl_s);
    return is_answer ? seki_dns_records_add(reader->records, reader->type, c, r->rdata_len)
                     : follow_cname(reader, c, end);
}

static bool read_section(struct answer_reader *reader, struct seki_dns_cursor c, unsigned count)
{
    while (count-- > 0) {
        struct record r = read_record(&c);
        if (c.failed || !use_record(reader, &c, &r))
            return false;
    }
    return true;
}

static bool read_question(struct answer_reader *reader, struct seki_dns_cursor *c)
{
    reader->is_question_name = true;
    seki_dns_name_read(c, &reader->name);
    uint16_t type = seki_dns_cursor_u16(c), class = seki_dns_cursor_u16(c);
    return !c->failed && type == (unsigned)reader->type && class == DNS_CLASS_IN;
}

static bool read_answers(struct answer_reader *reader, struct seki_dns_cursor *c, const struct header *h)
{
    if (h->question_count != 1 || !read_question(reader, c))
        return false;
    unsigned cnames;
    do {
        cnames = reader->cnames;
        if (!read_section(reader, *c, h->answer_count))
            return false;
    } while (reader->records->count == 0 && !reader->records->is_full && reader->cnames > cnames);
    return true;
}

struct seki_str seki_dns_rcode_name(unsigned rcode)
{
    static const struct seki_str names[] = {
        SEKI_STR_INIT("NOERROR"), SEKI_STR_INIT("FORMERR"), SEKI_STR_INIT("SERVFAIL"), SEKI_STR_INIT("NXDOMAIN"),
        SEKI_STR_INIT("NOTIMP"),  SEKI_STR_INIT("REFUSED"), SEKI_STR_INIT("YXDOMAIN"), SEKI_STR_INIT("YXRRSET"),
        SEKI_STR_INIT("NXRRSET"), SEKI_STR_INIT("NOTAUTH"), SEKI_STR_INIT("NOTZONE"),
    };
    return rcode < sizeof names / sizeof names[0] ? names[rcode] : SEKI_STR(N_("an unknown RCODE"));
}

static void fail(struct seki_answer *outcome, struct seki_str failure)
{
    *outcome = (struct seki_answer){ .status = SEKI_ANSWER_FAILED, .failure = failure };
}

void seki_dns_wire_read(struct seki_dns_records *records, const void *packet, size_t packet_len,
                        enum seki_rr_type type, struct seki_answer *outcome_out)
{
    seki_dns_records_clear(records);
    *outcome_out = (struct seki_answer){ 0 };
    struct seki_dns_cursor c = seki_dns_cursor_of(packet, packet_len);
    struct header h = read_header(&c);
    unsigned rcode = h.flags & DNS_RCODE_MASK;
    struct answer_reader reader = { .type = type, .records = records };
    if (c.failed || !(h.flags & DNS_FLAG_QR))
        fail(outcome_out, SEKI_STR(N_("unreadable answer")));
    else if (rcode == DNS_RCODE_NXDOMAIN)
        outcome_out->status = SEKI_ANSWER_NXDOMAIN;
    else if (rcode != DNS_RCODE_NOERROR)
        fail(outcome_out, seki_dns_rcode_name(rcode));
    else if (h.flags & DNS_FLAG_TC)
        fail(outcome_out, SEKI_STR(N_("truncated answer")));
    else if (!read_answers(&reader, &c, &h))
        fail(outcome_out, SEKI_STR(N_("unreadable answer")));
    else
        seki_dns_records_conclude(records, outcome_out);
}

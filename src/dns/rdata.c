#include "dns/rdata.h"

#include "base/i18n.h"

void seki_dns_records_clear(struct seki_dns_records *records)
{
    records->count = 0;
    records->text_used = 0;
    records->ttl_s = UINT32_MAX;
    records->is_full = false;
}

void seki_dns_records_note_ttl(struct seki_dns_records *records, uint32_t ttl_s)
{
    if (ttl_s > INT32_MAX)
        ttl_s = 0; /* RFC 2181 section 8: the most significant bit set means zero */
    if (ttl_s < records->ttl_s)
        records->ttl_s = ttl_s;
}

static char *text_room(struct seki_dns_records *records, size_t len)
{
    if (len > DNS_RECORDS_TEXT_MAX - records->text_used) {
        records->is_full = true;
        return NULL;
    }
    return records->text + records->text_used;
}

static void append(struct seki_dns_records *records, const struct seki_record *record)
{
    if (records->count == DNS_RECORDS_MAX)
        records->is_full = true;
    else
        records->records[records->count++] = *record;
}

/* A: RFC 1035 section 3.4.1; AAAA: RFC 3596 section 2.2. */
static bool add_address(struct seki_dns_records *records, struct seki_dns_cursor *rdata, uint8_t octet_count)
{
    struct seki_record record = { .address = { .octet_count = octet_count } };
    const uint8_t *octets = seki_dns_cursor_take(rdata, octet_count);
    if (octets == NULL)
        return false;
    memcpy(record.address.octets, octets, octet_count);
    append(records, &record);
    return true;
}

/* MX: RFC 1035 section 3.3.9; CNAME, NS, PTR: sections 3.3.1, 3.3.11 and 3.3.12, where the preference is not. */
static bool add_name(struct seki_dns_records *records, struct seki_dns_cursor *rdata, uint16_t preference)
{
    struct seki_dns_name name;
    struct seki_record record = { .preference = preference };
    seki_dns_name_read(rdata, &name);
    if (rdata->failed)
        return false;
    char *text = text_room(records, DNS_NAME_TEXT_MAX);
    if (text == NULL || !seki_dns_name_to_text(&name, text, &record.text.len))
        return true;
    record.text.ptr = text;
    records->text_used += record.text.len;
    append(records, &record);
    return true;
}

/* TXT-DATA: "One or more <character-string>s" (RFC 1035 section 3.3.14), joined without a space as RFC 7208
 * section 3.3 and RFC 6376 section 3.6.2.2 want it. One alone, the usual case, needs no copy. */
static bool add_text(struct seki_dns_records *records, struct seki_dns_cursor *rdata, size_t end)
{
    struct seki_record record = { 0 };
    size_t len = seki_dns_cursor_u8(rdata);
    record.text = (struct seki_str){ (const char *)seki_dns_cursor_take(rdata, len), len };
    if (rdata->failed)
        return false;
    if (rdata->at < end) {
        char *text = text_room(records, end - rdata->at + len);
        if (text == NULL)
            return true;
        memcpy(text, record.text.ptr, len);
        while (rdata->at < end) {
            size_t more = seki_dns_cursor_u8(rdata);
            const uint8_t *octets = seki_dns_cursor_take(rdata, more);
            if (octets == NULL || rdata->at > end)
                return false;
            memcpy(text + len, octets, more);
            len += more;
        }
        record.text = (struct seki_str){ text, len };
        records->text_used += len;
    }
    append(records, &record);
    return true;
}

/* DS: RFC 4034 section 5.1, as section 5.3 presents it. */
static bool add_delegation_signer(struct seki_dns_records *records, struct seki_dns_cursor *rdata, size_t end)
{
    static const char digits[] = "0123456789ABCDEF";
    unsigned key_tag = seki_dns_cursor_u16(rdata), algorithm = seki_dns_cursor_u8(rdata),
             digest_type = seki_dns_cursor_u8(rdata);
    char head[sizeof "65535 255 255 "];
    if (rdata->failed || rdata->at >= end)
        return false;
    size_t head_len = (size_t)snprintf(head, sizeof head, "%u %u %u ", key_tag, algorithm, digest_type);
    size_t digest_len = end - rdata->at;
    char *text = text_room(records, head_len + 2 * digest_len);
    if (text == NULL)
        return true;
    struct seki_record record = { .text = { text, head_len + 2 * digest_len } };
    memcpy(text, head, head_len);
    for (text += head_len; rdata->at < end; text += 2) {
        uint8_t octet = seki_dns_cursor_u8(rdata);
        text[0] = digits[octet >> 4];
        text[1] = digits[octet & 15];
    }
    records->text_used += record.text.len;
    append(records, &record);
    return true;
}

static bool add_by_type(struct seki_dns_records *records, enum seki_rr_type type, struct seki_dns_cursor *rdata,
                        size_t end)
{
    switch (type) {
    case SEKI_RR_A: return add_address(records, rdata, 4);
    case SEKI_RR_AAAA: return add_address(records, rdata, 16);
    case SEKI_RR_MX: return add_name(records, rdata, seki_dns_cursor_u16(rdata));
    case SEKI_RR_NS:
    case SEKI_RR_CNAME:
    case SEKI_RR_PTR: return add_name(records, rdata, 0);
    case SEKI_RR_SPF:
    case SEKI_RR_TXT: return add_text(records, rdata, end);
    case SEKI_RR_DS: return add_delegation_signer(records, rdata, end);
    }
    return false;
}

bool seki_dns_records_add(struct seki_dns_records *records, enum seki_rr_type type, struct seki_dns_cursor *message,
                          size_t len)
{
    size_t end = message->at + len;
    if (message->failed || len > seki_dns_cursor_left(message) || !add_by_type(records, type, message, end))
        return false;
    bool is_whole = message->at == end || records->is_full;
    message->at = end;
    return is_whole;
}

void seki_dns_records_conclude(const struct seki_dns_records *records, struct seki_answer *outcome)
{
    if (records->is_full) {
        outcome->status = SEKI_ANSWER_FAILED;
        outcome->failure = SEKI_STR(N_("more records than anybody can use"));
        return;
    }
    outcome->status = records->count > 0 ? SEKI_ANSWER_FOUND : SEKI_ANSWER_NODATA;
    outcome->records = records->records;
    outcome->record_count = records->count;
    outcome->ttl_s = records->count > 0 ? records->ttl_s : 0;
}

/* Answers in wire form. The first octet chooses what was asked; the rest is the message.
 *
 * Whatever is understood has names that fit the DNS, in lower case, and texts that lie inside the message or the
 * collection; and texts that are written into a message of our own are read back as they were. */
#include "dns/wire.h"

#include <sekisho/domain.h>

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_inside(struct seki_str text, const void *area, size_t len)
{
    uintptr_t at = (uintptr_t)text.ptr, start = (uintptr_t)area;
    must(at >= start && at - start <= len && text.len <= len - (at - start));
}

static bool is_inside(struct seki_str text, const void *area, size_t len)
{
    return (uintptr_t)text.ptr >= (uintptr_t)area && (uintptr_t)text.ptr <= (uintptr_t)area + len;
}

static void check_text(struct seki_str text, const struct seki_dns_records *records, const void *packet, size_t len)
{
    if (is_inside(text, records->text, sizeof records->text))
        check_inside(text, records->text, sizeof records->text);
    else
        check_inside(text, packet, len);
}

static void check_name(struct seki_str name)
{
    must(name.len == 0 || seki_domain_fits_dns(name));
    for (size_t i = 0; i < name.len; i++)
        must(name.ptr[i] == seki_ascii_lower(name.ptr[i]));
}

/* "65535 255 255 " and pairs of digits. */
static void check_delegation_signer(struct seki_str text)
{
    struct seki_str number;
    uint64_t value;
    for (int i = 0; i < 3; i++)
        must(seki_str_split(&text, ' ', &number) && seki_str_to_u64(number, i == 0 ? 65535 : 255, &value));
    must(text.len > 0 && text.len % 2 == 0);
    for (size_t i = 0; i < text.len; i++)
        must(seki_is_digit(text.ptr[i]) || (text.ptr[i] >= 'A' && text.ptr[i] <= 'F'));
}

static void check_outcome(const struct seki_answer *outcome, enum seki_rr_type type,
                          const struct seki_dns_records *records, const void *packet, size_t len)
{
    must(outcome->status != SEKI_ANSWER_OPEN);
    must((outcome->status == SEKI_ANSWER_FOUND) == (outcome->record_count > 0));
    must((outcome->status == SEKI_ANSWER_FAILED) == (outcome->failure.len > 0));
    must(outcome->record_count <= DNS_RECORDS_MAX && outcome->ttl_s <= INT32_MAX);
    for (size_t i = 0; i < outcome->record_count; i++) {
        const struct seki_record *record = &outcome->records[i];
        if (type == SEKI_RR_A || type == SEKI_RR_AAAA) {
            must(record->address.octet_count == (type == SEKI_RR_A ? 4 : 16));
            continue;
        }
        check_text(record->text, records, packet, len);
        if (type == SEKI_RR_DS)
            check_delegation_signer(record->text);
        else if (type != SEKI_RR_TXT)
            check_name(record->text);
    }
}

struct writer {
    uint8_t octets[65536];
    size_t len;
};

static void put(struct writer *w, const void *octets, size_t len)
{
    must(len <= sizeof w->octets - w->len);
    memcpy(w->octets + w->len, octets, len);
    w->len += len;
}

static size_t wire_len(struct seki_str text)
{
    return text.len + (text.len > 0 ? (text.len + 254) / 255 : 1);
}

static void put_txt(struct writer *w, struct seki_str text)
{
    size_t len = wire_len(text);
    put(w, "\xC0\x0C\0\x10\0\1\0\0\0\x3C", 10);
    put(w, (uint8_t[]){ (uint8_t)(len >> 8), (uint8_t)len }, 2);
    do {
        struct seki_str part = seki_str_head(text, 255);
        put(w, (uint8_t[]){ (uint8_t)part.len }, 1);
        put(w, part.len > 0 ? part.ptr : "", part.len);
        text = seki_str_from(text, 255);
    } while (text.len > 0);
}

static void check_written_again(const struct seki_answer *outcome)
{
    static struct writer w;
    static struct seki_dns_records records;
    size_t total = 0;
    for (size_t i = 0; i < outcome->record_count; i++)
        total += 12 + wire_len(outcome->records[i].text);
    if (total > 60000)
        return;
    w.len = 0;
    put(&w, "\0\0\x81\x80\0\1", 6);
    put(&w, (uint8_t[]){ (uint8_t)(outcome->record_count >> 8), (uint8_t)outcome->record_count }, 2);
    put(&w, "\0\0\0\0\1x\0\0\x10\0\1", 11);
    for (size_t i = 0; i < outcome->record_count; i++)
        put_txt(&w, outcome->records[i].text);
    struct seki_answer again;
    seki_dns_wire_read(&records, w.octets, w.len, SEKI_RR_TXT, &again);
    must(again.status == outcome->status && again.record_count == outcome->record_count);
    for (size_t i = 0; i < outcome->record_count; i++)
        must(seki_str_equal(again.records[i].text, outcome->records[i].text));
}

/* In a table whose question is that of the message it is the same answer, or one that is too long to be kept. */
static void check_entered(const struct seki_answer *outcome, enum seki_rr_type type, const uint8_t *packet,
                          size_t len)
{
    struct seki_dns_cursor c = seki_dns_cursor_of(packet, len);
    struct seki_dns_name name;
    char text[DNS_NAME_TEXT_MAX];
    size_t text_len = 0;
    seki_dns_cursor_take(&c, DNS_HEADER_OCTETS);
    seki_dns_name_read(&c, &name);
    bool is_askable = !c.failed && seki_dns_name_to_text(&name, text, &text_len) && text_len > 0;
    struct seki_arena *arena = seki_arena_new(1 << 16);
    struct seki_answers *answers = seki_answers_new(arena, 0);
    const struct seki_answer *a = seki_answers_ask(
        answers, is_askable ? (struct seki_str){ text, text_len } : SEKI_STR("other.example"), type);
    enum seki_result result = seki_answers_enter_packet(answers, a, packet, len, SEKI_DNSSEC_UNKNOWN);
    if (result == SEKI_OK && is_askable)
        must(a->status == outcome->status && a->record_count == outcome->record_count);
    else
        must(a->status == SEKI_ANSWER_FAILED);
    seki_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum seki_rr_type types[] = { SEKI_RR_TXT,  SEKI_RR_MX, SEKI_RR_PTR,   SEKI_RR_A,
                                               SEKI_RR_AAAA, SEKI_RR_NS, SEKI_RR_CNAME, SEKI_RR_DS };
    static struct seki_dns_records records;
    if (size == 0)
        return 0;
    enum seki_rr_type type = types[data[0] % (sizeof types / sizeof types[0])];
    struct seki_answer outcome;
    seki_dns_wire_read(&records, data + 1, size - 1, type, &outcome);
    check_outcome(&outcome, type, &records, data + 1, size - 1);
    if (type == SEKI_RR_TXT && outcome.status == SEKI_ANSWER_FOUND)
        check_written_again(&outcome);
    check_entered(&outcome, type, data + 1, size - 1);
    return 0;
}

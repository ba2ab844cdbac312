/* The table as octets: a version, the bound on questions, their number, and for each
 *
 *   type, name, one octet of status, DNSSEC and "asked ahead", TTL, asked (since the last one was asked), answered (since it
 *   was asked), failure, number of records, records
 *
 * and for each record an address, a preference or a text, as its type has it. What cannot be had by asking (two entries of
 * one question, a type that nobody asks for) is refused. */
#include "base/octets.h"
#include "dns/answers_restore.h"

#define VERSION       1u
#define MAX_QUESTIONS 65535u

enum { STATUS_BITS = 3, DNSSEC_SHIFT = 3, DNSSEC_BITS = 2, PREFETCH_BIT = 1 << 5 };
enum content { CONTENT_NONE, CONTENT_ADDRESS, CONTENT_PREFERENCE_TEXT, CONTENT_TEXT };

static enum content content_of(enum seki_rr_type type)
{
    switch (type) {
    case SEKI_RR_A:
    case SEKI_RR_AAAA: return CONTENT_ADDRESS;
    case SEKI_RR_MX: return CONTENT_PREFERENCE_TEXT;
    case SEKI_RR_NS:
    case SEKI_RR_CNAME:
    case SEKI_RR_PTR:
    case SEKI_RR_TXT:
    case SEKI_RR_DS:
    case SEKI_RR_SPF: return CONTENT_TEXT;
    }
    return CONTENT_NONE;
}

/* ---- writing ---- */

static void add_record(struct seki_buf *out, enum content content, const struct seki_record *record)
{
    if (content == CONTENT_ADDRESS) {
        seki_octets_add_text(
            out, (struct seki_str){ (const char *)record->address.octets, record->address.octet_count });
        return;
    }
    if (content == CONTENT_PREFERENCE_TEXT)
        seki_octets_add_number(out, record->preference);
    seki_octets_add_number(out, (uint64_t)record->text.len << 1 | record->has_long_string);
    seki_buf_add(out, record->text);
}

static void add_time(struct seki_buf *out, int64_t time_us, int64_t since_us)
{
    int64_t passed = (int64_t)((uint64_t)time_us - (uint64_t)since_us); /* wraps as it does when it is read */
    seki_octets_add_number(out, seki_number_of_signed(passed));
}

static void add_answer(struct seki_buf *out, const struct seki_answer *answer, int64_t since_us)
{
    seki_octets_add_number(out, answer->type);
    seki_octets_add_text(out, answer->name);
    seki_buf_add_char(out, (char)(answer->status | (unsigned)answer->dnssec << DNSSEC_SHIFT |
                                  (answer->is_prefetch ? PREFETCH_BIT : 0u)));
    seki_octets_add_number(out, answer->ttl_s);
    add_time(out, answer->asked_at_us, since_us);
    add_time(out, answer->answered_at_us, answer->asked_at_us);
    seki_octets_add_text(out, answer->failure);
    seki_octets_add_number(out, answer->record_count);
    for (size_t i = 0; i < answer->record_count; i++)
        add_record(out, content_of(answer->type), &answer->records[i]);
}

void seki_answers_encode(const struct seki_answers *answers, struct seki_buf *out)
{
    int64_t since_us = 0;
    seki_buf_add_char(out, (char)VERSION);
    seki_octets_add_number(out, seki_answers_max_questions(answers));
    for (const struct seki_answer *a = seki_answers_at(answers, 0); a != NULL; a = seki_answers_after(a)) {
        add_answer(out, a, since_us);
        since_us = a->asked_at_us;
    }
}

/* ---- reading ---- */

static struct seki_ip read_address(struct seki_octets *octets)
{
    struct seki_ip ip = { 0 };
    struct seki_str text = seki_octets_text(octets);
    if (text.len != 4 && text.len != 16) {
        octets->has_failed = true;
        return ip;
    }
    ip.octet_count = (uint8_t)text.len;
    memcpy(ip.octets, text.ptr, text.len);
    return ip;
}

static struct seki_record read_record(struct seki_octets *octets, enum seki_rr_type type)
{
    struct seki_record record = { 0 };
    enum content content = content_of(type);
    if (content == CONTENT_ADDRESS) {
        record.address = read_address(octets);
        return record;
    }
    if (content == CONTENT_PREFERENCE_TEXT)
        record.preference = (uint16_t)seki_octets_number_to(octets, UINT16_MAX);
    uint64_t len = seki_octets_number(octets);
    record.has_long_string = (len & 1) != 0;
    record.text = seki_octets_take(octets, len >> 1);
    return record;
}

static int64_t read_time(struct seki_octets *octets, int64_t since_us)
{
    return (int64_t)((uint64_t)since_us + (uint64_t)seki_number_to_signed(seki_octets_number(octets)));
}

static bool is_possible(const struct seki_answer *answer)
{
    bool is_open = answer->status == SEKI_ANSWER_OPEN;
    return content_of(answer->type) != CONTENT_NONE && answer->status <= SEKI_ANSWER_FAILED &&
           !(is_open && answer->record_count > 0);
}

static void read_head(struct seki_octets *octets, int64_t since_us, struct seki_answer *answer)
{
    answer->type = (enum seki_rr_type)seki_octets_number_to(octets, UINT16_MAX);
    answer->name = seki_octets_text(octets);
    uint8_t bits = seki_octets_u8(octets);
    answer->status = (enum seki_answer_status)(bits & ((1u << STATUS_BITS) - 1));
    answer->dnssec = (enum seki_dnssec)(bits >> DNSSEC_SHIFT & ((1u << DNSSEC_BITS) - 1));
    answer->is_prefetch = (bits & PREFETCH_BIT) != 0;
    answer->ttl_s = (uint32_t)seki_octets_number_to(octets, UINT32_MAX);
    answer->asked_at_us = read_time(octets, since_us);
    answer->answered_at_us = read_time(octets, answer->asked_at_us);
    answer->failure = seki_octets_text(octets);
    answer->record_count = (size_t)seki_octets_number_to(octets, SEKI_ANSWER_MAX_OCTETS / sizeof *answer->records);
    if (bits > (PREFETCH_BIT << 1) - 1 || !is_possible(answer))
        octets->has_failed = true;
}

static enum seki_result read_answer(struct seki_octets *octets, struct seki_answers *answers, int64_t *since_us)
{
    struct seki_answer answer = { 0 };
    struct seki_record records[SEKI_ANSWER_MAX_OCTETS / sizeof(struct seki_record)];
    read_head(octets, *since_us, &answer);
    for (size_t i = 0; i < answer.record_count && !octets->has_failed; i++)
        records[i] = read_record(octets, answer.type);
    if (octets->has_failed)
        return SEKI_BAD_INPUT;
    answer.records = records;
    *since_us = answer.asked_at_us;
    return seki_answers_restore(answers, &answer);
}

static enum seki_result read_answers(struct seki_octets *octets, struct seki_answers *answers)
{
    enum seki_result result = SEKI_OK;
    int64_t since_us = 0;
    for (size_t count = 0; result == SEKI_OK && !seki_octets_at_end(octets); count++)
        result = count < MAX_QUESTIONS ? read_answer(octets, answers, &since_us) : SEKI_BAD_INPUT;
    return result;
}

enum seki_result seki_answers_decode(struct seki_str text, struct seki_arena *arena,
                                     struct seki_answers **answers_out, struct seki_error *why)
{
    struct seki_octets octets = seki_octets_of(text);
    *answers_out = NULL;
    bool is_ours = seki_octets_u8(&octets) == VERSION;
    size_t max_questions = (size_t)seki_octets_number_to(&octets, MAX_QUESTIONS);
    if (!is_ours || octets.has_failed || max_questions == 0) {
        seki_error_set(why, "these are no recorded DNS answers, or those of a newer version of this program");
        return SEKI_BAD_INPUT;
    }
    struct seki_answers *answers = seki_answers_new(arena, max_questions);
    enum seki_result result = answers != NULL ? read_answers(&octets, answers) : seki_arena_failure(arena);
    if (result == SEKI_OK)
        *answers_out = answers;
    else if (result == SEKI_BAD_INPUT)
        seki_error_set(why, "the recorded DNS answers are damaged");
    else
        seki_error_set(why, "no memory for the recorded DNS answers");
    return result;
}

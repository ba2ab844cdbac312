/* Version, then fields: tag, length, value, in any order; a value that is zero or empty is not written, so a field that did
 * not exist when a record was written reads as zero. A tag is never used for anything else again. Lists are fields that
 * occur several times; a signature and a recipient are rows of fields of their own. */
#include "journal/record.h"

#include "base/octets.h"

#include <assert.h>
#include <stddef.h>

#define VERSION            1u
#define TEXT_MAX_OCTETS    4096u /* of a text that is not evidence; what mail has is far shorter */
#define SUBJECT_MAX_OCTETS 998u  /* RFC 5322 section 2.1.1 */
#define ADDRESS_MAX_OCTETS 1024u /* RFC 5321 section 4.5.3.1.3 has 256 */
#define SIGNATURES_MAX     100u  /* seki_dkim reports no more */

static_assert(JOURNAL_RECIPIENTS_MAX * (2 * ADDRESS_MAX_OCTETS + 128u) +
                      SIGNATURES_MAX * (4 * TEXT_MAX_OCTETS + 64u) + 40u * TEXT_MAX_OCTETS <
                  JOURNAL_RECORD_MAX_OCTETS,
              "without evidence every record fits");

enum type { TYPE_U32, TYPE_U64, TYPE_I64, TYPE_BOOL, TYPE_IP, TYPE_TEXT, TYPE_EVIDENCE };

struct field {
    uint8_t tag;
    enum type type;
    size_t offset;
    uint64_t max; /* largest value of a number, octets of a text */
};

/* Enums are read and written as what they are stored in. */
static_assert(sizeof(enum seki_dmarc_result) == sizeof(uint32_t), "enums are unsigned int");
static_assert(sizeof(size_t) == sizeof(uint64_t), "lengths are 64 bits");

#define IN_RECORD(member)    offsetof(struct journal_record, member)
#define IN_SIGNATURE(member) offsetof(struct journal_signature, member)
#define IN_RECIPIENT(member) offsetof(struct journal_recipient, member)

enum { TAG_DKIM_DOMAIN = 48, TAG_SIGNATURE = 49, TAG_RECIPIENT = 50 };

static const struct field record_fields[] = {
    { 1, TYPE_I64, IN_RECORD(at_us), 0 },
    { 2, TYPE_U32, IN_RECORD(wait_us), UINT32_MAX },
    { 3, TYPE_U64, IN_RECORD(size_octets), UINT64_MAX },
    { 4, TYPE_TEXT, IN_RECORD(queue_id), TEXT_MAX_OCTETS },
    { 5, TYPE_TEXT, IN_RECORD(message_id), TEXT_MAX_OCTETS },
    { 6, TYPE_TEXT, IN_RECORD(quarantine_id), TEXT_MAX_OCTETS },
    { 7, TYPE_IP, IN_RECORD(relay), 0 },
    { 8, TYPE_TEXT, IN_RECORD(helo), TEXT_MAX_OCTETS },
    { 9, TYPE_TEXT, IN_RECORD(mail_from), TEXT_MAX_OCTETS },
    { 10, TYPE_TEXT, IN_RECORD(subject), SUBJECT_MAX_OCTETS },
    { 11, TYPE_IP, IN_RECORD(facts.client), 0 },
    { 12, TYPE_TEXT, IN_RECORD(facts.author_domain), TEXT_MAX_OCTETS },
    { 13, TYPE_TEXT, IN_RECORD(facts.mail_from_domain), TEXT_MAX_OCTETS },
    { 14, TYPE_TEXT, IN_RECORD(facts.spf_domain), TEXT_MAX_OCTETS },
    { 15, TYPE_U32, IN_RECORD(facts.dmarc), SEKI_DMARC_PERMERROR },
    { 16, TYPE_U32, IN_RECORD(facts.wish), SEKI_DMARC_POLICY_REJECT },
    { 17, TYPE_U32, IN_RECORD(facts.spf), SEKI_SPF_PERMERROR },
    { 18, TYPE_U32, IN_RECORD(facts.dkim), SEKI_DKIM_PERMERROR },
    { 19, TYPE_BOOL, IN_RECORD(facts.has_spf), 1 },
    { 20, TYPE_BOOL, IN_RECORD(facts.is_null_sender), 1 },
    { 21, TYPE_BOOL, IN_RECORD(facts.is_spf_aligned), 1 },
    { 22, TYPE_BOOL, IN_RECORD(facts.is_dkim_aligned), 1 },
    { 23, TYPE_BOOL, IN_RECORD(facts.is_arc_override), 1 },
    { 24, TYPE_BOOL, IN_RECORD(facts.is_author_hosted), 1 },
    { 25, TYPE_TEXT, IN_RECORD(facts.lookalike_of), TEXT_MAX_OCTETS },
    { 26, TYPE_TEXT, IN_RECORD(facts.attachment), TEXT_MAX_OCTETS },
    { 27, TYPE_TEXT, IN_RECORD(facts.virus), TEXT_MAX_OCTETS },
    { 28, TYPE_BOOL, IN_RECORD(facts.has_scan_failed), 1 },
    { 29, TYPE_TEXT, IN_RECORD(spf_reason), TEXT_MAX_OCTETS },
    { 30, TYPE_TEXT, IN_RECORD(dmarc_reason), TEXT_MAX_OCTETS },
    { 31, TYPE_TEXT, IN_RECORD(policy_domain), TEXT_MAX_OCTETS },
    { 32, TYPE_TEXT, IN_RECORD(org_domain), TEXT_MAX_OCTETS },
    { 33, TYPE_U32, IN_RECORD(arc), SEKI_ARC_FAIL },
    { 34, TYPE_U32, IN_RECORD(reply_code), 599 },
    { 35, TYPE_TEXT, IN_RECORD(reply_text), TEXT_MAX_OCTETS },
    { 36, TYPE_TEXT, IN_RECORD(failure), TEXT_MAX_OCTETS },
    { 37, TYPE_U64, IN_RECORD(recipients_left_out), UINT64_MAX },
    { 38, TYPE_U64, IN_RECORD(sender_domain_id), UINT64_MAX },
    { 39, TYPE_BOOL, IN_RECORD(is_reply), 1 },
    { 40, TYPE_BOOL, IN_RECORD(facts.is_to_contact), 1 },
    { 64, TYPE_EVIDENCE, IN_RECORD(header), JOURNAL_HEADER_MAX_OCTETS },
    { 65, TYPE_EVIDENCE, IN_RECORD(body_hashes), JOURNAL_RECORD_MAX_OCTETS },
    { 66, TYPE_EVIDENCE, IN_RECORD(answers), JOURNAL_RECORD_MAX_OCTETS },
};

static const struct field signature_fields[] = {
    { 1, TYPE_U32, IN_SIGNATURE(result), SEKI_DKIM_PERMERROR },
    { 2, TYPE_TEXT, IN_SIGNATURE(domain), TEXT_MAX_OCTETS },
    { 3, TYPE_TEXT, IN_SIGNATURE(selector), TEXT_MAX_OCTETS },
    { 4, TYPE_TEXT, IN_SIGNATURE(algorithm), TEXT_MAX_OCTETS },
    { 5, TYPE_TEXT, IN_SIGNATURE(reason), TEXT_MAX_OCTETS },
};

static const struct field recipient_fields[] = {
    { 1, TYPE_TEXT, IN_RECIPIENT(address), ADDRESS_MAX_OCTETS },
    { 2, TYPE_TEXT, IN_RECIPIENT(domain), ADDRESS_MAX_OCTETS },
    { 3, TYPE_U64, IN_RECIPIENT(domain_id), UINT64_MAX },
    { 4, TYPE_U64, IN_RECIPIENT(tenant_id), UINT64_MAX },
    { 5, TYPE_U64, IN_RECIPIENT(policy_revision), UINT64_MAX },
    { 6, TYPE_U32, IN_RECIPIENT(filter), POLICY_ON },
    { 7, TYPE_U32, IN_RECIPIENT(judgement.action), POLICY_ACTION_COUNT - 1 },
    { 8, TYPE_U32, IN_RECIPIENT(judgement.would_be), POLICY_ACTION_COUNT - 1 },
    { 9, TYPE_U32, IN_RECIPIENT(judgement.matched), (1u << POLICY_CHECK_COUNT) - 1 },
    { 10, TYPE_U32, IN_RECIPIENT(judgement.decisive), POLICY_CHECK_COUNT - 1 },
    { 11, TYPE_BOOL, IN_RECIPIENT(judgement.is_impostor), 1 },
    { 12, TYPE_BOOL, IN_RECIPIENT(judgement.is_forged_bounce), 1 },
    { 13, TYPE_BOOL, IN_RECIPIENT(judgement.is_arc_override), 1 },
    { 14, TYPE_U64, IN_RECIPIENT(judgement.allow_id), UINT64_MAX },
    { 15, TYPE_BOOL, IN_RECIPIENT(judgement.is_temporary), 1 },
    { 16, TYPE_U32, IN_RECIPIENT(applied), POLICY_ACTION_COUNT - 1 },
};

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

/* ---- writing ---- */

static uint64_t number_of(const struct field *field, const void *value)
{
    int64_t number;
    switch (field->type) {
    case TYPE_U32: return *(const uint32_t *)value;
    case TYPE_U64: return *(const uint64_t *)value;
    case TYPE_BOOL: return *(const bool *)value;
    case TYPE_I64: memcpy(&number, value, sizeof number); return seki_number_of_signed(number);
    default: return 0;
    }
}

static void add_head(struct seki_buf *out, uint8_t tag, size_t len)
{
    char head[1 + SEKI_NUMBER_MAX_OCTETS] = { (char)tag };
    seki_buf_add(out, (struct seki_str){ head, 1 + seki_number_write(len, head + 1) });
}

static void add_text(struct seki_buf *out, uint8_t tag, struct seki_str text)
{
    if (text.len == 0)
        return;
    add_head(out, tag, text.len);
    seki_buf_add(out, text);
}

static void add_number(struct seki_buf *out, uint8_t tag, uint64_t number)
{
    char octets[2 + SEKI_NUMBER_MAX_OCTETS] = { (char)tag };
    if (number == 0)
        return;
    size_t len = seki_number_write(number, octets + 2);
    octets[1] = (char)len;
    seki_buf_add(out, (struct seki_str){ octets, 2 + len });
}

/* Half a header gives no verdict again, but shows who wrote to whom; half a table of answers is of no use. */
static void add_evidence(struct seki_buf *out, const struct field *field, struct seki_str text)
{
    const size_t head_octets = 1 + SEKI_NUMBER_MAX_OCTETS;
    if (field->max < JOURNAL_RECORD_MAX_OCTETS)
        text = seki_str_head(text, (size_t)field->max);
    size_t room = out->max < JOURNAL_RECORD_MAX_OCTETS ? out->max : JOURNAL_RECORD_MAX_OCTETS;
    if (seki_buf_failed(out) == SEKI_OK && out->len + head_octets < room &&
        text.len < room - out->len - head_octets)
        add_text(out, field->tag, text);
}

static void add_field(struct seki_buf *out, const struct field *field, const void *value)
{
    switch (field->type) {
    case TYPE_IP: {
        const struct seki_ip *ip = value;
        add_text(out, field->tag, (struct seki_str){ (const char *)ip->octets, ip->octet_count });
        break;
    }
    case TYPE_TEXT:
        add_text(out, field->tag, seki_str_head(*(const struct seki_str *)value, (size_t)field->max));
        break;
    case TYPE_EVIDENCE: add_evidence(out, field, *(const struct seki_str *)value); break;
    default: add_number(out, field->tag, number_of(field, value)); break;
    }
}

static void add_fields(struct seki_buf *out, const struct field *fields, size_t count, const void *value)
{
    for (size_t i = 0; i < count; i++)
        add_field(out, &fields[i], (const char *)value + fields[i].offset);
}

/* The length of what is inside is known only behind it: room is left for one of three octets, which any LEB128 below 2^21
 * can be written in. The texts of an item have 20 KiB at most. */
static void add_item(struct seki_buf *out, uint8_t tag, const struct field *fields, size_t count, const void *value)
{
    const char head[4] = { (char)tag };
    seki_buf_add(out, (struct seki_str){ head, sizeof head });
    size_t begin = out->len;
    add_fields(out, fields, count, value);
    if (seki_buf_failed(out) != SEKI_OK)
        return;
    size_t len = out->len - begin;
    out->ptr[begin - 3] = (char)(uint8_t)(len | 0x80);
    out->ptr[begin - 2] = (char)(uint8_t)(len >> 7 | 0x80);
    out->ptr[begin - 1] = (char)(uint8_t)(len >> 14);
}

static void add_lists(struct seki_buf *out, const struct journal_record *record)
{
    for (size_t i = 0; i < record->facts.dkim_domain_count; i++)
        add_text(out, TAG_DKIM_DOMAIN, seki_str_head(record->facts.dkim_domains[i], TEXT_MAX_OCTETS));
    for (size_t i = 0; i < record->signature_count && i < SIGNATURES_MAX; i++)
        add_item(out, TAG_SIGNATURE, signature_fields, COUNT_OF(signature_fields), &record->signatures[i]);
    for (size_t i = 0; i < record->recipient_count; i++)
        add_item(out, TAG_RECIPIENT, recipient_fields, COUNT_OF(recipient_fields), &record->recipients[i]);
}

void journal_record_encode(const struct journal_record *record, struct seki_buf *out)
{
    struct journal_record cut = *record;
    if (cut.recipient_count > JOURNAL_RECIPIENTS_MAX) {
        cut.recipients_left_out += cut.recipient_count - JOURNAL_RECIPIENTS_MAX;
        cut.recipient_count = JOURNAL_RECIPIENTS_MAX;
    }
    seki_buf_add_char(out, (char)VERSION);
    add_lists(out, &cut);
    add_fields(out, record_fields, COUNT_OF(record_fields), &cut);
}

/* ---- reading ---- */

struct item {
    uint64_t tag;
    struct seki_str value;
};

static bool next_item(struct seki_octets *octets, struct item *item_out)
{
    if (seki_octets_at_end(octets))
        return false;
    item_out->tag = seki_octets_number(octets);
    item_out->value = seki_octets_text(octets);
    return !octets->has_failed;
}

static bool read_number(struct seki_str octets, uint64_t max, uint64_t *number_out)
{
    struct seki_octets cursor = seki_octets_of(octets);
    *number_out = seki_octets_number_to(&cursor, max);
    return !cursor.has_failed && cursor.left.len == 0;
}

static bool read_ip(struct seki_str octets, struct seki_ip *ip)
{
    if (octets.len != 4 && octets.len != 16)
        return false;
    *ip = (struct seki_ip){ .octet_count = (uint8_t)octets.len };
    memcpy(ip->octets, octets.ptr, octets.len);
    return true;
}

static bool read_field(const struct field *field, struct seki_str octets, void *value)
{
    uint64_t number = 0;
    int64_t signed_number;
    if (field->type == TYPE_IP)
        return read_ip(octets, value);
    if (field->type == TYPE_TEXT || field->type == TYPE_EVIDENCE) {
        *(struct seki_str *)value = octets;
        return octets.len <= field->max;
    }
    if (!read_number(octets, field->type == TYPE_I64 ? UINT64_MAX : field->max, &number))
        return false;
    switch (field->type) {
    case TYPE_U32: *(uint32_t *)value = (uint32_t)number; break;
    case TYPE_U64: *(uint64_t *)value = number; break;
    case TYPE_BOOL: *(bool *)value = number != 0; break;
    default:
        signed_number = seki_number_to_signed(number);
        memcpy(value, &signed_number, sizeof signed_number);
        break;
    }
    return true;
}

/* Records are written in the order of the table: the next field is nearly always the row behind the last one. */
static const struct field *find_field(const struct field *fields, size_t count, size_t *at, uint64_t tag)
{
    for (size_t tried = 0; tried < count; tried++, *at = *at + 1 < count ? *at + 1 : 0)
        if (fields[*at].tag == tag)
            return &fields[*at];
    return NULL;
}

static bool read_fields(const struct field *fields, size_t count, struct seki_str octets, void *value,
                        struct seki_error *why)
{
    struct seki_octets cursor = seki_octets_of(octets);
    struct item item;
    size_t at = 0;
    while (next_item(&cursor, &item)) {
        const struct field *field = find_field(fields, count, &at, item.tag);
        if (field != NULL && !read_field(field, item.value, (char *)value + field->offset)) {
            seki_error_set(why, "field %u of the journal record holds what this version does not know",
                           (unsigned)field->tag);
            return false;
        }
    }
    if (cursor.has_failed)
        seki_error_set(why, "the journal record is cut off");
    return !cursor.has_failed;
}

struct lists { /* filled in a second pass, when their lengths are known */
    struct journal_signature *signatures;
    struct journal_recipient *recipients;
    size_t signature_count, recipient_count, dkim_domain_count;
};

static struct lists count_lists(struct seki_str octets)
{
    struct lists lists = { 0 };
    struct seki_octets cursor = seki_octets_of(octets);
    for (struct item item; next_item(&cursor, &item);) {
        lists.signature_count += item.tag == TAG_SIGNATURE;
        lists.recipient_count += item.tag == TAG_RECIPIENT;
        lists.dkim_domain_count += item.tag == TAG_DKIM_DOMAIN;
    }
    return lists;
}

static bool read_lists(struct seki_str octets, struct lists *lists, struct policy_facts *facts,
                       struct seki_error *why)
{
    struct journal_signature *signature = lists->signatures;
    struct journal_recipient *recipient = lists->recipients;
    struct seki_octets cursor = seki_octets_of(octets);
    bool is_sound = true;
    for (struct item item; is_sound && next_item(&cursor, &item);) {
        if (item.tag == TAG_SIGNATURE)
            is_sound = read_fields(signature_fields, COUNT_OF(signature_fields), item.value, signature++, why);
        else if (item.tag == TAG_RECIPIENT)
            is_sound = read_fields(recipient_fields, COUNT_OF(recipient_fields), item.value, recipient++, why);
        else if (item.tag == TAG_DKIM_DOMAIN && facts->dkim_domain_count < POLICY_FACTS_DKIM_MAX)
            facts->dkim_domains[facts->dkim_domain_count++] = item.value;
    }
    return is_sound;
}

/* So that no text has to be asked whether it is there. */
static void empty_texts(const struct field *fields, size_t count, void *value)
{
    for (size_t i = 0; i < count; i++)
        if (fields[i].type == TYPE_TEXT || fields[i].type == TYPE_EVIDENCE)
            *(struct seki_str *)((char *)value + fields[i].offset) = SEKI_STR("");
}

static enum seki_result make_lists(struct seki_arena *arena, struct lists *lists)
{
    lists->signatures = seki_arena_alloc(arena, lists->signature_count, sizeof *lists->signatures);
    lists->recipients = seki_arena_alloc(arena, lists->recipient_count, sizeof *lists->recipients);
    if (lists->signatures == NULL || lists->recipients == NULL)
        return seki_arena_failure(arena);
    for (size_t i = 0; i < lists->signature_count; i++)
        empty_texts(signature_fields, COUNT_OF(signature_fields), &lists->signatures[i]);
    for (size_t i = 0; i < lists->recipient_count; i++)
        empty_texts(recipient_fields, COUNT_OF(recipient_fields), &lists->recipients[i]);
    return SEKI_OK;
}

static bool check_bounds(struct seki_str octets, const struct lists *lists, struct seki_error *why)
{
    bool is_within = octets.len <= JOURNAL_RECORD_MAX_OCTETS && lists->recipient_count <= JOURNAL_RECIPIENTS_MAX &&
                     lists->signature_count <= SIGNATURES_MAX && lists->dkim_domain_count <= POLICY_FACTS_DKIM_MAX;
    if (!is_within)
        seki_error_set(why, "the journal record is longer than any that this program writes");
    return is_within;
}

enum seki_result journal_record_decode(struct seki_str octets, struct seki_arena *arena,
                                       struct journal_record *record_out, struct seki_error *why)
{
    *record_out = (struct journal_record){ 0 };
    empty_texts(record_fields, COUNT_OF(record_fields), record_out);
    if (octets.len == 0 || (uint8_t)octets.ptr[0] != VERSION) {
        seki_error_set(why, "this is no journal record, or one of a newer version of this program");
        return SEKI_BAD_INPUT;
    }
    struct seki_str fields = seki_str_from(octets, 1);
    struct lists lists = count_lists(fields);
    if (!check_bounds(octets, &lists, why))
        return SEKI_BAD_INPUT;
    enum seki_result result = make_lists(arena, &lists);
    if (result != SEKI_OK) {
        seki_error_set(why, "no memory for a journal record");
        return result;
    }
    if (!read_fields(record_fields, COUNT_OF(record_fields), fields, record_out, why) ||
        !read_lists(fields, &lists, &record_out->facts, why))
        return SEKI_BAD_INPUT;
    record_out->signatures = lists.signatures;
    record_out->signature_count = lists.signature_count;
    record_out->recipients = lists.recipients;
    record_out->recipient_count = lists.recipient_count;
    return SEKI_OK;
}

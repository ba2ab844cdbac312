#include "dns/driver/recording.h"

#include "base/i18n.h"
#include "dns/driver/file.h"
#include "dns/driver/master_reader.h"
#include "dns/rdata.h"

#define MAX_FILE_OCTETS (16u * 1024u * 1024u)
#define MAX_MEMORY      (64u * 1024u * 1024u)
#define MAX_QUESTIONS   10000u
#define MAX_NAME_TOKEN  2048u

#define HEADER          "; Sekisho DNS recording 1\n"
#define QUESTION_PREFIX "; question "

static const enum seki_rr_type types[] = { SEKI_RR_A,  SEKI_RR_AAAA, SEKI_RR_CNAME, SEKI_RR_DS, SEKI_RR_MX,
                                           SEKI_RR_NS, SEKI_RR_PTR,  SEKI_RR_SPF,   SEKI_RR_TXT };
static const enum seki_answer_status statuses[] = { SEKI_ANSWER_FOUND, SEKI_ANSWER_NODATA, SEKI_ANSWER_NXDOMAIN,
                                                    SEKI_ANSWER_FAILED };
static const char *const dnssec_names[] = {
    [SEKI_DNSSEC_UNKNOWN] = "unknown",
    [SEKI_DNSSEC_INSECURE] = "insecure",
    [SEKI_DNSSEC_SECURE] = "secure",
    [SEKI_DNSSEC_BOGUS] = "bogus",
};

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

/* Writing */

static void put_octet(struct seki_buf *out, char octet, bool is_plain)
{
    if (is_plain)
        seki_buf_add_char(out, octet);
    else
        seki_buf_add_format(out, "\\%03u", (unsigned char)octet);
}

static void put_name(struct seki_buf *out, struct seki_str name)
{
    for (size_t i = 0; i < name.len; i++)
        put_octet(out, name.ptr[i], name.ptr[i] == '.' || seki_dns_master_is_plain((uint8_t)name.ptr[i]));
}

static void put_quoted(struct seki_buf *out, struct seki_str text)
{
    seki_buf_add_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '"' || c == '\\')
            seki_buf_add_char(out, '\\');
        put_octet(out, c, c >= ' ' && c <= '~');
    }
    seki_buf_add_char(out, '"');
}

/* As many <character-string>s as it takes; one that is too long when it was so before. */
static void put_text(struct seki_buf *out, const struct seki_record *record)
{
    size_t max = record->has_long_string ? SIZE_MAX : DNS_CHARACTER_STRING_MAX;
    struct seki_str text = record->text;
    do {
        seki_buf_add_char(out, ' ');
        put_quoted(out, seki_str_head(text, max));
        text = seki_str_from(text, max);
    } while (text.len > 0);
}

static void put_rdata(struct seki_buf *out, enum seki_rr_type type, const struct seki_record *record)
{
    char address[SEKI_IP_TEXT_MAX];
    switch (type) {
    case SEKI_RR_A:
    case SEKI_RR_AAAA: seki_buf_add_format(out, " %s", seki_ip_format(&record->address, address)); return;
    case SEKI_RR_SPF:
    case SEKI_RR_TXT: put_text(out, record); return;
    case SEKI_RR_DS: seki_buf_add_format(out, " %.*s", SEKI_STR_ARGS(record->text)); return;
    case SEKI_RR_MX: seki_buf_add_format(out, " %u", record->preference); break;
    case SEKI_RR_NS:
    case SEKI_RR_CNAME:
    case SEKI_RR_PTR: break;
    }
    seki_buf_add_char(out, ' ');
    put_name(out, record->text);
    seki_buf_add_char(out, '.');
}

static void put_question(struct seki_buf *out, const struct seki_answer *answer)
{
    seki_buf_add(out, SEKI_STR(QUESTION_PREFIX));
    put_name(out, answer->name);
    if (answer->name.len == 0)
        seki_buf_add(out, SEKI_STR("\"\""));
    seki_buf_add_format(out, " %s %s", seki_rr_type_name(answer->type), seki_answer_status_name(answer->status));
    if (answer->is_prefetch)
        seki_buf_add(out, SEKI_STR(" prefetch"));
    if (answer->dnssec != SEKI_DNSSEC_UNKNOWN)
        seki_buf_add_format(out, " dnssec=%s", dnssec_names[answer->dnssec]);
    if (answer->asked_at_us > 0)
        seki_buf_add_format(out, " asked_us=%lld", (long long)answer->asked_at_us);
    if (answer->answered_at_us > 0)
        seki_buf_add_format(out, " answered_us=%lld", (long long)answer->answered_at_us);
    if (answer->failure.len > 0) {
        seki_buf_add(out, SEKI_STR(" reason="));
        put_quoted(out, answer->failure);
    }
    seki_buf_add_char(out, '\n');
}

static void put_answer(struct seki_buf *out, const struct seki_answer *answer)
{
    put_question(out, answer);
    for (size_t i = 0; i < answer->record_count; i++) {
        put_name(out, answer->name);
        seki_buf_add_format(out, ". %u IN %s", answer->ttl_s, seki_rr_type_name(answer->type));
        put_rdata(out, answer->type, &answer->records[i]);
        seki_buf_add_char(out, '\n');
    }
}

void recording_write(const struct seki_answers *answers, struct seki_buf *out)
{
    const struct seki_answer *answer;
    seki_buf_add(out, SEKI_STR(HEADER));
    for (size_t i = 0; (answer = seki_answers_at(answers, i)) != NULL; i++)
        if (answer->status != SEKI_ANSWER_OPEN)
            put_answer(out, answer);
}

/* Reading */

struct recording {
    struct seki_arena *arena;
    struct seki_answers *answers;
};

struct loader {
    struct recording *recording;
    const char *file_name;
    unsigned line;
    struct seki_error *why;
    struct seki_answer outcome; /* of the question whose lines are being read */
    struct seki_dns_name owner;
    struct seki_dns_records records;
};

static bool fail(struct loader *loader, const char *what)
{
    seki_error_set(loader->why, "%s:%u: %s", loader->file_name, loader->line, what);
    return false;
}

/* Undo put_name() and the inside of put_quoted(). Behind the octets stands a dot; see enter(). */
static bool unescape(struct loader *loader, struct seki_str text, struct seki_str *out)
{
    char *octets = seki_arena_octets(loader->recording->arena, text.len + 1);
    size_t len = 0;
    bool is_escaped;
    if (octets == NULL)
        return fail(loader, N_("no memory for so much"));
    for (uint8_t octet; text.len > 0; octets[len++] = (char)octet)
        if (!seki_dns_master_octet(&text, &octet, &is_escaped))
            return fail(loader, N_("a bad escape: write \\DDD with DDD from 000 to 255"));
    octets[len] = '.';
    *out = (struct seki_str){ octets, len };
    return true;
}

static bool read_name(struct loader *loader, struct seki_str word)
{
    if (seki_str_equal(word, SEKI_STR("\"\"")))
        word.len = 0;
    else if (word.len == 0)
        return fail(loader, N_("the name is missing"));
    return unescape(loader, word, &loader->outcome.name);
}

static bool read_type(struct loader *loader, struct seki_str word)
{
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (seki_str_equal(word, seki_str_of(seki_rr_type_name(types[i])))) {
            loader->outcome.type = types[i];
            return true;
        }
    return fail(loader, N_("the type is none of A, AAAA, CNAME, DS, MX, NS, PTR, SPF, TXT"));
}

static bool read_status(struct loader *loader, struct seki_str word)
{
    for (size_t i = 0; i < COUNT_OF(statuses); i++)
        if (seki_str_equal(word, seki_str_of(seki_answer_status_name(statuses[i])))) {
            loader->outcome.status = statuses[i];
            return true;
        }
    return fail(loader, N_("the status is none of found, nodata, nxdomain, failed"));
}

static bool read_dnssec(struct loader *loader, struct seki_str value)
{
    for (size_t i = 0; i < COUNT_OF(dnssec_names); i++)
        if (seki_str_equal(value, seki_str_of(dnssec_names[i]))) {
            loader->outcome.dnssec = (enum seki_dnssec)i;
            return true;
        }
    return fail(loader, N_("dnssec= is none of unknown, insecure, secure, bogus"));
}

static bool read_time(struct loader *loader, struct seki_str value, int64_t *us_out)
{
    uint64_t us;
    if (!seki_str_to_u64(value, INT64_MAX, &us))
        return fail(loader, N_("a time is no number"));
    *us_out = (int64_t)us;
    return true;
}

static bool read_reason(struct loader *loader, struct seki_str value)
{
    if (value.len < 2 || value.ptr[0] != '"' || value.ptr[value.len - 1] != '"')
        return fail(loader, N_("the reason is not quoted"));
    return unescape(loader, seki_str_head(seki_str_from(value, 1), value.len - 2), &loader->outcome.failure);
}

/* prefetch, dnssec=…, asked_us=…, answered_us=…, and last, for there may be spaces in it, reason="…" */
static bool read_attributes(struct loader *loader, struct seki_str rest)
{
    struct seki_str word;
    bool is_good = true;
    while (is_good && rest.len > 0) {
        struct seki_str all = rest;
        seki_str_split(&rest, ' ', &word);
        struct seki_str value = seki_str_from(word, seki_str_find(word, '=') + 1);
        if (seki_str_equal(word, SEKI_STR("prefetch")))
            loader->outcome.is_prefetch = true;
        else if (seki_str_starts_with(word, SEKI_STR("dnssec=")))
            is_good = read_dnssec(loader, value);
        else if (seki_str_starts_with(word, SEKI_STR("asked_us=")))
            is_good = read_time(loader, value, &loader->outcome.asked_at_us);
        else if (seki_str_starts_with(word, SEKI_STR("answered_us=")))
            is_good = read_time(loader, value, &loader->outcome.answered_at_us);
        else if (seki_str_starts_with(word, SEKI_STR("reason=")))
            return read_reason(loader, seki_str_from(all, seki_str_find(all, '=') + 1));
        else
            is_good = fail(loader, N_("an unknown word behind the status"));
    }
    return is_good;
}

/* <name> SP <type> SP <status> [SP <attributes>] */
static bool read_question(struct loader *loader, struct seki_str rest)
{
    struct seki_str name = { 0 }, type = { 0 }, status = { 0 };
    loader->outcome = (struct seki_answer){ 0 };
    seki_dns_records_clear(&loader->records);
    seki_str_split(&rest, ' ', &name);
    seki_str_split(&rest, ' ', &type);
    seki_str_split(&rest, ' ', &status);
    return read_name(loader, name) && read_type(loader, type) && read_status(loader, status) &&
           read_attributes(loader, rest);
}

/* A record below its question. Texts move to the recording's arena: the reader's RDATA is gone with the call. */
static bool on_record(void *user, const struct master_entry *entry, struct seki_error *why)
{
    struct loader *loader = user;
    struct seki_dns_records *records = &loader->records;
    size_t count = records->count;
    struct seki_dns_cursor rdata = seki_dns_cursor_of(entry->rdata, entry->rdata_len);
    if (entry->rdata == NULL || entry->type != (unsigned)loader->outcome.type ||
        !seki_dns_name_equal(entry->owner, &loader->owner)) {
        seki_error_set(why, "the record is not what the question above asks for");
        return false;
    }
    records->text_used = 0;
    seki_dns_records_note_ttl(records, entry->ttl_s);
    seki_error_set(why, "more records than fit");
    if (!seki_dns_records_add(records, loader->outcome.type, &rdata, entry->rdata_len) || records->count == count)
        return false;
    struct seki_record *record = &records->records[count];
    record->has_long_string = entry->has_long_string;
    record->text = seki_arena_copy(loader->recording->arena, record->text);
    return record->text.ptr != NULL;
}

/* The lines between one question and the next. */
static bool read_records(struct loader *loader, struct seki_str lines)
{
    if (!seki_dns_name_from_text(loader->outcome.name, &loader->owner))
        loader->owner.len = 0; /* equal to no owner: such a name cannot have records */
    const struct master_text text = { .text = lines, .file_name = loader->file_name, .first_line = loader->line };
    if (lines.len > 0 && !master_read(&text, on_record, loader, loader->why))
        return false;
    if ((loader->records.count > 0) != (loader->outcome.status == SEKI_ANSWER_FOUND))
        return fail(loader, N_("\"found\" is for answers with records, and only for them"));
    loader->outcome.records = loader->records.records;
    loader->outcome.record_count = loader->records.count;
    loader->outcome.ttl_s = loader->records.count > 0 ? loader->records.ttl_s : 0;
    return true;
}

static bool enter(struct loader *loader)
{
    struct seki_answers *answers = loader->recording->answers;
    const struct seki_answer *outcome = &loader->outcome, *entry;
    /* The table drops one final dot; an impossible name may have had two. */
    struct seki_str name = { outcome->name.ptr, outcome->name.len + 1 };
    entry = outcome->is_prefetch ? seki_answers_prefetch(answers, name, outcome->type)
                                 : seki_answers_ask(answers, name, outcome->type);
    if (entry == NULL || seki_answers_enter(answers, entry, outcome) != SEKI_OK)
        return fail(loader, N_("more questions than a recording can hold"));
    return true;
}

/* Lines up to the next question. */
static struct seki_str take_lines(struct seki_str *rest)
{
    struct seki_str all = *rest;
    while (rest->len > 0 && !seki_str_starts_with(*rest, SEKI_STR(QUESTION_PREFIX)))
        *rest = seki_str_from(*rest, seki_str_find(*rest, '\n') + 1);
    return seki_str_head(all, all.len - rest->len);
}

static unsigned count_lines(struct seki_str lines)
{
    unsigned count = 0;
    for (size_t i = 0; i < lines.len; i++)
        count += lines.ptr[i] == '\n';
    return count;
}

static bool read_all(struct loader *loader, struct seki_str text)
{
    if (!seki_str_starts_with(text, SEKI_STR(HEADER)))
        return fail(loader, N_("this is no recording: it must begin with \"; Sekisho DNS recording 1\""));
    loader->line += count_lines(take_lines(&text));
    while (text.len > 0) {
        size_t end = seki_str_find(text, '\n');
        struct seki_str question = seki_str_head(text, end);
        if (!read_question(loader, seki_str_from(question, sizeof QUESTION_PREFIX - 1)))
            return false;
        loader->line++;
        text = seki_str_from(text, end + 1);
        struct seki_str lines = take_lines(&text);
        if (!read_records(loader, lines) || !enter(loader))
            return false;
        loader->line += count_lines(lines);
    }
    return true;
}

static struct recording *recording_new(void)
{
    struct recording *recording = calloc(1, sizeof *recording);
    if (recording == NULL)
        return NULL;
    recording->arena = seki_arena_new(MAX_MEMORY);
    if (recording->arena != NULL)
        recording->answers = seki_answers_new(recording->arena, MAX_QUESTIONS);
    if (recording->answers != NULL)
        return recording;
    recording_free(recording);
    return NULL;
}

void recording_free(struct recording *recording)
{
    if (recording == NULL)
        return;
    if (recording->arena != NULL)
        seki_arena_free(recording->arena);
    free(recording);
}

struct recording *recording_parse(struct seki_str text, const char *name, struct seki_error *why)
{
    struct loader *loader = calloc(1, sizeof *loader);
    struct recording *recording = recording_new();
    bool is_read = false;
    if (loader == NULL || recording == NULL) {
        seki_error_set(why, "%s: no memory to read it", name);
    } else {
        loader->recording = recording;
        loader->file_name = name;
        loader->line = 1;
        loader->why = why;
        is_read = read_all(loader, text);
    }
    free(loader);
    if (is_read)
        return recording;
    recording_free(recording);
    return NULL;
}

struct recording *recording_load(const char *path, struct seki_error *why)
{
    struct seki_buf text;
    struct recording *recording = NULL;
    if (dns_file_read(path, MAX_FILE_OCTETS, &text, why))
        recording = recording_parse(seki_buf_str(&text), path, why);
    seki_buf_release(&text);
    return recording;
}

const struct seki_answers *recording_answers(const struct recording *recording)
{
    return recording->answers;
}

static const struct seki_answer *find(const struct recording *recording, const struct seki_answer *question)
{
    const struct seki_answer *answer;
    for (size_t i = 0; (answer = seki_answers_at(recording->answers, i)) != NULL; i++)
        if (answer->type == question->type && seki_str_equal_nocase(answer->name, question->name))
            return answer;
    return NULL;
}

void recording_answer(struct recording *recording, struct seki_answers *answers)
{
    static const struct seki_answer not_recorded = { .status = SEKI_ANSWER_FAILED,
                                                     .failure = SEKI_STR_INIT(N_("not in the recording")) };
    const struct seki_answer *question;
    while ((question = seki_answers_next_open(answers)) != NULL) {
        const struct seki_answer *answer = find(recording, question);
        (void)!seki_answers_enter(answers, question, answer != NULL ? answer : &not_recorded);
    }
}

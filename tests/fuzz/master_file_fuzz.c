/* Master files. What a file holds is what it answers; and the answers, written as a recording, are a master file that
 * answers the same, and a recording that says the same. */
#include "dns/driver/master_file.h"
#include "dns/driver/master_reader.h"
#include "dns/driver/recording.h"

#define MAX_QUESTIONS 64

static void must(bool holds)
{
    if (!holds)
        abort();
}

struct questions {
    struct seki_arena *arena;
    struct seki_answers *answers;
    unsigned count;
};

static bool can_be_asked(unsigned type)
{
    static const enum seki_rr_type types[] = { SEKI_RR_A,  SEKI_RR_AAAA, SEKI_RR_CNAME, SEKI_RR_DS, SEKI_RR_MX,
                                               SEKI_RR_NS, SEKI_RR_PTR,  SEKI_RR_SPF,   SEKI_RR_TXT };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (types[i] == type)
            return true;
    return false;
}

/* Ask for every record that can be asked for. */
static bool on_entry(void *user, const struct master_entry *entry, struct seki_error *why)
{
    struct questions *questions = user;
    char text[DNS_NAME_TEXT_MAX];
    size_t len;
    (void)why;
    must(entry->owner->len > 0 && entry->ttl_s <= INT32_MAX);
    if (can_be_asked(entry->type) && questions->count < MAX_QUESTIONS &&
        seki_dns_name_to_text(entry->owner, text, &len) && len > 0) {
        questions->count++;
        must(seki_answers_ask(questions->answers, (struct seki_str){ text, len }, (enum seki_rr_type)entry->type) !=
             NULL);
    }
    return true;
}

static bool is_same(const struct seki_record *a, const struct seki_record *b)
{
    return a->preference == b->preference && memcmp(&a->address, &b->address, sizeof a->address) == 0 &&
           seki_str_equal(a->text, b->text);
}

static void check_same(const struct seki_answer *a, const struct seki_answer *b)
{
    must(a->status == b->status && a->record_count == b->record_count && a->ttl_s == b->ttl_s);
    for (size_t i = 0; i < a->record_count; i++)
        must(is_same(&a->records[i], &b->records[i]) &&
             a->records[i].has_long_string == b->records[i].has_long_string);
}

/* "ab" and "a" "b" are two records in a zone, but the same when written: then the second is dropped, and with it its
 * mark if it had one. */
static void check_all_in(const struct seki_answer *a, const struct seki_answer *b)
{
    must(a->status == b->status && a->ttl_s == b->ttl_s);
    for (size_t i = 0; i < a->record_count; i++) {
        size_t k = 0;
        while (k < b->record_count && !is_same(&a->records[i], &b->records[k]))
            k++;
        must(k < b->record_count);
    }
}

static void answer_all(const struct master_file *file, struct seki_answers *answers)
{
    static struct seki_dns_records records;
    const struct seki_answer *question;
    struct seki_answer outcome;
    while ((question = seki_answers_next_open(answers)) != NULL) {
        master_file_answer(file, question, &records, &outcome);
        /* Names that have no text form are left out, so even NODATA is possible; a name that is there is there. */
        must(outcome.status != SEKI_ANSWER_NXDOMAIN);
        must(seki_answers_enter(answers, question, &outcome) == SEKI_OK);
    }
}

static void check_written_again(const struct seki_answers *answers)
{
    static struct seki_dns_records records;
    struct seki_error why;
    struct seki_buf text;
    seki_buf_init(&text, 64u << 20);
    recording_write(answers, &text);
    must(seki_buf_failed(&text) == SEKI_OK);
    struct recording *recording = recording_parse(seki_buf_str(&text), "recording", &why);
    struct master_file *file = master_file_parse(seki_buf_str(&text), "recording", &why);
    must(recording != NULL && file != NULL);
    const struct seki_answer *answer, *recorded;
    for (size_t i = 0; (answer = seki_answers_at(answers, i)) != NULL; i++) {
        recorded = seki_answers_at(recording_answers(recording), i);
        must(recorded != NULL && seki_str_equal(recorded->name, answer->name) && recorded->type == answer->type);
        check_same(answer, recorded);
        if (answer->status != SEKI_ANSWER_FOUND)
            continue;
        struct seki_answer outcome;
        master_file_answer(file, answer, &records, &outcome);
        check_all_in(answer, &outcome);
        check_all_in(&outcome, answer);
    }
    master_file_free(file);
    recording_free(recording);
    seki_buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seki_str text = { (const char *)data, size };
    struct seki_error why = { "" };
    struct master_file *file = master_file_parse(text, "zone", &why);
    must((file == NULL) == (why.text[0] != '\0') || file != NULL);
    if (file == NULL)
        return 0;
    struct questions questions = { .arena = seki_arena_new(64u << 20) };
    must(questions.arena != NULL);
    questions.answers = seki_answers_new(questions.arena, 0);
    const struct master_text again = { .text = text, .file_name = "zone" };
    must(master_read(&again, on_entry, &questions, &why));
    answer_all(file, questions.answers);
    check_written_again(questions.answers);
    seki_arena_free(questions.arena);
    master_file_free(file);
    return 0;
}

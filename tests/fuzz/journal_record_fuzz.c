/* Journal records: one that can be read is written and read again, and the second octets are the first. Then its evidence is
 * judged again, whatever it is. */
#include "journal/record.h"

#include <stdlib.h>

static void must(bool holds)
{
    if (!holds)
        abort();
}

static struct seki_str encode(const struct journal_record *record, struct seki_arena *arena)
{
    struct seki_buf out;
    seki_buf_init_arena(&out, arena, JOURNAL_RECORD_MAX_OCTETS);
    journal_record_encode(record, &out);
    must(seki_buf_failed(&out) == SEKI_OK);
    return seki_buf_str(&out);
}

static void judge_again(const struct journal_record *record, struct seki_arena *arena)
{
    static struct seki_context *context;
    struct seki_verify *verify;
    struct seki_answers *answers;
    struct seki_verdict verdict;
    struct seki_error why;
    if (context == NULL)
        context = seki_context_new(0, NULL);
    const struct seki_verify_kept kept = { .client = record->facts.client,
                                           .helo = record->helo,
                                           .mail_from = record->mail_from,
                                           .header = record->header,
                                           .body_hashes = record->body_hashes,
                                           .explain = true };
    if (seki_answers_decode(record->answers, arena, &answers, &why) != SEKI_OK)
        answers = seki_answers_new(arena, 0);
    if (seki_verify_recall(arena, context, &kept, &verify, &why) != SEKI_OK)
        return;
    while (seki_verify_step(verify, answers, &verdict, &why) == SEKI_NEED_ANSWERS)
        if (seki_answers_fail_open(answers, SEKI_STR("not recorded")) == 0)
            break;
    seki_verify_end(verify);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seki_arena *arena = seki_arena_new(64u << 20);
    struct journal_record first, second;
    struct seki_error why = { "" };
    struct seki_str input = { (const char *)data, size };
    enum seki_result result = journal_record_decode(input, arena, &first, &why);
    must((result == SEKI_OK) == (why.text[0] == '\0'));
    if (result == SEKI_OK) {
        struct seki_str octets = encode(&first, arena);
        must(journal_record_decode(octets, arena, &second, &why) == SEKI_OK);
        must(seki_str_equal(encode(&second, arena), octets));
        judge_again(&first, arena);
    }
    seki_arena_free(arena);
    return 0;
}

/* Recorded DNS answers as octets: a table that can be read is written and read again, and the second octets are the first. */
#include <sekisho/answers.h>

#include <stdlib.h>

static void must(bool holds)
{
    if (!holds)
        abort();
}

static struct seki_str encode(const struct seki_answers *answers, struct seki_arena *arena)
{
    struct seki_buf out;
    seki_buf_init_arena(&out, arena, 8u << 20);
    seki_answers_encode(answers, &out);
    must(seki_buf_failed(&out) == SEKI_OK);
    return seki_buf_str(&out);
}

static void touch(const struct seki_answers *answers)
{
    char name[SEKI_QUERY_NAME_MAX];
    const struct seki_answer *answer;
    size_t open = 0;
    for (size_t i = 0; (answer = seki_answers_at(answers, i)) != NULL && i < 64; i++) {
        must(seki_answer_status_name(answer->status) != NULL && seki_rr_type_name(answer->type) != NULL);
        must(strlen(seki_answer_query_name(answer, name)) > 0 || answer->status != SEKI_ANSWER_OPEN);
    }
    for (size_t i = 0; (answer = seki_answers_at(answers, i)) != NULL; i++)
        open += answer->status == SEKI_ANSWER_OPEN;
    must(seki_answers_open_count(answers) == open);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seki_arena *arena = seki_arena_new(64u << 20);
    struct seki_answers *first, *second;
    struct seki_error why = { "" };
    enum seki_result result =
        seki_answers_decode((struct seki_str){ (const char *)data, size }, arena, &first, &why);
    must((result == SEKI_OK) == (first != NULL) && (result == SEKI_OK) == (why.text[0] == '\0'));
    if (result == SEKI_OK) {
        struct seki_str octets = encode(first, arena);
        must(seki_answers_decode(octets, arena, &second, &why) == SEKI_OK);
        must(seki_str_equal(encode(second, arena), octets));
        touch(first);
    }
    seki_arena_free(arena);
    return 0;
}

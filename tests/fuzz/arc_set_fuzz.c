/* ARC chains. The input: one octet for the answers, then a message. "1": all keys are the RSA key of RFC 8463, "2": all
 * look-ups fail, any other: no such name.
 * Held: the verdict does not depend on whether keys or body come first; it is consistent in itself; without keys nothing
 * passes. */
#include <sekisho/arc.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_so)
{
    if (!is_so)
        abort();
}

static void answer(struct seki_answers *answers, char how)
{
    struct seki_record record = {
        .text = SEKI_STR(
            "v=DKIM1; k=rsa; "
            "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J1"
            "6JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/"
            "8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT"
            "+l/K4w3QIDAQAB")
    };
    struct seki_answer outcome = { .status = SEKI_ANSWER_NXDOMAIN };
    if (how == '1')
        outcome = (struct seki_answer){ .status = SEKI_ANSWER_FOUND, .records = &record, .record_count = 1 };
    else if (how == '2')
        outcome = (struct seki_answer){ .status = SEKI_ANSWER_FAILED };
    const struct seki_answer *question;
    while ((question = seki_answers_next_open(answers)) != NULL)
        must(seki_answers_enter(answers, question, &outcome) == SEKI_OK);
}

static struct seki_arc_verdict validate(struct seki_arena *arena, struct seki_context *context,
                                        struct seki_str text, char how, bool is_key_first)
{
    const struct seki_dkim_options options = { .now_s = 1795334400, .trace = seki_trace_new(arena) };
    struct seki_message *message = seki_message_new(arena, NULL);
    struct seki_body_hash *body = seki_body_hash_new(arena, context);
    struct seki_answers *answers = seki_answers_new(arena, 0);
    struct seki_arc *arc;
    struct seki_arc_verdict verdict;
    struct seki_str rest;
    bool is_unix;
    must(seki_message_read(message, text, &rest, &is_unix) == SEKI_OK);
    must(seki_arc_new(arena, context, message, body, &options, &arc, NULL) == SEKI_OK);
    enum seki_result result = seki_arc_step(arc, answers, &verdict, NULL);
    must(result == SEKI_OK || result == SEKI_NEED_ANSWERS || result == SEKI_NEED_BODY);
    while (is_key_first && result == SEKI_NEED_ANSWERS) {
        must(seki_answers_open_count(answers) > 0);
        answer(answers, how);
        result = seki_arc_step(arc, answers, &verdict, NULL);
        must(result == SEKI_OK || result == SEKI_NEED_ANSWERS || result == SEKI_NEED_BODY);
    }
    seki_body_hash_update(body, rest);
    seki_body_hash_finish(body);
    while ((result = seki_arc_step(arc, answers, &verdict, NULL)) == SEKI_NEED_ANSWERS) {
        must(seki_answers_open_count(answers) > 0);
        answer(answers, how);
    }
    must(result == SEKI_OK);
    seki_body_hash_end(body);
    return verdict;
}

static void check(const struct seki_arc_verdict *verdict, char how)
{
    must(verdict->instance <= 50 && verdict->oldest_pass <= verdict->instance);
    must((verdict->result == SEKI_ARC_FAIL) == (verdict->reason.len > 0));
    must(verdict->result != SEKI_ARC_NONE || verdict->instance == 0);
    must(verdict->set_count == (verdict->result == SEKI_ARC_PASS ? verdict->instance : 0));
    must(verdict->result != SEKI_ARC_PASS || (how == '1' && verdict->instance > 0));
    for (size_t i = 0; i < verdict->set_count; i++)
        must(!verdict->sets[i].ams_is_valid || i + 1 >= verdict->oldest_pass);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct seki_context *context;
    if (context == NULL)
        context = seki_context_new(0, NULL);
    if (size < 1)
        return 0;
    struct seki_arena *arena = seki_arena_new(64 << 20);
    struct seki_str text = { (const char *)data + 1, size - 1 };
    char how = (char)data[0];
    struct seki_arc_verdict keys_first = validate(arena, context, text, how, true);
    struct seki_arc_verdict body_first = validate(arena, context, text, how, false);
    check(&keys_first, how);
    must(keys_first.result == body_first.result && keys_first.oldest_pass == body_first.oldest_pass);
    must(seki_str_equal(keys_first.reason, body_first.reason));
    seki_arena_free(arena);
    return 0;
}

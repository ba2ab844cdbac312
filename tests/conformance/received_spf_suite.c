/* Received-SPF as others write it: each field of the samples is read, and written again by us with the same facts; what
 * comes out is by the grammar of RFC 7208 section 9.1 and says the same. */
#include <sekisho/message.h>
#include <sekisho/spf.h>

#include "support/received_spf.h"
#include "support/suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct sample {
    const char *path;
    size_t count; /* of Received-SPF fields in it, counted by hand */
} samples[] = {
    { "authres/received-spf/spf3-received-spf.eml", 3 },
    { "authres/received-spf/spf5-received-spf-crlf.eml", 3 },
    { "arc/kumomta/arc-example.eml", 1 },
    { "arc/kumomta/arc-example-2.eml", 1 },
};

static enum seki_spf_result result_of(struct seki_str name)
{
    for (enum seki_spf_result result = SEKI_SPF_NONE; result <= SEKI_SPF_PERMERROR; result++)
        if (seki_str_equal_nocase(name, seki_str_of(seki_spf_result_name(result))))
            return result;
    fail_msg("'%.*s' is no result", SEKI_STR_ARGS(name));
    return SEKI_SPF_NONE;
}

static void must_be(const struct received_spf *field, const char *key, struct seki_str want)
{
    struct seki_str got = received_spf_get(field, key);
    if (!seki_str_equal(got, want))
        fail_msg("%s: got '%.*s', want '%.*s'", key, SEKI_STR_ARGS(got), SEKI_STR_ARGS(want));
}

static void check_written(struct seki_arena *arena, const struct received_spf *theirs)
{
    bool is_helo = seki_str_equal(received_spf_get(theirs, "identity"), SEKI_STR("helo"));
    struct seki_spf_input input = {
        .helo = received_spf_get(theirs, "helo"),
        .mail_from = received_spf_get(theirs, "envelope-from"),
        .receiver = received_spf_get(theirs, "receiver"),
    };
    const struct seki_spf_verdict verdict = {
        .result = result_of(theirs->result),
        .identity = is_helo ? SEKI_SPF_HELO : SEKI_SPF_MAIL_FROM,
        .domain = SEKI_STR("example.com"),
        .mechanism = SEKI_STR("include:_spf.example.com"),
    };
    struct received_spf ours;
    struct seki_buf buf;
    seki_buf_init_arena(&buf, arena, 4096);
    bool has_client = seki_ip_parse(received_spf_get(theirs, "client-ip"), &input.client);
    seki_spf_received_field(&input, &verdict, &buf);
    assert_int_equal(seki_buf_failed(&buf), SEKI_OK);
    assert_true(received_spf_read(arena, seki_buf_str(&buf), &ours));
    assert_true(seki_str_equal_nocase(ours.result, theirs->result));
    if (has_client)
        must_be(&ours, "client-ip", received_spf_get(theirs, "client-ip"));
    must_be(&ours, "helo", input.helo);
    must_be(&ours, "envelope-from", is_helo ? (struct seki_str){ NULL, 0 } : input.mail_from);
    must_be(&ours, "receiver", input.receiver.len > 0 ? input.receiver : SEKI_STR("unknown"));
    must_be(&ours, "identity", is_helo ? SEKI_STR("helo") : SEKI_STR("mailfrom"));
    must_be(&ours, "mechanism", verdict.mechanism);
}

static void check_sample(void **state)
{
    const struct sample *sample = *state;
    size_t len, count = 0;
    struct seki_arena *arena = seki_arena_new(8 << 20);
    struct seki_message *message = seki_message_new(arena, NULL);
    struct seki_str body;
    bool is_unix;
    char *text = suite_read(sample->path, &len);
    assert_int_equal(seki_message_read(message, (struct seki_str){ text, len }, &body, &is_unix), SEKI_OK);
    const struct seki_str name = SEKI_STR("Received-SPF");
    for (size_t at = seki_message_find_up(message, name, SIZE_MAX); at != SIZE_MAX;
         at = seki_message_find_up(message, name, at), count++) {
        struct received_spf theirs;
        if (!received_spf_read(arena, seki_message_field(message, at)->value, &theirs))
            fail_msg("unreadable: %.*s", SEKI_STR_ARGS(seki_message_field(message, at)->value));
        check_written(arena, &theirs);
    }
    assert_int_equal(count, sample->count);
    seki_arena_free(arena);
    free(text);
}

int main(void)
{
    enum { COUNT = sizeof samples / sizeof samples[0] };
    struct CMUnitTest tests[COUNT];
    if (suite_folder() == NULL)
        return suite_skip_all();
    for (size_t i = 0; i < COUNT; i++)
        tests[i] = (struct CMUnitTest){ .name = samples[i].path,
                                        .test_func = check_sample,
                                        .initial_state = (void *)(uintptr_t)&samples[i] };
    return _cmocka_run_group_tests("received-spf", tests, COUNT, NULL, NULL);
}

/* Packets between supervisor and role: whole, with their descriptors, or the end of the conversation. */
#include "daemon/channel.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

static int setup(void **state)
{
    static int ends[2];
    assert_true(channel_pair(ends, NULL));
    *state = ends;
    return 0;
}

static int teardown(void **state)
{
    const int *ends = *state;
    close(ends[0]);
    close(ends[1]);
    return 0;
}

static void nothing_is_there_before_something_was_sent(void **state)
{
    const int *ends = *state;
    struct channel_message message;
    assert_int_equal(channel_receive(ends[1], &message), CHANNEL_NOTHING);
}

static void a_text_file_arrives_as_it_was(void **state)
{
    const int *ends = *state;
    struct channel_message sent = { .kind = CHANNEL_CONFIGURE, .descriptor_count = 2 }, got;
    struct seki_buf text;
    sent.descriptors[0] = channel_text_to_file(SEKI_STR("[log]\0\n"), NULL);
    sent.descriptors[1] = STDOUT_FILENO;
    assert_true(channel_send(ends[0], &sent, NULL));
    close(sent.descriptors[0]);
    assert_int_equal(channel_receive(ends[1], &got), CHANNEL_MESSAGE);
    assert_int_equal(got.kind, CHANNEL_CONFIGURE);
    assert_int_equal(got.descriptor_count, 2);
    assert_int_equal(fcntl(got.descriptors[1], F_GETFD), FD_CLOEXEC);
    seki_buf_init(&text, 100);
    assert_true(channel_file_to_text(got.descriptors[0], &text, NULL));
    assert_true(seki_str_equal(seki_buf_str(&text), SEKI_STR("[log]\0\n")));
    assert_int_equal(write(got.descriptors[0], "x", 1), -1); /* sealed */
    seki_buf_release(&text);
    channel_close_descriptors(&got);
}

static void as_many_sockets_as_a_configuration_may_name_fit(void **state)
{
    const int *ends = *state;
    struct channel_message sent = { .kind = CHANNEL_CONFIGURE, .descriptor_count = CHANNEL_DESCRIPTORS_MAX }, got;
    for (size_t i = 0; i < CHANNEL_DESCRIPTORS_MAX; i++)
        sent.descriptors[i] = ends[0];
    assert_true(channel_send(ends[0], &sent, NULL));
    assert_int_equal(channel_receive(ends[1], &got), CHANNEL_MESSAGE);
    assert_int_equal(got.descriptor_count, CHANNEL_DESCRIPTORS_MAX);
    channel_close_descriptors(&got);
}

static void a_reason_arrives_and_is_terminated(void **state)
{
    const int *ends = *state;
    struct channel_message sent = { .kind = CHANNEL_REFUSED }, got;
    memset(sent.text.text, 'a', sizeof sent.text.text);
    assert_true(channel_send(ends[0], &sent, NULL));
    assert_int_equal(channel_receive(ends[1], &got), CHANNEL_MESSAGE);
    assert_int_equal(strlen(got.text.text), sizeof got.text.text - 1);
}

static void a_packet_that_is_not_ours_ends_it(void **state)
{
    const int *ends = *state;
    struct channel_message got;
    uint32_t packet[2 + 128] = { 1, CHANNEL_STOP };
    static const struct {
        uint32_t version, kind;
        size_t len;
    } bad[] = { { 2, CHANNEL_STOP, sizeof packet },
                { 1, 0, sizeof packet },
                { 1, 99, sizeof packet },
                { 1, CHANNEL_STOP, 4 },
                { 1, CHANNEL_STOP, sizeof packet - 1 } };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        packet[0] = bad[i].version;
        packet[1] = bad[i].kind;
        assert_int_equal(send(ends[0], packet, bad[i].len, 0), bad[i].len);
        assert_int_equal(channel_receive(ends[1], &got), CHANNEL_CLOSED);
    }
}

static void the_other_end_may_be_gone(void **state)
{
    int ends[2];
    struct channel_message message = { .kind = CHANNEL_STOP };
    struct seki_error why = { "" };
    (void)state;
    assert_true(channel_pair(ends, NULL));
    close(ends[0]);
    assert_int_equal(channel_receive(ends[1], &message), CHANNEL_CLOSED);
    assert_false(channel_send(ends[1], &message, &why));
    assert_string_equal(why.text, "cannot send to the other process: Broken pipe");
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_is_there_before_something_was_sent, setup, teardown),
        cmocka_unit_test_setup_teardown(a_text_file_arrives_as_it_was, setup, teardown),
        cmocka_unit_test_setup_teardown(as_many_sockets_as_a_configuration_may_name_fit, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reason_arrives_and_is_terminated, setup, teardown),
        cmocka_unit_test_setup_teardown(a_packet_that_is_not_ours_ends_it, setup, teardown),
        cmocka_unit_test(the_other_end_may_be_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A policy as octets: what was written is read again, and nothing else is. */
#include "policy/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void assert_same(const struct policy *a, const struct policy *b)
{
    struct seki_arena *arena = seki_arena_new(1 << 16);
    for (size_t i = 0; i < policy_option_count; i++)
        assert_string_equal(policy_option_write(&policy_option_table[i], a, arena).ptr,
                            policy_option_write(&policy_option_table[i], b, arena).ptr);
    seki_arena_free(arena);
}

/* Every option at its last word, so that no member is what it would be by default or by chance. */
static struct policy unusual(void)
{
    struct policy policy = policy_default();
    for (size_t i = 0; i < policy_option_count; i++) {
        const struct policy_option *option = &policy_option_table[i];
        const char *text = "yes";
        if (option->type == POLICY_OPTION_NUMBER)
            text = "365";
        else if (option->type == POLICY_OPTION_TEXT)
            text = "+tag";
        for (size_t j = 0; option->words != NULL && option->words[j] != NULL; j++)
            text = option->words[j];
        assert_int_equal(policy_option_read(option, seki_str_of(text), &policy, NULL), SEKI_OK);
    }
    return policy;
}

static void what_was_written_is_read_again(void **state)
{
    (void)state;
    const struct policy policies[] = { policy_default(), unusual() };
    for (size_t i = 0; i < 2; i++) {
        struct seki_buf buf;
        struct policy read;
        seki_buf_init(&buf, 1024);
        policy_encode(&policies[i], &buf);
        assert_int_equal(seki_buf_failed(&buf), SEKI_OK);
        assert_true(policy_decode(seki_buf_str(&buf), &read));
        assert_same(&policies[i], &read);
        seki_buf_release(&buf);
    }
}

static void what_is_cut_longer_or_of_another_version_is_the_default(void **state)
{
    (void)state;
    const struct policy policy = unusual(), preset = policy_default();
    struct seki_buf buf;
    struct policy read;
    seki_buf_init(&buf, 1024);
    policy_encode(&policy, &buf);
    size_t len = buf.len;
    for (size_t cut = 0; cut < len; cut++) {
        assert_false(policy_decode((struct seki_str){ buf.ptr, cut }, &read));
        assert_same(&read, &preset);
    }
    seki_buf_add_char(&buf, '\0');
    assert_false(policy_decode(seki_buf_str(&buf), &read));
    buf.ptr[0]++;
    assert_false(policy_decode((struct seki_str){ buf.ptr, len }, &read));
    assert_same(&read, &preset);
    seki_buf_release(&buf);
}

/* Whatever octet is damaged: it is refused, or what is read could have been chosen. */
static void no_octet_makes_a_policy_that_nobody_can_choose(void **state)
{
    (void)state;
    const struct policy policy = unusual();
    struct seki_buf buf;
    seki_buf_init(&buf, 1024);
    policy_encode(&policy, &buf);
    for (size_t i = 0; i < buf.len * 256; i++) {
        char octet = buf.ptr[i / 256];
        struct policy read, again = policy_default();
        buf.ptr[i / 256] = (char)(i % 256);
        struct seki_arena *arena = seki_arena_new(1 << 16);
        policy_decode(seki_buf_str(&buf), &read);
        for (size_t j = 0; j < policy_option_count; j++)
            assert_int_equal(policy_option_read(&policy_option_table[j],
                                                policy_option_write(&policy_option_table[j], &read, arena), &again,
                                                NULL),
                             SEKI_OK);
        seki_arena_free(arena);
        buf.ptr[i / 256] = octet;
    }
    seki_buf_release(&buf);
}

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read_again),
        cmocka_unit_test(what_is_cut_longer_or_of_another_version_is_the_default),
        cmocka_unit_test(no_octet_makes_a_policy_that_nobody_can_choose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

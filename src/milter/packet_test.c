/* Reading and writing single packets, and the macros that they carry. */
#include "milter/packet.h"

#include "milter/macros.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Read as "u8 u16 u32 string string": which of them still succeed, and is all used up? */
static const struct read_case {
    const char *name;
    struct seki_str payload;
    bool is_done;
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    const char *first, *second;
} reads[] = {
    { "all there", SEKI_STR_INIT("\x01\xff\xfe\x80\x01\x02\x03one\0two\0"), true, 1, 0xfffe, 0x80010203, "one",
      "two" },
    { "empty strings", SEKI_STR_INIT("\xff\0\0\0\0\0\0\0\0"), true, 0xff, 0, 0, "", "" },
    { "left over", SEKI_STR_INIT("\x01\0\x02\0\0\0\x03one\0two\0x"), false, 1, 2, 3, "one", "two" },
    { "last string without its NUL", SEKI_STR_INIT("\x01\0\x02\0\0\0\x03one\0two"), false, 1, 2, 3, "one", "" },
    { "no second string", SEKI_STR_INIT("\x01\0\x02\0\0\0\x03one\0"), false, 1, 2, 3, "one", "" },
    { "first string without its NUL", SEKI_STR_INIT("\x01\0\x02\0\0\0\x03one"), false, 1, 2, 3, "", "" },
    { "u32 cut", SEKI_STR_INIT("\x01\0\x02\0\0\0"), false, 1, 2, 0, "", "" },
    { "u16 cut", SEKI_STR_INIT("\x01\x02"), false, 1, 0, 0, "", "" },
    { "nothing", SEKI_STR_INIT(""), false, 0, 0, 0, "", "" },
    { "NULL", { NULL, 0 }, false, 0, 0, 0, "", "" },
};

static void a_cursor_stops_at_the_packets_end_and_stays_stopped(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(reads); i++) {
        const struct read_case *c = &reads[i];
        struct milter_cursor cursor = milter_cursor_over(c->payload);
        print_message("# %s\n", c->name);
        assert_int_equal(milter_cursor_u8(&cursor), c->u8);
        assert_int_equal(milter_cursor_u16(&cursor), c->u16);
        assert_int_equal(milter_cursor_u32(&cursor), c->u32);
        assert_true(seki_str_equal(milter_cursor_string(&cursor), seki_str_of(c->first)));
        assert_true(seki_str_equal(milter_cursor_string(&cursor), seki_str_of(c->second)));
        assert_int_equal(milter_cursor_is_done(&cursor), c->is_done);
    }
}

static void a_failed_cursor_reads_nothing_that_is_still_there(void **state)
{
    (void)state;
    struct milter_cursor cursor = milter_cursor_over(SEKI_STR("ab\0"));
    assert_int_equal(milter_cursor_u32(&cursor), 0);
    assert_int_equal(milter_cursor_u8(&cursor), 0);
    assert_int_equal(milter_cursor_string(&cursor).len, 0);
    assert_false(milter_cursor_has_more(&cursor));
    assert_false(milter_cursor_is_done(&cursor));
}

static void a_written_packet_carries_its_length(void **state)
{
    (void)state;
    struct seki_buf out;
    seki_buf_init(&out, 64);
    milter_packet_plain(&out, 'c');
    size_t begin = milter_packet_begin(&out, 'i');
    milter_packet_u32(&out, 0x01020304);
    milter_packet_u16(&out, 0xff00);
    milter_packet_string(&out, SEKI_STR("A"));
    assert_int_equal(milter_packet_end(&out, begin), 8);
    assert_true(seki_str_equal(seki_buf_str(&out), SEKI_STR("\0\0\0\x01"
                                                            "c\0\0\0\x09i\x01\x02\x03\x04\xff\0A\0")));
    seki_buf_release(&out);
}

static void a_packet_past_the_buffers_limit_is_not_finished(void **state)
{
    (void)state;
    struct seki_buf out;
    seki_buf_init(&out, 7);
    size_t begin = milter_packet_begin(&out, 'i');
    milter_packet_u32(&out, 1);
    assert_int_equal(milter_packet_end(&out, begin), 0);
    assert_int_equal(seki_buf_failed(&out), SEKI_LIMIT);
    seki_buf_release(&out);
}

static bool macro_is(const struct milter_macros *macros, const char *name, const char *value)
{
    return seki_str_equal(milter_macros_get(macros, seki_str_of(name)), seki_str_of(value));
}

static void the_latest_stage_wins_and_ends_those_after_it(void **state)
{
    (void)state;
    struct milter_macros macros = { 0 };
    assert_int_equal(milter_macros_set(&macros, MILTER_STAGE_CONNECT, SEKI_STR("j\0mx\0{x}\0one\0")), SEKI_OK);
    assert_int_equal(milter_macros_set(&macros, MILTER_STAGE_RCPT, SEKI_STR("i\0Q1\0{x}\0two\0")), SEKI_OK);
    assert_int_equal(milter_macros_set(&macros, MILTER_STAGE_EOM, SEKI_STR("{i}\0Q2\0")), SEKI_OK);
    assert_true(macro_is(&macros, "i", "Q2"));
    assert_true(macro_is(&macros, "{i}", "Q2"));
    assert_true(macro_is(&macros, "{x}", "two"));
    assert_true(macro_is(&macros, "x", "two"));
    assert_int_equal(milter_macros_set(&macros, MILTER_STAGE_RCPT, SEKI_STR("")), SEKI_OK);
    assert_true(macro_is(&macros, "i", ""));
    assert_true(macro_is(&macros, "{x}", "one"));
    milter_macros_forget(&macros, MILTER_STAGE_MAIL);
    assert_true(macro_is(&macros, "j", "mx"));
    milter_macros_forget(&macros, MILTER_STAGE_CONNECT);
    assert_true(macro_is(&macros, "j", ""));
    milter_macros_release(&macros);
}

static void macro_names_are_matched_whole(void **state)
{
    (void)state;
    struct milter_macros macros = { 0 };
    assert_int_equal(milter_macros_set(&macros, MILTER_STAGE_MAIL, SEKI_STR("{auth_authen}\0me\0i\0\0")), SEKI_OK);
    const char *const others[] = { "auth", "{auth_authen", "auth_authen}", "me",
                                   "",     "{}",           "AUTH_AUTHEN",  "{{auth_authen}}" };
    for (size_t i = 0; i < COUNT(others); i++)
        assert_true(macro_is(&macros, others[i], ""));
    assert_true(macro_is(&macros, "{auth_authen}", "me"));
    assert_non_null(milter_macros_get(&macros, SEKI_STR("none")).ptr);
    milter_macros_release(&macros);
}

static void what_is_not_pairs_changes_nothing(void **state)
{
    (void)state;
    const struct seki_str refused[] = { SEKI_STR_INIT("i"), SEKI_STR_INIT("i\0"), SEKI_STR_INIT("i\0x"),
                                        SEKI_STR_INIT("i\0x\0j\0"), SEKI_STR_INIT("\0") };
    struct milter_macros macros = { 0 };
    assert_int_equal(milter_macros_set(&macros, MILTER_STAGE_MAIL, SEKI_STR("i\0old\0")), SEKI_OK);
    for (size_t i = 0; i < COUNT(refused); i++)
        assert_int_equal(milter_macros_set(&macros, MILTER_STAGE_MAIL, refused[i]), SEKI_BAD_INPUT);
    assert_true(macro_is(&macros, "i", "old"));
    milter_macros_release(&macros);
}

static void macros_end_at_64_kib(void **state)
{
    (void)state;
    static char octets[70000];
    struct milter_macros macros = { 0 };
    memset(octets, 'x', sizeof octets);
    octets[1] = octets[0xffff - 1] = '\0';
    assert_int_equal(milter_macros_set(&macros, MILTER_STAGE_MAIL, (struct seki_str){ octets, 0xffff }), SEKI_OK);
    assert_int_equal(milter_macros_get(&macros, SEKI_STR("x")).len, 0xffff - 3);
    assert_int_equal(milter_macros_set(&macros, MILTER_STAGE_RCPT, SEKI_STR("i\0q\0")), SEKI_LIMIT);
    octets[0xffff - 1] = 'x';
    octets[0xffff] = '\0';
    assert_int_equal(milter_macros_set(&macros, MILTER_STAGE_MAIL, (struct seki_str){ octets, 0x10000 }),
                     SEKI_LIMIT);
    milter_macros_release(&macros);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cursor_stops_at_the_packets_end_and_stays_stopped),
        cmocka_unit_test(a_failed_cursor_reads_nothing_that_is_still_there),
        cmocka_unit_test(a_written_packet_carries_its_length),
        cmocka_unit_test(a_packet_past_the_buffers_limit_is_not_finished),
        cmocka_unit_test(the_latest_stage_wins_and_ends_those_after_it),
        cmocka_unit_test(macro_names_are_matched_whole),
        cmocka_unit_test(what_is_not_pairs_changes_nothing),
        cmocka_unit_test(macros_end_at_64_kib),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

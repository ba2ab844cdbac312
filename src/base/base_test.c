/* Strings, arenas, buffers and addresses: bounds first. */
#include <sekisho/buf.h>
#include <sekisho/ip.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void an_arena_stops_at_its_ceiling(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(20000);
    assert_non_null(seki_arena_alloc(arena, 1, 12000));
    assert_null(seki_arena_alloc(arena, 1, 12000));
    assert_int_equal(seki_arena_failure(arena), SEKI_LIMIT);
    assert_null(seki_arena_alloc(arena, SIZE_MAX / 2, 3));
    seki_arena_clear(arena);
    assert_int_equal(seki_arena_failure(arena), SEKI_OK);
    assert_non_null(seki_arena_alloc(arena, 1, 20000));
    seki_arena_free(arena);
}

static void no_arena_has_no_room(void **state)
{
    (void)state;
    assert_null(seki_arena_alloc(NULL, 1, 1));
    assert_null(seki_arena_alloc(NULL, SIZE_MAX, 2));
    assert_null(seki_arena_octets(NULL, 0));
    assert_null(seki_arena_copy(NULL, SEKI_STR("a")).ptr);
    assert_null(seki_arena_format(NULL, "%d", 1).ptr);
    assert_int_equal(seki_arena_failure(NULL), SEKI_SYSTEM);
}

static void a_buffer_keeps_its_first_error(void **state)
{
    (void)state;
    struct seki_buf buf;
    seki_buf_init(&buf, 10);
    seki_buf_add(&buf, SEKI_STR("12345678"));
    seki_buf_add(&buf, SEKI_STR("abc"));
    seki_buf_add_char(&buf, 'x');
    assert_int_equal(seki_buf_failed(&buf), SEKI_LIMIT);
    assert_true(seki_str_equal(seki_buf_str(&buf), SEKI_STR("12345678")));
    seki_buf_release(&buf);
}

static void numbers_fill_the_whole_text(void **state)
{
    (void)state;
    uint64_t value = 7;
    const char *refused[] = { "", " 1", "1 ", "+1", "-1", "0x1", "18446744073709551616", "300" };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_false(seki_str_to_u64(seki_str_of(refused[i]), 299, &value));
    assert_int_equal(value, 7);
    assert_true(seki_str_to_u64(SEKI_STR("18446744073709551615"), UINT64_MAX, &value));
    assert_true(value == UINT64_MAX);
}

static void splitting_gives_empty_pieces_too(void **state)
{
    (void)state;
    struct seki_str rest = SEKI_STR("a,,b"), piece;
    const char *want[] = { "a", "", "b" };
    for (size_t i = 0; i < 3; i++) {
        assert_true(seki_str_split(&rest, ',', &piece));
        assert_true(seki_str_equal(piece, seki_str_of(want[i])));
    }
    assert_false(seki_str_split(&rest, ',', &piece));
}

static void utf8_is_the_shortest_form_without_surrogates(void **state)
{
    (void)state;
    assert_true(seki_str_is_utf8(SEKI_STR("\xe9\x96\xa2\xe6\x89\x80 \xf0\x9f\x93\xae")));
    assert_false(seki_str_is_utf8(SEKI_STR("\xc0\xaf")));
    assert_false(seki_str_is_utf8(SEKI_STR("\xed\xa0\x80")));
    assert_false(seki_str_is_utf8(SEKI_STR("\xe9\x96")));
    assert_false(seki_str_is_utf8(SEKI_STR("\xf4\x90\x80\x80")));
}

static void mapped_ipv6_is_ipv4(void **state)
{
    (void)state;
    struct seki_ip ip, network;
    char text[SEKI_IP_TEXT_MAX];
    assert_true(seki_ip_parse(SEKI_STR("IPv6:::ffff:192.0.2.1"), &ip));
    assert_string_equal(seki_ip_format(&ip, text), "192.0.2.1");
    assert_true(seki_ip_parse(SEKI_STR("192.0.2.128"), &network));
    assert_true(seki_ip_in_network(&ip, &network, 24));
    assert_false(seki_ip_in_network(&ip, &network, 25));
    assert_false(seki_ip_parse(SEKI_STR("192.0.2.1 "), &ip));
    assert_false(seki_ip_parse(SEKI_STR("2001:db8::1%eth0"), &ip));
    assert_string_equal(seki_ip_format(&ip, text), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_arena_stops_at_its_ceiling),
        cmocka_unit_test(no_arena_has_no_room),
        cmocka_unit_test(a_buffer_keeps_its_first_error),
        cmocka_unit_test(numbers_fill_the_whole_text),
        cmocka_unit_test(splitting_gives_empty_pieces_too),
        cmocka_unit_test(utf8_is_the_shortest_form_without_surrogates),
        cmocka_unit_test(mapped_ipv6_is_ipv4),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

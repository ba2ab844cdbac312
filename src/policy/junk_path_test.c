/* Addresses of junk folders. Expected ones were written by hand. */
#include "policy/junk_path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define SIXTY "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff"

static void folders_have_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *name, *path, *suffix, *want; /* NULL: there is none; "": it is one already */
    } cases[] = {
        { "in brackets", "<user@example.com>", "+Junk", "<user+Junk@example.com>" },
        { "without brackets", "user@example.com", "+Junk", "user+Junk@example.com" },
        { "one octet", "<u@example.com>", "+Junk", "<u+Junk@example.com>" },
        { "an extension is replaced", "<user+lists@example.com>", "+Junk", "<user+Junk@example.com>" },
        { "all of it", "<user+a+b@example.com>", "+Junk", "<user+Junk@example.com>" },
        { "another separator is none", "<user-lists@example.com>", "+Junk", "<user-lists+Junk@example.com>" },
        { "by another separator", "<user-lists@example.com>", "-junk", "<user-junk@example.com>" },
        { "a separator first is part of the name", "<+user@example.com>", "+Junk", "<+user+Junk@example.com>" },
        { "quoted", "<\"a b\"@example.com>", "+Junk", "<\"a b+Junk\"@example.com>" },
        { "quoted with an at sign", "<\"a@b\"@example.com>", "+Junk", "<\"a@b+Junk\"@example.com>" },
        { "UTF-8", "<\xc3\xa9@example.com>", "+Junk", "<\xc3\xa9+Junk@example.com>" },
        { "a folder's own address stays", "<user+Junk@example.com>", "+Junk", "" },
        { "64 octets", "<" SIXTY "@example.com>", "+Jun", "<" SIXTY "+Jun@example.com>" },
        { "65 octets", "<" SIXTY "@example.com>", "+Junk", NULL },
        { "no suffix", "<user@example.com>", "", NULL },
        { "no domain", "<postmaster>", "+Junk", NULL },
        { "no local part", "<@example.com>", "+Junk", NULL },
        { "a source route", "<@a.example:user@b.example>", "+Junk", NULL },
        { "the null path", "<>", "+Junk", NULL },
        { "nothing", "", "+Junk", NULL },
    };
    struct seki_arena *arena = seki_arena_new(1 << 16);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seki_str got = SEKI_STR("");
        bool is_done;
        assert_int_equal(
            policy_junk_path(seki_str_of(cases[i].path), seki_str_of(cases[i].suffix), arena, &got, &is_done),
            SEKI_OK);
        if (is_done != (cases[i].want != NULL) || (is_done && !seki_str_equal(got, seki_str_of(cases[i].want))))
            fail_msg("%s: %.*s", cases[i].name, SEKI_STR_ARGS(got));
    }
    seki_arena_free(arena);
}

static void a_full_arena_is_told(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(8);
    struct seki_str got = SEKI_STR("");
    bool is_done;
    assert_int_equal(policy_junk_path(SEKI_STR("<user@example.com>"), SEKI_STR("+Junk"), arena, &got, &is_done),
                     SEKI_LIMIT);
    seki_arena_free(arena);
}

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folders_have_addresses),
        cmocka_unit_test(a_full_arena_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

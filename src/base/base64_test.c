/* Base64 with the white space of mail and the padding of RFC 6376 section 2.10. Vectors: RFC 4648 section 10. */
#include "base/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void good_text_is_decoded(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } cases[] = {
        { "", "" },
        { "Zg==", "f" },
        { "Zm8=", "fo" },
        { "Zm9v", "foo" },
        { "Zm9vYg==", "foob" },
        { "Zm9vYmE=", "fooba" },
        { "Zm9vYmFy", "foobar" },
        { "Zm9vYmE", "fooba" }, /* padding is optional */
        { "Zg", "f" },
        { " Z m\t9v\r\n\tYmFy ", "foobar" },
        { "Zm9vY\r\n mFyZm9vYmFy", "foobarfoobar" },
        { "Zg = \r\n =", "f" },
        { "+/+/", "\xfb\xff\xbf" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t out[16];
        size_t len = 99;
        assert_true(seki_base64_decode(seki_str_of(cases[i].text), out, sizeof out, &len));
        assert_int_equal(len, strlen(cases[i].want));
        assert_memory_equal(out, cases[i].want, len);
    }
}

static void bad_text_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "Z",    "Zm9vY", "Zg=",   "Zg===",    "Zm8==",    "Zm9v=",       "=",    "====",          "Zg==Zg==",
        "Zm9-", "Zm9_",  "Zm9v.", "Zm9v\x01", "Zm9v\x80", "Zm\xc3\xa9v", "Z=g=", "Zm9vYg==\x00x",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        uint8_t out[16];
        size_t len = 99;
        size_t text_len = i + 1 == sizeof texts / sizeof texts[0] ? 10 : strlen(texts[i]);
        if (seki_base64_decode((struct seki_str){ texts[i], text_len }, out, sizeof out, &len))
            fail_msg("taken: %s", texts[i]);
        assert_int_equal(len, 99);
    }
}

static void more_than_there_is_room_for_is_refused(void **state)
{
    (void)state;
    uint8_t out[8] = { 0 };
    size_t len;
    assert_true(seki_base64_decode(SEKI_STR("Zm9vYmE="), out, 5, &len));
    assert_false(seki_base64_decode(SEKI_STR("Zm9vYmFy"), out, 5, &len));
    assert_false(seki_base64_decode(SEKI_STR("Zm9vYmE="), out, 4, &len));
    assert_false(seki_base64_decode(SEKI_STR("Zg=="), out, 0, &len));
    assert_int_equal(out[5], 0);
}

/* RFC 4648 section 10. */
static void octets_are_encoded(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        { "", "" },
        { "f", "Zg==" },
        { "fo", "Zm8=" },
        { "foo", "Zm9v" },
        { "foob", "Zm9vYg==" },
        { "fooba", "Zm9vYmE=" },
        { "foobar", "Zm9vYmFy" },
        { "\xfb\xff\xbf", "+/+/" },
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char text[16] = { 0 };
        assert_int_equal(SEKI_BASE64_OCTETS(strlen(pairs[i][0])), strlen(pairs[i][1]));
        seki_base64_encode((const uint8_t *)pairs[i][0], strlen(pairs[i][0]), text);
        assert_string_equal(text, pairs[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_text_is_decoded),
        cmocka_unit_test(bad_text_is_refused),
        cmocka_unit_test(octets_are_encoded),
        cmocka_unit_test(more_than_there_is_room_for_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

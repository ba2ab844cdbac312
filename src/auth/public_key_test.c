/* Reading RSA keys from DER: both forms that are in use, and what is refused. */
#include "auth/public_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* Takes hexadecimal digits, anything else is for the eye. @return octets */
static size_t from_hex(const char *hex, char *out)
{
    size_t digits = 0;
    for (; *hex != '\0'; hex++) {
        const char *place = strchr("0123456789abcdef", *hex);
        if (place == NULL)
            continue;
        int value = (int)(place - "0123456789abcdef") & 15;
        int high = digits % 2 == 0 ? 0 : out[digits / 2];
        out[digits / 2] = (char)(digits % 2 == 0 ? value << 4 : high | value);
        digits++;
    }
    return digits / 2;
}

/* An exact copy, so that the sanitizer sees an octet read too far. */
static const char *read_exact(const char *hex, struct seki_rsa_numbers *numbers)
{
    char octets[2048];
    size_t len = from_hex(hex, octets);
    char *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, octets, len);
    const char *wrong = seki_rsa_numbers_read((struct seki_str){ copy, len }, numbers);
    free(copy);
    return wrong;
}

#define OID "06 09 2a864886f70d010101"

static void both_forms_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        unsigned bits;
        size_t exponent_octets;
    } cases[] = {
        { "30 09 | 02 02 00c5 | 02 03 010001", 8, 3 }, /* RSAPublicKey, the zero keeps it positive */
        { "30 08 | 02 01 45 | 02 03 010001", 7, 3 },
        { "30 06 | 02 01 7f | 02 01 03", 7, 1 },
        { "30 1b | 30 0d " OID " 05 00 | 03 0a 00 | 30 07 | 02 02 00c5 | 02 01 11", 8, 1 },
        { "30 19 | 30 0b " OID " | 03 0a 00 | 30 07 | 02 02 00c5 | 02 01 11", 8, 1 }, /* without parameters */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seki_rsa_numbers numbers;
        const char *wrong = read_exact(cases[i].hex, &numbers);
        if (wrong != NULL)
            fail_msg("%s: %s", cases[i].hex, wrong);
        assert_int_equal(numbers.bits, cases[i].bits);
        assert_int_equal(numbers.exponent.len, cases[i].exponent_octets);
    }
}

static const struct {
    const char *name, *hex;
} refused[] = {
    { "nothing", "" },
    { "only a tag", "30" },
    { "not a sequence", "02 03 010001" },
    { "length past the end", "30 0a | 02 02 00c5 | 02 03 010001" },
    { "octets behind the end", "30 09 | 02 02 00c5 | 02 03 010001 | 00" },
    { "a third number", "30 0c | 02 02 00c5 | 02 03 010001 | 02 01 01" },
    { "one number", "30 04 | 02 02 00c5" },
    { "indefinite length", "30 80 | 02 02 00c5 | 02 03 010001 | 00 00" },
    { "length in more octets than needed (81)", "30 81 09 | 02 02 00c5 | 02 03 010001" },
    { "length in more octets than needed (82)", "30 82 0009 | 02 02 00c5 | 02 03 010001" },
    { "length of length three", "30 83 000009 | 02 02 00c5 | 02 03 010001" },
    { "length of length 127", "30 ff 09 | 02 02 00c5 | 02 03 010001" },
    { "negative modulus", "30 08 | 02 01 c5 | 02 03 010001" },
    { "negative exponent", "30 06 | 02 01 45 | 02 01 83" },
    { "modulus with a needless zero", "30 09 | 02 02 0045 | 02 03 010001" },
    { "exponent with a needless zero", "30 0a | 02 02 00c5 | 02 04 00010001" },
    { "empty modulus", "30 07 | 02 00 | 02 03 010001" },
    { "zero modulus", "30 08 | 02 01 00 | 02 03 010001" },
    { "even modulus", "30 08 | 02 01 44 | 02 03 010001" },
    { "even exponent", "30 06 | 02 01 45 | 02 01 04" },
    { "exponent one", "30 06 | 02 01 45 | 02 01 01" },
    { "exponent of five octets", "30 0a | 02 01 45 | 02 05 0100000001" },
    { "bit string with unused bits", "30 1b | 30 0d " OID " 05 00 | 03 0a 01 | 30 07 | 02 02 00c5 | 02 01 11" },
    { "empty bit string", "30 11 | 30 0d " OID " 05 00 | 03 00" },
    { "bit string too long", "30 1c | 30 0d " OID " 05 00 | 03 0b 00 | 30 07 | 02 02 00c5 | 02 01 11 | 00" },
    { "octets behind the bit string",
      "30 1c | 30 0d " OID " 05 00 | 03 0a 00 | 30 07 | 02 02 00c5 | 02 01 11 | 00" },
    { "parameters that are not NULL", "30 1c | 30 0e " OID " 02 01 00 | 03 0a 00 | 30 07 | 02 02 00c5 | 02 01 11" },
    { "another algorithm",
      "30 1b | 30 0d 06 09 2a864886f70d010107 05 00 | 03 0a 00 | 30 07 | 02 02 00c5 | 02 01 11" },
    { "an Ed25519 key", "30 2a | 30 05 06 03 2b6570 | 03 21 00 "
                        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a" },
};

static void other_octets_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct seki_rsa_numbers numbers;
        if (read_exact(refused[i].hex, &numbers) == NULL)
            fail_msg("taken: %s", refused[i].name);
    }
}

/* 8,192 bits are taken, 8,200 are not. */
static void the_modulus_is_bounded(void **state)
{
    (void)state;
    char der[2048] = { 0 };
    for (size_t octets = 1024; octets <= 1025; octets++) {
        size_t content = 4 + 1 + octets + 5;
        unsigned char head[] = { 0x30, 0x82, (unsigned char)(content >> 8),      (unsigned char)content,
                                 0x02, 0x82, (unsigned char)((octets + 1) >> 8), (unsigned char)(octets + 1),
                                 0x00 };
        memcpy(der, head, sizeof head);
        memset(der + sizeof head, 0xff, octets);
        memcpy(der + sizeof head + octets, "\x02\x03\x01\x00\x01", 5);
        struct seki_rsa_numbers numbers;
        const char *wrong = seki_rsa_numbers_read((struct seki_str){ der, sizeof head + octets + 5 }, &numbers);
        assert_int_equal(wrong == NULL, octets == 1024);
        if (wrong == NULL)
            assert_int_equal(numbers.bits, 8192);
    }
}

static void a_key_that_has_lost_its_end_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        bool is_cut;
    } cases[] = {
        { "30 82 0122 | 30 0d " OID " 05 00", true },
        { "30 81 9f 30", true },
        { "30 09 | 02 02 00c5 | 02 03 0100", true },
        { "30 82 01", false }, /* its length is not known */
        { "30", false },
        { "", false },
        { "30 09 | 02 02 00c5 | 02 03 010001", false },
        { "30 02 | 02 02 00c5 | 02 03 010001", false },
        { "02 09 00", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char octets[64];
        size_t len = from_hex(cases[i].hex, octets);
        if (seki_der_is_cut((struct seki_str){ octets, len }) != cases[i].is_cut)
            fail_msg("%s", cases[i].hex);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_forms_are_read),
        cmocka_unit_test(other_octets_are_refused),
        cmocka_unit_test(the_modulus_is_bounded),
        cmocka_unit_test(a_key_that_has_lost_its_end_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Private keys: what is read, what is refused, and that signatures and key records are of the key. */
#include <sekisho/private_key.h>

#include "auth/dkim_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* RFC 8463 appendix A.2, and the record that it publishes; PKCS #8 by RFC 8410. */
static const char rfc8463_ed25519[] = "-----BEGIN PRIVATE KEY-----\n"
                                      "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
                                      "-----END PRIVATE KEY-----\n";
static const char rfc8463_record[] = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
static const char rsa_768[] = "-----BEGIN RSA PRIVATE KEY-----\n"
                              "MIIBywIBAAJhANuE6rR9zsLYim5yIuM9bIno8Z17I4fgqWHbW5sIabmYJ6JzYwN7\n"
                              "pbL4jAwZhSO9OQB5hm6VbdZfLaUfTtnbGtQDz3h4+lMnjnRJqR91JcZdF8uHgpqL\n"
                              "uPUoXMKj7fgM7wIDAQABAmEAvdvlyxmMfEUg5Yld10BG4bhRUK0x+9E5bmN0hU/v\n"
                              "cQ/CJ+S4XEjS9Um2hriDyHdcfV76P/+XHoJuuDdQ5j/sE8o85N8cLPG3/idujMX5\n"
                              "oy8Zn5ROfU6Gn0KaLY9E1nIBAjEA9OEQVyGqBupnRmPdo2tmpDcsYQWVH6a9wUnf\n"
                              "teTmAEpxvGbXOZPwbXR7rGhJCj5vAjEA5X0FbfOVbR4XEQytvBUqhwKWUru8FDIg\n"
                              "N0mwu9LBkg7xCaduI0cqEVlF9Lk+hlmBAjAF5mJJZyM8lWs1k/RkGpNXg4jLMaI9\n"
                              "J/xMauY78K7l9OU2n9exqHHTgUn1hnG0EHsCMGkZTqlCSwbEJxA53D8s+mMGfk25\n"
                              "iLM/GZ34c6YxKVF44k7njPs/FjcHyZAAXnAtAQIxAOuRIkU4xWWcaRooMs9JQ3Dr\n"
                              "2K/W1CFHmyUze0XHC0KG4aDzAs7j3f7uhVGpKMr+4g==\n"
                              "-----END RSA PRIVATE KEY-----\n";
static const char p256[] = "-----BEGIN PRIVATE KEY-----\n"
                           "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg0X4Gwz3cuQ3WEBEW\n"
                           "Yml7vRFUDGbjpN8m1a5uqePHGyqhRANCAAQbTaReqKfWRmFWhv+X+tAQaBQt2mrO\n"
                           "aeUkaAXD4SLkIjt4L5Rynrwh7DUNG9cLmAmyhf8lU/4kdpSNMDezQatg\n"
                           "-----END PRIVATE KEY-----\n";
static const char under_passphrase[] = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
                                       "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjeVeNs4uHf4AICCAAw\n"
                                       "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEEJXZmCR/OJB7iz85F40q0+EEQJzu\n"
                                       "KNSyTJy0L1TnWu+CMKce0wzX0EpBRKzBnqbU7AzVAnlVeywxAwreVCMZFi45U//1\n"
                                       "MUcIMnz1QFz0L9tzEak=\n"
                                       "-----END ENCRYPTED PRIVATE KEY-----\n";
static const char under_old_passphrase[] = "-----BEGIN RSA PRIVATE KEY-----\n"
                                           "Proc-Type: 4,ENCRYPTED\n"
                                           "DEK-Info: AES-128-CBC,6B9BB3A7C4AC23FAEA97FF455E9678B2\n"
                                           "\n"
                                           "xfyFPJm5LXsCzMb7F46WP+OQN2ohCBsRLlDF2T9ocn4ejBxhPVfb4eS/T/3CEkNo\n"
                                           "0kLdU7l3/0+o8bCgpXDYEh8PW4Ke48195d7oQ3GdxG9qPqoDjGujZwVUHd/CdPba\n"
                                           "IrG/SeBzPNtHy3nrEhZRIuXJUXW3k46Uu5cNb2Nwc83BNMjzq8SPfLM13gDJcrej\n"
                                           "L4wkH62Ri8EPwnRCQ/sa8RHz2/yHr+eiJ38nVTjMwR/REzq1eSK5nYReIFY2uZJp\n"
                                           "RuLnAlwUpEDgVYmFNz7Xo7teJKGqjMCcqGESLX3mHvqRUKNuLCer5t08v3ItJeW4\n"
                                           "EDV2mPIabl+DW15EwrEcss5xjSVmGo7aHlyKsoh+mEWzQaoah18y52YCDuTRpoN1\n"
                                           "NvRZoY82GwWBI9qG8iiBXxg6fBdDgZN38kUBBx4fTXuVQchhcPAzgWLa7jiBsO4E\n"
                                           "53FaEax0pCMSX23VZS/SC4aczyNEigP5b+ecZO3XofBevlxldQ+lmwCxLkg3Lzts\n"
                                           "O7ltH+ThuNnh+3WwW6gcNTqASpmzk7L7y9+1VlsquQ/YX0/IayDs8cfZk1ksPfJY\n"
                                           "dYm1DjFpkFFyJK3PEGnSoSCntZMM8G8w43s+bhvEUpMGIQELT1u3CbSt19yvWGXb\n"
                                           "9AP3hwAOYDRYfnExQZq6IKTABZXfCgthph+9yAbjrG1t6JKnGqNzz5wbdtYUnylV\n"
                                           "ua9KNty38C0KNYkJ58pqI0qFXi98sFBKwiaG9ZhWYPXihnmCMk0AknYywqzLvXwo\n"
                                           "NFA2HoCwgiv/3AnEgUxJexxQOjsDd3qt7ruyjfY+CsY4PQ+r5KEdXuTX3IyNmGdj\n"
                                           "-----END RSA PRIVATE KEY-----\n";

static const struct {
    const char *name, *pem, *says;
} refused[] = {
    { "no text", "", "not a private key" },
    { "text that is no PEM", "v=DKIM1; p=AAAA", "not a private key" },
    { "a damaged key", "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v\n-----END PRIVATE KEY-----\n",
      "not a private key" },
    { "a public key",
      "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
      "-----END PUBLIC KEY-----\n",
      "not a private key" },
    { "a short RSA key", rsa_768, "768 bits" },
    { "an elliptic curve that DKIM does not know", p256, "neither RSA nor Ed25519" },
    { "PKCS #8 under a passphrase", under_passphrase, "passphrase" },
    { "PKCS #1 under a passphrase", under_old_passphrase, "passphrase" },
};

static void keys_that_cannot_sign_are_refused_with_the_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct seki_private_key *key = (void *)&key;
        struct seki_error why = { "" };
        assert_int_equal(seki_private_key_read(seki_str_of(refused[i].pem), &key, &why), SEKI_BAD_INPUT);
        assert_null(key);
        if (strstr(why.text, refused[i].says) == NULL)
            fail_msg("%s: %s", refused[i].name, why.text);
    }
}

static void a_text_without_an_end_is_refused(void **state)
{
    (void)state;
    static char long_text[70000];
    struct seki_private_key *key;
    memset(long_text, 'A', sizeof long_text);
    assert_int_equal(seki_private_key_read((struct seki_str){ long_text, sizeof long_text }, &key, NULL),
                     SEKI_BAD_INPUT);
}

static void rsa_keys_are_made_from_1024_to_4096_bits_only(void **state)
{
    (void)state;
    static const unsigned sizes[] = { 512, 1023, 4097, 16384 };
    struct seki_private_key *key;
    struct seki_error why;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        assert_int_equal(seki_private_key_generate(SEKI_SIGN_RSA_SHA256, sizes[i], &key, &why), SEKI_USAGE);
        assert_null(key);
    }
    assert_int_equal(seki_private_key_generate(SEKI_SIGN_RSA_SHA256, 1024, &key, &why), SEKI_OK);
    assert_int_equal(seki_private_key_bits(key), 1024);
    seki_private_key_free(key);
}

static void the_record_is_that_of_the_rfc(void **state)
{
    (void)state;
    struct seki_private_key *key;
    struct seki_buf record;
    seki_buf_init(&record, 4096);
    assert_int_equal(seki_private_key_read(seki_str_of(rfc8463_ed25519), &key, NULL), SEKI_OK);
    assert_int_equal(seki_private_key_algorithm(key), SEKI_SIGN_ED25519_SHA256);
    assert_int_equal(seki_private_key_record(key, &record), SEKI_OK);
    assert_true(seki_str_equal(seki_buf_str(&record), seki_str_of(rfc8463_record)));
    seki_buf_release(&record);
    seki_private_key_free(key);
}

static void a_record_that_does_not_fit_is_a_limit(void **state)
{
    (void)state;
    struct seki_private_key *key;
    struct seki_buf record;
    seki_buf_init(&record, 30);
    assert_int_equal(seki_private_key_read(seki_str_of(rfc8463_ed25519), &key, NULL), SEKI_OK);
    assert_int_equal(seki_private_key_record(key, &record), SEKI_LIMIT);
    seki_buf_release(&record);
    seki_private_key_free(key);
}

/* Does the key that the record publishes verify what the private key signed? */
static void check_signature(const struct seki_private_key *key)
{
    struct seki_context *context = seki_context_new(0, NULL);
    struct seki_sign_request request = { .algorithm = seki_private_key_algorithm(key) };
    struct seki_sign_answer answer;
    struct seki_dkim_key *public_key;
    struct seki_buf record;
    const char *wrong;
    memset(request.digest, 0x5a, sizeof request.digest);
    seki_buf_init(&record, 4096);
    assert_int_equal(seki_private_key_record(key, &record), SEKI_OK);
    assert_int_equal(seki_dkim_key_new(context, seki_buf_str(&record), &public_key, &wrong), SEKI_OK);
    assert_null(wrong);
    assert_int_equal(public_key->bits, seki_private_key_bits(key));
    for (size_t i = 0; i < 3; i++) {
        request.digest[0] = (uint8_t)i;
        memset(&answer, 0xa5, sizeof answer);
        assert_int_equal(seki_private_key_sign(key, &request, &answer, NULL), SEKI_OK);
        struct seki_str octets = { (const char *)answer.octets, answer.octet_count };
        for (size_t at = answer.octet_count; at < sizeof answer.octets; at++)
            assert_int_equal(answer.octets[at], 0);
        assert_true(seki_dkim_key_verify(context, public_key, SEKI_DIGEST_SHA256, request.digest, octets));
        request.digest[31] ^= 1;
        assert_false(seki_dkim_key_verify(context, public_key, SEKI_DIGEST_SHA256, request.digest, octets));
    }
    seki_dkim_key_free(public_key);
    seki_buf_release(&record);
    seki_context_free(context);
}

static void what_a_key_signs_its_record_verifies(void **state)
{
    (void)state;
    static const struct {
        enum seki_sign_algorithm algorithm;
        unsigned bits;
    } kinds[] = { { SEKI_SIGN_RSA_SHA256, 1024 }, { SEKI_SIGN_RSA_SHA256, 0 }, { SEKI_SIGN_ED25519_SHA256, 0 } };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct seki_private_key *key;
        assert_int_equal(seki_private_key_generate(kinds[i].algorithm, kinds[i].bits, &key, NULL), SEKI_OK);
        check_signature(key);
        seki_private_key_free(key);
    }
}

static void a_request_for_another_algorithm_is_refused(void **state)
{
    (void)state;
    struct seki_private_key *key;
    struct seki_sign_request request = { .algorithm = SEKI_SIGN_RSA_SHA256 };
    struct seki_sign_answer answer;
    struct seki_error why;
    assert_int_equal(seki_private_key_read(seki_str_of(rfc8463_ed25519), &key, NULL), SEKI_OK);
    assert_int_equal(seki_private_key_sign(key, &request, &answer, &why), SEKI_USAGE);
    assert_int_equal(answer.octet_count, 0);
    assert_string_equal(why.text, "the private key is for ed25519-sha256, and rsa-sha256 is asked for");
    request.algorithm = (enum seki_sign_algorithm)77; /* of a process that must not be trusted */
    assert_int_equal(seki_private_key_sign(key, &request, &answer, &why), SEKI_USAGE);
    assert_string_equal(why.text, "the private key is for ed25519-sha256, and an unknown algorithm is asked for");
    seki_private_key_free(key);
}

static enum seki_result keep(void *user, struct seki_str pem)
{
    seki_buf_add(user, pem);
    return seki_buf_failed(user);
}

static void an_exported_key_is_read_back_and_the_taker_s_result_is_returned(void **state)
{
    (void)state;
    struct seki_private_key *key, *again;
    struct seki_buf pem;
    seki_buf_init(&pem, 8192);
    assert_int_equal(seki_private_key_read(seki_str_of(rfc8463_ed25519), &key, NULL), SEKI_OK);
    assert_int_equal(seki_private_key_export(key, keep, &pem), SEKI_OK);
    assert_true(seki_str_equal(seki_buf_str(&pem), seki_str_of(rfc8463_ed25519)));
    assert_int_equal(seki_private_key_read(seki_buf_str(&pem), &again, NULL), SEKI_OK);
    seki_buf_release(&pem);
    seki_buf_init(&pem, 10);
    assert_int_equal(seki_private_key_export(key, keep, &pem), SEKI_LIMIT);
    seki_buf_release(&pem);
    seki_private_key_free(key);
    seki_private_key_free(again);
    seki_private_key_free(NULL);
}

static void algorithms_have_the_names_of_the_registry(void **state)
{
    (void)state;
    enum seki_sign_algorithm algorithm = SEKI_SIGN_ED25519_SHA256;
    assert_true(seki_sign_algorithm_from_name(SEKI_STR("RSA-sha256"), &algorithm));
    assert_int_equal(algorithm, SEKI_SIGN_RSA_SHA256);
    assert_true(seki_sign_algorithm_from_name(SEKI_STR("ed25519-sha256"), &algorithm));
    assert_string_equal(seki_sign_algorithm_name(algorithm), "ed25519-sha256");
    assert_false(seki_sign_algorithm_from_name(SEKI_STR("rsa-sha1"), &algorithm));
    assert_false(seki_sign_algorithm_from_name(SEKI_STR(""), &algorithm));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_that_cannot_sign_are_refused_with_the_reason),
        cmocka_unit_test(a_text_without_an_end_is_refused),
        cmocka_unit_test(rsa_keys_are_made_from_1024_to_4096_bits_only),
        cmocka_unit_test(the_record_is_that_of_the_rfc),
        cmocka_unit_test(a_record_that_does_not_fit_is_a_limit),
        cmocka_unit_test(what_a_key_signs_its_record_verifies),
        cmocka_unit_test(a_request_for_another_algorithm_is_refused),
        cmocka_unit_test(an_exported_key_is_read_back_and_the_taker_s_result_is_returned),
        cmocka_unit_test(algorithms_have_the_names_of_the_registry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

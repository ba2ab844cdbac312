/* Key records (RFC 6376 section 3.6.1): which are usable, what they say, and the cache that keeps them. */
#include "auth/dkim_key.h"
#include "auth/key_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* A key of 1,024 bits, as RSAPublicKey and as SubjectPublicKeyInfo (RFC 8463 appendix A.2). */
#define BARE                                                                                                       \
    "MIGJAoGBAOQeU5CgFPNZGIazlXo2k/eJ1jpaTTxrmqF1HrDLlt04pvaMtCJj8nXoliLRC/H9vJjMI1vdb3XLcW60AIN/PBD8EL97/y4GwJH7" \
    "LPUvGP48vqUe+owqszesbiGy1PlCO8c70/OjFnJVgvMF87YR4Lcincb7aSvI5MgpP6X8rjDdAgMBAAE="
#define SPKI                                                                                                       \
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/"        \
    "byYzCNb3W91y"                                                                                                 \
    "3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB"
#define ED "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

static const struct {
    const char *text;
    enum seki_key_type type;
    bool allows_sha256, allows_sha1, is_testing, is_exact_domain;
} usable[] = {
    { "p=" SPKI, SEKI_KEY_RSA, true, true, false, false },
    { "p=" BARE, SEKI_KEY_RSA, true, true, false, false },
    { "v=DKIM1; p=" SPKI, SEKI_KEY_RSA, true, true, false, false },
    { " v = DKIM1 ;\tk = RSA ; p = " SPKI " ; ", SEKI_KEY_RSA, true, true, false, false },
    { "v=DKIM1; k=ed25519; p=" ED, SEKI_KEY_ED25519, true, true, false, false },
    { "p=" SPKI "; h=sha256", SEKI_KEY_RSA, true, false, false, false },
    { "p=" SPKI "; h=sha1 : SHA256 : sha3", SEKI_KEY_RSA, true, true, false, false },
    { "p=" SPKI "; h=sha3", SEKI_KEY_RSA, false, false, false, false },
    { "p=" SPKI "; t=y:s:z", SEKI_KEY_RSA, true, true, true, true },
    { "p=" SPKI "; t= s ; s=*", SEKI_KEY_RSA, true, true, false, true },
    { "p=" SPKI "; s=tlsrpt : email", SEKI_KEY_RSA, true, true, false, false },
    { "p=" SPKI "; n=notes =3B; x=unknown; g=joe", SEKI_KEY_RSA, true, true, false, false },
};

static void usable_records(void **state)
{
    struct seki_context *context = *state;
    for (size_t i = 0; i < sizeof usable / sizeof usable[0]; i++) {
        struct seki_dkim_key *key;
        const char *wrong;
        assert_int_equal(seki_dkim_key_new(context, seki_str_of(usable[i].text), &key, &wrong), SEKI_OK);
        if (key == NULL)
            fail_msg("'%s': %s", usable[i].text, wrong);
        assert_int_equal(key->type, usable[i].type);
        assert_int_equal(key->bits, usable[i].type == SEKI_KEY_RSA ? 1024 : 256);
        assert_int_equal(key->allows_digest[SEKI_DIGEST_SHA256], usable[i].allows_sha256);
        assert_int_equal(key->allows_digest[SEKI_DIGEST_SHA1], usable[i].allows_sha1);
        assert_int_equal(key->is_testing, usable[i].is_testing);
        assert_int_equal(key->is_exact_domain, usable[i].is_exact_domain);
        seki_dkim_key_free(key);
    }
}

static const char *const unusable[] = {
    "",
    "v=spf1 -all",
    "v=DKIM1; k=rsa",
    "v=DKIM1; p=",
    "v=DKIM1; p= ",
    "v=DKIM2; p=" SPKI,
    "v=DKIM1.0; p=" SPKI,
    "v=dkim1; p=" SPKI,
    "v=; p=" SPKI,
    "p=" SPKI "; v=DKIM1",
    "v=DKIM1; k=; p=" SPKI,
    "v=DKIM1; k=dsa; p=" SPKI,
    "v=DKIM1; k=ed25519-sha256; p=" ED,
    "v=DKIM1; k=ed25519; p=" SPKI,
    "v=DKIM1; k=rsa; p=" ED,
    "v=DKIM1; k=ed25519; p=MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
    "v=DKIM1; s=tlsrpt; p=" SPKI,
    "v=DKIM1; s=; p=" SPKI,
    "v=DKIM1; p=" SPKI "; p=" SPKI,
    "v=DKIM1: p=" SPKI,
    "v=DKIM1; p=BARF",
    "v=DKIM1; p=" SPKI "AAAA",
    "v=DKIM1; p=*" SPKI,
    "v=DKIM1; k=rsa; omgwhatsgoingon",
};

static void unusable_records(void **state)
{
    struct seki_context *context = *state;
    for (size_t i = 0; i < sizeof unusable / sizeof unusable[0]; i++) {
        struct seki_dkim_key *key;
        const char *wrong;
        assert_int_equal(seki_dkim_key_new(context, seki_str_of(unusable[i]), &key, &wrong), SEKI_OK);
        if (key != NULL || wrong == NULL)
            fail_msg("taken: '%s'", unusable[i]);
    }
}

static const struct {
    const char *text;
    enum seki_key_fault want;
} faults[] = {
    { "p=" SPKI, SEKI_KEY_FINE },
    { "v=DKIM1; p=not base64 at all", SEKI_KEY_FINE }, /* the record is; its key is another matter */
    { "", SEKI_KEY_NOT_TAGS },
    { "v=DKIM1; k=rsa; k=rsa; p=" SPKI, SEKI_KEY_NOT_TAGS },
    { "v=DKIM1: p=" SPKI, SEKI_KEY_VERSION_OTHER },
    { "p=" SPKI "; v=DKIM1", SEKI_KEY_VERSION_NOT_FIRST },
    { "v=dkim1; p=" SPKI, SEKI_KEY_VERSION_OTHER },
    { "s=tlsrpt; p=" SPKI, SEKI_KEY_NOT_MAIL },
    { "k=dsa; p=" SPKI, SEKI_KEY_TYPE_UNKNOWN },
    { "v=DKIM1; p=", SEKI_KEY_REVOKED },
    { "v=spf1 -all", SEKI_KEY_VERSION_OTHER },
    { "k=rsa; t=y", SEKI_KEY_MISSING },
};

static void faults_are_told_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct seki_key_record record;
        enum seki_key_fault fault = seki_key_record_parse(seki_str_of(faults[i].text), &record);
        if (fault != faults[i].want)
            fail_msg("'%s': %s", faults[i].text, fault == SEKI_KEY_FINE ? "fine" : seki_key_fault_text(fault));
        assert_int_equal(seki_key_fault_text(fault) == NULL, fault == SEKI_KEY_FINE);
    }
}

static void a_record_has_a_greatest_length(void **state)
{
    struct seki_context *context = *state;
    char text[4200] = "p=" SPKI "; n=";
    size_t used = strlen(text);
    memset(text + used, 'x', sizeof text - used);
    struct seki_dkim_key *key;
    const char *wrong;
    assert_int_equal(seki_dkim_key_new(context, (struct seki_str){ text, 4096 }, &key, &wrong), SEKI_OK);
    assert_non_null(key);
    seki_dkim_key_free(key);
    assert_int_equal(seki_dkim_key_new(context, (struct seki_str){ text, 4097 }, &key, &wrong), SEKI_OK);
    assert_null(key);
}

static struct seki_dkim_key *cached(struct seki_context *context, const char *text)
{
    struct seki_dkim_key *key;
    const char *wrong;
    assert_int_equal(seki_key_cache_get(context, seki_str_of(text), &key, &wrong), SEKI_OK);
    return key;
}

static void the_cache_drops_what_was_used_least_recently(void **state)
{
    (void)state;
    struct seki_context *context = seki_context_new(2, NULL);
    struct seki_dkim_key *a = cached(context, "p=" SPKI), *b = cached(context, "p=" SPKI "; t=y");
    assert_ptr_equal(cached(context, "p=" SPKI), a);
    assert_false(a->is_testing);
    assert_true(b->is_testing);
    assert_true(cached(context, "p=" SPKI "; t=s")->is_exact_domain); /* b goes */
    assert_ptr_equal(cached(context, "p=" SPKI), a);
    assert_true(cached(context, "p=" SPKI "; t=y")->is_testing);
    assert_ptr_equal(cached(context, "p=" SPKI), a);
    assert_null(cached(context, "p="));
    assert_null(cached(context, ""));
    assert_ptr_equal(cached(context, "p=" SPKI), a);
    seki_context_free(context);
}

static void many_keys_come_and_go(void **state)
{
    (void)state;
    struct seki_context *context = seki_context_new(7, NULL);
    char text[512];
    for (unsigned i = 0; i < 200; i++) {
        snprintf(text, sizeof text, "p=" SPKI "; n=%u", i * 7 % 31);
        assert_non_null(cached(context, text));
    }
    seki_context_free(context);
}

static int start(void **state)
{
    *state = seki_context_new(0, NULL);
    return *state == NULL;
}

static int stop(void **state)
{
    seki_context_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usable_records),
        cmocka_unit_test(unusable_records),
        cmocka_unit_test(faults_are_told_apart),
        cmocka_unit_test(a_record_has_a_greatest_length),
        cmocka_unit_test(the_cache_drops_what_was_used_least_recently),
        cmocka_unit_test(many_keys_come_and_go),
    };
    return cmocka_run_group_tests(tests, start, stop);
}

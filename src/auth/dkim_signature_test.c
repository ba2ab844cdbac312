/* Reading signature fields (RFC 6376 sections 3.5 and 6.1.1, RFC 8617 section 4.1): what is refused, with which word,
 * and what is still told of it. */
#include "auth/auid.h"
#include "auth/dkim_signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define BH  "bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define BH1 "bh=2jmj7l5rSw0yVb/vlWAYkK/YBwk="
#define B   "b=AAECAwQFBgc="

static struct seki_signature read_kind(struct seki_arena *arena, enum seki_signature_kind kind, const char *value)
{
    struct seki_message *message = seki_message_new(arena, NULL);
    struct seki_signature signature;
    assert_int_equal(seki_message_add_field(message, SEKI_STR("Signature"), seki_str_of(value)), SEKI_OK);
    assert_int_equal(seki_signature_read(arena, kind, message, 0, &signature), SEKI_OK);
    return signature;
}

static struct seki_signature read_dkim(struct seki_arena *arena, const char *value)
{
    return read_kind(arena, SEKI_SIGNATURE_DKIM, value);
}

static void a_whole_signature_is_read(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(1 << 16);
    struct seki_signature s =
        read_dkim(arena, " v=1; a=RSA-SHA256; c=relaxed/simple; d=Example.NET; s=Brisbane.2026;\r\n"
                         " t=1117574938; x=1118006938; l=17; q=dns/txt : other/way;\r\n"
                         " i=joe=3Dbloggs@eng.example.net; z=From:foo|To:joe;\r\n"
                         " h=From : to:\r\n\tSubject: from; " BH ";\r\n b=AAEC AwQF\r\n\tBgc = ; other=1");
    assert_int_equal(s.refusal.result, SEKI_DKIM_NONE);
    assert_true(seki_str_equal(s.algorithm, SEKI_STR("rsa-sha256")));
    assert_int_equal(s.key_type, SEKI_KEY_RSA);
    assert_int_equal(s.digest, SEKI_DIGEST_SHA256);
    assert_int_equal(s.header_canon, SEKI_CANON_RELAXED);
    assert_int_equal(s.body_canon, SEKI_CANON_SIMPLE);
    assert_true(seki_str_equal(s.domain, SEKI_STR("Example.NET")));
    assert_true(seki_str_equal(s.domain_ascii, SEKI_STR("example.net")));
    assert_true(seki_str_equal(s.selector, SEKI_STR("Brisbane.2026")));
    assert_true(seki_str_equal(s.identity, SEKI_STR("joe=bloggs@eng.example.net")));
    assert_true(s.is_identity_below);
    assert_int_equal(s.name_count, 4);
    assert_true(seki_str_equal(s.names[2], SEKI_STR("Subject")));
    assert_true(s.has_length && s.length == 17);
    assert_true(s.has_time && s.time_s == 1117574938 && s.has_expiry && s.expires_at_s == 1118006938);
    assert_int_equal(s.body_digest.len, 32);
    assert_true(seki_str_equal(s.signature, SEKI_STR("\x00\x01\x02\x03\x04\x05\x06\x07")));
    assert_true(seki_str_equal(s.signature_text, SEKI_STR("AAEC AwQF\r\n\tBgc =")));
    assert_int_equal(s.field->value.ptr[s.cut_start - 1], '=');
    assert_int_equal(s.field->value.ptr[s.cut_end], ';');
    seki_arena_free(arena);
}

#define REST " s=s; h=from; " BH "; " B

static void defaults_hold(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(1 << 16);
    struct seki_signature s = read_dkim(arena, "v=1; a=ed25519-sha256; d=example.net;" REST);
    assert_int_equal(s.refusal.result, SEKI_DKIM_NONE);
    assert_int_equal(s.header_canon, SEKI_CANON_SIMPLE);
    assert_int_equal(s.body_canon, SEKI_CANON_SIMPLE);
    assert_true(seki_str_equal(s.identity, SEKI_STR("@example.net")));
    assert_false(s.is_identity_below || s.has_length || s.has_time || s.has_expiry);
    s = read_dkim(arena, "v=1; a=rsa-sha256; c=relaxed; d=example.net;" REST);
    assert_int_equal(s.header_canon, SEKI_CANON_RELAXED);
    assert_int_equal(s.body_canon, SEKI_CANON_SIMPLE);
    seki_arena_free(arena);
}

#define V "v=1; a=rsa-sha256; "

static const struct {
    const char *value;
    enum seki_dkim_result result;
} judged[] = {
    /* required tags */
    { "a=rsa-sha256; d=example.net;" REST, SEKI_DKIM_PERMERROR },
    { "v=1; d=example.net;" REST, SEKI_DKIM_PERMERROR },
    { V REST, SEKI_DKIM_PERMERROR },
    { V "d=example.net; h=from; " BH "; " B, SEKI_DKIM_PERMERROR },
    { V "d=example.net; s=s; " BH "; " B, SEKI_DKIM_PERMERROR },
    { V "d=example.net; s=s; h=from; " B, SEKI_DKIM_PERMERROR },
    { V "d=example.net; s=s; h=from; " BH, SEKI_DKIM_PERMERROR },
    { V "d=example.net; s=s; h=to:subject; " BH "; " B, SEKI_DKIM_PERMERROR },
    /* the list itself */
    { "", SEKI_DKIM_NEUTRAL },
    { V "d=example.net; d=example.net;" REST, SEKI_DKIM_NEUTRAL },
    { V "d=example.net;;" REST, SEKI_DKIM_NEUTRAL },
    /* versions and words that we do not know */
    { "v=2; a=rsa-sha256; d=example.net;" REST, SEKI_DKIM_NEUTRAL },
    { "v=; a=rsa-sha256; d=example.net;" REST, SEKI_DKIM_NEUTRAL },
    { "v=1.0; a=rsa-sha256; d=example.net;" REST, SEKI_DKIM_NEUTRAL },
    { "v=1; a=rsa-sha512; d=example.net;" REST, SEKI_DKIM_NEUTRAL },
    { "v=1; a=ed25519-sha1; d=example.net;" REST, SEKI_DKIM_NEUTRAL },
    { "v=1; a=; d=example.net;" REST, SEKI_DKIM_NEUTRAL },
    { V "c=loose; d=example.net;" REST, SEKI_DKIM_NEUTRAL },
    { V "c=simple/; d=example.net;" REST, SEKI_DKIM_NEUTRAL },
    { V "c=/simple; d=example.net;" REST, SEKI_DKIM_NEUTRAL },
    { V "c=simple/relaxed/simple; d=example.net;" REST, SEKI_DKIM_NEUTRAL },
    { V "c=; d=example.net;" REST, SEKI_DKIM_NEUTRAL },
    { V "q=http; d=example.net;" REST, SEKI_DKIM_NEUTRAL },
    { V "q=dns; d=example.net;" REST, SEKI_DKIM_NEUTRAL },
    /* names */
    { V "d=com;" REST, SEKI_DKIM_NEUTRAL },
    { V "d=;" REST, SEKI_DKIM_NEUTRAL },
    { V "d=example..net;" REST, SEKI_DKIM_NEUTRAL },
    { V "d=.example.net;" REST, SEKI_DKIM_NEUTRAL },
    { V "d=example.net.;" REST, SEKI_DKIM_NEUTRAL },
    { V "d=exa mple.net;" REST, SEKI_DKIM_NEUTRAL },
    { V "d=exa/mple.net;" REST, SEKI_DKIM_NEUTRAL },
    { V "d=[192.0.2.1];" REST, SEKI_DKIM_NEUTRAL },
    { V "d=example.net; s=; h=from; " BH "; " B, SEKI_DKIM_NEUTRAL },
    { V "d=example.net; s=a..b; h=from; " BH "; " B, SEKI_DKIM_NEUTRAL },
    { V "d=example.net; s=a b; h=from; " BH "; " B, SEKI_DKIM_NEUTRAL },
    { V "d=example.net; s=a_b.c; h=from; " BH "; " B, SEKI_DKIM_NONE },
    { V "d=xn--r8jz45g.jp;" REST, SEKI_DKIM_NONE },
    { V "d=\xe4\xbe\x8b\xe3\x81\x88.jp;" REST, SEKI_DKIM_NONE },
    /* identities */
    { V "d=example.net; i=@example.net;" REST, SEKI_DKIM_NONE },
    { V "d=example.net; i=a@b@sub.Example.NET;" REST, SEKI_DKIM_NONE },
    { V "d=example.net; i=\xe4\xbe\x8b@example.net;" REST, SEKI_DKIM_NONE },
    { V "d=example.net; i=joe@example.org;" REST, SEKI_DKIM_NEUTRAL },
    { V "d=example.net; i=joe@badexample.net;" REST, SEKI_DKIM_NEUTRAL },
    { V "d=sub.example.net; i=joe@example.net;" REST, SEKI_DKIM_NEUTRAL },
    { V "d=example.net; i=joe;" REST, SEKI_DKIM_NEUTRAL },
    { V "d=example.net; i=;" REST, SEKI_DKIM_NEUTRAL },
    { V "d=example.net; i=joe@;" REST, SEKI_DKIM_NEUTRAL },
    { V "d=example.net; i=joe=3@example.net;" REST, SEKI_DKIM_NEUTRAL },
    { V "d=example.net; i=joe=3d@example.net;" REST, SEKI_DKIM_NEUTRAL },
    { V "d=example.net; i=joe=0D=0ABcc:x@example.net;" REST, SEKI_DKIM_NEUTRAL },
    { V "d=example.net; i=joe=00@example.net;" REST, SEKI_DKIM_NEUTRAL },
    { V "d=example.net; i=joe=FF@example.net;" REST, SEKI_DKIM_NEUTRAL },
    { V "d=example.net; i=joe@example.net=;" REST, SEKI_DKIM_NEUTRAL },
    /* hashes and signatures */
    { V "d=example.net; s=s; h=from; bh=; " B, SEKI_DKIM_NEUTRAL },
    { V "d=example.net; s=s; h=from; " BH1 "; " B, SEKI_DKIM_NEUTRAL },
    { V "d=example.net; s=s; h=from; bh=*; " B, SEKI_DKIM_NEUTRAL },
    { V "d=example.net; s=s; h=from; " BH "; b=", SEKI_DKIM_NEUTRAL },
    { V "d=example.net; s=s; h=from; " BH "; b=AAEC!", SEKI_DKIM_NEUTRAL },
    /* lists of fields */
    { V "d=example.net; s=s; h=; " BH "; " B, SEKI_DKIM_NEUTRAL },
    { V "d=example.net; s=s; h=from:; " BH "; " B, SEKI_DKIM_NEUTRAL },
    { V "d=example.net; s=s; h=from::to; " BH "; " B, SEKI_DKIM_NEUTRAL },
    { V "d=example.net; s=s; h=fr om; " BH "; " B, SEKI_DKIM_NEUTRAL },
    { V "d=example.net; s=s; h=from:to\xc3\xa9; " BH "; " B, SEKI_DKIM_NEUTRAL },
    /* numbers */
    { V "d=example.net; l=0;" REST, SEKI_DKIM_NONE },
    { V "d=example.net; l=9999999999999999999999999999999999999999999999999999999999999999999999999999;" REST,
      SEKI_DKIM_NONE },
    { V "d=example.net; l=99999999999999999999999999999999999999999999999999999999999999999999999999999;" REST,
      SEKI_DKIM_NEUTRAL },
    { V "d=example.net; l=;" REST, SEKI_DKIM_NEUTRAL },
    { V "d=example.net; l=-1;" REST, SEKI_DKIM_NEUTRAL },
    { V "d=example.net; l=1 0;" REST, SEKI_DKIM_NEUTRAL },
    { V "d=example.net; t=;" REST, SEKI_DKIM_NEUTRAL },
    { V "d=example.net; t=now;" REST, SEKI_DKIM_NEUTRAL },
    { V "d=example.net; x=1e9;" REST, SEKI_DKIM_NEUTRAL },
    { V "d=example.net; t=5; x=5;" REST, SEKI_DKIM_NEUTRAL },
    { V "d=example.net; t=6; x=5;" REST, SEKI_DKIM_NEUTRAL },
    { V "d=example.net; t=5; x=6;" REST, SEKI_DKIM_NONE },
    { V "d=example.net; t=5; x=99999999999999;" REST, SEKI_DKIM_NONE },
};

static void signatures_are_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof judged / sizeof judged[0]; i++) {
        struct seki_arena *arena = seki_arena_new(1 << 16);
        struct seki_signature s = read_dkim(arena, judged[i].value);
        if (s.refusal.result != judged[i].result)
            fail_msg("'%s': %s (%s)", judged[i].value, seki_dkim_result_name(s.refusal.result),
                     s.refusal.reason != NULL ? s.refusal.reason : "");
        assert_int_equal(s.refusal.reason != NULL, judged[i].result != SEKI_DKIM_NONE);
        seki_arena_free(arena);
    }
}

static void a_refused_signature_still_names_its_domain(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(1 << 16);
    struct seki_signature s = read_dkim(arena, "v=2; a=what; d=Example.NET; s=sel; i=joe@example.net; b=AAECAwQF");
    assert_int_equal(s.refusal.result, SEKI_DKIM_NEUTRAL);
    assert_true(seki_str_equal(s.domain, SEKI_STR("Example.NET")));
    assert_true(seki_str_equal(s.selector, SEKI_STR("sel")));
    assert_true(seki_str_equal(s.algorithm, SEKI_STR("what")));
    assert_true(seki_str_equal(s.identity, SEKI_STR("joe@example.net")));
    assert_true(seki_str_equal(s.signature_text, SEKI_STR("AAECAwQF")));
    s = read_dkim(arena, "v=1; a=rsa\r\n sha; d=a.example\r\n x; s=s\r\n s; i=a\r\n b=4@a.example; b=AA\r\n (");
    assert_null(s.domain.ptr);
    assert_null(s.domain_ascii.ptr);
    assert_null(s.selector.ptr);
    assert_null(s.algorithm.ptr);
    assert_null(s.identity.ptr);
    assert_null(s.signature_text.ptr);
    seki_arena_free(arena);
}

static void u_labels_are_converted_for_the_dns(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(1 << 16);
    struct seki_signature s = read_dkim(
        arena, V "d=\xe4\xbe\x8b\xe3\x81\x88.jp; i=@a.xn--r8jz45g.jp; s=\xe4\xbe\x8b; h=from; " BH "; " B);
    assert_int_equal(s.refusal.result, SEKI_DKIM_NONE);
    assert_true(seki_str_equal(s.domain, SEKI_STR("\xe4\xbe\x8b\xe3\x81\x88.jp")));
    assert_true(seki_str_equal(s.domain_ascii, SEKI_STR("xn--r8jz45g.jp")));
    assert_true(seki_str_equal(s.selector_ascii, SEKI_STR("xn--fsq")));
    seki_arena_free(arena);
}

static void policy_refuses_what_rfc_8301_forbids_and_bad_times(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        struct seki_dkim_options options;
        enum seki_dkim_result result;
    } cases[] = {
        { "v=1; a=rsa-sha1; d=example.net; s=s; h=from; " BH1 "; " B, { 0 }, SEKI_DKIM_POLICY },
        { "v=1; a=rsa-sha1; d=example.net; s=s; h=from; " BH1 "; " B, { .allow_rsa_sha1 = true }, SEKI_DKIM_NONE },
        { V "d=example.net; x=1000;" REST, { .now_s = 1300 }, SEKI_DKIM_NONE },
        { V "d=example.net; x=1000;" REST, { .now_s = 1301 }, SEKI_DKIM_POLICY },
        { V "d=example.net; x=1000;" REST, { .now_s = 1010, .clock_skew_s = 9 }, SEKI_DKIM_POLICY },
        { V "d=example.net; x=9999999999999;" REST, { .now_s = 4000000000 }, SEKI_DKIM_NONE },
        { V "d=example.net; t=1000;" REST, { .now_s = 700 }, SEKI_DKIM_NONE },
        { V "d=example.net; t=1000;" REST, { .now_s = 699 }, SEKI_DKIM_POLICY },
        { V "d=example.net; t=9999999999999;" REST, { .now_s = 4000000000 }, SEKI_DKIM_POLICY },
        { V "d=example.net; t=1000; x=1001;" REST, { 0 }, SEKI_DKIM_NONE }, /* the time is not known */
        { "v=3; a=rsa-sha1; d=example.net; s=s; h=from; " BH1 "; " B, { 0 }, SEKI_DKIM_NEUTRAL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seki_arena *arena = seki_arena_new(1 << 16);
        struct seki_signature s = read_dkim(arena, cases[i].value);
        seki_signature_judge(&s, &cases[i].options);
        if (s.refusal.result != cases[i].result)
            fail_msg("case %zu: %s", i, s.refusal.reason != NULL ? s.refusal.reason : "taken");
        seki_arena_free(arena);
    }
}

static void arc_fields_have_rules_of_their_own(void **state)
{
    (void)state;
    static const struct {
        enum seki_signature_kind kind;
        const char *value;
        bool is_taken;
    } cases[] = {
        { SEKI_SIGNATURE_AMS, "i=1; a=rsa-sha256; d=example.net;" REST, true },
        { SEKI_SIGNATURE_AMS, "v=9; i=50; a=rsa-sha256; d=example.net;" REST, true }, /* v= is ignored */
        { SEKI_SIGNATURE_AMS,
          "i=1; a=rsa-sha256; d=example.net; s=s; h=from:arc-authentication-results; " BH "; " B, true },
        { SEKI_SIGNATURE_AMS, "i=1; a=rsa-sha256; d=example.net; s=s; h=from:arc-seal; " BH "; " B, false },
        { SEKI_SIGNATURE_AMS, "i=1; a=rsa-sha256; d=example.net; s=s; h=from:ARC-Message-Signature; " BH "; " B,
          false },
        { SEKI_SIGNATURE_AMS, "a=rsa-sha256; d=example.net;" REST, false },
        { SEKI_SIGNATURE_AMS, "i=0; a=rsa-sha256; d=example.net;" REST, false },
        { SEKI_SIGNATURE_AMS, "i=51; a=rsa-sha256; d=example.net;" REST, false },
        { SEKI_SIGNATURE_AMS, "i=001; a=rsa-sha256; d=example.net;" REST, false },
        { SEKI_SIGNATURE_AMS, "i=@example.net; a=rsa-sha256; d=example.net;" REST, false },
        { SEKI_SIGNATURE_SEAL, "i=1; cv=none; a=rsa-sha256; d=example.net; s=s; " B, true },
        { SEKI_SIGNATURE_SEAL, "i=2; cv=Pass; a=rsa-sha256; d=example.net; s=s; t=5; x=1; c=strange; " B, true },
        { SEKI_SIGNATURE_SEAL, "i=1; cv=none; a=rsa-sha256; d=example.net; s=s; h=from; " B, false },
        { SEKI_SIGNATURE_SEAL, "i=1; cv=; a=rsa-sha256; d=example.net; s=s; " B, false },
        { SEKI_SIGNATURE_SEAL, "i=1; cv=maybe; a=rsa-sha256; d=example.net; s=s; " B, false },
        { SEKI_SIGNATURE_SEAL, "i=1; a=rsa-sha256; d=example.net; s=s; " B, false },
        { SEKI_SIGNATURE_SEAL, "cv=none; a=rsa-sha256; d=example.net; s=s; " B, false },
        { SEKI_SIGNATURE_SEAL, "i=1; cv=none; d=example.net; s=s; " B, false },
        { SEKI_SIGNATURE_SEAL, "i=1; cv=none; a=rsa-sha256; s=s; " B, false },
        { SEKI_SIGNATURE_SEAL, "i=1; cv=none; a=rsa-sha256; d=example.net; " B, false },
        { SEKI_SIGNATURE_SEAL, "i=1; cv=none; a=rsa-sha256; d=example.net; s=s", false },
        { SEKI_SIGNATURE_SEAL, "i=1; cv=none; a=rsa-sha256; d=example.net; s=s; t=x; " B, false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seki_arena *arena = seki_arena_new(1 << 16);
        struct seki_signature s = read_kind(arena, cases[i].kind, cases[i].value);
        if ((s.refusal.result == SEKI_DKIM_NONE) != cases[i].is_taken)
            fail_msg("'%s': %s", cases[i].value, s.refusal.reason != NULL ? s.refusal.reason : "taken");
        seki_arena_free(arena);
    }
}

static void h_may_list_a_thousand_names(void **state)
{
    static char value[4096] = V "d=example.net; s=s; " BH "; " B "; h=from";
    size_t head = strlen(value);
    (void)state;
    for (size_t names = 1000; names <= 1001; names++) {
        struct seki_arena *arena = seki_arena_new(1 << 16);
        for (size_t i = 1; i < names; i++)
            memcpy(value + head + 2 * (i - 1), ":a", 3);
        assert_int_equal(read_dkim(arena, value).refusal.result, names > 1000 ? SEKI_DKIM_NEUTRAL : SEKI_DKIM_NONE);
        seki_arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_signature_is_read),
        cmocka_unit_test(defaults_hold),
        cmocka_unit_test(signatures_are_judged),
        cmocka_unit_test(a_refused_signature_still_names_its_domain),
        cmocka_unit_test(u_labels_are_converted_for_the_dns),
        cmocka_unit_test(policy_refuses_what_rfc_8301_forbids_and_bad_times),
        cmocka_unit_test(arc_fields_have_rules_of_their_own),
        cmocka_unit_test(h_may_list_a_thousand_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

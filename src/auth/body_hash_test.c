/* Body hashes: the constants of RFC 6376 sections 3.4.3 and 3.4.4, and of the examples in it and in RFC 8463. */
#include "base/base64.h"

#include <sekisho/body_hash.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct seki_context *context;

static size_t request(struct seki_body_hash *body, enum seki_canonicalization canon, enum seki_digest digest,
                      uint64_t length)
{
    size_t id;
    assert_int_equal(seki_body_hash_request(body, canon, digest, length, &id), SEKI_OK);
    return id;
}

static void assert_digest(const struct seki_body_hash *body, size_t id, const char *want_base64)
{
    uint8_t want[32];
    size_t len;
    const struct seki_body_digest *digest = seki_body_hash_get(body, id);
    assert_non_null(digest);
    assert_true(seki_base64_decode(seki_str_of(want_base64), want, sizeof want, &len));
    assert_int_equal(digest->octet_count, len);
    assert_memory_equal(digest->octets, want, len);
}

static void an_empty_body_has_the_hashes_of_the_rfc(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(1 << 16);
    struct seki_body_hash *body = seki_body_hash_new(arena, context);
    size_t simple_1 = request(body, SEKI_CANON_SIMPLE, SEKI_DIGEST_SHA1, SEKI_BODY_WHOLE);
    size_t simple_256 = request(body, SEKI_CANON_SIMPLE, SEKI_DIGEST_SHA256, SEKI_BODY_WHOLE);
    size_t relaxed_1 = request(body, SEKI_CANON_RELAXED, SEKI_DIGEST_SHA1, SEKI_BODY_WHOLE);
    size_t relaxed_256 = request(body, SEKI_CANON_RELAXED, SEKI_DIGEST_SHA256, SEKI_BODY_WHOLE);
    assert_null(seki_body_hash_get(body, simple_1));
    seki_body_hash_finish(body);
    assert_true(seki_body_hash_is_finished(body));
    assert_digest(body, simple_1, "uoq1oCgLlTqpdDX/iUbLy7J1Wic=");
    assert_digest(body, simple_256, "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=");
    assert_digest(body, relaxed_1, "2jmj7l5rSw0yVb/vlWAYkK/YBwk=");
    assert_digest(body, relaxed_256, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    assert_true(seki_body_hash_get(body, simple_256)->canonical_length == 2);
    assert_true(seki_body_hash_get(body, relaxed_256)->canonical_length == 0);
    seki_body_hash_end(body);
    seki_arena_free(arena);
}

/* RFC 8463 appendix A.3: "bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=" */
static void the_body_of_the_example_has_its_hash(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(1 << 16);
    struct seki_body_hash *body = seki_body_hash_new(arena, context);
    size_t relaxed = request(body, SEKI_CANON_RELAXED, SEKI_DIGEST_SHA256, SEKI_BODY_WHOLE);
    size_t again = request(body, SEKI_CANON_RELAXED, SEKI_DIGEST_SHA256, SEKI_BODY_WHOLE);
    assert_int_equal(relaxed, again);
    seki_body_hash_update(body, SEKI_STR("Hi.\r\n\r\nWe lost the game.  Are you hun"));
    seki_body_hash_update(body, SEKI_STR("gry yet?\r\n\r\nJoe.\r"));
    seki_body_hash_update(body, SEKI_STR("\n\r\n"));
    seki_body_hash_finish(body);
    seki_body_hash_update(body, SEKI_STR("too late"));
    seki_body_hash_finish(body);
    assert_digest(body, relaxed, "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=");
    seki_body_hash_end(body);
    seki_arena_free(arena);
}

/* The same body as a file; as simple canonicalization sees every line end, it shows each one that is not CRLF. */
static void a_whole_body_may_have_unix_line_ends(void **state)
{
    static const struct {
        const char *name, *text;
        bool is_unix;
    } cases[] = {
        { "as on the wire", "a\r\n\r\nb\r\n", false },
        { "as a Unix file", "a\n\nb\n", true },
        { "both in one file", "a\r\n\nb\n", true },
        { "more empty lines at the end", "a\n\nb\n\n\r\n", true },
        { "no line end at the end", "a\n\nb", true },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seki_arena *arena = seki_arena_new(1 << 16);
        struct seki_body_hash *body = seki_body_hash_new(arena, context);
        size_t simple = request(body, SEKI_CANON_SIMPLE, SEKI_DIGEST_SHA256, SEKI_BODY_WHOLE);
        seki_body_hash_whole(body, seki_str_of(cases[i].text), cases[i].is_unix);
        assert_true(seki_body_hash_is_finished(body));
        assert_digest(body, simple, "zCIZgM59A4jZIcXrGIzhpoD2WhSv0BLiYnkKxFCegn8="); /* printf 'a\r\n\r\nb\r\n' | openssl dgst -sha256 -binary | base64 */
        seki_body_hash_end(body);
        seki_arena_free(arena);
    }
}

/* l= cuts the canonical body: what each length covers, by another way. The hashes were made with openssl dgst. */
static void lengths_cut_the_canonical_body(void **state)
{
    (void)state;
    static const struct {
        uint64_t length;
        const char *want;
    } cases[] = {
        { 100, "qhe9WHJjhHY+ZfdjKLlE0kuQTHEpfofJoC93PC/an2Q=" }, /* "ab\r\n\r\nc\r\n", and there is no more */
        { 0, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" },
        { 1, "ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs=" }, /* "a" */
        { 5, "4y+HEnW9JgCyjf/txT/tM5qNAhG+eC5/mBl3c/v+bFc=" }, /* "ab\r\n\r" */
        { 9, "qhe9WHJjhHY+ZfdjKLlE0kuQTHEpfofJoC93PC/an2Q=" },
        { SEKI_BODY_WHOLE, "qhe9WHJjhHY+ZfdjKLlE0kuQTHEpfofJoC93PC/an2Q=" },
    };
    enum { COUNT = sizeof cases / sizeof cases[0] };
    struct seki_str text = SEKI_STR("ab \r\n  \r\nc\t\r\n\r\n");
    for (size_t piece = 1; piece <= text.len; piece++) {
        struct seki_arena *arena = seki_arena_new(1 << 16);
        struct seki_body_hash *body = seki_body_hash_new(arena, context);
        size_t ids[COUNT];
        for (size_t i = 0; i < COUNT; i++)
            ids[i] = request(body, SEKI_CANON_RELAXED, SEKI_DIGEST_SHA256, cases[i].length);
        for (struct seki_str rest = text; rest.len > 0; rest = seki_str_from(rest, piece))
            seki_body_hash_update(body, seki_str_head(rest, piece));
        seki_body_hash_finish(body);
        for (size_t i = 0; i < COUNT; i++) {
            assert_digest(body, ids[i], cases[i].want);
            assert_true(seki_body_hash_get(body, ids[i])->canonical_length == 9);
        }
        seki_body_hash_end(body);
        seki_arena_free(arena);
    }
}

static void requests_are_bounded_and_come_before_the_body(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(1 << 16);
    struct seki_body_hash *body = seki_body_hash_new(arena, context);
    size_t id;
    for (uint64_t i = 0; i < 40; i++)
        request(body, SEKI_CANON_SIMPLE, SEKI_DIGEST_SHA256, i);
    assert_int_equal(seki_body_hash_request(body, SEKI_CANON_SIMPLE, SEKI_DIGEST_SHA256, 40, &id), SEKI_LIMIT);
    assert_int_equal(request(body, SEKI_CANON_SIMPLE, SEKI_DIGEST_SHA256, 39), 39);
    seki_body_hash_update(body, SEKI_STR("x"));
    assert_int_equal(seki_body_hash_request(body, SEKI_CANON_SIMPLE, SEKI_DIGEST_SHA256, 3, &id), SEKI_USAGE);
    seki_body_hash_end(body); /* before the end of the body */
    seki_body_hash_finish(body);
    assert_null(seki_body_hash_get(body, 0));
    assert_null(seki_body_hash_get(body, 40));
    seki_body_hash_end(NULL);
    seki_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_body_has_the_hashes_of_the_rfc),
        cmocka_unit_test(the_body_of_the_example_has_its_hash),
        cmocka_unit_test(a_whole_body_may_have_unix_line_ends),
        cmocka_unit_test(lengths_cut_the_canonical_body),
        cmocka_unit_test(requests_are_bounded_and_come_before_the_body),
    };
    struct seki_error why;
    context = seki_context_new(0, &why);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    seki_context_free(context);
    return failed;
}

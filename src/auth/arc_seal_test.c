/* Sealing: what a set looks like, which set it is, what its seal covers, and when none is added. */
#include "support/signer.h"

#include <sekisho/arc_seal.h>
#include <sekisho/private_key.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const char ed25519_pem[] = "-----BEGIN PRIVATE KEY-----\n"
                                  "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
                                  "-----END PRIVATE KEY-----\n";
static const char plain_header[] = "DKIM-Signature: v=1\r\nAuthentication-Results: x; none\r\nFrom: a@b.example\r\n"
                                   "Subject: s\r\n\r\n";
static const char body_text[] = "Hi.\r\n";
static const char results[] = " mx.example.org;\r\n\tspf=pass smtp.mailfrom=b.example";

struct world {
    struct seki_context *context;
    struct seki_arena *arena;
    struct seki_private_key *key;
};

static int start(void **state)
{
    static struct world world;
    world = (struct world){ .context = seki_context_new(0, NULL), .arena = seki_arena_new(64 << 20) };
    *state = &world;
    return seki_private_key_read(seki_str_of(ed25519_pem), &world.key, NULL) == SEKI_OK ? 0 : 1;
}

static int stop(void **state)
{
    struct world *world = *state;
    seki_private_key_free(world->key);
    seki_arena_free(world->arena);
    seki_context_free(world->context);
    return 0;
}

static const struct seki_dkim_sign_options usual = {
    .domain = SEKI_STR_INIT("example.org"),
    .selector = SEKI_STR_INIT("ed"),
    .algorithm = SEKI_SIGN_ED25519_SHA256,
    .time_s = 1795334400,
};

static struct seki_message *read_header(const struct world *world, struct seki_str header)
{
    struct seki_message *message = seki_message_new(world->arena, NULL);
    struct seki_str body;
    bool is_unix;
    assert_int_equal(seki_message_read(message, header, &body, &is_unix), SEKI_OK);
    return message;
}

static struct seki_arc_verdict validate(const struct world *world, struct seki_str header)
{
    struct seki_body_hash *body = seki_body_hash_new(world->arena, world->context);
    struct seki_answers *answers = seki_answers_new(world->arena, 0);
    struct seki_arc *arc;
    struct seki_arc_verdict verdict;
    const struct seki_record record = { .text = SEKI_STR(SIGNER_ED25519_RECORD) };
    const struct seki_answer outcome = { .status = SEKI_ANSWER_FOUND, .records = &record, .record_count = 1 };
    const struct seki_answer *question;
    assert_int_equal(seki_arc_new(world->arena, world->context, read_header(world, header), body, NULL, &arc, NULL),
                     SEKI_OK);
    seki_body_hash_update(body, seki_str_of(body_text));
    seki_body_hash_finish(body);
    while (seki_arc_step(arc, answers, &verdict, NULL) == SEKI_NEED_ANSWERS)
        while ((question = seki_answers_next_open(answers)) != NULL)
            assert_int_equal(seki_answers_enter(answers, question, &outcome), SEKI_OK);
    return verdict;
}

static struct seki_arc_seal *plan(const struct world *world, struct seki_str header,
                                  const struct seki_dkim_sign_options *options)
{
    struct seki_body_hash *body = seki_body_hash_new(world->arena, world->context);
    struct seki_arc_seal *seal;
    struct seki_error why = { "" };
    if (seki_arc_seal_new(world->arena, world->context, read_header(world, header), body, options, &seal, &why) !=
        SEKI_OK)
        fail_msg("%s", why.text);
    seki_body_hash_update(body, seki_str_of(body_text));
    seki_body_hash_finish(body);
    return seal;
}

static void sign_next(const struct world *world, struct seki_arc_seal *seal)
{
    struct seki_sign_request request;
    struct seki_sign_answer answer;
    assert_null(seki_arc_seal_fields(seal));
    assert_int_equal(seki_arc_seal_digest(seal, &request, NULL), SEKI_OK);
    assert_int_equal(seki_private_key_sign(world->key, &request, &answer, NULL), SEKI_OK);
    assert_int_equal(seki_arc_seal_complete(seal, &answer, NULL), SEKI_OK);
}

/* The header with one more set on top, and the validation made before it; *outcome says whether there is one. */
static struct seki_str seal(const struct world *world, struct seki_str header, enum seki_arc_seal_outcome *outcome)
{
    struct seki_arc_seal *seal = plan(world, header, &usual);
    struct seki_arc_verdict verdict = validate(world, header);
    assert_int_equal(seki_arc_seal_start(seal, &verdict, seki_str_of(results), outcome, NULL), SEKI_OK);
    if (*outcome != SEKI_ARC_SEAL_DUE)
        return header;
    sign_next(world, seal);
    sign_next(world, seal);
    const struct seki_arc_seal_fields *fields = seki_arc_seal_fields(seal);
    return seki_arena_format(
        world->arena, "ARC-Seal:%.*s\r\nARC-Message-Signature:%.*s\r\nARC-Authentication-Results:%.*s\r\n%.*s",
        SEKI_STR_ARGS(fields->seal), SEKI_STR_ARGS(fields->message_signature), SEKI_STR_ARGS(fields->auth_results),
        (int)header.len, header.ptr);
}

static void check_starts_with(struct seki_str text, const char *want)
{
    if (!seki_str_starts_with(text, seki_str_of(want)))
        fail_msg("got  %.*s\nwant %s", SEKI_STR_ARGS(text), want);
}

static void a_first_set_is_written_to_the_octet(void **state)
{
    const struct world *world = *state;
    struct seki_str header = seki_str_of(plain_header);
    struct seki_arc_seal *seal = plan(world, header, &usual);
    struct seki_arc_verdict verdict = validate(world, header);
    enum seki_arc_seal_outcome outcome;
    assert_int_equal(seki_arc_seal_start(seal, &verdict, seki_str_of(results), &outcome, NULL), SEKI_OK);
    sign_next(world, seal);
    sign_next(world, seal);
    const struct seki_arc_seal_fields *fields = seki_arc_seal_fields(seal);
    assert_true(seki_str_equal(fields->auth_results,
                               SEKI_STR(" i=1; mx.example.org;\r\n\tspf=pass smtp.mailfrom=b.example")));
    check_starts_with(fields->message_signature,
                      " i=1; a=ed25519-sha256; d=example.org; s=ed;\r\n"
                      "\tt=1795334400; c=relaxed/relaxed; h=From:From:Reply-To:Subject:Subject:Date:\r\n"
                      "\tTo:Cc:Message-ID:MIME-Version:Content-Type:Content-Transfer-Encoding:\r\n"
                      "\tDKIM-Signature; bh=");
    check_starts_with(fields->seal, " i=1; cv=none; a=ed25519-sha256; d=example.org; s=ed; t=1795334400;\r\n\tb=");
    assert_int_equal(seki_arc_seal_instance(seal), 1);
    assert_int_equal(seki_arc_seal_cv(seal), SEKI_ARC_NONE);
}

static void a_chain_grows_to_fifty_sets_and_no_further(void **state)
{
    const struct world *world = *state;
    struct seki_str header = seki_str_of(plain_header);
    enum seki_arc_seal_outcome outcome;
    for (unsigned sets = 1; sets <= 50; sets++) {
        header = seal(world, header, &outcome);
        assert_int_equal(outcome, SEKI_ARC_SEAL_DUE);
        if (sets > 3 && sets < 49)
            continue;
        struct seki_arc_verdict verdict = validate(world, header);
        if (verdict.result != SEKI_ARC_PASS || verdict.instance != sets || verdict.oldest_pass != 0)
            fail_msg("%u sets: %.*s", sets, SEKI_STR_ARGS(verdict.reason));
    }
    seal(world, header, &outcome);
    assert_int_equal(outcome, SEKI_ARC_SEAL_FULL);
}

/* Section 5.1.2: whatever is done to the old sets, the seal with cv=fail still verifies, for it covers its own alone. */
static void a_broken_chain_gets_one_set_that_says_so(void **state)
{
    const struct world *world = *state;
    enum seki_arc_seal_outcome outcome;
    struct seki_str once = seal(world, seki_str_of(plain_header), &outcome);
    struct seki_str broken = seki_arena_format(world->arena, "Subject: added\r\n%.*s", (int)once.len, once.ptr);
    assert_int_equal(validate(world, broken).result, SEKI_ARC_FAIL);
    struct seki_str marked = seal(world, broken, &outcome);
    assert_int_equal(outcome, SEKI_ARC_SEAL_DUE);
    check_starts_with(marked, "ARC-Seal: i=2; cv=fail; a=");
    assert_string_equal(validate(world, marked).reason.ptr, "the chain came marked as failed (cv=fail)");
    seal(world, marked, &outcome);
    assert_int_equal(outcome, SEKI_ARC_SEAL_FAILED_BEFORE);
}

/* The AMS on a broken chain covers the message all the same, and a later seal of the whole is not ours to add; that the
 * seal covers three fields is seen by taking the old ones away: the digest that is handed out is the same. */
static void the_old_sets_have_no_part_in_a_seal_that_fails(void **state)
{
    const struct world *world = *state;
    static const char *const old_sets[] = {
        "ARC-Seal: i=1; cv=none; a=rsa-sha256; d=a.example; s=s; b=AAAA\r\n",
        "ARC-Seal: i=1; cv=none; a=rsa-sha256; d=b.example; s=s; b=BBBB\r\nARC-Authentication-Results: i=1; x; "
        "none\r\n",
    };
    uint8_t digests[2][SEKI_SIGN_DIGEST_OCTETS];
    for (size_t i = 0; i < 2; i++) {
        struct seki_str header = seki_arena_format(world->arena, "%s%s", old_sets[i], plain_header);
        struct seki_arc_seal *seal = plan(world, header, &usual);
        struct seki_arc_verdict verdict = validate(world, header);
        enum seki_arc_seal_outcome outcome;
        struct seki_sign_request request;
        assert_int_equal(verdict.result, SEKI_ARC_FAIL);
        assert_int_equal(seki_arc_seal_start(seal, &verdict, seki_str_of(results), &outcome, NULL), SEKI_OK);
        assert_int_equal(seki_arc_seal_instance(seal), 2);
        sign_next(world, seal);
        assert_int_equal(seki_arc_seal_digest(seal, &request, NULL), SEKI_OK);
        memcpy(digests[i], request.digest, sizeof digests[i]);
    }
    assert_memory_equal(digests[0], digests[1], sizeof digests[0]);
}

static void fields_that_an_ams_must_not_sign_are_refused(void **state)
{
    const struct world *world = *state;
    static const char *const names[] = { "Authentication-Results", "authentication-results", "ARC-Seal",
                                         "ARC-Message-Signature", "ARC-Authentication-Results" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct seki_str list[] = { SEKI_STR("From"), seki_str_of(names[i]) };
        struct seki_dkim_sign_options options = usual;
        struct seki_body_hash *body = seki_body_hash_new(world->arena, world->context);
        struct seki_arc_seal *seal = (void *)&seal;
        struct seki_error why;
        options.names = list;
        options.name_count = 2;
        assert_int_equal(seki_arc_seal_new(world->arena, world->context,
                                           read_header(world, seki_str_of(plain_header)), body, &options, &seal,
                                           &why),
                         SEKI_BAD_INPUT);
        assert_null(seal);
        assert_non_null(strstr(why.text, "must not sign"));
    }
}

static void results_that_are_no_field_value_are_refused(void **state)
{
    const struct world *world = *state;
    static const char *const bad[] = {
        "", " \t", "mx; none\r\nX: y", "mx;\nnone", "mx;\rnone", "mx; none\r\n\r\n x"
    };
    struct seki_str header = seki_str_of(plain_header);
    struct seki_arc_seal *seal = plan(world, header, &usual);
    struct seki_arc_verdict verdict = validate(world, header);
    enum seki_arc_seal_outcome outcome;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(seki_arc_seal_start(seal, &verdict, seki_str_of(bad[i]), &outcome, NULL), SEKI_USAGE);
    assert_int_equal(seki_arc_seal_start(seal, &verdict, SEKI_STR(" mx; none\r\n"), &outcome, NULL), SEKI_OK);
}

static void a_verdict_of_another_message_is_refused(void **state)
{
    const struct world *world = *state;
    enum seki_arc_seal_outcome outcome;
    struct seki_str none = seki_str_of(plain_header), one = seal(world, none, &outcome);
    struct seki_str two = seal(world, one, &outcome);
    const struct seki_str headers[] = { none, one, two };
    for (size_t of = 0; of < 3; of++) {
        for (size_t on = 0; on < 3; on++) {
            struct seki_arc_verdict verdict = validate(world, headers[of]);
            struct seki_arc_seal *seal = plan(world, headers[on], &usual);
            assert_int_equal(seki_arc_seal_start(seal, &verdict, seki_str_of(results), &outcome, NULL),
                             of == on ? SEKI_OK : SEKI_USAGE);
        }
    }
}

static void steps_out_of_turn_are_told(void **state)
{
    const struct world *world = *state;
    struct seki_str header = seki_str_of(plain_header);
    struct seki_arc_seal *seal = plan(world, header, &usual);
    struct seki_arc_verdict verdict = validate(world, header);
    struct seki_sign_request request;
    struct seki_sign_answer answer = { .octet_count = 64 };
    enum seki_arc_seal_outcome outcome;
    assert_int_equal(seki_arc_seal_digest(seal, &request, NULL), SEKI_USAGE);
    assert_int_equal(seki_arc_seal_complete(seal, &answer, NULL), SEKI_USAGE);
    assert_int_equal(seki_arc_seal_start(seal, &verdict, seki_str_of(results), &outcome, NULL), SEKI_OK);
    assert_int_equal(seki_arc_seal_start(seal, &verdict, seki_str_of(results), &outcome, NULL), SEKI_USAGE);
    assert_int_equal(seki_arc_seal_complete(seal, &answer, NULL), SEKI_USAGE);
    sign_next(world, seal);
    assert_int_equal(seki_arc_seal_complete(seal, &answer, NULL), SEKI_USAGE);
    sign_next(world, seal);
    assert_int_equal(seki_arc_seal_digest(seal, &request, NULL), SEKI_USAGE);
    assert_int_equal(seki_arc_seal_complete(seal, &answer, NULL), SEKI_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_first_set_is_written_to_the_octet, start, stop),
        cmocka_unit_test_setup_teardown(a_chain_grows_to_fifty_sets_and_no_further, start, stop),
        cmocka_unit_test_setup_teardown(a_broken_chain_gets_one_set_that_says_so, start, stop),
        cmocka_unit_test_setup_teardown(the_old_sets_have_no_part_in_a_seal_that_fails, start, stop),
        cmocka_unit_test_setup_teardown(fields_that_an_ams_must_not_sign_are_refused, start, stop),
        cmocka_unit_test_setup_teardown(results_that_are_no_field_value_are_refused, start, stop),
        cmocka_unit_test_setup_teardown(a_verdict_of_another_message_is_refused, start, stop),
        cmocka_unit_test_setup_teardown(steps_out_of_turn_are_told, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

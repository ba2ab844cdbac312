/* ARC validation: the steps of RFC 8617 section 5.2 on chains sealed here, and whom a chain lets us trust. */
#include "auth/arc_set.h"
#include "support/signer.h"

#include <sekisho/arc.h>
#include <sekisho/buf.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define NOW_S  1795334400
#define HEADER "From: <joe@example.net>\r\nSubject: Hi\r\n"
#define AMS(n) "a=rsa-sha256; c=relaxed/relaxed; d=ams" #n ".example; s=s; h=from:subject"
#define AS(n)  "a=rsa-sha256; d=as" #n ".example; s=s"

struct world {
    struct seki_context *context;
    struct seki_arena *arena;
    struct signer signer;
};

static int start(void **state)
{
    static struct world world;
    world = (struct world){ .context = seki_context_new(0, NULL), .arena = seki_arena_new(64 << 20) };
    world.signer = (struct signer){ .arena = world.arena, .context = world.context, .body = SEKI_STR("Hi.\r\n") };
    *state = &world;
    return world.context == NULL || world.arena == NULL;
}

static int stop(void **state)
{
    struct world *w = *state;
    seki_arena_free(w->arena);
    seki_context_free(w->context);
    return 0;
}

/* Every key is ours, but where the name holds what is given. */
static void answer_all_but(struct seki_answers *answers, const char *broken)
{
    struct seki_record record = { .text = SEKI_STR(SIGNER_RSA_RECORD) };
    const struct seki_answer found = { .status = SEKI_ANSWER_FOUND, .records = &record, .record_count = 1 };
    const struct seki_answer failed = { .status = SEKI_ANSWER_FAILED, .failure = SEKI_STR("timed out") };
    const struct seki_answer *question;
    while ((question = seki_answers_next_open(answers)) != NULL) {
        bool is_broken = broken != NULL && strstr(question->name.ptr, broken) != NULL;
        assert_int_equal(seki_answers_enter(answers, question, is_broken ? &failed : &found), SEKI_OK);
    }
}

static size_t count_questions(const struct seki_answers *answers)
{
    size_t count = 0;
    while (seki_answers_at(answers, count) != NULL)
        count++;
    return count;
}

static struct seki_arc_verdict validate_counted(struct world *w, struct seki_str header, struct seki_str body_text,
                                                const char *broken, size_t *question_count_out)
{
    const struct seki_dkim_options options = { .now_s = NOW_S };
    struct seki_message *message = seki_message_new(w->arena, NULL);
    struct seki_body_hash *body = seki_body_hash_new(w->arena, w->context);
    struct seki_answers *answers = seki_answers_new(w->arena, 0);
    struct seki_arc *arc;
    struct seki_arc_verdict verdict;
    struct seki_error why;
    struct seki_str rest;
    bool is_unix;
    assert_int_equal(seki_message_read(message, header, &rest, &is_unix), SEKI_OK);
    assert_int_equal(seki_arc_new(w->arena, w->context, message, body, &options, &arc, &why), SEKI_OK);
    while (seki_arc_step(arc, answers, &verdict, &why) == SEKI_NEED_ANSWERS) {
        assert_in_range(seki_answers_open_count(answers), 1, 10);
        answer_all_but(answers, broken);
    }
    seki_body_hash_update(body, body_text);
    seki_body_hash_finish(body);
    assert_int_equal(seki_arc_step(arc, answers, &verdict, &why), SEKI_OK);
    if (question_count_out != NULL)
        *question_count_out = count_questions(answers);
    assert_int_equal(seki_answers_open_count(answers), 0);
    seki_body_hash_end(body);
    return verdict;
}

static struct seki_arc_verdict validate(struct world *w, struct seki_str header, struct seki_str body_text,
                                        const char *broken)
{
    return validate_counted(w, header, body_text, broken, NULL);
}

static struct seki_arc_verdict validate_plain(struct world *w, struct seki_str header)
{
    return validate(w, header, w->signer.body, NULL);
}

static void assert_failed(const struct seki_arc_verdict *verdict, const char *reason)
{
    assert_int_equal(verdict->result, SEKI_ARC_FAIL);
    if (!seki_str_equal(verdict->reason, seki_str_of(reason)))
        fail_msg("got '%.*s', want '%s'", SEKI_STR_ARGS(verdict->reason), reason);
    assert_null(verdict->sets);
    assert_int_equal(verdict->set_count, 0);
}

/* Three sets; the body that sets 1 and 2 saw may be another. */
static struct seki_str chain_of_three(struct world *w, const char *first_bodies)
{
    struct signer early = w->signer;
    early.body = seki_str_of(first_bodies);
    struct seki_str header = signer_arc(&early, 1, "none", AMS(1), AS(1), SEKI_STR(HEADER));
    header = signer_arc(&early, 2, "pass", AMS(2), AS(2), header);
    return signer_arc(&w->signer, 3, "pass", AMS(3), AS(3), header);
}

static void a_message_without_arc_fields_has_no_chain(void **state)
{
    struct world *w = *state;
    struct seki_arc_verdict verdict = validate_plain(w, SEKI_STR(HEADER));
    assert_int_equal(verdict.result, SEKI_ARC_NONE);
    assert_int_equal(verdict.instance, 0);
    assert_int_equal(verdict.reason.len, 0);
}

static void a_whole_chain_passes(void **state)
{
    struct world *w = *state;
    struct seki_arc_verdict verdict = validate_plain(w, chain_of_three(w, "Hi.\r\n"));
    assert_int_equal(verdict.result, SEKI_ARC_PASS);
    assert_int_equal(verdict.instance, 3);
    assert_int_equal(verdict.oldest_pass, 0);
    assert_int_equal(verdict.set_count, 3);
    assert_true(seki_str_equal(verdict.sets[0].sealer, SEKI_STR("as1.example")));
    assert_true(seki_str_equal(verdict.sets[2].sealer, SEKI_STR("as3.example")));
    assert_true(seki_str_equal(verdict.sets[1].selector, SEKI_STR("s")));
    assert_true(seki_str_equal(verdict.sets[1].auth_results, SEKI_STR(" mx2.example.org; none")));
    for (size_t i = 0; i < 3; i++)
        assert_true(verdict.sets[i].ams_is_valid);
}

/* Step 5: "set the oldest-pass value to the lowest AMS instance value that passed" */
static void older_signatures_only_move_oldest_pass(void **state)
{
    struct world *w = *state;
    struct seki_arc_verdict verdict = validate_plain(w, chain_of_three(w, "before the list changed it\r\n"));
    assert_int_equal(verdict.result, SEKI_ARC_PASS);
    assert_int_equal(verdict.oldest_pass, 3);
    assert_true(verdict.sets[2].ams_is_valid);
    assert_false(verdict.sets[1].ams_is_valid);
    verdict = validate(w, chain_of_three(w, "Hi.\r\n"), w->signer.body, "ams1");
    assert_int_equal(verdict.result, SEKI_ARC_PASS);
    assert_int_equal(verdict.oldest_pass, 2);
}

/* RFC 6376 section 8.2: what l= leaves unsigned vouches for nothing; the chain as such is whole. */
static void a_signature_over_part_of_the_body_is_not_valid(void **state)
{
    struct world *w = *state;
    struct seki_str header = signer_arc(&w->signer, 1, "none", AMS(1) "; l=2", AS(1), SEKI_STR(HEADER));
    struct seki_arc_verdict verdict = validate_plain(w, header);
    assert_int_equal(verdict.result, SEKI_ARC_PASS);
    assert_false(verdict.sets[0].ams_is_valid);
    struct seki_str sealer = SEKI_STR("as1.example");
    assert_false(seki_arc_is_trusted(&verdict, &sealer, 1, NULL));
}

static void the_newest_signature_must_verify(void **state)
{
    struct world *w = *state;
    struct seki_arc_verdict verdict = validate(w, chain_of_three(w, "Hi.\r\n"), SEKI_STR("Ho.\r\n"), NULL);
    assert_failed(&verdict, "ARC-Message-Signature of i=3: body hash did not verify");
    assert_int_equal(verdict.instance, 3);
}

/* Section 5.2.1: "All errors, including DNS failures, … are considered permanent." */
static void a_dns_failure_is_a_failure(void **state)
{
    struct world *w = *state;
    struct seki_arc_verdict verdict = validate(w, chain_of_three(w, "Hi.\r\n"), w->signer.body, "ams3");
    assert_failed(&verdict, "ARC-Message-Signature of i=3: key unavailable: timed out");
    verdict = validate(w, chain_of_three(w, "Hi.\r\n"), w->signer.body, "as2.");
    assert_failed(&verdict, "ARC-Seal of i=2: key unavailable: timed out");
}

static void every_seal_must_verify(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *from, *to, *reason;
    } changes[] = {
        { "mx1.example.org", "mx9.example.org", "ARC-Seal of i=3: signature did not verify" },
        { "mx3.example.org", "mx9.example.org", "ARC-Seal of i=3: signature did not verify" },
        { "ams1.example", "ams9.example", "ARC-Seal of i=3: signature did not verify" },
        { "as2.example", "as9.example", "ARC-Seal of i=3: signature did not verify" },
        { "as3.example", "as9.example", "ARC-Seal of i=3: signature did not verify" },
        { "From: <joe", "From: <moe", "ARC-Message-Signature of i=3: signature did not verify" },
    };
    struct seki_str header = chain_of_three(w, "Hi.\r\n");
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        char *text = seki_arena_octets(w->arena, header.len + 1);
        memcpy(text, header.ptr, header.len);
        text[header.len] = '\0';
        memcpy(strstr(text, changes[i].from), changes[i].to, strlen(changes[i].to));
        struct seki_arc_verdict verdict = validate_plain(w, (struct seki_str){ text, header.len });
        assert_failed(&verdict, changes[i].reason);
    }
}

static void the_marks_of_the_seals_must_be_in_order(void **state)
{
    struct world *w = *state;
    struct seki_str none = signer_arc(&w->signer, 1, "none", AMS(1), AS(1), SEKI_STR(HEADER));
    struct seki_str pass = signer_arc(&w->signer, 1, "pass", AMS(1), AS(1), SEKI_STR(HEADER));
    struct seki_str failed = signer_arc(&w->signer, 1, "fail", AMS(1), AS(1), SEKI_STR(HEADER));
    struct seki_arc_verdict verdict = validate_plain(w, none);
    assert_int_equal(verdict.result, SEKI_ARC_PASS);
    verdict = validate_plain(w, pass);
    assert_failed(&verdict, "the first seal has not cv=none");
    verdict = validate_plain(w, failed);
    assert_failed(&verdict, "the chain came marked as failed (cv=fail)");
    verdict = validate_plain(w, signer_arc(&w->signer, 2, "none", AMS(2), AS(2), none));
    assert_failed(&verdict, "a seal after the first has not cv=pass");
    verdict = validate_plain(w, signer_arc(&w->signer, 2, "fail", AMS(2), AS(2), none));
    assert_failed(&verdict, "the chain came marked as failed (cv=fail)");
    verdict = validate_plain(w, signer_arc(&w->signer, 2, "pass", AMS(2), AS(2), failed));
    assert_failed(&verdict, "the first seal has not cv=none");
}

#define AAR1 "ARC-Authentication-Results: i=1; mx.example; none\r\n"
#define AMS1                                                                                                       \
    "ARC-Message-Signature: i=1; a=rsa-sha256; d=a.example; s=s; h=from; "                                         \
    "bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\n"
#define SEAL1 "ARC-Seal: i=1; cv=none; a=rsa-sha256; d=a.example; s=s; b=AAAA\r\n"

static const struct {
    const char *header, *reason;
} structures[] = {
    { AAR1, "a set of the chain is not whole" },
    { AAR1 AMS1, "a set of the chain is not whole" },
    { SEAL1 AMS1, "a set of the chain is not whole" },
    { SEAL1 AMS1 AAR1 AAR1, "an instance stands there twice" },
    { SEAL1 AMS1 AMS1 AAR1, "an instance stands there twice" },
    { SEAL1 SEAL1 AMS1 AAR1, "an instance stands there twice" },
    { SEAL1 AMS1 "ARC-Authentication-Results: mx.example; none\r\n", "an ARC field has no instance from 1 to 50" },
    { SEAL1 AMS1 "ARC-Authentication-Results: i=0; mx.example; none\r\n",
      "an ARC field has no instance from 1 to 50" },
    { SEAL1 AMS1 "ARC-Authentication-Results: i=51; mx.example; none\r\n",
      "an ARC field has no instance from 1 to 50" },
    { SEAL1 AMS1 "ARC-Authentication-Results: i=1 mx.example; none\r\n",
      "an ARC field has no instance from 1 to 50" },
    { SEAL1 AMS1 AAR1 "ARC-Seal: nonsense\r\n", "an ARC field has no instance from 1 to 50" },
    { SEAL1 AMS1 AAR1 "ARC-Authentication-Results: i=3; mx.example; none\r\n", "a set of the chain is not whole" },
    { SEAL1 AMS1 "ARC-Authentication-Results: i=2; mx.example; none\r\n", "a set of the chain is not whole" },
    { "ARC-Seal: i=1; cv=none; a=rsa-sha256; d=a.example; b=AAAA\r\n" AMS1 AAR1,
      "ARC-Message-Signature of i=1: body hash did not verify" },
};

static void the_structure_must_be_whole(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < sizeof structures / sizeof structures[0]; i++) {
        struct seki_buf header;
        seki_buf_init_arena(&header, w->arena, 1 << 16);
        seki_buf_add(&header, seki_str_of(structures[i].header));
        seki_buf_add(&header, SEKI_STR(HEADER));
        struct seki_arc_verdict verdict = validate_plain(w, seki_buf_str(&header));
        assert_failed(&verdict, structures[i].reason);
    }
}

/* Step 1: "The maximum number of ARC Sets that can be attached to a message is 50." */
static void fifty_sets_are_the_most(void **state)
{
    struct world *w = *state;
    struct seki_str header = SEKI_STR(HEADER);
    for (unsigned i = 1; i <= 50; i++)
        header = signer_arc(&w->signer, i, i == 1 ? "none" : "pass", AMS(0), AS(0), header);
    struct seki_arc_verdict verdict = validate_plain(w, header);
    assert_int_equal(verdict.result, SEKI_ARC_PASS);
    assert_int_equal(verdict.instance, 50);
    assert_int_equal(verdict.oldest_pass, 0);
    struct seki_buf more;
    seki_buf_init_arena(&more, w->arena, 1 << 20);
    seki_buf_add(&more, SEKI_STR(SEAL1));
    seki_buf_add(&more, header);
    verdict = validate_plain(w, seki_buf_str(&more));
    assert_failed(&verdict, "there are more than 50 sets");
}

/* Section 9.2: "all of them will be queried by the participant until a failure is discovered". Never more than ten at a
 * time (see validate_counted()). */
static void keys_are_asked_for_as_far_as_they_matter(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *broken, *reason; /* NULL: the chain passes */
        size_t max_questions;
        unsigned oldest_pass;
    } cases[] = {
        { NULL, NULL, 40, 0 },
        { "ams20.", "ARC-Message-Signature of i=20: key unavailable: timed out", 10, 0 },
        { "as20.", "ARC-Seal of i=20: key unavailable: timed out", 10, 0 },
        { "as15.", "ARC-Seal of i=15: key unavailable: timed out", 20, 0 },
        { "ams18.", NULL, 25, 19 },
    };
    struct seki_str header = SEKI_STR(HEADER);
    for (unsigned i = 1; i <= 20; i++) {
        char ams[128], as[128];
        snprintf(ams, sizeof ams, "a=rsa-sha256; c=relaxed/relaxed; d=ams%u.example; s=s; h=from:subject", i);
        snprintf(as, sizeof as, "a=rsa-sha256; d=as%u.example; s=s", i);
        header = signer_arc(&w->signer, i, i == 1 ? "none" : "pass", ams, as, header);
    }
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t count;
        struct seki_arc_verdict verdict = validate_counted(w, header, w->signer.body, cases[i].broken, &count);
        assert_in_range(count, 1, cases[i].max_questions);
        if (cases[i].reason != NULL) {
            assert_failed(&verdict, cases[i].reason);
            continue;
        }
        assert_int_equal(verdict.result, SEKI_ARC_PASS);
        assert_int_equal(verdict.oldest_pass, cases[i].oldest_pass);
    }
}

static void instances_of_auth_results_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        unsigned instance;
        const char *payload;
    } cases[] = {
        { " i=1; mx.example; none", 1, " mx.example; none" },
        { "i=50;", 50, "" },
        { " (a comment) i (b) =\r\n 2 (c (d)) ;x", 2, "x" },
        { " i=01; x", 1, " x" },
        { " I=1; x", 0, NULL },
        { " i=100; x", 0, NULL },
        { " i=51; x", 0, NULL },
        { " i=0; x", 0, NULL },
        { " i=; x", 0, NULL },
        { " i=1 x; y", 0, NULL },
        { " i=1", 0, NULL },
        { " i", 0, NULL },
        { "", 0, NULL },
        { " (open i=1; x", 0, NULL },
        { " x=1; i=1;", 0, NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seki_str payload;
        assert_int_equal(seki_arc_auth_results_read(seki_str_of(cases[i].value), &payload), cases[i].instance);
        if (cases[i].payload != NULL)
            assert_true(seki_str_equal(payload, seki_str_of(cases[i].payload)));
    }
}

/* Section 9.4: a sealer that is not trusted may have made up all that lies below it. */
static void trust_runs_from_the_newest_down_without_a_gap(void **state)
{
    (void)state;
    struct seki_arc_set sets[] = {
        { .sealer = SEKI_STR("one.example") },
        { .sealer = SEKI_STR("two.example") },
        { .sealer = SEKI_STR("three.example"), .ams_is_valid = true },
    };
    const struct seki_str one = SEKI_STR("one.example"), two = SEKI_STR("two.example"),
                          three = SEKI_STR("three.example");
    const struct {
        struct seki_str trusted[3];
        size_t count, oldest; /* oldest: index into sets, 3 = not trusted */
    } cases[] = {
        { { one, two, three }, 3, 0 },     { { three, two }, 2, 1 }, { { three }, 1, 2 },
        { { three, one }, 2, 2 },          { { one, two }, 2, 3 },   { { two }, 1, 3 },
        { { SEKI_STR("example") }, 1, 3 }, { { one }, 0, 3 },
    };
    struct seki_arc_verdict verdict = { .result = SEKI_ARC_PASS, .instance = 3, .sets = sets, .set_count = 3 };
    const struct seki_arc_set *oldest;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool is_trusted = seki_arc_is_trusted(&verdict, cases[i].trusted, cases[i].count, &oldest);
        assert_int_equal(is_trusted, cases[i].oldest < 3);
        assert_ptr_equal(oldest, is_trusted ? &sets[cases[i].oldest] : NULL);
    }
    assert_true(seki_arc_is_trusted(&verdict, &three, 1, NULL));
    sets[2].ams_is_valid = false;
    assert_false(seki_arc_is_trusted(&verdict, &three, 1, &oldest));
    sets[2].ams_is_valid = true;
    verdict.result = SEKI_ARC_FAIL;
    assert_false(seki_arc_is_trusted(&verdict, &three, 1, &oldest));
    verdict = (struct seki_arc_verdict){ .result = SEKI_ARC_NONE };
    assert_false(seki_arc_is_trusted(&verdict, &three, 1, &oldest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_without_arc_fields_has_no_chain),
        cmocka_unit_test(a_whole_chain_passes),
        cmocka_unit_test(older_signatures_only_move_oldest_pass),
        cmocka_unit_test(a_signature_over_part_of_the_body_is_not_valid),
        cmocka_unit_test(the_newest_signature_must_verify),
        cmocka_unit_test(a_dns_failure_is_a_failure),
        cmocka_unit_test(every_seal_must_verify),
        cmocka_unit_test(the_marks_of_the_seals_must_be_in_order),
        cmocka_unit_test(the_structure_must_be_whole),
        cmocka_unit_test(fifty_sets_are_the_most),
        cmocka_unit_test(keys_are_asked_for_as_far_as_they_matter),
        cmocka_unit_test(instances_of_auth_results_are_read),
        cmocka_unit_test(trust_runs_from_the_newest_down_without_a_gap),
    };
    return cmocka_run_group_tests(tests, start, stop);
}

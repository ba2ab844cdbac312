/* A verdict that is had again from what was kept of a message: header, body hashes and answers. */
#include "support/signer.h"

#include <sekisho/verify.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static struct seki_arena *arena;
static struct seki_context *context;

static const struct {
    const char *name, *text;
} zone[] = {
    { "example.com", "v=spf1 ip4:192.0.2.1 -all" },
    { "_dmarc.example.com", "v=DMARC1; p=reject" },
    { "s._domainkey.example.com", SIGNER_RSA_RECORD },
};

#define NOW_S 1767225600

static int set_up(void **state)
{
    (void)state;
    arena = seki_arena_new(16 << 20);
    context = seki_context_new(0, NULL);
    return arena == NULL || context == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    seki_context_free(context);
    seki_arena_free(arena);
    return 0;
}

struct kept {
    struct seki_str header, hashes, answers;
};

static struct seki_buf buf_new(void)
{
    struct seki_buf buf;
    seki_buf_init_arena(&buf, arena, 1 << 20);
    return buf;
}

static struct kept keep(const struct seki_verify *verify, const struct seki_answers *answers)
{
    struct seki_buf header = buf_new(), hashes = buf_new(), table = buf_new();
    seki_verify_header_write(verify, &header);
    seki_verify_body_hashes_write(verify, &hashes);
    seki_answers_encode(answers, &table);
    assert_int_equal(seki_buf_failed(&header) + seki_buf_failed(&hashes) + seki_buf_failed(&table), SEKI_OK);
    return (struct kept){ seki_buf_str(&header), seki_buf_str(&hashes), seki_buf_str(&table) };
}

static void answer_all(struct seki_answers *answers)
{
    const struct seki_answer *question;
    while ((question = seki_answers_next_open(answers)) != NULL) {
        struct seki_record record = { 0 };
        struct seki_answer outcome = { .status = SEKI_ANSWER_NXDOMAIN, .records = &record };
        for (size_t i = 0; i < sizeof zone / sizeof zone[0]; i++) {
            if (question->type != SEKI_RR_TXT || !seki_str_equal(question->name, seki_str_of(zone[i].name)))
                continue;
            record.text = seki_str_of(zone[i].text);
            outcome.status = SEKI_ANSWER_FOUND;
            outcome.record_count = 1;
        }
        assert_int_equal(seki_answers_enter(answers, question, &outcome), SEKI_OK);
    }
}

static struct seki_verdict judge(struct seki_verify *verify, struct seki_answers *answers)
{
    struct seki_verdict verdict;
    enum seki_result result;
    while ((result = seki_verify_step(verify, answers, &verdict, NULL)) == SEKI_NEED_ANSWERS)
        answer_all(answers);
    assert_int_equal(result, SEKI_OK);
    return verdict;
}

static const struct seki_str body = SEKI_STR_INIT("Hello\r\n");
static const struct seki_ip client = { 4, { 192, 0, 2, 1 } };

static const char tags[] = "v=1; a=rsa-sha256; d=example.com; s=s; c=relaxed/simple; h=from; x=1767225700";
static const char tags_length[] = "v=1; a=rsa-sha256; d=example.com; s=s; c=simple/relaxed; h=from; l=3";

static struct seki_str signed_header(void)
{
    const struct signer signer = { arena, context, body };
    struct seki_str header = signer_dkim(&signer, tags, SEKI_STR("From : a@example.com\r\nSubject: a\r\n\tb\r\n"));
    return signer_dkim(&signer, tags_length, header);
}

static struct seki_verify *begin(const struct seki_verify_options *options, struct seki_str header)
{
    struct seki_str rest;
    bool is_unix;
    struct seki_verify *verify = seki_verify_new(arena, context, options);
    assert_non_null(verify);
    assert_int_equal(seki_verify_client(verify, &client, SEKI_STR("mail.example.com")), SEKI_OK);
    assert_int_equal(seki_verify_mail_from(verify, SEKI_STR("a@example.com")), SEKI_OK);
    assert_int_equal(seki_verify_header(verify, header, &rest, &is_unix), SEKI_OK);
    assert_int_equal(seki_verify_end_of_header(verify), SEKI_OK);
    return verify;
}

static struct seki_verify *live(const struct seki_verify_options *options)
{
    struct seki_verify *verify = begin(options, signed_header());
    seki_verify_body(verify, body);
    seki_verify_end_of_message(verify);
    return verify;
}

static const struct seki_verify_options options_then = {
    .authserv_id = SEKI_STR_INIT("mx.example.net"),
    .receiver = SEKI_STR_INIT("mx.example.net"),
    .now_s = NOW_S,
    .trusted_sealers = (const struct seki_str[]){ SEKI_STR_INIT("list.example"), SEKI_STR_INIT("b.example") },
    .trusted_sealer_count = 2,
};

static enum seki_result recall(const struct kept *kept, struct seki_verify **verify, struct seki_error *why)
{
    const struct seki_verify_kept all = { .client = client,
                                          .helo = SEKI_STR("mail.example.com"),
                                          .mail_from = SEKI_STR("a@example.com"),
                                          .header = kept->header,
                                          .body_hashes = kept->hashes };
    return seki_verify_recall(arena, context, &all, verify, why);
}

static void test_the_verdict_comes_back(void **state)
{
    (void)state;
    struct seki_answers *answers = seki_answers_new(arena, 0), *recorded;
    struct seki_verify *verify = live(&options_then), *again;
    struct seki_verdict then = judge(verify, answers);
    assert_int_equal(then.dmarc.result, SEKI_DMARC_PASS);
    assert_int_equal(then.dkim.signature_count, 2);
    assert_int_equal(then.dkim.signatures[0].result, SEKI_DKIM_PASS);
    assert_int_equal(then.dkim.signatures[1].result, SEKI_DKIM_PASS);
    assert_true(then.dkim.signatures[0].is_partial);
    struct kept kept = keep(verify, answers);
    seki_verify_end(verify);
    struct seki_error why = { "" };
    assert_int_equal(recall(&kept, &again, &why), SEKI_OK);
    assert_int_equal(seki_answers_decode(kept.answers, arena, &recorded, &why), SEKI_OK);
    assert_int_equal(seki_answers_open_count(recorded), 0);
    struct seki_verdict now;
    assert_int_equal(seki_verify_step(again, recorded, &now, &why), SEKI_OK);
    assert_int_equal(seki_answers_open_count(recorded), 0); /* nothing else was asked */
    assert_true(seki_str_equal(now.authentication_results, then.authentication_results));
    assert_true(now.dkim.signatures[0].is_partial);
    struct kept twice = keep(again, recorded);
    assert_true(seki_str_equal(twice.header, kept.header));
    assert_true(seki_str_equal(twice.hashes, kept.hashes));
    assert_true(seki_str_equal(twice.answers, kept.answers));
    seki_verify_end(again);
}

/* Another octet of a hash: the signature fails, as it would with another body. */
static void test_the_hash_is_what_counts(void **state)
{
    (void)state;
    struct seki_answers *answers = seki_answers_new(arena, 0);
    struct seki_verify *verify = live(&options_then), *again;
    judge(verify, answers);
    struct kept kept = keep(verify, answers);
    seki_verify_end(verify);
    char *last = (char *)(uintptr_t)kept.hashes.ptr + kept.hashes.len - 1;
    *last = (char)(*last ^ 1);
    assert_int_equal(recall(&kept, &again, NULL), SEKI_OK);
    struct seki_verdict now = judge(again, answers);
    int failed =
        (now.dkim.signatures[0].result == SEKI_DKIM_FAIL) + (now.dkim.signatures[1].result == SEKI_DKIM_FAIL);
    assert_int_equal(failed, 1);
    seki_verify_end(again);
}

static void test_a_header_that_was_too_long_then_is_so_again(void **state)
{
    (void)state;
    struct seki_verify_options options = options_then;
    options.message.max_fields = 3;
    struct seki_answers *answers = seki_answers_new(arena, 0);
    struct seki_verify *verify = live(&options), *again;
    struct seki_verdict then = judge(verify, answers);
    assert_int_equal(then.arc.result, SEKI_ARC_FAIL);
    struct kept kept = keep(verify, answers);
    seki_verify_end(verify);
    assert_int_equal(recall(&kept, &again, NULL), SEKI_OK);
    struct seki_verdict now = judge(again, answers);
    assert_true(seki_str_equal(now.authentication_results, then.authentication_results));
    seki_verify_end(again);
}

static void assert_refused(const char *name, const struct kept *kept, const char *want)
{
    struct seki_verify *again;
    struct seki_error why = { "" };
    enum seki_result result = recall(kept, &again, &why);
    if (result != SEKI_BAD_INPUT || again != NULL || strstr(why.text, want) == NULL)
        fail_msg("%s: %d \"%s\"", name, result, why.text);
}

static void test_refusals(void **state)
{
    (void)state;
    struct seki_verify *verify = live(&options_then);
    struct kept kept = keep(verify, seki_answers_new(arena, 0)), other = kept;
    seki_verify_end(verify);
    other.header = seki_str_head(kept.header, kept.header.len - sizeof "Subject: a\r\n\tb\r\n" + 1);
    assert_refused("a header that was cut", &other, "not kept whole");
    other = kept;
    other.hashes = SEKI_STR("");
    assert_refused("no hashes", &other, "nothing was kept");
    for (size_t len = 1; len < kept.hashes.len; len++) {
        other.hashes = seki_str_head(kept.hashes, len);
        assert_refused("hashes that are cut off", &other, "");
    }
    verify = begin(&options_then, signed_header());
    kept = keep(verify, seki_answers_new(arena, 0));
    seki_verify_end(verify);
    assert_refused("a message that had not ended", &kept, "had not ended");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_verdict_comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_hash_is_what_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_header_that_was_too_long_then_is_so_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("a verdict again", tests, NULL, NULL);
}

/* A verdict must not hang on which answer came first, on how often a step was made, or on what had arrived when it was:
 * the same message with the same answers is evaluated once at the end and many times in any order, and has to come
 * out the same, octet for octet. So too when some of the answers are failures. */
#include <sekisho/verify.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define ORDERS    40u
#define FAILURES  12u /* sets of questions that fail; the first is empty */
#define MAX_STEPS 2000u

static const struct {
    const char *name;
    enum seki_rr_type type;
    const char *data; /* TXT, MX and PTR as text, A in dotted form */
} zone[] = {
    { "example.com", SEKI_RR_TXT,
      "v=spf1 include:i1.test mx:m.test ptr:p.test exists:%{p}.e.test redirect=r.test" },
    { "i1.test", SEKI_RR_TXT, "v=spf1 include:i2.test mx a:%{p2}.q.test ?all exp=e.i1.test" },
    { "i1.test", SEKI_RR_MX, "mx1.i1.test" },
    { "i1.test", SEKI_RR_MX, "mx2.i1.test" },
    { "mx1.i1.test", SEKI_RR_A, "198.51.100.1" },
    { "i2.test", SEKI_RR_TXT, "v=spf1 exists:%{ir}.x.test a:nx1.test ~all" },
    { "m.test", SEKI_RR_MX, "h1.m.test" },
    { "m.test", SEKI_RR_MX, "h2.m.test" },
    { "h2.m.test", SEKI_RR_A, "203.0.113.2" },
    { "1.2.0.192.in-addr.arpa", SEKI_RR_PTR, "www.p.test" },
    { "1.2.0.192.in-addr.arpa", SEKI_RR_PTR, "c.other.test" },
    { "c.other.test", SEKI_RR_A, "192.0.2.1" },
    { "r.test", SEKI_RR_TXT, "v=spf1 a:zz.test -all exp=ex.r.test" },
    { "ex.r.test", SEKI_RR_TXT, "%{s} from %{c} %{p} is no" },
    { "mail.example.com", SEKI_RR_TXT, "v=spf1 ip4:192.0.2.1 mx:m.test -all" },
    { "_dmarc.com", SEKI_RR_TXT, "v=DMARC1; p=none; psd=y" },
    { "_dmarc.example.com", SEKI_RR_TXT, "v=DMARC1; p=reject; sp=quarantine; np=none" },
    { "_dmarc.sub.example.com", SEKI_RR_TXT, "v=DMARC1; p=none" },
    { "s._domainkey.example.com", SEKI_RR_TXT, "v=DKIM1; p=" },
};

static const struct order_case {
    const char *name, *client, *mail_from, *from;
} cases[] = {
    { "a redirect that ends in fail", "192.0.2.1", "<a@example.com>", " a@example.com" },
    { "an include that passes", "198.51.100.1", "<a@example.com>", " a@news.example.com" },
    { "a pass by another exchange, below the author's domain", "203.0.113.2", "<a@mail.example.com>",
      " a@nx.sub.example.com" },
    { "a null reverse-path", "192.0.2.1", "<>", " a@example.com" },
    { "several authors", "192.0.2.1", "<a@mail.example.com>", " a@sub.example.com, b@example.com, c@other.test" },
};

struct run {
    const struct order_case *c;
    uint32_t random;   /* 0: no disorder, one step when all has arrived */
    uint32_t failures; /* which questions fail; 0: none */
    struct seki_arena *arena;
    struct seki_answers *answers;
    struct seki_verify *verify;
    const struct seki_answer *waiting[500];
    size_t waiting_count;
};

/* Numerical Recipes' generator: the same orders on every machine. */
static uint32_t draw(struct run *run, uint32_t below)
{
    run->random = run->random * 1664525u + 1013904223u;
    return (run->random >> 16) % below;
}

static bool is_failure(const struct run *run, const struct seki_answer *question)
{
    uint32_t hash = seki_str_hash_nocase(question->name) + (uint32_t)question->type * 7919u;
    hash = (hash ^ run->failures) * 0x9E3779B1u;
    return run->failures != 0 && (hash >> 24) % (run->failures % 2 != 0 ? 6 : 2) == 0;
}

static void answer(struct run *run, const struct seki_answer *question)
{
    struct seki_record records[4] = { 0 };
    struct seki_answer outcome = { .status = SEKI_ANSWER_NXDOMAIN, .records = records };
    for (size_t i = 0; i < sizeof zone / sizeof zone[0]; i++) {
        if (!seki_str_equal(question->name, seki_str_of(zone[i].name)))
            continue;
        outcome.status = outcome.record_count > 0 ? SEKI_ANSWER_FOUND : SEKI_ANSWER_NODATA;
        if (zone[i].type != question->type)
            continue;
        outcome.status = SEKI_ANSWER_FOUND;
        struct seki_record *record = &records[outcome.record_count++];
        record->text = seki_str_of(zone[i].data);
        if (zone[i].type == SEKI_RR_A)
            assert_true(seki_ip_parse(record->text, &record->address));
    }
    if (is_failure(run, question))
        outcome = (struct seki_answer){ .status = SEKI_ANSWER_FAILED, .failure = SEKI_STR("SERVFAIL") };
    assert_int_equal(seki_answers_enter(run->answers, question, &outcome), SEKI_OK);
}

static void answer_some(struct run *run)
{
    const struct seki_answer *question;
    while ((question = seki_answers_next_open(run->answers)) != NULL)
        run->waiting[run->waiting_count++] = question;
    size_t some = run->random == 0 ? run->waiting_count : draw(run, 3);
    for (; some > 0 && run->waiting_count > 0; some--) {
        size_t i = run->random == 0 ? 0 : draw(run, (uint32_t)run->waiting_count);
        question = run->waiting[i];
        run->waiting[i] = run->waiting[--run->waiting_count];
        answer(run, question);
    }
}

/* Steps in between, as many as the dice say; none has a verdict yet. */
static void disturb(struct run *run)
{
    struct seki_verdict verdict;
    while (run->random != 0 && draw(run, 3) > 0) {
        enum seki_result result = seki_verify_step(run->verify, run->answers, &verdict, NULL);
        assert_true(result == SEKI_NEED_ANSWERS || result == SEKI_NEED_BODY);
        answer_some(run);
    }
}

static void deliver(struct run *run)
{
    static const char signature[] = " v=1; a=rsa-sha256; d=%s; s=s; h=from; "
                                    "bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA";
    struct seki_ip client;
    assert_true(seki_ip_parse(seki_str_of(run->c->client), &client));
    assert_int_equal(seki_verify_client(run->verify, &client, SEKI_STR("mail.example.com")), SEKI_OK);
    assert_int_equal(seki_verify_mail_from(run->verify, seki_str_of(run->c->mail_from)), SEKI_OK);
    disturb(run);
    static const char *const domains[] = { "example.com", "sub.example.com", "other.test" };
    for (size_t i = 0; i < sizeof domains / sizeof domains[0]; i++) {
        struct seki_str value = seki_arena_format(run->arena, signature, domains[i]);
        assert_int_equal(seki_verify_field(run->verify, SEKI_STR("DKIM-Signature"), value), SEKI_OK);
    }
    assert_int_equal(seki_verify_field(run->verify, SEKI_STR("From"), seki_str_of(run->c->from)), SEKI_OK);
    assert_int_equal(seki_verify_end_of_header(run->verify), SEKI_OK);
    disturb(run);
    seki_verify_body(run->verify, SEKI_STR("Hello\r\n"));
    disturb(run);
    seki_verify_end_of_message(run->verify);
}

/* @return what came of it, as one text on the heap */
static char *evaluate(struct seki_context *context, const struct order_case *c, uint32_t random, uint32_t failures)
{
    const struct seki_verify_options options = { .authserv_id = SEKI_STR("mx.example.net") };
    struct run run = { .c = c, .random = random, .failures = failures, .arena = seki_arena_new(4 << 20) };
    struct seki_verdict verdict;
    enum seki_result result;
    size_t steps = 0;
    run.answers = seki_answers_new(run.arena, 0);
    run.verify = seki_verify_new(run.arena, context, &options);
    deliver(&run);
    while ((result = seki_verify_step(run.verify, run.answers, &verdict, NULL)) == SEKI_NEED_ANSWERS) {
        assert_true(++steps < MAX_STEPS);
        assert_true(seki_answers_needed_count(run.answers) >
                    0); /* else whoever waits for needed ones waits for ever */
        answer_some(&run);
    }
    assert_int_equal(result, SEKI_OK);
    struct seki_str field = verdict.authentication_results, explanation = verdict.spf_mail_from.explanation;
    char *text = test_malloc(field.len + explanation.len + 64);
    snprintf(text, field.len + explanation.len + 64, "%.*s|%.*s|%d|%u|%u", (int)field.len, field.ptr,
             (int)explanation.len, explanation.ptr, (int)verdict.disposition, verdict.spf_mail_from.lookups,
             verdict.spf_mail_from.void_lookups);
    seki_verify_end(run.verify);
    seki_arena_free(run.arena);
    return text;
}

static void check(void **state)
{
    struct seki_error why;
    struct seki_context *context = seki_context_new(0, &why);
    assert_non_null(context);
    for (uint32_t failures = 0; failures < FAILURES; failures++) {
        char *want = evaluate(context, *state, 0, failures);
        for (uint32_t random = 1; random <= ORDERS; random++) {
            char *got = evaluate(context, *state, random, failures);
            assert_string_equal(got, want);
            test_free(got);
        }
        test_free(want);
    }
    seki_context_free(context);
}

int main(void)
{
    struct CMUnitTest tests[sizeof cases / sizeof cases[0]];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        tests[i] = (struct CMUnitTest){ cases[i].name, check, NULL, NULL, (void *)(uintptr_t)&cases[i] };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* DKIM verification from header to verdict: the example of RFC 8463 appendix A, and messages signed here. */
#include "support/signer.h"

#include <sekisho/buf.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define NOW_S 1795334400

static const char rfc8463_message[] = "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
                                      " d=football.example.com; i=@football.example.com;\r\n"
                                      " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
                                      " subject : date : message-id : from : subject : date;\r\n"
                                      " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
                                      " b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n"
                                      " Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n"
                                      "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"
                                      " d=football.example.com; i=@football.example.com;\r\n"
                                      " q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n"
                                      " date : message-id : from : subject : date;\r\n"
                                      " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
                                      " b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r\n"
                                      " DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r\n"
                                      " dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\r\n"
                                      "From: Joe SixPack <joe@football.example.com>\r\n"
                                      "To: Suzie Q <suzie@shopping.example.net>\r\n"
                                      "Subject: Is dinner ready?\r\n"
                                      "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
                                      "Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
                                      "\r\n"
                                      "Hi.\r\n"
                                      "\r\n"
                                      "We lost the game.  Are you hungry yet?\r\n"
                                      "\r\n"
                                      "Joe.\r\n"
                                      "\r\n";

/* The key of RFC 6376 appendix C, by which nothing here is signed. */
#define OTHER_RECORD                                                                                               \
    "v=DKIM1; "                                                                                                    \
    "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4"        \
    "jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/"                                                     \
    "NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2Q"                                                      \
    "IDAQAB"

struct record {
    const char *name, *text; /* text NULL: the look-up fails */
};

struct world {
    struct seki_context *context;
    struct seki_arena *arena;
    struct signer signer;
    const struct record *records;
    size_t record_count;
};

static const struct record usual_records[] = {
    { "test._domainkey.football.example.com", SIGNER_RSA_RECORD },
    { "brisbane._domainkey.football.example.com", SIGNER_ED25519_RECORD },
    { "s._domainkey.example.net", SIGNER_RSA_RECORD },
    { "t._domainkey.example.net", SIGNER_RSA_RECORD "; t=y" },
    { "exact._domainkey.example.net", SIGNER_RSA_RECORD "; t=s" },
    { "sha1only._domainkey.example.net", SIGNER_RSA_RECORD "; h=sha1" },
    { "revoked._domainkey.example.net", "v=DKIM1; p=" },
    { "broken._domainkey.example.net", NULL },
    { "several._domainkey.example.net", "v=spf1 -all" },
    { "several._domainkey.example.net", SIGNER_ED25519_RECORD },
    { "several._domainkey.example.net", OTHER_RECORD },
    { "several._domainkey.example.net", SIGNER_RSA_RECORD },
    { "toomany._domainkey.example.net", OTHER_RECORD },
    { "toomany._domainkey.example.net", OTHER_RECORD "; n=again" },
    { "toomany._domainkey.example.net", SIGNER_RSA_RECORD },
    { "ed._domainkey.example.net", SIGNER_ED25519_RECORD },
};

static int start(void **state)
{
    static struct world world;
    world = (struct world){ .records = usual_records };
    world.record_count = sizeof usual_records / sizeof usual_records[0];
    world.context = seki_context_new(0, NULL);
    world.arena = seki_arena_new(64 << 20);
    world.signer =
        (struct signer){ .arena = world.arena, .context = world.context, .body = SEKI_STR("Hi.\r\nJoe.\r\n") };
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

static void answer(const struct world *w, struct seki_answers *answers)
{
    const struct seki_answer *question;
    while ((question = seki_answers_next_open(answers)) != NULL) {
        struct seki_record records[16] = { 0 };
        struct seki_answer outcome = { .records = records, .dnssec = SEKI_DNSSEC_SECURE };
        for (size_t i = 0; i < w->record_count; i++) {
            if (!seki_str_equal(question->name, seki_str_of(w->records[i].name)))
                continue;
            if (w->records[i].text == NULL)
                outcome.failure = SEKI_STR("SERVFAIL");
            else
                records[outcome.record_count++].text = seki_str_of(w->records[i].text);
        }
        outcome.status = outcome.failure.len > 0    ? SEKI_ANSWER_FAILED
                         : outcome.record_count > 0 ? SEKI_ANSWER_FOUND
                                                    : SEKI_ANSWER_NXDOMAIN;
        assert_int_equal(seki_answers_enter(answers, question, &outcome), SEKI_OK);
    }
}

static struct seki_dkim_verdict verify_with(struct world *w, struct seki_str header, struct seki_str body_text,
                                            const struct seki_dkim_options *options)
{
    struct seki_message *message = seki_message_new(w->arena, NULL);
    struct seki_body_hash *body = seki_body_hash_new(w->arena, w->context);
    struct seki_answers *answers = seki_answers_new(w->arena, 0);
    struct seki_dkim *dkim;
    struct seki_dkim_verdict verdict;
    struct seki_error why;
    struct seki_str rest;
    bool is_unix;
    assert_int_equal(seki_message_read(message, header, &rest, &is_unix), SEKI_OK);
    assert_int_equal(seki_dkim_new(w->arena, w->context, message, body, options, &dkim, &why), SEKI_OK);
    enum seki_result result = seki_dkim_step(dkim, answers, &verdict, &why);
    assert_true(result == SEKI_OK || result == SEKI_NEED_ANSWERS);
    answer(w, answers);
    seki_body_hash_update(body, body_text.ptr != NULL ? body_text : rest);
    seki_body_hash_finish(body);
    assert_int_equal(seki_dkim_step(dkim, answers, &verdict, &why), SEKI_OK);
    struct seki_dkim_verdict again;
    assert_int_equal(seki_dkim_step(dkim, answers, &again, &why), SEKI_OK);
    assert_ptr_equal(again.signatures, verdict.signatures);
    seki_body_hash_end(body);
    return verdict;
}

static struct seki_dkim_verdict verify(struct world *w, struct seki_str header)
{
    const struct seki_dkim_options options = { .now_s = NOW_S };
    return verify_with(w, header, w->signer.body, &options);
}

#define HEADER "From: <joe@example.net>\r\nSubject: Hi\r\nReceived: one\r\nReceived: two\r\nReceived: three\r\n"
#define TAGS   "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.net; "

static struct seki_str signed_with(struct world *w, const char *tags)
{
    return signer_dkim(&w->signer, tags, SEKI_STR(HEADER));
}

static void assert_only(const struct seki_dkim_verdict *verdict, enum seki_dkim_result result, const char *reason)
{
    assert_int_equal(verdict->signature_count, 1);
    const struct seki_dkim_signature_verdict *s = &verdict->signatures[0];
    if (s->result != result || !seki_str_equal(s->reason, seki_str_of(reason)))
        fail_msg("got %s (%.*s), want %s (%s)", seki_dkim_result_name(s->result), SEKI_STR_ARGS(s->reason),
                 seki_dkim_result_name(result), reason);
}

static void the_example_of_rfc_8463_passes_twice(void **state)
{
    struct world *w = *state;
    const struct seki_dkim_options options = { .now_s = NOW_S };
    struct seki_dkim_verdict verdict =
        verify_with(w, seki_str_of(rfc8463_message), (struct seki_str){ NULL, 0 }, &options);
    assert_int_equal(verdict.signature_count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(verdict.signatures[i].result, SEKI_DKIM_PASS);
        assert_true(seki_str_equal(verdict.signatures[i].domain, SEKI_STR("football.example.com")));
        assert_true(seki_str_equal(verdict.signatures[i].identity, SEKI_STR("@football.example.com")));
        assert_int_equal(verdict.signatures[i].reason.len, 0);
        assert_int_equal(verdict.signatures[i].dnssec, SEKI_DNSSEC_SECURE);
        assert_int_equal(verdict.signatures[i].field_index, i);
    }
    assert_true(seki_str_equal(verdict.signatures[0].algorithm, SEKI_STR("ed25519-sha256")));
    assert_true(seki_str_equal(verdict.signatures[0].b_prefix, SEKI_STR("/gCrinpc")));
    assert_true(seki_str_equal(verdict.signatures[1].b_prefix, SEKI_STR("F45dVWDf")));
    assert_int_equal(verdict.signatures[1].key_bits, 1024);
}

static void every_octet_of_the_example_counts(void **state)
{
    struct world *w = *state;
    const struct seki_dkim_options options = { .now_s = NOW_S };
    static const char *const places[] = { "Joe SixPack", "Is dinner", "2003 21",
                                          "20030712",    "lost",      "h=from : to : s" };
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        char text[sizeof rfc8463_message];
        memcpy(text, rfc8463_message, sizeof text);
        *strstr(text, places[i]) ^= 1;
        struct seki_dkim_verdict verdict =
            verify_with(w, seki_str_of(text), (struct seki_str){ NULL, 0 }, &options);
        assert_int_not_equal(verdict.signatures[1].result, SEKI_DKIM_PASS);
    }
}

static void a_message_without_signature_has_none(void **state)
{
    struct world *w = *state;
    assert_int_equal(verify(w, SEKI_STR(HEADER)).signature_count, 0);
}

static const struct {
    const char *name, *tags;
    enum seki_dkim_result result;
    const char *reason;
} keys[] = {
    { "a key", TAGS "s=s; h=from", SEKI_DKIM_PASS, "" },
    { "a key in testing", TAGS "s=t; h=from", SEKI_DKIM_PASS, "" },
    { "no key", TAGS "s=nowhere; h=from", SEKI_DKIM_PERMERROR, "no key for signature" },
    { "a revoked key", TAGS "s=revoked; h=from", SEKI_DKIM_PERMERROR, "the key is revoked" },
    { "the DNS does not answer", TAGS "s=broken; h=from", SEKI_DKIM_TEMPERROR, "key unavailable: SERVFAIL" },
    { "t=s, and i= is d=", TAGS "s=exact; i=joe@example.net; h=from", SEKI_DKIM_PASS, "" },
    { "t=s, and i= is below d=", TAGS "s=exact; i=joe@a.example.net; h=from", SEKI_DKIM_PERMERROR,
      "the key is not for subdomains in i= (t=s)" },
    { "a key for another hash", TAGS "s=sha1only; h=from", SEKI_DKIM_PERMERROR,
      "the key is not for the hash of the signature" },
    { "a key of another type", TAGS "s=ed; h=from", SEKI_DKIM_PERMERROR,
      "the key is of another type than the signature" },
    { "several records, the second that is fit is it", TAGS "s=several; h=from", SEKI_DKIM_PASS, "" },
    { "several records, the third that is fit would be it", TAGS "s=toomany; h=from", SEKI_DKIM_FAIL,
      "signature did not verify" },
    { "a name that is too long for the DNS",
      TAGS
      "s=a123456789012345678901234567890123456789012345678901234567890.a12345678901234567890123456789012345678901"
      "2345678901234567890.a123456789012345678901234567890123456789012345678901234567890.a1234567890123456789012345"
      "67890123456789012345; h=from",
      SEKI_DKIM_PERMERROR, "no key for signature" },
};

static void what_the_key_decides(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        print_message("# %s\n", keys[i].name);
        struct seki_dkim_verdict verdict = verify(w, signed_with(w, keys[i].tags));
        assert_only(&verdict, keys[i].result, keys[i].reason);
    }
    assert_true(verify(w, signed_with(w, TAGS "s=t; h=from")).signatures[0].is_testing);
}

static void limits_of_rfc_8301_can_only_be_lowered_by_option(void **state)
{
    struct world *w = *state;
    struct seki_dkim_options options = { .now_s = NOW_S, .min_rsa_bits = 1025 };
    struct seki_str header = signed_with(w, TAGS "s=s; h=from");
    struct seki_dkim_verdict verdict = verify_with(w, header, w->signer.body, &options);
    assert_only(&verdict, SEKI_DKIM_POLICY, "the RSA key is too short");
    assert_int_equal(verdict.signatures[0].key_bits, 0);
    header = signed_with(w, "v=1; a=rsa-sha1; d=example.net; s=s; h=from");
    verdict = verify(w, header);
    assert_only(&verdict, SEKI_DKIM_POLICY, "rsa-sha1 is no longer valid (RFC 8301)");
    options = (struct seki_dkim_options){ .now_s = NOW_S, .allow_rsa_sha1 = true };
    verdict = verify_with(w, header, w->signer.body, &options);
    assert_only(&verdict, SEKI_DKIM_PASS, "");
}

/* Section 5.4.2: from the bottom up; entries without a field count for nothing, until somebody adds one. */
static void instances_are_taken_from_the_bottom(void **state)
{
    struct world *w = *state;
    struct seki_str header = signed_with(w, TAGS "s=s; h=from:received:Received:x-none:x-none");
    struct seki_dkim_verdict verdict = verify(w, header);
    assert_only(&verdict, SEKI_DKIM_PASS, "");
    static const struct {
        const char *from, *to;
        bool is_signed;
    } changes[] = {
        { "Received: one", "Received: ONE", false },    { "Received: two", "Received: TWO", true },
        { "Received: three", "Received: THREE", true }, { "Subject: Hi", "Subject: Ho", false },
        { "Subject: Hi", "X-None: Ho!", true },         { "From: <joe", "Frox: <joe", true },
    };
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        char *text = seki_arena_octets(w->arena, header.len + 1);
        memcpy(text, header.ptr, header.len);
        text[header.len] = '\0';
        memcpy(strstr(text, changes[i].from), changes[i].to, strlen(changes[i].to));
        verdict = verify(w, (struct seki_str){ text, header.len });
        assert_int_equal(verdict.signatures[0].result, changes[i].is_signed ? SEKI_DKIM_FAIL : SEKI_DKIM_PASS);
    }
}

/* Section 3.5: h= "MUST NOT include the DKIM-Signature header field that is being … verified", but may others. */
static void a_signature_never_covers_itself_by_name(void **state)
{
    struct world *w = *state;
    struct seki_str once = signed_with(w, TAGS "s=s; h=from");
    struct seki_str header = signer_dkim(&w->signer, TAGS "s=s; h=from:dkim-signature:dkim-signature", once);
    struct seki_dkim_verdict verdict = verify(w, header);
    assert_int_equal(verdict.signature_count, 2);
    assert_int_equal(verdict.signatures[0].result, SEKI_DKIM_PASS);
    assert_int_equal(verdict.signatures[1].result, SEKI_DKIM_PASS);
}

static void the_length_of_the_body_is_reported_and_judged(void **state)
{
    struct world *w = *state;
    const struct seki_dkim_options options = { .now_s = NOW_S };
    struct seki_str header = signed_with(w, TAGS "s=s; h=from; l=5");
    struct seki_dkim_verdict verdict = verify(w, header);
    assert_only(&verdict, SEKI_DKIM_PASS, "part of the body is not signed (l=)");
    assert_true(verdict.signatures[0].has_length && verdict.signatures[0].is_partial);
    verdict = verify_with(w, header, SEKI_STR("Hi.\r\nand another thing\r\n"), &options);
    assert_only(&verdict, SEKI_DKIM_PASS, "part of the body is not signed (l=)");
    verdict = verify_with(w, header, SEKI_STR("Hi.\r\n"), &options);
    assert_only(&verdict, SEKI_DKIM_PASS, "");
    assert_false(verdict.signatures[0].is_partial);
    verdict = verify_with(w, header, SEKI_STR("Ho.\r\n"), &options);
    assert_only(&verdict, SEKI_DKIM_FAIL, "body hash did not verify");
    verdict = verify_with(w, header, SEKI_STR("H\r\n"), &options);
    assert_only(&verdict, SEKI_DKIM_FAIL, "the body is shorter than l= says");
    verdict = verify(w, signed_with(w, TAGS "s=s; h=from; l=99999999999999999999999"));
    assert_only(&verdict, SEKI_DKIM_FAIL, "the body is shorter than l= says");
}

static void signatures_past_the_limit_are_not_tried(void **state)
{
    struct world *w = *state;
    struct seki_str header = SEKI_STR(HEADER);
    for (int i = 0; i < 12; i++)
        header = signer_dkim(&w->signer, TAGS "s=s; h=from", header);
    struct seki_dkim_verdict verdict = verify(w, header);
    assert_int_equal(verdict.signature_count, 12);
    for (size_t i = 0; i < 12; i++)
        assert_int_equal(verdict.signatures[i].result, i < 10 ? SEKI_DKIM_PASS : SEKI_DKIM_POLICY);
    const struct seki_dkim_options options = { .now_s = NOW_S, .max_signatures = 1 };
    verdict = verify_with(w, header, w->signer.body, &options);
    assert_int_equal(verdict.signatures[0].result, SEKI_DKIM_PASS);
    assert_int_equal(verdict.signatures[1].result, SEKI_DKIM_POLICY);
}

/* RFC 6008 section 4: "at least the first eight characters …, and MUST be long enough to be unique" */
static void prefixes_of_b_tell_signatures_apart(void **state)
{
    struct world *w = *state;
    static const char *const want[] = { "abcdefghij1", "abcdefghij2", "abcdefgh", "zyxwvuts", "abc", "" };
    struct seki_str header = SEKI_STR("DKIM-Signature: v=1; b=abcdefghij1xxxx\r\n"
                                      "DKIM-Signature: v=1; b=abcdefg hij2 yyyy\r\n"
                                      "DKIM-Signature: v=1; b=abcdefgh\r\n"
                                      "DKIM-Signature: v=1; b=zyxwvutsrqpo\r\n"
                                      "DKIM-Signature: v=1; b=abc\r\n"
                                      "DKIM-Signature: v=1\r\n" HEADER);
    struct seki_dkim_verdict verdict = verify(w, header);
    assert_int_equal(verdict.signature_count, sizeof want / sizeof want[0]);
    for (size_t i = 0; i < verdict.signature_count; i++) {
        assert_int_equal(verdict.signatures[i].result, SEKI_DKIM_PERMERROR);
        assert_true(seki_str_equal(verdict.signatures[i].b_prefix, seki_str_of(want[i])));
    }
}

static void all_keys_are_asked_for_before_the_body(void **state)
{
    struct world *w = *state;
    struct seki_str header = signer_dkim(&w->signer, TAGS "s=t; h=from", signed_with(w, TAGS "s=s; h=from"));
    struct seki_message *message = seki_message_new(w->arena, NULL);
    struct seki_body_hash *body = seki_body_hash_new(w->arena, w->context);
    struct seki_answers *answers = seki_answers_new(w->arena, 0);
    const struct seki_dkim_options options = { .now_s = NOW_S };
    struct seki_dkim *dkim;
    struct seki_dkim_verdict verdict;
    struct seki_str rest;
    bool is_unix;
    assert_int_equal(seki_message_read(message, header, &rest, &is_unix), SEKI_OK);
    assert_int_equal(seki_dkim_new(w->arena, w->context, message, body, &options, &dkim, NULL), SEKI_OK);
    assert_int_equal(seki_dkim_step(dkim, answers, &verdict, NULL), SEKI_NEED_ANSWERS);
    assert_int_equal(seki_answers_open_count(answers), 2);
    assert_int_equal(seki_answers_needed_count(answers), 2);
    answer(w, answers);
    assert_int_equal(seki_dkim_step(dkim, answers, &verdict, NULL), SEKI_NEED_BODY);
    assert_int_equal(verdict.signature_count, 0);
    struct seki_dkim *late;
    seki_body_hash_update(body, w->signer.body);
    assert_int_equal(seki_dkim_new(w->arena, w->context, message, body, &options, &late, NULL), SEKI_USAGE);
    seki_body_hash_finish(body);
    assert_int_equal(seki_dkim_step(dkim, answers, &verdict, NULL), SEKI_OK);
    assert_int_equal(verdict.signatures[1].result, SEKI_DKIM_PASS);
    seki_body_hash_end(body);
}

/* 9,000 fields of one name, and of as many names, and h= that lists thousands: work must not grow with their product. */
static void huge_headers_are_bounded_work(void **state)
{
    struct world *w = *state;
    struct seki_buf header, tags;
    seki_buf_init_arena(&header, w->arena, 4 << 20);
    seki_buf_init_arena(&tags, w->arena, 4 << 20);
    seki_buf_add(&tags, SEKI_STR("v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.net; s=s; h=from"));
    for (unsigned i = 0; i < 4500; i++) {
        seki_buf_add_format(&header, "X-Same: %u\r\nX-%u: y\r\n", i, i);
        seki_buf_add_format(&tags, ":x-same%s", i % 50 == 0 ? "\r\n " : "");
        if (i % 2 == 0)
            seki_buf_add_format(&tags, ":x-%u", i);
    }
    seki_buf_add(&header, SEKI_STR("From: <joe@example.net>\r\n"));
    seki_buf_add_char(&tags, '\0');
    struct seki_str text = signer_dkim(&w->signer, tags.ptr, seki_buf_str(&header));
    for (int i = 0; i < 4; i++)
        text = signer_dkim(&w->signer, TAGS "s=s; h=from", text);
    clock_t before = clock();
    struct seki_dkim_verdict verdict = verify(w, text);
    assert_true(clock() - before < CLOCKS_PER_SEC);
    assert_int_equal(verdict.signature_count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(verdict.signatures[i].result, SEKI_DKIM_PASS);
}

/* What is past the bounds of the header is not seen, so it could be a second From. */
static void a_header_past_its_bounds_passes_nothing(void **state)
{
    struct world *w = *state;
    struct seki_str header = signed_with(w, TAGS "s=s; h=from");
    static const struct seki_message_limits limits[] = { { .max_fields = 7 }, { .max_header_octets = 700 } };
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        struct seki_message *message = seki_message_new(w->arena, &limits[i]);
        struct seki_body_hash *body = seki_body_hash_new(w->arena, w->context);
        struct seki_dkim *dkim;
        struct seki_dkim_verdict verdict;
        struct seki_str rest;
        bool is_unix;
        struct seki_buf text;
        seki_buf_init_arena(&text, w->arena, 1 << 16);
        seki_buf_add(&text, header);
        seki_buf_add_format(&text, "X-Long: %0300d\r\nFrom: <other@example.org>\r\n", 0);
        assert_int_equal(seki_message_read(message, seki_buf_str(&text), &rest, &is_unix), SEKI_OK);
        assert_int_equal(seki_message_count_named(message, SEKI_STR("From")), 1);
        assert_int_equal(seki_dkim_new(w->arena, w->context, message, body, NULL, &dkim, NULL), SEKI_OK);
        assert_int_equal(seki_dkim_step(dkim, seki_answers_new(w->arena, 0), &verdict, NULL), SEKI_OK);
        assert_only(&verdict, SEKI_DKIM_POLICY, "the header is too long to be judged");
        seki_body_hash_end(body);
    }
}

static void thousands_of_signatures_are_bounded(void **state)
{
    struct world *w = *state;
    struct seki_buf header;
    seki_buf_init_arena(&header, w->arena, 4 << 20);
    for (unsigned i = 0; i < 9000; i++)
        seki_buf_add_format(
            &header, "DKIM-Signature: v=1; a=rsa-sha256; d=d%u.example; s=s; h=from; b=AAAAAAAAAAAAAAAA\r\n", i);
    struct seki_dkim_verdict verdict = verify(w, seki_buf_str(&header));
    assert_int_equal(verdict.signature_count, 100);
    assert_true(seki_str_equal(verdict.signatures[0].domain, SEKI_STR("d0.example")));
    assert_true(seki_str_equal(verdict.signatures[99].domain, SEKI_STR("d99.example")));
}

static void an_arena_that_is_too_small_is_a_limit(void **state)
{
    struct world *w = *state;
    struct seki_str header = signed_with(w, TAGS "s=s; h=from");
    struct seki_message *message = seki_message_new(w->arena, NULL);
    struct seki_str rest;
    bool is_unix;
    assert_int_equal(seki_message_read(message, header, &rest, &is_unix), SEKI_OK);
    for (size_t size = 0; size < 6000; size += 50) {
        struct seki_arena *arena = seki_arena_new(size);
        struct seki_body_hash *body = seki_body_hash_new(arena, w->context);
        struct seki_dkim *dkim;
        struct seki_error why;
        if (body != NULL) {
            enum seki_result result = seki_dkim_new(arena, w->context, message, body, NULL, &dkim, &why);
            assert_true(result == SEKI_OK || (result == SEKI_LIMIT && dkim == NULL && why.text[0] != '\0'));
            seki_body_hash_end(body);
        }
        seki_arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_rfc_8463_passes_twice),
        cmocka_unit_test(every_octet_of_the_example_counts),
        cmocka_unit_test(a_message_without_signature_has_none),
        cmocka_unit_test(what_the_key_decides),
        cmocka_unit_test(limits_of_rfc_8301_can_only_be_lowered_by_option),
        cmocka_unit_test(instances_are_taken_from_the_bottom),
        cmocka_unit_test(a_signature_never_covers_itself_by_name),
        cmocka_unit_test(the_length_of_the_body_is_reported_and_judged),
        cmocka_unit_test(signatures_past_the_limit_are_not_tried),
        cmocka_unit_test(prefixes_of_b_tell_signatures_apart),
        cmocka_unit_test(all_keys_are_asked_for_before_the_body),
        cmocka_unit_test(huge_headers_are_bounded_work),
        cmocka_unit_test(a_header_past_its_bounds_passes_nothing),
        cmocka_unit_test(thousands_of_signatures_are_bounded),
        cmocka_unit_test(an_arena_that_is_too_small_is_a_limit),
    };
    return cmocka_run_group_tests(tests, start, stop);
}

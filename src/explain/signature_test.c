/* Messages that are signed here and changed by hand: which part of each signature could have held, and what was changed in
 * the header. */
#include "explain/signature.h"

#include "support/signer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define NOW_S  1767225600
#define BODY   "Hi.\r\nJoe.\r\n"
#define NONE   EXPLAIN_HEADER_KINDS
#define RSA    "v=1; a=rsa-sha256; d=example.net; s=rsa; "
#define ED     "v=1; a=ed25519-sha256; d=example.net; s=ed; "
#define SIMPLE "c=simple/simple; "
#define LAX    "c=relaxed/relaxed; "
#define USUAL  "h=From:To:Subject"

#define FROM    "From: Joe <joe@example.net>\r\n"
#define TO      "To: a@example.com, b@example.com\r\n"
#define SUBJECT "Subject: Is dinner ready?\r\n"
/* "価格" */
#define PRICE      "\xe4\xbe\xa1\xe6\xa0\xbc"
#define PRICE_WORD "=?UTF-8?B?5L6h5qC8?="

static const struct {
    const char *name, *tags, *was_signed, *received;
    enum explain_header_kind kinds[3]; /* up to the first NONE; none: not found */
    const char *field, *was;           /* of the first */
} headers[] = {
    { "a tag of a mailing list",
      RSA LAX USUAL,
      FROM TO SUBJECT,
      FROM TO "Subject: [list] Is dinner ready?\r\n",
      { EXPLAIN_HEADER_SUBJECT_TAG, NONE },
      "Subject",
      "Is dinner ready?" },
    { "a tag, by Ed25519",
      ED LAX USUAL,
      FROM TO SUBJECT,
      FROM TO "Subject: [list] Is dinner ready?\r\n",
      { EXPLAIN_HEADER_SUBJECT_TAG, NONE },
      "Subject",
      "Is dinner ready?" },
    { "a tag with a number, behind Re:",
      RSA SIMPLE USUAL,
      FROM TO "Subject: Re: Dinner\r\n",
      FROM TO "Subject: Re: [list 12] Dinner\r\n",
      { EXPLAIN_HEADER_SUBJECT_TAG, NONE },
      "Subject",
      "Re: Dinner" },
    { "a tag that was moved before Re:",
      RSA LAX USUAL,
      FROM TO "Subject: Re: [list] Dinner\r\n",
      FROM TO "Subject: [list] Re: Dinner\r\n",
      { EXPLAIN_HEADER_SUBJECT_TAG, NONE },
      "Subject",
      "Re: [list] Dinner" },
    { "a mark for spam",
      RSA LAX USUAL,
      FROM TO SUBJECT,
      FROM TO "Subject: ***SPAM*** Is dinner ready?\r\n",
      { EXPLAIN_HEADER_SUBJECT_TAG, NONE },
      "Subject",
      "Is dinner ready?" },
    { "a word for mail from outside",
      RSA LAX USUAL,
      FROM TO SUBJECT,
      FROM TO "Subject: EXT: Is dinner ready?\r\n",
      { EXPLAIN_HEADER_SUBJECT_TAG, NONE },
      "Subject",
      "Is dinner ready?" },
    { "a tag inside encoded words",
      RSA LAX USUAL,
      FROM TO "Subject: " PRICE_WORD "\r\n",
      FROM TO "Subject: =?utf-8?q?=5Blist=5D_=E4=BE=A1=E6=A0=BC?=\r\n",
      { EXPLAIN_HEADER_SUBJECT_TAG, NONE },
      "Subject",
      PRICE_WORD },
    { "8-bit to encoded words",
      RSA LAX USUAL,
      FROM TO "Subject: " PRICE "\r\n",
      FROM TO "Subject: " PRICE_WORD "\r\n",
      { EXPLAIN_HEADER_ENCODED_WORDS, NONE },
      "Subject",
      PRICE },
    { "encoded words decoded",
      RSA LAX USUAL,
      FROM TO "Subject: " PRICE_WORD "\r\n",
      FROM TO "Subject: " PRICE "\r\n",
      { EXPLAIN_HEADER_ENCODED_WORDS, NONE },
      "Subject",
      PRICE_WORD },
    { "words of ISO-2022-JP to UTF-8",
      RSA LAX USUAL,
      FROM TO "Subject: =?ISO-2022-JP?B?GyRCMkEzShsoQg==?=\r\n",
      FROM TO "Subject: " PRICE_WORD "\r\n",
      { EXPLAIN_HEADER_ENCODED_WORDS, NONE },
      "Subject",
      "=?ISO-2022-JP?B?GyRCMkEzShsoQg==?=" },
    { "a name in From decoded",
      RSA LAX USUAL,
      "From: =?UTF-8?Q?J=C3=B6?= <joe@example.net>\r\n" TO SUBJECT,
      "From: =?UTF-8?B?SsO2?= <joe@example.net>\r\n" TO SUBJECT,
      { NONE },
      NULL,
      NULL },

    { "From replaced, the author in Reply-To",
      RSA LAX USUAL,
      FROM TO SUBJECT,
      "From: Joe via List <list@lists.example.org>\r\nReply-To: Joe <joe@example.net>\r\n" TO SUBJECT,
      { EXPLAIN_HEADER_FROM_REWRITTEN, NONE },
      "From",
      "Joe <joe@example.net>" },
    { "From replaced, the author's name only there",
      RSA LAX USUAL,
      "From: \"Joe\" <joe@example.net>\r\n" TO SUBJECT,
      "From: 'Joe' via List <list@lists.example.org>\r\nX-Original-Sender: joe@example.net\r\n" TO SUBJECT,
      { EXPLAIN_HEADER_FROM_REWRITTEN, NONE },
      "From",
      "\"Joe\" <joe@example.net>" },
    { "From replaced, kept in X-Original-From",
      RSA LAX USUAL,
      FROM TO SUBJECT,
      "From: List <list@lists.example.org>\r\nX-Original-From: Joe <joe@example.net>\r\n" TO SUBJECT,
      { EXPLAIN_HEADER_FROM_REWRITTEN, NONE },
      "From",
      "Joe <joe@example.net>" },
    { "From replaced and a tag",
      RSA LAX USUAL,
      FROM TO SUBJECT,
      "From: Joe via List <list@lists.example.org>\r\nReply-To: joe@example.net\r\n" TO
      "Subject: [list] Is dinner ready?\r\n",
      { EXPLAIN_HEADER_SUBJECT_TAG, EXPLAIN_HEADER_FROM_REWRITTEN, NONE },
      "Subject",
      "Is dinner ready?" },

    { "Reply-To added where none was signed",
      RSA LAX USUAL ":Reply-To",
      FROM TO SUBJECT,
      FROM TO SUBJECT "Reply-To: list@lists.example.org\r\n",
      { EXPLAIN_HEADER_FIELD_ADDED, NONE },
      "Reply-To",
      "" },
    { "a second Subject where h= forbids one",
      RSA LAX USUAL ":Subject",
      FROM TO SUBJECT,
      FROM TO SUBJECT "Subject: Buy!\r\n",
      { EXPLAIN_HEADER_FIELD_ADDED, NONE },
      "Subject",
      "" },
    { "a second Subject below",
      RSA LAX USUAL,
      FROM TO SUBJECT,
      FROM TO SUBJECT "Subject: Buy!\r\n",
      { EXPLAIN_HEADER_OTHER_INSTANCE, NONE },
      "Subject",
      "Is dinner ready?" },
    { "two fields in another order",
      RSA LAX USUAL ":X:X",
      FROM TO SUBJECT "X: 1\r\nX: 2\r\n",
      FROM TO SUBJECT "X: 2\r\nX: 1\r\n",
      { EXPLAIN_HEADER_OTHER_INSTANCE, EXPLAIN_HEADER_OTHER_INSTANCE, NONE },
      "X",
      "2" },

    { "To folded, simple",
      RSA SIMPLE USUAL,
      FROM TO SUBJECT,
      FROM "To: a@example.com,\r\n\tb@example.com\r\n" SUBJECT,
      { EXPLAIN_HEADER_REWRITTEN, NONE },
      "To",
      "a@example.com, b@example.com" },
    { "spaces behind commas, relaxed",
      RSA LAX USUAL,
      FROM "To: a@example.com,b@example.com\r\n" SUBJECT,
      FROM TO SUBJECT,
      { EXPLAIN_HEADER_REWRITTEN, NONE },
      "To",
      "a@example.com,b@example.com" },
    { "quotes taken away",
      RSA LAX USUAL,
      "From: \"Joe\" <joe@example.net>\r\n" TO SUBJECT,
      FROM TO SUBJECT,
      { EXPLAIN_HEADER_REWRITTEN, NONE },
      "From",
      "\"Joe\" <joe@example.net>" },
    { "angle brackets put on",
      RSA LAX USUAL,
      "From: joe@example.net\r\n" TO SUBJECT,
      "From: <joe@example.net>\r\n" TO SUBJECT,
      { EXPLAIN_HEADER_REWRITTEN, NONE },
      "From",
      "joe@example.net" },
    { "a space behind the colon, simple",
      RSA SIMPLE USUAL,
      "From:Joe <joe@example.net>\r\n" TO SUBJECT,
      FROM TO SUBJECT,
      { EXPLAIN_HEADER_REWRITTEN, NONE },
      "From",
      "Joe <joe@example.net>" },
    { "unfolded, simple",
      RSA SIMPLE USUAL,
      FROM TO "Subject: Is dinner ready?\r\n",
      FROM TO "Subject: Is\r\n dinner ready?\r\n",
      { EXPLAIN_HEADER_ENCODED_WORDS, NONE },
      "Subject",
      "Is dinner ready?" },

    { "another transfer encoding",
      RSA LAX USUAL ":Content-Transfer-Encoding",
      FROM TO SUBJECT "Content-Transfer-Encoding: 8bit\r\n",
      FROM TO SUBJECT "Content-Transfer-Encoding: quoted-printable\r\n",
      { EXPLAIN_HEADER_MIME_FIELD, NONE },
      "Content-Transfer-Encoding",
      "8bit" },
    { "a transfer encoding taken away",
      RSA LAX USUAL ":Content-Transfer-Encoding",
      FROM TO SUBJECT "Content-Transfer-Encoding: 7bit\r\n",
      FROM TO SUBJECT,
      { EXPLAIN_HEADER_MIME_FIELD, NONE },
      "Content-Transfer-Encoding",
      "7bit" },
    { "another character set",
      RSA LAX USUAL ":Content-Type",
      FROM TO SUBJECT "Content-Type: text/plain; charset=\"iso-2022-jp\"\r\n",
      FROM TO SUBJECT "Content-Type: text/plain; charset=\"utf-8\"\r\n",
      { EXPLAIN_HEADER_MIME_FIELD, NONE },
      "Content-Type",
      "text/plain; charset=\"iso-2022-jp\"" },

    { "a Subject that was changed",
      RSA LAX USUAL,
      FROM TO SUBJECT,
      FROM TO "Subject: Send money\r\n",
      { NONE },
      NULL,
      NULL },
    { "a Subject that was changed, by Ed25519",
      ED LAX USUAL,
      FROM TO SUBJECT,
      FROM TO "Subject: Send money\r\n",
      { NONE },
      NULL,
      NULL },
    { "From that was changed, and a tag",
      RSA LAX USUAL,
      FROM TO SUBJECT,
      "From: Eve <eve@example.net>\r\n" TO "Subject: [x] Is dinner ready?\r\n",
      { NONE },
      NULL,
      NULL },
};

struct world {
    struct seki_context *context;
    struct seki_arena *arena;
    struct signer signer;
};

static int start(void **state)
{
    static struct world world;
    world.context = seki_context_new(0, NULL);
    world.arena = seki_arena_new(256 << 20);
    world.signer = (struct signer){ .arena = world.arena, .context = world.context, .body = SEKI_STR(BODY) };
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

static const struct {
    const char *name, *text; /* text NULL: the look-up fails */
} records[] = {
    { "rsa._domainkey.example.net", SIGNER_RSA_RECORD },
    { "ed._domainkey.example.net", SIGNER_ED25519_RECORD },
    { "revoked._domainkey.example.net", "v=DKIM1; p=" },
    { "broken._domainkey.example.net", NULL },
    { "other._domainkey.example.net", /* the key of RFC 6376 appendix C */
      "v=DKIM1; "
      "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4"
      "jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/"
      "NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB" },
};

static void answer(struct seki_answers *answers)
{
    const struct seki_answer *question;
    while ((question = seki_answers_next_open(answers)) != NULL) {
        struct seki_record record = { .preference = 0 };
        struct seki_answer outcome = { .records = &record, .status = SEKI_ANSWER_NXDOMAIN };
        for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
            if (!seki_str_equal(question->name, seki_str_of(records[i].name)))
                continue;
            record.text = seki_str_of(records[i].text);
            outcome.record_count = records[i].text != NULL;
            outcome.status = records[i].text != NULL ? SEKI_ANSWER_FOUND : SEKI_ANSWER_FAILED;
        }
        assert_int_equal(seki_answers_enter(answers, question, &outcome), SEKI_OK);
    }
}

static struct explain_signatures_report explain(struct world *w, struct seki_str header, struct seki_str body_text)
{
    struct seki_message *message = seki_message_new(w->arena, NULL);
    struct seki_answers *answers = seki_answers_new(w->arena, 0);
    struct explain_body *body = seki_arena_alloc(w->arena, 1, sizeof *body);
    struct explain_signatures *signatures;
    struct explain_signatures_report report;
    struct seki_str rest;
    bool is_unix;
    *body = (struct explain_body){ body_text, SEKI_STR(""), SEKI_STR("") };
    assert_int_equal(seki_message_read(message, header, &rest, &is_unix), SEKI_OK);
    assert_int_equal(explain_signatures_new(w->arena, w->context, message, body, NOW_S, &signatures), SEKI_OK);
    if (explain_signatures_step(signatures, answers, &report) == SEKI_NEED_ANSWERS) {
        answer(answers);
        assert_int_equal(explain_signatures_step(signatures, answers, &report), SEKI_OK);
    }
    return report;
}

/* The signature over one header, on top of another. */
static struct seki_str signed_and_changed(struct world *w, const char *tags, const char *was_signed,
                                          const char *received)
{
    struct seki_str whole = signer_dkim(&w->signer, tags, seki_str_of(was_signed));
    struct seki_buf buf;
    seki_buf_init_arena(&buf, w->arena, 1 << 20);
    seki_buf_add(&buf, seki_str_head(whole, whole.len - strlen(was_signed)));
    seki_buf_add(&buf, seki_str_of(received));
    return seki_buf_str(&buf);
}

static void check_header(struct world *w, size_t row)
{
    struct seki_str header =
        signed_and_changed(w, headers[row].tags, headers[row].was_signed, headers[row].received);
    struct explain_signatures_report report = explain(w, header, SEKI_STR(BODY));
    const struct explain_signature *s = &report.signatures[0];
    const struct explain_header_change *change = &s->header_change;
    size_t want = 0;
    while (headers[row].kinds[want] != NONE)
        want++;
    if (report.count != 1 || s->header != EXPLAIN_BROKEN || s->body != EXPLAIN_HOLDS || s->key != EXPLAIN_KEY_FOUND)
        fail_msg("%s: %zu signatures, header %d, body %d", headers[row].name, report.count, s->header, s->body);
    if (change->is_found != (want > 0) || change->step_count != want)
        fail_msg("%s: found=%d, %zu steps, %s", headers[row].name, change->is_found, change->step_count,
                 explain_header_kind_texts[change->steps[0].kind].id);
    for (size_t i = 0; i < want; i++)
        if (change->steps[i].kind != headers[row].kinds[i])
            fail_msg("%s: step %zu is %s", headers[row].name, i,
                     explain_header_kind_texts[change->steps[i].kind].id);
    if (want > 0 && (!seki_str_equal(change->steps[0].name, seki_str_of(headers[row].field)) ||
                     !seki_str_equal(change->steps[0].was, seki_str_of(headers[row].was))))
        fail_msg("%s: %.*s was \"%.*s\"", headers[row].name, SEKI_STR_ARGS(change->steps[0].name),
                 SEKI_STR_ARGS(change->steps[0].was));
}

static void each_change_of_the_header_is_found(void **state)
{
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        check_header(*state, i);
}

static const struct {
    const char *name, *tags, *received, *body;
    enum explain_key key;
    enum explain_held header, held_body;
    enum explain_maker maker;
    bool is_expired;
} signatures[] = {
    { "all holds", RSA LAX USUAL, FROM TO SUBJECT, BODY, EXPLAIN_KEY_FOUND, EXPLAIN_HOLDS, EXPLAIN_HOLDS,
      EXPLAIN_MADE_BY_KEY, false },
    { "the body alone was changed", RSA LAX USUAL, FROM TO SUBJECT, BODY "x\r\n", EXPLAIN_KEY_FOUND, EXPLAIN_HOLDS,
      EXPLAIN_BROKEN, EXPLAIN_MADE_BY_KEY, false },
    { "both were changed", RSA LAX USUAL, FROM TO "Subject: x\r\n", BODY "x\r\n", EXPLAIN_KEY_FOUND, EXPLAIN_BROKEN,
      EXPLAIN_BROKEN, EXPLAIN_MADE_BY_KEY, false },
    { "both, by Ed25519: the key cannot be told", ED LAX USUAL, FROM TO "Subject: x\r\n", BODY "x\r\n",
      EXPLAIN_KEY_FOUND, EXPLAIN_BROKEN, EXPLAIN_BROKEN, EXPLAIN_MAKER_UNKNOWN, false },
    { "expired, and holds", RSA LAX "t=1000000000; x=1000000001; " USUAL, FROM TO SUBJECT, BODY, EXPLAIN_KEY_FOUND,
      EXPLAIN_HOLDS, EXPLAIN_HOLDS, EXPLAIN_MADE_BY_KEY, true },
    { "rsa-sha1, which no verdict takes, holds", "v=1; a=rsa-sha1; d=example.net; s=rsa; " LAX USUAL,
      FROM TO SUBJECT, BODY, EXPLAIN_KEY_FOUND, EXPLAIN_HOLDS, EXPLAIN_HOLDS, EXPLAIN_MADE_BY_KEY, false },
    { "by another key than the one in the DNS", "v=1; a=rsa-sha256; d=example.net; s=other; " LAX USUAL,
      FROM TO SUBJECT, BODY, EXPLAIN_KEY_FOUND, EXPLAIN_BROKEN, EXPLAIN_HOLDS, EXPLAIN_MADE_BY_ANOTHER, false },
    { "no key", "v=1; a=rsa-sha256; d=example.net; s=none; " LAX USUAL, FROM TO SUBJECT, BODY, EXPLAIN_KEY_MISSING,
      EXPLAIN_UNKNOWN, EXPLAIN_HOLDS, EXPLAIN_MAKER_UNKNOWN, false },
    { "a revoked key", "v=1; a=rsa-sha256; d=example.net; s=revoked; " LAX USUAL, FROM TO SUBJECT, "x",
      EXPLAIN_KEY_MISSING, EXPLAIN_UNKNOWN, EXPLAIN_BROKEN, EXPLAIN_MAKER_UNKNOWN, false },
    { "a dead name server", "v=1; a=rsa-sha256; d=example.net; s=broken; " LAX USUAL, FROM TO SUBJECT, BODY,
      EXPLAIN_KEY_UNAVAILABLE, EXPLAIN_UNKNOWN, EXPLAIN_HOLDS, EXPLAIN_MAKER_UNKNOWN, false },
    { "lines behind l=", RSA LAX "l=11; " USUAL, FROM TO SUBJECT, BODY "x\r\n", EXPLAIN_KEY_FOUND, EXPLAIN_HOLDS,
      EXPLAIN_HOLDS, EXPLAIN_MADE_BY_KEY, false },
    { "shorter than l=", RSA LAX "l=11; " USUAL, FROM TO SUBJECT, "Hi.\r\n", EXPLAIN_KEY_FOUND, EXPLAIN_HOLDS,
      EXPLAIN_BROKEN, EXPLAIN_MADE_BY_KEY, false },
};

static void header_and_body_are_judged_apart(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < sizeof signatures / sizeof signatures[0]; i++) {
        struct seki_str header = signed_and_changed(w, signatures[i].tags, FROM TO SUBJECT, signatures[i].received);
        const struct explain_signatures_report report = explain(w, header, seki_str_of(signatures[i].body));
        const struct explain_signature *s = &report.signatures[0];
        if (s->key != signatures[i].key || s->header != signatures[i].header ||
            s->body != signatures[i].held_body || s->maker != signatures[i].maker ||
            s->is_expired != signatures[i].is_expired)
            fail_msg("%s: key %d, header %d, body %d, maker %d, expired %d (%.*s)", signatures[i].name, s->key,
                     s->header, s->body, s->maker, s->is_expired, SEKI_STR_ARGS(s->reason));
        assert_int_equal(s->is_body_searched, s->body == EXPLAIN_BROKEN);
    }
}

static void octets_behind_the_signed_length_are_counted(void **state)
{
    struct world *w = *state;
    struct seki_str header = signed_and_changed(w, RSA LAX "l=11; " USUAL, FROM TO SUBJECT, FROM TO SUBJECT);
    const struct explain_signatures_report report = explain(w, header, SEKI_STR(BODY "12345\r\n"));
    assert_true(report.signatures[0].has_length);
    assert_int_equal(report.signatures[0].body_octets - report.signatures[0].length, 7);
}

static void a_field_that_cannot_be_used_says_why(void **state)
{
    const struct explain_signatures_report report =
        explain(*state, SEKI_STR("DKIM-Signature: v=2; d=example.net\r\n" FROM), SEKI_STR(BODY));
    assert_int_equal(report.count, 1);
    assert_int_equal(report.signatures[0].key, EXPLAIN_KEY_NOT_ASKED);
    assert_true(report.signatures[0].reason.len > 0);
    assert_int_equal(report.signatures[0].header, EXPLAIN_UNKNOWN);
    assert_int_equal(report.signatures[0].body, EXPLAIN_UNKNOWN);
}

/* What a list that seals adds is over the message as it sent it on; the author's signature over what came. */
static void an_arc_set_is_told_beside_the_signature(void **state)
{
    struct world *w = *state;
    struct signer list = w->signer;
    list.body = SEKI_STR(BODY "-- \r\nlist\r\n");
    struct seki_str header =
        signed_and_changed(w, RSA LAX USUAL, FROM TO SUBJECT, FROM TO "Subject: [list] Is dinner ready?\r\n");
    header = signer_arc(&list, 1, "none", "a=rsa-sha256; d=example.net; s=rsa; " LAX USUAL,
                        "a=rsa-sha256; d=example.net; s=rsa; t=1", header);
    const struct explain_signatures_report report = explain(w, header, list.body);
    assert_int_equal(report.count, 2);
    assert_int_equal(report.signatures[0].kind, SEKI_SIGNATURE_DKIM);
    assert_int_equal(report.signatures[0].header_change.steps[0].kind, EXPLAIN_HEADER_SUBJECT_TAG);
    assert_int_equal(report.signatures[0].body_change.steps[0].kind, EXPLAIN_BODY_APPENDED);
    assert_int_equal(report.signatures[0].body_change.steps[0].first_line, 3);
    assert_int_equal(report.signatures[1].kind, SEKI_SIGNATURE_AMS);
    assert_int_equal(report.signatures[1].instance, 1);
    assert_int_equal(report.signatures[1].header, EXPLAIN_HOLDS);
    assert_int_equal(report.signatures[1].body, EXPLAIN_HOLDS);
}

static void no_more_than_ten_of_a_kind_are_looked_at(void **state)
{
    struct world *w = *state;
    struct seki_buf buf;
    seki_buf_init_arena(&buf, w->arena, 1 << 20);
    for (unsigned i = 0; i < 13; i++)
        seki_buf_add_format(
            &buf, "DKIM-Signature: v=1; a=rsa-sha256; d=%u.example.net; s=rsa; h=From; bh=AAAA; b=AAAA\r\n", i);
    seki_buf_add(&buf, SEKI_STR(FROM));
    const struct explain_signatures_report report = explain(w, seki_buf_str(&buf), SEKI_STR(BODY));
    assert_int_equal(report.count, EXPLAIN_MAX_SIGNATURES);
    assert_int_equal(report.left_out, 3);
    assert_true(seki_str_equal(report.signatures[0].domain, SEKI_STR("0.example.net")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_change_of_the_header_is_found),
        cmocka_unit_test(header_and_body_are_judged_apart),
        cmocka_unit_test(octets_behind_the_signed_length_are_counted),
        cmocka_unit_test(a_field_that_cannot_be_used_says_why),
        cmocka_unit_test(an_arc_set_is_told_beside_the_signature),
        cmocka_unit_test(no_more_than_ten_of_a_kind_are_looked_at),
    };
    return cmocka_run_group_tests(tests, start, stop);
}

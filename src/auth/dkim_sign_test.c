/* Signing: the field to the octet, which fields are covered, what is refused, and that it verifies. */
#include "support/signer.h"

#include <sekisho/dkim_sign.h>
#include <sekisho/private_key.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const char ed25519_pem[] = "-----BEGIN PRIVATE KEY-----\n"
                                  "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
                                  "-----END PRIVATE KEY-----\n";

struct world {
    struct seki_context *context;
    struct seki_arena *arena;
    struct seki_private_key *key;
};

static int start(void **state)
{
    static struct world world;
    world = (struct world){ .context = seki_context_new(0, NULL), .arena = seki_arena_new(16 << 20) };
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

static struct seki_message *read_header(const struct world *world, const char *header)
{
    struct seki_message *message = seki_message_new(world->arena, NULL);
    struct seki_str body;
    bool is_unix;
    assert_int_equal(seki_message_read(message, seki_str_of(header), &body, &is_unix), SEKI_OK);
    return message;
}

static const struct seki_dkim_sign_options usual = {
    .domain = SEKI_STR_INIT("football.example.com"),
    .selector = SEKI_STR_INIT("brisbane"),
    .algorithm = SEKI_SIGN_ED25519_SHA256,
};

static struct seki_str sign(const struct world *world, const char *header, const char *body_text,
                            const struct seki_dkim_sign_options *options)
{
    struct seki_body_hash *body = seki_body_hash_new(world->arena, world->context);
    struct seki_dkim_sign *sign;
    struct seki_sign_request request;
    struct seki_sign_answer answer;
    struct seki_error why = { "" };
    struct seki_str value;
    if (seki_dkim_sign_new(world->arena, world->context, read_header(world, header), body, options, &sign, &why) !=
        SEKI_OK)
        fail_msg("%s", why.text);
    seki_body_hash_update(body, seki_str_of(body_text));
    seki_body_hash_finish(body);
    assert_int_equal(seki_dkim_sign_digest(sign, &request, &why), SEKI_OK);
    assert_int_equal(seki_private_key_sign(world->key, &request, &answer, &why), SEKI_OK);
    assert_int_equal(seki_dkim_sign_complete(sign, &answer, &value, &why), SEKI_OK);
    return value;
}

/* The value of one tag, folds taken out. */
static void check_tag(struct seki_str value, const char *tag, const char *want)
{
    char text[4096];
    size_t used = 0;
    struct seki_str rest = value, piece;
    while (seki_str_split(&rest, ';', &piece)) {
        piece = seki_str_trim(piece);
        if (!seki_str_starts_with(piece, seki_str_of(tag)) || piece.len == strlen(tag) ||
            piece.ptr[strlen(tag)] != '=')
            continue;
        for (size_t i = strlen(tag) + 1; i < piece.len && used + 1 < sizeof text; i++)
            if (!seki_is_space(piece.ptr[i]))
                text[used++] = piece.ptr[i];
        text[used] = '\0';
        assert_string_equal(text, want != NULL ? want : "(none)");
        return;
    }
    if (want != NULL)
        fail_msg("no %s= in %.*s", tag, SEKI_STR_ARGS(value));
}

/* The message of RFC 8463 appendix A: bh= is the RFC's, and Ed25519 is deterministic. */
static const char rfc_header[] = "From: Joe SixPack <joe@football.example.com>\r\n"
                                 "To: Suzie Q <suzie@shopping.example.net>\r\n"
                                 "Subject: Is dinner ready?\r\n"
                                 "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
                                 "Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n\r\n";
static const char rfc_body[] = "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n";

static void the_field_is_written_in_a_fixed_order_and_folded(void **state)
{
    const struct world *world = *state;
    struct seki_dkim_sign_options options = usual;
    options.identity = SEKI_STR("joe@football.example.com");
    options.time_s = 1528637909;
    options.expires_after_s = 91;
    static const char want[] = " v=1; a=ed25519-sha256; d=football.example.com; s=brisbane;\r\n"
                               "\tt=1528637909; x=1528638000; i=joe@football.example.com; c=relaxed/relaxed;\r\n"
                               "\th=From:From:Reply-To:Subject:Subject:Date:Date:To:To:Cc:Message-ID:\r\n"
                               "\tMessage-ID:MIME-Version:Content-Type:Content-Transfer-Encoding;\r\n"
                               "\tbh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; b=";
    struct seki_str value = sign(world, rfc_header, rfc_body, &options);
    struct seki_str head = seki_str_head(value, sizeof want - 1);
    if (!seki_str_equal(head, seki_str_of(want)))
        fail_msg("got %.*s", SEKI_STR_ARGS(value));
    assert_true(seki_str_equal(value, sign(world, rfc_header, rfc_body, &options)));
}

static void nothing_optional_is_written_unasked(void **state)
{
    struct seki_str value = sign(*state, rfc_header, rfc_body, &usual);
    static const char *const tags[] = { "t", "x", "i", "l", "q", "z" };
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++)
        check_tag(value, tags[i], NULL);
}

static const struct {
    const char *name, *header, *want;
} covered[] = {
    { "a field that is there twice is listed three times", "From: a@b.c\r\nTo: x\r\nTo: y\r\n\r\n",
      "From:From:Reply-To:Subject:Date:To:To:To:Cc:Message-ID:MIME-Version:Content-Type:Content-Transfer-"
      "Encoding" },
    { "what RFC 6376 section 5.4.1 names is signed where it stands, in any case",
      "RECEIVED: x\r\nReturn-Path: <a@b.c>\r\nfrom: a@b.c\r\nComments: c\r\nKEYWORDS: k\r\nlist-unsubscribe: "
      "<u>\r\n"
      "list-unsubscribe-post: y\r\nReferences: r\r\nin-reply-to: i\r\nX-Mailer: m\r\nDKIM-Signature: d\r\n\r\n",
      "From:From:Reply-To:Subject:Date:To:Cc:Message-ID:MIME-Version:Content-Type:Content-Transfer-Encoding:"
      "In-Reply-To:References:List-Unsubscribe:List-Unsubscribe-Post" },
};

static void the_usual_fields_are_covered(void **state)
{
    for (size_t i = 0; i < sizeof covered / sizeof covered[0]; i++)
        check_tag(sign(*state, covered[i].header, "", &usual), "h", covered[i].want);
}

static void wanted_fields_are_listed_as_they_are_wanted(void **state)
{
    static const struct seki_str names[] = { SEKI_STR_INIT("received"), SEKI_STR_INIT("FROM"),
                                             SEKI_STR_INIT("X-None"), SEKI_STR_INIT("from") };
    struct seki_dkim_sign_options options = usual;
    options.names = names;
    options.name_count = 4;
    check_tag(sign(*state, rfc_header, rfc_body, &options), "h", "received:FROM:X-None:from");
}

static const struct {
    const char *name, *domain, *selector, *identity, *d, *s, *i;
    bool is_internationalized;
} written[] = {
    { "names in lower case", "Example.COM.", "Sel.A", "Jo@Sub.Example.com", "example.com", "sel.a",
      "Jo@sub.example.com", false },
    { "U-labels as A-labels",
      "b\xc3\xbc"
      "cher.example",
      "schl\xc3\xbcssel",
      "@b\xc3\xbc"
      "cher.example",
      "xn--bcher-kva.example", "xn--schlssel-95a", "@xn--bcher-kva.example", false },
    { "U-labels in an internationalized message",
      "b\xc3\xbc"
      "cher.example.",
      "schl\xc3\xbcssel",
      "j\xc3\xb6@b\xc3\xbc"
      "cher.example",
      "b\xc3\xbc"
      "cher.example",
      "schl\xc3\xbcssel",
      "j\xc3\xb6@b\xc3\xbc"
      "cher.example",
      true },
    { "a local-part in quoted-printable", "example.com", "s", "a b;c=d\xc3\xa4@example.com", "example.com", "s",
      "a=20b=3Bc=3Dd=C3=A4@example.com", false },
    { "an @ in the local-part", "example.com", "s", "\"a@b\"@example.com", "example.com", "s",
      "\"a@b\"@example.com", false },
};

static void names_are_written_as_the_rfcs_say(void **state)
{
    for (size_t i = 0; i < sizeof written / sizeof written[0]; i++) {
        struct seki_dkim_sign_options options = usual;
        options.domain = seki_str_of(written[i].domain);
        options.selector = seki_str_of(written[i].selector);
        options.identity = seki_str_of(written[i].identity);
        options.is_internationalized = written[i].is_internationalized;
        struct seki_str value = sign(*state, rfc_header, rfc_body, &options);
        check_tag(value, "d", written[i].d);
        check_tag(value, "s", written[i].s);
        check_tag(value, "i", written[i].i);
    }
}

static const struct {
    const char *name;
    struct seki_dkim_sign_options options; /* what is empty is as usual */
    const char *header;                    /* NULL: usual */
    enum seki_result want;
    const char *says;
} refused[] = {
    { "no domain name", { .domain = SEKI_STR_INIT("exa mple.com") }, NULL, SEKI_BAD_INPUT, "(d=)" },
    { "a domain with an empty label", { .domain = SEKI_STR_INIT("a..example") }, NULL, SEKI_BAD_INPUT, "(d=)" },
    { "one label", { .domain = SEKI_STR_INIT("localhost") }, NULL, SEKI_BAD_INPUT, "(d=)" },
    { "a tag in the domain", { .domain = SEKI_STR_INIT("a.example;l=0") }, NULL, SEKI_BAD_INPUT, "(d=)" },
    { "a selector with a fold", { .selector = SEKI_STR_INIT("a\r\n b") }, NULL, SEKI_BAD_INPUT, "(s=)" },
    { "a selector too long for the DNS",
      { .selector =
            SEKI_STR_INIT("a1234567890123456789012345678901234567890123456789012345678901.a12345678901234567890"
                          "12345678901234567890123456789012345678901.a123456789012345678901234567890123456789012"
                          "3456789012345678901.a1234567890123456789012345678901234") },
      NULL,
      SEKI_BAD_INPUT,
      "too long" },
    { "an identity without @", { .identity = SEKI_STR_INIT("joe") }, NULL, SEKI_BAD_INPUT, "(i=)" },
    { "an identity of another domain",
      { .identity = SEKI_STR_INIT("joe@example.com") },
      NULL,
      SEKI_BAD_INPUT,
      "not within" },
    { "an identity that only ends alike",
      { .identity = SEKI_STR_INIT("j@xfootball.example.com") },
      NULL,
      SEKI_BAD_INPUT,
      "not within" },
    { "an identity with a line end",
      { .identity = SEKI_STR_INIT("j\r\nX: y@football.example.com") },
      NULL,
      SEKI_BAD_INPUT,
      "(i=)" },
    { "an expiry without a time", { .expires_after_s = 5 }, NULL, SEKI_BAD_INPUT, "(t=)" },
    { "an expiry past the end of time",
      { .time_s = 9, .expires_after_s = INT64_MAX },
      NULL,
      SEKI_BAD_INPUT,
      "(x=)" },
    { "a message without From", { .time_s = 0 }, "To: a@b.c\r\n\r\n", SEKI_BAD_INPUT, "no From" },
    { "fields without From",
      { .names = &(struct seki_str)SEKI_STR_INIT("To"), .name_count = 1 },
      NULL,
      SEKI_BAD_INPUT,
      "From" },
    { "a field with a colon",
      { .names = &(struct seki_str)SEKI_STR_INIT("From:To"), .name_count = 1 },
      NULL,
      SEKI_BAD_INPUT,
      "not the name of a field" },
    { "a field with a semicolon",
      { .names = &(struct seki_str)SEKI_STR_INIT("From;l=0"), .name_count = 1 },
      NULL,
      SEKI_BAD_INPUT,
      "not the name of a field" },
    { "an empty field name",
      { .names = &(struct seki_str)SEKI_STR_INIT(""), .name_count = 1 },
      NULL,
      SEKI_BAD_INPUT,
      "not the name of a field" },
};

static void what_cannot_be_written_is_refused_with_the_reason(void **state)
{
    const struct world *world = *state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct seki_dkim_sign_options options = refused[i].options;
        options.domain = options.domain.ptr != NULL ? options.domain : usual.domain;
        options.selector = options.selector.ptr != NULL ? options.selector : usual.selector;
        struct seki_body_hash *body = seki_body_hash_new(world->arena, world->context);
        struct seki_dkim_sign *sign = (void *)&sign;
        struct seki_error why = { "" };
        enum seki_result result =
            seki_dkim_sign_new(world->arena, world->context,
                               read_header(world, refused[i].header != NULL ? refused[i].header : rfc_header), body,
                               &options, &sign, &why);
        assert_null(sign);
        if (result != refused[i].want || strstr(why.text, refused[i].says) == NULL)
            fail_msg("%s: %d, %s", refused[i].name, result, why.text);
        seki_body_hash_end(body);
    }
}

static void a_header_past_the_bounds_is_not_signed(void **state)
{
    const struct world *world = *state;
    struct seki_message *message = seki_message_new(world->arena, &(struct seki_message_limits){ .max_fields = 2 });
    struct seki_body_hash *body = seki_body_hash_new(world->arena, world->context);
    struct seki_dkim_sign *sign;
    struct seki_error why;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(seki_message_add_field(message, SEKI_STR("From"), SEKI_STR(" a@b.c")), SEKI_OK);
    assert_int_equal(seki_dkim_sign_new(world->arena, world->context, message, body, &usual, &sign, &why),
                     SEKI_LIMIT);
    assert_string_equal(why.text, "the header is larger than we read, and cannot be signed");
    message = seki_message_new(world->arena, NULL);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(seki_message_add_field(message, SEKI_STR("From"), SEKI_STR(" a@b.c")), SEKI_OK);
    assert_int_equal(seki_dkim_sign_new(world->arena, world->context, message, body, &usual, &sign, &why),
                     SEKI_LIMIT);
    assert_non_null(strstr(why.text, "1000 names"));
}

static void steps_out_of_turn_are_told(void **state)
{
    const struct world *world = *state;
    struct seki_body_hash *body = seki_body_hash_new(world->arena, world->context);
    struct seki_dkim_sign *sign, *late;
    struct seki_sign_request request;
    struct seki_sign_answer answer = { .octet_count = 63 };
    struct seki_error why;
    struct seki_str value;
    struct seki_message *message = read_header(world, rfc_header);
    assert_int_equal(seki_dkim_sign_new(world->arena, world->context, message, body, &usual, &sign, &why), SEKI_OK);
    assert_int_equal(seki_dkim_sign_digest(sign, &request, &why), SEKI_NEED_BODY);
    assert_int_equal(seki_dkim_sign_complete(sign, &answer, &value, &why), SEKI_USAGE);
    seki_body_hash_finish(body);
    struct seki_dkim_sign_options simple = usual;
    simple.canonicalization = SEKI_SIGN_SIMPLE_SIMPLE;
    assert_int_equal(seki_dkim_sign_new(world->arena, world->context, message, body, &simple, &late, &why),
                     SEKI_USAGE);
    assert_string_equal(why.text, "a signature must be planned before the body");
    assert_int_equal(seki_dkim_sign_digest(sign, &request, &why), SEKI_OK);
    assert_int_equal(seki_dkim_sign_complete(sign, &answer, &value, &why), SEKI_USAGE);
    answer.octet_count = 64;
    assert_int_equal(seki_dkim_sign_complete(sign, &answer, &value, &why), SEKI_OK);
    assert_int_equal(seki_dkim_sign_complete(sign, &answer, &value, &why), SEKI_USAGE);
}

static const struct {
    const char *text;
    bool is_known;
    enum seki_sign_canonicalization want;
} canonicalizations[] = {
    { "relaxed/relaxed", true, SEKI_SIGN_RELAXED_RELAXED }, { "relaxed/simple", true, SEKI_SIGN_RELAXED_SIMPLE },
    { "Simple/Relaxed", true, SEKI_SIGN_SIMPLE_RELAXED },   { "simple/simple", true, SEKI_SIGN_SIMPLE_SIMPLE },
    { "relaxed", true, SEKI_SIGN_RELAXED_SIMPLE },          { "simple", true, SEKI_SIGN_SIMPLE_SIMPLE },
    { "relaxed/", false, SEKI_SIGN_RELAXED_RELAXED },       { "/relaxed", false, SEKI_SIGN_RELAXED_RELAXED },
    { "nowsp", false, SEKI_SIGN_RELAXED_RELAXED },          { "", false, SEKI_SIGN_RELAXED_RELAXED },
};

static void canonicalizations_have_the_names_of_the_rfc(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof canonicalizations / sizeof canonicalizations[0]; i++) {
        enum seki_sign_canonicalization got = SEKI_SIGN_RELAXED_RELAXED;
        assert_int_equal(seki_sign_canonicalization_from_name(seki_str_of(canonicalizations[i].text), &got),
                         canonicalizations[i].is_known);
        assert_int_equal(got, canonicalizations[i].want);
    }
}

static enum seki_dkim_result verify(const struct world *world, struct seki_str header, const char *body_text)
{
    struct seki_message *message = seki_message_new(world->arena, NULL);
    struct seki_body_hash *body = seki_body_hash_new(world->arena, world->context);
    struct seki_answers *answers = seki_answers_new(world->arena, 0);
    struct seki_dkim *dkim;
    struct seki_dkim_verdict verdict;
    const struct seki_record record = { .text = SEKI_STR(SIGNER_ED25519_RECORD) };
    const struct seki_answer outcome = { .status = SEKI_ANSWER_FOUND, .records = &record, .record_count = 1 };
    const struct seki_answer *question;
    struct seki_str rest;
    bool is_unix;
    assert_int_equal(seki_message_read(message, header, &rest, &is_unix), SEKI_OK);
    assert_int_equal(seki_dkim_new(world->arena, world->context, message, body, NULL, &dkim, NULL), SEKI_OK);
    seki_body_hash_update(body, seki_str_of(body_text));
    seki_body_hash_finish(body);
    assert_int_equal(seki_dkim_step(dkim, answers, &verdict, NULL), SEKI_NEED_ANSWERS);
    while ((question = seki_answers_next_open(answers)) != NULL)
        assert_int_equal(seki_answers_enter(answers, question, &outcome), SEKI_OK);
    assert_int_equal(seki_dkim_step(dkim, answers, &verdict, NULL), SEKI_OK);
    return verdict.signatures[0].result;
}

static void what_is_signed_verifies_until_a_field_is_added(void **state)
{
    static const enum seki_sign_canonicalization all[] = { SEKI_SIGN_RELAXED_RELAXED, SEKI_SIGN_RELAXED_SIMPLE,
                                                           SEKI_SIGN_SIMPLE_RELAXED, SEKI_SIGN_SIMPLE_SIMPLE };
    const struct world *world = *state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct seki_dkim_sign_options options = usual;
        options.canonicalization = all[i];
        options.identity = SEKI_STR("a;b@football.example.com");
        struct seki_str value = sign(world, rfc_header, rfc_body, &options);
        struct seki_str header =
            seki_arena_format(world->arena, "DKIM-Signature:%.*s\r\n%s", SEKI_STR_ARGS(value), rfc_header);
        assert_int_equal(verify(world, header, rfc_body), SEKI_DKIM_PASS);
        assert_int_equal(verify(world, header, "Hi!\r\n"), SEKI_DKIM_FAIL);
        static const char *const additions[] = { "From: e@v.il", "Reply-To: e@v.il", "Content-Type: text/html" };
        for (size_t n = 0; n < sizeof additions / sizeof additions[0]; n++) {
            header = seki_arena_format(world->arena, "%s\r\nDKIM-Signature:%.*s\r\n%s", additions[n],
                                       SEKI_STR_ARGS(value), rfc_header);
            assert_int_equal(verify(world, header, rfc_body), SEKI_DKIM_FAIL);
        }
        header = seki_arena_format(world->arena, "Received: x\r\nDKIM-Signature:%.*s\r\n%s", SEKI_STR_ARGS(value),
                                   rfc_header);
        assert_int_equal(verify(world, header, rfc_body), SEKI_DKIM_PASS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_field_is_written_in_a_fixed_order_and_folded, start, stop),
        cmocka_unit_test_setup_teardown(nothing_optional_is_written_unasked, start, stop),
        cmocka_unit_test_setup_teardown(the_usual_fields_are_covered, start, stop),
        cmocka_unit_test_setup_teardown(wanted_fields_are_listed_as_they_are_wanted, start, stop),
        cmocka_unit_test_setup_teardown(names_are_written_as_the_rfcs_say, start, stop),
        cmocka_unit_test_setup_teardown(what_cannot_be_written_is_refused_with_the_reason, start, stop),
        cmocka_unit_test_setup_teardown(a_header_past_the_bounds_is_not_signed, start, stop),
        cmocka_unit_test_setup_teardown(steps_out_of_turn_are_told, start, stop),
        cmocka_unit_test(canonicalizations_have_the_names_of_the_rfc),
        cmocka_unit_test_setup_teardown(what_is_signed_verifies_until_a_field_is_added, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

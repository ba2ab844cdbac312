/* RFC 4407 section 2, step by step. */
#include <sekisho/sender_id.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct pra_case {
    const char *what, *header;
    const char *pra;    /* NULL: none */
    const char *field;  /* "" when none was chosen */
    const char *reason; /* how it begins, when there is none */
};

static const struct pra_case step_1[] = {
    { "Resent-Sender beats all",
      "From: a@x.example\nSender: b@x.example\nResent-From: c@x.example\nResent-Sender: d@x.example\n",
      "d@x.example", "Resent-Sender", NULL },
    { "the first of several", "Resent-Sender: d@x.example\nResent-Sender: e@x.example\n", "d@x.example",
      "Resent-Sender", NULL },
    { "an empty one is not there", "Resent-Sender:\nResent-Sender: \t \nResent-Sender: e@x.example\n",
      "e@x.example", "Resent-Sender", NULL },
    { "a Received between makes it an older block",
      "Resent-From: c@x.example\nReceived: by x\nResent-Sender: d@x.example\n", "c@x.example", "Resent-From",
      NULL },
    { "a Return-Path does so too", "Resent-From: c@x.example\nReturn-Path: <>\nResent-Sender: d@x.example\n",
      "c@x.example", "Resent-From", NULL },
    { "a Received above both does not", "Received: by x\nResent-From: c@x.example\nResent-Sender: d@x.example\n",
      "d@x.example", "Resent-Sender", NULL },
    { "a Received below both does not", "Resent-From: c@x.example\nResent-Sender: d@x.example\nReceived: by x\n",
      "d@x.example", "Resent-Sender", NULL },
    { "nor one with the Resent-From below",
      "Resent-Sender: d@x.example\nReceived: by x\nResent-From: c@x.example\n", "d@x.example", "Resent-Sender",
      NULL },
    { "an empty Received is not there", "Resent-From: c@x.example\nReceived: \nResent-Sender: d@x.example\n",
      "d@x.example", "Resent-Sender", NULL },
    { "an empty Resent-From is not there", "Resent-From: \nReceived: by x\nResent-Sender: d@x.example\n",
      "d@x.example", "Resent-Sender", NULL },
    { "one of two Resent-From is enough",
      "Resent-From: c@x.example\nReceived: by x\nResent-From: e@x.example\nResent-Sender: d@x.example\n",
      "c@x.example", "Resent-From", NULL },
};

static const struct pra_case steps_2_to_4[] = {
    { "Resent-From beats Sender", "Sender: b@x.example\nFrom: a@x.example\nResent-From: c@x.example\n",
      "c@x.example", "Resent-From", NULL },
    { "the first Resent-From", "Resent-From: c@x.example\nResent-From: d@x.example\n", "c@x.example", "Resent-From",
      NULL },
    { "Sender beats From", "From: a@x.example\nSender: b@x.example\n", "b@x.example", "Sender", NULL },
    { "names in any case", "FROM: a@x.example\nsender: b@x.example\n", "b@x.example", "Sender", NULL },
    { "an empty Sender is not there", "From: a@x.example\nSender:\n", "a@x.example", "From", NULL },
    { "From", "Subject: s\nFrom: A <a@x.example>\n", "a@x.example", "From", NULL },
    { "two Senders", "From: a@x.example\nSender: b@x.example\nSender: b@x.example\n", NULL, "",
      "more than one Sender field" },
    { "two Froms", "From: a@x.example\nFrom: a@x.example\n", NULL, "", "more than one From field" },
    { "two Froms do not matter beside a Sender", "From: a@x.example\nFrom: a@x.example\nSender: b@x.example\n",
      "b@x.example", "Sender", NULL },
    { "no From", "Subject: s\n", NULL, "", "no From field" },
    { "an empty From", "From: \n", NULL, "", "no From field" },
};

static const struct pra_case step_5[] = {
    { "comments and folds", "From: (x)\n \"A, B\" <(y)a(z)@ x . example>\n", "a@x.example", "From", NULL },
    { "a quoted local-part", "From: \"a b@y\"@x.example\n", "a b@y@x.example", "From", NULL },
    { "two addresses", "From: a@x.example, b@x.example\n", NULL, "From", "From holds more than one address" },
    { "the next candidate is not tried", "From: a@x.example\nSender: b@x.example, c@x.example\n", NULL, "Sender",
      "Sender holds more than one address" },
    { "nor a later field of the same name", "Resent-From: nobody\nResent-From: c@x.example\nFrom: a@x.example\n",
      NULL, "Resent-From", "Resent-From holds an address without a domain name" },
    { "a group of one", "From: g: a@x.example;\n", NULL, "From", "From holds a group" },
    { "an empty group", "From: g:;\n", NULL, "From", "From holds a group" },
    { "no domain", "From: root\n", NULL, "From", "From holds an address without a domain name" },
    { "an address literal", "From: a@[192.0.2.1]\n", NULL, "From", "From holds an address without a domain name" },
    { "a comment alone", "From: (nobody)\n", NULL, "From", "From " },
    { "no address at all", "From: <<a@x.example>>\n", NULL, "From", "From cannot be read: " },
};

static void check_one(const struct pra_case *c)
{
    struct seki_arena *arena = seki_arena_new(1 << 20);
    struct seki_message *message = seki_message_new(arena, NULL);
    struct seki_str body;
    struct seki_pra pra;
    bool is_unix;
    assert_int_equal(seki_message_read(message, seki_str_of(c->header), &body, &is_unix), SEKI_OK);
    assert_int_equal(seki_pra_find(arena, message, &pra), SEKI_OK);
    struct seki_str got = pra.domain.len == 0 ? SEKI_STR("")
                                              : seki_arena_format(arena, "%.*s@%.*s", SEKI_STR_ARGS(pra.local_part),
                                                                  SEKI_STR_ARGS(pra.domain));
    if (!seki_str_equal(got, seki_str_of(c->pra != NULL ? c->pra : "")) ||
        !seki_str_equal(pra.field, seki_str_of(c->field)) ||
        !seki_str_starts_with(pra.reason, seki_str_of(c->reason != NULL ? c->reason : "")) ||
        (c->reason == NULL) != (pra.reason.len == 0))
        fail_msg("%s: got '%.*s' of '%.*s' (%.*s)", c->what, SEKI_STR_ARGS(got), SEKI_STR_ARGS(pra.field),
                 SEKI_STR_ARGS(pra.reason));
    seki_arena_free(arena);
}

static void check_all(const struct pra_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_one(&cases[i]);
}
#define CHECK_ALL(cases) check_all(cases, sizeof cases / sizeof cases[0])

static void resent_sender(void **state)
{
    (void)state;
    CHECK_ALL(step_1);
}

static void other_fields(void **state)
{
    (void)state;
    CHECK_ALL(steps_2_to_4);
}

static void the_chosen_field(void **state)
{
    (void)state;
    CHECK_ALL(step_5);
}

static void a_header_that_was_cut_has_none(void **state)
{
    (void)state;
    const struct seki_message_limits limits = { .max_fields = 1 };
    struct seki_arena *arena = seki_arena_new(1 << 20);
    struct seki_message *message = seki_message_new(arena, &limits);
    struct seki_pra pra;
    assert_int_equal(seki_message_add_field(message, SEKI_STR("From"), SEKI_STR(" a@x.example")), SEKI_OK);
    assert_int_equal(seki_message_add_field(message, SEKI_STR("From"), SEKI_STR(" b@x.example")), SEKI_OK);
    assert_int_equal(seki_pra_find(arena, message, &pra), SEKI_OK);
    assert_int_equal(pra.domain.len, 0);
    assert_true(seki_str_equal(pra.reason, SEKI_STR("the header is larger than we read")));
    seki_arena_free(arena);
}

static void a_full_arena_is_no_verdict(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(1 << 20), *full = seki_arena_new(16);
    struct seki_message *message = seki_message_new(arena, NULL);
    struct seki_pra pra;
    assert_int_equal(seki_message_add_field(message, SEKI_STR("From"), SEKI_STR(" a@x.example")), SEKI_OK);
    assert_int_equal(seki_pra_find(full, message, &pra), SEKI_LIMIT);
    seki_arena_free(full);
    seki_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resent_sender),
        cmocka_unit_test(other_fields),
        cmocka_unit_test(the_chosen_field),
        cmocka_unit_test(a_header_that_was_cut_has_none),
        cmocka_unit_test(a_full_arena_is_no_verdict),
    };
    return cmocka_run_group_tests_name("pra", tests, NULL, NULL);
}

/* What RFC 4406 changes of SPF: which record holds for a scope, domains that do not exist, whose address it is. */
#include <sekisho/sender_id.h>

#include "auth/spf_scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct {
    const char *name, *text; /* NULL: the name exists, without TXT. All records are TXT */
} zone[] = {
    { "v1.example", "v=spf1 ip4:192.0.2.1 -all" },
    { "both.example", "v=spf1 -all" },
    { "both.example", "spf2.0/pra ip4:192.0.2.1 ~all" },
    { "two-v1.example", "v=spf1 -all" },
    { "two-v1.example", "spf2.0/pra +all" },
    { "two-v1.example", "v=spf1 +all" },
    { "twice.example", "spf2.0/pra +all" },
    { "twice.example", "spf2.3/mfrom,pra +all" },
    { "none.example", NULL },
    { "in-gone.example", "spf2.0/pra include:gone.example ?all" },
    { "to-gone.example", "spf2.0/mfrom,pra exp=why.example redirect=gone.example" },
    { "why.example", "never told" },
    { "in-v1.example", "spf2.0/pra include:v1.example -all" },
    { "modifiers.example", "spf2.0/pra foo=1 foo=2 ip4:192.0.2.1 bar=%{d} foo=3 -all bar=" },
    { "macros.example", "spf2.0/pra include:%{l}.%{o}.l.example -all exp=told.example" },
    { "alice.macros.example.l.example", "v=spf1 ip4:192.0.2.1 -all" },
    { "postmaster.macros.example.l.example", "v=spf1 ?all" },
    { "told.example", "%{s} may not, says %{h}" },
    { "wrong.example", "spf2.0/pra ip4:192.0.2 -all" },
};

static void answer_all(struct seki_answers *answers)
{
    const struct seki_answer *question;
    while ((question = seki_answers_next_open(answers)) != NULL) {
        struct seki_record records[4] = { { .preference = 0 } };
        struct seki_answer outcome = { .status = SEKI_ANSWER_NXDOMAIN, .records = records };
        for (size_t i = 0; i < sizeof zone / sizeof zone[0]; i++) {
            if (!seki_str_equal(question->name, seki_str_of(zone[i].name)))
                continue;
            outcome.status = zone[i].text != NULL ? SEKI_ANSWER_FOUND : SEKI_ANSWER_NODATA;
            if (zone[i].text != NULL)
                records[outcome.record_count++].text = seki_str_of(zone[i].text);
        }
        if (seki_str_equal(question->name, SEKI_STR("down.example")))
            outcome.status = SEKI_ANSWER_FAILED;
        assert_int_equal(seki_answers_enter(answers, question, &outcome), SEKI_OK);
    }
}

static struct seki_sender_id_verdict verdict_for(struct seki_arena *arena, const struct seki_sender_id_input *input)
{
    struct seki_answers *answers = seki_answers_new(arena, 0);
    struct seki_sender_id *sender_id = seki_sender_id_new(arena, input);
    struct seki_sender_id_verdict verdict;
    enum seki_result result;
    assert_non_null(sender_id);
    while ((result = seki_sender_id_step(sender_id, answers, &verdict, NULL)) == SEKI_NEED_ANSWERS)
        answer_all(answers);
    assert_int_equal(result, SEKI_OK);
    return verdict;
}

struct sender_id_case {
    const char *what, *client, *local_part, *domain;
    enum seki_spf_result pra, mfrom;
    const char *explanation; /* of pra; NULL: must be "" */
};

static const struct sender_id_case cases[] = {
    { "v=spf1 stands for both scopes", "192.0.2.1", "u", "v1.example", SEKI_SPF_PASS, SEKI_SPF_PASS, NULL },
    { "spf2.0 of the scope beats v=spf1", "192.0.2.1", "u", "both.example", SEKI_SPF_PASS, SEKI_SPF_FAIL, NULL },
    { "whatever it says", "192.0.2.2", "u", "both.example", SEKI_SPF_SOFTFAIL, SEKI_SPF_FAIL, NULL },
    { "two v=spf1 matter only without it", "192.0.2.1", "u", "two-v1.example", SEKI_SPF_PASS, SEKI_SPF_PERMERROR,
      NULL },
    { "two spf2.0 of one scope", "192.0.2.1", "u", "twice.example", SEKI_SPF_PERMERROR, SEKI_SPF_PASS, NULL },
    { "no record", "192.0.2.1", "u", "none.example", SEKI_SPF_NONE, SEKI_SPF_NONE, NULL },
    { "no such domain", "192.0.2.1", "u", "gone.example", SEKI_SPF_FAIL, SEKI_SPF_NONE, NULL },
    { "an include of no such domain does not match", "192.0.2.1", "u", "in-gone.example", SEKI_SPF_NEUTRAL,
      SEKI_SPF_NONE, NULL },
    { "a redirect to no such domain, explained by nobody", "192.0.2.1", "u", "to-gone.example", SEKI_SPF_FAIL,
      SEKI_SPF_PERMERROR, NULL },
    { "a failed look-up", "192.0.2.1", "u", "down.example", SEKI_SPF_TEMPERROR, SEKI_SPF_TEMPERROR, NULL },
    { "an included record may be v=spf1", "192.0.2.1", "u", "in-v1.example", SEKI_SPF_PASS, SEKI_SPF_NONE, NULL },
    { "unknown modifiers anywhere, any number of times", "192.0.2.1", "u", "modifiers.example", SEKI_SPF_PASS,
      SEKI_SPF_NONE, NULL },
    { "macros are made of the PRA", "192.0.2.1", "alice", "macros.example", SEKI_SPF_PASS, SEKI_SPF_NONE, NULL },
    { "and the explanation too", "192.0.2.1", "", "macros.example", SEKI_SPF_FAIL, SEKI_SPF_NONE,
      "postmaster@macros.example may not, says mail.example" },
    { "a syntax error", "192.0.2.1", "u", "wrong.example", SEKI_SPF_PERMERROR, SEKI_SPF_NONE, NULL },
    { "a single label", "192.0.2.1", "u", "localhost", SEKI_SPF_NONE, SEKI_SPF_NONE, NULL },
    { "no domain name", "192.0.2.1", "u", "a..b", SEKI_SPF_NONE, SEKI_SPF_NONE, NULL },
};

static void check_scope(const struct sender_id_case *c, enum seki_sender_id_scope scope)
{
    struct seki_arena *arena = seki_arena_new(1 << 20);
    struct seki_sender_id_input input = { .scope = scope, .spf.helo = SEKI_STR("mail.example") };
    input.spf.trace = seki_trace_new(arena);
    assert_true(seki_ip_parse(seki_str_of(c->client), &input.spf.client));
    bool is_pra = scope == SEKI_SENDER_ID_PRA;
    if (is_pra) {
        input.pra.local_part = seki_str_of(c->local_part);
        input.pra.domain = seki_str_of(c->domain);
        input.spf.mail_from = SEKI_STR("somebody@else.example"); /* must not matter */
    } else {
        input.spf.mail_from = seki_arena_format(arena, "%s@%s", c->local_part, c->domain);
    }
    struct seki_sender_id_verdict verdict = verdict_for(arena, &input);
    assert_int_equal(verdict.scope, scope);
    if (verdict.check.result != (is_pra ? c->pra : c->mfrom))
        fail_msg("%s, %s: got %s (%.*s)", c->what, seki_sender_id_scope_name(scope),
                 seki_spf_result_name(verdict.check.result), SEKI_STR_ARGS(verdict.check.reason));
    if (is_pra && !seki_str_equal(verdict.check.explanation, seki_str_of(c->explanation ? c->explanation : "")))
        fail_msg("%s: explained by '%.*s'", c->what, SEKI_STR_ARGS(verdict.check.explanation));
    assert_non_null(seki_trace_first(input.spf.trace));
    seki_arena_free(arena);
}

static void scopes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_scope(&cases[i], SEKI_SENDER_ID_PRA);
        check_scope(&cases[i], SEKI_SENDER_ID_MFROM);
    }
}

static void without_a_pra_it_is_permerror(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(1 << 20);
    struct seki_sender_id_input input = { .pra.reason = SEKI_STR("no From field") };
    seki_ip_parse(SEKI_STR("192.0.2.1"), &input.spf.client);
    struct seki_sender_id_verdict verdict = verdict_for(arena, &input);
    assert_int_equal(verdict.check.result, SEKI_SPF_PERMERROR);
    assert_true(seki_str_equal(verdict.check.reason, SEKI_STR("no Purported Responsible Address: no From field")));
    assert_int_equal(verdict.check.domain.len, 0);
    seki_arena_free(arena);
}

/* Nobody but HELO answers for a null reverse-path, as in SPF; for a PRA it changes nothing. */
static void a_null_reverse_path_is_the_envelopes_matter(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(1 << 20);
    struct seki_sender_id_input input = { .spf.helo = SEKI_STR("v1.example"),
                                          .pra = { .local_part = SEKI_STR("u"),
                                                   .domain = SEKI_STR("none.example") } };
    seki_ip_parse(SEKI_STR("192.0.2.1"), &input.spf.client);
    struct seki_sender_id_verdict verdict = verdict_for(arena, &input);
    assert_int_equal(verdict.check.result, SEKI_SPF_NONE);
    assert_false(verdict.check.is_null_reverse_path);
    input.scope = SEKI_SENDER_ID_MFROM;
    verdict = verdict_for(arena, &input);
    assert_int_equal(verdict.check.result, SEKI_SPF_PASS);
    assert_true(verdict.check.is_null_reverse_path);
    seki_arena_free(arena);
}

static const struct {
    const char *text;
    enum seki_spf_version spf1, mfrom, pra;
} candidates[] = {
    { "v=spf1", SEKI_SPF_VERSION_1, SEKI_SPF_VERSION_1, SEKI_SPF_VERSION_1 },
    { "V=SPF1 -all", SEKI_SPF_VERSION_1, SEKI_SPF_VERSION_1, SEKI_SPF_VERSION_1 },
    { "v=spf1/pra -all", 0, 0, 0 },
    { "v=spf10 -all", 0, 0, 0 },
    { "spf2.0/pra", 0, 0, SEKI_SPF_VERSION_2 },
    { "spf2.0/mfrom -all", 0, SEKI_SPF_VERSION_2, 0 },
    { "SPF2.0/PRA,MFrom -all", 0, SEKI_SPF_VERSION_2, SEKI_SPF_VERSION_2 },
    { "spf2.0/mfrom,prattle,fubar -all", 0, SEKI_SPF_VERSION_2, 0 }, /* RFC 4406's own examples */
    { "spf2.0/mfrom,pra,fubar -all", 0, SEKI_SPF_VERSION_2, SEKI_SPF_VERSION_2 },
    { "spf2.012/pra -all", 0, 0, SEKI_SPF_VERSION_2 },
    { "spf2./pra -all", 0, 0, 0 },
    { "spf2.0 pra -all", 0, 0, 0 },
    { "spf2.0/ pra -all", 0, 0, 0 },
    { "spf2.0/pra, -all", 0, 0, 0 },
    { "spf2.0/,pra -all", 0, 0, 0 },
    { "spf2.0/pra;mfrom -all", 0, 0, 0 },
    { "spf2.0/pra,2nd -all", 0, 0, 0 },
    { "spf2.0x/pra -all", 0, 0, 0 },
    { "spf2.0/pra\t-all", 0, 0, 0 },
    { " spf2.0/pra -all", 0, 0, 0 },
    { "spf3.0/pra -all", 0, 0, 0 },
    { "spf2", 0, 0, 0 },
    { "", 0, 0, 0 },
};

static void version_and_scope(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof candidates / sizeof candidates[0]; i++) {
        struct seki_str text = seki_str_of(candidates[i].text);
        if (seki_spf_candidate(text, SEKI_SPF_SCOPE_SPF1) != candidates[i].spf1 ||
            seki_spf_candidate(text, SEKI_SPF_SCOPE_MFROM) != candidates[i].mfrom ||
            seki_spf_candidate(text, SEKI_SPF_SCOPE_PRA) != candidates[i].pra)
            fail_msg("'%s' is taken for another version or scope", candidates[i].text);
    }
}

static void a_full_arena_is_no_verdict(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(600);
    const struct seki_sender_id_input input = { .pra.reason = SEKI_STR("no From field") };
    struct seki_sender_id *sender_id = seki_sender_id_new(arena, &input);
    struct seki_sender_id_verdict verdict;
    struct seki_error why;
    while (seki_arena_octets(arena, 8) != NULL)
        continue;
    if (sender_id != NULL)
        assert_int_equal(seki_sender_id_step(sender_id, NULL, &verdict, &why), SEKI_LIMIT);
    seki_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scopes),
        cmocka_unit_test(without_a_pra_it_is_permerror),
        cmocka_unit_test(a_null_reverse_path_is_the_envelopes_matter),
        cmocka_unit_test(version_and_scope),
        cmocka_unit_test(a_full_arena_is_no_verdict),
    };
    return cmocka_run_group_tests_name("sender-id", tests, NULL, NULL);
}

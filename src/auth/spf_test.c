/* check_host() and what surrounds it: identities, limits, who is asked when. The zone below is the whole world. */
#include <sekisho/spf.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct {
    const char *name;
    enum seki_rr_type type;
    const char *value; /* "FAIL": the look-up fails */
} zone[] = {
    { "plain.example", SEKI_RR_TXT, "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 ~all" },
    { "host.example.net", SEKI_RR_TXT, "v=spf1 a -all" },
    { "host.example.net", SEKI_RR_A, "192.0.2.1" },
    { "xn--fiq228c.example", SEKI_RR_TXT, "v=spf1 exists:%{o}.x.example -exists:%{l}.y.example ?all" },
    { "xn--fiq228c.example.x.example", SEKI_RR_A, "127.0.0.2" },
    { "local.example", SEKI_RR_TXT,
      "v=spf1 exists:%{l}.x.example mx:%{L}.x.example include:%{s}.y.example -all exp=why-s.example" },
    { "user.x.example", SEKI_RR_A, "127.0.0.2" },
    { "why-s.example", SEKI_RR_TXT, "no %{s}" },
    { "localto.example", SEKI_RR_TXT, "v=spf1 redirect=%{l}.x.example" },
    { "lost.example", SEKI_RR_TXT, "v=spf1 a:down.example -all" },
    { "down.example", SEKI_RR_A, "FAIL" },
    { "down.example", SEKI_RR_TXT, "FAIL" },
    { "mxlost.example", SEKI_RR_TXT, "v=spf1 mx -all" },
    { "mxlost.example", SEKI_RR_MX, "down.example" },
    { "mxlost.example", SEKI_RR_MX, "host.example.net" },
    { "inlost.example", SEKI_RR_TXT, "v=spf1 include:lost.example +all" },
    { "wrong.example", SEKI_RR_TXT, "v=spf1 +all ip4:192.0.2" },
    { "inwrong.example", SEKI_RR_TXT, "v=spf1 include:wrong.example +all" },
    { "twice.example", SEKI_RR_TXT, "v=spf1 +all" },
    { "twice.example", SEKI_RR_TXT, "v=spf1 -all" },
    /* void look-ups */
    { "void2.example", SEKI_RR_TXT, "v=spf1 a:v1.void.example mx:v2.void.example +all" },
    { "void3.example", SEKI_RR_TXT, "v=spf1 a:v1.void.example mx:v2.void.example exists:v3.void.example +all" },
    { "voidmx.example", SEKI_RR_TXT, "v=spf1 mx a:v1.void.example mx:onemx.example a:plain.example +all" },
    { "voidmx.example", SEKI_RR_MX, "v4.void.example" },
    { "voidmx.example", SEKI_RR_MX, "v5.void.example" },
    { "voidmx.example", SEKI_RR_MX, "v6.void.example" },
    { "onemx.example", SEKI_RR_MX, "v7.void.example" },
    { "onemx.example", SEKI_RR_MX, "host.example.net" },
    { "voidptr.example", SEKI_RR_TXT, "v=spf1 ptr ptr ptr ptr -all" },
    { "nullmx.example", SEKI_RR_TXT, "v=spf1 mx -all" },
    { "nullmx.example", SEKI_RR_MX, "" },
    /* limits */
    { "ten.example", SEKI_RR_TXT, "v=spf1 include:eight.example exists:host.example.net" },
    { "eleven.example", SEKI_RR_TXT, "v=spf1 include:eight.example a:host.example.net redirect=plain.example" },
    { "eight.example", SEKI_RR_TXT,
      "v=spf1 a:q.example a:q.example a:q.example a:q.example a:q.example "
      "a:q.example a:q.example a:q.example" },
    { "q.example", SEKI_RR_A, "203.0.113.99" },
    { "loop.example", SEKI_RR_TXT, "v=spf1 include:loop.example -all" },
    { "round.example", SEKI_RR_TXT, "v=spf1 redirect=round.example" },
    /* reverse */
    { "1.2.0.192.in-addr.arpa", SEKI_RR_PTR, "down.example" },
    { "1.2.0.192.in-addr.arpa", SEKI_RR_PTR, "liar.ptr.example" },
    { "1.2.0.192.in-addr.arpa", SEKI_RR_PTR, "host.example.net" },
    { "liar.ptr.example", SEKI_RR_A, "198.51.100.1" },
    { "ptr.example", SEKI_RR_TXT, "v=spf1 ptr -ptr:example.net ?all" },
    { "name.example", SEKI_RR_TXT, "v=spf1 exists:%{p}.z.example -all" },
    { "host.example.net.z.example", SEKI_RR_A, "127.0.0.2" },
    { "unknown.z.example", SEKI_RR_A, "127.0.0.2" },
    /* explanations */
    { "told.example", SEKI_RR_TXT, "v=spf1 include:untold.example -all exp=%{d}.why.example" },
    { "told.example.why.example", SEKI_RR_TXT, "%{c} is not ours, ask %{r} (%{h})" },
    { "untold.example", SEKI_RR_TXT, "v=spf1 -all exp=secret.example" },
    { "secret.example", SEKI_RR_TXT, "secret" },
    { "retold.example", SEKI_RR_TXT, "v=spf1 exp=secret.example redirect=told.example" },
    { "mute.example", SEKI_RR_TXT, "v=spf1 -all exp=down.example" },
    { "garbled.example", SEKI_RR_TXT, "v=spf1 -all exp=%{d}.why.example" },
    { "garbled.example.why.example", SEKI_RR_TXT, "%{nonsense}" },
    /* asking ahead */
    { "wide.example", SEKI_RR_TXT,
      "v=spf1 include:w1.example a:q.example mx:wmx.example include:w2.example "
      "exists:%{l}.x.example ptr ip4:203.0.113.7 a:never.example -all" },
    { "w1.example", SEKI_RR_TXT, "v=spf1 include:w3.example a:w1a.example -all" },
    { "w2.example", SEKI_RR_TXT, "v=spf1 include:w4.example -all" },
    { "w3.example", SEKI_RR_TXT, "v=spf1 -all" },
    { "w4.example", SEKI_RR_TXT, "v=spf1 -all" },
    { "w1a.example", SEKI_RR_A, "203.0.113.99" },
    { "wmx.example", SEKI_RR_MX, "wm1.example" },
    { "wmx.example", SEKI_RR_MX, "wm2.example" },
    { "wm1.example", SEKI_RR_A, "203.0.113.99" },
    { "wm2.example", SEKI_RR_A, "203.0.113.99" },
    { "manymx.example", SEKI_RR_TXT, "v=spf1 mx -all" },
};

#define MAX_RECORDS 16
#define MAX_ROUNDS  40

static void answer(struct seki_answers *answers, const struct seki_answer *question)
{
    struct seki_record records[MAX_RECORDS] = { { .preference = 0 } };
    struct seki_answer outcome = { .status = SEKI_ANSWER_NXDOMAIN,
                                   .dnssec = SEKI_DNSSEC_SECURE,
                                   .records = records };
    for (size_t i = 0; i < sizeof zone / sizeof zone[0]; i++) {
        if (!seki_str_equal(question->name, seki_str_of(zone[i].name)))
            continue;
        if (outcome.status == SEKI_ANSWER_NXDOMAIN)
            outcome.status = SEKI_ANSWER_NODATA;
        if (zone[i].type != question->type)
            continue;
        struct seki_record *record = &records[outcome.record_count++];
        outcome.status = strcmp(zone[i].value, "FAIL") == 0 ? SEKI_ANSWER_FAILED : SEKI_ANSWER_FOUND;
        if (question->type == SEKI_RR_A)
            seki_ip_parse(seki_str_of(zone[i].value), &record->address);
        else
            record->text = seki_str_of(zone[i].value);
    }
    assert_int_equal(seki_answers_enter(answers, question, &outcome), SEKI_OK);
}

static struct seki_spf_verdict verdict_for(struct seki_arena *arena, const struct seki_spf_input *input)
{
    struct seki_answers *answers = seki_answers_new(arena, 0);
    struct seki_spf *spf = seki_spf_new(arena, input);
    assert_non_null(spf);
    struct seki_spf_verdict verdict;
    for (int round = 0; round < MAX_ROUNDS; round++) {
        enum seki_result result = seki_spf_step(spf, answers, &verdict, NULL);
        if (result == SEKI_OK)
            return verdict;
        assert_int_equal(result, SEKI_NEED_ANSWERS);
        assert_true(seki_answers_needed_count(answers) > 0);
        const struct seki_answer *question;
        while ((question = seki_answers_next_open(answers)) != NULL)
            answer(answers, question);
    }
    fail_msg("no verdict after %d rounds", MAX_ROUNDS);
    return verdict;
}

struct spf_case {
    const char *what, *client, *helo, *mail_from;
    enum seki_spf_result result;
    const char *reason;      /* NULL: not looked at */
    const char *explanation; /* NULL: must be "" */
};

static void check_all(enum seki_spf_identity identity, const struct spf_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct seki_arena *arena = seki_arena_new(1 << 20);
        struct seki_spf_input input = { .helo = seki_str_of(cases[i].helo),
                                        .mail_from = seki_str_of(cases[i].mail_from),
                                        .identity = identity,
                                        .trace = seki_trace_new(arena) };
        assert_true(seki_ip_parse(seki_str_of(cases[i].client), &input.client));
        struct seki_spf_verdict verdict = verdict_for(arena, &input);
        if (verdict.result != cases[i].result)
            fail_msg("%s: got %s (%.*s)", cases[i].what, seki_spf_result_name(verdict.result),
                     SEKI_STR_ARGS(verdict.reason));
        if (cases[i].reason != NULL && !seki_str_equal(verdict.reason, seki_str_of(cases[i].reason)))
            fail_msg("%s: got '%.*s'", cases[i].what, SEKI_STR_ARGS(verdict.reason));
        if (!seki_str_equal(verdict.explanation, seki_str_of(cases[i].explanation ? cases[i].explanation : "")))
            fail_msg("%s: got '%.*s'", cases[i].what, SEKI_STR_ARGS(verdict.explanation));
        assert_true(verdict.lookups <= 10);
        assert_non_null(seki_trace_first(input.trace));
        seki_arena_free(arena);
    }
}
#define CHECK_ALL(identity, cases) check_all(identity, cases, sizeof cases / sizeof cases[0])

static void identities(void **state)
{
    (void)state;
    static const struct spf_case helo[] = {
        { "HELO is checked whatever MAIL FROM is", "192.0.2.1", "host.example.net", "u@wrong.example",
          SEKI_SPF_PASS, "matched a", NULL },
        { "an address literal", "192.0.2.1", "[192.0.2.1]", "", SEKI_SPF_NONE, "the HELO name is not a domain name",
          NULL },
        { "a single label", "192.0.2.1", "localhost", "", SEKI_SPF_NONE, "localhost is not a full domain name",
          NULL },
        { "nothing", "192.0.2.1", "", "", SEKI_SPF_NONE, "the HELO name is not a domain name", NULL },
        { "U-labels may not stand in HELO", "192.0.2.1", "\xe4\xb8\xad\xe6\x96\x87.example", "", SEKI_SPF_NONE,
          "the HELO name is not a domain name", NULL },
    };
    CHECK_ALL(SEKI_SPF_HELO, helo);
    static const struct spf_case mail_from[] = {
        { "a match", "192.0.2.77", "h", "u@plain.example", SEKI_SPF_PASS, "matched ip4:192.0.2.0/24", NULL },
        { "case and final dot of the domain", "2001:db8::1", "h", "u@PLAIN.example.", SEKI_SPF_PASS,
          "matched ip6:2001:db8::/32", NULL },
        { "an IPv4-mapped client", "::ffff:192.0.2.77", "h", "u@plain.example", SEKI_SPF_PASS, NULL, NULL },
        { "null reverse-path: HELO stands in", "192.0.2.1", "host.example.net", "", SEKI_SPF_PASS, NULL, NULL },
        { "no local-part: postmaster", "192.0.2.1", "h", "@local.example", SEKI_SPF_PERMERROR, NULL, NULL },
        { "no domain", "192.0.2.1", "host.example.net", "user", SEKI_SPF_NONE, "MAIL FROM holds no domain name",
          NULL },
        { "an empty domain", "192.0.2.1", "host.example.net", "user@", SEKI_SPF_NONE, NULL, NULL },
        { "an address literal", "192.0.2.1", "h", "u@[192.0.2.1]", SEKI_SPF_NONE, NULL, NULL },
        { "@ in a quoted local-part", "192.0.2.1", "h", "\"u@wrong.example\"@plain.example", SEKI_SPF_PASS, NULL,
          NULL },
        { "a source route says nothing", "192.0.2.1", "h", "@wrong.example,@x.example:user@local.example",
          SEKI_SPF_PASS, "matched exists:%{l}.x.example", NULL },
        { "U-labels become A-labels", "192.0.2.1", "h", "u@\xe4\xb8\xad\xe6\x96\x87.example", SEKI_SPF_PASS,
          "matched exists:%{o}.x.example", NULL },
        { "no such domain", "192.0.2.1", "h", "u@gone.example", SEKI_SPF_NONE, "gone.example does not exist",
          NULL },
        { "no record", "192.0.2.1", "h", "u@q.example", SEKI_SPF_NONE, "q.example has no SPF record", NULL },
    };
    CHECK_ALL(SEKI_SPF_MAIL_FROM, mail_from);
}

static void errors_name_their_cause(void **state)
{
    (void)state;
    static const struct spf_case cases[] = {
        { "the record cannot be looked up", "192.0.2.1", "h", "u@down.example", SEKI_SPF_TEMPERROR,
          "down.example could not be looked up", NULL },
        { "a term cannot be looked up", "192.0.2.1", "h", "u@lost.example", SEKI_SPF_TEMPERROR,
          "down.example could not be looked up", NULL },
        { "an exchange cannot be looked up: the one behind it does not help", "192.0.2.1", "h", "u@mxlost.example",
          SEKI_SPF_TEMPERROR, "down.example could not be looked up", NULL },
        { "temperror passes through include", "192.0.2.1", "h", "u@inlost.example", SEKI_SPF_TEMPERROR,
          "down.example could not be looked up", NULL },
        { "a syntax error behind the match", "192.0.2.1", "h", "u@wrong.example", SEKI_SPF_PERMERROR,
          "ip4:192.0.2 does not hold an IPv4 address", NULL },
        { "permerror passes through include", "192.0.2.1", "h", "u@inwrong.example", SEKI_SPF_PERMERROR,
          "ip4:192.0.2 does not hold an IPv4 address", NULL },
        { "two records", "192.0.2.1", "h", "u@twice.example", SEKI_SPF_PERMERROR,
          "twice.example has more than one SPF record", NULL },
    };
    CHECK_ALL(SEKI_SPF_MAIL_FROM, cases);
}

static void limits(void **state)
{
    (void)state;
    static const struct spf_case cases[] = {
        { "the tenth term still counts", "192.0.2.1", "h", "u@ten.example", SEKI_SPF_PASS, NULL, NULL },
        { "the eleventh is one too many", "203.0.113.1", "h", "u@eleven.example", SEKI_SPF_PERMERROR,
          "more than 10 terms that ask DNS", NULL },
        { "an include loop", "192.0.2.1", "h", "u@loop.example", SEKI_SPF_PERMERROR,
          "more than 10 terms that ask DNS", NULL },
        { "a redirect loop", "192.0.2.1", "h", "u@round.example", SEKI_SPF_PERMERROR,
          "more than 10 terms that ask DNS", NULL },
        { "two void look-ups", "203.0.113.1", "h", "u@void2.example", SEKI_SPF_PASS, NULL, NULL },
        { "the third void look-up", "203.0.113.1", "h", "u@void3.example", SEKI_SPF_PERMERROR,
          "too many terms whose DNS look-ups found nothing", NULL },
        { "an mx term is void once, and only when no exchange has an address", "203.0.113.1", "h",
          "u@voidmx.example", SEKI_SPF_PERMERROR, NULL, NULL },
        { "reverse look-ups do not count as void", "203.0.113.1", "h", "u@voidptr.example", SEKI_SPF_FAIL, NULL,
          NULL },
        { "a null MX is no name", "203.0.113.1", "h", "u@nullmx.example", SEKI_SPF_FAIL, NULL, NULL },
    };
    CHECK_ALL(SEKI_SPF_MAIL_FROM, cases);
}

static void the_void_limit_can_be_set(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(1 << 20);
    struct seki_spf_input input = { .mail_from = SEKI_STR("u@void3.example"), .max_void_lookups = 3 };
    seki_ip_parse(SEKI_STR("203.0.113.1"), &input.client);
    struct seki_spf_verdict verdict = verdict_for(arena, &input);
    assert_int_equal(verdict.result, SEKI_SPF_PASS);
    assert_int_equal(verdict.void_lookups, 3);
    assert_int_equal(verdict.lookups, 3);
    input.max_void_lookups = 1;
    assert_int_equal(verdict_for(arena, &input).result, SEKI_SPF_PERMERROR);
    input.no_void_limit = true;
    assert_int_equal(verdict_for(arena, &input).result, SEKI_SPF_PASS);
    seki_arena_free(arena);
}

static void reverse_names(void **state)
{
    (void)state;
    static const struct spf_case cases[] = {
        { "a name that does not lead back, and one that fails, are skipped", "192.0.2.1", "h", "u@ptr.example",
          SEKI_SPF_FAIL, "matched -ptr:example.net", NULL },
        { "no reverse name", "203.0.113.1", "h", "u@ptr.example", SEKI_SPF_NEUTRAL, "matched ?all", NULL },
        { "%{p}", "192.0.2.1", "h", "u@name.example", SEKI_SPF_PASS, NULL, NULL },
        { "%{p} without a reverse name", "203.0.113.1", "h", "u@name.example", SEKI_SPF_PASS, NULL, NULL },
    };
    CHECK_ALL(SEKI_SPF_MAIL_FROM, cases);
}

/* RFC 8616 section 4. */
static void a_local_part_beyond_ascii_matches_nothing(void **state)
{
    (void)state;
    static const struct spf_case cases[] = {
        { "ASCII", "192.0.2.1", "h", "user@local.example", SEKI_SPF_PASS, NULL, NULL },
        { "exists and include do not match, the explanation is not ASCII", "192.0.2.1", "h",
          "us\xc3\xa9r@local.example", SEKI_SPF_FAIL, "matched -all", NULL },
        { "redirect leads nowhere", "192.0.2.1", "h", "us\xc3\xa9r@localto.example", SEKI_SPF_NEUTRAL, NULL, NULL },
    };
    CHECK_ALL(SEKI_SPF_MAIL_FROM, cases);
}

static void explanations(void **state)
{
    (void)state;
    static const struct spf_case cases[] = {
        { "macros of the text", "192.0.2.1", "h", "u@told.example", SEKI_SPF_FAIL, "matched -all",
          "192.0.2.1 is not ours, ask unknown (h)" },
        { "of the redirect's target", "192.0.2.1", "h", "u@retold.example", SEKI_SPF_FAIL, NULL,
          "192.0.2.1 is not ours, ask unknown (h)" },
        { "controls from HELO", "192.0.2.1", "h\r\n250 ok", "u@told.example", SEKI_SPF_FAIL, NULL, NULL },
        { "cannot be looked up", "192.0.2.1", "h", "u@mute.example", SEKI_SPF_FAIL, NULL, NULL },
        { "bad syntax", "192.0.2.1", "h", "u@garbled.example", SEKI_SPF_FAIL, NULL, NULL },
    };
    CHECK_ALL(SEKI_SPF_MAIL_FROM, cases);
}

static void the_verdict_says_what_was_checked(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(1 << 20);
    struct seki_spf_input input = { .helo = SEKI_STR("Host.Example.NET"), .mail_from = SEKI_STR("") };
    input.client = (struct seki_ip){ 16, { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1 } };
    struct seki_spf_verdict verdict = verdict_for(arena, &input);
    assert_int_equal(verdict.result, SEKI_SPF_PASS);
    assert_int_equal(verdict.identity, SEKI_SPF_MAIL_FROM);
    assert_true(verdict.is_null_reverse_path);
    assert_true(seki_str_equal(verdict.domain, SEKI_STR("host.example.net")));
    assert_true(seki_str_equal(verdict.mechanism, SEKI_STR("a")));
    assert_int_equal(verdict.lookups, 1);
    assert_int_equal(verdict.dnssec, SEKI_DNSSEC_SECURE);
    input.client.octet_count = 0;
    assert_int_equal(verdict_for(arena, &input).result, SEKI_SPF_NONE);
    seki_arena_free(arena);
}

/* Answer what is open now; the names asked since the last call must be these, in this order. */
static void expect_round(struct seki_spf *spf, struct seki_answers *answers, size_t *seen, const char *want)
{
    struct seki_spf_verdict verdict;
    assert_int_equal(seki_spf_step(spf, answers, &verdict, NULL), SEKI_NEED_ANSWERS);
    char got[1024] = "";
    size_t len = 0;
    const struct seki_answer *question;
    for (; (question = seki_answers_at(answers, *seen)) != NULL; ++*seen)
        len += (size_t)snprintf(got + len, sizeof got - len, "%s%s:%.*s", len > 0 ? " " : "",
                                seki_rr_type_name(question->type), SEKI_STR_ARGS(question->name));
    assert_string_equal(got, want);
    while ((question = seki_answers_next_open(answers)) != NULL)
        answer(answers, question);
}

static void later_terms_are_asked_ahead(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(1 << 20);
    struct seki_answers *answers = seki_answers_new(arena, 0);
    struct seki_spf_input input = { .helo = SEKI_STR("h"), .mail_from = SEKI_STR("u@wide.example") };
    seki_ip_parse(SEKI_STR("203.0.113.7"), &input.client);
    struct seki_spf *spf = seki_spf_new(arena, &input);
    size_t seen = 0;
    expect_round(spf, answers, &seen, "TXT:wide.example");
    /* Not the local-part's name, not the reverse name, and nothing behind the ip4 that will match. */
    expect_round(spf, answers, &seen, "TXT:w1.example A:q.example MX:wmx.example TXT:w2.example");
    expect_round(spf, answers, &seen, "TXT:w3.example A:w1a.example A:wm1.example A:wm2.example TXT:w4.example");
    expect_round(spf, answers, &seen, "A:u.x.example");
    expect_round(spf, answers, &seen, "PTR:7.113.0.203.in-addr.arpa");
    struct seki_spf_verdict verdict;
    assert_int_equal(seki_spf_step(spf, answers, &verdict, NULL), SEKI_OK);
    assert_true(seki_str_equal(verdict.reason, SEKI_STR("matched ip4:203.0.113.7")));
    assert_null(seki_answers_at(answers, seen));
    seki_arena_free(arena);
}

static void asking_ahead_keeps_the_limits(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(1 << 20);
    struct seki_answers *answers = seki_answers_new(arena, 0);
    struct seki_spf_input input = { .mail_from = SEKI_STR("u@eleven.example") };
    seki_ip_parse(SEKI_STR("203.0.113.7"), &input.client);
    struct seki_spf *spf = seki_spf_new(arena, &input);
    size_t seen = 0;
    expect_round(spf, answers, &seen, "TXT:eleven.example");
    expect_round(spf, answers, &seen, "TXT:eight.example A:host.example.net TXT:plain.example");
    expect_round(spf, answers, &seen, "A:q.example");
    struct seki_spf_verdict verdict;
    assert_int_equal(seki_spf_step(spf, answers, &verdict, NULL), SEKI_OK);
    assert_int_equal(verdict.result, SEKI_SPF_PERMERROR);
    seki_arena_free(arena);
}

static void an_eleventh_exchange_is_not_asked(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(1 << 20);
    struct seki_answers *answers = seki_answers_new(arena, 0);
    struct seki_spf_input input = { .mail_from = SEKI_STR("u@manymx.example") };
    seki_ip_parse(SEKI_STR("203.0.113.7"), &input.client);
    struct seki_spf *spf = seki_spf_new(arena, &input);
    size_t seen = 0;
    expect_round(spf, answers, &seen, "TXT:manymx.example");
    struct seki_spf_verdict verdict;
    assert_int_equal(seki_spf_step(spf, answers, &verdict, NULL), SEKI_NEED_ANSWERS);
    struct seki_record hosts[11];
    for (size_t i = 0; i < 11; i++)
        hosts[i] = (struct seki_record){ .text = SEKI_STR("host.example.net") };
    struct seki_answer outcome = { .status = SEKI_ANSWER_FOUND, .records = hosts, .record_count = 11 };
    assert_int_equal(seki_answers_enter(answers, seki_answers_next_open(answers), &outcome), SEKI_OK);
    assert_int_equal(seki_spf_step(spf, answers, &verdict, NULL), SEKI_OK);
    assert_true(seki_str_equal(verdict.reason, SEKI_STR("manymx.example has more than 10 mail exchanges")));
    assert_null(seki_answers_next_open(answers));
    seki_arena_free(arena);
}

static void a_full_arena_is_no_verdict(void **state)
{
    (void)state;
    size_t refused = 0;
    for (size_t room = 64; room < 4096; room += 32) {
        struct seki_arena *arena = seki_arena_new(room);
        struct seki_answers *answers = seki_answers_new(arena, 0);
        struct seki_spf_input input = { .helo = SEKI_STR("h"), .mail_from = SEKI_STR("u@told.example") };
        seki_ip_parse(SEKI_STR("203.0.113.7"), &input.client);
        struct seki_spf *spf = answers != NULL ? seki_spf_new(arena, &input) : NULL;
        struct seki_spf_verdict verdict;
        struct seki_error why;
        enum seki_result result = spf != NULL ? SEKI_NEED_ANSWERS : SEKI_LIMIT;
        while (result == SEKI_NEED_ANSWERS) {
            result = seki_spf_step(spf, answers, &verdict, &why);
            const struct seki_answer *question;
            while ((question = seki_answers_next_open(answers)) != NULL) {
                struct seki_answer failed = { .status = SEKI_ANSWER_FAILED };
                if (seki_answers_enter(answers, question, &failed) != SEKI_OK)
                    break;
            }
        }
        refused += result == SEKI_LIMIT;
        assert_true(result == SEKI_LIMIT || (result == SEKI_OK && verdict.result == SEKI_SPF_TEMPERROR));
        seki_arena_free(arena);
    }
    assert_true(refused > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identities),
        cmocka_unit_test(errors_name_their_cause),
        cmocka_unit_test(limits),
        cmocka_unit_test(the_void_limit_can_be_set),
        cmocka_unit_test(reverse_names),
        cmocka_unit_test(a_local_part_beyond_ascii_matches_nothing),
        cmocka_unit_test(explanations),
        cmocka_unit_test(the_verdict_says_what_was_checked),
        cmocka_unit_test(later_terms_are_asked_ahead),
        cmocka_unit_test(asking_ahead_keeps_the_limits),
        cmocka_unit_test(an_eleventh_exchange_is_not_asked),
        cmocka_unit_test(a_full_arena_is_no_verdict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

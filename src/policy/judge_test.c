/* From facts and choices to what is done: a table of what each situation of mail comes to, and what must hold for all facts
 * there can be. RFC 9989 section 7.4, RFC 7960, RFC 7208 sections 8.4 and 8.5, RFC 6376 section 6.3. */
#include "policy/judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define NOW 1000000

/* Another action for every check, so that a result says which one made it. */
static struct policy distinct(void)
{
    struct policy policy = policy_default();
    policy.filter = POLICY_ON;
    const unsigned actions[POLICY_CHECK_COUNT] = {
        [POLICY_DMARC_REJECT] = POLICY_REFUSE,  [POLICY_DMARC_QUARANTINE] = POLICY_QUARANTINE,
        [POLICY_DMARC_NONE] = POLICY_DELIVER,   [POLICY_SPF_FAIL] = POLICY_JUNK,
        [POLICY_SPF_SOFTFAIL] = POLICY_MARK,    [POLICY_DKIM_FAIL] = POLICY_MARK,
        [POLICY_UNAUTHENTICATED] = POLICY_MARK, [POLICY_INTERNAL_SPOOF] = POLICY_REFUSE,
        [POLICY_LOOKALIKE] = POLICY_JUNK,       [POLICY_ATTACHMENT] = POLICY_HOLD,
        [POLICY_VIRUS] = POLICY_REFUSE,
    };
    memcpy(policy.actions, actions, sizeof actions);
    return policy;
}

#define REJECT       .wish = SEKI_DMARC_POLICY_REJECT
#define QUARANTINE   .wish = SEKI_DMARC_POLICY_QUARANTINE
#define SPF(r)       .has_spf = true, .spf = SEKI_SPF_##r
#define DKIM(r)      .dkim = SEKI_DKIM_##r
#define DMARC(r)     .dmarc = SEKI_DMARC_##r
#define FROM         .author_domain = SEKI_STR_INIT("author.example")
#define MAIL_FROM(d) .mail_from_domain = SEKI_STR_INIT(d), .spf_domain = SEKI_STR_INIT(d)
#define SIGNED(d)    .dkim = SEKI_DKIM_PASS, .dkim_domains = { SEKI_STR_INIT(d) }, .dkim_domain_count = 1
#define BIT(c)       (1u << POLICY_##c)

static void each_situation_comes_to_its_action(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct policy_facts facts;
        enum policy_action want;
        unsigned matched;
    } cases[] = {
        { "all passes", { FROM, DMARC(PASS), SPF(PASS), SIGNED("author.example") }, POLICY_DELIVER, 0 },
        { "DMARC fails, the author asks for reject",
          { FROM, DMARC(FAIL), REJECT, SPF(PASS) },
          POLICY_REFUSE,
          BIT(DMARC_REJECT) },
        { "DMARC fails, the author asks for quarantine",
          { FROM, DMARC(FAIL), QUARANTINE, SPF(PASS) },
          POLICY_QUARANTINE,
          BIT(DMARC_QUARANTINE) },
        { "DMARC fails, the author asks for nothing",
          { FROM, DMARC(FAIL), SPF(PASS) },
          POLICY_DELIVER,
          BIT(DMARC_NONE) },
        { "a trusted chain saw it pass",
          { FROM, DMARC(FAIL), REJECT, SPF(PASS), .is_arc_override = true },
          POLICY_DELIVER,
          0 },
        { "it answers what the list broke too",
          { FROM, DMARC(FAIL), REJECT, SPF(SOFTFAIL), DKIM(FAIL), .is_arc_override = true,
            .is_author_hosted = true },
          POLICY_DELIVER,
          0 },
        { "DMARC cannot be had now",
          { FROM, DMARC(TEMPERROR), REJECT, SPF(TEMPERROR), DKIM(TEMPERROR) },
          POLICY_DELIVER,
          0 },
        { "two authors, and the forger's own SPF passes",
          { DMARC(PERMERROR), REJECT, SPF(PASS) },
          POLICY_REFUSE,
          BIT(BAD_AUTHOR) },
        { "two authors, and the forger's own signature passes",
          { DMARC(PERMERROR), SIGNED("evil.example") },
          POLICY_REFUSE,
          BIT(BAD_AUTHOR) },
        { "two authors cannot be vouched for by a chain",
          { DMARC(PERMERROR), SPF(PASS), .is_arc_override = true },
          POLICY_REFUSE,
          BIT(BAD_AUTHOR) },

        { "forwarded: SPF fails, the author's signature holds",
          { FROM, DMARC(PASS), SPF(FAIL), SIGNED("author.example"), .is_dkim_aligned = true },
          POLICY_DELIVER,
          0 },
        { "forwarded without a DMARC record",
          { FROM, SPF(FAIL), SIGNED("author.example"), .is_dkim_aligned = true },
          POLICY_DELIVER,
          0 },
        { "forwarded: the envelope sender's provider has signed",
          { FROM, SPF(FAIL), MAIL_FROM("bounce.esp.example"), SIGNED("esp.example") },
          POLICY_DELIVER,
          0 },
        { "a signature below the envelope sender's domain",
          { FROM, SPF(FAIL), MAIL_FROM("esp.example"), SIGNED("mail.esp.example") },
          POLICY_DELIVER,
          0 },
        { "a signature of somebody else does not answer SPF fail",
          { FROM, SPF(FAIL), MAIL_FROM("esp.example"), SIGNED("evil.example") },
          POLICY_JUNK,
          BIT(SPF_FAIL) },
        { "SPF fails and nothing is signed",
          { FROM, SPF(FAIL) },
          POLICY_JUNK,
          BIT(SPF_FAIL) | BIT(UNAUTHENTICATED) },
        { "SPF softfails", { FROM, SPF(SOFTFAIL) }, POLICY_MARK, BIT(SPF_SOFTFAIL) | BIT(UNAUTHENTICATED) },
        { "SPF permerror is no failure", { FROM, SPF(PERMERROR), SIGNED("x.example") }, POLICY_DELIVER, 0 },
        { "SPF was not evaluated", { FROM, .spf = SEKI_SPF_FAIL, SIGNED("x.example") }, POLICY_DELIVER, 0 },

        { "a broken signature beside aligned SPF",
          { FROM, DMARC(PASS), SPF(PASS), DKIM(FAIL), .is_spf_aligned = true },
          POLICY_DELIVER,
          0 },
        { "a broken signature beside SPF of another domain",
          { FROM, SPF(PASS), DKIM(FAIL) },
          POLICY_MARK,
          BIT(DKIM_FAIL) },
        { "a signature without a key", { FROM, SPF(PASS), DKIM(PERMERROR) }, POLICY_MARK, BIT(DKIM_FAIL) },
        { "a key that cannot be had now", { FROM, SPF(PASS), DKIM(TEMPERROR) }, POLICY_DELIVER, 0 },

        { "nothing at all", { FROM, SPF(NONE) }, POLICY_MARK, BIT(UNAUTHENTICATED) },
        { "SPF neutral is nothing", { FROM, SPF(NEUTRAL) }, POLICY_MARK, BIT(UNAUTHENTICATED) },
        { "a broken signature is no better than none",
          { FROM, SPF(NONE), DKIM(FAIL) },
          POLICY_MARK,
          BIT(DKIM_FAIL) | BIT(UNAUTHENTICATED) },
        { "any valid signature is something", { FROM, SPF(NONE), SIGNED("x.example") }, POLICY_DELIVER, 0 },
        { "what may still pass is not unauthenticated", { FROM, SPF(TEMPERROR) }, POLICY_DELIVER, 0 },
        { "nothing was looked at", { FROM }, POLICY_DELIVER, 0 },

        { "a hosted author from outside",
          { FROM, SPF(PASS), .is_author_hosted = true },
          POLICY_REFUSE,
          BIT(INTERNAL_SPOOF) },
        { "a hosted author, authenticated",
          { FROM, DMARC(PASS), SPF(PASS), .is_author_hosted = true },
          POLICY_DELIVER,
          0 },
        { "a hosted author without DMARC, signed",
          { FROM, SPF(NONE), SIGNED("author.example"), .is_dkim_aligned = true, .is_author_hosted = true },
          POLICY_DELIVER,
          0 },
        { "a hosted author whose DMARC cannot be had now",
          { FROM, DMARC(TEMPERROR), SPF(PASS), .is_author_hosted = true },
          POLICY_DELIVER,
          0 },

        { "whoever owns a look-alike passes for it",
          { FROM, DMARC(PASS), SPF(PASS), .lookalike_of = SEKI_STR_INIT("auth0r.example") },
          POLICY_JUNK,
          BIT(LOOKALIKE) },
        { "an attachment in authenticated mail",
          { FROM, DMARC(PASS), SPF(PASS), .attachment = SEKI_STR_INIT("a.exe") },
          POLICY_HOLD,
          BIT(ATTACHMENT) },
        { "a virus in authenticated mail",
          { FROM, DMARC(PASS), SPF(PASS), .virus = SEKI_STR_INIT("Test") },
          POLICY_REFUSE,
          BIT(VIRUS) },
        { "of several the strictest",
          { FROM, DMARC(FAIL), QUARANTINE, SPF(FAIL), .attachment = SEKI_STR_INIT("a.exe") },
          POLICY_QUARANTINE,
          BIT(DMARC_QUARANTINE) | BIT(SPF_FAIL) | BIT(UNAUTHENTICATED) | BIT(ATTACHMENT) },
    };
    const struct policy policy = distinct();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct policy_judgement got = policy_judge(&policy, NULL, 0, &cases[i].facts, NOW);
        if (got.action != cases[i].want || got.would_be != cases[i].want || got.matched != cases[i].matched)
            fail_msg("%s: %s, matched %x", cases[i].name, policy_action_name(got.action), got.matched);
    }
}

static const struct policy_allow by_signature = {
    .id = 7,
    .author_domain = SEKI_STR_INIT("author.example"),
    .evidence = POLICY_EVIDENCE_DKIM,
    .domain = SEKI_STR_INIT("esp.example"),
};

static void an_entry_answers_authentication_and_nothing_else(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct policy_facts facts;
        enum policy_action want;
        uint64_t allow_id;
        bool is_impostor;
    } cases[] = {
        { "a newsletter that fails DMARC",
          { FROM, DMARC(FAIL), REJECT, SPF(PASS), SIGNED("esp.example") },
          POLICY_DELIVER,
          7,
          false },
        { "without the evidence",
          { FROM, DMARC(FAIL), REJECT, SPF(PASS), SIGNED("x.example") },
          POLICY_REFUSE,
          0,
          true },
        { "nothing was needed", { FROM, DMARC(PASS), SPF(PASS), SIGNED("esp.example") }, POLICY_DELIVER, 0, false },
        { "nothing was needed where the domain lets it in anyway",
          { FROM, DMARC(FAIL), SPF(PASS), SIGNED("esp.example") },
          POLICY_DELIVER,
          0,
          false },
        { "a look-alike of a known partner",
          { FROM, DMARC(PASS), SIGNED("esp.example"), .lookalike_of = SEKI_STR_INIT("auth0r.example") },
          POLICY_DELIVER,
          7,
          false },
        { "its virus",
          { FROM, DMARC(FAIL), REJECT, SIGNED("esp.example"), .virus = SEKI_STR_INIT("Test") },
          POLICY_REFUSE,
          7,
          false },
        { "its attachment",
          { FROM, DMARC(FAIL), REJECT, SIGNED("esp.example"), .attachment = SEKI_STR_INIT("a.js") },
          POLICY_HOLD,
          7,
          false },
        { "an attachment alone needs no entry",
          { FROM, DMARC(PASS), SIGNED("esp.example"), .attachment = SEKI_STR_INIT("a.js") },
          POLICY_HOLD,
          0,
          false },
    };
    const struct policy policy = distinct();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct policy_judgement got = policy_judge(&policy, &by_signature, 1, &cases[i].facts, NOW);
        if (got.action != cases[i].want || got.allow_id != cases[i].allow_id ||
            got.is_impostor != cases[i].is_impostor)
            fail_msg("%s: %s, entry %llu", cases[i].name, policy_action_name(got.action),
                     (unsigned long long)got.allow_id);
    }
}

static void a_forged_bounce_is_discarded_where_that_is_chosen(void **state)
{
    (void)state;
    struct policy policy = distinct();
    struct policy_facts facts = { FROM, DMARC(FAIL), REJECT, SPF(NONE), .is_null_sender = true };
    struct policy_judgement got = policy_judge(&policy, NULL, 0, &facts, NOW);
    assert_true(got.is_forged_bounce && got.action == POLICY_REFUSE);
    policy.discards_forged_bounces = true;
    got = policy_judge(&policy, NULL, 0, &facts, NOW);
    assert_true(got.action == POLICY_DISCARD && got.decisive == POLICY_DMARC_REJECT);
    facts.is_null_sender = false;
    got = policy_judge(&policy, NULL, 0, &facts, NOW);
    assert_true(!got.is_forged_bounce && got.action == POLICY_REFUSE);

    const struct policy_facts genuine = { FROM, DMARC(PASS), SPF(PASS), .is_null_sender = true };
    got = policy_judge(&policy, NULL, 0, &genuine, NOW);
    assert_true(!got.is_forged_bounce && got.action == POLICY_DELIVER);

    const struct policy_facts infected = { FROM, DMARC(PASS), SPF(PASS), .is_null_sender = true,
                                           .virus = SEKI_STR_INIT("Test") };
    got = policy_judge(&policy, NULL, 0, &infected, NOW);
    assert_true(!got.is_forged_bounce && got.action == POLICY_REFUSE);
}

static void mail_to_contacts_alone_is_marked_at_most(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct policy_facts facts;
        enum policy_action want;
        enum policy_check decisive;
    } cases[] = {
        { "it fails DMARC", { FROM, DMARC(FAIL), REJECT, SPF(PASS) }, POLICY_MARK, POLICY_DMARC_REJECT },
        { "two authors", { DMARC(PERMERROR), REJECT, SPF(PASS) }, POLICY_MARK, POLICY_BAD_AUTHOR },
        { "a forged bounce",
          { FROM, DMARC(FAIL), REJECT, .is_null_sender = true },
          POLICY_MARK,
          POLICY_DMARC_REJECT },
        { "a look-alike",
          { FROM, DMARC(PASS), .lookalike_of = SEKI_STR_INIT("auth0r.example") },
          POLICY_MARK,
          POLICY_LOOKALIKE },
        { "a virus counts as ever",
          { FROM, DMARC(FAIL), REJECT, .virus = SEKI_STR_INIT("Test") },
          POLICY_REFUSE,
          POLICY_VIRUS },
        { "an attachment too",
          { FROM, DMARC(FAIL), REJECT, .attachment = SEKI_STR_INIT("a.exe") },
          POLICY_HOLD,
          POLICY_ATTACHMENT },
        { "what passes is delivered", { FROM, DMARC(PASS), SPF(PASS) }, POLICY_DELIVER, POLICY_DMARC_REJECT },
    };
    struct policy policy = distinct();
    policy.discards_forged_bounces = true;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct policy_facts facts = cases[i].facts;
        facts.is_to_contact = true;
        const struct policy_judgement got = policy_judge(&policy, NULL, 0, &facts, NOW);
        if (got.action != cases[i].want || got.decisive != cases[i].decisive)
            fail_msg("%s: %s", cases[i].name, policy_action_name(got.action));
    }
}

static void a_scanner_that_is_silent_is_waited_for_where_that_is_chosen(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned on_scan_failure, filter, on_virus;
        enum seki_dmarc_result dmarc;
        bool waits;
    } cases[] = {
        { "chosen", POLICY_SCAN_TEMPFAIL, POLICY_ON, POLICY_HOLD, SEKI_DMARC_PASS, true },
        { "not chosen", POLICY_SCAN_DELIVER, POLICY_ON, POLICY_HOLD, SEKI_DMARC_PASS, false },
        { "the filter observes", POLICY_SCAN_TEMPFAIL, POLICY_OBSERVE, POLICY_HOLD, SEKI_DMARC_PASS, false },
        { "the filter is off", POLICY_SCAN_TEMPFAIL, POLICY_OFF, POLICY_HOLD, SEKI_DMARC_PASS, false },
        { "a virus would change nothing", POLICY_SCAN_TEMPFAIL, POLICY_ON, POLICY_DELIVER, SEKI_DMARC_PASS, false },
        { "it is refused anyway", POLICY_SCAN_TEMPFAIL, POLICY_ON, POLICY_HOLD, SEKI_DMARC_FAIL, false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct policy policy = distinct();
        policy.on_scan_failure = cases[i].on_scan_failure;
        policy.filter = cases[i].filter;
        policy.actions[POLICY_VIRUS] = cases[i].on_virus;
        const struct policy_facts facts = { FROM, .dmarc = cases[i].dmarc, REJECT, SPF(PASS),
                                            .has_scan_failed = true };
        if (policy_judge(&policy, NULL, 0, &facts, NOW).is_temporary != cases[i].waits)
            fail_msg("%s", cases[i].name);
    }
}

static void a_trusted_chain_is_recorded(void **state)
{
    (void)state;
    const struct policy policy = distinct();
    struct policy_facts facts = { FROM, DMARC(FAIL), REJECT, SPF(PASS), .is_arc_override = true };
    assert_true(policy_judge(&policy, NULL, 0, &facts, NOW).is_arc_override);
    facts.is_arc_override = false;
    assert_false(policy_judge(&policy, NULL, 0, &facts, NOW).is_arc_override);
}

/* ---- for all facts ---- */

enum {
    NULL_SENDER = 1,
    SPF_ALIGNED = 2,
    DKIM_ALIGNED = 4,
    ARC = 8,
    HOSTED = 16,
    LOOKALIKE = 32,
    ATTACHMENT = 64,
    VIRUS = 128,
    SCAN_FAILED = 256,
    TO_CONTACT = 512,
    FLAGS_END = 1024
};
#define DMARC_END ((unsigned)SEKI_DMARC_PERMERROR + 1)
#define WISH_END  ((unsigned)SEKI_DMARC_POLICY_REJECT + 1)
#define SPF_END   ((unsigned)SEKI_SPF_PERMERROR + 2) /* the last: not evaluated */
#define DKIM_END  ((unsigned)SEKI_DKIM_PERMERROR + 1)

static struct seki_str if_set(unsigned flags, unsigned flag)
{
    return flags & flag ? SEKI_STR("x.example") : SEKI_STR("");
}

/* The facts numbered index of all combinations, in mixed radix. @return false past the last */
static bool facts_at(unsigned index, struct policy_facts *facts)
{
    unsigned flags = index % FLAGS_END, rest = index / FLAGS_END;
    *facts = (struct policy_facts){
        FROM,
        MAIL_FROM("bounce.esp.example"),
        .is_null_sender = flags & NULL_SENDER,
        .is_spf_aligned = flags & SPF_ALIGNED,
        .is_dkim_aligned = flags & DKIM_ALIGNED,
        .is_arc_override = flags & ARC,
        .is_author_hosted = flags & HOSTED,
        .has_scan_failed = flags & SCAN_FAILED,
        .is_to_contact = flags & TO_CONTACT,
        .lookalike_of = if_set(flags, LOOKALIKE),
        .attachment = if_set(flags, ATTACHMENT),
        .virus = if_set(flags, VIRUS),
    };
    facts->dmarc = (enum seki_dmarc_result)(rest % DMARC_END);
    rest /= DMARC_END;
    facts->wish = (enum seki_dmarc_policy)(rest % WISH_END);
    rest /= WISH_END;
    facts->has_spf = rest % SPF_END < SPF_END - 1;
    facts->spf = facts->has_spf ? (enum seki_spf_result)(rest % SPF_END) : SEKI_SPF_NONE;
    rest /= SPF_END;
    facts->dkim = (enum seki_dkim_result)(rest % DKIM_END);
    facts->dkim_domain_count = facts->dkim == SEKI_DKIM_PASS ? 1 : 0;
    facts->dkim_domains[0] = SEKI_STR("esp.example");
    return rest < DKIM_END;
}

static struct policy all_refuse(void)
{
    struct policy policy = distinct();
    for (size_t i = 0; i < POLICY_CHECK_COUNT; i++)
        policy.actions[i] = POLICY_REFUSE;
    policy.discards_forged_bounces = true;
    policy.on_scan_failure = POLICY_SCAN_TEMPFAIL;
    return policy;
}

static void for_all_facts(void (*check)(const struct policy *policy, const struct policy_facts *facts))
{
    const struct policy policies[] = { distinct(), all_refuse() };
    struct policy_facts facts;
    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++)
        for (unsigned index = 0; facts_at(index, &facts); index++)
            check(&policies[i], &facts);
}

static void check_off_and_observe(const struct policy *policy, const struct policy_facts *facts)
{
    const struct policy_judgement on = policy_judge(policy, NULL, 0, facts, NOW);
    assert_true(on.action == on.would_be);
    for (unsigned filter = POLICY_OFF; filter < POLICY_ON; filter++) {
        struct policy other = *policy;
        other.filter = filter;
        const struct policy_judgement got = policy_judge(&other, NULL, 0, facts, NOW);
        assert_true(got.action == POLICY_DELIVER && !got.is_temporary);
        assert_true(got.would_be == on.would_be && got.matched == on.matched && got.is_impostor == on.is_impostor);
    }
}

static void off_and_observe_never_act_and_see_the_same(void **state)
{
    (void)state;
    for_all_facts(check_off_and_observe);
}

static const struct policy_allow entries[] = {
    { .id = 1, .author_domain = SEKI_STR_INIT("author.example"), .evidence = POLICY_EVIDENCE_ALIGNED },
    { .id = 2,
      .author_domain = SEKI_STR_INIT("author.example"),
      .evidence = POLICY_EVIDENCE_DKIM,
      .domain = SEKI_STR_INIT("esp.example") },
    { .id = 3, .evidence = POLICY_EVIDENCE_SPF, .domain = SEKI_STR_INIT("bounce.esp.example") },
    { .id = 4,
      .author_domain = SEKI_STR_INIT("author.example"),
      .evidence = POLICY_EVIDENCE_NONE,
      .expires_at_s = NOW + 1 },
};
#define ENTRY_COUNT (sizeof entries / sizeof entries[0])

static void check_entries(const struct policy *policy, const struct policy_facts *facts)
{
    struct policy_judgement before = policy_judge(policy, NULL, 0, facts, NOW);
    for (size_t count = 1; count <= ENTRY_COUNT; count++) {
        const struct policy_judgement got = policy_judge(policy, entries, count, facts, NOW);
        assert_true(got.action <= before.action && got.would_be <= before.would_be);
        assert_true(got.matched == before.matched);
        if (facts->virus.len > 0)
            assert_true(got.action >= policy_action_for(policy, POLICY_VIRUS));
        if (facts->attachment.len > 0)
            assert_true(got.action >= policy_action_for(policy, POLICY_ATTACHMENT));
        before = got;
    }
}

static void an_entry_more_never_makes_it_stricter_nor_skips_content(void **state)
{
    (void)state;
    for_all_facts(check_entries);
}

#define AUTH_BY_RESULT                                                                                             \
    (BIT(DMARC_REJECT) | BIT(DMARC_QUARANTINE) | BIT(DMARC_NONE) | BIT(SPF_FAIL) | BIT(SPF_SOFTFAIL) |             \
     BIT(DKIM_FAIL) | BIT(UNAUTHENTICATED) | BIT(INTERNAL_SPOOF))

static enum policy_action action_for(const struct policy *policy, const struct policy_facts *facts,
                                     enum policy_check check)
{
    bool is_content = check == POLICY_ATTACHMENT || check == POLICY_VIRUS;
    enum policy_action action = policy_action_for(policy, check);
    return facts->is_to_contact && !is_content && action > POLICY_MARK ? POLICY_MARK : action;
}

static void check_results(const struct policy *policy, const struct policy_facts *facts)
{
    const struct policy_judgement got = policy_judge(policy, NULL, 0, facts, NOW);
    bool all_temporary = facts->dmarc == SEKI_DMARC_TEMPERROR && facts->spf == SEKI_SPF_TEMPERROR &&
                         facts->dkim == SEKI_DKIM_TEMPERROR;
    if (facts->dmarc == SEKI_DMARC_PASS || facts->is_arc_override || all_temporary)
        assert_int_equal(got.matched & AUTH_BY_RESULT, 0);
    if (facts->dmarc == SEKI_DMARC_PERMERROR && !facts->is_to_contact)
        assert_true(got.action >= POLICY_REFUSE); /* as fail under p=reject: no way around */
    if (got.would_be != POLICY_DELIVER)
        assert_true(got.matched & 1u << got.decisive);
    if (got.would_be == POLICY_DISCARD)
        assert_true(got.is_forged_bounce && facts->is_null_sender && got.is_impostor);
    else if (got.would_be != POLICY_DELIVER)
        assert_int_equal(action_for(policy, facts, got.decisive), got.would_be);
    for (size_t i = 0; got.would_be != POLICY_DISCARD && i < POLICY_CHECK_COUNT; i++)
        if (got.matched & 1u << i)
            assert_true(got.would_be >= action_for(policy, facts, (enum policy_check)i));
    if (facts->is_to_contact && facts->attachment.len + facts->virus.len == 0)
        assert_true(got.would_be <= POLICY_MARK);
}

static void results_mean_what_they_say_and_the_strictest_acts(void **state)
{
    (void)state;
    for_all_facts(check_results);
}

static void check_milder(const struct policy *policy, const struct policy_facts *facts)
{
    const struct policy_judgement before = policy_judge(policy, NULL, 0, facts, NOW);
    for (size_t i = 0; i < POLICY_CHECK_COUNT; i++) {
        struct policy milder = *policy;
        if (milder.actions[i] > 0)
            milder.actions[i]--;
        assert_true(policy_judge(&milder, NULL, 0, facts, NOW).would_be <= before.would_be);
    }
}

static void a_milder_choice_never_makes_it_stricter(void **state)
{
    (void)state;
    for_all_facts(check_milder);
}

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_situation_comes_to_its_action),
        cmocka_unit_test(an_entry_answers_authentication_and_nothing_else),
        cmocka_unit_test(a_forged_bounce_is_discarded_where_that_is_chosen),
        cmocka_unit_test(mail_to_contacts_alone_is_marked_at_most),
        cmocka_unit_test(a_scanner_that_is_silent_is_waited_for_where_that_is_chosen),
        cmocka_unit_test(a_trusted_chain_is_recorded),
        cmocka_unit_test(off_and_observe_never_act_and_see_the_same),
        cmocka_unit_test(an_entry_more_never_makes_it_stricter_nor_skips_content),
        cmocka_unit_test(results_mean_what_they_say_and_the_strictest_acts),
        cmocka_unit_test(a_milder_choice_never_makes_it_stricter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What a trusted ARC chain changes, and above all what it does not. The chains are made by hand: that a chain passes is
 * the business of others. */
#include "auth/verify_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define MAX_SETS 3u

static const struct seki_str trusted[] = { SEKI_STR_INIT("lists.example.org"), SEKI_STR_INIT("relay.example.net") };

struct override_case {
    const char *name;
    const char *sealers[MAX_SETS]; /* i=1 first */
    const char *auth_results[MAX_SETS];
    bool ams_is_not_whole, is_broken;
    bool want;
};

#define LISTS  "lists.example.org"
#define RELAY  "relay.example.net"
#define OTHER  "other.example"
#define PASSED "mx.example; dmarc=pass header.from=example.com"

/* clang-format off */
static const struct override_case cases[] = {
    { "a trusted sealer saw dmarc=pass", { LISTS }, { PASSED }, .want = true },
    { "spf=pass inside the Organizational Domain, nothing said of DMARC",
      { LISTS }, { "mx; spf=pass smtp.mailfrom=bounce@news.example.com" }, .want = true },
    { "dkim=pass inside the Organizational Domain", { LISTS }, { "mx; dkim=pass header.d=news.example.com" }, .want = true },
    { "trusted from the newest down to the one that saw it", { LISTS, RELAY }, { PASSED, "mx; arc=pass" }, .want = true },
    { "the oldest is not needed", { OTHER, LISTS }, { "mx; none", PASSED }, .want = true },
    { "a case of its own", { LISTS }, { "mx; DMARC=Pass HEADER.FROM=Example.COM" }, .want = true },
    { "the newest sealer is not trusted", { LISTS, OTHER }, { PASSED, PASSED } },
    { "one between is not trusted", { LISTS, OTHER, RELAY }, { PASSED, PASSED, "mx; arc=pass" } },
    { "only a sealer below the trusted ones saw it", { OTHER, LISTS }, { PASSED, "mx; arc=pass" } },
    { "a name that ends like a trusted one", { "evil" LISTS }, { PASSED } },
    { "a name below a trusted one", { "evil." LISTS }, { PASSED } },
    { "dmarc=pass for another author", { LISTS }, { "mx; dmarc=pass header.from=example.net" } },
    { "dmarc=pass for nobody", { LISTS }, { "mx; dmarc=pass" } },
    { "dmarc=fail beside an aligned pass", { LISTS }, { "mx; dkim=pass header.d=example.com; dmarc=fail header.from=example.com" } },
    { "dmarc=fail before dmarc=pass", { LISTS }, { "mx; dmarc=fail header.from=example.com; dmarc=pass header.from=example.com" } },
    { "spf=pass of HELO alone", { LISTS }, { "mx; spf=pass smtp.helo=example.com" } },
    { "dkim=pass elsewhere", { LISTS }, { "mx; dkim=pass header.d=notexample.com" } },
    { "dkim=fail", { LISTS }, { "mx; dkim=fail header.d=example.com" } },
    { "dmarc=pass in a comment", { LISTS }, { "mx; none (; dmarc=pass header.from=example.com)" } },
    { "results that cannot be read", { LISTS }, { "mx; dmarc=pass header.from=example.com; =" } },
    { "a chain that fails", { LISTS }, { PASSED }, .is_broken = true },
    { "an AMS that leaves part of the body unsigned", { LISTS }, { PASSED }, .ams_is_not_whole = true },
};
/* clang-format on */

static void check(void **state)
{
    const struct override_case *c = *state;
    struct seki_arena *arena = seki_arena_new(1 << 16);
    struct seki_arc_set sets[MAX_SETS] = { 0 };
    struct seki_verdict verdict = {
        .dmarc = { .result = SEKI_DMARC_FAIL,
                   .disposition = SEKI_DMARC_POLICY_REJECT,
                   .from_domain = SEKI_STR("example.com"),
                   .org_domain = SEKI_STR("example.com") },
        .arc = { .result = c->is_broken ? SEKI_ARC_FAIL : SEKI_ARC_PASS, .sets = sets },
    };
    const struct seki_verify_options options = { .trusted_sealers = trusted, .trusted_sealer_count = 2 };
    for (size_t i = 0; i < MAX_SETS && c->sealers[i] != NULL; i++)
        sets[verdict.arc.set_count++] = (struct seki_arc_set){ .sealer = seki_str_of(c->sealers[i]),
                                                               .selector = SEKI_STR("s"),
                                                               .auth_results = seki_str_of(c->auth_results[i]),
                                                               .ams_is_valid = !c->ams_is_not_whole };
    assert_int_equal(seki_verdict_apply_arc(arena, &options, &verdict), SEKI_OK);
    assert_int_equal(verdict.is_arc_override, c->want);
    assert_int_equal(verdict.disposition, c->want ? SEKI_DMARC_POLICY_NONE : SEKI_DMARC_POLICY_REJECT);
    assert_int_equal(verdict.dmarc.result, SEKI_DMARC_FAIL);
    seki_arena_free(arena);
}

int main(void)
{
    struct CMUnitTest tests[sizeof cases / sizeof cases[0]];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        tests[i] = (struct CMUnitTest){ cases[i].name, check, NULL, NULL, (void *)(uintptr_t)&cases[i] };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

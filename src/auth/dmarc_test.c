/* DMARC evaluations by hand: RFC 9989 sections 4.10, 5.3 and 11.5. */
#include <sekisho/dmarc.h>

#include "auth/dmarc_test_zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define UNSET      SEKI_DMARC_POLICY_UNSET
#define NONE       SEKI_DMARC_POLICY_NONE
#define QUARANTINE SEKI_DMARC_POLICY_QUARANTINE
#define REJECT     SEKI_DMARC_POLICY_REJECT

#define MAX_SIGNATURES 3

struct spf {
    const char *domain; /* NULL: SPF ended in none */
    enum seki_spf_result result;
    enum seki_spf_identity identity;
};

struct signature {
    const char *domain;
    enum seki_dkim_result result;
    bool is_partial, is_testing;
};

struct want {
    enum seki_dmarc_result result;
    const char *from_domain;                /* NULL: the From domain of the case */
    const char *policy_domain, *org_domain; /* NULL: "" */
    enum seki_dmarc_policy published, policy, disposition;
    bool spf_aligned;
    const char *dkim_domain; /* NULL: DKIM is not aligned */
    const char *reason;      /* a part of it; NULL: any */
};

struct dmarc_case {
    const char *name;
    const char *from; /* a domain */
    struct zone_entry zone[8];
    struct spf spf;
    struct signature dkim[MAX_SIGNATURES + 1];
    struct seki_dmarc_options options;
    bool by_list; /* RFC 7489 */
    struct want want;
};

#define PASS_FOR(d)                                                                                                \
    {                                                                                                              \
        .domain = d, .result = SEKI_SPF_PASS                                                                       \
    }
#define TEMPERROR_FOR(d)                                                                                           \
    {                                                                                                              \
        .domain = d, .result = SEKI_SPF_TEMPERROR                                                                  \
    }
#define SIGNED(d)                                                                                                  \
    {                                                                                                              \
        {                                                                                                          \
            .domain = d, .result = SEKI_DKIM_PASS                                                                  \
        }                                                                                                          \
    }

static const struct dmarc_case cases[] = {
    /* Section 4.10.1: which record, and which of its tags. */
    { .name = "no record anywhere: none (DMC-21)",
      .from = "a.example.com",
      .spf = PASS_FOR("a.example.com"),
      .want = { SEKI_DMARC_NONE, .org_domain = "a.example.com", .reason = "no DMARC record" } },
    { .name = "own record: p (DMC-17)",
      .from = "a.example.com",
      .zone = { { "_dmarc.a.example.com", "v=DMARC1; p=quarantine; sp=reject; np=reject" },
                { "_dmarc.example.com", "v=DMARC1; p=reject" } },
      .want = { SEKI_DMARC_FAIL, NULL, "a.example.com", "example.com", QUARANTINE, QUARANTINE, QUARANTINE } },
    { .name = "the Organizational Domain's record: sp",
      .from = "a.example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=reject; sp=quarantine" } },
      .want = { SEKI_DMARC_FAIL, NULL, "example.com", "example.com", QUARANTINE, QUARANTINE, QUARANTINE } },
    { .name = "the Organizational Domain's record without sp: p",
      .from = "a.example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=reject" } },
      .want = { SEKI_DMARC_FAIL, NULL, "example.com", "example.com", REJECT, REJECT, REJECT } },
    { .name = "a record between the two is not used (DMC-16)",
      .from = "a.b.example.com",
      .zone = { { "_dmarc.b.example.com", "v=DMARC1; p=none; sp=none" },
                { "_dmarc.example.com", "v=DMARC1; p=none; sp=reject" } },
      .want = { SEKI_DMARC_FAIL, NULL, "example.com", "example.com", REJECT, REJECT, REJECT } },
    { .name = "a record between the two with psd=n is the Organizational Domain's",
      .from = "a.b.example.com",
      .zone = { { "_dmarc.b.example.com", "v=DMARC1; p=reject; sp=none; psd=n" },
                { "_dmarc.example.com", "v=DMARC1; p=none; sp=reject" } },
      .want = { SEKI_DMARC_FAIL, NULL, "b.example.com", "b.example.com", NONE, NONE, NONE } },
    { .name = "the Public Suffix Domain's record is the last resort",
      .from = "mail.mega.bank.example",
      .zone = { { "_dmarc.bank.example", "v=DMARC1; p=none; sp=reject; psd=y" } },
      .want = { SEKI_DMARC_FAIL, NULL, "bank.example", "mega.bank.example", REJECT, REJECT, REJECT } },
    { .name = "below the Organizational Domain under a PSD, a record between is not used",
      .from = "a.b.mega.bank.example",
      .zone = { { "_dmarc.b.mega.bank.example", "v=DMARC1; p=none" },
                { "_dmarc.bank.example", "v=DMARC1; p=reject; psd=y" } },
      .want = { SEKI_DMARC_FAIL, NULL, "bank.example", "mega.bank.example", REJECT, REJECT, REJECT } },
    { .name = "the Organizational Domain's record goes before the PSD's (DMC-20)",
      .from = "mail.giant.bank.example",
      .zone = { { "_dmarc.giant.bank.example", "v=DMARC1; p=quarantine" },
                { "_dmarc.bank.example", "v=DMARC1; p=reject; psd=y; rua=mailto:a@bank.example" } },
      .want = { SEKI_DMARC_FAIL, NULL, "giant.bank.example", "giant.bank.example", QUARANTINE, QUARANTINE,
                QUARANTINE } },
    { .name = "a PSD that sends mail itself (DMC-19)",
      .from = "bank.example",
      .zone = { { "_dmarc.bank.example", "v=DMARC1; p=reject; sp=none; psd=y" } },
      .spf = PASS_FOR("bank.example"),
      .want = { SEKI_DMARC_PASS, NULL, "bank.example", "bank.example", REJECT, REJECT, NONE,
                .spf_aligned = true } },
    { .name = "two records at the Author Domain are none, the walk goes on (DMC-14)",
      .from = "a.example.com",
      .zone = { { "_dmarc.a.example.com", "v=DMARC1; p=none" },
                { "_dmarc.a.example.com", "v=DMARC1; p=none" },
                { "_dmarc.example.com", "v=DMARC1; p=reject" } },
      .want = { SEKI_DMARC_FAIL, NULL, "example.com", "example.com", REJECT, REJECT, REJECT } },
    { .name = "nine labels: the record at eight is not seen (DMC-23)",
      .from = "mail.a.b.c.d.e.f.g.example.com",
      .zone = { { "_dmarc.a.b.c.d.e.f.g.example.com", "v=DMARC1; p=none; psd=n" },
                { "_dmarc.b.c.d.e.f.g.example.com", "v=DMARC1; p=none; psd=n" },
                { "_dmarc.example.com", "v=DMARC1; p=reject" } },
      .want = { SEKI_DMARC_FAIL, NULL, "example.com", "example.com", REJECT, REJECT, REJECT } },

    /* Section 4.10.1: records without valid policies (DMC-7). */
    { .name = "invalid p without rua: no DMARC processing, and no other record instead",
      .from = "a.example.com",
      .zone = { { "_dmarc.a.example.com", "v=DMARC1; p=rejct" }, { "_dmarc.example.com", "v=DMARC1; p=reject" } },
      .want = { SEKI_DMARC_NONE, NULL, "a.example.com", "example.com", UNSET, UNSET, UNSET,
                .reason = "has no valid policy" } },
    { .name = "invalid sp with rua: p=none for the domain itself too",
      .from = "example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=reject; sp=x; rua=mailto:a@example.com" } },
      .want = { SEKI_DMARC_FAIL, NULL, "example.com", "example.com", NONE, NONE, NONE } },
    { .name = "no p with rua: passes and fails as p=none",
      .from = "example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; rua=mailto:a@example.com" } },
      .spf = PASS_FOR("example.com"),
      .want = { SEKI_DMARC_PASS, NULL, "example.com", "example.com", NONE, NONE, NONE, .spf_aligned = true } },

    /* np: section 3.2.13 (DMC-8, DMC-9). */
    { .name = "np for a name that does not exist",
      .from = "ghost.example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=none; sp=none; np=reject" } },
      .want = { SEKI_DMARC_FAIL, NULL, "example.com", "example.com", REJECT, REJECT, REJECT } },
    { .name = "sp for a name that exists without TXT",
      .from = "real.example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=reject; sp=quarantine; np=none" },
                { "real.example.com", EXISTS } },
      .want = { SEKI_DMARC_FAIL, NULL, "example.com", "example.com", QUARANTINE, QUARANTINE, QUARANTINE } },
    { .name = "sp for a name with TXT",
      .from = "real.example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=none; np=reject" }, { "real.example.com", "v=spf1 -all" } },
      .want = { SEKI_DMARC_FAIL, NULL, "example.com", "example.com", NONE, NONE, NONE } },
    { .name = "np of a PSD",
      .from = "ghost.bank.example",
      .zone = { { "_dmarc.bank.example", "v=DMARC1; p=none; psd=y; np=reject" } },
      .want = { SEKI_DMARC_FAIL, NULL, "bank.example", "ghost.bank.example", REJECT, REJECT, REJECT } },
    { .name = "np is nothing to a domain with its own record",
      .from = "ghost.example.com",
      .zone = { { "_dmarc.ghost.example.com", "v=DMARC1; p=none; np=reject" } },
      .want = { SEKI_DMARC_FAIL, NULL, "ghost.example.com", "ghost.example.com", NONE, NONE, NONE } },
    { .name = "existence cannot be found out: temperror",
      .from = "real.example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=none; np=reject" }, { "real.example.com", FAILS } },
      .want = { SEKI_DMARC_TEMPERROR, NULL, "example.com", "example.com", UNSET, UNSET, UNSET,
                .reason = "exists" } },
    { .name = "existence cannot be found out, but a pass is a pass",
      .from = "real.example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=none; np=reject" }, { "real.example.com", FAILS } },
      .dkim = SIGNED("example.com"),
      .want = { SEKI_DMARC_PASS, NULL, "example.com", "example.com", UNSET, UNSET, NONE,
                .dkim_domain = "example.com" } },

    /* t: section 4.7 (DMC-10); pct (OLD-1, OLD-2). */
    { .name = "t=y: reject becomes quarantine",
      .from = "example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=reject; t=y" } },
      .want = { SEKI_DMARC_FAIL, NULL, "example.com", "example.com", REJECT, QUARANTINE, QUARANTINE } },
    { .name = "t=y: quarantine becomes none",
      .from = "a.example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=reject; sp=quarantine; t=y" } },
      .want = { SEKI_DMARC_FAIL, NULL, "example.com", "example.com", QUARANTINE, NONE, NONE } },
    { .name = "t=y: none stays",
      .from = "example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=none; t=y" } },
      .want = { SEKI_DMARC_FAIL, NULL, "example.com", "example.com", NONE, NONE, NONE } },
    { .name = "pct=0 has no effect",
      .from = "example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=reject; pct=0" } },
      .want = { SEKI_DMARC_FAIL, NULL, "example.com", "example.com", REJECT, REJECT, REJECT } },
    { .name = "pct=0 as t=y, when configured",
      .from = "example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=reject; pct=0" } },
      .options = { .pct_zero_is_testing = true },
      .want = { SEKI_DMARC_FAIL, NULL, "example.com", "example.com", REJECT, QUARANTINE, QUARANTINE } },

    /* Alignment: sections 4.4 and 4.10.2. */
    { .name = "relaxed: both below the Organizational Domain",
      .from = "news.example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=reject" } },
      .spf = PASS_FOR("bounce.example.com"),
      .dkim = SIGNED("foo.example.com"),
      .want = { SEKI_DMARC_PASS, NULL, "example.com", "example.com", REJECT, REJECT, NONE, true, "foo.example.com",
                "SPF and DKIM are aligned" } },
    { .name = "the Organizational Domain signs for a domain below it",
      .from = "news.example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=reject" } },
      .dkim = SIGNED("example.com"),
      .want = { SEKI_DMARC_PASS, NULL, "example.com", "example.com", REJECT, REJECT, NONE, false, "example.com",
                "DKIM is aligned" } },
    { .name = "another domain is not aligned",
      .from = "example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=reject" }, { "_dmarc.example.net", "v=DMARC1; p=reject" } },
      .spf = PASS_FOR("example.net"),
      .dkim = SIGNED("notexample.com"),
      .want = { SEKI_DMARC_FAIL, NULL, "example.com", "example.com", REJECT, REJECT, REJECT,
                .reason = "no authenticated identifier is aligned" } },
    { .name = "no identifier",
      .from = "example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=reject" } },
      .want = { SEKI_DMARC_FAIL, NULL, "example.com", "example.com", REJECT, REJECT, REJECT,
                .reason = "no authenticated identifier" } },
    { .name = "relaxed is not a suffix comparison: psd=n parts them (DMC-25)",
      .from = "example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=reject" },
                { "_dmarc.dept.example.com", "v=DMARC1; p=none; psd=n" } },
      .spf = PASS_FOR("mail.dept.example.com"),
      .want = { SEKI_DMARC_FAIL, NULL, "example.com", "example.com", REJECT, REJECT, REJECT } },
    { .name = "neighbours under psd=y are not aligned",
      .from = "giant.bank.example",
      .zone = { { "_dmarc.bank.example", "v=DMARC1; p=reject; psd=y" },
                { "_dmarc.giant.bank.example", "v=DMARC1; p=quarantine" } },
      .spf = PASS_FOR("mail.giant.bank.example"),
      .dkim = SIGNED("mail.mega.bank.example"),
      .want = { SEKI_DMARC_PASS, NULL, "giant.bank.example", "giant.bank.example", QUARANTINE, QUARANTINE, NONE,
                .spf_aligned = true } },
    { .name = "a PSD does not align with what is below it",
      .from = "giant.bank.example",
      .zone = { { "_dmarc.bank.example", "v=DMARC1; p=reject; psd=y" } },
      .dkim = SIGNED("bank.example"),
      .want = { SEKI_DMARC_FAIL, NULL, "bank.example", "giant.bank.example", REJECT, REJECT, REJECT } },
    { .name = "the same name is aligned where the record is above",
      .from = "a.example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=reject" } },
      .spf = PASS_FOR("a.example.com"),
      .want = { SEKI_DMARC_PASS, NULL, "example.com", "example.com", REJECT, REJECT, NONE, .spf_aligned = true } },
    { .name = "strict: below is not the same",
      .from = "example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=reject; adkim=s; aspf=s" } },
      .spf = PASS_FOR("mail.example.com"),
      .dkim = SIGNED("mail.example.com"),
      .want = { SEKI_DMARC_FAIL, NULL, "example.com", "example.com", REJECT, REJECT, REJECT } },
    { .name = "strict: the same name",
      .from = "example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=reject; adkim=s; aspf=s" } },
      .dkim = SIGNED("example.com"),
      .want = { SEKI_DMARC_PASS, NULL, "example.com", "example.com", REJECT, REJECT, NONE, false, "example.com" } },
    { .name = "adkim is for DKIM alone (DMC-26)",
      .from = "example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=reject; adkim=s" } },
      .spf = PASS_FOR("mail.example.com"),
      .dkim = SIGNED("mail.example.com"),
      .want = { SEKI_DMARC_PASS, NULL, "example.com", "example.com", REJECT, REJECT, NONE, .spf_aligned = true } },
    { .name = "aspf is for SPF alone",
      .from = "example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=reject; aspf=s" } },
      .spf = PASS_FOR("mail.example.com"),
      .dkim = SIGNED("mail.example.com"),
      .want = { SEKI_DMARC_PASS, NULL, "example.com", "example.com", REJECT, REJECT, NONE, false,
                "mail.example.com" } },
    { .name = "the modes come from the record that applies to the Author Domain",
      .from = "a.example.com",
      .zone = { { "_dmarc.a.example.com", "v=DMARC1; p=reject" },
                { "_dmarc.example.com", "v=DMARC1; p=reject; adkim=s" } },
      .dkim = SIGNED("example.com"),
      .want = { SEKI_DMARC_PASS, NULL, "a.example.com", "example.com", REJECT, REJECT, NONE, false,
                "example.com" } },
    { .name = "one of several signatures is enough",
      .from = "example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=reject" } },
      .dkim = { { "esp.example.net", SEKI_DKIM_PASS },
                { "example.com", SEKI_DKIM_FAIL },
                { "mail.example.com", SEKI_DKIM_PASS } },
      .want = { SEKI_DMARC_PASS, NULL, "example.com", "example.com", REJECT, REJECT, NONE, false,
                "mail.example.com" } },
    { .name = "the same name is told before one that is only aligned",
      .from = "example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=reject" } },
      .dkim = { { "mail.example.com", SEKI_DKIM_PASS }, { "example.com", SEKI_DKIM_PASS } },
      .want = { SEKI_DMARC_PASS, NULL, "example.com", "example.com", REJECT, REJECT, NONE, false, "example.com" } },
    { .name = "what did not verify is no identifier",
      .from = "example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=reject" } },
      .spf = { "example.com", SEKI_SPF_SOFTFAIL },
      .dkim = { { "example.com", SEKI_DKIM_FAIL },
                { "example.com", SEKI_DKIM_POLICY },
                { "example.com", SEKI_DKIM_PERMERROR } },
      .want = { SEKI_DMARC_FAIL, NULL, "example.com", "example.com", REJECT, REJECT, REJECT } },
    { .name = "a signature with l= before the end of the body is no identifier",
      .from = "example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=reject" } },
      .dkim = { { "example.com", SEKI_DKIM_PASS, .is_partial = true } },
      .want = { SEKI_DMARC_FAIL, NULL, "example.com", "example.com", REJECT, REJECT, REJECT } },
    { .name = "a key in test mode is as no signature",
      .from = "example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=reject" } },
      .dkim = { { "example.com", SEKI_DKIM_PASS, .is_testing = true } },
      .want = { SEKI_DMARC_FAIL, NULL, "example.com", "example.com", REJECT, REJECT, REJECT } },
    { .name = "SPF of the HELO name does not count (DMC-24)",
      .from = "example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=reject" } },
      .spf = { "example.com", SEKI_SPF_PASS, SEKI_SPF_HELO },
      .want = { SEKI_DMARC_FAIL, NULL, "example.com", "example.com", REJECT, REJECT, REJECT } },

    /* DNS failures: sections 5.3.6 and 11.8 (DMC-22, DMC-27). */
    { .name = "the policy look-up fails, whatever has passed",
      .from = "example.com",
      .zone = { { "_dmarc.example.com", FAILS } },
      .dkim = SIGNED("example.com"),
      .want = { SEKI_DMARC_TEMPERROR, .reason = "_dmarc.example.com could not be looked up: SERVFAIL" } },
    { .name = "a failure in mid-walk is no absence",
      .from = "a.b.example.com",
      .zone = { { "_dmarc.b.example.com", FAILS }, { "_dmarc.example.com", "v=DMARC1; p=reject" } },
      .spf = PASS_FOR("evil.example.com"),
      .want = { SEKI_DMARC_TEMPERROR, .reason = "_dmarc.b.example.com" } },
    { .name = "own record, failure above, the same name: pass without the walk",
      .from = "a.example.com",
      .zone = { { "_dmarc.a.example.com", "v=DMARC1; p=reject" }, { "_dmarc.example.com", FAILS } },
      .dkim = SIGNED("a.example.com"),
      .want = { SEKI_DMARC_PASS, NULL, "a.example.com", NULL, REJECT, REJECT, NONE, false, "a.example.com" } },
    { .name = "own record, failure above, strict: the walk does not matter",
      .from = "a.example.com",
      .zone = { { "_dmarc.a.example.com", "v=DMARC1; p=reject; adkim=s" }, { "_dmarc.example.com", FAILS } },
      .dkim = SIGNED("example.com"),
      .want = { SEKI_DMARC_FAIL, NULL, "a.example.com", NULL, REJECT, REJECT, REJECT } },
    { .name = "own record, failure above, relaxed: not known",
      .from = "a.example.com",
      .zone = { { "_dmarc.a.example.com", "v=DMARC1; p=reject" }, { "_dmarc.example.com", FAILS } },
      .dkim = SIGNED("example.com"),
      .want = { SEKI_DMARC_TEMPERROR, NULL, "a.example.com", NULL, REJECT, REJECT, UNSET,
                .reason = "_dmarc.example.com" } },
    { .name = "own record, failure above, an identifier under another top-level domain: fail",
      .from = "a.example.com",
      .zone = { { "_dmarc.a.example.com", "v=DMARC1; p=reject" }, { "_dmarc.example.com", FAILS } },
      .dkim = SIGNED("example.net"),
      .want = { SEKI_DMARC_FAIL, NULL, "a.example.com", NULL, REJECT, REJECT, REJECT } },
    { .name = "the identifier's walk fails: not known",
      .from = "example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=reject" }, { "_dmarc.dept.example.com", FAILS } },
      .spf = PASS_FOR("mail.dept.example.com"),
      .want = { SEKI_DMARC_TEMPERROR, NULL, "example.com", "example.com", REJECT, REJECT, UNSET,
                .reason = "_dmarc.dept.example.com" } },
    { .name = "the identifier's walk fails, the other mechanism passes (DMC-27)",
      .from = "example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=reject" }, { "_dmarc.dept.example.com", FAILS } },
      .spf = PASS_FOR("mail.dept.example.com"),
      .dkim = SIGNED("mail.example.com"),
      .want = { SEKI_DMARC_PASS, NULL, "example.com", "example.com", REJECT, REJECT, NONE, false,
                "mail.example.com" } },
    { .name = "SPF temperror that could align",
      .from = "example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=reject" } },
      .spf = TEMPERROR_FOR("bounce.example.com"),
      .dkim = SIGNED("example.net"),
      .want = { SEKI_DMARC_TEMPERROR, NULL, "example.com", "example.com", REJECT, REJECT, UNSET,
                .reason = "ended in temperror" } },
    { .name = "SPF temperror that could not align",
      .from = "example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=reject" } },
      .spf = TEMPERROR_FOR("example.net"),
      .want = { SEKI_DMARC_FAIL, NULL, "example.com", "example.com", REJECT, REJECT, REJECT } },
    { .name = "SPF temperror beside an aligned signature (DMC-27)",
      .from = "example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=reject" } },
      .spf = TEMPERROR_FOR("example.com"),
      .dkim = SIGNED("example.com"),
      .want = { SEKI_DMARC_PASS, NULL, "example.com", "example.com", REJECT, REJECT, NONE, false, "example.com" } },
    { .name = "DKIM temperror that could align",
      .from = "example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=reject" } },
      .dkim = { { "example.com", SEKI_DKIM_TEMPERROR } },
      .want = { SEKI_DMARC_TEMPERROR, NULL, "example.com", "example.com", REJECT, REJECT, UNSET } },
    { .name = "SPF permerror is an ordinary failure to pass",
      .from = "example.com",
      .zone = { { "_dmarc.example.com", "v=DMARC1; p=reject" } },
      .spf = { "example.com", SEKI_SPF_PERMERROR },
      .want = { SEKI_DMARC_FAIL, NULL, "example.com", "example.com", REJECT, REJECT, REJECT } },

    /* RFC 7489, by configuration. */
    { .name = "by the list: the Organizational Domain's record",
      .from = "a.b.example.co.uk",
      .by_list = true,
      .zone = { { "_dmarc.example.co.uk", "v=DMARC1; p=reject; sp=quarantine" } },
      .spf = PASS_FOR("bounce.example.co.uk"),
      .want = { SEKI_DMARC_PASS, NULL, "example.co.uk", "example.co.uk", QUARANTINE, QUARANTINE, NONE, true } },
    { .name = "by the list: neighbours are not aligned",
      .from = "example.co.uk",
      .by_list = true,
      .zone = { { "_dmarc.example.co.uk", "v=DMARC1; p=reject" }, { "_dmarc.co.uk", "v=DMARC1; p=reject" } },
      .spf = PASS_FOR("other.co.uk"),
      .dkim = SIGNED("co.uk"),
      .want = { SEKI_DMARC_FAIL, NULL, "example.co.uk", "example.co.uk", REJECT, REJECT, REJECT } },
    { .name = "by the list: psd has no meaning",
      .from = "a.example.co.uk",
      .by_list = true,
      .zone = { { "_dmarc.a.example.co.uk", "v=DMARC1; p=reject; psd=n" } },
      .dkim = SIGNED("example.co.uk"),
      .want = { SEKI_DMARC_PASS, NULL, "a.example.co.uk", "example.co.uk", REJECT, REJECT, NONE, false,
                "example.co.uk" } },
    { .name = "by the list: two records end it (RFC 7489 section 6.6.3 step 5)",
      .from = "a.example.co.uk",
      .by_list = true,
      .zone = { { "_dmarc.a.example.co.uk", "v=DMARC1; p=none" },
                { "_dmarc.a.example.co.uk", "v=DMARC1; p=none" },
                { "_dmarc.example.co.uk", "v=DMARC1; p=reject" } },
      .want = { SEKI_DMARC_NONE, NULL, NULL, "example.co.uk" } },
    { .name = "by the list: a failing second look-up",
      .from = "a.example.co.uk",
      .by_list = true,
      .zone = { { "_dmarc.example.co.uk", FAILS } },
      .spf = PASS_FOR("a.example.co.uk"),
      .want = { SEKI_DMARC_TEMPERROR, NULL, NULL, "example.co.uk" } },
};

struct world {
    struct seki_arena *arena;
    struct seki_answers *answers;
    struct seki_psl *psl;
    struct seki_spf_verdict spf;
    struct seki_dkim_signature_verdict signatures[MAX_SIGNATURES];
    struct seki_dkim_verdict dkim;
    struct seki_dmarc_identifiers identifiers;
};

static void world_new(struct world *w, const struct spf *spf, const struct signature *dkim)
{
    *w = (struct world){ .arena = seki_arena_new(1 << 18) };
    w->answers = seki_answers_new(w->arena, 0);
    w->spf = (struct seki_spf_verdict){ .result = spf->result,
                                        .domain = seki_str_of(spf->domain),
                                        .identity = spf->identity };
    w->dkim.signatures = w->signatures;
    for (size_t i = 0; dkim != NULL && dkim[i].domain != NULL; i++)
        w->signatures[w->dkim.signature_count++] =
            (struct seki_dkim_signature_verdict){ .domain_ascii = seki_str_of(dkim[i].domain),
                                                  .domain = seki_str_of(dkim[i].domain),
                                                  .result = dkim[i].result,
                                                  .is_partial = dkim[i].is_partial,
                                                  .is_testing = dkim[i].is_testing };
    w->identifiers = (struct seki_dmarc_identifiers){ &w->spf, &w->dkim };
}

static void world_free(struct world *w)
{
    seki_psl_free(w->psl);
    seki_arena_free(w->arena);
}

static struct seki_dmarc_verdict evaluate(struct world *w, struct seki_dmarc *dmarc, const struct zone_entry *zone)
{
    struct seki_dmarc_verdict verdict;
    for (size_t step = 0; step < 10; step++) {
        enum seki_result result = seki_dmarc_step(dmarc, w->answers, &w->identifiers, &verdict, NULL);
        if (result == SEKI_OK)
            return verdict;
        assert_int_equal(result, SEKI_NEED_ANSWERS);
        assert_true(seki_answers_needed_count(w->answers) > 0);
        zone_answer(zone, w->answers);
    }
    fail_msg("no verdict after ten steps");
    return verdict;
}

static bool is_text(struct seki_str got, const char *want)
{
    return got.ptr != NULL && seki_str_equal(got, seki_str_of(want != NULL ? want : ""));
}

static bool contains(struct seki_str text, const char *part)
{
    return part == NULL || (text.ptr != NULL && memmem(text.ptr, text.len, part, strlen(part)) != NULL);
}

static void check(const char *name, const struct seki_dmarc_verdict *got, const struct want *want, const char *from)
{
    if (got->result != want->result)
        fail_msg("%s: %s (%.*s)", name, seki_dmarc_result_name(got->result), SEKI_STR_ARGS(got->reason));
    if (!is_text(got->from_domain, want->from_domain != NULL ? want->from_domain : from))
        fail_msg("%s: from_domain %.*s", name, SEKI_STR_ARGS(got->from_domain));
    if (!is_text(got->policy_domain, want->policy_domain) || (got->record != NULL) != (want->policy_domain != NULL))
        fail_msg("%s: policy_domain %.*s", name, SEKI_STR_ARGS(got->policy_domain));
    if (!is_text(got->org_domain, want->org_domain))
        fail_msg("%s: org_domain %.*s", name, SEKI_STR_ARGS(got->org_domain));
    if (got->published != want->published || got->policy != want->policy || got->disposition != want->disposition)
        fail_msg("%s: published %s, policy %s, disposition %s", name, seki_dmarc_policy_name(got->published),
                 seki_dmarc_policy_name(got->policy), seki_dmarc_policy_name(got->disposition));
    if (got->spf_aligned != want->spf_aligned || got->dkim_aligned != (want->dkim_domain != NULL) ||
        !is_text(got->dkim_domain, want->dkim_domain))
        fail_msg("%s: aligned: spf %d, dkim %d %.*s", name, got->spf_aligned, got->dkim_aligned,
                 SEKI_STR_ARGS(got->dkim_domain));
    if (got->reason.len == 0 || !contains(got->reason, want->reason))
        fail_msg("%s: reason %.*s", name, SEKI_STR_ARGS(got->reason));
}

static void verdicts_by_hand(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct dmarc_case *c = &cases[i];
        struct world w;
        world_new(&w, &c->spf, c->dkim);
        struct seki_dmarc_options options = c->options;
        options.trace = seki_trace_new(w.arena);
        if (c->by_list) {
            options.discovery = SEKI_DMARC_PSL;
            options.psl = w.psl = seki_psl_load(NULL, NULL);
        }
        struct seki_dmarc *dmarc;
        assert_int_equal(seki_dmarc_new_for_domain(w.arena, seki_str_of(c->from), &options, &dmarc, NULL), SEKI_OK);
        struct seki_dmarc_verdict verdict = evaluate(&w, dmarc, c->zone);
        struct want want = c->want;
        if (want.disposition == UNSET) /* "NONE unless result is FAIL" */
            want.disposition = NONE;
        check(c->name, &verdict, &want, c->from);
        assert_non_null(seki_trace_first(options.trace));
        world_free(&w);
    }
}

/* From as it comes in messages: section 5.3.1 and 11.5. */

struct from_case {
    const char *name;
    const char *fields[3]; /* values of From */
    struct want want;
};

static const struct zone_entry from_zone[] = { { "_dmarc.example.com", "v=DMARC1; p=quarantine" },
                                               { "_dmarc.bank.example", "v=DMARC1; p=reject" },
                                               { "_dmarc.xn--bcher-kva.example", "v=DMARC1; p=reject" },
                                               { "_dmarc.none.example", "v=DMARC1; p=none" },
                                               { NULL, NULL } };

/* SPF has passed for example.com in all of them. */
static const struct from_case from_cases[] = {
    { "one address",
      { " Joe <joe@Example.COM>" },
      { SEKI_DMARC_PASS, "example.com", "example.com", "example.com", QUARANTINE, QUARANTINE, NONE, true } },
    { "several addresses of one domain are one Author Domain (DMC-2)",
      { " joe@example.com, \"J. Doe\" <jane@EXAMPLE.com>" },
      { SEKI_DMARC_PASS, "example.com", "example.com", "example.com", QUARANTINE, QUARANTINE, NONE, true } },
    { "a U-label becomes an A-label",
      { " joe@b\xc3\xbc"
        "cher.example" },
      { SEKI_DMARC_FAIL, "xn--bcher-kva.example", "xn--bcher-kva.example", "xn--bcher-kva.example", REJECT, REJECT,
        REJECT } },
    { "a group with one address",
      { " Office: joe@example.com;" },
      { SEKI_DMARC_PASS, "example.com", "example.com", "example.com", QUARANTINE, QUARANTINE, NONE, true } },
    { "two domains: permerror with the strictest policy of those that fail",
      { " joe@example.com, ceo@bank.example, x@none.example" },
      { SEKI_DMARC_PERMERROR, "", "bank.example", "bank.example", REJECT, REJECT, NONE,
        .reason = "several different domains" } },
    { "two domains, one passes, the other has no policy",
      { " joe@example.com, ceo@unknown.example" },
      { SEKI_DMARC_PERMERROR, "", NULL, NULL, UNSET, UNSET, NONE, .reason = "several different domains" } },
    { "two From fields",
      { " joe@example.com", " ceo@bank.example" },
      { SEKI_DMARC_PERMERROR, "", "bank.example", "bank.example", REJECT, REJECT, NONE,
        .reason = "several From fields" } },
    { "two From fields of the same domain never align (section 4.4)",
      { " joe@example.com", " jane@example.com" },
      { SEKI_DMARC_PERMERROR, "example.com", NULL, NULL, UNSET, UNSET, NONE, .reason = "several From fields" } },
    { "more domains than are evaluated",
      { " a@a.example, a@b.example, a@c.example, a@d.example, a@bank.example" },
      { SEKI_DMARC_PERMERROR, "", NULL, NULL, UNSET, UNSET, NONE, .reason = "more different domains" } },
    { "no From", { NULL }, { SEKI_DMARC_PERMERROR, "", .disposition = NONE, .reason = "no From field" } },
    { "an empty From", { " " }, { SEKI_DMARC_PERMERROR, "", .disposition = NONE, .reason = "From" } },
    { "an empty group (DMC-3)",
      { " undisclosed:;" },
      { SEKI_DMARC_PERMERROR, "", .disposition = NONE, .reason = "names nobody" } },
    { "an address without a domain",
      { " joe" },
      { SEKI_DMARC_PERMERROR, "", .disposition = NONE, .reason = "From" } },
    { "an address literal",
      { " joe@[192.0.2.1]" },
      { SEKI_DMARC_PERMERROR, "", .disposition = NONE, .reason = "address literal" } },
    { "what cannot be read is not none",
      { " <<joe@bank.example>" },
      { SEKI_DMARC_PERMERROR, "", .disposition = NONE, .reason = "From cannot be read" } },
    { "a domain that cannot be one",
      { " joe@b\xc3\xbc\xe2\x80\xa8"
        "cher.example" },
      { SEKI_DMARC_PERMERROR, "", .disposition = NONE, .reason = "no domain name" } },
    { "a readable address beside an unreadable one",
      { " ceo@bank.example, joe@[192.0.2.1]" },
      { SEKI_DMARC_PERMERROR, "bank.example", "bank.example", "bank.example", REJECT, REJECT, NONE,
        .reason = "address literal" } },
};

static struct seki_message *message_with(struct world *w, const char *const *fields, size_t max_fields)
{
    struct seki_message_limits limits = { .max_fields = max_fields };
    struct seki_message *message = seki_message_new(w->arena, &limits);
    for (size_t i = 0; fields[i] != NULL; i++)
        assert_int_equal(seki_message_add_field(message, SEKI_STR("From"), seki_str_of(fields[i])), SEKI_OK);
    return message;
}

static void from_of_a_message(void **state)
{
    (void)state;
    static const struct spf spf = PASS_FOR("example.com");
    for (size_t i = 0; i < sizeof from_cases / sizeof from_cases[0]; i++) {
        const struct from_case *c = &from_cases[i];
        struct world w;
        world_new(&w, &spf, NULL);
        struct seki_dmarc_options options = { .trace = seki_trace_new(w.arena) };
        struct seki_dmarc *dmarc;
        assert_int_equal(seki_dmarc_new(w.arena, message_with(&w, c->fields, 0), &options, &dmarc, NULL), SEKI_OK);
        struct seki_dmarc_verdict verdict = evaluate(&w, dmarc, from_zone);
        check(c->name, &verdict, &c->want, NULL);
        assert_int_equal(verdict.author_unreadable.len > 0, c->want.result == SEKI_DMARC_PERMERROR);
        world_free(&w);
    }
}

static void a_header_that_was_cut_may_hide_another_from(void **state)
{
    (void)state;
    static const struct spf spf = PASS_FOR("example.com");
    struct world w;
    world_new(&w, &spf, NULL);
    struct seki_message *message = message_with(&w, (const char *const[]){ " joe@example.com", NULL }, 2);
    for (int i = 0; i < 3; i++)
        assert_int_equal(seki_message_add_field(message, SEKI_STR("X-Pad"), SEKI_STR(" x")), SEKI_OK);
    struct seki_dmarc *dmarc;
    assert_int_equal(seki_dmarc_new(w.arena, message, NULL, &dmarc, NULL), SEKI_OK);
    struct seki_dmarc_verdict verdict = evaluate(&w, dmarc, from_zone);
    assert_int_equal(verdict.result, SEKI_DMARC_PERMERROR);
    assert_true(contains(verdict.reason, "too long"));
    world_free(&w);
}

/* Stepping. */

static void the_walk_goes_on_before_identifiers_are_known(void **state)
{
    (void)state;
    static const struct zone_entry zone[] = { { "_dmarc.example.com", "v=DMARC1; p=reject; np=none" },
                                              { NULL, NULL } };
    static const struct spf spf = PASS_FOR("example.com");
    struct world w;
    world_new(&w, &spf, NULL);
    struct seki_dmarc *dmarc;
    struct seki_dmarc_verdict verdict;
    assert_int_equal(seki_dmarc_new_for_domain(w.arena, SEKI_STR("A.example.com."), NULL, &dmarc, NULL), SEKI_OK);
    assert_int_equal(seki_dmarc_step(dmarc, w.answers, NULL, &verdict, NULL), SEKI_NEED_ANSWERS);
    assert_int_equal(seki_answers_open_count(w.answers), 3);
    zone_answer(zone, w.answers);
    /* The record has an np=, so whether the name exists is asked before anybody has authenticated. */
    assert_int_equal(seki_dmarc_step(dmarc, w.answers, NULL, &verdict, NULL), SEKI_NEED_ANSWERS);
    assert_true(seki_str_equal(seki_answers_next_open(w.answers)->name, SEKI_STR("a.example.com")));
    seki_answers_fail_open(w.answers, SEKI_STR("deadline"));
    assert_int_equal(seki_dmarc_step(dmarc, w.answers, NULL, &verdict, NULL), SEKI_NEED_BODY);
    assert_int_equal(verdict.result, SEKI_DMARC_NONE);
    assert_null(verdict.reason.ptr);
    assert_int_equal(seki_dmarc_step(dmarc, w.answers, &w.identifiers, &verdict, NULL), SEKI_OK);
    assert_int_equal(verdict.result, SEKI_DMARC_PASS);
    assert_int_equal(seki_dmarc_step(dmarc, w.answers, NULL, &verdict, NULL), SEKI_OK); /* it stands */
    assert_int_equal(verdict.result, SEKI_DMARC_PASS);
    world_free(&w);
}

static size_t question_count(const struct world *w)
{
    size_t count = 0;
    while (seki_answers_at(w->answers, count) != NULL)
        count++;
    return count;
}

static void a_third_party_costs_no_question(void **state)
{
    (void)state;
    static const struct zone_entry zone[] = { { "_dmarc.example.com", "v=DMARC1; p=reject" }, { NULL, NULL } };
    static const struct spf spf = PASS_FOR("bounce.esp.example.net");
    static const struct signature dkim[] = { { "esp.example.net", SEKI_DKIM_PASS },
                                             { "com", SEKI_DKIM_PASS },
                                             { "sub.example.com", SEKI_DKIM_FAIL },
                                             { NULL, SEKI_DKIM_NONE } };
    struct world w;
    world_new(&w, &spf, dkim);
    struct seki_dmarc *dmarc;
    assert_int_equal(seki_dmarc_new_for_domain(w.arena, SEKI_STR("example.com"), NULL, &dmarc, NULL), SEKI_OK);
    seki_dmarc_prefetch(dmarc, w.answers, SEKI_STR("esp.example.net"));
    seki_dmarc_prefetch(dmarc, w.answers, SEKI_STR("other.com"));
    seki_dmarc_prefetch(dmarc, w.answers, SEKI_STR("example.com"));
    assert_int_equal(question_count(&w), 0);
    assert_int_equal(evaluate(&w, dmarc, zone).result, SEKI_DMARC_FAIL);
    assert_int_equal(question_count(&w), 2);
    world_free(&w);
}

static void a_walk_that_may_be_needed_is_asked_ahead(void **state)
{
    (void)state;
    static const struct zone_entry zone[] = { { "_dmarc.example.com", "v=DMARC1; p=reject" }, { NULL, NULL } };
    static const struct spf spf = { NULL, SEKI_SPF_NONE, SEKI_SPF_MAIL_FROM };
    static const struct signature dkim[] = { { "a.mail.example.com", SEKI_DKIM_PASS }, { NULL, SEKI_DKIM_NONE } };
    struct world w;
    world_new(&w, &spf, dkim);
    struct seki_dmarc *dmarc;
    struct seki_dmarc_verdict verdict;
    assert_int_equal(seki_dmarc_new_for_domain(w.arena, SEKI_STR("example.com"), NULL, &dmarc, NULL), SEKI_OK);
    assert_int_equal(seki_dmarc_step(dmarc, w.answers, NULL, &verdict, NULL), SEKI_NEED_ANSWERS);
    seki_dmarc_prefetch(dmarc, w.answers, SEKI_STR("A.mail.example.com"));
    assert_int_equal(question_count(&w), 4);
    zone_answer(zone, w.answers);
    assert_int_equal(seki_dmarc_step(dmarc, w.answers, &w.identifiers, &verdict, NULL), SEKI_OK); /* one round */
    assert_int_equal(verdict.result, SEKI_DMARC_PASS);
    world_free(&w);
}

/* Found by the fuzzer: d= of the verdict depended on whose walk was answered first. */
static void the_order_of_answers_does_not_matter(void **state)
{
    (void)state;
    static const struct zone_entry zone[] = { { "_dmarc.example.com", "v=DMARC1; p=reject" }, { NULL, NULL } };
    static const struct spf spf = { NULL, SEKI_SPF_NONE, SEKI_SPF_MAIL_FROM };
    static const struct signature dkim[] = { { "a.x.example.com", SEKI_DKIM_PASS },
                                             { "b.example.com", SEKI_DKIM_PASS },
                                             { NULL, SEKI_DKIM_NONE } };
    struct world w;
    world_new(&w, &spf, dkim);
    struct seki_dmarc *dmarc;
    struct seki_dmarc_verdict verdict;
    assert_int_equal(seki_dmarc_new_for_domain(w.arena, SEKI_STR("example.com"), NULL, &dmarc, NULL), SEKI_OK);
    assert_int_equal(seki_dmarc_step(dmarc, w.answers, &w.identifiers, &verdict, NULL), SEKI_NEED_ANSWERS);
    zone_answer(zone, w.answers);
    assert_int_equal(seki_dmarc_step(dmarc, w.answers, &w.identifiers, &verdict, NULL), SEKI_NEED_ANSWERS);
    zone_answer_one(zone, w.answers, seki_answers_ask(w.answers, SEKI_STR("_dmarc.b.example.com"), SEKI_RR_TXT));
    assert_int_equal(seki_dmarc_step(dmarc, w.answers, &w.identifiers, &verdict, NULL), SEKI_NEED_ANSWERS);
    verdict = evaluate(&w, dmarc, zone);
    assert_true(is_text(verdict.dkim_domain, "a.x.example.com"));
    world_free(&w);
}

static void policy_discovery_alone(void **state)
{
    (void)state;
    static const struct zone_entry zone[] = { { "_dmarc.example.com", "v=DMARC1; p=reject; sp=none" },
                                              { "_dmarc.own.example.net", "v=DMARC1; p=none" },
                                              { "_dmarc.example.net", FAILS },
                                              { NULL, NULL } };
    static const struct {
        const char *domain;
        struct want want;
    } table[] = {
        { "a.example.com",
          { SEKI_DMARC_FAIL, NULL, "example.com", "example.com", NONE, NONE, NONE,
            .reason = "Organizational Domain's record" } },
        { "example.org", { SEKI_DMARC_NONE, NULL, NULL, "example.org", .disposition = NONE } },
        { "own.example.net",
          { SEKI_DMARC_TEMPERROR, NULL, "own.example.net", NULL, NONE, NONE, NONE,
            .reason = "_dmarc.example.net" } },
        { "not a domain", { SEKI_DMARC_PERMERROR, "", .disposition = NONE, .reason = "not a domain name" } },
        { "", { SEKI_DMARC_PERMERROR, "", .disposition = NONE, .reason = "not a domain name" } },
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        static const struct spf spf = { NULL, SEKI_SPF_NONE, SEKI_SPF_MAIL_FROM };
        struct world w;
        world_new(&w, &spf, NULL);
        w.identifiers = (struct seki_dmarc_identifiers){ NULL, NULL };
        struct seki_dmarc *dmarc;
        struct seki_str domain = seki_str_of(table[i].domain);
        assert_int_equal(seki_dmarc_new_for_domain(w.arena, domain, NULL, &dmarc, NULL), SEKI_OK);
        struct seki_dmarc_verdict verdict = evaluate(&w, dmarc, zone);
        check(table[i].domain, &verdict, &table[i].want, table[i].domain);
        world_free(&w);
    }
}

static void the_list_must_be_there_for_rfc_7489(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(1 << 16);
    struct seki_dmarc_options options = { .discovery = SEKI_DMARC_PSL };
    struct seki_dmarc *dmarc;
    struct seki_error why = { "" };
    assert_int_equal(seki_dmarc_new_for_domain(arena, SEKI_STR("example.com"), &options, &dmarc, &why), SEKI_USAGE);
    assert_non_null(strstr(why.text, "public suffix list"));
    assert_null(dmarc);
    seki_arena_free(arena);
}

/* Whatever the ceiling of the arena, there is a verdict or a limit. */
static void a_full_arena_is_a_limit(void **state)
{
    (void)state;
    static const struct zone_entry zone[] = {
        { "_dmarc.example.com", "v=DMARC1; p=reject; rua=mailto:a@example.com" }, { NULL, NULL }
    };
    static const struct spf spf = PASS_FOR("mail.example.com");
    size_t limits = 0;
    for (size_t max = 64; max < 8192; max += 32) {
        struct world w;
        world_new(&w, &spf, NULL);
        struct seki_arena *small = seki_arena_new(max);
        struct seki_dmarc_verdict verdict;
        struct seki_dmarc *dmarc = NULL;
        enum seki_result result = seki_dmarc_new_for_domain(small, SEKI_STR("a.example.com"), NULL, &dmarc, NULL);
        while (result == SEKI_OK || result == SEKI_NEED_ANSWERS) {
            result = seki_dmarc_step(dmarc, w.answers, &w.identifiers, &verdict, NULL);
            if (result == SEKI_OK)
                break;
            zone_answer(zone, w.answers);
        }
        limits += result == SEKI_LIMIT;
        assert_true(result == SEKI_OK || result == SEKI_LIMIT);
        seki_arena_free(small);
        world_free(&w);
    }
    assert_true(limits > 10 && limits < 200);
}

static void the_trace_tells_the_whole_way(void **state)
{
    (void)state;
    static const struct zone_entry zone[] = { { "_dmarc.example.com", "v=DMARC1; p=reject; np=none; t=y" },
                                              { "a.example.com", EXISTS },
                                              { NULL, NULL } };
    static const char *const want[] = {
        "Author Domain: a.example.com",
        "walk from a.example.com",
        "_dmarc.a.example.com TXT: nxdomain",
        "_dmarc.example.com TXT: v=DMARC1; p=reject; np=none; t=y",
        "_dmarc.com TXT: nxdomain",
        "Organizational Domain: example.com (the record at the name with the fewest labels)",
        "policy record: at example.com, the Organizational Domain",
        "record as understood: v=DMARC1; p=reject; np=none; t=y",
        "a.example.com TXT: nodata: it exists, np= does not apply",
        "policy: reject, in test mode lowered to quarantine",
        "SPF: fail for example.com: no identifier",
        "DKIM: pass for esp.example.net: not aligned (relaxed)",
        "result for a.example.com: fail",
        "dmarc=fail: no authenticated identifier is aligned; policy quarantine, by DMARC alone: quarantine",
    };
    static const struct spf spf = { "example.com", SEKI_SPF_FAIL, SEKI_SPF_MAIL_FROM };
    static const struct signature dkim[] = { { "esp.example.net", SEKI_DKIM_PASS }, { NULL, SEKI_DKIM_NONE } };
    struct world w;
    world_new(&w, &spf, dkim);
    struct seki_dmarc_options options = { .trace = seki_trace_new(w.arena) };
    struct seki_dmarc *dmarc;
    assert_int_equal(seki_dmarc_new_for_domain(w.arena, SEKI_STR("a.example.com"), &options, &dmarc, NULL),
                     SEKI_OK);
    evaluate(&w, dmarc, zone);
    const struct seki_trace_line *line = seki_trace_first(options.trace);
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++, line = line->next) {
        assert_non_null(line);
        if (!seki_str_equal(line->text, seki_str_of(want[i])))
            fail_msg("line %zu: %.*s", i, SEKI_STR_ARGS(line->text));
    }
    assert_null(line);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts_by_hand),
        cmocka_unit_test(from_of_a_message),
        cmocka_unit_test(a_header_that_was_cut_may_hide_another_from),
        cmocka_unit_test(the_walk_goes_on_before_identifiers_are_known),
        cmocka_unit_test(a_third_party_costs_no_question),
        cmocka_unit_test(a_walk_that_may_be_needed_is_asked_ahead),
        cmocka_unit_test(the_order_of_answers_does_not_matter),
        cmocka_unit_test(policy_discovery_alone),
        cmocka_unit_test(the_list_must_be_there_for_rfc_7489),
        cmocka_unit_test(a_full_arena_is_a_limit),
        cmocka_unit_test(the_trace_tells_the_whole_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

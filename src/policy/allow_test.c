/* Allow entries: for whom, by what evidence, until when; and as octets. */
#include "policy/allow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define NOW 1000000

static struct seki_ip ip(const char *text)
{
    struct seki_ip ip = { 0 };
    if (text != NULL)
        assert_true(seki_ip_parse(seki_str_of(text), &ip));
    return ip;
}

/* Mail of a newsletter: From: a@shop.example, sent and signed by esp.example. */
static struct policy_facts newsletter(void)
{
    return (struct policy_facts){
        .client = ip("192.0.2.25"),
        .author_domain = SEKI_STR("shop.example"),
        .mail_from_domain = SEKI_STR("bounce.esp.example"),
        .spf_domain = SEKI_STR("bounce.esp.example"),
        .spf = SEKI_SPF_PASS,
        .dkim = SEKI_DKIM_PASS,
        .dkim_domains = { SEKI_STR("esp.example"), SEKI_STR("other.example") },
        .dkim_domain_count = 2,
        .dmarc = SEKI_DMARC_FAIL,
        .has_spf = true,
    };
}

static void an_entry_asks_for_its_author_and_its_evidence(void **state)
{
    (void)state;
    static const struct {
        const char *name, *author;
        bool includes_subdomains;
        enum policy_evidence evidence;
        const char *domain, *network;
        unsigned prefix_bits;
        int64_t expires_at_s;
        bool matches;
    } cases[] = {
        { "a signature of the domain named", "shop.example", false, POLICY_EVIDENCE_DKIM, "esp.example", NULL, 0, 0,
          true },
        { "any of several signatures", "shop.example", false, POLICY_EVIDENCE_DKIM, "other.example", NULL, 0, 0,
          true },
        { "no signature of the domain named", "shop.example", false, POLICY_EVIDENCE_DKIM, "shop.example", NULL, 0,
          0, false },
        { "a signature of a domain below is another's", "shop.example", false, POLICY_EVIDENCE_DKIM, "example",
          NULL, 0, 0, false },
        { "SPF of the domain named", "shop.example", false, POLICY_EVIDENCE_SPF, "bounce.esp.example", NULL, 0, 0,
          true },
        { "SPF of another domain", "shop.example", false, POLICY_EVIDENCE_SPF, "esp.example", NULL, 0, 0, false },
        { "a network that the client is in", "shop.example", false, POLICY_EVIDENCE_NETWORK, NULL, "192.0.2.0", 24,
          0, true },
        { "a network that it is not in", "shop.example", false, POLICY_EVIDENCE_NETWORK, NULL, "198.51.100.0", 24,
          0, false },
        { "a network of the other family", "shop.example", false, POLICY_EVIDENCE_NETWORK, NULL, "::", 0, 0,
          false },
        { "no aligned pass", "shop.example", false, POLICY_EVIDENCE_ALIGNED, NULL, NULL, 0, 0, false },
        { "nothing, until a day to come", "shop.example", false, POLICY_EVIDENCE_NONE, NULL, NULL, 0, NOW + 1,
          true },
        { "nothing, for ever, is no entry", "shop.example", false, POLICY_EVIDENCE_NONE, NULL, NULL, 0, 0, false },
        { "nothing, for every author, is no entry", "", false, POLICY_EVIDENCE_NONE, NULL, NULL, 0, NOW + 1,
          false },
        { "an entry that expires now has expired", "shop.example", false, POLICY_EVIDENCE_NONE, NULL, NULL, 0, NOW,
          false },
        { "expiry holds for evidence too", "shop.example", false, POLICY_EVIDENCE_DKIM, "esp.example", NULL, 0,
          NOW - 1, false },
        { "evidence for every author", "", false, POLICY_EVIDENCE_NETWORK, NULL, "192.0.2.25", 32, 0, true },
        { "another author", "example.com", false, POLICY_EVIDENCE_DKIM, "esp.example", NULL, 0, 0, false },
        { "an author above, without subdomains", "example", false, POLICY_EVIDENCE_DKIM, "esp.example", NULL, 0, 0,
          false },
        { "an author above, with subdomains", "example", true, POLICY_EVIDENCE_DKIM, "esp.example", NULL, 0, 0,
          true },
        { "an author that only ends alike", "op.example", true, POLICY_EVIDENCE_DKIM, "esp.example", NULL, 0, 0,
          false },
        { "a signature of no domain", "shop.example", false, POLICY_EVIDENCE_DKIM, "", NULL, 0, 0, false },
        { "a network that is none", "shop.example", false, POLICY_EVIDENCE_NETWORK, NULL, NULL, 0, 0, false },
    };
    const struct policy_facts facts = newsletter();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct policy_allow entry = {
            .id = 7,
            .author_domain = seki_str_of(cases[i].author),
            .includes_subdomains = cases[i].includes_subdomains,
            .evidence = cases[i].evidence,
            .domain = seki_str_of(cases[i].domain),
            .network = ip(cases[i].network),
            .prefix_bits = cases[i].prefix_bits,
            .expires_at_s = cases[i].expires_at_s,
        };
        const struct policy_allow *found = policy_allow_find(&entry, 1, &facts, NOW);
        if ((found == &entry) != cases[i].matches)
            fail_msg("%s", cases[i].name);
    }
}

static void an_aligned_pass_is_evidence(void **state)
{
    (void)state;
    struct policy_facts facts = newsletter();
    const struct policy_allow entry = { .author_domain = SEKI_STR("shop.example") };
    facts.is_spf_aligned = true;
    assert_non_null(policy_allow_find(&entry, 1, &facts, NOW));
    facts.is_spf_aligned = false;
    facts.is_dkim_aligned = true;
    assert_non_null(policy_allow_find(&entry, 1, &facts, NOW));
}

/* From: a@shop.example <x@evil.example>, or two authors: there is no author domain for an entry to name. */
static void without_an_author_only_entries_for_everybody_answer(void **state)
{
    (void)state;
    struct policy_facts facts = newsletter();
    facts.author_domain = SEKI_STR("");
    struct policy_allow entry = { .author_domain = SEKI_STR("shop.example"),
                                  .includes_subdomains = true,
                                  .evidence = POLICY_EVIDENCE_DKIM,
                                  .domain = SEKI_STR("esp.example") };
    assert_null(policy_allow_find(&entry, 1, &facts, NOW));
    entry.author_domain = SEKI_STR("");
    assert_non_null(policy_allow_find(&entry, 1, &facts, NOW));
}

static void the_first_that_matches_answers(void **state)
{
    (void)state;
    const struct policy_facts facts = newsletter();
    const struct policy_allow entries[] = {
        { .id = 1, .author_domain = SEKI_STR("shop.example"), .evidence = POLICY_EVIDENCE_ALIGNED },
        { .id = 2, .evidence = POLICY_EVIDENCE_SPF, .domain = SEKI_STR("bounce.esp.example") },
        { .id = 3, .evidence = POLICY_EVIDENCE_DKIM, .domain = SEKI_STR("esp.example") },
    };
    assert_int_equal(policy_allow_find(entries, 3, &facts, NOW)->id, 2);
    assert_null(policy_allow_find(entries, 1, &facts, NOW));
    assert_null(policy_allow_find(NULL, 0, &facts, NOW));
}

/* ---- as octets ---- */

static const struct policy_allow samples[] = {
    { .id = 1, .author_domain = SEKI_STR_INIT("shop.example"), .evidence = POLICY_EVIDENCE_ALIGNED },
    { .id = UINT64_MAX,
      .includes_subdomains = true,
      .author_domain = SEKI_STR_INIT("a.example"),
      .evidence = POLICY_EVIDENCE_DKIM,
      .domain = SEKI_STR_INIT("esp.example"),
      .expires_at_s = INT64_MAX },
    { .id = 3, .evidence = POLICY_EVIDENCE_NETWORK, .network = { 4, { 192, 0, 2, 0 } }, .prefix_bits = 24 },
    { .id = 4, .evidence = POLICY_EVIDENCE_NETWORK, .network = { 16, { 0x20, 1, 0xd, 0xb8 } }, .prefix_bits = 128 },
};
#define SAMPLE_COUNT (sizeof samples / sizeof samples[0])

static void assert_same(const struct policy_allow *a, const struct policy_allow *b)
{
    assert_true(a->id == b->id && a->includes_subdomains == b->includes_subdomains && a->evidence == b->evidence);
    assert_true(seki_str_equal(a->author_domain, b->author_domain) && seki_str_equal(a->domain, b->domain));
    assert_memory_equal(&a->network, &b->network, sizeof a->network);
    assert_true(a->prefix_bits == b->prefix_bits && a->expires_at_s == b->expires_at_s);
}

static void a_row_of_entries_is_read_to_its_end(void **state)
{
    (void)state;
    struct seki_buf buf;
    struct policy_allow read;
    seki_buf_init(&buf, 4096);
    for (size_t i = 0; i < SAMPLE_COUNT; i++)
        policy_allow_encode(&samples[i], &buf);
    struct seki_str rest = seki_buf_str(&buf);
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        assert_true(policy_allow_decode(&rest, &read));
        assert_same(&read, &samples[i]);
    }
    assert_int_equal(rest.len, 0);
    assert_false(policy_allow_decode(&rest, &read));
    seki_buf_release(&buf);
}

static void what_cannot_be_read_stays_where_it_is(void **state)
{
    (void)state;
    struct seki_buf buf;
    seki_buf_init(&buf, 4096);
    policy_allow_encode(&samples[3], &buf);
    for (size_t cut = 1; cut < buf.len; cut++) {
        struct policy_allow read = { .id = 99 };
        struct seki_str rest = { buf.ptr, cut };
        assert_false(policy_allow_decode(&rest, &read));
        assert_true(rest.ptr == buf.ptr && rest.len == cut && read.id == 99);
    }
    struct policy_allow read;
    struct seki_str rest = seki_buf_str(&buf);
    buf.ptr[0]++; /* another version */
    assert_false(policy_allow_decode(&rest, &read));
    assert_int_equal(rest.len, buf.len);
    seki_buf_release(&buf);
}

static void words_of_evidence_are_read_and_named(void **state)
{
    (void)state;
    enum policy_evidence evidence;
    for (size_t i = 0; i < POLICY_EVIDENCE_COUNT; i++) {
        assert_true(policy_evidence_read(seki_str_of(policy_evidence_name((enum policy_evidence)i)), &evidence));
        assert_int_equal(evidence, i);
    }
    assert_false(policy_evidence_read(SEKI_STR(""), &evidence));
    assert_false(policy_evidence_read(SEKI_STR("dki"), &evidence));
    assert_false(policy_evidence_read(SEKI_STR("dkim "), &evidence));
}

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_asks_for_its_author_and_its_evidence),
        cmocka_unit_test(an_aligned_pass_is_evidence),
        cmocka_unit_test(without_an_author_only_entries_for_everybody_answer),
        cmocka_unit_test(the_first_that_matches_answers),
        cmocka_unit_test(a_row_of_entries_is_read_to_its_end),
        cmocka_unit_test(what_cannot_be_read_stays_where_it_is),
        cmocka_unit_test(words_of_evidence_are_read_and_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

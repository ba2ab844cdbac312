/* Allow entries: what each kind of evidence needs, changes, hits. */
#include "store/hosting_test.h"

#define DAY_S 86400

struct entry_case {
    const char *author, *domain, *network, *owner, *warned;
    enum policy_evidence evidence;
    unsigned bits;
    int64_t expires_in_s; /* 0: never */
    const char *why;      /* NULL: taken */
};

static struct store_allow_entry entry_of(const struct entry_case *wanted, int64_t domain_id)
{
    struct store_allow_entry entry = { .domain_id = domain_id,
                                       .note = SEKI_STR("test"),
                                       .owner = seki_str_of(wanted->owner ? wanted->owner : ""),
                                       .warned = seki_str_of(wanted->warned ? wanted->warned : "") };
    entry.allow.author_domain = seki_str_of(wanted->author);
    entry.allow.evidence = wanted->evidence;
    entry.allow.domain = seki_str_of(wanted->domain ? wanted->domain : "");
    if (wanted->network)
        seki_ip_parse(seki_str_of(wanted->network), &entry.allow.network);
    entry.allow.prefix_bits = wanted->bits;
    entry.allow.expires_at_s = wanted->expires_in_s ? NOW_S + wanted->expires_in_s : 0;
    return entry;
}

static void evidence(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    int64_t id = add_domain(sql, add_tenant(sql, "acme", POLICY_SHARED), "a.example");
    const struct entry_case cases[] = {
        { "Author.example", NULL, NULL, NULL, NULL, POLICY_EVIDENCE_ALIGNED, 0, 0, NULL },
        { "author.EXAMPLE.", NULL, NULL, NULL, NULL, POLICY_EVIDENCE_ALIGNED, 0, 0,
          "such an entry already, number 1" },
        { "author.example", "List.example", NULL, NULL, NULL, POLICY_EVIDENCE_DKIM, 0, 0, NULL },
        { "author.example", "list.example", NULL, NULL, NULL, POLICY_EVIDENCE_SPF, 0, DAY_S, NULL },
        { "", "list.example", NULL, NULL, NULL, POLICY_EVIDENCE_SPF, 0, 0, NULL },
        { "author.example", NULL, "192.0.2.77", NULL, NULL, POLICY_EVIDENCE_NETWORK, 24, 0, NULL },
        { "author.example", NULL, "192.0.2.1", NULL, NULL, POLICY_EVIDENCE_NETWORK, 24, 0, "already" },
        { "author.example", NULL, "2001:db8::1", NULL, NULL, POLICY_EVIDENCE_NETWORK, 128, 0, NULL },
        { "author.example", NULL, NULL, "anna", "anna", POLICY_EVIDENCE_NONE, 0, DAY_S, NULL },
        { "author.example", NULL, NULL, NULL, NULL, POLICY_EVIDENCE_DKIM, 0, 0, "needs the domain that must pass" },
        { "author.example", "x.example", NULL, NULL, NULL, POLICY_EVIDENCE_ALIGNED, 0, 0,
          "\"dkim\" or \"spf\" only" },
        { "author.example", NULL, "192.0.2.1", NULL, NULL, POLICY_EVIDENCE_ALIGNED, 24, 0, "\"network\" only" },
        { "author.example", NULL, NULL, NULL, NULL, POLICY_EVIDENCE_NETWORK, 24, 0, "needs a network" },
        { "author.example", NULL, "192.0.2.1", NULL, NULL, POLICY_EVIDENCE_NETWORK, 0, 0, "1 to 32 bits" },
        { "author.example", NULL, "192.0.2.1", NULL, NULL, POLICY_EVIDENCE_NETWORK, 33, 0, "1 to 32 bits" },
        { "b.example", NULL, NULL, "anna", "anna", POLICY_EVIDENCE_NONE, 0, 0, "must expire" },
        { "b.example", NULL, NULL, "anna", "anna", POLICY_EVIDENCE_NONE, 0, 366 * DAY_S + 1, "within a year" },
        { "b.example", NULL, NULL, "anna", "anna", POLICY_EVIDENCE_NONE, 0, 366 * DAY_S, NULL },
        { "c.example", NULL, NULL, "", "anna", POLICY_EVIDENCE_NONE, 0, DAY_S, "needs an owner" },
        { "c.example", NULL, NULL, "anna", " ", POLICY_EVIDENCE_NONE, 0, DAY_S, "acknowledged that warning" },
        { "", NULL, NULL, "anna", "anna", POLICY_EVIDENCE_NONE, 0, DAY_S, "needs an author domain" },
        { "c.example", NULL, NULL, NULL, NULL, POLICY_EVIDENCE_ALIGNED, 0, -1, "expired already" },
        { "not a domain", NULL, NULL, NULL, NULL, POLICY_EVIDENCE_ALIGNED, 0, 0, "not a domain name" },
        { "c.example", "no domain", NULL, NULL, NULL, POLICY_EVIDENCE_SPF, 0, 0, "not a domain name" },
        { "com", NULL, NULL, "anna", "anna", POLICY_EVIDENCE_NONE, 0, DAY_S, "\"com\" is a public suffix" },
        { "co.jp", NULL, "192.0.2.1", NULL, NULL, POLICY_EVIDENCE_NETWORK, 24, 0, "the author domain \"co.jp\"" },
        { "c.example", "com", NULL, NULL, NULL, POLICY_EVIDENCE_SPF, 0, 0, "the domain that must pass \"com\"" },
        { "", "org", NULL, NULL, NULL, POLICY_EVIDENCE_DKIM, 0, 0, "\"org\" is a public suffix" },
        { "192.0.2.1", NULL, NULL, NULL, NULL, POLICY_EVIDENCE_ALIGNED, 0, 0, "not a domain name" },
        { "github.io", NULL, NULL, NULL, NULL, POLICY_EVIDENCE_ALIGNED, 0, 0, NULL },
        { "c.example", NULL, NULL, NULL, NULL, POLICY_EVIDENCE_COUNT, 0, 0, "no kind of evidence" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct store_allow_entry entry = entry_of(&cases[i], id);
        struct store_change *change = begin(sql);
        enum seki_result result = end(change, store_allow_add(change, &entry, NULL, WHY));
        if (result != (cases[i].why ? SEKI_BAD_INPUT : SEKI_OK))
            fail_msg("case %zu: %s", i, WHY->text);
        if (cases[i].why)
            assert_why(cases[i].why);
    }
}

static void read_back_as_it_is_kept(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    int64_t id = add_domain(sql, add_tenant(sql, "acme", POLICY_SHARED), "a.example");
    struct store_allow_entry entry = entry_of(&(struct entry_case){ "B\xc3\xbc"
                                                                    "cher.example",
                                                                    NULL, "192.0.2.77", "anna", "ignored",
                                                                    POLICY_EVIDENCE_NETWORK, 24, DAY_S, NULL },
                                              id);
    entry.allow.includes_subdomains = true;
    struct store_change *change = begin(sql);
    uint64_t number;
    STORE_OK(end(change, store_allow_add(change, &entry, &number, WHY)));
    struct store_allow_entry kept;
    STORE_OK(store_allow_get(sql, number, memory, &kept, WHY));
    char text[SEKI_IP_TEXT_MAX];
    assert_text(kept.allow.author_domain, "xn--bcher-kva.example");
    assert_true(kept.allow.includes_subdomains);
    assert_string_equal(seki_ip_format(&kept.allow.network, text), "192.0.2.0");
    assert_int_equal(kept.allow.prefix_bits, 24);
    assert_text(kept.owner, "anna");
    assert_text(kept.warned, "");
    struct store_resolved resolved = resolve(sql, id);
    assert_int_equal(resolved.domain.allow_count, 1);
    assert_int_equal(resolved.entries[0].id, number);
    assert_int_equal(resolved.entries[0].evidence, POLICY_EVIDENCE_NETWORK);
    assert_string_equal(seki_ip_format(&resolved.entries[0].network, text), "192.0.2.0");
    assert_int_equal(resolved.entries[0].expires_at_s, NOW_S + DAY_S);
}

static void terms_change_and_nothing_else(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    int64_t id = add_domain(sql, add_tenant(sql, "acme", POLICY_SHARED), "a.example");
    struct store_allow_entry entry = entry_of(
        &(struct entry_case){ "b.example", NULL, NULL, "anna", "anna", POLICY_EVIDENCE_NONE, 0, DAY_S, NULL }, id);
    struct store_change *change = begin(sql);
    STORE_OK(end(change, store_allow_add(change, &entry, &entry.allow.id, WHY)));
    entry.allow.expires_at_s = 0;
    change = begin(sql);
    assert_int_equal(end(change, store_allow_change(change, &entry, WHY)), SEKI_BAD_INPUT);
    assert_why("must expire");
    entry.allow.expires_at_s = NOW_S + 2 * DAY_S;
    entry.allow.author_domain = SEKI_STR("other.example");
    entry.note = SEKI_STR("longer");
    change = begin(sql);
    STORE_OK(end(change, store_allow_change(change, &entry, WHY)));
    struct store_allow_entry kept;
    STORE_OK(store_allow_get(sql, entry.allow.id, memory, &kept, WHY));
    assert_text(kept.allow.author_domain, "b.example");
    assert_text(kept.note, "longer");
    assert_int_equal(kept.allow.expires_at_s, NOW_S + 2 * DAY_S);
    change = begin(sql);
    STORE_OK(end(change, store_allow_remove(change, entry.allow.id, WHY)));
    change = begin(sql);
    assert_int_equal(end(change, store_allow_remove(change, entry.allow.id, WHY)), SEKI_BAD_INPUT);
    assert_why("no allow entry with the number");
}

static void hits_are_counted(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    int64_t id = add_domain(sql, add_tenant(sql, "acme", POLICY_SHARED), "a.example");
    uint64_t ids[2];
    for (size_t i = 0; i < 2; i++) {
        struct store_allow_entry entry =
            entry_of(&(struct entry_case){ .author = i ? "b.example" : "c.example" }, id);
        struct store_change *change = begin(sql);
        STORE_OK(end(change, store_allow_add(change, &entry, &ids[i], WHY)));
    }
    struct store_changes before, after;
    STORE_OK(store_changes_read(sql, &before, WHY));
    struct store_allow_hit hits[] = { { ids[1], 2, 100 }, { 4711, 1, 100 }, { ids[0], 1, 200 }, { ids[1], 3, 50 } };
    STORE_OK(sql_begin(sql, true, WHY));
    STORE_OK(store_allow_count_hits(sql, hits, 4, WHY));
    STORE_OK(sql_commit(sql, WHY));
    struct store_allow_entry kept;
    STORE_OK(store_allow_get(sql, ids[1], memory, &kept, WHY));
    assert_int_equal(kept.hit_count, 5);
    assert_int_equal(kept.last_hit_at_s, 100);
    STORE_OK(store_allow_get(sql, ids[0], memory, &kept, WHY));
    assert_int_equal(kept.hit_count, 1);
    STORE_OK(store_changes_read(sql, &after, WHY));
    assert_int_equal(after.last, before.last); /* nothing for the replica */
}

static void a_domain_has_so_many_at_most(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    int64_t id = add_domain(sql, add_tenant(sql, "acme", POLICY_SHARED), "a.example");
    struct store_change *change = begin(sql);
    for (unsigned i = 0; i <= STORE_ALLOW_MAX_ENTRIES; i++) {
        char author[32];
        snprintf(author, sizeof author, "a%u.example", i);
        struct store_allow_entry entry = entry_of(&(struct entry_case){ .author = author }, id);
        enum seki_result result = store_allow_add(change, &entry, NULL, WHY);
        assert_int_equal(result, i < STORE_ALLOW_MAX_ENTRIES ? SEKI_OK : SEKI_BAD_INPUT);
    }
    assert_why("as many as it may have");
    store_change_rollback(change);
}

int main(void)
{
    static const struct store_test tests[] = {
        STORE_TEST(evidence),
        STORE_TEST(read_back_as_it_is_kept),
        STORE_TEST(terms_change_and_nothing_else),
        STORE_TEST(hits_are_counted),
        STORE_TEST(a_domain_has_so_many_at_most),
    };
    return STORE_TESTS_RUN(tests);
}

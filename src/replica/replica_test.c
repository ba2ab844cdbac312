/* What look-ups find. */
#include "replica/replica_test.h"

struct setting {
    struct test_folder folder;
    struct replica_writer *writer;
    struct replica *replica;
    struct seki_arena *arena;
};

static struct policy_allow allow_of(uint64_t id, const char *author, bool includes_subdomains)
{
    return (struct policy_allow){ .id = id,
                                  .author_domain = seki_str_of(author),
                                  .includes_subdomains = includes_subdomains,
                                  .evidence = POLICY_EVIDENCE_ALIGNED };
}

static int set_up(void **state)
{
    struct setting *s = calloc(1, sizeof *s);
    struct seki_error why = { "" };
    s->folder = test_folder_make();
    s->writer = test_writer(&s->folder);
    s->arena = seki_arena_new(1u << 20);
    test_begin_rebuild(s->writer);
    test_put(s->writer, "example.com", 1, true);
    test_put(s->writer, "exact.example.net", 2, false);
    test_put(s->writer, "shop.example.com", 3, false);
    test_put(s->writer, "plain.example", 4, false);
    struct replica_hosted domain = test_domain("allowing.example", 5);
    const struct replica_choice choice = { SEKI_STR("subject-tag"), SEKI_STR("[suspect]") };
    const struct policy_allow entries[] = {
        allow_of(11, "sender.example", false),      allow_of(12, "sender.example", true),
        allow_of(13, "news.sender.example", false), allow_of(14, "", false),
        allow_of(15, "other.example", true),
    };
    domain.includes_subdomains = true;
    domain.choices = &choice;
    domain.choice_count = 1;
    domain.entries = entries;
    domain.entry_count = 5;
    assert_int_equal(replica_put_domain(s->writer, &domain, &why), SEKI_OK);
    test_commit(s->writer, 42);
    s->replica = replica_open(s->folder.path);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct setting *s = *state;
    replica_close(s->replica);
    replica_writer_close(s->writer);
    seki_arena_free(s->arena);
    test_remove(s->folder.path, 2);
    free(s);
    return 0;
}

static const struct {
    const char *name, *domain;
    uint64_t id; /* 0: nobody's */
    const char *found;
} domain_cases[] = {
    { "its own entry", "example.com", 1, "example.com" },
    { "below one that includes subdomains", "mail.example.com", 1, "example.com" },
    { "far below", "a.b.c.d.example.com", 1, "example.com" },
    { "an entry of its own before the one above", "shop.example.com", 3, "shop.example.com" },
    { "below one that does not, the next above counts", "x.shop.example.com", 1, "example.com" },
    { "below one that does not, and nothing above", "x.exact.example.net", 0, "" },
    { "above an entry", "example.net", 0, "" },
    { "nobody's", "elsewhere.example", 0, "" },
    { "the end of a name is not a name above it", "notexample.com", 0, "" },
    { "the beginning of a name", "example.co", 0, "" },
    { "a top-level domain", "com", 0, "" },
    { "below a top-level domain", "a.com", 0, "" },
    { "no name", "", 0, "" },
    { "only dots", "...", 0, "" },
    { "upper case is not folded here", "EXAMPLE.COM", 0, "" },
};

static void a_domain_is_found_by_its_name_or_one_above(void **state)
{
    struct setting *s = *state;
    for (size_t i = 0; i < sizeof domain_cases / sizeof domain_cases[0]; i++) {
        struct replica_domain domain;
        enum replica_found found =
            replica_find_domain(s->replica, seki_str_of(domain_cases[i].domain), s->arena, &domain);
        uint64_t id = found == REPLICA_YES ? domain.domain_id : 0;
        if (found == REPLICA_MISSING || id != domain_cases[i].id ||
            (id != 0 && !seki_str_equal(domain.name, seki_str_of(domain_cases[i].found))))
            fail_msg("%s: %d, %llu", domain_cases[i].name, found, (unsigned long long)id);
    }
}

static void a_name_longer_than_any_domain_is_judged_by_those_above(void **state)
{
    struct setting *s = *state;
    char name[300];
    memset(name, 'a', sizeof name);
    memcpy(name + 288, ".example.com", 12);
    struct replica_domain domain;
    assert_int_equal(replica_find_domain(s->replica, (struct seki_str){ name, 288 }, s->arena, &domain),
                     REPLICA_NO);
    assert_int_equal(replica_find_domain(s->replica, (struct seki_str){ name, 300 }, s->arena, &domain),
                     REPLICA_YES);
}

static void everything_of_a_domain_comes_back(void **state)
{
    struct setting *s = *state;
    struct replica_domain domain;
    assert_int_equal(replica_find_domain(s->replica, SEKI_STR("allowing.example"), s->arena, &domain), REPLICA_YES);
    assert_int_equal(domain.domain_id, 5);
    assert_int_equal(domain.tenant_id, 7);
    assert_int_equal(domain.policy_revision, 105);
    assert_int_equal(domain.shape, POLICY_SHARED);
    assert_int_equal(domain.allow_count, 5);
    assert_true(seki_str_equal(domain.policy.subject_tag, SEKI_STR("[suspect]")));
    assert_int_equal(replica_change_id(s->replica), 42);
}

static const struct {
    const char *name, *tenant_filter; /* the tenant's own choice */
    bool is_confirmed;
    const char *choices[2][2];
    unsigned filter, spf_fail;
    bool reports;
} lay_cases[] = {
    { "nothing of its own", "observe", false, { { NULL } }, POLICY_OBSERVE, POLICY_MARK, false },
    { "its own", "observe", false, { { "on-spf-fail", "junk" } }, POLICY_OBSERVE, POLICY_JUNK, false },
    { "of two for one option the last",
      "observe",
      false,
      { { "on-spf-fail", "junk" }, { "on-spf-fail", "refuse" } },
      POLICY_OBSERVE,
      POLICY_REFUSE,
      false },
    { "an unknown option is nothing",
      "off",
      true,
      { { "on-telepathy", "refuse" } },
      POLICY_OFF,
      POLICY_MARK,
      false },
    { "an unknown value is nothing", "off", true, { { "on-spf-fail", "gone" } }, POLICY_OFF, POLICY_MARK, false },
    { "the tenant's filter, confirmed", "on", true, { { NULL } }, POLICY_ON, POLICY_MARK, false },
    { "and not confirmed", "on", false, { { NULL } }, POLICY_OFF, POLICY_MARK, false },
    { "its own filter, not confirmed", "off", false, { { "filter", "on" } }, POLICY_OFF, POLICY_MARK, false },
    { "reports, not confirmed", "observe", false, { { "reports", "yes" } }, POLICY_OFF, POLICY_MARK, false },
    { "reports, confirmed", "observe", true, { { "reports", "yes" } }, POLICY_OBSERVE, POLICY_MARK, true },
};

static void put_to_lay(struct setting *s, size_t i)
{
    struct replica_tenant tenant = test_tenant();
    struct replica_choice choices[2];
    policy_lay(SEKI_STR("on-spf-fail"), SEKI_STR("mark"), &tenant.policy);
    policy_lay(SEKI_STR("filter"), seki_str_of(lay_cases[i].tenant_filter), &tenant.policy);
    struct replica_hosted domain = test_domain("plain.example", 4);
    domain.is_confirmed = lay_cases[i].is_confirmed;
    domain.choices = choices;
    for (size_t c = 0; c < 2 && lay_cases[i].choices[c][0] != NULL; c++)
        choices[domain.choice_count++] = (struct replica_choice){ seki_str_of(lay_cases[i].choices[c][0]),
                                                                  seki_str_of(lay_cases[i].choices[c][1]) };
    test_begin_change(s->writer);
    test_put_tenant(s->writer, &tenant);
    assert_int_equal(replica_put_domain(s->writer, &domain, NULL), SEKI_OK);
    test_commit(s->writer, 50 + i);
}

static void its_own_choices_lie_over_those_of_its_tenant(void **state)
{
    struct setting *s = *state;
    for (size_t i = 0; i < sizeof lay_cases / sizeof lay_cases[0]; i++) {
        struct replica_domain domain;
        put_to_lay(s, i);
        assert_int_equal(replica_find_domain(s->replica, SEKI_STR("plain.example"), s->arena, &domain),
                         REPLICA_YES);
        if (domain.policy.filter != lay_cases[i].filter ||
            domain.policy.actions[POLICY_SPF_FAIL] != lay_cases[i].spf_fail ||
            domain.policy.reports != lay_cases[i].reports)
            fail_msg("%s: %u, %u, %d", lay_cases[i].name, domain.policy.filter,
                     domain.policy.actions[POLICY_SPF_FAIL], domain.policy.reports);
    }
}

static void a_change_of_its_tenant_reaches_a_domain_that_is_not_touched(void **state)
{
    struct setting *s = *state;
    struct replica_tenant tenant = test_tenant();
    tenant.shape = POLICY_GATEWAY;
    tenant.policy_revision = 900;
    tenant.policy.junk_suffix = SEKI_STR("+Spam");
    tenant.policy.subject_tag = SEKI_STR("[tenant]");
    test_begin_change(s->writer);
    test_put_tenant(s->writer, &tenant);
    test_commit(s->writer, 43);
    struct replica_domain domain;
    assert_int_equal(replica_find_domain(s->replica, SEKI_STR("mail.example.com"), s->arena, &domain), REPLICA_YES);
    assert_int_equal(domain.shape, POLICY_GATEWAY);
    assert_int_equal(domain.policy_revision, 900);
    assert_true(seki_str_equal(domain.policy.junk_suffix, SEKI_STR("+Spam")));
    assert_true(seki_str_equal(domain.policy.subject_tag, SEKI_STR("[tenant]")));
    assert_int_equal(replica_find_domain(s->replica, SEKI_STR("allowing.example"), s->arena, &domain), REPLICA_YES);
    assert_true(seki_str_equal(domain.policy.junk_suffix, SEKI_STR("+Spam")));
    assert_true(seki_str_equal(domain.policy.subject_tag, SEKI_STR("[suspect]")));
    assert_true(replica_writer_is_sound(s->writer, NULL));
}

/* Its policy is not known then, and must not be guessed. */
static void a_domain_whose_tenant_is_not_there_is_not_known(void **state)
{
    struct setting *s = *state;
    struct replica_hosted domain = test_domain("orphan.example", 9);
    domain.tenant_id = 8;
    test_begin_change(s->writer);
    assert_int_equal(replica_put_domain(s->writer, &domain, NULL), SEKI_OK);
    test_commit(s->writer, 43);
    assert_int_equal(test_find(s->replica, "orphan.example"), -1);
    assert_int_equal(test_find(s->replica, "example.com"), 1);
}

static const struct {
    const char *name;
    uint64_t domain_id;
    const char *author;
    uint64_t wanted[4]; /* ids, 0 at the end */
} allow_cases[] = {
    { "of this author, and of every author", 5, "sender.example", { 11, 12, 14 } },
    { "below it only those that include subdomains", 5, "x.sender.example", { 12, 14 } },
    { "its own and those above", 5, "news.sender.example", { 13, 12, 14 } },
    { "another author", 5, "other.example", { 15, 14 } },
    { "an author that nobody named", 5, "unknown.example", { 14 } },
    { "no author at all", 5, "", { 14 } },
    { "a domain without entries", 4, "sender.example", { 0 } },
    { "a domain that is not there", 99, "sender.example", { 0 } },
};

static void allow_entries_are_those_that_could_answer(void **state)
{
    struct setting *s = *state;
    for (size_t i = 0; i < sizeof allow_cases / sizeof allow_cases[0]; i++) {
        const struct policy_allow *entries;
        size_t count, wanted = 0;
        assert_int_equal(replica_find_allow(s->replica, allow_cases[i].domain_id,
                                            seki_str_of(allow_cases[i].author), s->arena, &entries, &count),
                         REPLICA_YES);
        while (wanted < 4 && allow_cases[i].wanted[wanted] != 0)
            wanted++;
        if (count != wanted)
            fail_msg("%s: %zu entries", allow_cases[i].name, count);
        for (size_t e = 0; e < count; e++)
            if (entries[e].id != allow_cases[i].wanted[e])
                fail_msg("%s: entry %zu is %llu", allow_cases[i].name, e, (unsigned long long)entries[e].id);
    }
}

static const struct {
    const char *name, *author;
    bool is_hosted;
    const char *lookalike_of;
} author_cases[] = {
    { "the hosted domain itself", "example.com", true, "" },
    { "below one that includes subdomains", "mail.example.com", true, "" },
    { "below one that does not, the next above counts", "x.shop.example.com", true, "" },
    { "below one that does not is not hosted, and imitates nobody", "x.plain.example", false, "" },
    { "one character that looks the same", "examp1e.com", false, "example.com" },
    { "a name below a look-alike", "login.examp1e.com", false, "example.com" },
    { "a stranger", "elsewhere.example", false, "" },
    { "no author", "", false, "" },
};

static void an_author_is_hosted_or_looks_like_one_that_is(void **state)
{
    struct setting *s = *state;
    for (size_t i = 0; i < sizeof author_cases / sizeof author_cases[0]; i++) {
        const char *lookalike_of = author_cases[i].lookalike_of;
        struct replica_author author;
        enum replica_found found =
            replica_find_author(s->replica, seki_str_of(author_cases[i].author), s->arena, &author);
        bool is_known = author_cases[i].is_hosted || lookalike_of[0] != '\0';
        if (found != (is_known ? REPLICA_YES : REPLICA_NO) || author.is_hosted != author_cases[i].is_hosted ||
            !seki_str_equal(author.lookalike_of, seki_str_of(lookalike_of)))
            fail_msg("%s: %d, %d, %.*s", author_cases[i].name, found, author.is_hosted,
                     SEKI_STR_ARGS(author.lookalike_of));
    }
}

static void an_arena_that_is_full_is_no_answer(void **state)
{
    struct setting *s = *state;
    struct seki_arena *small = seki_arena_new(8);
    struct replica_domain domain;
    assert_int_equal(replica_find_domain(s->replica, SEKI_STR("example.com"), small, &domain), REPLICA_MISSING);
    assert_int_equal(seki_arena_failure(small), SEKI_LIMIT);
    struct replica_author author;
    assert_int_equal(replica_find_author(s->replica, SEKI_STR("examp1e.com"), small, &author), REPLICA_MISSING);
    assert_int_equal(author.lookalike_of.len, 0);
    seki_arena_free(small);
    assert_int_equal(test_find(s->replica, "example.com"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_domain_is_found_by_its_name_or_one_above, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_name_longer_than_any_domain_is_judged_by_those_above, set_up, tear_down),
        cmocka_unit_test_setup_teardown(everything_of_a_domain_comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(its_own_choices_lie_over_those_of_its_tenant, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_change_of_its_tenant_reaches_a_domain_that_is_not_touched, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_domain_whose_tenant_is_not_there_is_not_known, set_up, tear_down),
        cmocka_unit_test_setup_teardown(allow_entries_are_those_that_could_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_author_is_hosted_or_looks_like_one_that_is, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_arena_that_is_full_is_no_answer, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What the schema itself refuses, whoever writes: the modules say it first, and in better words. */
#include "store/hosting_test.h"

static void fill(struct sql *sql)
{
    int64_t tenant = add_tenant(sql, "acme", POLICY_SHARED), id = add_domain(sql, tenant, "a.example");
    assert_int_equal(tenant, 1);
    assert_int_equal(id, 1);
    STORE_OK(set(sql, STORE_PROVIDER, 0, "on-virus", "mark"));
    STORE_OK(set(sql, STORE_TENANT, tenant, "on-virus", "mark"));
    STORE_OK(set(sql, STORE_DOMAIN, id, "on-virus", "mark"));
}

#define TENANT                                                                                                     \
    "insert into tenant (name, title, server_shape, dns_shape, is_dns_only, created_at_s, change_id) values "
#define DOMAIN "insert into domain (tenant_id, name, includes_subdomains, created_at_s, change_id) values "
#define CHOICE "insert into policy_choice (tenant_id, domain_id, name, value, change_id) values "
#define ENTRY                                                                                                      \
    "insert into allow_entry (domain_id, author_domain, includes_subdomains, evidence, evidence_domain, network,"  \
    " expires_at_s, note, owner, warned, created_at_s, hit_count, last_hit_at_s) values "
#define ACCOUNT                                                                                                    \
    "insert into account (name, title, address, role, language, tenant_id, is_disabled, created_at_s) values "

static const struct {
    const char *name, *text;
    bool is_taken;
} cases[] = {
    { "a second state", "insert into hosting_state values (2, 0, 0, 0)", false },
    { "a tenant", TENANT "('b', '', 'gateway', 'hosted', 1, 0, 0)", true },
    { "a tenant's name twice", TENANT "('acme', '', 'shared', 'self', 0, 0, 0)", false },
    { "an unknown shape of server", TENANT "('b', '', 'round', 'self', 0, 0, 0)", false },
    { "an unknown shape of DNS", TENANT "('b', '', 'shared', 'other', 0, 0, 0)", false },
    { "DNS alone that is not hosted", TENANT "('b', '', 'shared', 'self', 1, 0, 0)", false },
    { "a yes or no that is 2", TENANT "('b', '', 'shared', 'hosted', 2, 0, 0)", false },
    { "no name", TENANT "('', '', 'shared', 'self', 0, 0, 0)", false },
    { "a domain", DOMAIN "(1, 'b.example', 1, 0, 0)", true },
    { "a domain twice", DOMAIN "(1, 'a.example', 1, 0, 0)", false },
    { "a domain in capitals", DOMAIN "(1, 'B.example', 1, 0, 0)", false },
    { "a domain of nobody", DOMAIN "(9, 'b.example', 1, 0, 0)", false },
    { "a tenant with domains cannot go", "delete from tenant where id = 1", false },
    { "a choice", CHOICE "(null, 1, 'filter', 'on', 0)", true },
    { "a domain's choice twice", CHOICE "(null, 1, 'on-virus', 'junk', 0)", false },
    { "a tenant's choice twice", CHOICE "(1, null, 'on-virus', 'junk', 0)", false },
    { "the provider's choice twice", CHOICE "(null, null, 'on-virus', 'junk', 0)", false },
    { "a choice of tenant and domain", CHOICE "(1, 1, 'filter', 'on', 0)", false },
    { "an entry", ENTRY "(1, 'b.example', 0, 'aligned', '', '', 0, '', '', '', 0, 0, 0)", true },
    { "unknown evidence", ENTRY "(1, 'b.example', 0, 'trust', '', '', 0, '', '', '', 0, 0, 0)", false },
    { "evidence dkim without its domain", ENTRY "(1, 'b.example', 0, 'dkim', '', '', 0, '', '', '', 0, 0, 0)",
      false },
    { "evidence network without a network", ENTRY "(1, 'b.example', 0, 'network', '', '', 0, '', '', '', 0, 0, 0)",
      false },
    { "no evidence, all told", ENTRY "(1, 'b.example', 0, 'none', '', '', 9, '', 'o', 'w', 0, 0, 0)", true },
    { "no evidence and no expiry", ENTRY "(1, 'b.example', 0, 'none', '', '', 0, '', 'o', 'w', 0, 0, 0)", false },
    { "no evidence and no warning", ENTRY "(1, 'b.example', 0, 'none', '', '', 9, '', 'o', '', 0, 0, 0)", false },
    { "no evidence and no owner", ENTRY "(1, 'b.example', 0, 'none', '', '', 9, '', '', 'w', 0, 0, 0)", false },
    { "no evidence for everybody", ENTRY "(1, '', 0, 'none', '', '', 9, '', 'o', 'w', 0, 0, 0)", false },
    { "an operator", ACCOUNT "('o', '', '', 'operator', 'en', null, 0, 0)", true },
    { "an operator of a tenant", ACCOUNT "('o', '', '', 'operator', 'en', 1, 0, 0)", false },
    { "an administrator of nobody", ACCOUNT "('o', '', '', 'administrator', 'en', null, 0, 0)", false },
    { "a mailbox without an address", ACCOUNT "('o', '', '', 'mailbox-owner', 'en', 1, 0, 0)", false },
    { "a confirmation by nobody",
      "insert into confirmation (domain_id, administrator, note, version, at_s, recorded_by, withdrawn_at_s)"
      " values (1, '', '', 1, 0, '', 0)",
      false },
    { "a line of the audit log without its actor",
      "insert into audit_entry (change_id, at_s, actor, via, action, tenant, domain, object, before_json, "
      "after_json)"
      " values (1, 0, '', '', '', '', '', '', '', '')",
      false },
};

static void refused_by_the_schema(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    fill(sql);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        STORE_OK(sql_begin(sql, true, WHY));
        enum seki_result result = sql_run(sql, cases[i].text, NULL, 0, NULL, WHY);
        sql_rollback(sql);
        if (result != (cases[i].is_taken ? SEKI_OK : SEKI_BAD_INPUT))
            fail_msg("%s: %d %s", cases[i].name, (int)result, WHY->text);
    }
}

/* What another version wrote and this one cannot read counts as not chosen, and lets nothing through. */
static void what_cannot_be_read_does_nothing(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    fill(sql);
    static const char *const texts[] = {
        "update policy_choice set value = 'mark' where domain_id = 1",
        CHOICE "(null, 1, 'on-telepathy', 'refuse', 0)",
        CHOICE "(null, 1, 'on-spf-fail', 'evaporate', 0)",
        ENTRY "(1, 'b.example', 0, 'network', '', 'everywhere', 0, '', '', '', 0, 0, 0)",
        ENTRY "(1, 'b.example', 0, 'network', '', '192.0.2.0/33', 0, '', '', '', 0, 0, 0)",
        ENTRY "(1, 'c.example', 0, 'network', '', '192.0.2.0/24', 0, '', '', '', 0, 0, 0)",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        STORE_OK(sql_run(sql, texts[i], NULL, 0, NULL, WHY));
    struct store_resolved resolved = resolve(sql, 1);
    assert_int_equal(resolved.domain.policy.actions[POLICY_VIRUS], POLICY_MARK);
    assert_int_equal(resolved.domain.policy.actions[POLICY_SPF_FAIL], POLICY_DELIVER);
    assert_int_equal(resolved.domain.allow_count, 1);
    assert_text(resolved.entries[0].author_domain, "c.example");
    const struct store_setting *settings;
    size_t count;
    STORE_OK(store_setting_list(sql, (struct store_owner){ STORE_DOMAIN, 1 }, memory, &settings, &count, WHY));
    assert_int_equal(count, 2); /* shown as it stands there: on-spf-fail and on-virus */
}

/* Numbers in the journal and in recorded traffic must never come to mean another. */
static void numbers_are_not_given_again(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    int64_t tenant = add_tenant(sql, "acme", POLICY_SHARED), first = add_domain(sql, tenant, "a.example");
    struct store_change *change = begin(sql);
    STORE_OK(end(change, store_domain_remove(change, first, WHY)));
    assert_true(add_domain(sql, tenant, "a.example") > first);
}

int main(void)
{
    static const struct store_test tests[] = {
        STORE_TEST(refused_by_the_schema),
        STORE_TEST(what_cannot_be_read_does_nothing),
        STORE_TEST(numbers_are_not_given_again),
    };
    return STORE_TESTS_RUN(tests);
}

/* Tenants: names, shapes, and what goes with them. */
#include "store/hosting_test.h"

static enum seki_result add(struct sql *sql, const struct store_tenant *tenant)
{
    struct store_change *change = begin(sql);
    return end(change, store_tenant_add(change, tenant, NULL, WHY));
}

static void names_and_titles(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    char longest[64] = { 0 }, too_long[65] = { 0 }, title[202] = { 0 };
    memset(longest, 'a', 63);
    memset(too_long, 'a', 64);
    memset(title, 't', 201);
    const struct {
        const char *name, *title, *why; /* why NULL: taken */
    } cases[] = {
        { "acme", "", NULL },
        { "9-lives", "\xe9\x96\xa2\xe6\x89\x80", NULL },
        { longest, "'; DROP TABLE tenant; --", NULL },
        { too_long, "", "1 to 63" },
        { "", "", "1 to 63" },
        { "Acme", "", "lower-case" },
        { "-acme", "", "\"-\" inside" },
        { "acme-", "", "\"-\" inside" },
        { "a.b", "", "lower-case" },
        { "a b", "", "lower-case" },
        { "a'b", "", "lower-case" },
        { "caf\xc3\xa9", "", "lower-case" },
        { "acme", "", "there is a tenant \"acme\" already" },
        { "control", "two\nlines", "control character" },
        { "escape", "\x1b[2J", "control character" },
        { "c1",
          "a\xc2\x9b"
          "31m",
          "control character" },
        { "separator",
          "a\xe2\x80\xa8"
          "b",
          "control character" },
        { "latin1", "caf\xe9", "not UTF-8" },
        { "long", title, "201 octets; it may have 200" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct store_tenant tenant = { .name = seki_str_of(cases[i].name), .title = seki_str_of(cases[i].title) };
        enum seki_result want = cases[i].why ? SEKI_BAD_INPUT : SEKI_OK;
        if (add(sql, &tenant) != want)
            fail_msg("%s: %s", cases[i].name, WHY->text);
        if (cases[i].why)
            assert_why(cases[i].why);
    }
    struct store_tenant found;
    STORE_OK(store_tenant_find(sql, seki_str_of(longest), memory, &found, WHY));
    assert_text(found.title, "'; DROP TABLE tenant; --");
    struct seki_str inner_nul = { "a\0b", 3 };
    assert_int_equal(store_tenant_find(sql, inner_nul, memory, &found, WHY), SEKI_BAD_INPUT);
}

static void lists_go_on_behind_a_name(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    const char *const names[] = { "b", "a-b", "aa", "a1" }; /* a locale would put "a-b" behind "aa" */
    for (size_t i = 0; i < 4; i++)
        add_tenant(sql, names[i], POLICY_SHARED);
    add_domain(sql, 1, "b.example");
    const struct store_tenant *tenants;
    size_t count;
    STORE_OK(store_tenant_list(sql, SEKI_STR(""), 3, memory, &tenants, &count, WHY));
    assert_int_equal(count, 3);
    assert_text(tenants[0].name, "a-b");
    assert_text(tenants[1].name, "a1");
    assert_text(tenants[2].name, "aa");
    STORE_OK(store_tenant_list(sql, tenants[2].name, 3, memory, &tenants, &count, WHY));
    assert_int_equal(count, 1);
    assert_text(tenants[0].name, "b");
    assert_int_equal(tenants[0].domain_count, 1);
}

static enum seki_result change_to(struct sql *sql, int64_t id, enum policy_shape shape, enum store_dns_shape dns,
                                  bool is_dns_only)
{
    struct store_tenant tenant;
    STORE_OK(store_tenant_get(sql, id, memory, &tenant, WHY));
    tenant.server_shape = shape;
    tenant.dns_shape = dns;
    tenant.is_dns_only = is_dns_only;
    struct store_change *change = begin(sql);
    return end(change, store_tenant_change(change, &tenant, WHY));
}

static void shapes_are_kept(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    int64_t id = add_tenant(sql, "acme", POLICY_DEDICATED);
    struct store_tenant tenant;
    STORE_OK(change_to(sql, id, POLICY_GATEWAY, STORE_DNS_THIRD_PARTY, false));
    STORE_OK(store_tenant_get(sql, id, memory, &tenant, WHY));
    assert_int_equal(tenant.server_shape, POLICY_GATEWAY);
    assert_int_equal(tenant.dns_shape, STORE_DNS_THIRD_PARTY);
    assert_int_equal(change_to(sql, id, POLICY_GATEWAY, STORE_DNS_SELF, true), SEKI_BAD_INPUT);
    assert_why("DNS shape \"hosted\"");
    STORE_OK(change_to(sql, id, POLICY_GATEWAY, STORE_DNS_HOSTED, true));
}

/* RFC 9989 knows no junk folder; a gateway has none either. */
static void a_gateway_takes_no_junk(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    int64_t id = add_tenant(sql, "acme", POLICY_SHARED), domain = add_domain(sql, id, "a.example");
    STORE_OK(set(sql, STORE_PROVIDER, 0, "on-spf-softfail", "junk")); /* where it cannot work: something milder */
    STORE_OK(set(sql, STORE_DOMAIN, domain, "on-spf-fail", "junk"));
    assert_int_equal(change_to(sql, id, POLICY_GATEWAY, STORE_DNS_SELF, false), SEKI_BAD_INPUT);
    assert_why("domain a.example");
    STORE_OK(set(sql, STORE_DOMAIN, domain, "on-spf-fail", "mark"));
    STORE_OK(set(sql, STORE_TENANT, id, "on-spf-fail", "junk"));
    assert_int_equal(change_to(sql, id, POLICY_GATEWAY, STORE_DNS_SELF, false), SEKI_BAD_INPUT);
    assert_why("tenant acme");
    STORE_OK(set(sql, STORE_TENANT, id, "on-spf-fail", "refuse"));
    STORE_OK(change_to(sql, id, POLICY_GATEWAY, STORE_DNS_SELF, false));
    assert_int_equal(set(sql, STORE_TENANT, id, "on-spf-fail", "junk"), SEKI_BAD_INPUT);
    assert_int_equal(set(sql, STORE_DOMAIN, domain, "on-spf-fail", "junk"), SEKI_BAD_INPUT);
    assert_why("a gateway has no junk folder");
    STORE_OK(set(sql, STORE_DOMAIN, domain, "on-virus", "refuse")); /* the provider's junk is not its fault */
}

static void removal_takes_domains_only_when_asked(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    int64_t id = add_tenant(sql, "acme", POLICY_SHARED), a = add_domain(sql, id, "a.example");
    add_domain(sql, id, "b.example");
    STORE_OK(set(sql, STORE_TENANT, id, "on-spf-fail", "mark"));
    STORE_OK(set(sql, STORE_DOMAIN, a, "on-spf-fail", "mark"));
    STORE_OK(confirm(sql, a));
    struct store_change *change = begin(sql);
    struct store_allow_entry entry = { .domain_id = a, .allow.author_domain = SEKI_STR("author.example") };
    struct store_user user = { .name = SEKI_STR("anna"), .role = STORE_ADMINISTRATOR, .tenant_id = id };
    STORE_OK(store_user_add(change, &user, NULL, WHY));
    STORE_OK(end(change, store_allow_add(change, &entry, NULL, WHY)));
    change = begin(sql);
    assert_int_equal(end(change, store_tenant_remove(change, id, false, WHY)), SEKI_BAD_INPUT);
    assert_why("has domains (2); remove them first, or together with it by --with-domains");
    change = begin(sql);
    STORE_OK(end(change, store_tenant_remove(change, id, true, WHY)));
    const char *const tables[] = { "tenant", "domain", "policy_choice", "confirmation", "allow_entry", "account" };
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        char text[64];
        snprintf(text, sizeof text, "select count(*) from %s", tables[i]);
        assert_int_equal(store_test_integer(sql, text), 0);
    }
    struct seki_buf lines;
    seki_buf_init(&lines, 1 << 16);
    store_test_rows(sql,
                    "select action, tenant, domain from audit_entry where change_id = (select max(change_id) from"
                    " audit_entry) order by id",
                    &lines);
    assert_text(seki_buf_str(&lines), "user.remove|acme|\n"
                                      "policy.unset|acme|a.example\n"
                                      "allow.remove|acme|a.example\n"
                                      "confirmation.remove|acme|a.example\n"
                                      "domain.remove|acme|a.example\n"
                                      "domain.remove|acme|b.example\n"
                                      "policy.unset|acme|\n"
                                      "tenant.remove|acme|\n");
    seki_buf_release(&lines);
}

int main(void)
{
    static const struct store_test tests[] = {
        STORE_TEST(names_and_titles),
        STORE_TEST(lists_go_on_behind_a_name),
        STORE_TEST(shapes_are_kept),
        STORE_TEST(a_gateway_takes_no_junk),
        STORE_TEST(removal_takes_domains_only_when_asked),
    };
    return STORE_TESTS_RUN(tests);
}

/* Hosted domains: spellings, who has them, lists. */
#include "store/hosting_test.h"

static void spellings(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    int64_t first = add_tenant(sql, "first", POLICY_SHARED), second = add_tenant(sql, "second", POLICY_SHARED);
    add_domain(sql, first, "Example.COM");
    add_domain(sql, first, "xn--bcher-kva.example");
    char label[65] = { 0 }, longest[254] = { 0 }, too_long[256] = { 0 };
    memset(label, 'a', 64);
    /* 253 octets: 63.63.63.61 */
    snprintf(longest, sizeof longest, "%.63s.%.63s.%.63s.%.61s", label, label, label, label);
    snprintf(too_long, sizeof too_long, "%.63s.%.63s.%.63s.%.62s", label, label, label, label);
    const struct {
        const char *name, *why; /* why NULL: taken */
    } cases[] = {
        { "example.com", "hosted already, for tenant first" },
        { "EXAMPLE.com.", "hosted already, for tenant first" },
        { "b\xc3\xbc"
          "cher.example",
          "hosted already" },
        { "B\xc3\x9c"
          "CHER.example",
          "hosted already" },
        { "sub.example.com", NULL },
        { longest, NULL },
        { too_long, "not a domain name" },
        { label, "not a domain name" },
        { "", "missing" },
        { ".", "not a domain name" },
        { "192.0.2.1", "not a domain name" },
        { "\xef\xbc\x91.2.3.4", "not a domain name" }, /* U+FF11 */
        { "com", "the domain \"com\" is a public suffix" },
        { "co.jp", "give a name below it that has one owner" },
        { "localdomain", "public suffix" },
        { "github.io", NULL }, /* GitHub's own: a company's suffix may have addresses */
        { "a..example", "not a domain name" },
        { "a b.example", "not a domain name" },
        { "a'; DROP TABLE domain; --.example", "not a domain name" },
        { "a\nb.example", "control character" },
        { "\xff.example", "not UTF-8" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct store_domain domain = { .tenant_id = second, .name = seki_str_of(cases[i].name) };
        struct store_change *change = begin(sql);
        enum seki_result result = end(change, store_domain_add(change, &domain, NULL, WHY));
        if (result != (cases[i].why ? SEKI_BAD_INPUT : SEKI_OK))
            fail_msg("%s: %s", cases[i].name, WHY->text);
        if (cases[i].why)
            assert_why(cases[i].why);
    }
    struct store_domain found;
    STORE_OK(store_domain_find(sql,
                               SEKI_STR("B\xc3\xbc"
                                        "cher.EXAMPLE."),
                               memory, &found, WHY));
    assert_text(found.name, "xn--bcher-kva.example");
    assert_text(found.tenant_name, "first");
    assert_int_equal(store_domain_find(sql, SEKI_STR("example.org"), memory, &found, WHY), SEKI_BAD_INPUT);
    assert_why("example.org is not hosted here");
}

static void subdomains_are_one_owners(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    struct store_domain domain = { .tenant_id = add_tenant(sql, "first", POLICY_SHARED),
                                   .name = SEKI_STR("github.io"),
                                   .includes_subdomains = true };
    struct store_change *change = begin(sql);
    assert_int_equal(end(change, store_domain_add(change, &domain, NULL, WHY)), SEKI_BAD_INPUT);
    assert_why("the names below it belong to others");
    domain.id = add_domain(sql, domain.tenant_id, "github.io");
    change = begin(sql);
    assert_int_equal(end(change, store_domain_change(change, &domain, WHY)), SEKI_BAD_INPUT);
    assert_why("the names below it belong to others");
    domain.id = add_domain(sql, domain.tenant_id, "a.github.io");
    change = begin(sql);
    STORE_OK(end(change, store_domain_change(change, &domain, WHY)));
}

static void a_tenant_must_be_there(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    struct store_domain domain = { .tenant_id = 7, .name = SEKI_STR("a.example") };
    struct store_change *change = begin(sql);
    assert_int_equal(end(change, store_domain_add(change, &domain, NULL, WHY)), SEKI_BAD_INPUT);
    assert_why("no tenant with the number 7");
}

/* "a.example b.example" */
static const char *list(struct sql *sql, const struct store_domain_filter *filter)
{
    static char text[512];
    const struct store_domain *domains;
    size_t count, len = 0;
    STORE_OK(store_domain_list(sql, filter, memory, &domains, &count, WHY));
    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        len +=
            (size_t)snprintf(text + len, sizeof text - len, "%s%.*s", i ? " " : "", SEKI_STR_ARGS(domains[i].name));
    return text;
}

static void lists(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    int64_t first = add_tenant(sql, "first", POLICY_SHARED), second = add_tenant(sql, "second", POLICY_SHARED);
    const char *const names[] = { "a.example",  "x.a.example", "y.x.a.example",
                                  "ba.example", "a_b.example", "zaxb.example" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        add_domain(sql, i == 3 ? second : first, names[i]);
    assert_string_equal(list(sql, &(struct store_domain_filter){ 0 }),
                        "a.example a_b.example ba.example x.a.example y.x.a.example zaxb.example");
    assert_string_equal(list(sql, &(struct store_domain_filter){ .tenant_id = second }), "ba.example");
    assert_string_equal(list(sql, &(struct store_domain_filter){ .below = SEKI_STR("A.example") }),
                        "a.example x.a.example y.x.a.example");
    assert_string_equal(list(sql, &(struct store_domain_filter){ .below = SEKI_STR("a_b.example") }),
                        "a_b.example");
    assert_string_equal(list(sql, &(struct store_domain_filter){ .after = SEKI_STR("a_b.example"), .limit = 2 }),
                        "ba.example x.a.example");
    assert_string_equal(list(sql, &(struct store_domain_filter){ .tenant_id = first,
                                                                 .below = SEKI_STR("a.example"),
                                                                 .after = SEKI_STR("a.example") }),
                        "x.a.example y.x.a.example");
}

static void a_domain_moves_when_its_policy_fits(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    int64_t shared = add_tenant(sql, "shared", POLICY_SHARED), gateway = add_tenant(sql, "gateway", POLICY_GATEWAY);
    int64_t id = add_domain(sql, shared, "a.example");
    STORE_OK(set(sql, STORE_DOMAIN, id, "on-spf-fail", "junk"));
    struct store_domain domain;
    STORE_OK(store_domain_get(sql, id, memory, &domain, WHY));
    domain.tenant_id = gateway;
    struct store_change *change = begin(sql);
    assert_int_equal(end(change, store_domain_change(change, &domain, WHY)), SEKI_BAD_INPUT);
    assert_why("domain a.example");
    STORE_OK(set(sql, STORE_DOMAIN, id, "on-spf-fail", "mark"));
    domain.includes_subdomains = true;
    change = begin(sql);
    STORE_OK(end(change, store_domain_change(change, &domain, WHY)));
    STORE_OK(store_domain_find(sql, SEKI_STR("a.example"), memory, &domain, WHY));
    assert_text(domain.tenant_name, "gateway");
    assert_true(domain.includes_subdomains);
    assert_true(resolve(sql, id).includes_subdomains);
    assert_int_equal(resolve(sql, id).domain.shape, POLICY_GATEWAY);
}

int main(void)
{
    static const struct store_test tests[] = {
        STORE_TEST(spellings), STORE_TEST(subdomains_are_one_owners),           STORE_TEST(a_tenant_must_be_there),
        STORE_TEST(lists),     STORE_TEST(a_domain_moves_when_its_policy_fits),
    };
    return STORE_TESTS_RUN(tests);
}

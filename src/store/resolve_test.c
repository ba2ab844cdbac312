/* What a domain's policy comes to, and the walks that the replica follows. */
#include "store/hosting_test.h"

static void nearest_choice_counts(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    int64_t tenant = add_tenant(sql, "acme", POLICY_SHARED), id = add_domain(sql, tenant, "example.com");
    int64_t other = add_domain(sql, tenant, "example.net");
    assert_int_equal(resolve(sql, id).domain.policy.actions[POLICY_SPF_FAIL], POLICY_DELIVER);
    STORE_OK(set(sql, STORE_PROVIDER, 0, "on-spf-fail", "mark"));
    assert_int_equal(resolve(sql, id).domain.policy.actions[POLICY_SPF_FAIL], POLICY_MARK);
    STORE_OK(set(sql, STORE_TENANT, tenant, "on-spf-fail", "junk"));
    assert_int_equal(resolve(sql, id).domain.policy.actions[POLICY_SPF_FAIL], POLICY_JUNK);
    STORE_OK(set(sql, STORE_DOMAIN, id, "on-spf-fail", "refuse"));
    assert_int_equal(resolve(sql, id).domain.policy.actions[POLICY_SPF_FAIL], POLICY_REFUSE);
    assert_int_equal(resolve(sql, other).domain.policy.actions[POLICY_SPF_FAIL], POLICY_JUNK);
    struct store_change *change = begin(sql);
    STORE_OK(end(change, store_setting_unset(change, (struct store_owner){ STORE_DOMAIN, id },
                                             SEKI_STR("on-spf-fail"), WHY)));
    assert_int_equal(resolve(sql, id).domain.policy.actions[POLICY_SPF_FAIL], POLICY_JUNK);
}

static void revision_grows_with_each_change_above(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    int64_t tenant = add_tenant(sql, "acme", POLICY_SHARED), id = add_domain(sql, tenant, "example.com");
    uint64_t revision = resolve(sql, id).domain.policy_revision;
    const struct {
        enum store_level level;
        int64_t id;
    } owners[] = { { STORE_PROVIDER, 0 }, { STORE_TENANT, tenant }, { STORE_DOMAIN, id } };
    for (size_t i = 0; i < 3; i++) {
        STORE_OK(set(sql, owners[i].level, owners[i].id, "on-spf-softfail", "mark"));
        uint64_t next = resolve(sql, id).domain.policy_revision;
        assert_true(next > revision);
        revision = next;
        STORE_OK(set(sql, owners[i].level, owners[i].id, "on-spf-softfail", "mark"));
        assert_int_equal(resolve(sql, id).domain.policy_revision, revision); /* it was so already */
    }
}

static void held_back_without_confirmation(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    int64_t tenant = add_tenant(sql, "acme", POLICY_SHARED), id = add_domain(sql, tenant, "example.com");
    STORE_OK(set(sql, STORE_TENANT, tenant, "filter", "on"));
    STORE_OK(set(sql, STORE_PROVIDER, 0, "reports", "yes"));
    struct store_resolved resolved = resolve(sql, id);
    assert_true(resolved.is_held_back);
    assert_int_equal(resolved.domain.policy.filter, POLICY_OFF);
    assert_false(resolved.domain.policy.reports);
    STORE_OK(confirm(sql, id));
    resolved = resolve(sql, id);
    assert_false(resolved.is_held_back);
    assert_int_equal(resolved.domain.policy.filter, POLICY_ON);
    assert_true(resolved.domain.policy.reports);
    struct store_change *change = begin(sql);
    STORE_OK(end(change, store_confirmation_withdraw(change, id, WHY)));
    assert_true(resolve(sql, id).is_held_back);
}

/* "@1 example.com:5 -example.net", the first a tenant, with the change id that the walk leads to in front */
static const char *walk(struct sql *sql, int64_t after)
{
    static char text[1024];
    struct store_resolve_walk *walk;
    int64_t change_id;
    STORE_OK(store_resolve_begin(sql, after, &walk, &change_id, WHY));
    size_t len = (size_t)snprintf(text, sizeof text, "%lld", (long long)change_id);
    for (;;) {
        const struct store_walked *walked;
        STORE_OK(store_resolve_next(walk, &walked, WHY));
        if (!walked)
            break;
        if (walked->kind == STORE_WALKED_TENANT)
            len += (size_t)snprintf(text + len, sizeof text - len, " @%llu",
                                    (unsigned long long)walked->tenant.tenant_id);
        else
            len += (size_t)snprintf(text + len, sizeof text - len,
                                    walked->kind == STORE_WALKED_REMOVED ? " -%.*s" : " %.*s",
                                    SEKI_STR_ARGS(walked->domain.name));
        if (walked->domain.entry_count > 0)
            len += (size_t)snprintf(text + len, sizeof text - len, ":%zu", walked->domain.entry_count);
    }
    store_resolve_end(walk);
    return text;
}

static void add_entry(struct sql *sql, int64_t domain_id, const char *author)
{
    struct store_change *change = begin(sql);
    struct store_allow_entry entry = { .domain_id = domain_id, .allow = { .author_domain = seki_str_of(author) } };
    STORE_OK(end(change, store_allow_add(change, &entry, NULL, WHY)));
}

static void walk_shows_what_changed(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    assert_string_equal(walk(sql, 0), "0");
    int64_t first = add_tenant(sql, "first", POLICY_SHARED), second = add_tenant(sql, "second", POLICY_SHARED);
    int64_t a = add_domain(sql, first, "a.example"), b = add_domain(sql, first, "b.example");
    add_domain(sql, second, "c.example");
    assert_string_equal(walk(sql, 0), "5 @1 @2 a.example b.example c.example");
    assert_string_equal(walk(sql, 5), "5");
    add_entry(sql, b, "author.example");
    assert_string_equal(walk(sql, 5), "6 b.example:1");
    STORE_OK(set(sql, STORE_TENANT, second, "on-spf-fail", "mark"));
    assert_string_equal(walk(sql, 6), "7 @2");
    STORE_OK(set(sql, STORE_PROVIDER, 0, "on-spf-fail", "mark"));
    assert_string_equal(walk(sql, 7), "8 @1 @2");
    struct store_change *change = begin(sql);
    STORE_OK(end(change, store_domain_remove(change, a, WHY)));
    assert_string_equal(walk(sql, 8), "9 -a.example");
    assert_string_equal(walk(sql, 0), "9 @1 @2 b.example:1 c.example");
    add_domain(sql, second, "a.example");
    assert_string_equal(walk(sql, 8), "10 a.example");
}

static void walk_names_what_each_chose(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    STORE_OK(set(sql, STORE_PROVIDER, 0, "subject-tag", "[provider]"));
    int64_t first = add_tenant(sql, "first", POLICY_GATEWAY), second = add_tenant(sql, "second", POLICY_SHARED);
    int64_t a = add_domain(sql, second, "a.example");
    STORE_OK(set(sql, STORE_TENANT, second, "subject-tag", "[second]"));
    STORE_OK(set(sql, STORE_DOMAIN, a, "on-virus", "refuse"));
    STORE_OK(confirm(sql, a));
    struct store_resolve_walk *all;
    int64_t change_id;
    const struct store_walked *walked;
    STORE_OK(store_resolve_begin(sql, 0, &all, &change_id, WHY));
    STORE_OK(store_resolve_next(all, &walked, WHY));
    assert_int_equal(walked->tenant.tenant_id, first);
    assert_int_equal(walked->tenant.shape, POLICY_GATEWAY);
    assert_int_equal(walked->tenant.policy_revision, 2);
    assert_text(walked->tenant.policy.subject_tag, "[provider]");
    STORE_OK(store_resolve_next(all, &walked, WHY));
    assert_int_equal(walked->tenant.shape, POLICY_SHARED);
    assert_int_equal(walked->tenant.policy_revision, 5);
    assert_text(walked->tenant.policy.subject_tag, "[second]");
    STORE_OK(store_resolve_next(all, &walked, WHY));
    assert_text(walked->domain.name, "a.example");
    assert_int_equal(walked->domain.tenant_id, second);
    assert_int_equal(walked->domain.policy_revision, 7);
    assert_true(walked->domain.is_confirmed);
    assert_int_equal(walked->domain.choice_count, 1);
    assert_text(walked->domain.choices[0].name, "on-virus");
    assert_text(walked->domain.choices[0].value, "refuse");
    store_resolve_end(all);
}

static void customers_of_dns_alone_are_not_in_the_replica(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    int64_t id = add_tenant(sql, "acme", POLICY_SHARED);
    add_domain(sql, id, "a.example");
    assert_string_equal(walk(sql, 1), "2 a.example");
    struct store_tenant tenant;
    STORE_OK(store_tenant_get(sql, id, memory, &tenant, WHY));
    tenant.dns_shape = STORE_DNS_HOSTED;
    tenant.is_dns_only = true;
    struct store_change *change = begin(sql);
    STORE_OK(end(change, store_tenant_change(change, &tenant, WHY)));
    assert_string_equal(walk(sql, 2), "3 @1 -a.example");
    assert_string_equal(walk(sql, 0), "3 @1");
}

static void only_what_is_known_can_be_followed(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    int64_t tenant = add_tenant(sql, "acme", POLICY_SHARED), id = add_domain(sql, tenant, "a.example");
    struct store_change *change = begin(sql);
    STORE_OK(end(change, store_domain_remove(change, id, WHY)));
    struct store_resolve_walk *walked;
    int64_t change_id;
    assert_int_equal(store_resolve_begin(sql, 4, &walked, &change_id, WHY), SEKI_BAD_INPUT);
    assert_why("change 4 cannot be followed");
    STORE_OK(store_changes_forget(sql, NOW_S, WHY)); /* before that time: nothing yet */
    assert_string_equal(walk(sql, 2), "3 -a.example");
    STORE_OK(store_changes_forget(sql, NOW_S + 1, WHY));
    assert_int_equal(store_resolve_begin(sql, 2, &walked, &change_id, WHY), SEKI_BAD_INPUT);
    assert_string_equal(walk(sql, 3), "3");
}

/* Also one that was begun before and commits while the walk is under way. */
static void walk_sees_one_state(struct sql *sql, const char *url)
{
    begin_test(sql);
    int64_t tenant = add_tenant(sql, "acme", POLICY_SHARED);
    add_domain(sql, tenant, "a.example");
    add_domain(sql, tenant, "b.example");
    struct sql *writer = store_test_open(url);
    struct store_resolve_walk *walked;
    int64_t change_id;
    const struct store_walked *item;
    STORE_OK(store_resolve_begin(sql, 0, &walked, &change_id, WHY));
    STORE_OK(store_resolve_next(walked, &item, WHY)); /* the tenant; the domains' statement is still to come */
    add_domain(writer, tenant, "c.example");
    STORE_OK(store_resolve_next(walked, &item, WHY));
    STORE_OK(store_resolve_next(walked, &item, WHY));
    assert_text(item->domain.name, "b.example");
    STORE_OK(store_resolve_next(walked, &item, WHY));
    assert_null(item);
    store_resolve_end(walked);
    assert_int_equal(change_id, 3);
    assert_string_equal(walk(sql, 3), "4 c.example");
    sql_close(writer);
}

int main(void)
{
    static const struct store_test tests[] = {
        STORE_TEST(nearest_choice_counts),
        STORE_TEST(revision_grows_with_each_change_above),
        STORE_TEST(held_back_without_confirmation),
        STORE_TEST(walk_shows_what_changed),
        STORE_TEST(walk_names_what_each_chose),
        STORE_TEST(customers_of_dns_alone_are_not_in_the_replica),
        STORE_TEST(only_what_is_known_can_be_followed),
        STORE_TEST(walk_sees_one_state),
    };
    return STORE_TESTS_RUN(tests);
}

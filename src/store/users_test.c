/* Users and roles, and recorded confirmations: people. */
#include "store/hosting_test.h"

#include "store/held.h"

static void who_may_be_what(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    int64_t tenant = add_tenant(sql, "acme", POLICY_SHARED), other = add_tenant(sql, "other", POLICY_SHARED);
    add_domain(sql, tenant, "a.example");
    const struct {
        const char *name, *address;
        enum store_role role;
        int64_t tenant_id;
        const char *why; /* NULL: taken */
    } cases[] = {
        { "Root", "", STORE_OPERATOR, 0, NULL },
        { "rOOt", "", STORE_OPERATOR, 0, "there is a user \"root\" already" },
        { "anna@a.example", "anna@a.example", STORE_ADMINISTRATOR, tenant, NULL },
        { "b", "b@A.EXAMPLE", STORE_MAILBOX_OWNER, tenant, NULL },
        { "c", "", STORE_OPERATOR, tenant, "belongs to no tenant" },
        { "c", "", STORE_ADMINISTRATOR, 0, "needs a tenant" },
        { "c", "", STORE_ADMINISTRATOR, 99, "no tenant with the number 99" },
        { "c", "", STORE_MAILBOX_OWNER, tenant, "needs the mailbox's address" },
        { "c", "c@a.example", STORE_MAILBOX_OWNER, other, "a.example is no domain of this tenant" },
        { "c", "c", STORE_ADMINISTRATOR, tenant, "is no mail address" },
        { "c", "@a.example", STORE_ADMINISTRATOR, tenant, "is no mail address" },
        { "c", "c@", STORE_ADMINISTRATOR, tenant, "is no mail address" },
        { "c", "c@@a.example", STORE_ADMINISTRATOR, tenant, "is no mail address" },
        { "c", "c@b@a.example", STORE_ADMINISTRATOR, tenant, "is no mail address" },
        { "c", "<c@a.example>", STORE_ADMINISTRATOR, tenant, "is no mail address" },
        { "c", "c@a.example\r\nBcc: d", STORE_ADMINISTRATOR, tenant, "control character" },
        { "", "", STORE_OPERATOR, 0, "a user's name has" },
        { "a b", "", STORE_OPERATOR, 0, "a user's name has" },
        { "\xc3\xa9", "", STORE_OPERATOR, 0, "a user's name has" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct store_user user = { .name = seki_str_of(cases[i].name),
                                   .address = seki_str_of(cases[i].address),
                                   .role = cases[i].role,
                                   .tenant_id = cases[i].tenant_id };
        struct store_change *change = begin(sql);
        enum seki_result result = end(change, store_user_add(change, &user, NULL, WHY));
        if (result != (cases[i].why ? SEKI_BAD_INPUT : SEKI_OK))
            fail_msg("case %zu: %s", i, WHY->text);
        if (cases[i].why)
            assert_why(cases[i].why);
    }
}

/* A digest looks for its language by the address that the mail had. */
static void an_address_is_kept_as_mail_has_it(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    int64_t tenant = add_tenant(sql, "acme", POLICY_SHARED);
    struct store_user kept, user = { .name = SEKI_STR("taro"),
                                     .title = SEKI_STR(""),
                                     .address = SEKI_STR("Taro@日本.example"),
                                     .role = STORE_ADMINISTRATOR,
                                     .language = POLICY_JAPANESE,
                                     .tenant_id = tenant };
    struct store_change *change = begin(sql);
    STORE_OK(end(change, store_user_add(change, &user, &user.id, WHY)));
    STORE_OK(store_user_find(sql, SEKI_STR("taro"), memory, &kept, WHY));
    assert_text(kept.address, "Taro@xn--wgv71a.example");
    int64_t change_id = -1;
    change = begin(sql);
    STORE_OK(store_user_change(change, &user, WHY));
    STORE_OK(store_change_commit(change, &change_id, WHY));
    assert_int_equal(change_id, 0); /* the same in the other spelling */
    bool is_japanese = false;
    STORE_OK(store_held_language(sql, SEKI_STR("taro@xn--wgv71a.example"), &is_japanese, WHY));
    assert_true(is_japanese);
}

static void changed_and_removed(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    int64_t tenant = add_tenant(sql, "acme", POLICY_SHARED);
    struct store_user user = { .name = SEKI_STR("anna"),
                               .title = SEKI_STR("\xe9\x96\xa2"),
                               .role = STORE_ADMINISTRATOR,
                               .language = POLICY_JAPANESE,
                               .tenant_id = tenant };
    struct store_change *change = begin(sql);
    STORE_OK(end(change, store_user_add(change, &user, &user.id, WHY)));
    user.is_disabled = true;
    change = begin(sql);
    STORE_OK(end(change, store_user_change(change, &user, WHY)));
    struct store_user kept;
    STORE_OK(store_user_find(sql, SEKI_STR("ANNA"), memory, &kept, WHY));
    assert_true(kept.is_disabled);
    assert_int_equal(kept.language, POLICY_JAPANESE);
    assert_text(kept.tenant_name, "acme");
    const struct store_user *users;
    size_t count;
    STORE_OK(store_user_list(sql, tenant, SEKI_STR(""), 0, memory, &users, &count, WHY));
    assert_int_equal(count, 1);
    change = begin(sql);
    STORE_OK(end(change, store_user_remove(change, user.id, WHY)));
    assert_int_equal(store_user_find(sql, SEKI_STR("anna"), memory, &kept, WHY), SEKI_BAD_INPUT);
    assert_why("there is no user \"anna\"");
}

static void confirmations(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    int64_t id = add_domain(sql, add_tenant(sql, "acme", POLICY_SHARED), "a.example");
    const struct {
        const char *administrator;
        int64_t version, at_s;
        const char *why; /* NULL: taken */
    } cases[] = {
        { "A. Administrator <a@a.example>", STORE_EXPLANATION_VERSION, NOW_S, NULL },
        { "A", STORE_EXPLANATION_VERSION, NOW_S + 1, "later than now" },
        { "A", STORE_EXPLANATION_VERSION, 0, "say when" },
        { "", STORE_EXPLANATION_VERSION, NOW_S, "is missing" },
        { "A", STORE_EXPLANATION_VERSION + 1, NOW_S, "does not count" },
        { "A", STORE_EXPLANATION_OLDEST_VALID - 1, NOW_S, "does not count" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct store_confirmation confirmation = { .domain_id = id,
                                                   .administrator = seki_str_of(cases[i].administrator),
                                                   .note = SEKI_STR(""),
                                                   .version = cases[i].version,
                                                   .at_s = cases[i].at_s };
        struct store_change *change = begin(sql);
        enum seki_result result = end(change, store_confirmation_add(change, &confirmation, NULL, WHY));
        if (result != (cases[i].why ? SEKI_BAD_INPUT : SEKI_OK))
            fail_msg("case %zu: %s", i, WHY->text);
        if (cases[i].why)
            assert_why(cases[i].why);
    }
    bool is_valid;
    STORE_OK(store_confirmation_is_valid(sql, id, &is_valid, WHY));
    assert_true(is_valid);
    struct store_change *change = begin(sql);
    STORE_OK(end(change, store_confirmation_withdraw(change, id, WHY)));
    STORE_OK(store_confirmation_is_valid(sql, id, &is_valid, WHY));
    assert_false(is_valid);
    const struct store_confirmation *list;
    size_t count;
    STORE_OK(store_confirmation_list(sql, id, memory, &list, &count, WHY));
    assert_int_equal(count, 1);
    assert_text(list[0].recorded_by, "kim");
    assert_int_equal(list[0].withdrawn_at_s, NOW_S);
}

/* As when the explanation came to tell of something new. */
static void a_confirmation_of_an_old_version_is_void(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    int64_t id = add_domain(sql, add_tenant(sql, "acme", POLICY_SHARED), "a.example");
    STORE_OK(confirm(sql, id));
    STORE_OK(set(sql, STORE_DOMAIN, id, "filter", "on"));
    assert_false(resolve(sql, id).is_held_back);
    STORE_OK(sql_run(sql, "update confirmation set version = $1",
                     SQL_VALUES(SQL_OF_INT(STORE_EXPLANATION_OLDEST_VALID - 1)), NULL, WHY));
    bool is_valid;
    STORE_OK(store_confirmation_is_valid(sql, id, &is_valid, WHY));
    assert_false(is_valid);
    assert_true(resolve(sql, id).is_held_back);
    assert_int_equal(resolve(sql, id).domain.policy.filter, POLICY_OFF);
    assert_int_equal(set(sql, STORE_DOMAIN, id, "reports", "yes"), SEKI_BAD_INPUT);
    assert_why("needs the recorded confirmation");
}

int main(void)
{
    static const struct store_test tests[] = {
        STORE_TEST(who_may_be_what),
        STORE_TEST(an_address_is_kept_as_mail_has_it),
        STORE_TEST(changed_and_removed),
        STORE_TEST(confirmations),
        STORE_TEST(a_confirmation_of_an_old_version_is_void),
    };
    return STORE_TESTS_RUN(tests);
}

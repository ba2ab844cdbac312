/* Choices of policy: what is taken, what is refused, whose counts. */
#include "store/hosting_test.h"

static void values(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    int64_t tenant = add_tenant(sql, "acme", POLICY_SHARED), id = add_domain(sql, tenant, "a.example");
    const struct {
        const char *name, *value, *why; /* why NULL: taken */
    } cases[] = {
        { "on-spf-fail", "refuse", NULL },
        { "on-spf-fail", "discard", "on-spf-fail takes one of" },
        { "on-spf-fail", "", "on-spf-fail takes one of" },
        { "on-spf-fial", "mark", "did you mean on-spf-fail?" },
        { "", "mark", "the option's name is missing" },
        { "'; DROP TABLE policy_choice; --", "mark", "there is no option" },
        { "subject-tag", "[\xe8\xbf\xb7\xe6\x83\x91]", NULL },
        { "subject-tag", "a\nb", "control character" },
        { "subject-tag", "\xff", "not UTF-8" },
        { "quarantine-days", "0x10", "takes a number from" },
        { "filter", "off", NULL },
        { "filter", "observe", NULL }, /* does nothing to mail */
        { "filter", "on", "first: `sekisho policy confirm a.example --by WHO`" },
        { "reports", "yes", "needs the recorded confirmation" },
        { "reports", "no", NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum seki_result result = set(sql, STORE_DOMAIN, id, cases[i].name, cases[i].value);
        if (result != (cases[i].why ? SEKI_BAD_INPUT : SEKI_OK))
            fail_msg("%s = %s: %s", cases[i].name, cases[i].value, WHY->text);
        if (cases[i].why)
            assert_why(cases[i].why);
    }
    STORE_OK(confirm(sql, id));
    STORE_OK(set(sql, STORE_DOMAIN, id, "filter", "on"));
    STORE_OK(set(sql, STORE_DOMAIN, id, "reports", "yes"));
    assert_int_equal(resolve(sql, id).domain.policy.filter, POLICY_ON);
}

static void restored_choices_wait_for_their_confirmation(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    int64_t tenant = add_tenant(sql, "acme", POLICY_SHARED), id = add_domain(sql, tenant, "a.example");
    const struct {
        struct store_owner owner;
        const char *name, *value;
        bool waits;
    } cases[] = {
        { { STORE_DOMAIN, id }, "filter", "observe", false },
        { { STORE_DOMAIN, id }, "filter", "on", true },
        { { STORE_DOMAIN, id }, "reports", "yes", true },
        { { STORE_TENANT, tenant }, "filter", "on", false }, /* of each of its domains it is asked */
    };
    struct store_change *change = begin(sql);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool waits = !cases[i].waits;
        STORE_OK(store_setting_restore(change, cases[i].owner, seki_str_of(cases[i].name),
                                       seki_str_of(cases[i].value), &waits, WHY));
        if (waits != cases[i].waits)
            fail_msg("%s = %s", cases[i].name, cases[i].value);
    }
    bool waits;
    STORE_OK(end(change, SEKI_OK));
    assert_true(resolve(sql, id).is_held_back);
    assert_int_equal(resolve(sql, id).domain.policy.filter, POLICY_OFF);
    STORE_OK(confirm(sql, id));
    assert_int_equal(resolve(sql, id).domain.policy.filter, POLICY_ON);
    change = begin(sql);
    STORE_OK(store_setting_restore(change, (struct store_owner){ STORE_DOMAIN, id }, SEKI_STR("filter"),
                                   SEKI_STR("on"), &waits, WHY));
    assert_false(waits);
    assert_int_equal(end(change, store_setting_restore(change, (struct store_owner){ STORE_DOMAIN, id },
                                                       SEKI_STR("filter"), SEKI_STR("maybe"), &waits, WHY)),
                     SEKI_BAD_INPUT);
    assert_why("filter takes one of");
}

static void shown_with_whose_choice_it_is(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    int64_t tenant = add_tenant(sql, "acme", POLICY_SHARED), id = add_domain(sql, tenant, "a.example");
    STORE_OK(set(sql, STORE_PROVIDER, 0, "on-spf-fail", "mark"));
    STORE_OK(set(sql, STORE_PROVIDER, 0, "on-virus", "refuse"));
    STORE_OK(set(sql, STORE_TENANT, tenant, "on-virus", "HOLD")); /* kept as it is written */
    STORE_OK(set(sql, STORE_DOMAIN, id, "subject-tag", "[x]"));
    const struct {
        const char *name, *value;
        enum store_level level;
    } want[] = {
        { "filter", "off", STORE_DEFAULT },
        { "on-spf-fail", "mark", STORE_PROVIDER },
        { "on-virus", "hold", STORE_TENANT },
        { "subject-tag", "[x]", STORE_DOMAIN },
    };
    const struct store_setting *settings;
    STORE_OK(store_setting_effective(sql, (struct store_owner){ STORE_DOMAIN, id }, memory, &settings, WHY));
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        const struct store_setting *setting =
            &settings[policy_option_find(seki_str_of(want[i].name)) - policy_option_table];
        assert_text(setting->value, want[i].value);
        assert_int_equal(setting->level, want[i].level);
    }
    size_t count;
    STORE_OK(store_setting_list(sql, (struct store_owner){ STORE_PROVIDER, 0 }, memory, &settings, &count, WHY));
    assert_int_equal(count, 2);
    assert_string_equal(settings[0].option->name, "on-spf-fail");
    assert_string_equal(settings[1].option->name, "on-virus");
    assert_text(settings[1].value, "refuse");
}

/* junk-by = recipient does not work without a suffix. */
static void what_is_chosen_together_may_come_in_any_order(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    int64_t tenant = add_tenant(sql, "acme", POLICY_SHARED), id = add_domain(sql, tenant, "a.example");
    struct store_owner owner = { STORE_DOMAIN, id }, bad;
    struct store_change *change = begin(sql);
    STORE_OK(store_setting_set(change, owner, SEKI_STR("junk-by"), SEKI_STR("recipient"), WHY));
    assert_int_equal(store_setting_check(change, &bad, WHY), SEKI_BAD_INPUT);
    assert_why("domain a.example");
    assert_int_equal(bad.level, STORE_DOMAIN);
    assert_int_equal(bad.id, id);
    STORE_OK(end(change, store_setting_set(change, owner, SEKI_STR("junk-suffix"), SEKI_STR("+Junk"), WHY)));
    change = begin(sql);
    assert_int_equal(end(change, store_setting_unset(change, owner, SEKI_STR("junk-suffix"), WHY)), SEKI_BAD_INPUT);
    assert_why("needs a junk-suffix");
    assert_text(resolve(sql, id).domain.policy.junk_suffix, "+Junk"); /* nothing was changed */
    STORE_OK(set(sql, STORE_PROVIDER, 0, "junk-suffix", "+Spam"));
    change = begin(sql);
    STORE_OK(end(change, store_setting_unset(change, owner, SEKI_STR("junk-suffix"), WHY)));
    assert_text(resolve(sql, id).domain.policy.junk_suffix, "+Spam");
}

static void what_is_gone_need_not_fit(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    int64_t tenant = add_tenant(sql, "acme", POLICY_GATEWAY), id = add_domain(sql, tenant, "a.example");
    struct store_owner owners[] = { { STORE_DOMAIN, id }, { STORE_TENANT, tenant } };
    struct store_change *change = begin(sql);
    for (size_t i = 0; i < 2; i++)
        STORE_OK(store_setting_set(change, owners[i], SEKI_STR("on-virus"), SEKI_STR("junk"), WHY));
    STORE_OK(end(change, store_tenant_remove(change, tenant, true, WHY)));
}

static void owners_must_be_there(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    assert_int_equal(set(sql, STORE_TENANT, 9, "on-virus", "mark"), SEKI_BAD_INPUT);
    assert_why("no tenant");
    assert_int_equal(set(sql, STORE_DOMAIN, 9, "on-virus", "mark"), SEKI_BAD_INPUT);
    assert_why("no domain");
}

int main(void)
{
    static const struct store_test tests[] = {
        STORE_TEST(values),
        STORE_TEST(restored_choices_wait_for_their_confirmation),
        STORE_TEST(shown_with_whose_choice_it_is),
        STORE_TEST(what_is_chosen_together_may_come_in_any_order),
        STORE_TEST(what_is_gone_need_not_fit),
        STORE_TEST(owners_must_be_there),
    };
    return STORE_TESTS_RUN(tests);
}

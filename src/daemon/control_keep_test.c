/* What goes out of the store in time, on every database. */
#include "daemon/control_keep.h"

#include "store/hosting_test.h"

#define DAY_S 86400

static void names_of_removed_domains_go_after_a_month(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    int64_t id = add_domain(sql, add_tenant(sql, "acme", POLICY_SHARED), "a.example");
    struct store_change *change = begin(sql);
    STORE_OK(end(change, store_domain_remove(change, id, WHY)));
    struct store_changes changes;
    STORE_OK(control_keep(sql, 30, 0, NOW_S + CONTROL_KEEP_REMOVED_DAYS * DAY_S, WHY));
    STORE_OK(store_changes_read(sql, &changes, WHY));
    assert_int_equal(changes.oldest, 0);
    STORE_OK(control_keep(sql, 30, 0, NOW_S + CONTROL_KEEP_REMOVED_DAYS * DAY_S + 1, WHY));
    STORE_OK(store_changes_read(sql, &changes, WHY));
    assert_int_equal(changes.oldest, 3);
    assert_int_equal(store_test_integer(sql, "select count(*) from domain_removal"), 0);
}

static void add_hour(struct sql *sql, int64_t begin_s)
{
    STORE_OK(
        sql_run(sql,
                "insert into traffic_hour (begin_s, tenant_id, domain_id, author_domain, network, spf, dkim, dmarc,"
                " aligned, wish, would_be, applied, messages, octets)"
                " values ($1, 1, 1, 'b.example', '', 0, 0, 0, 0, 0, 0, 0, 1, 1)",
                SQL_VALUES(SQL_OF_INT(begin_s)), NULL, WHY));
}

static void counts_by_hour_go_after_three_months(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    add_hour(sql, NOW_S - 93 * DAY_S);
    add_hour(sql, NOW_S - 91 * DAY_S);
    STORE_OK(control_keep(sql, 30, 0, NOW_S, WHY));
    assert_int_equal(store_test_integer(sql, "select count(*) from traffic_hour"), 1);
    STORE_OK(
        control_keep(sql, 3650, 0, NOW_S + 1000 * (int64_t)DAY_S, WHY)); /* longer when records are kept longer */
    assert_int_equal(store_test_integer(sql, "select count(*) from traffic_hour"), 1);
}

static void add_correspondent(struct sql *sql, int64_t begin_s)
{
    STORE_OK(sql_run(sql,
                     "insert into correspondent_day (begin_s, domain_id, correspondent, messages, replies)"
                     " values ($1, 1, 'b.example', 1, 1)",
                     SQL_VALUES(SQL_OF_INT(begin_s)), NULL, WHY));
}

static void whom_customers_wrote_to_goes_after_three_months(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    add_correspondent(sql, NOW_S - 93 * DAY_S);
    add_correspondent(sql, NOW_S - 91 * DAY_S);
    STORE_OK(control_keep(sql, 30, 0, NOW_S, WHY));
    assert_int_equal(store_test_integer(sql, "select count(*) from correspondent_day"), 1);
    STORE_OK(
        control_keep(sql, 3650, 0, NOW_S + 1000 * (int64_t)DAY_S, WHY)); /* longer when records are kept longer */
    assert_int_equal(store_test_integer(sql, "select count(*) from correspondent_day"), 1);
}

static void lines_of_audit_stay_unless_days_are_given(struct sql *sql, const char *url)
{
    (void)url;
    static const struct {
        int64_t audit_days, passed_s, left;
    } cases[] = {
        { 0, 40000 * (int64_t)DAY_S, 2 }, { 30, 30 * DAY_S, 2 },     { 365, 31 * DAY_S, 2 },
        { 30, 30 * DAY_S + 1, 1 },        { 30, 31 * DAY_S + 1, 0 },
    };
    begin_test(sql);
    add_tenant(sql, "acme", POLICY_SHARED); /* at NOW_S */
    STORE_OK(sql_run(sql,
                     "insert into audit_entry (change_id, at_s, actor, via, action, tenant, domain, object,"
                     " before_json, after_json) select change_id, at_s + $1, actor, via, action, tenant, domain,"
                     " object, before_json, after_json from audit_entry",
                     SQL_VALUES(SQL_OF_INT(DAY_S)), NULL, WHY));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        STORE_OK(control_keep(sql, 3650, (uint64_t)cases[i].audit_days, NOW_S + cases[i].passed_s, WHY));
        assert_int_equal(store_test_integer(sql, "select count(*) from audit_entry"), cases[i].left);
    }
    assert_int_equal(store_test_integer(sql, "select count(*) from tenant"), 1);
}

int main(void)
{
    static const struct store_test tests[] = {
        STORE_TEST(names_of_removed_domains_go_after_a_month),
        STORE_TEST(counts_by_hour_go_after_three_months),
        STORE_TEST(whom_customers_wrote_to_goes_after_three_months),
        STORE_TEST(lines_of_audit_stay_unless_days_are_given),
    };
    return STORE_TESTS_RUN(tests);
}

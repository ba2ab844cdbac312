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
    STORE_OK(control_keep(sql, 30, NOW_S + CONTROL_KEEP_REMOVED_DAYS * DAY_S, WHY));
    STORE_OK(store_changes_read(sql, &changes, WHY));
    assert_int_equal(changes.oldest, 0);
    STORE_OK(control_keep(sql, 30, NOW_S + CONTROL_KEEP_REMOVED_DAYS * DAY_S + 1, WHY));
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
    STORE_OK(control_keep(sql, 30, NOW_S, WHY));
    assert_int_equal(store_test_integer(sql, "select count(*) from traffic_hour"), 1);
    STORE_OK(control_keep(sql, 3650, NOW_S + 1000 * (int64_t)DAY_S, WHY)); /* longer when records are kept longer */
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
    STORE_OK(control_keep(sql, 30, NOW_S, WHY));
    assert_int_equal(store_test_integer(sql, "select count(*) from correspondent_day"), 1);
    STORE_OK(control_keep(sql, 3650, NOW_S + 1000 * (int64_t)DAY_S, WHY)); /* longer when records are kept longer */
    assert_int_equal(store_test_integer(sql, "select count(*) from correspondent_day"), 1);
}

int main(void)
{
    static const struct store_test tests[] = {
        STORE_TEST(names_of_removed_domains_go_after_a_month),
        STORE_TEST(counts_by_hour_go_after_three_months),
        STORE_TEST(whom_customers_wrote_to_goes_after_three_months),
    };
    return STORE_TESTS_RUN(tests);
}

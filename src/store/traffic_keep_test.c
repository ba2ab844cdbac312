/* Recorded traffic goes in time. */
#include "store/traffic_keep.h"
#include "store/traffic_sample_test.h"

#include <stdio.h>

static void old_messages_are_dropped(struct sql *sql, const char *url)
{
    (void)url;
    static const struct {
        int64_t before_us;
        int64_t left;
    } cases[] = {
        { DAY_S * INT64_C(1000000), 5 },
        { DAY_S * INT64_C(1000000) + DAY_US, 4 },
        { DAY_S * INT64_C(1000000) + 3 * DAY_US, 2 },
        { DAY_S * INT64_C(1000000) + 3 * DAY_US, 2 },
        { INT64_MAX / 2, 0 },
    };
    struct store_traffic *traffic = five_days(sql);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t dropped = 0;
        STORE_OK(store_traffic_drop_before(sql, cases[i].before_us, &dropped, WHY));
        assert_int_equal(messages(sql), cases[i].left);
        assert_int_equal(store_test_integer(sql, "SELECT count(*) FROM traffic_recipient"), 2 * cases[i].left);
    }
    assert_int_equal(store_test_integer(sql, "SELECT sum(messages) FROM traffic_day"), 10); /* counts stay */
    store_traffic_free(traffic);
}

static void what_comes_for_a_dropped_day_is_taken(struct sql *sql, const char *url)
{
    (void)url;
    int64_t dropped;
    struct store_traffic *traffic = five_days(sql);
    STORE_OK(store_traffic_drop_before(sql, INT64_MAX / 2, &dropped, WHY));
    store_traffic_free(traffic);
    traffic = store_traffic_new(sql, WHY);
    struct journal_record record = sample();
    const struct store_traffic_record records[] = { { &record, 5 } };
    struct store_traffic_batch batch = batch_of(records, 1, 5, 6);
    STORE_OK(store_traffic_ingest(traffic, &batch, WHY));
    assert_int_equal(messages(sql), 1);
    store_traffic_free(traffic);
}

/* The process that drops need not be the one that takes over and knows the days. */
static void a_day_that_another_process_dropped(struct sql *sql, const char *url)
{
    int64_t dropped;
    struct store_traffic *traffic = five_days(sql);
    struct sql *other = store_test_open(url);
    STORE_OK(store_traffic_drop_before(other, INT64_MAX / 2, &dropped, WHY));
    sql_close(other);
    struct journal_record record = sample();
    const struct store_traffic_record records[] = { { &record, 5 } };
    struct store_traffic_batch batch = batch_of(records, 1, 5, 6);
    struct seki_error why;
    if (store_traffic_ingest(traffic, &batch, &why) != SEKI_OK) /* looked again after the failure */
        STORE_OK(store_traffic_ingest(traffic, &batch, WHY));
    assert_int_equal(messages(sql), 1);
    store_traffic_free(traffic);
}

static void more_than_a_block_is_dropped(struct sql *sql, const char *url)
{
    (void)url;
    static struct store_traffic_record places[4500];
    struct store_traffic *traffic = begin(sql);
    struct journal_record record = sample(), later = sample();
    later.at_us += DAY_US;
    for (size_t i = 0; i < 4500; i++)
        places[i] = (struct store_traffic_record){ i % 1500 == 7 ? &later : &record, i };
    struct store_traffic_batch batch = batch_of(places, 4500, 0, 4500);
    int64_t dropped = 0;
    STORE_OK(store_traffic_ingest(traffic, &batch, WHY));
    STORE_OK(store_traffic_drop_before(sql, later.at_us, &dropped, WHY));
    assert_int_equal(messages(sql), 3);
    store_traffic_free(traffic);
}

static void hours_are_dropped_and_days_stay(struct sql *sql, const char *url)
{
    (void)url;
    struct store_traffic *traffic = five_days(sql);
    STORE_OK(store_traffic_drop_hours_before(sql, DAY_S + 2 * 86400, WHY));
    assert_int_equal(store_test_integer(sql, "SELECT sum(messages) FROM traffic_hour"), 6);
    assert_int_equal(store_test_integer(sql, "SELECT sum(messages) FROM traffic_day"), 10);
    store_traffic_free(traffic);
}

/* Written to on each of four days: 3 × more than is dropped at a time before the last one. */
static void fill_correspondents(struct sql *sql, int64_t a_day)
{
    for (int day = 0; day < 4; day++)
        for (int64_t i = 0; i < a_day; i++) {
            char name[32];
            snprintf(name, sizeof name, "d%lld.example", (long long)i);
            STORE_OK(sql_run(sql,
                             "INSERT INTO correspondent_day (begin_s, domain_id, correspondent, messages, replies) "
                             "VALUES ($1, 7, $2, 1, 0)",
                             SQL_VALUES(SQL_OF_INT(DAY_S + day * 86400), SQL_OF_STR(seki_str_of(name))), NULL,
                             WHY));
        }
}

static void correspondents_are_dropped_by_day(struct sql *sql, const char *url)
{
    (void)url;
    static const struct {
        int64_t before_s;
        int64_t left;
    } cases[] = {
        { DAY_S, 4 * 2500 },         { DAY_S + 1, 3 * 2500 }, { DAY_S + 3 * 86400, 2500 },
        { DAY_S + 3 * 86400, 2500 }, { INT64_MAX / 2, 0 },    { INT64_MAX / 2, 0 },
    };
    store_traffic_free(begin(sql));
    STORE_OK(sql_begin(sql, true, WHY));
    fill_correspondents(sql, 2500);
    STORE_OK(sql_commit(sql, WHY));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        STORE_OK(store_traffic_drop_correspondents_before(sql, cases[i].before_s, WHY));
        assert_int_equal(store_test_integer(sql, "SELECT count(*) FROM correspondent_day"), cases[i].left);
    }
}

static const struct store_test tests[] = {
    STORE_TEST(old_messages_are_dropped),           STORE_TEST(what_comes_for_a_dropped_day_is_taken),
    STORE_TEST(a_day_that_another_process_dropped), STORE_TEST(more_than_a_block_is_dropped),
    STORE_TEST(hours_are_dropped_and_days_stay),    STORE_TEST(correspondents_are_dropped_by_day),
};

int main(void)
{
    return STORE_TESTS_RUN(tests);
}

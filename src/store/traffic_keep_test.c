/* Recorded traffic goes in time, and a person's data on request. */
#include "store/traffic_keep.h"
#include "store/traffic_sample_test.h"

#define DAY_US (INT64_C(86400) * 1000000)

/* One message a day for five days, the fourth one taken over first (a node that was late is no exception). */
static struct store_traffic *five_days(struct sql *sql)
{
    static const int order[] = { 3, 0, 1, 2, 4 };
    struct store_traffic *traffic = begin(sql);
    struct journal_record records[5];
    struct store_traffic_record places[5];
    for (size_t i = 0; i < 5; i++) {
        records[i] = sample();
        records[i].at_us += order[i] * DAY_US;
        places[i] = (struct store_traffic_record){ &records[i], i };
    }
    struct store_traffic_batch batch = batch_of(places, 5, 0, 5);
    STORE_OK(store_traffic_ingest(traffic, &batch, WHY));
    return traffic;
}

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

static size_t find(struct sql *sql, struct seki_arena *arena, const char *address,
                   const struct store_traffic_place **places_out)
{
    size_t count = 99;
    STORE_OK(store_traffic_find_person(sql, seki_str_of(address), arena, places_out, &count, WHY));
    return count;
}

static void a_person_is_found_and_erased(struct sql *sql, const char *url)
{
    (void)url;
    struct seki_error why;
    const struct store_traffic_place *places;
    struct seki_arena *arena = seki_arena_new(1 << 20);
    struct store_traffic *traffic = five_days(sql);
    assert_int_equal(find(sql, arena, "nobody@example.com", &places), 0);
    assert_int_equal(find(sql, arena, "bounce@LIST.example", &places), 5);
    assert_int_equal(find(sql, arena, "ANN@example.com", &places), 5);
    for (size_t i = 0; i < 5; i++) {
        assert_true(seki_str_equal(places[i].node, NODE));
        assert_string_equal(places[i].position.segment, "5a-1-0.seg");
        assert_int_equal(places[i].position.offset, i);
    }
    STORE_OK(store_traffic_erase_person(sql, SEKI_STR("Ann@example.com"), places, 0, WHY));
    assert_int_equal(find(sql, arena, "ann@example.com", &places), 5);
    STORE_OK(store_traffic_erase_person(sql, SEKI_STR("Ann@example.com"), places, 4, WHY));
    assert_int_equal(find(sql, arena, "ann@example.com", &places),
                     1); /* the one of a node that was not erased yet */
    assert_int_equal(places[0].position.offset, 4);
    assert_int_equal(find(sql, arena, "bounce@list.example", &places), 1);
    assert_int_equal(store_test_integer(sql, "SELECT count(*) FROM traffic_message WHERE mail_from = '' AND "
                                             "message_id = '' AND queue_id = '' AND dmarc = 2"),
                     4);
    assert_int_equal(store_test_integer(sql, "SELECT count(*) FROM traffic_recipient WHERE address <> ''"), 6);
    assert_int_equal(store_traffic_erase_person(sql, SEKI_STR(""), places, 1, &why), SEKI_BAD_INPUT);
    seki_arena_free(arena);
    store_traffic_free(traffic);
}

static const struct store_test tests[] = {
    STORE_TEST(old_messages_are_dropped),           STORE_TEST(what_comes_for_a_dropped_day_is_taken),
    STORE_TEST(a_day_that_another_process_dropped), STORE_TEST(more_than_a_block_is_dropped),
    STORE_TEST(hours_are_dropped_and_days_stay),    STORE_TEST(a_person_is_found_and_erased),
};

int main(void)
{
    return STORE_TESTS_RUN(tests);
}

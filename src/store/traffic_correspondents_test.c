/* What hosted domains' people send out is counted, and changes nothing of what is told of mail that came in. */
#include "store/traffic_sample_test.h"
#include "store/traffic_stats.h"

#include <stdio.h>

struct sent { /* one message of the domain 7 */
    const char *to[4];
    bool is_reply;
    int day;
};

static void ingest_sent(struct store_traffic *traffic, const struct sent *sent, uint64_t place)
{
    struct journal_recipient to[4] = { 0 };
    struct journal_record record = {
        .at_us = AT_US + sent->day * DAY_US, .sender_domain_id = 7, .is_reply = sent->is_reply, .recipients = to
    };
    while (record.recipient_count < 4 && sent->to[record.recipient_count] != NULL) {
        to[record.recipient_count].domain = seki_str_of(sent->to[record.recipient_count]);
        record.recipient_count++;
    }
    const struct store_traffic_record records[] = { { &record, place } };
    struct store_traffic_batch batch = batch_of(records, 1, place, place + 1);
    STORE_OK(store_traffic_ingest(traffic, &batch, WHY));
}

#define ALL                                                                                                        \
    "SELECT begin_s, domain_id, correspondent, messages, replies FROM correspondent_day "                          \
    "ORDER BY correspondent, begin_s"
#define DAY_0 "1780272000"
#define DAY_1 "1780358400"

static void messages_are_counted_by_day_and_organisation(struct sql *sql, const char *url)
{
    (void)url;
    static const struct sent all[] = {
        { { "partner.example" }, false, 0 },
        { { "mail.partner.example" }, true, 0 },
        { { "partner.example" }, true, 1 },
        { { "a.customer.co.jp", "b.customer.co.jp", "customer.co.jp", "other.co.jp" }, false, 0 },
        { { "co.jp" }, false, 0 }, /* a public suffix is its own */
        { { "", "partner.example" }, true, 1 },
    };
    struct store_traffic *traffic = begin(sql);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        ingest_sent(traffic, &all[i], i);
    assert_rows(sql, ALL,
                DAY_0 "|7|co.jp|1|0\n" DAY_0 "|7|customer.co.jp|1|0\n" DAY_0 "|7|other.co.jp|1|0\n" DAY_0
                      "|7|partner.example|2|1\n" DAY_1 "|7|partner.example|2|2\n");
    store_traffic_free(traffic);
}

static void they_are_no_mail_that_came_in(struct sql *sql, const char *url)
{
    (void)url;
    static const char *const tables[] = { "traffic_message", "traffic_recipient", "traffic_hour", "traffic_day",
                                          "traffic_failing_day" };
    struct store_traffic *traffic = begin(sql);
    ingest_sent(traffic, &(struct sent){ { "partner.example" }, true, 0 }, 0);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        char text[64];
        snprintf(text, sizeof text, "SELECT count(*) FROM %s", tables[i]);
        assert_int_equal(store_test_integer(sql, text), 0);
    }
    store_traffic_free(traffic);
}

/* The batch is given again, as after a commit whose answer was lost, and by a process that read the old position. */
static void each_counts_once(struct sql *sql, const char *url)
{
    (void)url;
    const struct journal_recipient to = { .domain = SEKI_STR("partner.example") };
    const struct journal_record sent = {
        .at_us = AT_US, .sender_domain_id = 7, .is_reply = true, .recipients = &to, .recipient_count = 1
    };
    const struct journal_record received = sample();
    const struct store_traffic_record records[] = { { &sent, 0 }, { &received, 1 }, { &sent, 2 } };
    struct store_traffic *traffic = begin(sql);
    struct store_traffic_batch batch = batch_of(records, 3, 0, 3), stale = batch_of(records, 3, 0, 4);
    STORE_OK(store_traffic_ingest(traffic, &batch, WHY));
    STORE_OK(store_traffic_ingest(traffic, &batch, WHY));
    assert_int_equal(store_traffic_ingest(traffic, &stale, NULL), SEKI_BAD_INPUT);
    assert_rows(sql, ALL, DAY_0 "|7|partner.example|2|2\n");
    assert_int_equal(messages(sql), 1);
    store_traffic_free(traffic);
}

static void more_than_are_gathered_at_a_time(struct sql *sql, const char *url)
{
    (void)url;
    static struct journal_recipient to[JOURNAL_RECIPIENTS_MAX];
    static char names[JOURNAL_RECIPIENTS_MAX][32];
    static struct store_traffic_record records[5];
    struct journal_record record = {
        .at_us = AT_US, .sender_domain_id = 7, .recipients = to, .recipient_count = JOURNAL_RECIPIENTS_MAX
    };
    for (size_t i = 0; i < JOURNAL_RECIPIENTS_MAX; i++) {
        snprintf(names[i], sizeof names[i], "d%zu.example", i);
        to[i].domain = seki_str_of(names[i]);
    }
    for (size_t i = 0; i < 5; i++)
        records[i] = (struct store_traffic_record){ &record, i };
    struct store_traffic *traffic = begin(sql);
    struct store_traffic_batch batch = batch_of(records, 5, 0, 5);
    STORE_OK(store_traffic_ingest(traffic, &batch, WHY));
    assert_int_equal(store_test_integer(sql, "SELECT count(*) FROM correspondent_day WHERE messages = 5"),
                     JOURNAL_RECIPIENTS_MAX);
    store_traffic_free(traffic);
}

/* ---- bounds ---- */

/* One message of a domain to many made-up ones: d<first>.example and those behind it. */
static void ingest_many(struct store_traffic *traffic, uint64_t domain_id, int first, int count, bool is_reply,
                        int day, uint64_t place)
{
    static struct journal_recipient to[JOURNAL_RECIPIENTS_MAX];
    static char names[JOURNAL_RECIPIENTS_MAX][32];
    const struct journal_record record = { .at_us = AT_US + day * DAY_US,
                                           .sender_domain_id = domain_id,
                                           .is_reply = is_reply,
                                           .recipients = to,
                                           .recipient_count = (size_t)count };
    for (int i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "d%d.example", first + i);
        to[i].domain = seki_str_of(names[i]);
    }
    const struct store_traffic_record records[] = { { &record, place } };
    struct store_traffic_batch batch = batch_of(records, 1, place, place + 1);
    STORE_OK(store_traffic_ingest(traffic, &batch, WHY));
}

/* Whoever sends to names that are made up must not fill the store. Numbers are TRAFFIC_CORRESPONDENTS_A_DAY's. */
static void so_many_are_counted_of_a_domain_and_a_day(struct sql *sql, const char *url)
{
    (void)url;
    static const struct {
        uint64_t domain_id;
        int first, count;
        bool is_reply;
        int day;
        const char *what;
        int64_t rows, messages, replies; /* of all, behind it */
    } cases[] = {
        { 7, 0, 999, false, 0, "there is room", 999, 999, 0 },
        { 7, 999, 1, false, 0, "for a thousand", 1000, 1000, 0 },
        { 7, 1000, 1000, false, 0, "more are not counted", 1000, 1000, 0 },
        { 7, 0, 1000, false, 0, "those that are there are", 1000, 2000, 0 },
        { 7, 2000, 10, true, 0, "who is answered has room of its own", 1010, 2010, 10 },
        { 7, 3000, 1, false, 0, "and gives none of it away", 1010, 2010, 10 },
        { 7, 4000, 1000, true, 0, "it is bounded too", 2000, 3000, 1000 },
        { 8, 0, 10, false, 0, "another domain", 2010, 3010, 1000 },
        { 7, 5000, 10, false, 1, "another day", 2020, 3020, 1000 },
    };
    struct store_traffic *traffic = begin(sql);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ingest_many(traffic, cases[i].domain_id, cases[i].first, cases[i].count, cases[i].is_reply, cases[i].day,
                    i);
        int64_t rows = store_test_integer(sql, "SELECT count(*) FROM correspondent_day"),
                sum = store_test_integer(sql, "SELECT sum(messages) FROM correspondent_day"),
                replies = store_test_integer(sql, "SELECT sum(replies) FROM correspondent_day");
        if (rows != cases[i].rows || sum != cases[i].messages || replies != cases[i].replies)
            fail_msg("%s: %lld rows, %lld messages, %lld replies", cases[i].what, (long long)rows, (long long)sum,
                     (long long)replies);
    }
    store_traffic_free(traffic);
}

/* ---- who fails and was answered ---- */

static void ingest_failing(struct store_traffic *traffic, const char *author, int days, uint64_t place)
{
    const struct journal_recipient to = { .domain = SEKI_STR("example.com"), .domain_id = 7, .tenant_id = 3 };
    struct journal_record failing[9];
    struct store_traffic_record records[9];
    for (int i = 0; i < days; i++) {
        failing[i] = sample();
        failing[i].at_us += i * DAY_US;
        failing[i].facts.author_domain = seki_str_of(author);
        failing[i].recipients = &to;
        failing[i].recipient_count = 1;
        records[i] = (struct store_traffic_record){ &failing[i], (uint64_t)i };
    }
    struct store_traffic_batch batch = batch_of(records, (size_t)days, place, place + 1);
    STORE_OK(store_traffic_ingest(traffic, &batch, WHY));
}

static void fill(struct sql *sql)
{
    static const struct sent all[] = {
        { { "partner.co.jp" }, true, 0 },     { { "partner.co.jp" }, true, 8 },
        { { "partner.co.jp" }, false, 0 },    { { "www.supplier.example" }, false, 0 },
        { { "neighbour.example" }, true, 0 },
    };
    struct store_traffic *traffic = begin(sql);
    ingest_failing(traffic, "daily.example", 9, 0);
    ingest_failing(traffic, "mail.partner.co.jp", 1, 1);
    ingest_failing(traffic, "supplier.example", 2, 2);
    ingest_failing(traffic, "other.co.jp", 1, 3); /* nothing in common with the partner but the suffix */
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        ingest_sent(traffic, &all[i], 4 + i);
    store_traffic_free(traffic);
}

struct wanted {
    const char *author;
    int64_t replies, sent;
};

static void assert_ranking(struct sql *sql, const struct store_stats_span *span, size_t limit,
                           const struct wanted *want)
{
    struct seki_arena *arena = seki_arena_new(1u << 20);
    const struct store_stats_failing *got;
    size_t count;
    STORE_OK(store_stats_failing(sql, span, limit, arena, &got, &count, WHY));
    assert_int_equal(count, limit > 0 && limit < 4 ? limit : 4);
    for (size_t i = 0; i < count; i++) {
        if (!seki_str_equal(got[i].author_domain, seki_str_of(want[i].author)) ||
            got[i].replies != want[i].replies || got[i].sent != want[i].sent)
            fail_msg("%zu: %.*s %lld %lld", i, SEKI_STR_ARGS(got[i].author_domain), (long long)got[i].replies,
                     (long long)got[i].sent);
    }
    seki_arena_free(arena);
}

static void who_was_answered_comes_first(struct sql *sql, const char *url)
{
    (void)url;
    static const struct wanted all[] = { { "mail.partner.co.jp", 2, 3 },
                                         { "supplier.example", 0, 1 },
                                         { "daily.example", 0, 0 },
                                         { "other.co.jp", 0, 0 } };
    static const struct wanted first_days[] = { { "mail.partner.co.jp", 1, 2 },
                                                { "supplier.example", 0, 1 },
                                                { "daily.example", 0, 0 },
                                                { "other.co.jp", 0, 0 } };
    fill(sql);
    for (size_t limit = 0; limit <= 5; limit++)
        assert_ranking(sql, &(struct store_stats_span){ 0 }, limit, all);
    assert_ranking(sql, &(struct store_stats_span){ .domain_id = 7, .until_s = DAY_S + 8 * 86400 }, 0, first_days);
}

/* Rows of before the migration do not know the author's organisation. */
static void older_rows_are_matched_by_the_author_itself(struct sql *sql, const char *url)
{
    (void)url;
    static const struct wanted want[] = { { "supplier.example", 0, 1 },
                                          { "daily.example", 0, 0 },
                                          { "mail.partner.co.jp", 0, 0 },
                                          { "other.co.jp", 0, 0 } };
    fill(sql);
    STORE_OK(sql_run(sql, "UPDATE traffic_failing_day SET org_domain = ''", NULL, 0, NULL, WHY));
    assert_ranking(sql, &(struct store_stats_span){ 0 }, 0, want);
}

static const struct store_test tests[] = {
    STORE_TEST(messages_are_counted_by_day_and_organisation),
    STORE_TEST(they_are_no_mail_that_came_in),
    STORE_TEST(each_counts_once),
    STORE_TEST(more_than_are_gathered_at_a_time),
    STORE_TEST(so_many_are_counted_of_a_domain_and_a_day),
    STORE_TEST(who_was_answered_comes_first),
    STORE_TEST(older_rows_are_matched_by_the_author_itself),
};

int main(void)
{
    return STORE_TESTS_RUN(tests);
}

/* Held files and the store: each told once, also after a death in between; damaged ones are in nobody's way. */
#include "daemon/held_intake.h"

#include "quarantine/quarantine.h"
#include "store/held.h"
#include "store/hosting_test.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static char folder[4096];

static struct held_intake begin_intake(struct sql *sql)
{
    static unsigned number;
    begin_test(sql);
    snprintf(folder, sizeof folder, "%s/held%u", store_test_folder(), number++);
    return (struct held_intake){ .folder = folder, .node = SEKI_STR("mx1") };
}

static struct quarantine_id hold(const char *subject)
{
    static const struct quarantine_recipient recipients[] = {
        { SEKI_STR_INIT("a@one.example"), 1, 10, NOW_S + 1000, SEKI_STR_INIT("dmarc-reject") },
        { SEKI_STR_INIT("b@two.example"), 2, 20, NOW_S + 2000, SEKI_STR_INIT("virus") },
    };
    const struct quarantine_message message = { .at_us = INT64_C(1000000) * NOW_S,
                                                .subject = seki_str_of(subject),
                                                .mail_from = SEKI_STR("x@example.org"),
                                                .recipients = recipients,
                                                .recipient_count = 2 };
    struct quarantine_id id;
    struct quarantine_draft *draft = quarantine_draft_new(folder, WHY);
    quarantine_draft_add(draft, SEKI_STR("Subject: x\r\n\r\n"));
    STORE_OK(quarantine_draft_keep(draft, &message, &id, WHY));
    return id;
}

static struct held_intake_report turn(const struct held_intake *intake, struct sql *sql)
{
    struct held_intake_report report;
    STORE_OK(held_intake_turn(intake, sql, &report, WHY));
    return report;
}

static size_t list(struct sql *sql, const struct store_held **items)
{
    size_t count;
    STORE_OK(
        store_held_list(sql, &(struct store_held_filter){ .address = SEKI_STR("") }, memory, items, &count, WHY));
    return count;
}

static bool is_at(const char *place, const struct quarantine_id *id)
{
    char path[8192];
    snprintf(path, sizeof path, "%s/%s/%s", folder, place, id->text);
    return access(path, F_OK) == 0;
}

static void a_message_is_told_once(struct sql *sql, const char *url)
{
    (void)url;
    const struct held_intake intake = begin_intake(sql);
    const struct store_held *items;
    assert_int_equal(turn(&intake, sql).taken, 0); /* no folder yet */
    struct quarantine_id id = hold(" =?utf-8?Q?a=1Bb?= \xff");
    assert_int_equal(turn(&intake, sql).taken, 1);
    assert_int_equal(turn(&intake, sql).taken, 0);
    assert_true(is_at("held", &id));
    assert_int_equal(list(sql, &items), 2);
    assert_text(items[1].address, "a@one.example");
    assert_text(items[0].reason, "virus");
    assert_int_equal(items[0].expires_at_s, NOW_S + 2000);
    assert_int_equal(items[0].held_at_s, NOW_S);
    assert_true(seki_str_is_utf8(items[0].subject)); /* PostgreSQL takes nothing else */
    assert_int_equal(seki_str_find(items[0].subject, '\x1b'), items[0].subject.len);
}

static void a_death_between_store_and_file_changes_nothing(struct sql *sql, const char *url)
{
    (void)url;
    const struct held_intake intake = begin_intake(sql);
    const struct store_held *items;
    char held[8192], new[8192];
    struct quarantine_id id = hold("x");
    assert_int_equal(turn(&intake, sql).taken, 1);
    snprintf(held, sizeof held, "%s/held/%s", folder, id.text);
    snprintf(new, sizeof new, "%s/new/%s", folder, id.text);
    assert_int_equal(rename(held, new), 0); /* as if it had not come to that */
    assert_int_equal(turn(&intake, sql).taken, 1);
    assert_int_equal(list(sql, &items), 2);
    assert_true(is_at("held", &id));
}

static void damaged_files_are_in_nobodys_way(struct sql *sql, const char *url)
{
    (void)url;
    const struct held_intake intake = begin_intake(sql);
    const struct store_held *items;
    struct quarantine_id id;
    for (int i = 0; i < 60; i++) {
        char path[8192];
        id = hold("x");
        snprintf(path, sizeof path, "%s/new/%s", folder, id.text);
        assert_int_equal(truncate(path, 70), 0);
    }
    struct quarantine_id good = hold("x");
    struct held_intake_report first = turn(&intake, sql), second = turn(&intake, sql);
    assert_true(first.has_more);
    assert_int_equal(first.damaged + second.damaged, 60);
    assert_int_equal(second.taken, 1);
    assert_true(is_at("damaged", &id));
    assert_true(is_at("held", &good));
    assert_int_equal(list(sql, &items), 2);
}

/* All that a message may bring along is not looked at once more for each of its recipients. */
static void the_longest_texts_for_the_most_recipients_fit(struct sql *sql, const char *url)
{
    (void)url;
    const struct held_intake intake = begin_intake(sql);
    static struct quarantine_recipient recipients[QUARANTINE_RECIPIENTS_MAX];
    static char text[QUARANTINE_TEXT_MAX_OCTETS];
    memset(text, 'x', sizeof text);
    const struct seki_str longest = { text, sizeof text };
    for (size_t i = 0; i < QUARANTINE_RECIPIENTS_MAX; i++)
        recipients[i] = (struct quarantine_recipient){ { text, 256 }, 1, 10, NOW_S + 1000, SEKI_STR("virus") };
    const struct quarantine_message message = { .at_us = INT64_C(1000000) * NOW_S,
                                                .queue_id = longest,
                                                .message_id = longest,
                                                .mail_from = longest,
                                                .author = longest,
                                                .subject = longest,
                                                .recipients = recipients,
                                                .recipient_count = QUARANTINE_RECIPIENTS_MAX };
    struct quarantine_id id;
    STORE_OK(quarantine_draft_keep(quarantine_draft_new(folder, WHY), &message, &id, WHY));
    assert_int_equal(turn(&intake, sql).taken, 1);
    assert_true(is_at("held", &id));
}

static void what_has_expired_for_all_goes(struct sql *sql, const char *url)
{
    (void)url;
    const struct held_intake intake = begin_intake(sql);
    const struct store_held *items;
    struct held_intake_report report;
    struct quarantine_id id = hold("x");
    turn(&intake, sql);
    STORE_OK(held_intake_expire(&intake, sql, NOW_S + 1500, &report, WHY));
    assert_int_equal(report.removed, 0); /* one of them has it still */
    STORE_OK(held_intake_expire(&intake, sql, NOW_S + 2000, &report, WHY));
    assert_int_equal(report.removed, 1);
    assert_false(is_at("held", &id));
    assert_int_equal(list(sql, &items), 0);
}

int main(void)
{
    static const struct store_test tests[] = {
        STORE_TEST(a_message_is_told_once),           STORE_TEST(a_death_between_store_and_file_changes_nothing),
        STORE_TEST(damaged_files_are_in_nobodys_way), STORE_TEST(the_longest_texts_for_the_most_recipients_fit),
        STORE_TEST(what_has_expired_for_all_goes),
    };
    return STORE_TESTS_RUN(tests);
}

/* Held files and the store: each told once, also after a death in between; damaged ones are in nobody's way. */
#include "daemon/held_intake.h"

#include "quarantine/quarantine.h"
#include "store/held.h"
#include "store/hosting_test.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
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
    assert_int_equal(first.aside[QUARANTINE_ASIDE_DAMAGED] + second.aside[QUARANTINE_ASIDE_DAMAGED], 60);
    assert_int_equal(second.taken, 1);
    assert_true(is_at("damaged", &id));
    assert_true(is_at("held", &good));
    assert_int_equal(list(sql, &items), 2);
}

struct told {
    unsigned aside[QUARANTINE_ASIDE_COUNT];
    char last[sizeof((struct seki_error *)0)->text];
};

static void note_told(void *context, enum quarantine_aside aside, const char *reason)
{
    struct told *told = context;
    told->aside[aside]++;
    snprintf(told->last, sizeof told->last, "%s", reason);
}

/* As a file of another's: it has its name, and open() fails. Works for root too. */
static struct quarantine_id hold_unreadable(void)
{
    char path[8192], saved[8192];
    struct quarantine_id id = hold("x");
    snprintf(path, sizeof path, "%s/new/%s", folder, id.text);
    snprintf(saved, sizeof saved, "%s/%s", folder, id.text);
    assert_int_equal(rename(path, saved), 0);
    assert_int_equal(symlink(saved, path), 0);
    return id;
}

static void mend(const struct quarantine_id *id)
{
    char path[8192], saved[8192];
    snprintf(path, sizeof path, "%s/unreadable/%s", folder, id->text);
    snprintf(saved, sizeof saved, "%s/%s", folder, id->text);
    assert_int_equal(rename(saved, path), 0);
}

static void what_cannot_be_read_waits_and_is_in_nobodys_way(struct sql *sql, const char *url)
{
    (void)url;
    struct held_intake intake = begin_intake(sql);
    struct told told = { 0 };
    struct held_intake_report report;
    const struct store_held *items;
    struct quarantine_id id;
    intake.tell = note_told;
    intake.context = &told;
    for (int i = 0; i < 60; i++)
        id = hold_unreadable();
    struct quarantine_id good = hold("x");
    assert_int_equal(turn(&intake, sql).aside[QUARANTINE_ASIDE_UNREADABLE], 50);
    assert_int_equal(turn(&intake, sql).taken, 1);
    assert_true(is_at("held", &good));
    assert_true(is_at("unreadable", &id));
    assert_int_equal(told.aside[QUARANTINE_ASIDE_UNREADABLE], 60);
    assert_non_null(strstr(told.last, id.text));
    STORE_OK(held_intake_retry(&intake, sql, &report, WHY));
    assert_int_equal(report.aside[QUARANTINE_ASIDE_UNREADABLE], 60);
    mend(&id);
    STORE_OK(held_intake_retry(&intake, sql, &report, WHY));
    assert_int_equal(report.aside[QUARANTINE_ASIDE_UNREADABLE], 59);
    assert_int_equal(report.taken, 1);
    assert_int_equal(told.aside[QUARANTINE_ASIDE_UNREADABLE], 60); /* each is told of once */
    assert_true(is_at("held", &id));
    assert_int_equal(list(sql, &items), 4);
}

/* Stands for whatever a store may have against one message and not against others. */
static void refuse_in_store(struct sql *sql, const char *url, bool is_refused)
{
    bool is_postgresql = seki_str_starts_with(seki_str_of(url), SEKI_STR("postgres"));
    const char *begin = is_postgresql
                            ? "ALTER TABLE held_message ADD CONSTRAINT refuse CHECK (subject <> 'refused')"
                            : "CREATE TRIGGER refuse BEFORE INSERT ON held_message WHEN NEW.subject = 'refused' "
                              "BEGIN SELECT RAISE(ABORT, 'refused'); END";
    const char *end = is_postgresql ? "ALTER TABLE held_message DROP CONSTRAINT refuse" : "DROP TRIGGER refuse";
    STORE_OK(sql_run(sql, is_refused ? begin : end, NULL, 0, NULL, WHY));
}

static void what_the_store_refuses_is_in_nobodys_way(struct sql *sql, const char *url)
{
    struct held_intake intake = begin_intake(sql);
    struct told told = { 0 };
    struct held_intake_report report;
    struct quarantine_id refused;
    intake.tell = note_told;
    intake.context = &told;
    refuse_in_store(sql, url, true);
    for (int i = 0; i < 60; i++) /* more than a turn looks at */
        refused = hold("refused");
    usleep(10); /* the refused ones are the older */
    struct quarantine_id good = hold("x");
    assert_int_equal(turn(&intake, sql).aside[QUARANTINE_ASIDE_REFUSED], 50);
    assert_int_equal(turn(&intake, sql).taken, 1);
    assert_true(is_at("refused", &refused));
    assert_true(is_at("held", &good));
    STORE_OK(held_intake_retry(&intake, sql, &report, WHY));
    assert_int_equal(report.aside[QUARANTINE_ASIDE_REFUSED], 60);
    assert_int_equal(told.aside[QUARANTINE_ASIDE_REFUSED], 60); /* each is told of once */
    assert_non_null(strstr(told.last, refused.text));
    refuse_in_store(sql, url, false);
    STORE_OK(held_intake_retry(&intake, sql, &report, WHY));
    assert_int_equal(report.taken, 60);
    assert_true(is_at("held", &refused));
}

static void what_is_refused_and_then_damaged_is_given_up(struct sql *sql, const char *url)
{
    const struct held_intake intake = begin_intake(sql);
    struct held_intake_report report;
    char path[8192];
    refuse_in_store(sql, url, true);
    struct quarantine_id refused = hold("refused");
    assert_int_equal(turn(&intake, sql).aside[QUARANTINE_ASIDE_REFUSED], 1);
    snprintf(path, sizeof path, "%s/refused/%s", folder, refused.text);
    assert_int_equal(truncate(path, 70), 0);
    STORE_OK(held_intake_retry(&intake, sql, &report, WHY));
    assert_int_equal(report.aside[QUARANTINE_ASIDE_DAMAGED], 1);
    assert_true(is_at("damaged", &refused));
    refuse_in_store(sql, url, false);
}

static void what_is_damaged_is_told_by_its_name(struct sql *sql, const char *url)
{
    (void)url;
    struct held_intake intake = begin_intake(sql);
    struct told told = { 0 };
    char path[8192];
    intake.tell = note_told;
    intake.context = &told;
    struct quarantine_id pipe_id = hold("x"), cut = hold("x");
    snprintf(path, sizeof path, "%s/new/%s", folder, pipe_id.text);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0); /* to open one would wait for ever */
    assert_int_equal(turn(&intake, sql).aside[QUARANTINE_ASIDE_DAMAGED], 1);
    assert_non_null(strstr(told.last, pipe_id.text));
    assert_true(is_at("held", &cut));
    cut = hold("x");
    snprintf(path, sizeof path, "%s/new/%s", folder, cut.text);
    assert_int_equal(truncate(path, 70), 0);
    assert_int_equal(turn(&intake, sql).aside[QUARANTINE_ASIDE_DAMAGED], 1);
    assert_non_null(strstr(told.last, cut.text));
    assert_int_equal(told.aside[QUARANTINE_ASIDE_DAMAGED], 2);
    assert_int_equal(turn(&intake, sql).aside[QUARANTINE_ASIDE_DAMAGED], 0);
}

/* What differs between a message and one that came before it. */
static const struct arrival {
    const char *name, *octets, *mail_from, *message_id;
    size_t recipients;
} first_arrival = { "", "Subject: x\r\n\r\none\r\n", "x@example.org", "<1@example.org>", 2 }, others[] = {
    { "another octet", "Subject: x\r\n\r\ntwo\r\n", "x@example.org", "<1@example.org>", 2 },
    { "another length", "Subject: x\r\n\r\none\r\n\r\n", "x@example.org", "<1@example.org>", 2 },
    { "another sender", "Subject: x\r\n\r\none\r\n", "y@example.org", "<1@example.org>", 2 },
    { "another Message-ID", "Subject: x\r\n\r\none\r\n", "x@example.org", "<2@example.org>", 2 },
    { "fewer recipients", "Subject: x\r\n\r\none\r\n", "x@example.org", "<1@example.org>", 1 },
};

static struct quarantine_id arrive(const struct arrival *arrival)
{
    static const struct quarantine_recipient recipients[] = {
        { SEKI_STR_INIT("a@one.example"), 1, 10, NOW_S + 1000, SEKI_STR_INIT("dmarc-reject") },
        { SEKI_STR_INIT("b@two.example"), 2, 20, NOW_S + 2000, SEKI_STR_INIT("virus") },
    };
    const struct quarantine_message message = { .at_us = INT64_C(1000000) * NOW_S,
                                                .message_id = seki_str_of(arrival->message_id),
                                                .mail_from = seki_str_of(arrival->mail_from),
                                                .recipients = recipients,
                                                .recipient_count = arrival->recipients };
    struct quarantine_id id;
    struct quarantine_draft *draft = quarantine_draft_new(folder, WHY);
    quarantine_draft_add(draft, seki_str_of(arrival->octets));
    STORE_OK(quarantine_draft_keep(draft, &message, &id, WHY));
    usleep(10); /* ids follow the time */
    return id;
}

static void what_came_again_is_held_once(struct sql *sql, const char *url)
{
    (void)url;
    const struct held_intake intake = begin_intake(sql);
    const struct store_held *items;
    struct quarantine_id first = arrive(&first_arrival), again = arrive(&first_arrival);
    struct held_intake_report report = turn(&intake, sql);
    assert_int_equal(report.taken, 1);
    assert_int_equal(report.repeated, 1);
    assert_true(is_at("held", &first));
    assert_false(is_at("held", &again) || is_at("new", &again));
    again = arrive(&first_arrival); /* and once more, days later */
    assert_int_equal(turn(&intake, sql).repeated, 1);
    assert_int_equal(list(sql, &items), 2);
}

static void what_only_looks_alike_is_held_too(struct sql *sql, const char *url)
{
    (void)url;
    const struct held_intake intake = begin_intake(sql);
    arrive(&first_arrival);
    assert_int_equal(turn(&intake, sql).taken, 1);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        arrive(&others[i]);
        struct held_intake_report report = turn(&intake, sql);
        if (report.taken != 1 || report.repeated != 0)
            fail_msg("%s", others[i].name);
    }
    const struct arrival nameless = { "", "\r\n", "x@example.org", "", 1 };
    arrive(&nameless);
    arrive(&nameless);
    assert_int_equal(turn(&intake, sql).taken, 2); /* two reports of a machine may well be alike */
}

/* It would go with the first, which nobody may have seen since. */
static void what_comes_when_the_first_expires_is_held_anew(struct sql *sql, const char *url)
{
    (void)url;
    const struct held_intake intake = begin_intake(sql);
    arrive(&first_arrival);
    assert_int_equal(turn(&intake, sql).taken, 1);
    STORE_OK(sql_run(sql, "UPDATE held_recipient SET expires_at_s = expires_at_s - 86401", NULL, 0, NULL, WHY));
    arrive(&first_arrival);
    assert_int_equal(turn(&intake, sql).taken, 1);
}

/* Whoever has decided about the first has not decided about what comes now. */
static void what_comes_after_a_decision_is_held_anew(struct sql *sql, const char *url)
{
    (void)url;
    const struct held_intake intake = begin_intake(sql);
    arrive(&first_arrival);
    assert_int_equal(turn(&intake, sql).taken, 1);
    STORE_OK(sql_run(sql, "UPDATE held_recipient SET state = 'released' WHERE place = 0", NULL, 0, NULL, WHY));
    arrive(&first_arrival);
    assert_int_equal(turn(&intake, sql).taken, 1);
}

/* Its rows are in the store; were it taken for a repeat, they would have no file. */
static void a_death_while_another_is_alike_loses_no_file(struct sql *sql, const char *url)
{
    (void)url;
    const struct held_intake intake = begin_intake(sql);
    char held[8192], new[8192];
    struct quarantine_id first = arrive(&first_arrival), other = arrive(&others[0]);
    assert_int_equal(turn(&intake, sql).taken, 2);
    snprintf(held, sizeof held, "%s/held/%s", folder, first.text);
    snprintf(new, sizeof new, "%s/held/%s", folder, other.text);
    assert_int_equal(unlink(new), 0);
    assert_int_equal(link(held, new), 0); /* now they are the same in every octet */
    snprintf(new, sizeof new, "%s/new/%s", folder, first.text);
    assert_int_equal(rename(held, new), 0);
    assert_int_equal(turn(&intake, sql).repeated, 0);
    assert_true(is_at("held", &first));
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
        STORE_TEST(a_message_is_told_once),
        STORE_TEST(a_death_between_store_and_file_changes_nothing),
        STORE_TEST(damaged_files_are_in_nobodys_way),
        STORE_TEST(the_longest_texts_for_the_most_recipients_fit),
        STORE_TEST(what_has_expired_for_all_goes),
        STORE_TEST(what_cannot_be_read_waits_and_is_in_nobodys_way),
        STORE_TEST(what_is_damaged_is_told_by_its_name),
        STORE_TEST(what_came_again_is_held_once),
        STORE_TEST(what_only_looks_alike_is_held_too),
        STORE_TEST(what_comes_when_the_first_expires_is_held_anew),
        STORE_TEST(what_comes_after_a_decision_is_held_anew),
        STORE_TEST(a_death_while_another_is_alike_loses_no_file),
        STORE_TEST(what_the_store_refuses_is_in_nobodys_way),
        STORE_TEST(what_is_refused_and_then_damaged_is_given_up),
    };
    return STORE_TESTS_RUN(tests);
}

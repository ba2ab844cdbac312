/* Looking through held messages that the store does not know: all that can be read are seen, and the rest counted. */
#include "quarantine/unknown.h"

#include "quarantine/folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static char folder[64];

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/sekisho-held-XXXXXX");
    return mkdtemp(folder) == NULL;
}

static int tear_down(void **state)
{
    struct quarantine_id ids[200];
    char path[PATH_MAX];
    (void)state;
    for (unsigned place = 0; place < QUARANTINE_PLACE_COUNT; place++) {
        size_t count = 0;
        assert_int_equal(quarantine_list(folder, (enum quarantine_place)place, NULL, ids, 200, &count, NULL),
                         SEKI_OK);
        while (count-- > 0)
            if (quarantine_path(folder, (enum quarantine_place)place, &ids[count], path))
                unlink(path);
        if (quarantine_path(folder, (enum quarantine_place)place, NULL, path))
            rmdir(path);
    }
    return rmdir(folder);
}

static struct quarantine_id hold(enum quarantine_place place)
{
    static const struct quarantine_recipient recipient = { .address = SEKI_STR_INIT("a@example.com") };
    static const struct quarantine_message message = { .recipients = &recipient, .recipient_count = 1 };
    char from[PATH_MAX], to[PATH_MAX];
    struct quarantine_id id;
    struct quarantine_draft *draft = quarantine_draft_new(folder, NULL);
    assert_int_equal(quarantine_draft_keep(draft, &message, &id, NULL), SEKI_OK);
    assert_true(quarantine_path(folder, QUARANTINE_NEW, &id, from) && quarantine_path(folder, place, &id, to));
    assert_int_equal(rename(from, to), 0);
    return id;
}

static void damage(enum quarantine_place place, const struct quarantine_id *id)
{
    char path[PATH_MAX];
    assert_true(quarantine_path(folder, place, id, path));
    assert_int_equal(truncate(path, 70), 0);
}

/* It has its name, and open() fails. Works for root too. */
static void lock_away(enum quarantine_place place, const struct quarantine_id *id)
{
    char path[PATH_MAX];
    assert_true(quarantine_path(folder, place, id, path));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/dev/null", path), 0);
}

struct seen {
    size_t count, limit;
};

static enum seki_result count_one(void *context, const struct quarantine_id *id,
                                  const struct quarantine_message *message, struct seki_arena *arena,
                                  struct seki_error *why)
{
    struct seen *seen = context;
    assert_int_equal(strlen(id->text), QUARANTINE_ID_OCTETS);
    assert_true(seki_str_equal(message->recipients[0].address, SEKI_STR("a@example.com")));
    assert_non_null(arena);
    if (++seen->count < seen->limit)
        return SEKI_OK;
    seki_error_set(why, "enough");
    return SEKI_TEMPORARY;
}

static enum seki_result look(struct seen *seen, struct quarantine_unread *unread, struct seki_error *why)
{
    return quarantine_visit_unknown(folder, &(struct quarantine_visitor){ count_one, seen }, unread, why);
}

static void test_all_are_seen_and_the_rest_counted(void **state)
{
    (void)state;
    struct seen seen = { .limit = 1000 };
    struct quarantine_unread unread;
    assert_int_equal(look(&seen, &unread, NULL), SEKI_OK); /* nothing was ever held */
    assert_int_equal(seen.count, 0);
    for (size_t i = 0; i < 101; i++)
        hold(QUARANTINE_NEW);
    hold(QUARANTINE_UNREADABLE); /* by now it can be read */
    hold(QUARANTINE_REFUSED);
    hold(QUARANTINE_HELD); /* the store knows it */
    hold(QUARANTINE_DAMAGED);
    struct quarantine_id id = hold(QUARANTINE_NEW);
    damage(QUARANTINE_NEW, &id);
    for (size_t i = 0; i < 2; i++) {
        id = hold(QUARANTINE_UNREADABLE);
        lock_away(QUARANTINE_UNREADABLE, &id);
    }
    id = hold(QUARANTINE_REFUSED);
    lock_away(QUARANTINE_REFUSED, &id);
    assert_int_equal(look(&seen, &unread, NULL), SEKI_OK);
    assert_int_equal(seen.count, 103);
    assert_int_equal(unread.in_new, 1);
    assert_int_equal(unread.in_unreadable, 3);
    assert_int_equal(unread.in_damaged, 1);
}

static void test_who_looks_can_end_it(void **state)
{
    (void)state;
    struct seen seen = { .limit = 2 };
    struct quarantine_unread unread;
    struct seki_error why = { "" };
    for (size_t i = 0; i < 3; i++)
        hold(QUARANTINE_NEW);
    assert_int_equal(look(&seen, &unread, &why), SEKI_TEMPORARY);
    assert_int_equal(seen.count, 2);
    assert_string_equal(why.text, "enough");
}

static void test_a_folder_that_cannot_be_looked_into(void **state)
{
    (void)state;
    char path[PATH_MAX];
    struct seen seen = { .limit = 1000 };
    struct quarantine_unread unread;
    struct seki_error why = { "" };
    assert_true(quarantine_path(folder, QUARANTINE_UNREADABLE, NULL, path));
    close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)); /* no folder */
    assert_int_equal(look(&seen, &unread, &why), SEKI_SYSTEM);
    assert_non_null(strstr(why.text, folder));
    unlink(path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_all_are_seen_and_the_rest_counted),
        TEST(test_who_looks_can_end_it),
        TEST(test_a_folder_that_cannot_be_looked_into),
    };
    return cmocka_run_group_tests_name("held messages that the store does not know", tests, NULL, NULL);
}

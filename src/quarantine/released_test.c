/* The mark of a released message: only that of a message which is held here, and was released to this recipient. */
#include "quarantine/folder.h"
#include "quarantine/released.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[64];
static struct quarantine_id held;

static int hold_one(void **state)
{
    static const struct quarantine_recipient recipients[] = {
        { SEKI_STR_INIT("a@one.example"), 1, 10, 1800000000, SEKI_STR_INIT("virus") },
        { SEKI_STR_INIT("b@two.example"), 2, 20, 1800000000, SEKI_STR_INIT("virus") },
    };
    const struct quarantine_message message = { .at_us = 5, .recipients = recipients, .recipient_count = 2 };
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/sekisho-released-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    struct quarantine_draft *draft = quarantine_draft_new(folder, NULL);
    quarantine_draft_add(draft, SEKI_STR("\r\n"));
    return quarantine_draft_keep(draft, &message, &held, NULL) == SEKI_OK ? 0 : -1;
}

static int remove_all(void **state)
{
    char path[PATH_MAX];
    (void)state;
    if (quarantine_remove(folder, &held, NULL) != SEKI_OK)
        return -1;
    for (unsigned place = 0; place < QUARANTINE_PLACE_COUNT; place++)
        if (quarantine_path(folder, (enum quarantine_place)place, NULL, path))
            rmdir(path);
    return rmdir(folder);
}

static const struct {
    const char *name, *value; /* %s: the id of what is held */
    const char *recipient;
    bool want;
} cases[] = {
    { "as it is written", " 12 %s 0", "a@one.example", true },
    { "for the other of its recipients", " 12 %s 1", "b@two.example", true },
    { "another spelling of the address", " 12 %s 0", "A@One.example", true },
    { "for somebody else: it was forwarded", " 12 %s 0", "c@one.example", false },
    { "forwarded to another for whom it is held", " 12 %s 0", "b@two.example", false },
    { "of a recipient that it has not", " 12 %s 2", "a@one.example", false },
    { "of a message that is not here", " 12 0123456789abcdef0123456789 0", "a@one.example", false },
    { "no number", " x %s 0", "a@one.example", false },
    { "only the id", " %s", "a@one.example", false },
    { "no recipient", " 12 %s", "a@one.example", false },
    { "a recipient that is no number", " 12 %s -1", "a@one.example", false },
    { "more behind it", " 12 %s 0 x", "a@one.example", false },
    { "a path", " 12 ../../../../../../../../etc 0", "a@one.example", false },
    { "empty", "", "a@one.example", false },
};

static void only_what_was_released_here_to_the_recipient(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seki_str before = seki_str_of(cases[i].value), rest = before;
        char value[128];
        bool has_id = seki_str_split(&rest, '%', &before);
        has_id = has_id && rest.len > 0;
        snprintf(value, sizeof value, "%.*s%s%s", SEKI_STR_ARGS(before), has_id ? held.text : "",
                 has_id ? rest.ptr + 1 : "");
        if (quarantine_released_is_from(folder, seki_str_of(value), seki_str_of(cases[i].recipient)) !=
            cases[i].want)
            fail_msg("%s: \"%s\"", cases[i].name, value);
    }
}

static void what_is_written_is_known(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(1000);
    struct seki_str value = quarantine_released_write(arena, INT64_MAX, seki_str_of(held.text), 1);
    assert_true(quarantine_released_is_from(folder, value, SEKI_STR("b@two.example")));
    seki_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_was_released_here_to_the_recipient),
        cmocka_unit_test(what_is_written_is_known),
    };
    return cmocka_run_group_tests(tests, hold_one, remove_all);
}

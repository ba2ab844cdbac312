/* Messages written, kept or abandoned, opened and removed; and files that were damaged since. */
#include "quarantine/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct setting {
    char folder[64];
    struct seki_arena *arena;
};

static const struct quarantine_recipient recipient = { SEKI_STR_INIT("a@example.com"), 12, 3, 1700000000,
                                                       SEKI_STR_INIT("dmarc-reject") };
static const struct quarantine_message message = { .at_us = 5, .recipients = &recipient, .recipient_count = 1 };

static int set_up(void **state)
{
    struct setting *s = calloc(1, sizeof *s);
    strncpy(s->folder, "/tmp/sekisho-held-XXXXXX", sizeof s->folder - 1);
    assert_non_null(mkdtemp(s->folder));
    s->arena = seki_arena_new(4u << 20);
    *state = s;
    return 0;
}

static size_t count_files(const struct setting *s, enum quarantine_place place, bool removes)
{
    char path[PATH_MAX];
    size_t count = 0;
    assert_true(quarantine_path(s->folder, place, NULL, path));
    DIR *entries = opendir(path);
    for (const struct dirent *entry; entries != NULL && (entry = readdir(entries)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        count++;
        if (removes)
            unlinkat(dirfd(entries), entry->d_name, 0);
    }
    if (entries != NULL)
        closedir(entries);
    if (removes)
        rmdir(path);
    return count;
}

static int tear_down(void **state)
{
    struct setting *s = *state;
    for (unsigned place = 0; place < QUARANTINE_PLACE_COUNT; place++)
        count_files(s, (enum quarantine_place)place, true);
    rmdir(s->folder);
    seki_arena_free(s->arena);
    free(s);
    return 0;
}

static struct quarantine_id kept(const struct setting *s, size_t body_octets)
{
    struct quarantine_id id;
    struct seki_error why = { "" };
    struct quarantine_draft *draft = quarantine_draft_new(s->folder, &why);
    quarantine_draft_add_field(draft, SEKI_STR("Subject"), SEKI_STR(" one\n two\r\n three"));
    quarantine_draft_add(draft, SEKI_STR("\r\n"));
    for (size_t i = 0; i < body_octets; i += 1000)
        quarantine_draft_add(draft, (struct seki_str){ "0123456789", 10 });
    if (quarantine_draft_keep(draft, &message, &id, &why) != SEKI_OK)
        fail_msg("%s", why.text);
    return id;
}

static void a_kept_message_comes_back_octet_for_octet(void **state)
{
    struct setting *s = *state;
    static const char header[] = "Subject: one\r\n two\r\n three\r\n\r\n";
    static const size_t sizes[] = { 0, 1000, 20000000 }; /* the last does not stay in memory */
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct quarantine_id id = kept(s, sizes[i]);
        struct quarantine_message out;
        char octets[64];
        int file;
        assert_int_equal(quarantine_open(s->folder, &id, s->arena, &out, &file, NULL), SEKI_OK);
        assert_int_equal(out.size_octets, sizeof header - 1 + sizes[i] / 100);
        assert_int_equal(pread(file, octets, sizeof header - 1, QUARANTINE_HEAD_OCTETS), sizeof header - 1);
        assert_memory_equal(octets, header, sizeof header - 1);
        assert_true(seki_str_equal(out.recipients[0].address, recipient.address));
        close(file);
    }
    assert_int_equal(count_files(s, QUARANTINE_TMP, false), 0);
    assert_int_equal(count_files(s, QUARANTINE_NEW, false), 3);
}

static void of_an_abandoned_message_nothing_is_left(void **state)
{
    struct setting *s = *state;
    static char large[200000];
    struct quarantine_draft *draft = quarantine_draft_new(s->folder, NULL);
    quarantine_draft_add(draft, SEKI_STR("Subject: small\r\n"));
    quarantine_draft_abandon(draft);
    draft = quarantine_draft_new(s->folder, NULL);
    quarantine_draft_add(draft, (struct seki_str){ large, sizeof large });
    assert_int_equal(count_files(s, QUARANTINE_TMP, false), 1);
    quarantine_draft_abandon(draft);
    quarantine_draft_abandon(NULL);
    assert_int_equal(count_files(s, QUARANTINE_TMP, false), 0);
}

static void what_cannot_be_kept_says_so(void **state)
{
    struct setting *s = *state;
    struct quarantine_id id;
    struct seki_error why = { "" };
    struct quarantine_draft *draft = quarantine_draft_new("/proc/none", NULL);
    quarantine_draft_add(draft, SEKI_STR("\r\n"));
    assert_int_equal(quarantine_draft_keep(draft, &message, &id, &why), SEKI_SYSTEM);
    assert_non_null(strstr(why.text, "cannot hold a message in /proc/none"));
    draft = quarantine_draft_new("/dev/full", NULL);
    assert_int_equal(quarantine_draft_keep(draft, &message, &id, &why), SEKI_SYSTEM);
    const struct quarantine_message nobody = { .at_us = 5 };
    draft = quarantine_draft_new(s->folder, NULL);
    assert_int_equal(quarantine_draft_keep(draft, &nobody, &id, &why), SEKI_LIMIT);
    assert_int_equal(count_files(s, QUARANTINE_TMP, false), 0);
    assert_int_equal(count_files(s, QUARANTINE_NEW, false), 0);
}

static void so_much_room_is_left_to_others(void **state)
{
    struct setting *s = *state;
    struct quarantine_id id;
    struct seki_error why = { "" };
    static const struct {
        uint64_t min_free_octets;
        enum seki_result want;
    } cases[] = { { 0, SEKI_OK }, { 1, SEKI_OK }, { UINT64_MAX, SEKI_LIMIT } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct quarantine_draft *draft = quarantine_draft_new(s->folder, NULL);
        quarantine_draft_leave_free(draft, cases[i].min_free_octets);
        quarantine_draft_add(draft, SEKI_STR("\r\n"));
        assert_int_equal(quarantine_draft_keep(draft, &message, &id, &why), cases[i].want);
    }
    assert_non_null(strstr(why.text, "cannot hold a message"));
    assert_int_equal(count_files(s, QUARANTINE_TMP, false), 0);
    assert_int_equal(count_files(s, QUARANTINE_NEW, false), 2);
}

/* The MTA hung up while it was written. */
static void what_nobody_waits_for_any_more_does_not_appear(void **state)
{
    struct setting *s = *state;
    struct quarantine_id id;
    for (unsigned is_unwanted = 0; is_unwanted < 2; is_unwanted++) {
        const bool flag = is_unwanted == 1;
        struct quarantine_draft *draft = quarantine_draft_new(s->folder, NULL);
        quarantine_draft_add(draft, SEKI_STR("\r\n"));
        enum seki_result result = quarantine_draft_keep_wanted(draft, &message, &flag, &id, NULL);
        assert_int_equal(result == SEKI_OK, !flag);
        assert_int_equal(count_files(s, QUARANTINE_TMP, false), 0);
        assert_int_equal(count_files(s, QUARANTINE_NEW, false), 1);
    }
}

static void the_oldest_new_ones_are_told_until_they_are_settled(void **state)
{
    struct setting *s = *state;
    struct quarantine_id kept_ids[3], found[2];
    size_t count;
    assert_int_equal(quarantine_list_new(s->folder, found, 2, &count, NULL), SEKI_OK);
    assert_int_equal(count, 0);
    for (size_t i = 0; i < 3; i++) {
        kept_ids[i] = kept(s, 0);
        usleep(10);
    }
    assert_int_equal(quarantine_list_new(s->folder, found, 2, &count, NULL), SEKI_OK);
    assert_int_equal(count, 2);
    assert_string_equal(found[0].text, kept_ids[0].text);
    assert_string_equal(found[1].text, kept_ids[1].text);
    assert_int_equal(quarantine_settle(s->folder, &found[0], NULL), SEKI_OK);
    assert_int_equal(quarantine_settle(s->folder, &found[0], NULL), SEKI_OK); /* killed before it was noted */
    assert_int_equal(quarantine_list_new(s->folder, found, 2, &count, NULL), SEKI_OK);
    assert_string_equal(found[0].text, kept_ids[1].text);
    struct quarantine_message out;
    int file;
    assert_int_equal(quarantine_open(s->folder, &kept_ids[0], s->arena, &out, &file, NULL), SEKI_OK);
    close(file);
    assert_int_equal(quarantine_remove(s->folder, &kept_ids[0], NULL), SEKI_OK);
    assert_int_equal(quarantine_remove(s->folder, &kept_ids[0], NULL), SEKI_OK);
    assert_int_equal(quarantine_open(s->folder, &kept_ids[0], s->arena, &out, &file, NULL), SEKI_BAD_INPUT);
}

static void what_a_killed_process_left_is_swept(void **state)
{
    struct setting *s = *state;
    static char large[200000];
    struct quarantine_draft *draft = quarantine_draft_new(s->folder, NULL);
    quarantine_draft_add(draft, (struct seki_str){ large, sizeof large });
    quarantine_sweep(s->folder, time(NULL) - 60);
    assert_int_equal(count_files(s, QUARANTINE_TMP, false), 1);
    quarantine_sweep(s->folder, time(NULL) + 60);
    assert_int_equal(count_files(s, QUARANTINE_TMP, false), 0);
    quarantine_draft_abandon(draft);
}

static const struct {
    const char *name;
    off_t at; /* from the end when negative */
    const char *octets;
    off_t size; /* cut to; -1: not */
} damages[] = {
    { "empty", 0, "", 0 },
    { "cut in the head", 0, "", 40 },
    { "cut in the message", 0, "", 70 },
    { "another file", 0, "From: someone", -1 },
    { "another version", 14, "9", -1 },
    { "a size past the end", 16, "99999999999999999999", -1 },
    { "a size one less", 16, "00000000000000000029", -1 },
    { "letters for a size", 16, "0000000000000000002x", -1 },
    { "no end of the head", 63, " ", -1 },
    { "what is known is not text of ours", -20, "\n\n\n%", -1 },
};

static void a_damaged_file_is_refused(void **state)
{
    struct setting *s = *state;
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        struct quarantine_id id = kept(s, 0);
        struct quarantine_message out;
        struct seki_error why = { "" };
        char path[PATH_MAX];
        int file;
        assert_true(quarantine_path(s->folder, QUARANTINE_NEW, &id, path));
        int damaged = open(path, O_RDWR);
        off_t at = damages[i].at >= 0 ? damages[i].at : lseek(damaged, 0, SEEK_END) + damages[i].at;
        ssize_t len = (ssize_t)strlen(damages[i].octets);
        assert_int_equal(pwrite(damaged, damages[i].octets, (size_t)len, at), len);
        assert_true(damages[i].size < 0 || ftruncate(damaged, damages[i].size) == 0);
        close(damaged);
        if (quarantine_open(s->folder, &id, s->arena, &out, &file, &why) != SEKI_BAD_INPUT)
            fail_msg("%s", damages[i].name);
        assert_non_null(strstr(why.text, id.text));
    }
}

static const struct {
    const char *text;
    bool is_good;
} id_cases[] = {
    { "0123456789abcdef0123456789", true },   { "0123456789abcdef012345678", false },
    { "0123456789abcdef01234567890", false }, { "0123456789ABCDEF0123456789", false },
    { "../../../../../etc/passwd.", false },  { "", false },
};

static void an_id_is_digits_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof id_cases / sizeof id_cases[0]; i++) {
        struct quarantine_id id;
        if (quarantine_id_read(seki_str_of(id_cases[i].text), &id) != id_cases[i].is_good)
            fail_msg("%s", id_cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_kept_message_comes_back_octet_for_octet, set_up, tear_down),
        cmocka_unit_test_setup_teardown(of_an_abandoned_message_nothing_is_left, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_kept_says_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(so_much_room_is_left_to_others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_nobody_waits_for_any_more_does_not_appear, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_oldest_new_ones_are_told_until_they_are_settled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_a_killed_process_left_is_swept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_damaged_file_is_refused, set_up, tear_down),
        cmocka_unit_test(an_id_is_digits_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "journal/writer.h"

#include "journal/checksum.h"
#include "journal/record.h"
#include "journal/segment.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[64];

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/sekisho-journal-XXXXXX");
    return mkdtemp(folder) == NULL;
}

static void empty_folder(void)
{
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;)
        if (entry->d_type == DT_REG)
            unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir != NULL)
        closedir(dir);
}

static int tear_down(void **state)
{
    (void)state;
    empty_folder();
    rmdir(folder);
    return 0;
}

static size_t count_files(void)
{
    DIR *dir = opendir(folder);
    size_t count = 0;
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;)
        count += entry->d_type == DT_REG;
    if (dir != NULL)
        closedir(dir);
    return count;
}

static struct journal_writer *open_writer(const struct journal_options *options)
{
    struct seki_error why = { "" };
    struct journal_writer *writer = journal_writer_new(folder, 2, options, &why);
    assert_non_null(writer);
    return writer;
}

static struct journal_position append(struct journal_writer *writer, const char *record)
{
    struct journal_position position;
    struct seki_error why = { "" };
    if (journal_append(writer, seki_str_of(record), &position, &why) != SEKI_OK)
        fail_msg("%s", why.text);
    return position;
}

/* RFC 3720 appendix B.4. */
static void test_checksum(void **state)
{
    static const char zeros[32];
    (void)state;
    char ones[32], rising[32];
    memset(ones, 0xff, sizeof ones);
    for (size_t i = 0; i < sizeof rising; i++)
        rising[i] = (char)i;
    const struct {
        struct seki_str octets;
        uint32_t want;
    } cases[] = {
        { { zeros, sizeof zeros }, 0x8a9136aa },
        { { ones, sizeof ones }, 0x62a8ab43 },
        { { rising, sizeof rising }, 0x46dd794e },
        { SEKI_STR("123456789"), 0xe3069283 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(journal_checksum(cases[i].octets), cases[i].want);
        assert_int_equal(journal_checksum_portable(cases[i].octets), cases[i].want);
    }
}

static void test_position_finds_the_entry(void **state)
{
    (void)state;
    struct journal_writer *writer = open_writer(NULL);
    struct journal_position first = append(writer, "one"), second = append(writer, "second");
    assert_int_equal(first.offset, 0);
    assert_int_equal(second.offset, SEGMENT_HEAD_OCTETS + 3);
    assert_string_equal(first.segment, second.segment);
    assert_true(segment_name_is_valid(seki_str_of(first.segment)));
    char path[256], octets[64];
    assert_true(segment_path(folder, seki_str_of(first.segment), "", path, sizeof path));
    int fd = open(path, O_RDONLY);
    assert_int_equal(pread(fd, octets, sizeof octets, (off_t)second.offset), SEGMENT_HEAD_OCTETS + 6);
    struct segment_head head;
    assert_true(segment_head_read(octets, &head));
    assert_int_equal(head.kind, SEGMENT_RECORD);
    assert_true(segment_payload_is_sound(&head, (struct seki_str){ octets + SEGMENT_HEAD_OCTETS, 6 }));
    assert_memory_equal(octets + SEGMENT_HEAD_OCTETS, "second", 6);
    assert_int_not_equal(flock(fd, LOCK_SH | LOCK_NB), 0); /* its writer lives */
    journal_writer_close(writer);
    assert_int_equal(flock(fd, LOCK_SH | LOCK_NB), 0);
    close(fd);
    assert_int_equal(count_files(), 1); /* nothing is left of how it came to its name */
}

static void test_next_segment_when_full(void **state)
{
    (void)state;
    struct journal_writer *writer = open_writer(&(struct journal_options){ .max_segment_octets = 50 });
    struct journal_position first = append(writer, "0123456789"), second = append(writer, "abcdefgh"),
                            third = append(writer, "x");
    assert_string_equal(first.segment, second.segment); /* 26 and 24 octets: just full */
    assert_string_not_equal(first.segment, third.segment);
    assert_int_equal(third.offset, 0);
    assert_true(strcmp(first.segment, third.segment) < 0);
    journal_writer_close(writer);
}

static uint64_t octets_on_disk(const char *segment)
{
    char path[256];
    struct stat file;
    snprintf(path, sizeof path, "%s/%s", folder, segment);
    assert_int_equal(stat(path, &file), 0);
    return (uint64_t)file.st_blocks * 512;
}

static void test_what_was_reserved_is_given_back(void **state)
{
    (void)state;
    struct journal_writer *writer = open_writer(NULL);
    struct journal_position position = append(writer, "one");
    assert_true(octets_on_disk(position.segment) <= 4u << 20);
    journal_writer_close(writer);
    assert_true(octets_on_disk(position.segment) <= 64u << 10);
}

static void test_record_larger_than_a_segment(void **state)
{
    (void)state;
    struct journal_writer *writer = open_writer(&(struct journal_options){ .max_segment_octets = 10 });
    append(writer, "longer than ten octets");
    append(writer, "this one too, and alone");
    assert_int_equal(count_files(), 2);
    journal_writer_close(writer);
}

static enum seki_result try(struct journal_writer *writer, struct seki_error *why)
{
    struct journal_position position;
    why->text[0] = '\0';
    return journal_append(writer, SEKI_STR("record"), &position, why);
}

static void wait_for_retry(void)
{
    usleep(1100 * 1000);
}

static void test_missing_folder_then_there(void **state)
{
    (void)state;
    struct journal_writer *writer = open_writer(NULL);
    struct seki_error why;
    rmdir(folder);
    assert_int_equal(try(writer, &why), SEKI_SYSTEM);
    assert_non_null(strstr(why.text, "create the folder"));
    assert_int_equal(try(writer, &why), SEKI_SYSTEM);
    assert_int_equal(journal_writer_lost(writer), 2);
    assert_int_equal(mkdir(folder, 0700), 0);
    wait_for_retry();
    assert_int_equal(try(writer, &why), SEKI_OK);
    assert_int_equal(journal_writer_lost(writer), 2);
    journal_writer_close(writer);
}

/* Is nobody writing it any more? */
static bool is_complete(const struct journal_position *position)
{
    char path[256];
    assert_true(segment_path(folder, seki_str_of(position->segment), "", path, sizeof path));
    int fd = open(path, O_RDONLY);
    bool is_free = flock(fd, LOCK_SH | LOCK_NB) == 0;
    close(fd);
    return is_free;
}

static void test_quiet_segment_ends_when_it_is_old(void **state)
{
    (void)state;
    struct journal_writer *writer = open_writer(&(struct journal_options){ .max_age_s = 2 });
    struct journal_position position;
    journal_writer_tend(writer); /* nothing is open yet */
    assert_int_equal(count_files(), 0);
    assert_int_equal(journal_append(writer, SEKI_STR("the only one today"), &position, NULL), SEKI_OK);
    journal_writer_tend(writer);
    assert_false(is_complete(&position));
    wait_for_retry();
    wait_for_retry();
    journal_writer_tend(writer);
    assert_true(is_complete(&position));
    append(writer, "one more");
    assert_int_equal(count_files(), 2);
    assert_int_equal(journal_writer_lost(writer), 0);
    journal_writer_close(writer);
}

static void test_folder_taken_away_under_way(void **state)
{
    (void)state;
    struct journal_writer *writer = open_writer(NULL);
    struct seki_error why;
    assert_int_equal(try(writer, &why), SEKI_OK);
    empty_folder();
    rmdir(folder);
    wait_for_retry();
    assert_int_equal(try(writer, &why), SEKI_SYSTEM);
    assert_int_equal(journal_writer_lost(writer),
                     2); /* the one that went into the file taken away is counted too */
    assert_int_equal(mkdir(folder, 0700), 0);
    wait_for_retry();
    assert_int_equal(try(writer, &why), SEKI_OK);
    journal_writer_close(writer);
}

static void test_too_little_room(void **state)
{
    (void)state;
    struct journal_writer *writer = open_writer(&(struct journal_options){ .min_free_octets = UINT64_MAX });
    struct seki_error why;
    assert_int_equal(try(writer, &why), SEKI_LIMIT);
    assert_non_null(strstr(why.text, "free some room"));
    assert_int_equal(count_files(), 0);
    assert_int_equal(journal_writer_lost(writer), 1);
    journal_writer_close(writer);
}

static void test_folder_that_is_a_file(void **state)
{
    (void)state;
    struct seki_error why = { "" };
    struct journal_writer *writer = journal_writer_new("/dev/null", 0, NULL, &why);
    assert_non_null(writer);
    assert_int_equal(try(writer, &why), SEKI_SYSTEM);
    assert_non_null(strstr(why.text, "Not a directory"));
    journal_writer_close(writer);
}

/* A file system that takes only part of an entry: the limit of file sizes does the same. */
static void test_half_an_entry_is_cut_off(void **state)
{
    (void)state;
    struct journal_writer *writer = open_writer(NULL);
    struct journal_position first = append(writer, "first");
    struct rlimit before;
    getrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){ SEGMENT_HEAD_OCTETS + 5 + 10, before.rlim_max });
    struct seki_error why;
    assert_int_equal(try(writer, &why), SEKI_LIMIT);
    setrlimit(RLIMIT_FSIZE, &before);
    char path[256];
    struct stat now;
    assert_true(segment_path(folder, seki_str_of(first.segment), "", path, sizeof path));
    assert_int_equal(stat(path, &now), 0);
    assert_int_equal(now.st_size, SEGMENT_HEAD_OCTETS + 5);
    wait_for_retry();
    assert_int_equal(append(writer, "second").offset, SEGMENT_HEAD_OCTETS + 5);
    journal_writer_close(writer);
}

static void test_records_of_no_length(void **state)
{
    (void)state;
    struct journal_writer *writer = open_writer(NULL);
    struct journal_position position;
    static char huge[JOURNAL_RECORD_MAX_OCTETS + 1];
    assert_int_equal(journal_append(writer, SEKI_STR(""), &position, NULL), SEKI_LIMIT);
    assert_int_equal(journal_append(writer, (struct seki_str){ huge, sizeof huge }, &position, NULL), SEKI_LIMIT);
    assert_int_equal(journal_append(writer, (struct seki_str){ huge, sizeof huge - 1 }, &position, NULL), SEKI_OK);
    assert_int_equal(journal_writer_lost(writer), 2);
    journal_writer_close(writer);
}

static void make_file(const char *name, time_t age_s, const char *content)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, content, strlen(content)), (ssize_t)strlen(content));
    const struct timespec then = { time(NULL) - age_s, 0 }, times[2] = { then, then };
    assert_int_equal(futimens(fd, times), 0);
    close(fd);
}

static void test_what_killed_processes_forgot_goes(void **state)
{
    (void)state;
    make_file(".new-1-0", 3600, "");
    make_file(".new-2-0", 5, "");
    make_file(".new-3-0", 3600, "somebody else's");
    make_file("new-4-0", 3600, "");
    journal_writer_close(open_writer(NULL));
    assert_int_equal(count_files(), 3);
}

static void test_names_that_are_none(void **state)
{
    static const struct {
        const char *name;
        bool want;
    } cases[] = {
        { "0006476e8ac2d3f0-123-0.seg", true },
        { "0006476e8ac2d3f0-123-0.seg.zst", false },
        { "../6476e8ac2d3f0-123-0.seg", false },
        { "0006476e8ac2d3f0-123/0.seg", false },
        { "0006476e8ac2d3f0.seg", false },
        { ".new-123-0", false },
        { "", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (segment_name_is_valid(seki_str_of(cases[i].name)) != cases[i].want)
            fail_msg("\"%s\"", cases[i].name);
}

static void test_damaged_heads(void **state)
{
    (void)state;
    char head[SEGMENT_HEAD_OCTETS];
    segment_head_write(SEKI_STR("payload"), head);
    struct segment_head read;
    assert_true(segment_head_read(head, &read));
    for (size_t bit = 0; bit < sizeof head * 8; bit++) {
        head[bit / 8] = (char)(head[bit / 8] ^ 1 << bit % 8);
        assert_false(segment_head_read(head, &read));
        head[bit / 8] = (char)(head[bit / 8] ^ 1 << bit % 8);
    }
    head[SEGMENT_KIND_AT] = SEGMENT_ERASED; /* the one change that is meant */
    assert_true(segment_head_read(head, &read));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_checksum),
        TEST(test_position_finds_the_entry),
        TEST(test_next_segment_when_full),
        TEST(test_what_was_reserved_is_given_back),
        TEST(test_record_larger_than_a_segment),
        TEST(test_missing_folder_then_there),
        TEST(test_quiet_segment_ends_when_it_is_old),
        TEST(test_folder_taken_away_under_way),
        TEST(test_too_little_room),
        TEST(test_folder_that_is_a_file),
        TEST(test_half_an_entry_is_cut_off),
        TEST(test_records_of_no_length),
        TEST(test_what_killed_processes_forgot_goes),
        TEST(test_names_that_are_none),
        TEST(test_damaged_heads),
    };
    return cmocka_run_group_tests_name("journal writer", tests, NULL, NULL);
}

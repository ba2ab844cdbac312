#include "journal/reader.h"

#include "journal/record.h"
#include "journal/segment.h"
#include "journal/segment_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[64];
static struct seki_arena *arena;
static struct journal_writer *writer;
static size_t damaged; /* of what was to be erased */

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/sekisho-journal-XXXXXX");
    arena = seki_arena_new(64u << 20);
    if (arena == NULL || mkdtemp(folder) == NULL)
        return -1;
    writer = journal_writer_new(folder, 0, NULL, NULL);
    return writer == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    journal_writer_close(writer);
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;)
        if (entry->d_type == DT_REG)
            unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir != NULL)
        closedir(dir);
    rmdir(folder);
    seki_arena_free(arena);
    return 0;
}

static struct journal_position append(struct seki_str record)
{
    struct journal_position position;
    struct seki_error why = { "" };
    if (journal_append(writer, record, &position, &why) != SEKI_OK)
        fail_msg("%s", why.text);
    return position;
}

static void complete(void)
{
    journal_writer_close(writer);
    writer = NULL;
}

/* Text that does not become small when it is compressed. */
static struct seki_str noise(size_t len, unsigned seed)
{
    char *octets = seki_arena_octets(arena, len);
    assert_non_null(octets);
    for (size_t i = 0; i < len; i++) {
        seed = seed * 1103515245u + 12345u;
        octets[i] = (char)(uint8_t)(seed >> 16);
    }
    return (struct seki_str){ octets, len };
}

static void path_of(const struct journal_position *position, const char *suffix, char path[256])
{
    assert_true(segment_path(folder, seki_str_of(position->segment), suffix, path, 256));
}

static bool has_file(const struct journal_position *position, const char *suffix)
{
    char path[256];
    path_of(position, suffix, path);
    return access(path, F_OK) == 0;
}

static void overwrite(const struct journal_position *position, const char *suffix, off_t at, const char *octets,
                      size_t len)
{
    char path[256];
    path_of(position, suffix, path);
    int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, octets, len, at), (ssize_t)len);
    close(fd);
}

static void cut(const struct journal_position *position, off_t size)
{
    char path[256];
    path_of(position, "", path);
    assert_int_equal(truncate(path, size), 0);
}

static struct journal_reader *open_reader(const struct journal_position *position, uint64_t offset)
{
    struct seki_error why = { "" };
    struct journal_reader *reader = journal_reader_open(folder, seki_str_of(position->segment), offset, &why);
    if (reader == NULL)
        fail_msg("%s", why.text);
    return reader;
}

/* What a reader sees from its offset on: "one two ." for two records and an end, "?" for damage, "~" for an end for now. */
static const char *read_all(struct journal_reader *reader)
{
    struct seki_buf seen;
    seki_buf_init_arena(&seen, arena, 1u << 20);
    for (;;) {
        struct seki_str record;
        uint64_t next;
        struct seki_error why = { "" };
        enum journal_next got = journal_reader_next(reader, &record, &next, &why);
        if (got == JOURNAL_RECORD) {
            seki_buf_add(&seen, seki_str_head(record, 10));
            seki_buf_add_char(&seen, ' ');
            continue;
        }
        assert_true((got == JOURNAL_DAMAGED) == (why.text[0] != '\0'));
        seki_buf_add_char(&seen, got == JOURNAL_DAMAGED ? '?' : got == JOURNAL_END ? '.' : '~');
        if (got != JOURNAL_DAMAGED)
            break;
    }
    seki_buf_add_char(&seen, '\0');
    return seki_buf_str(&seen).ptr;
}

static const char *read_from(const struct journal_position *position)
{
    struct journal_reader *reader = open_reader(position, position->offset);
    const char *seen = read_all(reader);
    journal_reader_close(reader);
    return seen;
}

static void test_following_a_writer(void **state)
{
    (void)state;
    struct journal_position first = append(SEKI_STR("one"));
    struct journal_reader *reader = open_reader(&first, 0);
    assert_string_equal(read_all(reader), "one ~");
    assert_string_equal(read_all(reader), "~");
    append(SEKI_STR("two"));
    struct journal_position third = append(SEKI_STR("three"));
    assert_string_equal(read_all(reader), "two three ~");
    complete();
    assert_string_equal(read_all(reader), ".");
    journal_reader_close(reader);
    assert_string_equal(read_from(&third), "three .");
}

static void test_more_that_comes_with_the_end(void **state)
{
    (void)state;
    struct journal_position first = append(SEKI_STR("one"));
    struct journal_reader *reader = open_reader(&first, 0);
    assert_string_equal(read_all(reader), "one ~");
    append(SEKI_STR("two"));
    complete();
    assert_string_equal(read_all(reader), "two .");
    journal_reader_close(reader);
}

static void test_torn_tail(void **state)
{
    (void)state;
    struct journal_position first = append(SEKI_STR("one"));
    struct journal_position last = append(SEKI_STR("never whole"));
    off_t whole = (off_t)last.offset + SEGMENT_HEAD_OCTETS + 11;
    for (off_t size = whole - 1; size >= (off_t)last.offset; size--) {
        cut(&first, size);
        assert_string_equal(read_from(&first), "one ~"); /* it may still come */
    }
    complete();
    assert_string_equal(read_from(&first), "one .");
    cut(&first, whole); /* zeros, as a power cut leaves them */
    assert_string_equal(read_from(&first), "one .");
    cut(&first, (off_t)last.offset + 5);
    assert_string_equal(read_from(&first), "one .");
}

static void test_octets_that_the_writer_took_back(void **state)
{
    (void)state;
    struct journal_position first = append(SEKI_STR("one"));
    struct journal_reader *reader = open_reader(&first, 0);
    char path[256];
    path_of(&first, "", path);
    int fd = open(path, O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, "Sj\1\1half of an entry", 20), 20);
    assert_string_equal(read_all(reader), "one ~");
    assert_int_equal(ftruncate(fd, SEGMENT_HEAD_OCTETS + 3), 0);
    close(fd);
    append(SEKI_STR("two"));
    assert_string_equal(read_all(reader), "two ~");
    journal_reader_close(reader);
}

static void test_damage(void **state)
{
    static const struct {
        const char *name;
        off_t at; /* behind the begin of the second entry */
        const char *want;
    } cases[] = {
        { "a payload costs its record", SEGMENT_HEAD_OCTETS + 1, "one ?three ." },
        { "a length costs its record", 4, "one ?three ." },
        { "a mark costs its record", 0, "one ?three ." },
        { "a checksum costs its record", 13, "one ?three ." },
        { "the last head costs the last record", SEGMENT_HEAD_OCTETS + 3, "one two ?." },
    };
    (void)state;
    struct journal_position first = append(SEKI_STR("one"));
    struct journal_position second = append(SEKI_STR("two"));
    append(SEKI_STR("three"));
    complete();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char before, path[256];
        off_t at = (off_t)second.offset + cases[i].at;
        path_of(&first, "", path);
        int fd = open(path, O_RDONLY);
        assert_int_equal(pread(fd, &before, 1, at), 1);
        close(fd);
        overwrite(&first, "", at, "\xff", 1);
        const char *seen = read_from(&first);
        if (strcmp(seen, cases[i].want) != 0)
            fail_msg("%s: \"%s\"", cases[i].name, seen);
        overwrite(&first, "", at, &before, 1);
    }
}

static void assert_fetched(const struct journal_position *position, struct seki_str want)
{
    struct seki_str record;
    struct seki_error why = { "" };
    if (journal_fetch(folder, position, arena, &record, &why) != SEKI_OK)
        fail_msg("%s", why.text);
    assert_true(seki_str_equal(record, want));
}

static void assert_not_fetched(const struct journal_position *position, const char *want)
{
    struct seki_str record;
    struct seki_error why = { "" };
    assert_int_equal(journal_fetch(folder, position, arena, &record, &why), SEKI_BAD_INPUT);
    if (strstr(why.text, want) == NULL)
        fail_msg("%s", why.text);
}

static void compress(const struct journal_position *position)
{
    struct seki_error why = { "" };
    if (journal_compress(folder, seki_str_of(position->segment), &why) != SEKI_OK)
        fail_msg("%s", why.text);
}

/* Small records, one larger than two blocks, and small ones again. */
enum { MANY = 40 };
static struct seki_str records[MANY];
static struct journal_position positions[MANY];

static void fill(void)
{
    for (unsigned i = 0; i < MANY; i++) {
        records[i] = noise(i == 20 ? 3 * SEGMENT_BLOCK_OCTETS : 10000 + i * 1000, i);
        positions[i] = append(records[i]);
    }
}

static void test_positions_stay_when_compressed(void **state)
{
    (void)state;
    fill();
    complete();
    compress(&positions[0]);
    assert_false(has_file(&positions[0], ""));
    assert_true(has_file(&positions[0], ".zst"));
    assert_false(has_file(&positions[0], ".zst.new"));
    for (size_t i = 0; i < MANY; i++)
        assert_fetched(&positions[i], records[i]);
    struct journal_reader *reader = open_reader(&positions[0], positions[5].offset);
    for (size_t i = 5; i < MANY; i++) {
        struct seki_str record;
        uint64_t next;
        assert_int_equal(journal_reader_next(reader, &record, &next, NULL), JOURNAL_RECORD);
        assert_true(seki_str_equal(record, records[i]));
        assert_int_equal(next, positions[i].offset + SEGMENT_HEAD_OCTETS + records[i].len);
        assert_int_equal(journal_entry_offset(next, record), positions[i].offset);
    }
    assert_string_equal(read_all(reader), ".");
    journal_reader_close(reader);
    compress(&positions[0]); /* once more does nothing */
    assert_fetched(&positions[MANY - 1], records[MANY - 1]);
}

/* Whoever owns the folder must not choose what root writes to. */
static void test_what_lies_where_a_compressed_one_is_written_is_not_touched(void **state)
{
    (void)state;
    static int (*const put[])(const char *, const char *) = { symlink, symlink, link };
    char victim[256], path[256], compressed[256];
    struct stat before, after;
    fill();
    complete();
    snprintf(victim, sizeof victim, "%s/victim", folder);
    FILE *file = fopen(victim, "we");
    assert_non_null(file);
    fputs("precious", file);
    fclose(file);
    assert_int_equal(stat(victim, &before), 0);
    path_of(&positions[0], ".zst.new", path);
    path_of(&positions[0], ".zst", compressed);
    for (size_t i = 0; i < sizeof put / sizeof put[0]; i++) {
        assert_int_equal(put[i](victim, path), 0);
        if (i == 0)
            compress(&positions[0]);
        else
            assert_int_equal(journal_erase(folder, &positions[i], 1, &damaged, NULL), SEKI_OK);
        assert_int_equal(stat(victim, &after), 0);
        assert_int_equal(after.st_size, before.st_size);
        assert_int_equal(lstat(compressed, &after), 0);
        assert_true(S_ISREG(after.st_mode) && after.st_ino != before.st_ino);
    }
}

/* To open one would wait for ever, with the lock on the folder. */
static void test_a_pipe_stops_nobody(void **state)
{
    (void)state;
    static const char *const places[] = { "", ".zst" };
    struct journal_position first = append(SEKI_STR("one"));
    struct seki_str name = seki_str_of(first.segment);
    struct seki_error why;
    char path[256];
    complete();
    path_of(&first, "", path);
    assert_int_equal(unlink(path), 0);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        path_of(&first, places[i], path);
        assert_int_equal(mkfifo(path, 0600), 0);
        assert_int_not_equal(journal_compress(folder, name, &why), SEKI_OK);
        assert_int_not_equal(journal_erase(folder, &first, 1, &damaged, &why), SEKI_OK);
        assert_int_equal(journal_drop(folder, name, &why), SEKI_OK);
        assert_int_equal(access(path, F_OK), -1);
    }
}

static void set_time(const char *path, int64_t at_s)
{
    const struct timespec then = { at_s, 5000 }, times[2] = { then, then };
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* Retention looks at it: a segment must not be kept longer for having been compressed late, or erased from. */
static void test_a_segment_keeps_its_time(void **state)
{
    (void)state;
    char path[256];
    struct stat info;
    fill();
    complete();
    path_of(&positions[0], "", path);
    set_time(path, 1000000000);
    assert_int_equal(journal_erase(folder, &positions[1], 1, &damaged, NULL), SEKI_OK);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mtim.tv_sec, 1000000000);
    compress(&positions[0]);
    path_of(&positions[0], ".zst", path);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mtim.tv_sec, 1000000000);
    assert_int_equal(journal_erase(folder, &positions[2], 1, &damaged, NULL), SEKI_OK);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mtim.tv_sec, 1000000000);
    assert_int_equal(info.st_mtim.tv_nsec, 5000);
}

static void test_what_root_makes_is_the_folder_s_owner_s(void **state)
{
    (void)state;
    char path[256];
    struct stat status;
    if (geteuid() != 0)
        skip();
    fill();
    complete();
    assert_int_equal(chown(folder, 65534, 65534), 0);
    compress(&positions[0]);
    path_of(&positions[0], ".zst", path);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_uid, 65534);
    assert_int_equal(status.st_gid, 65534);
    assert_int_equal(chown(folder, 0, 0), 0);
}

static void test_a_reader_from_before_goes_on(void **state)
{
    (void)state;
    struct journal_position first = append(SEKI_STR("one"));
    append(SEKI_STR("two"));
    complete();
    struct journal_reader *reader = open_reader(&first, 0);
    struct seki_str record;
    uint64_t next;
    assert_int_equal(journal_reader_next(reader, &record, &next, NULL), JOURNAL_RECORD);
    compress(&first);
    assert_string_equal(read_all(reader), "two .");
    journal_reader_close(reader);
}

static void test_killed_before_the_plain_one_was_taken_away(void **state)
{
    (void)state;
    struct journal_position first = append(SEKI_STR("one"));
    char plain[256], kept[256];
    path_of(&first, "", plain);
    path_of(&first, ".kept", kept);
    complete();
    assert_int_equal(link(plain, kept), 0);
    compress(&first);
    assert_int_equal(rename(kept, plain), 0);
    const struct seki_str *names;
    size_t count;
    assert_int_equal(journal_segments(folder, arena, &names, &count, NULL), SEKI_OK);
    assert_int_equal(count, 1);
    assert_int_equal(journal_erase(folder, &first, 1, &damaged, NULL), SEKI_OK);
    assert_not_fetched(&first, "erased");
    assert_false(has_file(&first, ""));
}

/* What a killed process had begun to write is a copy of what is to be erased. */
static void test_nothing_is_left_beside_what_is_erased(void **state)
{
    (void)state;
    char path[256];
    positions[0] = append(SEKI_STR("one"));
    complete();
    path_of(&positions[0], ".zst.new", path);
    for (size_t i = 0; i < 2; i++) {
        close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
        assert_int_equal(journal_erase(folder, &positions[0], 1, &damaged, NULL), SEKI_OK);
        assert_false(has_file(&positions[0], ".zst.new"));
        assert_int_equal(journal_drop(folder, seki_str_of(positions[0].segment), NULL), SEKI_OK);
    }
}

static void test_what_cannot_be_taken_away_is_not_erased(void **state)
{
    (void)state;
    char path[256];
    struct seki_error why = { "" };
    fill();
    complete();
    compress(&positions[0]);
    path_of(&positions[0], "", path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(journal_erase(folder, &positions[0], 1, &damaged, &why), SEKI_SYSTEM);
    assert_non_null(strstr(why.text, "cannot take away"));
    assert_int_equal(rmdir(path), 0);
}

static void erase_some(bool is_compressed)
{
    fill();
    complete();
    if (is_compressed)
        compress(&positions[0]);
    const struct journal_position wanted[] = { positions[20], positions[3], positions[MANY - 1], positions[3] };
    struct seki_error why = { "" };
    if (journal_erase(folder, wanted, 4, &damaged, &why) != SEKI_OK)
        fail_msg("%s", why.text);
    for (size_t i = 0; i < MANY; i++) {
        if (i == 20 || i == 3 || i == MANY - 1)
            assert_not_fetched(&positions[i], "erased");
        else
            assert_fetched(&positions[i], records[i]);
    }
    struct segment_file *file;
    enum seki_result result;
    assert_non_null(file = segment_file_open(folder, seki_str_of(positions[0].segment), &result, NULL));
    struct seki_str octets;
    uint64_t payload = positions[20].offset + SEGMENT_HEAD_OCTETS;
    assert_int_equal(segment_file_read(file, payload, records[20].len, &octets, NULL), SEKI_OK);
    assert_int_equal(octets.len, records[20].len);
    for (size_t i = 0; i < octets.len; i++)
        assert_int_equal(octets.ptr[i], 0);
    segment_file_close(file);
    struct journal_reader *reader = open_reader(&positions[0], 0);
    size_t count = 0;
    uint64_t next;
    while (journal_reader_next(reader, &octets, &next, NULL) == JOURNAL_RECORD)
        count++;
    assert_int_equal(count, MANY - 3);
    journal_reader_close(reader);
}

static void test_erasing(void **state)
{
    (void)state;
    erase_some(false);
}

static void test_erasing_from_a_compressed_segment(void **state)
{
    (void)state;
    erase_some(true);
}

static void test_erasing_while_it_is_written(void **state)
{
    (void)state;
    struct journal_position first = append(SEKI_STR("one"));
    assert_int_equal(journal_erase(folder, &first, 1, &damaged, NULL), SEKI_OK);
    append(SEKI_STR("two"));
    assert_string_equal(read_from(&first), "two ~");
}

static void test_erasing_what_is_not_there(void **state)
{
    (void)state;
    struct journal_position first = append(SEKI_STR("one")), second = append(SEKI_STR("two")), gone = first;
    complete();
    gone.segment[0] = 'f';
    assert_int_equal(journal_erase(folder, &gone, 1, &damaged, NULL), SEKI_OK);
    struct journal_position wrong = second;
    wrong.offset++;
    const struct journal_position both[] = { wrong, first };
    struct seki_error why = { "" };
    assert_int_equal(journal_erase(folder, both, 2, &damaged, &why), SEKI_BAD_INPUT);
    assert_non_null(strstr(why.text, "no record"));
    assert_string_equal(read_from(&first), "two ."); /* the other one is erased all the same */
}

/* A link in its place is not followed, and a segment that is elsewhere is not gone. */
static void test_erasing_what_cannot_be_opened(void **state)
{
    (void)state;
    char path[8192], aside[8192];
    struct seki_error why = { "" };
    struct journal_position first = append(SEKI_STR("one"));
    complete();
    snprintf(path, sizeof path, "%s/%s", folder, first.segment);
    snprintf(aside, sizeof aside, "%s/aside", folder);
    assert_int_equal(rename(path, aside), 0);
    assert_int_equal(symlink(aside, path), 0);
    assert_int_not_equal(journal_erase(folder, &first, 1, &damaged, &why), SEKI_OK);
    assert_non_null(strstr(why.text, first.segment));
}

static void test_refusals(void **state)
{
    (void)state;
    struct journal_position first = append(SEKI_STR("one")), other = first;
    struct seki_str name = seki_str_of(first.segment);
    struct seki_error why = { "" };
    assert_int_equal(journal_compress(folder, name, &why), SEKI_TEMPORARY);
    assert_int_equal(journal_drop(folder, name, &why), SEKI_TEMPORARY);
    assert_int_equal(journal_drop(folder, SEKI_STR("../x.seg"), &why), SEKI_BAD_INPUT);
    assert_int_equal(journal_compress(folder, SEKI_STR("x"), &why), SEKI_BAD_INPUT);
    assert_int_equal(journal_erase(folder, &(struct journal_position){ "x", 0 }, 1, &damaged, &why),
                     SEKI_BAD_INPUT);
    assert_null(journal_reader_open(folder, SEKI_STR("/etc/passwd"), 0, &why));
    complete();
    other.segment[0] = 'f';
    assert_int_equal(journal_compress(folder, seki_str_of(other.segment), &why), SEKI_BAD_INPUT);
    assert_not_fetched(&other, "not there");
    other = first;
    other.offset = UINT64_MAX;
    assert_not_fetched(&other, "damaged");
    assert_int_equal(journal_drop(folder, name, &why), SEKI_OK);
    assert_int_equal(journal_drop(folder, name, &why), SEKI_OK);
    assert_not_fetched(&first, "not there");
}

static void test_damaged_compressed_segments(void **state)
{
    (void)state;
    fill();
    complete();
    compress(&positions[0]);
    char path[256];
    struct stat now;
    path_of(&positions[0], ".zst", path);
    assert_int_equal(stat(path, &now), 0);
    assert_int_equal(truncate(path, now.st_size - 1), 0);
    assert_not_fetched(&positions[0], "damaged");
    assert_int_equal(truncate(path, 3), 0);
    assert_not_fetched(&positions[0], "damaged");
    assert_int_equal(truncate(path, 0), 0);
    assert_not_fetched(&positions[0], "damaged");
}

/* The frame of a block has another begin than a frame has. @return the octets that were there */
static uint32_t spoil_block(const char *path, size_t index, size_t count, uint32_t mark)
{
    unsigned char entry[8], foot = SEGMENT_TABLE_FOOT_OCTETS;
    uint32_t before;
    off_t at = 0;
    int fd = open(path, O_RDWR);
    off_t table = lseek(fd, 0, SEEK_END) - foot - (off_t)(count * sizeof entry);
    for (size_t i = 0; i < index; i++) {
        assert_int_equal(pread(fd, entry, sizeof entry, table + (off_t)(i * sizeof entry)), sizeof entry);
        at += entry[0] | entry[1] << 8 | entry[2] << 16 | entry[3] << 24;
    }
    assert_int_equal(pread(fd, &before, sizeof before, at), sizeof before);
    assert_int_equal(pwrite(fd, &mark, sizeof mark, at), sizeof mark);
    close(fd);
    return before;
}

static bool lies_in(size_t i, size_t block)
{
    uint64_t from = positions[i].offset, to = from + SEGMENT_HEAD_OCTETS + records[i].len;
    return from < (block + 1) * SEGMENT_BLOCK_OCTETS && to > block * SEGMENT_BLOCK_OCTETS;
}

static void assert_all_but_those_in(size_t block)
{
    struct journal_reader *reader = open_reader(&positions[0], 0);
    struct seki_str record;
    uint64_t next;
    size_t damages = 0;
    enum journal_next got = JOURNAL_RECORD;
    for (size_t i = 0; got != JOURNAL_END; i++) {
        struct seki_error why = { "" };
        while ((got = journal_reader_next(reader, &record, &next, &why)) == JOURNAL_DAMAGED)
            damages++;
        while (i < MANY && lies_in(i, block))
            i++;
        assert_int_equal(got, i < MANY ? JOURNAL_RECORD : JOURNAL_END);
        assert_true(i == MANY || seki_str_equal(record, records[i]));
    }
    assert_in_range(damages, 1, 2); /* a record whose head is whole, and what has none */
    journal_reader_close(reader);
}

static void test_a_damaged_block_costs_what_lies_in_it(void **state)
{
    (void)state;
    fill();
    complete();
    compress(&positions[0]);
    char path[256];
    path_of(&positions[0], ".zst", path);
    uint64_t size = positions[MANY - 1].offset + SEGMENT_HEAD_OCTETS + records[MANY - 1].len;
    size_t count = (size_t)((size + SEGMENT_BLOCK_OCTETS - 1) / SEGMENT_BLOCK_OCTETS);
    for (size_t block = 0; block < count; block++) {
        uint32_t before = spoil_block(path, block, count, 0);
        assert_all_but_those_in(block);
        spoil_block(path, block, count, before);
    }
}

/* What is decompressed where a segment lies, sound or not. */
static struct seki_str octets_at(uint64_t offset, size_t len)
{
    enum seki_result result;
    struct seki_str octets;
    struct segment_file *file = segment_file_open(folder, seki_str_of(positions[0].segment), &result, NULL);
    assert_non_null(file);
    assert_int_equal(segment_file_read(file, offset, len, &octets, NULL), SEKI_OK);
    octets = seki_arena_copy(arena, octets);
    segment_file_close(file);
    return octets;
}

static void assert_zeros(uint64_t from, uint64_t to)
{
    struct seki_str octets = octets_at(from, (size_t)(to - from));
    assert_int_equal(octets.len, to - from);
    for (size_t i = 0; i < octets.len; i++)
        assert_int_equal(octets.ptr[i], 0);
}

static struct seki_str contents(const char *path)
{
    struct stat info;
    int fd = open(path, O_RDONLY);
    assert_int_equal(fstat(fd, &info), 0);
    char *octets = seki_arena_octets(arena, (size_t)info.st_size);
    assert_int_equal(read(fd, octets, (size_t)info.st_size), info.st_size);
    close(fd);
    return (struct seki_str){ octets, (size_t)info.st_size };
}

static uint64_t end_of(size_t i)
{
    return positions[i].offset + SEGMENT_HEAD_OCTETS + records[i].len;
}

/* What lies in the block, and one record that does not. */
static void erase_around(size_t block, uint64_t size)
{
    struct journal_position wanted[MANY];
    struct seki_error why = { "" };
    const size_t other = block < 2 ? MANY - 2 : 0;
    size_t count = 0;
    for (size_t i = 0; i < MANY; i++)
        if (i == other || lies_in(i, block))
            wanted[count++] = positions[i];
    if (journal_erase(folder, wanted, count, &damaged, &why) != SEKI_OK)
        fail_msg("%s", why.text);
    assert_int_equal(damaged, count - 1);
    assert_not_fetched(&positions[other], "erased");
    uint64_t to = (block + 1) * SEGMENT_BLOCK_OCTETS;
    assert_zeros(block * SEGMENT_BLOCK_OCTETS, to < size ? to : size);
    for (size_t i = 0; i < MANY; i++) {
        if (i == other || lies_in(i, block))
            assert_zeros(positions[i].offset + SEGMENT_HEAD_OCTETS, end_of(i));
        else
            assert_fetched(&positions[i], records[i]);
    }
}

static void test_erasing_where_a_block_is_damaged(void **state)
{
    (void)state;
    char path[256];
    fill();
    complete();
    compress(&positions[0]);
    path_of(&positions[0], ".zst", path);
    struct seki_str whole = contents(path);
    uint64_t size = end_of(MANY - 1);
    size_t count = (size_t)((size + SEGMENT_BLOCK_OCTETS - 1) / SEGMENT_BLOCK_OCTETS);
    for (size_t block = 0; block < count; block++) {
        spoil_block(path, block, count, 0);
        erase_around(block, size);
        assert_int_equal(truncate(path, 0), 0);
        overwrite(&positions[0], ".zst", 0, whole.ptr, whole.len);
    }
}

/* Where its blocks begin cannot be told any more: `zstd -d` can still read it. */
static void test_erasing_from_a_segment_whose_table_is_damaged(void **state)
{
    (void)state;
    char path[256];
    struct seki_error why = { "" };
    fill();
    complete();
    compress(&positions[0]);
    path_of(&positions[0], ".zst", path);
    assert_int_equal(truncate(path, (off_t)contents(path).len - 1), 0);
    assert_int_equal(journal_erase(folder, &positions[0], 1, &damaged, &why), SEKI_BAD_INPUT);
    assert_non_null(strstr(why.text, "take it away"));
}

static void test_erasing_a_damaged_record(void **state)
{
    static const struct {
        const char *name;
        off_t at; /* behind the begin of the second entry */
        size_t damaged;
    } cases[] = {
        { "its head", 5, 1 }, { "what it says", SEGMENT_HEAD_OCTETS + 1, 0 }, /* the head tells how long it is */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        writer = i == 0 ? writer : journal_writer_new(folder, 0, NULL, NULL);
        positions[0] = append(SEKI_STR("one"));
        positions[1] = append(SEKI_STR("two"));
        append(SEKI_STR("three"));
        complete();
        overwrite(&positions[1], "", (off_t)positions[1].offset + cases[i].at, "\xff", 1);
        assert_int_equal(journal_erase(folder, &positions[1], 1, &damaged, NULL), SEKI_OK);
        if (damaged != cases[i].damaged)
            fail_msg("%s: %zu", cases[i].name, damaged);
        assert_zeros(positions[1].offset + SEGMENT_HEAD_OCTETS, positions[1].offset + SEGMENT_HEAD_OCTETS + 3);
        assert_non_null(strstr(read_from(&positions[0]), "three ."));
    }
}

/* The power went before the file was on the disk, and after the store had heard of it. */
static void test_erasing_half_a_record(void **state)
{
    (void)state;
    positions[0] = append(SEKI_STR("one"));
    positions[1] = append(SEKI_STR("half of it"));
    positions[2] = append(SEKI_STR("nothing of it"));
    complete();
    cut(&positions[0], (off_t)positions[1].offset + SEGMENT_HEAD_OCTETS + 4);
    assert_int_equal(journal_erase(folder, &positions[1], 2, &damaged, NULL), SEKI_OK);
    assert_int_equal(damaged, 1);
    assert_zeros(positions[1].offset + SEGMENT_HEAD_OCTETS, positions[1].offset + SEGMENT_HEAD_OCTETS + 4);
    assert_string_equal(read_from(&positions[0]), "one .");
}

static void test_what_is_no_file_is_unreadable_and_stops_nobody(void **state)
{
    (void)state;
    struct journal_position first = append(SEKI_STR("one"));
    char path[256];
    struct seki_error why = { "" };
    struct seki_str record;
    uint64_t next;
    path_of(&first, "", path);
    complete();
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0); /* to open one for reading would wait for ever */
    struct journal_reader *reader = open_reader(&first, 0);
    assert_int_equal(journal_reader_next(reader, &record, &next, &why), JOURNAL_DAMAGED);
    assert_int_equal(next, 0);
    assert_non_null(strstr(why.text, "cannot read the journal"));
    journal_reader_close(reader);
    assert_int_equal(unlink(path), 0);
}

static void test_names_come_oldest_first(void **state)
{
    (void)state;
    struct journal_position first = append(SEKI_STR("one"));
    complete();
    writer = journal_writer_new(folder, 7, NULL, NULL);
    struct journal_position second = append(SEKI_STR("two"));
    compress(&first);
    char path[256];
    path_of(&second, ".other", path);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    const struct seki_str *names;
    size_t count;
    assert_int_equal(journal_segments(folder, arena, &names, &count, NULL), SEKI_OK);
    assert_int_equal(count, 2);
    assert_true(seki_str_equal(names[0], seki_str_of(first.segment)));
    assert_true(seki_str_equal(names[1], seki_str_of(second.segment)));
    struct seki_error why = { "" };
    assert_int_equal(journal_segments("/nowhere", arena, &names, &count, &why), SEKI_SYSTEM);
    assert_non_null(strstr(why.text, "/nowhere"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_following_a_writer),
        TEST(test_more_that_comes_with_the_end),
        TEST(test_torn_tail),
        TEST(test_octets_that_the_writer_took_back),
        TEST(test_damage),
        TEST(test_positions_stay_when_compressed),
        TEST(test_what_lies_where_a_compressed_one_is_written_is_not_touched),
        TEST(test_a_pipe_stops_nobody),
        TEST(test_a_segment_keeps_its_time),
        TEST(test_what_root_makes_is_the_folder_s_owner_s),
        TEST(test_a_reader_from_before_goes_on),
        TEST(test_killed_before_the_plain_one_was_taken_away),
        TEST(test_nothing_is_left_beside_what_is_erased),
        TEST(test_what_cannot_be_taken_away_is_not_erased),
        TEST(test_erasing),
        TEST(test_erasing_from_a_compressed_segment),
        TEST(test_erasing_while_it_is_written),
        TEST(test_erasing_what_is_not_there),
        TEST(test_erasing_what_cannot_be_opened),
        TEST(test_refusals),
        TEST(test_damaged_compressed_segments),
        TEST(test_a_damaged_block_costs_what_lies_in_it),
        TEST(test_erasing_where_a_block_is_damaged),
        TEST(test_erasing_from_a_segment_whose_table_is_damaged),
        TEST(test_erasing_a_damaged_record),
        TEST(test_erasing_half_a_record),
        TEST(test_what_is_no_file_is_unreadable_and_stops_nobody),
        TEST(test_names_come_oldest_first),
    };
    return cmocka_run_group_tests_name("journal reader", tests, NULL, NULL);
}

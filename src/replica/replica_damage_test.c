/* Damage of every kind: what a reader then says is right, or "not known", and never wrong; and no process ends. */
#include "replica/replica_test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define DOMAINS   24u
#define SECOND_US 1000000

struct setting {
    struct test_folder folder;
    char data[PATH_MAX]; /* the file */
    off_t size;
};

static void name_of(uint64_t id, char name[64])
{
    snprintf(name, 64, "d%llu.example", (unsigned long long)id);
}

static int set_up(void **state)
{
    struct setting *s = calloc(1, sizeof *s);
    struct stat status;
    s->folder = test_folder_make();
    struct replica_writer *writer = test_writer(&s->folder);
    test_begin_rebuild(writer);
    for (uint64_t id = 1; id <= DOMAINS; id++) {
        char name[64];
        name_of(id, name);
        struct replica_hosted domain = test_domain(name, id);
        const struct policy_allow entry = { .id = id, .author_domain = SEKI_STR("sender.example") };
        domain.includes_subdomains = true;
        domain.entries = &entry;
        domain.entry_count = 1;
        assert_int_equal(replica_put_domain(writer, &domain, NULL), SEKI_OK);
    }
    test_commit(writer, 3);
    replica_writer_close(writer);
    test_path(s->data, s->folder.path, "current/data.mdb");
    assert_int_equal(stat(s->data, &status), 0);
    s->size = status.st_size;
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct setting *s = *state;
    test_remove(s->folder.path, 2);
    free(s);
    return 0;
}

/* @return how many answers were "not known" */
static unsigned all_right_or_not_known(struct replica *replica, const char *what, long long where)
{
    unsigned missing = 0;
    for (uint64_t id = 0; id <= DOMAINS + 8; id++) { /* 0 and those behind the last are nobody's */
        char name[64];
        name_of(id, name);
        int64_t want = id >= 1 && id <= DOMAINS ? (int64_t)id : 0;
        int64_t got = test_find(replica, name);
        if (got != want && got != -1)
            fail_msg("%s at %lld: %s is %lld's", what, where, name, (long long)got);
        missing += got == -1;
    }
    return missing;
}

static void flip(int file, off_t at, unsigned char mask)
{
    unsigned char octet;
    assert_int_equal(pread(file, &octet, 1, at), 1);
    octet ^= mask;
    assert_int_equal(pwrite(file, &octet, 1, at), 1);
}

/* The two meta pages matter, and those with domains and entries in them, wherever LMDB has put them; of the lists of hashes
 * there are hundreds alike. */
static bool is_page_that_matters(int file, off_t at)
{
    char page[4096];
    off_t begin = at - at % (off_t)sizeof page;
    assert_int_equal(pread(file, page, sizeof page, begin), sizeof page);
    return begin < 2 * (off_t)sizeof page || memmem(page, sizeof page, ".example", strlen(".example")) != NULL;
}

static void a_wrong_octet_anywhere_is_never_a_wrong_answer(void **state)
{
    struct setting *s = *state;
    static const unsigned char masks[] = { 0xff, 0x01, 0x80, 0x10 };
    int file = open(s->data, O_RDWR);
    unsigned tried = 0, noticed = 0;
    for (off_t at = 0; at < s->size; tried++) {
        unsigned char mask = masks[tried % sizeof masks];
        flip(file, at, mask);
        struct replica *replica = replica_open(s->folder.path);
        noticed += all_right_or_not_known(replica, "flipped", at) > 0;
        replica_close(replica);
        flip(file, at, mask);
        at += is_page_that_matters(file, at) ? 3 : 331;
    }
    close(file);
    assert_true(noticed > 300);
}

static void a_block_of_wrong_octets_is_never_a_wrong_answer(void **state)
{
    struct setting *s = *state;
    static char before[4096], zeros[4096], noise[4096];
    memset(noise, 0xa5, sizeof noise);
    int file = open(s->data, O_RDWR);
    for (off_t at = 0; at + 4096 <= s->size; at += 4096)
        for (int kind = 0; kind < 2; kind++) {
            assert_int_equal(pread(file, before, sizeof before, at), sizeof before);
            assert_int_equal(pwrite(file, kind == 0 ? zeros : noise, sizeof zeros, at), sizeof zeros);
            struct replica *replica = replica_open(s->folder.path);
            all_right_or_not_known(replica, kind == 0 ? "zeros" : "noise", at);
            replica_close(replica);
            assert_int_equal(pwrite(file, before, sizeof before, at), sizeof before);
        }
    close(file);
}

/* The file is cut while the reader has it mapped: SIGBUS without the guard. */
static void a_file_cut_under_a_reader_stops_nobody(void **state)
{
    struct setting *s = *state;
    static const off_t sizes[] = { 0, 1, 4096, 8191, 8192, 12288, 40960, 400000 };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct replica_writer *writer = test_writer(&s->folder);
        test_begin_rebuild(writer);
        for (uint64_t id = 1; id <= DOMAINS; id++) {
            char name[64];
            name_of(id, name);
            test_put(writer, name, id, true);
        }
        test_commit(writer, 10 + i);
        struct replica *replica = replica_open(s->folder.path);
        assert_int_equal(all_right_or_not_known(replica, "whole", 0), 0);
        assert_int_equal(truncate(s->data, sizes[i]), 0);
        unsigned missing = all_right_or_not_known(replica, "cut to", sizes[i]);
        assert_true(missing > 0 || sizes[i] >= 400000);
        replica_refresh(replica, SECOND_US); /* looks at the size */
        assert_int_equal(test_find(replica, "d1.example"), -1);
        assert_true(replica_writer_is_reported(writer)); /* the reader said so */
        assert_false(replica_writer_is_sound(writer, NULL));
        replica_close(replica);
        replica_writer_close(writer);
    }
}

static void a_file_that_came_back_damaged_is_not_used_and_not_changed(void **state)
{
    struct setting *s = *state;
    static const off_t sizes[] = { 0, 100, 8192, 20000 };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        assert_int_equal(truncate(s->data, sizes[i]), 0);
        struct replica *replica = replica_open(s->folder.path);
        assert_int_equal(test_find(replica, "d1.example"), -1);
        struct replica_writer *writer = test_writer(&s->folder);
        assert_int_equal(replica_writer_change_id(writer), 0);
        assert_false(replica_writer_is_sound(writer, NULL));
        assert_int_equal(replica_change_begin(writer, NULL), SEKI_SYSTEM);
        test_begin_rebuild(writer);
        test_put(writer, "d1.example", 1, false);
        test_commit(writer, 20 + i);
        assert_true(replica_writer_is_sound(writer, NULL));
        assert_false(replica_writer_is_reported(writer));
        replica_refresh(replica, SECOND_US);
        assert_int_equal(test_find(replica, "d1.example"), 1);
        replica_close(replica);
        replica_writer_close(writer);
    }
}

enum loss { NO_FILE, NO_GENERATION, NO_LINK, LINK_ASTRAY, A_FOLDER_FOR_A_FILE };

static void lose(struct setting *s, enum loss loss)
{
    char link[PATH_MAX], name[64] = "";
    test_path(link, s->folder.path, "current");
    assert_true(readlink(link, name, sizeof name - 1) > 0);
    char generation[PATH_MAX];
    test_path(generation, s->folder.path, name);
    if (loss != NO_LINK && loss != LINK_ASTRAY)
        remove(s->data);
    if (loss == NO_GENERATION)
        remove(generation);
    if (loss == NO_LINK || loss == LINK_ASTRAY)
        remove(link);
    if (loss == LINK_ASTRAY)
        assert_int_equal(symlink("../../etc", link), 0);
    if (loss == A_FOLDER_FOR_A_FILE)
        assert_int_equal(mkdir(s->data, 0700), 0);
}

static void what_is_lost_is_not_known_and_can_be_rebuilt(void **state)
{
    struct setting *s = *state;
    for (enum loss loss = NO_FILE; loss <= A_FOLDER_FOR_A_FILE; loss++) {
        struct replica *before = replica_open(s->folder.path);
        lose(s, loss);
        struct replica *replica = replica_open(s->folder.path);
        assert_int_equal(test_find(replica, "d1.example"), -1);
        replica_refresh(before, SECOND_US);
        assert_int_equal(test_find(before, "d1.example"), 1); /* what was known last still holds */
        struct replica_writer *writer = test_writer(&s->folder);
        assert_int_equal(replica_writer_change_id(writer), 0);
        test_begin_rebuild(writer);
        test_put(writer, "d1.example", 1, false);
        test_commit(writer, 30);
        replica_refresh(replica, SECOND_US);
        assert_int_equal(test_find(replica, "d1.example"), 1);
        replica_close(before);
        replica_close(replica);
        replica_writer_close(writer);
    }
}

static void a_file_that_may_not_be_read_is_not_known(void **state)
{
    struct setting *s = *state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(chmod(s->data, 0600), 0);
    assert_int_equal(chmod(s->folder.path, 0755), 0);
    pid_t child = fork();
    if (child == 0) {
        if (setresuid(65534, 65534, 65534) != 0)
            _exit(2);
        struct replica *replica = replica_open(s->folder.path);
        _exit(test_find(replica, "d1.example") == -1 ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void a_writer_notices_damage_before_it_builds_on_it(void **state)
{
    struct setting *s = *state;
    int file = open(s->data, O_RDWR);
    unsigned unnoticed = 0, tried = 0;
    for (off_t at = 16; at < s->size; at += 4096 * 3 + 777, tried++) {
        flip(file, at, 0x21);
        struct replica_writer *writer = test_writer(&s->folder);
        struct replica *replica = replica_open(s->folder.path);
        if (replica_writer_is_sound(writer, NULL)) {
            assert_int_equal(all_right_or_not_known(replica, "sound", at), 0);
            unnoticed++; /* an octet that nothing stands in */
        }
        replica_close(replica);
        replica_writer_close(writer);
        flip(file, at, 0x21);
    }
    close(file);
    assert_true(tried > 50 && unnoticed < tried / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_wrong_octet_anywhere_is_never_a_wrong_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_block_of_wrong_octets_is_never_a_wrong_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_cut_under_a_reader_stops_nobody, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_came_back_damaged_is_not_used_and_not_changed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_lost_is_not_known_and_can_be_rebuilt, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_may_not_be_read_is_not_known, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_writer_notices_damage_before_it_builds_on_it, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

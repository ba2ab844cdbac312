/* Changes, rebuilds and generations; what a reader sees meanwhile; two writers, and one that is killed. */
#include "replica/replica_test.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define SECOND_US 1000000

static int set_up(void **state)
{
    struct test_folder *folder = calloc(1, sizeof *folder);
    *folder = test_folder_make();
    *state = folder;
    return 0;
}

static int tear_down(void **state)
{
    struct test_folder *folder = *state;
    test_remove(folder->path, 2);
    free(folder);
    return 0;
}

static void build(struct replica_writer *writer, uint64_t change_id)
{
    test_begin_rebuild(writer);
    test_put(writer, "one.example", 1, false);
    test_put(writer, "two.example", 2, false);
    test_commit(writer, change_id);
}

static size_t count_generations(const struct test_folder *folder)
{
    size_t count = 0;
    DIR *entries = opendir(folder->path);
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;)
        count += strncmp(entry->d_name, "g-", 2) == 0;
    closedir(entries);
    return count;
}

static void without_a_replica_nothing_is_known(void **state)
{
    struct replica *replica = replica_open(((struct test_folder *)*state)->path);
    struct replica *nowhere = replica_open("/nowhere/at/all");
    assert_int_equal(test_find(replica, "one.example"), -1);
    assert_int_equal(test_find(nowhere, "one.example"), -1);
    assert_int_equal(replica_change_id(replica), 0);
    struct replica_writer *writer = test_writer(*state);
    assert_int_equal(replica_writer_change_id(writer), 0);
    assert_int_equal(replica_change_begin(writer, NULL), SEKI_SYSTEM);
    build(writer, 5);
    assert_int_equal(test_find(replica, "one.example"), -1); /* not looked yet */
    replica_refresh(replica, SECOND_US);
    assert_int_equal(test_find(replica, "one.example"), 1);
    replica_close(replica);
    replica_close(nowhere);
    replica_writer_close(writer);
}

static void changes_are_seen_at_once_and_survive_a_new_writer(void **state)
{
    struct replica_writer *writer = test_writer(*state);
    build(writer, 5);
    struct replica *replica = replica_open(((struct test_folder *)*state)->path);
    test_begin_change(writer);
    test_put(writer, "three.example", 3, false);
    assert_int_equal(replica_drop_domain(writer, SEKI_STR("one.example"), NULL), SEKI_OK);
    assert_int_equal(replica_drop_domain(writer, SEKI_STR("never.example"), NULL), SEKI_OK);
    assert_int_equal(test_find(replica, "three.example"), 0); /* not before the commit */
    assert_int_equal(test_find(replica, "one.example"), 1);
    test_commit(writer, 6);
    assert_int_equal(test_find(replica, "three.example"), 3);
    assert_int_equal(test_find(replica, "one.example"), 0);
    assert_int_equal(replica_change_id(replica), 6);
    replica_writer_close(writer);
    writer = test_writer(*state);
    assert_int_equal(replica_writer_change_id(writer), 6);
    assert_true(replica_writer_is_sound(writer, NULL));
    assert_int_equal(count_generations(*state), 1);
    replica_close(replica);
    replica_writer_close(writer);
}

static void what_is_rolled_back_never_was(void **state)
{
    struct replica_writer *writer = test_writer(*state);
    build(writer, 5);
    struct replica *replica = replica_open(((struct test_folder *)*state)->path);
    test_begin_change(writer);
    test_put(writer, "three.example", 3, false);
    replica_rollback(writer);
    test_begin_rebuild(writer);
    test_put(writer, "four.example", 4, false);
    replica_rollback(writer);
    assert_int_equal(replica_commit(writer, 9, NULL), SEKI_USAGE);
    replica_refresh(replica, SECOND_US);
    assert_int_equal(test_find(replica, "three.example"), 0);
    assert_int_equal(test_find(replica, "four.example"), 0);
    assert_int_equal(test_find(replica, "two.example"), 2);
    assert_int_equal(count_generations(*state), 1);
    assert_true(replica_writer_is_sound(writer, NULL));
    replica_close(replica);
    replica_writer_close(writer);
}

static size_t allow_count(struct replica *replica, uint64_t domain_id, const char *author)
{
    struct seki_arena *arena = seki_arena_new(1u << 20);
    const struct policy_allow *entries;
    size_t count;
    assert_int_equal(replica_find_allow(replica, domain_id, seki_str_of(author), arena, &entries, &count),
                     REPLICA_YES);
    seki_arena_free(arena);
    return count;
}

static void putting_again_replaces_allow_entries_too(void **state)
{
    struct replica_writer *writer = test_writer(*state);
    build(writer, 5);
    struct replica *replica = replica_open(((struct test_folder *)*state)->path);
    struct replica_hosted domain = test_domain("one.example", 1);
    const struct policy_allow before[] = { { .id = 1, .author_domain = SEKI_STR("a.example") },
                                           { .id = 2, .author_domain = SEKI_STR("b.example") } };
    const struct policy_allow after[] = { { .id = 3, .author_domain = SEKI_STR("b.example") },
                                          { .id = 4, .author_domain = SEKI_STR("b.example") } };
    test_begin_change(writer);
    domain.entries = before;
    domain.entry_count = 2;
    assert_int_equal(replica_put_domain(writer, &domain, NULL), SEKI_OK);
    test_commit(writer, 6);
    assert_int_equal(allow_count(replica, 1, "a.example"), 1);
    test_begin_change(writer);
    domain.entries = after;
    assert_int_equal(replica_put_domain(writer, &domain, NULL), SEKI_OK);
    test_commit(writer, 7);
    assert_int_equal(allow_count(replica, 1, "a.example"), 0);
    assert_int_equal(allow_count(replica, 1, "b.example"), 2);
    test_begin_change(writer);
    assert_int_equal(replica_drop_domain(writer, SEKI_STR("one.example"), NULL), SEKI_OK);
    test_commit(writer, 8);
    assert_int_equal(allow_count(replica, 1, "b.example"), 0);
    assert_true(replica_writer_is_sound(writer, NULL));
    replica_close(replica);
    replica_writer_close(writer);
}

static struct seki_str lookalike(struct replica *replica, struct seki_arena *arena, const char *author)
{
    struct replica_author found;
    (void)replica_find_author(replica, seki_str_of(author), arena, &found);
    return found.lookalike_of;
}

static void of_two_domains_that_look_the_same_one_remains(void **state)
{
    struct replica_writer *writer = test_writer(*state);
    struct seki_arena *arena = seki_arena_new(1u << 20);
    test_begin_rebuild(writer);
    test_put(writer, "mill.example", 1, false);
    test_put(writer, "mi1l.example", 2, false);
    test_put(writer, "mi1l.example", 3, false); /* twice in a rebuild: the last counts */
    test_commit(writer, 1);
    assert_true(replica_writer_is_sound(writer, NULL));
    struct replica *replica = replica_open(((struct test_folder *)*state)->path);
    assert_int_equal(test_find(replica, "mi1l.example"), 3);
    assert_true(seki_str_equal(lookalike(replica, arena, "m1ll.example"), SEKI_STR("mi1l.example")));
    test_begin_change(writer);
    assert_int_equal(replica_drop_domain(writer, SEKI_STR("mi1l.example"), NULL), SEKI_OK);
    test_commit(writer, 2);
    assert_true(seki_str_equal(lookalike(replica, arena, "m1ll.example"), SEKI_STR("mill.example")));
    test_begin_change(writer);
    assert_int_equal(replica_drop_domain(writer, SEKI_STR("mill.example"), NULL), SEKI_OK);
    test_commit(writer, 3);
    assert_true(seki_str_equal(lookalike(replica, arena, "m1ll.example"), SEKI_STR("")));
    assert_true(replica_writer_is_sound(writer, NULL));
    replica_close(replica);
    replica_writer_close(writer);
    seki_arena_free(arena);
}

static void a_reader_keeps_an_old_generation_until_it_looks(void **state)
{
    struct replica_writer *writer = test_writer(*state);
    build(writer, 5);
    struct replica *replica = replica_open(((struct test_folder *)*state)->path);
    replica_refresh(replica, SECOND_US);
    test_begin_rebuild(writer);
    test_put(writer, "new.example", 9, false);
    test_commit(writer, 6);
    assert_int_equal(count_generations(*state), 1); /* the old one is removed under the reader */
    replica_refresh(replica, SECOND_US + 100000);   /* too early to look again */
    assert_int_equal(test_find(replica, "one.example"), 1);
    replica_refresh(replica, SECOND_US + 300000);
    assert_int_equal(test_find(replica, "one.example"), 0);
    assert_int_equal(test_find(replica, "new.example"), 9);
    replica_close(replica);
    replica_writer_close(writer);
}

static void a_second_writer_is_refused(void **state)
{
    struct replica_writer *writer = test_writer(*state);
    struct seki_error why = { "" };
    assert_null(replica_writer_open(((struct test_folder *)*state)->path, TEST_MAP_OCTETS, &why));
    assert_non_null(strstr(why.text, "another process writes the replica"));
    replica_writer_close(writer);
    writer = test_writer(*state);
    replica_writer_close(writer);
}

static void a_replica_that_is_full_says_so_and_stays_as_it_was(void **state)
{
    struct seki_error why = { "" };
    struct replica_writer *writer = replica_writer_open(((struct test_folder *)*state)->path, 6u << 20, &why);
    build(writer, 5);
    struct replica *replica = replica_open(((struct test_folder *)*state)->path);
    test_begin_change(writer);
    enum seki_result result = SEKI_OK;
    for (uint64_t id = 10; id < 100000 && result == SEKI_OK; id++) {
        char name[64];
        snprintf(name, sizeof name, "d%llu.example", (unsigned long long)id);
        const struct replica_hosted domain = test_domain(name, id);
        result = replica_put_domain(writer, &domain, &why);
    }
    assert_int_equal(result, SEKI_LIMIT);
    assert_non_null(strstr(why.text, "replica_map_size"));
    replica_rollback(writer);
    assert_int_equal(test_find(replica, "one.example"), 1);
    assert_int_equal(test_find(replica, "d10.example"), 0);
    replica_close(replica);
    replica_writer_close(writer);
    writer = test_writer(*state); /* with more room */
    test_begin_change(writer);
    test_put(writer, "d10.example", 10, false);
    test_commit(writer, 6);
    replica_writer_close(writer);
}

static void readers_of_another_user_need_the_group_only(void **state)
{
    struct test_folder *folder = *state;
    char path[PATH_MAX], inner[PATH_MAX];
    struct stat status;
    test_path(path, folder->path, "made");
    mode_t umask_before = umask(077);
    struct seki_error why = { "" };
    struct replica_writer *writer = replica_writer_open(path, TEST_MAP_OCTETS, &why);
    build(writer, 5);
    umask(umask_before);
    static const struct {
        const char *file;
        mode_t mode;
    } wanted[] = { { ".", 02750 }, { "current/.", 02750 }, { "current/data.mdb", 0640 }, { "damaged", 0660 } };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        test_path(inner, path, wanted[i].file);
        assert_int_equal(stat(inner, &status), 0);
        if ((status.st_mode & 07777) != wanted[i].mode)
            fail_msg("%s: %o", wanted[i].file, status.st_mode & 07777);
    }
    test_path(inner, path, "current/lock.mdb");
    assert_int_not_equal(stat(inner, &status), 0); /* readers write nothing */
    replica_writer_close(writer);
    test_remove(path, 2);
}

/* ---- a reader beside a writer ---- */

struct race {
    const char *folder;
    atomic_bool is_over;
    atomic_ulong look_ups, wrong;
};

/* Of a domain and its tenant both are of one round: the tenant's policy names it in days, the domain's revision outright. */
static bool is_of_one_round(struct replica *replica, struct seki_arena *arena)
{
    struct replica_domain domain;
    seki_arena_clear(arena);
    return replica_find_domain(replica, SEKI_STR("always.example"), arena, &domain) == REPLICA_YES &&
           domain.policy_revision == 1000 + domain.policy.quarantine_days;
}

/* Of two domains exactly one is there in every state. A reader that saw half a change would find both or none of one
 * pair, or the same domain under another id. */
static void *read_on(void *context)
{
    struct race *race = context;
    struct replica *replica = replica_open(race->folder);
    struct seki_arena *arena = seki_arena_new(1u << 20);
    int64_t now_us = 0;
    while (!atomic_load(&race->is_over)) {
        int64_t always = test_find(replica, "always.example"), never = test_find(replica, "never.example");
        int64_t odd = test_find(replica, "odd.example");
        if (always != 1 || never != 0 || (odd != 0 && odd != 3) || !is_of_one_round(replica, arena))
            atomic_fetch_add(&race->wrong, 1);
        atomic_fetch_add(&race->look_ups, 4);
        replica_refresh(replica, now_us += 50000);
    }
    seki_arena_free(arena);
    replica_close(replica);
    return NULL;
}

static void put_always(struct replica_writer *writer, uint64_t round)
{
    struct replica_tenant tenant = test_tenant();
    struct replica_hosted domain = test_domain("always.example", 1);
    tenant.policy.quarantine_days = round;
    domain.policy_revision = 1000 + round;
    test_put_tenant(writer, &tenant);
    assert_int_equal(replica_put_domain(writer, &domain, NULL), SEKI_OK);
}

static void put_fillers(struct replica_writer *writer, uint64_t round)
{
    for (uint64_t id = 100; id < 300; id++) {
        char name[64];
        snprintf(name, sizeof name, "filler%llu.example", (unsigned long long)(id + round % 7));
        test_put(writer, name, id + round, false);
    }
}

static void readers_never_see_half_a_change(void **state)
{
    struct race race = { .folder = ((struct test_folder *)*state)->path };
    struct replica_writer *writer = test_writer(*state);
    test_begin_rebuild(writer);
    put_always(writer, 1);
    test_commit(writer, 1);
    pthread_t readers[2];
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_on, &race), 0);
    for (uint64_t round = 2; round < 200; round++) {
        if (round % 50 == 0)
            test_begin_rebuild(writer);
        else
            test_begin_change(writer);
        put_fillers(writer, round);
        if (round % 2 == 1)
            test_put(writer, "odd.example", 3, false);
        else
            assert_int_equal(replica_drop_domain(writer, SEKI_STR("odd.example"), NULL), SEKI_OK);
        put_always(writer, round);
        test_commit(writer, round);
    }
    atomic_store(&race.is_over, true);
    for (size_t i = 0; i < 2; i++)
        pthread_join(readers[i], NULL);
    assert_true(atomic_load(&race.look_ups) > 0);
    assert_int_equal(atomic_load(&race.wrong), 0);
    assert_true(replica_writer_is_sound(writer, NULL));
    replica_writer_close(writer);
}

static void *open_over_and_over(void *context)
{
    struct race *race = context;
    while (!atomic_load(&race->is_over)) {
        struct replica *replica = replica_open(race->folder);
        if (test_find(replica, "always.example") != 1)
            atomic_fetch_add(&race->wrong, 1);
        atomic_fetch_add(&race->look_ups, 1);
        replica_close(replica);
    }
    return NULL;
}

/* Its pages change while the reader that comes looks for the first one: that is no damage. */
static void a_reader_that_comes_in_the_middle_of_changes_finds_it_sound(void **state)
{
    struct race race = { .folder = ((struct test_folder *)*state)->path };
    struct replica_writer *writer = test_writer(*state);
    test_begin_rebuild(writer);
    put_always(writer, 1);
    test_commit(writer, 1);
    pthread_t readers[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, open_over_and_over, &race), 0);
    for (uint64_t round = 2; round < 300; round++) {
        if (round % 10 == 0)
            test_begin_rebuild(writer);
        else
            test_begin_change(writer);
        put_always(writer, round);
        test_commit(writer, round);
    }
    atomic_store(&race.is_over, true);
    for (size_t i = 0; i < 4; i++)
        pthread_join(readers[i], NULL);
    assert_true(atomic_load(&race.look_ups) > 0);
    assert_int_equal(atomic_load(&race.wrong), 0);
    assert_false(replica_writer_is_reported(writer));
    replica_writer_close(writer);
}

/* ---- killed at any instant ---- */

static enum seki_result put_twenty(struct replica_writer *writer, uint64_t round)
{
    struct replica_tenant tenant = test_tenant();
    tenant.policy.quarantine_days = round % 365 + 1;
    enum seki_result result = replica_put_tenant(writer, &tenant, NULL);
    for (uint64_t id = 1; id <= 20 && result == SEKI_OK; id++) {
        char name[64];
        snprintf(name, sizeof name, "d%llu.example", (unsigned long long)id);
        struct replica_hosted domain = test_domain(name, id);
        domain.policy_revision = 50 + round;
        result = replica_put_domain(writer, &domain, NULL);
    }
    return result;
}

static void write_until_killed(const struct test_folder *folder)
{
    struct replica_writer *writer = replica_writer_open(folder->path, TEST_MAP_OCTETS, NULL);
    for (uint64_t round = replica_writer_change_id(writer) + 1;; round++) {
        enum seki_result result =
            round % 5 == 0 ? replica_rebuild_begin(writer, NULL) : replica_change_begin(writer, NULL);
        if (result == SEKI_OK)
            result = put_twenty(writer, round);
        if (result != SEKI_OK || replica_commit(writer, round, NULL) != SEKI_OK)
            _exit(1);
    }
}

/* All twenty domains and their tenant are of the change that the replica says it contains. */
static void check_whole(const struct test_folder *folder)
{
    struct replica *replica = replica_open(folder->path);
    struct seki_arena *arena = seki_arena_new(1u << 20);
    uint64_t change_id = replica_change_id(replica);
    assert_true(change_id > 0);
    for (uint64_t id = 1; id <= 20; id++) {
        char name[64];
        struct replica_domain domain;
        snprintf(name, sizeof name, "d%llu.example", (unsigned long long)id);
        assert_int_equal(replica_find_domain(replica, seki_str_of(name), arena, &domain), REPLICA_YES);
        assert_int_equal(domain.policy_revision, 50 + change_id);
        assert_int_equal(domain.policy.quarantine_days, change_id % 365 + 1);
    }
    seki_arena_free(arena);
    replica_close(replica);
}

static void a_writer_killed_at_any_instant_leaves_a_whole_replica(void **state)
{
    struct replica_writer *writer = test_writer(*state);
    test_begin_rebuild(writer);
    assert_int_equal(put_twenty(writer, 1), SEKI_OK);
    test_commit(writer, 1);
    replica_writer_close(writer);
    for (unsigned kill_at = 0; kill_at < 40; kill_at++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            write_until_killed(*state);
        int status;
        usleep(1000 + kill_at * 2500);
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
        assert_true(WIFSIGNALED(status));
        check_whole(*state);
        writer = test_writer(*state);
        assert_true(replica_writer_is_sound(writer, NULL));
        assert_int_equal(count_generations(*state), 1);
        replica_writer_close(writer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_a_replica_nothing_is_known, set_up, tear_down),
        cmocka_unit_test_setup_teardown(changes_are_seen_at_once_and_survive_a_new_writer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_rolled_back_never_was, set_up, tear_down),
        cmocka_unit_test_setup_teardown(putting_again_replaces_allow_entries_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(of_two_domains_that_look_the_same_one_remains, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reader_keeps_an_old_generation_until_it_looks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_second_writer_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_replica_that_is_full_says_so_and_stays_as_it_was, set_up, tear_down),
        cmocka_unit_test_setup_teardown(readers_of_another_user_need_the_group_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(readers_never_see_half_a_change, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reader_that_comes_in_the_middle_of_changes_finds_it_sound, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_writer_killed_at_any_instant_leaves_a_whole_replica, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Migrations: in order, once, whole or not at all. */
#include "store/migrate.h"
#include "store/migration_text.h"

#include "support/store_databases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const struct store_migration rows[] = {
    { 1, "first",
      "create table a (id @ID@, n @INT@, o @OCTETS@, t @TEXT_C@) @STRICT@;\n"
      "insert into a (n) values (1);\n" },
    { 2, "second",
      "@sqlite@create table b (is_sqlite integer);\n"
      "@postgresql@create table b (is_postgresql integer);\n"
      "insert into a (n) values (2);" },
    { 3, "third", "alter table a add column m @INT@;" },
    { 4, "broken", "insert into a (n) values (4); insert into nowhere values (1);" },
};

static struct store_migrations first(size_t count)
{
    return (struct store_migrations){ rows, count };
}

static unsigned apply(struct sql *sql, struct store_migrations migrations)
{
    unsigned applied = 99;
    STORE_OK(store_migrations_apply(sql, &migrations, &applied, WHY));
    return applied;
}

static void assert_pending(struct sql *sql, struct store_migrations migrations, const char *want)
{
    struct seki_buf got;
    seki_buf_init(&got, 4096);
    STORE_OK(store_migrations_dry(sql, &migrations, &got, WHY));
    seki_buf_add_char(&got, '\0');
    assert_string_equal(got.ptr, want);
    seki_buf_release(&got);
}

static bool has_copy(const char *suffix)
{
    char path[128];
    snprintf(path, sizeof path, "%s/store%s", store_test_folder(), suffix);
    return access(path, F_OK) == 0;
}

static void an_empty_store_gets_all_and_no_copy(struct sql *sql, const char *url)
{
    (void)url;
    assert_pending(sql, first(3), "0001 first\n0002 second\n0003 third\n");
    assert_pending(sql, first(3), "0001 first\n0002 second\n0003 third\n"); /* looking changed nothing */
    assert_int_equal(apply(sql, first(3)), 3);
    assert_pending(sql, first(3), "");
    assert_int_equal(apply(sql, first(3)), 0);
    assert_int_equal(store_test_integer(sql, "select sum(n) from a"), 3);
    assert_int_equal(store_test_integer(sql, "select count(*) from schema_migration where applied_at_s > 0"), 3);
    assert_false(has_copy(".before-0001"));
}

/* The command is run by root too: `control` and nobody else can read it then. */
static void assert_copy_is_as_a_store(const char *suffix)
{
    char path[128];
    struct stat copy, folder;
    snprintf(path, sizeof path, "%s/store%s", store_test_folder(), suffix);
    assert_int_equal(stat(path, &copy), 0);
    assert_int_equal(stat(store_test_folder(), &folder), 0);
    assert_int_equal(copy.st_mode & 0777, 0640);
    assert_int_equal(copy.st_uid, folder.st_uid);
}

static void what_is_missing_is_added_behind_a_copy(struct sql *sql, const char *url)
{
    const bool is_root = geteuid() == 0;
    assert_int_equal(is_root ? chown(store_test_folder(), 65534, 65534) : 0, 0);
    assert_int_equal(apply(sql, first(1)), 1);
    assert_pending(sql, first(3), "0002 second\n0003 third\n");
    assert_int_equal(apply(sql, first(3)), 2);
    assert_int_equal(has_copy(".before-0002"), sql_dialect(sql) == SQL_SQLITE);
    assert_false(has_copy(".before-0003"));
    if (sql_dialect(sql) != SQL_SQLITE)
        return;
    assert_copy_is_as_a_store(".before-0002");
    assert_int_equal(is_root ? chown(store_test_folder(), 0, 0) : 0, 0);
    char copy_url[256];
    snprintf(copy_url, sizeof copy_url, "%s.before-0002", url);
    struct sql *copy = store_test_open(copy_url);
    assert_int_equal(store_test_integer(copy, "select sum(n) from a"), 1);
    assert_pending(copy, first(3), "0002 second\n0003 third\n");
    sql_close(copy);
}

static void a_broken_one_leaves_what_was(struct sql *sql, const char *url)
{
    (void)url;
    struct seki_error why = { "" };
    unsigned applied = 0;
    assert_int_equal(store_migrations_apply(sql, &(struct store_migrations){ rows, 4 }, &applied, &why),
                     SEKI_USAGE);
    assert_int_equal(applied, 3);
    assert_non_null(strstr(why.text, "0004 (broken)"));
    assert_int_equal(store_test_integer(sql, "select sum(n) from a"), 3);
    assert_pending(sql, first(4), "0004 broken\n");
}

static void a_changed_or_newer_one_stops(struct sql *sql, const char *url)
{
    (void)url;
    static const struct store_migration changed[] = { { 1, "first", "create table a (id @ID@);" },
                                                      { 2, "second", "select 1;" } };
    static const struct {
        struct store_migrations migrations;
        const char *why;
    } cases[] = {
        { { changed, 1 }, "is not the 0001 (first)" },
        { { changed, 2 }, "is not the 0001 (first)" },
        { { rows, 1 }, "does not know: it is newer" },
        { { rows, 0 }, "does not know: it is newer" },
    };
    apply(sql, first(2));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seki_error why = { "" };
        struct seki_buf pending;
        unsigned applied;
        seki_buf_init(&pending, 4096);
        assert_int_equal(store_migrations_apply(sql, &cases[i].migrations, &applied, &why), SEKI_BAD_INPUT);
        assert_non_null(strstr(why.text, cases[i].why));
        assert_int_equal(store_migrations_dry(sql, &cases[i].migrations, &pending, &why), SEKI_BAD_INPUT);
        seki_buf_release(&pending);
        assert_int_equal(store_test_integer(sql, "select count(*) from schema_migration"), 2);
    }
}

/* Each process has a connection of its own. @return how many it applied, as its exit code */
static int migrate_alone(const char *url)
{
    struct seki_error why;
    enum seki_result result;
    unsigned applied = 100;
    struct sql *sql = sql_open(url, &result, &why);
    if (sql == NULL ||
        store_migrations_apply(sql, &(struct store_migrations){ rows, 3 }, &applied, &why) != SEKI_OK)
        return 100;
    sql_close(sql);
    return (int)applied;
}

static void two_at_once_do_it_once(struct sql *sql, const char *url)
{
    pid_t pids[4];
    int applied = 0;
    for (size_t i = 0; i < 4; i++)
        if ((pids[i] = fork()) == 0)
            _exit(migrate_alone(url));
    for (size_t i = 0; i < 4; i++) {
        int status = 0;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_true(WIFEXITED(status));
        applied += WEXITSTATUS(status);
    }
    assert_int_equal(applied, 3);
    assert_int_equal(store_test_integer(sql, "select sum(n) from a"), 3);
}

/* As every command asks it: a long change, or a batch, must not stop those that only look. */
static void what_is_complete_waits_for_no_writer(struct sql *sql, const char *url)
{
    enum seki_result result;
    unsigned applied = 7;
    STORE_OK(store_migrate(sql, &applied, WHY));
    struct sql *writer = sql_open(url, &result, WHY);
    assert_non_null(writer);
    STORE_OK(sql_begin(writer, true, WHY));
    STORE_OK(sql_run(writer, "UPDATE hosting_state SET last_change = 1 WHERE id = 1", NULL, 0, NULL, WHY));
    STORE_OK(store_migrate(sql, &applied, WHY));
    assert_int_equal(applied, 0);
    sql_rollback(writer);
    sql_close(writer);
}

static void words_that_are_not_known(struct sql *sql, const char *url)
{
    (void)url;
    static const char *const cases[] = { "a @ID b", "a @WORD@", "@mysql@select 1", "a@b", "@@" };
    struct seki_error why;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seki_buf out;
        seki_buf_init(&out, 4096);
        assert_int_equal(store_migration_text(seki_str_of(cases[i]), sql_dialect(sql), &out, &why), SEKI_BAD_INPUT);
        seki_buf_release(&out);
    }
}

static void the_programs_own_apply(struct sql *sql, const char *url)
{
    (void)url;
    unsigned applied = 99;
    STORE_OK(store_migrate(sql, &applied, WHY));
    assert_int_equal(applied, store_migration_count);
    STORE_OK(store_migrate(sql, &applied, WHY));
    assert_int_equal(applied, 0);
}

static const struct store_test tests[] = {
    STORE_TEST(an_empty_store_gets_all_and_no_copy),
    STORE_TEST(what_is_missing_is_added_behind_a_copy),
    STORE_TEST(a_broken_one_leaves_what_was),
    STORE_TEST(a_changed_or_newer_one_stops),
    STORE_TEST(two_at_once_do_it_once),
    STORE_TEST(what_is_complete_waits_for_no_writer),
    STORE_TEST(words_that_are_not_known),
    STORE_TEST(the_programs_own_apply),
};

int main(void)
{
    return STORE_TESTS_RUN(tests);
}

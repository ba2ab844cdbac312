/* Numbers that one process writes and another shows. */
#include "daemon/figures.h"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>
#include <cmocka.h>

static bool shows(const struct figures *figures, const char *line)
{
    struct seki_buf text;
    seki_buf_init(&text, 16384);
    figures_write(figures, &text);
    seki_buf_add_char(&text, '\0');
    bool is_there = strstr(text.ptr, line) != NULL;
    seki_buf_release(&text);
    return is_there;
}

static void what_the_writer_sets_the_reader_shows(void **state)
{
    struct seki_error why;
    (void)state;
    int file = figures_create(&why);
    assert_true(file >= 0);
    struct figures *writer = figures_open(file, true, &why), *reader = figures_open(file, false, &why);
    assert_non_null(writer);
    assert_non_null(reader);
    assert_true(shows(reader, "\nsekisho_replica_change_id 0\n"));
    figures_set(writer, FIGURE_REPLICA_CHANGE, UINT64_MAX);
    figures_set(writer, FIGURE_STORE_CHANGE, 7);
    figures_add(writer, FIGURE_JOURNAL_INGESTED, 2);
    figures_add(writer, FIGURE_JOURNAL_INGESTED, 3);
    assert_true(
        shows(reader, "# TYPE sekisho_replica_change_id gauge\nsekisho_replica_change_id 18446744073709551615\n"));
    assert_true(shows(reader, "\nsekisho_store_change_id 7\n"));
    assert_true(shows(reader, "# TYPE sekisho_journal_ingested_total counter\nsekisho_journal_ingested_total 5\n"));
    figures_close(writer);
    writer = figures_open(file, true, &why); /* the next process that writes */
    assert_int_equal(figures_get(writer, FIGURE_JOURNAL_INGESTED), 5);
    figures_close(writer);
    figures_close(reader);
    close(file);
}

static void the_memory_cannot_be_cut_off(void **state)
{
    struct seki_error why;
    (void)state;
    int file = figures_create(&why);
    assert_int_equal(ftruncate(file, 0), -1); /* a reader would die of SIGBUS */
    close(file);
}

static void without_memory_all_is_zero(void **state)
{
    struct seki_error why;
    (void)state;
    assert_null(figures_open(-1, false, &why));
    assert_true(shows(NULL, "\nsekisho_store_reachable 0\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_writer_sets_the_reader_shows),
        cmocka_unit_test(the_memory_cannot_be_cut_off),
        cmocka_unit_test(without_memory_all_is_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

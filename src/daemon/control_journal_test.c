/* The journal into the store, with segments that cannot be read among them: each record once, and nobody waits for another. */
#include "daemon/control_ingest.h"
#include "daemon/control_jobs.h"
#include "journal/reader.h"
#include "journal/segment.h"
#include "store/traffic_sample_test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEGMENTS 3u

static struct scene {
    char folder[4096];
    struct config config;
    struct control_context context;
    FILE *told; /* what was logged */
    struct sql *sql;
    struct journal_position last[SEGMENTS]; /* of the two records in each */
} scene;

static void begin_scene(struct sql *sql)
{
    static unsigned number;
    store_traffic_free(begin(sql));
    scene = (struct scene){ .sql = sql, .told = tmpfile() };
    snprintf(scene.folder, sizeof scene.folder, "%s/journal%u", store_test_folder(), number++);
    assert_int_equal(mkdir(scene.folder, 0700), 0);
    scene.config.journal.folder = seki_str_of(scene.folder);
    scene.config.journal.keep_days = 36500;
    scene.config.hosting.node_name = NODE;
    int page = figures_create(WHY);
    const struct log_options options = { .fd = fileno(scene.told) };
    scene.context = (struct control_context){ .config = &scene.config,
                                              .log = log_open(&options, WHY),
                                              .figures = figures_open(page, true, WHY) };
    close(page);
}

static void end_scene(void)
{
    log_close(scene.context.log);
    figures_close(scene.context.figures);
    fclose(scene.told);
}

static void write_segment(size_t index)
{
    struct journal_record record = sample();
    struct seki_buf octets;
    seki_buf_init(&octets, 1u << 20);
    journal_record_encode(&record, &octets);
    struct journal_writer *writer = journal_writer_new(scene.folder, (unsigned)index, NULL, WHY);
    for (unsigned i = 0; i < 2; i++)
        STORE_OK(journal_append(writer, seki_buf_str(&octets), &scene.last[index], WHY));
    journal_writer_close(writer);
    seki_buf_release(&octets);
}

static void path_of(size_t index, const char *suffix, char path[8192])
{
    snprintf(path, 8192, "%s/%s%s", scene.folder, scene.last[index].segment, suffix);
}

/* As one whose owner or mode is wrong, which root would read all the same: in its place is no file. */
static void take_away(size_t index)
{
    char path[8192], kept[8192];
    path_of(index, "", path);
    path_of(index, ".kept", kept);
    assert_int_equal(rename(path, kept), 0);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void give_back(size_t index)
{
    char path[8192], kept[8192];
    path_of(index, "", path);
    path_of(index, ".kept", kept);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rename(kept, path), 0);
}

/* As the task would; a new state is what it has after a start. */
static void take_turns(void *state)
{
    enum control_turn turn;
    do
        turn = control_journal_job.turn(state, scene.sql, WHY);
    while (turn == CONTROL_AGAIN);
    if (turn != CONTROL_IDLE)
        fail_msg("%d: %s", (int)turn, WHY->text);
}

static void start_and_take_turns(void)
{
    void *state = control_journal_job.open(&scene.context, scene.sql, WHY);
    assert_non_null(state);
    take_turns(state);
    take_turns(state);
    control_journal_job.close(state);
}

static unsigned count_told(const char *event)
{
    static char text[65536];
    unsigned count = 0;
    rewind(scene.told);
    text[fread(text, 1, sizeof text - 1, scene.told)] = '\0';
    for (const char *at = text; (at = strstr(at, event)) != NULL; at++)
        count++;
    return count;
}

static void an_unreadable_segment_waits_and_is_in_nobodys_way(struct sql *sql, const char *url)
{
    (void)url;
    begin_scene(sql);
    for (size_t i = 0; i < SEGMENTS; i++)
        write_segment(i);
    take_away(0);
    start_and_take_turns();
    assert_int_equal(messages(sql), 4);
    assert_int_equal(count_told("event=journal_unreadable"), 1);
    assert_int_equal(count_told(scene.last[0].segment), 1);
    assert_int_equal(figures_get(scene.context.figures, FIGURE_JOURNAL_UNREADABLE), 1);
    assert_int_equal(figures_get(scene.context.figures, FIGURE_JOURNAL_DAMAGED), 0);
    give_back(0);
    start_and_take_turns();
    start_and_take_turns();
    assert_int_equal(messages(sql), 6);
    assert_int_equal(figures_get(scene.context.figures, FIGURE_JOURNAL_UNREADABLE), 0);
    end_scene();
}

static void it_is_looked_at_again_without_a_start(struct sql *sql, const char *url)
{
    (void)url;
    begin_scene(sql);
    write_segment(0);
    take_away(0);
    struct control_ingest *ingest = control_ingest_new(&scene.context, sql, WHY);
    struct control_segment segment = { .is_seen = true };
    snprintf(segment.name, sizeof segment.name, "%s", scene.last[0].segment);
    assert_int_equal(control_ingest_batch(ingest, &segment, WHY), CONTROL_IDLE);
    assert_true(segment.is_unreadable);
    give_back(0);
    assert_int_equal(control_ingest_batch(ingest, &segment, WHY), CONTROL_IDLE);
    assert_int_equal(messages(sql), 0); /* not at once: a disk that fails takes seconds for each try */
    segment.retry_at_s = 0;
    assert_int_equal(control_ingest_batch(ingest, &segment, WHY), CONTROL_IDLE);
    assert_int_equal(messages(sql), 2);
    assert_false(segment.is_unreadable);
    control_ingest_free(ingest);
    end_scene();
}

static void a_compressed_segment_without_its_table_is_in_nobodys_way(struct sql *sql, const char *url)
{
    (void)url;
    char path[8192];
    begin_scene(sql);
    for (size_t i = 0; i < SEGMENTS; i++)
        write_segment(i);
    STORE_OK(journal_compress(scene.folder, seki_str_of(scene.last[0].segment), WHY));
    path_of(0, ".zst", path);
    assert_int_equal(truncate(path, 20), 0);
    start_and_take_turns();
    assert_int_equal(messages(sql), 4);
    assert_int_equal(figures_get(scene.context.figures, FIGURE_JOURNAL_UNREADABLE), 1);
    assert_int_equal(access(path, F_OK), 0); /* it may be mended from a copy */
    end_scene();
}

static void a_damaged_record_is_counted_and_passed_over(struct sql *sql, const char *url)
{
    (void)url;
    char path[8192];
    begin_scene(sql);
    for (size_t i = 0; i < SEGMENTS; i++)
        write_segment(i);
    path_of(0, "", path);
    int file = open(path, O_WRONLY);
    assert_int_equal(pwrite(file, "\xff\xff\xff", 3, 20), 3);
    close(file);
    start_and_take_turns();
    start_and_take_turns();
    assert_int_equal(messages(sql), 5);
    assert_int_equal(figures_get(scene.context.figures, FIGURE_JOURNAL_DAMAGED), 1);
    assert_int_equal(count_told("event=journal_damaged"), 1);
    end_scene();
}

int main(void)
{
    static const struct store_test tests[] = {
        STORE_TEST(an_unreadable_segment_waits_and_is_in_nobodys_way),
        STORE_TEST(it_is_looked_at_again_without_a_start),
        STORE_TEST(a_compressed_segment_without_its_table_is_in_nobodys_way),
        STORE_TEST(a_damaged_record_is_counted_and_passed_over),
    };
    return STORE_TESTS_RUN(tests);
}

/* Who has a node's name, when another gets it, and when that is told. */
#include "daemon/control_name.h"

#include "store/migrate.h"
#include "support/store_databases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define COUNT 5u

enum who { FIRST = 0, AGAIN, COPY, COPY_2, OTHER };

static const struct {
    const char *name, *folder, *node;
} nodes[COUNT] = {
    [FIRST] = { "first", "one", "mx1" },       [AGAIN] = { "the same, started again", "one", "mx1" },
    [COPY] = { "a copy of it", "two", "mx1" }, [COPY_2] = { "another copy", "four", "mx1" },
    [OTHER] = { "another", "three", "mx2" },
};

static const struct {
    const char *name;
    enum who who;
    int64_t now_s;
    bool is_ours, is_told;
} steps[] = {
    { "who comes first has it", FIRST, 1000, true, false },
    { "a copy has not; it may be a dead one's", COPY, 1001, false, false },
    { "another name is free", OTHER, 1001, true, false },
    { "it is kept", FIRST, 1006, true, false },
    { "started again it has it at once", AGAIN, 1007, true, false },
    { "and keeps it", AGAIN, 1015, true, false },
    { "at the lease's first end it is not told yet", COPY, 1016, false, false },
    { "behind that, somebody lives who keeps it", COPY, 1021, false, true },
    { "it is asked for no more often than it is renewed", COPY, 1025, false, true },
    { "who has it hears nothing", AGAIN, 1022, true, false },
    { "a copy that was told does not become the first", COPY, 1037, false, true },
    { "for others it is free 15 s after the last word of a node", COPY_2, 1037, true, false },
    { "then who had it has it no more", AGAIN, 1038, false, false },
    { "a clock that was set back is no reason to keep it", COPY_2, 900, true, false },
};

struct party {
    struct config config;
    struct control_name *name;
    struct figures *figures;
    char folder[4096];
};

static void begin_party(struct party *party, size_t which, struct log *log)
{
    *party = (struct party){ .config.hosting.node_name = seki_str_of(nodes[which].node) };
    snprintf(party->folder, sizeof party->folder, "%s/%s", store_test_folder(), nodes[which].folder);
    (void)mkdir(party->folder, 0700); /* two have the same */
    party->config.journal.folder = seki_str_of(party->folder);
    int page = figures_create(WHY);
    party->figures = figures_open(page, true, WHY);
    close(page);
    party->name = control_name_new(&party->config, log, party->figures);
    assert_non_null(party->name);
}

static size_t count_lines(FILE *file, const char *part)
{
    char line[1024];
    size_t count = 0;
    rewind(file);
    while (fgets(line, sizeof line, file) != NULL)
        count += strstr(line, part) != NULL;
    return count;
}

static void one_node_has_a_name(struct sql *sql, const char *url)
{
    struct party parties[COUNT];
    unsigned applied;
    (void)url;
    FILE *told = tmpfile();
    struct log *log = log_open(&(struct log_options){ .fd = fileno(told) }, WHY);
    STORE_OK(store_migrate(sql, &applied, WHY));
    for (size_t i = 0; i < COUNT; i++)
        begin_party(&parties[i], i, log);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        const struct party *party = &parties[steps[i].who];
        bool is_ours = !steps[i].is_ours;
        STORE_OK(control_name_take(party->name, sql, steps[i].now_s, &is_ours, WHY));
        if (is_ours != steps[i].is_ours ||
            figures_get(party->figures, FIGURE_NODE_NAME_TAKEN) != (uint64_t)steps[i].is_told)
            fail_msg("%s (%s)", steps[i].name, nodes[steps[i].who].name);
    }
    assert_int_equal(count_lines(told, "node_name_taken"), 1);
    for (size_t i = 0; i < COUNT; i++) {
        control_name_free(parties[i].name);
        figures_close(parties[i].figures);
    }
    log_close(log);
    fclose(told);
}

int main(void)
{
    static const struct store_test tests[] = { STORE_TEST(one_node_has_a_name) };
    return STORE_TESTS_RUN(tests);
}

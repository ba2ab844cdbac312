#include "support/store_databases.h"

#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct seki_error store_test_why;
static char folder[64], sqlite_url[128], postgresql_url[256], skipped[256];
static pid_t server_pid;
static int server_stdin = -1;

struct run {
    const struct store_test *test;
    enum sql_dialect dialect;
    char name[128];
};

/* ---- the server ---- */

static void exec_server(int in, int out)
{
    char script[4096];
    const char *root = getenv("SEKISHO_SOURCE_ROOT");
    snprintf(script, sizeof script, "%s/tests/support/postgresql.py", root != NULL ? root : ".");
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    closefrom(STDERR_FILENO + 1);
    execlp("python3", "python3", script, "run", (char *)NULL);
    _exit(127);
}

/* One line: the URL, or why there is none. */
static void read_line(int fd, char *line, size_t size)
{
    size_t len = 0;
    while (len + 1 < size && read(fd, line + len, 1) == 1 && line[len] != '\n')
        len++;
    line[len] = '\0';
}

static void start_server(void)
{
    int in[2], out[2];
    if (pipe(in) != 0 || pipe(out) != 0)
        exit(99);
    server_pid = fork();
    if (server_pid == 0)
        exec_server(in[0], out[1]);
    close(in[0]);
    close(out[1]);
    server_stdin = in[1];
    read_line(out[0], postgresql_url, sizeof postgresql_url);
    close(out[0]);
    if (strncmp(postgresql_url, "postgresql:", 11) != 0) {
        snprintf(skipped, sizeof skipped, "%s", postgresql_url);
        postgresql_url[0] = '\0';
    }
}

static void stop_server(void)
{
    close(server_stdin);
    while (waitpid(server_pid, NULL, 0) < 0 && errno == EINTR) {
    }
}

/* ---- one test on one database ---- */

static int remove_file(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    return place->level > 0 ? remove(path) : 0;
}

struct sql *store_test_open(const char *url)
{
    struct seki_error why = { "" };
    enum seki_result result = SEKI_OK;
    struct sql *sql = sql_open(url, &result, &why);
    if (sql == NULL)
        fail_msg("%s", why.text);
    return sql;
}

static void run_one(void **state)
{
    const struct run *run = *state;
    const char *url = run->dialect == SQL_SQLITE ? sqlite_url : postgresql_url;
    if (run->dialect == SQL_POSTGRESQL && url[0] == '\0') {
        print_message("# %s\n", skipped[0] != '\0' ? skipped : "the private PostgreSQL did not start");
        if (skipped[0] == '\0')
            fail();
        skip();
    }
    nftw(folder, remove_file, 8, FTW_DEPTH | FTW_PHYS);
    struct sql *sql = store_test_open(url);
    if (run->dialect == SQL_POSTGRESQL) {
        STORE_OK(sql_run(sql, "drop schema public cascade", NULL, 0, NULL, WHY));
        STORE_OK(sql_run(sql, "create schema public", NULL, 0, NULL, WHY));
    }
    run->test->body(sql, url);
    sql_close(sql);
}

const char *store_test_folder(void)
{
    return folder;
}

int store_tests_run(const struct store_test *tests, size_t count)
{
    struct run *runs = calloc(2 * count, sizeof *runs);
    struct CMUnitTest *units = calloc(2 * count, sizeof *units);
    snprintf(folder, sizeof folder, "/tmp/seki-store-XXXXXX");
    if (runs == NULL || units == NULL || mkdtemp(folder) == NULL)
        return 99;
    snprintf(sqlite_url, sizeof sqlite_url, "sqlite:%s/store", folder);
    start_server();
    for (size_t i = 0; i < 2 * count; i++) {
        runs[i] = (struct run){ .test = &tests[i / 2], .dialect = i % 2 ? SQL_POSTGRESQL : SQL_SQLITE };
        snprintf(runs[i].name, sizeof runs[i].name, "%s (%s)", runs[i].test->name,
                 runs[i].dialect == SQL_SQLITE ? "SQLite" : "PostgreSQL");
        units[i] = (struct CMUnitTest){ .name = runs[i].name, .test_func = run_one, .initial_state = &runs[i] };
    }
    int failed = _cmocka_run_group_tests("store", units, 2 * count, NULL, NULL);
    stop_server();
    nftw(folder, remove_file, 8, FTW_DEPTH | FTW_PHYS);
    rmdir(folder);
    free(runs);
    free(units);
    return failed;
}

/* ---- what tests ask ---- */

void store_test_ok(enum seki_result result, const char *call, const char *file, int line)
{
    if (result == SEKI_OK)
        return;
    print_error("%s: result %d: %s\n", call, (int)result, store_test_why.text);
    _fail(file, line);
}

int64_t store_test_integer(struct sql *sql, const char *text)
{
    struct sql_rows *rows;
    const struct sql_value *row;
    STORE_OK(sql_query(sql, text, NULL, 0, &rows, WHY));
    STORE_OK(sql_next(rows, &row, WHY));
    assert_non_null(row);
    assert_int_equal(row[0].type, SQL_INTEGER);
    int64_t value = row[0].integer;
    sql_rows_close(rows);
    return value;
}

static void add_value(const struct sql_value *value, struct seki_buf *out)
{
    switch (value->type) {
    case SQL_NULL: seki_buf_add_char(out, '-'); break;
    case SQL_INTEGER: seki_buf_add_format(out, "%lld", (long long)value->integer); break;
    case SQL_TEXT: seki_buf_add(out, value->text); break;
    case SQL_OCTETS:
        for (size_t i = 0; i < value->text.len; i++)
            seki_buf_add_format(out, "%02x", (unsigned char)value->text.ptr[i]);
        break;
    }
}

static size_t width_of(const char *text)
{
    size_t width = 1; /* by the commas before "from": tests write plain lists of columns */
    const char *end = strcasestr(text, " from ");
    for (; *text != '\0' && text != end; text++)
        width += *text == ',';
    return width;
}

void store_test_rows(struct sql *sql, const char *text, struct seki_buf *out)
{
    struct sql_rows *rows;
    const struct sql_value *row;
    size_t width = width_of(text);
    seki_buf_clear(out);
    STORE_OK(sql_query(sql, text, NULL, 0, &rows, WHY));
    for (;;) {
        STORE_OK(sql_next(rows, &row, WHY));
        if (row == NULL)
            return;
        for (size_t i = 0; i < width; i++) {
            if (i > 0)
                seki_buf_add_char(out, '|');
            add_value(&row[i], out);
        }
        seki_buf_add_char(out, '\n');
    }
}

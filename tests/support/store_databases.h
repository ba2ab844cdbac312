/* Store tests run on every database: a new SQLite file, and a private PostgreSQL (support/postgresql.py), emptied before
 * each test. Where PostgreSQL is not installed its tests say that they are skipped. */
#ifndef TEST_STORE_DATABASES_H
#define TEST_STORE_DATABASES_H

#include "store/sql.h"

struct store_test {
    const char *name;
    void (*body)(struct sql *sql, const char *url);
};

/** main() of a store test. @return as main() */
int store_tests_run(const struct store_test *tests, size_t count);

#define STORE_TEST(function)                                                                                       \
    {                                                                                                              \
#function, function                                                                                        \
    }
#define STORE_TESTS_RUN(tests) store_tests_run(tests, sizeof(tests) / sizeof((tests)[0]))

/** A second connection; fails the test when there is none. */
struct sql *store_test_open(const char *url);
/** The folder of the SQLite file, and of anything else that a test wants to leave there. */
const char *store_test_folder(void);
/** Assert that a call was well; WHY is where it puts its sentence. */
#define STORE_OK(call) store_test_ok(call, #call, __FILE__, __LINE__)
#define WHY            (&store_test_why)
extern struct seki_error store_test_why;
void store_test_ok(enum seki_result result, const char *call, const char *file, int line);
/** The one integer that a statement gives. */
int64_t store_test_integer(struct sql *sql, const char *text);
/** All rows as text: "1|a\n2|b\n"; NULL is "-", octets are hex. In *out. */
void store_test_rows(struct sql *sql, const char *text, struct seki_buf *out);

#endif

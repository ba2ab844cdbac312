/* Who holds a lease, and when another node gets it. */
#include "store/lease.h"

#include "store/migrate.h"
#include "support/store_databases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct {
    const char *name, *lease, *holder;
    int64_t now_s;
    bool is_ours;
} steps[] = {
    { "who comes first gets it", "digest", "mx1", 1000, true },
    { "another does not", "digest", "mx2", 1001, false },
    { "but gets another one", "keep", "mx2", 1001, true },
    { "who has it keeps it", "digest", "mx1", 1050, true },
    { "as long as it was taken last, not first", "digest", "mx2", 1149, false },
    { "at its end another gets it", "digest", "mx2", 1150, true },
    { "and who had it has not", "digest", "mx1", 1151, false },
    { "names are compared whole", "digests", "mx1", 1151, true },
};

static void a_lease_has_one_holder(struct sql *sql, const char *url)
{
    unsigned applied;
    (void)url;
    STORE_OK(store_migrate(sql, &applied, WHY));
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        bool is_ours = !steps[i].is_ours;
        STORE_OK(store_lease_take(sql, seki_str_of(steps[i].lease), seki_str_of(steps[i].holder), steps[i].now_s,
                                  100, &is_ours, WHY));
        if (is_ours != steps[i].is_ours)
            fail_msg("%s", steps[i].name);
    }
}

int main(void)
{
    static const struct store_test tests[] = { STORE_TEST(a_lease_has_one_holder) };
    return STORE_TESTS_RUN(tests);
}

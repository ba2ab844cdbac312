/* How long `stats failing` looks at the counts of a whole provider: failing_bench URL [ROWS].
 *
 * So many rows of failing mail straight into the table, of 30 days and 1,000 hosted domains, from a million authors of which
 * most come once; then a quarter as many of whom the domains wrote to, some of them such authors. The store must be empty. */
#include "store/migrate.h"
#include "store/traffic_stats.h"

#include "store_bench.h"

#define BEGIN_S INT64_C(1780272000)
#define DAY_S   86400
#define DAYS    30
#define DOMAINS 1000
#define AUTHORS (UINT64_C(1) << 20)
#define ROWS    1000u /* written at a time */

static void write_rows(struct sql *sql, const char *text, uint64_t rows)
{
    enum { WIDTH = 5 };
    static char authors[ROWS][40], networks[ROWS][40];
    static struct sql_value values[ROWS * WIDTH];
    must(sql_begin(sql, true, &why));
    for (uint64_t done = 0; done < rows; done += ROWS) {
        for (size_t i = 0; i < ROWS; i++) {
            snprintf(authors[i], sizeof authors[i], "author%u.example", (unsigned)random_below(AUTHORS));
            snprintf(networks[i], sizeof networks[i], "10.%u.%u.0/24", (unsigned)random_below(256),
                     (unsigned)random_below(256));
            const struct sql_value row[WIDTH] = {
                SQL_OF_INT(BEGIN_S + DAY_S * (int64_t)random_below(DAYS)),
                SQL_OF_INT(1 + random_below(DOMAINS) * random_below(DOMAINS) / DOMAINS),
                SQL_OF_STR(seki_str_of(authors[i])),
                SQL_OF_STR(seki_str_of(networks[i])),
                SQL_OF_INT(1 + random_below(4)),
            };
            memcpy(values + i * WIDTH, row, sizeof row);
        }
        must(sql_run_many(sql, text, values, WIDTH, ROWS, &why));
    }
    must(sql_commit(sql, &why));
    must(sql_run(sql, "ANALYZE", NULL, 0, NULL, &why)); /* as PostgreSQL does by itself within a minute */
}

static void look(struct sql *sql, const char *what)
{
    for (int i = 0; i < 3; i++) {
        struct seki_arena *arena = seki_arena_new(1u << 20);
        const struct store_stats_failing *failing;
        size_t count;
        double began = now_s();
        must(store_stats_failing(sql, &(struct store_stats_span){ .since_s = BEGIN_S }, 50, arena, &failing, &count,
                                 &why));
        printf("who fails, %s: %zu told, the first with %lld replies, %.2f s\n", what, count,
               count > 0 ? (long long)failing[0].replies : 0, now_s() - began);
        seki_arena_free(arena);
    }
}

int main(int argc, char **argv)
{
    uint64_t rows = 1000000;
    unsigned applied;
    enum seki_result result;
    if (argc < 2 || argc > 3 || (argc > 2 && !seki_str_to_u64(seki_str_of(argv[2]), 100000000, &rows))) {
        fprintf(stderr, "usage: failing_bench URL [ROWS]\n");
        return 2;
    }
    struct sql *sql = sql_open(argv[1], &result, &why);
    must(sql != NULL ? SEKI_OK : result);
    must(store_migrate(sql, &applied, &why));
    write_rows(sql,
               "INSERT INTO traffic_failing_day (begin_s, domain_id, author_domain, evidence, value, messages, "
               "org_domain) VALUES ($1, $2, $3, 3, $4, $5, $3) ON CONFLICT DO NOTHING",
               rows);
    look(sql, "nobody was written to");
    write_rows(
        sql,
        "INSERT INTO correspondent_day (begin_s, domain_id, correspondent, messages, replies) SELECT $1, $2, "
        "$3, $5, $5 / 2 WHERE $4 <> '' ON CONFLICT DO NOTHING",
        rows / 4);
    look(sql, "some were written to");
    sql_close(sql);
    return 0;
}

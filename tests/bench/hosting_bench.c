/* What hosting costs: domains imported through the modules (each with its audit line), a store filled to its size, the walk
 * over all of it, and what a change costs who follows. hosting_bench URL [IMPORTED [SIZE]]; the store must be empty. */
#include "store/allow_entries.h"
#include "store/changes.h"
#include "store/domains.h"
#include "store/migrate.h"
#include "store/resolve.h"
#include "store/settings.h"

#include "store_bench.h"

#define DOMAINS_PER_TENANT 20
#define NOW_S              1800000000

static struct store_change *begin(struct sql *sql)
{
    struct store_change *change;
    must(store_change_begin(sql, &(struct store_actor){ SEKI_STR("bench"), SEKI_STR("bench") }, NOW_S, &change,
                            &why));
    return change;
}

/* One of ten has choices of its own and an allow entry. */
static void import_domain(struct store_change *change, int64_t tenant_id, unsigned number)
{
    char name[64];
    int64_t id;
    snprintf(name, sizeof name, "customer%u.example", number);
    struct store_domain domain = { .tenant_id = tenant_id, .name = seki_str_of(name) };
    must(store_domain_add(change, &domain, &id, &why));
    if (number % 10 != 0)
        return;
    must(store_setting_set(change, (struct store_owner){ STORE_DOMAIN, id }, SEKI_STR("on-virus"),
                           SEKI_STR("refuse"), &why));
    struct store_allow_entry entry = { .domain_id = id, .allow.author_domain = SEKI_STR("author.example") };
    must(store_allow_add(change, &entry, NULL, &why));
}

static int64_t import(struct sql *sql, unsigned count)
{
    double began = now_s();
    int64_t tenant_id = 0;
    struct store_change *change = begin(sql);
    for (unsigned i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "tenant%u", i / DOMAINS_PER_TENANT);
        struct store_tenant tenant = { .name = seki_str_of(name),
                                       .title = SEKI_STR("A customer"),
                                       .server_shape = POLICY_SHARED };
        if (i % DOMAINS_PER_TENANT == 0) {
            must(store_tenant_add(change, &tenant, &tenant_id, &why));
            must(store_setting_set(change, (struct store_owner){ STORE_TENANT, tenant_id },
                                   SEKI_STR("on-dmarc-reject"), SEKI_STR("junk"), &why));
        }
        import_domain(change, tenant_id, i);
    }
    must(store_change_commit(change, NULL, &why));
    double took = now_s() - began;
    printf("import of %u domains in one change: %.2f s, %.0f domains/s\n", count, took, count / took);
    return tenant_id;
}

/* Straight into the tables: only to have a store of that size. */
static void fill(struct sql *sql, int64_t tenant_id, unsigned from, unsigned to)
{
    enum { ROWS = 1000, WIDTH = 2 };
    static char names[ROWS][48];
    static struct sql_value values[ROWS * WIDTH];
    must(sql_begin(sql, true, &why));
    for (unsigned at = from; at < to; at += ROWS) {
        unsigned count = to - at < ROWS ? to - at : ROWS;
        for (unsigned i = 0; i < count; i++) {
            snprintf(names[i], sizeof names[i], "filled%u.example", at + i);
            values[i * WIDTH] = SQL_OF_INT(tenant_id - (int64_t)((at + i) % 1000) % tenant_id);
            values[i * WIDTH + 1] = SQL_OF_STR(seki_str_of(names[i]));
        }
        must(sql_run_many(sql,
                          "INSERT INTO domain (tenant_id, name, includes_subdomains, created_at_s, change_id)"
                          " VALUES ($1, $2, 0, 0, 1)",
                          values, WIDTH, count, &why));
    }
    must(sql_commit(sql, &why));
    must(sql_run(sql, "ANALYZE", NULL, 0, NULL, &why)); /* as PostgreSQL does by itself within a minute */
}

static int64_t walk(struct sql *sql, int64_t after, const char *what)
{
    double began = now_s();
    struct store_resolve_walk *walked;
    int64_t change_id;
    size_t count[STORE_WALKED_REMOVED + 1] = { 0 };
    must(store_resolve_begin(sql, after, &walked, &change_id, &why));
    for (;;) {
        const struct store_walked *item;
        must(store_resolve_next(walked, &item, &why));
        if (!item)
            break;
        count[item->kind]++;
    }
    store_resolve_end(walked);
    double took = now_s() - began;
    printf("walk after %s: %zu tenants, %zu domains, %.4f s\n", what, count[STORE_WALKED_TENANT],
           count[STORE_WALKED_DOMAIN], took);
    return change_id;
}

static void choose(struct sql *sql, struct store_owner owner, const char *value)
{
    double began = now_s();
    struct store_change *change = begin(sql);
    must(store_setting_set(change, owner, SEKI_STR("on-spf-fail"), seki_str_of(value), &why));
    must(store_change_commit(change, NULL, &why));
    printf("change of one choice of a %s: %.4f s\n", store_level_name(owner.level), now_s() - began);
}

static int64_t first_id(struct sql *sql)
{
    struct seki_arena *arena = seki_arena_new(65536);
    struct store_domain domain;
    must(store_domain_find(sql, SEKI_STR("customer0.example"), arena, &domain, &why));
    seki_arena_free(arena);
    return domain.id;
}

int main(int argc, char **argv)
{
    enum seki_result result;
    unsigned applied;
    if (argc < 2) {
        fprintf(stderr, "hosting_bench URL [IMPORTED [SIZE]]\n");
        return 2;
    }
    unsigned imported = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 100000;
    unsigned size = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 1000000;
    struct sql *sql = sql_open(argv[1], &result, &why);
    must(sql ? SEKI_OK : result);
    must(store_migrate(sql, &applied, &why));
    int64_t last_tenant = import(sql, imported);
    fill(sql, last_tenant, imported, size);
    int64_t at = walk(sql, 0, "nothing (all)");
    choose(sql, (struct store_owner){ STORE_DOMAIN, first_id(sql) }, "mark");
    at = walk(sql, at, "a domain's change");
    choose(sql, (struct store_owner){ STORE_TENANT, last_tenant }, "mark");
    at = walk(sql, at, "a tenant's change");
    choose(sql, (struct store_owner){ STORE_PROVIDER, 0 }, "mark");
    walk(sql, at, "the provider's change");
    sql_close(sql);
    return 0;
}

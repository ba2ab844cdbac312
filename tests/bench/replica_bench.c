/* What the replica costs: building it from a store, looking up in it, and how long a change takes to be seen.
 *
 * The store is SQLite with so many domains (100 to a tenant; every tenth has choices of its own and two allow entries). Each
 * look-up is of a name chosen at random, so that neither processor nor LMDB sees the same page again soon. Freshness: one
 * connection commits a choice of one domain, of a tenant that has a fifth of all domains, or of the provider; another follows
 * the store as the role control does, and a reader looks until it sees the choice.
 *
 * Usage: replica_bench FOLDER [DOMAINS [LOOK_UPS]]. FOLDER must be empty; it is left as it is. Prints one JSON object. */
#include "daemon/replica_sync.h"
#include "replica/replica.h"
#include "store/confirmations.h"
#include "store/domains.h"
#include "store/migrate.h"
#include "store/settings.h"

#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MAP_OCTETS   (UINT64_C(8) << 30)
#define BATCH        5000u
#define FRESH_ROUNDS 20u

struct bench {
    char url[PATH_MAX], replica_folder[PATH_MAX];
    uint64_t domains, look_ups;
    atomic_bool is_over;
};

static struct seki_error why;

static void must(bool is_so, const char *what)
{
    if (is_so)
        return;
    fprintf(stderr, "replica_bench: %s: %s\n", what, why.text);
    exit(1);
}

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Of this thread: a look-up waits for nothing, so that neighbours need not count. */
static double cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static uint64_t next_random(void)
{
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static size_t name_of(uint64_t number, char name[64])
{
    return (size_t)snprintf(name, 64, "customer-%llx.example", (unsigned long long)(number * 2654435761u));
}

/* ---- the store ---- */

/* Rows as they would be after years of changes; the modules write them one by one, with a line of audit for each. */
static void fill(struct sql *sql, const char *statement, uint64_t count, size_t width,
                 void (*make_row)(uint64_t number, struct sql_value *row, char *text))
{
    static struct sql_value values[BATCH * 12];
    static char texts[BATCH][64];
    for (uint64_t at = 0; at < count;) {
        size_t rows = 0;
        for (; rows < BATCH && at < count; rows++, at++)
            make_row(at + 1, values + rows * width, texts[rows]);
        must(sql_run_many(sql, statement, values, width, rows, &why) == SEKI_OK, "filling the store");
    }
}

static void tenant_row(uint64_t number, struct sql_value *row, char *text)
{
    size_t len = (size_t)snprintf(text, 64, "t%llu", (unsigned long long)number);
    row[0] = SQL_OF_INT(number);
    row[1] = SQL_OF_STR(((struct seki_str){ text, len }));
}

static void domain_row(uint64_t number, struct sql_value *row, char *text)
{
    row[0] = SQL_OF_INT(number);
    row[1] = SQL_OF_INT(number % 5 == 1 ? 1 : (number - 1) / 100 + 1);
    row[2] = SQL_OF_STR(((struct seki_str){ text, name_of(number, text) }));
}

static void choice_row(uint64_t number, struct sql_value *row, char *text)
{
    (void)text;
    row[0] = SQL_OF_INT(number * 10);
}

static void allow_row(uint64_t number, struct sql_value *row, char *text)
{
    size_t len = (size_t)snprintf(text, 64, "sender%llu.example", (unsigned long long)(number % 7));
    row[0] = SQL_OF_INT((number / 2 + 1) * 10);
    row[1] = SQL_OF_STR(((struct seki_str){ text, len }));
}

static void fill_store(struct sql *sql, uint64_t domains)
{
    unsigned applied;
    must(store_migrate(sql, &applied, &why) == SEKI_OK, "the schema");
    must(sql_begin(sql, true, &why) == SEKI_OK, "filling the store");
    fill(sql,
         "INSERT INTO tenant (id, name, title, server_shape, dns_shape, is_dns_only, created_at_s, change_id)"
         " VALUES ($1, $2, '', 'shared', 'self', 0, 0, 1)",
         domains / 100 + 1, 2, tenant_row);
    fill(sql,
         "INSERT INTO domain (id, tenant_id, name, includes_subdomains, created_at_s, change_id)"
         " VALUES ($1, $2, $3, 1, 0, 1)",
         domains, 3, domain_row);
    fill(sql, "INSERT INTO policy_choice (domain_id, name, value, change_id) VALUES ($1, 'subject-tag', '[?]', 1)",
         domains / 10, 1, choice_row);
    fill(sql,
         "INSERT INTO allow_entry (domain_id, author_domain, includes_subdomains, evidence, evidence_domain, "
         "network,"
         " expires_at_s, note, owner, warned, created_at_s, hit_count, last_hit_at_s)"
         " VALUES ($1, $2, 1, 'aligned', '', '', 0, '', '', '', 0, 0, 0) ON CONFLICT DO NOTHING",
         domains / 10 * 2 - 2, 2, allow_row);
    must(sql_run(sql, "UPDATE hosting_state SET last_change = 1, provider_change = 1", NULL, 0, NULL, &why) ==
                 SEKI_OK &&
             sql_commit(sql, &why) == SEKI_OK,
         "filling the store");
}

static struct sql *open_store(const struct bench *bench)
{
    enum seki_result result;
    struct sql *sql = sql_open(bench->url, &result, &why);
    must(sql != NULL, "opening the store");
    return sql;
}

/* ---- look-ups ---- */

struct kind {
    const char *name;
    enum replica_found (*look_up)(struct replica *replica, uint64_t number, struct seki_arena *arena);
};

static enum replica_found look_hosted(struct replica *replica, uint64_t number, struct seki_arena *arena)
{
    char name[64];
    struct replica_domain domain;
    return replica_find_domain(replica, (struct seki_str){ name, name_of(number, name) }, arena, &domain);
}

static enum replica_found look_below(struct replica *replica, uint64_t number, struct seki_arena *arena)
{
    char name[80] = "mail.";
    struct replica_domain domain;
    return replica_find_domain(replica, (struct seki_str){ name, 5 + name_of(number, name + 5) }, arena, &domain);
}

static enum replica_found look_foreign(struct replica *replica, uint64_t number, struct seki_arena *arena)
{
    char name[64];
    struct replica_domain domain;
    size_t len = (size_t)snprintf(name, sizeof name, "stranger-%llx.example", (unsigned long long)number);
    return replica_find_domain(replica, (struct seki_str){ name, len }, arena, &domain);
}

static enum replica_found look_allow(struct replica *replica, uint64_t number, struct seki_arena *arena)
{
    const struct policy_allow *entries;
    size_t count;
    return replica_find_allow(replica, number / 10 * 10, SEKI_STR("sender3.example"), arena, &entries, &count);
}

static enum replica_found look_author(struct replica *replica, uint64_t number, struct seki_arena *arena)
{
    char name[64];
    struct replica_author author;
    size_t len = (size_t)snprintf(name, sizeof name, "stranger-%llx.example", (unsigned long long)number);
    return replica_find_author(replica, (struct seki_str){ name, len }, arena, &author);
}

static const struct kind kinds[] = {
    { "hosted", look_hosted }, { "below_hosted", look_below }, { "foreign", look_foreign },
    { "allow", look_allow },   { "author", look_author },
};

static void measure_look_ups(const struct bench *bench)
{
    struct replica *replica = replica_open(bench->replica_folder);
    struct seki_arena *arena = seki_arena_new(1u << 20);
    must(replica != NULL && arena != NULL, "opening the replica");
    printf("\"look_up_us\": {");
    for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++) {
        double begun_at_us = 0;
        for (uint64_t i = 0; i < bench->look_ups + bench->look_ups / 4; i++) {
            if (i == bench->look_ups / 4) /* the pages are mapped by then, as in a daemon that runs */
                begun_at_us = cpu_us();
            must(kinds[kind].look_up(replica, next_random() % bench->domains + 1, arena) != REPLICA_MISSING,
                 "looking up");
            seki_arena_clear(arena);
        }
        printf("%s\"%s\": %.3f", kind > 0 ? ", " : "", kinds[kind].name,
               (cpu_us() - begun_at_us) / (double)bench->look_ups);
    }
    printf("}, ");
    seki_arena_free(arena);
    replica_close(replica);
}

/* ---- freshness ---- */

/* As the role control does it. */
static void *follow(void *user)
{
    struct bench *bench = user;
    struct sql *sql = open_store(bench);
    struct replica_sync *sync = replica_sync_open(bench->replica_folder, MAP_OCTETS, &why);
    must(sync != NULL, "opening the replica to write");
    struct pollfd watched = { .fd = sql_watch(sql, &why), .events = POLLIN };
    while (!atomic_load(&bench->is_over)) {
        struct replica_sync_report report;
        must(replica_sync_turn(sync, sql, &report, &why) == SEKI_OK, "following");
        poll(&watched, 1, 1000);
        sql_watch_clear(sql);
    }
    replica_sync_close(sync);
    sql_close(sql);
    return NULL;
}

/* Who chooses, and a domain that has the choice from there. The first tenant has a fifth of all domains. */
struct reach {
    const char *name;
    enum store_level level;
    int64_t id;       /* 0: of the domain that sees it */
    uint64_t seen_by; /* 0: another one each time */
};

static const struct reach reaches[] = {
    { "provider", STORE_PROVIDER, 0, 207 },
    { "tenant", STORE_TENANT, 1, 106 },
    { "domain", STORE_DOMAIN, 0, 0 },
};

static void choose(struct sql *sql, struct store_owner owner, struct seki_str tag)
{
    const struct store_actor actor = { SEKI_STR("bench"), SEKI_STR("bench") };
    struct store_change *change;
    must(store_change_begin(sql, &actor, time(NULL), &change, &why) == SEKI_OK &&
             store_setting_set(change, owner, SEKI_STR("subject-tag"), tag, &why) == SEKI_OK &&
             store_change_commit(change, NULL, &why) == SEKI_OK,
         "changing the store");
}

/* @return from the commit until the reader sees it */
static double time_one(struct sql *sql, struct replica *replica, const struct reach *reach, uint64_t domain_id,
                       unsigned round)
{
    char name[64], tag[16];
    struct seki_str domain_name = { name, name_of(domain_id, name) };
    struct seki_str wanted = { tag, (size_t)snprintf(tag, sizeof tag, "[%u]", round) };
    struct seki_arena *arena = seki_arena_new(1u << 20);
    struct replica_domain domain;
    choose(sql, (struct store_owner){ reach->level, reach->level == STORE_DOMAIN ? (int64_t)domain_id : reach->id },
           wanted);
    double committed_at_us = now_us();
    do {
        usleep(500);
        seki_arena_clear(arena);
        replica_refresh(replica, (int64_t)now_us());
        must(replica_find_domain(replica, domain_name, arena, &domain) == REPLICA_YES, "looking up");
    } while (!seki_str_equal(domain.policy.subject_tag, wanted) && now_us() - committed_at_us < 60e6);
    seki_arena_free(arena);
    return now_us() - committed_at_us;
}

static void measure_reach(const struct bench *bench, struct sql *sql, struct replica *replica,
                          const struct reach *reach)
{
    double sum_us = 0, most_us = 0;
    for (unsigned round = 0; round <= FRESH_ROUNDS; round++) {
        uint64_t domain_id = reach->seen_by > 0 ? reach->seen_by : next_random() % bench->domains + 1;
        double us = time_one(sql, replica, reach, domain_id, round);
        usleep(20000 + (unsigned)(next_random() % 50000));
        if (round == 0)
            continue; /* the follower walks through the replica first */
        sum_us += us;
        most_us = us > most_us ? us : most_us;
    }
    printf("%s\"%s\": {\"mean\": %.1f, \"max\": %.1f}", reach == reaches ? "" : ", ", reach->name,
           sum_us / FRESH_ROUNDS / 1e3, most_us / 1e3);
    fflush(stdout);
}

static void measure_freshness(struct bench *bench, struct sql *sql)
{
    pthread_t follower;
    struct replica *replica = replica_open(bench->replica_folder);
    must(replica != NULL && pthread_create(&follower, NULL, follow, bench) == 0, "a thread");
    printf("\"commit_to_reader_ms\": {");
    for (size_t i = 0; i < sizeof reaches / sizeof reaches[0]; i++)
        measure_reach(bench, sql, replica, &reaches[i]);
    printf("}}\n");
    atomic_store(&bench->is_over, true);
    pthread_join(follower, NULL);
    replica_close(replica);
}

/* ---- building ---- */

static void measure_rebuild(const struct bench *bench, struct sql *sql)
{
    struct replica_sync_report report;
    struct replica_sync *sync = replica_sync_open(bench->replica_folder, MAP_OCTETS, &why);
    must(sync != NULL, "opening the replica to write");
    must(replica_sync_turn(sync, sql, &report, &why) == SEKI_OK && report.domains == bench->domains, "building");
    printf("{\"domains\": %llu, \"rebuild_s\": %.2f, ", (unsigned long long)bench->domains,
           (double)report.duration_us / 1e6);
    replica_sync_close(sync);
    sync = replica_sync_open(bench->replica_folder, MAP_OCTETS, &why);
    must(sync != NULL && replica_sync_turn(sync, sql, &report, &why) == SEKI_OK && !report.was_rebuilt, "walking");
    printf("\"walk_s\": %.2f, ", (double)report.duration_us / 1e6);
    replica_sync_close(sync);
}

int main(int argc, char **argv)
{
    struct bench bench = { .domains = 100000, .look_ups = 1000000 };
    const char *folder = argc > 1 ? argv[1] : "";
    bool is_good =
        argc >= 2 && argc <= 4 && (argc < 3 || seki_str_to_u64(seki_str_of(argv[2]), 100000000, &bench.domains)) &&
        (argc < 4 || seki_str_to_u64(seki_str_of(argv[3]), UINT32_MAX, &bench.look_ups)) && bench.domains >= 1000;
    int url_len = snprintf(bench.url, sizeof bench.url, "sqlite:%s/store.db", folder);
    int folder_len = snprintf(bench.replica_folder, sizeof bench.replica_folder, "%s/replica", folder);
    if (!is_good || url_len >= PATH_MAX || folder_len >= PATH_MAX) {
        fputs("usage: replica_bench FOLDER [DOMAINS [LOOK_UPS]]; at least 1000 domains\n", stderr);
        return 2;
    }
    struct sql *sql = open_store(&bench);
    fill_store(sql, bench.domains);
    measure_rebuild(&bench, sql);
    measure_look_ups(&bench);
    measure_freshness(&bench, sql);
    sql_close(sql);
    return 0;
}

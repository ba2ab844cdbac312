/* From the store into the replica: what a reader then sees, on every database. */
#include "daemon/replica_sync.h"

#include "replica/replica.h"
#include "store/hosting_test.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define MAP_OCTETS (64u * 1024u * 1024u)

struct side {
    char folder[4096];
    struct replica_sync *sync;
    struct replica *replica;
    int64_t now_us;
};

static struct side begin_side(void)
{
    static unsigned number;
    struct side side = { .now_us = 1000000 };
    snprintf(side.folder, sizeof side.folder, "%s/replica%u", store_test_folder(), number++);
    side.sync = replica_sync_open(side.folder, MAP_OCTETS, WHY);
    if (side.sync == NULL)
        fail_msg("%s", WHY->text);
    side.replica = replica_open(side.folder);
    return side;
}

static void end_side(struct side *side)
{
    replica_sync_close(side->sync);
    replica_close(side->replica);
}

static struct replica_sync_report sync_once(struct side *side, struct sql *sql)
{
    struct replica_sync_report report;
    STORE_OK(replica_sync_turn(side->sync, sql, &report, WHY));
    side->now_us += 1000000;
    replica_refresh(side->replica, side->now_us);
    return report;
}

/* @return its id, 0: nobody's, -1: not known */
static int64_t find(struct side *side, const char *name, struct replica_domain *domain_out)
{
    enum replica_found found = replica_find_domain(side->replica, seki_str_of(name), memory, domain_out);
    return found == REPLICA_YES ? (int64_t)domain_out->domain_id : found == REPLICA_NO ? 0 : -1;
}

static void an_empty_store_makes_an_empty_replica_once(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    struct side side = begin_side();
    struct replica_domain domain;
    assert_int_equal(find(&side, "one.example", &domain), -1);
    assert_true(sync_once(&side, sql).was_rebuilt);
    assert_int_equal(find(&side, "one.example", &domain), 0);
    assert_false(sync_once(&side, sql).was_rebuilt);
    end_side(&side);
}

static void changes_are_followed_one_by_one(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    struct side side = begin_side();
    struct replica_domain domain;
    int64_t tenant = add_tenant(sql, "north", POLICY_SHARED);
    int64_t one = add_domain(sql, tenant, "one.example");
    assert_true(sync_once(&side, sql).was_rebuilt);
    assert_int_equal(find(&side, "one.example", &domain), one);
    assert_int_equal(domain.shape, POLICY_SHARED);
    assert_int_equal(domain.tenant_id, tenant);

    int64_t two = add_domain(sql, tenant, "two.example");
    STORE_OK(set(sql, STORE_TENANT, tenant, "subject-tag", "[look]"));
    struct replica_sync_report report = sync_once(&side, sql);
    assert_false(report.was_rebuilt);
    assert_int_equal(report.tenants, 1);
    assert_int_equal(report.domains, 1); /* the tenant's choice reaches the other one too */
    assert_int_equal(find(&side, "two.example", &domain), two);
    assert_text(domain.policy.subject_tag, "[look]");
    assert_int_equal(find(&side, "one.example", &domain), one);
    assert_text(domain.policy.subject_tag, "[look]");
    assert_int_equal(report.change_id, replica_change_id(side.replica));

    struct store_change *change = begin(sql);
    STORE_OK(end(change, store_domain_remove(change, one, WHY)));
    assert_int_equal(sync_once(&side, sql).domains, 1);
    assert_int_equal(find(&side, "one.example", &domain), 0);
    assert_int_equal(sync_once(&side, sql).domains, 0);
    end_side(&side);
}

/* One entry for each tenant, whatever the number of domains; and what each sees is what the store resolves. */
static void a_choice_for_all_touches_tenants_only(struct sql *sql, const char *url)
{
    static const char *const names[] = { "a.example", "b.example", "c.example" };
    (void)url;
    begin_test(sql);
    struct side side = begin_side();
    int64_t north = add_tenant(sql, "north", POLICY_SHARED), south = add_tenant(sql, "south", POLICY_GATEWAY);
    int64_t ids[] = { add_domain(sql, north, "a.example"), add_domain(sql, north, "b.example"),
                      add_domain(sql, south, "c.example") };
    STORE_OK(set(sql, STORE_DOMAIN, ids[1], "subject-tag", "[own]"));
    STORE_OK(confirm(sql, ids[2]));
    assert_true(sync_once(&side, sql).was_rebuilt);
    STORE_OK(set(sql, STORE_PROVIDER, 0, "subject-tag", "[all]"));
    STORE_OK(set(sql, STORE_PROVIDER, 0, "filter", "on"));
    struct replica_sync_report report = sync_once(&side, sql);
    assert_false(report.was_rebuilt);
    assert_int_equal(report.tenants, 2);
    assert_int_equal(report.domains, 0);
    for (size_t i = 0; i < 3; i++) {
        struct store_resolved wanted = resolve(sql, ids[i]);
        struct replica_domain domain;
        assert_int_equal(find(&side, names[i], &domain), ids[i]);
        assert_true(seki_str_equal(domain.policy.subject_tag, wanted.domain.policy.subject_tag));
        assert_text(domain.policy.subject_tag, i == 1 ? "[own]" : "[all]");
        assert_int_equal(domain.policy.filter, i == 2 ? POLICY_ON : POLICY_OFF); /* who has not confirmed waits */
        assert_int_equal(domain.policy.filter, wanted.domain.policy.filter);
        assert_int_equal(domain.policy_revision, wanted.domain.policy_revision);
        assert_int_equal(domain.shape, wanted.domain.shape);
    }
    end_side(&side);
}

/* Its domains leave the replica and come back with it. */
static void a_tenant_whose_mail_goes_elsewhere_takes_its_domains_away(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    struct side side = begin_side();
    struct replica_domain domain;
    int64_t north = add_tenant(sql, "north", POLICY_SHARED), id = add_domain(sql, north, "one.example");
    sync_once(&side, sql);
    for (int turn = 0; turn < 2; turn++) {
        struct store_tenant tenant;
        STORE_OK(store_tenant_get(sql, north, memory, &tenant, WHY));
        tenant.dns_shape = STORE_DNS_HOSTED;
        tenant.is_dns_only = turn == 0;
        struct store_change *change = begin(sql);
        STORE_OK(end(change, store_tenant_change(change, &tenant, WHY)));
        assert_false(sync_once(&side, sql).was_rebuilt);
        assert_int_equal(find(&side, "one.example", &domain), turn == 0 ? 0 : id);
    }
    end_side(&side);
}

static void a_domain_that_moves_has_the_policy_of_its_new_tenant(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    struct side side = begin_side();
    struct replica_domain domain;
    int64_t north = add_tenant(sql, "north", POLICY_SHARED), south = add_tenant(sql, "south", POLICY_GATEWAY);
    int64_t id = add_domain(sql, north, "one.example");
    STORE_OK(set(sql, STORE_TENANT, south, "subject-tag", "[south]"));
    sync_once(&side, sql);
    struct store_domain moved;
    STORE_OK(store_domain_find(sql, SEKI_STR("one.example"), memory, &moved, WHY));
    moved.tenant_id = south;
    struct store_change *change = begin(sql);
    STORE_OK(end(change, store_domain_change(change, &moved, WHY)));
    assert_int_equal(sync_once(&side, sql).domains, 1);
    assert_int_equal(find(&side, "one.example", &domain), id);
    assert_int_equal(domain.tenant_id, south);
    assert_int_equal(domain.shape, POLICY_GATEWAY);
    assert_text(domain.policy.subject_tag, "[south]");
    end_side(&side);
}

static void allow_entries_arrive(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    struct side side = begin_side();
    int64_t id = add_domain(sql, add_tenant(sql, "north", POLICY_SHARED), "one.example");
    sync_once(&side, sql);
    struct store_allow_entry entry = { .domain_id = id, .note = SEKI_STR(""), .owner = SEKI_STR("") };
    entry.allow.author_domain = SEKI_STR("sender.example");
    entry.warned = entry.allow.domain = SEKI_STR("");
    uint64_t entry_id = 0;
    struct store_change *change = begin(sql);
    STORE_OK(end(change, store_allow_add(change, &entry, &entry_id, WHY)));
    sync_once(&side, sql);
    const struct policy_allow *entries;
    size_t count;
    assert_int_equal(
        replica_find_allow(side.replica, (uint64_t)id, SEKI_STR("sender.example"), memory, &entries, &count),
        REPLICA_YES);
    assert_int_equal(count, 1);
    assert_int_equal(entries[0].id, entry_id);
    end_side(&side);
}

static void a_replica_too_far_behind_or_ahead_is_rebuilt(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    struct side side = begin_side();
    struct replica_domain domain;
    int64_t tenant = add_tenant(sql, "north", POLICY_SHARED);
    int64_t one = add_domain(sql, tenant, "one.example");
    add_domain(sql, tenant, "two.example");
    sync_once(&side, sql);
    struct store_change *change = begin(sql);
    STORE_OK(end(change, store_domain_remove(change, one, WHY)));
    STORE_OK(store_changes_forget(sql, NOW_S + 10, WHY)); /* the name of what was removed is gone */
    struct replica_sync_report report = sync_once(&side, sql);
    assert_true(report.was_rebuilt);
    assert_non_null(strstr(report.reason, "cannot be followed"));
    assert_int_equal(find(&side, "one.example", &domain), 0);
    STORE_OK(sql_run(sql, "UPDATE hosting_state SET last_change = 1", NULL, 0, NULL, WHY)); /* a restored backup */
    assert_true(sync_once(&side, sql).was_rebuilt);
    end_side(&side);
}

/* Wrong octets in every page behind the two that LMDB begins with. */
static void damage(const struct side *side)
{
    char path[8192], page[4096];
    snprintf(path, sizeof path, "%s/current/data.mdb", side->folder);
    int file = open(path, O_RDWR);
    assert_true(file >= 0);
    for (off_t at = 8192; pread(file, page, sizeof page, at) == sizeof page; at += 4096) {
        for (size_t i = 2048; i < sizeof page; i++)
            page[i] = (char)~page[i];
        assert_int_equal(pwrite(file, page, sizeof page, at), sizeof page);
    }
    close(file);
}

static void a_damaged_replica_is_rebuilt_at_the_start(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    struct side side = begin_side();
    struct replica_domain domain;
    int64_t one = add_domain(sql, add_tenant(sql, "north", POLICY_SHARED), "one.example");
    sync_once(&side, sql);
    replica_sync_close(side.sync);
    damage(&side);
    side.sync = replica_sync_open(side.folder, MAP_OCTETS, WHY);
    assert_non_null(side.sync);
    assert_true(sync_once(&side, sql).was_rebuilt);
    assert_int_equal(find(&side, "one.example", &domain), one);
    end_side(&side);
}

static void a_reader_that_finds_damage_has_it_rebuilt(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    struct side side = begin_side();
    struct replica_domain domain;
    int64_t one = add_domain(sql, add_tenant(sql, "north", POLICY_SHARED), "one.example");
    sync_once(&side, sql);
    damage(&side);
    assert_int_equal(find(&side, "one.example", &domain), -1);
    struct replica_sync_report report = sync_once(&side, sql);
    assert_true(report.was_rebuilt);
    assert_non_null(strstr(report.reason, "a reader found it damaged"));
    assert_int_equal(find(&side, "one.example", &domain), one);
    damage(&side); /* over and over: not more than once a minute */
    assert_int_equal(find(&side, "one.example", &domain), -1);
    assert_false(sync_once(&side, sql).was_rebuilt);
    end_side(&side);
}

/* Readers that have it open go on with it and report nothing; those that start find none. */
static void what_is_taken_away_is_made_again(struct sql *sql, const char *url)
{
    static const char *const commands[] = { "link", "file" };
    (void)url;
    begin_test(sql);
    struct side side = begin_side();
    struct replica_domain domain;
    char link[8192], generation[256], path[16384];
    int64_t one = add_domain(sql, add_tenant(sql, "north", POLICY_SHARED), "one.example");
    sync_once(&side, sql);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        snprintf(link, sizeof link, "%s/current", side.folder);
        ssize_t len = readlink(link, generation, sizeof generation - 1);
        assert_true(len > 0);
        generation[len] = '\0';
        snprintf(path, sizeof path, "%s/%s/data.mdb", side.folder, generation);
        assert_int_equal(unlink(i == 0 ? link : path), 0);
        struct replica_sync_report report = sync_once(&side, sql);
        assert_true(report.was_rebuilt);
        assert_non_null(strstr(report.reason, "taken away"));
        replica_close(side.replica); /* one that starts */
        side.replica = replica_open(side.folder);
        replica_refresh(side.replica, side.now_us);
        assert_int_equal(find(&side, "one.example", &domain), one);
        assert_false(sync_once(&side, sql).was_rebuilt);
    }
    end_side(&side);
}

static struct side begin_side_with_room(uint64_t map_octets)
{
    struct side side = begin_side();
    replica_sync_close(side.sync);
    side.sync = replica_sync_open(side.folder, map_octets, WHY);
    assert_non_null(side.sync);
    return side;
}

/* In one change: in place it copies most pages of the lists of hashes, and splits them. */
static void add_many(struct sql *sql, int64_t tenant, const char *prefix, int count)
{
    struct store_change *change = begin(sql);
    for (int i = 0; i < count; i++) {
        char name[64];
        int64_t id;
        snprintf(name, sizeof name, "%s%d.example", prefix, i);
        struct store_domain domain = { .tenant_id = tenant, .name = seki_str_of(name) };
        STORE_OK(store_domain_add(change, &domain, &id, WHY));
    }
    STORE_OK(end(change, SEKI_OK));
}

static void a_change_without_room_in_place_is_live_by_a_rebuild(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    struct side side = begin_side_with_room(4u << 20);
    struct replica_domain domain;
    int64_t tenant = add_tenant(sql, "north", POLICY_SHARED);
    add_domain(sql, tenant, "one.example");
    sync_once(&side, sql);
    add_many(sql, tenant, "a", 1200); /* touches nearly every page, whatever the secret of the hashes */
    struct replica_sync_report report = sync_once(&side, sql);
    assert_true(report.was_rebuilt);
    assert_non_null(strstr(report.reason, "no room for a change in place"));
    assert_true(find(&side, "a1199.example", &domain) > 0);
    int64_t two = add_domain(sql, tenant, "two.example"); /* again there is room */
    assert_false(sync_once(&side, sql).was_rebuilt);
    assert_int_equal(find(&side, "two.example", &domain), two);
    end_side(&side);
}

/* It is not built over and over in vain; what was in force stays, and more room mends it. */
static void what_is_full_when_built_anew_waits_for_more_room(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    struct side side = begin_side_with_room(7u << 18);
    struct replica_domain domain;
    struct replica_sync_report report;
    int64_t tenant = add_tenant(sql, "north", POLICY_SHARED), one = add_domain(sql, tenant, "one.example");
    uint64_t before = sync_once(&side, sql).change_id;
    add_many(sql, tenant, "a", 3000);
    for (int turn = 0; turn < 2; turn++) {
        assert_int_equal(replica_sync_turn(side.sync, sql, &report, WHY), SEKI_LIMIT);
        assert_why("raise [hosting] replica_map_size");
        assert_int_equal(report.reason[0] != '\0', turn == 0); /* why it was begun anew */
        assert_int_equal(report.change_id, before);
        assert_int_equal(report.store_change_id, before + 1);
        assert_int_equal(find(&side, "one.example", &domain), one);
    }
    replica_sync_close(side.sync);
    side.sync = replica_sync_open(side.folder, MAP_OCTETS, WHY);
    assert_non_null(side.sync);
    assert_int_equal(sync_once(&side, sql).change_id, before + 1);
    assert_true(find(&side, "a2999.example", &domain) > 0);
    end_side(&side);
}

static void without_room_for_the_first_one_it_is_not_built_over_and_over(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    struct side side = begin_side_with_room(1u << 20);
    struct replica_sync_report report;
    for (int turn = 0; turn < 2; turn++) {
        assert_int_equal(replica_sync_turn(side.sync, sql, &report, WHY), SEKI_LIMIT);
        assert_why("raise [hosting] replica_map_size");
        assert_int_equal(report.reason[0] != '\0', turn == 0);
    }
    end_side(&side);
}

static void a_second_sync_is_refused(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    struct side side = begin_side();
    assert_null(replica_sync_open(side.folder, MAP_OCTETS, WHY));
    assert_why("another process writes the replica");
    end_side(&side);
}

int main(void)
{
    static const struct store_test tests[] = {
        STORE_TEST(an_empty_store_makes_an_empty_replica_once),
        STORE_TEST(changes_are_followed_one_by_one),
        STORE_TEST(a_choice_for_all_touches_tenants_only),
        STORE_TEST(a_tenant_whose_mail_goes_elsewhere_takes_its_domains_away),
        STORE_TEST(a_domain_that_moves_has_the_policy_of_its_new_tenant),
        STORE_TEST(allow_entries_arrive),
        STORE_TEST(a_replica_too_far_behind_or_ahead_is_rebuilt),
        STORE_TEST(a_damaged_replica_is_rebuilt_at_the_start),
        STORE_TEST(a_reader_that_finds_damage_has_it_rebuilt),
        STORE_TEST(what_is_taken_away_is_made_again),
        STORE_TEST(a_change_without_room_in_place_is_live_by_a_rebuild),
        STORE_TEST(what_is_full_when_built_anew_waits_for_more_room),
        STORE_TEST(without_room_for_the_first_one_it_is_not_built_over_and_over),
        STORE_TEST(a_second_sync_is_refused),
    };
    return STORE_TESTS_RUN(tests);
}

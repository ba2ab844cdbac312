/* Changes: all or nothing, one after the other, each with its lines. */
#include "store/hosting_test.h"

#include <pthread.h>
#include <time.h>

static void every_change_has_its_line(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    int64_t tenant = add_tenant(sql, "acme", POLICY_SHARED), id = add_domain(sql, tenant, "a.example");
    STORE_OK(set(sql, STORE_DOMAIN, id, "subject-tag", "say \"no\" \\"));
    STORE_OK(set(sql, STORE_DOMAIN, id, "subject-tag", "x"));
    STORE_OK(set(sql, STORE_DOMAIN, id, "subject-tag", "x")); /* nothing changes */
    STORE_OK(set(sql, STORE_PROVIDER, 0, "on-virus", "refuse"));
    const struct {
        const char *action, *tenant, *domain, *object, *before, *after;
    } want[] = {
        { "policy.set", "", "", "on-virus", "", "{\"option\":\"on-virus\",\"value\":\"refuse\"}" },
        { "policy.set", "acme", "a.example", "subject-tag",
          "{\"option\":\"subject-tag\",\"value\":\"say \\\"no\\\" \\\\\"}",
          "{\"option\":\"subject-tag\",\"value\":\"x\"}" },
        { "policy.set", "acme", "a.example", "subject-tag", "",
          "{\"option\":\"subject-tag\",\"value\":\"say \\\"no\\\" \\\\\"}" },
        { "domain.add", "acme", "a.example", "", "",
          "{\"name\":\"a.example\",\"tenant\":\"acme\",\"includes_subdomains\":false}" },
        { "tenant.add", "acme", "", "", "",
          "{\"name\":\"acme\",\"title\":\"\",\"server_shape\":\"shared\",\"dns_shape\":\"self\","
          "\"dns_only\":false}" },
    };
    const struct store_audit_entry *entries;
    size_t count;
    STORE_OK(store_audit_list(sql, &(struct store_audit_filter){ 0 }, memory, &entries, &count, WHY));
    assert_int_equal(count, 5);
    for (size_t i = 0; i < count; i++) {
        assert_text(entries[i].action, want[i].action);
        assert_text(entries[i].tenant, want[i].tenant);
        assert_text(entries[i].domain, want[i].domain);
        assert_text(entries[i].object, want[i].object);
        assert_text(entries[i].before, want[i].before);
        assert_text(entries[i].after, want[i].after);
        assert_text(entries[i].actor, "kim");
        assert_text(entries[i].via, "test");
        assert_int_equal(entries[i].at_s, NOW_S);
        assert_int_equal(entries[i].change_id, 5 - i);
    }
}

static size_t count_lines(struct sql *sql, const struct store_audit_filter *filter)
{
    const struct store_audit_entry *entries;
    size_t count;
    STORE_OK(store_audit_list(sql, filter, memory, &entries, &count, WHY));
    return count;
}

static void lines_are_found(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    int64_t tenant = add_tenant(sql, "acme", POLICY_SHARED), id = add_domain(sql, tenant, "a.example");
    add_tenant(sql, "other", POLICY_SHARED);
    STORE_OK(set(sql, STORE_DOMAIN, id, "on-virus", "refuse"));
    const struct {
        struct store_audit_filter filter;
        size_t want;
    } cases[] = {
        { { .tenant = SEKI_STR("acme") }, 3 },
        { { .domain = SEKI_STR("a.example") }, 2 },
        { { .action = SEKI_STR("tenant.") }, 2 },
        { { .action = SEKI_STR("%") }, 0 },
        { { .action = SEKI_STR("policy.set"), .domain = SEKI_STR("a.example") }, 1 },
        { { .object = SEKI_STR("on-virus") }, 1 },
        { { .actor = SEKI_STR("kim") }, 4 },
        { { .actor = SEKI_STR("Kim") }, 0 },
        { { .since_s = NOW_S, .until_s = NOW_S + 1 }, 4 },
        { { .until_s = NOW_S }, 0 },
        { { .change_id = 2 }, 1 },
        { { .before_id = 3 }, 2 },
        { { .limit = 3 }, 3 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (count_lines(sql, &cases[i].filter) != cases[i].want)
            fail_msg("case %zu", i);
}

static void a_change_that_fails_leaves_nothing(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    struct store_change *change = begin(sql);
    struct store_tenant tenant = { .name = SEKI_STR("acme"), .title = SEKI_STR("") };
    int64_t id;
    STORE_OK(store_tenant_add(change, &tenant, &id, WHY));
    struct store_domain domain = { .tenant_id = id, .name = SEKI_STR("a.example") };
    STORE_OK(store_domain_add(change, &domain, NULL, WHY));
    assert_int_equal(store_domain_add(change, &domain, NULL, WHY), SEKI_BAD_INPUT);
    store_change_rollback(change);
    assert_int_equal(count_lines(sql, &(struct store_audit_filter){ 0 }), 0);
    assert_int_equal(store_test_integer(sql, "select count(*) from tenant"), 0);
    struct store_changes changes;
    STORE_OK(store_changes_read(sql, &changes, WHY));
    assert_int_equal(changes.last, 0);
}

static void a_change_needs_an_actor(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    char too_long[256] = { 0 };
    memset(too_long, 'a', 255);
    const char *const names[] = { "", " ", "two\nlines", "\xff", too_long };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct store_change *change;
        struct store_actor actor = { seki_str_of(names[i]), SEKI_STR("test") };
        assert_int_equal(store_change_begin(sql, &actor, NOW_S, &change, WHY), SEKI_BAD_INPUT);
        assert_null(change);
    }
    struct store_change *change = begin(sql); /* and no transaction was left open */
    store_change_rollback(change);
}

/* ---- two writers at once ---- */

#define EACH 100

struct writer {
    const char *url, *prefix;
    int64_t tenant_id;
    unsigned refusals, failures;
};

static void *write_many(void *argument)
{
    struct writer *writer = (struct writer *)argument;
    struct sql *sql = store_test_open(writer->url);
    for (unsigned i = 0; i < EACH; i++) {
        char name[64];
        struct seki_error why;
        struct store_change *change = NULL;
        snprintf(name, sizeof name, "%s%u.example", writer->prefix, i);
        struct store_actor actor = { seki_str_of(writer->prefix), SEKI_STR("test") };
        struct store_domain domain = { .tenant_id = writer->tenant_id, .name = seki_str_of(name) };
        enum seki_result result = store_change_begin(sql, &actor, NOW_S, &change, &why);
        if (result == SEKI_OK)
            result = store_domain_add(change, &domain, NULL, &why);
        if (result == SEKI_OK)
            result = store_change_commit(change, NULL, &why);
        else
            store_change_rollback(change);
        writer->refusals += result == SEKI_BAD_INPUT && strstr(why.text, "hosted already, for tenant acme") != NULL;
        writer->failures += result != SEKI_OK && result != SEKI_BAD_INPUT;
    }
    sql_close(sql);
    return NULL;
}

/* Whoever follows while two write sees each domain once, in ids that only grow. */
static void two_writers_and_one_who_follows(struct sql *sql, const char *url)
{
    begin_test(sql);
    int64_t tenant = add_tenant(sql, "acme", POLICY_SHARED), at = 1;
    struct writer writers[] = { { url, "a", tenant, 0, 0 }, { url, "b", tenant, 0, 0 } };
    pthread_t threads[2];
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, &writers[i]), 0);
    size_t seen = 0;
    for (unsigned turn = 0; at < 1 + 2 * EACH && turn < 20000; turn++) {
        struct store_resolve_walk *walk;
        int64_t next;
        const struct store_walked *walked;
        STORE_OK(store_resolve_begin(sql, at, &walk, &next, WHY));
        size_t of_walk = 0;
        for (;;) {
            STORE_OK(store_resolve_next(walk, &walked, WHY));
            if (!walked)
                break;
            of_walk++;
        }
        store_resolve_end(walk);
        assert_int_equal(of_walk, next - at); /* one domain each */
        seen += of_walk;
        at = next;
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    }
    for (size_t i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(writers[i].refusals + writers[i].failures, 0);
    }
    assert_int_equal(seen, 2 * EACH);
}

/* The second is told who has it, as if it had come later. */
static void of_two_who_add_the_same_one_is_refused(struct sql *sql, const char *url)
{
    begin_test(sql);
    int64_t tenant = add_tenant(sql, "acme", POLICY_SHARED);
    struct writer writers[] = { { url, "same", tenant, 0, 0 }, { url, "same", tenant, 0, 0 } };
    pthread_t threads[2];
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, &writers[i]), 0);
    for (size_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(writers[0].refusals + writers[1].refusals, EACH);
    assert_int_equal(writers[0].failures + writers[1].failures, 0);
    assert_int_equal(store_test_integer(sql, "select count(*) from domain"), EACH);
    assert_int_equal(count_lines(sql, &(struct store_audit_filter){ .action = SEKI_STR("domain.add") }), EACH);
}

int main(void)
{
    static const struct store_test tests[] = {
        STORE_TEST(every_change_has_its_line),          STORE_TEST(lines_are_found),
        STORE_TEST(a_change_that_fails_leaves_nothing), STORE_TEST(a_change_needs_an_actor),
        STORE_TEST(two_writers_and_one_who_follows),    STORE_TEST(of_two_who_add_the_same_one_is_refused),
    };
    return STORE_TESTS_RUN(tests);
}

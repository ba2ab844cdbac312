/* A replica in a folder of its own, for tests of this room. */
#ifndef REPLICA_TEST_H
#define REPLICA_TEST_H

#include "replica/replica.h"
#include "replica/replica_writer.h"

#include <dirent.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include <cmocka.h>

#define TEST_MAP_OCTETS (64u * 1024u * 1024u)

struct test_folder {
    char path[64];
};

static inline struct test_folder test_folder_make(void)
{
    struct test_folder folder = { "/tmp/sekisho-replica-XXXXXX" };
    assert_non_null(mkdtemp(folder.path));
    return folder;
}

static inline void test_path(char path[PATH_MAX], const char *folder, const char *name)
{
    int len = snprintf(path, PATH_MAX, "%s/%s", folder, name);
    assert_true(len > 0 && len < PATH_MAX);
}

/* Replicas are two levels deep. */
static inline void test_remove(const char *path, int levels)
{
    DIR *entries = levels > 0 ? opendir(path) : NULL;
    for (const struct dirent *entry; entries != NULL && (entry = readdir(entries)) != NULL;) {
        char inner[PATH_MAX];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        test_path(inner, path, entry->d_name);
        test_remove(inner, entry->d_type == DT_DIR ? levels - 1 : 0);
    }
    if (entries != NULL)
        closedir(entries);
    remove(path);
}

static inline struct replica_writer *test_writer(const struct test_folder *folder)
{
    struct seki_error why = { "" };
    struct replica_writer *writer = replica_writer_open(folder->path, TEST_MAP_OCTETS, &why);
    if (writer == NULL)
        fail_msg("%s", why.text);
    return writer;
}

#define TEST_TENANT 7u

static inline struct replica_tenant test_tenant(void)
{
    return (struct replica_tenant){
        .tenant_id = TEST_TENANT, .policy_revision = 50, .shape = POLICY_SHARED, .policy = policy_default()
    };
}

static inline void test_put_tenant(struct replica_writer *writer, const struct replica_tenant *tenant)
{
    struct seki_error why = { "" };
    if (replica_put_tenant(writer, tenant, &why) != SEKI_OK)
        fail_msg("tenant: %s", why.text);
}

static inline struct replica_hosted test_domain(const char *name, uint64_t id)
{
    return (struct replica_hosted){
        .name = seki_str_of(name), .domain_id = id, .tenant_id = TEST_TENANT, .policy_revision = 100 + id
    };
}

static inline void test_put(struct replica_writer *writer, const char *name, uint64_t id, bool includes_subdomains)
{
    struct seki_error why = { "" };
    struct replica_hosted domain = test_domain(name, id);
    domain.includes_subdomains = includes_subdomains;
    if (replica_put_domain(writer, &domain, &why) != SEKI_OK)
        fail_msg("%s: %s", name, why.text);
}

static inline void test_begin_rebuild(struct replica_writer *writer)
{
    struct seki_error why = { "" };
    const struct replica_tenant tenant = test_tenant();
    if (replica_rebuild_begin(writer, &why) != SEKI_OK)
        fail_msg("%s", why.text);
    test_put_tenant(writer, &tenant);
}

static inline void test_begin_change(struct replica_writer *writer)
{
    struct seki_error why = { "" };
    if (replica_change_begin(writer, &why) != SEKI_OK)
        fail_msg("%s", why.text);
}

static inline void test_commit(struct replica_writer *writer, uint64_t change_id)
{
    struct seki_error why = { "" };
    if (replica_commit(writer, change_id, &why) != SEKI_OK)
        fail_msg("%s", why.text);
}

/** Whose policy is it: the domain's id, 0 for nobody's, -1 where that is not known. */
static inline int64_t test_find(struct replica *replica, const char *name)
{
    struct seki_arena *arena = seki_arena_new(1u << 20);
    struct replica_domain domain;
    enum replica_found found = replica_find_domain(replica, seki_str_of(name), arena, &domain);
    int64_t id = found == REPLICA_YES ? (int64_t)domain.domain_id : found == REPLICA_NO ? 0 : -1;
    seki_arena_free(arena);
    return id;
}

#endif

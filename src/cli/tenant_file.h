/* A whole tenant as one JSON file (docs/cli.md has its members). Reading it back is all or nothing. */
#ifndef CLI_TENANT_FILE_H
#define CLI_TENANT_FILE_H

#include "cli/hosting.h"

/** Of the file's members; raised when one gets another meaning. */
#define CLI_TENANT_FILE_VERSION 1

/** @return the whole tenant; NULL: kept in the store */
json_t *cli_tenant_file_write(struct cli_store *store, const struct store_tenant *tenant);

struct cli_tenant_file {
    const char *path;
    struct seki_str text;
    bool replaces;            /* a tenant that is there becomes what the file says */
    size_t passed_over_count; /* entries of the allow list that have expired meanwhile */
    size_t held_back_count;   /* domains with choices that wait for a confirmation */
    struct seki_str tenant;   /* filled: its name */
};

/**
 * Do what the file says, in the store's change.
 * @return false: kept in the store, with file and line ("acme.json:12: …"); nothing of it may be committed
 */
bool cli_tenant_file_read(struct cli_store *store, struct cli_tenant_file *file);

#endif

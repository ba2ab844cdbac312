/* What the parts of an import share: the change, the file, and where in it they are. */
#ifndef CLI_IMPORT_PARTS_H
#define CLI_IMPORT_PARTS_H

#include "cli/json_members.h"
#include "cli/tenant_file.h"

struct cli_import {
    struct cli_store *store;
    struct cli_tenant_file *file;
    struct cli_json_file json;
    struct store_tenant tenant;
};

/** Keep a result; what the file is to blame for gets its line. @return is it SEKI_OK? */
bool cli_import_did(struct cli_import *import, const struct cli_json_place *place, enum seki_result result);
bool cli_import_refuse(struct cli_import *import, const struct cli_json_place *place, const char *format, ...)
    SEKI_PRINTF(3, 4);
bool cli_import_members(struct cli_import *import, const struct cli_json_place *place, json_t *value,
                        const struct cli_member *members, size_t count, void *out);

/** Below, value is NULL where the file has no such member: then there is to be none. */
bool cli_import_users(struct cli_import *import, const struct cli_json_place *place, json_t *value);
bool cli_import_confirmations(struct cli_import *import, const struct cli_json_place *place, int64_t domain_id,
                              json_t *value);
bool cli_import_allow(struct cli_import *import, const struct cli_json_place *place, int64_t domain_id,
                      json_t *value);

#endif

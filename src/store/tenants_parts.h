/* A tenant's name, which every line of the audit log wants; without counting its domains. */
#ifndef STORE_TENANTS_PARTS_H
#define STORE_TENANTS_PARTS_H

#include "store/sql.h"

/** @return SEKI_BAD_INPUT: no such tenant */
SEKI_MUST_USE enum seki_result store_tenant_name(struct sql *sql, int64_t id, struct seki_arena *arena,
                                                 struct seki_str *name_out, struct seki_error *why);

#endif

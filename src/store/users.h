/* Users and their roles. */
#ifndef STORE_USERS_H
#define STORE_USERS_H

#include "policy/policy.h"
#include "store/change.h"

#define STORE_USER_NAME_MAX_OCTETS 254u

enum store_role {
    STORE_OPERATOR = 0,  /* of the provider; belongs to no tenant */
    STORE_ADMINISTRATOR, /* of a tenant */
    STORE_MAILBOX_OWNER  /* of one mailbox of a tenant */
};

struct store_user {
    int64_t id;
    struct seki_str name;    /* to sign in with: ASCII without spaces, kept in lower case; unique */
    struct seki_str title;   /* the person's name, UTF-8; may be "" */
    struct seki_str address; /* mail address; required of a mailbox owner, its domain then one of the tenant's */
    enum store_role role;
    enum policy_language language;
    int64_t tenant_id;           /* 0 for operators */
    struct seki_str tenant_name; /* only read */
    bool is_disabled;
    int64_t created_at_s;
};

const char *store_role_name(enum store_role role); /* "operator", "administrator", "mailbox-owner" */
/** @return false for an unknown word */
bool store_role_read(struct seki_str word, enum store_role *role_out);

/** @return SEKI_BAD_INPUT: no such user */
SEKI_MUST_USE enum seki_result store_user_find(struct sql *sql, struct seki_str name, struct seki_arena *arena,
                                               struct store_user *user_out, struct seki_error *why);
/** By name. @param tenant_id  0: of all and the operators. @param limit  0: STORE_LIST_MAX_ROWS */
SEKI_MUST_USE enum seki_result store_user_list(struct sql *sql, int64_t tenant_id, struct seki_str after,
                                               size_t limit, struct seki_arena *arena,
                                               const struct store_user **users_out, size_t *count_out,
                                               struct seki_error *why);
SEKI_MUST_USE enum seki_result store_user_add(struct store_change *change, const struct store_user *user,
                                              int64_t *id_out, struct seki_error *why);
/** Make the user with user->id what *user says. */
SEKI_MUST_USE enum seki_result store_user_change(struct store_change *change, const struct store_user *user,
                                                 struct seki_error *why);
SEKI_MUST_USE enum seki_result store_user_remove(struct store_change *change, int64_t id, struct seki_error *why);

#endif

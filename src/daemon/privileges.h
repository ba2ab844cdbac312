/* Giving up what a role does not need, before it reads the first octet from outside. */
#ifndef PRIVILEGES_H
#define PRIVILEGES_H

#include <sekisho/str.h>

#include <sys/types.h>

struct privileges_user { /* who to become */
    bool is_set;         /* false: stay who we are, not being root */
    uid_t uid;
    gid_t gid;
};

/**
 * Look the names of the configuration up.
 * @param user, group  NUL behind; group "": the user's own
 * @return false with *why: no such name
 */
bool privileges_find_user(struct seki_str user, struct seki_str group, struct privileges_user *user_out,
                          struct seki_error *why);

/** Become the user for good: no way back, no supplementary groups, no new privileges by exec. */
bool privileges_drop(const struct privileges_user *user, struct seki_error *why);

/** Refuse the system calls that no role has a use for (new programs, mounts, kernel modules, tracing …): EPERM. */
bool privileges_deny_calls(struct seki_error *why);

#endif

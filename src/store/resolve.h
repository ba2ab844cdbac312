/* What a hosted domain's policy comes to: choices of provider, tenant and domain laid over each other, and its allow
 * entries, as the replica wants them. */
#ifndef STORE_RESOLVE_H
#define STORE_RESOLVE_H

#include "replica/hosted.h"
#include "replica/replica.h"
#include "store/sql.h"

struct store_resolved {
    struct replica_domain domain; /* policy: as it is in force; policy_revision: the change it came of */
    bool includes_subdomains;
    const struct policy_allow *entries; /* domain.allow_count of them, expired ones too */
    bool is_removed;                    /* the replica does not have it: its mail is elsewhere */
    bool is_held_back; /* chosen is something that needs a confirmation, and there is none (policy_hold_back()) */
};

/** One domain as it stands. @param domain_id  of the store. In the arena. @return SEKI_BAD_INPUT: no such domain */
SEKI_MUST_USE enum seki_result store_resolve_domain(struct sql *sql, int64_t domain_id, struct seki_arena *arena,
                                                    struct store_resolved *resolved_out, struct seki_error *why);

enum store_walked_kind { STORE_WALKED_TENANT = 0, STORE_WALKED_DOMAIN, STORE_WALKED_REMOVED };

struct store_walked {
    enum store_walked_kind kind;
    struct replica_tenant tenant;
    struct replica_hosted domain; /* of a removed one only the name counts: drop it from the replica */
};

/** A walk over tenants, then domains, read one after the other, never all in memory. */
struct store_resolve_walk;

/**
 * Begins a read transaction, so that the walk sees one state: the store as it was at *change_id_out.
 * @param after  a change's id: only tenants and domains that changed themselves since (of the provider: all tenants), and
 *        removed domains; 0: all that are hosted
 * @param change_id_out  what the replica may commit as when it has taken the whole walk
 * @return SEKI_BAD_INPUT: after is older than can be followed or newer than the store (a restored backup): walk all
 */
SEKI_MUST_USE enum seki_result store_resolve_begin(struct sql *sql, int64_t after,
                                                   struct store_resolve_walk **walk_out, int64_t *change_id_out,
                                                   struct seki_error *why);
/** @param walked_out  valid until the next call; NULL behind the last (call store_resolve_end() all the same) */
SEKI_MUST_USE enum seki_result store_resolve_next(struct store_resolve_walk *walk,
                                                  const struct store_walked **walked_out, struct seki_error *why);
/** Ends the transaction too, also in the middle. NULL does nothing. */
void store_resolve_end(struct store_resolve_walk *walk);

#endif

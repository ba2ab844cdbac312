/* Recorded confirmations: a domain's administrator has read what filtering and reporting do, and wants it.
 *
 * Without one that is valid, nothing is done to a domain's mail and nothing is reported about it, whatever was chosen for
 * its tenant or the provider (policy_needs_confirmation()). */
#ifndef STORE_CONFIRMATIONS_H
#define STORE_CONFIRMATIONS_H

#include "store/change.h"

/** The version of the explanation that is shown today: `sekisho policy confirm` prints it. */
#define STORE_EXPLANATION_VERSION 1
/** Confirmations of older versions are void: raised when the explanation tells of something new that is done to mail, not
 *  when its words get better. */
#define STORE_EXPLANATION_OLDEST_VALID 1

#define STORE_ADMINISTRATOR_MAX_OCTETS 254u

struct store_confirmation {
    int64_t id, domain_id;
    struct seki_str administrator; /* who confirmed: name, or name and address */
    struct seki_str note;          /* how it came: "letter of 2026-05-02"; may be "" */
    int64_t version;               /* of the explanation */
    int64_t at_s;                  /* when the administrator confirmed */
    struct seki_str recorded_by;   /* the actor */
    int64_t withdrawn_at_s;        /* 0: it stands */
    bool is_valid;                 /* it stands, and its version still counts */
};

/** @param confirmation  domain_id, administrator, note, version, at_s (not in the future: at most the change's time)
 *  @return SEKI_BAD_INPUT: a version that there is not or that no longer counts, no administrator named */
SEKI_MUST_USE enum seki_result store_confirmation_add(struct store_change *change,
                                                      const struct store_confirmation *confirmation,
                                                      int64_t *id_out, struct seki_error *why);
/** All that stand for the domain. Its own choices stay and are held back from now on. */
SEKI_MUST_USE enum seki_result store_confirmation_withdraw(struct store_change *change, int64_t domain_id,
                                                           struct seki_error *why);
/** Newest first, withdrawn ones too. */
SEKI_MUST_USE enum seki_result store_confirmation_list(struct sql *sql, int64_t domain_id, struct seki_arena *arena,
                                                       const struct store_confirmation **confirmations_out,
                                                       size_t *count_out, struct seki_error *why);
SEKI_MUST_USE enum seki_result store_confirmation_is_valid(struct sql *sql, int64_t domain_id, bool *valid_out,
                                                           struct seki_error *why);
/** Domains of a tenant, or of all (0), that have no valid one: what they inherit is held back where it needs one. */
SEKI_MUST_USE enum seki_result store_confirmation_count_missing(struct sql *sql, int64_t tenant_id,
                                                                int64_t *count_out, struct seki_error *why);

#endif

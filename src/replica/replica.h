/* The local read replica: what the mail path must know of hosting, in LMDB files that `control` keeps in step with the
 * store. Reading.
 *
 * A generation is a folder ("g-NNNN") with one environment; the link "current" names the one in force. Changes go into
 * the environment in place, one transaction each; a full rebuild is a new generation, and the link is renamed over the old
 * one. Readers never block and write nothing, and a look-up sees one state. Every value carries a checksum: a damaged one is "damaged" and
 * not "nobody's domain", and control rebuilds.
 *
 * A file that is cut or damaged under a reader does not end the process (replica/fault_guard.h): the look-up is MISSING, and
 * so are all of this generation until there is another one; the reader leaves a note for the writer.
 *
 * One reader belongs to one thread; a process may have many. */
#ifndef REPLICA_REPLICA_H
#define REPLICA_REPLICA_H

#include "policy/allow.h"
#include "policy/policy.h"

struct replica;

enum replica_found {
    REPLICA_NO = 0, /* not there */
    REPLICA_YES,
    REPLICA_MISSING /* no replica, or it is damaged: policy is not known, the caller only labels */
};

struct replica_domain {
    uint64_t domain_id, tenant_id, policy_revision;
    enum policy_shape shape;
    struct seki_str
        name; /* of the entry that was found: the domain itself, or one above it that includes its subdomains */
    struct policy policy; /* of the domain as it is in force */
    size_t allow_count;   /* entries of this domain */
};

/**
 * Never fails for a folder that is missing or damaged: look-ups then answer REPLICA_MISSING until there is one.
 * @param folder  [hosting] replica; copied
 * @return NULL without memory
 */
struct replica *replica_open(const char *folder);
void replica_close(struct replica *replica);

/** See whether another generation is in force; cheap (a stat at most every 200 ms). Between messages only.
 *  @param now_us  monotonic */
void replica_refresh(struct replica *replica, int64_t now_us);

/**
 * @param domain   A-labels in lower case; its own entry, or the nearest above it that includes subdomains
 * @param arena    texts of *domain_out are copied there
 */
enum replica_found replica_find_domain(struct replica *replica, struct seki_str domain, struct seki_arena *arena,
                                       struct replica_domain *domain_out);

/** The entries of a hosted domain that could answer for this author: those for it, for a domain above it that includes
 *  subdomains, and those for every author. In the arena; none is count 0. @return NO never; MISSING as above */
enum replica_found replica_find_allow(struct replica *replica, uint64_t domain_id, struct seki_str author_domain,
                                      struct seki_arena *arena, const struct policy_allow **entries_out,
                                      size_t *count_out);

struct replica_author {
    bool is_hosted; /* as replica_find_domain() finds it */
    struct seki_str
        lookalike_of; /* hosted, and this can be taken for it (policy/lookalike.h) though neither it nor below it */
};

/** What hosting knows of an author domain, in one look-up. @param arena  lookalike_of is copied there
 *  @return MISSING as above; otherwise YES when there is anything to know */
enum replica_found replica_find_author(struct replica *replica, struct seki_str author_domain,
                                       struct seki_arena *arena, struct replica_author *author_out);

/** Which change of the store it contains; 0 when there is none. */
uint64_t replica_change_id(struct replica *replica);

#endif

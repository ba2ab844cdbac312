/* One Author Domain: the policy that applies to it, and which identifiers align with it. */
#ifndef AUTH_DMARC_AUTHOR_H
#define AUTH_DMARC_AUTHOR_H

#include "auth/dmarc_walk.h"

/* Where the policy record stands, in falling preference (RFC 9989 section 4.10.1). */
enum seki_dmarc_origin {
    SEKI_DMARC_ORIGIN_NONE = 0, /* nowhere */
    SEKI_DMARC_ORIGIN_AUTHOR,
    SEKI_DMARC_ORIGIN_ORG,
    SEKI_DMARC_ORIGIN_PSD
};

enum seki_dmarc_alignment {
    SEKI_DMARC_ALIGNMENT_UNSEEN = 0, /* not looked at: it could not have changed anything */
    SEKI_DMARC_ALIGNMENT_NO,
    SEKI_DMARC_ALIGNMENT_YES,
    SEKI_DMARC_ALIGNMENT_UNKNOWN /* a walk has failed */
};

/** A domain that a mechanism has authenticated, or could not for a passing reason. */
struct seki_dmarc_identifier {
    struct seki_str domain;
    bool is_spf;
    bool is_temporary; /* the mechanism ended in temperror */
    enum seki_dmarc_alignment alignment;
};

struct seki_dmarc_author {
    struct seki_str domain;
    struct seki_dmarc_walk *walk;
    bool is_discovered;
    /* When discovered: */
    enum seki_dmarc_origin origin;
    const struct seki_dmarc_name *at;         /* the policy record's, NULL for none */
    const struct seki_answer *existence;      /* TXT at the Author Domain itself; NULL when np= cannot matter */
    enum seki_dmarc_policy published, policy; /* UNSET when no record is usable or existence is unknown */
    /* With identifiers: */
    struct seki_dmarc_identifier *identifiers;
    size_t identifier_count;
    bool has_identifiers;
    bool is_aligned; /* all identifiers that matter have been looked at */
    enum seki_dmarc_result result;
};

/** Find the policy. @return SEKI_OK with is_discovered; SEKI_NEED_ANSWERS; SEKI_LIMIT, SEKI_SYSTEM */
enum seki_result seki_dmarc_author_discover(struct seki_dmarc_author *author, struct seki_dmarc_walks *walks,
                                            const struct seki_dmarc_options *options, struct seki_answers *answers);

/** Does the policy record lead to DMARC processing? False for no record and for an unusable one. */
bool seki_dmarc_author_has_policy(const struct seki_dmarc_author *author);

/** Could the policy not be found out? Then a name of the walk has failed before a record was certain. */
bool seki_dmarc_author_has_failed(const struct seki_dmarc_author *author);

/** Align the identifiers (RFC 9989 section 4.10.2) as far as they matter. The walk must be done.
 *  @return SEKI_OK with is_aligned; SEKI_NEED_ANSWERS; SEKI_LIMIT, SEKI_SYSTEM */
enum seki_result seki_dmarc_author_align(struct seki_dmarc_author *author, struct seki_dmarc_walks *walks,
                                         const struct seki_dmarc_identifiers *given, struct seki_answers *answers);

/** The first aligned identifier of a mechanism that passed, or NULL. */
const struct seki_dmarc_identifier *seki_dmarc_author_aligned(const struct seki_dmarc_author *author, bool is_spf);

/** Set author->result from what is known. */
void seki_dmarc_author_decide(struct seki_dmarc_author *author);

#endif

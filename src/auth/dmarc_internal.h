/* One DMARC evaluation, as its parts share it. */
#ifndef AUTH_DMARC_INTERNAL_H
#define AUTH_DMARC_INTERNAL_H

#include "auth/dmarc_author.h"

struct seki_dmarc {
    struct seki_arena *arena;
    struct seki_dmarc_options options;
    struct seki_dmarc_walks walks;
    struct seki_dmarc_author *authors; /* those that are evaluated */
    size_t author_count;
    struct seki_str defect;  /* why there is not exactly one Author Domain; "" when there is */
    bool is_discovery_alone; /* neither SPF nor DKIM was evaluated */
    bool is_done;
    struct seki_dmarc_verdict verdict;
};

/** The domains of From (RFC 9989 section 5.3.1). */
struct seki_dmarc_from {
    struct seki_str *domains; /* different ones, as A-labels in lower case, in their order */
    size_t domain_count;      /* at most what was asked for */
    struct seki_str defect;   /* one phrase; "" when From has one domain and nothing else is wrong */
};

/** @return SEKI_OK; SEKI_LIMIT, SEKI_SYSTEM from the arena */
enum seki_result seki_dmarc_from_read(struct seki_arena *arena, const struct seki_message *message,
                                      size_t max_domains, struct seki_dmarc_from *from_out);

/** Write the trace of a finished evaluation: what was asked, what it means, and why the verdict came out. */
void seki_dmarc_explain(const struct seki_dmarc *dmarc, const struct seki_dmarc_identifiers *identifiers);

#endif

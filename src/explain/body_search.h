/* Inside of body_change.h: one search, and the hashing of what a body may have been. */
#ifndef EXPLAIN_BODY_SEARCH_H
#define EXPLAIN_BODY_SEARCH_H

#include "auth/context.h"
#include "explain/body_change.h"

#define EXPLAIN_SHARES 64u

struct explain_search {
    struct seki_context *context;
    const struct explain_body_target *target;
    struct explain_body_step undone[EXPLAIN_BODY_MAX_STEPS]; /* in what is being tried */
    size_t undone_count;
    EVP_MD_CTX *state, *trial;
    struct seki_buf canonical;   /* of what is being tried */
    uint64_t received_octets;    /* of the canonical body as received */
    size_t max_text;             /* octets of a text that is made */
    uint64_t work, limit, share; /* octets hashed and read; may reach limit in all, and share now */
    bool is_share_used, has_failed;
    struct explain_body_change *change;
    struct seki_buf *original;
};

/** Found, or no memory, or no more work is allowed now: stop trying. */
bool explain_search_is_over(const struct explain_search *search);

/** Allow what comes now so many 64ths of the work that is left. */
void explain_search_share(struct explain_search *search, unsigned parts);

/** What is tried from now on has this undone too; and no longer. */
void explain_undo(struct explain_search *search, enum explain_body_kind kind, size_t first_line, size_t line_count);
void explain_redo(struct explain_search *search);

/** Was this body signed, or a part of it from its beginning to the end of a line? */
void explain_probe(struct explain_search *search, struct seki_str octets);

/** Were exactly these octets hashed, one piece after the other? Not for signatures with l=. */
void explain_probe_exact(struct explain_search *search, const struct seki_str *pieces, size_t count);

/** May so many octets be hashed, or else worked on? They are counted. */
bool explain_afford(struct explain_search *search, uint64_t octets);

/** Hash on. */
void explain_hash(struct explain_search *search, EVP_MD_CTX *state, struct seki_str octets);

/** Is a hash that has come so far the one that is looked for? The state stays as it is. */
bool explain_fits(struct explain_search *search, const EVP_MD_CTX *state);

/** It was. */
void explain_found(struct explain_search *search, const struct seki_str *pieces, size_t count);

/** The canonical form of a whole body; "" without memory. @param out  empty */
struct seki_str explain_canonical(struct explain_search *search, enum seki_canonicalization kind,
                                  struct seki_str octets, struct seki_buf *out);

/** Octets of the line at the front, with its CRLF. */
size_t explain_line_octets(struct seki_str text);
size_t explain_count_lines(struct seki_str text);

#endif

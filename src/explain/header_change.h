/* What was done to the signed fields of a header after it was signed? Changes that software is known to make are undone,
 * one and two at a time, until the signature verifies. */
#ifndef EXPLAIN_HEADER_CHANGE_H
#define EXPLAIN_HEADER_CHANGE_H

#include "explain/proof.h"

enum explain_header_kind {
    EXPLAIN_HEADER_SUBJECT_TAG,
    EXPLAIN_HEADER_FROM_REWRITTEN,
    EXPLAIN_HEADER_ENCODED_WORDS,
    EXPLAIN_HEADER_REWRITTEN, /* folds, quotes, spaces between addresses */
    EXPLAIN_HEADER_MIME_FIELD,
    EXPLAIN_HEADER_FIELD_ADDED,
    EXPLAIN_HEADER_OTHER_INSTANCE, /* of several fields of one name */
    EXPLAIN_HEADER_CANONICALIZATION,
    EXPLAIN_HEADER_KINDS
};

struct explain_header_kind_text {
    const char *id;   /* for JSON: "subject-tag" */
    const char *what; /* was done: a sentence */
    const char *who;  /* usually does it: a sentence */
};
extern const struct explain_header_kind_text explain_header_kind_texts[EXPLAIN_HEADER_KINDS];

struct explain_header_step {
    enum explain_header_kind kind;
    struct seki_str name; /* of the field; "" when it is none */
    struct seki_str was;  /* the value that was signed, on one line; "" when there was no field */
};

#define EXPLAIN_HEADER_MAX_STEPS 2u

struct explain_header_change {
    bool is_found;
    struct explain_header_step steps[EXPLAIN_HEADER_MAX_STEPS];
    size_t step_count; /* 0: the header was not changed */
    bool is_stopped;   /* not all was tried: it would have been too much work */
    size_t tried;      /* headers */
};

/**
 * @param body  of the message, for the fields of a part that may have been all of it
 * @return SEKI_OK with *change_out; SEKI_LIMIT, SEKI_SYSTEM
 * Tries at most 20,000 headers, or 2,000 where each costs a verification, and hashes at most 32 MiB.
 */
SEKI_MUST_USE enum seki_result explain_header_change_find(struct seki_arena *arena,
                                                          const struct explain_proof *proof, struct seki_str body,
                                                          struct explain_header_change *change_out);

#endif

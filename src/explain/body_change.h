/* What was done to a body after it was signed? Changes that software is known to make are undone one after the other
 * until the body hash (bh=) fits again. A hash that fits proves it: this is what was signed. One that does not fit
 * proves nothing. This is costly and for people who ask; no verdict depends on it. */
#ifndef EXPLAIN_BODY_CHANGE_H
#define EXPLAIN_BODY_CHANGE_H

#include <sekisho/body_hash.h>
#include <sekisho/buf.h>

enum explain_body_kind {
    EXPLAIN_BODY_APPENDED,    /* lines at the end */
    EXPLAIN_BODY_FINAL_LINES, /* blank lines at the end, or the last line end */
    EXPLAIN_BODY_LINE_ENDS,
    EXPLAIN_BODY_FOOTER_IN_PART, /* lines at the end of a text part */
    EXPLAIN_BODY_PART_ADDED,
    EXPLAIN_BODY_WRAPPED, /* put into a multipart as one of its parts */
    EXPLAIN_BODY_REENCODED,
    EXPLAIN_BODY_CHARSET,
    EXPLAIN_BODY_LINES_BROKEN,
    EXPLAIN_BODY_BANNER,                                 /* lines at the top of the body, or of a part */
    EXPLAIN_BODY_KEEPS_LINES,                            /* what follows leaves lines where they are */
    EXPLAIN_BODY_WHITE_SPACE = EXPLAIN_BODY_KEEPS_LINES, /* in lines or at their ends */
    EXPLAIN_BODY_FROM_ESCAPED,                           /* "From " and ">From " */
    EXPLAIN_BODY_DOTS,                                   /* at the beginning of lines */
    EXPLAIN_BODY_TABS,
    EXPLAIN_BODY_NUL,
    EXPLAIN_BODY_KINDS
};

struct explain_body_kind_text {
    const char *id;   /* for JSON: "appended" */
    const char *what; /* was done: a sentence */
    const char *who;  /* usually does it: a sentence */
};
extern const struct explain_body_kind_text explain_body_kind_texts[EXPLAIN_BODY_KINDS];

struct explain_body { /* as received, with CRLF line ends */
    struct seki_str octets;
    struct seki_str content_type, transfer_encoding; /* values of fields; "" when they are missing */
};

struct explain_body_target {
    enum seki_canonicalization canonicalization;
    enum seki_digest digest;
    struct seki_str body_digest; /* bh=, decoded */
    bool has_length;
    uint64_t length; /* l= */
};

struct explain_body_step {
    enum explain_body_kind kind;
    size_t first_line, line_count; /* of the body; first_line 0: not to be told in lines */
};

#define EXPLAIN_BODY_MAX_STEPS 4u

struct explain_body_change {
    bool is_found;
    struct explain_body_step
        steps[EXPLAIN_BODY_MAX_STEPS]; /* what was done last comes first; none: not changed at all */
    size_t step_count;
    int64_t octets;  /* of the canonical body: how many it has more (below 0: fewer) than what was signed */
    bool is_stopped; /* not all was tried: it would have been too much work */
    uint64_t work;   /* octets that were hashed, and some that were only read */
};

/**
 * @param original  receives the octets whose hash is bh=; may be NULL
 * @return SEKI_OK with *change_out; SEKI_SYSTEM without memory
 * Hashes at most 64 times the body (of a small one 1 MiB), and never more than 1 GiB.
 */
SEKI_MUST_USE enum seki_result explain_body_change_find(struct seki_context *context,
                                                        const struct explain_body *body,
                                                        const struct explain_body_target *target,
                                                        struct explain_body_change *change_out,
                                                        struct seki_buf *original);

#endif

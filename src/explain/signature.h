/* Which signatures could have held? A verdict says the first thing that is wrong with one; here header and body are looked
 * at apart, whatever the key's size, the algorithm's age or the signature's expiry, and what was changed is looked for.
 * Of DKIM-Signature and ARC-Message-Signature. */
#ifndef EXPLAIN_SIGNATURE_H
#define EXPLAIN_SIGNATURE_H

#include "explain/body_change.h"
#include "explain/header_change.h"

#define EXPLAIN_MAX_SIGNATURES    10u /* of each of the two, from the top */
#define EXPLAIN_MAX_BODY_SEARCHES 4u  /* for so many different body hashes a change is looked for */

enum explain_key {
    EXPLAIN_KEY_NOT_ASKED, /* the field itself cannot be used */
    EXPLAIN_KEY_FOUND,
    EXPLAIN_KEY_MISSING, /* no record, or none that is of use */
    EXPLAIN_KEY_UNAVAILABLE
};

enum explain_held { EXPLAIN_UNKNOWN, EXPLAIN_HOLDS, EXPLAIN_BROKEN };

/* What became of a signature, in one word. */
enum explain_story {
    EXPLAIN_VERIFIES,
    EXPLAIN_EXPIRED, /* else it would */
    EXPLAIN_BODY_CHANGED,
    EXPLAIN_HEADER_CHANGED,
    EXPLAIN_BOTH_CHANGED,
    EXPLAIN_HEADER_OR_KEY, /* the header was changed, or another key made it */
    EXPLAIN_OTHER_KEY,
    EXPLAIN_NO_KEY,
    EXPLAIN_KEY_NOT_HAD,
    EXPLAIN_UNUSABLE,
    EXPLAIN_STORIES
};

struct explain_story_text {
    const char *id;   /* for JSON: "body-changed" */
    const char *text; /* a sentence; {domain} in it is who signed */
};
extern const struct explain_story_text explain_story_texts[EXPLAIN_STORIES];

struct explain_signature {
    enum seki_signature_kind kind;
    unsigned instance; /* of ARC */
    size_t field_index;
    struct seki_str domain, selector, algorithm;
    enum explain_key key;
    struct seki_str reason; /* why it is not there; English */
    enum explain_maker maker;
    enum explain_held header, body;
    bool has_expiry, is_expired;
    int64_t expires_at_s;
    bool has_length;
    uint64_t length;              /* l= */
    uint64_t body_octets;         /* of the canonical body as received */
    const struct seki_str *names; /* h= */
    size_t name_count;
    struct explain_header_change header_change; /* when the header is broken */
    bool is_body_searched;                      /* body_change was looked for */
    struct explain_body_change body_change;
};

enum explain_story explain_signature_story(const struct explain_signature *signature);

/** A change was looked for, and none explains it all. */
bool explain_signature_is_unexplained(const struct explain_signature *signature);

struct explain_signatures_report {
    const struct explain_signature *signatures; /* DKIM, then ARC; the topmost first */
    size_t count;
    size_t left_out; /* there are more, which are not looked at */
};

struct explain_signatures;

/**
 * @param message, body  must live as long as the evaluation; the body with CRLF line ends
 * @param now_s          Unix time, for expiry
 * @return SEKI_OK; SEKI_LIMIT, SEKI_SYSTEM
 */
SEKI_MUST_USE enum seki_result explain_signatures_new(struct seki_arena *arena, struct seki_context *context,
                                                      const struct seki_message *message,
                                                      const struct explain_body *body, int64_t now_s,
                                                      struct explain_signatures **signatures_out);

/** @return SEKI_OK: *report_out stands, as long as the arena; SEKI_NEED_ANSWERS; SEKI_LIMIT, SEKI_SYSTEM */
SEKI_MUST_USE enum seki_result explain_signatures_step(struct explain_signatures *signatures,
                                                       struct seki_answers *answers,
                                                       struct explain_signatures_report *report_out);

#endif

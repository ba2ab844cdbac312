/* The way of a message as its header tells it: each server puts a Received field on top (RFC 5321 section 4.4), and
 * what stands between two of them was added between. Nothing in it is proved: every server could have written all
 * that stands below its own field, and so could the sender. */
#ifndef EXPLAIN_HOPS_H
#define EXPLAIN_HOPS_H

#include <sekisho/authres.h>
#include <sekisho/ip.h>
#include <sekisho/message.h>

#define EXPLAIN_MAX_HOPS  100u
#define EXPLAIN_MAX_MARKS 200u

struct explain_hop { /* texts are of one line; "" for what is not told */
    size_t field_index;
    bool is_read;         /* else there is only text */
    struct seki_str text; /* the whole field */
    struct seki_str helo, name;
    struct seki_ip address; /* unknown when none can be told for sure */
    struct seki_str by, with, id, for_path, date;
    unsigned tls_major, tls_minor; /* 0 and 0: not told */
    bool has_time, has_delay;
    int64_t time_s;
    int64_t delay_s; /* to the next hop; below 0 when the clocks disagree */
};

enum explain_mark_kind {
    EXPLAIN_MARK_AUTHRES,
    EXPLAIN_MARK_ARC_AUTHRES,
    EXPLAIN_MARK_RECEIVED_SPF,
    EXPLAIN_MARK_DKIM_SIGNATURE,
    EXPLAIN_MARK_ARC_SIGNATURE,
    EXPLAIN_MARK_ARC_SEAL,
    EXPLAIN_MARK_KINDS
};

/* What a server said about the message on its way. */
struct explain_mark {
    enum explain_mark_kind kind;
    size_t field_index;
    size_t hop;             /* added at this hop or later, 1 is the oldest; 0: before the first one */
    bool is_read;           /* else there is only text */
    struct seki_str text;   /* the whole field */
    struct seki_str claims; /* whose it says it is: authserv-id, d= */
    unsigned instance;      /* i= of ARC */
    struct seki_str result; /* of Received-SPF; cv= of a seal */
    struct seki_authres results;
};

struct explain_hops {
    const struct explain_hop *hops; /* the oldest first */
    size_t hop_count;
    const struct explain_mark *marks; /* the oldest first */
    size_t mark_count;
    size_t older_hops, older_marks; /* beyond the bounds; not told */
    bool has_return_path;
    struct seki_str return_path; /* without angle brackets */
    struct seki_str list_id;     /* of a mailing list (RFC 2919); "" for none */
};

const char *explain_mark_name(enum explain_mark_kind kind); /* the field's: "Authentication-Results" */

/** @return SEKI_OK with *hops_out, as long as the arena and the message; SEKI_LIMIT, SEKI_SYSTEM */
SEKI_MUST_USE enum seki_result explain_hops_read(struct seki_arena *arena, const struct seki_message *message,
                                                 struct explain_hops *hops_out);

/**
 * Where the message probably came in from the Internet: the newest hop from a public address. Which servers are the
 * reader's own cannot be known from a message, so this is an assumption.
 * @return false when there is no such hop
 */
bool explain_hops_border(const struct explain_hops *hops, size_t *index_out);

#endif

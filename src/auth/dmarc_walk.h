/* Where DMARC records are looked for, and what the Organizational Domain is.
 *
 * RFC 9989 section 4.10 walks from a name towards the root. All names of a walk follow from its start, so they are
 * all asked at once and then read in the RFC's order, up to the one that stops the walk; what stands beyond is not
 * looked at, whether it has been answered or not. A failure among the names read leaves the Organizational Domain
 * unknown: "no record" and "no answer" are different things, and mistaking one for the other can make a parent the
 * Organizational Domain and let a neighbour align (section 11.8).
 *
 * Walks of one message share their names, and each record is read once. With RFC 7489 a walk is two names, the
 * domain and what the public suffix list says above it. */
#ifndef AUTH_DMARC_WALK_H
#define AUTH_DMARC_WALK_H

#include <sekisho/dmarc.h>

#define SEKI_DMARC_WALK_MAX 8u /* "no more than eight DNS queries", RFC 9989 section 4.10 */

enum seki_dmarc_standing {
    SEKI_DMARC_STANDING_UNREAD = 0,
    SEKI_DMARC_STANDING_NOTHING, /* no TXT record, or none that is DMARC */
    SEKI_DMARC_STANDING_RECORD,
    SEKI_DMARC_STANDING_SEVERAL, /* "they are all discarded" */
    SEKI_DMARC_STANDING_FAILURE
};

/** One name, asked for TXT at "_dmarc." in front of it. */
struct seki_dmarc_name {
    struct seki_str domain;
    const struct seki_answer *answer; /* NULL before it was needed */
    enum seki_dmarc_standing standing;
    struct seki_dmarc_record record; /* with SEKI_DMARC_STANDING_RECORD */
    struct seki_dmarc_name *next;
};

enum seki_dmarc_org_rule {
    SEKI_DMARC_ORG_UNKNOWN = 0, /* a failure stands in the way */
    SEKI_DMARC_ORG_PSD_N,       /* the record says psd=n */
    SEKI_DMARC_ORG_BELOW_PSD_Y, /* one label below a record with psd=y */
    SEKI_DMARC_ORG_TOPMOST,     /* the record at the name with the fewest labels */
    SEKI_DMARC_ORG_START,       /* no record on the whole way: the start itself */
    SEKI_DMARC_ORG_LIST         /* from the public suffix list (RFC 7489) */
};

struct seki_dmarc_walk {
    struct seki_str start;
    struct seki_dmarc_name *names[SEKI_DMARC_WALK_MAX]; /* in the order of asking */
    size_t name_count;
    size_t read_count; /* names[0 … read_count-1] have been read */
    bool has_asked_ahead;
    bool is_done;
    /* When done: */
    const struct seki_dmarc_name *failed; /* the name that could not be read, or NULL */
    enum seki_dmarc_org_rule org_rule;
    struct seki_str org_domain;        /* "" when org_rule is UNKNOWN */
    const struct seki_dmarc_name *org; /* its name, if a record stands there */
    const struct seki_dmarc_name *psd; /* the psd=y record that ended the walk above org_domain, or NULL */
    struct seki_dmarc_walk *next;
};

/** All walks of one message. Zero but for arena and, for RFC 7489, psl. */
struct seki_dmarc_walks {
    struct seki_arena *arena;
    const struct seki_psl *psl; /* NULL: tree walks */
    struct seki_dmarc_walk *first;
    struct seki_dmarc_name *first_name;
};

/** The walk from domain (A-labels, at most 253 octets), made when there is none yet. NULL when the arena is full. */
struct seki_dmarc_walk *seki_dmarc_walk_get(struct seki_dmarc_walks *walks, struct seki_str domain);

/** Ask for all names of a walk without needing them yet. */
void seki_dmarc_walk_ask_ahead(struct seki_dmarc_walk *walk, struct seki_answers *answers);

/** Read on. @return SEKI_OK when done; SEKI_NEED_ANSWERS; SEKI_LIMIT, SEKI_SYSTEM */
enum seki_result seki_dmarc_walk_step(struct seki_dmarc_walks *walks, struct seki_dmarc_walk *walk,
                                      struct seki_answers *answers);

/**
 * The Organizational Domain of domain, by its own walk or, with RFC 7489, from the list.
 * @param org_out  "" when a failure stands in the way
 * @return as seki_dmarc_walk_step()
 */
enum seki_result seki_dmarc_walk_org_domain(struct seki_dmarc_walks *walks, struct seki_str domain,
                                            struct seki_answers *answers, struct seki_str *org_out);

#endif

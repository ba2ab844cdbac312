/* Body canonicalization (RFC 6376 sections 3.4.3 and 3.4.4) of a stream that may be split anywhere. */
#ifndef AUTH_BODY_CANON_H
#define AUTH_BODY_CANON_H

#include <sekisho/body_hash.h>

/* Where canonical octets go: long runs as they lie in the input, short ones gathered in staging first. */
struct seki_canon_out {
    void (*write)(void *user, const char *octets, size_t len);
    void *user;
    char *staging;
    size_t staging_size; /* at least 1,024 */
    size_t used;         /* 0 between calls */
};

enum seki_white_space { SEKI_NO_WSP = 0, SEKI_WSP, SEKI_WSP_CR };

struct seki_body_canon { /* zero, with kind set, is the start of a body */
    enum seki_canonicalization kind;
    enum seki_white_space open; /* relaxed: what stands at the end and cannot be decided yet */
    bool has_cr;                /* the last octet was CR: half a line end, or a bare CR */
    uint64_t held_line_ends;    /* CRLFs not put out: they may turn out to stand at the end of the body */
    uint64_t length;            /* canonical octets put out so far */
};

/** The next piece. Only CRLF ends a line; a bare CR or LF is an octet like any other. */
void seki_body_canon_update(struct seki_body_canon *canon, struct seki_canon_out *out, struct seki_str octets);
/** The body has ended. */
void seki_body_canon_finish(struct seki_body_canon *canon, struct seki_canon_out *out);

#endif

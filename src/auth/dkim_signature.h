/* One signature field, read and judged by itself: DKIM-Signature (RFC 6376 section 3.5), ARC-Message-Signature and
 * ARC-Seal (RFC 8617 section 4.1). */
#ifndef AUTH_DKIM_SIGNATURE_H
#define AUTH_DKIM_SIGNATURE_H

#include "auth/dkim_key.h"

#include <sekisho/dkim.h>

enum seki_signature_kind { SEKI_SIGNATURE_DKIM = 0, SEKI_SIGNATURE_AMS, SEKI_SIGNATURE_SEAL };

enum seki_chain_validation { SEKI_CV_NONE = 0, SEKI_CV_PASS, SEKI_CV_FAIL }; /* cv= */

/* Why a signature cannot count; result SEKI_DKIM_NONE: it can. */
struct seki_refusal {
    enum seki_dkim_result result;
    const char *reason;
};

struct seki_signature {
    enum seki_signature_kind kind;
    const struct seki_field *field;
    size_t field_index; /* in the message */

    struct seki_str algorithm; /* a=, in lower case */
    enum seki_key_type key_type;
    enum seki_digest digest;
    enum seki_canonicalization header_canon, body_canon; /* c= */
    struct seki_str domain;                              /* d=, as written */
    struct seki_str domain_ascii;
    struct seki_str selector; /* s=, as written */
    struct seki_str selector_ascii;
    struct seki_str identity;     /* i= of DKIM, decoded; "@" d= when absent */
    bool is_identity_below;       /* its domain is not d= itself but below it */
    const struct seki_str *names; /* h= */
    size_t name_count;
    struct seki_str body_digest;    /* bh=, decoded */
    struct seki_str signature;      /* b=, decoded */
    struct seki_str signature_text; /* b= as written, white space included */
    size_t cut_start, cut_end;      /* in field->value: all after "b=" up to ";", left out when hashing */
    bool has_length;
    uint64_t length; /* l= */
    bool has_time, has_expiry;
    int64_t time_s, expires_at_s; /* t=, x=; INT64_MAX for more than 12 digits */
    unsigned instance;            /* i= of ARC */
    enum seki_chain_validation cv;

    struct seki_refusal refusal; /* the first thing found wrong; what could be read is still there */
};

/**
 * Read the field and judge its syntax.
 * @return SEKI_OK, also when *out is refused; SEKI_LIMIT, SEKI_SYSTEM from the arena
 */
enum seki_result seki_signature_read(struct seki_arena *arena, enum seki_signature_kind kind,
                                     const struct seki_message *message, size_t field_index,
                                     struct seki_signature *out);

/** Refuse what local policy does not take: historic algorithms (RFC 8301), times out of bounds. */
void seki_signature_judge(struct seki_signature *signature, const struct seki_dkim_options *options);

#endif

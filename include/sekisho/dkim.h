/* DKIM verification: RFC 6376 with RFC 8301, 8463 and 8616. */
#ifndef SEKISHO_DKIM_H
#define SEKISHO_DKIM_H

#include <sekisho/answers.h>
#include <sekisho/body_hash.h>
#include <sekisho/message.h>
#include <sekisho/trace.h>

enum seki_dkim_result { /* RFC 8601 section 2.7.1 */
    SEKI_DKIM_NONE = 0,
    SEKI_DKIM_PASS,
    SEKI_DKIM_FAIL,      /* signature or body hash does not verify */
    SEKI_DKIM_POLICY,    /* refused by local policy: rsa-sha1, key under the limit (RFC 8301) */
    SEKI_DKIM_NEUTRAL,   /* syntax errors, or otherwise not processable */
    SEKI_DKIM_TEMPERROR, /* the key could not be had now */
    SEKI_DKIM_PERMERROR  /* no key, revoked key, key record unusable, required tag missing */
};

struct seki_dkim_options {     /* zero is the default */
    unsigned min_rsa_bits;     /* 0 = 1024 (RFC 8301 section 3.2); lower only in tests */
    bool allow_rsa_sha1;       /* only in tests (RFC 8301 section 3.1) */
    unsigned max_signatures;   /* tried, from the top; 0 = 10. The rest are reported as policy "not tried", up to 100
                                  signatures in all */
    int64_t clock_skew_s;      /* allowed for x= and t=; 0 = 300 */
    int64_t now_s;             /* time of receipt, Unix; 0 = not known, x= and t= are not judged */
    struct seki_trace *trace;
};

struct seki_dkim_signature_verdict {
    enum seki_dkim_result result;
    struct seki_str domain;    /* d=, as written; "" when it is missing or no domain. So are the other texts: what is
                                  there has the form that its tag must have */
    struct seki_str domain_ascii; /* d= as A-labels in lower case, for DNS and alignment */
    struct seki_str selector;  /* s= */
    struct seki_str algorithm; /* a=, as written in lower case */
    struct seki_str identity;  /* i=, or "@" d= when absent */
    struct seki_str reason;    /* one phrase: "body hash did not verify"; "" on a plain pass */
    struct seki_str b_prefix;  /* first octets of b= without white space, enough to tell it from the other
                                  signatures, at least 8 (RFC 6008 section 4) */
    unsigned key_bits;
    bool is_testing;           /* t=y in the key record */
    bool has_length;           /* l= present */
    bool is_partial;           /* l= left octets of the body unsigned: no use for DMARC */
    size_t field_index;        /* in the message */
    enum seki_dnssec dnssec;   /* of the key record */
};

struct seki_dkim_verdict {
    const struct seki_dkim_signature_verdict *signatures; /* topmost first */
    size_t signature_count;    /* 0: none */
};

struct seki_dkim;

/**
 * Read the DKIM-Signature fields of a complete header; asks @param body for the body hashes they need.
 * @param context, message, body  must live as long as the evaluation
 * @return SEKI_OK with *dkim_out; SEKI_LIMIT, SEKI_SYSTEM from the arena
 */
SEKI_API SEKI_MUST_USE enum seki_result seki_dkim_new(struct seki_arena *arena, struct seki_context *context,
                                                      const struct seki_message *message,
                                                      struct seki_body_hash *body,
                                                      const struct seki_dkim_options *options,
                                                      struct seki_dkim **dkim_out, struct seki_error *why);

/**
 * Advance. Asks for all keys at the first call, before the body has been seen. Finished signatures are kept.
 * @return SEKI_OK: *verdict_out stands; SEKI_NEED_ANSWERS: keys are awaited; SEKI_NEED_BODY: only the end of the
 *         body is; SEKI_LIMIT, SEKI_SYSTEM
 */
SEKI_API SEKI_MUST_USE enum seki_result seki_dkim_step(struct seki_dkim *dkim, struct seki_answers *answers,
                                                       struct seki_dkim_verdict *verdict_out,
                                                       struct seki_error *why);

/** d= of the signature at index (topmost first) as A-labels in lower case, known from the start, so that what will have
 *  to be asked about it can be asked ahead. "" when it could not be read; ptr NULL past the last one. */
SEKI_API struct seki_str seki_dkim_domain(const struct seki_dkim *dkim, size_t index);

SEKI_API const char *seki_dkim_result_name(enum seki_dkim_result result);

#endif

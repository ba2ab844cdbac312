/* DKIM signing: RFC 6376 section 5 with RFC 8301, 8463 and 8616.
 *
 *   header read → seki_dkim_sign_new() → body hashed → seki_dkim_sign_digest() → (the key's holder signs)
 *               → seki_dkim_sign_complete() → the field goes on top of the message
 *
 * Several signatures on one message are several of these over the same body hash; they do not sign each other. Hand over
 * the message as it will be transmitted (section 5.3), after everything that edits it. l= is never written. */
#ifndef SEKISHO_DKIM_SIGN_H
#define SEKISHO_DKIM_SIGN_H

#include <sekisho/body_hash.h>
#include <sekisho/message.h>
#include <sekisho/sign.h>

enum seki_sign_canonicalization { /* of the header and of the body */
    SEKI_SIGN_RELAXED_RELAXED = 0,
    SEKI_SIGN_RELAXED_SIMPLE,
    SEKI_SIGN_SIMPLE_RELAXED,
    SEKI_SIGN_SIMPLE_SIMPLE
};

struct seki_dkim_sign_options { /* zero is the default; domain and selector are needed */
    struct seki_str domain;     /* d=; U-labels are written as A-labels, see is_internationalized */
    struct seki_str selector;   /* s= */
    enum seki_sign_algorithm algorithm;
    enum seki_sign_canonicalization canonicalization;
    /* h= as it is to be, From among it: a field of the message for each time that its name is listed, from the bottom
     * up; a name listed more often forbids more fields of that name. None: the list of RFC 6376 section 5.4.1, with the
     * fields that readers see and those that steer a body's display listed once more than they are there. */
    const struct seki_str *names;
    size_t name_count;
    struct seki_str identity;   /* i=, "user@example.com" or "@sub.example.com" within domain; "": none */
    int64_t time_s;             /* t=, Unix; 0: none */
    int64_t expires_after_s;    /* x= is time_s and so many seconds; 0: none */
    bool is_internationalized;  /* the message has UTF-8 fields (RFC 6532): U-labels stay (RFC 8616 section 5) */
};

struct seki_dkim_sign;

/**
 * Check the options, choose the fields and ask @param body for the body hash. The header must be complete.
 * @param context, message, body  must live until seki_dkim_sign_digest(), the options' texts as long as the arena
 * @return SEKI_OK with *sign_out; SEKI_BAD_INPUT: an option cannot be used, or the message has no From field;
 *         SEKI_LIMIT: the header was not kept whole, or h= would have over 1,000 names; SEKI_USAGE: the body has begun;
 *         SEKI_SYSTEM
 */
SEKI_API SEKI_MUST_USE enum seki_result seki_dkim_sign_new(struct seki_arena *arena, struct seki_context *context,
                                                           const struct seki_message *message,
                                                           struct seki_body_hash *body,
                                                           const struct seki_dkim_sign_options *options,
                                                           struct seki_dkim_sign **sign_out, struct seki_error *why);

/** What is to be signed. @return SEKI_OK; SEKI_NEED_BODY before seki_body_hash_finish(); SEKI_LIMIT, SEKI_SYSTEM */
SEKI_API SEKI_MUST_USE enum seki_result seki_dkim_sign_digest(struct seki_dkim_sign *sign,
                                                              struct seki_sign_request *request_out,
                                                              struct seki_error *why);

/**
 * Take the signature back.
 * @param value_out  of the DKIM-Signature field: all after the colon, its first SP included, folded with CRLF HTAB; lives
 *                   as long as the arena
 * @return SEKI_OK; SEKI_USAGE before seki_dkim_sign_digest(), or when the answer has not a length of the algorithm;
 *         SEKI_LIMIT, SEKI_SYSTEM
 */
SEKI_API SEKI_MUST_USE enum seki_result seki_dkim_sign_complete(struct seki_dkim_sign *sign,
                                                                const struct seki_sign_answer *answer,
                                                                struct seki_str *value_out, struct seki_error *why);

/** "relaxed/relaxed" and so on */
SEKI_API const char *seki_sign_canonicalization_name(enum seki_sign_canonicalization canonicalization);
/** One word alone is the header's, the body's is then "simple" (section 3.5). @return false when it is none of them */
SEKI_API bool seki_sign_canonicalization_from_name(struct seki_str name,
                                                   enum seki_sign_canonicalization *canonicalization_out);

#endif

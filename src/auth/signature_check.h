/* The way of one signature, DKIM's or ARC's, from its field to its verdict: ask for the key, take it, compare the body
 * hash, verify. */
#ifndef AUTH_SIGNATURE_CHECK_H
#define AUTH_SIGNATURE_CHECK_H

#include "auth/dkim_signature.h"

#include <sekisho/dkim.h>

/* What all signatures of one message share. */
struct seki_check_scene {
    struct seki_arena *arena;
    struct seki_context *context;
    const struct seki_message *message;
    struct seki_body_hash *body;
    struct seki_dkim_options options;
    uint32_t *used; /* see seki_header_hash_signature() */
};

enum seki_check_state {
    SEKI_CHECK_WAITS_FOR_KEY = 0,
    SEKI_CHECK_HAS_KEY, /* at least one key record is fit; the body hash and the signature are not judged */
    SEKI_CHECK_DONE
};

struct seki_signature_check {
    struct seki_signature signature;
    enum seki_check_state state;
    struct seki_str label;            /* for people: "signature 1" */
    struct seki_str question;         /* where the key is: s= "._domainkey." d= */
    const struct seki_answer *answer; /* once asked */
    size_t body_id;
    enum seki_dkim_result result; /* when done */
    struct seki_str reason;
    unsigned key_bits;
    bool is_testing, is_partial;
};

/** @return NULL when the arena is full */
struct seki_check_scene *seki_check_scene_new(struct seki_arena *arena, struct seki_context *context,
                                              const struct seki_message *message, struct seki_body_hash *body,
                                              const struct seki_dkim_options *options);

/**
 * Read a field and judge it by itself.
 * @param label  of the check, a view that lives as long
 * @return SEKI_OK, also when check is done already; SEKI_LIMIT, SEKI_SYSTEM from the arena
 */
enum seki_result seki_check_read(const struct seki_check_scene *scene, enum seki_signature_kind kind,
                                 size_t field_index, struct seki_str label, struct seki_signature_check *check);

/** Ask for the body hash, unless the check is done; ends it when there are too many.
 *  @return SEKI_OK; SEKI_USAGE when the body has begun; SEKI_LIMIT, SEKI_SYSTEM */
enum seki_result seki_check_want_body(const struct seki_check_scene *scene, struct seki_signature_check *check);

/** End the check with this result. Does nothing when it has ended. */
void seki_check_end(const struct seki_check_scene *scene, struct seki_signature_check *check,
                    enum seki_dkim_result result, struct seki_str reason);

/**
 * Ask for the key, and judge the answer when it is there.
 * @return SEKI_OK: done or has a key; SEKI_NEED_ANSWERS; SEKI_LIMIT, SEKI_SYSTEM
 */
enum seki_result seki_check_key(const struct seki_check_scene *scene, struct seki_signature_check *check,
                                struct seki_answers *answers);

/** The body has ended: compare bh=, hash the header, verify. A check that has its key is done after this.
 *  @return SEKI_OK; SEKI_SYSTEM */
enum seki_result seki_check_message(const struct seki_check_scene *scene, struct seki_signature_check *check);

/** Verify against a digest made elsewhere (ARC-Seal). A check that has its key is done after this. */
enum seki_result seki_check_digest(const struct seki_check_scene *scene, struct seki_signature_check *check,
                                   const uint8_t *digest);

#endif

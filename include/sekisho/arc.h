/* ARC chain validation: RFC 8617 section 5.2. */
#ifndef SEKISHO_ARC_H
#define SEKISHO_ARC_H

#include <sekisho/dkim.h>

enum seki_arc_result { SEKI_ARC_NONE = 0, SEKI_ARC_PASS, SEKI_ARC_FAIL };

struct seki_arc_set {             /* one hop of a passing chain */
    struct seki_str sealer;       /* d= of its ARC-Seal, A-labels in lower case */
    struct seki_str selector;     /* s= */
    struct seki_str auth_results; /* payload of its ARC-Authentication-Results after "i=N;" */
    bool ams_is_valid;            /* and leaves nothing of the body unsigned (l=); known for the newest, for older ones
                                     only when oldest_pass was determined */
};

struct seki_arc_verdict {
    enum seki_arc_result result;
    unsigned instance;            /* highest i= seen, 0 for none */
    unsigned oldest_pass;         /* RFC 8617 section 5.2 step 4: 0 = every AMS verifies */
    struct seki_str reason;       /* one phrase, "" on pass and none */
    const struct seki_arc_set *sets; /* sets[0] is i=1; only on pass */
    size_t set_count;
};

struct seki_arc;

/** As seki_dkim_new(); of the options, max_signatures is not used. At most 50 sets (section 4.2.1). */
SEKI_API SEKI_MUST_USE enum seki_result seki_arc_new(struct seki_arena *arena, struct seki_context *context,
                                                     const struct seki_message *message,
                                                     struct seki_body_hash *body,
                                                     const struct seki_dkim_options *options,
                                                     struct seki_arc **arc_out, struct seki_error *why);

/** As seki_dkim_step(). A DNS failure is "fail": ARC has no temperror (section 5.2.1). */
SEKI_API SEKI_MUST_USE enum seki_result seki_arc_step(struct seki_arc *arc, struct seki_answers *answers,
                                                      struct seki_arc_verdict *verdict_out,
                                                      struct seki_error *why);

/**
 * May this chain vouch for the message? Every sealer from the newest down to (and with) the oldest set that it
 * relies on must be in the list (section 9.4); at least one trusted set is needed. The newest AMS must be valid for the
 * whole body: what l= leaves out, anybody can have added since.
 * @param trusted  domains as A-labels in lower case
 * @param set_out  the oldest set reached by an unbroken run of trusted sealers from the newest; may be NULL
 */
SEKI_API bool seki_arc_is_trusted(const struct seki_arc_verdict *verdict, const struct seki_str *trusted,
                                  size_t trusted_count, const struct seki_arc_set **set_out);

SEKI_API const char *seki_arc_result_name(enum seki_arc_result result);

#endif

/* The Authentication-Results field: RFC 8601. Written and read in one place: parse(write(x)) = x. */
#ifndef SEKISHO_AUTHRES_H
#define SEKISHO_AUTHRES_H

#include <sekisho/buf.h>

struct seki_authres_property { /* ptype.property=value, e.g. header.d=example.com */
    struct seki_str ptype, property, value;
};

struct seki_authres_result {
    struct seki_str method;  /* "dkim" */
    unsigned version;        /* 1 unless written */
    struct seki_str result;  /* "pass" */
    struct seki_str reason;  /* "" if none */
    struct seki_str comment; /* written after the result in parentheses; not read back ("" after parsing) */
    struct seki_authres_property *properties;
    size_t property_count;
};

struct seki_authres {
    struct seki_str authserv_id;
    unsigned version;        /* 1 unless written */
    struct seki_authres_result *results; /* none: "; none" */
    size_t result_count;
};

/**
 * Write the field's value: what stands after "Authentication-Results:", folded with CRLF HTAB before each result
 * and wherever a line would pass 78 octets and can be folded.
 * Any value may hold anything: what is no token (RFC 2045) or address is quoted; CR, LF and NUL are dropped,
 * other control octets but HTAB become "?". UTF-8 stays (RFC 8601 section 5 EAI form); in a value that is not
 * UTF-8, octets above 127 become "?". The first line counts what stands on its line in the buffer already
 * ("ARC-Authentication-Results: i=1;"); an empty buffer counts as "Authentication-Results:".
 */
SEKI_API void seki_authres_write(const struct seki_authres *authres, struct seki_buf *buf);

/**
 * Read a field value, folded or not, with comments anywhere. Texts are given as written, case kept. A property
 * without ptype ("action=none", Microsoft) has ptype "".
 * @return SEKI_OK; SEKI_BAD_INPUT with *why; SEKI_LIMIT (more than 100 results or 100 properties in one, or the
 *         arena), SEKI_SYSTEM
 */
SEKI_API SEKI_MUST_USE enum seki_result seki_authres_parse(struct seki_arena *arena, struct seki_str value,
                                                           struct seki_authres *authres_out,
                                                           struct seki_error *why);

/**
 * Must this incoming field be removed at the border (RFC 8601 section 5)? True when its authserv-id is ours
 * (after comments, folds, quoting and case; U-labels and A-labels are the same name), when it cannot be read,
 * or when its version is not 1.
 */
SEKI_API bool seki_authres_must_remove(struct seki_arena *arena, struct seki_str value,
                                       const struct seki_str *our_ids, size_t our_id_count);

#endif

/* Is the client on a list of welcome addresses (RFC 5782), and how that is told in Authentication-Results (RFC 8904)? */
#ifndef SEKISHO_DNSWL_H
#define SEKISHO_DNSWL_H

#include <sekisho/answers.h>
#include <sekisho/authres.h>

enum seki_dnswl_result { /* RFC 8904 section 2; there is no "fail" */
    SEKI_DNSWL_NONE = 0,
    SEKI_DNSWL_PASS,
    SEKI_DNSWL_TEMPERROR,
    SEKI_DNSWL_PERMERROR
};

struct seki_dnswl_input {
    struct seki_ip client;
    struct seki_str zone;      /* asked below this name, A-labels */
    struct seki_str told_zone; /* dns.zone: the list's public name, where zone is a local mirror; "": zone */
    struct seki_ip over_quota; /* the list's value for "ask no more"; unknown: 127.0.0.255 (RFC 8904 section 5.1) */
};

struct seki_dnswl_verdict { /* views into the arena, the input or the table */
    enum seki_dnswl_result result;
    struct seki_str zone;      /* dns.zone */
    struct seki_str ip;        /* policy.ip: "127.0.10.1", several with commas between; "" if none */
    struct seki_str txt;       /* policy.txt; "" if none */
    enum seki_dnssec dnssec;   /* of what is told */
    struct seki_str reason;    /* why it is an error; "" else */
};

/**
 * Look the client up in one list. Address and text are asked at the same time.
 * @return SEKI_OK: *verdict_out stands; SEKI_NEED_ANSWERS; SEKI_LIMIT, SEKI_SYSTEM from the arena
 */
SEKI_API SEKI_MUST_USE enum seki_result seki_dnswl_step(struct seki_arena *arena,
                                                        const struct seki_dnswl_input *input,
                                                        struct seki_answers *answers,
                                                        struct seki_dnswl_verdict *verdict_out);

/** The verdict as one result of an Authentication-Results field, with dns.zone, policy.ip, policy.txt and dns.sec.
 *  @return SEKI_OK; SEKI_LIMIT, SEKI_SYSTEM from the arena */
SEKI_API SEKI_MUST_USE enum seki_result seki_dnswl_report(struct seki_arena *arena,
                                                          const struct seki_dnswl_verdict *verdict,
                                                          struct seki_authres_result *result_out);

SEKI_API const char *seki_dnswl_result_name(enum seki_dnswl_result result);

#endif

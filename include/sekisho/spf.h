/* SPF: RFC 7208, with RFC 8616 section 4. */
#ifndef SEKISHO_SPF_H
#define SEKISHO_SPF_H

#include <sekisho/answers.h>
#include <sekisho/buf.h>
#include <sekisho/trace.h>

enum seki_spf_result { /* RFC 7208 section 2.6 */
    SEKI_SPF_NONE = 0,
    SEKI_SPF_NEUTRAL,
    SEKI_SPF_PASS,
    SEKI_SPF_FAIL,
    SEKI_SPF_SOFTFAIL,
    SEKI_SPF_TEMPERROR,
    SEKI_SPF_PERMERROR
};

enum seki_spf_identity { SEKI_SPF_MAIL_FROM = 0, SEKI_SPF_HELO };

struct seki_spf_input { /* views must live as long as the check */
    struct seki_ip client;
    struct seki_str helo;      /* as given in HELO/EHLO */
    struct seki_str mail_from; /* without angle brackets; "" is the null reverse-path */
    enum seki_spf_identity identity; /* SEKI_SPF_MAIL_FROM with a null reverse-path checks
                                        postmaster@HELO (RFC 7208 section 2.4) */
    struct seki_str receiver;  /* %{r}: our host name; "" = "unknown" */
    int64_t now_s;             /* %{t}: Unix time */
    unsigned max_void_lookups; /* 0 = 2 (section 4.6.4) */
    bool no_void_limit;
    struct seki_trace *trace;  /* NULL: none */
};

struct seki_spf_verdict {
    enum seki_spf_result result;
    struct seki_str domain;      /* the domain checked, as A-labels in lower case; "" when there was none */
    enum seki_spf_identity identity; /* MAIL_FROM stays MAIL_FROM for a null reverse-path */
    bool is_null_reverse_path;
    struct seki_str reason;      /* one phrase: "matched -all", "more than 10 terms that ask DNS" */
    struct seki_str explanation; /* from exp=, US-ASCII, third party's text; "" when there is none */
    struct seki_str mechanism;   /* the directive that decided, as written ("-ip4:192.0.2.0/24"); "" for the
                                    default result */
    unsigned lookups;            /* terms that asked DNS, of 10 */
    unsigned void_lookups;
    enum seki_dnssec dnssec;     /* SECURE when every answer used was */
};

struct seki_spf;

/** @return NULL when the arena is full */
SEKI_API struct seki_spf *seki_spf_new(struct seki_arena *arena, const struct seki_spf_input *input);

/**
 * Advance one SPF evaluation (RFC 7208 section 4) as far as the known DNS answers allow.
 * @param verdict_out  one of the seven results, its domain and its reason; views, as long as the arena
 * @param why          filled when the return is SEKI_LIMIT or SEKI_SYSTEM; may be NULL
 * @return SEKI_OK: *verdict_out stands (temperror and permerror are verdicts, not errors);
 *         SEKI_NEED_ANSWERS: questions were added to the table, call again when they are answered;
 *         SEKI_LIMIT: arena full; SEKI_SYSTEM: no memory. On all but SEKI_OK *verdict_out is all zero.
 * Needs at most 10 terms that ask DNS and 2 void look-ups (section 4.6.4); does no I/O and never waits. While it
 * waits for one term it prefetches what the later terms of the same record will ask, within the same bounds.
 */
SEKI_API SEKI_MUST_USE enum seki_result seki_spf_step(struct seki_spf *spf, struct seki_answers *answers,
                                                      struct seki_spf_verdict *verdict_out,
                                                      struct seki_error *why);

/**
 * Write the value of a Received-SPF field (RFC 7208 section 9.1), what stands after "Received-SPF:": a comment for people,
 * then receiver, client-ip, envelope-from, helo, identity, and mechanism or problem. Folded with CRLF and white space at
 * 78 octets where it can be; whatever client and sender chose is quoted and escaped, and left out where it is longer
 * than 320 octets. The field belongs above all other Received-SPF fields, and above our own Received.
 * @param input    of the evaluation that came to verdict
 * @param buf      appended to; the first line counts what stands on its line already, an empty buffer counts as the
 *                 field's name. Ask seki_buf_failed()
 */
SEKI_API void seki_spf_received_field(const struct seki_spf_input *input, const struct seki_spf_verdict *verdict,
                                      struct seki_buf *buf);

SEKI_API const char *seki_spf_result_name(enum seki_spf_result result);

#endif

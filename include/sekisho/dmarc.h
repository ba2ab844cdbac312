/* DMARC: RFC 9989; by configuration RFC 7489 with the public suffix list. */
#ifndef SEKISHO_DMARC_H
#define SEKISHO_DMARC_H

#include <sekisho/buf.h>
#include <sekisho/dkim.h>
#include <sekisho/domain.h>
#include <sekisho/spf.h>

enum seki_dmarc_policy { SEKI_DMARC_POLICY_UNSET = 0, SEKI_DMARC_POLICY_NONE, SEKI_DMARC_POLICY_QUARANTINE,
                         SEKI_DMARC_POLICY_REJECT };
enum seki_dmarc_psd { SEKI_DMARC_PSD_UNKNOWN = 0 /* u, the default */, SEKI_DMARC_PSD_YES, SEKI_DMARC_PSD_NO };
enum seki_dmarc_discovery { SEKI_DMARC_TREEWALK = 0, SEKI_DMARC_PSL };

/** One DMARC record (RFC 9989 section 4.7), as it stands: that ruf= is not to be used beside psd=y (RFC 9991 section
 *  2), and what missing or invalid policies mean (section 4.10.1), is for those who act on it. */
struct seki_dmarc_record {
    enum seki_dmarc_policy p, sp, np;   /* UNSET: absent or not valid */
    bool has_invalid_policy;            /* a p, sp or np that is there but not valid */
    bool adkim_strict, aspf_strict;
    bool is_testing;                    /* t=y */
    enum seki_dmarc_psd psd;
    uint8_t fo;                         /* SEKI_DMARC_FO_* bits; default FO_0 */
    const struct seki_str *rua;         /* URIs as written, "!size" removed; syntactically valid ones only, at most
                                           the first 100 */
    size_t rua_count;
    const struct seki_str *ruf;
    size_t ruf_count;
    int pct;                            /* historic (RFC 7489); -1 when absent. Has no effect. */
    struct seki_str text;               /* the whole record */
};
#define SEKI_DMARC_FO_0 1u
#define SEKI_DMARC_FO_1 2u
#define SEKI_DMARC_FO_D 4u
#define SEKI_DMARC_FO_S 8u

/**
 * @param text        must live as long as the record, which holds views into it
 * @return SEKI_OK; SEKI_BAD_INPUT: not a DMARC record at all ("v=DMARC1" not first); syntax errors elsewhere fall
 *         back to defaults (RFC 9989 section 4.7); SEKI_LIMIT, SEKI_SYSTEM
 */
SEKI_API SEKI_MUST_USE enum seki_result seki_dmarc_record_parse(struct seki_arena *arena, struct seki_str text,
                                                                struct seki_dmarc_record *record_out,
                                                                struct seki_error *why);
/** The record as text that parses to the same value (canonical order, defaults left out). */
SEKI_API void seki_dmarc_record_write(const struct seki_dmarc_record *record, struct seki_buf *buf);

enum seki_dmarc_result { SEKI_DMARC_NONE = 0, SEKI_DMARC_PASS, SEKI_DMARC_FAIL, SEKI_DMARC_TEMPERROR,
                         SEKI_DMARC_PERMERROR };

struct seki_dmarc_options { /* zero is the default */
    enum seki_dmarc_discovery discovery;
    const struct seki_psl *psl;     /* needed for SEKI_DMARC_PSL */
    bool pct_zero_is_testing;       /* read the historic pct=0 as t=y (off: RFC 9989 gives pct no effect) */
    unsigned max_author_domains;    /* 0 = 4: with more, or several, see seki_dmarc_verdict.result */
    struct seki_trace *trace;
};

/** What authentication has found; DMARC looks at it only when its own walks are done or under way. */
struct seki_dmarc_identifiers {
    const struct seki_spf_verdict *mail_from; /* NULL: SPF not evaluated */
    const struct seki_dkim_verdict *dkim;
};

struct seki_dmarc_verdict {
    enum seki_dmarc_result result;
    struct seki_str from_domain;   /* Author Domain, A-labels in lower case; "" when there is not exactly one */
    struct seki_str policy_domain; /* where the record stands; "" for none. A record may stand there and still give the
                                      result none: without valid policy and rua (section 4.10.1) */
    struct seki_str org_domain;    /* of the Author Domain; "" when no walk could be done */
    enum seki_dmarc_policy published; /* p, sp or np as it applies, before t=; UNSET without a usable record, and when
                                         it cannot be known whether np applies */
    enum seki_dmarc_policy policy; /* the same after t=: what the domain asks for (policy.dmarc) */
    enum seki_dmarc_policy disposition; /* what DMARC alone would do: NONE unless result is FAIL */
    bool spf_aligned, dkim_aligned; /* an authenticated and aligned identifier was there */
    struct seki_str dkim_domain;   /* the d= that aligned */
    struct seki_str reason;        /* one phrase */
    const struct seki_dmarc_record *record; /* NULL for none */
    enum seki_dnssec dnssec;       /* of the policy record */
    struct seki_str author_unreadable; /* why there is no Author Domain; "" otherwise */
};

struct seki_dmarc;

/**
 * Read the Author Domain from a complete header (RFC 9989 section 5.3.1) and get ready to walk.
 * Several different domains in From, several From fields, none, or one that cannot be read: the verdict is
 * permerror with a reason (never "none": nothing becomes "none" because parsing failed), and each readable
 * domain (up to max_author_domains) is evaluated so that the strictest policy among those that fail is known
 * (section 11.5).
 * @return SEKI_OK; SEKI_USAGE: SEKI_DMARC_PSL without a list; SEKI_LIMIT, SEKI_SYSTEM
 */
SEKI_API SEKI_MUST_USE enum seki_result seki_dmarc_new(struct seki_arena *arena, const struct seki_message *message,
                                                       const struct seki_dmarc_options *options,
                                                       struct seki_dmarc **dmarc_out, struct seki_error *why);

/** As seki_dmarc_new() for a domain given directly ("dmarc policy DOMAIN"). */
SEKI_API SEKI_MUST_USE enum seki_result seki_dmarc_new_for_domain(struct seki_arena *arena, struct seki_str domain,
                                                                  const struct seki_dmarc_options *options,
                                                                  struct seki_dmarc **dmarc_out,
                                                                  struct seki_error *why);

/**
 * Advance. All names of a walk are known from the start, so all are asked at once.
 * @param identifiers  NULL while SPF and DKIM are not done: the Author Domain's walk is advanced all the same.
 *                     With both done, the verdict; only the domains in them are kept, as views. mail_from NULL
 *                     and dkim NULL inside: policy discovery alone, whose result is fail (nothing has authenticated)
 *                     when a policy applies, and temperror when any name of the walk failed.
 * @return SEKI_OK; SEKI_NEED_ANSWERS; SEKI_NEED_BODY: the walk is done, identifiers are awaited; SEKI_LIMIT,
 *         SEKI_SYSTEM
 */
SEKI_API SEKI_MUST_USE enum seki_result seki_dmarc_step(struct seki_dmarc *dmarc, struct seki_answers *answers,
                                                        const struct seki_dmarc_identifiers *identifiers,
                                                        struct seki_dmarc_verdict *verdict_out,
                                                        struct seki_error *why);

/**
 * Start the walk of another domain early (a DKIM d= or MAIL FROM domain that may have to align).
 * @param domain  in any spelling. Nothing is asked when it is the Author Domain, or has no more than a top-level domain in
 *                common with it, or is no domain name.
 */
SEKI_API void seki_dmarc_prefetch(struct seki_dmarc *dmarc, struct seki_answers *answers, struct seki_str domain);

SEKI_API const char *seki_dmarc_result_name(enum seki_dmarc_result result);
SEKI_API const char *seki_dmarc_policy_name(enum seki_dmarc_policy policy); /* "" for UNSET */

#endif

/* The SPF record as text: which TXT record is one, and its terms one by one (RFC 7208 sections 4.5, 4.6, 12).
 *
 * Nothing is allocated: a record is checked whole once (section 4.6: "if there are any syntax errors anywhere in the
 * record, check_host() returns immediately") and its terms are read again as they are tried. Reading a term costs
 * tens of nanoseconds, less than keeping a tree of them would. */
#ifndef SEKISHO_SPF_RECORD_H
#define SEKISHO_SPF_RECORD_H

#include "auth/spf_macro.h"

#include <sekisho/spf.h>

enum seki_spf_term_kind {
    SEKI_SPF_TERM_ALL,
    SEKI_SPF_TERM_INCLUDE,
    SEKI_SPF_TERM_A,
    SEKI_SPF_TERM_MX,
    SEKI_SPF_TERM_PTR,
    SEKI_SPF_TERM_IP4,
    SEKI_SPF_TERM_IP6,
    SEKI_SPF_TERM_EXISTS,
    SEKI_SPF_TERM_REDIRECT,
    SEKI_SPF_TERM_EXP,
    SEKI_SPF_TERM_UNKNOWN_MODIFIER
};
#define SEKI_SPF_MECHANISM_COUNT 8

/** A domain-spec that was checked. */
struct seki_spf_domain_spec {
    struct seki_str text; /* "": the current domain */
    seki_spf_letters letters;
};

struct seki_spf_term {
    enum seki_spf_term_kind kind;
    enum seki_spf_result qualifier; /* the result when a mechanism matches */
    struct seki_str text;           /* as written */
    struct seki_spf_domain_spec domain_spec;
    struct seki_ip network; /* ip4, ip6 */
    uint8_t ip4_prefix_bits, ip6_prefix_bits;
};

struct seki_spf_record {
    struct seki_str text;
    struct seki_str terms; /* behind the version */
    bool has_all, has_redirect, has_exp;
    struct seki_spf_domain_spec redirect, exp;
};

/** What is wrong with a record: "«term» «what»". */
struct seki_spf_fault {
    struct seki_str term;
    const char *what; /* NULL: nothing */
};

/** "include", of one of the SEKI_SPF_MECHANISM_COUNT kinds. */
struct seki_str seki_spf_mechanism_name(enum seki_spf_term_kind kind);

/** Does the text begin with "v=spf1" and a SP or its end? */
bool seki_spf_has_version(struct seki_str text);

/** name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." ) */
bool seki_spf_is_name(struct seki_str name);

/** @param text  one that begins with its version, and scope (spf_scope.h). What follows them is read by the rules of RFC
 *  7208 in either: RFC 4406 section 3.3 gives "redirect" and "exp" their old meaning, defines no positional modifier,
 *  and has unknown ones ignored wherever they stand. @return false: *fault_out says why */
bool seki_spf_record_read(struct seki_str text, struct seki_spf_record *record_out,
                          struct seki_spf_fault *fault_out);

/** Cut the next term off *terms. @return false at the end, or at a fault (fault_out->what is then set) */
bool seki_spf_next_term(struct seki_str *terms, struct seki_spf_term *term_out, struct seki_spf_fault *fault_out);

#endif

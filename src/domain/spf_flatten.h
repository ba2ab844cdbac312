/* An SPF record that says the same with addresses instead of names, so that receivers need to ask for less.
 *
 * It says exactly the same: an include stands for those who pass in it and for nobody else (RFC 7208 section 5.2), what
 * comes first is right, and so on. Where addresses cannot say it (macros, exists, ptr) the term stays, or the include that
 * it is in. Only the names' owners may change what they stand for: then it has to be made anew. */
#ifndef DOMAIN_SPF_FLATTEN_H
#define DOMAIN_SPF_FLATTEN_H

#include "domain/spf_lint.h"

enum domain_spf_flat_state {
    DOMAIN_SPF_FLAT_DONE,
    DOMAIN_SPF_FLAT_NO_RECORD,
    DOMAIN_SPF_FLAT_INVALID,   /* the record means permerror, and not for its look-ups alone */
    DOMAIN_SPF_FLAT_UNKNOWN,   /* a look-up failed */
    DOMAIN_SPF_FLAT_EVERYBODY, /* an include lets everybody send: there is nothing that addresses could say */
    DOMAIN_SPF_FLAT_TOO_LARGE  /* more addresses than ten records hold */
};

struct domain_spf_flat_record {
    struct seki_str name, text;
};

struct domain_spf_flat {
    enum domain_spf_flat_state state;
    const struct domain_spf_flat_record *records; /* the first is that of the domain; the others it includes */
    size_t record_count;
    const struct seki_str *kept; /* terms that stay, as they are written now */
    size_t kept_count;
    size_t network_count;
    unsigned lookups;    /* of the new record */
    uint32_t ttl_s;      /* least of the answers that the addresses come from; 0: they come from none */
    bool is_record_long; /* longer than RFC 7208 section 3.4 likes: otherwise there would be more than ten */
};

/** @param report   of a lint that is done, with all its answers in the table
 *  @return SEKI_OK: *flat_out stands, as long as the arena; SEKI_LIMIT, SEKI_SYSTEM */
SEKI_MUST_USE enum seki_result domain_spf_flatten(struct seki_arena *arena, const struct domain_spf_report *report,
                                                  struct seki_answers *answers, struct domain_spf_flat *flat_out);

const char *domain_spf_flat_state_name(enum domain_spf_flat_state state); /* "done" */

#endif

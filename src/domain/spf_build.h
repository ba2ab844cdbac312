/* An SPF record made from choices. */
#ifndef DOMAIN_SPF_BUILD_H
#define DOMAIN_SPF_BUILD_H

#include <sekisho/spf.h>

struct domain_spf_choices {           /* at least one sender, or is_no_mail */
    struct seki_str domain;           /* A-labels, lower case: its own name is left out of terms; "": not known */
    const struct seki_str *addresses; /* or networks, of both families */
    const struct seki_str *hosts;     /* whose addresses send */
    const struct seki_str *includes;  /* domains whose records count */
    size_t address_count, host_count, include_count;
    bool has_mx;
    struct seki_str redirect;       /* whose record says the rest; "": none */
    enum seki_spf_result otherwise; /* what others get: FAIL, SOFTFAIL or NEUTRAL; NONE: softfail */
    bool is_no_mail;                /* the domain sends none */
};

/** What is cheap for receivers comes first: addresses, then the domain's own names, then other records.
 *  @param text_out  the record, in the arena
 *  @return SEKI_OK; SEKI_BAD_INPUT with *why; SEKI_LIMIT, SEKI_SYSTEM */
SEKI_MUST_USE enum seki_result domain_spf_build(struct seki_arena *arena, const struct domain_spf_choices *choices,
                                                struct seki_str *text_out, struct seki_error *why);

#endif

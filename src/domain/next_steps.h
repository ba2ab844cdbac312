/* What would help a domain the most, three things at most: mistakes to mend first, then what could be added. */
#ifndef DOMAIN_NEXT_STEPS_H
#define DOMAIN_NEXT_STEPS_H

#include "domain/finding.h"

struct domain_report;

#define DOMAIN_NEXT_STEPS_MAX 3u

struct domain_step {
    enum domain_area area;
    const char *id;               /* of the finding's kind, or of an improvement: "improve.mta-sts" */
    const char *sentence;         /* marked N_(), with the places of texts */
    struct domain_finding texts;  /* for domain_finding_fill(); its id is not looked at */
    bool is_mistake;              /* mends an error or a warning: such steps come first */
    unsigned worth;               /* then those that are worth more, in points of the grade */
    struct seki_str host, record; /* the TXT record to publish, where it can be told; "" else */
};

/** @param steps_out  DOMAIN_NEXT_STEPS_MAX; texts live as long as the arena. @return how many */
size_t domain_next_steps(struct seki_arena *arena, const struct domain_report *report,
                         struct domain_step *steps_out);

#endif

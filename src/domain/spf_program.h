/* What an SPF record says, without names: a list of steps that are tried in their order. A step is a set of networks, no
 * two of which overlap, and behind it a term that stays as it is. Between spf_program.c, which reads the record, and
 * spf_flatten.c, which writes the new one. */
#ifndef DOMAIN_SPF_PROGRAM_H
#define DOMAIN_SPF_PROGRAM_H

#include "domain/networks.h"
#include "domain/spf_flatten.h"

struct domain_spf_kept {
    struct seki_str body; /* without its sign */
    enum seki_spf_result qualifier;
    unsigned lookups;
};

struct domain_spf_program {
    struct seki_arena *arena;
    struct seki_answers *answers;
    struct domain_networks networks[DOMAIN_FAMILIES]; /* marked with step and result */
    struct domain_spf_kept *kept;                     /* one behind each step but the last */
    size_t kept_count, kept_room;
    enum seki_spf_result otherwise;
    struct domain_spf_kept redirect;   /* in the place of otherwise; body "" for none */
    const struct domain_spf_term *exp; /* NULL: none */
    bool is_bound;                     /* a term that stays means the domain that it stands at */
    bool is_everybody;                 /* an include stands for all clients */
    uint32_t ttl_s;                    /* 0: of no answer */
};

/** @return SEKI_LIMIT, SEKI_SYSTEM when the arena is full */
SEKI_MUST_USE enum seki_result domain_spf_program_read(struct seki_arena *arena, struct seki_answers *answers,
                                                       const struct domain_spf_place *place,
                                                       struct domain_spf_program *program_out);

/* Marks of networks. */
static inline unsigned domain_spf_mark(size_t step, enum seki_spf_result result)
{
    return (unsigned)step * 8u + (unsigned)result + 1u;
}

static inline size_t domain_spf_mark_step(unsigned mark)
{
    return (mark - 1u) / 8u;
}

static inline enum seki_spf_result domain_spf_mark_result(unsigned mark)
{
    return (enum seki_spf_result)((mark - 1u) % 8u);
}

#endif

#include "domain/spf_void_judge.h"

#include "domain/host.h"
#include "domain/spf_walk.h"

/* The terms in the order in which a client of one family gets to them. */
struct passage {
    struct domain_run *run;
    enum domain_family family;
    unsigned voids, max;
    struct seki_str list; /* of those that find nothing */
    bool loses_clients;   /* one that comes too late stands for a client of this family */
};

static const struct seki_str nothing = SEKI_STR_INIT("");

static bool has_host(struct domain_run *run, enum domain_family family, struct seki_str name)
{
    struct domain_host host = domain_host_ask_quietly(run, name);
    return (family == DOMAIN_IPV4 ? host.ipv4 : host.ipv6)->record_count > 0;
}

/* Can a client of this family match? What is not known can. */
static bool stands_for_some(const struct passage *passage, const struct domain_spf_term *term)
{
    if (term->state == DOMAIN_SPF_TERM_SYNTAX || term->state == DOMAIN_SPF_TERM_UNREACHED ||
        term->read.qualifier != SEKI_SPF_PASS)
        return false;
    switch (term->read.kind) {
    case SEKI_SPF_TERM_IP4: return passage->family == DOMAIN_IPV4;
    case SEKI_SPF_TERM_IP6: return passage->family == DOMAIN_IPV6;
    case SEKI_SPF_TERM_A: return term->name.len == 0 || has_host(passage->run, passage->family, term->name);
    case SEKI_SPF_TERM_MX: return term->cost.voids[passage->family] == 0;
    case SEKI_SPF_TERM_PTR:
    case SEKI_SPF_TERM_EXISTS: return term->state == DOMAIN_SPF_TERM_NOT_FOLLOWED || term->name.len > 0;
    default: return false;
    }
}

static void pass(struct passage *passage, const struct domain_spf_place *place);

static void pass_term(struct passage *passage, const struct domain_spf_term *term)
{
    if (term->target != NULL) {
        pass(passage, term->target);
    } else if (term->cost.voids[passage->family] > 0) {
        passage->list = seki_arena_format(passage->run->arena, "%.*s%s%.*s", SEKI_STR_ARGS(passage->list),
                                          passage->voids > 0 ? ", " : "", SEKI_STR_ARGS(term->text));
        passage->voids++;
    } else if (passage->voids > passage->max && stands_for_some(passage, term)) {
        passage->loses_clients = true;
    }
}

/* A redirect is the last. */
static void pass(struct passage *passage, const struct domain_spf_place *place)
{
    for (size_t i = 0; i < place->term_count; i++)
        if (place->terms[i].read.kind != SEKI_SPF_TERM_REDIRECT)
            pass_term(passage, &place->terms[i]);
    for (size_t i = 0; i < place->term_count; i++)
        if (place->terms[i].read.kind == SEKI_SPF_TERM_REDIRECT)
            pass_term(passage, &place->terms[i]);
}

static struct passage go_through(struct domain_run *run, const struct domain_spf_report *report,
                                 enum domain_family family)
{
    struct passage passage = { .run = run, .family = family, .max = domain_spf_max_voids(run), .list = nothing };
    pass(&passage, report->top);
    return passage;
}

void domain_spf_judge_voids(struct domain_run *run, const struct domain_spf_report *report)
{
    static const struct seki_str names[] = {
        [DOMAIN_IPV4] = SEKI_STR_INIT("IPv4"), [DOMAIN_IPV6] = SEKI_STR_INIT("IPv6")
    };
    struct passage passages[] = {
        [DOMAIN_IPV4] = go_through(run, report, DOMAIN_IPV4), [DOMAIN_IPV6] = go_through(run, report, DOMAIN_IPV6)
    };
    if (domain_spf_has_too_many_voids(run, report->top)) {
        struct passage *fewest = &passages[passages[DOMAIN_IPV4].voids > passages[DOMAIN_IPV6].voids];
        domain_find(run, DOMAIN_SPF_TOO_MANY_VOIDS, report->top->name, domain_number(run, fewest->voids),
                    domain_excerpt(run, fewest->list), domain_number(run, fewest->max));
        return;
    }
    bool is_too_dear = report->top->cost.lookups > DOMAIN_SPF_MAX_LOOKUPS; /* has to be written anew anyway */
    for (size_t f = 0; f < DOMAIN_FAMILIES; f++)
        if (passages[f].loses_clients && !is_too_dear)
            domain_find(run, DOMAIN_SPF_VOIDS_OF_FAMILY, report->top->name, domain_number(run, passages[f].voids),
                        domain_excerpt(run, passages[f].list), names[f]);
}

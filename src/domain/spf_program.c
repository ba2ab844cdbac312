#include "domain/spf_program.h"

static const struct seki_str nothing = SEKI_STR_INIT("");

static void read_place(struct domain_spf_program *program, const struct domain_spf_place *place);

/* 1. Steps. */

static void note_ttl(struct domain_spf_program *program, const struct seki_answer *answer)
{
    if (answer->status == SEKI_ANSWER_FOUND && (program->ttl_s == 0 || answer->ttl_s < program->ttl_s))
        program->ttl_s = answer->ttl_s > 0 ? answer->ttl_s : 1;
}

/* The first step in which networks may say this: behind the last term that says something else. Between terms that all say
 * the same their order makes no difference. */
static size_t step_for(const struct domain_spf_program *program, enum seki_spf_result result)
{
    size_t step = program->kept_count;
    while (step > 0 && program->kept[step - 1].qualifier == result)
        step--;
    return step;
}

static void mark(struct domain_spf_program *program, const struct seki_ip *network, unsigned bits,
                 enum seki_spf_result result)
{
    enum domain_family family = network->octet_count == 4 ? DOMAIN_IPV4 : DOMAIN_IPV6;
    domain_networks_mark(&program->networks[family], network, bits,
                         domain_spf_mark(step_for(program, result), result));
}

static void keep(struct domain_spf_program *program, struct domain_spf_kept kept)
{
    if (program->kept_count == program->kept_room) {
        size_t room = program->kept_room * 2 + 8;
        struct domain_spf_kept *more = seki_arena_alloc(program->arena, room, sizeof *more);
        if (more == NULL)
            return;
        if (program->kept_count > 0)
            memcpy(more, program->kept, program->kept_count * sizeof *more);
        program->kept = more;
        program->kept_room = room;
    }
    program->kept[program->kept_count++] = kept;
}

/* Elsewhere it would mean another name. */
static bool is_bound(const struct domain_spf_term *term)
{
    const struct seki_spf_domain_spec *spec = &term->read.domain_spec;
    return spec->text.len == 0 || (spec->letters & SEKI_SPF_LETTER('d')) != 0;
}

static struct domain_spf_kept as_written(const struct domain_spf_term *term)
{
    bool has_sign = memchr("+-?~", term->text.ptr[0], 4) != NULL;
    return (struct domain_spf_kept){ seki_str_from(term->text, has_sign), term->read.qualifier,
                                     term->cost.lookups };
}

static void keep_term(struct domain_spf_program *program, const struct domain_spf_term *term)
{
    program->is_bound = program->is_bound || is_bound(term);
    keep(program, as_written(term));
}

/* 2. Terms that name addresses. */

/* Clients of a family are compared with the records of its type alone. */
static void mark_records(struct domain_spf_program *program, const struct domain_spf_term *term,
                         struct seki_str name, enum domain_family family)
{
    const struct seki_answer *answer =
        seki_answers_ask(program->answers, name, family == DOMAIN_IPV4 ? SEKI_RR_A : SEKI_RR_AAAA);
    unsigned bits = family == DOMAIN_IPV4 ? term->read.ip4_prefix_bits : term->read.ip6_prefix_bits;
    if (answer == NULL)
        return;
    note_ttl(program, answer);
    for (size_t i = 0; i < answer->record_count; i++)
        if (answer->records[i].address.octet_count == (family == DOMAIN_IPV4 ? 4 : 16))
            mark(program, &answer->records[i].address, bits, term->read.qualifier);
}

static void mark_addresses(struct domain_spf_program *program, const struct domain_spf_term *term,
                           struct seki_str name)
{
    mark_records(program, term, name, DOMAIN_IPV4);
    mark_records(program, term, name, DOMAIN_IPV6);
}

static void mark_exchanges(struct domain_spf_program *program, const struct domain_spf_term *term)
{
    const struct seki_answer *answer = seki_answers_ask(program->answers, term->name, SEKI_RR_MX);
    if (answer == NULL)
        return;
    note_ttl(program, answer);
    for (size_t i = 0; i < answer->record_count; i++)
        mark_addresses(program, term, answer->records[i].text);
}

/* 3. Other records. */

struct copying {
    struct domain_spf_program *to;
    enum seki_spf_result wanted, becomes; /* of an include */
    size_t step;                          /* of a redirect */
    bool is_mixed;                        /* there are networks of another result */
};

static void check_result(void *user, const struct seki_ip *network, unsigned bits, unsigned mark_of)
{
    struct copying *copying = user;
    (void)network, (void)bits;
    copying->is_mixed = copying->is_mixed || domain_spf_mark_result(mark_of) != copying->wanted;
}

static void copy_wanted(void *user, const struct seki_ip *network, unsigned bits, unsigned mark_of)
{
    struct copying *copying = user;
    if (domain_spf_mark_result(mark_of) == copying->wanted)
        mark(copying->to, network, bits, copying->becomes);
}

static void copy_step(void *user, const struct seki_ip *network, unsigned bits, unsigned mark_of)
{
    struct copying *copying = user;
    if (domain_spf_mark_step(mark_of) == copying->step)
        mark(copying->to, network, bits, domain_spf_mark_result(mark_of));
}

static void visit(const struct domain_spf_program *program, domain_network_visitor *visitor,
                  struct copying *copying)
{
    domain_networks_visit(&program->networks[DOMAIN_IPV4], 4, visitor, copying);
    domain_networks_visit(&program->networks[DOMAIN_IPV6], 16, visitor, copying);
}

/* Those who pass can be named in the place of the include when nobody else stands before a term that stays: such a term
 * would pass them too. */
static bool can_replace_include(const struct domain_spf_program *included)
{
    struct copying copying = { .wanted = SEKI_SPF_PASS };
    for (size_t i = 0; i < included->kept_count; i++)
        copying.is_mixed = copying.is_mixed || included->kept[i].qualifier != SEKI_SPF_PASS;
    if (included->kept_count > 0)
        visit(included, check_result, &copying);
    return !copying.is_mixed && !included->is_bound && included->redirect.body.len == 0;
}

static struct domain_spf_program empty_like(const struct domain_spf_program *program)
{
    struct domain_spf_program empty = { .arena = program->arena, .answers = program->answers };
    for (size_t f = 0; f < DOMAIN_FAMILIES; f++)
        empty.networks[f].arena = program->arena;
    empty.redirect.body = nothing;
    return empty;
}

/* What stands at the target, as a program of its own. */
static struct domain_spf_program read_target(struct domain_spf_program *program, const struct domain_spf_term *term)
{
    struct domain_spf_program target = empty_like(program);
    const struct seki_answer *answer = seki_answers_ask(program->answers, term->target->name, SEKI_RR_TXT);
    read_place(&target, term->target);
    program->is_everybody = program->is_everybody || target.is_everybody;
    if (answer != NULL)
        note_ttl(&target, answer);
    return target;
}

static void take_ttl(struct domain_spf_program *program, const struct domain_spf_program *from)
{
    if (from->ttl_s > 0 && (program->ttl_s == 0 || from->ttl_s < program->ttl_s))
        program->ttl_s = from->ttl_s;
}

static void read_include(struct domain_spf_program *program, const struct domain_spf_term *term)
{
    if (term->target == NULL) {
        keep_term(program, term);
        return;
    }
    struct domain_spf_program included = read_target(program, term);
    struct copying copying = { .to = program, .wanted = SEKI_SPF_PASS, .becomes = term->read.qualifier };
    program->is_everybody = program->is_everybody || included.otherwise == SEKI_SPF_PASS;
    if (!can_replace_include(&included)) {
        keep_term(program, term);
        return;
    }
    take_ttl(program, &included);
    visit(&included, copy_wanted, &copying);
    for (size_t i = 0; i < included.kept_count; i++) {
        included.kept[i].qualifier = term->read.qualifier;
        keep(program, included.kept[i]);
    }
}

/* The record goes on in that of the target, in its order. */
static void read_redirect(struct domain_spf_program *program, const struct domain_spf_term *term)
{
    struct domain_spf_program target = empty_like(program);
    if (term->target != NULL)
        target = read_target(program, term);
    if (term->target == NULL || target.is_bound) {
        program->redirect = as_written(term);
        program->is_bound = program->is_bound || is_bound(term);
        return;
    }
    take_ttl(program, &target);
    for (size_t step = 0; step <= target.kept_count; step++) {
        struct copying copying = { .to = program, .step = step };
        visit(&target, copy_step, &copying);
        if (step < target.kept_count)
            keep(program, target.kept[step]);
    }
    program->otherwise = target.otherwise;
    program->redirect = target.redirect;
    program->exp = target.exp != NULL && !is_bound(target.exp) ? target.exp : NULL;
}

/* 4. A record. */

static void read_mechanism(struct domain_spf_program *program, const struct domain_spf_term *term)
{
    const struct seki_spf_term *read = &term->read;
    switch (read->kind) {
    case SEKI_SPF_TERM_IP4: mark(program, &read->network, read->ip4_prefix_bits, read->qualifier); break;
    case SEKI_SPF_TERM_IP6: mark(program, &read->network, read->ip6_prefix_bits, read->qualifier); break;
    case SEKI_SPF_TERM_A: mark_addresses(program, term, term->name); break;
    case SEKI_SPF_TERM_MX: mark_exchanges(program, term); break;
    case SEKI_SPF_TERM_INCLUDE: read_include(program, term); break;
    case SEKI_SPF_TERM_PTR: keep_term(program, term); break;
    case SEKI_SPF_TERM_ALL:
    case SEKI_SPF_TERM_EXISTS:
        program->otherwise = read->qualifier;
        break; /* of a name that is there for everybody */
    case SEKI_SPF_TERM_REDIRECT: read_redirect(program, term); break;
    case SEKI_SPF_TERM_EXP: program->exp = term; break;
    case SEKI_SPF_TERM_UNKNOWN_MODIFIER: break;
    }
}

static void read_term(struct domain_spf_program *program, const struct domain_spf_term *term)
{
    switch (term->state) {
    case DOMAIN_SPF_TERM_FINE: read_mechanism(program, term); break;
    case DOMAIN_SPF_TERM_NOT_FOLLOWED:
        if (term->read.kind == SEKI_SPF_TERM_REDIRECT)
            read_redirect(program, term);
        else
            keep_term(program, term);
        break;
    default: break; /* it stands for nobody */
    }
}

/* The walk has gone to the redirect last, wherever it stands; and its explanation is the target's. */
static void read_place(struct domain_spf_program *program, const struct domain_spf_place *place)
{
    program->otherwise = SEKI_SPF_NEUTRAL;
    for (size_t i = 0; i < place->term_count; i++)
        if (place->terms[i].state != DOMAIN_SPF_TERM_SYNTAX && place->terms[i].read.kind != SEKI_SPF_TERM_REDIRECT)
            read_term(program, &place->terms[i]);
    for (size_t i = 0; i < place->term_count; i++)
        if (place->terms[i].state != DOMAIN_SPF_TERM_SYNTAX && place->terms[i].read.kind == SEKI_SPF_TERM_REDIRECT)
            read_term(program, &place->terms[i]);
}

enum seki_result domain_spf_program_read(struct seki_arena *arena, struct seki_answers *answers,
                                         const struct domain_spf_place *place,
                                         struct domain_spf_program *program_out)
{
    *program_out = (struct domain_spf_program){ .arena = arena, .answers = answers };
    *program_out = empty_like(program_out);
    read_place(program_out, place);
    return seki_arena_failure(arena);
}

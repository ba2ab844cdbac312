#include "domain/spf_walk.h"

#include "domain/host.h"

#include <assert.h>

#define MAX_HOSTS 10u /* of a mx (RFC 7208 section 4.6.4) */

/* Bounds of a survey, far above what a receiver does: a record that is too large is still told of as a whole. */
#define MAX_ASKING_TERMS 64u
#define MAX_TERMS        4000u
#define MAX_DEPTH        20u

struct walk {
    struct domain_run *run;
    const struct domain_spf_subject *subject;
    unsigned asking_terms, terms;
    bool is_cut;
};

/* A place while its terms are walked. */
struct visit {
    struct walk *walk;
    struct domain_spf_place *place;
    struct domain_spf_term *terms;
    enum seki_spf_result error; /* NONE: no term came to one yet */
    bool is_over;               /* a term stands for every client */
};

static const struct seki_str nothing = SEKI_STR_INIT("");

static struct domain_spf_place *walk_place(struct walk *walk, const struct domain_spf_place *above,
                                           struct seki_str name);

/* 1. Names and costs. */

const char *domain_spf_state_name(enum domain_spf_state state)
{
    static const char *const names[] = { [DOMAIN_SPF_UNKNOWN] = "unknown",
                                         [DOMAIN_SPF_NONE] = "none",
                                         [DOMAIN_SPF_SEVERAL] = "several",
                                         [DOMAIN_SPF_BROKEN] = "broken",
                                         [DOMAIN_SPF_FOUND] = "found" };
    return names[state];
}

const char *domain_spf_term_state_name(enum domain_spf_term_state state)
{
    static const char *const names[] = {
        [DOMAIN_SPF_TERM_FINE] = "fine",
        [DOMAIN_SPF_TERM_SYNTAX] = "syntax",
        [DOMAIN_SPF_TERM_UNREACHED] = "unreached",
        [DOMAIN_SPF_TERM_NOT_FOLLOWED] = "not-followed",
        [DOMAIN_SPF_TERM_NOTHING] = "nothing",
        [DOMAIN_SPF_TERM_MANY_HOSTS] = "too-many-hosts",
        [DOMAIN_SPF_TERM_LOOP] = "loop",
        [DOMAIN_SPF_TERM_FAILED] = "failed",
        [DOMAIN_SPF_TERM_CUT] = "cut",
    };
    static_assert(sizeof names / sizeof names[0] == DOMAIN_SPF_TERM_CUT + 1, "a name for every state");
    return names[state];
}

bool domain_spf_asks_dns(const struct domain_spf_term *term)
{
    if (term->state == DOMAIN_SPF_TERM_SYNTAX)
        return false;
    switch (term->read.kind) {
    case SEKI_SPF_TERM_INCLUDE:
    case SEKI_SPF_TERM_A:
    case SEKI_SPF_TERM_MX:
    case SEKI_SPF_TERM_PTR:
    case SEKI_SPF_TERM_EXISTS:
    case SEKI_SPF_TERM_REDIRECT: return true;
    default: return false;
    }
}

static void add_cost(struct domain_spf_cost *sum, const struct domain_spf_cost *cost)
{
    sum->lookups += cost->lookups;
    for (size_t f = 0; f < DOMAIN_FAMILIES; f++)
        sum->voids[f] += cost->voids[f];
}

static void add_void(struct domain_spf_term *term)
{
    for (size_t f = 0; f < DOMAIN_FAMILIES; f++)
        term->cost.voids[f]++;
}

/* The name is the same for every client: "d" and "o" are the domains that we are asked about. */
static bool is_fixed(const struct visit *visit, const struct seki_spf_domain_spec *spec)
{
    const seki_spf_letters known = SEKI_SPF_LETTER('d') | SEKI_SPF_LETTER('o');
    bool needs_domain = (visit->place->above == NULL && spec->text.len == 0) ||
                        (spec->letters & SEKI_SPF_LETTER('o')) != 0 ||
                        (visit->place->above == NULL && (spec->letters & SEKI_SPF_LETTER('d')) != 0);
    return (spec->letters & ~known) == 0 && !(needs_domain && visit->walk->subject->is_unnamed);
}

/* Section 4.8. @return "" when it is not known */
static struct seki_str target_name(struct visit *visit, const struct seki_spf_domain_spec *spec)
{
    struct seki_spf_expansion expansion;
    const struct seki_spf_macro_values values = { .domain = visit->place->name,
                                                  .sender_domain = visit->walk->run->domain };
    if (!is_fixed(visit, spec))
        return nothing;
    if (spec->text.len == 0)
        return visit->place->name;
    struct seki_str name = seki_spf_expand_name(&values, spec->text, &expansion);
    return seki_arena_copy_lower(visit->walk->run->arena, name);
}

/* 2. Terms that ask for addresses. */

static bool is_void(const struct seki_answer *answer)
{
    return answer->status == SEKI_ANSWER_NODATA || answer->status == SEKI_ANSWER_NXDOMAIN;
}

/* The first error is what an evaluation comes to; the walk goes on to see the rest. */
static void come_to(struct visit *visit, enum seki_spf_result error)
{
    if (visit->error == SEKI_SPF_NONE && !visit->is_over)
        visit->error = error;
}

static void fail(struct visit *visit, struct domain_spf_term *term, enum domain_spf_term_state state)
{
    term->state = state;
    come_to(visit, state == DOMAIN_SPF_TERM_FAILED ? SEKI_SPF_TEMPERROR : SEKI_SPF_PERMERROR);
}

static void match_all(struct visit *visit, enum seki_spf_result qualifier)
{
    visit->is_over = true;
    visit->place->otherwise = qualifier;
}

static bool has_failed(const struct domain_host *host)
{
    return host->ipv4->status == SEKI_ANSWER_FAILED || host->ipv6->status == SEKI_ANSWER_FAILED;
}

static void walk_a(struct visit *visit, struct domain_spf_term *term)
{
    struct domain_host host = domain_host_ask(visit->walk->run, term->name);
    term->cost.voids[DOMAIN_IPV4] += is_void(host.ipv4);
    term->cost.voids[DOMAIN_IPV6] += is_void(host.ipv6);
    if (domain_host_is_missing(&host))
        term->state = DOMAIN_SPF_TERM_NOTHING;
    else if (has_failed(&host))
        fail(visit, term, DOMAIN_SPF_TERM_FAILED);
}

/* Exchanges without an address are one void look-up, however many (spf_check.c). */
static void walk_exchanges(struct visit *visit, struct domain_spf_term *term, const struct seki_answer *exchanges)
{
    size_t asked = 0, empty[DOMAIN_FAMILIES] = { 0, 0 };
    bool is_failing = false;
    for (size_t i = 0; i < exchanges->record_count; i++) {
        if (exchanges->records[i].text.len == 0) /* the null MX of RFC 7505 */
            continue;
        struct domain_host host = domain_host_ask(visit->walk->run, exchanges->records[i].text);
        asked++;
        empty[DOMAIN_IPV4] += is_void(host.ipv4);
        empty[DOMAIN_IPV6] += is_void(host.ipv6);
        is_failing = is_failing || has_failed(&host);
    }
    for (size_t f = 0; f < DOMAIN_FAMILIES; f++)
        term->cost.voids[f] += asked > 0 && empty[f] == asked;
    if (empty[DOMAIN_IPV4] == asked && empty[DOMAIN_IPV6] == asked)
        term->state = DOMAIN_SPF_TERM_NOTHING;
    else if (is_failing)
        fail(visit, term, DOMAIN_SPF_TERM_FAILED);
}

static void walk_mx(struct visit *visit, struct domain_spf_term *term)
{
    const struct seki_answer *exchanges = domain_ask(visit->walk->run, term->name, SEKI_RR_MX);
    if (is_void(exchanges)) {
        add_void(term);
        term->state = DOMAIN_SPF_TERM_NOTHING;
    } else if (exchanges->status == SEKI_ANSWER_FAILED) {
        fail(visit, term, DOMAIN_SPF_TERM_FAILED);
    } else if (exchanges->record_count > MAX_HOSTS) {
        fail(visit, term, DOMAIN_SPF_TERM_MANY_HOSTS);
    } else if (exchanges->status == SEKI_ANSWER_FOUND) {
        walk_exchanges(visit, term, exchanges);
    }
}

/* With a name that is the same for every client it stands for every client, or for none. */
static void walk_exists(struct visit *visit, struct domain_spf_term *term)
{
    const struct seki_answer *answer = domain_ask(visit->walk->run, term->name, SEKI_RR_A);
    if (is_void(answer)) {
        add_void(term);
        term->state = DOMAIN_SPF_TERM_NOTHING;
    } else if (answer->status == SEKI_ANSWER_FAILED) {
        fail(visit, term, DOMAIN_SPF_TERM_FAILED);
    } else if (answer->status == SEKI_ANSWER_FOUND) {
        match_all(visit, term->read.qualifier);
    }
}

/* 3. Terms that lead to other records. */

static bool leads_back(const struct domain_spf_place *place, struct seki_str name)
{
    for (; place != NULL; place = place->above)
        if (seki_str_equal(place->name, name))
            return true;
    return false;
}

static bool follow(struct visit *visit, struct domain_spf_term *term)
{
    if (leads_back(visit->place, term->name)) {
        fail(visit, term, DOMAIN_SPF_TERM_LOOP);
        return false;
    }
    term->target = walk_place(visit->walk, visit->place, term->name);
    if (term->target == NULL)
        return false;
    add_cost(&term->cost, &term->target->cost);
    return true;
}

/* Section 5.2. */
static void walk_include(struct visit *visit, struct domain_spf_term *term)
{
    if (!follow(visit, term))
        return;
    switch (term->target->otherwise) {
    case SEKI_SPF_PASS: match_all(visit, term->read.qualifier); break;
    case SEKI_SPF_TEMPERROR: come_to(visit, SEKI_SPF_TEMPERROR); break;
    case SEKI_SPF_NONE:
    case SEKI_SPF_PERMERROR: come_to(visit, SEKI_SPF_PERMERROR); break;
    case SEKI_SPF_NEUTRAL:
    case SEKI_SPF_FAIL:
    case SEKI_SPF_SOFTFAIL: break;
    }
}

/* Section 6.1. */
static void walk_redirect(struct visit *visit, struct domain_spf_term *term)
{
    if (!follow(visit, term))
        return;
    enum seki_spf_result otherwise = term->target->otherwise;
    match_all(visit, otherwise == SEKI_SPF_NONE ? SEKI_SPF_PERMERROR : otherwise);
}

/* 4. The terms of a record. */

static unsigned depth_of(const struct domain_spf_place *place)
{
    unsigned depth = 0;
    for (; place->above != NULL; place = place->above)
        depth++;
    return depth;
}

static void walk_asking(struct visit *visit, struct domain_spf_term *term)
{
    static void (*const walkers[])(struct visit *, struct domain_spf_term *) = {
        [SEKI_SPF_TERM_INCLUDE] = walk_include, [SEKI_SPF_TERM_A] = walk_a,
        [SEKI_SPF_TERM_MX] = walk_mx,           [SEKI_SPF_TERM_PTR] = NULL,
        [SEKI_SPF_TERM_EXISTS] = walk_exists,   [SEKI_SPF_TERM_REDIRECT] = walk_redirect,
    };
    term->cost.lookups = 1;
    term->name = target_name(visit, &term->read.domain_spec);
    if (visit->walk->asking_terms++ >= MAX_ASKING_TERMS || depth_of(visit->place) >= MAX_DEPTH) {
        visit->walk->is_cut = true;
        fail(visit, term, DOMAIN_SPF_TERM_CUT);
    } else if (term->name.len == 0) {
        term->state = DOMAIN_SPF_TERM_NOT_FOLLOWED;
    } else if (walkers[term->read.kind] != NULL) {
        walkers[term->read.kind](visit, term);
    }
    add_cost(&visit->place->cost, &term->cost);
}

static bool can_pass(const struct domain_spf_term *term)
{
    if (term->state == DOMAIN_SPF_TERM_NOTHING || term->state == DOMAIN_SPF_TERM_UNREACHED ||
        term->state == DOMAIN_SPF_TERM_SYNTAX || term->state == DOMAIN_SPF_TERM_LOOP)
        return false;
    if (term->read.kind == SEKI_SPF_TERM_REDIRECT)
        return term->target == NULL || term->target->allows_senders;
    if (term->read.kind >= SEKI_SPF_MECHANISM_COUNT || term->read.qualifier != SEKI_SPF_PASS)
        return false;
    return term->target == NULL || term->target->allows_senders;
}

static void walk_directive(struct visit *visit, struct domain_spf_term *term)
{
    if (visit->is_over)
        term->state = DOMAIN_SPF_TERM_UNREACHED;
    else if (term->read.kind == SEKI_SPF_TERM_ALL)
        match_all(visit, term->read.qualifier);
    else if (domain_spf_asks_dns(term))
        walk_asking(visit, term);
}

/* A redirect stands where it likes, and is followed when all else has been tried. */
static void walk_terms(struct visit *visit)
{
    struct domain_spf_place *place = visit->place;
    struct domain_spf_term *redirect = NULL;
    bool has_all = false;
    for (size_t i = 0; i < place->term_count; i++) {
        struct domain_spf_term *term = &visit->terms[i];
        if (term->state == DOMAIN_SPF_TERM_SYNTAX)
            continue;
        if (term->read.kind < SEKI_SPF_MECHANISM_COUNT)
            walk_directive(visit, term);
        else if (term->read.kind == SEKI_SPF_TERM_REDIRECT && redirect == NULL)
            redirect = term;
        else if (term->read.kind == SEKI_SPF_TERM_EXP)
            term->name = target_name(visit, &term->read.domain_spec);
        has_all = has_all || term->read.kind == SEKI_SPF_TERM_ALL;
    }
    if (redirect != NULL && (has_all || visit->is_over))
        redirect->state = DOMAIN_SPF_TERM_UNREACHED;
    else if (redirect != NULL)
        walk_asking(visit, redirect);
    for (size_t i = 0; i < place->term_count; i++)
        place->allows_senders = place->allows_senders || can_pass(&visit->terms[i]);
}

static size_t count_terms(struct seki_str terms)
{
    struct seki_spf_term term;
    struct seki_spf_fault fault;
    size_t count = 0;
    while (seki_spf_next_term(&terms, &term, &fault) || fault.what != NULL)
        count++;
    return count;
}

static bool read_terms(struct visit *visit, struct seki_str terms)
{
    struct walk *walk = visit->walk;
    size_t count = count_terms(terms), room = MAX_TERMS - walk->terms;
    walk->is_cut = walk->is_cut || count > room;
    if (count > room)
        count = room;
    walk->terms += (unsigned)count;
    visit->terms = seki_arena_alloc(walk->run->arena, count, sizeof *visit->terms);
    for (size_t i = 0; visit->terms != NULL && i < count; i++) {
        struct domain_spf_term *term = &visit->terms[i];
        struct seki_spf_fault fault;
        bool is_read = seki_spf_next_term(&terms, &term->read, &fault);
        term->fault = fault.what;
        term->text = is_read ? term->read.text : fault.term;
        term->name = nothing;
        term->state = is_read ? DOMAIN_SPF_TERM_FINE : DOMAIN_SPF_TERM_SYNTAX;
    }
    visit->place->terms = visit->terms;
    visit->place->term_count = count;
    return visit->terms != NULL;
}

static void walk_record(struct walk *walk, struct domain_spf_place *place)
{
    struct visit visit = { .walk = walk, .place = place };
    struct seki_spf_record record;
    struct seki_spf_fault fault;
    bool is_good = seki_spf_record_read(place->record, &record, &fault);
    place->state = is_good ? DOMAIN_SPF_FOUND : DOMAIN_SPF_BROKEN;
    place->otherwise = SEKI_SPF_NEUTRAL; /* section 4.7 */
    if (read_terms(&visit, record.terms))
        walk_terms(&visit);
    if (!is_good)
        place->otherwise = SEKI_SPF_PERMERROR;
    else if (visit.error != SEKI_SPF_NONE)
        place->otherwise = visit.error;
}

/* 5. Places. */

static void select_record(struct domain_spf_place *place, const struct seki_answer *answer)
{
    size_t found = 0;
    for (size_t i = 0; i < answer->record_count; i++) {
        if (!seki_spf_has_version(answer->records[i].text))
            continue;
        place->record = answer->records[i].text;
        found++;
    }
    if (answer->status == SEKI_ANSWER_FAILED || answer->status == SEKI_ANSWER_OPEN)
        place->otherwise = SEKI_SPF_TEMPERROR;
    else
        place->state = DOMAIN_SPF_NONE;
    if (found < 2)
        return;
    place->record = nothing;
    place->state = DOMAIN_SPF_SEVERAL;
    place->otherwise = SEKI_SPF_PERMERROR;
}

/* Section 4.3: what is no name of several labels has no record. */
static void find_record(struct walk *walk, struct domain_spf_place *place)
{
    bool is_text = place->above == NULL && walk->subject->text.ptr != NULL;
    if (is_text && seki_spf_has_version(walk->subject->text))
        place->record = walk->subject->text;
    if (is_text || !seki_domain_fits_dns(place->name) || seki_domain_label_count(place->name) < 2)
        place->state = DOMAIN_SPF_NONE;
    else
        select_record(place, domain_ask(walk->run, place->name, SEKI_RR_TXT));
}

static struct domain_spf_place *walk_place(struct walk *walk, const struct domain_spf_place *above,
                                           struct seki_str name)
{
    struct domain_spf_place *place = seki_arena_alloc(walk->run->arena, 1, sizeof *place);
    if (place == NULL)
        return NULL;
    *place = (struct domain_spf_place){ .above = above, .name = name, .record = nothing };
    find_record(walk, place);
    if (place->record.len > 0)
        walk_record(walk, place);
    return place;
}

unsigned domain_spf_max_voids(const struct domain_run *run)
{
    return run->options->max_void_lookups > 0 ? run->options->max_void_lookups : DOMAIN_SPF_MAX_VOIDS;
}

bool domain_spf_has_too_many_voids(const struct domain_run *run, const struct domain_spf_place *place)
{
    while (place->above != NULL)
        place = place->above;
    unsigned max = domain_spf_max_voids(run);
    return place->cost.voids[DOMAIN_IPV4] > max && place->cost.voids[DOMAIN_IPV6] > max;
}

/* What all clients get, or those of one family who get to the end: the limits count as the engine counts. */
static enum domain_spf_state state_of(const struct domain_run *run, const struct domain_spf_place *top)
{
    if (top->state != DOMAIN_SPF_FOUND)
        return top->state;
    if (top->otherwise == SEKI_SPF_PERMERROR || top->cost.lookups > DOMAIN_SPF_MAX_LOOKUPS ||
        domain_spf_has_too_many_voids(run, top))
        return DOMAIN_SPF_BROKEN;
    return top->otherwise == SEKI_SPF_TEMPERROR ? DOMAIN_SPF_UNKNOWN : DOMAIN_SPF_FOUND;
}

bool domain_spf_walk(struct domain_run *run, const struct domain_spf_subject *subject,
                     struct domain_spf_report *report_out)
{
    struct walk walk = { .run = run, .subject = subject };
    if (subject->text.ptr == NULL)
        domain_ask_quietly(run, subject->domain, SEKI_RR_SPF); /* ahead, for the judge */
    struct domain_spf_place *top = walk_place(&walk, NULL, subject->domain);
    *report_out = (struct domain_spf_report){ .top = top, .is_cut = walk.is_cut };
    if (top != NULL)
        report_out->state = state_of(run, top);
    return top != NULL;
}

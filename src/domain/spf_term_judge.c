#include "domain/spf_term_judge.h"

#include "base/spelling.h"
#include "domain/host.h"
#include "domain/spf_fault.h"
#include "domain/spf_walk.h"

#include <stdio.h>

/* Nobody sends from so many addresses. Longer prefixes of IPv4 are at times those of a whole provider. */
#define BROAD_IPV4_BITS 8u
#define BROAD_IPV6_BITS 16u

struct subject {
    struct domain_run *run;
    const struct domain_spf_place *place;
    const struct domain_spf_term *term;
};

static const struct seki_str nothing = SEKI_STR_INIT("");

static void find(const struct subject *s, enum domain_finding_id id, struct seki_str text2, struct seki_str text3)
{
    domain_find(s->run, id, s->place->name, domain_excerpt(s->run, s->term->text), domain_excerpt(s->run, text2),
                domain_excerpt(s->run, text3));
}

/* 1. Networks. */

static void judge_bits(const struct subject *s, enum domain_family family, unsigned bits)
{
    unsigned broad = family == DOMAIN_IPV4 ? BROAD_IPV4_BITS : BROAD_IPV6_BITS;
    unsigned total = family == DOMAIN_IPV4 ? 32u : 128u;
    char count[32];
    snprintf(count, sizeof count, "2^%u", total - bits);
    if (bits == 0)
        find(s, DOMAIN_SPF_NETWORK_EVERYTHING, nothing, nothing);
    else if (bits <= broad)
        find(s, DOMAIN_SPF_NETWORK_BROAD, seki_str_of(count), nothing);
}

/* @return whether it was found */
static bool judge_address(const struct subject *s, const struct seki_ip *ip)
{
    char text[SEKI_IP_TEXT_MAX];
    if (domain_reach_of(ip) == DOMAIN_REACH_ANYBODY)
        return false;
    find(s, DOMAIN_SPF_PRIVATE_ADDRESS, seki_str_of(seki_ip_format(ip, text)), nothing);
    return true;
}

static void judge_network(const struct subject *s)
{
    const struct seki_spf_term *read = &s->term->read;
    enum domain_family family = read->kind == SEKI_SPF_TERM_IP4 ? DOMAIN_IPV4 : DOMAIN_IPV6;
    unsigned bits = family == DOMAIN_IPV4 ? read->ip4_prefix_bits : read->ip6_prefix_bits;
    bool is_block = bits >= (family == DOMAIN_IPV4 ? 8u : 7u); /* no special network is larger, but for multicast */
    if (!is_block || !judge_address(s, &read->network))
        judge_bits(s, family, bits);
}

/* 2. Names. */

static void judge_dead(const struct subject *s)
{
    if (s->term->state == DOMAIN_SPF_TERM_NOTHING && !domain_spf_has_too_many_voids(s->run, s->place) &&
        !domain_spf_find_glued(s->run, s->place, s->term->text))
        find(s, DOMAIN_SPF_DEAD_TERM, s->term->name, nothing);
}

static void judge_a(const struct subject *s)
{
    judge_bits(s, DOMAIN_IPV4, s->term->read.ip4_prefix_bits);
    judge_bits(s, DOMAIN_IPV6, s->term->read.ip6_prefix_bits);
    judge_dead(s);
    if (s->term->state != DOMAIN_SPF_TERM_FINE)
        return;
    struct domain_host host = domain_host_ask_quietly(s->run, s->term->name);
    bool is_found = false;
    for (size_t i = 0; !is_found && i < host.ipv4->record_count; i++)
        is_found = judge_address(s, &host.ipv4->records[i].address);
    for (size_t i = 0; !is_found && i < host.ipv6->record_count; i++)
        is_found = judge_address(s, &host.ipv6->records[i].address);
}

static void judge_many_hosts(const struct subject *s)
{
    const struct seki_answer *mx = domain_ask_quietly(s->run, s->term->name, SEKI_RR_MX);
    if (s->term->state == DOMAIN_SPF_TERM_MANY_HOSTS)
        find(s, DOMAIN_SPF_MX_TOO_MANY, s->term->name, domain_number(s->run, mx->record_count));
}

static void judge_mx(const struct subject *s)
{
    judge_bits(s, DOMAIN_IPV4, s->term->read.ip4_prefix_bits);
    judge_bits(s, DOMAIN_IPV6, s->term->read.ip6_prefix_bits);
    judge_dead(s);
    judge_many_hosts(s);
}

static void judge_ptr(const struct subject *s)
{
    find(s, DOMAIN_SPF_PTR, nothing, nothing);
}

static void judge_exists(const struct subject *s)
{
    judge_dead(s);
    if (s->term->state == DOMAIN_SPF_TERM_FINE)
        find(s, DOMAIN_SPF_EXISTS_EVERYBODY, s->term->name, nothing);
}

/* 3. Modifiers. */

static bool is_mechanism(struct seki_str name)
{
    for (size_t i = 0; i < SEKI_SPF_MECHANISM_COUNT; i++)
        if (seki_str_equal_nocase(name, seki_spf_mechanism_name((enum seki_spf_term_kind)i)))
            return true;
    return false;
}

/* RFC 6652 section 3: for reports. */
static bool is_of_reports(struct seki_str name)
{
    return seki_str_equal_nocase(name, SEKI_STR("ra")) || seki_str_equal_nocase(name, SEKI_STR("rp")) ||
           seki_str_equal_nocase(name, SEKI_STR("rr"));
}

static void judge_unknown_modifier(const struct subject *s)
{
    struct seki_str name = seki_str_head(s->term->text, seki_str_find(s->term->text, '='));
    struct seki_str value = seki_str_from(s->term->text, name.len + 1);
    struct seki_spelling spelling = seki_spelling_of(name);
    seki_spelling_offer(&spelling, "redirect");
    seki_spelling_offer(&spelling, "exp");
    if (seki_str_equal_nocase(name, SEKI_STR("v")))
        find(s, DOMAIN_SPF_VERSION_REPEATED, nothing, nothing);
    else if (is_mechanism(name))
        find(s, DOMAIN_SPF_EQUALS_FOR_COLON,
             seki_arena_format(s->run->arena, "%.*s:%.*s", SEKI_STR_ARGS(name), SEKI_STR_ARGS(value)), nothing);
    else if (spelling.nearest != NULL)
        find(s, DOMAIN_SPF_MODIFIER_MISSPELT,
             seki_arena_format(s->run->arena, "%s=%.*s", spelling.nearest, SEKI_STR_ARGS(value)), nothing);
    else if (!is_of_reports(name))
        find(s, DOMAIN_SPF_MODIFIER_UNKNOWN, nothing, nothing);
}

static bool is_second(const struct subject *s)
{
    for (const struct domain_spf_term *before = s->place->terms; before < s->term; before++)
        if (before->state != DOMAIN_SPF_TERM_SYNTAX && before->read.kind == s->term->read.kind)
            return true;
    return false;
}

static void judge_known_modifier(const struct subject *s)
{
    if (is_second(s))
        find(s, DOMAIN_SPF_MODIFIER_TWICE, nothing, nothing);
}

/* 4. One term. */

static void judge_macros(const struct subject *s)
{
    if ((s->term->read.domain_spec.letters & SEKI_SPF_LETTER('p')) != 0)
        find(s, DOMAIN_SPF_PTR, nothing, nothing);
}

/* "all" of "- all", "a" of "a :mail.example.net": with its other half it is told of as a fault. */
static bool is_half(const struct subject *s)
{
    const struct domain_spf_term *first = s->place->terms, *end = first + s->place->term_count;
    const struct domain_spf_term *before = s->term - 1, *next = s->term + 1;
    return (s->term > first && before->state == DOMAIN_SPF_TERM_SYNTAX && before->text.len == 1) ||
           (next < end && next->state == DOMAIN_SPF_TERM_SYNTAX && domain_spf_is_joint(next->text.ptr[0]));
}

void domain_spf_judge_term(struct domain_run *run, const struct domain_spf_place *place, size_t index)
{
    static void (*const judges[])(const struct subject *) = {
        [SEKI_SPF_TERM_ALL] = NULL,
        [SEKI_SPF_TERM_INCLUDE] = NULL,
        [SEKI_SPF_TERM_A] = judge_a,
        [SEKI_SPF_TERM_MX] = judge_mx,
        [SEKI_SPF_TERM_PTR] = judge_ptr,
        [SEKI_SPF_TERM_IP4] = judge_network,
        [SEKI_SPF_TERM_IP6] = judge_network,
        [SEKI_SPF_TERM_EXISTS] = judge_exists,
        [SEKI_SPF_TERM_REDIRECT] = judge_known_modifier,
        [SEKI_SPF_TERM_EXP] = judge_known_modifier,
        [SEKI_SPF_TERM_UNKNOWN_MODIFIER] = judge_unknown_modifier,
    };
    const struct subject s = { run, place, &place->terms[index] };
    bool is_modifier = s.term->read.kind >= SEKI_SPF_MECHANISM_COUNT;
    if ((s.term->state == DOMAIN_SPF_TERM_UNREACHED && !is_modifier) || is_half(&s))
        return;
    judge_macros(&s);
    if (judges[s.term->read.kind] != NULL)
        judges[s.term->read.kind](&s);
}

void domain_spf_judge_foreign_term(struct domain_run *run, const struct domain_spf_place *place, size_t index,
                                   struct seki_str through)
{
    const struct subject s = { run, place, &place->terms[index] };
    const struct seki_spf_term *read = &s.term->read;
    if (s.term->state == DOMAIN_SPF_TERM_SYNTAX || s.term->state == DOMAIN_SPF_TERM_UNREACHED)
        return;
    if (s.term->state == DOMAIN_SPF_TERM_MANY_HOSTS)
        domain_find(run, DOMAIN_SPF_INCLUDE_BROKEN, place->name, through, domain_excerpt(run, s.term->text),
                    nothing);
    bool is_everybody = (read->kind == SEKI_SPF_TERM_IP4 && read->ip4_prefix_bits == 0) ||
                        (read->kind == SEKI_SPF_TERM_IP6 && read->ip6_prefix_bits == 0) ||
                        (read->kind == SEKI_SPF_TERM_EXISTS && s.term->state == DOMAIN_SPF_TERM_FINE) ||
                        read->kind == SEKI_SPF_TERM_ALL;
    if (is_everybody && read->qualifier == SEKI_SPF_PASS)
        find(&s, DOMAIN_SPF_FOREIGN_ALL_PASS, through, nothing);
}

/* 5. Their order. */

static bool is_same_name(const struct domain_spf_term *a, const struct domain_spf_term *b)
{
    return a->name.len > 0 ? seki_str_equal(a->name, b->name)
                           : seki_str_equal_nocase(a->read.domain_spec.text, b->read.domain_spec.text);
}

/* Whoever the second stands for, the first did so before. */
static bool is_same(const struct domain_spf_term *a, const struct domain_spf_term *b)
{
    const struct seki_spf_term *x = &a->read, *y = &b->read;
    if (b->state == DOMAIN_SPF_TERM_SYNTAX || b->state == DOMAIN_SPF_TERM_UNREACHED || x->kind != y->kind ||
        x->ip4_prefix_bits != y->ip4_prefix_bits || x->ip6_prefix_bits != y->ip6_prefix_bits)
        return false;
    switch (x->kind) {
    case SEKI_SPF_TERM_IP4: return seki_ip_in_network(&x->network, &y->network, x->ip4_prefix_bits);
    case SEKI_SPF_TERM_IP6: return seki_ip_in_network(&x->network, &y->network, x->ip6_prefix_bits);
    case SEKI_SPF_TERM_INCLUDE:
    case SEKI_SPF_TERM_A:
    case SEKI_SPF_TERM_MX:
    case SEKI_SPF_TERM_PTR:
    case SEKI_SPF_TERM_EXISTS: return is_same_name(a, b);
    default: return false;
    }
}

static void judge_repeated(const struct subject *s)
{
    if (s->term->state == DOMAIN_SPF_TERM_SYNTAX || s->term->state == DOMAIN_SPF_TERM_UNREACHED)
        return;
    for (const struct domain_spf_term *before = s->place->terms; before < s->term; before++) {
        if (!is_same(s->term, before))
            continue;
        find(s, DOMAIN_SPF_TERM_REPEATED, nothing, nothing);
        return;
    }
}

static bool is_reached_all(const struct domain_spf_term *term)
{
    return term->state != DOMAIN_SPF_TERM_SYNTAX && term->read.kind == SEKI_SPF_TERM_ALL &&
           term->state != DOMAIN_SPF_TERM_UNREACHED;
}

/* The terms behind an "all", in one finding. */
static void judge_after_all(const struct subject *s)
{
    struct seki_str list = nothing;
    for (size_t i = 0; i < s->place->term_count; i++) {
        const struct domain_spf_term *term = &s->place->terms[i];
        if (term <= s->term || term->state != DOMAIN_SPF_TERM_UNREACHED)
            continue;
        if (term->read.kind < SEKI_SPF_MECHANISM_COUNT)
            list = seki_arena_format(s->run->arena, "%.*s%s%.*s", SEKI_STR_ARGS(list), list.len > 0 ? " " : "",
                                     SEKI_STR_ARGS(term->text));
    }
    if (list.len > 0)
        domain_find(s->run, DOMAIN_SPF_AFTER_ALL, s->place->name, domain_excerpt(s->run, list), nothing, nothing);
}

static void judge_all(const struct subject *s, bool is_policy)
{
    if (s->term->read.qualifier == SEKI_SPF_PASS && !is_half(s))
        find(s, DOMAIN_SPF_ALL_PASS, nothing, nothing);
    else if (s->term->read.qualifier == SEKI_SPF_NEUTRAL && is_policy)
        find(s, DOMAIN_SPF_ALL_NEUTRAL, nothing, nothing);
    judge_after_all(s);
}

static bool ends_in_all(struct seki_str text)
{
    static const struct seki_str ends[] = { SEKI_STR_INIT("-all"), SEKI_STR_INIT("~all"), SEKI_STR_INIT("?all"),
                                            SEKI_STR_INIT("+all") };
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (seki_str_ends_with_nocase(text, ends[i]))
            return true;
    return false;
}

static bool is_mistyped_all(struct seki_str text)
{
    text = seki_str_from(text, memchr("+-?~", text.ptr[0], 4) != NULL);
    size_t end = 0;
    while (end < text.len && !domain_spf_is_joint(text.ptr[end]))
        end++;
    struct seki_spelling spelling = seki_spelling_of(seki_str_head(text, end));
    seki_spelling_offer(&spelling, "all");
    return spelling.nearest != NULL;
}

/* An "all" or redirect that is mistyped, or a part of another term, is there all the same. */
static bool is_end(const struct domain_spf_term *term)
{
    bool is_fault = term->state == DOMAIN_SPF_TERM_SYNTAX;
    return ends_in_all(term->text) || (is_fault && (is_mistyped_all(term->text) ||
                                                    seki_str_contains_nocase(term->text, SEKI_STR("redirect"))));
}

static bool has_end(const struct domain_spf_place *place)
{
    for (size_t i = 0; i < place->term_count; i++) {
        const struct domain_spf_term *term = &place->terms[i];
        bool is_behind_everybody =
            term->state == DOMAIN_SPF_TERM_UNREACHED && term->read.kind < SEKI_SPF_MECHANISM_COUNT;
        if (is_behind_everybody || is_end(term))
            return true;
    }
    return false;
}

void domain_spf_judge_order(struct domain_run *run, const struct domain_spf_place *place, bool is_policy)
{
    bool has_all = false, has_redirect = false;
    for (size_t i = 0; i < place->term_count; i++) {
        const struct subject s = { run, place, &place->terms[i] };
        judge_repeated(&s);
        has_all = has_all || is_reached_all(s.term);
        if (is_reached_all(s.term))
            judge_all(&s, is_policy);
    }
    for (size_t i = 0; i < place->term_count; i++) {
        const struct subject s = { run, place, &place->terms[i] };
        if (s.term->state == DOMAIN_SPF_TERM_SYNTAX || s.term->read.kind != SEKI_SPF_TERM_REDIRECT)
            continue;
        if (has_all && !has_redirect)
            find(&s, DOMAIN_SPF_REDIRECT_BESIDE_ALL, nothing, nothing);
        has_redirect = true;
    }
    if (is_policy && !has_all && !has_redirect && !has_end(place))
        domain_find(run, DOMAIN_SPF_NO_ALL, place->name, nothing, nothing, nothing);
}

/* 6. The explanation. */

static bool can_fail(const struct domain_spf_place *place)
{
    for (size_t i = 0; i < place->term_count; i++) {
        const struct domain_spf_term *term = &place->terms[i];
        if (term->state != DOMAIN_SPF_TERM_SYNTAX && term->state != DOMAIN_SPF_TERM_UNREACHED &&
            term->read.kind < SEKI_SPF_MECHANISM_COUNT && term->read.qualifier == SEKI_SPF_FAIL)
            return true;
    }
    return false;
}

static void judge_explanation_text(const struct subject *s, struct seki_str name, const struct seki_answer *texts)
{
    seki_spf_letters letters;
    bool is_there = texts->record_count > 0;
    if (texts->status == SEKI_ANSWER_NODATA || texts->status == SEKI_ANSWER_NXDOMAIN)
        find(s, DOMAIN_SPF_EXP_MISSING, name, nothing);
    else if (texts->record_count > 1)
        find(s, DOMAIN_SPF_EXP_SEVERAL, name, nothing);
    else if (is_there && seki_spf_check_explain_string(texts->records[0].text, &letters) != NULL)
        find(s, DOMAIN_SPF_EXP_UNUSABLE, name, texts->records[0].text);
}

void domain_spf_judge_explanation(struct domain_run *run, const struct domain_spf_place *place)
{
    for (size_t i = 0; i < place->term_count; i++) {
        const struct subject s = { run, place, &place->terms[i] };
        if (s.term->state == DOMAIN_SPF_TERM_SYNTAX || s.term->read.kind != SEKI_SPF_TERM_EXP || is_second(&s) ||
            s.term->name.len == 0 || !can_fail(place))
            continue;
        judge_explanation_text(&s, s.term->name, domain_ask_quietly(run, s.term->name, SEKI_RR_TXT));
    }
}

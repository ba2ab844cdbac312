/* check_host() of RFC 7208 section 4, and the mechanisms of section 5. */
#include "auth/spf_run.h"
#include "base/i18n.h"

#include <sekisho/domain.h>

#include <stdio.h>

/* Section 4.6.4. */
#define MAX_LOOKUP_TERMS         10u
#define MAX_MX_HOSTS             10u
#define DEFAULT_MAX_VOID_LOOKUPS 2u

#define MAX_SUBJECT_OCTETS 160u /* of a reason */

enum outcome { NO_MATCH, MATCH, TEMPERROR, PERMERROR };

typedef enum outcome evaluator(struct seki_spf_run *run, const struct seki_spf_frame *frame,
                               const struct seki_spf_term *term);

/* Subjects are other people's text, and may lie in a buffer that will be gone. */
static enum outcome stop(struct seki_spf_run *run, enum outcome outcome, struct seki_str subject,
                         const char *reason)
{
    int subject_octets = subject.len < MAX_SUBJECT_OCTETS ? (int)subject.len : (int)MAX_SUBJECT_OCTETS;
    snprintf(run->reason, sizeof run->reason, "%.*s%s%s", subject_octets, subject_octets > 0 ? subject.ptr : "",
             subject_octets > 0 ? " " : "", reason);
    for (char *c = run->reason; *c != '\0'; c++)
        if (*c < 0x20 || *c > 0x7E)
            *c = '?';
    return outcome;
}

static enum outcome count_lookup_term(struct seki_spf_run *run)
{
    if (run->lookups >= MAX_LOOKUP_TERMS)
        return stop(run, PERMERROR, SEKI_STR(""), N_("more than 10 terms that ask DNS"));
    run->lookups++;
    return NO_MATCH;
}

/* The limit is on "the number of "terms" for which DNS queries return" nothing (section 4.6.4), so a term counts once
 * however many questions it asks: four exchanges without AAAA are not four faults. Reverse look-ups do not count:
 * their answers are the client's, and the record's owner must not get a permerror from them. */
static enum outcome count_void_lookup(struct seki_spf_run *run, const struct seki_spf_frame *frame)
{
    const struct seki_spf_input *input = &run->spf->input;
    unsigned max = input->max_void_lookups > 0 ? input->max_void_lookups : DEFAULT_MAX_VOID_LOOKUPS;
    run->void_lookups++;
    seki_trace_add(run->trace, frame->depth + 1, "nothing found: void look-up %u", run->void_lookups);
    if (run->void_lookups > max && !input->no_void_limit)
        return stop(run, PERMERROR, SEKI_STR(""), N_("too many terms whose DNS look-ups found nothing"));
    return NO_MATCH;
}

static enum outcome dns_failure(struct seki_spf_run *run, const struct seki_spf_frame *frame,
                                const struct seki_answer *answer)
{
    seki_trace_add(run->trace, frame->depth + 1, "%s of %.*s: %s", seki_rr_type_name(answer->type),
                   SEKI_STR_ARGS(answer->name), seki_trace_reason(run->trace, answer->failure));
    return stop(run, TEMPERROR, answer->name, "could not be looked up");
}

/* What an answer without records means for the term that asked. */
static enum outcome without_records(struct seki_spf_run *run, const struct seki_spf_frame *frame,
                                    const struct seki_answer *answer)
{
    switch (answer->status) {
    case SEKI_ANSWER_FAILED: return dns_failure(run, frame, answer);
    case SEKI_ANSWER_NODATA:
    case SEKI_ANSWER_NXDOMAIN: return count_void_lookup(run, frame);
    default: return NO_MATCH; /* open: the run is blocked */
    }
}

/* Ask for the term's target. @return NULL: the term cannot match (now) */
static const struct seki_answer *ask_target(struct seki_spf_run *run, const struct seki_spf_frame *frame,
                                            const struct seki_spf_term *term, enum seki_rr_type type)
{
    struct seki_spf_expansion expansion;
    struct seki_str name;
    if (!seki_spf_target(run, frame, &term->domain_spec, &expansion, &name))
        return NULL;
    if (run->trace != NULL && term->domain_spec.letters != 0)
        seki_trace_add(run->trace, frame->depth + 1, "stands for %.*s", SEKI_STR_ARGS(name));
    return seki_spf_ask(run, name, type);
}

static void trace_address(const struct seki_spf_run *run, const struct seki_spf_frame *frame,
                          const struct seki_answer *answer, const struct seki_ip *address, bool is_match)
{
    char text[SEKI_IP_TEXT_MAX];
    if (run->trace == NULL)
        return;
    if (is_match)
        seki_trace_add(run->trace, frame->depth + 1, "%.*s has %s: that is the client", SEKI_STR_ARGS(answer->name),
                       seki_ip_format(address, text));
    else
        seki_trace_add(run->trace, frame->depth + 1, "%.*s has %s: not the client", SEKI_STR_ARGS(answer->name),
                       seki_ip_format(address, text));
}

static bool has_client(const struct seki_spf_run *run, const struct seki_spf_frame *frame,
                       const struct seki_spf_term *term, const struct seki_answer *answer)
{
    const struct seki_ip *client = &run->spf->client;
    unsigned bits = client->octet_count == 16 ? term->ip6_prefix_bits : term->ip4_prefix_bits;
    for (size_t i = 0; i < answer->record_count; i++) {
        bool is_match = seki_ip_in_network(client, &answer->records[i].address, bits);
        trace_address(run, frame, answer, &answer->records[i].address, is_match);
        if (is_match)
            return true;
    }
    return false;
}

/* Section 5.1. */
static enum outcome try_all(struct seki_spf_run *run, const struct seki_spf_frame *frame,
                            const struct seki_spf_term *term)
{
    (void)run, (void)frame, (void)term;
    return MATCH;
}

/* Section 5.2: the table of what a recursive result means. */
static const enum outcome include_outcomes[] = {
    [SEKI_SPF_NONE] = PERMERROR,      [SEKI_SPF_NEUTRAL] = NO_MATCH,  [SEKI_SPF_PASS] = MATCH,
    [SEKI_SPF_FAIL] = NO_MATCH,       [SEKI_SPF_SOFTFAIL] = NO_MATCH, [SEKI_SPF_TEMPERROR] = TEMPERROR,
    [SEKI_SPF_PERMERROR] = PERMERROR,
};

static enum outcome try_include(struct seki_spf_run *run, const struct seki_spf_frame *frame,
                                const struct seki_spf_term *term)
{
    struct seki_spf_frame included = { .depth = frame->depth + 1 };
    struct seki_spf_expansion expansion;
    struct seki_str name;
    if (!seki_spf_target(run, frame, &term->domain_spec, &expansion, &name))
        return NO_MATCH;
    enum seki_spf_result result = seki_spf_check_host(run, &included, name);
    seki_trace_add(run->trace, included.depth, "%.*s comes to %s", SEKI_STR_ARGS(name),
                   seki_spf_result_name(result));
    return include_outcomes[result];
}

/* Section 5.3. */
static enum outcome try_a(struct seki_spf_run *run, const struct seki_spf_frame *frame,
                          const struct seki_spf_term *term)
{
    const struct seki_answer *answer = ask_target(run, frame, term, seki_spf_address_type(run));
    if (answer == NULL)
        return NO_MATCH;
    if (answer->status != SEKI_ANSWER_FOUND)
        return without_records(run, frame, answer);
    return has_client(run, frame, term, answer) ? MATCH : NO_MATCH;
}

/* The exchanges are asked all at once, but judged in their order: what comes of them must not depend on whose answer
 * came first. */
static enum outcome try_exchanges(struct seki_spf_run *run, const struct seki_spf_frame *frame,
                                  const struct seki_spf_term *term, const struct seki_answer *exchanges)
{
    enum outcome outcome = NO_MATCH;
    size_t asked = 0, empty = 0;
    for (size_t i = 0; i < exchanges->record_count; i++) {
        struct seki_str host = exchanges->records[i].text;
        if (host.len == 0) /* the null MX of RFC 7505 */
            continue;
        const struct seki_answer *answer = seki_spf_ask(run, host, seki_spf_address_type(run));
        asked++;
        if (run->is_blocked || outcome != NO_MATCH)
            continue;
        if (answer->status == SEKI_ANSWER_FAILED)
            outcome = dns_failure(run, frame, answer);
        else if (answer->status != SEKI_ANSWER_FOUND)
            empty++;
        else if (has_client(run, frame, term, answer))
            outcome = MATCH;
    }
    return asked > 0 && empty == asked ? count_void_lookup(run, frame) : outcome;
}

/* Section 5.4. */
static enum outcome try_mx(struct seki_spf_run *run, const struct seki_spf_frame *frame,
                           const struct seki_spf_term *term)
{
    const struct seki_answer *exchanges = ask_target(run, frame, term, SEKI_RR_MX);
    if (exchanges == NULL)
        return NO_MATCH;
    if (exchanges->status != SEKI_ANSWER_FOUND)
        return without_records(run, frame, exchanges);
    if (exchanges->record_count > MAX_MX_HOSTS)
        return stop(run, PERMERROR, exchanges->name, "has more than 10 mail exchanges");
    return try_exchanges(run, frame, term, exchanges);
}

/* Section 5.5. Its last bullets say "the <target-name> is a subdomain of a validated domain name", which is the wrong
 * way round: the text above them and the example ("mail.example.com" is within "example.com") decide. */
static enum outcome try_ptr(struct seki_spf_run *run, const struct seki_spf_frame *frame,
                            const struct seki_spf_term *term)
{
    struct seki_spf_expansion expansion;
    struct seki_str target;
    if (!seki_spf_target(run, frame, &term->domain_spec, &expansion, &target))
        return NO_MATCH;
    struct seki_str name = seki_spf_validated_name(run, frame, target);
    return seki_domain_is_within(name, target) ? MATCH : NO_MATCH;
}

/* Section 5.6. */
static enum outcome try_ip4(struct seki_spf_run *run, const struct seki_spf_frame *frame,
                            const struct seki_spf_term *term)
{
    (void)frame;
    return seki_ip_in_network(&run->spf->client, &term->network, term->ip4_prefix_bits) ? MATCH : NO_MATCH;
}

static enum outcome try_ip6(struct seki_spf_run *run, const struct seki_spf_frame *frame,
                            const struct seki_spf_term *term)
{
    (void)frame;
    return seki_ip_in_network(&run->spf->client, &term->network, term->ip6_prefix_bits) ? MATCH : NO_MATCH;
}

/* Section 5.7: "a DNS A RR lookup (even when the connection type is IPv6)". */
static enum outcome try_exists(struct seki_spf_run *run, const struct seki_spf_frame *frame,
                               const struct seki_spf_term *term)
{
    const struct seki_answer *answer = ask_target(run, frame, term, SEKI_RR_A);
    if (answer == NULL)
        return NO_MATCH;
    return answer->status == SEKI_ANSWER_FOUND ? MATCH : without_records(run, frame, answer);
}

static const struct {
    evaluator *evaluate;
    bool asks_dns;
} mechanisms[] = {
    [SEKI_SPF_TERM_ALL] = { try_all, false }, [SEKI_SPF_TERM_INCLUDE] = { try_include, true },
    [SEKI_SPF_TERM_A] = { try_a, true },      [SEKI_SPF_TERM_MX] = { try_mx, true },
    [SEKI_SPF_TERM_PTR] = { try_ptr, true },  [SEKI_SPF_TERM_IP4] = { try_ip4, false },
    [SEKI_SPF_TERM_IP6] = { try_ip6, false }, [SEKI_SPF_TERM_EXISTS] = { try_exists, true },
};
_Static_assert(sizeof mechanisms / sizeof mechanisms[0] == SEKI_SPF_MECHANISM_COUNT, "one row per mechanism");

static enum outcome try_mechanism(struct seki_spf_run *run, const struct seki_spf_frame *frame,
                                  const struct seki_spf_term *term)
{
    static const char *const words[] = {
        [NO_MATCH] = N_("no match"), [MATCH] = N_("match"), [TEMPERROR] = "temperror", [PERMERROR] = "permerror"
    };
    bool asks_dns = mechanisms[term->kind].asks_dns;
    if (asks_dns)
        seki_trace_add(run->trace, frame->depth, "%.*s", SEKI_STR_ARGS(term->text));
    enum outcome outcome = asks_dns ? count_lookup_term(run) : NO_MATCH;
    if (outcome == NO_MATCH)
        outcome = mechanisms[term->kind].evaluate(run, frame, term);
    seki_trace_add(run->trace, frame->depth, "%.*s: %s", SEKI_STR_ARGS(term->text),
                   seki_trace_text(run->trace, words[outcome]));
    return outcome;
}

/* Section 4.6.2: "Each mechanism is considered in turn from left to right." */
static enum outcome try_directives(struct seki_spf_run *run, struct seki_spf_frame *frame,
                                   enum seki_spf_result *qualifier_out)
{
    struct seki_str rest = frame->record.terms;
    struct seki_spf_term term;
    struct seki_spf_fault fault;
    while (seki_spf_next_term(&rest, &term, &fault)) {
        if (term.kind >= SEKI_SPF_MECHANISM_COUNT)
            continue;
        enum outcome outcome = try_mechanism(run, frame, &term);
        if (outcome == NO_MATCH)
            continue;
        if (outcome == MATCH)
            frame->matched = term.text;
        *qualifier_out = term.qualifier;
        return outcome;
    }
    return NO_MATCH;
}

static void trace_reason(const struct seki_spf_run *run, const struct seki_spf_frame *frame,
                         struct seki_str subject, const char *reason)
{
    if (run->trace == NULL)
        return;
    struct seki_str sentence = seki_arena_format(run->spf->arena, "%.*s %s", SEKI_STR_ARGS(subject), reason);
    seki_trace_add(run->trace, frame->depth, "%s", seki_trace_reason(run->trace, sentence));
}

static enum seki_spf_result none(struct seki_spf_run *run, const struct seki_spf_frame *frame,
                                 struct seki_str domain, const char *reason)
{
    trace_reason(run, frame, domain, reason);
    stop(run, NO_MATCH, domain, reason);
    return SEKI_SPF_NONE;
}

static enum seki_spf_result permerror(struct seki_spf_run *run, const struct seki_spf_frame *frame,
                                      struct seki_str subject, const char *reason)
{
    trace_reason(run, frame, subject, reason);
    stop(run, PERMERROR, subject, reason);
    return SEKI_SPF_PERMERROR;
}

/* RFC 4406 section 4.3: "When performing the PRA version of the test, if the DNS query returns "non-existent domain"
 * (RCODE 3), then check_host() exits immediately with the result "Fail"." No record: nothing explains it. */
static enum seki_spf_result no_record(struct seki_spf_run *run, struct seki_spf_frame *frame,
                                      const struct seki_answer *answer)
{
    if (answer->status != SEKI_ANSWER_NXDOMAIN)
        return none(run, frame, answer->name, "has no SPF record");
    enum seki_spf_result result = none(run, frame, answer->name, "does not exist");
    if (run->spf->scope != SEKI_SPF_SCOPE_PRA)
        return result;
    frame->record = (struct seki_spf_record){ .has_exp = false };
    return SEKI_SPF_FAIL;
}

/* Section 4.5, and RFC 4406 section 4.4, whose step 4 reads "the "spf2" version takes precedence for the desired
 * scope-id". SEKI_SPF_PASS here: *text_out is the one record. */
static enum seki_spf_result select_record(struct seki_spf_run *run, struct seki_spf_frame *frame,
                                          const struct seki_answer *answer, struct seki_str *text_out)
{
    enum seki_spf_version best = SEKI_SPF_NO_CANDIDATE;
    size_t found = 0;
    for (size_t i = 0; i < answer->record_count; i++) {
        struct seki_str text = answer->records[i].text;
        enum seki_spf_version version = seki_spf_candidate(text, run->spf->scope);
        if (version == SEKI_SPF_NO_CANDIDATE)
            continue;
        seki_trace_add(run->trace, frame->depth, "%.*s has: %.*s", SEKI_STR_ARGS(answer->name),
                       SEKI_STR_ARGS(text));
        if (version < best)
            continue;
        found = version > best ? 1 : found + 1;
        best = version;
        *text_out = text;
    }
    if (found == 0)
        return no_record(run, frame, answer);
    if (found > 1)
        return permerror(run, frame, answer->name, "has more than one SPF record");
    return SEKI_SPF_PASS;
}

/* Sections 4.3 to 4.6 up to the syntax check. SEKI_SPF_PASS here: frame->record was read. */
static enum seki_spf_result find_record(struct seki_spf_run *run, struct seki_spf_frame *frame,
                                        struct seki_str domain)
{
    if (!seki_domain_fits_dns(domain) || seki_domain_label_count(domain) < 2)
        return none(run, frame, domain, "is not a full domain name");
    const struct seki_answer *answer = seki_spf_ask(run, domain, SEKI_RR_TXT);
    if (answer->status == SEKI_ANSWER_OPEN)
        return SEKI_SPF_NEUTRAL; /* blocked: as if nothing matched */
    frame->domain = answer->name;
    if (answer->status == SEKI_ANSWER_FAILED) {
        dns_failure(run, frame, answer);
        return SEKI_SPF_TEMPERROR;
    }
    struct seki_str text;
    enum seki_spf_result result = select_record(run, frame, answer, &text);
    struct seki_spf_fault fault;
    if (result == SEKI_SPF_PASS && !seki_spf_record_read(text, &frame->record, &fault))
        return permerror(run, frame, fault.term, fault.what);
    return result;
}

static enum seki_spf_result result_of(enum outcome outcome, enum seki_spf_result qualifier)
{
    switch (outcome) {
    case MATCH: return qualifier;
    case TEMPERROR: return SEKI_SPF_TEMPERROR;
    case PERMERROR: return SEKI_SPF_PERMERROR;
    default: return SEKI_SPF_NEUTRAL; /* section 4.7 */
    }
}

/* Section 6.1. @return NO_MATCH: go on with *target_out; MATCH: there is nowhere to go */
static enum outcome find_redirect(struct seki_spf_run *run, const struct seki_spf_frame *frame,
                                  struct seki_spf_expansion *expansion, struct seki_str *target_out)
{
    if (!frame->record.has_redirect || frame->record.has_all)
        return MATCH;
    seki_trace_add(run->trace, frame->depth, "redirect=%.*s", SEKI_STR_ARGS(frame->record.redirect.text));
    enum outcome outcome = count_lookup_term(run);
    if (outcome != NO_MATCH)
        return outcome;
    return seki_spf_target(run, frame, &frame->record.redirect, expansion, target_out) ? NO_MATCH : MATCH;
}

enum seki_spf_result seki_spf_check_host(struct seki_spf_run *run, struct seki_spf_frame *frame,
                                         struct seki_str domain)
{
    struct seki_spf_expansion expansion;
    enum seki_spf_result found = find_record(run, frame, domain), qualifier = SEKI_SPF_NEUTRAL;
    while (found == SEKI_SPF_PASS) { /* redirects come to an end: each is one of the 10 terms */
        enum outcome outcome = try_directives(run, frame, &qualifier);
        if (outcome != NO_MATCH)
            return result_of(outcome, qualifier);
        struct seki_str target;
        outcome = find_redirect(run, frame, &expansion, &target);
        if (outcome != NO_MATCH)
            return outcome == MATCH ? SEKI_SPF_NEUTRAL : result_of(outcome, qualifier);
        found = find_record(run, frame, target);
        /* "if no SPF record is found, or if the <target-name> is malformed, the result is a "permerror"" */
        if (found == SEKI_SPF_NONE)
            found = SEKI_SPF_PERMERROR;
    }
    return found;
}

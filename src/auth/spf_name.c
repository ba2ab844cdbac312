/* Names that an SPF evaluation asks for, and names that the client has. */
#include "auth/spf_run.h"

#include <sekisho/domain.h>

#include <stdio.h>

#define MAX_PTR_NAMES 10u /* section 4.6.4: "all records other than the first 10 MUST be ignored" */

static const struct seki_answer still_open = { .status = SEKI_ANSWER_OPEN };
/* Section 4.8 leaves names that the DNS cannot hold to us. Nothing can have such a name, so it is "Name Error", and
 * nobody is asked. */
static const struct seki_answer no_such_name = { .status = SEKI_ANSWER_NXDOMAIN };

/* A chain is as weak as its weakest answer: bogus, unknown, insecure, secure. */
static void note_dnssec(struct seki_spf_run *run, enum seki_dnssec dnssec)
{
    if (run->dnssec != SEKI_DNSSEC_BOGUS && (dnssec == SEKI_DNSSEC_BOGUS || dnssec < run->dnssec))
        run->dnssec = dnssec;
}

const struct seki_answer *seki_spf_ask(struct seki_spf_run *run, struct seki_str name, enum seki_rr_type type)
{
    if (!seki_domain_fits_dns(name))
        return &no_such_name;
    const struct seki_answer *answer = run->is_blocked ? seki_answers_prefetch(run->answers, name, type)
                                                       : seki_answers_ask(run->answers, name, type);
    if (answer == NULL) { /* asking ahead is refused before the table is full */
        run->is_out_of_memory = run->is_out_of_memory || !run->is_blocked;
        answer = &still_open;
    }
    if (answer->status == SEKI_ANSWER_OPEN)
        run->is_blocked = true;
    else
        note_dnssec(run, answer->dnssec);
    return answer;
}

enum seki_rr_type seki_spf_address_type(const struct seki_spf_run *run)
{
    return run->spf->client.octet_count == 16 ? SEKI_RR_AAAA : SEKI_RR_A;
}

static bool leads_back(const struct seki_answer *answer, const struct seki_ip *client)
{
    for (size_t i = 0; i < answer->record_count; i++)
        if (seki_ip_in_network(client, &answer->records[i].address, client->octet_count * 8u))
            return true;
    return false;
}

/* How well a validated name suits domain: "If the <domain> is present in the list of validated domains, it SHOULD be
 * used. Otherwise, if a subdomain of the <domain> is present, it SHOULD be used. Otherwise, any name". */
static unsigned rank(struct seki_str name, struct seki_str domain)
{
    if (!seki_domain_is_within(name, domain))
        return 1;
    return name.len == domain.len ? 3 : 2;
}

static struct seki_str nearest_name(struct seki_spf_run *run, const struct seki_answer *names,
                                    struct seki_str domain)
{
    struct seki_str best = SEKI_STR("");
    unsigned best_rank = 0;
    size_t count = names->record_count < MAX_PTR_NAMES ? names->record_count : MAX_PTR_NAMES;
    for (size_t i = 0; i < count; i++) { /* no early end: all names are asked at once */
        struct seki_str name = names->records[i].text;
        const struct seki_answer *answer = seki_spf_ask(run, name, seki_spf_address_type(run));
        /* "If a DNS error occurs while doing an A RR lookup, then that domain name is skipped" (section 5.5). */
        if (answer->status != SEKI_ANSWER_FOUND || !leads_back(answer, &run->spf->client))
            continue;
        if (rank(name, domain) > best_rank) {
            best_rank = rank(name, domain);
            best = name;
        }
    }
    return best;
}

static const char reverse_name_macros[] = "%{ir}.%{v}.arpa";

struct seki_str seki_spf_validated_name(struct seki_spf_run *run, const struct seki_spf_frame *frame,
                                        struct seki_str domain)
{
    if (run->is_blocked)
        return SEKI_STR("");
    const struct seki_spf_macro_values values = { .client = run->spf->client };
    struct seki_spf_expansion expansion;
    struct seki_str reverse = seki_spf_expand_name(&values, seki_str_of(reverse_name_macros), &expansion);
    const struct seki_answer *names = seki_spf_ask(run, reverse, SEKI_RR_PTR);
    struct seki_str best = SEKI_STR("");
    if (names->status == SEKI_ANSWER_FOUND)
        best = nearest_name(run, names, domain);
    if (run->is_blocked)
        return SEKI_STR("");
    if (best.len > 0)
        seki_trace_add(run->trace, frame->depth + 1, "the client's address is called %.*s", SEKI_STR_ARGS(best));
    else
        seki_trace_add(run->trace, frame->depth + 1,
                       "the client's address is called nothing that leads back to it");
    return best;
}

/* RFC 8616 section 4: "If the local part contains non-ASCII characters, terms that include %{s} or %{l} do not match
 * anything". */
static bool can_match(const struct seki_spf_run *run, const struct seki_spf_domain_spec *spec)
{
    const seki_spf_letters local_part = SEKI_SPF_LETTER('s') | SEKI_SPF_LETTER('l');
    return (spec->letters & local_part) == 0 || seki_str_is_ascii(run->spf->local);
}

static bool may_ask_ahead(const struct seki_spf_domain_spec *spec)
{
    return (spec->letters & (SEKI_SPF_LETTER('s') | SEKI_SPF_LETTER('l') | SEKI_SPF_LETTER('p'))) == 0;
}

/* What the macros stand for; false when "p" is among them and not known yet. */
static bool gather_values(struct seki_spf_run *run, const struct seki_spf_frame *frame, seki_spf_letters letters,
                          struct seki_spf_macro_values *values)
{
    const struct seki_spf *spf = run->spf;
    *values = (struct seki_spf_macro_values){
        .sender = spf->sender,
        .local = spf->local,
        .sender_domain = spf->domain,
        .domain = frame->domain,
        .validated = SEKI_STR("unknown"),
        .helo = spf->input.helo,
        .receiver = spf->input.receiver,
        .client = spf->client,
        .now_s = spf->input.now_s,
    };
    if ((letters & SEKI_SPF_LETTER('p')) == 0)
        return true;
    struct seki_str name = seki_spf_validated_name(run, frame, frame->domain);
    if (name.len > 0)
        values->validated = name;
    return !run->is_blocked;
}

bool seki_spf_target(struct seki_spf_run *run, const struct seki_spf_frame *frame,
                     const struct seki_spf_domain_spec *spec, struct seki_spf_expansion *expansion,
                     struct seki_str *name_out)
{
    struct seki_spf_macro_values values;
    *name_out = frame->domain;
    if (spec->text.len == 0)
        return true;
    if (!can_match(run, spec)) {
        seki_trace_add(run->trace, frame->depth + 1, "can match nothing: the local-part it uses is not ASCII");
        return false;
    }
    if ((run->is_blocked && !may_ask_ahead(spec)) || !gather_values(run, frame, spec->letters, &values))
        return false;
    *name_out = seki_spf_expand_name(&values, spec->text, expansion);
    return true;
}

/* "the explanation string MUST be limited to [US-ASCII]" (section 6.2), and it goes into an SMTP reply: no controls,
 * which a local-part or a HELO name may have brought in. */
static bool is_printable_ascii(struct seki_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < 0x20 || text.ptr[i] > 0x7E)
            return false;
    return true;
}

/* "If there are any DNS processing errors (any RCODE other than 0), or if no records are returned, or if more than
 * one record is returned, or if there are syntax errors in the explanation string, then proceed as if no "exp"
 * modifier was given." */
static struct seki_str explanation_text(struct seki_spf_run *run, const struct seki_spf_frame *frame)
{
    const struct seki_str none = SEKI_STR("");
    struct seki_spf_expansion expansion;
    struct seki_spf_macro_values values;
    struct seki_str name;
    seki_spf_letters letters;
    if (!seki_spf_target(run, frame, &frame->record.exp, &expansion, &name))
        return none;
    const struct seki_answer *answer = seki_spf_ask(run, name, SEKI_RR_TXT);
    if (answer->status != SEKI_ANSWER_FOUND || answer->record_count != 1 ||
        seki_spf_check_explain_string(answer->records[0].text, &letters) != NULL ||
        !gather_values(run, frame, letters, &values))
        return none;
    struct seki_str text = seki_spf_expand_text(&values, answer->records[0].text, &expansion);
    return is_printable_ascii(text) ? seki_arena_copy(run->spf->arena, text) : none;
}

struct seki_str seki_spf_explain(struct seki_spf_run *run, const struct seki_spf_frame *frame)
{
    if (run->is_blocked || !frame->record.has_exp)
        return SEKI_STR("");
    struct seki_str text = explanation_text(run, frame);
    if (text.ptr == NULL)
        run->is_out_of_memory = true;
    if (text.len > 0)
        seki_trace_add(run->trace, frame->depth, "exp=%.*s: explains: %.*s", SEKI_STR_ARGS(frame->record.exp.text),
                       SEKI_STR_ARGS(text));
    else
        seki_trace_add(run->trace, frame->depth, "exp=%.*s: no usable explanation",
                       SEKI_STR_ARGS(frame->record.exp.text));
    return text;
}

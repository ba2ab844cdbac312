/* SPF from outside: which identity is checked, and what comes back. The evaluation itself is in spf_check.c, its look
 * at names in spf_name.c, the record in spf_record.c, macros in spf_macro.c; spf_run.h tells how they work together. */
#include <sekisho/spf.h>

#include "auth/spf_run.h"

#include "base/i18n.h"

#include <sekisho/domain.h>

const char *seki_spf_result_name(enum seki_spf_result result)
{
    static const char *const names[] = {
        [SEKI_SPF_NONE] = "none",           [SEKI_SPF_NEUTRAL] = "neutral",   [SEKI_SPF_PASS] = "pass",
        [SEKI_SPF_FAIL] = "fail",           [SEKI_SPF_SOFTFAIL] = "softfail", [SEKI_SPF_TEMPERROR] = "temperror",
        [SEKI_SPF_PERMERROR] = "permerror",
    };
    return names[result];
}

static struct seki_str not_null(struct seki_str s)
{
    return s.ptr != NULL ? s : SEKI_STR("");
}

/* RFC 5321 section 4.1.2: Path = "<" [ A-d-l ":" ] Mailbox ">", A-d-l = At-domain *( "," At-domain ). The route says
 * nothing about the sender ("have been maliciously used to bypass security systems", RFC 7208 section 2.2). */
static struct seki_str without_source_route(struct seki_str path)
{
    if (path.len == 0 || path.ptr[0] != '@')
        return path;
    struct seki_str mailbox = seki_str_from(path, seki_str_find(path, ':') + 1);
    return seki_str_find(mailbox, '@') < mailbox.len ? mailbox : path;
}

/* The identity as local-part and domain, as given. A local-part may hold "@" in quotes, a domain may not. */
static void split_envelope(struct seki_spf *spf, struct seki_str *local, struct seki_str *domain)
{
    spf->is_null_reverse_path = spf->input.identity == SEKI_SPF_MAIL_FROM && spf->input.mail_from.len == 0;
    *local = SEKI_STR("postmaster"); /* section 4.3 */
    *domain = spf->input.helo;
    if (spf->input.identity == SEKI_SPF_HELO || spf->is_null_reverse_path)
        return;
    struct seki_str mailbox = without_source_route(spf->input.mail_from);
    size_t at = seki_str_find_last(mailbox, '@');
    *domain = seki_str_from(mailbox, at + 1);
    if (at > 0)
        *local = seki_str_head(mailbox, at);
}

/* Whose domain is checked, for the people. */
enum whose { HELO, HELO_FOR_NULL_PATH, MAIL_FROM, PRA };

static const struct {
    const char *title, *no_domain;
} identities[] = {
    [HELO] = { "HELO", N_("the HELO name is not a domain name") },
    [HELO_FOR_NULL_PATH] = { N_("MAIL FROM is empty, so HELO stands in"),
                             N_("the HELO name is not a domain name") },
    [MAIL_FROM] = { "MAIL FROM", N_("MAIL FROM holds no domain name") },
    [PRA] = { "PRA", N_("the Purported Responsible Address holds no domain name") },
};

static enum whose whose_domain(const struct seki_spf *spf)
{
    if (spf->scope == SEKI_SPF_SCOPE_PRA)
        return PRA;
    if (spf->is_null_reverse_path)
        return HELO_FOR_NULL_PATH;
    return spf->input.identity == SEKI_SPF_HELO ? HELO : MAIL_FROM;
}

static bool build_sender(struct seki_spf *spf, struct seki_str local, struct seki_str domain)
{
    char *sender = seki_arena_octets(spf->arena, local.len + 1 + domain.len);
    if (sender == NULL)
        return false;
    memcpy(sender, local.ptr, local.len);
    sender[local.len] = '@';
    memcpy(sender + local.len + 1, domain.ptr, domain.len);
    spf->sender = (struct seki_str){ sender, local.len + 1 + domain.len };
    spf->local = (struct seki_str){ sender, local.len };
    spf->domain = (struct seki_str){ sender + local.len + 1, domain.len };
    return true;
}

/* RFC 8616 section 4: U-labels become A-labels before anything is done with them, but a HELO name "MUST be represented as
 * A-labels". */
static bool set_identity(struct seki_spf *spf, struct seki_str local, struct seki_str given)
{
    struct seki_str domain;
    enum whose whose = whose_domain(spf);
    bool is_helo = whose == HELO || whose == HELO_FOR_NULL_PATH;
    enum seki_result result = SEKI_BAD_INPUT;
    if (!is_helo || seki_str_is_ascii(given))
        result = seki_domain_to_ascii(spf->arena, given, &domain);
    if (result == SEKI_OK)
        return build_sender(spf, local, domain);
    if (result != SEKI_BAD_INPUT)
        return false;
    spf->none_because = identities[whose].no_domain;
    return true;
}

struct seki_spf *seki_spf_new_scoped(struct seki_arena *arena, const struct seki_spf_scoped_input *scoped)
{
    const struct seki_spf_input *input = scoped->spf;
    struct seki_str local = scoped->local, domain = scoped->domain;
    struct seki_spf *spf = seki_arena_alloc(arena, 1, sizeof *spf);
    if (spf == NULL)
        return NULL;
    spf->arena = arena;
    spf->scope = scoped->scope;
    spf->input = *input;
    spf->input.helo = not_null(input->helo);
    spf->input.receiver = input->receiver.len > 0 ? input->receiver : SEKI_STR("unknown");
    spf->client = seki_ip_unmapped(&input->client);
    if (spf->scope != SEKI_SPF_SCOPE_PRA)
        split_envelope(spf, &local, &domain);
    else if (local.len == 0)
        local = SEKI_STR("postmaster");
    if (!set_identity(spf, local, domain))
        return NULL;
    if (spf->client.octet_count == 0)
        spf->none_because = N_("the client's address is not known");
    return spf;
}

struct seki_spf *seki_spf_new(struct seki_arena *arena, const struct seki_spf_input *input)
{
    return seki_spf_new_scoped(arena, &(struct seki_spf_scoped_input){ .spf = input });
}

static void trace_question(const struct seki_spf *spf, struct seki_trace *trace)
{
    char client[SEKI_IP_TEXT_MAX];
    seki_trace_restart(trace);
    if (trace == NULL)
        return;
    seki_trace_add(trace, 0, "%s: may %s send for %.*s?",
                   seki_trace_text(trace, identities[whose_domain(spf)].title),
                   seki_ip_format(&spf->client, client), SEKI_STR_ARGS(spf->sender));
}

static enum seki_result finish_none(const struct seki_spf *spf, struct seki_spf_verdict *verdict)
{
    seki_trace_restart(spf->input.trace);
    seki_trace_add(spf->input.trace, 0, "nothing to check: %s",
                   seki_trace_text(spf->input.trace, spf->none_because));
    *verdict = (struct seki_spf_verdict){
        .identity = spf->input.identity,
        .is_null_reverse_path = spf->is_null_reverse_path,
        .domain = not_null(spf->domain),
        .reason = seki_str_of(spf->none_because),
        .explanation = SEKI_STR(""),
        .mechanism = SEKI_STR(""),
    };
    return SEKI_OK;
}

static struct seki_str reason_for(const struct seki_spf_run *run, const struct seki_spf_frame *frame,
                                  enum seki_spf_result result)
{
    struct seki_arena *arena = run->spf->arena;
    if (frame->matched.len > 0)
        return seki_arena_format(arena, "matched %.*s", SEKI_STR_ARGS(frame->matched));
    if (result == SEKI_SPF_NEUTRAL)
        return SEKI_STR(N_("no mechanism matched"));
    return seki_arena_copy(arena, seki_str_of(run->reason));
}

/* One run from the beginning; *verdict is complete unless the run was blocked or ran out of memory. */
static void evaluate(struct seki_spf_run *run, struct seki_spf_verdict *verdict)
{
    const struct seki_spf *spf = run->spf;
    struct seki_spf_frame frame = { .depth = 0, .matched = SEKI_STR("") };
    trace_question(spf, run->trace);
    enum seki_spf_result result = seki_spf_check_host(run, &frame, spf->domain);
    enum seki_dnssec dnssec = run->dnssec;
    struct seki_str explanation = SEKI_STR("");
    if (result == SEKI_SPF_FAIL && !run->is_blocked)
        explanation = seki_spf_explain(run, &frame);
    if (run->is_blocked)
        return;
    *verdict = (struct seki_spf_verdict){
        .result = result,
        .domain = spf->domain,
        .identity = spf->input.identity,
        .is_null_reverse_path = spf->is_null_reverse_path,
        .reason = reason_for(run, &frame, result),
        .explanation = explanation,
        .mechanism = frame.matched,
        .lookups = run->lookups,
        .void_lookups = run->void_lookups,
        .dnssec = dnssec,
    };
    run->is_out_of_memory = run->is_out_of_memory || verdict->reason.ptr == NULL;
    seki_trace_add(run->trace, 0, "%s: %s", seki_spf_result_name(result),
                   seki_trace_reason(run->trace, verdict->reason));
}

static enum seki_result out_of_memory(const struct seki_spf *spf, struct seki_spf_verdict *verdict,
                                      struct seki_error *why)
{
    *verdict = (struct seki_spf_verdict){ .result = SEKI_SPF_NONE };
    enum seki_result failure = seki_arena_failure(spf->arena);
    seki_error_set(why, "SPF of %.*s: %s", SEKI_STR_ARGS(spf->domain),
                   failure == SEKI_LIMIT ? N_("the memory limit of the message is reached") : N_("no memory"));
    return failure;
}

enum seki_result seki_spf_step(struct seki_spf *spf, struct seki_answers *answers,
                               struct seki_spf_verdict *verdict_out, struct seki_error *why)
{
    *verdict_out = (struct seki_spf_verdict){ .result = SEKI_SPF_NONE };
    if (spf->none_because != NULL)
        return finish_none(spf, verdict_out);
    struct seki_spf_run run = { .spf = spf, .answers = answers, .dnssec = SEKI_DNSSEC_SECURE };
    evaluate(&run, verdict_out);
    if (run.is_out_of_memory)
        return out_of_memory(spf, verdict_out, why);
    if (run.is_blocked)
        return SEKI_NEED_ANSWERS;
    if (spf->input.trace == NULL)
        return SEKI_OK;
    /* Now that the verdict is certain, once more for the people: the same run, telling what it does. */
    run = (struct seki_spf_run){
        .spf = spf, .answers = answers, .dnssec = SEKI_DNSSEC_SECURE, .trace = spf->input.trace
    };
    evaluate(&run, verdict_out);
    return run.is_out_of_memory ? out_of_memory(spf, verdict_out, why) : SEKI_OK;
}

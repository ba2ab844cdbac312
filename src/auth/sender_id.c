/* Sender ID from outside (RFC 4406 section 4): an address and a scope. The evaluation is SPF's, which knows what a
 * scope changes: the records (spf_scope.h), and a domain that does not exist (spf_check.c). */
#include <sekisho/sender_id.h>

#include "auth/spf_run.h"

struct seki_sender_id {
    struct seki_arena *arena;
    struct seki_sender_id_input input;
    struct seki_spf *spf; /* NULL: there is no PRA to check */
};

const char *seki_sender_id_scope_name(enum seki_sender_id_scope scope)
{
    return scope == SEKI_SENDER_ID_PRA ? "pra" : "mfrom";
}

struct seki_sender_id *seki_sender_id_new(struct seki_arena *arena, const struct seki_sender_id_input *input)
{
    struct seki_sender_id *s = seki_arena_alloc(arena, 1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->arena = arena;
    s->input = *input;
    s->input.spf.identity = SEKI_SPF_MAIL_FROM;
    bool is_pra = input->scope == SEKI_SENDER_ID_PRA;
    if (is_pra && input->pra.domain.len == 0)
        return s;
    const struct seki_spf_scoped_input scoped = {
        .spf = &s->input.spf,
        .scope = is_pra ? SEKI_SPF_SCOPE_PRA : SEKI_SPF_SCOPE_MFROM,
        .local = input->pra.local_part,
        .domain = input->pra.domain,
    };
    s->spf = seki_spf_new_scoped(arena, &scoped);
    return s->spf != NULL ? s : NULL;
}

/* RFC 4406 section 4 has the message rejected when no address can be determined; a result for it there is none. As RFC
 * 5451 section 2.4.2 says of permerror, "a required header field being absent" is no transient error. */
static enum seki_result finish_without_pra(const struct seki_sender_id *s, struct seki_spf_verdict *check,
                                           struct seki_error *why)
{
    const struct seki_pra *pra = &s->input.pra;
    *check = (struct seki_spf_verdict){
        .result = SEKI_SPF_PERMERROR,
        .domain = SEKI_STR(""),
        .reason = seki_arena_format(s->arena, "no Purported Responsible Address%s%.*s",
                                    pra->reason.len > 0 ? ": " : "", SEKI_STR_ARGS(pra->reason)),
        .explanation = SEKI_STR(""),
        .mechanism = SEKI_STR(""),
    };
    if (check->reason.ptr == NULL) {
        *check = (struct seki_spf_verdict){ .result = SEKI_SPF_NONE };
        seki_error_set(why, "Sender ID: no memory for a reason");
        return seki_arena_failure(s->arena);
    }
    seki_trace_restart(s->input.spf.trace);
    seki_trace_add(s->input.spf.trace, 0, "%s", seki_trace_reason(s->input.spf.trace, check->reason));
    return SEKI_OK;
}

enum seki_result seki_sender_id_step(struct seki_sender_id *s, struct seki_answers *answers,
                                     struct seki_sender_id_verdict *verdict_out, struct seki_error *why)
{
    struct seki_spf_verdict check;
    *verdict_out = (struct seki_sender_id_verdict){ .scope = SEKI_SENDER_ID_PRA };
    enum seki_result result =
        s->spf != NULL ? seki_spf_step(s->spf, answers, &check, why) : finish_without_pra(s, &check, why);
    if (result == SEKI_OK)
        *verdict_out =
            (struct seki_sender_id_verdict){ .scope = s->input.scope, .pra = s->input.pra, .check = check };
    return result;
}

/* The order in which a message arrives, and which evaluation can move at each point:
 *
 *   envelope    SPF of HELO and MAIL FROM start, and overlap everything below
 *   header end  Sender ID starts with the PRA; DKIM asks for all keys, ARC for those of its newest sets, DMARC for the
 *               whole walks of the Author Domain and of what may have to align with it; body hashes are requested
 *   body        hashes run; answers come in meanwhile
 *   end         signatures are checked, identifiers go to DMARC, the field is written
 *
 * Every step re-runs only what is unfinished; a finished verdict is kept. */
#include "auth/verify_parts.h"
#include "auth/verify_state.h"

#include "base/i18n.h"

#include <sekisho/address.h>

static const char *const trace_names[SEKI_TRACE_COUNT] = { "spf-helo", "spf", "sender-id", "dkim", "arc", "dmarc" };

static enum seki_result note(struct seki_verify *v, enum seki_result result)
{
    if (v->failure == SEKI_OK)
        v->failure = result;
    return result;
}

struct seki_verify *seki_verify_new(struct seki_arena *arena, struct seki_context *context,
                                    const struct seki_verify_options *options)
{
    struct seki_verify *v = seki_arena_alloc(arena, 1, sizeof *v);
    if (v == NULL || context == NULL)
        return NULL;
    v->arena = arena;
    v->context = context;
    v->options = *options;
    v->message = seki_message_new(arena, &options->message);
    for (size_t i = 0; options->explain && i < SEKI_TRACE_COUNT; i++) {
        v->traces[i] = seki_trace_new(arena);
        seki_trace_translate(v->traces[i], options->language);
    }
    v->options.dkim.now_s = options->now_s;
    return v->message != NULL ? v : NULL;
}

void seki_verify_end(struct seki_verify *v)
{
    if (v == NULL || v->body == NULL)
        return;
    seki_body_hash_end(v->body);
    v->body = NULL;
}

enum seki_result seki_verify_client(struct seki_verify *v, const struct seki_ip *client, struct seki_str helo)
{
    v->client = *client;
    v->helo = seki_arena_copy(v->arena, helo);
    return note(v, v->helo.ptr != NULL ? SEKI_OK : seki_arena_failure(v->arena));
}

static struct seki_spf_input spf_input(const struct seki_verify *v, enum seki_spf_identity identity, size_t trace)
{
    return (struct seki_spf_input){
        .client = v->client,
        .helo = v->helo,
        .mail_from = v->mail_from,
        .identity = identity,
        .receiver = v->options.receiver,
        .now_s = v->options.now_s,
        .max_void_lookups = v->options.max_void_lookups,
        .trace = v->traces[trace],
    };
}

static struct seki_spf *new_spf(struct seki_verify *v, enum seki_spf_identity identity, size_t trace)
{
    const struct seki_spf_input input = spf_input(v, identity, trace);
    return seki_spf_new(v->arena, &input);
}

/* RFC 7208 section 2.4: MAIL FROM is checked whatever HELO gives, because DMARC needs it. With a null reverse-path
 * it is the HELO identity already, and a check of its own would say the same again. */
static enum seki_result start_spf(struct seki_verify *v)
{
    if (v->options.without_spf || v->client.octet_count == 0)
        return SEKI_OK;
    v->spf_mail_from = new_spf(v, SEKI_SPF_MAIL_FROM, SEKI_TRACE_SPF);
    if (v->spf_mail_from == NULL)
        return seki_arena_failure(v->arena);
    if (v->mail_from.len == 0 || v->helo.len == 0)
        return SEKI_OK;
    v->spf_helo = new_spf(v, SEKI_SPF_HELO, SEKI_TRACE_SPF_HELO);
    return v->spf_helo != NULL ? SEKI_OK : seki_arena_failure(v->arena);
}

enum seki_result seki_verify_mail_from(struct seki_verify *v, struct seki_str mail_from)
{
    struct seki_str path = seki_str_trim(mail_from);
    if (path.len >= 2 && path.ptr[0] == '<' && path.ptr[path.len - 1] == '>')
        path = (struct seki_str){ path.ptr + 1, path.len - 2 };
    if (path.len > 0 && path.ptr[0] == '@' && seki_str_find(path, ':') < path.len) /* source route, RFC 5321 C */
        path = seki_str_from(path, seki_str_find(path, ':') + 1);
    v->mail_from = seki_arena_copy(v->arena, path);
    if (v->mail_from.ptr == NULL)
        return note(v, seki_arena_failure(v->arena));
    v->has_mail_from = true;
    return note(v, start_spf(v));
}

enum seki_result seki_verify_field(struct seki_verify *v, struct seki_str name, struct seki_str value)
{
    size_t before = seki_message_field_count(v->message);
    enum seki_result result = seki_message_add_field(v->message, name, value);
    bool was_dropped = seki_message_field_count(v->message) == before;
    if (was_dropped && seki_str_equal_nocase(seki_str_trim(name), SEKI_STR("Authentication-Results")))
        v->dropped_authres++;
    return note(v, result);
}

enum seki_result seki_verify_header(struct seki_verify *v, struct seki_str text, struct seki_str *body_out,
                                    bool *is_unix_out)
{
    return note(v, seki_message_read(v->message, text, body_out, is_unix_out));
}

static enum seki_result start_sender_id(struct seki_verify *v)
{
    if (!v->options.with_sender_id || v->client.octet_count == 0)
        return SEKI_OK;
    struct seki_sender_id_input input = { .spf = spf_input(v, SEKI_SPF_MAIL_FROM, SEKI_TRACE_SENDER_ID) };
    enum seki_result result = seki_pra_find(v->arena, v->message, &input.pra);
    if (result != SEKI_OK)
        return result;
    v->sender_id = seki_sender_id_new(v->arena, &input);
    return v->sender_id != NULL ? SEKI_OK : seki_arena_failure(v->arena);
}

static enum seki_result start_signatures(struct seki_verify *v)
{
    enum seki_result result = SEKI_OK;
    v->body = seki_body_hash_new(v->arena, v->context);
    if (v->body == NULL)
        return seki_arena_failure(v->arena) != SEKI_OK ? seki_arena_failure(v->arena) : SEKI_SYSTEM;
    struct seki_dkim_options options = v->options.dkim;
    if (!v->options.without_dkim) {
        options.trace = v->traces[SEKI_TRACE_DKIM];
        result = seki_dkim_new(v->arena, v->context, v->message, v->body, &options, &v->dkim, NULL);
    }
    if (result == SEKI_OK && !v->options.without_arc) {
        options.trace = v->traces[SEKI_TRACE_ARC];
        result = seki_arc_new(v->arena, v->context, v->message, v->body, &options, &v->arc, NULL);
    }
    return result;
}

/* Part of the header was not kept: nothing can be said of its signatures, and that is no "none". DMARC sees for itself:
 * it knows no author either, but the policies of those that can be read. */
static void judge_oversized_signatures(struct seki_verify *v)
{
    static const struct seki_str reason = SEKI_STR_INIT(N_("the header is larger than we read"));
    static const struct seki_dkim_signature_verdict unreadable = {
        .result = SEKI_DKIM_PERMERROR, .reason = SEKI_STR_INIT(N_("the header is larger than we read"))
    };
    if (!v->options.without_dkim)
        v->verdict.dkim = (struct seki_dkim_verdict){ &unreadable, 1 };
    v->verdict.arc = (struct seki_arc_verdict){ .result = SEKI_ARC_FAIL, .reason = reason };
}

enum seki_result seki_verify_end_of_header(struct seki_verify *v)
{
    enum seki_result result = start_sender_id(v);
    if (seki_message_defects(v->message) & (SEKI_DEFECT_TOO_MANY_FIELDS | SEKI_DEFECT_HEADER_TOO_LONG))
        judge_oversized_signatures(v);
    else if (result == SEKI_OK)
        result = start_signatures(v);
    if (result == SEKI_OK && !v->options.without_dmarc) {
        struct seki_dmarc_options options = v->options.dmarc;
        options.trace = v->traces[SEKI_TRACE_DMARC];
        result = seki_dmarc_new(v->arena, v->message, &options, &v->dmarc, NULL);
    }
    v->stage = SEKI_STAGE_HEADER_ENDED;
    return note(v, result);
}

void seki_verify_body(struct seki_verify *v, struct seki_str octets)
{
    if (v->body != NULL)
        seki_body_hash_update(v->body, octets);
}

void seki_verify_end_of_message(struct seki_verify *v)
{
    if (v->body != NULL)
        seki_body_hash_finish(v->body);
    v->stage = SEKI_STAGE_MESSAGE_ENDED;
}

enum seki_result seki_verify_whole(struct seki_verify *v, struct seki_str text)
{
    struct seki_str body;
    bool is_unix;
    enum seki_result result = seki_verify_header(v, text, &body, &is_unix);
    if (result == SEKI_OK)
        result = seki_verify_end_of_header(v);
    if (result == SEKI_OK && v->body != NULL)
        seki_body_hash_whole(v->body, body, is_unix);
    seki_verify_end_of_message(v);
    return result;
}

/* Note the outcome of one evaluation; the gravest of all decides what the step returns. */
static bool settle(enum seki_result result, enum seki_result *worst)
{
    static const uint8_t gravity[] = {
        [SEKI_OK] = 0,     [SEKI_NEED_BODY] = 1, [SEKI_NEED_ANSWERS] = 2, [SEKI_LIMIT] = 4,
        [SEKI_SYSTEM] = 4, [SEKI_BAD_INPUT] = 3, [SEKI_USAGE] = 3,        [SEKI_TEMPORARY] = 3
    };
    if (gravity[result] > gravity[*worst])
        *worst = result;
    return result == SEKI_OK;
}

static void step_spf(struct seki_verify *v, struct seki_answers *answers, enum seki_result *worst,
                     struct seki_error *why)
{
    if (v->spf_mail_from != NULL && !v->spf_mail_from_done)
        v->spf_mail_from_done =
            settle(seki_spf_step(v->spf_mail_from, answers, &v->verdict.spf_mail_from, why), worst);
    if (v->spf_helo != NULL && !v->spf_helo_done)
        v->spf_helo_done = settle(seki_spf_step(v->spf_helo, answers, &v->verdict.spf_helo, why), worst);
}

static void step_sender_id(struct seki_verify *v, struct seki_answers *answers, enum seki_result *worst,
                           struct seki_error *why)
{
    if (v->sender_id != NULL && !v->sender_id_done)
        v->sender_id_done = settle(seki_sender_id_step(v->sender_id, answers, &v->verdict.sender_id, why), worst);
}

static void step_signatures(struct seki_verify *v, struct seki_answers *answers, enum seki_result *worst,
                            struct seki_error *why)
{
    if (v->dkim != NULL && !v->dkim_done)
        v->dkim_done = settle(seki_dkim_step(v->dkim, answers, &v->verdict.dkim, why), worst);
    if (v->arc != NULL && !v->arc_done)
        v->arc_done = settle(seki_arc_step(v->arc, answers, &v->verdict.arc, why), worst);
}

/* The walks of what may have to align go out with everything else, and not only when it has authenticated. */
static void ask_ahead(struct seki_verify *v, struct seki_answers *answers)
{
    struct seki_str local_part, domain;
    if (v->has_asked_ahead)
        return;
    v->has_asked_ahead = true;
    if (v->spf_mail_from != NULL && seki_address_split_path(v->mail_from, &local_part, &domain))
        seki_dmarc_prefetch(v->dmarc, answers, domain.len > 0 ? domain : v->helo);
    for (size_t i = 0; v->dkim != NULL && (domain = seki_dkim_domain(v->dkim, i)).ptr != NULL; i++)
        seki_dmarc_prefetch(v->dmarc, answers, domain);
}

static void step_dmarc(struct seki_verify *v, struct seki_answers *answers, enum seki_result *worst,
                       struct seki_error *why)
{
    if (v->dmarc == NULL || v->dmarc_done)
        return;
    bool is_spf_known = v->spf_mail_from == NULL || v->spf_mail_from_done;
    bool is_dkim_known = v->dkim == NULL || v->dkim_done;
    const struct seki_dmarc_identifiers identifiers = {
        .mail_from = v->spf_mail_from_done ? &v->verdict.spf_mail_from : NULL,
        .dkim = v->dkim_done ? &v->verdict.dkim : NULL,
    };
    bool is_ready = v->stage == SEKI_STAGE_MESSAGE_ENDED && is_spf_known && is_dkim_known;
    v->dmarc_done =
        settle(seki_dmarc_step(v->dmarc, answers, is_ready ? &identifiers : NULL, &v->verdict.dmarc, why), worst);
    if (!is_ready)
        ask_ahead(v, answers);
}

static enum seki_result conclude(struct seki_verify *v, struct seki_verdict *verdict_out)
{
    v->verdict.has_spf_mail_from = v->spf_mail_from_done;
    v->verdict.has_spf_helo = v->spf_helo_done;
    v->verdict.has_sender_id = v->sender_id_done;
    enum seki_result result = seki_verdict_apply_arc(v->arena, &v->options, &v->verdict);
    if (result == SEKI_OK)
        result = seki_verdict_write_authres(v->arena, &v->options, &v->client, &v->verdict);
    if (result == SEKI_OK)
        *verdict_out = v->verdict;
    return result;
}

/* Not every evaluation has said more than that. */
static enum seki_result explain_failure(enum seki_result result, struct seki_error *why)
{
    if (why == NULL || why->text[0] != '\0')
        return result;
    if (result == SEKI_LIMIT)
        seki_error_set(why, "the message needs more memory than a message may have");
    if (result == SEKI_SYSTEM)
        seki_error_set(why, "no memory for the verdict");
    return result;
}

enum seki_result seki_verify_step(struct seki_verify *v, struct seki_answers *answers,
                                  struct seki_verdict *verdict_out, struct seki_error *why)
{
    enum seki_result worst = SEKI_OK;
    *verdict_out = (struct seki_verdict){ 0 };
    if (why != NULL)
        why->text[0] = '\0';
    if (v->failure != SEKI_OK)
        return explain_failure(v->failure, why);
    step_spf(v, answers, &worst, why);
    if (v->stage >= SEKI_STAGE_HEADER_ENDED) {
        step_sender_id(v, answers, &worst, why);
        step_signatures(v, answers, &worst, why);
        step_dmarc(v, answers, &worst, why);
    }
    if (worst == SEKI_OK && v->stage != SEKI_STAGE_MESSAGE_ENDED)
        return SEKI_NEED_BODY;
    return explain_failure(worst == SEKI_OK ? conclude(v, verdict_out) : worst, why);
}

const struct seki_message *seki_verify_message(const struct seki_verify *v)
{
    return v->message;
}

void seki_verify_forged_fields(const struct seki_verify *v, const struct seki_str *our_ids, size_t our_id_count,
                               void (*call)(void *user, size_t field_index, size_t ordinal), void *user)
{
    const struct seki_str name = SEKI_STR("Authentication-Results");
    size_t kept = seki_message_count_named(v->message, name);
    /* What lies past the header bounds was not kept and cannot be judged: all of it goes. */
    for (size_t ordinal = kept + v->dropped_authres; ordinal > kept; ordinal--)
        call(user, SIZE_MAX, ordinal);
    size_t ordinal = kept;
    for (size_t at = seki_message_find_up(v->message, name, SIZE_MAX); at != SIZE_MAX;
         at = seki_message_find_up(v->message, name, at), ordinal--) {
        if (seki_authres_must_remove(v->arena, seki_message_field(v->message, at)->value, our_ids, our_id_count))
            call(user, at, ordinal);
    }
}

const struct seki_trace *seki_verify_trace(const struct seki_verify *v, const char *mechanism)
{
    for (size_t i = 0; i < SEKI_TRACE_COUNT; i++)
        if (strcmp(trace_names[i], mechanism) == 0)
            return v->traces[i];
    return NULL;
}

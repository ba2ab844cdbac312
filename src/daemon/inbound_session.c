/* One milter session: from the MTA's events to a verdict.
 *
 * Nothing here waits. Whatever comes, an event or DNS answers, ends in advance(): it lets the evaluation go as far
 * as it can, sends out what it asks, and when the verdict stands, gives it. Most questions are out before the
 * message has ended; at its end the MTA is kept waiting (MILTER_LATER) only for what is still open. */
#include "daemon/inbound_parts.h"

#include "daemon/received.h"

#include <stdlib.h>
#include <time.h>

/* ---- the life of a message ---- */

static void message_free(struct inbound_message *message)
{
    struct inbound *inbound = message->session->inbound;
    struct inbound_generation *generation = message->generation;
    size_t max_octets = (size_t)generation->config->limits.message_memory_octets;
    message->session->message = NULL;
    if (event_initialized(&message->deadline))
        event_del(&message->deadline);
    if (message->is_keeping)
        quarantine_worker_forget(inbound->keeper, message);
    inbound_streams_release(message);
    resolver_lookup_end(message->lookup);
    seki_verify_end(message->verify);
    arena_pool_give(&inbound->pool, message->arena, max_octets); /* message lies in it */
    inbound_generation_unref(generation);
}

/* @param sentence  lives as long as the message */
static void message_fail(struct inbound_message *message, enum seki_result failure, struct seki_str sentence)
{
    if (message->failure != SEKI_OK)
        return;
    message->failure = failure;
    message->why = sentence;
}

static void note(struct inbound_message *message, enum seki_result result)
{
    if (result == SEKI_LIMIT)
        message_fail(message, result, SEKI_STR("the message needs more than [limits] message_memory"));
    else if (result != SEKI_OK)
        message_fail(message, result, SEKI_STR("no memory"));
}

static void on_progress(void *user);
static void on_deadline(evutil_socket_t fd, short what, void *user);

static bool message_fill(struct inbound_message *message)
{
    struct inbound_generation *generation = message->generation;
    struct inbound_engine *engine = generation->engine;
    struct seki_verify_options options = generation->options;
    options.now_s = message->began_at_s = (int64_t)time(NULL);
    message->answers = seki_answers_new(message->arena, (size_t)generation->config->limits.max_questions);
    message->verify = seki_verify_new(message->arena, engine->context, &options);
    if (message->answers == NULL || message->verify == NULL)
        return false;
    message->lookup = resolver_lookup_new(engine->resolver, message->answers, on_progress, message);
    return message->lookup != NULL &&
           evtimer_assign(&message->deadline, message->session->inbound->base, on_deadline, message) == 0;
}

static struct inbound_message *message_new(struct inbound_session *session)
{
    struct inbound *inbound = session->inbound;
    struct seki_arena *arena = arena_pool_take(&inbound->pool);
    struct inbound_message *message = arena != NULL ? seki_arena_alloc(arena, 1, sizeof *message) : NULL;
    if (message == NULL) {
        seki_arena_free(arena);
        return NULL;
    }
    message->session = session;
    message->arena = arena;
    message->generation = inbound_generation_ref(inbound->current);
    session->message = message;
    if (message_fill(message))
        return message;
    message_free(message);
    return NULL;
}

/* ---- the evaluation ---- */

static void count_action(struct metrics *metrics, const struct inbound_message *message)
{
    const struct milter_decision *decision = &message->decision;
    static const unsigned char actions[] = {
        [MILTER_CONTINUE] = METRICS_DELIVERED, [MILTER_ACCEPT] = METRICS_DELIVERED,
        [MILTER_REJECT] = METRICS_REFUSED,     [MILTER_TEMPFAIL] = METRICS_TEMPFAILED,
        [MILTER_DISCARD] = METRICS_DISCARDED,
    };
    bool is_quarantined = decision->action == MILTER_CONTINUE && decision->quarantine.len > 0;
    metrics->actions[is_quarantined ? METRICS_QUARANTINED : actions[decision->action]]++;
    if (decision->action == MILTER_TEMPFAIL) /* it comes again, and is counted then */
        return;
    for (size_t i = 0; i < message->recipients.count; i++)
        metrics->applied[message->recipients.items[i].applied]++;
    metrics->without_policy += message->recipients.has_missing ? 1 : 0;
}

/* All of it is put off, for all: nothing has been done yet, and it comes again. */
static void fail_to_hold(struct inbound_message *message, enum seki_result failure, const struct seki_error *why)
{
    struct seki_str sentence =
        seki_arena_format(message->arena, "it cannot be held: %s",
                          why->text[0] != '\0' ? why->text : "no memory or no thread for it");
    message_fail(message, failure, sentence.ptr != NULL ? sentence : SEKI_STR("it cannot be held"));
    inbound_decide_failure(&message->decision);
}

static void conclude(struct inbound_message *message)
{
    struct inbound_session *session = message->session;
    struct metrics *metrics = &session->inbound->metrics;
    const struct milter_decision *decision = &message->decision;
    int64_t us = inbound_now_us() - message->ended_at_us;
    if (message->failure != SEKI_OK) {
        inbound_log_failure(message);
        metrics->local_failures++;
    } else {
        inbound_log_verdict(message, &message->verdict, decision, us);
        metrics_count_verdict(metrics, &message->verdict);
        metrics->forged_fields += decision->removal_count;
    }
    metrics_count_latency(metrics, us);
    count_action(metrics, message);
    inbound_record(message, message->failure == SEKI_OK ? &message->verdict : NULL, decision, us);
    milter_session_finish(session->milter, decision);
    message_free(message);
}

static void on_kept(void *user, enum seki_result result, const struct quarantine_id *id,
                    const struct seki_error *why)
{
    struct inbound_message *message = user;
    message->is_keeping = false;
    if (result == SEKI_OK)
        message->quarantine_id = *id;
    else
        fail_to_hold(message, result, why);
    conclude(message);
}

static void answer(struct inbound_message *message)
{
    if (message->failure == SEKI_OK)
        note(message, inbound_decide(message, &message->verdict, &message->decision));
    if (message->failure != SEKI_OK) {
        inbound_decide_failure(&message->decision);
    } else if (message->effects.is_held && message->decision.action != MILTER_TEMPFAIL &&
               !inbound_put_off_own(message)) {
        if (inbound_hold(message, on_kept))
            return;
        fail_to_hold(message, SEKI_SYSTEM, &message->streams.why);
    }
    conclude(message);
}

/* One step, and what follows from it. @return whether another may lead on: answers came at once */
static bool step(struct inbound_message *message)
{
    struct seki_error why = { "" };
    enum seki_result result = seki_verify_step(message->verify, message->answers, &message->verdict, &why);
    message->has_verdict = result == SEKI_OK;
    if (result == SEKI_OK)
        return false;
    if (result != SEKI_NEED_ANSWERS && result != SEKI_NEED_BODY) {
        struct seki_str sentence = seki_arena_copy(message->arena, seki_str_of(why.text));
        if (sentence.len > 0)
            message_fail(message, result, sentence);
        note(message, result); /* the arena itself may be what is full */
        return false;
    }
    size_t open = seki_answers_open_count(message->answers);
    if (message->is_late)
        return seki_answers_fail_open(message->answers, SEKI_STR("message deadline")) > 0;
    return open > 0 && resolver_pump(message->lookup) < open && result == SEKI_NEED_ANSWERS;
}

/* Bounded: each round answers questions, of which there are [limits] max_dns_questions at most. */
void inbound_advance(struct inbound_message *message)
{
    if (message->is_keeping)
        return;
    while (message->failure == SEKI_OK && !message->has_verdict && step(message))
        continue;
    bool is_done = message->has_verdict && !inbound_streams_wait(message);
    if (message->has_ended && (is_done || message->failure != SEKI_OK))
        answer(message);
}

static void on_progress(void *user)
{
    inbound_advance(user);
}

static void on_deadline(evutil_socket_t fd, short what, void *user)
{
    struct inbound_message *message = user;
    struct inbound_session *session = message->session;
    (void)fd, (void)what;
    if (message->is_keeping)
        return;
    message->is_late = true;
    session->inbound->metrics.deadlines++;
    inbound_streams_give_up(message);
    resolver_lookup_end(message->lookup);
    message->lookup = NULL;
    seki_answers_fail_open(message->answers, SEKI_STR("message deadline"));
    inbound_advance(message);
    if (session->message == message && !message->is_keeping) /* all failed, and still no verdict: our own bug */
        log_reason(session->inbound->log, LOG_LEVEL_PANIC, "stuck", "no verdict after the deadline");
}

/* ---- events of the connection ---- */

static void *on_open(void *role, struct milter_session *milter)
{
    struct inbound_session *session = calloc(1, sizeof *session);
    if (session == NULL)
        return NULL;
    session->inbound = role;
    session->milter = milter;
    return session;
}

static void abort_message(struct inbound_session *session)
{
    inbound_outgoing_drop(session);
    if (session->message == NULL)
        return;
    session->inbound->metrics.actions[METRICS_ABORTED]++;
    message_free(session->message);
}

static void on_close(void *state)
{
    struct inbound_session *session = state;
    abort_message(session);
    free(session->helo);
    free(session);
}

static enum milter_action on_connect(void *state, struct seki_str host_name, const struct seki_ip *client)
{
    struct inbound_session *session = state;
    const struct config *config = session->inbound->current->config;
    (void)host_name;
    session->client = *client;
    session->is_trusted = config_networks_contain(&config->inbound.trusted_networks, client);
    if (!session->is_trusted)
        return MILTER_CONTINUE;
    session->inbound->metrics.skipped[METRICS_SKIP_TRUSTED]++;
    return inbound_outgoing_is_wanted(session->inbound) ? MILTER_CONTINUE : MILTER_ACCEPT;
}

/* The name given last counts; one that cannot be kept is not known, which costs a HELO check and nothing else. */
static enum milter_action on_helo(void *state, struct seki_str name)
{
    struct inbound_session *session = state;
    free(session->helo);
    session->helo = malloc(name.len + 1);
    session->helo_len = session->helo != NULL ? name.len : 0;
    if (session->helo != NULL && name.len > 0)
        memcpy(session->helo, name.ptr, name.len);
    return MILTER_CONTINUE;
}

/* ---- events of a message ---- */

static void judge_client(struct inbound_message *message, const struct seki_ip *client, struct seki_str helo)
{
    message->client = *client;
    message->helo = helo;
    note(message, seki_verify_client(message->verify, client, helo));
    if (message->failure == SEKI_OK)
        note(message, seki_verify_mail_from(message->verify, message->mail_from));
}

static enum milter_action refuse_for_memory(struct inbound_session *session)
{
    struct milter_decision decision;
    inbound_decide_failure(&decision);
    milter_session_set_reply(session->milter, &decision.reply);
    session->inbound->metrics.local_failures++;
    log_reason(session->inbound->log, LOG_LEVEL_WARNING, "local_failure", "no memory for a message");
    return MILTER_TEMPFAIL;
}

/* One of ours sends it, so nothing is done to it. */
static bool is_left_alone(struct inbound_session *session)
{
    struct inbound *inbound = session->inbound;
    if (session->is_trusted)
        return true;
    if (!inbound->current->config->inbound.skip_authenticated ||
        milter_session_macro(session->milter, SEKI_STR("{auth_authen}")).len == 0)
        return false;
    inbound->metrics.skipped[METRICS_SKIP_AUTHENTICATED]++;
    return true;
}

static enum milter_action on_mail(void *state, struct seki_str path)
{
    struct inbound_session *session = state;
    struct inbound *inbound = session->inbound;
    const struct config *config = inbound->current->config;
    abort_message(session);
    session->mail_answer = MILTER_CONTINUE;
    if (is_left_alone(session))
        return inbound_outgoing_begin(session, path) ? MILTER_CONTINUE : MILTER_ACCEPT;
    struct inbound_message *message = message_new(session);
    if (message == NULL)
        return refuse_for_memory(session);
    inbound->metrics.messages++;
    if (message->generation->hosting->replica != NULL)
        replica_refresh(message->generation->hosting->replica, inbound_now_us());
    message->mail_from = seki_arena_copy(message->arena, path);
    note(message, seki_arena_failure(message->arena));
    message->is_relayed = config_networks_contain(&config->inbound.relays, &session->client);
    if (!message->is_relayed && message->failure == SEKI_OK) /* of a relay's the client stands in the header */
        judge_client(message, &session->client, (struct seki_str){ session->helo, session->helo_len });
    inbound_advance(message);
    return MILTER_CONTINUE;
}

/* Where recipients are heard of, what there is to say to MAIL is said at RCPT, which has a reply anyway: a message then
 * costs no more round trips than without. */
static enum milter_action on_mail_unanswered(void *state, struct seki_str path)
{
    struct inbound_session *session = state;
    session->mail_answer = on_mail(state, path);
    return MILTER_CONTINUE;
}

static enum milter_action answer_to_mail(struct inbound_session *session)
{
    struct milter_decision decision;
    inbound_decide_failure(&decision);
    if (session->mail_answer == MILTER_TEMPFAIL)
        milter_session_set_reply(session->milter, &decision.reply);
    return session->mail_answer;
}

/* Those past the bounds of the header count too: they are not kept, but the message has them. */
static void count_field(struct inbound_message *message, struct seki_str name, struct seki_str value)
{
    message->size_octets += name.len + 1 + value.len + 2;
    for (size_t i = 0; i < INBOUND_MARK_COUNT; i++)
        message->claimed_marks[i] += seki_str_equal_nocase(name, inbound_mark_names[i]) ? 1 : 0;
}

static enum milter_action on_rcpt(void *state, struct seki_str path)
{
    struct inbound_session *session = state;
    struct inbound_message *message = session->message;
    struct milter_reply reply;
    if (session->mail_answer != MILTER_CONTINUE)
        return answer_to_mail(session);
    if (session->outgoing != NULL)
        inbound_outgoing_recipient(session->outgoing, path);
    if (message == NULL || message->failure != SEKI_OK)
        return MILTER_CONTINUE;
    enum milter_action action = inbound_add_recipient(message, path, &reply);
    note(message, seki_arena_failure(message->arena));
    if (action == MILTER_CONTINUE)
        return action;
    session->inbound->metrics.put_off_recipients += action == MILTER_TEMPFAIL ? 1 : 0;
    milter_session_set_reply(session->milter, &reply);
    return action;
}

static void on_field(void *state, struct seki_str name, struct seki_str value)
{
    struct inbound_session *session = state;
    struct inbound_message *message = session->message;
    if (session->outgoing != NULL)
        inbound_outgoing_field(session->outgoing, name, value);
    if (message != NULL)
        count_field(message, name, value);
    if (message == NULL || message->failure != SEKI_OK)
        return;
    note(message, seki_verify_field(message->verify, name, value));
    inbound_streams_field(message, name, value);
}

static void judge_relayed(struct inbound_message *message)
{
    struct seki_received_client client;
    struct seki_error why;
    if (received_find_client(seki_verify_message(message->verify), &message->generation->config->inbound.relays,
                             &client, &why))
        judge_client(message, &client.address, client.helo);
    else
        message->why = seki_arena_copy(message->arena, seki_str_of(why.text));
}

/* Once for every message. The MTA may leave the event out (server.h); the fields count all the same, or From would be
 * unread and DMARC "none". */
static void end_header(struct inbound_message *message)
{
    if (message->has_header_ended)
        return;
    message->has_header_ended = true;
    if (message->is_relayed)
        judge_relayed(message);
    if (message->failure == SEKI_OK)
        note(message, seki_verify_end_of_header(message->verify));
    inbound_streams_end_of_header(message);
}

static void on_end_of_header(void *state)
{
    struct inbound_message *message = ((struct inbound_session *)state)->message;
    if (message == NULL || message->failure != SEKI_OK)
        return;
    end_header(message);
    inbound_advance(message);
}

static void on_body(void *state, struct seki_str octets)
{
    struct inbound_message *message = ((struct inbound_session *)state)->message;
    if (message == NULL || message->failure != SEKI_OK)
        return;
    message->size_octets += octets.len;
    end_header(message);
    if (message->failure != SEKI_OK)
        return;
    seki_verify_body(message->verify, octets);
    inbound_streams_body(message, octets);
}

static enum milter_action on_end_of_message(void *state)
{
    struct inbound_session *session = state;
    struct inbound_message *message = session->message;
    if (session->outgoing != NULL) {
        inbound_outgoing_end(session);
        return MILTER_ACCEPT;
    }
    if (message == NULL) /* the MTA has left RCPT out, or goes on after it was refused */
        return session->mail_answer == MILTER_ACCEPT ? MILTER_ACCEPT : MILTER_TEMPFAIL;
    message->has_ended = true;
    message->ended_at_us = inbound_now_us();
    if (message->failure == SEKI_OK)
        end_header(message);
    if (message->failure == SEKI_OK)
        seki_verify_end_of_message(message->verify);
    inbound_streams_end_of_message(message);
    inbound_advance(message);
    if (session->message == NULL) /* answered already */
        return MILTER_LATER;
    uint64_t deadline_ms = message->generation->config->inbound.message_deadline_ms;
    struct timeval wait = { .tv_sec = (time_t)(deadline_ms / 1000),
                            .tv_usec = (suseconds_t)(deadline_ms % 1000 * 1000) };
    evtimer_add(&message->deadline, &wait);
    return MILTER_LATER;
}

static void on_abort(void *state)
{
    abort_message(state);
}

static void on_log(void *role, const struct milter_session *milter, const char *sentence)
{
    const struct inbound *inbound = role;
    struct log_line line;
    log_begin(&line, inbound->log, LOG_LEVEL_WARNING, "milter");
    if (milter != NULL)
        log_text(&line, "qid", milter_session_macro(milter, SEKI_STR("i")));
    log_text(&line, "reason", seki_str_of(sentence));
    log_end(&line);
}

#define EVENTS                                                                                                     \
    .open = on_open, .close = on_close, .connect = on_connect, .helo = on_helo, .field = on_field,                 \
    .end_of_header = on_end_of_header, .body = on_body, .end_of_message = on_end_of_message, .abort = on_abort,    \
    .log = on_log
#define WITH_RECIPIENTS .mail = on_mail_unanswered, .is_mail_unanswered = true, .rcpt = on_rcpt

static const struct milter_handler label_only = { EVENTS, .mail = on_mail };
static const struct milter_handler with_policies = {
    EVENTS,
    WITH_RECIPIENTS,
    .changes = MILTER_MAY_ADD_RCPT | MILTER_MAY_DELETE_RCPT | MILTER_MAY_QUARANTINE,
};
static const struct milter_handler with_journal = { EVENTS, WITH_RECIPIENTS };

const struct milter_handler *inbound_handler_for(const struct config *config)
{
    if (config->hosting.replica.len > 0)
        return &with_policies;
    return config->journal.folder.len > 0 ? &with_journal : &label_only;
}

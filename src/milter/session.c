#include "milter/session_events.h"

#include "milter/decision.h"
#include "milter/packet.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>

#define MAX_OUT_OCTETS   (1024u * 1024u)
#define MAX_WORDS_OCTETS 1024u /* MILTER_REPLY_TEXT_MAX with every % doubled, and the codes */

enum step {
    BREAK = 0, /* must not happen: the connection ends */
    RUN,
    RESTART, /* the message before it is off; then as RUN */
    REPEAT   /* the connection was answered as a whole: answer the same, tell nobody */
};

/* MAIL (and HELO, after STARTTLS) in the middle of a message replaces it: Postfix sends no ABORT when it refused the
 * sender itself. Inside a message the order is MAIL, RCPT, DATA, fields, EOH, body; each may be left out, since the
 * role's interests or the MTA's version may have turned it off. */
/* clang-format off */
static const unsigned char steps[MILTER_STATE_COUNT][MILTER_EVENT_COUNT] = {
/*                           OPTNEG MACRO  CONNECT HELO     MAIL     RCPT    DATA    FIELD   EOH     BODY    EOM     ABORT  UNKNOWN QUIT QUIT_NC */
[MILTER_STATE_NEW]      = {  RUN,   BREAK, BREAK,  BREAK,   BREAK,   BREAK,  BREAK,  BREAK,  BREAK,  BREAK,  BREAK,  BREAK, BREAK, RUN, BREAK },
[MILTER_STATE_READY]    = {  BREAK, RUN,   RUN,    BREAK,   BREAK,   BREAK,  BREAK,  BREAK,  BREAK,  BREAK,  BREAK,  RUN,   RUN,   RUN, RUN },
[MILTER_STATE_GREETED]  = {  BREAK, RUN,   BREAK,  RUN,     RUN,     BREAK,  BREAK,  BREAK,  BREAK,  BREAK,  BREAK,  RUN,   RUN,   RUN, RUN },
[MILTER_STATE_MAIL]     = {  BREAK, RUN,   BREAK,  RESTART, RESTART, RUN,    RUN,    RUN,    RUN,    RUN,    RUN,    RUN,   RUN,   RUN, RUN },
[MILTER_STATE_RCPT]     = {  BREAK, RUN,   BREAK,  RESTART, RESTART, RUN,    RUN,    RUN,    RUN,    RUN,    RUN,    RUN,   RUN,   RUN, RUN },
[MILTER_STATE_DATA]     = {  BREAK, RUN,   BREAK,  RESTART, RESTART, BREAK,  BREAK,  RUN,    RUN,    RUN,    RUN,    RUN,   RUN,   RUN, RUN },
[MILTER_STATE_FIELDS]   = {  BREAK, RUN,   BREAK,  RESTART, RESTART, BREAK,  BREAK,  RUN,    RUN,    RUN,    RUN,    RUN,   RUN,   RUN, RUN },
[MILTER_STATE_EOH]      = {  BREAK, RUN,   BREAK,  RESTART, RESTART, BREAK,  BREAK,  BREAK,  BREAK,  RUN,    RUN,    RUN,   RUN,   RUN, RUN },
[MILTER_STATE_BODY]     = {  BREAK, RUN,   BREAK,  RESTART, RESTART, BREAK,  BREAK,  BREAK,  BREAK,  RUN,    RUN,    RUN,   RUN,   RUN, RUN },
[MILTER_STATE_DECIDING] = {  BREAK, BREAK, BREAK,  BREAK,   BREAK,   BREAK,  BREAK,  BREAK,  BREAK,  BREAK,  BREAK,  BREAK, BREAK, BREAK, BREAK },
[MILTER_STATE_WAITING]  = {  BREAK, BREAK, BREAK,  BREAK,   BREAK,   BREAK,  BREAK,  BREAK,  BREAK,  BREAK,  BREAK,  BREAK, BREAK, BREAK, BREAK },
[MILTER_STATE_SETTLED]  = {  BREAK, RUN,   BREAK,  REPEAT,  REPEAT,  REPEAT, REPEAT, REPEAT, REPEAT, REPEAT, REPEAT, RUN,   RUN,   RUN, RUN },
[MILTER_STATE_CLOSED]   = {  BREAK, BREAK, BREAK,  BREAK,   BREAK,   BREAK,  BREAK,  BREAK,  BREAK,  BREAK,  BREAK,  BREAK, BREAK, BREAK, BREAK },
};
/* clang-format on */

static const char *const state_names[] = {
    [MILTER_STATE_NEW] = "new",           [MILTER_STATE_READY] = "ready",     [MILTER_STATE_GREETED] = "greeted",
    [MILTER_STATE_MAIL] = "mail",         [MILTER_STATE_RCPT] = "rcpt",       [MILTER_STATE_DATA] = "data",
    [MILTER_STATE_FIELDS] = "fields",     [MILTER_STATE_EOH] = "eoh",         [MILTER_STATE_BODY] = "body",
    [MILTER_STATE_DECIDING] = "deciding", [MILTER_STATE_WAITING] = "waiting", [MILTER_STATE_SETTLED] = "settled",
    [MILTER_STATE_CLOSED] = "closed",
};
static_assert(sizeof state_names / sizeof state_names[0] == MILTER_STATE_COUNT, "a name for every state");

void milter_replies_init(struct milter_replies *replies)
{
    seki_buf_init(&replies->out, MAX_OUT_OCTETS);
    seki_buf_init(&replies->words, MAX_WORDS_OCTETS);
}

void milter_replies_release(struct milter_replies *replies)
{
    seki_buf_release(&replies->out);
    seki_buf_release(&replies->words);
}

enum seki_result milter_engine_init(struct milter_engine *engine, const struct milter_handler *handler, void *role,
                                    size_t max_packet_octets)
{
    *engine = (struct milter_engine){ .handler = handler, .role = role, .max_packet_octets = max_packet_octets };
    milter_replies_init(&engine->replies);
    seki_buf_init(&engine->value, max_packet_octets + 1);
    engine->input = malloc(MILTER_INPUT_RESERVE + MILTER_INPUT_OCTETS);
    return engine->input != NULL ? SEKI_OK : SEKI_SYSTEM;
}

void milter_engine_release(struct milter_engine *engine)
{
    milter_replies_release(&engine->replies);
    seki_buf_release(&engine->value);
    free(engine->input);
    engine->input = NULL;
}

void milter_session_init(struct milter_session *session, struct milter_engine *engine)
{
    *session = (struct milter_session){ .engine = engine, .state = MILTER_STATE_NEW };
}

bool milter_session_is_busy(const struct milter_session *session)
{
    return session->state >= MILTER_STATE_MAIL && session->state <= MILTER_STATE_WAITING;
}

/* Every change of state passes here, so that the count of busy sessions is right. */
void milter_session_enter(struct milter_session *session, enum milter_state state)
{
    if (milter_session_is_busy(session))
        session->engine->busy_count--;
    session->state = (unsigned char)state;
    if (milter_session_is_busy(session))
        session->engine->busy_count++;
}

void milter_session_close_role(struct milter_session *session)
{
    const struct milter_handler *handler = session->engine->handler;
    if (session->is_open && handler->close != NULL)
        handler->close(session->role_state);
    session->is_open = false;
    session->role_state = NULL;
}

void milter_session_release(struct milter_session *session)
{
    milter_session_close_role(session);
    milter_session_enter(session, MILTER_STATE_CLOSED);
    milter_macros_release(&session->macros);
    free(session->held);
    session->held = NULL;
    session->held_len = session->held_capacity = 0;
}

void milter_session_log(const struct milter_session *session, const char *sentence)
{
    const struct milter_engine *engine = session->engine;
    if (engine->handler->log != NULL)
        engine->handler->log(engine->role, session, sentence);
}

void milter_session_drop(struct milter_session *session, const char *sentence)
{
    milter_session_log(session, sentence);
    milter_session_enter(session, MILTER_STATE_CLOSED);
}

void milter_session_fail(struct milter_session *session, const char *format, ...)
{
    struct seki_error why;
    va_list args;
    va_start(args, format);
    vsnprintf(why.text, sizeof why.text, format, args);
    va_end(args);
    session->engine->counters.protocol_errors++;
    milter_session_drop(session, why.text);
}

/* The role's state comes into being with the first event, not with the connection: after QUIT_NC, a connection that
 * only waits costs the role nothing. */
static bool open_role(struct milter_session *session)
{
    const struct milter_engine *engine = session->engine;
    if (session->is_open)
        return true;
    session->role_state =
        engine->handler->open != NULL ? engine->handler->open(engine->role, session) : engine->role;
    session->is_open = engine->handler->open == NULL || session->role_state != NULL;
    if (!session->is_open)
        milter_session_drop(session, "no memory for a connection");
    return session->is_open;
}

/* The message has ended, one way or other; the connection waits for the next. */
void milter_session_end_message(struct milter_session *session)
{
    milter_macros_forget(&session->macros, MILTER_STAGE_MAIL);
    milter_session_enter(session, MILTER_STATE_GREETED);
    if (session->held_len == 0) {
        free(session->held);
        session->held = NULL;
        session->held_capacity = 0;
    }
}

void milter_session_abort_message(struct milter_session *session)
{
    const struct milter_handler *handler = session->engine->handler;
    if (!milter_session_is_busy(session))
        return;
    if (handler->abort != NULL)
        handler->abort(session->role_state);
    milter_session_end_message(session);
}

/* An action that the event does not allow is the role's mistake; the sender comes again when it is mended. */
enum milter_action milter_session_allowed(struct milter_session *session, enum milter_event event,
                                          enum milter_action action)
{
    if (action == MILTER_CONTINUE || milter_event_allows(event, action))
        return action;
    struct seki_error why;
    seki_error_set(&why, "action %d is no answer to %s: deferred", (int)action, milter_event_name(event));
    milter_session_log(session, why.text);
    return MILTER_TEMPFAIL;
}

void milter_session_answer(struct milter_session *session, enum milter_event event, enum milter_action action)
{
    if (session->state == MILTER_STATE_CLOSED || !milter_event_has_reply(event))
        return;
    if ((session->agreed.events & milter_event_nr_flag(event)) != 0)
        return;
    milter_answer_write(&session->engine->replies.out, action, seki_buf_str(&session->engine->replies.words));
}

static const struct event_step {
    void (*run)(struct milter_session *session, struct milter_cursor *cursor);
    bool needs_role; /* calls the role, or soon will */
} event_steps[MILTER_EVENT_COUNT] = {
    [MILTER_EVENT_NEGOTIATE] = { milter_on_negotiate, false },
    [MILTER_EVENT_MACRO] = { milter_on_macro, false },
    [MILTER_EVENT_CONNECT] = { milter_on_connect, true },
    [MILTER_EVENT_HELO] = { milter_on_helo, true },
    [MILTER_EVENT_MAIL] = { milter_on_mail, true },
    [MILTER_EVENT_RCPT] = { milter_on_rcpt, true },
    [MILTER_EVENT_DATA] = { milter_on_data, true },
    [MILTER_EVENT_FIELD] = { milter_on_field, true },
    [MILTER_EVENT_EOH] = { milter_on_eoh, true },
    [MILTER_EVENT_BODY] = { NULL, true }, /* milter_session_body_*() */
    [MILTER_EVENT_EOM] = { NULL, true },
    [MILTER_EVENT_ABORT] = { milter_on_abort, false },
    [MILTER_EVENT_UNKNOWN] = { milter_on_unknown, false },
    [MILTER_EVENT_QUIT] = { milter_on_quit, false },
    [MILTER_EVENT_QUIT_NC] = { milter_on_quit_nc, false },
};

/* May the event run now? Does what the table says when it may not. */
static bool admit(struct milter_session *session, enum milter_event event)
{
    seki_buf_clear(&session->engine->replies.words);
    switch ((enum step)steps[session->state][event]) {
    case RUN: return !event_steps[event].needs_role || open_role(session);
    case RESTART: milter_session_abort_message(session); return open_role(session);
    case REPEAT: milter_session_answer(session, event, (enum milter_action)session->verdict); return false;
    case BREAK: break;
    }
    milter_session_fail(session, "%s must not come in state %s", milter_event_name(event),
                        state_names[session->state]);
    return false;
}

void milter_session_packet(struct milter_session *session, char command, struct seki_str payload)
{
    enum milter_event event = milter_event_of_command(command);
    if (event == MILTER_EVENT_COUNT) {
        milter_session_fail(session, "unknown command 0x%02x", (unsigned)(unsigned char)command);
        return;
    }
    struct milter_cursor cursor = milter_cursor_over(payload);
    if (admit(session, event))
        event_steps[event].run(session, &cursor);
}

void milter_session_body_begin(struct milter_session *session, char command)
{
    enum milter_event event = milter_event_of_command(command);
    session->body_event = (unsigned char)event;
    if (session->state != MILTER_STATE_SETTLED && admit(session, event))
        milter_session_enter(session, MILTER_STATE_BODY);
}

void milter_session_body_octets(struct milter_session *session, struct seki_str octets)
{
    const struct milter_handler *handler = session->engine->handler;
    if (handler->body != NULL && session->state != MILTER_STATE_SETTLED)
        handler->body(session->role_state, octets);
}

static void end_of_message(struct milter_session *session)
{
    const struct milter_handler *handler = session->engine->handler;
    session->engine->counters.messages++;
    milter_session_enter(session, MILTER_STATE_DECIDING);
    enum milter_action action = MILTER_CONTINUE;
    if (handler->end_of_message != NULL)
        action = milter_session_allowed(session, MILTER_EVENT_EOM, handler->end_of_message(session->role_state));
    if (session->state != MILTER_STATE_DECIDING) /* it has called milter_session_finish() already */
        return;
    if (action == MILTER_LATER) {
        milter_session_enter(session, MILTER_STATE_WAITING);
        return;
    }
    milter_session_answer(session, MILTER_EVENT_EOM, action);
    milter_session_end_message(session);
}

void milter_session_body_end(struct milter_session *session)
{
    enum milter_event event = (enum milter_event)session->body_event;
    if (session->state == MILTER_STATE_SETTLED)
        admit(session, event);
    else if (event == MILTER_EVENT_EOM)
        end_of_message(session);
    else
        milter_session_answer(session, event, MILTER_CONTINUE);
}

static void set_words(struct milter_session *session, const struct milter_reply *reply)
{
    if (!milter_reply_words(&session->engine->replies.words, reply))
        milter_session_log(session, "code, enhanced code and text do not make a reply: the MTA uses its own words");
}

void milter_session_set_reply(struct milter_session *session, const struct milter_reply *reply)
{
    set_words(session, reply);
}

void milter_session_decide(struct milter_session *session, const struct milter_decision *decision)
{
    struct milter_engine *engine = session->engine;
    struct seki_error why;
    set_words(session, &decision->reply);
    bool keep_leading_space = (session->agreed.events & MILTER_KEEP_LEADING_SPACE) != 0;
    enum seki_result result = SEKI_BAD_INPUT;
    if (milter_session_may(session, milter_decision_changes(decision)))
        result = milter_decision_write(&engine->replies.out, decision, seki_buf_str(&engine->replies.words),
                                       keep_leading_space, &why);
    else
        seki_error_set(&why, "the MTA has not agreed to such changes");
    if (result != SEKI_OK) {
        seki_error_prefix(&why, "message deferred, its decision cannot be written");
        milter_session_log(session, why.text);
        milter_packet_plain(&engine->replies.out, MILTER_RSP_TEMPFAIL);
    }
    seki_buf_clear(&engine->replies.words);
    milter_session_end_message(session);
}

bool milter_session_may(const struct milter_session *session, uint32_t changes)
{
    return (changes & ~session->agreed.changes) == 0;
}

struct seki_str milter_session_macro(const struct milter_session *session, struct seki_str name)
{
    return milter_macros_get(&session->macros, name);
}

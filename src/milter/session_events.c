/* What each packet says, and whom it is told. */
#include "milter/session_events.h"

#include "milter/packet.h"

static enum milter_state greeted_or_ready(const struct milter_session *session)
{
    return (session->agreed.events & MILTER_NO_CONNECT) != 0 ? MILTER_STATE_GREETED : MILTER_STATE_READY;
}

/* After the role spoke on CONNECT or HELO. */
static void answer_connection(struct milter_session *session, enum milter_event event, enum milter_action action)
{
    action = milter_session_allowed(session, event, action);
    milter_session_answer(session, event, action);
    if (action == MILTER_CONTINUE) {
        milter_session_enter(session, MILTER_STATE_GREETED);
    } else {
        session->verdict = (unsigned char)action;
        milter_session_enter(session, MILTER_STATE_SETTLED);
    }
}

static bool check_done(struct milter_session *session, enum milter_event event, const struct milter_cursor *cursor)
{
    if (milter_cursor_is_done(cursor))
        return true;
    milter_session_fail(session, "malformed %s packet: %s", milter_event_name(event),
                        cursor->failed ? "it ends too early, or a string without its NUL" : "left-over octets");
    return false;
}

static void tell_what_is_missing(const struct milter_session *session)
{
    struct seki_error names, why;
    milter_negotiate_missing(&session->agreed, session->engine->handler, &names);
    if (names.text[0] == '\0')
        return;
    seki_error_set(&why, "the MTA does not let a filter %s: what needs it is left undone", names.text);
    milter_session_log(session, why.text);
}

void milter_on_negotiate(struct milter_session *session, struct milter_cursor *cursor)
{
    struct seki_error why;
    struct seki_str payload = { cursor->ptr, cursor->left };
    if (milter_negotiate(payload, session->engine->handler, &session->agreed, &why) != SEKI_OK) {
        milter_session_fail(session, "%s", why.text);
        return;
    }
    milter_negotiate_write(&session->agreed, &session->engine->replies.out);
    tell_what_is_missing(session);
    milter_session_enter(session, greeted_or_ready(session));
}

/* Macros come in front of the event they belong to, also when the event itself was negotiated away. */
void milter_on_macro(struct milter_session *session, struct milter_cursor *cursor)
{
    static const unsigned char stages[MILTER_EVENT_COUNT] = {
        /* value + 1; 0: nobody asks for these */
        [MILTER_EVENT_CONNECT] = MILTER_STAGE_CONNECT + 1, [MILTER_EVENT_HELO] = MILTER_STAGE_HELO + 1,
        [MILTER_EVENT_MAIL] = MILTER_STAGE_MAIL + 1,       [MILTER_EVENT_RCPT] = MILTER_STAGE_RCPT + 1,
        [MILTER_EVENT_DATA] = MILTER_STAGE_DATA + 1,       [MILTER_EVENT_EOH] = MILTER_STAGE_EOH + 1,
        [MILTER_EVENT_EOM] = MILTER_STAGE_EOM + 1,
    };
    enum milter_event event = milter_event_of_command((char)milter_cursor_u8(cursor));
    if (cursor->failed || event == MILTER_EVENT_COUNT) {
        milter_session_fail(session, "malformed MACRO packet: of no known event");
        return;
    }
    if (stages[event] == 0)
        return;
    if (stages[event] <= MILTER_STAGE_MAIL + 1) /* they announce the next message: the last one is off */
        milter_session_abort_message(session);
    struct seki_str pairs = { cursor->ptr, cursor->left };
    enum seki_result result = milter_macros_set(&session->macros, (enum milter_stage)(stages[event] - 1), pairs);
    if (result == SEKI_SYSTEM)
        milter_session_drop(session, "no memory for macros");
    else if (result != SEKI_OK)
        milter_session_fail(session, "macros of %s: %s", milter_event_name(event),
                            result == SEKI_LIMIT ? "more than 64 KiB" : "not pairs of strings");
}

/* An address that cannot be read is an unknown client, not a broken MTA: Postfix writes "fe80::1%eth0". */
static struct seki_ip read_ip(char family, struct seki_str text)
{
    struct seki_ip ip = { 0 };
    if (family == MILTER_FAMILY_INET6)
        text = seki_str_head(text, seki_str_find(text, '%'));
    if ((family == MILTER_FAMILY_INET || family == MILTER_FAMILY_INET6) && !seki_ip_parse(text, &ip))
        ip = (struct seki_ip){ 0 };
    return ip;
}

/*     connect = hostname NUL family [ port address NUL ]    ; port: 16 bits; neither for family "U" */
void milter_on_connect(struct milter_session *session, struct milter_cursor *cursor)
{
    const struct milter_handler *handler = session->engine->handler;
    struct seki_str host_name = milter_cursor_string(cursor), address = SEKI_STR("");
    char family = (char)milter_cursor_u8(cursor);
    if (family != MILTER_FAMILY_UNKNOWN) {
        milter_cursor_u16(cursor);
        address = milter_cursor_string(cursor);
    }
    if (!check_done(session, MILTER_EVENT_CONNECT, cursor))
        return;
    if (memchr("UL46", family, 4) == NULL) {
        milter_session_fail(session, "malformed CONNECT packet: unknown address family");
        return;
    }
    struct seki_ip client = read_ip(family, address);
    enum milter_action action = MILTER_CONTINUE;
    if (handler->connect != NULL)
        action = handler->connect(session->role_state, host_name, &client);
    answer_connection(session, MILTER_EVENT_CONNECT, action);
}

void milter_on_helo(struct milter_session *session, struct milter_cursor *cursor)
{
    const struct milter_handler *handler = session->engine->handler;
    struct seki_str name = milter_cursor_string(cursor);
    if (!check_done(session, MILTER_EVENT_HELO, cursor))
        return;
    enum milter_action action = MILTER_CONTINUE;
    if (handler->helo != NULL)
        action = handler->helo(session->role_state, name);
    answer_connection(session, MILTER_EVENT_HELO, action);
}

/*     mail = path NUL *( parameter NUL )    ; rcpt alike */
static struct seki_str read_path(struct milter_cursor *cursor)
{
    struct seki_str path = milter_cursor_string(cursor);
    while (milter_cursor_has_more(cursor))
        milter_cursor_string(cursor);
    return path;
}

void milter_on_mail(struct milter_session *session, struct milter_cursor *cursor)
{
    const struct milter_handler *handler = session->engine->handler;
    struct seki_str path = read_path(cursor);
    if (!check_done(session, MILTER_EVENT_MAIL, cursor))
        return;
    milter_session_enter(session, MILTER_STATE_MAIL);
    enum milter_action action = MILTER_CONTINUE;
    if (handler->mail != NULL)
        action = milter_session_allowed(session, MILTER_EVENT_MAIL, handler->mail(session->role_state, path));
    milter_session_answer(session, MILTER_EVENT_MAIL, action);
    if (action != MILTER_CONTINUE)
        milter_session_end_message(session);
}

void milter_on_rcpt(struct milter_session *session, struct milter_cursor *cursor)
{
    const struct milter_handler *handler = session->engine->handler;
    struct seki_str path = read_path(cursor);
    if (!check_done(session, MILTER_EVENT_RCPT, cursor))
        return;
    milter_session_enter(session, MILTER_STATE_RCPT);
    enum milter_action action = MILTER_CONTINUE;
    if (handler->rcpt != NULL)
        action = milter_session_allowed(session, MILTER_EVENT_RCPT, handler->rcpt(session->role_state, path));
    milter_session_answer(session, MILTER_EVENT_RCPT, action);
    if (action == MILTER_ACCEPT || action == MILTER_DISCARD) /* of the whole message; a refusal only of this one */
        milter_session_end_message(session);
}

void milter_on_data(struct milter_session *session, struct milter_cursor *cursor)
{
    const struct milter_handler *handler = session->engine->handler;
    if (!check_done(session, MILTER_EVENT_DATA, cursor))
        return;
    milter_session_enter(session, MILTER_STATE_DATA);
    if (handler->data != NULL)
        handler->data(session->role_state);
    milter_session_answer(session, MILTER_EVENT_DATA, MILTER_CONTINUE);
}

/* An MTA before version 6 eats one space after the colon. Nearly every field has one there, so it is put back; where
 * the value begins with a tab or a line end, or is empty, none can have stood there. (A value that still begins with
 * a space had two, so it gets one back as well.) */
static struct seki_str whole_value(struct milter_session *session, struct seki_str value)
{
    struct seki_buf *whole = &session->engine->value;
    if ((session->agreed.events & MILTER_KEEP_LEADING_SPACE) != 0)
        return value;
    if (value.len == 0 || memchr("\t\r\n", value.ptr[0], 3) != NULL)
        return value;
    seki_buf_clear(whole);
    seki_buf_add_char(whole, ' ');
    seki_buf_add(whole, value);
    return seki_buf_str(whole);
}

/*     header = name NUL value NUL */
void milter_on_field(struct milter_session *session, struct milter_cursor *cursor)
{
    const struct milter_handler *handler = session->engine->handler;
    struct seki_str name = milter_cursor_string(cursor);
    struct seki_str value = milter_cursor_string(cursor);
    if (!check_done(session, MILTER_EVENT_FIELD, cursor))
        return;
    if (name.len == 0) {
        milter_session_fail(session, "malformed HEADER packet: no name");
        return;
    }
    milter_session_enter(session, MILTER_STATE_FIELDS);
    if (handler->field != NULL) {
        value = whole_value(session, value);
        if (seki_buf_failed(&session->engine->value) != SEKI_OK) {
            milter_session_drop(session, "no memory for a field");
            return;
        }
        handler->field(session->role_state, name, value);
    }
    milter_session_answer(session, MILTER_EVENT_FIELD, MILTER_CONTINUE);
}

void milter_on_eoh(struct milter_session *session, struct milter_cursor *cursor)
{
    const struct milter_handler *handler = session->engine->handler;
    if (!check_done(session, MILTER_EVENT_EOH, cursor))
        return;
    milter_session_enter(session, MILTER_STATE_EOH);
    if (handler->end_of_header != NULL)
        handler->end_of_header(session->role_state);
    milter_session_answer(session, MILTER_EVENT_EOH, MILTER_CONTINUE);
}

void milter_on_abort(struct milter_session *session, struct milter_cursor *cursor)
{
    if (check_done(session, MILTER_EVENT_ABORT, cursor))
        milter_session_abort_message(session);
}

void milter_on_unknown(struct milter_session *session, struct milter_cursor *cursor)
{
    milter_cursor_string(cursor);
    if (check_done(session, MILTER_EVENT_UNKNOWN, cursor))
        milter_session_answer(session, MILTER_EVENT_UNKNOWN, MILTER_CONTINUE);
}

void milter_on_quit(struct milter_session *session, struct milter_cursor *cursor)
{
    if (check_done(session, MILTER_EVENT_QUIT, cursor))
        milter_session_enter(session, MILTER_STATE_CLOSED);
}

void milter_on_quit_nc(struct milter_session *session, struct milter_cursor *cursor)
{
    if (!check_done(session, MILTER_EVENT_QUIT_NC, cursor))
        return;
    milter_session_close_role(session);
    milter_macros_forget(&session->macros, MILTER_STAGE_CONNECT);
    milter_session_enter(session, greeted_or_ready(session));
}

/* Between session.c, which knows the order of events, and session_events.c, which knows what each of them says. */
#ifndef MILTER_SESSION_EVENTS_H
#define MILTER_SESSION_EVENTS_H

#include "milter/session.h"

/* One event each; the state machine has let it come. */
void milter_on_negotiate(struct milter_session *session, struct milter_cursor *cursor);
void milter_on_macro(struct milter_session *session, struct milter_cursor *cursor);
void milter_on_connect(struct milter_session *session, struct milter_cursor *cursor);
void milter_on_helo(struct milter_session *session, struct milter_cursor *cursor);
void milter_on_mail(struct milter_session *session, struct milter_cursor *cursor);
void milter_on_rcpt(struct milter_session *session, struct milter_cursor *cursor);
void milter_on_data(struct milter_session *session, struct milter_cursor *cursor);
void milter_on_field(struct milter_session *session, struct milter_cursor *cursor);
void milter_on_eoh(struct milter_session *session, struct milter_cursor *cursor);
void milter_on_abort(struct milter_session *session, struct milter_cursor *cursor);
void milter_on_unknown(struct milter_session *session, struct milter_cursor *cursor);
void milter_on_quit(struct milter_session *session, struct milter_cursor *cursor);
void milter_on_quit_nc(struct milter_session *session, struct milter_cursor *cursor);

/** Every change of state passes here, so that the count of busy sessions is right. */
void milter_session_enter(struct milter_session *session, enum milter_state state);
/** Tell the MTA, unless this event has no reply. */
void milter_session_answer(struct milter_session *session, enum milter_event event, enum milter_action action);
/** An action that the event does not allow is the role's mistake, and becomes TEMPFAIL. */
enum milter_action milter_session_allowed(struct milter_session *session, enum milter_event event,
                                          enum milter_action action);
/** The message has ended, one way or other; the connection waits for the next. */
void milter_session_end_message(struct milter_session *session);
/** As end_message, and tell the role; without a message under way it does nothing. */
void milter_session_abort_message(struct milter_session *session);
void milter_session_close_role(struct milter_session *session);
void milter_session_log(const struct milter_session *session, const char *sentence);

#endif

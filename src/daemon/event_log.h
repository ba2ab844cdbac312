/* What libevent has to say goes into the log, as event=libevent, and not to standard error in a form of its own. */
#ifndef EVENT_LOG_H
#define EVENT_LOG_H

struct log;

/**
 * For the whole process: libevent knows one receiver only. Before the first thread, and with NULL, which makes libevent
 * silent, before log_close().
 */
void event_log_to(struct log *log);

#endif

#include "daemon/event_log.h"

#include "daemon/log.h"

#include <event2/event.h>
#include <stdlib.h>
#include <unistd.h>

static struct log *receiver; /* libevent hands its callbacks nothing of ours */

static void on_message(int severity, const char *text)
{
    static const enum log_level levels[] = {
        [EVENT_LOG_DEBUG] = LOG_LEVEL_INFORMATION,
        [EVENT_LOG_MSG] = LOG_LEVEL_INFORMATION,
        [EVENT_LOG_WARN] = LOG_LEVEL_WARNING,
        [EVENT_LOG_ERR] = LOG_LEVEL_FATAL,
    };
    if (receiver != NULL)
        log_reason(receiver, levels[severity], "libevent", "%s", text);
}

/* After EVENT_LOG_ERR libevent cannot go on and would leave by exit(), which does not wait for the log. */
static void on_fatal(int error)
{
    (void)error;
    log_close(receiver);
    _exit(EXIT_FAILURE);
}

void event_log_to(struct log *log)
{
    receiver = log;
    event_set_log_callback(on_message);
    event_set_fatal_callback(on_fatal);
}

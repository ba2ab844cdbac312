/* One role: its process, and the next one when that died. What it means for the others is in supervisor.c. */
#include "daemon/supervisor_parts.h"

#include "daemon/channel.h"

#include <assert.h>
#include <signal.h>
#include <time.h>

#define FIRST_BACKOFF_MS   100u
#define LONGEST_BACKOFF_MS 30000u
#define SETTLED_MS         60000 /* a role that ran so long may fail afresh */
#define ANSWER_TIMEOUT_S   60

static const struct role_kind {
    const char *name;
    bool takes_mail;  /* gets the sockets */
    bool holds_store; /* gets the configuration with [store] */
} kinds[] = {
    [ROLE_INBOUND] = { "inbound", .takes_mail = true },
    [ROLE_CONTROL] = { "control", .holds_store = true },
};
static_assert(sizeof kinds / sizeof kinds[0] == ROLE_COUNT, "one row per role");

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void schedule_restart(struct role *role)
{
    if (now_ms() - role->started_at_ms >= SETTLED_MS)
        role->backoff_ms = 0;
    role->backoff_ms = role->backoff_ms == 0 ? FIRST_BACKOFF_MS : role->backoff_ms * 2;
    if (role->backoff_ms > LONGEST_BACKOFF_MS)
        role->backoff_ms = LONGEST_BACKOFF_MS;
    struct timeval delay = { .tv_sec = role->backoff_ms / 1000, .tv_usec = role->backoff_ms % 1000 * 1000 };
    evtimer_add(role->restart_timer, &delay);
}

/* ---- configurations ---- */

/* The text first, then the figures, then for a mail role its sockets in the order in which the configuration names
 * them. */
static bool send_configuration(struct role *role, const struct configuration *configuration, struct seki_error *why)
{
    const struct supervisor *supervisor = role->supervisor;
    const struct config *config = configuration->config;
    struct channel_message message = { .kind = CHANNEL_CONFIGURE };
    message.descriptors[message.descriptor_count++] =
        kinds[role->id].holds_store ? configuration->whole : configuration->withheld;
    message.descriptors[message.descriptor_count++] = supervisor->figures;
    for (size_t i = 0; i < config->inbound.listen.count && kinds[role->id].takes_mail; i++)
        message.descriptors[message.descriptor_count++] =
            listeners_find(&supervisor->listeners, config->inbound.listen.items[i]);
    if (config->metrics.listen.len > 0 && kinds[role->id].takes_mail)
        message.descriptors[message.descriptor_count++] =
            listeners_find(&supervisor->listeners, config->metrics.listen);
    return channel_send(role->child.channel, &message, why);
}

bool role_configure(struct role *role, const struct configuration *configuration, struct seki_error *why)
{
    struct timeval timeout = { .tv_sec = ANSWER_TIMEOUT_S };
    if (!send_configuration(role, configuration, why))
        return false;
    evtimer_add(role->answer_timer, &timeout);
    return true;
}

/* It hangs: what it would say later could not be trusted to mean this configuration. */
static void on_no_answer(evutil_socket_t fd, short what, void *user)
{
    struct role *role = user;
    (void)fd, (void)what;
    log_reason(role->supervisor->log, LOG_LEVEL_FATAL, "role_hangs",
               "no answer of %s to a new configuration; it is killed", role->child.role);
    role_kill(role);
}

static void on_message(struct role *role, const struct channel_message *message)
{
    if (message->kind != CHANNEL_READY && message->kind != CHANNEL_REFUSED)
        return;
    evtimer_del(role->answer_timer);
    supervisor_role_answered(role, message->kind == CHANNEL_READY, message->text.text);
}

static void on_channel(evutil_socket_t fd, short what, void *user)
{
    struct role *role = user;
    struct channel_message message;
    (void)what;
    enum channel_received received;
    while ((received = channel_receive(fd, &message)) == CHANNEL_MESSAGE) {
        channel_close_descriptors(&message);
        on_message(role, &message);
    }
    if (received == CHANNEL_CLOSED)
        event_del(role->channel_event); /* SIGCHLD tells the rest */
}

/* ---- its process ---- */

static void tell_start(const struct role *role)
{
    struct log_line line;
    log_begin(&line, role->supervisor->log, LOG_LEVEL_INFORMATION, "role_started");
    log_text(&line, "name", seki_str_of(role->child.role));
    log_number(&line, "pid", role->child.pid);
    log_end(&line);
}

void role_start(struct role *role)
{
    struct supervisor *supervisor = role->supervisor;
    struct seki_error why;
    role->started_at_ms = now_ms();
    if (!child_start(&role->child, supervisor->program, &role->user, &why)) {
        log_reason(supervisor->log, LOG_LEVEL_FATAL, "role_not_started", "%s: %s", role->child.role, why.text);
        schedule_restart(role);
        return;
    }
    role->channel_event = event_new(supervisor->base, role->child.channel, EV_READ | EV_PERSIST, on_channel, role);
    if (role->channel_event != NULL && event_add(role->channel_event, NULL) == 0 &&
        send_configuration(role, &supervisor->current, &why))
        tell_start(role);
    else
        role_kill(role); /* its end is handled as any other */
}

static void on_restart(evutil_socket_t fd, short what, void *user)
{
    (void)fd, (void)what;
    role_start(user);
}

static void tell_end(const struct role *role, bool is_expected, const char *how)
{
    struct log_line line;
    log_begin(&line, role->supervisor->log, is_expected ? LOG_LEVEL_INFORMATION : LOG_LEVEL_FATAL,
              is_expected ? "role_stopped" : "role_died");
    log_text(&line, "name", seki_str_of(role->child.role));
    log_text(&line, "how", seki_str_of(how));
    log_end(&line);
}

void role_reap(struct role *role)
{
    bool is_clean;
    char how[48];
    if (role->channel_event != NULL) /* its last words, if any */
        on_channel(role->child.channel, EV_READ, role);
    if (!child_has_ended(&role->child, &is_clean, how, sizeof how))
        return;
    if (role->channel_event != NULL)
        event_free(role->channel_event);
    role->channel_event = NULL;
    evtimer_del(role->answer_timer);
    bool is_stopping = role->supervisor->phase == PHASE_STOPPING;
    tell_end(role, is_stopping && is_clean, how);
    if (!is_stopping)
        schedule_restart(role);
    supervisor_role_ended(role, is_clean);
}

bool role_stop(struct role *role)
{
    const struct channel_message message = { .kind = CHANNEL_STOP };
    evtimer_del(role->restart_timer);
    if (role->child.pid == 0)
        return false;
    if (!channel_send(role->child.channel, &message, NULL))
        role_kill(role);
    return true;
}

void role_kill(struct role *role)
{
    if (role->child.pid != 0)
        kill(role->child.pid, SIGKILL);
}

/* ---- before and behind all its lives ---- */

static bool find_user(struct role *role, const struct config *config, struct seki_error *why)
{
    struct seki_str user = config->daemon.user, group = config->daemon.group;
    if (role->id == ROLE_CONTROL && config->control.user.len > 0) {
        user = config->control.user;
        group = config->control.group;
    }
    return privileges_find_user(user, group, &role->user, why);
}

bool role_prepare(struct role *role, struct seki_error *why)
{
    const struct config *config = role->supervisor->current.config;
    role->child = (struct child){ .role = kinds[role->id].name, .channel = -1 };
    role->is_wanted = !kinds[role->id].holds_store || config->store.url.len > 0;
    if (!find_user(role, config, why))
        return false;
    role->restart_timer = evtimer_new(role->supervisor->base, on_restart, role);
    role->answer_timer = evtimer_new(role->supervisor->base, on_no_answer, role);
    if (role->restart_timer != NULL && role->answer_timer != NULL)
        return true;
    seki_error_set(why, "no memory for the event loop");
    return false;
}

static void free_event(struct event *event)
{
    if (event != NULL)
        event_free(event);
}

void role_release(struct role *role)
{
    free_event(role->channel_event);
    free_event(role->restart_timer);
    free_event(role->answer_timer);
}

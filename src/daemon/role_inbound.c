/* The controlling thread: it talks with the supervisor and serves the metrics; mail it never sees. Loops are told
 * what to do one after the other (loop_call()), so a new configuration is first prepared on every loop, and only
 * when all of them could, put into force. */
#include "daemon/role_inbound.h"

#include "daemon/channel.h"
#include "daemon/event_log.h"
#include "daemon/figures.h"
#include "daemon/inbound.h"
#include "daemon/loop.h"
#include "daemon/metrics_http.h"
#include "daemon/privileges.h"

#include <event2/event.h>

#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define LOOPS_MAX         256u
#define SCRAPE_TIMEOUT_MS 2000u
#define STOP_POLL_MS      20
#define MMAP_FROM_OCTETS  (1024 * 1024)
#define TRIM_ABOVE_OCTETS (2 * 1024 * 1024)

struct worker { /* one loop, and what it is asked for at the moment */
    struct role *role;
    struct loop *loop;
    struct inbound *inbound;
    bool is_done;
    size_t busy_count;
    struct metrics metrics;
};

struct role {
    int channel, exit_status;
    struct event_base *base;
    struct event *channel_event, *stop_timer, *sigterm;
    struct log *log;
    struct config *config, *next;     /* in force; being prepared */
    struct channel_message *received; /* descriptors that came with next */
    struct inbound_listener listeners[CONFIG_LISTENERS_MAX];
    size_t listener_count;
    struct metrics_http *http;
    struct figures *figures; /* of the role control; NULL: none came yet */
    struct worker workers[LOOPS_MAX];
    size_t worker_count;
    int64_t configured_at_s, stop_until_s;
    bool is_stopping;
    struct seki_error why;
};

static int64_t monotonic_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* Run one function on every loop until one says no. */
static bool on_all(struct role *role, void (*call)(void *worker))
{
    for (size_t i = 0; i < role->worker_count; i++) {
        role->workers[i].is_done = false;
        loop_call(role->workers[i].loop, call, &role->workers[i], 0);
        if (!role->workers[i].is_done)
            return false;
    }
    return true;
}

/* ---- on the loops' threads ---- */

static void open_worker(void *user)
{
    struct worker *worker = user;
    worker->inbound = inbound_new(loop_base(worker->loop), worker->role->log,
                                  (unsigned)(worker - worker->role->workers));
    worker->is_done = worker->inbound != NULL;
    if (!worker->is_done)
        seki_error_set(&worker->role->why, "no memory for an event loop");
}

static void prepare_worker(void *user)
{
    struct worker *worker = user;
    worker->is_done = inbound_prepare(worker->inbound, worker->role->next, &worker->role->why);
}

static void discard_worker(void *user)
{
    struct worker *worker = user;
    inbound_discard(worker->inbound);
    worker->is_done = true;
}

static void commit_worker(void *user)
{
    struct worker *worker = user;
    const struct role *role = worker->role;
    worker->is_done = inbound_commit(worker->inbound, role->listeners, role->listener_count, &worker->role->why);
}

static void drain_worker(void *user)
{
    struct worker *worker = user;
    inbound_drain(worker->inbound);
    worker->is_done = true;
}

static void count_busy(void *user)
{
    struct worker *worker = user;
    worker->busy_count = inbound_busy_count(worker->inbound);
    worker->is_done = true;
}

static void read_metrics(void *user)
{
    struct worker *worker = user;
    worker->metrics = inbound_metrics(worker->inbound);
}

static void close_worker(void *user)
{
    struct worker *worker = user;
    inbound_free(worker->inbound);
    worker->inbound = NULL;
    worker->is_done = true;
}

/* ---- metrics ---- */

static bool is_healthy(void *user)
{
    struct role *role = user;
    for (size_t i = 0; i < role->worker_count; i++) {
        if (!loop_call(role->workers[i].loop, read_metrics, &role->workers[i], SCRAPE_TIMEOUT_MS))
            return false;
    }
    return !role->is_stopping;
}

static void write_metrics(void *user, struct seki_buf *buf)
{
    struct role *role = user;
    struct metrics sum = { 0 };
    struct metrics_process process = metrics_read_process();
    process.loops = role->worker_count;
    process.log_lost = log_lost(role->log);
    process.configured_at_s = role->configured_at_s;
    is_healthy(role); /* a loop that hangs gives the figures it gave last */
    for (size_t i = 0; i < role->worker_count; i++)
        metrics_add(&sum, &role->workers[i].metrics);
    metrics_write(buf, &sum, &process);
    figures_write(role->figures, buf);
}

/* ---- configurations ---- */

/* An open socket stays the one it is: what came for the same address is a copy of it. */
static void take_listener(struct role *role, struct seki_str address, int *descriptor,
                          struct inbound_listener *listener)
{
    for (size_t i = 0; i < role->listener_count; i++) {
        if (role->listeners[i].fd >= 0 && seki_str_equal(role->listeners[i].address, address)) {
            *listener = (struct inbound_listener){ address, role->listeners[i].fd };
            role->listeners[i].fd = -1;
            return;
        }
    }
    *listener = (struct inbound_listener){ address, *descriptor };
    *descriptor = -1;
}

/* From here on the listeners are those of the next configuration. @return those that are not used any more */
static size_t swap_listeners(struct role *role, struct inbound_listener unused[CONFIG_LISTENERS_MAX])
{
    const struct config_texts *listen = &role->next->inbound.listen;
    struct inbound_listener listeners[CONFIG_LISTENERS_MAX];
    size_t unused_count = 0;
    for (size_t i = 0; i < listen->count; i++)
        take_listener(role, listen->items[i], &role->received->descriptors[CHANNEL_FIRST_SOCKET + i],
                      &listeners[i]);
    for (size_t i = 0; i < role->listener_count; i++) {
        if (role->listeners[i].fd >= 0)
            unused[unused_count++] = role->listeners[i];
    }
    memcpy(role->listeners, listeners, listen->count * sizeof *listeners);
    role->listener_count = listen->count;
    return unused_count;
}

static bool start_workers(struct role *role)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t wanted =
        role->next->daemon.loops > 0 ? (size_t)role->next->daemon.loops : (size_t)(cores > 0 ? cores : 1);
    while (role->worker_count < wanted && role->worker_count < LOOPS_MAX) {
        struct worker *worker = &role->workers[role->worker_count];
        worker->role = role;
        worker->loop = loop_start(&role->why);
        if (worker->loop == NULL)
            return false;
        role->worker_count++;
    }
    return on_all(role, open_worker);
}

static bool open_log(struct role *role)
{
    const struct config *config = role->next;
    role->log = log_open(&(struct log_options){ .to_syslog = config->log.to == CONFIG_LOG_SYSLOG,
                                                .as_json = config->log.format == CONFIG_LOG_JSON,
                                                .level = (enum log_level)config->log.level,
                                                .role = "inbound",
                                                .fd = STDERR_FILENO,
                                                .is_async = true },
                         &role->why);
    if (role->log != NULL)
        event_log_to(role->log);
    return role->log != NULL;
}

/* Once, with the first configuration. The filter comes before the first thread, or that would be without it. */
static bool start(struct role *role)
{
    if (role->log != NULL)
        return true;
    role->figures = figures_open(role->received->descriptors[CHANNEL_FIGURES], false, &role->why);
    return role->figures != NULL && privileges_deny_calls(&role->why) && open_log(role) && start_workers(role);
}

static bool open_metrics(struct role *role, struct metrics_http **http_out)
{
    const struct metrics_source source = { is_healthy, write_metrics, role };
    size_t index = CHANNEL_FIRST_SOCKET + role->next->inbound.listen.count;
    *http_out = NULL;
    if (role->next->metrics.listen.len == 0)
        return true;
    *http_out = metrics_http_new(role->base, role->received->descriptors[index], &source, &role->why);
    return *http_out != NULL;
}

/* Nothing that can be refused is left. Without memory now, the process ends and the supervisor starts another. */
static void commit(struct role *role, struct metrics_http *http)
{
    struct inbound_listener unused[CONFIG_LISTENERS_MAX];
    size_t unused_count = swap_listeners(role, unused);
    if (!on_all(role, commit_worker)) {
        log_reason(role->log, LOG_LEVEL_FATAL, "commit_failed", "%s", role->why.text);
        log_close(role->log);
        _exit(EXIT_FAILURE);
    }
    for (size_t i = 0; i < unused_count; i++) /* no loop accepts from them any more */
        close(unused[i].fd);
    metrics_http_free(role->http);
    role->http = http;
    config_unref(role->config);
    role->config = config_ref(role->next);
    role->configured_at_s = (int64_t)time(NULL);
}

static bool apply(struct role *role)
{
    struct metrics_http *http;
    size_t expected =
        CHANNEL_FIRST_SOCKET + role->next->inbound.listen.count + (role->next->metrics.listen.len > 0 ? 1 : 0);
    if (role->received->descriptor_count != expected) {
        seki_error_set(&role->why, "%zu descriptors came with the configuration instead of %zu",
                       role->received->descriptor_count, expected);
        return false;
    }
    if (!start(role))
        return false;
    if (on_all(role, prepare_worker) && open_metrics(role, &http)) {
        commit(role, http);
        return true;
    }
    on_all(role, discard_worker);
    return false;
}

static struct config *read_config(struct role *role)
{
    struct seki_buf text;
    struct config_problems problems;
    struct config *config = NULL;
    seki_buf_init(&text, CONFIG_FILE_MAX_OCTETS);
    config_problems_init(&problems);
    if (role->received->descriptor_count > 0 &&
        channel_file_to_text(role->received->descriptors[0], &text, &role->why)) {
        config = config_parse("configuration", seki_buf_str(&text), &problems);
        if (config == NULL)
            seki_error_set(&role->why, "%.*s", SEKI_STR_ARGS(seki_buf_str(&problems.text)));
    }
    config_problems_release(&problems);
    seki_buf_release(&text);
    return config;
}

static void end(struct role *role, int exit_status)
{
    role->exit_status = exit_status;
    event_base_loopbreak(role->base);
}

static void configure(struct role *role, struct channel_message *message)
{
    struct channel_message answer = { .kind = CHANNEL_REFUSED };
    role->received = message;
    seki_error_set(&role->why, "no configuration came");
    role->next = read_config(role);
    if (role->next != NULL && apply(role))
        answer.kind = CHANNEL_READY;
    else
        answer.text = role->why;
    config_unref(role->next);
    role->next = NULL;
    channel_close_descriptors(message);
    bool is_told = channel_send(role->channel, &answer, NULL);
    if (!is_told || role->config == NULL) /* with nothing to run by */
        end(role, EXIT_FAILURE);
}

/* ---- stop ---- */

static void on_stop_poll(evutil_socket_t fd, short what, void *user)
{
    struct role *role = user;
    size_t busy = 0;
    (void)fd, (void)what;
    on_all(role, count_busy);
    for (size_t i = 0; i < role->worker_count; i++)
        busy += role->workers[i].busy_count;
    if (busy > 0 && monotonic_s() < role->stop_until_s) {
        struct timeval interval = { .tv_usec = STOP_POLL_MS * 1000 };
        evtimer_add(role->stop_timer, &interval);
        return;
    }
    if (busy > 0)
        log_reason(role->log, LOG_LEVEL_WARNING, "stop_timeout",
                   "%zu messages were not finished; the MTA defers them", busy);
    end(role, EXIT_SUCCESS);
}

/* The sockets are closed here too, or connections would wait in a backlog that nobody serves. */
static void begin_stop(struct role *role)
{
    if (role->is_stopping)
        return;
    role->is_stopping = true;
    if (role->config == NULL) {
        end(role, EXIT_SUCCESS);
        return;
    }
    on_all(role, drain_worker);
    for (size_t i = 0; i < role->listener_count; i++)
        close(role->listeners[i].fd);
    role->listener_count = 0;
    role->stop_until_s = monotonic_s() + (int64_t)(role->config->daemon.stop_timeout_ms + 999) / 1000;
    on_stop_poll(-1, 0, role);
}

static void on_sigterm(evutil_socket_t fd, short what, void *user)
{
    (void)fd, (void)what;
    begin_stop(user);
}

/* ---- the process ---- */

static void on_channel(evutil_socket_t fd, short what, void *user)
{
    struct role *role = user;
    struct channel_message message;
    (void)what;
    switch (channel_receive(fd, &message)) {
    case CHANNEL_NOTHING: return;
    case CHANNEL_CLOSED: /* the supervisor is gone */
        event_del(role->channel_event);
        begin_stop(role);
        return;
    case CHANNEL_MESSAGE: break;
    }
    if (message.kind == CHANNEL_CONFIGURE && !role->is_stopping) {
        configure(role, &message);
        return;
    }
    channel_close_descriptors(&message);
    if (message.kind == CHANNEL_STOP)
        begin_stop(role);
}

/* Blocks of a message's arena are up to 256 KiB: below the first number they come from the heap, whose top is
 * given back past the second, so that messages cost no mmap() each and a burst does not stay. */
static void set_limits(void)
{
    struct rlimit files;
    mallopt(M_MMAP_THRESHOLD, MMAP_FROM_OCTETS);
    mallopt(M_TRIM_THRESHOLD, TRIM_ABOVE_OCTETS);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) { /* sessions and DNS sockets: as many as we may */
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

static bool open_events(struct role *role)
{
    role->base = event_base_new();
    if (role->base == NULL)
        return false;
    role->channel_event = event_new(role->base, role->channel, EV_READ | EV_PERSIST, on_channel, role);
    role->stop_timer = evtimer_new(role->base, on_stop_poll, role);
    role->sigterm = evsignal_new(role->base, SIGTERM, on_sigterm, role);
    return role->channel_event != NULL && role->stop_timer != NULL && role->sigterm != NULL &&
           event_add(role->channel_event, NULL) == 0 && event_add(role->sigterm, NULL) == 0;
}

static void free_event(struct event *event)
{
    if (event != NULL)
        event_free(event);
}

static void release(struct role *role)
{
    metrics_http_free(role->http);
    on_all(role, close_worker);
    for (size_t i = 0; i < role->worker_count; i++)
        loop_stop(role->workers[i].loop);
    free_event(role->channel_event);
    free_event(role->stop_timer);
    free_event(role->sigterm);
    if (role->base != NULL)
        event_base_free(role->base);
    config_unref(role->config);
    figures_close(role->figures);
    event_log_to(NULL);
    log_close(role->log);
}

int role_inbound_run(int channel)
{
    struct role *role = calloc(1, sizeof *role);
    if (role == NULL)
        return EXIT_FAILURE;
    role->channel = channel;
    prctl(PR_SET_NAME, "sekishod:inb");
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN); /* the supervisor's: a terminal sends them to all */
    signal(SIGINT, SIG_IGN);
    set_limits();
    if (open_events(role))
        event_base_dispatch(role->base);
    else
        role->exit_status = EXIT_FAILURE;
    release(role);
    int exit_status = role->exit_status;
    free(role);
    return exit_status;
}

/* One server on one event loop: accepts, moves octets, closes.
 *
 * Cost per message is the reason for its shape. A wake-up of a connection is one readv() into the buffer that all of
 * them share and at most one send(), whatever the number of packets; a connection is one persistent libevent event,
 * embedded in it, and costs epoll_ctl() only when it opens and closes. Work per wake-up is bounded by that one read
 * (MILTER_INPUT_OCTETS), so that a large message does not keep the others waiting.
 *
 * While a role thinks (MILTER_LATER) the event stays armed: an MTA that waits for its reply sends nothing, so what wakes
 * us is the MTA hanging up. Should it send all the same, the event is changed to one that only sees the hang-up. */
#include "milter/packet.h"
#include "milter/session.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEFAULT_MAX_SESSIONS      10000u
#define DEFAULT_MAX_PACKET_OCTETS (1024u * 1024u)
#define DEFAULT_IDLE_TIMEOUT_S    7200u
/* Accepted in one wake-up: enough for a burst, few enough that loops which share a listener share its load. */
#define ACCEPT_BATCH 32
/* How long not to accept after the system refused descriptors or memory. */
#define ACCEPT_PAUSE_MS 100
/* sendmail gives a filter up that says nothing for 10 s (its R=), also at the end of a message; Postfix does after
 * milter_content_timeout, 300 s. Both start anew when the filter reports progress. */
#define DEFAULT_PROGRESS_MS 2000u
/* Idleness is measured in this many parts of the time-out, by one timer for all connections. */
#define IDLE_TICKS 8u

struct connection {
    struct milter_session session; /* first: what the role holds is a pointer to it */
    struct milter_server *server;
    struct connection *previous, *next;
    struct event event;
    int fd;
    uint32_t active_tick;
    short watched;    /* what the event waits for */
    bool is_resuming; /* the decision came; octets may be held */
    bool is_doomed;   /* to be closed at the next wake-up */
    bool was_waiting; /* for the role, at the last progress tick */
    char *unsent;     /* what the socket would not take */
    size_t unsent_len;
};

struct milter_server {
    struct milter_engine engine; /* its role's hooks see sessions, never this */
    struct event_base *base;
    int listener;
    size_t max_sessions;
    struct connection *connections;
    struct event accept_event, pause_timer, idle_timer, progress_timer;
    struct milter_replies late; /* for a decision that comes while another session is in work */
    bool is_draining, is_accepting, is_short;
    uint32_t tick;
};

static struct timeval milliseconds(unsigned ms)
{
    return (struct timeval){ .tv_sec = (time_t)(ms / 1000), .tv_usec = (suseconds_t)(ms % 1000 * 1000) };
}

static void server_log(const struct milter_server *server, const struct milter_session *session,
                       const char *sentence)
{
    const struct milter_engine *engine = &server->engine;
    if (engine->handler->log != NULL)
        engine->handler->log(engine->role, session, sentence);
}

static void start_accepting(struct milter_server *server)
{
    if (!server->is_draining && !server->is_accepting)
        server->is_accepting = event_add(&server->accept_event, NULL) == 0;
}

static void stop_accepting(struct milter_server *server)
{
    if (server->is_accepting)
        event_del(&server->accept_event);
    server->is_accepting = false;
}

static void connection_close(struct connection *connection)
{
    struct milter_server *server = connection->server;
    event_del(&connection->event);
    close(connection->fd);
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        server->connections = connection->next;
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    milter_session_release(&connection->session);
    free(connection->unsent);
    free(connection);
    if (server->engine.counters.sessions-- == server->max_sessions)
        start_accepting(server);
}

static void on_connection(evutil_socket_t fd, short what, void *arg);

/* Change what the event waits for. False: libevent refused. */
static bool watch(struct connection *connection, short what)
{
    if (connection->watched == what)
        return true;
    if (connection->watched != 0)
        event_del(&connection->event);
    connection->watched = 0;
    short persistent = (short)(what | EV_PERSIST);
    if (event_assign(&connection->event, connection->server->base, connection->fd, persistent, on_connection,
                     connection) != 0 ||
        event_add(&connection->event, NULL) != 0)
        return false;
    connection->watched = what;
    return true;
}

/* Keep what the socket would not take, behind what it would not take before, and wait until it does. */
static bool keep_unsent(struct connection *connection, struct seki_str rest)
{
    char *longer = realloc(connection->unsent, connection->unsent_len + rest.len);
    if (longer == NULL)
        return false;
    memcpy(longer + connection->unsent_len, rest.ptr, rest.len);
    connection->unsent = longer;
    connection->unsent_len += rest.len;
    return watch(connection, EV_WRITE);
}

/* @return octets sent, 0 when the socket is full, -1 when the connection is lost */
static ssize_t send_some(int fd, struct seki_str octets)
{
    ssize_t sent = send(fd, octets.ptr, octets.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0)
        return sent;
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -1;
}

/* Send what the session has to say. False: the connection cannot go on. */
static bool flush(struct connection *connection)
{
    struct seki_buf *out = &connection->server->engine.replies.out;
    if (seki_buf_failed(out) != SEKI_OK) {
        server_log(connection->server, &connection->session, "no memory for a reply");
        seki_buf_clear(out);
        return false;
    }
    struct seki_str octets = seki_buf_str(out);
    if (octets.len == 0)
        return true;
    ssize_t sent = connection->unsent_len > 0 ? 0 : send_some(connection->fd, octets);
    bool is_well = sent >= 0;
    if (is_well && (size_t)sent < octets.len)
        is_well = keep_unsent(connection, seki_str_from(octets, (size_t)sent));
    seki_buf_clear(out);
    return is_well;
}

/* Go on sending. False: the connection cannot go on. */
static bool send_unsent(struct connection *connection)
{
    struct seki_str octets = { connection->unsent, connection->unsent_len };
    ssize_t sent = send_some(connection->fd, octets);
    if (sent < 0)
        return false;
    connection->unsent_len -= (size_t)sent;
    if (connection->unsent_len > 0) {
        memmove(connection->unsent, connection->unsent + sent, connection->unsent_len);
        return true;
    }
    free(connection->unsent);
    connection->unsent = NULL;
    return watch(connection, EV_READ);
}

/* The MTA waits for us; has it gone? What it sends meanwhile stays in the socket. */
static bool is_still_there(struct connection *connection, short what)
{
    char octet;
    if ((what & EV_CLOSED) != 0)
        return false;
    ssize_t len = recv(connection->fd, &octet, 1, MSG_PEEK | MSG_DONTWAIT);
    if (len > 0)
        return watch(connection, EV_CLOSED);
    return len < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

static enum milter_flow read_once(struct connection *connection)
{
    struct iovec vectors[2];
    size_t count = milter_session_prepare(&connection->session, vectors);
    if (count == 0) {
        server_log(connection->server, &connection->session, "no memory for an incomplete packet");
        return MILTER_FLOW_CLOSE;
    }
    ssize_t len = readv(connection->fd, vectors, (int)count);
    if (len > 0)
        return milter_session_received(&connection->session, (size_t)len);
    if (len < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return MILTER_FLOW_MORE;
    return MILTER_FLOW_CLOSE;
}

/* @return false when the connection is to be closed */
static bool serve(struct connection *connection, short what)
{
    connection->active_tick = connection->server->tick;
    if (connection->is_doomed)
        return false;
    if (connection->unsent_len > 0) {
        if (!send_unsent(connection))
            return false;
        if (connection->unsent_len > 0 || !connection->is_resuming)
            return true;
    }
    if (connection->session.state == MILTER_STATE_WAITING)
        return is_still_there(connection, what);
    enum milter_flow flow;
    if (connection->is_resuming) {
        connection->is_resuming = false;
        flow = milter_session_resume(&connection->session);
    } else {
        flow = read_once(connection);
    }
    bool is_well = flush(connection); /* also in front of an end: the MTA need not have waited to say QUIT */
    return is_well && flow != MILTER_FLOW_CLOSE;
}

static void on_connection(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    struct connection *connection = arg;
    if (!serve(connection, what)) {
        seki_buf_clear(&connection->server->engine.replies.out);
        connection_close(connection);
    }
}

static void swap_replies(struct milter_server *server)
{
    struct milter_replies current = server->engine.replies;
    server->engine.replies = server->late;
    server->late = current;
}

/* The decision came from outside end_of_message, perhaps from deep in the role, perhaps while another session is in
 * work: nothing of the role is called back, or closed, before the loop is. */
static void finish_late(struct connection *connection, const struct milter_decision *decision)
{
    struct milter_session *session = &connection->session;
    swap_replies(connection->server);
    milter_session_decide(session, decision);
    connection->is_doomed = !flush(connection) || (connection->unsent_len == 0 && !watch(connection, EV_READ));
    swap_replies(connection->server);
    connection->active_tick = connection->server->tick;
    connection->is_resuming = session->held_len > 0;
    if (connection->is_doomed || (connection->is_resuming && connection->unsent_len == 0))
        event_active(&connection->event, EV_READ, 0);
}

void milter_session_finish(struct milter_session *session, const struct milter_decision *decision)
{
    struct connection *connection = (struct connection *)session;
    if (session->state == MILTER_STATE_WAITING)
        finish_late(connection, decision);
    else if (session->state == MILTER_STATE_DECIDING) /* inside end_of_message: its reply leaves with the others */
        milter_session_decide(session, decision);
    else
        server_log(connection->server, session, "a decision came for a message that waits for none: ignored");
}

static void connection_open(struct milter_server *server, int fd)
{
    struct connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL) {
        close(fd);
        return;
    }
    connection->server = server;
    connection->fd = fd;
    connection->active_tick = server->tick;
    milter_session_init(&connection->session, &server->engine);
    if (!watch(connection, EV_READ)) {
        close(fd);
        free(connection);
        return;
    }
    connection->next = server->connections;
    if (connection->next != NULL)
        connection->next->previous = connection;
    server->connections = connection;
    server->engine.counters.connections++;
    server->engine.counters.sessions++;
}

/* No descriptors or memory left, or the listener is broken: trying again at once would only burn CPU. */
static void pause_accepting(struct milter_server *server, int error)
{
    struct timeval pause = milliseconds(ACCEPT_PAUSE_MS);
    if (!server->is_short) {
        struct seki_error why;
        seki_error_set(&why, "cannot accept connections, trying again every %d ms: %s", ACCEPT_PAUSE_MS,
                       strerror(error));
        server_log(server, NULL, why.text);
    }
    server->is_short = true;
    stop_accepting(server);
    if (event_add(&server->pause_timer, &pause) != 0)
        start_accepting(server);
}

static void on_listener(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    struct milter_server *server = arg;
    for (int i = 0; i < ACCEPT_BATCH && server->engine.counters.sessions < server->max_sessions; i++) {
        int accepted = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        int error = errno;
        if (accepted < 0) {
            if (error == EAGAIN || error == EWOULDBLOCK)
                break;
            if (error == EINTR || error == ECONNABORTED)
                continue;
            pause_accepting(server, error);
            return;
        }
        server->is_short = false;
        connection_open(server, accepted);
    }
    if (server->engine.counters.sessions >= server->max_sessions)
        stop_accepting(server);
}

static void on_pause_over(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct milter_server *server = arg;
    if (server->engine.counters.sessions < server->max_sessions)
        start_accepting(server);
}

static void on_idle_tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct milter_server *server = arg;
    server->tick++;
    for (struct connection *c = server->connections, *next; c != NULL; c = next) {
        next = c->next;
        bool is_ours_to_act = c->session.state == MILTER_STATE_WAITING;
        if (!is_ours_to_act && server->tick - c->active_tick > IDLE_TICKS)
            connection_close(c);
    }
}

/* Who waited at the last tick too waits long. False: the connection cannot go on. */
static bool report_progress(struct connection *connection)
{
    bool is_waiting = connection->session.state == MILTER_STATE_WAITING && !connection->is_doomed;
    bool is_long = is_waiting && connection->was_waiting;
    connection->was_waiting = is_waiting;
    if (!is_long)
        return true;
    milter_packet_plain(&connection->server->engine.replies.out, MILTER_RSP_PROGRESS);
    return flush(connection);
}

static void on_progress_tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct milter_server *server = arg;
    for (struct connection *c = server->connections, *next; c != NULL; c = next) {
        next = c->next;
        if (!report_progress(c))
            connection_close(c);
    }
}

static bool assign_events(struct milter_server *server, unsigned idle_timeout_s, unsigned progress_ms)
{
    struct timeval tick = milliseconds(idle_timeout_s < 3600u * 24 ? idle_timeout_s * (1000 / IDLE_TICKS)
                                                                   : 3600u * 24 * (1000 / IDLE_TICKS));
    struct timeval progress = milliseconds(progress_ms);
    return event_assign(&server->accept_event, server->base, server->listener, EV_READ | EV_PERSIST, on_listener,
                        server) == 0 &&
           event_assign(&server->pause_timer, server->base, -1, 0, on_pause_over, server) == 0 &&
           event_assign(&server->idle_timer, server->base, -1, EV_PERSIST, on_idle_tick, server) == 0 &&
           event_assign(&server->progress_timer, server->base, -1, EV_PERSIST, on_progress_tick, server) == 0 &&
           event_add(&server->idle_timer, &tick) == 0 && event_add(&server->progress_timer, &progress) == 0;
}

static size_t or_default(size_t value, size_t otherwise)
{
    return value > 0 ? value : otherwise;
}

struct milter_server *milter_server_new(struct event_base *base, int listener, const struct milter_handler *handler,
                                        void *role, const struct milter_limits *limits, struct seki_error *why)
{
    static const struct milter_limits defaults = { 0 };
    if (limits == NULL)
        limits = &defaults;
    struct milter_server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        seki_error_set(why, "cannot start the milter server: no memory");
        return NULL;
    }
    size_t max_packet_octets = or_default(limits->max_packet_octets, DEFAULT_MAX_PACKET_OCTETS);
    server->base = base;
    server->listener = listener;
    server->max_sessions = or_default(limits->max_sessions, DEFAULT_MAX_SESSIONS);
    unsigned idle_timeout_s = limits->idle_timeout_s > 0 ? limits->idle_timeout_s : DEFAULT_IDLE_TIMEOUT_S;
    unsigned progress_ms = limits->progress_ms > 0 ? limits->progress_ms : DEFAULT_PROGRESS_MS;
    milter_replies_init(&server->late);
    if (milter_engine_init(&server->engine, handler, role, max_packet_octets) == SEKI_OK &&
        assign_events(server, idle_timeout_s, progress_ms)) {
        start_accepting(server);
        if (server->is_accepting)
            return server;
    }
    seki_error_set(why, "cannot start the milter server: no memory, or the event loop refused the listener");
    milter_server_free(server);
    return NULL;
}

void milter_server_drain(struct milter_server *server)
{
    server->is_draining = true;
    stop_accepting(server);
    event_del(&server->pause_timer);
}

size_t milter_server_busy_count(const struct milter_server *server)
{
    return server->engine.busy_count;
}

struct milter_counters milter_server_counters(const struct milter_server *server)
{
    return server->engine.counters;
}

void milter_server_free(struct milter_server *server)
{
    if (server == NULL)
        return;
    server->is_draining = true;
    while (server->connections != NULL)
        connection_close(server->connections);
    stop_accepting(server);
    if (event_initialized(&server->pause_timer))
        event_del(&server->pause_timer);
    if (event_initialized(&server->idle_timer))
        event_del(&server->idle_timer);
    if (event_initialized(&server->progress_timer))
        event_del(&server->progress_timer);
    milter_engine_release(&server->engine);
    milter_replies_release(&server->late);
    free(server);
}

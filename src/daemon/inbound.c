/* Configurations, servers and their ends; the sessions are in inbound_session.c. */
#include "daemon/inbound_parts.h"

#include "daemon/config_table.h"

#include <stdlib.h>
#include <time.h>

#define SWEEP_INTERVAL_S 1

int64_t inbound_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- servers ---- */

static void count_server(struct metrics *metrics, const struct milter_server *milter)
{
    struct milter_counters counters = milter_server_counters(milter);
    metrics->connections += counters.connections;
    metrics->protocol_errors += counters.protocol_errors;
}

static void free_server(struct inbound *inbound, struct inbound_server **link)
{
    struct inbound_server *server = *link;
    *link = server->next;
    count_server(&inbound->metrics, server->milter);
    milter_server_free(server->milter);
    free(server);
}

static void schedule_sweep(struct inbound *inbound)
{
    struct timeval interval = { .tv_sec = SWEEP_INTERVAL_S };
    evtimer_add(inbound->sweep_timer, &interval);
}

static void on_sweep(evutil_socket_t fd, short what, void *user)
{
    struct inbound *inbound = user;
    bool has_draining = false;
    (void)fd, (void)what;
    for (struct inbound_server **link = &inbound->servers; *link != NULL;) {
        bool is_empty = milter_server_counters((*link)->milter).sessions == 0;
        if ((*link)->is_draining && is_empty) {
            free_server(inbound, link);
            continue;
        }
        has_draining = has_draining || (*link)->is_draining;
        link = &(*link)->next;
    }
    if (has_draining)
        schedule_sweep(inbound);
}

static void drain_server(struct inbound *inbound, struct inbound_server *server)
{
    if (server->is_draining)
        return;
    server->is_draining = true;
    milter_server_drain(server->milter);
    schedule_sweep(inbound);
}

static struct milter_limits limits_of(const struct config *config)
{
    return (struct milter_limits){
        .max_sessions = (size_t)config->limits.max_sessions,
        .max_packet_octets = (size_t)config->limits.max_packet_octets,
        .idle_timeout_s = (unsigned)(config->limits.idle_timeout_ms / 1000),
    };
}

static bool limits_equal(const struct milter_limits *a, const struct milter_limits *b)
{
    return a->max_sessions == b->max_sessions && a->max_packet_octets == b->max_packet_octets &&
           a->idle_timeout_s == b->idle_timeout_s;
}

static bool open_server(struct inbound *inbound, const struct inbound_listener *listener,
                        const struct milter_limits *limits, const struct milter_handler *handler,
                        struct seki_error *why)
{
    struct inbound_server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        seki_error_set(why, "no memory for a server");
        return false;
    }
    server->milter = milter_server_new(inbound->base, listener->fd, handler, inbound, limits, why);
    if (server->milter == NULL) {
        free(server);
        return false;
    }
    memcpy(server->address, listener->address.ptr, listener->address.len);
    server->limits = *limits;
    server->handler = handler;
    server->is_wanted = true;
    server->next = inbound->servers;
    inbound->servers = server;
    return true;
}

/* The server of this socket under these limits, new if there is none. Under other limits, or negotiating otherwise, there
 * may be an old one, which then is not wanted any more. */
static bool want_server(struct inbound *inbound, const struct inbound_listener *listener,
                        const struct milter_limits *limits, const struct milter_handler *handler,
                        struct seki_error *why)
{
    for (struct inbound_server *server = inbound->servers; server != NULL; server = server->next) {
        if (server->is_draining || server->handler != handler || !limits_equal(&server->limits, limits) ||
            !seki_str_equal(seki_str_of(server->address), listener->address))
            continue;
        server->is_wanted = true;
        return true;
    }
    return open_server(inbound, listener, limits, handler, why);
}

/* ---- configurations ---- */

bool inbound_prepare(struct inbound *inbound, struct config *config, struct seki_error *why)
{
    inbound->prepared = inbound_generation_new(inbound, config, why);
    return inbound->prepared != NULL;
}

void inbound_discard(struct inbound *inbound)
{
    inbound_generation_unref(inbound->prepared);
    inbound->prepared = NULL;
}

bool inbound_commit(struct inbound *inbound, const struct inbound_listener *listeners, size_t count,
                    struct seki_error *why)
{
    struct milter_limits limits = limits_of(inbound->prepared->config);
    const struct milter_handler *handler = inbound_handler_for(inbound->prepared->config);
    struct inbound_generation *before = inbound->current;
    inbound->current = inbound->prepared;
    inbound->prepared = NULL;
    inbound_generation_unref(before);
    arena_pool_set_max(&inbound->pool, (size_t)inbound->current->config->limits.message_memory_octets);
    for (struct inbound_server *server = inbound->servers; server != NULL; server = server->next)
        server->is_wanted = false;
    for (size_t i = 0; i < count; i++) {
        if (!want_server(inbound, &listeners[i], &limits, handler, why))
            return false;
    }
    for (struct inbound_server *server = inbound->servers; server != NULL; server = server->next) {
        if (!server->is_wanted)
            drain_server(inbound, server);
    }
    return true;
}

void inbound_drain(struct inbound *inbound)
{
    for (struct inbound_server *server = inbound->servers; server != NULL; server = server->next)
        drain_server(inbound, server);
}

size_t inbound_busy_count(const struct inbound *inbound)
{
    size_t count = 0;
    for (const struct inbound_server *server = inbound->servers; server != NULL; server = server->next)
        count += milter_server_busy_count(server->milter);
    return count;
}

struct metrics inbound_metrics(const struct inbound *inbound)
{
    struct metrics metrics = inbound->metrics;
    for (const struct inbound_server *server = inbound->servers; server != NULL; server = server->next) {
        count_server(&metrics, server->milter);
        metrics.sessions += milter_server_counters(server->milter).sessions;
    }
    metrics.busy_sessions = inbound_busy_count(inbound);
    for (const struct inbound_engine *engine = inbound->engines; engine != NULL; engine = engine->next)
        inbound_count_engine(&metrics, engine);
    return metrics;
}

/* ---- life ---- */

static void on_reap(evutil_socket_t fd, short what, void *user)
{
    (void)fd, (void)what;
    inbound_reap_engines(user);
}

struct inbound *inbound_new(struct event_base *base, struct log *log, unsigned loop)
{
    struct inbound *inbound = calloc(1, sizeof *inbound);
    if (inbound == NULL)
        return NULL;
    inbound->base = base;
    inbound->log = log;
    inbound->loop = loop;
    inbound->sweep_timer = evtimer_new(base, on_sweep, inbound);
    inbound->reap_timer = evtimer_new(base, on_reap, inbound);
    if (inbound->sweep_timer != NULL && inbound->reap_timer != NULL)
        return inbound;
    inbound_free(inbound);
    return NULL;
}

void inbound_free(struct inbound *inbound)
{
    if (inbound == NULL)
        return;
    while (inbound->servers != NULL)
        free_server(inbound, &inbound->servers);
    inbound_discard(inbound);
    inbound_generation_unref(inbound->current);
    inbound_reap_engines(inbound);
    if (inbound->keeper != NULL)
        quarantine_worker_free(inbound->keeper);
    if (inbound->sweep_timer != NULL)
        event_free(inbound->sweep_timer);
    if (inbound->reap_timer != NULL)
        event_free(inbound->reap_timer);
    arena_pool_release(&inbound->pool);
    free(inbound);
}

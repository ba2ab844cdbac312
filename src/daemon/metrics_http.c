#include "daemon/metrics_http.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define METRICS_MAX_OCTETS (256u * 1024u)
#define HEADER_MAX_OCTETS  8192
#define TIMEOUT_S          5

struct metrics_http {
    struct evhttp *http;
    struct metrics_source source;
};

static void reply(struct evhttp_request *request, int status, const char *reason, const char *type,
                  struct seki_str text)
{
    struct evbuffer *body = evbuffer_new();
    if (body == NULL || evbuffer_add(body, text.ptr, text.len) != 0) {
        evhttp_send_error(request, HTTP_INTERNAL, NULL);
    } else {
        evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", type);
        evhttp_send_reply(request, status, reason, body);
    }
    if (body != NULL)
        evbuffer_free(body);
}

static void on_metrics(struct evhttp_request *request, void *user)
{
    struct metrics_http *http = user;
    struct seki_buf text;
    seki_buf_init(&text, METRICS_MAX_OCTETS);
    http->source.write(http->source.user, &text);
    if (seki_buf_failed(&text) == SEKI_OK)
        reply(request, HTTP_OK, "OK", "text/plain; version=0.0.4; charset=utf-8", seki_buf_str(&text));
    else
        evhttp_send_error(request, HTTP_INTERNAL, NULL);
    seki_buf_release(&text);
}

static void on_health(struct evhttp_request *request, void *user)
{
    struct metrics_http *http = user;
    if (http->source.is_healthy(http->source.user))
        reply(request, HTTP_OK, "OK", "text/plain", SEKI_STR("ok\n"));
    else
        reply(request, HTTP_SERVUNAVAIL, "Service Unavailable", "text/plain",
              SEKI_STR("stopping, or a loop does not answer\n"));
}

/* libevent closes the socket with the server, but the caller keeps it: so a copy. */
static bool accept_on(struct metrics_http *http, int listener)
{
    int copy = fcntl(listener, F_DUPFD_CLOEXEC, 0);
    if (copy < 0)
        return false;
    if (evhttp_accept_socket(http->http, copy) == 0)
        return true;
    close(copy);
    return false;
}

struct metrics_http *metrics_http_new(struct event_base *base, int listener, const struct metrics_source *source,
                                      struct seki_error *why)
{
    struct metrics_http *http = calloc(1, sizeof *http);
    if (http != NULL)
        http->http = evhttp_new(base);
    if (http == NULL || http->http == NULL) {
        seki_error_set(why, "no memory for the metrics server");
        metrics_http_free(http);
        return NULL;
    }
    http->source = *source;
    evhttp_set_allowed_methods(http->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
    evhttp_set_max_headers_size(http->http, HEADER_MAX_OCTETS);
    evhttp_set_max_body_size(http->http, 0);
    evhttp_set_timeout(http->http, TIMEOUT_S);
    evhttp_set_cb(http->http, "/metrics", on_metrics, http);
    evhttp_set_cb(http->http, "/healthz", on_health, http);
    if (accept_on(http, listener))
        return http;
    seki_error_set(why, "cannot serve [metrics] listen");
    metrics_http_free(http);
    return NULL;
}

void metrics_http_free(struct metrics_http *http)
{
    if (http == NULL)
        return;
    if (http->http != NULL)
        evhttp_free(http->http);
    free(http);
}

/* Figures and health over HTTP: GET /metrics, GET /healthz, nothing else. */
#ifndef METRICS_HTTP_H
#define METRICS_HTTP_H

#include <sekisho/buf.h>

struct event_base;
struct metrics_http;

struct metrics_source {
    bool (*is_healthy)(void *user);
    void (*write)(void *user, struct seki_buf *buf);
    void *user;
};

/** @param listener a listening socket; a copy is taken */
struct metrics_http *metrics_http_new(struct event_base *base, int listener, const struct metrics_source *source,
                                      struct seki_error *why);
void metrics_http_free(struct metrics_http *http);

#endif

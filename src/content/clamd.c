/* clamd's INSTREAM (clamd(8)): "zINSTREAM\0", then chunks, each a length in four octets (network order) and that many octets,
 * a chunk of length zero at the end; then one reply, ended by NUL: "stream: OK", "stream: NAME FOUND" or a sentence that
 * ends in "ERROR".
 *
 * Over its StreamMaxLength clamd replies and closes while we still send. So a failure to write is no failure yet: what has
 * been said is read first.
 *
 *   SENDING ──end──► AWAITING ──reply, close, time──► TOLD
 *      └──cannot write──► LISTENING ──reply, close, time──┘ */
#include "content/clamd.h"

#include "content/clamd_address.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>
#include <unistd.h>

#define REPLY_MAX_OCTETS 1024u
#define CHUNK_MAX_OCTETS (64u * 1024u)

enum state {
    SENDING = 0, /* octets go out; a reply ends it early */
    LISTENING,   /* it takes no more, but may have said why */
    AWAITING,    /* all is sent or on its way */
    TOLD         /* nothing more is done or called */
};

struct content_scan {
    content_scan_done *done;
    void *user;
    struct bufferevent *connection; /* NULL: there was none to be had */
    struct event *timer;            /* for the reply, and to tell from the loop what is known already */
    struct timeval timeout;
    uint64_t left_octets; /* that may still be added */
    enum state state;
    struct content_scan_answer answer;
};

/* ---- the answer ---- */

static void set_answer(struct content_scan *scan, enum content_scan_result result, struct seki_str text)
{
    size_t len = text.len < CONTENT_SIGNATURE_MAX ? text.len : CONTENT_SIGNATURE_MAX;
    scan->answer = (struct content_scan_answer){ .result = result };
    for (size_t i = 0; i < len; i++)
        scan->answer.text[i] = text.ptr[i] >= 0x20 && text.ptr[i] <= 0x7E ? text.ptr[i] : '?';
}

static void tell(struct content_scan *scan)
{
    scan->state = TOLD;
    event_del(scan->timer);
    if (scan->connection != NULL)
        bufferevent_disable(scan->connection, EV_READ | EV_WRITE);
    scan->done(scan->user, &scan->answer);
}

static void give_up(struct content_scan *scan, const char *reason)
{
    set_answer(scan, CONTENT_SCAN_NO_ANSWER, seki_str_of(reason));
    tell(scan);
}

/* Not from within the caller's call: on the loop's next round. */
static void give_up_soon(struct content_scan *scan, enum content_scan_result result, const char *reason)
{
    static const struct timeval now = { 0, 0 };
    set_answer(scan, result, seki_str_of(reason));
    scan->state = TOLD;
    if (scan->connection != NULL)
        bufferevent_disable(scan->connection, EV_READ | EV_WRITE);
    event_add(scan->timer, &now);
}

static bool cut_end(struct seki_str *text, struct seki_str end)
{
    if (!seki_str_ends_with_nocase(*text, end))
        return false;
    text->len -= end.len;
    return true;
}

static void read_reply(struct content_scan *scan, struct seki_str reply)
{
    const struct seki_str prefix = SEKI_STR("stream: ");
    reply = seki_str_trim(reply);
    if (seki_str_starts_with(reply, prefix))
        reply = seki_str_from(reply, prefix.len);
    /* Before it has all, nothing can be said to be clean. */
    bool was_sent = scan->state == AWAITING && evbuffer_get_length(bufferevent_get_output(scan->connection)) == 0;
    if (cut_end(&reply, SEKI_STR(" FOUND")) && reply.len > 0)
        set_answer(scan, CONTENT_SCAN_FOUND, reply);
    else if (was_sent && seki_str_equal(reply, SEKI_STR("OK")))
        set_answer(scan, CONTENT_SCAN_CLEAN, SEKI_STR(""));
    else if (seki_str_starts_with(reply, SEKI_STR("INSTREAM size limit exceeded")))
        set_answer(scan, CONTENT_SCAN_TOO_LONG, reply);
    else
        set_answer(scan, CONTENT_SCAN_NO_ANSWER, reply.len > 0 ? reply : SEKI_STR("clamd said nothing"));
    tell(scan);
}

/* ---- the connection ---- */

/* @param is_last  there will be no more: what there is, is the reply */
static bool take_reply(struct content_scan *scan, bool is_last)
{
    struct evbuffer *input = bufferevent_get_input(scan->connection);
    struct evbuffer_ptr end = evbuffer_search(input, "\0", 1, NULL);
    size_t len = end.pos >= 0 ? (size_t)end.pos : evbuffer_get_length(input);
    if (len == 0 || (end.pos < 0 && !is_last && len < REPLY_MAX_OCTETS))
        return false;
    char text[REPLY_MAX_OCTETS];
    len = len < sizeof text ? len : sizeof text;
    ev_ssize_t copied = evbuffer_copyout(input, text, len);
    read_reply(scan, (struct seki_str){ text, copied > 0 ? (size_t)copied : 0 });
    return true;
}

static void on_readable(struct bufferevent *connection, void *user)
{
    struct content_scan *scan = user;
    (void)connection;
    if (scan->state != TOLD)
        take_reply(scan, false);
}

static void begin_listening(struct content_scan *scan)
{
    scan->state = LISTENING;
    bufferevent_disable(scan->connection, EV_WRITE);
    bufferevent_enable(scan->connection, EV_READ);
    event_add(scan->timer, &scan->timeout);
}

static void on_event(struct bufferevent *connection, short what, void *user)
{
    struct content_scan *scan = user;
    (void)connection;
    if (scan->state == TOLD || (what & BEV_EVENT_CONNECTED))
        return;
    if (what & BEV_EVENT_TIMEOUT)
        give_up(scan, "clamd takes no data");
    else if ((what & BEV_EVENT_WRITING) && scan->state != LISTENING)
        begin_listening(scan);
    else if (!take_reply(scan, true))
        give_up(scan, what & BEV_EVENT_EOF ? "clamd closed the connection" : "clamd cannot be reached");
}

static void on_timer(evutil_socket_t fd, short what, void *user)
{
    struct content_scan *scan = user;
    (void)fd, (void)what;
    if (scan->state == TOLD)
        scan->done(scan->user, &scan->answer);
    else
        give_up(scan, "clamd does not answer");
}

/* ---- the caller's side ---- */

static bool open_connection(struct content_scan *scan, struct event_base *base, struct seki_str address)
{
    const char *reason;
    int fd = content_clamd_connect(address, &reason);
    if (fd < 0) {
        give_up_soon(scan, CONTENT_SCAN_NO_ANSWER, reason);
        return true;
    }
    scan->connection = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    if (scan->connection == NULL) {
        close(fd);
        return false;
    }
    bufferevent_setcb(scan->connection, on_readable, NULL, on_event, scan);
    bufferevent_set_timeouts(scan->connection, NULL, &scan->timeout); /* only while there is something to write */
    bufferevent_setwatermark(scan->connection, EV_READ, 0, REPLY_MAX_OCTETS);
    return bufferevent_enable(scan->connection, EV_READ | EV_WRITE) == 0 &&
           bufferevent_write(scan->connection, "zINSTREAM", sizeof "zINSTREAM") == 0;
}

struct content_scan *content_scan_new(struct event_base *base, const struct content_clamd_options *options,
                                      content_scan_done *done, void *user)
{
    struct content_scan *scan = calloc(1, sizeof *scan);
    if (scan == NULL)
        return NULL;
    scan->done = done;
    scan->user = user;
    scan->left_octets = options->max_octets;
    scan->timeout.tv_sec = (time_t)(options->timeout_ms / 1000);
    scan->timeout.tv_usec = (suseconds_t)(options->timeout_ms % 1000 * 1000);
    scan->timer = evtimer_new(base, on_timer, scan);
    if (scan->timer != NULL && open_connection(scan, base, options->address))
        return scan;
    content_scan_free(scan);
    return NULL;
}

static bool send_chunk(struct content_scan *scan, struct seki_str octets)
{
    const unsigned char length[] = { (unsigned char)(octets.len >> 24), (unsigned char)(octets.len >> 16),
                                     (unsigned char)(octets.len >> 8), (unsigned char)octets.len };
    return bufferevent_write(scan->connection, length, sizeof length) == 0 &&
           (octets.len == 0 || bufferevent_write(scan->connection, octets.ptr, octets.len) == 0);
}

void content_scan_add(struct content_scan *scan, struct seki_str octets)
{
    if (scan->state != SENDING)
        return;
    if (octets.len > scan->left_octets) {
        give_up_soon(scan, CONTENT_SCAN_TOO_LONG, "the message is longer than may be scanned");
        return;
    }
    scan->left_octets -= octets.len;
    for (; octets.len > 0; octets = seki_str_from(octets, CHUNK_MAX_OCTETS)) {
        if (send_chunk(scan, seki_str_head(octets, CHUNK_MAX_OCTETS)))
            continue;
        give_up_soon(scan, CONTENT_SCAN_NO_ANSWER, "no memory");
        return;
    }
}

void content_scan_end(struct content_scan *scan)
{
    if (scan->state != SENDING)
        return;
    scan->state = AWAITING;
    if (!send_chunk(scan, SEKI_STR("")) || event_add(scan->timer, &scan->timeout) != 0)
        give_up_soon(scan, CONTENT_SCAN_NO_ANSWER, "no memory");
}

void content_scan_free(struct content_scan *scan)
{
    if (scan == NULL)
        return;
    if (scan->connection != NULL)
        bufferevent_free(scan->connection);
    if (scan->timer != NULL)
        event_free(scan->timer);
    free(scan);
}

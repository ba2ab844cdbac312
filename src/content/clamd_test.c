/* The client against a clamd that behaves, and against some that do not. Each peer is a script on a unix socket of its own
 * in the same loop, so that no test waits longer than the client's own time-out. */
#include "content/clamd.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* What the peer does. */
enum behaviour {
    ANSWERS,       /* reads to the end, then replies */
    REPLIES_EARLY, /* after the first octets; then closes with data unread, as past StreamMaxLength */
    CLOSES,        /* at once, without a word */
    HANGS_UP,      /* at the end, without a word */
    IS_SILENT,     /* reads all and says nothing */
    READS_NOTHING  /* and says nothing */
};

struct world {
    struct event_base *base;
    struct evconnlistener *listener;
    char address[128];
    const char *path;
    enum behaviour behaviour;
    struct seki_str reply;
    struct bufferevent *peer;
    struct evbuffer *received;
    unsigned told;
    struct content_scan *scan;
    struct content_scan_answer answer;
    bool is_in_call, frees_in_callback;
};

static bool has_all(struct evbuffer *received)
{
    static const char end[] = { 0, 0, 0, 0 };
    size_t len = evbuffer_get_length(received);
    char last[sizeof end];
    struct evbuffer_ptr at;
    if (len < sizeof "zINSTREAM" + sizeof end ||
        evbuffer_ptr_set(received, &at, len - sizeof end, EVBUFFER_PTR_SET) != 0)
        return false;
    return evbuffer_copyout_from(received, &at, last, sizeof last) == sizeof last &&
           memcmp(last, end, sizeof end) == 0;
}

static void close_peer(struct world *w)
{
    bufferevent_free(w->peer);
    w->peer = NULL;
}

static void peer_writes_out(struct bufferevent *peer, void *user)
{
    struct world *w = user;
    if (w->behaviour == REPLIES_EARLY && evbuffer_get_length(bufferevent_get_output(peer)) == 0)
        close_peer(w);
}

static void peer_reads(struct bufferevent *peer, void *user)
{
    struct world *w = user;
    if (w->behaviour != REPLIES_EARLY)
        bufferevent_read_buffer(peer, w->received);
    bool is_end = has_all(w->received);
    if ((w->behaviour == ANSWERS && is_end) || w->behaviour == REPLIES_EARLY) {
        bufferevent_disable(peer, EV_READ);
        bufferevent_write(peer, w->reply.ptr, w->reply.len);
    }
    if (w->behaviour == HANGS_UP && is_end)
        close_peer(w);
}

static void accept_peer(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *name, int len,
                        void *user)
{
    struct world *w = user;
    (void)listener, (void)name, (void)len;
    if (w->behaviour == CLOSES) {
        close(fd);
        return;
    }
    w->peer = bufferevent_socket_new(w->base, fd, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    bufferevent_setcb(w->peer, peer_reads, peer_writes_out, NULL, w);
    bufferevent_setwatermark(w->peer, EV_READ, 0, 4096);
    bufferevent_enable(w->peer, w->behaviour == READS_NOTHING ? EV_WRITE : EV_READ | EV_WRITE);
}

static void on_done(void *user, const struct content_scan_answer *answer)
{
    struct world *w = user;
    assert_false(w->is_in_call);
    w->told++;
    w->answer = *answer;
    if (w->frees_in_callback) {
        content_scan_free(w->scan);
        w->scan = NULL;
    }
    event_base_loopbreak(w->base);
}

static int open_world(void **state)
{
    static char path[64];
    struct world *w = calloc(1, sizeof *w);
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    snprintf(path, sizeof path, "/tmp/sekisho-clamd-test-%d.sock", (int)getpid());
    snprintf(name.sun_path, sizeof name.sun_path, "%s", path);
    snprintf(w->address, sizeof w->address, "unix:%s", path);
    unlink(path);
    w->path = path;
    w->base = event_base_new();
    w->received = evbuffer_new();
    w->listener = evconnlistener_new_bind(w->base, accept_peer, w, LEV_OPT_CLOSE_ON_FREE, 8,
                                          (struct sockaddr *)&name, sizeof name);
    *state = w;
    return w->listener != NULL ? 0 : -1;
}

static int close_world(void **state)
{
    struct world *w = *state;
    content_scan_free(w->scan);
    if (w->peer != NULL)
        bufferevent_free(w->peer);
    if (w->listener != NULL)
        evconnlistener_free(w->listener);
    evbuffer_free(w->received);
    event_base_free(w->base);
    unlink(w->path);
    free(w);
    return 0;
}

static void begin(struct world *w, uint64_t timeout_ms, uint64_t max_octets)
{
    const struct content_clamd_options options = { .address = seki_str_of(w->address),
                                                   .timeout_ms = timeout_ms,
                                                   .max_octets = max_octets };
    w->is_in_call = true;
    w->scan = content_scan_new(w->base, &options, on_done, w);
    assert_non_null(w->scan);
    w->is_in_call = false;
}

static void add(struct world *w, struct seki_str octets)
{
    w->is_in_call = true;
    content_scan_add(w->scan, octets);
    w->is_in_call = false;
}

static void finish(struct world *w)
{
    w->is_in_call = true;
    content_scan_end(w->scan);
    w->is_in_call = false;
    event_base_dispatch(w->base);
    assert_int_equal(w->told, 1);
    event_base_loop(w->base, EVLOOP_NONBLOCK); /* and not once more */
    assert_int_equal(w->told, 1);
}

static void each_reply_is_an_answer(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct seki_str reply;
        enum content_scan_result result;
        const char *text;
    } cases[] = {
        { "clean", SEKI_STR_INIT("stream: OK\0"), CONTENT_SCAN_CLEAN, "" },
        { "found", SEKI_STR_INIT("stream: Test.Signature.UNOFFICIAL FOUND\0"), CONTENT_SCAN_FOUND,
          "Test.Signature.UNOFFICIAL" },
        { "a line end before the NUL", SEKI_STR_INIT("stream: OK\n\0"), CONTENT_SCAN_CLEAN, "" },
        { "too long for clamd", SEKI_STR_INIT("INSTREAM size limit exceeded. ERROR\0"), CONTENT_SCAN_TOO_LONG,
          "INSTREAM size limit exceeded. ERROR" },
        { "nonsense", SEKI_STR_INIT("250 OK\0"), CONTENT_SCAN_NO_ANSWER, "250 OK" },
        { "a name that is missing", SEKI_STR_INIT("stream:  FOUND\0"), CONTENT_SCAN_NO_ANSWER,
          "clamd said nothing" },
        { "an empty reply", SEKI_STR_INIT(" \0"), CONTENT_SCAN_NO_ANSWER, "clamd said nothing" },
        { "what is not printable", SEKI_STR_INIT("stream: a\x1b[2Jb\xc3\xa9 FOUND\0"), CONTENT_SCAN_FOUND,
          "a?[2Jb??" },
        { "OK in the wrong place", SEKI_STR_INIT("stream: not OK\0"), CONTENT_SCAN_NO_ANSWER, "not OK" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world *w;
        assert_int_equal(open_world((void **)&w), 0);
        w->reply = cases[i].reply;
        begin(w, 5000, 1000);
        add(w, SEKI_STR("Subject: x\r\n\r\ntext\r\n"));
        finish(w);
        if (w->answer.result != cases[i].result || strcmp(w->answer.text, cases[i].text) != 0)
            fail_msg("%s: %d %s", cases[i].name, (int)w->answer.result, w->answer.text);
        close_world((void **)&w);
    }
}

/* clamd(8): "zINSTREAM\0", <length><data>, and a length of zero. */
static void the_message_is_sent_in_chunks(void **state)
{
    struct world *w = *state;
    static const char want[] = "zINSTREAM\0\0\0\0\3abc\0\0\0\1d\0\0\0\0";
    w->reply = SEKI_STR("stream: OK\0");
    begin(w, 5000, 4);
    add(w, SEKI_STR("abc"));
    add(w, SEKI_STR(""));
    add(w, SEKI_STR("d"));
    finish(w);
    assert_int_equal(evbuffer_get_length(w->received), sizeof want - 1);
    assert_memory_equal(evbuffer_pullup(w->received, -1), want, sizeof want - 1);
    assert_int_equal(w->answer.result, CONTENT_SCAN_CLEAN);
}

static void expect(void **state, enum behaviour behaviour, size_t octets, enum content_scan_result result,
                   const char *text)
{
    struct world *w = *state;
    char *message = malloc(octets);
    memset(message, 'x', octets);
    w->behaviour = behaviour;
    begin(w, 200, octets);
    add(w, (struct seki_str){ message, octets });
    free(message);
    finish(w);
    if (w->answer.result != result || strcmp(w->answer.text, text) != 0)
        fail_msg("%d %s", (int)w->answer.result, w->answer.text);
}

#define MIB (1024u * 1024u)

static void a_large_message_arrives_whole(void **state)
{
    struct world *w = *state;
    w->reply = SEKI_STR("stream: OK\0");
    expect(state, ANSWERS, 8 * MIB, CONTENT_SCAN_CLEAN, "");
    assert_true(evbuffer_get_length(w->received) > 8 * MIB);
}

static void what_clamd_said_before_it_closed_is_read(void **state)
{
    struct world *w = *state;
    w->reply = SEKI_STR("INSTREAM size limit exceeded. ERROR\0");
    expect(state, REPLIES_EARLY, 8 * MIB, CONTENT_SCAN_TOO_LONG, "INSTREAM size limit exceeded. ERROR");
}

static void something_found_early_counts(void **state)
{
    struct world *w = *state;
    w->reply = SEKI_STR("stream: Test FOUND\0");
    expect(state, REPLIES_EARLY, 8 * MIB, CONTENT_SCAN_FOUND, "Test");
}

static void clean_before_the_end_is_no_answer(void **state)
{
    struct world *w = *state;
    w->reply = SEKI_STR("stream: OK\0");
    expect(state, REPLIES_EARLY, 8 * MIB, CONTENT_SCAN_NO_ANSWER, "OK");
}

static void a_connection_closed_at_once(void **state)
{
    struct world *w = *state;
    w->behaviour = CLOSES;
    begin(w, 2000, 100);
    add(w, SEKI_STR("text"));
    finish(w);
    assert_int_equal(w->answer.result, CONTENT_SCAN_NO_ANSWER);
}

static void a_connection_closed_without_a_reply(void **state)
{
    expect(state, HANGS_UP, 100, CONTENT_SCAN_NO_ANSWER, "clamd closed the connection");
}

static void silence_ends_in_time(void **state)
{
    expect(state, IS_SILENT, 100, CONTENT_SCAN_NO_ANSWER, "clamd does not answer");
}

static void taking_nothing_ends_in_time(void **state)
{
    struct world *w = *state;
    expect(state, READS_NOTHING, 16 * MIB, CONTENT_SCAN_NO_ANSWER, w->answer.text);
    assert_true(strcmp(w->answer.text, "clamd takes no data") == 0 ||
                strcmp(w->answer.text, "clamd does not answer") == 0);
}

static void nobody_there(void **state)
{
    struct world *w = *state;
    evconnlistener_free(w->listener);
    w->listener = NULL;
    expect(state, ANSWERS, 100, CONTENT_SCAN_NO_ANSWER, "clamd cannot be reached");
}

static void a_message_over_the_bound(void **state)
{
    struct world *w = *state;
    begin(w, 5000, 10);
    add(w, SEKI_STR("12345"));
    add(w, SEKI_STR("678901"));
    add(w, SEKI_STR("more"));
    finish(w);
    assert_int_equal(w->answer.result, CONTENT_SCAN_TOO_LONG);
    assert_string_equal(w->answer.text, "the message is longer than may be scanned");
}

static void the_scan_may_be_freed_when_it_is_told(void **state)
{
    struct world *w = *state;
    w->frees_in_callback = true;
    w->reply = SEKI_STR("stream: OK\0");
    begin(w, 5000, 10);
    add(w, SEKI_STR("12345"));
    finish(w);
    assert_null(w->scan);
}

static void a_scan_that_is_freed_is_not_told(void **state)
{
    struct world *w = *state;
    w->reply = SEKI_STR("stream: OK\0");
    begin(w, 5000, 10);
    add(w, SEKI_STR("12345"));
    content_scan_end(w->scan);
    content_scan_free(w->scan);
    w->scan = NULL;
    for (int i = 0; i < 5; i++)
        event_base_loop(w->base, EVLOOP_NONBLOCK);
    assert_int_equal(w->told, 0);
    content_scan_free(NULL);
}

static void addresses_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *address;
        bool is_valid;
    } cases[] = {
        { "unix:/run/clamav/clamd.ctl", true },
        { "inet:127.0.0.1:3310", true },
        { "inet6:[::1]:3310", true },
        { "", false },
        { "/run/clamav/clamd.ctl", false },
        { "unix:clamd.ctl", false },
        { "unix:", false },
        { "inet:localhost:3310", false },
        { "inet:127.0.0.1", false },
        { "inet:127.0.0.1:0", false },
        { "inet:127.0.0.1:65536", false },
        { "inet:[::1]:3310", false },
        { "inet6:::1:3310", false },
        { "inet6:[::1]", false },
        { "inet6:[127.0.0.1]:3310", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (content_clamd_address_is_valid(seki_str_of(cases[i].address)) != cases[i].is_valid)
            fail_msg("%s", cases[i].address);
}

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    signal(SIGPIPE, SIG_IGN); /* as the daemon does */
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_reply_is_an_answer),
        IN_WORLD(the_message_is_sent_in_chunks),
        IN_WORLD(a_large_message_arrives_whole),
        IN_WORLD(what_clamd_said_before_it_closed_is_read),
        IN_WORLD(something_found_early_counts),
        IN_WORLD(clean_before_the_end_is_no_answer),
        IN_WORLD(a_connection_closed_at_once),
        IN_WORLD(a_connection_closed_without_a_reply),
        IN_WORLD(silence_ends_in_time),
        IN_WORLD(taking_nothing_ends_in_time),
        IN_WORLD(nobody_there),
        IN_WORLD(a_message_over_the_bound),
        IN_WORLD(the_scan_may_be_freed_when_it_is_told),
        IN_WORLD(a_scan_that_is_freed_is_not_told),
        cmocka_unit_test(addresses_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

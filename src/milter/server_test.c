/* The server over real sockets: a loop in a thread, the MTA's side in the test. */
#include "milter/server.h"

#include "milter/packet.h"
#include "support/milter_client.h"
#include "support/milter_recorder.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#define PATIENCE_MS 5000

/* A server in a thread of its own. The role's text may be read once the thread has ended (stop()). */
struct fixture {
    struct milter_recorder role;
    struct milter_handler handler;
    struct milter_limits limits;
    struct event_base *base;
    struct milter_server *server;
    int listener;
    bool is_unix;
    char address[128];
    int commands; /* eventfd: 1 stop, 2 drain */
    pthread_t thread;
    struct milter_decision decision;
    unsigned decide_after_ms;
    atomic_uint opens, closes, ends, logs, busy;
};

static struct fixture *current; /* the loop's callbacks have no other way to it */

static void *counting_open(void *role, struct milter_session *session)
{
    atomic_fetch_add(&current->opens, 1);
    return milter_recorder_handler.open(role, session);
}

static void counting_close(void *state)
{
    milter_recorder_handler.close(state);
    atomic_fetch_add(&current->closes, 1);
}

static void counting_log(void *role, const struct milter_session *session, const char *sentence)
{
    milter_recorder_handler.log(role, session, sentence);
    atomic_fetch_add(&current->logs, 1);
}

static void decide_now(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    milter_session_finish(arg, &current->decision);
}

/* Decides after a while, or, at 0 ms, never. */
static enum milter_action later_end_of_message(void *state)
{
    enum milter_action action = milter_recorder_handler.end_of_message(state);
    if (current->decide_after_ms > 0) {
        struct timeval delay = { .tv_usec = (suseconds_t)current->decide_after_ms * 1000 };
        event_base_once(current->base, -1, EV_TIMEOUT, decide_now, current->role.session, &delay);
    }
    atomic_fetch_add(&current->ends, 1);
    return action;
}

static void on_command(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    struct fixture *fixture = arg;
    eventfd_t command = 0;
    eventfd_read(fd, &command);
    if (command == 2)
        milter_server_drain(fixture->server);
    else
        event_base_loopbreak(fixture->base);
    atomic_store(&fixture->busy, (unsigned)milter_server_busy_count(fixture->server));
}

static void *run_loop(void *arg)
{
    struct fixture *fixture = arg;
    struct event *command = event_new(fixture->base, fixture->commands, EV_READ | EV_PERSIST, on_command, fixture);
    event_add(command, NULL);
    event_base_dispatch(fixture->base);
    event_free(command);
    return NULL;
}

static struct fixture *prepare(void)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    milter_recorder_init(&fixture->role);
    fixture->handler = milter_recorder_handler;
    fixture->handler.open = counting_open;
    fixture->handler.close = counting_close;
    fixture->handler.log = counting_log;
    fixture->handler.end_of_message = later_end_of_message;
    current = fixture;
    return fixture;
}

/* A port that the system chose, or with is_unix a socket file. */
static void listen_somewhere(struct fixture *fixture)
{
    struct seki_error why = { "" };
    struct sockaddr_in name;
    socklen_t len = sizeof name;
    if (fixture->is_unix)
        snprintf(fixture->address, sizeof fixture->address, "unix:/tmp/sekisho-server-test-%d", (int)getpid());
    fixture->listener = milter_listen(fixture->is_unix ? fixture->address : "inet:127.0.0.1:0", 0600, &why);
    assert_string_equal(why.text, "");
    if (fixture->is_unix)
        return;
    assert_int_equal(getsockname(fixture->listener, (struct sockaddr *)&name, &len), 0);
    snprintf(fixture->address, sizeof fixture->address, "inet:127.0.0.1:%u", ntohs(name.sin_port));
}

static void start(struct fixture *fixture)
{
    struct seki_error why = { "" };
    fixture->base = event_base_new();
    fixture->commands = eventfd(0, EFD_CLOEXEC);
    listen_somewhere(fixture);
    fixture->server = milter_server_new(fixture->base, fixture->listener, &fixture->handler, &fixture->role,
                                        &fixture->limits, &why);
    assert_non_null(fixture->server);
    assert_int_equal(pthread_create(&fixture->thread, NULL, run_loop, fixture), 0);
}

/* The loop ends; the server stands. */
static void stop(struct fixture *fixture)
{
    eventfd_write(fixture->commands, 1);
    pthread_join(fixture->thread, NULL);
}

static void tear_down(struct fixture *fixture)
{
    milter_server_free(fixture->server);
    event_base_free(fixture->base);
    close(fixture->commands);
    close(fixture->listener);
    if (fixture->is_unix)
        unlink(fixture->address + strlen("unix:"));
    milter_recorder_release(&fixture->role);
    free(fixture);
}

static void wait_for(const atomic_uint *counter, unsigned value)
{
    for (int waited_ms = 0; waited_ms < PATIENCE_MS && atomic_load(counter) < value; waited_ms++)
        usleep(1000);
    assert_true(atomic_load(counter) >= value);
}

static void meet(struct fixture *fixture, struct milter_client *mta)
{
    milter_client_init(mta);
    assert_true(milter_client_connect(mta, fixture->address));
    assert_true(milter_client_negotiate(mta));
}

static void meet_and_greet(struct fixture *fixture, struct milter_client *mta)
{
    meet(fixture, mta);
    assert_int_equal(milter_client_greet(mta, "mail.example.net", "192.0.2.1", "mail.example.net"), 'c');
}

static const char *const recipients[] = { "b@example.com", NULL };
static const struct milter_client_message sample = {
    .sender = "a@example.net",
    .recipients = recipients,
    .queue_id = "4XyZ",
    .text = SEKI_STR_INIT("From: a@example.net\r\nSubject: s\r\n\r\nhello\r\n"),
};
#define GREETING_EVENTS "open\nconnect:mail.example.net[192.0.2.1]\nhelo:mail.example.net\n"
#define SAMPLE_EVENTS                                                                                              \
    "mail:<a@example.net>\nrcpt:<b@example.com>\ndata\nfield:From= a@example.net\nfield:Subject= s\neoh\n"         \
    "body:hello\r\n\neom\n"

static const struct milter_field_insertion insertion = { 0, SEKI_STR_INIT("Authentication-Results"),
                                                         SEKI_STR_INIT("mx; none") };

static void messages_follow_each_other_on_one_connection(void **state)
{
    (void)state;
    struct fixture *fixture = prepare();
    start(fixture);
    struct milter_client mta;
    struct milter_client_verdict verdict;
    meet_and_greet(fixture, &mta);
    for (int i = 0; i < 3; i++) {
        milter_client_send_message(&mta, &sample, &verdict);
        assert_int_equal(verdict.code, 'c');
    }
    milter_client_quit(&mta);
    wait_for(&fixture->closes, 1);
    stop(fixture);
    assert_string_equal(milter_recorder_text(&fixture->role),
                        GREETING_EVENTS SAMPLE_EVENTS SAMPLE_EVENTS SAMPLE_EVENTS "close\n");
    struct milter_counters counters = milter_server_counters(fixture->server);
    assert_int_equal(counters.connections, 1);
    assert_int_equal(counters.messages, 3);
    assert_int_equal(counters.sessions, 0);
    assert_int_equal(counters.protocol_errors, 0);
    milter_client_release(&mta);
    tear_down(fixture);
}

static void a_late_decision_reaches_the_mta(void **state)
{
    (void)state;
    struct fixture *fixture = prepare();
    fixture->role.answers[MILTER_EVENT_EOM] = MILTER_LATER;
    fixture->decide_after_ms = 20;
    fixture->decision = (struct milter_decision){ .insertions = &insertion, .insertion_count = 1 };
    start(fixture);
    struct milter_client mta;
    struct milter_client_verdict verdict;
    meet_and_greet(fixture, &mta);
    for (int i = 0; i < 2; i++) {
        milter_client_send_message(&mta, &sample, &verdict);
        assert_int_equal(verdict.code, 'c');
        assert_int_equal(verdict.inserted, 1);
        assert_int_equal(verdict.first_index, 0);
        assert_string_equal(verdict.first_name, "Authentication-Results");
        assert_string_equal(verdict.first_value, " mx; none");
    }
    stop(fixture);
    milter_client_release(&mta);
    tear_down(fixture);
}

/* sendmail would give the filter up after R= otherwise. */
static void an_mta_that_waits_hears_that_we_are_still_there(void **state)
{
    (void)state;
    struct fixture *fixture = prepare();
    fixture->role.answers[MILTER_EVENT_EOM] = MILTER_LATER;
    fixture->limits.progress_ms = 20;
    fixture->decide_after_ms = 200;
    fixture->decision = (struct milter_decision){ .insertions = &insertion, .insertion_count = 1 };
    start(fixture);
    struct milter_client mta;
    struct milter_client_verdict verdict;
    meet_and_greet(fixture, &mta);
    for (int i = 0; i < 2; i++) {
        milter_client_send_message(&mta, &sample, &verdict);
        assert_true(verdict.progress >= 2);
        assert_int_equal(verdict.code, 'c');
        assert_int_equal(verdict.inserted, 1);
        usleep(100000); /* several ticks, and nobody waits */
        char octet;
        assert_int_equal(recv(mta.fd, &octet, 1, MSG_DONTWAIT), -1);
    }
    stop(fixture);
    assert_int_equal(milter_server_counters(fixture->server).protocol_errors, 0);
    milter_client_release(&mta);
    tear_down(fixture);
}

static void a_refusal_says_its_words(void **state)
{
    (void)state;
    struct fixture *fixture = prepare();
    fixture->role.answers[MILTER_EVENT_EOM] = MILTER_LATER;
    fixture->decide_after_ms = 1;
    fixture->decision = (struct milter_decision){ .action = MILTER_REJECT,
                                                  .insertions = &insertion,
                                                  .insertion_count = 1,
                                                  .reply = { 550, SEKI_STR("5.7.1"), SEKI_STR("DMARC policy") } };
    start(fixture);
    struct milter_client mta;
    struct milter_client_verdict verdict;
    meet_and_greet(fixture, &mta);
    milter_client_send_message(&mta, &sample, &verdict);
    assert_int_equal(verdict.code, 'y');
    assert_string_equal(verdict.words, "550 5.7.1 DMARC policy");
    assert_int_equal(verdict.inserted, 0);
    stop(fixture);
    milter_client_release(&mta);
    tear_down(fixture);
}

static void an_mta_that_hangs_up_while_the_role_thinks_is_noticed(void **state)
{
    (void)state;
    struct fixture *fixture = prepare();
    fixture->role.answers[MILTER_EVENT_EOM] = MILTER_LATER;
    start(fixture);
    for (unsigned round = 1; round <= 2; round++) {
        struct milter_client mta;
        struct seki_str body = SEKI_STR("x");
        meet_and_greet(fixture, &mta);
        assert_true(milter_client_put_mail(&mta, &sample));
        assert_int_equal(milter_client_ask(&mta).code, 'c');
        milter_client_put_body(&mta, &sample, &body);
        milter_client_put_eom(&mta, &sample);
        milter_client_flush(&mta);
        wait_for(&fixture->ends, round);
        if (round == 2) { /* with octets unread in front of the hang-up */
            milter_client_put(&mta, 'A', SEKI_STR(""));
            milter_client_flush(&mta);
            usleep(20000);
        }
        milter_client_release(&mta);
        wait_for(&fixture->closes, round);
    }
    stop(fixture);
    assert_int_equal(milter_server_counters(fixture->server).sessions, 0);
    assert_int_equal(milter_server_busy_count(fixture->server), 0);
    tear_down(fixture);
}

static void what_came_while_the_role_was_thinking_is_taken_up_after(void **state)
{
    (void)state;
    struct fixture *fixture = prepare();
    fixture->role.answers[MILTER_EVENT_EOM] = MILTER_LATER;
    fixture->decide_after_ms = 50;
    start(fixture);
    struct milter_client mta;
    meet_and_greet(fixture, &mta);
    milter_client_put_mail(&mta, &sample);
    milter_client_put_eom(&mta, &sample);
    milter_client_put(&mta, 'A', SEKI_STR("")); /* in one write with the end of message: held */
    milter_client_put_mail(&mta, &sample);
    assert_int_equal(milter_client_ask(&mta).code, 'c');
    wait_for(&fixture->ends, 1);
    milter_client_put_eom(&mta, &sample); /* stays in the socket */
    assert_int_equal(milter_client_ask(&mta).code, 'c');
    assert_int_equal(milter_client_ask(&mta).code, 'c');
    assert_int_equal(milter_client_ask(&mta).code, 'c');
    stop(fixture);
    assert_int_equal(milter_server_counters(fixture->server).messages, 2);
    milter_client_release(&mta);
    tear_down(fixture);
}

static void octets_may_come_one_by_one(void **state)
{
    (void)state;
    struct fixture *fixture = prepare();
    start(fixture);
    struct milter_client mta;
    meet_and_greet(fixture, &mta);
    milter_client_put_mail(&mta, &sample);
    struct seki_str rest = sample.text, name, value;
    while (milter_client_next_field(&rest, &name, &value))
        milter_client_put_field(&mta, &sample, name, value);
    milter_client_put_eoh(&mta, &sample);
    milter_client_put_body(&mta, &sample, &rest);
    milter_client_put_eom(&mta, &sample);
    struct seki_str octets = seki_buf_str(&mta.out);
    for (size_t i = 0; i < octets.len; i++)
        assert_int_equal(send(mta.fd, octets.ptr + i, 1, MSG_NOSIGNAL), 1);
    seki_buf_clear(&mta.out);
    assert_int_equal(milter_client_ask(&mta).code, 'c');
    assert_int_equal(milter_client_ask(&mta).code, 'c');
    stop(fixture);
    assert_string_equal(milter_recorder_text(&fixture->role),
                        GREETING_EVENTS "mail:<a@example.net>\nfield:From= a@example.net\nfield:Subject= s\neoh\n"
                                        "body:hello\r\n\neom\n");
    milter_client_release(&mta);
    tear_down(fixture);
}

static void a_large_body_streams_through_whole(void **state)
{
    (void)state;
    const size_t body_octets = 9u << 20;
    struct fixture *fixture = prepare();
    start(fixture);
    struct milter_client_message message = sample;
    struct seki_buf text;
    seki_buf_init(&text, 10u << 20);
    seki_buf_add(&text, SEKI_STR("A: b\r\n\r\n"));
    for (size_t i = 0; i < body_octets; i++)
        seki_buf_add_char(&text, (char)(i * 31 % 251));
    message.text = seki_buf_str(&text);
    struct milter_client mta;
    struct milter_client_verdict verdict;
    meet_and_greet(fixture, &mta);
    milter_client_send_message(&mta, &message, &verdict);
    assert_int_equal(verdict.code, 'c');
    stop(fixture);
    struct seki_str got = seki_buf_str(&fixture->role.text);
    const char *body = memmem(got.ptr, got.len, "\neoh\nbody:", 10);
    assert_non_null(body);
    assert_true(got.len - (size_t)(body + 10 - got.ptr) >= body_octets);
    assert_memory_equal(body + 10, text.ptr + 8, body_octets);
    seki_buf_release(&text);
    milter_client_release(&mta);
    tear_down(fixture);
}

static void a_decision_larger_than_the_socket_buffer_arrives_whole(void **state)
{
    (void)state;
    enum { INSERTIONS = 15, VALUE_OCTETS = 60000 };
    struct fixture *fixture = prepare();
    struct milter_field_insertion insertions[INSERTIONS];
    char *value = malloc(VALUE_OCTETS);
    assert_non_null(value);
    memset(value, 'v', VALUE_OCTETS);
    for (uint32_t i = 0; i < INSERTIONS; i++)
        insertions[i] = (struct milter_field_insertion){ i, SEKI_STR("X-Large"), { value, VALUE_OCTETS } };
    fixture->is_unix = true; /* its buffer holds 208 KiB; TCP's would grow */
    fixture->role.answers[MILTER_EVENT_EOM] = MILTER_LATER;
    fixture->decide_after_ms = 10;
    fixture->decision = (struct milter_decision){ .insertions = insertions, .insertion_count = INSERTIONS };
    start(fixture);
    struct milter_client mta;
    meet_and_greet(fixture, &mta);
    for (int message = 0; message < 2; message++) {
        milter_client_put_mail(&mta, &sample);
        assert_int_equal(milter_client_ask(&mta).code, 'c');
        milter_client_put_eom(&mta, &sample);
        milter_client_put(&mta, 'A', SEKI_STR("")); /* held, to be taken up when all has been sent */
        milter_client_flush(&mta);
        usleep(50000);
        for (int i = 0; i < INSERTIONS; i++) {
            struct milter_client_reply reply = milter_client_ask(&mta);
            assert_int_equal(reply.code, 'i');
            assert_int_equal(reply.payload.len, 4 + sizeof "X-Large" + 1 + VALUE_OCTETS + 1);
        }
        assert_int_equal(milter_client_ask(&mta).code, 'c');
    }
    stop(fixture);
    milter_client_release(&mta);
    tear_down(fixture);
    free(value);
}

static void beyond_the_limit_connections_wait(void **state)
{
    (void)state;
    struct fixture *fixture = prepare();
    fixture->handler = (struct milter_handler){ 0 };
    fixture->limits.max_sessions = 2;
    start(fixture);
    struct milter_client first, second, third;
    meet(fixture, &first);
    meet(fixture, &second);
    milter_client_init(&third);
    assert_true(milter_client_connect(&third, fixture->address));
    milter_client_put_offer(&third);
    milter_client_flush(&third);
    usleep(50000);
    char octet;
    assert_int_equal(recv(third.fd, &octet, 1, MSG_DONTWAIT), -1);
    milter_client_release(&first);
    struct milter_client_reply reply = milter_client_ask(&third);
    assert_true(milter_client_agree(&third, &reply));
    stop(fixture);
    assert_int_equal(milter_server_counters(fixture->server).connections, 3);
    assert_int_equal(milter_server_counters(fixture->server).sessions, 2);
    milter_client_release(&second);
    milter_client_release(&third);
    tear_down(fixture);
}

static void without_descriptors_accepting_pauses_and_comes_back(void **state)
{
    (void)state;
    struct fixture *fixture = prepare();
    start(fixture);
    struct milter_client mta;
    milter_client_init(&mta);
    struct rlimit before, none;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0; /* what is open stays open, and nothing more can be */
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in name;
    socklen_t len = sizeof name;
    assert_int_equal(getsockname(fixture->listener, (struct sockaddr *)&name, &len), 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&name, len), 0);
    wait_for(&fixture->logs, 1);
    usleep(250000);
    assert_int_equal(atomic_load(&fixture->logs), 1); /* twice tried again, said once */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    mta.fd = fd;
    assert_true(milter_client_negotiate(&mta));
    stop(fixture);
    milter_client_release(&mta);
    tear_down(fixture);
}

static void idle_connections_are_closed_but_not_those_that_wait_for_us(void **state)
{
    (void)state;
    struct fixture *fixture = prepare();
    fixture->role.answers[MILTER_EVENT_EOM] = MILTER_LATER;
    fixture->limits.idle_timeout_s = 1;
    start(fixture);
    struct milter_client idle, waiting;
    milter_client_init(&idle);
    assert_true(milter_client_connect(&idle, fixture->address));
    assert_true(milter_client_negotiate(&idle)); /* the role is told nothing before CONNECT */
    meet_and_greet(fixture, &waiting);
    milter_client_put_mail(&waiting, &sample);
    milter_client_put_eom(&waiting, &sample);
    milter_client_ask(&waiting);
    wait_for(&fixture->ends, 1);
    assert_int_equal(milter_client_ask(&idle).code, 0);
    stop(fixture);
    assert_int_equal(milter_server_counters(fixture->server).sessions, 1);
    assert_int_equal(milter_server_busy_count(fixture->server), 1);
    assert_int_equal(milter_server_counters(fixture->server).protocol_errors, 0);
    milter_client_release(&idle);
    milter_client_release(&waiting);
    tear_down(fixture);
}

static void draining_lets_sessions_go_on_and_takes_no_new_ones(void **state)
{
    (void)state;
    struct fixture *fixture = prepare();
    start(fixture);
    struct milter_client old, late;
    struct milter_client_verdict verdict;
    meet_and_greet(fixture, &old);
    milter_client_put_mail(&old, &sample);
    assert_int_equal(milter_client_ask(&old).code, 'c');
    eventfd_write(fixture->commands, 2);
    wait_for(&fixture->busy, 1);
    milter_client_init(&late);
    assert_true(milter_client_connect(&late, fixture->address)); /* into the backlog */
    milter_client_put_offer(&late);
    milter_client_flush(&late);
    milter_client_put_eom(&old, &sample);
    assert_int_equal(milter_client_ask(&old).code, 'c');
    milter_client_send_message(&old, &sample, &verdict);
    assert_int_equal(verdict.code, 'c');
    stop(fixture);
    assert_int_equal(milter_server_counters(fixture->server).connections, 1);
    assert_int_equal(milter_server_busy_count(fixture->server), 0);
    milter_client_release(&old);
    milter_client_release(&late);
    tear_down(fixture);
}

static void freeing_the_server_closes_what_is_under_way(void **state)
{
    (void)state;
    struct fixture *fixture = prepare();
    start(fixture);
    struct milter_client mta;
    meet_and_greet(fixture, &mta);
    milter_client_put_mail(&mta, &sample);
    assert_int_equal(milter_client_ask(&mta).code, 'c');
    stop(fixture);
    milter_server_free(fixture->server);
    fixture->server = NULL;
    assert_string_equal(milter_recorder_text(&fixture->role), GREETING_EVENTS "mail:<a@example.net>\nclose\n");
    assert_int_equal(milter_client_ask(&mta).code, 0);
    milter_client_release(&mta);
    tear_down(fixture);
}

static void a_broken_mta_costs_its_own_connection_only(void **state)
{
    (void)state;
    struct fixture *fixture = prepare();
    fixture->handler = (struct milter_handler){ .log = counting_log };
    start(fixture);
    struct milter_client sound, broken;
    struct milter_client_verdict verdict;
    meet(fixture, &sound);
    meet(fixture, &broken);
    seki_buf_add(&broken.out, SEKI_STR("\xff\xff\xff\xffM"));
    assert_int_equal(milter_client_ask(&broken).code, 0);
    milter_client_send_message(&sound, &sample, &verdict);
    assert_int_equal(verdict.code, 'c');
    stop(fixture);
    assert_int_equal(milter_server_counters(fixture->server).protocol_errors, 1);
    assert_int_equal(atomic_load(&fixture->logs), 1);
    milter_client_release(&sound);
    milter_client_release(&broken);
    tear_down(fixture);
}

static void a_reply_leaves_before_the_connection_does(void **state)
{
    (void)state;
    struct fixture *fixture = prepare();
    start(fixture);
    struct milter_client mta;
    meet_and_greet(fixture, &mta);
    milter_client_put_mail(&mta, &sample);
    milter_client_put_eom(&mta, &sample);
    milter_client_put(&mta, 'Q', SEKI_STR(""));
    assert_int_equal(milter_client_ask(&mta).code, 'c');
    assert_int_equal(milter_client_ask(&mta).code, 'c');
    assert_int_equal(milter_client_ask(&mta).code, 0);
    wait_for(&fixture->closes, 1);
    stop(fixture);
    milter_client_release(&mta);
    tear_down(fixture);
}

/* A role whose sessions end each other's waits: the state is the session itself. */
static struct milter_session *waiting;

static void *crossing_open(void *role, struct milter_session *session)
{
    (void)role;
    return session;
}

static enum milter_action crossing_mail(void *state, struct seki_str path)
{
    (void)path;
    const struct milter_reply words = { 550, SEKI_STR("5.7.1"), SEKI_STR("of this session") };
    if (waiting == NULL)
        return MILTER_CONTINUE;
    milter_session_set_reply(state, &words);
    milter_session_finish(waiting, &current->decision);
    return MILTER_REJECT;
}

static enum milter_action crossing_end_of_message(void *state)
{
    waiting = state;
    atomic_fetch_add(&current->ends, 1);
    return MILTER_LATER;
}

static void a_decision_may_come_from_within_another_session(void **state)
{
    (void)state;
    struct fixture *fixture = prepare();
    fixture->handler = (struct milter_handler){ .open = crossing_open,
                                                .mail = crossing_mail,
                                                .end_of_message = crossing_end_of_message };
    fixture->decision = (struct milter_decision){ .action = MILTER_TEMPFAIL,
                                                  .reply = { 451, SEKI_STR("4.7.1"), SEKI_STR("of the other") } };
    start(fixture);
    struct milter_client first, second;
    meet(fixture, &first);
    meet(fixture, &second);
    milter_client_put_mail(&first, &sample);
    assert_int_equal(milter_client_ask(&first).code, 'c');
    milter_client_put_eom(&first, &sample);
    milter_client_flush(&first);
    wait_for(&fixture->ends, 1);
    milter_client_put_mail(&second, &sample);
    struct milter_client_reply reply = milter_client_ask(&second);
    assert_true(seki_str_equal(reply.payload, SEKI_STR("550 5.7.1 of this session\0")));
    reply = milter_client_ask(&first);
    assert_true(seki_str_equal(reply.payload, SEKI_STR("451 4.7.1 of the other\0")));
    stop(fixture);
    milter_client_release(&first);
    milter_client_release(&second);
    tear_down(fixture);
}

static void servers_share_a_listener(void **state)
{
    (void)state;
    enum { CONNECTIONS = 100 };
    struct fixture *fixture = prepare();
    fixture->handler = (struct milter_handler){ 0 };
    start(fixture);
    struct event_base *base = event_base_new();
    struct milter_server *other = milter_server_new(base, fixture->listener, &fixture->handler, NULL, NULL, NULL);
    assert_non_null(other);
    struct milter_client mtas[CONNECTIONS];
    for (int i = 0; i < CONNECTIONS; i++) {
        milter_client_init(&mtas[i]);
        assert_true(milter_client_connect(&mtas[i], fixture->address));
        event_base_loop(base, EVLOOP_NONBLOCK);
        milter_client_put_offer(&mtas[i]);
        milter_client_flush(&mtas[i]);
    }
    for (int i = 0; i < CONNECTIONS; i++) {
        struct milter_client_reply reply = { 0 };
        while (recv(mtas[i].fd, &(char){ 0 }, 1, MSG_PEEK | MSG_DONTWAIT) < 0)
            event_base_loop(base, EVLOOP_NONBLOCK);
        reply = milter_client_ask(&mtas[i]);
        assert_true(milter_client_agree(&mtas[i], &reply));
    }
    stop(fixture);
    assert_int_equal(milter_server_counters(fixture->server).connections +
                         milter_server_counters(other).connections,
                     CONNECTIONS);
    for (int i = 0; i < CONNECTIONS; i++)
        milter_client_release(&mtas[i]);
    milter_server_free(other);
    event_base_free(base);
    tear_down(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_follow_each_other_on_one_connection),
        cmocka_unit_test(a_late_decision_reaches_the_mta),
        cmocka_unit_test(a_refusal_says_its_words),
        cmocka_unit_test(an_mta_that_hangs_up_while_the_role_thinks_is_noticed),
        cmocka_unit_test(what_came_while_the_role_was_thinking_is_taken_up_after),
        cmocka_unit_test(octets_may_come_one_by_one),
        cmocka_unit_test(a_large_body_streams_through_whole),
        cmocka_unit_test(a_decision_larger_than_the_socket_buffer_arrives_whole),
        cmocka_unit_test(beyond_the_limit_connections_wait),
        cmocka_unit_test(without_descriptors_accepting_pauses_and_comes_back),
        cmocka_unit_test(an_mta_that_waits_hears_that_we_are_still_there),
        cmocka_unit_test(idle_connections_are_closed_but_not_those_that_wait_for_us),
        cmocka_unit_test(draining_lets_sessions_go_on_and_takes_no_new_ones),
        cmocka_unit_test(freeing_the_server_closes_what_is_under_way),
        cmocka_unit_test(a_broken_mta_costs_its_own_connection_only),
        cmocka_unit_test(a_reply_leaves_before_the_connection_does),
        cmocka_unit_test(a_decision_may_come_from_within_another_session),
        cmocka_unit_test(servers_share_a_listener),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

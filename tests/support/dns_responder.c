/* dns_responder: a DNS server for tests and benchmarks.
 *
 * It answers from a master file as if it were both the authority for all of it and a resolver (RA is set), over UDP
 * and TCP on loopback. Every reply can be held back for a fixed time, any number at once, which is how "DNS at 20 ms"
 * is made; single names can be told to fail in every way that a server can.
 *
 * The delay is the same for all, so the replies held back stand in a list in the order of their time, under one
 * timer. */
#include "dns_reply.h"

#include "dns/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <getopt.h>
#include <signal.h>
#include <sys/queue.h>
#include <unistd.h>

#define MAX_FAULTS     256
#define UDP_BURST      64
#define RECEIVE_OCTETS (8 * 1024 * 1024)

struct tcp_client;

struct held_reply {
    TAILQ_ENTRY(held_reply) by_time;
    int64_t due_us;
    struct tcp_client *client; /* NULL: UDP */
    struct sockaddr_in to;
    size_t len;
    uint8_t octets[];
};
TAILQ_HEAD(held_list, held_reply);

struct fault {
    struct seki_dns_name name;
    enum dns_fault fault;
};

struct responder {
    struct event_base *base;
    struct event *timer;
    bool is_timer_set;
    int udp;
    struct master_file *zone;
    struct held_list held;
    int64_t delay_us, started_us;
    struct in_addr address;
    bool remembers;
    uint64_t *asked; /* hashes of questions; a table with open addressing, 0 = free */
    size_t asked_count, asked_slots;
    FILE *log;
    size_t fault_count;
    struct fault faults[MAX_FAULTS];
};

struct tcp_client {
    struct responder *responder;
    struct bufferevent *stream;
};

static const char *const fault_names[] = {
    [DNS_FAULT_NONE] = "none",       [DNS_FAULT_SERVFAIL] = "servfail", [DNS_FAULT_REFUSED] = "refused",
    [DNS_FAULT_FORMERR] = "formerr", [DNS_FAULT_TRUNCATE] = "truncate", [DNS_FAULT_GARBAGE] = "garbage",
    [DNS_FAULT_TIMEOUT] = "timeout",
};
#define FAULT_KINDS (sizeof fault_names / sizeof fault_names[0])

static void die(const char *what)
{
    fprintf(stderr, "dns_responder: %s\n", what);
    exit(1);
}

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* "*.example" means every name below example. */
static bool is_meant(const struct seki_dns_name *pattern, const struct seki_dns_name *name)
{
    bool is_wildcard = pattern->octets[0] == 1 && pattern->octets[1] == '*';
    size_t tail = is_wildcard ? pattern->len - 2u : pattern->len;
    if (!is_wildcard || name->len <= tail)
        return seki_dns_name_equal(pattern, name);
    struct seki_dns_name rest = *name;
    while (rest.len > tail)
        seki_dns_name_parent(&rest, &rest);
    return rest.len == tail && memcmp(rest.octets, pattern->octets + 2, tail) == 0;
}

static enum dns_fault fault_for(const struct responder *responder, const struct seki_dns_name *name)
{
    for (size_t i = 0; i < responder->fault_count; i++)
        if (is_meant(&responder->faults[i].name, name))
            return responder->faults[i].fault;
    return DNS_FAULT_NONE;
}

/* "MILLISECONDS udp NAME TYPE OUTCOME", the time since the start. */
static void log_query(const struct responder *responder, const struct dns_query *query, bool is_tcp,
                      enum dns_fault fault, const uint8_t *reply)
{
    if (responder->log == NULL)
        return;
    char name[DNS_NAME_MASTER_MAX];
    int64_t us = now_us() - responder->started_us;
    struct seki_str rcode = seki_dns_rcode_name(reply[3] & DNS_RCODE_MASK);
    const char *type = seki_rr_type_name((enum seki_rr_type)query->type);
    char number[16];
    snprintf(number, sizeof number, "TYPE%u", query->type);
    fprintf(responder->log, "%lld.%03d %s %s %s %.*s\n", (long long)(us / 1000), (int)(us % 1000),
            is_tcp ? "tcp" : "udp", seki_dns_name_to_master(&query->name, name),
            strcmp(type, "TYPE?") == 0 ? number : type,
            SEKI_STR_ARGS(fault == DNS_FAULT_NONE ? rcode : seki_str_of(fault_names[fault])));
}

static void send_reply(struct responder *responder, struct tcp_client *client, const struct sockaddr_in *to,
                       const uint8_t *octets, size_t len)
{
    if (client == NULL) {
        /* What the socket does not take is lost, as on a real network. */
        (void)!sendto(responder->udp, octets, len, 0, (const struct sockaddr *)to, sizeof *to);
        return;
    }
    uint8_t prefix[2] = { (uint8_t)(len >> 8), (uint8_t)len };
    bufferevent_write(client->stream, prefix, sizeof prefix);
    bufferevent_write(client->stream, octets, len);
}

static void watch_held(struct responder *responder)
{
    const struct held_reply *first = TAILQ_FIRST(&responder->held);
    if (first == NULL || responder->is_timer_set)
        return;
    int64_t wait_us = first->due_us - now_us();
    wait_us = wait_us > 0 ? wait_us : 0;
    struct timeval wait = { .tv_sec = wait_us / 1000000, .tv_usec = wait_us % 1000000 };
    responder->is_timer_set = event_add(responder->timer, &wait) == 0;
}

static void on_timer(evutil_socket_t fd, short events, void *user)
{
    struct responder *responder = user;
    (void)fd, (void)events;
    responder->is_timer_set = false;
    struct held_reply *reply;
    int64_t now = now_us();
    while ((reply = TAILQ_FIRST(&responder->held)) != NULL && reply->due_us <= now) {
        TAILQ_REMOVE(&responder->held, reply, by_time);
        send_reply(responder, reply->client, &reply->to, reply->octets, reply->len);
        free(reply);
    }
    watch_held(responder);
}

static void hold(struct responder *responder, struct tcp_client *client, const struct sockaddr_in *to,
                 const uint8_t *octets, size_t len)
{
    struct held_reply *reply = malloc(sizeof *reply + len);
    if (reply == NULL)
        return;
    *reply = (struct held_reply){ .due_us = now_us() + responder->delay_us, .client = client, .len = len };
    if (to != NULL)
        reply->to = *to;
    memcpy(reply->octets, octets, len);
    TAILQ_INSERT_TAIL(&responder->held, reply, by_time);
    watch_held(responder);
}

static bool enter_asked(uint64_t *slots, size_t count, uint64_t hash)
{
    size_t at = hash % count;
    while (slots[at] != 0 && slots[at] != hash)
        at = (at + 1) % count;
    bool is_new = slots[at] == 0;
    slots[at] = hash;
    return is_new;
}

static void grow_asked(struct responder *responder)
{
    size_t slots = responder->asked_slots == 0 ? 1024 : responder->asked_slots * 2;
    uint64_t *grown = calloc(slots, sizeof *grown);
    if (grown == NULL)
        die("no memory");
    for (size_t i = 0; i < responder->asked_slots; i++)
        if (responder->asked[i] != 0)
            enter_asked(grown, slots, responder->asked[i]);
    free(responder->asked);
    responder->asked = grown;
    responder->asked_slots = slots;
}

/* With --remember: was this asked before, so that a resolver would have it in its cache? FNV-1a; two questions with
 * one hash cost a delay that does not come. */
static bool is_remembered(struct responder *responder, const struct dns_query *query)
{
    if (!responder->remembers)
        return false;
    uint64_t hash = 0xcbf29ce484222325U ^ query->type;
    for (size_t i = 0; i < query->name.len; i++)
        hash = (hash ^ (uint8_t)seki_ascii_lower((char)query->name.octets[i])) * 0x100000001b3U;
    if (responder->asked_count * 2 >= responder->asked_slots)
        grow_asked(responder);
    bool is_new = enter_asked(responder->asked, responder->asked_slots, hash == 0 ? 1 : hash);
    responder->asked_count += is_new;
    return !is_new;
}

static void answer(struct responder *responder, struct tcp_client *client, const struct sockaddr_in *to,
                   const uint8_t *octets, size_t len)
{
    static uint8_t reply[DNS_REPLY_MAX];
    struct dns_query query;
    if (!dns_query_read(octets, len, &query))
        return;
    enum dns_fault fault = fault_for(responder, &query.name);
    size_t reply_len = dns_reply_write(responder->zone, &query, octets, fault, client != NULL, reply);
    log_query(responder, &query, client != NULL, fault, reply);
    if (fault == DNS_FAULT_TIMEOUT)
        return;
    if (responder->delay_us > 0 && !is_remembered(responder, &query))
        hold(responder, client, to, reply, reply_len);
    else
        send_reply(responder, client, to, reply, reply_len);
}

static void on_udp(evutil_socket_t fd, short events, void *user)
{
    (void)events;
    uint8_t octets[4096];
    struct sockaddr_in from;
    for (int i = 0; i < UDP_BURST; i++) {
        socklen_t from_len = sizeof from;
        ssize_t len = recvfrom(fd, octets, sizeof octets, 0, (struct sockaddr *)&from, &from_len);
        if (len < 0)
            return;
        answer(user, NULL, &from, octets, (size_t)len);
    }
}

static void tcp_client_free(struct tcp_client *client)
{
    struct held_list *held = &client->responder->held;
    for (struct held_reply *reply = TAILQ_FIRST(held), *next; reply != NULL; reply = next) {
        next = TAILQ_NEXT(reply, by_time);
        if (reply->client != client)
            continue;
        TAILQ_REMOVE(held, reply, by_time);
        free(reply);
    }
    bufferevent_free(client->stream);
    free(client);
}

/* A message over TCP has its length in front (RFC 1035 section 4.2.2). */
static void on_tcp_input(struct bufferevent *stream, void *user)
{
    struct tcp_client *client = user;
    struct evbuffer *input = bufferevent_get_input(stream);
    uint8_t prefix[2];
    while (evbuffer_copyout(input, prefix, sizeof prefix) == sizeof prefix) {
        size_t len = (size_t)prefix[0] * 256 + prefix[1];
        if (evbuffer_get_length(input) < len + 2)
            return;
        const uint8_t *octets = evbuffer_pullup(input, (ssize_t)len + 2);
        if (octets != NULL)
            answer(client->responder, client, NULL, octets + 2, len);
        evbuffer_drain(input, len + 2);
    }
}

static void on_tcp_event(struct bufferevent *stream, short events, void *user)
{
    (void)stream;
    if (events & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
        tcp_client_free(user);
}

static void on_tcp_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from, int from_len,
                          void *user)
{
    (void)listener, (void)from, (void)from_len;
    struct responder *responder = user;
    struct tcp_client *client = malloc(sizeof *client);
    struct bufferevent *stream = bufferevent_socket_new(responder->base, fd, BEV_OPT_CLOSE_ON_FREE);
    if (client == NULL || stream == NULL)
        die("no memory for a connection");
    *client = (struct tcp_client){ responder, stream };
    bufferevent_setcb(stream, on_tcp_input, NULL, on_tcp_event, client);
    bufferevent_enable(stream, EV_READ | EV_WRITE);
}

static struct evconnlistener *listen_on(struct responder *responder, uint16_t *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(*port) };
    address.sin_addr = responder->address;
    responder->udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (responder->udp < 0)
        die(strerror(errno));
    int size = RECEIVE_OCTETS;
    if (setsockopt(responder->udp, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
        setsockopt(responder->udp, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    socklen_t len = sizeof address;
    struct evconnlistener *listener = NULL;
    if (bind(responder->udp, (struct sockaddr *)&address, sizeof address) == 0 &&
        getsockname(responder->udp, (struct sockaddr *)&address, &len) == 0)
        listener = evconnlistener_new_bind(responder->base, on_tcp_accept, responder,
                                           LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_EXEC, 128,
                                           (struct sockaddr *)&address, sizeof address);
    if (listener != NULL)
        *port = ntohs(address.sin_port);
    else
        close(responder->udp);
    return listener;
}

/* With port 0, UDP picks one; when that is taken for TCP, another is tried. */
static struct evconnlistener *listen_somewhere(struct responder *responder, uint16_t *port)
{
    struct evconnlistener *listener = NULL;
    for (int tries = 0; listener == NULL && tries < (*port == 0 ? 20 : 1); tries++)
        listener = listen_on(responder, port);
    if (listener == NULL)
        die("cannot listen: is the port taken?");
    return listener;
}

static void add_fault(struct responder *responder, const char *text)
{
    struct seki_str spec = seki_str_of(text);
    size_t at = seki_str_find_last(spec, '=');
    struct fault *fault = &responder->faults[responder->fault_count++];
    static const struct seki_dns_name root = { .len = 1 };
    if (responder->fault_count == MAX_FAULTS)
        die("too many --fail");
    for (size_t i = 1; i < FAULT_KINDS; i++)
        if (seki_str_equal(seki_str_from(spec, at + 1), seki_str_of(fault_names[i])))
            fault->fault = (enum dns_fault)i;
    if (fault->fault == DNS_FAULT_NONE || !seki_dns_name_from_master(seki_str_head(spec, at), &root, &fault->name))
        die("--fail: write NAME=servfail, refused, formerr, truncate, garbage or timeout");
}

static uint64_t number_of(const char *option, const char *text, uint64_t max)
{
    uint64_t value = 0;
    if (!seki_str_to_u64(seki_str_of(text), max, &value)) {
        fprintf(stderr, "dns_responder: %s: a number up to %llu\n", option, (unsigned long long)max);
        exit(2);
    }
    return value;
}

static void load_zone(struct responder *responder, const char *path)
{
    struct seki_error why;
    if (responder->zone != NULL)
        die("one --zone only");
    responder->zone = master_file_load(path, &why);
    if (responder->zone == NULL)
        die(why.text);
}

static void open_log(struct responder *responder, const char *path)
{
    responder->log = fopen(path, "we");
    if (responder->log == NULL)
        die(strerror(errno));
    setvbuf(responder->log, NULL, _IOLBF, BUFSIZ); /* so that a test that waits for a line sees it */
}

static void read_address(struct responder *responder, const char *text)
{
    if (inet_pton(AF_INET, text, &responder->address) != 1)
        die("--address: an IPv4 address");
}

static int usage(void)
{
    fputs("usage: dns_responder --zone FILE [--address IP] [--port N] [--delay-ms N [--remember]]\n"
          "                     [--fail NAME=HOW]... [--log FILE]\n"
          "Answers from a master file on 127.0.0.1, UDP and TCP, and prints \"127.0.0.1:PORT\" once it does.\n"
          "  --address IP     listens there instead\n"
          "  --port N         0, the default, takes a free one\n"
          "  --delay-ms N     holds every reply back for so long\n"
          "  --remember       but answers what was asked before at once, as a resolver with a cache does\n"
          "  --fail NAME=HOW  HOW: servfail, refused, formerr, truncate (UDP), garbage, timeout;\n"
          "                   *.NAME means every name below it\n"
          "  --log FILE       a line per query: milliseconds, udp or tcp, name, type, outcome\n"
          "Negative answers carry the SOA that the file has for the name; without one nobody caches them long.\n",
          stderr);
    return 2;
}

static bool read_options(struct responder *responder, int argc, char **argv, uint16_t *port_out)
{
    static const struct option options[] = {
        { "zone", required_argument, NULL, 'z' },     { "port", required_argument, NULL, 'p' },
        { "delay-ms", required_argument, NULL, 'd' }, { "fail", required_argument, NULL, 'f' },
        { "log", required_argument, NULL, 'l' },      { "address", required_argument, NULL, 'a' },
        { "remember", no_argument, NULL, 'r' },       { 0 },
    };
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'z': load_zone(responder, optarg); break;
        case 'p': *port_out = (uint16_t)number_of("--port", optarg, UINT16_MAX); break;
        case 'd': responder->delay_us = (int64_t)number_of("--delay-ms", optarg, 3600000) * 1000; break;
        case 'f': add_fault(responder, optarg); break;
        case 'a': read_address(responder, optarg); break;
        case 'r': responder->remembers = true; break;
        case 'l': open_log(responder, optarg); break;
        default: return false;
        }
    }
    return optind == argc && responder->zone != NULL;
}

static void on_signal(evutil_socket_t signal, short events, void *user)
{
    (void)signal, (void)events;
    event_base_loopbreak(user);
}

static struct event_base *make_base(void)
{
    struct event_config *config = event_config_new();
    if (config == NULL)
        die("no memory");
    event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER); /* a delay of 20 ms is not 21 */
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    if (base == NULL)
        die("no event loop");
    return base;
}

static void run(struct responder *responder, uint16_t port)
{
    static const int signals[] = { SIGTERM, SIGINT };
    struct event *stops[2];
    struct evconnlistener *listener = listen_somewhere(responder, &port);
    struct event *readable = event_new(responder->base, responder->udp, EV_READ | EV_PERSIST, on_udp, responder);
    responder->timer = evtimer_new(responder->base, on_timer, responder);
    if (readable == NULL || responder->timer == NULL || event_add(readable, NULL) != 0)
        die("no memory");
    for (size_t i = 0; i < 2; i++) {
        stops[i] = evsignal_new(responder->base, signals[i], on_signal, responder->base);
        if (stops[i] == NULL || evsignal_add(stops[i], NULL) != 0)
            die("no memory");
    }
    char address[INET_ADDRSTRLEN] = "";
    inet_ntop(AF_INET, &responder->address, address, sizeof address);
    printf("%s:%u\n", address, port);
    fflush(stdout);
    event_base_dispatch(responder->base);
    for (size_t i = 0; i < 2; i++)
        event_free(stops[i]);
    event_free(readable);
    event_free(responder->timer);
    evconnlistener_free(listener);
}

int main(int argc, char **argv)
{
    static struct responder responder;
    uint16_t port = 0;
    TAILQ_INIT(&responder.held);
    responder.started_us = now_us();
    responder.address.s_addr = htonl(INADDR_LOOPBACK);
    if (!read_options(&responder, argc, argv, &port))
        return usage();
    signal(SIGPIPE, SIG_IGN);
    responder.base = make_base();
    run(&responder, port);
    for (struct held_reply *reply; (reply = TAILQ_FIRST(&responder.held)) != NULL;) {
        TAILQ_REMOVE(&responder.held, reply, by_time);
        free(reply);
    }
    event_base_free(responder.base);
    master_file_free(responder.zone);
    free(responder.asked);
    if (responder.log != NULL)
        fclose(responder.log);
    return 0;
}

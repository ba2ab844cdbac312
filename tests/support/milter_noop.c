/* The least a milter can do: takes all fields and bodies in and lets every message pass. The benchmarks' floor, the
 * milter's end-to-end check, and the smallest example of a role. */
#include "milter/server.h"

#include <event2/event.h>
#include <getopt.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

struct role {
    struct milter_server *server;
    struct event_base *base;
    const char *address;
    bool hashes;
    EVP_MD *sha256;
    struct milter_field_insertion insertion; /* name "": none */
    unsigned later_ms;                       /* 0: decides at once */
};

struct state {
    struct role *role;
    struct milter_session *session;
    EVP_MD_CTX *hash; /* NULL: none */
    unsigned char digest[EVP_MAX_MD_SIZE];
    struct event *later;
};

static void decide(struct state *state)
{
    const struct role *role = state->role;
    struct milter_decision decision = { .insertions = &role->insertion,
                                        .insertion_count = role->insertion.name.len > 0 ? 1 : 0 };
    milter_session_finish(state->session, &decision);
}

static void on_later(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    decide(arg);
}

static void on_close(void *state)
{
    struct state *s = state;
    EVP_MD_CTX_free(s->hash);
    if (s->later != NULL)
        event_free(s->later);
    free(s);
}

static void *on_open(void *role, struct milter_session *session)
{
    struct role *r = role;
    struct state *state = calloc(1, sizeof *state);
    if (state == NULL)
        return NULL;
    state->role = r;
    state->session = session;
    state->hash = r->hashes ? EVP_MD_CTX_new() : NULL;
    state->later = r->later_ms > 0 ? evtimer_new(r->base, on_later, state) : NULL;
    if ((state->hash != NULL) == r->hashes && (state->later != NULL) == (r->later_ms > 0))
        return state;
    on_close(state);
    return NULL;
}

static void on_field(void *state, struct seki_str name, struct seki_str value)
{
    (void)state;
    (void)name;
    (void)value;
}

static void on_end_of_header(void *state)
{
    struct state *s = state;
    if (s->hash != NULL)
        EVP_DigestInit_ex(s->hash, s->role->sha256, NULL);
}

static void on_body(void *state, struct seki_str octets)
{
    struct state *s = state;
    if (s->hash != NULL)
        EVP_DigestUpdate(s->hash, octets.ptr, octets.len);
}

static enum milter_action on_end_of_message(void *state)
{
    struct state *s = state;
    if (s->hash != NULL)
        EVP_DigestFinal_ex(s->hash, s->digest, NULL);
    if (s->later != NULL) {
        struct timeval delay = { .tv_sec = s->role->later_ms / 1000,
                                 .tv_usec = (suseconds_t)(s->role->later_ms % 1000 * 1000) };
        event_add(s->later, &delay);
        return MILTER_LATER;
    }
    if (s->role->insertion.name.len == 0)
        return MILTER_CONTINUE;
    decide(s);
    return MILTER_LATER;
}

static void on_log(void *role, const struct milter_session *session, const char *sentence)
{
    (void)role;
    (void)session;
    fprintf(stderr, "milter_noop: %s\n", sentence);
}

static const struct milter_handler handler = {
    .open = on_open,
    .close = on_close,
    .field = on_field,
    .end_of_header = on_end_of_header,
    .body = on_body,
    .end_of_message = on_end_of_message,
    .log = on_log,
};

static void usage(FILE *out)
{
    fputs("usage: milter_noop --listen ADDRESS [--hash] [--insert 'Name: value'] [--later MS]\n"
          "  --listen  unix:/path or inet:ADDR:PORT\n"
          "  --hash    SHA-256 of each body, thrown away\n"
          "  --insert  a field on top of every message\n"
          "  --later   let every message wait so long for its answer\n"
          "Says on standard output when it listens; SIGTERM ends it, and it says how much it did.\n",
          out);
}

static bool read_insertion(struct role *role, const char *field)
{
    struct seki_str text = seki_str_of(field);
    size_t colon = seki_str_find(text, ':');
    role->insertion.name = seki_str_head(text, colon);
    role->insertion.value = seki_str_trim(seki_str_from(text, colon + 1));
    return colon > 0 && colon < text.len;
}

static bool read_number(const char *text, unsigned *number_out)
{
    uint64_t number;
    if (!seki_str_to_u64(seki_str_of(text), 3600000, &number))
        return false;
    *number_out = (unsigned)number;
    return true;
}

static bool read_options(struct role *role, int argc, char **argv)
{
    static const struct option options[] = {
        { "listen", required_argument, NULL, 'l' },
        { "hash", no_argument, NULL, 'h' },
        { "insert", required_argument, NULL, 'i' },
        { "later", required_argument, NULL, 't' },
        { NULL, 0, NULL, 0 },
    };
    bool is_well = true;
    int option;
    while (is_well && (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'l': role->address = optarg; break;
        case 'h': role->hashes = true; break;
        case 'i': is_well = read_insertion(role, optarg); break;
        case 't': is_well = read_number(optarg, &role->later_ms); break;
        default: is_well = false;
        }
    }
    return is_well && optind == argc && role->address != NULL;
}

static void on_signal(evutil_socket_t number, short what, void *arg)
{
    (void)number;
    (void)what;
    event_base_loopbreak(arg);
}

static void report(const struct role *role)
{
    struct milter_counters counters = milter_server_counters(role->server);
    struct rusage usage = { 0 };
    getrusage(RUSAGE_SELF, &usage);
    double cpu_us = 1e6 * (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                    (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    printf("connections=%llu messages=%llu protocol_errors=%llu cpu_us=%.0f max_rss_kib=%ld\n",
           (unsigned long long)counters.connections, (unsigned long long)counters.messages,
           (unsigned long long)counters.protocol_errors, cpu_us, usage.ru_maxrss);
}

static int serve(struct role *role)
{
    struct seki_error why;
    int listener = milter_listen(role->address, 0666, &why);
    role->base = event_base_new();
    if (listener >= 0 && role->base != NULL)
        role->server = milter_server_new(role->base, listener, &handler, role, NULL, &why);
    if (role->server == NULL) {
        fprintf(stderr, "milter_noop: %s\n", why.text);
        return 1;
    }
    struct event *end = evsignal_new(role->base, SIGTERM, on_signal, role->base);
    struct event *interrupt = evsignal_new(role->base, SIGINT, on_signal, role->base);
    if (end == NULL || interrupt == NULL || event_add(end, NULL) != 0 || event_add(interrupt, NULL) != 0)
        return 1;
    printf("listening on %s\n", role->address);
    fflush(stdout);
    event_base_dispatch(role->base);
    report(role);
    milter_server_free(role->server);
    event_free(end);
    event_free(interrupt);
    event_base_free(role->base);
    return 0;
}

int main(int argc, char **argv)
{
    struct role role = { 0 };
    if (!read_options(&role, argc, argv)) {
        usage(stderr);
        return 2;
    }
    role.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    int status = role.sha256 != NULL ? serve(&role) : 1;
    EVP_MD_free(role.sha256);
    return status;
}

/* Sends a corpus through a chain of milters over many sessions at once, from one thread, and prints what it saw as
 * one JSON object: how fast, how long each message took, which verdicts came back.
 *
 *   milter_load --milter inet:127.0.0.1:PORT [--milter …] --corpus FOLDER --set warm|cold --sessions N --messages N
 *               [--per-connection N] [--seconds N] [--start N] [--show]
 *
 * The order is fixed: message k of a run is message (start + k) of the set, whoever sends it. "eom" is the time from
 * the last octet of a message to the last reply of the last milter; "whole" counts from its MAIL command. */
#include "load.h"

#include <getopt.h>
#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

static void die(const char *what, const char *name)
{
    fprintf(stderr, "milter_load: %s %s\n", what, name);
    exit(2);
}

int64_t load_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

bool load_next_message(struct load_session *session)
{
    struct load *load = session->load;
    session->message = NULL;
    int64_t limit_ns = load->options.seconds * 1000000000LL;
    if (load->handed_out == load->options.messages ||
        (load->started && limit_ns > 0 && load_now_ns() - load->first_ns > limit_ns))
        return false;
    session->queue_id = load->handed_out++;
    session->message = &load->corpus.messages[(load->options.start + session->queue_id) % load->corpus.count];
    return true;
}

static uint32_t since_us(int64_t from_ns, int64_t until_ns)
{
    int64_t us = (until_ns - from_ns) / 1000;
    return us < 0 ? 0 : us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

void load_message_done(struct load_session *session)
{
    struct load *load = session->load;
    load->last_ns = load_now_ns();
    load->whole_us[load->finished] = since_us(session->start_ns, load->last_ns);
    load->eom_us[load->finished] =
        since_us(session->eom_ns != 0 ? session->eom_ns : session->start_ns, load->last_ns);
    load->finished++;
    load->refused += session->refused;
    for (size_t i = 0; i < LOAD_VERDICTS; i++)
        load->verdicts[i] += session->saw[i];
}

/* -- the command line ------------------------------------------------------------------------------------- */

static void add_milter(struct load_options *options, struct seki_str text)
{
    struct load_milter_address *address = &options->milters[options->milter_count];
    if (options->milter_count++ == LOAD_MAX_MILTERS)
        die("too many milters:", text.ptr);
    address->is_unix = seki_str_starts_with(text, SEKI_STR("unix:"));
    struct seki_str host = seki_str_from(text, 5);
    if (!address->is_unix) {
        size_t colon = seki_str_find_last(text, ':');
        uint64_t port = 0;
        if (!seki_str_starts_with(text, SEKI_STR("inet:")) ||
            !seki_str_to_u64(seki_str_from(text, colon + 1), UINT16_MAX, &port) || port == 0 || colon < 5)
            die("neither inet:ADDR:PORT nor unix:PATH:", text.ptr);
        address->port = (uint16_t)port;
        host = seki_str_head(host, colon - 5);
    }
    if (host.len >= sizeof address->host)
        die("too long:", text.ptr);
    memcpy(address->host, host.ptr, host.len);
}

static size_t number(const char *text, size_t max)
{
    uint64_t value = 0;
    if (!seki_str_to_u64(seki_str_of(text), max, &value))
        die("not a number within bounds:", text);
    return (size_t)value;
}

static struct load_options read_options(int argc, char **argv)
{
    static const struct option table[] = {
        { "milter", required_argument, NULL, 'm' },   { "corpus", required_argument, NULL, 'c' },
        { "set", required_argument, NULL, 's' },      { "sessions", required_argument, NULL, 'n' },
        { "messages", required_argument, NULL, 'k' }, { "per-connection", required_argument, NULL, 'p' },
        { "seconds", required_argument, NULL, 't' },  { "start", required_argument, NULL, 'f' },
        { "show", no_argument, NULL, 'w' },           { NULL, 0, NULL, 0 },
    };
    struct load_options options = { .sessions = 1, .messages = 1, .per_connection = 100, .set = "warm" };
    for (int c; (c = getopt_long(argc, argv, "", table, NULL)) != -1;) {
        switch (c) {
        case 'm': add_milter(&options, seki_str_of(optarg)); break;
        case 'c': options.folder = optarg; break;
        case 's': options.set = optarg; break;
        case 'n': options.sessions = number(optarg, 10000); break;
        case 'k': options.messages = number(optarg, 10000000); break;
        case 'p': options.per_connection = number(optarg, SIZE_MAX); break;
        case 't': options.seconds = (unsigned)number(optarg, 86400); break;
        case 'f': options.start = number(optarg, 10000000); break;
        case 'w': options.show = true; break;
        default: exit(2);
        }
    }
    if (options.milter_count == 0 || options.folder == NULL || optind != argc)
        die("--milter, --corpus are needed;", "see the top of milter_load.c");
    return options;
}

/* -- the loop --------------------------------------------------------------------------------------------- */

static void *need(void *memory)
{
    if (memory == NULL)
        die("no memory", "");
    return memory;
}

static void prepare(struct load *load)
{
    const struct load_options *options = &load->options;
    load->corpus = corpus_load(options->folder, options->set);
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    load->sessions = need(calloc(options->sessions, sizeof *load->sessions));
    load->whole_us = need(calloc(options->messages, sizeof *load->whole_us));
    load->eom_us = need(calloc(options->messages, sizeof *load->eom_us));
    load->to_open_end = &load->to_open;
    for (size_t i = 0; i < options->sessions; i++) {
        load->sessions[i].load = load;
        for (size_t k = 0; k < LOAD_MAX_MILTERS; k++)
            load->sessions[i].peers[k].fd = -1;
        load_session_queue(&load->sessions[i]);
    }
}

/* Ends when every message handed out is back, when too much failed, or when nothing happens for a minute. */
static void work(struct load *load)
{
    struct epoll_event events[256];
    int got;
    do {
        load_open_queued(load);
        if (load->finished == load->handed_out || load->errors >= 1000)
            return;
        got = epoll_wait(load->epoll, events, 256, 60000);
        for (int i = 0; i < got; i++)
            load_peer_event(events[i].data.ptr, (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0,
                            (events[i].events & EPOLLOUT) != 0);
    } while (got > 0);
    load->errors += load->handed_out - load->finished;
}

static int compare(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void print_times(const char *name, uint32_t *us, size_t count)
{
    qsort(us, count, sizeof *us, compare);
    static const struct {
        const char *name;
        unsigned per_mille;
    } points[] = { { "p50", 500 }, { "p95", 950 }, { "p99", 990 }, { "max", 1000 } };
    printf("  \"%s_us\": {", name);
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        size_t rank = count * points[i].per_mille / 1000;
        printf("%s\"%s\": %u", i > 0 ? ", " : "", points[i].name,
               count == 0 ? 0 : us[rank < count ? rank : count - 1]);
    }
    printf("},\n");
}

static void print_report(struct load *load)
{
    double seconds = (double)(load->last_ns - load->first_ns) / 1e9;
    printf("{\n  \"messages\": %zu, \"seconds\": %.3f, \"rate\": %.1f,\n", load->finished, seconds,
           seconds > 0 ? (double)load->finished / seconds : 0.0);
    print_times("eom", load->eom_us, load->finished);
    print_times("whole", load->whole_us, load->finished);
    printf("  \"refused\": %zu, \"errors\": %zu, \"inserted_fields\": %zu,\n  \"verdicts\": {", load->refused,
           load->errors, load->inserted);
    for (size_t i = 0; i < LOAD_VERDICTS; i++)
        printf("%s\"%s\": %zu", i > 0 ? ", " : "", load_verdict_words[i], load->verdicts[i]);
    printf("}\n}\n");
}

int main(int argc, char **argv)
{
    struct load load = { .options = read_options(argc, argv) };
    signal(SIGPIPE, SIG_IGN);
    prepare(&load);
    work(&load);
    print_report(&load);
    for (size_t i = 0; i < load.options.sessions; i++)
        load_session_close(&load.sessions[i]);
    free(load.sessions);
    free(load.whole_us);
    free(load.eom_us);
    corpus_release(&load.corpus);
    return load.errors == 0 && load.finished > 0 ? 0 : 1;
}

/* The resolver against a real server on loopback (tests/support/dns_server.h). */
#include "dns/driver/resolver.h"

#include "dns/driver/resolver_setup.h"
#include "support/dns_server.h"

#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <unistd.h>

static const char zone[] = "$ORIGIN example.com.\n"
                           "$TTL 300\n"
                           "@        SOA   ns host 1 1h 1h 1h 300\n"
                           "@        TXT   \"v=spf1 \" \"-all\"\n"
                           "@        MX    10 mail\n"
                           "mail     A     192.0.2.1\n"
                           "mail     AAAA  2001:db8::1\n"
                           "alias    60 CNAME mail\n"
                           "null     MX    0 .\n"
                           "odd\\032\\\"\\\\\\255 TXT odd\n"
                           "short    1 TXT short\n"
                           "zero     0 TXT zero\n"
                           "*.many   TXT   many\n"
                           "www.site.test.                TXT test\n"
                           "1.2.0.192.in-addr.arpa.       PTR mail\n"
                           "5.0.168.192.in-addr.arpa.     PTR inside\n"
                           "2.0.0.127.in-addr.arpa.       PTR loop\n";

struct fixture {
    struct dns_server *server;
    struct event_base *base;
    struct resolver *resolver;
    struct seki_arena *arena;
    struct seki_answers *answers;
    struct resolver_lookup *lookup;
    unsigned progress_count;
    bool is_pumping;
};

static void progress(void *user)
{
    struct fixture *f = user;
    assert_false(f->is_pumping);
    f->progress_count++;
}

static size_t pump(struct fixture *f)
{
    f->is_pumping = true;
    size_t open = resolver_pump(f->lookup);
    f->is_pumping = false;
    return open;
}

/* A fresh table and look-up, as for another message. */
static void next_message(struct fixture *f)
{
    resolver_lookup_end(f->lookup);
    if (f->arena != NULL)
        seki_arena_free(f->arena);
    f->arena = seki_arena_new(16u << 20);
    f->answers = seki_answers_new(f->arena, 5000);
    f->lookup = resolver_lookup_new(f->resolver, f->answers, progress, f);
    f->progress_count = 0;
    assert_non_null(f->lookup);
}

static struct fixture *start(const char *const *server_options, struct resolver_options options)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct seki_error why = { "" };
    assert_non_null(f);
    f->server = dns_server_start(zone, server_options);
    f->base = event_base_new();
    options.nameservers = dns_server_address(f->server);
    f->resolver = resolver_new(f->base, &options, &why);
    assert_string_equal(why.text, "");
    next_message(f);
    return f;
}

static void stop(struct fixture *f)
{
    resolver_lookup_end(f->lookup);
    resolver_free(f->resolver);
    event_base_free(f->base);
    seki_arena_free(f->arena);
    dns_server_stop(f->server);
    free(f);
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Run the loop for 10 ms. */
static void turn(struct fixture *f)
{
    event_base_loopexit(f->base, &(struct timeval){ .tv_usec = 10000 });
    event_base_dispatch(f->base);
}

/* Run the loop until nothing is open, or so long. @return how long it took */
static int64_t run(struct fixture *f, int64_t max_ms)
{
    int64_t start_ms = now_ms();
    while (seki_answers_open_count(f->answers) > 0 && now_ms() - start_ms < max_ms)
        turn(f);
    return now_ms() - start_ms;
}

static const struct seki_answer *ask(struct fixture *f, const char *name, enum seki_rr_type type)
{
    const struct seki_answer *answer = seki_answers_ask(f->answers, seki_str_of(name), type);
    assert_non_null(answer);
    return answer;
}

static const struct seki_answer *resolve(struct fixture *f, const char *name, enum seki_rr_type type)
{
    const struct seki_answer *answer = ask(f, name, type);
    if (pump(f) > 0)
        run(f, 10000);
    return answer;
}

/* "status text…", as in master_file_test.c */
static void assert_answer(const struct seki_answer *answer, const char *want)
{
    char got[1024];
    size_t used = (size_t)snprintf(got, sizeof got, "%s", seki_answer_status_name(answer->status));
    for (size_t i = 0; i < answer->record_count; i++) {
        const struct seki_record *r = &answer->records[i];
        char address[SEKI_IP_TEXT_MAX];
        if (r->address.octet_count > 0)
            used += (size_t)snprintf(got + used, sizeof got - used, " %s", seki_ip_format(&r->address, address));
        else
            used +=
                (size_t)snprintf(got + used, sizeof got - used, " %u:%.*s", r->preference, SEKI_STR_ARGS(r->text));
    }
    if (answer->failure.len > 0)
        snprintf(got + used, sizeof got - used, " (%.*s)", SEKI_STR_ARGS(answer->failure));
    assert_string_equal(got, want);
}

static void every_type_and_every_kind_of_no(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum seki_rr_type type;
        const char *want;
        uint32_t ttl_s;
    } cases[] = {
        { "example.com", SEKI_RR_TXT, "found 0:v=spf1 -all", 300 },
        { "EXAMPLE.com", SEKI_RR_MX, "found 10:mail.example.com", 300 },
        { "null.example.com", SEKI_RR_MX, "found 0:", 300 },
        { "mail.example.com", SEKI_RR_A, "found 192.0.2.1", 300 },
        { "mail.example.com", SEKI_RR_AAAA, "found 2001:db8::1", 300 },
        { "alias.example.com", SEKI_RR_A, "found 192.0.2.1", 60 },
        { "1.2.0.192.in-addr.arpa", SEKI_RR_PTR, "found 0:mail.example.com", 300 },
        { "mail.example.com", SEKI_RR_TXT, "nodata", 0 },
        { "alias.example.com", SEKI_RR_TXT, "nodata", 0 },
        { "many.example.com", SEKI_RR_TXT, "nodata", 0 },
        { "nobody.example.com", SEKI_RR_TXT, "nxdomain", 0 },
        { "odd \"\\\xff.example.com", SEKI_RR_TXT, "found 0:odd", 300 },
    };
    const struct seki_answer *answers[sizeof cases / sizeof cases[0]];
    struct fixture *f = start(NULL, (struct resolver_options){ 0 });
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        answers[i] = ask(f, cases[i].name, cases[i].type);
    pump(f);
    run(f, 5000);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_answer(answers[i], cases[i].want);
        assert_int_equal(answers[i]->ttl_s, cases[i].ttl_s);
        assert_int_equal(answers[i]->dnssec, SEKI_DNSSEC_UNKNOWN);
        assert_true(answers[i]->answered_at_us > answers[i]->asked_at_us);
    }
    struct resolver_counters counters = resolver_counters(f->resolver);
    assert_int_equal(counters.asked, sizeof cases / sizeof cases[0]);
    assert_int_equal(counters.answered, sizeof cases / sizeof cases[0]);
    stop(f);
}

static void a_cached_answer_stands_when_pump_returns(void **state)
{
    (void)state;
    struct fixture *f = start(NULL, (struct resolver_options){ 0 });
    resolve(f, "example.com", SEKI_RR_TXT);
    resolve(f, "nobody.example.com", SEKI_RR_TXT);
    next_message(f);
    const struct seki_answer *found = ask(f, "example.com", SEKI_RR_TXT),
                             *missing = ask(f, "nobody.example.com", SEKI_RR_TXT);
    assert_int_equal(pump(f), 0);
    assert_answer(found, "found 0:v=spf1 -all");
    assert_answer(missing, "nxdomain");
    event_base_loop(f->base, EVLOOP_NONBLOCK);
    assert_int_equal(f->progress_count, 0);
    assert_int_equal(dns_server_count(f->server, " example.com. TXT"), 1);
    assert_int_equal(dns_server_count(f->server, "nobody.example.com. TXT"), 1);
    stop(f);
}

static void a_ttl_is_kept_to(void **state)
{
    (void)state;
    struct fixture *f = start(NULL, (struct resolver_options){ 0 });
    assert_int_equal(resolve(f, "short.example.com", SEKI_RR_TXT)->ttl_s, 1);
    next_message(f);
    assert_answer(resolve(f, "zero.example.com", SEKI_RR_TXT), "found 0:zero");
    usleep(2100000); /* libunbound's clock cannot be set, and counts whole seconds */
    next_message(f);
    ask(f, "short.example.com", SEKI_RR_TXT);
    assert_int_equal(pump(f), 1);
    run(f, 5000);
    assert_answer(resolve(f, "zero.example.com", SEKI_RR_TXT), "found 0:zero");
    assert_int_equal(dns_server_count(f->server, "short.example.com. TXT"), 2);
    assert_int_equal(dns_server_count(f->server, "zero.example.com. TXT"), 2);
    stop(f);
}

static void a_server_that_fails_is_a_failure(void **state)
{
    (void)state;
    static const char *const options[] = { "--fail", "a.example.com=servfail", "--fail", "b.example.com=refused",
                                           "--fail", "c.example.com=formerr",  "--fail", "d.example.com=garbage",
                                           NULL };
    static const char *const names[] = { "a.example.com", "b.example.com", "c.example.com", "d.example.com" };
    const struct seki_answer *answers[4];
    struct fixture *f = start(options, (struct resolver_options){ 0 });
    for (size_t i = 0; i < 4; i++)
        answers[i] = ask(f, names[i], SEKI_RR_TXT);
    pump(f);
    run(f, 10000);
    for (size_t i = 0; i < 4; i++)
        assert_answer(answers[i], "failed (SERVFAIL)");
    assert_int_equal(resolver_counters(f->resolver).failed, 4);
    assert_answer(resolve(f, "example.com", SEKI_RR_TXT), "found 0:v=spf1 -all");
    stop(f);
}

static void silence_ends_at_our_deadline(void **state)
{
    (void)state;
    static const char *const options[] = { "--fail", "slow.example.com=timeout", NULL };
    struct fixture *f = start(options, (struct resolver_options){ .timeout_ms = 600 });
    const struct seki_answer *slow = ask(f, "slow.example.com", SEKI_RR_TXT),
                             *quick = ask(f, "example.com", SEKI_RR_TXT);
    pump(f);
    int64_t took_ms = run(f, 5000);
    assert_in_range(took_ms, 590, 1500);
    assert_answer(slow, "failed (timed out after 600 ms)");
    assert_answer(quick, "found 0:v=spf1 -all");
    assert_true(slow->answered_at_us - slow->asked_at_us >= 600000);
    assert_in_range(f->progress_count, 2, 2);
    assert_int_equal(resolver_counters(f->resolver).timed_out, 1);
    stop(f);
}

/* The round trips before were short; the first tries are sent again, but what comes in the end still counts. */
static void an_answer_that_is_late_but_in_time_is_taken(void **state)
{
    (void)state;
    struct fixture *f = start(NULL, (struct resolver_options){ .timeout_ms = 5000 });
    for (int i = 0; i < 20; i++) {
        char name[64];
        snprintf(name, sizeof name, "w%d.many.example.com", i);
        assert_answer(resolve(f, name, SEKI_RR_TXT), "found 0:many");
    }
    next_message(f);
    dns_server_pause(f->server);
    const struct seki_answer *late = ask(f, "example.com", SEKI_RR_TXT);
    pump(f);
    run(f, 2000);
    assert_answer(late, "open");
    dns_server_resume(f->server);
    run(f, 3000);
    assert_answer(late, "found 0:v=spf1 -all");
    stop(f);
}

static void after_an_outage_answers_come_again(void **state)
{
    (void)state;
    struct fixture *f = start(NULL, (struct resolver_options){ .timeout_ms = 300 });
    assert_answer(resolve(f, "example.com", SEKI_RR_TXT), "found 0:v=spf1 -all");
    dns_server_pause(f->server);
    for (int i = 0; i < 10; i++) {
        char name[64];
        snprintf(name, sizeof name, "o%d.many.example.com", i);
        assert_answer(resolve(f, name, SEKI_RR_TXT), "failed (timed out after 300 ms)");
    }
    dns_server_resume(f->server);
    int64_t start_ms = now_ms();
    unsigned failures = 0;
    for (;; failures++) {
        char name[64];
        snprintf(name, sizeof name, "p%u.many.example.com", failures);
        if (resolve(f, name, SEKI_RR_TXT)->status == SEKI_ANSWER_FOUND)
            break;
        assert_true(now_ms() - start_ms < 4000);
    }
    stop(f);
}

static void a_lookup_can_end_with_questions_under_way(void **state)
{
    (void)state;
    static const char *const options[] = { "--delay-ms", "100", NULL };
    struct fixture *f = start(options, (struct resolver_options){ .timeout_ms = 300 });
    for (int i = 0; i < 50; i++) {
        char name[64];
        snprintf(name, sizeof name, "c%d.many.example.com", i);
        ask(f, name, SEKI_RR_TXT);
    }
    assert_int_equal(pump(f), 50);
    next_message(f); /* ends the look-up and frees its table */
    int64_t start_ms = now_ms();
    while (now_ms() - start_ms < 500)
        turn(f);
    assert_int_equal(f->progress_count, 0);
    const struct seki_answer *answer = ask(f, "c7.many.example.com", SEKI_RR_TXT);
    assert_int_equal(pump(f), 0); /* the answer went into the cache all the same */
    assert_answer(answer, "found 0:many");
    ask(f, "mail.example.com", SEKI_RR_A); /* and what is still under way goes with the resolver */
    assert_int_equal(pump(f), 1);
    stop(f);
}

/* More than may be under way at once, all different. */
static void thousands_of_questions_take_turns(void **state)
{
    (void)state;
    static const char *const options[] = { "--delay-ms", "20", NULL };
    struct fixture *f = start(options, (struct resolver_options){ .timeout_ms = 20000 });
    for (int i = 0; i < 3000; i++) {
        char name[64];
        snprintf(name, sizeof name, "t%d.many.example.com", i);
        ask(f, name, SEKI_RR_TXT);
    }
    assert_int_equal(pump(f), 3000);
    run(f, 20000);
    for (size_t i = 0; i < 3000; i++)
        assert_answer(seki_answers_at(f->answers, i), "found 0:many");
    assert_true(f->progress_count < 3000); /* told once for several */
    stop(f);
}

/* A queue that is full of names without an answer still moves. */
static void slow_names_do_not_hold_up_the_others(void **state)
{
    (void)state;
    static const char *const options[] = { "--fail", "*.hung.example.com=timeout", NULL };
    struct fixture *f = start(options, (struct resolver_options){ .timeout_ms = 5000 });
    for (int i = 0; i < 600; i++) {
        char name[64];
        snprintf(name, sizeof name, "h%d.hung.example.com", i);
        seki_answers_prefetch(f->answers, seki_str_of(name), SEKI_RR_TXT);
    }
    pump(f);
    const struct seki_answer *answer = ask(f, "example.com", SEKI_RR_TXT);
    pump(f);
    int64_t start_ms = now_ms();
    while (answer->status == SEKI_ANSWER_OPEN && now_ms() - start_ms < 4000)
        turn(f);
    assert_answer(answer, "found 0:v=spf1 -all");
    stop(f);
}

/* Two hundred names of which a message may have need, none of which is answered; and another message. */
static void what_one_message_asks_ahead_does_not_hold_up_another(void **state)
{
    (void)state;
    static const char *const options[] = { "--fail", "*.hung.example.com=timeout", NULL };
    struct fixture *f = start(options, (struct resolver_options){ .timeout_ms = 5000 });
    for (int i = 0; i < 200; i++) {
        char name[64];
        snprintf(name, sizeof name, "h%d.hung.example.com", i);
        seki_answers_prefetch(f->answers, seki_str_of(name), SEKI_RR_TXT);
    }
    assert_int_equal(pump(f), 200);
    struct fixture other = *f;
    other.arena = NULL;
    other.lookup = NULL;
    next_message(&other);
    const struct seki_answer *answer = ask(&other, "example.com", SEKI_RR_TXT);
    pump(&other);
    run(&other, 150); /* after 250 ms what nobody answers makes room in any case */
    assert_answer(answer, "found 0:v=spf1 -all");
    resolver_lookup_end(other.lookup);
    seki_arena_free(other.arena);
    stop(f);
}

/* But all of them; and at once what the evaluation has come to need. */
static void what_is_asked_ahead_is_answered_in_turns(void **state)
{
    (void)state;
    static const char *const options[] = { "--delay-ms", "100", NULL };
    struct fixture *f = start(options, (struct resolver_options){ .timeout_ms = 5000 });
    const struct seki_answer *answers[100];
    for (int i = 0; i < 100; i++) {
        char name[64];
        snprintf(name, sizeof name, "a%d.many.example.com", i);
        answers[i] = seki_answers_prefetch(f->answers, seki_str_of(name), SEKI_RR_TXT);
    }
    pump(f);
    ask(f, "a99.many.example.com", SEKI_RR_TXT);
    int64_t start_ms = now_ms();
    while (pump(f) > 0) {
        assert_true(now_ms() - start_ms < 5000);
        bool was_first_open = answers[0]->status == SEKI_ANSWER_OPEN;
        turn(f);
        if (was_first_open && answers[0]->status != SEKI_ANSWER_OPEN) {
            assert_answer(answers[99], "found 0:many");
            assert_int_equal(answers[98]->status, SEKI_ANSWER_OPEN);
        }
    }
    for (int i = 0; i < 100; i++)
        assert_answer(answers[i], "found 0:many");
    stop(f);
}

struct chain {
    struct fixture *f;
    int step;
};

/* What an evaluation does: ask on from within progress(), and end the look-up there. */
static void take_next_step(void *user)
{
    struct chain *chain = user;
    char name[64];
    if (seki_answers_open_count(chain->f->answers) > 0)
        return;
    if (chain->step == 5) {
        resolver_lookup_end(chain->f->lookup);
        chain->f->lookup = NULL;
        event_base_loopbreak(chain->f->base);
        return;
    }
    snprintf(name, sizeof name, "s%d.many.example.com", chain->step++);
    seki_answers_ask(chain->f->answers, seki_str_of(name), SEKI_RR_TXT);
    assert_int_equal(resolver_pump(chain->f->lookup), 1);
}

static void progress_may_ask_on_and_may_end_the_lookup(void **state)
{
    (void)state;
    struct fixture *f = start(NULL, (struct resolver_options){ 0 });
    struct chain chain = { .f = f };
    resolver_lookup_end(f->lookup);
    f->lookup = resolver_lookup_new(f->resolver, f->answers, take_next_step, &chain);
    take_next_step(&chain);
    event_base_dispatch(f->base);
    assert_int_equal(chain.step, 5);
    assert_null(f->lookup);
    assert_answer(seki_answers_at(f->answers, 4), "found 0:many");
    stop(f);
}

static void a_truncated_answer_is_fetched_over_tcp(void **state)
{
    (void)state;
    static const char *const options[] = { "--fail", "example.com=truncate", NULL };
    struct fixture *f = start(options, (struct resolver_options){ 0 });
    assert_answer(resolve(f, "example.com", SEKI_RR_TXT), "found 0:v=spf1 -all");
    assert_int_equal(dns_server_count(f->server, "udp example.com. TXT"), 1);
    assert_int_equal(dns_server_count(f->server, "tcp example.com. TXT"), 1);
    stop(f);
}

static void only_what_must_stay_here_is_answered_without_asking(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum seki_rr_type type;
        const char *want;
        bool is_asked;
    } cases[] = {
        { "www.site.test", SEKI_RR_TXT, "found 0:test", true },
        { "5.0.168.192.in-addr.arpa", SEKI_RR_PTR, "found 0:inside.example.com", true },
        { "2.0.0.127.in-addr.arpa", SEKI_RR_PTR, "found 0:loop.example.com", true },
        { "www.site.invalid", SEKI_RR_TXT, "nxdomain", false },
        { "www.site.onion", SEKI_RR_TXT, "nxdomain", false },
        { "localhost", SEKI_RR_A, "found 127.0.0.1", false },
    };
    struct fixture *f = start(NULL, (struct resolver_options){ 0 });
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_answer(resolve(f, cases[i].name, cases[i].type), cases[i].want);
        assert_int_equal(dns_server_count(f->server, cases[i].name), cases[i].is_asked);
    }
    stop(f);
}

static void name_servers_are_spelt_with_or_without_a_port(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "192.0.2.1", "192.0.2.1@53" },     { "127.0.0.1:5355", "127.0.0.1@5355" },
        { "2001:db8::1", "2001:db8::1@53" }, { "[2001:db8::1]", "2001:db8::1@53" },
        { "[::1]:5355", "::1@5355" },
    };
    static const char *const refused[] = { "",
                                           "ns.example.com",
                                           "192.0.2.1:",
                                           "192.0.2.1:0",
                                           "192.0.2.1:65536",
                                           "192.0.2.1:53x",
                                           "[::1",
                                           "[::1]5355",
                                           "[]:53",
                                           "192.0.2.1@53",
                                           "]" };
    char spelt[RESOLVER_ADDRESS_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(resolver_spell_address(seki_str_of(cases[i][0]), spelt));
        assert_string_equal(spelt, cases[i][1]);
    }
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_false(resolver_spell_address(seki_str_of(refused[i]), spelt));
}

static void what_cannot_start_says_why(void **state)
{
    (void)state;
    static const struct {
        struct resolver_options options;
        const char *want;
    } cases[] = {
        { { .nameservers = "127.0.0.1 ns1" },
          "name server \"ns1\": write ADDRESS, ADDRESS:PORT or [ADDRESS6]:PORT" },
        { { .nameservers = " " }, "no name server is given: write an address, or \"root\"" },
        { { .resolv_conf = "/nonexistent/resolv.conf" },
          "name servers from /nonexistent/resolv.conf: No such file or directory; mend it, or name servers" },
        { { .nameservers = "127.0.0.1", .trust_anchor_file = "/nonexistent/root.key" },
          "trust anchors in /nonexistent/root.key: No such file or directory" },
        { { .nameservers = "127.0.0.1", .trust_anchor_file = "/etc" }, "trust anchors in /etc: it is no file" },
        { { .nameservers = "127.0.0.1", .trust_anchor_file = "/etc/passwd" },
          "libunbound does not start: initialization failure; name a file that holds trust anchors: /etc/passwd "
          "may "
          "hold none" },
    };
    struct event_base *base = event_base_new();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seki_error why = { "" };
        assert_null(resolver_new(base, &cases[i].options, &why));
        assert_string_equal(why.text, cases[i].want);
    }
    event_base_free(base);
}

static void the_root_needs_no_name_server(void **state)
{
    (void)state;
    struct event_base *base = event_base_new();
    struct seki_error why = { "" };
    struct resolver *resolver = resolver_new(base, &(struct resolver_options){ .nameservers = "root" }, &why);
    assert_string_equal(why.text, "");
    resolver_free(resolver);
    event_base_free(base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_and_every_kind_of_no),
        cmocka_unit_test(a_cached_answer_stands_when_pump_returns),
        cmocka_unit_test(a_ttl_is_kept_to),
        cmocka_unit_test(a_server_that_fails_is_a_failure),
        cmocka_unit_test(silence_ends_at_our_deadline),
        cmocka_unit_test(an_answer_that_is_late_but_in_time_is_taken),
        cmocka_unit_test(after_an_outage_answers_come_again),
        cmocka_unit_test(a_lookup_can_end_with_questions_under_way),
        cmocka_unit_test(thousands_of_questions_take_turns),
        cmocka_unit_test(slow_names_do_not_hold_up_the_others),
        cmocka_unit_test(what_one_message_asks_ahead_does_not_hold_up_another),
        cmocka_unit_test(what_is_asked_ahead_is_answered_in_turns),
        cmocka_unit_test(progress_may_ask_on_and_may_end_the_lookup),
        cmocka_unit_test(a_truncated_answer_is_fetched_over_tcp),
        cmocka_unit_test(only_what_must_stay_here_is_answered_without_asking),
        cmocka_unit_test(name_servers_are_spelt_with_or_without_a_port),
        cmocka_unit_test(what_cannot_start_says_why),
        cmocka_unit_test(the_root_needs_no_name_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

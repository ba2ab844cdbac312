/* Bring your own DNS: the library asks nobody. An evaluation goes as far as the known answers allow; the questions that it
 * needs stand open in a table; you answer them by whatever means you have, and call again. Here SPF alone is evaluated
 * (RFC 7208); answers come from records given on the command line, which need not be published, and from a server that
 * glibc's resolver asks.
 *
 *     cc bring_your_own_dns.c $(pkg-config --cflags --libs sekisho) -lresolv -o bring_your_own_dns
 *     ./bring_your_own_dns 127.0.0.1 53 192.0.2.1 a@example.net 'example.net=v=spf1 ip4:192.0.2.1 -all' */
#define _DEFAULT_SOURCE /* res_nsend() */
#include <sekisho/spf.h>

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <resolv.h>
#include <stdio.h>
#include <time.h>

#define PATIENCE_S 20 /* RFC 7208 section 4.6.4: a limit of time "SHOULD allow at least 20 seconds" */

/* Records at hand: "NAME=TEXT" is a TXT record. What is entered is copied. */
static bool answer_from_words(struct seki_answers *answers, const struct seki_answer *question, char **words)
{
    for (; question->type == SEKI_RR_TXT && *words != NULL; words++) {
        struct seki_str word = seki_str_of(*words);
        size_t equals = seki_str_find(word, '=');
        if (!seki_str_equal_nocase(question->name, seki_str_head(word, equals)))
            continue;
        const struct seki_record record = { .text = seki_str_from(word, equals + 1) };
        const struct seki_answer outcome = { .status = SEKI_ANSWER_FOUND, .records = &record, .record_count = 1 };
        seki_answers_enter(answers, question, &outcome);
        return true;
    }
    return false;
}

/* Replies from the network are entered as they came: records, NXDOMAIN or SERVFAIL; no reply is a failure too. What was
 * truncated res_nsend() has asked again over TCP. */
static void answer_from_dns(struct seki_answers *answers, const struct seki_answer *question, res_state resolver)
{
    unsigned char query[512], reply[65535];
    char name[SEKI_QUERY_NAME_MAX];
    int query_len = res_nmkquery(resolver, ns_o_query, seki_answer_query_name(question, name), ns_c_in,
                                 (int)question->type, NULL, 0, NULL, query, sizeof query);
    int len = query_len > 0 ? res_nsend(resolver, query, query_len, reply, sizeof reply) : 0;
    seki_answers_enter_packet(answers, question, reply, len > 0 ? (size_t)len : 0, SEKI_DNSSEC_UNKNOWN);
}

static void answer(struct seki_answers *answers, res_state resolver, char **words, time_t until)
{
    const struct seki_answer *question;
    while (time(NULL) < until && (question = seki_answers_next_open(answers)) != NULL)
        if (!answer_from_words(answers, question, words))
            answer_from_dns(answers, question, resolver);
    seki_answers_fail_open(answers, SEKI_STR("no time left")); /* makes it temperror, and the evaluation ends */
}

int main(int argc, char **argv)
{
    struct __res_state resolver = { 0 };
    struct sockaddr_in *server = &resolver.nsaddr_list[0];
    struct seki_spf_input input = { .mail_from = seki_str_of(argc > 4 ? argv[4] : ""), .now_s = time(NULL) };
    struct seki_arena *arena = seki_arena_new(16 << 20);
    struct seki_answers *answers = seki_answers_new(arena, 0);
    uint64_t port;
    if (argc < 5 || answers == NULL || res_ninit(&resolver) != 0 ||
        inet_pton(AF_INET, argv[1], &server->sin_addr) != 1 ||
        !seki_str_to_u64(seki_str_of(argv[2]), 65535, &port) || !seki_ip_parse(seki_str_of(argv[3]), &input.client))
        return fputs("usage: bring_your_own_dns SERVER PORT CLIENT-IP MAIL-FROM [NAME=TEXT]...\n", stderr), 2;
    server->sin_family = AF_INET;
    server->sin_port = htons((uint16_t)port);
    resolver.nscount = 1;

    struct seki_error why = { "no memory" };
    struct seki_spf_verdict verdict;
    struct seki_spf *spf = seki_spf_new(arena, &input);
    enum seki_result result = SEKI_SYSTEM;
    time_t until = time(NULL) + PATIENCE_S;
    while (spf != NULL && (result = seki_spf_step(spf, answers, &verdict, &why)) == SEKI_NEED_ANSWERS)
        answer(answers, &resolver, argv + 5, until);
    if (result == SEKI_OK)
        printf("%s: %.*s\n", seki_spf_result_name(verdict.result), SEKI_STR_ARGS(verdict.reason));
    else
        fprintf(stderr, "bring_your_own_dns: %s\n", why.text);
    seki_arena_free(arena);
    res_nclose(&resolver);
    return result != SEKI_OK ? 2 : verdict.result != SEKI_SPF_PASS;
}

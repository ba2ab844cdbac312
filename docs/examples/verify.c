/* Verify a message: does the domain in its From field stand by it?
 *
 *     cc verify.c $(pkg-config --cflags --libs sekisho libunbound) -o verify
 *     ./verify 192.0.2.1 mail.example.net bounce@example.net < message.eml
 *
 * prints the value of the Authentication-Results field. A fourth word is the name server to ask (ADDRESS@PORT); else it is
 * that of resolv.conf. Exit: 0 yes, or nothing is said; 1 no; 2 there is no verdict. */
#include <sekisho/verify.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unbound.h>

static char text[16 << 20];

/* Here from libunbound. Where answers come from is nothing to the library: see bring_your_own_dns.c. */
static void answer(struct seki_answers *answers, struct ub_ctx *dns)
{
    char name[SEKI_QUERY_NAME_MAX];
    const struct seki_answer *question;
    while ((question = seki_answers_next_open(answers)) != NULL) {
        struct ub_result *reply = NULL;
        int error = ub_resolve(dns, seki_answer_query_name(question, name), (int)question->type, 1, &reply);
        seki_answers_enter_packet(answers, question, error == 0 ? reply->answer_packet : NULL,
                                  error == 0 ? (size_t)reply->answer_len : 0, SEKI_DNSSEC_UNKNOWN);
        ub_resolve_free(reply);
    }
}

int main(int argc, char **argv)
{
    const struct seki_verify_options options = { .authserv_id = SEKI_STR("mx.example.com"), .now_s = time(NULL) };
    struct seki_str message = { text, fread(text, 1, sizeof text, stdin) };
    struct seki_error why;
    struct seki_ip client;
    struct seki_verdict verdict;
    enum seki_result result;
    struct ub_ctx *dns = ub_ctx_create();
    struct seki_context *context = seki_context_new(0, &why); /* one for each thread */
    struct seki_arena *arena = seki_arena_new(16 << 20); /* this, and what is made in it: one for each message */
    struct seki_answers *answers = seki_answers_new(arena, 0);
    struct seki_verify *verify = seki_verify_new(arena, context, &options);
    if (verify == NULL || answers == NULL || argc < 4 || message.len == sizeof text ||
        !seki_ip_parse(seki_str_of(argv[1]), &client) ||
        (argc > 4 ? ub_ctx_set_fwd(dns, argv[4]) : ub_ctx_resolvconf(dns, NULL)) != 0)
        return fputs("usage: verify IP HELO MAIL-FROM [NAMESERVER] < MESSAGE\n", stderr), 2;

    seki_verify_client(verify, &client, seki_str_of(argv[2]));
    seki_verify_mail_from(verify, seki_str_of(argv[3]));
    seki_verify_whole(verify, message);
    while ((result = seki_verify_step(verify, answers, &verdict, &why)) == SEKI_NEED_ANSWERS)
        answer(answers, dns);
    if (result == SEKI_OK)
        fwrite(verdict.authentication_results.ptr, 1, verdict.authentication_results.len, stdout);
    else
        fprintf(stderr, "verify: %s\n", why.text);

    seki_verify_end(verify); /* before its arena */
    seki_arena_free(arena);
    seki_context_free(context);
    ub_ctx_delete(dns);
    return result != SEKI_OK ? 2 : verdict.dmarc.result == SEKI_DMARC_FAIL;
}

/* Handing over a message to a mail server that refuses, hangs up or says nothing at any point of the conversation. */
#include "quarantine/submit.h"

#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

enum stage { GREETING, EHLO, HELO, MAIL, RCPT, DATA, END, STAGE_COUNT };

#define HANGS_UP ""
#define SILENCE  "-"

static const char *const fine[STAGE_COUNT] = { "220 mx.example.com",     "250 mx.example.com",
                                               "250 mx.example.com",     "250 2.1.0 sender ok",
                                               "250 2.1.5 recipient ok", "354 go on",
                                               "250 2.0.0 queued as 4X" };

/* One conversation with a client. */
struct server {
    int listener;
    pthread_t thread;
    const char *replies[STAGE_COUNT];
    char seen[65536]; /* what the client wrote */
    size_t len;
    bool has_end; /* of the message */
};

static enum stage stage_of(const char *line, bool is_in_data)
{
    static const struct {
        const char *verb;
        enum stage stage;
    } verbs[] = { { "EHLO", EHLO }, { "HELO", HELO }, { "MAIL", MAIL }, { "RCPT", RCPT }, { "DATA", DATA } };
    if (is_in_data)
        return strcmp(line, ".\r\n") == 0 ? END : STAGE_COUNT;
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strncmp(line, verbs[i].verb, 4) == 0)
            return verbs[i].stage;
    return STAGE_COUNT;
}

/* @return false: it is over */
static bool reply(FILE *stream, const char *text)
{
    char rest[512];
    if (strcmp(text, HANGS_UP) == 0)
        return false;
    if (strcmp(text, SILENCE) != 0)
        return fprintf(stream, "%s\r\n", text) > 0 && fflush(stream) == 0;
    while (fgets(rest, sizeof rest, stream) != NULL) /* until the client has enough */
        ;
    return false;
}

static void *serve(void *user)
{
    struct server *s = user;
    char line[4096];
    int connection = accept(s->listener, NULL, NULL);
    FILE *stream = connection >= 0 ? fdopen(connection, "r+") : NULL;
    if (stream == NULL)
        return NULL;
    bool goes_on = reply(stream, s->replies[GREETING]), is_in_data = false;
    while (goes_on && fgets(line, sizeof line, stream) != NULL) {
        enum stage stage = stage_of(line, is_in_data);
        s->len += (size_t)snprintf(s->seen + s->len, sizeof s->seen - s->len, "%s", line);
        s->has_end = s->has_end || stage == END;
        if (stage == STAGE_COUNT)
            goes_on = is_in_data || strncmp(line, "QUIT", 4) != 0;
        else
            goes_on = reply(stream, s->replies[stage]);
        is_in_data = stage == STAGE_COUNT ? is_in_data : stage == DATA && s->replies[DATA][0] == '3';
    }
    fclose(stream);
    return NULL;
}

/* @return ADDR:PORT, in a static place */
static struct seki_str begin_server(struct server *s, enum stage stage, const char *text)
{
    static char address[32];
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t len = sizeof in;
    *s = (struct server){ .listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
    memcpy(s->replies, fine, sizeof fine);
    if (stage < STAGE_COUNT)
        s->replies[stage] = text;
    assert_int_equal(bind(s->listener, (const struct sockaddr *)&in, sizeof in), 0);
    assert_int_equal(listen(s->listener, 1), 0);
    assert_int_equal(getsockname(s->listener, (struct sockaddr *)&in, &len), 0);
    snprintf(address, sizeof address, "127.0.0.1:%u", ntohs(in.sin_port));
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
    return seki_str_of(address);
}

static void end_server(struct server *s)
{
    shutdown(s->listener, SHUT_RDWR); /* it may never have been asked */
    pthread_join(s->thread, NULL);
    close(s->listener);
}

static struct quarantine_submission submission_to(struct seki_str server)
{
    return (struct quarantine_submission){ .server = server,
                                           .mail_from = SEKI_STR("a@example.org"),
                                           .recipient = SEKI_STR("b@example.com"),
                                           .head = SEKI_STR("X-Sekisho-Released: 1\r\nSubject: x\r\n\r\n.dot\r\n"),
                                           .file = -1,
                                           .timeout_s = 1 };
}

static const struct {
    const char *name;
    enum stage stage;
    const char *reply;
    enum quarantine_submitted want;
    const char *words;
} cases[] = {
    { "all is well", STAGE_COUNT, "", QUARANTINE_TAKEN, "" },
    { "a server without EHLO", EHLO, "502 5.5.1 what?", QUARANTINE_TAKEN, "" },
    { "a reply of two lines", END, "250-2.0.0 taken\r\n250 2.0.0 queued", QUARANTINE_TAKEN, "" },
    { "no service now", GREETING, "421 4.3.2 busy", QUARANTINE_NOT_NOW, "with 421: 4.3.2 busy" },
    { "no service", GREETING, "554 5.3.2 none", QUARANTINE_REFUSED, "with 554: 5.3.2 none" },
    { "no greeting", GREETING, HANGS_UP, QUARANTINE_NOT_NOW, "cannot be reached" },
    { "a silent server", GREETING, SILENCE, QUARANTINE_NOT_NOW, "cannot be reached" },
    { "the sender is put off", MAIL, "451 4.3.0 not now", QUARANTINE_NOT_NOW, "with 451: 4.3.0 not now" },
    { "the sender is refused", MAIL, "550 5.7.1 not you", QUARANTINE_REFUSED, "with 550: 5.7.1 not you" },
    { "it hangs up at the sender", MAIL, HANGS_UP, QUARANTINE_NOT_NOW, "mail server" },
    { "the recipient is put off", RCPT, "450 4.2.1 full", QUARANTINE_NOT_NOW, "with 450: 4.2.1 full" },
    { "the recipient is refused", RCPT, "550 5.1.1 unknown", QUARANTINE_REFUSED, "with 550: 5.1.1 unknown" },
    { "it hangs up at the recipient", RCPT, HANGS_UP, QUARANTINE_NOT_NOW, "mail server" },
    { "silence at the recipient", RCPT, SILENCE, QUARANTINE_NOT_NOW, "mail server" },
    { "the message is put off", DATA, "451 4.3.5 later", QUARANTINE_NOT_NOW, "with 451: 4.3.5 later" },
    { "the message is refused", DATA, "554 5.5.1 none", QUARANTINE_REFUSED, "with 554: 5.5.1 none" },
    { "it hangs up before the message", DATA, HANGS_UP, QUARANTINE_NOT_NOW, "mail server" },
    { "put off at the end", END, "451 4.7.1 greylisted", QUARANTINE_NOT_NOW, "with 451: 4.7.1 greylisted" },
    { "refused at the end", END, "550 5.7.1 spam", QUARANTINE_REFUSED, "with 550: 5.7.1 spam" },
    { "refused with two lines", END, "550-5.7.1 one\r\n550 5.7.1 two", QUARANTINE_REFUSED,
      "with 550: 5.7.1 one 5.7.1 two" },
    { "no control character of its words", END, "550 5.7.1 \x1b[2J\xff", QUARANTINE_REFUSED,
      "with 550: 5.7.1 ?[2J?" },
    { "it hangs up behind the end", END, HANGS_UP, QUARANTINE_UNCLEAR, "did not answer to the end" },
    { "silence behind the end", END, SILENCE, QUARANTINE_UNCLEAR, "did not answer to the end" },
    { "no SMTP behind the end", END, "hello", QUARANTINE_UNCLEAR, "did not answer to the end" },
};

static void each_answer_has_its_outcome(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct server *server = calloc(1, sizeof *server);
        struct seki_error why = { "" };
        const struct quarantine_submission submission =
            submission_to(begin_server(server, cases[i].stage, cases[i].reply));
        enum quarantine_submitted got = quarantine_submit(&submission, &why);
        end_server(server);
        if (got != cases[i].want || strstr(why.text, cases[i].words) == NULL)
            fail_msg("%s: %d, \"%s\"", cases[i].name, (int)got, why.text);
        if (got != QUARANTINE_TAKEN && got != QUARANTINE_UNCLEAR && cases[i].stage != END && server->has_end)
            fail_msg("%s: the message was sent", cases[i].name);
        free(server);
    }
}

static void what_is_sent_is_the_envelope_the_head_and_the_file(void **state)
{
    (void)state;
    struct server *server = calloc(1, sizeof *server);
    FILE *file = tmpfile();
    fputs("not this\r\n.dots\r\n..\r\nand not this", file);
    fflush(file);
    struct quarantine_submission submission = submission_to(begin_server(server, STAGE_COUNT, ""));
    submission.mail_from = SEKI_STR("");
    submission.head = SEKI_STR("X-Sekisho-Released: 1\r\n\r\n");
    submission.file = fileno(file);
    submission.offset = strlen("not this\r\n");
    submission.size_octets = strlen(".dots\r\n..\r\n");
    assert_int_equal(quarantine_submit(&submission, NULL), QUARANTINE_TAKEN);
    end_server(server);
    assert_non_null(strstr(server->seen, "MAIL FROM:<>\r\n"));
    assert_non_null(strstr(server->seen, "RCPT TO:<b@example.com>\r\n"));
    /* RFC 5321 section 4.5.2 */
    assert_non_null(strstr(server->seen, "DATA\r\nX-Sekisho-Released: 1\r\n\r\n..dots\r\n...\r\n.\r\n"));
    fclose(file);
    free(server);
}

static void half_of_a_message_is_not_sent(void **state)
{
    (void)state;
    struct server *server = calloc(1, sizeof *server);
    struct seki_error why = { "" };
    FILE *file = tmpfile();
    fputs("less than was said\r\n", file);
    fflush(file);
    struct quarantine_submission submission = submission_to(begin_server(server, STAGE_COUNT, ""));
    submission.file = fileno(file);
    submission.size_octets = 1000000;
    assert_int_equal(quarantine_submit(&submission, &why), QUARANTINE_NOT_NOW);
    assert_non_null(strstr(why.text, "as a whole"));
    end_server(server);
    assert_false(server->has_end);
    fclose(file);
    free(server);
}

static bool never(void *context)
{
    *(unsigned *)context += 1;
    return false;
}

static void what_is_broken_off_before_the_end_is_not_sent(void **state)
{
    (void)state;
    struct server *server = calloc(1, sizeof *server);
    unsigned asked = 0;
    struct quarantine_submission submission = submission_to(begin_server(server, STAGE_COUNT, ""));
    submission.before_end = never;
    submission.context = &asked;
    assert_int_equal(quarantine_submit(&submission, NULL), QUARANTINE_NOT_NOW);
    end_server(server);
    assert_int_equal(asked, 1);
    assert_false(server->has_end);
    free(server);
}

static void without_a_listener_it_is_tried_later(void **state)
{
    (void)state;
    struct server *server = calloc(1, sizeof *server);
    struct seki_error why = { "" };
    const struct quarantine_submission submission = submission_to(begin_server(server, STAGE_COUNT, ""));
    end_server(server); /* nobody listens there any more */
    assert_int_equal(quarantine_submit(&submission, &why), QUARANTINE_NOT_NOW);
    assert_non_null(strstr(why.text, "cannot be reached"));
    free(server);
}

static void an_address_that_smtp_cannot_say_is_refused(void **state)
{
    static const char *const addresses[] = { "", "a\r\nRCPT TO:<c@example.com>", "a>b@example.com",
                                             "<b@example.com>", "\x7f@example.com" };
    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        struct seki_error why = { "" };
        struct quarantine_submission submission = submission_to(SEKI_STR("127.0.0.1:1"));
        submission.recipient = seki_str_of(addresses[i]);
        assert_int_equal(quarantine_submit(&submission, &why), QUARANTINE_REFUSED);
        assert_non_null(strstr(why.text, "cannot be written in SMTP"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_answer_has_its_outcome),
        cmocka_unit_test(what_is_sent_is_the_envelope_the_head_and_the_file),
        cmocka_unit_test(half_of_a_message_is_not_sent),
        cmocka_unit_test(what_is_broken_off_before_the_end_is_not_sent),
        cmocka_unit_test(without_a_listener_it_is_tried_later),
        cmocka_unit_test(an_address_that_smtp_cannot_say_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

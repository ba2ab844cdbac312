/* The inbound role with everything real but the MTA and the Internet: its loop, servers, resolver and engine; a DNS
 * server with a zone of its own; and the MTA's side of the protocol as Postfix speaks it. */
#include "daemon/inbound_parts.h"

#include "daemon/loop.h"
#include "journal/reader.h"
#include "milter/packet.h"
#include "milter/server.h"
#include "replica/replica_test.h"
#include "support/dns_server.h"
#include "support/milter_client.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#define ZONE                                                                                                       \
    "$TTL 300\n"                                                                                                   \
    "example.net. IN TXT \"v=spf1 ip4:192.0.2.0/28 -all\"\n"                                                       \
    "_dmarc.example.net. IN TXT \"v=DMARC1; p=reject\"\n"                                                          \
    "mail.example.net. IN A 192.0.2.1\n"                                                                           \
    "chain.example. IN TXT \"v=spf1 include:a.chain.example -all\"\n"                                              \
    "a.chain.example. IN TXT \"v=spf1 include:b.chain.example -all\"\n"                                            \
    "b.chain.example. IN TXT \"v=spf1 include:c.chain.example -all\"\n"                                            \
    "c.chain.example. IN TXT \"v=spf1 include:d.chain.example -all\"\n"                                            \
    "d.chain.example. IN TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"

struct fixture {
    char folder[64], address[96];
    struct dns_server *dns;
    struct log *log;
    int log_ends[2];
    struct loop *loop;
    struct inbound *inbound;
    struct inbound_listener listener;
    struct config *config; /* being applied */
    size_t listener_count;
    bool is_done;
    struct metrics metrics;
    struct seki_error why;
    size_t busy_count;
};

static void open_inbound(void *user)
{
    struct fixture *f = user;
    f->inbound = inbound_new(loop_base(f->loop), f->log, 0);
}

static void close_inbound(void *user)
{
    struct fixture *f = user;
    inbound_free(f->inbound);
}

static void apply(void *user)
{
    struct fixture *f = user;
    f->is_done = inbound_prepare(f->inbound, f->config, &f->why) &&
                 inbound_commit(f->inbound, &f->listener, f->listener_count, &f->why);
}

static void read_metrics(void *user)
{
    struct fixture *f = user;
    f->metrics = inbound_metrics(f->inbound);
    f->busy_count = inbound_busy_count(f->inbound);
}

static void drain(void *user)
{
    struct fixture *f = user;
    inbound_drain(f->inbound);
}

/* Our socket, our DNS server, and what the test wants: lines for [inbound], or beginning with "timeout", lines for
 * [dns] and further sections. */
static struct config *make_config(const struct fixture *f, const char *further)
{
    struct config_problems problems;
    char text[4096];
    bool is_for_dns = seki_str_starts_with(seki_str_of(further), SEKI_STR("timeout"));
    config_problems_init(&problems);
    snprintf(text, sizeof text,
             "[daemon]\nhost_name = mx.example.com\n[inbound]\nsocket_group =\nlisten = %s\n"
             "trusted_networks = 10.0.0.0/8\n%s[dns]\nnameservers = %s\n%s",
             f->address, is_for_dns ? "" : further, dns_server_address(f->dns), is_for_dns ? further : "");
    struct config *config = config_parse("f", seki_str_of(text), &problems);
    if (config == NULL)
        fail_msg("%.*s", (int)problems.text.len, problems.text.ptr);
    config_problems_release(&problems);
    return config;
}

static void use(struct fixture *f, struct config *config)
{
    f->config = config;
    assert_true(loop_call(f->loop, apply, f, 0));
    if (!f->is_done)
        fail_msg("%s", f->why.text);
    config_unref(config);
}

static void configure(struct fixture *f, const char *further)
{
    use(f, make_config(f, further));
}

static const char *const *dns_options;

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    snprintf(f->folder, sizeof f->folder, "/tmp/sekisho-inbound-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->address, sizeof f->address, "unix:%s/s", f->folder);
    f->dns = dns_server_start(ZONE, dns_options);
    assert_int_equal(pipe(f->log_ends), 0);
    f->log = log_open(&(struct log_options){ .fd = f->log_ends[1], .is_async = true }, NULL);
    f->listener = (struct inbound_listener){ seki_str_of(f->address), milter_listen(f->address, 0600, &f->why) };
    f->listener_count = 1;
    f->loop = loop_start(NULL);
    assert_true(f->listener.fd >= 0 && f->log != NULL && f->loop != NULL);
    loop_call(f->loop, open_inbound, f, 0);
    assert_non_null(f->inbound);
    *state = f;
    return 0;
}

static int setup_slow_dns(void **state)
{
    static const char *const slow[] = { "--delay-ms", "150", NULL };
    dns_options = slow;
    setup(state);
    dns_options = NULL;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    loop_call(f->loop, close_inbound, f, 0);
    loop_stop(f->loop);
    log_close(f->log);
    close(f->log_ends[0]);
    close(f->log_ends[1]);
    close(f->listener.fd);
    dns_server_stop(f->dns);
    unlink(f->address + strlen("unix:"));
    rmdir(f->folder);
    free(f);
    return 0;
}

static const struct metrics *metrics_of(struct fixture *f)
{
    loop_call(f->loop, read_metrics, f, 0);
    return &f->metrics;
}

static void wait_until_busy(struct fixture *f, size_t count)
{
    for (int i = 0; i < 1000 && f->busy_count != count; i++) {
        metrics_of(f);
        usleep(5000);
    }
    assert_int_equal(f->busy_count, count);
}

/* What has been logged so far, up to the line with the text. */
static char *log_until(struct fixture *f, const char *part)
{
    static char text[65536];
    size_t len = 0;
    text[0] = '\0';
    while (strstr(text, part) == NULL) {
        ssize_t got = read(f->log_ends[0], text + len, sizeof text - 1 - len);
        if (got <= 0)
            fail_msg("not in the log: %s", part);
        len += (size_t)got;
        text[len] = '\0';
    }
    return text;
}

/* ---- the MTA's side ---- */

static void greet(struct fixture *f, struct milter_client *client, const char *address)
{
    milter_client_init(client);
    assert_true(milter_client_connect(client, f->address));
    assert_true(milter_client_negotiate(client));
    assert_int_equal(milter_client_greet(client, "unknown", address, "mail.example.net"), 'c');
}

static const char *const recipients[] = { "b@example.com", NULL };

static struct milter_client_message message_of(const char *sender, const char *text)
{
    return (struct milter_client_message){
        .sender = sender, .recipients = recipients, .text = seki_str_of(text), .queue_id = "4XyZ"
    };
}

#define PLAIN "From: a@example.net\r\nTo: b@example.com\r\nSubject: x\r\n\r\nbody\r\n"

static struct milter_client_verdict judge(struct fixture *f, const char *client_address, const char *sender,
                                          const char *text)
{
    struct milter_client client;
    struct milter_client_verdict verdict = { 0 };
    struct milter_client_message message = message_of(sender, text);
    greet(f, &client, client_address);
    milter_client_send_message(&client, &message, &verdict);
    milter_client_quit(&client);
    milter_client_release(&client);
    return verdict;
}

static void put_up_to_body(struct milter_client *client, const struct milter_client_message *message)
{
    struct seki_str name, value, text = message->text;
    if (milter_client_put_mail(client, message))
        assert_int_equal(milter_client_ask(client).code, 'c');
    if (milter_client_put_rcpt(client, message, 0))
        assert_int_equal(milter_client_ask(client).code, 'c');
    milter_client_put_data(client, message);
    while (milter_client_next_field(&text, &name, &value))
        milter_client_put_field(client, message, name, value);
    milter_client_put_eoh(client, message);
    milter_client_put_body(client, message, &text);
    assert_true(milter_client_flush(client));
}

/* Replies up to the last; the value of the field inserted. */
static char end_message(struct milter_client *client, const struct milter_client_message *message, char value[4096])
{
    struct milter_client_reply reply;
    value[0] = '\0';
    milter_client_put_eom(client, message);
    while ((reply = milter_client_ask(client)).code == MILTER_RSP_INSERT_FIELD)
        snprintf(value, 4096, "%s", reply.payload.ptr + 4 + strlen("Authentication-Results") + 1);
    return reply.code;
}

static void expect_in(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("\"%s\" is not in: %s", part, text);
}

static void expect_not_in(const char *text, const char *part)
{
    if (strstr(text, part) != NULL)
        fail_msg("\"%s\" is in: %s", part, text);
}

/* ---- verdicts ---- */

static void a_message_gets_our_field_and_loses_forged_ones(void **state)
{
    struct fixture *f = *state;
    configure(f, "our_authserv_ids = old.example.com\n");
    struct milter_client_verdict verdict =
        judge(f, "192.0.2.1", "a@example.net",
              "Authentication-Results: mx.example.com; spf=pass\r\n"
              "Authentication-Results: other.example; spf=pass\r\n"
              "authentication-results: (c) \"MX.example.com\" 1;\r\n dkim=pass\r\n"
              "Authentication-Results: old.example.com; none\r\n" PLAIN);
    assert_int_equal(verdict.code, 'c');
    assert_int_equal(verdict.inserted, 1);
    assert_int_equal(verdict.removed, 3);
    assert_int_equal(verdict.first_index, 0);
    assert_string_equal(verdict.first_name, "Authentication-Results");
    expect_in(verdict.first_value, "mx.example.com;");
    expect_in(verdict.first_value, "spf=pass smtp.mailfrom=example.net");
    expect_in(verdict.first_value, "dmarc=pass header.from=example.net policy.dmarc=reject");
    char *log = log_until(f, "ms=");
    expect_in(log,
              "event=verdict qid=4XyZ client=192.0.2.1 helo=mail.example.net mail_from=<a@example.net> spf=pass "
              "dkim=none arc=none from=example.net dmarc=pass policy=reject removed=3 action=deliver ms=");
    const struct metrics *metrics = metrics_of(f);
    assert_int_equal(metrics->messages, 1);
    assert_int_equal(metrics->actions[METRICS_DELIVERED], 1);
    assert_int_equal(metrics->spf[SEKI_SPF_PASS], 1);
    assert_int_equal(metrics->forged_fields, 3);
    assert_true(metrics->dns_asked > 0);
}

/* Each costs the MTA a look through the header. */
static void more_claims_than_any_mail_has_are_refused(void **state)
{
    struct fixture *f = *state;
    static const char claim[] = "Authentication-Results: mx.example.com; spf=pass\r\n";
    char text[201 * sizeof claim + sizeof PLAIN] = "";
    size_t len = 0;
    configure(f, "");
    for (size_t count = 1; count <= 201; count++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "%s", claim);
        if (count < 200)
            continue;
        snprintf(text + len, sizeof text - len, "%s", PLAIN);
        struct milter_client_verdict verdict = judge(f, "192.0.2.1", "a@example.net", text);
        assert_int_equal(verdict.code, count == 200 ? 'c' : 'y');
        assert_int_equal(verdict.removed, count == 200 ? 200 : 0);
    }
    assert_int_equal(metrics_of(f)->actions[METRICS_REFUSED], 1);
}

static void a_dmarc_failure_is_labelled_and_delivered(void **state)
{
    struct fixture *f = *state;
    configure(f, "");
    struct milter_client_verdict verdict = judge(f, "198.51.100.1", "a@example.net", PLAIN);
    assert_int_equal(verdict.code, 'c');
    expect_in(verdict.first_value, "spf=fail");
    expect_in(verdict.first_value, "dmarc=fail");
}

static void several_messages_of_one_session_are_judged_alone(void **state)
{
    struct fixture *f = *state;
    struct milter_client client;
    configure(f, "");
    greet(f, &client, "192.0.2.1");
    for (int i = 0; i < 20; i++) {
        struct milter_client_verdict verdict = { 0 };
        struct milter_client_message message = message_of(i % 2 == 0 ? "a@example.net" : "", PLAIN);
        milter_client_send_message(&client, &message, &verdict);
        assert_int_equal(verdict.code, 'c');
        expect_in(verdict.first_value, i % 2 == 0 ? "smtp.mailfrom=example.net" : "smtp.helo=mail.example.net");
    }
    milter_client_quit(&client);
    milter_client_release(&client);
    assert_int_equal(metrics_of(f)->messages, 20);
}

static void a_header_past_its_bounds_is_an_error_and_is_delivered(void **state)
{
    struct fixture *f = *state;
    static char text[200 * 16 + sizeof PLAIN];
    configure(f, "timeout = 1s\n[limits]\nmax_header_fields = 100\n");
    for (size_t i = 0; i < 200; i++)
        snprintf(text + i * 8, 9, "X-A: b\r\n");
    snprintf(text + 200 * 8, sizeof text - 200 * 8, "Authentication-Results: mx.example.com; none\r\n%s", PLAIN);
    struct milter_client_verdict verdict = judge(f, "192.0.2.1", "a@example.net", text);
    assert_int_equal(verdict.code, 'c');
    expect_in(verdict.first_value, "dmarc=permerror");
    assert_int_equal(verdict.removed, 1);
}

static void a_message_that_needs_too_much_memory_is_deferred(void **state)
{
    struct fixture *f = *state;
    static char text[65536 + sizeof PLAIN];
    struct config *config = make_config(f, "");
    config->limits.message_memory_octets = 20000; /* less than the checks allow, so that it can be reached */
    use(f, config);
    memcpy(text, "X-A: ", 5);
    memset(text + 5, 'a', 40000);
    memcpy(text + 40005, "\r\n" PLAIN, sizeof PLAIN + 2);
    struct milter_client_verdict verdict = judge(f, "192.0.2.1", "a@example.net", text);
    assert_int_equal(verdict.code, 'y');
    assert_string_equal(verdict.words, "451 4.3.0 The message cannot be checked now, try again later");
    assert_int_equal(verdict.inserted, 0);
    expect_in(log_until(f, "local_failure"), "qid=4XyZ");
    assert_int_equal(metrics_of(f)->local_failures, 1);
    verdict = judge(f, "192.0.2.1", "a@example.net", PLAIN); /* and the next one is judged */
    assert_int_equal(verdict.code, 'c');
}

/* Neither "dmarc=none" nor an unread signature, only because the MTA did not say where the header ends. */
static void without_an_end_of_the_header_the_fields_count_all_the_same(void **state)
{
    static const struct seki_str bodies[] = { SEKI_STR_INIT(""), SEKI_STR_INIT("body\r\n") };
    struct fixture *f = *state;
    struct milter_client client;
    configure(f, "");
    greet(f, &client, "192.0.2.1");
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct milter_client_message message = message_of("a@example.net", PLAIN);
        char value[4096];
        if (milter_client_put_mail(&client, &message))
            assert_int_equal(milter_client_ask(&client).code, 'c');
        milter_client_put_field(&client, &message, SEKI_STR("From"), SEKI_STR(" a@example.net"));
        milter_client_put_field(&client, &message, SEKI_STR("DKIM-Signature"), SEKI_STR(" v=2"));
        if (bodies[i].len > 0)
            milter_client_put(&client, MILTER_CMD_BODY, bodies[i]);
        assert_int_equal(end_message(&client, &message, value), 'c');
        expect_in(value, "dkim=neutral");
        expect_in(value, "dmarc=pass header.from=example.net");
    }
    milter_client_quit(&client);
    milter_client_release(&client);
}

/* ---- who is left alone, and for whom relays speak ---- */

static void trusted_networks_are_left_alone(void **state)
{
    struct fixture *f = *state;
    struct milter_client client;
    configure(f, "");
    milter_client_init(&client);
    assert_true(milter_client_connect(&client, f->address) && milter_client_negotiate(&client));
    assert_int_equal(milter_client_greet(&client, "a", "10.1.2.3", "a"), 'a');
    milter_client_quit(&client);
    milter_client_release(&client);
    assert_int_equal(metrics_of(f)->skipped[METRICS_SKIP_TRUSTED], 1);
}

static char mail_of_user(struct fixture *f)
{
    static const char *const macros[] = { "{auth_authen}", "user", NULL };
    struct milter_client client;
    greet(f, &client, "192.0.2.1");
    milter_client_put_macros(&client, MILTER_CMD_MAIL, macros);
    assert_true(milter_client_put(&client, MILTER_CMD_MAIL, SEKI_STR("<a@example.net>\0")));
    char code = milter_client_ask(&client).code;
    milter_client_quit(&client);
    milter_client_release(&client);
    return code;
}

static void authenticated_senders_are_left_alone_unless_told_otherwise(void **state)
{
    struct fixture *f = *state;
    configure(f, "");
    assert_int_equal(mail_of_user(f), 'a');
    assert_int_equal(metrics_of(f)->skipped[METRICS_SKIP_AUTHENTICATED], 1);
    configure(f, "skip_authenticated = no\n");
    assert_int_equal(mail_of_user(f), 'c');
}

/* With a journal MAIL has no reply, and what it would say is said at RCPT. */
static void authenticated_senders_are_left_alone_at_rcpt_where_that_is_heard(void **state)
{
    static const char *const user[] = { "{auth_authen}", "user", NULL };
    struct fixture *f = *state;
    char further[128];
    snprintf(further, sizeof further, "[journal]\nfolder = %s/none\n", f->folder);
    configure(f, further);
    for (int is_user = 1; is_user >= 0; is_user--) {
        struct milter_client client;
        greet(f, &client, "192.0.2.1");
        milter_client_put_macros(&client, MILTER_CMD_MAIL, is_user ? user : user + 2);
        assert_false(milter_client_put(&client, MILTER_CMD_MAIL, SEKI_STR("<a@example.net>\0")));
        assert_true(milter_client_put(&client, MILTER_CMD_RCPT, SEKI_STR("<b@example.com>\0")));
        assert_int_equal(milter_client_ask(&client).code, is_user ? 'a' : 'c');
        milter_client_quit(&client);
        milter_client_release(&client);
    }
    assert_int_equal(metrics_of(f)->skipped[METRICS_SKIP_AUTHENTICATED], 1);
    struct milter_client_verdict verdict = judge(f, "192.0.2.1", "a@example.net", PLAIN);
    assert_int_equal(verdict.code, 'c');
    assert_int_equal(metrics_of(f)->journal_lost, 1); /* its folder is not there: counted, and the mail flows */
}

/* ---- what goes out ---- */

struct outgoing {
    const char *name, *client, *user; /* user: who signed in, or NULL */
    const char *sender;
    const char *recipients[4];
    const char *header;
    const char
        *want; /* of the record: the hosted domain's number, the domains, whether it is a reply; "" for none */
};

#define OURS "10.1.2.3" /* of trusted_networks */

static const struct outgoing outgoing_messages[] = {
    { "a user who signed in answers",
      "192.0.2.1",
      "ann",
      "ann@hosted.example",
      { "bob@Partner.EXAMPLE" },
      "In-Reply-To: <1@partner.example>\r\n",
      "7 partner.example reply" },
    { "a client of ours writes",
      OURS,
      NULL,
      "ann@hosted.example",
      { "bob@partner.example" },
      "",
      "7 partner.example" },
    { "References alone make a reply",
      OURS,
      NULL,
      "ann@hosted.example",
      { "bob@partner.example" },
      "REFERENCES: <1@partner.example>\r\n",
      "7 partner.example reply" },
    { "an empty In-Reply-To makes none",
      OURS,
      NULL,
      "ann@hosted.example",
      { "bob@partner.example" },
      "In-Reply-To: \r\n",
      "7 partner.example" },
    { "each domain once",
      OURS,
      NULL,
      "ann@hosted.example",
      { "bob@partner.example", "eve@partner.example", "bob@other.example" },
      "",
      "7 partner.example other.example" },
    { "below a hosted domain",
      OURS,
      NULL,
      "ann@mail.hosted.example",
      { "bob@partner.example" },
      "",
      "7 partner.example" },
    { "colleagues and neighbours are not noted",
      OURS,
      NULL,
      "ann@hosted.example",
      { "bob@hosted.example", "bob@mail.hosted.example", "bob@neighbour.example" },
      "",
      "" },
    { "others beside them are",
      OURS,
      NULL,
      "ann@hosted.example",
      { "bob@hosted.example", "bob@partner.example" },
      "",
      "7 partner.example" },
    { "a recipient without a domain", OURS, NULL, "ann@hosted.example", { "postmaster" }, "", "" },
    { "nobody's domain", OURS, NULL, "ann@elsewhere.example", { "bob@partner.example" }, "", "" },
    { "a bounce", OURS, NULL, "", { "bob@partner.example" }, "In-Reply-To: <1@partner.example>\r\n", "" },
    { "an absence message",
      OURS,
      NULL,
      "ann@hosted.example",
      { "bob@partner.example" },
      "In-Reply-To: <1@partner.example>\r\nAuto-Submitted: auto-replied\r\n",
      "" },
    { "said to be no such thing",
      OURS,
      NULL,
      "ann@hosted.example",
      { "bob@partner.example" },
      "Auto-Submitted: No\r\n",
      "7 partner.example" },
    { "a list hands on",
      OURS,
      NULL,
      "list@hosted.example",
      { "bob@partner.example" },
      "List-Id: <list.hosted.example>\r\nReferences: <1@partner.example>\r\n",
      "" },
    { "a stranger who writes as one of ours is judged",
      "192.0.2.1",
      NULL,
      "ann@hosted.example",
      { "bob@partner.example" },
      "In-Reply-To: <1@partner.example>\r\n",
      "0 partner.example" },
};

/* @return the last reply; *value what was inserted */
static char send_out(struct fixture *f, const struct outgoing *mail, char value[4096])
{
    const char *const macros[] = { mail->user != NULL ? "{auth_authen}" : NULL, mail->user, NULL };
    struct milter_client_message message = message_of(mail->sender, mail->header);
    struct seki_str name, field, text = message.text, body = SEKI_STR("body\r\n");
    struct milter_client client;
    char path[128], code = 'c';
    value[0] = '\0';
    greet(f, &client, mail->client);
    milter_client_put_macros(&client, MILTER_CMD_MAIL, macros);
    int len = snprintf(path, sizeof path, "<%s>", mail->sender) + 1;
    assert_false(milter_client_put(&client, MILTER_CMD_MAIL, (struct seki_str){ path, (size_t)len }));
    for (size_t i = 0; mail->recipients[i] != NULL && code == 'c'; i++) {
        len = snprintf(path, sizeof path, "<%s>", mail->recipients[i]) + 1;
        assert_true(milter_client_put(&client, MILTER_CMD_RCPT, (struct seki_str){ path, (size_t)len }));
        code = milter_client_ask(&client).code;
    }
    if (code == 'c') {
        while (milter_client_next_field(&text, &name, &field))
            milter_client_put_field(&client, &message, name, field);
        milter_client_put_eoh(&client, &message);
        milter_client_put_body(&client, &message, &body);
        code = end_message(&client, &message, value);
    }
    milter_client_quit(&client);
    milter_client_release(&client);
    return code;
}

static void write_down(struct seki_str octets, char out[256])
{
    struct seki_arena *arena = seki_arena_new(1u << 20);
    struct journal_record record;
    struct seki_error why = { "" };
    assert_int_equal(journal_record_decode(octets, arena, &record, &why), SEKI_OK);
    int len = snprintf(out, 256, "%llu", (unsigned long long)record.sender_domain_id);
    for (size_t i = 0; i < record.recipient_count; i++)
        len += snprintf(out + len, 256 - (size_t)len, " %.*s", SEKI_STR_ARGS(record.recipients[i].domain));
    snprintf(out + len, 256 - (size_t)len, "%s", record.is_reply ? " reply" : "");
    if (record.sender_domain_id != 0) { /* nothing else is in it */
        assert_true(record.at_us > 0);
        assert_int_equal(record.recipients[0].address.len + record.mail_from.len + record.header.len, 0);
        assert_int_equal(record.facts.client.octet_count, 0);
    }
    seki_arena_free(arena);
}

/* @return how many records there are; the last one in words */
static size_t read_journal(const char *folder, char last[256])
{
    struct seki_arena *arena = seki_arena_new(1u << 20);
    const struct seki_str *names;
    size_t count, records = 0;
    struct seki_error why = { "" };
    assert_int_equal(journal_segments(folder, arena, &names, &count, &why), SEKI_OK);
    for (size_t i = 0; i < count; i++) {
        struct seki_str octets;
        uint64_t next;
        struct journal_reader *reader = journal_reader_open(folder, names[i], 0, &why);
        assert_non_null(reader);
        for (; journal_reader_next(reader, &octets, &next, &why) == JOURNAL_RECORD; records++)
            write_down(octets, last);
        journal_reader_close(reader);
    }
    seki_arena_free(arena);
    return records;
}

static void host_domains(const struct test_folder *folder)
{
    struct replica_writer *writer = test_writer(folder);
    test_begin_rebuild(writer);
    test_put(writer, "hosted.example", 7, true);
    test_put(writer, "neighbour.example", 8, false);
    test_commit(writer, 1);
    replica_writer_close(writer);
}

static void what_hosted_domains_send_out_is_noted_and_left_alone(void **state)
{
    struct fixture *f = *state;
    struct test_folder replica = test_folder_make(), journal = test_folder_make();
    char further[512], value[4096], last[256];
    size_t records = 0;
    host_domains(&replica);
    snprintf(further, sizeof further,
             "timeout = 1s\n[hosting]\nreplica = %s\n[journal]\nfolder = %s\nmin_free = 1MiB\n", replica.path,
             journal.path);
    configure(f, further);
    for (size_t i = 0; i < sizeof outgoing_messages / sizeof outgoing_messages[0]; i++) {
        const struct outgoing *mail = &outgoing_messages[i];
        bool is_judged = mail->want[0] == '0';
        char code = send_out(f, mail, value);
        if (code != (is_judged ? 'c' : 'a') || (value[0] != '\0') != is_judged)
            fail_msg("%s: %c, inserted \"%s\"", mail->name, code, value);
        last[0] = '\0';
        size_t now = read_journal(journal.path, last);
        if (now != records + (mail->want[0] != '\0') || (now > records && strcmp(last, mail->want) != 0))
            fail_msg("%s: %zu records more, the last is \"%s\"", mail->name, now - records, last);
        records = now;
    }
    assert_int_equal(metrics_of(f)->messages, 1); /* the stranger's */
    assert_int_equal(metrics_of(f)->journal_records, records);
    test_remove(replica.path, 2);
    test_remove(journal.path, 1);
}

static const struct given {
    const char *name, *path, *told; /* told: {rcpt_addr} */
    char want;                      /* the reply's code */
} given_recipients[] = {
    { "of a hosted domain", "<reader@hosted.example>", "reader@hosted.example", 'c' },
    { "of a domain that the MTA completes", "<reader@hosted>", "reader@hosted.example", 'c' },
    { "of this host, as Postfix tells it", "<reader@localhost>", "reader@localhost", 'y' },
    { "of this host, as Sendmail tells it", "<reader@localhost>", "reader", 'y' },
    { "of this host, with a dot", "<reader@localhost.>", "reader", 'y' },
    { "of this host's address", "<reader@[192.0.2.1]>", "reader", 'y' },
    { "and nothing is told", "<reader@localhost>", "", 'y' },
    { "this host's postmaster", "<Postmaster@localhost>", "postmaster@localhost", 'c' },
    { "this host's postmaster, as Sendmail tells it", "<postmaster@localhost>", "postmaster", 'c' },
    { "the postmaster without a domain", "<Postmaster>", "postmaster", 'c' },
    { "who only begins like it", "<postmaster2@localhost>", "postmaster2", 'y' },
};

static void a_mailbox_of_this_host_is_nobodys(void **state)
{
    struct fixture *f = *state;
    struct test_folder replica = test_folder_make();
    char further[512], path[64];
    host_domains(&replica);
    snprintf(further, sizeof further, "timeout = 1s\n[hosting]\nreplica = %s\n", replica.path);
    configure(f, further);
    for (size_t i = 0; i < sizeof given_recipients / sizeof given_recipients[0]; i++) {
        const struct given *given = &given_recipients[i];
        const char *const told[] = { "{rcpt_addr}", given->told, NULL };
        struct milter_client client;
        greet(f, &client, "192.0.2.1");
        milter_client_put(&client, MILTER_CMD_MAIL, SEKI_STR("<a@example.net>\0"));
        milter_client_put_macros(&client, MILTER_CMD_RCPT, told);
        snprintf(path, sizeof path, "%s", given->path);
        milter_client_put(&client, MILTER_CMD_RCPT, (struct seki_str){ path, strlen(path) + 1 });
        char code = milter_client_ask(&client).code;
        if (code != given->want)
            fail_msg("%s: %c", given->name, code);
        milter_client_quit(&client);
        milter_client_release(&client);
    }
    test_remove(replica.path, 2);
}

/* What an attempt needs of the message's memory it has taken, whatever the answer was. */
static void refused_recipients_count_against_the_bound(void **state)
{
    struct fixture *f = *state;
    struct test_folder replica = test_folder_make();
    struct milter_client client;
    char further[512];
    host_domains(&replica);
    snprintf(further, sizeof further, "timeout = 1s\n[hosting]\nreplica = %s\n", replica.path);
    configure(f, further);
    greet(f, &client, "192.0.2.1");
    milter_client_put(&client, MILTER_CMD_MAIL, SEKI_STR("<a@example.net>\0"));
    for (unsigned i = 0; i <= CONFIG_RECIPIENTS_MAX; i++) {
        milter_client_put(&client, MILTER_CMD_RCPT, SEKI_STR("<reader>\0"));
        struct milter_client_reply reply = milter_client_ask(&client);
        assert_int_equal(reply.code, 'y');
        expect_in(reply.payload.ptr, i < CONFIG_RECIPIENTS_MAX ? "553 5.1.3 " : "452 4.5.3 ");
    }
    milter_client_quit(&client);
    milter_client_release(&client);
    assert_int_equal(metrics_of(f)->local_failures, 0);
    test_remove(replica.path, 2);
}

static void what_is_broken_off_is_not_noted(void **state)
{
    static const char *const user[] = { "{auth_authen}", "ann", NULL };
    struct fixture *f = *state;
    struct test_folder replica = test_folder_make(), journal = test_folder_make();
    struct milter_client client;
    char further[512], last[256];
    host_domains(&replica);
    snprintf(further, sizeof further,
             "timeout = 1s\n[hosting]\nreplica = %s\n[journal]\nfolder = %s\nmin_free = 1MiB\n", replica.path,
             journal.path);
    configure(f, further);
    greet(f, &client, "192.0.2.1");
    for (int i = 0; i < 2; i++) { /* by ABORT, by the next MAIL, and by hanging up */
        milter_client_put_macros(&client, MILTER_CMD_MAIL, user);
        milter_client_put(&client, MILTER_CMD_MAIL, SEKI_STR("<ann@hosted.example>\0"));
        milter_client_put(&client, MILTER_CMD_RCPT, SEKI_STR("<bob@partner.example>\0"));
        assert_int_equal(milter_client_ask(&client).code, 'c');
        if (i == 0)
            milter_client_put(&client, MILTER_CMD_ABORT, SEKI_STR(""));
    }
    milter_client_quit(&client);
    milter_client_release(&client);
    wait_until_busy(f, 0);
    assert_int_equal(read_journal(journal.path, last), 0);
    assert_int_equal(metrics_of(f)->actions[METRICS_ABORTED], 0);
    test_remove(replica.path, 2);
    test_remove(journal.path, 1);
}

static void mail_through_a_relay_is_judged_by_the_client_it_saw(void **state)
{
    struct fixture *f = *state;
    configure(f, "relays = 203.0.113.0/24\n");
    struct milter_client_verdict verdict =
        judge(f, "203.0.113.9", "a@example.net",
              "Received: from mail.example.net (mail.example.net [192.0.2.1]) by relay.example.com (Postfix)\r\n"
              "Received: from liar.example (liar.example [198.51.100.1]) by mail.example.net\r\n" PLAIN);
    assert_int_equal(verdict.code, 'c');
    expect_in(verdict.first_value, "spf=pass smtp.mailfrom=example.net");
    expect_in(verdict.first_value, "smtp.remote-ip=192.0.2.1");
    expect_in(log_until(f, "ms="), "client=192.0.2.1 relay=203.0.113.9 helo=mail.example.net");
}

static void without_a_client_to_name_spf_is_not_evaluated(void **state)
{
    struct fixture *f = *state;
    configure(f, "relays = 203.0.113.0/24\n");
    struct milter_client_verdict verdict = judge(f, "203.0.113.9", "a@example.net", PLAIN);
    assert_int_equal(verdict.code, 'c');
    expect_not_in(verdict.first_value, "spf=");
    expect_in(verdict.first_value, "dmarc=fail");
    expect_in(log_until(f, "ms="), "spf=- spf_reason=\"a relay brought it without a Received field\"");
}

/* ---- DNS trouble ---- */

static void dead_dns_is_recorded_and_the_mail_delivered(void **state)
{
    struct fixture *f = *state;
    configure(f, "timeout = 100ms\n");
    dns_server_pause(f->dns);
    struct milter_client_verdict verdict = judge(f, "192.0.2.1", "a@example.net", PLAIN);
    dns_server_resume(f->dns);
    assert_int_equal(verdict.code, 'c');
    expect_in(verdict.first_value, "spf=temperror");
    expect_in(verdict.first_value, "dmarc=temperror");
    assert_true(metrics_of(f)->dns_timed_out > 0);
}

static void dead_dns_is_answered_451_when_asked_for(void **state)
{
    struct fixture *f = *state;
    configure(f, "timeout = 100ms\n[inbound]\non_temperror = tempfail\n");
    dns_server_pause(f->dns);
    struct milter_client_verdict verdict = judge(f, "192.0.2.1", "a@example.net", PLAIN);
    assert_int_equal(verdict.code, 'y');
    assert_string_equal(verdict.words, "451 4.7.1 The message cannot be checked now, try again later");
    configure(f, "timeout = 100ms\n[inbound]\non_temperror = tempfail\nreply_codes = rfc7372\n");
    verdict = judge(f, "192.0.2.1", "a@example.net", PLAIN);
    dns_server_resume(f->dns);
    assert_string_equal(verdict.words,
                        "451 4.7.24 The sender's SPF record cannot be looked up now, try again later");
    expect_in(log_until(f, "action=tempfail"), "spf=temperror");
}

/* Nothing became of its mail yet; it is counted when it comes again. Recipients are heard of for a journal, here one that
 * cannot be written. */
static void what_is_put_off_became_nothing_of_its_recipients(void **state)
{
    struct fixture *f = *state;
    configure(f, "timeout = 100ms\n[inbound]\non_temperror = tempfail\n[journal]\nfolder = /proc/none\n");
    dns_server_pause(f->dns);
    assert_int_equal(judge(f, "192.0.2.1", "a@example.net", PLAIN).code, 'y');
    dns_server_resume(f->dns);
    assert_int_equal(metrics_of(f)->actions[METRICS_TEMPFAILED], 1);
    assert_int_equal(metrics_of(f)->applied[POLICY_DELIVER], 0);
    assert_int_equal(judge(f, "192.0.2.1", "a@example.net", PLAIN).code, 'c');
    assert_int_equal(metrics_of(f)->applied[POLICY_DELIVER], 1);
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Five look-ups, one after the other, of 150 ms each: every one in time, all together not. */
static void the_deadline_of_a_message_bounds_them_all(void **state)
{
    struct fixture *f = *state;
    configure(f, "timeout = 300ms\n[inbound]\nmessage_deadline = 400ms\n");
    int64_t begun = now_ms();
    struct milter_client_verdict verdict =
        judge(f, "192.0.2.1", "a@chain.example", "From: a@chain.example\r\n\r\n");
    int64_t took = now_ms() - begun;
    assert_int_equal(verdict.code, 'c');
    expect_in(verdict.first_value, "spf=temperror");
    assert_true(took >= 390);
    assert_true(took < 5000);
    assert_int_equal(metrics_of(f)->deadlines, 1);
}

static void a_chain_of_slow_answers_ends_in_a_verdict(void **state)
{
    struct fixture *f = *state;
    configure(f, "timeout = 1s\n");
    struct milter_client_verdict verdict =
        judge(f, "192.0.2.1", "a@chain.example", "From: a@chain.example\r\n\r\n");
    expect_in(verdict.first_value, "spf=pass");
}

/* ---- lives ---- */

static void a_reload_is_for_new_messages_and_drops_no_session(void **state)
{
    struct fixture *f = *state;
    struct milter_client client;
    struct milter_client_message message = message_of("a@example.net", PLAIN);
    char value[4096];
    configure(f, "authserv_id = before.example\n");
    greet(f, &client, "192.0.2.1");
    put_up_to_body(&client, &message);
    wait_until_busy(f, 1);
    configure(f, "timeout = 900ms\n[inbound]\nauthserv_id = after.example\n[limits]\nmax_sessions = 5\n");
    assert_int_equal(end_message(&client, &message, value), 'c');
    expect_in(value, "before.example;");
    put_up_to_body(&client, &message);
    assert_int_equal(end_message(&client, &message, value), 'c');
    expect_in(value, "after.example;");
    milter_client_quit(&client);
    milter_client_release(&client);
    struct milter_client_verdict verdict = judge(f, "192.0.2.1", "a@example.net", PLAIN);
    expect_in(verdict.first_value, "after.example;");
    assert_int_equal(metrics_of(f)->messages, 3); /* over both servers and both resolvers */
    assert_int_equal(metrics_of(f)->connections, 2);
}

static void a_socket_that_goes_lets_its_sessions_finish(void **state)
{
    struct fixture *f = *state;
    struct milter_client client;
    struct milter_client_message message = message_of("a@example.net", PLAIN);
    char value[4096];
    configure(f, "");
    greet(f, &client, "192.0.2.1");
    put_up_to_body(&client, &message);
    f->listener_count = 0;
    configure(f, "");
    assert_int_equal(end_message(&client, &message, value), 'c');
    put_up_to_body(&client, &message);
    assert_int_equal(end_message(&client, &message, value), 'c');
    milter_client_quit(&client);
    milter_client_release(&client);
    for (int i = 0; i < 500 && metrics_of(f)->sessions > 0; i++)
        usleep(10000);
    assert_int_equal(metrics_of(f)->connections, 1); /* counted on after its server is gone */
}

static void a_configuration_that_cannot_be_used_changes_nothing(void **state)
{
    struct fixture *f = *state;
    configure(f, "");
    f->config = make_config(f, "timeout = 1s\ntrust_anchor_file = /nonexistent/root.key\n");
    assert_true(loop_call(f->loop, apply, f, 0));
    assert_false(f->is_done);
    expect_in(f->why.text, "/nonexistent/root.key");
    config_unref(f->config);
    assert_int_equal(judge(f, "192.0.2.1", "a@example.net", PLAIN).code, 'c');
}

/* The root's, tags 20326 and 38696 (RFC 7958). */
#define ANCHOR "DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n"
#define NEXT   "DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16\n"

static void write_file(const char *path, const char *text, time_t changed_at_s)
{
    const struct timespec times[2] = { { .tv_sec = changed_at_s }, { .tv_sec = changed_at_s } };
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0 && fclose(file) == 0);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* A reload with [dns] unchanged. @return whether the resolver is another one */
static bool has_new_resolver(struct fixture *f, const char *dns)
{
    const struct inbound_engine *before = f->inbound->current != NULL ? f->inbound->current->engine : NULL;
    configure(f, dns);
    return f->inbound->current->engine != before;
}

static void a_reload_reads_changed_trust_anchors(void **state)
{
    struct fixture *f = *state;
    char anchors[96], next[96], dns[256];
    snprintf(anchors, sizeof anchors, "%s/anchors", f->folder);
    snprintf(next, sizeof next, "%s/next", f->folder);
    snprintf(dns, sizeof dns, "timeout = 1s\ntrust_anchor_file = %s\n", anchors);
    write_file(anchors, ". IN " ANCHOR, 1000);
    assert_true(has_new_resolver(f, dns));
    assert_false(has_new_resolver(f, dns));
    write_file(anchors, ". IN " ANCHOR, 2000); /* may have become another and the first again */
    assert_true(has_new_resolver(f, dns));
    assert_false(has_new_resolver(f, dns));
    write_file(anchors, ". IN " ANCHOR ". IN " NEXT, 2000);
    assert_true(has_new_resolver(f, dns));
    write_file(next, ". IN " NEXT ". IN " ANCHOR, 2000);
    assert_int_equal(rename(next, anchors), 0);
    assert_true(has_new_resolver(f, dns));
    assert_false(has_new_resolver(f, dns));
    unlink(anchors);
    f->config = make_config(f, dns);
    assert_true(loop_call(f->loop, apply, f, 0));
    assert_false(f->is_done); /* and what was read from it stays in force */
    expect_in(f->why.text, anchors);
    config_unref(f->config);
    assert_int_equal(judge(f, "192.0.2.1", "a@example.net", PLAIN).code, 'c');
}

/* The MTA may go at any time: while the message comes, and while it waits for DNS. */
static void a_session_that_breaks_off_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct milter_client_message message = message_of("a@chain.example", PLAIN);
    configure(f, "");
    for (int i = 0; i < 2; i++) {
        struct milter_client client;
        greet(f, &client, "192.0.2.1");
        put_up_to_body(&client, &message);
        if (i == 1) {
            milter_client_put_eom(&client, &message);
            assert_true(milter_client_flush(&client));
        }
        wait_until_busy(f, 1);
        close(client.fd);
        client.fd = -1;
        milter_client_release(&client);
        wait_until_busy(f, 0);
    }
    assert_int_equal(metrics_of(f)->actions[METRICS_ABORTED], 2);
    assert_int_equal(judge(f, "192.0.2.1", "a@example.net", PLAIN).code, 'c');
}

static void draining_lets_messages_finish(void **state)
{
    struct fixture *f = *state;
    struct milter_client client;
    struct milter_client_message message = message_of("a@example.net", PLAIN);
    char value[4096];
    configure(f, "");
    greet(f, &client, "192.0.2.1");
    put_up_to_body(&client, &message);
    loop_call(f->loop, drain, f, 0);
    wait_until_busy(f, 1);
    assert_int_equal(end_message(&client, &message, value), 'c');
    wait_until_busy(f, 0);
    milter_client_quit(&client);
    milter_client_release(&client);
}

#define TEST(name)      cmocka_unit_test_setup_teardown(name, setup, teardown)
#define SLOW_TEST(name) cmocka_unit_test_setup_teardown(name, setup_slow_dns, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_message_gets_our_field_and_loses_forged_ones),
        TEST(more_claims_than_any_mail_has_are_refused),
        TEST(a_dmarc_failure_is_labelled_and_delivered),
        TEST(several_messages_of_one_session_are_judged_alone),
        TEST(a_header_past_its_bounds_is_an_error_and_is_delivered),
        TEST(a_message_that_needs_too_much_memory_is_deferred),
        TEST(without_an_end_of_the_header_the_fields_count_all_the_same),
        TEST(trusted_networks_are_left_alone),
        TEST(authenticated_senders_are_left_alone_unless_told_otherwise),
        TEST(authenticated_senders_are_left_alone_at_rcpt_where_that_is_heard),
        TEST(what_hosted_domains_send_out_is_noted_and_left_alone),
        TEST(a_mailbox_of_this_host_is_nobodys),
        TEST(refused_recipients_count_against_the_bound),
        TEST(what_is_broken_off_is_not_noted),
        TEST(mail_through_a_relay_is_judged_by_the_client_it_saw),
        TEST(without_a_client_to_name_spf_is_not_evaluated),
        TEST(dead_dns_is_recorded_and_the_mail_delivered),
        TEST(dead_dns_is_answered_451_when_asked_for),
        TEST(what_is_put_off_became_nothing_of_its_recipients),
        SLOW_TEST(the_deadline_of_a_message_bounds_them_all),
        SLOW_TEST(a_chain_of_slow_answers_ends_in_a_verdict),
        TEST(a_reload_is_for_new_messages_and_drops_no_session),
        TEST(a_socket_that_goes_lets_its_sessions_finish),
        TEST(a_configuration_that_cannot_be_used_changes_nothing),
        TEST(a_reload_reads_changed_trust_anchors),
        SLOW_TEST(a_session_that_breaks_off_leaves_nothing),
        TEST(draining_lets_messages_finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

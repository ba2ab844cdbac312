/* Octets in, events and replies out: framing, order, refusals; without a socket. */
#include "milter/session.h"

#include "milter/packet.h"
#include "support/milter_client.h"
#include "support/milter_recorder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* One conversation: what the MTA says is composed with the client's calls, then fed in pieces. */
struct talk {
    struct milter_client mta;
    struct milter_recorder role;
    struct milter_engine engine;
    struct milter_session session;
    struct seki_buf replies;
    enum milter_flow flow;
};

static struct talk *talk_new(const struct milter_handler *handler)
{
    struct talk *talk = calloc(1, sizeof *talk);
    assert_non_null(talk);
    milter_client_init(&talk->mta);
    milter_recorder_init(&talk->role);
    talk->role.decide = milter_session_decide;
    assert_int_equal(milter_engine_init(&talk->engine, handler, &talk->role, 1u << 20), SEKI_OK);
    milter_session_init(&talk->session, &talk->engine);
    seki_buf_init(&talk->replies, 1u << 20);
    return talk;
}

static void talk_free(struct talk *talk)
{
    milter_session_release(&talk->session);
    assert_int_equal(talk->engine.busy_count, 0);
    milter_engine_release(&talk->engine);
    milter_recorder_release(&talk->role);
    milter_client_release(&talk->mta);
    seki_buf_release(&talk->replies);
    free(talk);
}

static void feed(struct talk *talk, struct seki_str octets)
{
    if (talk->flow == MILTER_FLOW_MORE)
        talk->flow = milter_recorder_feed(&talk->session, octets, &talk->replies);
}

/* What was composed goes in, in pieces of at most so many octets. */
static void say_in_pieces(struct talk *talk, size_t piece)
{
    struct seki_str octets = seki_buf_str(&talk->mta.out);
    while (octets.len > 0) {
        feed(talk, seki_str_head(octets, piece));
        octets = seki_str_from(octets, piece);
    }
    seki_buf_clear(&talk->mta.out);
}

static void say(struct talk *talk)
{
    say_in_pieces(talk, SIZE_MAX);
}

/* The codes of the replies since the last call: "cci". */
static const char *codes(struct talk *talk)
{
    static char text[256];
    struct seki_str octets = seki_buf_str(&talk->replies);
    struct milter_client_reply reply;
    size_t used, count = 0;
    while ((used = milter_client_parse(octets, &reply)) > 0 && count < sizeof text - 1) {
        text[count++] = reply.code;
        octets = seki_str_from(octets, used);
    }
    assert_int_equal(octets.len, 0);
    text[count] = '\0';
    seki_buf_clear(&talk->replies);
    return text;
}

static void negotiate(struct talk *talk)
{
    struct milter_client_reply reply;
    milter_client_put_offer(&talk->mta);
    say(talk);
    assert_true(milter_client_parse(seki_buf_str(&talk->replies), &reply) == talk->replies.len);
    assert_true(milter_client_agree(&talk->mta, &reply));
    seki_buf_clear(&talk->replies);
}

static const char *const recipients[] = { "b@example.com", "d@example.com", NULL };
static const struct milter_client_message sample = {
    .sender = "a@example.net",
    .recipients = recipients,
    .queue_id = "4XyZ",
    .text =
        SEKI_STR_INIT("From: a@example.net\r\nSubject:  two\r\n\tlines\r\nX-Tab:\tx\r\nX-Empty:\r\n\r\nhello\r\n"),
};
#define SAMPLE_EVENTS                                                                                              \
    "mail:<a@example.net>\nrcpt:<b@example.com>\nrcpt:<d@example.com>\ndata\nfield:From= a@example.net\n"          \
    "field:Subject=  two\n\tlines\nfield:X-Tab=\tx\nfield:X-Empty=\neoh\nbody:hello\r\n\neom\n"
#define GREETING_EVENTS "open\nconnect:mail.example.net[192.0.2.1]\nhelo:mail.example.net\n"

static void put_greeting(struct talk *talk)
{
    milter_client_put_connect(&talk->mta, "mail.example.net", "192.0.2.1", 45678);
    milter_client_put_helo(&talk->mta, "mail.example.net");
}

static void put_envelope(struct talk *talk, const struct milter_client_message *message)
{
    milter_client_put_mail(&talk->mta, message);
    for (size_t i = 0; message->recipients[i] != NULL; i++)
        milter_client_put_rcpt(&talk->mta, message, i);
}

static void put_message(struct talk *talk, const struct milter_client_message *message)
{
    struct seki_str rest = message->text, name, value;
    put_envelope(talk, message);
    milter_client_put_data(&talk->mta, message);
    while (milter_client_next_field(&rest, &name, &value))
        milter_client_put_field(&talk->mta, message, name, value);
    milter_client_put_eoh(&talk->mta, message);
    while (rest.len > 0)
        milter_client_put_body(&talk->mta, message, &rest);
    milter_client_put_eom(&talk->mta, message);
}

static void put_plain(struct talk *talk, char command)
{
    milter_client_put(&talk->mta, command, SEKI_STR(""));
}

static void a_message_is_told_in_order_and_answered_only_where_it_may_be_refused(void **state)
{
    (void)state;
    struct talk *talk = talk_new(&milter_recorder_handler);
    negotiate(talk);
    put_greeting(talk);
    put_message(talk, &sample);
    say(talk);
    assert_string_equal(milter_recorder_text(&talk->role), GREETING_EVENTS SAMPLE_EVENTS);
    assert_string_equal(codes(talk), "cccccc"); /* connect, helo, mail, 2 rcpt, end of message */
    talk_free(talk);
}

static void any_split_gives_the_same_events_and_replies(void **state)
{
    (void)state;
    struct milter_client_message message = sample;
    struct seki_buf text;
    seki_buf_init(&text, 1u << 20);
    seki_buf_add(&text, SEKI_STR("X-Long: "));
    for (int i = 0; i < 700; i++)
        seki_buf_add_char(&text, (char)('a' + i % 26));
    seki_buf_add(&text, SEKI_STR("\r\n\r\n"));
    for (int i = 0; i < 300; i++)
        seki_buf_add_char(&text, (char)(i % 256));
    message.text = seki_buf_str(&text);
    struct seki_buf expected;
    seki_buf_init(&expected, 1u << 20);
    for (size_t piece = 2000; piece > 0; piece--) {
        struct talk *talk = talk_new(&milter_recorder_handler);
        negotiate(talk);
        put_greeting(talk);
        put_message(talk, &message);
        put_plain(talk, 'A');
        put_message(talk, &message);
        say_in_pieces(talk, piece);
        struct seki_str got = seki_buf_str(&talk->role.text);
        if (expected.len == 0)
            seki_buf_add(&expected, got);
        assert_int_equal(talk->flow, MILTER_FLOW_MORE);
        assert_true(seki_str_equal(got, seki_buf_str(&expected)));
        assert_string_equal(codes(talk), "cccccccccc");
        talk_free(talk);
    }
    seki_buf_release(&expected);
    seki_buf_release(&text);
}

static void the_client_s_address_is_read_as_each_mta_writes_it(void **state)
{
    (void)state;
    static const struct {
        const char *name, *address, *want;
    } cases[] = {
        { "IPv4", "192.0.2.1", "open\nconnect:host[192.0.2.1]\n" },
        { "IPv6, Postfix", "2001:db8::1", "open\nconnect:host[2001:db8::1]\n" },
        { "IPv6, sendmail", "IPv6:2001:db8:0:0:0:0:0:1", "open\nconnect:host[2001:db8::1]\n" },
        { "IPv6 with a zone", "fe80::1%eth0", "open\nconnect:host[fe80::1]\n" },
        { "IPv4 as IPv6", "IPv6:::ffff:192.0.2.1", "open\nconnect:host[192.0.2.1]\n" },
        { "none", NULL, "open\nconnect:host[unknown]\n" },
        { "the tag alone", "IPv6:", "open\nconnect:host[unknown]\n" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        print_message("# %s\n", cases[i].name);
        struct talk *talk = talk_new(&milter_recorder_handler);
        negotiate(talk);
        milter_client_put_connect(&talk->mta, "host", cases[i].address, 45678);
        say(talk);
        assert_string_equal(milter_recorder_text(&talk->role), cases[i].want);
        talk_free(talk);
    }
}

static void a_connection_serves_several_messages(void **state)
{
    (void)state;
    struct talk *talk = talk_new(&milter_recorder_handler);
    talk->role.macro = "{i}";
    negotiate(talk);
    put_greeting(talk);
    for (int i = 0; i < 3; i++) {
        struct milter_client_message message = sample;
        message.queue_id = i == 1 ? "second" : "other";
        put_message(talk, &message);
        put_plain(talk, 'A'); /* Postfix says ABORT after every message, twice when the client leaves */
        put_plain(talk, 'A');
    }
    put_plain(talk, 'Q');
    say(talk);
    assert_int_equal(talk->flow, MILTER_FLOW_CLOSE);
    assert_int_equal(talk->engine.counters.messages, 3);
    assert_int_equal(talk->engine.counters.protocol_errors, 0);
    assert_string_equal(milter_recorder_text(&talk->role), GREETING_EVENTS SAMPLE_EVENTS
                        "macro:other\n" SAMPLE_EVENTS "macro:second\n" SAMPLE_EVENTS "macro:other\n");
    talk_free(talk);
}

static void an_abort_ends_the_message_and_its_macros_only(void **state)
{
    (void)state;
    struct talk *talk = talk_new(&milter_recorder_handler);
    negotiate(talk);
    put_greeting(talk);
    put_envelope(talk, &sample);
    say(talk);
    assert_true(
        seki_str_equal(milter_session_macro(&talk->session, SEKI_STR("rcpt_addr")), SEKI_STR("d@example.com")));
    assert_int_equal(talk->engine.busy_count, 1);
    put_plain(talk, 'A');
    say(talk);
    assert_int_equal(milter_session_macro(&talk->session, SEKI_STR("{mail_addr}")).len, 0);
    assert_true(seki_str_equal(milter_session_macro(&talk->session, SEKI_STR("j")), SEKI_STR("mx.example.com")));
    assert_int_equal(talk->engine.busy_count, 0);
    assert_string_equal(milter_recorder_text(&talk->role), GREETING_EVENTS
                        "mail:<a@example.net>\nrcpt:<b@example.com>\nrcpt:<d@example.com>\nabort\n");
    talk_free(talk);
}

static void mail_or_helo_in_the_middle_of_a_message_ends_it(void **state)
{
    (void)state;
    struct talk *talk = talk_new(&milter_recorder_handler);
    negotiate(talk);
    put_greeting(talk);
    milter_client_put_mail(&talk->mta, &sample);
    milter_client_put_mail(&talk->mta, &sample); /* Postfix, when it refused the first sender itself */
    say(talk);
    assert_true(seki_str_equal(milter_session_macro(&talk->session, SEKI_STR("{mail_addr}")),
                               SEKI_STR("a@example.net"))); /* the new message's, sent before the old one ended */
    milter_client_put_helo(&talk->mta, "again");
    milter_client_put(&talk->mta, 'M', SEKI_STR("<x>\0"));
    milter_client_put(&talk->mta, 'M', SEKI_STR("<y>\0")); /* without macros */
    say(talk);
    assert_string_equal(milter_recorder_text(&talk->role),
                        GREETING_EVENTS "mail:<a@example.net>\nabort\nmail:<a@example.net>\nabort\nhelo:again\n"
                                        "mail:<x>\nabort\nmail:<y>\n");
    talk_free(talk);
}

static void quit_nc_begins_a_new_connection_on_the_old_one(void **state)
{
    (void)state;
    struct talk *talk = talk_new(&milter_recorder_handler);
    negotiate(talk);
    put_greeting(talk);
    milter_client_put_mail(&talk->mta, &sample);
    put_plain(talk, 'K');
    say(talk);
    assert_int_equal(milter_session_macro(&talk->session, SEKI_STR("j")).len, 0);
    assert_int_equal(talk->engine.busy_count, 0);
    put_greeting(talk);
    say(talk);
    assert_string_equal(milter_recorder_text(&talk->role),
                        GREETING_EVENTS "mail:<a@example.net>\nclose\n" GREETING_EVENTS);
    talk_free(talk);
}

static void an_old_mta_gets_a_reply_for_every_event(void **state)
{
    (void)state;
    struct talk *talk = talk_new(&milter_recorder_handler);
    talk->mta.version = 2;
    talk->mta.changes = 0x3f;
    talk->mta.events = 0x7f;
    negotiate(talk);
    assert_int_equal(talk->mta.version, 2);
    assert_int_equal(talk->mta.events, 0);
    put_greeting(talk);
    put_message(talk, &sample);
    say(talk);
    /* The one space that such an MTA eats is put back, also where two stood. */
    assert_string_equal(milter_recorder_text(&talk->role), GREETING_EVENTS SAMPLE_EVENTS);
    assert_string_equal(codes(talk), "ccccccccccccc");
    talk_free(talk);
}

static const struct milter_handler indifferent = { .log = NULL };

static void events_that_nobody_wants_are_negotiated_away(void **state)
{
    (void)state;
    struct talk *talk = talk_new(&indifferent);
    negotiate(talk);
    uint32_t no = MILTER_NO_CONNECT | MILTER_NO_HELO | MILTER_NO_RCPT | MILTER_NO_DATA | MILTER_NO_FIELD |
                  MILTER_NO_EOH | MILTER_NO_BODY | MILTER_NO_UNKNOWN;
    assert_int_equal(talk->mta.events & no, no);
    assert_true((talk->mta.events & MILTER_NR_MAIL) != 0);
    assert_true((talk->mta.events & MILTER_KEEP_LEADING_SPACE) != 0);
    put_greeting(talk);
    put_message(talk, &sample);
    say(talk);
    assert_string_equal(codes(talk), "c");
    assert_int_equal(talk->engine.counters.messages, 1);
    talk_free(talk);
}

static void unwanted_events_of_an_old_mta_are_passed_over(void **state)
{
    (void)state;
    struct talk *talk = talk_new(&indifferent);
    talk->mta.version = 2;
    talk->mta.changes = 0x3f;
    talk->mta.events = 0;
    negotiate(talk);
    put_greeting(talk);
    put_message(talk, &sample);
    milter_client_put(&talk->mta, 'U', SEKI_STR("WOMBAT\0"));
    say(talk);
    assert_string_equal(codes(talk), "cccccccccccccc");
    talk_free(talk);
}

/* What the MTA may offer, and what comes of it. */
static const struct offer_case {
    const char *name;
    uint32_t version, changes, events;
    bool is_accepted;
} offers[] = {
    { "Postfix 3.7", 6, 0x1ff, 0x1fffff, true },
    { "sendmail 8.18 with flags of its own", 6, 0x1ff, 0x701fffff, true },
    { "a version to come", 7, 0xffffffff, 0xffffffff, true },
    { "the oldest", 2, 0x3f, 0x7f, true },
    { "version 1", 1, 0x3f, 0x7f, false },
    { "version 0", 0, 0x3f, 0x7f, false },
    { "fields cannot be added", 6, 0x1fe, 0x1fffff, false },
    { "fields cannot be removed", 6, 0x1ef, 0x1fffff, false },
};

static void offers_are_taken_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(offers); i++) {
        struct talk *talk = talk_new(&milter_recorder_handler);
        talk->mta.version = offers[i].version;
        talk->mta.changes = offers[i].changes;
        talk->mta.events = offers[i].events;
        milter_client_put_offer(&talk->mta);
        say(talk);
        print_message("# %s\n", offers[i].name);
        assert_int_equal(talk->flow, offers[i].is_accepted ? MILTER_FLOW_MORE : MILTER_FLOW_CLOSE);
        assert_int_equal(talk->engine.counters.protocol_errors, offers[i].is_accepted ? 0 : 1);
        assert_int_equal(talk->replies.len > 0, offers[i].is_accepted);
        assert_int_equal(talk->session.agreed.events & ~offers[i].events, 0);
        assert_true(talk->session.agreed.version <= 6);
        talk_free(talk);
    }
}

/* Command and payload; the length is put in front. */
#define P(literal) SEKI_STR_INIT(literal)
#define OPTNEG     P("O\0\0\0\x06\0\0\x01\xff\0\x1f\xff\xff")
#define CONNECT                                                                                                    \
    P("Chost\0004\xb2\x6e"                                                                                         \
      "192.0.2.1\0")
#define MAIL  P("M<a>\0")
#define RCPT  P("R<b>\0")
#define DATA  P("T")
#define FIELD P("La\0b\0")
#define EOH   P("N")
#define BODY  P("Bx")
#define EOM   P("E")

struct packet_case {
    const char *name;
    struct seki_str packets[6];
};

/* Packets after which the connection must end, with one protocol error. */
/* clang-format off */
static const struct packet_case broken[] = {
    { "unknown command", { OPTNEG, P("Z") } },
    { "command 0xff", { OPTNEG, P("\xff") } },
    { "CONNECT before OPTNEG", { CONNECT } },
    { "macros before OPTNEG", { P("DC") } },
    { "body before OPTNEG", { BODY } },
    { "QUIT_NC before OPTNEG", { P("K") } },
    { "OPTNEG twice", { OPTNEG, OPTNEG } },
    { "OPTNEG too short", { P("O\0\0\0\x06\0\0\x01\xff\0\x1f\xff") } },
    { "OPTNEG empty", { P("O") } },
    { "OPTNEG with octets left over", { P("O\0\0\0\x06\0\0\x01\xff\0\x1f\xff\xffx") } },
    { "HELO before CONNECT", { OPTNEG, P("Hx\0") } },
    { "MAIL before CONNECT", { OPTNEG, MAIL } },
    { "CONNECT twice", { OPTNEG, CONNECT, CONNECT } },
    { "CONNECT empty", { OPTNEG, P("C") } },
    { "CONNECT host without its NUL", { OPTNEG, P("Chost") } },
    { "CONNECT without a family", { OPTNEG, P("Chost\0") } },
    { "CONNECT of an unknown family", { OPTNEG, P("Chost\0X\0\0x\0") } },
    { "CONNECT of family NUL", { OPTNEG, P("Chost\0\0\0\0x\0") } },
    { "CONNECT without a port", { OPTNEG, P("Chost\0004\xb2") } },
    { "CONNECT without an address", { OPTNEG, P("Chost\0004\xb2\x6e") } },
    { "CONNECT address without its NUL", { OPTNEG, P("Chost\0004\xb2\x6e" "192.0.2.1") } },
    { "CONNECT unknown client with an address", { OPTNEG, P("Chost\0U\xb2\x6ex\0") } },
    { "CONNECT with octets left over", { OPTNEG, P("Chost\0004\xb2\x6e" "192.0.2.1\0x") } },
    { "HELO empty", { OPTNEG, CONNECT, P("H") } },
    { "HELO without its NUL", { OPTNEG, CONNECT, P("Hx") } },
    { "HELO with two strings", { OPTNEG, CONNECT, P("Hx\0y\0") } },
    { "MAIL empty", { OPTNEG, CONNECT, P("M") } },
    { "MAIL parameter without its NUL", { OPTNEG, CONNECT, P("M<a>\0SIZE=1") } },
    { "RCPT before MAIL", { OPTNEG, CONNECT, RCPT } },
    { "RCPT empty", { OPTNEG, CONNECT, MAIL, P("R") } },
    { "RCPT after DATA", { OPTNEG, CONNECT, MAIL, DATA, RCPT } },
    { "RCPT after a field", { OPTNEG, CONNECT, MAIL, FIELD, RCPT } },
    { "DATA before MAIL", { OPTNEG, CONNECT, DATA } },
    { "DATA twice", { OPTNEG, CONNECT, MAIL, DATA, DATA } },
    { "DATA after a field", { OPTNEG, CONNECT, MAIL, FIELD, DATA } },
    { "DATA with octets", { OPTNEG, CONNECT, MAIL, P("Tx") } },
    { "field before MAIL", { OPTNEG, CONNECT, FIELD } },
    { "field without a value", { OPTNEG, CONNECT, MAIL, P("La\0") } },
    { "field value without its NUL", { OPTNEG, CONNECT, MAIL, P("La\0b") } },
    { "field with three strings", { OPTNEG, CONNECT, MAIL, P("La\0b\0c\0") } },
    { "field without a name", { OPTNEG, CONNECT, MAIL, P("L\0b\0") } },
    { "field after end of header", { OPTNEG, CONNECT, MAIL, EOH, FIELD } },
    { "field after body", { OPTNEG, CONNECT, MAIL, BODY, FIELD } },
    { "end of header before MAIL", { OPTNEG, CONNECT, EOH } },
    { "end of header twice", { OPTNEG, CONNECT, MAIL, EOH, EOH } },
    { "end of header after body", { OPTNEG, CONNECT, MAIL, BODY, EOH } },
    { "end of header with octets", { OPTNEG, CONNECT, MAIL, P("Nx") } },
    { "body before MAIL", { OPTNEG, CONNECT, BODY } },
    { "end of message before CONNECT", { OPTNEG, EOM } },
    { "end of message before MAIL", { OPTNEG, CONNECT, EOM } },
    { "end of message twice", { OPTNEG, CONNECT, MAIL, EOM, EOM } },
    { "ABORT with octets", { OPTNEG, CONNECT, MAIL, P("Ax") } },
    { "macros of no event", { OPTNEG, P("D") } },
    { "macros of an unknown event", { OPTNEG, P("D?") } },
    { "macro name without its NUL", { OPTNEG, P("DCj") } },
    { "macro without a value", { OPTNEG, P("DCj\0") } },
    { "macro value without its NUL", { OPTNEG, P("DCj\0mx") } },
    { "unknown SMTP command without its NUL", { OPTNEG, P("UWOMBAT") } },
    { "QUIT with octets", { OPTNEG, P("Qx") } },
    { "QUIT_NC with octets", { OPTNEG, P("Kx") } },
};

/* The same with nothing wrong: no error. */
static const struct packet_case sound[] = {
    { "an empty connection", { OPTNEG } },
    { "QUIT at once", { P("Q") } },
    { "unix client", { OPTNEG, P("Clocal\0L\0\0/x\0"), MAIL } },
    { "unknown client", { OPTNEG, P("Chost\0U"), MAIL } },
    { "IPv6 client with a zone", { OPTNEG, P("Chost\0006\xb2\x6e" "fe80::1%eth0\0"), MAIL } },
    { "address that is none", { OPTNEG, P("Chost\0004\xb2\x6e" "bogus\0"), MAIL } },
    { "HELO twice", { OPTNEG, CONNECT, P("Hx\0"), P("Hx\0"), MAIL } },
    { "null sender and parameters", { OPTNEG, CONNECT, P("M<>\0SIZE=1\0SMTPUTF8\0") } },
    { "end of message without anything", { OPTNEG, CONNECT, MAIL, EOM, MAIL } },
    { "an empty body chunk", { OPTNEG, CONNECT, MAIL, P("B"), BODY, P("Eyz") } },
    { "macros of an event that has none", { OPTNEG, P("DL") } },
    { "empty macros", { OPTNEG, P("DC"), CONNECT, P("DH"), P("DM"), MAIL } },
    { "unknown SMTP command", { OPTNEG, CONNECT, P("Ux\0"), MAIL, P("Ux\0"), EOM } },
    { "ABORT where nothing is under way", { OPTNEG, P("A"), CONNECT, P("A"), MAIL } },
};
/* clang-format on */

static void put_packets(struct talk *talk, const struct packet_case *packets)
{
    for (size_t i = 0; i < COUNT(packets->packets) && packets->packets[i].ptr != NULL; i++) {
        struct seki_str packet = packets->packets[i];
        size_t begin = milter_packet_begin(&talk->mta.out, packet.ptr[0]);
        seki_buf_add(&talk->mta.out, (struct seki_str){ packet.ptr + 1, packet.len - 1 });
        milter_packet_end(&talk->mta.out, begin);
    }
}

static void what_breaks_the_protocol_ends_the_connection(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * COUNT(broken); i++) {
        struct talk *talk = talk_new(&milter_recorder_handler);
        put_packets(talk, &broken[i / 2]);
        say_in_pieces(talk, i % 2 == 0 ? 1 : SIZE_MAX);
        print_message("# %s\n", broken[i / 2].name);
        assert_int_equal(talk->flow, MILTER_FLOW_CLOSE);
        assert_int_equal(talk->engine.counters.protocol_errors, 1);
        talk_free(talk);
    }
}

static void what_is_unusual_but_sound_goes_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(sound); i++) {
        struct talk *talk = talk_new(&milter_recorder_handler);
        put_packets(talk, &sound[i]);
        say_in_pieces(talk, 3);
        print_message("# %s\n", sound[i].name);
        assert_int_equal(talk->engine.counters.protocol_errors, 0);
        assert_null(strstr(milter_recorder_text(&talk->role), "log:"));
        talk_free(talk);
    }
}

/* Lengths as they stand on the wire, after OPTNEG, CONNECT, MAIL. */
static const struct {
    const char *name;
    struct seki_str head;
    bool is_refused;
} lengths[] = {
    { "0", P("\0\0\0\0"), false }, /* undecided until a command stands there */
    { "0 and a command", P("\0\0\0\0A"), true },
    { "4 GiB - 1", P("\xff\xff\xff\xffR"), true },
    { "4 GiB - 1, body",
      P("\xff\xff\xff\xff"
        "B"),
      true },
    { "4 GiB - 1, last body",
      P("\xff\xff\xff\xff"
        "E"),
      true },
    { "the limit", P("\0\x10\0\0R"), false },
    { "the limit + 1", P("\0\x10\0\x01R"), true },
    { "a body chunk of 1 MiB",
      P("\0\x10\0\x01"
        "B"),
      false },
    { "a body chunk of 1 MiB + 1",
      P("\0\x10\0\x02"
        "B"),
      true },
};

static void lengths_are_bounded(void **state)
{
    (void)state;
    static const struct packet_case before = { "", { OPTNEG, CONNECT, MAIL } };
    for (size_t i = 0; i < COUNT(lengths); i++) {
        struct talk *talk = talk_new(&milter_recorder_handler);
        put_packets(talk, &before);
        seki_buf_add(&talk->mta.out, lengths[i].head);
        say(talk);
        print_message("# %s\n", lengths[i].name);
        assert_int_equal(talk->flow, lengths[i].is_refused ? MILTER_FLOW_CLOSE : MILTER_FLOW_MORE);
        assert_int_equal(talk->engine.counters.protocol_errors, lengths[i].is_refused);
        talk_free(talk);
    }
}

static void an_unreadable_address_is_an_unknown_client(void **state)
{
    (void)state;
    static const struct packet_case packets = { "", { OPTNEG, P("Chost\0004\0\0bogus\0") } };
    struct talk *talk = talk_new(&milter_recorder_handler);
    put_packets(talk, &packets);
    say(talk);
    assert_string_equal(milter_recorder_text(&talk->role), "open\nconnect:host[unknown]\n");
    talk_free(talk);
}

/* Which answer of the role becomes which packet, and what the connection does then. */
static const struct answer_case {
    const char *name;
    enum milter_event event;
    enum milter_action action;
    const char *codes; /* of connect, helo, mail, rcpt until the answer */
    enum milter_state then;
} answers[] = {
    { "connect: accept", MILTER_EVENT_CONNECT, MILTER_ACCEPT, "a", MILTER_STATE_SETTLED },
    { "connect: reject", MILTER_EVENT_CONNECT, MILTER_REJECT, "r", MILTER_STATE_SETTLED },
    { "connect: discard is not allowed", MILTER_EVENT_CONNECT, MILTER_DISCARD, "t", MILTER_STATE_SETTLED },
    { "helo: tempfail", MILTER_EVENT_HELO, MILTER_TEMPFAIL, "ct", MILTER_STATE_SETTLED },
    { "mail: accept", MILTER_EVENT_MAIL, MILTER_ACCEPT, "cca", MILTER_STATE_GREETED },
    { "mail: discard", MILTER_EVENT_MAIL, MILTER_DISCARD, "ccd", MILTER_STATE_GREETED },
    { "mail: later is not allowed", MILTER_EVENT_MAIL, MILTER_LATER, "cct", MILTER_STATE_GREETED },
    { "rcpt: a refusal is of this recipient only", MILTER_EVENT_RCPT, MILTER_REJECT, "cccr", MILTER_STATE_RCPT },
    { "rcpt: accept is of the whole message", MILTER_EVENT_RCPT, MILTER_ACCEPT, "ccca", MILTER_STATE_GREETED },
    { "rcpt: an unknown action", MILTER_EVENT_RCPT, (enum milter_action)77, "ccct", MILTER_STATE_RCPT },
};

static void the_roles_answers_reach_the_mta(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(answers); i++) {
        const struct answer_case *c = &answers[i];
        static const char *const one[] = { "b@example.com", NULL };
        struct milter_client_message message = { .sender = "a@example.net", .recipients = one, .queue_id = "q" };
        struct talk *talk = talk_new(&milter_recorder_handler);
        talk->role.answers[c->event] = c->action;
        negotiate(talk);
        milter_client_put_connect(&talk->mta, "mail.example.net", "192.0.2.1", 45678);
        if (c->event > MILTER_EVENT_CONNECT)
            milter_client_put_helo(&talk->mta, "mail.example.net");
        if (c->event > MILTER_EVENT_HELO)
            milter_client_put_mail(&talk->mta, &message);
        if (c->event > MILTER_EVENT_MAIL)
            milter_client_put_rcpt(&talk->mta, &message, 0);
        say(talk);
        print_message("# %s\n", c->name);
        assert_string_equal(codes(talk), c->codes);
        assert_int_equal(talk->session.state, c->then);
        talk_free(talk);
    }
}

static void after_a_settled_connection_every_answer_is_the_same_and_nobody_is_told(void **state)
{
    (void)state;
    struct talk *talk = talk_new(&milter_recorder_handler);
    talk->role.answers[MILTER_EVENT_CONNECT] = MILTER_ACCEPT;
    negotiate(talk);
    put_greeting(talk);
    put_message(talk, &sample);
    put_plain(talk, 'A');
    say(talk);
    assert_string_equal(codes(talk), "aaaaaa");
    assert_string_equal(milter_recorder_text(&talk->role), "open\nconnect:mail.example.net[192.0.2.1]\n");
    put_plain(talk, 'K');
    put_greeting(talk);
    say(talk);
    assert_string_equal(codes(talk), "aa");
    assert_int_equal(talk->role.open_count, 2);
    talk_free(talk);
}

static void a_refusal_carries_the_roles_words(void **state)
{
    (void)state;
    struct talk *talk = talk_new(&milter_recorder_handler);
    talk->role.answers[MILTER_EVENT_CONNECT] = MILTER_REJECT;
    talk->role.reply = (struct milter_reply){ 550, SEKI_STR("5.7.25"), SEKI_STR("100% no") };
    negotiate(talk);
    milter_client_put_connect(&talk->mta, "h", "2001:db8::1", 1);
    say(talk);
    struct milter_client_reply reply;
    assert_true(milter_client_parse(seki_buf_str(&talk->replies), &reply) > 0);
    assert_int_equal(reply.code, 'y');
    assert_true(seki_str_equal(reply.payload, SEKI_STR("550 5.7.25 100%% no\0")));
    talk_free(talk);
}

static void later_stops_reading_until_the_decision(void **state)
{
    (void)state;
    struct talk *talk = talk_new(&milter_recorder_handler);
    talk->role.answers[MILTER_EVENT_EOM] = MILTER_LATER;
    negotiate(talk);
    put_greeting(talk);
    put_message(talk, &sample);
    put_plain(talk, 'A');
    put_message(talk, &sample);
    put_plain(talk, 'A');
    say(talk); /* all at once: the MTA does not wait, which none does */
    assert_int_equal(talk->flow, MILTER_FLOW_WAIT);
    assert_int_equal(talk->engine.counters.messages, 1);
    assert_string_equal(codes(talk), "ccccc");
    const struct milter_field_insertion insertion = { 0, SEKI_STR("X-A"), SEKI_STR("b") };
    const struct milter_decision decision = { .insertions = &insertion, .insertion_count = 1 };
    milter_session_decide(&talk->session, &decision);
    assert_int_equal(milter_recorder_resume(&talk->session, &talk->replies), MILTER_FLOW_WAIT);
    assert_string_equal(codes(talk), "icccc"); /* and the next message's envelope */
    milter_session_decide(&talk->session, &decision);
    assert_int_equal(milter_recorder_resume(&talk->session, &talk->replies), MILTER_FLOW_MORE);
    assert_string_equal(codes(talk), "ic");
    assert_int_equal(talk->session.held_capacity, 0);
    talk_free(talk);
}

static void a_decision_may_come_inside_end_of_message(void **state)
{
    (void)state;
    const struct milter_field_insertion insertion = { 0, SEKI_STR("X-A"), SEKI_STR("b") };
    const struct milter_field_removal removal = { SEKI_STR("X-B"), 2 };
    const struct milter_decision decision = { .insertions = &insertion,
                                              .insertion_count = 1,
                                              .removals = &removal,
                                              .removal_count = 1,
                                              .action = MILTER_ACCEPT };
    struct talk *talk = talk_new(&milter_recorder_handler);
    talk->role.answers[MILTER_EVENT_EOM] = MILTER_LATER;
    talk->role.decision = &decision;
    negotiate(talk);
    put_greeting(talk);
    put_message(talk, &sample);
    put_message(talk, &sample);
    say(talk);
    assert_int_equal(talk->flow, MILTER_FLOW_MORE);
    assert_string_equal(codes(talk), "cccccmiacccmia");
    talk_free(talk);
}

static void only_changes_in_use_are_agreed_on_and_what_was_not_defers(void **state)
{
    (void)state;
    struct milter_handler handler = milter_recorder_handler;
    handler.changes = MILTER_MAY_ADD_RCPT | MILTER_MAY_DELETE_RCPT | MILTER_MAY_QUARANTINE;
    const struct seki_str recipient = SEKI_STR_INIT("<b@example.com>");
    const struct milter_decision decision = { .removed_recipients = &recipient,
                                              .removed_recipient_count = 1,
                                              .quarantine = SEKI_STR("x") };
    static const struct {
        const char *name;
        bool is_used;
        uint32_t offered, agreed;
        const char *want_codes, *want_log;
    } cases[] = {
        { "Postfix, sendmail", true, 0x1ff, 0x13d, "ccccc-qc", NULL },
        { "a role that uses none", false, 0x1ff, 0x111, "ccccct", "has not agreed" },
        { "an MTA without quarantine", true, 0x1df, 0x11d, "ccccct", "does not let a filter quarantine:" },
        { "an MTA that knows fields alone", true, 0x111, 0x111, "ccccct",
          "does not let a filter add recipients, delete recipients, quarantine:" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        print_message("# %s\n", cases[i].name);
        struct talk *talk = talk_new(cases[i].is_used ? &handler : &milter_recorder_handler);
        talk->role.answers[MILTER_EVENT_EOM] = MILTER_LATER;
        talk->role.decision = &decision;
        talk->mta.changes = cases[i].offered;
        negotiate(talk);
        assert_int_equal(talk->mta.changes, cases[i].agreed);
        assert_int_equal(milter_session_may(&talk->session, MILTER_MAY_DELETE_RCPT), (cases[i].agreed & 8) != 0);
        put_greeting(talk);
        put_message(talk, &sample);
        say(talk);
        assert_string_equal(codes(talk), cases[i].want_codes);
        if (cases[i].want_log != NULL)
            assert_non_null(strstr(milter_recorder_text(&talk->role), cases[i].want_log));
        talk_free(talk);
    }
}

static void mail_is_not_waited_for_when_the_role_never_refuses_it(void **state)
{
    (void)state;
    struct milter_handler handler = milter_recorder_handler;
    handler.is_mail_unanswered = true;
    static const struct {
        uint32_t offered;
        const char *want;
    } cases[] = { { 0x1fffff, "ccccc" }, { 0x1fffff & ~MILTER_NR_MAIL, "cccccc" } };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct talk *talk = talk_new(&handler);
        talk->mta.events = cases[i].offered;
        negotiate(talk);
        put_greeting(talk);
        put_message(talk, &sample);
        say(talk);
        assert_string_equal(milter_recorder_text(&talk->role), GREETING_EVENTS SAMPLE_EVENTS);
        assert_string_equal(codes(talk), cases[i].want);
        talk_free(talk);
    }
}

static void no_memory_for_the_role_closes_the_connection(void **state)
{
    (void)state;
    struct talk *talk = talk_new(&milter_recorder_handler);
    talk->role.refuses_to_open = true;
    negotiate(talk);
    put_greeting(talk);
    say(talk);
    assert_int_equal(talk->flow, MILTER_FLOW_CLOSE);
    assert_int_equal(talk->engine.counters.protocol_errors, 0);
    talk_free(talk);
}

static void large_packets_are_held_within_what_has_come(void **state)
{
    (void)state;
    struct talk *talk = talk_new(&milter_recorder_handler);
    negotiate(talk);
    put_greeting(talk);
    milter_client_put_mail(&talk->mta, &sample);
    say(talk);
    feed(talk, (struct seki_str)P("\0\x0f\xff\xffLName\0")); /* claims 1 MiB */
    assert_in_range(talk->session.held_capacity, 10, 4096);
    char octets[1000];
    memset(octets, 'x', sizeof octets);
    for (size_t sent = 6; sent + sizeof octets < 0xfffff; sent += sizeof octets)
        feed(talk, (struct seki_str){ octets, sizeof octets });
    assert_in_range(talk->session.held_capacity, 0xffff0, 0x100003);
    put_plain(talk, 'A');
    talk_free(talk);
}

static void macros_are_bounded(void **state)
{
    (void)state;
    struct talk *talk = talk_new(&milter_recorder_handler);
    negotiate(talk);
    char *value = calloc(1, 70000);
    assert_non_null(value);
    memset(value, 'x', 69999);
    const char *const pairs[] = { "j", value, NULL };
    milter_client_put_macros(&talk->mta, 'C', pairs);
    say(talk);
    assert_int_equal(talk->flow, MILTER_FLOW_CLOSE);
    assert_int_equal(talk->engine.counters.protocol_errors, 1);
    free(value);
    talk_free(talk);
}

static void an_idle_session_is_small(void **state)
{
    (void)state;
    struct talk *talk = talk_new(&milter_recorder_handler);
    negotiate(talk);
    put_greeting(talk);
    put_message(talk, &sample);
    say_in_pieces(talk, 7);
    assert_int_equal(talk->session.held_capacity, 0);
    assert_in_range(sizeof talk->session + talk->session.macros.capacity, 1, 700);
    talk_free(talk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_told_in_order_and_answered_only_where_it_may_be_refused),
        cmocka_unit_test(any_split_gives_the_same_events_and_replies),
        cmocka_unit_test(the_client_s_address_is_read_as_each_mta_writes_it),
        cmocka_unit_test(a_connection_serves_several_messages),
        cmocka_unit_test(an_abort_ends_the_message_and_its_macros_only),
        cmocka_unit_test(mail_or_helo_in_the_middle_of_a_message_ends_it),
        cmocka_unit_test(quit_nc_begins_a_new_connection_on_the_old_one),
        cmocka_unit_test(an_old_mta_gets_a_reply_for_every_event),
        cmocka_unit_test(events_that_nobody_wants_are_negotiated_away),
        cmocka_unit_test(unwanted_events_of_an_old_mta_are_passed_over),
        cmocka_unit_test(offers_are_taken_or_refused),
        cmocka_unit_test(what_breaks_the_protocol_ends_the_connection),
        cmocka_unit_test(what_is_unusual_but_sound_goes_on),
        cmocka_unit_test(lengths_are_bounded),
        cmocka_unit_test(an_unreadable_address_is_an_unknown_client),
        cmocka_unit_test(the_roles_answers_reach_the_mta),
        cmocka_unit_test(after_a_settled_connection_every_answer_is_the_same_and_nobody_is_told),
        cmocka_unit_test(a_refusal_carries_the_roles_words),
        cmocka_unit_test(later_stops_reading_until_the_decision),
        cmocka_unit_test(a_decision_may_come_inside_end_of_message),
        cmocka_unit_test(only_changes_in_use_are_agreed_on_and_what_was_not_defers),
        cmocka_unit_test(mail_is_not_waited_for_when_the_role_never_refuses_it),
        cmocka_unit_test(no_memory_for_the_role_closes_the_connection),
        cmocka_unit_test(large_packets_are_held_within_what_has_come),
        cmocka_unit_test(macros_are_bounded),
        cmocka_unit_test(an_idle_session_is_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

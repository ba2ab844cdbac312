/* What an MTA sends, through the milter's state machine.
 *
 * The first octet chooses the role (see `choose`), the second the split. After "r" come raw octets; after anything
 * else lines, each a packet: its command, its payload with "|" for NUL; "O" alone offers what Postfix 3.7 does.
 *
 * Properties: the role hears events in the order that server.h promises (the recorder aborts when not); however the
 * octets are cut, events, log and replies are the same; replies are whole packets that an MTA can read, no more than
 * the events that may have one, apart from fields to be changed; nothing is left busy at the end. */
#include "../support/milter_client.h"
#include "../support/milter_recorder.h"

#include "milter/packet.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_INPUT 300000u

struct outcome {
    struct seki_buf replies;
    struct milter_recorder role;
    uint64_t messages, protocol_errors;
};

static const struct milter_field_removal removal = { SEKI_STR_INIT("Authentication-Results"), 1 };
static const struct milter_field_insertion insertion = { 0, SEKI_STR_INIT("Authentication-Results"),
                                                         SEKI_STR_INIT("mx;\r\n none") };
static const struct milter_decision decision = {
    .removals = &removal, .removal_count = 1, .insertions = &insertion, .insertion_count = 1
};
/* A field smuggled in: must be deferred, never written. */
static const struct milter_field_insertion smuggled = { 0, SEKI_STR_INIT("A"), SEKI_STR_INIT("b\nBcc: c") };
static const struct milter_decision bad_decision = { .insertions = &smuggled, .insertion_count = 1 };

/* The role's behaviour, from the bits of one octet: 1 decides late; 2 decides inside end_of_message, at times badly;
 * 4 refuses recipients in its own words; 8 accepts connections unseen; 16 accepts at MAIL; 32 has no use for most. */
static void choose(struct milter_recorder *role, struct milter_handler *handler, uint8_t bits)
{
    *handler = milter_recorder_handler;
    role->decide = milter_session_decide;
    if ((bits & 3) != 0)
        role->answers[MILTER_EVENT_EOM] = MILTER_LATER;
    if ((bits & 3) >= 2)
        role->decision = (bits & 3) == 2 ? &decision : &bad_decision;
    if ((bits & 4) != 0) {
        role->answers[MILTER_EVENT_RCPT] = MILTER_TEMPFAIL;
        role->reply = (struct milter_reply){ 452, SEKI_STR("4.5.3"), SEKI_STR("100% later") };
    }
    if ((bits & 8) != 0)
        role->answers[MILTER_EVENT_HELO] = MILTER_ACCEPT;
    if ((bits & 16) != 0)
        role->answers[MILTER_EVENT_MAIL] = MILTER_ACCEPT;
    if ((bits & 32) != 0)
        handler->helo = handler->rcpt = NULL;
    role->macro = "i";
}

/* A late decision is made at once; what was held then follows, before anything new. */
static enum milter_flow feed(struct milter_session *session, struct seki_str octets, struct outcome *outcome)
{
    enum milter_flow flow = milter_recorder_feed(session, octets, &outcome->replies);
    while (flow == MILTER_FLOW_WAIT) {
        milter_session_decide(session, &decision);
        flow = milter_recorder_resume(session, &outcome->replies);
    }
    return flow;
}

static size_t next_piece(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 24) < 200 ? 1 + (*seed >> 16) % 7 : 1 + (*seed >> 8) % 4000;
}

/* @param split  0: in one piece */
static void play(struct seki_str octets, uint8_t bits, uint32_t split, struct outcome *outcome)
{
    struct milter_engine engine;
    struct milter_session session;
    struct milter_handler handler;
    milter_recorder_init(&outcome->role);
    seki_buf_init(&outcome->replies, 64u << 20);
    choose(&outcome->role, &handler, bits);
    if (milter_engine_init(&engine, &handler, &outcome->role, 100000) != SEKI_OK)
        abort();
    milter_session_init(&session, &engine);
    for (enum milter_flow flow = MILTER_FLOW_MORE; octets.len > 0 && flow != MILTER_FLOW_CLOSE;) {
        /* No more than a read would give, or a split would show in what is still taken in after a wait. */
        struct seki_str piece = seki_str_head(octets, split == 0 ? octets.len : next_piece(&split));
        if (piece.len > 65536)
            piece.len = 65536;
        flow = feed(&session, piece, outcome);
        octets = seki_str_from(octets, piece.len);
    }
    milter_session_release(&session);
    if (engine.busy_count != 0 || outcome->role.order != RECORDER_CLOSED || engine.counters.protocol_errors > 1)
        abort();
    outcome->messages = engine.counters.messages;
    outcome->protocol_errors = engine.counters.protocol_errors;
    milter_engine_release(&engine);
}

static void release(struct outcome *outcome)
{
    milter_recorder_release(&outcome->role);
    seki_buf_release(&outcome->replies);
}

/* Whole packets, and none of what the bad decision wanted to smuggle. */
static void check_replies(struct seki_str replies)
{
    struct milter_client_reply reply;
    while (replies.len > 0) {
        size_t used = milter_client_parse(replies, &reply);
        if (used == 0 || strchr("Oacdimrty", reply.code) == NULL || reply.code == '\0')
            abort();
        if (memmem(reply.payload.ptr, reply.payload.len, "\nBcc", 4) != NULL)
            abort();
        replies = seki_str_from(replies, used);
    }
}

static void add_line(struct seki_buf *out, struct seki_str line)
{
    static const char offer[] = "\0\0\0\x06\0\0\x01\xff\0\x1f\xff\xff";
    if (line.len == 0)
        return;
    size_t begin = milter_packet_begin(out, line.ptr[0]);
    if (seki_str_equal(line, SEKI_STR("O")))
        seki_buf_add(out, (struct seki_str){ offer, sizeof offer - 1 });
    for (size_t i = 1; i < line.len; i++)
        seki_buf_add_char(out, line.ptr[i] == '|' ? '\0' : line.ptr[i]);
    milter_packet_end(out, begin);
}

static void compose(struct seki_buf *out, struct seki_str text)
{
    struct seki_str line;
    if (text.len > 0 && text.ptr[0] == 'r') {
        seki_buf_add(out, seki_str_from(text, 1));
        return;
    }
    while (seki_str_split(&text, '\n', &line))
        add_line(out, line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > MAX_INPUT)
        return 0;
    struct seki_buf octets;
    struct outcome whole = { 0 }, split = { 0 };
    seki_buf_init(&octets, 4 * MAX_INPUT);
    compose(&octets, (struct seki_str){ (const char *)data + 2, size - 2 });
    play(seki_buf_str(&octets), data[0], 0, &whole);
    play(seki_buf_str(&octets), data[0], data[1] + 1u, &split);
    if (!seki_str_equal(seki_buf_str(&whole.role.text), seki_buf_str(&split.role.text)) ||
        !seki_str_equal(seki_buf_str(&whole.replies), seki_buf_str(&split.replies)) ||
        whole.messages != split.messages || whole.protocol_errors != split.protocol_errors)
        abort();
    check_replies(seki_buf_str(&whole.replies));
    release(&whole);
    release(&split);
    seki_buf_release(&octets);
    return 0;
}

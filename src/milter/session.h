/* One connection from the MTA: packets become events of the role, in their order.
 *
 * A table of state × event (session.c) says for each pair whether it runs, ends the message before it, or breaks the
 * protocol. inbox.c cuts packets out of the octets as they arrive; server.c moves octets and closes connections. So
 * a test, or a fuzzer, drives a session without a socket:
 *
 *     milter_session_prepare() → fill the vectors → milter_session_received() → send engine->replies.out
 *
 * After MILTER_FLOW_WAIT nothing is taken in until milter_session_decide() and milter_session_resume(). */
#ifndef MILTER_SESSION_H
#define MILTER_SESSION_H

#include "milter/event.h"
#include "milter/macros.h"
#include "milter/negotiate.h"

#include <sys/uio.h>

enum milter_state {
    MILTER_STATE_NEW,     /* nothing agreed on yet */
    MILTER_STATE_READY,   /* waiting for CONNECT */
    MILTER_STATE_GREETED, /* client known (or CONNECT negotiated away); no message under way */
    MILTER_STATE_MAIL,    /* from here to WAITING a message is under way */
    MILTER_STATE_RCPT,
    MILTER_STATE_DATA,
    MILTER_STATE_FIELDS,
    MILTER_STATE_EOH,
    MILTER_STATE_BODY,
    MILTER_STATE_DECIDING, /* end_of_message runs */
    MILTER_STATE_WAITING,  /* it said MILTER_LATER */
    MILTER_STATE_SETTLED,  /* the role answered CONNECT or HELO for the whole connection */
    MILTER_STATE_CLOSED,   /* QUIT, or broken: only milter_session_release() may follow */
    MILTER_STATE_COUNT
};

enum milter_flow {
    MILTER_FLOW_MORE, /* send what stands in engine->replies.out, then go on reading */
    MILTER_FLOW_WAIT, /* the same, but stop reading */
    MILTER_FLOW_CLOSE /* the same, then close */
};

/* What comes in at once, at most. A body packet of 65,535 octets and what surrounds it fit. */
#define MILTER_INPUT_OCTETS (128u * 1024u)
/* In front of it: the head of a packet that was cut before its command, put together without moving the rest. */
#define MILTER_INPUT_RESERVE 8u
/* The largest body chunk that any MTA is built for is 1 MiB; ours is not to be asked to skip gigabytes. */
#define MILTER_BODY_PACKET_MAX (1024u * 1024u + 1u)

struct milter_replies {
    struct seki_buf out;   /* for the MTA: to be sent, and cleared, after each call below */
    struct seki_buf words; /* of the refusal that the role is about to return */
};

struct milter_engine { /* what the sessions of one loop share; one packet is in work at a time */
    const struct milter_handler *handler;
    void *role;
    size_t max_packet_octets;
    struct milter_counters counters;
    size_t busy_count;
    struct milter_replies replies;
    struct seki_buf value; /* a field's value with its leading space put back */
    char *input;           /* MILTER_INPUT_RESERVE + MILTER_INPUT_OCTETS */
};

struct milter_session {
    struct milter_engine *engine;

    /* per connection */
    void *role_state; /* what open() returned */
    bool is_open;
    unsigned char state;      /* enum milter_state */
    unsigned char verdict;    /* enum milter_action, in MILTER_STATE_SETTLED */
    unsigned char body_event; /* MILTER_EVENT_BODY or _EOM while body_left > 0 */
    struct milter_agreement agreed;
    struct milter_macros macros;

    /* what has come in and is not done with: octets of an incomplete packet, or everything while waiting */
    char *held;
    uint32_t held_len, held_capacity;
    uint32_t body_left; /* of the body packet that is streaming by */
};

void milter_replies_init(struct milter_replies *replies);
void milter_replies_release(struct milter_replies *replies);

/** @return SEKI_OK, or SEKI_SYSTEM: no memory. @param handler, role  must outlive the engine */
SEKI_MUST_USE enum seki_result milter_engine_init(struct milter_engine *engine,
                                                  const struct milter_handler *handler, void *role,
                                                  size_t max_packet_octets);
void milter_engine_release(struct milter_engine *engine);

void milter_session_init(struct milter_session *session, struct milter_engine *engine);
/** Calls the role's close(). */
void milter_session_release(struct milter_session *session);

/**
 * Where the next octets shall go, in order.
 * @return the number of vectors, 1 or 2; 0: no memory, close the connection
 */
size_t milter_session_prepare(struct milter_session *session, struct iovec vectors[2]);
/** @param len  octets that were put into the vectors of the last milter_session_prepare() */
SEKI_MUST_USE enum milter_flow milter_session_received(struct milter_session *session, size_t len);

/** The role's answer to end_of_message; a decision that cannot be written defers the message. */
void milter_session_decide(struct milter_session *session, const struct milter_decision *decision);
/** Go on with what had come in meanwhile. */
SEKI_MUST_USE enum milter_flow milter_session_resume(struct milter_session *session);

bool milter_session_is_busy(const struct milter_session *session);

/* Between inbox.c and session.c. */

/** One whole packet; not for body packets. */
void milter_session_packet(struct milter_session *session, char command, struct seki_str payload);
/** A body packet (BODY or BODYEOB) begins, goes on, ends. */
void milter_session_body_begin(struct milter_session *session, char command);
void milter_session_body_octets(struct milter_session *session, struct seki_str octets);
void milter_session_body_end(struct milter_session *session);
/** Say why, and close. */
void milter_session_drop(struct milter_session *session, const char *sentence);
/** The same, and it is the MTA's fault: it broke the protocol. */
void milter_session_fail(struct milter_session *session, const char *format, ...) SEKI_PRINTF(2, 3);

#endif

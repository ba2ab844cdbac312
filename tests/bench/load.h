/* The load generator's conversation with a chain of milters, as Postfix 3.7 holds it.
 *
 * A session is one SMTP client's: a connection to every milter of the chain, CONNECT and HELO once, then messages.
 * Commands of the envelope go to each milter in turn. The message itself goes to the first milter whole, then, with
 * the fields that one inserted, to the second, and so on. At the start all sessions are opened first, so that as many
 * as were asked for are at work from the first message on. Events that a milter wants no part in are not sent, those
 * that it will not answer are not waited for; what is not waited for stays in the write buffer, which is flushed
 * when it is full (4 KiB on unix sockets, twice the segment size on TCP, as vstream_tweak_tcp() has it) or before
 * a wait. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "corpus.h"

#include <sekisho/buf.h>

enum { LOAD_MAX_MILTERS = 4, LOAD_MAX_INSERTED = 16, LOAD_VERDICTS = 5 };

struct load_milter_address {
    bool is_unix;
    uint16_t port;
    char host[108]; /* or path */
};

struct load_options {
    struct load_milter_address milters[LOAD_MAX_MILTERS];
    size_t milter_count, sessions, messages, per_connection, start;
    bool show;        /* print the inserted fields to standard error */
    unsigned seconds; /* hand out no message after this; 0: no limit */
    const char *folder, *set;
};

struct load_peer { /* one connection to one milter */
    int fd;        /* -1: none */
    struct load_session *session;
    size_t write_size;
    uint32_t events;    /* as negotiated */
    bool ready;         /* negotiated */
    bool wants_no_more; /* accepted, or refused: nothing more of this message */
    bool skips_body;
    struct seki_buf in, out;
    size_t in_used, out_used;
};

enum load_step { /* the order of a conversation; from LOAD_FIELDS on, milter by milter */
                 LOAD_OPEN,
                 LOAD_CONNECT,
                 LOAD_HELO,
                 LOAD_MAIL,
                 LOAD_RCPT,
                 LOAD_DATA,
                 LOAD_FIELDS,
                 LOAD_EOH,
                 LOAD_BODY,
                 LOAD_EOM,
                 LOAD_STEPS
};

struct load_session {
    struct load *load;
    struct load_peer peers[LOAD_MAX_MILTERS];
    enum load_step step;
    size_t turn;               /* which peer */
    bool waits;                /* for its reply */
    bool blocked;              /* for room in its socket */
    size_t sent_here;          /* messages over this connection */
    struct load_session *next; /* in the queue of those to be opened */

    /* This message. */
    const struct corpus_message *message;
    uint64_t queue_id;
    int64_t start_ns, eom_ns;
    size_t field, body_used;
    struct load_inserted {
        char *name, *value;
    } inserted[LOAD_MAX_INSERTED];
    size_t inserted_count;
    bool refused;
    bool saw[LOAD_VERDICTS];
};

struct load {
    struct load_options options;
    struct corpus corpus;
    int epoll;
    struct load_session *sessions;
    struct load_session *to_open, **to_open_end; /* a milter's backlog is short: few are opened at a time */
    bool started;                                /* not before all sessions are open */
    size_t opening, handed_out, finished, refused, errors, inserted;
    size_t verdicts[LOAD_VERDICTS];
    int64_t first_ns, last_ns;
    uint32_t *whole_us, *eom_us; /* per finished message */
};

extern const char *const load_verdict_words[LOAD_VERDICTS];

int64_t load_now_ns(void);

/** Queue a session for opening. */
void load_session_queue(struct load_session *session);
/** Open queued sessions, as many as may be under way; once all are open, let them begin. */
void load_open_queued(struct load *load);
/** What epoll said about one peer. */
void load_peer_event(struct load_peer *peer, bool readable, bool writable);
void load_session_close(struct load_session *session);

/** The next message, or false: all are handed out. */
bool load_next_message(struct load_session *session);
/** Count the message that just got its last reply. */
void load_message_done(struct load_session *session);

#endif

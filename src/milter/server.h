/* The milter protocol, version 6, towards the MTA; one server per event loop, and every call on the loop's thread.
 *
 * The room knows packets, macros and the order of events; what a message means is the role's. Events that need no
 * answer from us are negotiated away (the NR flags), so a message costs one round trip for each command that may be
 * refused and one at its end. Body octets are handed on as they come in, without a copy. */
#ifndef MILTER_SERVER_H
#define MILTER_SERVER_H

#include <sekisho/ip.h>

struct event_base;
struct milter_server;
struct milter_session; /* one connection from the MTA */

enum milter_action {
    MILTER_CONTINUE = 0,
    MILTER_ACCEPT,   /* let the rest of this message (at connect, helo: this connection) through unseen */
    MILTER_REJECT,
    MILTER_TEMPFAIL,
    MILTER_DISCARD,
    MILTER_LATER     /* only from end_of_message: milter_session_finish() will follow */
};

struct milter_reply { /* for MILTER_REJECT and MILTER_TEMPFAIL; code 0: the MTA's own words */
    unsigned code;              /* 4xx with TEMPFAIL, 5xx with REJECT; else the MTA's own words */
    struct seki_str enhanced;   /* "5.7.1"; its class must agree with code; "": 4.7.1 or 5.7.1 */
    struct seki_str text;       /* printable ASCII, one line of 1 to 480 octets */
};

/* What a filter may do to a message: SMFIF_*. Fields are always added, changed and removed; the rest is agreed on only with
 * a role that uses it (struct milter_handler). */
#define MILTER_MAY_ADD_FIELDS      0x00000001u
#define MILTER_MAY_REPLACE_BODY    0x00000002u
#define MILTER_MAY_ADD_RCPT        0x00000004u
#define MILTER_MAY_DELETE_RCPT     0x00000008u
#define MILTER_MAY_CHANGE_FIELDS   0x00000010u
#define MILTER_MAY_QUARANTINE      0x00000020u
#define MILTER_MAY_CHANGE_SENDER   0x00000040u
#define MILTER_MAY_ADD_RCPT_PARAMS 0x00000080u
#define MILTER_MAY_LIST_MACROS     0x00000100u /* SMFIF_SETSYMLIST: say which macros it wants */

/** What is to happen to the message; applied in the order of the members, all or (connection lost) nothing. */
struct milter_decision {
    const struct milter_field_removal {
        struct seki_str name;
        uint32_t ordinal;       /* among the fields of that name, 1 = topmost */
    } *removals;                /* give them bottom-most first, so that ordinals stay true */
    size_t removal_count;
    const struct milter_field_insertion {
        uint32_t index;         /* 0 = above everything */
        struct seki_str name, value; /* value folded with CRLF WSP or LF WSP; written with LF, and with one space
                                        in front unless white space stands there */
    } *insertions;
    size_t insertion_count;
    const struct milter_field_replacement {
        struct seki_str name;
        uint32_t ordinal;       /* among the fields of that name as the removals left them, 1 = topmost */
        struct seki_str value;  /* as of an insertion; not empty, which would be a removal */
    } *replacements;
    size_t replacement_count;
    const struct seki_str *added_recipients;    /* paths, "<user@example.com>" */
    size_t added_recipient_count;
    const struct seki_str *removed_recipients;  /* as they came in rcpt(). When none would remain, DISCARD is the word */
    size_t removed_recipient_count;
    struct seki_str quarantine; /* the reason, printable ASCII: the MTA keeps the message for its operator; "": it does not */
    enum milter_action action;  /* CONTINUE or ACCEPT: deliver; REJECT, TEMPFAIL, DISCARD */
    struct milter_reply reply;
};

/* What the role does. All are called on the loop's thread; views are valid during the call only. "state" is what
 * open() returned (without open(): the role itself). A NULL member means: not interested (then the event is negotiated
 * away where it can be). For one connection the order is
 *     open  connect  helo*  ( mail rcpt* data field* end_of_header body* ( end_of_message | abort ) )*  close
 * where close may come at any time, helo again between messages, and an event inside a message only be left out.
 * A role that answers a message for good (anything but CONTINUE at mail and end_of_message, ACCEPT or DISCARD at rcpt)
 * hears no abort of it; one that answers a connection for good hears only close. No member may call
 * milter_server_free(). */
struct milter_handler {
    uint32_t changes; /* MILTER_MAY_* that decisions use beside those of fields; an MTA may offer less, and the role asks
                         milter_session_may() */
    bool is_mail_unanswered; /* mail() always continues, and the MTA need not wait for that */
    void *(*open)(void *role, struct milter_session *session);  /* NULL: no memory, the connection is closed */
    void (*close)(void *state);                                 /* also with a message under way */
    /* client: octet_count 0 for a unix socket and whatever else is no address. Not DISCARD. */
    enum milter_action (*connect)(void *state, struct seki_str host_name, const struct seki_ip *client);
    enum milter_action (*helo)(void *state, struct seki_str name);  /* not DISCARD */
    enum milter_action (*mail)(void *state, struct seki_str path);  /* as the MTA writes it: "<a@example.net>", "<>" */
    enum milter_action (*rcpt)(void *state, struct seki_str path);  /* REJECT, TEMPFAIL: this recipient only */
    void (*data)(void *state);
    /* value: all octets after the colon, without the last line end; the others are LF with Postfix and sendmail */
    void (*field)(void *state, struct seki_str name, struct seki_str value);
    void (*end_of_header)(void *state);
    void (*body)(void *state, struct seki_str octets);              /* line ends CRLF; in pieces of any size but 0 */
    enum milter_action (*end_of_message)(void *state);
    void (*abort)(void *state);  /* the message is off, the connection stays; no event of it follows */
    /* A sentence for the log: the MTA broke the protocol, the system refused something, a decision could not be
     * written. session is NULL when it concerns the listener. */
    void (*log)(void *role, const struct milter_session *session, const char *sentence);
};

struct milter_limits {           /* 0 = the default */
    size_t max_sessions;         /* 10,000 per server; beyond, new connections wait in the backlog */
    size_t max_packet_octets;    /* of a non-body packet: 1 MiB; a longer one ends the connection */
    unsigned idle_timeout_s;     /* 7,200: the MTA may keep a connection open */
    unsigned progress_ms;        /* 2,000: after MILTER_LATER the MTA hears this often that we are still there */
};

struct milter_counters {
    uint64_t connections, messages, protocol_errors;
    size_t sessions;             /* now */
};

/**
 * @param listener  a bound, listening, non-blocking socket; shared between the servers of all loops, stays yours
 * @param role      handed to open()
 */
struct milter_server *milter_server_new(struct event_base *base, int listener, const struct milter_handler *handler,
                                        void *role, const struct milter_limits *limits, struct seki_error *why);
/** Stop accepting; sessions go on. */
void milter_server_drain(struct milter_server *server);
/** Sessions in the middle of a message; when 0 after milter_server_drain(), a stop harms nobody. */
size_t milter_server_busy_count(const struct milter_server *server);
/** Close everything now: a message under way is deferred by the MTA (milter_default_action = tempfail). */
void milter_server_free(struct milter_server *server);
struct milter_counters milter_server_counters(const struct milter_server *server);

/** A macro's value ("i" queue id, "{auth_authen}", "j" …; "i" and "{i}" are one), "" when the MTA has not sent it. A view,
 *  valid until the session's next event. Those of a message are gone after its decision. */
struct seki_str milter_session_macro(const struct milter_session *session, struct seki_str name);

/** Has the MTA agreed to all these changes (MILTER_MAY_*)? */
bool milter_session_may(const struct milter_session *session, uint32_t changes);

/** The answer to MILTER_LATER, once; also from inside end_of_message, before it returns MILTER_LATER. Not after close().
 *  decision's views need to live only during the call. What cannot be written (a field with a stray line end, more than
 *  1 MiB in all or 64 KiB in one field) defers the message and is logged. */
void milter_session_finish(struct milter_session *session, const struct milter_decision *decision);
/** For connect, helo, mail, rcpt, end_of_message: the words of the refusal about to be returned. */
void milter_session_set_reply(struct milter_session *session, const struct milter_reply *reply);

/**
 * Open a listening socket: "unix:/path" or "inet:ADDR:PORT", "inet6:[ADDR]:PORT". A stale unix socket file that
 * nobody answers on is replaced. @param unix_mode e.g. 0660. @return the descriptor, or -1 with *why
 */
int milter_listen(const char *address, unsigned unix_mode, struct seki_error *why);

#endif

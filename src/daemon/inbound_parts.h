/* Between the files of the inbound role; not for others. */
#ifndef INBOUND_PARTS_H
#define INBOUND_PARTS_H

#include "content/attachments.h"
#include "content/clamd.h"
#include "daemon/arena_pool.h"
#include "daemon/file_stamp.h"
#include "daemon/inbound.h"
#include "dns/driver/resolver.h"
#include "journal/record.h"
#include "journal/writer.h"
#include "milter/server.h"
#include "policy/fold.h"
#include "quarantine/worker.h"
#include "replica/replica.h"

#include <event2/event.h>
#include <event2/event_struct.h>

/* Resolver and key context: costly, so a reload that does not concern them leaves them. Counted by generations. */
struct inbound_engine {
    struct inbound_engine *next; /* in inbound->engines */
    unsigned refs;
    struct inbound *inbound;
    struct config *config; /* what it was built from, with the files that it names */
    struct file_stamp resolv_conf, trust_anchors;
    struct resolver *resolver;
    struct seki_context *context;
};

/* What of hosting is on this machine: whose domains have which policy, and where messages are recorded. Left alone by a
 * reload that does not concern it. Counted by generations. */
struct inbound_hosting {
    unsigned refs;
    struct config *config;
    struct replica *replica;                         /* NULL: [hosting] replica is empty, no domain has a policy */
    struct journal_writer *journal;                  /* NULL: [journal] folder is empty */
    struct event *tend_timer;                        /* of the journal, on quiet nodes */
    struct seki_buf record, header, answers, hashes; /* of the record that is being written */
    uint64_t lost_untold;                            /* records lost since the last line about it */
    int64_t told_at_us;                              /* monotonic; 0: never */
};

/* All that follows from one configuration, ready for use. Counted by messages, and by being in force. */
struct inbound_generation {
    unsigned refs;
    struct config *config;
    struct inbound_engine *engine;
    struct inbound_hosting *hosting;
    struct seki_psl *psl;     /* NULL unless [dmarc] discovery = psl */
    struct seki_str *our_ids; /* authserv_id first; in the configuration's arena */
    size_t our_id_count;
    struct seki_verify_options options; /* now_s is the message's */
};

struct inbound_generation *inbound_generation_new(struct inbound *inbound, struct config *config,
                                                  struct seki_error *why);
struct inbound_generation *inbound_generation_ref(struct inbound_generation *generation);
/** May be called from anywhere on the loop, from within a resolver's call too: what ends is freed later. */
void inbound_generation_unref(struct inbound_generation *generation);

void inbound_count_engine(struct metrics *metrics, const struct inbound_engine *engine);
/** Free the engines that nobody uses; not from within a resolver's call. */
void inbound_reap_engines(struct inbound *inbound);

/** Of the configuration in force, if it serves this one; else new. @return NULL with *why */
struct inbound_hosting *inbound_hosting_find(struct inbound *inbound, struct config *config,
                                             struct seki_error *why);
void inbound_hosting_unref(struct inbound_hosting *hosting);

struct inbound_server { /* of one socket; a list */
    struct milter_server *milter;
    struct inbound_server *next;
    char address[CONFIG_ADDRESS_MAX_OCTETS + 1];
    struct milter_limits limits;
    const struct milter_handler *handler;
    bool is_draining, is_wanted;
};

struct inbound {
    struct event_base *base;
    struct log *log;
    unsigned loop; /* which one of the process */
    struct inbound_generation *current, *prepared;
    struct arena_pool pool;
    struct inbound_server *servers;
    struct inbound_engine *engines;
    struct quarantine_worker *keeper; /* made when a configuration names a quarantine, and kept */
    struct event *sweep_timer;        /* frees drained servers; set while there are any */
    struct event *reap_timer;         /* calls inbound_reap_engines() */
    struct metrics metrics;           /* without what engines and servers count themselves */
};

/** Hears of recipients, and asks for changes of them, only where there are policies or a journal. */
const struct milter_handler *inbound_handler_for(const struct config *config);

/* One connection from the MTA. What belongs to a message is apart, and gone between messages. */
struct inbound_message;
struct inbound_session {
    struct inbound *inbound;
    struct milter_session *milter;
    struct seki_ip client;
    char *helo; /* NUL behind; NULL: not given */
    size_t helo_len;
    enum milter_action mail_answer; /* what RCPT is answered too, where MAIL has no reply of its own */
    bool is_trusted;                /* one of trusted_networks */
    struct inbound_message *message;
    struct inbound_outgoing *outgoing; /* a message is either, or none of both */
};

struct inbound_domain { /* of recipients; looked up once for a message */
    struct inbound_domain *next;
    struct seki_str name; /* A-labels in lower case; as it came where it is no domain name; "" for none */
    enum replica_found found;
    struct replica_domain hosted; /* found is YES */
    struct policy_judgement judgement;
};

struct inbound_recipients {
    struct policy_recipient *items;
    struct inbound_domain **item_domains; /* in the same order */
    struct seki_str *given_paths;         /* likewise: as the client wrote them, and the MTA may know them */
    size_t count, capacity, attempts;     /* attempts: with those that were refused */
    struct inbound_domain *domains;
    bool has_hosted, has_missing; /* one is hosted here; one could not be looked up */
};

/* Who else sees the message as it comes in. */
struct inbound_streams {
    bool has_begun, has_scan_answer;
    struct quarantine_draft *draft;          /* NULL: nobody could want it held, or it could not be begun */
    struct content_scan *scan;               /* NULL: none, or done */
    struct content_attachments *attachments; /* NULL: nobody asks for it */
    struct content_scan_answer scan_answer;
    struct seki_error why; /* there is no draft */
};

/* Fields that only we may write. */
enum inbound_mark { INBOUND_MARK_VERDICT = 0, INBOUND_MARK_JUNK, INBOUND_MARK_COUNT };
extern const struct seki_str inbound_mark_names[INBOUND_MARK_COUNT];

struct inbound_message { /* lies in its own arena */
    struct inbound_session *session;
    struct inbound_generation *generation;
    struct seki_arena *arena;
    struct seki_answers *answers;
    struct seki_verify *verify;
    struct resolver_lookup *lookup;
    struct event deadline;
    bool has_header_ended; /* its fields have been looked at */
    bool has_ended;        /* the end of the message was seen, and the MTA waits */
    bool has_verdict;
    bool is_keeping;          /* the quarantine is writing it; then it is answered */
    bool is_late;             /* past its deadline: what is still asked fails at once */
    bool is_relayed;          /* came through one of the relays */
    enum seki_result failure; /* not SEKI_OK: no verdict can be had */
    struct seki_str why;      /* of failure; or why SPF is not evaluated */
    struct seki_ip client;    /* whom SPF judges */
    struct seki_str helo, mail_from;
    int64_t began_at_s, ended_at_us;
    uint64_t size_octets;                       /* header and body, as they came */
    unsigned claimed_marks[INBOUND_MARK_COUNT]; /* fields of our names that came with it */
    struct inbound_recipients recipients;
    struct inbound_streams streams;
    struct seki_verdict verdict; /* has_verdict: it stands */
    struct policy_facts facts;
    struct policy_effects effects;
    struct milter_decision decision; /* from here on nothing changes but whether the message could be kept */
    struct quarantine_id quarantine_id;
};

int64_t inbound_now_us(void);

/* ---- inbound_session.c ---- */

/** Go as far as can be gone; after this the message may be gone. */
void inbound_advance(struct inbound_message *message);

/* ---- inbound_streams.c ---- */

void inbound_streams_field(struct inbound_message *message, struct seki_str name, struct seki_str value);
void inbound_streams_end_of_header(struct inbound_message *message);
void inbound_streams_body(struct inbound_message *message, struct seki_str octets);
void inbound_streams_end_of_message(struct inbound_message *message);
/** Is an answer still to come? inbound_advance() is called with it. */
bool inbound_streams_wait(const struct inbound_message *message);
/** Wait no longer. */
void inbound_streams_give_up(struct inbound_message *message);
/** Put what was found into the facts. */
void inbound_streams_tell(struct inbound_message *message);
void inbound_streams_release(struct inbound_message *message);

/* ---- inbound_hold.c ---- */

/** Keep the message for those whose domain wants it held. @return false: it cannot be; else done will be called */
bool inbound_hold(struct inbound_message *message, quarantine_done *done);
/** Was it released from our quarantine a moment ago, or is it one of its digests? To hold it would be a loop: it is put off,
 *  and whoever sends it hears why. @return whether that was done */
bool inbound_put_off_own(struct inbound_message *message);

/* ---- inbound_recipients.c ---- */

/**
 * @param reply_out  written on TEMPFAIL
 * @return CONTINUE, also when memory ran out (then seki_arena_failure() tells); TEMPFAIL: not in this message
 */
enum milter_action inbound_add_recipient(struct inbound_message *message, struct seki_str path,
                                         struct milter_reply *reply_out);

/** Without angle brackets. */
struct seki_str inbound_address(struct seki_str path);
/** A-labels in lower case; as it came where it is no domain name; "" for none. In the arena. Nothing here is fatal: a
 *  recipient of a domain that cannot be read is nobody's here, and its mail is delivered. */
struct seki_str inbound_domain_of(struct seki_arena *arena, struct seki_str path);

/* ---- inbound_policy.c ---- */

/** What the recipients' domains want done about it: fills facts, effects and the recipients. */
enum seki_result inbound_judge(struct inbound_message *message, const struct seki_verdict *verdict);

/** Whose policy is told of, in the field and in the log: the one that decided, or the first of those that remain which had
 *  something against the message. NULL: none had. */
const struct policy_recipient *inbound_speaker(const struct inbound_message *message);

/* ---- inbound_effects.c ---- */

/** What a verdict leads to. Everything in *decision_out lies in the message's arena. */
enum seki_result inbound_decide(struct inbound_message *message, const struct seki_verdict *verdict,
                                struct milter_decision *decision_out);
/** The answer when there can be no verdict: 451. */
void inbound_decide_failure(struct milter_decision *decision_out);

/* ---- inbound_record.c ---- */

/** Value of the bottom-most field of this name, without white space around it; "" for none. */
struct seki_str inbound_field(const struct inbound_message *message, struct seki_str name);

/** Append it, with the time. One that is lost is counted, and the mail flows. */
void inbound_append(struct inbound *inbound, struct inbound_hosting *hosting, struct journal_record *record);

/** One record in the journal. Does nothing without one.
 *  @param verdict  NULL: there is none */
void inbound_record(struct inbound_message *message, const struct seki_verdict *verdict,
                    const struct milter_decision *decision, int64_t us);

/* ---- inbound_outgoing.c ---- */

/** Are there hosted domains, and a journal to tell of them? Then what their people send out is worth listening to. */
bool inbound_outgoing_is_wanted(const struct inbound *inbound);
/** Listen to this message, of a client or user of ours. @return false: it is no hosted domain's, or nothing can be told */
bool inbound_outgoing_begin(struct inbound_session *session, struct seki_str path);
void inbound_outgoing_recipient(struct inbound_outgoing *outgoing, struct seki_str path);
void inbound_outgoing_field(struct inbound_outgoing *outgoing, struct seki_str name, struct seki_str value);
/** It has ended: one record in the journal. The session has none of it any more. */
void inbound_outgoing_end(struct inbound_session *session);
/** It is off. */
void inbound_outgoing_drop(struct inbound_session *session);

/* ---- inbound_verdict.c ---- */

void inbound_log_verdict(const struct inbound_message *message, const struct seki_verdict *verdict,
                         const struct milter_decision *decision, int64_t us);
void inbound_log_failure(const struct inbound_message *message);

#endif

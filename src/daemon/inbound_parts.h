/* Between the files of the inbound role; not for others. */
#ifndef INBOUND_PARTS_H
#define INBOUND_PARTS_H

#include "daemon/arena_pool.h"
#include "daemon/file_stamp.h"
#include "daemon/inbound.h"
#include "dns/driver/resolver.h"
#include "milter/server.h"

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

/* All that follows from one configuration, ready for use. Counted by messages, and by being in force. */
struct inbound_generation {
    unsigned refs;
    struct config *config;
    struct inbound_engine *engine;
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

struct inbound_server { /* of one socket; a list */
    struct milter_server *milter;
    struct inbound_server *next;
    char address[CONFIG_ADDRESS_MAX_OCTETS + 1];
    struct milter_limits limits;
    bool is_draining, is_wanted;
};

struct inbound {
    struct event_base *base;
    struct log *log;
    struct inbound_generation *current, *prepared;
    struct arena_pool pool;
    struct inbound_server *servers;
    struct inbound_engine *engines;
    struct event *sweep_timer; /* frees drained servers; set while there are any */
    struct event *reap_timer;  /* calls inbound_reap_engines() */
    struct metrics metrics;    /* without what engines and servers count themselves */
};

extern const struct milter_handler inbound_handler;

/* One connection from the MTA. What belongs to a message is apart, and gone between messages. */
struct inbound_message;
struct inbound_session {
    struct inbound *inbound;
    struct milter_session *milter;
    struct seki_ip client;
    char *helo; /* NUL behind; NULL: not given */
    size_t helo_len;
    struct inbound_message *message;
};

struct inbound_message { /* lies in its own arena */
    struct inbound_session *session;
    struct inbound_generation *generation;
    struct seki_arena *arena;
    struct seki_answers *answers;
    struct seki_verify *verify;
    struct resolver_lookup *lookup;
    struct event deadline;
    bool has_header_ended;    /* its fields have been looked at */
    bool has_ended;           /* the end of the message was seen, and the MTA waits */
    bool is_late;             /* past its deadline: what is still asked fails at once */
    bool is_relayed;          /* came through one of the relays */
    enum seki_result failure; /* not SEKI_OK: no verdict can be had */
    struct seki_str why;      /* of failure; or why SPF is not evaluated */
    struct seki_ip client;    /* whom SPF judges */
    struct seki_str helo, mail_from;
    int64_t ended_at_us;
};

int64_t inbound_now_us(void);

/* What a verdict leads to. Everything in *decision_out lies in the message's arena. */
enum seki_result inbound_decide(struct inbound_message *message, const struct seki_verdict *verdict,
                                struct milter_decision *decision_out);
/** The answer when there can be no verdict: 451. */
void inbound_decide_failure(struct milter_decision *decision_out);

void inbound_log_verdict(const struct inbound_message *message, const struct seki_verdict *verdict,
                         const struct milter_decision *decision, int64_t us);
void inbound_log_failure(const struct inbound_message *message);

#endif

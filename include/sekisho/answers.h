/* DNS as the engine sees it: one append-only table of questions and answers per message.
 *
 * An evaluation asks the table. When the answer is not there, the question is entered and the evaluation
 * returns SEKI_NEED_ANSWERS; whoever drives it finds the open questions, gets answers from a resolver, a zone
 * file or a recording, enters them and calls again. The first answer stands until the verdict, so a TTL of 0
 * cannot loop, and a verdict with its table can be explained, stored and replayed exactly.
 *
 * Names are octet strings with "." between labels, without a final dot and without escapes; seki_answers_ask()
 * folds them to lower case. */
#ifndef SEKISHO_ANSWERS_H
#define SEKISHO_ANSWERS_H

#include <sekisho/buf.h>
#include <sekisho/ip.h>

enum seki_rr_type {
    SEKI_RR_A = 1,
    SEKI_RR_NS = 2,
    SEKI_RR_CNAME = 5, /* the alias itself; every other type follows it */
    SEKI_RR_PTR = 12,
    SEKI_RR_MX = 15,
    SEKI_RR_TXT = 16,
    SEKI_RR_AAAA = 28,
    SEKI_RR_DS = 43,
    SEKI_RR_SPF = 99 /* no evaluation asks for it: "SPF records MUST be published as a DNS TXT" (RFC 7208 section 3.1) */
};

enum seki_answer_status {
    SEKI_ANSWER_OPEN = 0, /* not answered yet */
    SEKI_ANSWER_FOUND,    /* at least one record */
    SEKI_ANSWER_NODATA,   /* RCODE 0, no record of this type */
    SEKI_ANSWER_NXDOMAIN, /* RCODE 3 */
    SEKI_ANSWER_FAILED    /* any other RCODE, time-out, DNSSEC bogus, unreadable answer, cancelled */
};

enum seki_dnssec { SEKI_DNSSEC_UNKNOWN = 0, SEKI_DNSSEC_INSECURE, SEKI_DNSSEC_SECURE, SEKI_DNSSEC_BOGUS };

/** One resource record, decoded. */
struct seki_record {
    struct seki_ip address; /* A, AAAA */
    uint16_t preference;    /* MX */
    struct seki_str text;   /* TXT: its character-strings joined without a space (RFC 7208 section 3.3);
                                MX, NS, CNAME, PTR: the name, lower case, no final dot; "" is the root (null MX);
                                DS: "12345 13 2 49FD46E6…" (RFC 4034 section 5.3), the digest in capitals */
    bool has_long_string;   /* TXT from a master file: one of its strings was over 255 octets and has been split. No
                                server loads such a record; a check can say so. The engine does not look at it */
};

struct seki_answer {
    struct seki_str name;
    enum seki_rr_type type;
    enum seki_answer_status status;
    enum seki_dnssec dnssec;
    const struct seki_record *records;
    size_t record_count;
    uint32_t ttl_s;          /* least of the records' */
    struct seki_str failure; /* why status is FAILED, for people: "timed out after 5000 ms", "SERVFAIL" */
    bool is_taken;           /* the driver has fetched this question with seki_answers_next_open() */
    bool is_prefetch;        /* asked ahead; no evaluation has needed it yet */
    int64_t asked_at_us;     /* monotonic, set by the driver; 0 when not known */
    int64_t answered_at_us;
};

/** What is kept of one answer at most, its records included. What SPF, DKIM and DMARC publish is far smaller; an answer
 *  that is larger is FAILED, so that no set of answers can be too much for a message's memory. */
#define SEKI_ANSWER_MAX_OCTETS 12288u

struct seki_answers;

/**
 * @param arena          the message's: everything in the table lives as long as it
 * @param max_questions  bound on questions per message; 0 = 500. A question beyond it is answered at once
 *                       with SEKI_ANSWER_FAILED ("too many questions")
 * @return NULL when the arena is full
 */
SEKI_API struct seki_answers *seki_answers_new(struct seki_arena *arena, size_t max_questions);

/**
 * What is known about name and type? An unknown question is entered as open.
 * A name that cannot stand in the DNS (an empty label, a label over 63 octets, over 253 in all, empty) is
 * answered at once as NXDOMAIN: nothing can have such a name.
 * @return the entry, valid and at the same place as long as the arena; look at its status.
 *         NULL when the arena is full (seki_arena_failure() says so)
 */
SEKI_API const struct seki_answer *seki_answers_ask(struct seki_answers *answers, struct seki_str name,
                                                    enum seki_rr_type type);

/** As seki_answers_ask(), for an answer that may be needed soon: asked early so that look-ups overlap.
 *  @return NULL also when the table is a quarter full: what is really needed must find room */
SEKI_API const struct seki_answer *seki_answers_prefetch(struct seki_answers *answers, struct seki_str name,
                                                         enum seki_rr_type type);

/** For the driver: the next question that nobody has taken, marked as taken; NULL when there is none. */
SEKI_API const struct seki_answer *seki_answers_next_open(struct seki_answers *answers);

/** Questions taken or not, but without an answer. */
SEKI_API size_t seki_answers_open_count(const struct seki_answers *answers);
/** Of these, the ones that an evaluation has really needed (not only prefetched). */
SEKI_API size_t seki_answers_needed_count(const struct seki_answers *answers);

/**
 * Enter an answer. The first one stands: a second call for the same question does nothing.
 * @param question  from seki_answers_next_open() or seki_answers_ask() of this table
 * @param outcome   status (not OPEN), dnssec, records, ttl_s, failure and times are taken from here, name and
 *                  type are not looked at; records and texts are copied into the table's arena
 * @return SEKI_OK; SEKI_LIMIT: longer than SEKI_ANSWER_MAX_OCTETS, or the arena is full; SEKI_SYSTEM. But for SEKI_OK the
 *         question is FAILED, with the reason
 */
SEKI_API enum seki_result seki_answers_enter(struct seki_answers *answers, const struct seki_answer *question,
                                             const struct seki_answer *outcome);

/**
 * Enter what a DNS message holds (RFC 1035 section 4), as resolver libraries hand it out. CNAMEs are followed within it.
 * @param packet  the whole message. NULL, or one that is truncated, unreadable or about another question, fails the
 *                question
 * @param dnssec  what the resolver has found; whether the AD bit can be believed is nothing that the message tells
 * @return as seki_answers_enter()
 */
SEKI_API enum seki_result seki_answers_enter_packet(struct seki_answers *answers, const struct seki_answer *question,
                                                    const void *packet, size_t packet_len, enum seki_dnssec dnssec);

#define SEKI_QUERY_NAME_MAX 1024u

/**
 * The question's name as resolver libraries take names: with escapes (RFC 1035 section 5.1), a final dot, and NUL behind.
 * SPF macros can make names of any octets, so seki_answer's own name is not for them.
 * @param text  at least SEKI_QUERY_NAME_MAX octets. @return text
 */
SEKI_API const char *seki_answer_query_name(const struct seki_answer *question, char *text);

/** Fail every open question ("deadline"). Returns how many. */
SEKI_API size_t seki_answers_fail_open(struct seki_answers *answers, struct seki_str failure);

/** Walk the table in the order of asking: index 0, 1, …; NULL past the end. */
SEKI_API const struct seki_answer *seki_answers_at(const struct seki_answers *answers, size_t index);

/**
 * Append the whole table as octets, to be kept with a verdict: every question in its order, with status, DNSSEC, records,
 * TTL, failure, times and whether it was only asked ahead. Some 20 octets for each answer besides its names and texts.
 * Failure: seki_buf_failed().
 */
SEKI_API void seki_answers_encode(const struct seki_answers *answers, struct seki_buf *out);

/**
 * The table again, exactly; what was open then is open and has not been taken.
 * @param octets      need not stay. Whatever they are: they are checked to the last one
 * @param answers_out in the arena; NULL when the result is not SEKI_OK
 * @return SEKI_OK; SEKI_BAD_INPUT with what is wrong; SEKI_LIMIT, SEKI_SYSTEM from the arena
 */
SEKI_API SEKI_MUST_USE enum seki_result seki_answers_decode(struct seki_str octets, struct seki_arena *arena,
                                                            struct seki_answers **answers_out, struct seki_error *why);

SEKI_API const char *seki_rr_type_name(enum seki_rr_type type);
SEKI_API const char *seki_answer_status_name(enum seki_answer_status status);

#endif

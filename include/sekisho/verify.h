/* One incoming message, all mechanisms: SPF, DKIM, ARC and DMARC, Sender ID for who asks for it, and the
 * Authentication-Results field that says what came out. The mechanisms can be used alone too; this puts them in the order in which a message arrives.
 *
 *   new → client → mail_from → field… → end_of_header → body… → end_of_message
 *
 * seki_verify_step() may be called after any of these, and should be: questions then go out while the rest of
 * the message is still coming. What could not be kept (SEKI_LIMIT, SEKI_SYSTEM) is told again by every later step, so it
 * is enough to look at what the steps return. */
#ifndef SEKISHO_VERIFY_H
#define SEKISHO_VERIFY_H

#include <sekisho/arc.h>
#include <sekisho/authres.h>
#include <sekisho/dmarc.h>
#include <sekisho/sender_id.h>

struct seki_verify_options { /* zero is the default; views must live as long as the evaluation */
    struct seki_str authserv_id;
    struct seki_str receiver;          /* our host name, for SPF's %{r} */
    bool without_spf, without_dkim, without_arc, without_dmarc;
    bool with_sender_id;               /* RFC 4406 of the PRA; historic, and no input to DMARC */
    struct seki_dkim_options dkim;     /* trace and now_s are set from below */
    struct seki_dmarc_options dmarc;
    unsigned max_void_lookups;
    struct seki_message_limits message;
    const struct seki_str *trusted_sealers; /* A-labels in lower case */
    size_t trusted_sealer_count;
    int64_t now_s;
    bool explain;                      /* keep traces */
    /* of the traces; NULL: English */
    const struct seki_trace_language *language;
};

struct seki_verdict {
    bool has_spf_mail_from, has_spf_helo;
    struct seki_spf_verdict spf_mail_from; /* checks postmaster@HELO for a null reverse-path */
    struct seki_spf_verdict spf_helo;
    bool has_sender_id;
    struct seki_sender_id_verdict sender_id;
    struct seki_dkim_verdict dkim;
    struct seki_arc_verdict arc;
    struct seki_dmarc_verdict dmarc;
    /* After local knowledge: a trusted ARC chain that saw DMARC or an aligned mechanism pass turns quarantine and
     * reject into none. dmarc.result stays what it is. */
    enum seki_dmarc_policy disposition;
    bool is_arc_override;
    struct seki_str arc_override_comment; /* RFC 8617 section 7.2.2, for the local_policy reason in reports */
    struct seki_str authentication_results; /* value of the field to put on top, folded with CRLF HTAB */
};

struct seki_verify;

/** @return NULL when the arena is full, or there is no context */
SEKI_API struct seki_verify *seki_verify_new(struct seki_arena *arena, struct seki_context *context,
                                             const struct seki_verify_options *options);
/** Release what is not the arena's (hashing states). Call before the arena is cleared; NULL does nothing. */
SEKI_API void seki_verify_end(struct seki_verify *verify);

/** helo may be "" (unknown). Copies. */
SEKI_API enum seki_result seki_verify_client(struct seki_verify *verify, const struct seki_ip *client,
                                             struct seki_str helo);
/** @param mail_from the path, angle brackets or not */
SEKI_API enum seki_result seki_verify_mail_from(struct seki_verify *verify, struct seki_str mail_from);
SEKI_API enum seki_result seki_verify_field(struct seki_verify *verify, struct seki_str name, struct seki_str value);
/** The header as a whole; see seki_message_read(). Instead of seki_verify_field(). */
SEKI_API enum seki_result seki_verify_header(struct seki_verify *verify, struct seki_str text,
                                             struct seki_str *body_out, bool *is_unix_out);
SEKI_API enum seki_result seki_verify_end_of_header(struct seki_verify *verify);
/** CRLF line ends. After end_of_header only. */
SEKI_API void seki_verify_body(struct seki_verify *verify, struct seki_str octets);
SEKI_API void seki_verify_end_of_message(struct seki_verify *verify);

/** A message that is in memory as a whole, from its first field to its end, in place of the calls for its parts. A text whose
 *  first line ends in a bare LF is taken as a Unix file (see seki_message_read()). */
SEKI_API enum seki_result seki_verify_whole(struct seki_verify *verify, struct seki_str text);

/**
 * @return SEKI_OK: *verdict_out stands; SEKI_NEED_ANSWERS: open questions in the table; SEKI_NEED_BODY: nothing to
 *         ask until more of the message has come; SEKI_LIMIT, SEKI_SYSTEM: no verdict can be had, and *why says so
 */
SEKI_API SEKI_MUST_USE enum seki_result seki_verify_step(struct seki_verify *verify, struct seki_answers *answers,
                                                         struct seki_verdict *verdict_out, struct seki_error *why);

/* ---- keeping what gives the verdict again ---- */

/** The header as this evaluation has it: each field as seki_field.raw, with CRLF behind it. */
SEKI_API void seki_verify_header_write(const struct seki_verify *verify, struct seki_buf *out);

/**
 * Append what else it takes, beside header, envelope and answers: the hashes that signatures wanted of the body, time and
 * options, and what is wrong with the header. Some 100 octets, and 35 for each hash. Call after
 * seki_verify_end_of_message() and before seki_verify_end(). Failure: seki_buf_failed().
 */
SEKI_API void seki_verify_body_hashes_write(const struct seki_verify *verify, struct seki_buf *out);

struct seki_verify_kept { /* views must live as long as the evaluation */
    struct seki_ip client;
    struct seki_str helo, mail_from;
    struct seki_str header;      /* seki_verify_header_write() */
    struct seki_str body_hashes; /* seki_verify_body_hashes_write() */
    const struct seki_psl *psl;  /* needed when DMARC was judged by SEKI_DMARC_PSL */
    bool explain;                /* keep traces */
    const struct seki_trace_language *language;
};

/**
 * The evaluation of a message that has passed, ready for seki_verify_step(): with the table that seki_answers_decode() gives
 * it comes to the verdict that it had, unless this code judges otherwise. Time and options are those of then.
 * @param verify_out  end it with seki_verify_end(); NULL when the result is not SEKI_OK
 * @return SEKI_OK; SEKI_BAD_INPUT: what was kept is not whole (a header that was cut, a body that had not ended, a hash that
 *         this code wants and nobody wanted then), and *why says so; SEKI_LIMIT, SEKI_SYSTEM
 */
SEKI_API SEKI_MUST_USE enum seki_result seki_verify_recall(struct seki_arena *arena, struct seki_context *context,
                                                           const struct seki_verify_kept *kept,
                                                           struct seki_verify **verify_out, struct seki_error *why);

SEKI_API const struct seki_message *seki_verify_message(const struct seki_verify *verify);

/**
 * Which fields of the message claim to be ours (or cannot be read) and must go (RFC 8601 section 5)?
 * @param our_ids  authserv-ids of our ADMD
 * @param call     called with the field's index in the message and its ordinal among the Authentication-Results
 *                 fields from the top, 1 first (as milters count), bottom-most first
 */
SEKI_API void seki_verify_forged_fields(const struct seki_verify *verify, const struct seki_str *our_ids,
                                        size_t our_id_count, void (*call)(void *user, size_t field_index, size_t ordinal),
                                        void *user);

/** One trace per mechanism: "spf-helo", "spf", "sender-id", "dkim", "arc", "dmarc". NULL without options.explain. */
SEKI_API const struct seki_trace *seki_verify_trace(const struct seki_verify *verify, const char *mechanism);

#endif

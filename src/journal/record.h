/* One handled message, as the journal keeps it: what was seen, what came out, who wanted what, and the evidence from which
 * the verdict can be explained and had again. Of a message that a hosted domain's own people sent out there is only from
 * which domain, to which domains, when, and whether it is a reply: no address, and nothing of what it says.
 *
 * On disk a record is a version, a row of tagged fields and the evidence behind them; a reader passes over tags that it
 * does not know. Entries around it (length, checksum) are segment.h's. */
#ifndef JOURNAL_RECORD_H
#define JOURNAL_RECORD_H

#include "policy/fold.h"

#define JOURNAL_RECORD_MAX_OCTETS (4u * 1024u * 1024u)
#define JOURNAL_RECIPIENTS_MAX    1000u /* kept of one message; the rest are counted */
#define JOURNAL_HEADER_MAX_OCTETS (256u * 1024u)

struct journal_recipient {
    struct seki_str address; /* without angle brackets */
    struct seki_str domain;
    uint64_t domain_id, tenant_id, policy_revision; /* 0: not hosted here */
    unsigned filter;                                /* enum policy_filter */
    struct policy_judgement judgement;
    enum policy_action applied;
};

struct journal_signature {
    enum seki_dkim_result result;
    struct seki_str domain, selector, algorithm, reason;
};

struct journal_record {   /* texts are views: of the message's arena when written, of the octets when read */
    int64_t at_us;        /* since 1970, when the reply was decided */
    uint32_t wait_us;     /* from the end of the message to the reply */
    uint64_t size_octets; /* header and body as they came */
    struct seki_str queue_id, message_id, quarantine_id; /* quarantine_id: where it is held, "" when it is not */
    struct seki_ip relay;                     /* the host that handed it to us, where that is one of ours */
    struct seki_str helo, mail_from, subject; /* subject: as it came, cut at 998 octets */
    struct policy_facts facts;
    struct seki_str spf_reason, dmarc_reason, policy_domain, org_domain;
    enum seki_arc_result arc;
    const struct journal_signature *signatures;
    size_t signature_count;
    const struct journal_recipient *recipients;
    size_t recipient_count, recipients_left_out;
    unsigned reply_code; /* what the MTA was told: 250, 451, 550 */
    struct seki_str reply_text;
    struct seki_str failure; /* why no verdict could be had; "" */
    /* Evidence, from which seki_verify_recall() has the verdict again. "" when it was not there, or the record would have
     * become too long with it. */
    struct seki_str header;      /* as it came: seki_verify_header_write() */
    struct seki_str body_hashes; /* auth's own form, with time and options: seki_verify_body_hashes_write() */
    struct seki_str answers;     /* dns's own form: seki_answers_encode() */
    /* Of a message that a hosted domain sent out. Then there is nothing else but at_us and the domains of recipients. */
    uint64_t sender_domain_id; /* 0: this one came in */
    bool is_reply;             /* In-Reply-To or References is there (RFC 5322 section 3.6.4) */
};

/** Append a record. What is over a bound of this header is cut, or left out and counted; so with a buffer of
 *  JOURNAL_RECORD_MAX_OCTETS only memory can fail. Failure: seki_buf_failed(). */
void journal_record_encode(const struct journal_record *record, struct seki_buf *out);
/**
 * @param octets  must live as long as the record
 * @param arena   for lists
 * @return SEKI_OK; SEKI_BAD_INPUT with what is wrong; SEKI_LIMIT, SEKI_SYSTEM
 */
SEKI_MUST_USE enum seki_result journal_record_decode(struct seki_str octets, struct seki_arena *arena,
                                                     struct journal_record *record_out, struct seki_error *why);

#endif

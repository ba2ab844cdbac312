/* One evaluation under way: what verify.c drives, and verify_recall.c writes down and sets up again. */
#ifndef VERIFY_STATE_H
#define VERIFY_STATE_H

#include <sekisho/verify.h>

enum seki_stage { SEKI_STAGE_ENVELOPE, SEKI_STAGE_HEADER_ENDED, SEKI_STAGE_MESSAGE_ENDED };

enum {
    SEKI_TRACE_SPF_HELO,
    SEKI_TRACE_SPF,
    SEKI_TRACE_SENDER_ID,
    SEKI_TRACE_DKIM,
    SEKI_TRACE_ARC,
    SEKI_TRACE_DMARC,
    SEKI_TRACE_COUNT
};

struct seki_verify {
    struct seki_arena *arena;
    struct seki_context *context;
    struct seki_verify_options options;
    struct seki_trace *traces[SEKI_TRACE_COUNT];

    struct seki_ip client;
    struct seki_str helo, mail_from;
    bool has_mail_from;
    struct seki_message *message;
    size_t dropped_authres; /* Authentication-Results fields past the header bounds */
    enum seki_stage stage;

    struct seki_spf *spf_helo, *spf_mail_from;
    struct seki_sender_id *sender_id;
    struct seki_body_hash *body;
    struct seki_dkim *dkim;
    struct seki_arc *arc;
    struct seki_dmarc *dmarc;

    bool spf_helo_done, spf_mail_from_done, sender_id_done, dkim_done, arc_done, dmarc_done;
    bool has_asked_ahead;
    enum seki_result
        failure; /* of what was handed over: then there is no verdict, whether it was looked at or not */
    struct seki_verdict verdict;
};

#endif

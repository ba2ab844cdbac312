/* Reading recorded traffic again, one recipient after the other, never all in memory: for what-if, and for trace. */
#ifndef STORE_TRAFFIC_SCAN_H
#define STORE_TRAFFIC_SCAN_H

#include "journal/record.h"
#include "journal/writer.h"
#include "store/sql.h"

/* What came out of a message, or became of it for a recipient. */
enum store_traffic_result {
    STORE_RESULT_SPF, /* of mail whose SPF was checked */
    STORE_RESULT_DKIM,
    STORE_RESULT_ARC,
    STORE_RESULT_DMARC,
    STORE_RESULT_APPLIED,
    STORE_RESULT_COUNT
};

struct store_traffic_filter {     /* zero: everything; texts must be equal, ASCII case does not matter */
    int64_t domain_id, tenant_id; /* 0: of all */
    int64_t since_us, until_us;   /* until: before that; 0: no end */
    int64_t at_message;           /* the rows of this message alone */
    struct seki_str queue_id, message_id;
    struct seki_str mail_from, recipient; /* addresses without angle brackets, their domains in A-labels or not */
    bool is_null_sender;                  /* mail_from was empty; what was erased is not known to have been */
    struct seki_str author_domain;
    struct seki_ip client;                /* octet_count 0: any */
    unsigned results[STORE_RESULT_COUNT]; /* one more than the value of seki_spf_result, …, policy_action; 0: any */
    bool is_newest_first;                 /* else in no certain order, which is faster */
    size_t limit;                         /* rows; 0: all */
    bool with_position;                   /* node and segment are wanted */
};

struct store_traffic_row { /* views, valid until the visitor returns */
    int64_t message;       /* the number of the message in the store */
    int64_t at_us;
    enum seki_arc_result arc;
    struct policy_facts facts; /* all that policy_judge() looks at */
    struct journal_recipient recipient;
    struct seki_str queue_id, message_id, mail_from, quarantine_id;
    unsigned reply_code;
    bool is_erased; /* on somebody's wish (store/person.h): mail_from, message_id, queue_id and evidence are gone */
    struct seki_str node;             /* "" unless asked for */
    struct journal_position position; /* of the evidence; segment "" unless asked for */
};

/** @return false: enough. Must not use the connection. */
typedef bool store_traffic_visit(void *user, const struct store_traffic_row *row);

/** @return SEKI_OK, also when the visitor had enough */
SEKI_MUST_USE enum seki_result store_traffic_scan(struct sql *sql, const struct store_traffic_filter *filter,
                                                  store_traffic_visit *visit, void *user, struct seki_error *why);

#endif

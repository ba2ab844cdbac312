/* Yes and no of recorded traffic, as bits of one column. */
#ifndef STORE_TRAFFIC_FLAGS_H
#define STORE_TRAFFIC_FLAGS_H

enum store_message_flag {
    STORE_HAS_SPF = 1,
    STORE_NULL_SENDER = 2,
    STORE_SPF_ALIGNED = 4,
    STORE_DKIM_ALIGNED = 8,
    STORE_ARC_OVERRIDE = 16,
    STORE_AUTHOR_HOSTED = 32,
    STORE_SCAN_FAILED = 64,
    STORE_TO_CONTACT = 128,
};

enum store_recipient_flag {
    STORE_IMPOSTOR = 1,
    STORE_FORGED_BOUNCE = 2,
    STORE_JUDGED_ARC_OVERRIDE = 4,
    STORE_TEMPORARY = 8,
};

/* traffic_hour.aligned */
enum store_aligned { STORE_ALIGNED_SPF = 1, STORE_ALIGNED_DKIM = 2 };

#endif

/* Held messages in the store: one item for each recipient of a message that a quarantine keeps, since each customer decides
 * for its own. The message itself is in a file of the node that took it in (quarantine/quarantine.h).
 *
 *     held ─► releasing ─► unclear ─► released          held ─► deleted
 *       ▲         │           │
 *       └─────────┴───────────┘  (the mail server said no)
 *
 * Releasing: somebody began to hand it over, and the mail server cannot have all of it yet; after STORE_HELD_CLAIM_S
 * whoever did is taken for dead, and another may begin. Unclear: all of it was handed over and the answer did not come, or
 * was not noted; only a person can tell whether it arrived. */
#ifndef STORE_HELD_H
#define STORE_HELD_H

#include "store/change.h"

#define STORE_HELD_CLAIM_S        600
#define STORE_HELD_REPEAT_S       86400 /* a repeat of what expires more than that earlier is a message of its own */
#define STORE_HELD_TEXT_MAX       998u
#define STORE_HELD_MESSAGE_ID_MAX 64u

enum store_held_state {
    STORE_HELD = 0,
    STORE_HELD_RELEASING,
    STORE_HELD_UNCLEAR,
    STORE_HELD_RELEASED,
    STORE_HELD_DELETED,
    STORE_HELD_STATE_COUNT
};

struct store_held {
    int64_t id;                 /* what people name it by */
    struct seki_str message_id; /* the file's: struct quarantine_id */
    int64_t place;              /* of the recipient in the file */
    struct seki_str address, reason;
    int64_t domain_id, tenant_id;
    enum store_held_state state;
    int64_t expires_at_s;
    int64_t changed_at_s; /* of the state; 0: never */
    struct seki_str changed_by;
    /* of the message */
    struct seki_str node;
    int64_t held_at_s, size_octets;
    struct seki_str mail_from, author, subject, client, queue_id, mail_message_id;
    bool has_file;
};

/** What is looked for; zero: everything. */
struct store_held_filter {
    int64_t tenant_id, domain_id;
    struct seki_str left_by; /* A-labels: or held for this domain, or below it, by one that is hosted no more */
    struct seki_str address;
    bool only_held;    /* what can be released or deleted: held, releasing, unclear */
    int64_t before_id; /* older than this one; 0: from the newest */
    size_t limit;      /* 0: STORE_LIST_MAX_ROWS */
};

const char *store_held_state_name(enum store_held_state state);

/** Take a message into the store, with its recipients; doing it again changes nothing. Texts of items[0] count for the
 *  message. In a transaction of its own. */
SEKI_MUST_USE enum seki_result store_held_add(struct sql *sql, const struct store_held *items, size_t count,
                                              struct seki_error *why);

/** Newest first. */
SEKI_MUST_USE enum seki_result store_held_list(struct sql *sql, const struct store_held_filter *filter,
                                               struct seki_arena *arena, const struct store_held **items_out,
                                               size_t *count_out, struct seki_error *why);
/** @return SEKI_BAD_INPUT: there is none with this number */
SEKI_MUST_USE enum seki_result store_held_get(struct sql *sql, int64_t id, struct seki_arena *arena,
                                              struct store_held *item_out, struct seki_error *why);

/* ---- releasing: each step a transaction of its own, with a line of audit ---- */

/**
 * Begin to release one. Only one of several who try at once can.
 * @param again  also one that is unclear: a person has looked, and it did not arrive
 * @return SEKI_BAD_INPUT with a sentence: it was released or deleted, somebody is at it, or it is unclear
 */
SEKI_MUST_USE enum seki_result store_held_claim(struct store_change *change, const struct store_held *item,
                                                bool again, struct seki_error *why);
/** All of it is about to be handed over. No line of audit. */
SEKI_MUST_USE enum seki_result store_held_unclear(struct sql *sql, int64_t id, struct seki_error *why);
/** The mail server took it (released), or did not (held again). */
SEKI_MUST_USE enum seki_result store_held_settle(struct store_change *change, const struct store_held *item,
                                                 bool is_released, struct seki_error *why);

/** @return SEKI_BAD_INPUT: it was released or deleted already, or somebody is releasing it */
SEKI_MUST_USE enum seki_result store_held_delete(struct store_change *change, const struct store_held *item,
                                                 struct seki_error *why);

/* ---- what `control` does ---- */

/** Messages of item's node, held for all of their recipients still, that may be the same as item, which is not in the store
 *  yet: of the same sender, Message-ID and size. None when it is there. Ids in the arena. */
SEKI_MUST_USE enum seki_result store_held_alike(struct sql *sql, const struct store_held *item, size_t limit,
                                                struct seki_arena *arena, const struct seki_str **ids_out,
                                                size_t *count_out, struct seki_error *why);

/** Messages of a node whose file is of no use any more: expired for all, or decided by all. Ids in the arena. */
SEKI_MUST_USE enum seki_result store_held_spent(struct sql *sql, struct seki_str node, int64_t now_s, size_t limit,
                                                struct seki_arena *arena, const struct seki_str **ids_out,
                                                size_t *count_out, struct seki_error *why);
/** The file is gone; what has expired for all is forgotten too. */
SEKI_MUST_USE enum seki_result store_held_file_gone(struct sql *sql, struct seki_str message_id, int64_t now_s,
                                                    struct seki_error *why);
/** Forget what has expired and has no file any more, of any node. */
SEKI_MUST_USE enum seki_result store_held_forget(struct sql *sql, int64_t now_s, struct seki_error *why);

/** Domains with held messages that no digest has told of. Ids in the arena. */
SEKI_MUST_USE enum seki_result store_held_untold_domains(struct sql *sql, size_t limit, struct seki_arena *arena,
                                                         const int64_t **ids_out, size_t *count_out,
                                                         struct seki_error *why);
/** When the domain's last digests were sent; 0: never. */
SEKI_MUST_USE enum seki_result store_held_last_digest(struct sql *sql, int64_t domain_id, int64_t *last_at_s_out,
                                                      struct seki_error *why);
/** What no digest has told of, by address, then the oldest first. */
SEKI_MUST_USE enum seki_result store_held_untold(struct sql *sql, int64_t domain_id, size_t limit,
                                                 struct seki_arena *arena, const struct store_held **items_out,
                                                 size_t *count_out, struct seki_error *why);
/** The language that the user with this address has chosen. @param is_japanese_out  stays as it is when there is none */
SEKI_MUST_USE enum seki_result store_held_language(struct sql *sql, struct seki_str address, bool *is_japanese_out,
                                                   struct seki_error *why);
/** The digest to this address was sent, and told of everything up to that item. */
SEKI_MUST_USE enum seki_result store_held_told(struct sql *sql, int64_t domain_id, struct seki_str address,
                                               int64_t last_id, int64_t at_s, struct seki_error *why);
/** All digests of this domain were sent. */
SEKI_MUST_USE enum seki_result store_held_digest_done(struct sql *sql, int64_t domain_id, int64_t at_s,
                                                      struct seki_error *why);

#endif

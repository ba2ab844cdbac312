/* Messages that are kept back for some of their recipients: one file each, in a folder of this node.
 *
 *     tmp/ID     being written
 *     new/ID     whole and on disk; `control` has not told the store of it yet
 *     held/ID    the store knows it
 *     unreadable/ID cannot be read now (its owner, its disk); tried again, and then taken in from here
 *     refused/ID    the store does not take it; likewise
 *     damaged/ID    nobody can say any more for whom it is; kept for the operator
 *
 * A file has a head of QUARANTINE_HEAD_OCTETS that says where the rest lies, the message as it came, and behind it, since
 * only the end of the message tells why it is held, what is known about it. It appears by one rename, so it is there whole
 * or not at all. Whether it was released or deleted is the store's to know; the file never changes.
 *
 * Folder and files are for the group too: `inbound` writes them, `control` and the operator's command read and remove them. */
#ifndef QUARANTINE_H
#define QUARANTINE_H

#include <sekisho/buf.h>
#include <sekisho/ip.h>

#define QUARANTINE_HEAD_OCTETS     64u
#define QUARANTINE_ID_OCTETS       26u
#define QUARANTINE_META_MAX_OCTETS (1024u * 1024u)
#define QUARANTINE_RECIPIENTS_MAX  1000u
#define QUARANTINE_TEXT_MAX_OCTETS 8192u /* of one text below; longer ones are cut */

struct quarantine_id {
    char text[QUARANTINE_ID_OCTETS + 1]; /* lower-case hexadecimal digits: the time, and chance */
};

struct quarantine_recipient {
    struct seki_str address; /* without angle brackets */
    uint64_t domain_id, tenant_id;
    int64_t expires_at_s;
    struct seki_str reason; /* why: policy_check_name() of what decided */
};

struct quarantine_message { /* texts as they came, "" where there is none */
    int64_t at_us;          /* since 1970 */
    struct seki_str queue_id, message_id, helo;
    struct seki_str mail_from; /* without angle brackets; "" for the null reverse-path */
    struct seki_ip client;
    struct seki_str author, subject;        /* values of From and Subject */
    struct seki_str authentication_results; /* the value of our field */
    const struct quarantine_recipient *recipients;
    size_t recipient_count; /* at most QUARANTINE_RECIPIENTS_MAX, or it is not kept */
    uint64_t size_octets;   /* of header and body; filled when read */
};

enum quarantine_aside { /* why one is out of the way */
                        QUARANTINE_ASIDE_DAMAGED = 0,
                        QUARANTINE_ASIDE_UNREADABLE,
                        QUARANTINE_ASIDE_REFUSED,
                        QUARANTINE_ASIDE_COUNT
};

bool quarantine_id_read(struct seki_str text, struct quarantine_id *id_out);

/* ---- writing: the mail path ---- */

struct quarantine_draft;

/**
 * Begin a file. Cheap enough to be begun for every message that a policy might hold, and abandoned.
 * @return NULL with *why: it cannot be kept, and the caller falls to 451
 */
struct quarantine_draft *quarantine_draft_new(const char *folder, struct seki_error *why);

/** Leave so much room on the disk: with less, nothing is kept (SEKI_LIMIT). Whoever sends chooses how much is held, and the
 *  MTA's queue, the journal and the store may lie on the same disk. 0, as at first: all may be taken. */
void quarantine_draft_leave_free(struct quarantine_draft *draft, uint64_t min_free_octets);
/** Octets of the message, in order: header, empty line, body, with CRLF. Failures are remembered until the end. */
void quarantine_draft_add(struct quarantine_draft *draft, struct seki_str octets);
/** One field of the header as the milter protocol has it (value with its leading space, folded with LF or CRLF). */
void quarantine_draft_add_field(struct quarantine_draft *draft, struct seki_str name, struct seki_str value);
/**
 * Keep it: when this returns SEKI_OK it is on disk, and the MTA may hear 250. Waits for the disk. Frees the draft in any case.
 * @return SEKI_OK; SEKI_LIMIT: the disk is full, or too many recipients; SEKI_SYSTEM. Then nothing is left of it
 */
SEKI_MUST_USE enum seki_result quarantine_draft_keep(struct quarantine_draft *draft,
                                                     const struct quarantine_message *message,
                                                     struct quarantine_id *id_out, struct seki_error *why);
/** The same, but nobody may wait for it any more when it is about to appear: then nothing is left of it, and the MTA, which
 *  has heard no answer, brings it again. @param is_unwanted  changed with atomic operations only */
SEKI_MUST_USE enum seki_result quarantine_draft_keep_wanted(struct quarantine_draft *draft,
                                                            const struct quarantine_message *message,
                                                            const bool *is_unwanted, struct quarantine_id *id_out,
                                                            struct seki_error *why);
/** Nothing is left of it. NULL does nothing. */
void quarantine_draft_abandon(struct quarantine_draft *draft);

/* ---- reading and removing ---- */

/**
 * @param message_out  in the arena
 * @param file_out     a descriptor to close(); message_out->size_octets of the message begin at QUARANTINE_HEAD_OCTETS
 * @return SEKI_OK; SEKI_BAD_INPUT: not there (any more), or damaged; SEKI_SYSTEM
 */
SEKI_MUST_USE enum seki_result quarantine_open(const char *folder, const struct quarantine_id *id,
                                               struct seki_arena *arena, struct quarantine_message *message_out,
                                               int *file_out, struct seki_error *why);

/** The oldest few that the store does not know yet. @param count_out  at most max; 0: none */
SEKI_MUST_USE enum seki_result quarantine_list_new(const char *folder, struct quarantine_id *ids_out, size_t max,
                                                   size_t *count_out, struct seki_error *why);
/** Those that were set aside for one reason, in the order of their ids. @param after  NULL: from the first */
SEKI_MUST_USE enum seki_result quarantine_list_aside(const char *folder, enum quarantine_aside aside,
                                                     const struct quarantine_id *after,
                                                     struct quarantine_id *ids_out, size_t max, size_t *count_out,
                                                     struct seki_error *why);
/** The store knows it now. */
SEKI_MUST_USE enum seki_result quarantine_settle(const char *folder, const struct quarantine_id *id,
                                                 struct seki_error *why);
/** Out of the way, so that others are taken in. @return SEKI_OK; SEKI_BAD_INPUT: it is gone */
SEKI_MUST_USE enum seki_result quarantine_set_aside(const char *folder, const struct quarantine_id *id,
                                                    enum quarantine_aside aside, struct seki_error *why);
/** SEKI_OK also when it is gone already. */
SEKI_MUST_USE enum seki_result quarantine_remove(const char *folder, const struct quarantine_id *id,
                                                 struct seki_error *why);
/** What a process that was killed left in tmp/, older than that. */
void quarantine_sweep(const char *folder, int64_t before_s);

/* ---- what is known about a message, as text (a line each) ---- */

void quarantine_meta_encode(const struct quarantine_message *message, struct seki_buf *out);
/** @param text  must live as long as the message. @return false: not written by this version, *why says what is wrong */
bool quarantine_meta_decode(struct seki_str text, struct seki_arena *arena, struct quarantine_message *message_out,
                            struct seki_error *why);

#endif

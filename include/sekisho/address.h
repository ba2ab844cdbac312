/* Address lists: RFC 5322 section 3.4 with its obsolete forms, RFC 6854 groups in From, RFC 6532 UTF-8. */
#ifndef SEKISHO_ADDRESS_H
#define SEKISHO_ADDRESS_H

#include <sekisho/arena.h>

struct seki_mailbox {
    struct seki_str display_name; /* unquoted and unfolded; encoded words left as they are; "" if none */
    struct seki_str local_part;   /* unquoted */
    struct seki_str domain;       /* comments and white space removed, case kept; "[192.0.2.1]" for a literal;
                                     "" when the address has none ("root", "MAILER-DAEMON <>") */
    struct seki_str group;        /* the group's name, or ptr NULL outside a group */
};

struct seki_address_list {
    const struct seki_mailbox *mailboxes;
    size_t mailbox_count;
    size_t group_count; /* empty groups too ("undisclosed-recipients:;") */
};

/**
 * Read a whole field value (From, Sender, To …).
 * @param value     raw, folded as it arrived; CRLF or LF with white space behind it is a fold, other line breaks and
 *                  NUL are refused
 * @param list_out  views into value or the arena; empty on failure
 * @param why       what is wrong and where; may be NULL
 * @return SEKI_OK; SEKI_BAD_INPUT when it is not an address list to its last octet, or nests comments deeper
 *         than 50, or has more than 1,000 mailboxes; SEKI_LIMIT, SEKI_SYSTEM from the arena
 */
SEKI_API SEKI_MUST_USE enum seki_result seki_address_parse_list(struct seki_arena *arena, struct seki_str value,
                                                                struct seki_address_list *list_out,
                                                                struct seki_error *why);

/**
 * Split an SMTP path as MAIL FROM gives it, with or without angle brackets and a source route
 * (RFC 5321 section 4.1.2). "<>" and "" give two empty parts. A path without "@" is all local-part. The parts are
 * views; a quoted local part keeps its quotes, an unquoted one may hold what MTAs let through ("a b", "a..b").
 * @return false when it is not a path
 */
SEKI_API bool seki_address_split_path(struct seki_str path, struct seki_str *local_part_out,
                                      struct seki_str *domain_out);

/** Decode RFC 2047 encoded words in UTF-8, US-ASCII and ISO-8859-1 for showing to people; others stay as they
 *  are. @return ptr NULL when the arena is full */
SEKI_API struct seki_str seki_encoded_words_decode(struct seki_arena *arena, struct seki_str text);

#endif

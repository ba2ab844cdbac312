/* What the role decided, as packets: fields, then recipients and quarantine, the reply last, appended to one buffer so that they leave
 * in one write. Everything is checked before anything is kept: a field with a line end in the wrong place would let
 * its writer add fields of his own (header injection). */
#ifndef MILTER_DECISION_H
#define MILTER_DECISION_H

#include "milter/packet.h"
#include "milter/server.h"

/* Of one packet, command included: sendmail reads no longer one (MILTER_MAX_DATA_SIZE); Postfix takes twice that. */
#define MILTER_REPLY_PACKET_MAX 65535u
/* RFC 5321 section 4.5.3.1.5: a reply line has at most 512 octets; this leaves room for code and CRLF. */
#define MILTER_REPLY_TEXT_MAX 480u

/**
 * Write "550 5.7.1 text" as the protocol wants it.
 * @param words_out  cleared first; empty when reply->code is 0
 * @return false, words_out empty: code, enhanced code (default 4.7.1, 5.7.1) and text (1 to MILTER_REPLY_TEXT_MAX
 *         printable ASCII octets) do not make a reply
 */
SEKI_MUST_USE bool milter_reply_words(struct seki_buf *words_out, const struct milter_reply *reply);

/**
 * Append the reply for any action but MILTER_LATER.
 * @param words  from milter_reply_words(); used when their class is the action's, else the MTA finds its own
 */
void milter_answer_write(struct seki_buf *out, enum milter_action action, struct seki_str words);

/** Which changes (MILTER_MAY_*) the decision makes, beside those of fields. */
uint32_t milter_decision_changes(const struct milter_decision *decision);

/**
 * Append the changes (only when the message is to be delivered) and the reply.
 * @param words               of decision->reply, from milter_reply_words()
 * @param keep_leading_space  negotiated: the MTA puts nothing between colon and value
 * @return SEKI_OK; SEKI_BAD_INPUT, SEKI_LIMIT, SEKI_SYSTEM: *why says what, *out is as it was
 */
SEKI_MUST_USE enum seki_result milter_decision_write(struct seki_buf *out, const struct milter_decision *decision,
                                                     struct seki_str words, bool keep_leading_space,
                                                     struct seki_error *why);

#endif

/* The first exchange of a connection: which version, which changes, which events and replies.
 *
 * The MTA offers; we take from its offer what the role needs and turn off what it does not. An MTA that offers less
 * gets a reply for each event (libmilter's way before version 6); one that cannot add and remove fields is refused,
 * since a forged Authentication-Results would then pass. */
#ifndef MILTER_NEGOTIATE_H
#define MILTER_NEGOTIATE_H

#include "milter/packet.h"
#include "milter/server.h"

#define MILTER_VERSION_OLDEST 2u
#define MILTER_VERSION        6u

struct milter_agreement {
    uint32_t version, changes, events; /* as they stand in the OPTNEG packet */
};

/**
 * @param payload     of the MTA's OPTNEG packet
 * @param agreed_out  untouched on failure
 * @return SEKI_OK; SEKI_BAD_INPUT: malformed, too old, or it offers too little; *why says which
 */
SEKI_MUST_USE enum seki_result milter_negotiate(struct seki_str payload, const struct milter_handler *handler,
                                                struct milter_agreement *agreed_out, struct seki_error *why);

/** The changes that the role uses and the MTA does not offer, as "add recipients, quarantine"; "" when there are none. */
void milter_negotiate_missing(const struct milter_agreement *agreed, const struct milter_handler *handler,
                              struct seki_error *names_out);

/** Append our OPTNEG packet, with the lists of wanted macros when they may be given. */
void milter_negotiate_write(const struct milter_agreement *agreed, struct seki_buf *out);

#endif

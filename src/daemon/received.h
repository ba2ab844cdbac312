/* Who connected to the server that wrote a Received field: RFC 5321 section 4.4, and what servers write instead. */
#ifndef RECEIVED_H
#define RECEIVED_H

#include "daemon/config.h"

#include <sekisho/message.h>

struct received_client {
    struct seki_ip address;
    struct seki_str helo; /* a view into the field */
};

/**
 * Read the "from" clause.
 * @param value  of the field, folded or not
 * @return false when there is none, or no address can be told for sure
 */
bool received_read(struct seki_str value, struct received_client *client_out);

/**
 * The client that the outermost of our relays saw. Walks the Received fields from the top: the first was written by
 * the relay that connected to us, and as long as a field names another relay (or the same host: a content filter
 * there), that one wrote the next. Fields below are whatever the sender put there, and are not looked at.
 * @return false with *why when it cannot be told
 */
bool received_find_client(const struct seki_message *message, const struct config_networks *relays,
                          struct received_client *client_out, struct seki_error *why);

#endif

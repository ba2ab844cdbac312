/* The client that stands behind our own relays, by their Received fields. */
#ifndef RECEIVED_H
#define RECEIVED_H

#include "daemon/config.h"
#include "message/received.h"

#include <sekisho/message.h>

/**
 * The client that the outermost of our relays saw. Walks the Received fields from the top: the first was written by
 * the relay that connected to us, and as long as a field names another relay (or the same host: a content filter
 * there), that one wrote the next. Fields below are whatever the sender put there, and are not looked at.
 * @return false with *why when it cannot be told
 */
bool received_find_client(const struct seki_message *message, const struct config_networks *relays,
                          struct seki_received_client *client_out, struct seki_error *why);

#endif

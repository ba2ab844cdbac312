/* The packets that the load generator sends, as Postfix 3.7 composes them; all go into the peer's write buffer. */
#ifndef BENCH_LOAD_PACKETS_H
#define BENCH_LOAD_PACKETS_H

#include "load.h"

void load_add_negotiation(struct load_peer *peer);
/** A packet of nothing but its command. */
void load_add_command(struct load_peer *peer, char command);
/** The macros that go before the command of the session's step. */
void load_add_macros(struct load_session *session, struct load_peer *peer, char command);
/** The event of the session's step; of fields and body the next piece, which then counts as sent. */
void load_add_event(struct load_session *session, struct load_peer *peer, char command);

#endif

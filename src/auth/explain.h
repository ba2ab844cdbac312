/* Lines for the trace that show octets from outside: escaped, so that a terminal can bear them. */
#ifndef AUTH_EXPLAIN_H
#define AUTH_EXPLAIN_H

#include <sekisho/trace.h>

/** One line: the octets, controls and octets above %x7E as \xNN, cut after some hundred. trace may be NULL. */
void seki_explain_octets(struct seki_trace *trace, unsigned depth, struct seki_str octets);

/** One line: label, ": ", the octets in base64 (for hashes, at most 64 of them). trace may be NULL. */
void seki_explain_hash(struct seki_trace *trace, unsigned depth, const char *label, const uint8_t *octets,
                       size_t len);

#endif

/* Texts out of mail, fit for a column: UTF-8 without control characters, and not too long for an index. */
#ifndef STORE_TRAFFIC_TEXT_H
#define STORE_TRAFFIC_TEXT_H

#include "store/sql.h"

#include <sekisho/ip.h>

#define STORE_TRAFFIC_TEXT_MAX_OCTETS 1000u

/** As it is where it is fit; else a copy in the arena, with "?" for each octet that is not. "" without room. */
struct sql_value store_traffic_text(struct seki_str text, struct seki_arena *arena);
/** The same in lower case (ASCII), for what is sought: addresses and message-ids. */
struct sql_value store_traffic_lower(struct seki_str text, struct seki_arena *arena);
/** A domain in A-labels; in lower case where it has none. */
struct sql_value store_traffic_domain(struct seki_str domain, struct seki_arena *arena);
/** And the domain behind the last "@" in A-labels: most servers write them so, and people do not. */
struct sql_value store_traffic_address(struct seki_str address, struct seki_arena *arena);
/** "192.0.2.0/24", "2001:db8:1::/48"; "" for an unknown address. */
struct seki_str store_traffic_network(const struct seki_ip *client, struct seki_arena *arena);

#endif

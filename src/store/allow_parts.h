/* Networks of allow entries as the store keeps them. */
#ifndef STORE_ALLOW_PARTS_H
#define STORE_ALLOW_PARTS_H

#include <sekisho/arena.h>
#include <sekisho/ip.h>

/** "192.0.2.0/24": bits behind the prefix are zero. */
struct seki_str store_network_write(const struct seki_ip *network, unsigned prefix_bits, struct seki_arena *arena);
/** @return false, network unknown, for "" and anything else */
bool store_network_read(struct seki_str text, struct seki_ip *network_out, unsigned *prefix_bits_out);

#endif

/* Addresses of one family and what is said of them, where the first to say something is right, and neighbours of whom the
 * same is said become one network. */
#ifndef DOMAIN_NETWORKS_H
#define DOMAIN_NETWORKS_H

#include <sekisho/arena.h>
#include <sekisho/ip.h>

struct domain_network_node;

struct domain_networks {
    struct seki_arena *arena;
    struct domain_network_node *root; /* NULL: nothing is said of anybody */
};

/** Say mark of the addresses of a network of whom nothing was said yet.
 *  @param mark  not 0. When the arena is full some of it is not said: ask seki_arena_failure() */
void domain_networks_mark(struct domain_networks *networks, const struct seki_ip *network, unsigned prefix_bits,
                          unsigned mark);

typedef void domain_network_visitor(void *user, const struct seki_ip *network, unsigned prefix_bits, unsigned mark);

/** Visit the networks in the order of their addresses: the fewest that say the same.
 *  @param octet_count  of an address: 4 or 16 */
void domain_networks_visit(const struct domain_networks *networks, uint8_t octet_count,
                           domain_network_visitor *visitor, void *user);

#endif

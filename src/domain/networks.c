/* A tree of halves: a node is a network, and either one thing is said of all of it, or it has two halves. */
#include "domain/networks.h"

struct domain_network_node {
    unsigned mark;                       /* 0: nothing is said, or not the same of both halves */
    struct domain_network_node *half[2]; /* both or none */
};

struct marking {
    struct seki_arena *arena;
    const struct seki_ip *network;
    unsigned prefix_bits, mark;
};

static unsigned bit_of(const struct seki_ip *ip, unsigned index)
{
    return ((unsigned)ip->octets[index / 8] >> (7 - index % 8)) & 1u;
}

static void join(struct domain_network_node *node)
{
    if (node->half[0]->mark == 0 || node->half[0]->mark != node->half[1]->mark)
        return;
    node->mark = node->half[0]->mark;
    node->half[0] = node->half[1] = NULL;
}

static void fill(struct domain_network_node *node, unsigned mark)
{
    if (node->mark != 0)
        return;
    if (node->half[0] == NULL) {
        node->mark = mark;
        return;
    }
    fill(node->half[0], mark);
    fill(node->half[1], mark);
    join(node);
}

static bool split(struct seki_arena *arena, struct domain_network_node *node)
{
    struct domain_network_node *halves = seki_arena_alloc(arena, 2, sizeof *halves);
    if (halves == NULL)
        return false;
    node->half[0] = &halves[0];
    node->half[1] = &halves[1];
    return true;
}

static void mark_below(const struct marking *marking, struct domain_network_node *node, unsigned depth)
{
    if (node->mark != 0)
        return;
    if (depth == marking->prefix_bits) {
        fill(node, marking->mark);
        return;
    }
    if (node->half[0] == NULL && !split(marking->arena, node))
        return;
    mark_below(marking, node->half[bit_of(marking->network, depth)], depth + 1);
    join(node);
}

void domain_networks_mark(struct domain_networks *networks, const struct seki_ip *network, unsigned prefix_bits,
                          unsigned mark)
{
    const struct marking marking = { networks->arena, network, prefix_bits, mark };
    if (networks->root == NULL)
        networks->root = seki_arena_alloc(networks->arena, 1, sizeof *networks->root);
    if (networks->root != NULL)
        mark_below(&marking, networks->root, 0);
}

struct visit {
    domain_network_visitor *visitor;
    void *user;
    struct seki_ip network;
};

static void visit_below(struct visit *visit, const struct domain_network_node *node, unsigned depth)
{
    if (node->mark != 0) {
        visit->visitor(visit->user, &visit->network, depth, node->mark);
        return;
    }
    if (node->half[0] == NULL)
        return;
    visit_below(visit, node->half[0], depth + 1);
    visit->network.octets[depth / 8] |= (uint8_t)(0x80u >> (depth % 8));
    visit_below(visit, node->half[1], depth + 1);
    visit->network.octets[depth / 8] &= (uint8_t) ~(0x80u >> (depth % 8));
}

void domain_networks_visit(const struct domain_networks *networks, uint8_t octet_count,
                           domain_network_visitor *visitor, void *user)
{
    struct visit visit = { .visitor = visitor, .user = user, .network = { .octet_count = octet_count } };
    if (networks->root != NULL)
        visit_below(&visit, networks->root, 0);
}

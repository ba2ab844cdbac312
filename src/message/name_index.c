#include "message/name_index.h"

/* Any total order will do; the cheap differences come first. */
static int compare(uint32_t hash, struct seki_str name, const struct seki_name *node)
{
    if (hash != node->hash)
        return hash < node->hash ? -1 : 1;
    if (name.len != node->name.len)
        return name.len < node->name.len ? -1 : 1;
    for (size_t i = 0; i < name.len; i++) {
        int difference = seki_ascii_lower(name.ptr[i]) - seki_ascii_lower(node->name.ptr[i]);
        if (difference != 0)
            return difference;
    }
    return 0;
}

static struct seki_name *find(const struct seki_name *root, uint32_t hash, struct seki_str name)
{
    while (root != NULL) {
        int order = compare(hash, name, root);
        if (order == 0)
            break;
        root = order < 0 ? root->left : root->right;
    }
    return (struct seki_name *)(uintptr_t)root; /* whoever has the root may change what hangs on it */
}

struct seki_name *seki_name_find(const struct seki_name *root, struct seki_str name)
{
    return find(root, seki_str_hash_nocase(name), name);
}

/* A left child on its parent's level: turn right. */
static struct seki_name *skew(struct seki_name *node)
{
    struct seki_name *left = node->left;
    if (left == NULL || left->level != node->level)
        return node;
    node->left = left->right;
    left->right = node;
    return left;
}

/* Two right children in a row on one level: the middle one goes up. */
static struct seki_name *split(struct seki_name *node)
{
    struct seki_name *right = node->right;
    if (right == NULL || right->right == NULL || right->right->level != node->level)
        return node;
    node->right = right->left;
    right->left = node;
    right->level++;
    return right;
}

/* Recursion is as deep as the tree: 2 log2(names). */
static struct seki_name *insert(struct seki_name *root, struct seki_name *fresh)
{
    if (root == NULL)
        return fresh;
    if (compare(fresh->hash, fresh->name, root) < 0)
        root->left = insert(root->left, fresh);
    else
        root->right = insert(root->right, fresh);
    return split(skew(root));
}

struct seki_name *seki_name_find_or_add(struct seki_arena *arena, struct seki_name **root, struct seki_str name)
{
    uint32_t hash = seki_str_hash_nocase(name);
    struct seki_name *found = find(*root, hash, name);
    if (found != NULL)
        return found;
    struct seki_name *fresh = seki_arena_alloc(arena, 1, sizeof *fresh);
    if (fresh == NULL)
        return NULL;
    fresh->name = name;
    fresh->hash = hash;
    fresh->level = 1;
    *root = insert(*root, fresh);
    return fresh;
}

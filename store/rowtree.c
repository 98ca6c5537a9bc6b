/*
 * A tree whose nodes hold the first 16 bytes of each key as two numbers, so that nearly all
 * comparisons need no other memory.  Of an inner node, item i is a child, and its numbers are not
 * above those of any key in it.  Where numbers are equal, the lowest row of the child decides.
 */
#include "store/rowtree.h"

#include <stdlib.h>
#include <string.h>

struct rowtree_item {
    uint64_t high;
    uint64_t low;
    union {
        struct rowtree_row *row;    /* of a leaf */
        struct rowtree_node *child; /* of an inner node */
    };
};

struct rowtree_node {
    struct rowtree_node *before; /* of leaves */
    struct rowtree_node *after;
    uint16_t count;
    bool leaf;
    struct rowtree_item items[ROWTREE_NODE_ROWS];
};

/*
 * A level is added when the root is full, and a half of a node is full after 32 inserts or more.
 * Nodes are not merged, so what bounds the depth is not the rows but the inserts: this depth takes
 * 32 to the power of 15, which no process makes.
 */
enum { ROWTREE_DEPTH_MAX = 16, ROWTREE_PREFIX_BYTES = 16 };

/* The way from the root to a leaf. */
struct rowtree_path {
    struct rowtree_node *nodes[ROWTREE_DEPTH_MAX];
    size_t index[ROWTREE_DEPTH_MAX]; /* of the child that was taken */
    size_t depth;
};

/* ---- keys ---- */

struct rowtree_key rowtree_key_of(uint8_t table, const void *key, size_t key_size)
{
    uint8_t prefix[ROWTREE_PREFIX_BYTES] = {table};
    size_t used = key_size < ROWTREE_PREFIX_BYTES - 1 ? key_size : ROWTREE_PREFIX_BYTES - 1;

    INVARIANT(key_size <= STORE_KEY_BYTES_MAX);
    if (used > 0)
        memcpy(prefix + 1, key, used);
    return (struct rowtree_key){.high = be64_get(prefix),
                                .low = be64_get(prefix + 8),
                                .key = key,
                                .key_size = (uint8_t)key_size,
                                .table = table};
}

struct rowtree_key rowtree_key_of_row(const struct rowtree_row *row)
{
    return rowtree_key_of(row->table, row->bytes, row->key_size);
}

int rowtree_compare(const struct rowtree_key *a, const struct rowtree_key *b)
{
    if (a->high != b->high)
        return a->high < b->high ? -1 : 1;
    if (a->low != b->low)
        return a->low < b->low ? -1 : 1;
    return store_key_compare(a->key, a->key_size, b->key, b->key_size);
}

/* The lowest row below an item of a node. */
static const struct rowtree_row *rowtree_lowest(const struct rowtree_node *node, size_t index)
{
    const struct rowtree_item *item = &node->items[index];

    while (!node->leaf) {
        node = item->child;
        item = &node->items[0];
    }
    return item->row;
}

/* How the item of a node sorts against the key. */
static int rowtree_compare_item(const struct rowtree_node *node, size_t index,
                                const struct rowtree_key *key)
{
    const struct rowtree_item *item = &node->items[index];
    const struct rowtree_row *row;

    if (item->high != key->high)
        return item->high < key->high ? -1 : 1;
    if (item->low != key->low)
        return item->low < key->low ? -1 : 1;
    row = rowtree_lowest(node, index);
    /* The numbers of an inner item may be of a row that is gone; then its child begins above. */
    return row->table != key->table
               ? (row->table > key->table ? 1 : -1)
               : store_key_compare(row->bytes, row->key_size, key->key, key->key_size);
}

/* The index of the first item, from `first` on, that is not below the key; the count: none. */
static size_t rowtree_lower_bound(const struct rowtree_node *node, size_t first,
                                  const struct rowtree_key *key, bool *equal)
{
    size_t end = node->count;

    *equal = false;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        int way = rowtree_compare_item(node, middle, key);

        if (way == 0) {
            *equal = true;
            return middle;
        }
        if (way < 0)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

/* ---- finding ---- */

/* The leaf in which the key is or would be; *path (NULL is allowed) is how to get there. */
static struct rowtree_node *rowtree_descend(const struct rowtree *tree,
                                            const struct rowtree_key *key,
                                            struct rowtree_path *path)
{
    struct rowtree_node *node = tree->root;
    size_t depth = 0;

    while (!node->leaf) {
        bool equal;
        /* The first child takes all that is below the second. */
        size_t index = rowtree_lower_bound(node, 1, key, &equal) - (equal ? 0 : 1);

        INVARIANT(depth < ROWTREE_DEPTH_MAX);
        if (path != NULL) {
            path->nodes[depth] = node;
            path->index[depth] = index;
        }
        depth++;
        node = node->items[index].child;
    }
    if (path != NULL)
        path->depth = depth;
    return node;
}

/* Whether the key lies between the first and the last row of the leaf of the last change. */
static bool rowtree_is_near(const struct rowtree *tree, const struct rowtree_key *key)
{
    const struct rowtree_node *leaf = tree->hint;

    return leaf != NULL && rowtree_compare_item(leaf, 0, key) <= 0 &&
           rowtree_compare_item(leaf, leaf->count - 1u, key) >= 0;
}

/* The leaf of the key, without a path when it is that of the last change. */
static struct rowtree_node *rowtree_leaf_of(struct rowtree *tree, const struct rowtree_key *key)
{
    if (!rowtree_is_near(tree, key))
        tree->hint = rowtree_descend(tree, key, NULL);
    return tree->hint;
}

struct rowtree_row **rowtree_find(struct rowtree *tree, const struct rowtree_key *key)
{
    struct rowtree_node *leaf;
    bool equal;
    size_t index;

    if (tree->root == NULL)
        return NULL;
    leaf = rowtree_leaf_of(tree, key);
    index = rowtree_lower_bound(leaf, 0, key, &equal);
    return equal ? &leaf->items[index].row : NULL;
}

struct rowtree_row *rowtree_at(const struct rowtree_place *place)
{
    return place->leaf == NULL ? NULL : place->leaf->items[place->index].row;
}

struct rowtree_row *rowtree_seek(const struct rowtree *tree, const struct rowtree_key *key,
                                 struct rowtree_place *place)
{
    bool equal;

    *place = (struct rowtree_place){.changes = tree->changes};
    if (tree->root == NULL)
        return NULL;
    place->leaf = rowtree_descend(tree, key, NULL);
    place->index = rowtree_lower_bound(place->leaf, 0, key, &equal);
    if (place->index == place->leaf->count) {
        place->leaf = place->leaf->after;
        place->index = 0;
    }
    return rowtree_at(place);
}

struct rowtree_row *rowtree_next(const struct rowtree *tree, struct rowtree_place *place)
{
    INVARIANT(place->leaf != NULL && place->changes == tree->changes);
    if (++place->index == place->leaf->count) {
        place->leaf = place->leaf->after;
        place->index = 0;
    }
    return rowtree_at(place);
}

struct rowtree_row *rowtree_last_of(const struct rowtree *tree, uint8_t table)
{
    struct rowtree_key after = rowtree_key_of((uint8_t)(table + 1), NULL, 0);
    struct rowtree_place place;
    const struct rowtree_node *leaf;
    size_t index;
    struct rowtree_row *row;

    (void)rowtree_seek(tree, &after, &place);
    leaf = place.leaf == NULL ? tree->last : place.leaf;
    index = place.leaf == NULL ? (leaf == NULL ? 0 : leaf->count) : place.index;
    if (leaf != NULL && index == 0) {
        leaf = leaf->before;
        index = leaf == NULL ? 0 : leaf->count;
    }
    if (leaf == NULL)
        return NULL;
    row = leaf->items[index - 1].row;
    return row->table == table ? row : NULL;
}

/* ---- adding ---- */

static struct rowtree_node *rowtree_node_new(bool leaf)
{
    struct rowtree_node *node = malloc(sizeof *node);

    if (node == NULL)
        return NULL;
    node->before = NULL;
    node->after = NULL;
    node->count = 0;
    node->leaf = leaf;
    return node;
}

static void rowtree_add_item(struct rowtree_node *node, size_t index,
                             const struct rowtree_item *item)
{
    memmove(&node->items[index + 1], &node->items[index],
            (node->count - index) * sizeof node->items[0]);
    node->items[index] = *item;
    node->count++;
}

/*
 * Move the upper half of a full node into `upper`, and hang that behind it in `parent`, where the
 * node is child `index`.
 */
static void rowtree_split(struct rowtree *tree, struct rowtree_node *parent, size_t index,
                          struct rowtree_node *upper)
{
    struct rowtree_node *lower = parent->items[index].child;
    const size_t half = ROWTREE_NODE_ROWS / 2;
    struct rowtree_item item;

    memcpy(upper->items, &lower->items[half], (ROWTREE_NODE_ROWS - half) * sizeof upper->items[0]);
    upper->count = (uint16_t)(ROWTREE_NODE_ROWS - half);
    lower->count = (uint16_t)half;
    item = (struct rowtree_item){
        .high = upper->items[0].high, .low = upper->items[0].low, .child = upper};
    rowtree_add_item(parent, index + 1, &item);
    if (!lower->leaf)
        return;
    upper->before = lower;
    upper->after = lower->after;
    *(upper->after == NULL ? &tree->last : &upper->after->before) = upper;
    lower->after = upper;
}

/* Put a new root over the old one.  False: no memory. */
static bool rowtree_grow(struct rowtree *tree)
{
    struct rowtree_node *root = rowtree_node_new(false);

    if (root == NULL)
        return false;
    root->items[0] = (struct rowtree_item){.child = tree->root};
    root->count = 1;
    tree->root = root;
    return true;
}

/*
 * Split each full node on the way to the key, from the root down, so that the leaf has room.
 * False: no memory; then the tree holds what it held.
 */
static bool rowtree_make_room(struct rowtree *tree, const struct rowtree_key *key)
{
    struct rowtree_node *node;

    if (tree->root->count == ROWTREE_NODE_ROWS && !rowtree_grow(tree))
        return false;
    node = tree->root;
    while (!node->leaf) {
        bool equal;
        size_t index = rowtree_lower_bound(node, 1, key, &equal) - (equal ? 0 : 1);

        if (node->items[index].child->count == ROWTREE_NODE_ROWS) {
            struct rowtree_node *upper = rowtree_node_new(node->items[index].child->leaf);

            if (upper == NULL)
                return false;
            rowtree_split(tree, node, index, upper);
            if (rowtree_compare_item(node, index + 1, key) <= 0)
                index++;
        }
        node = node->items[index].child;
    }
    tree->hint = node;
    return true;
}

/* The first leaf of an empty tree.  False: no memory. */
static bool rowtree_begin(struct rowtree *tree)
{
    struct rowtree_node *leaf = rowtree_node_new(true);

    tree->root = leaf;
    tree->last = leaf;
    tree->hint = leaf;
    return leaf != NULL;
}

bool rowtree_insert(struct rowtree *tree, struct rowtree_row *row)
{
    struct rowtree_key key = rowtree_key_of_row(row);
    struct rowtree_item item = {.high = key.high, .low = key.low, .row = row};
    size_t index;
    bool equal;

    if (tree->root == NULL) {
        if (!rowtree_begin(tree))
            return false;
    } else if (rowtree_leaf_of(tree, &key)->count == ROWTREE_NODE_ROWS) {
        if (!rowtree_make_room(tree, &key))
            return false;
    }
    index = rowtree_lower_bound(tree->hint, 0, &key, &equal);
    INVARIANT(!equal);
    rowtree_add_item(tree->hint, index, &item);
    tree->count++;
    tree->changes++;
    return true;
}

/* ---- taking out ---- */

static void rowtree_drop_item(struct rowtree_node *node, size_t index)
{
    node->count--;
    memmove(&node->items[index], &node->items[index + 1],
            (node->count - index) * sizeof node->items[0]);
}

static void rowtree_unchain(struct rowtree *tree, const struct rowtree_node *leaf)
{
    if (leaf->before != NULL)
        leaf->before->after = leaf->after;
    *(leaf->after == NULL ? &tree->last : &leaf->after->before) = leaf->before;
}

/* Free an empty leaf, and each node above it that is empty without it. */
static void rowtree_drop_leaf(struct rowtree *tree, struct rowtree_node *leaf,
                              const struct rowtree_path *path)
{
    struct rowtree_node *gone = leaf;
    size_t depth = path->depth;

    rowtree_unchain(tree, leaf);
    tree->hint = NULL;
    for (; depth > 0 && gone->count == 0; depth--) {
        free(gone);
        gone = path->nodes[depth - 1];
        rowtree_drop_item(gone, path->index[depth - 1]);
    }
    if (gone->count == 0) {
        free(gone);
        tree->root = NULL;
        return;
    }
    while (!tree->root->leaf && tree->root->count == 1) { /* a root of one child is no use */
        struct rowtree_node *only = tree->root->items[0].child;

        free(tree->root);
        tree->root = only;
    }
}

void rowtree_remove(struct rowtree *tree, const struct rowtree_key *key)
{
    struct rowtree_node *leaf;
    size_t index;
    bool equal;

    INVARIANT(tree->root != NULL);
    leaf = rowtree_leaf_of(tree, key);
    index = rowtree_lower_bound(leaf, 0, key, &equal);
    INVARIANT(equal);
    if (leaf->count == 1) {
        struct rowtree_path path;

        (void)rowtree_descend(tree, key, &path);
        leaf->count = 0;
        rowtree_drop_leaf(tree, leaf, &path);
    } else {
        rowtree_drop_item(leaf, index);
    }
    tree->count--;
    tree->changes++;
}

void rowtree_fini(struct rowtree *tree)
{
    struct rowtree_node *stack[ROWTREE_DEPTH_MAX] = {tree->root};
    size_t depth = tree->root == NULL ? 0 : 1;

    /* Each inner node gives its children one by one, the last first, and goes when it has none. */
    while (depth > 0) {
        struct rowtree_node *node = stack[depth - 1];

        if (node->leaf || node->count == 0) {
            free(node);
            depth--;
        } else {
            stack[depth++] = node->items[--node->count].child;
        }
    }
    *tree = (struct rowtree){0};
}

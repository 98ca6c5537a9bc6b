/*
 * A tree whose nodes hold the first 16 bytes of each key as two numbers, so that nearly all
 * comparisons need no other memory.  Of an inner node, item i is a child, and its numbers are not
 * above those of any key in it.  Where numbers are equal, the lowest row of the child decides.
 */
#include "store/order.h"

#include <stdlib.h>
#include <string.h>

struct order_item {
    uint64_t high;
    uint64_t low;
    union {
        struct order_row *row;    /* of a leaf */
        struct order_node *child; /* of an inner node */
    };
};

struct order_node {
    struct order_node *before; /* of leaves */
    struct order_node *after;
    uint16_t count;
    bool leaf;
    struct order_item items[ORDER_ROWS_OF_NODE];
};

/* Nodes are split in halves, so a tree of this depth has more rows than memory has bytes. */
enum { ORDER_DEPTH_MAX = 16, ORDER_PREFIX_BYTES = 16 };

/* The way from the root to a leaf. */
struct order_path {
    struct order_node *nodes[ORDER_DEPTH_MAX];
    size_t index[ORDER_DEPTH_MAX]; /* of the child that was taken */
    size_t depth;
};

/* ---- keys ---- */

struct order_key order_key_of(uint8_t table, const void *key, size_t key_size)
{
    uint8_t prefix[ORDER_PREFIX_BYTES] = {table};
    size_t used = key_size < ORDER_PREFIX_BYTES - 1 ? key_size : ORDER_PREFIX_BYTES - 1;

    INVARIANT(key_size <= STORE_KEY_BYTES_MAX);
    if (used > 0)
        memcpy(prefix + 1, key, used);
    return (struct order_key){.high = be64_get(prefix),
                              .low = be64_get(prefix + 8),
                              .key = key,
                              .key_size = (uint8_t)key_size,
                              .table = table};
}

struct order_key order_key_of_row(const struct order_row *row)
{
    return order_key_of(row->table, row->bytes, row->key_size);
}

/* What comes behind equal numbers: the whole keys, and a key before those that it begins. */
static int order_compare_rest(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
    size_t both = a_size < b_size ? a_size : b_size;
    int rest = both == 0 ? 0 : memcmp(a, b, both);

    return rest != 0 ? rest : (a_size > b_size) - (a_size < b_size);
}

int order_compare(const struct order_key *a, const struct order_key *b)
{
    if (a->high != b->high)
        return a->high < b->high ? -1 : 1;
    if (a->low != b->low)
        return a->low < b->low ? -1 : 1;
    return order_compare_rest(a->key, a->key_size, b->key, b->key_size);
}

/* The lowest row below an item of a node. */
static const struct order_row *order_lowest(const struct order_node *node, size_t index)
{
    const struct order_item *item = &node->items[index];

    while (!node->leaf) {
        node = item->child;
        item = &node->items[0];
    }
    return item->row;
}

/* How the item of a node sorts against the key. */
static int order_compare_item(const struct order_node *node, size_t index,
                              const struct order_key *key)
{
    const struct order_item *item = &node->items[index];
    const struct order_row *row;

    if (item->high != key->high)
        return item->high < key->high ? -1 : 1;
    if (item->low != key->low)
        return item->low < key->low ? -1 : 1;
    row = order_lowest(node, index);
    /* The numbers of an inner item may be of a row that is gone; then its child begins above. */
    return row->table != key->table
               ? (row->table > key->table ? 1 : -1)
               : order_compare_rest(row->bytes, row->key_size, key->key, key->key_size);
}

/* The index of the first item, from `first` on, that is not below the key; the count: none. */
static size_t order_lower_bound(const struct order_node *node, size_t first,
                                const struct order_key *key, bool *equal)
{
    size_t end = node->count;

    *equal = false;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        int way = order_compare_item(node, middle, key);

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
static struct order_node *order_descend(const struct order *order, const struct order_key *key,
                                        struct order_path *path)
{
    struct order_node *node = order->root;
    size_t depth = 0;

    while (!node->leaf) {
        bool equal;
        /* The first child takes all that is below the second. */
        size_t index = order_lower_bound(node, 1, key, &equal) - (equal ? 0 : 1);

        INVARIANT(depth < ORDER_DEPTH_MAX);
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
static bool order_is_near(const struct order *order, const struct order_key *key)
{
    const struct order_node *leaf = order->hint;

    return leaf != NULL && order_compare_item(leaf, 0, key) <= 0 &&
           order_compare_item(leaf, leaf->count - 1u, key) >= 0;
}

/* The leaf of the key, without a path when it is that of the last change. */
static struct order_node *order_leaf_of(struct order *order, const struct order_key *key)
{
    if (!order_is_near(order, key))
        order->hint = order_descend(order, key, NULL);
    return order->hint;
}

struct order_row **order_find(struct order *order, const struct order_key *key)
{
    struct order_node *leaf;
    bool equal;
    size_t index;

    if (order->root == NULL)
        return NULL;
    leaf = order_leaf_of(order, key);
    index = order_lower_bound(leaf, 0, key, &equal);
    return equal ? &leaf->items[index].row : NULL;
}

struct order_row *order_at(const struct order_place *place)
{
    return place->leaf == NULL ? NULL : place->leaf->items[place->index].row;
}

struct order_row *order_seek(const struct order *order, const struct order_key *key,
                             struct order_place *place)
{
    bool equal;

    *place = (struct order_place){.changes = order->changes};
    if (order->root == NULL)
        return NULL;
    place->leaf = order_descend(order, key, NULL);
    place->index = order_lower_bound(place->leaf, 0, key, &equal);
    if (place->index == place->leaf->count) {
        place->leaf = place->leaf->after;
        place->index = 0;
    }
    return order_at(place);
}

struct order_row *order_next(const struct order *order, struct order_place *place)
{
    INVARIANT(place->leaf != NULL && place->changes == order->changes);
    if (++place->index == place->leaf->count) {
        place->leaf = place->leaf->after;
        place->index = 0;
    }
    return order_at(place);
}

struct order_row *order_last_of(const struct order *order, uint8_t table)
{
    struct order_key after = order_key_of((uint8_t)(table + 1), NULL, 0);
    struct order_place place;
    const struct order_node *leaf;
    size_t index;
    struct order_row *row;

    (void)order_seek(order, &after, &place);
    leaf = place.leaf == NULL ? order->last : place.leaf;
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

static struct order_node *order_node_new(bool leaf)
{
    struct order_node *node = malloc(sizeof *node);

    if (node == NULL)
        return NULL;
    node->before = NULL;
    node->after = NULL;
    node->count = 0;
    node->leaf = leaf;
    return node;
}

static void order_add_item(struct order_node *node, size_t index, const struct order_item *item)
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
static void order_split(struct order *order, struct order_node *parent, size_t index,
                        struct order_node *upper)
{
    struct order_node *lower = parent->items[index].child;
    const size_t half = ORDER_ROWS_OF_NODE / 2;
    struct order_item item;

    memcpy(upper->items, &lower->items[half], (ORDER_ROWS_OF_NODE - half) * sizeof upper->items[0]);
    upper->count = (uint16_t)(ORDER_ROWS_OF_NODE - half);
    lower->count = (uint16_t)half;
    item = (struct order_item){
        .high = upper->items[0].high, .low = upper->items[0].low, .child = upper};
    order_add_item(parent, index + 1, &item);
    if (!lower->leaf)
        return;
    upper->before = lower;
    upper->after = lower->after;
    *(upper->after == NULL ? &order->last : &upper->after->before) = upper;
    lower->after = upper;
}

/* Put a new root over the old one.  False: no memory. */
static bool order_grow(struct order *order)
{
    struct order_node *root = order_node_new(false);

    if (root == NULL)
        return false;
    root->items[0] = (struct order_item){.child = order->root};
    root->count = 1;
    order->root = root;
    return true;
}

/*
 * Split each full node on the way to the key, from the root down, so that the leaf has room.
 * False: no memory; then the order holds what it held.
 */
static bool order_make_room(struct order *order, const struct order_key *key)
{
    struct order_node *node;

    if (order->root->count == ORDER_ROWS_OF_NODE && !order_grow(order))
        return false;
    node = order->root;
    while (!node->leaf) {
        bool equal;
        size_t index = order_lower_bound(node, 1, key, &equal) - (equal ? 0 : 1);

        if (node->items[index].child->count == ORDER_ROWS_OF_NODE) {
            struct order_node *upper = order_node_new(node->items[index].child->leaf);

            if (upper == NULL)
                return false;
            order_split(order, node, index, upper);
            if (order_compare_item(node, index + 1, key) <= 0)
                index++;
        }
        node = node->items[index].child;
    }
    order->hint = node;
    return true;
}

/* The first leaf of an empty order.  False: no memory. */
static bool order_begin(struct order *order)
{
    struct order_node *leaf = order_node_new(true);

    order->root = leaf;
    order->first = leaf;
    order->last = leaf;
    order->hint = leaf;
    return leaf != NULL;
}

bool order_insert(struct order *order, struct order_row *row)
{
    struct order_key key = order_key_of_row(row);
    struct order_item item = {.high = key.high, .low = key.low, .row = row};
    size_t index;
    bool equal;

    if (order->root == NULL) {
        if (!order_begin(order))
            return false;
    } else if (order_leaf_of(order, &key)->count == ORDER_ROWS_OF_NODE) {
        if (!order_make_room(order, &key))
            return false;
    }
    index = order_lower_bound(order->hint, 0, &key, &equal);
    INVARIANT(!equal);
    order_add_item(order->hint, index, &item);
    order->count++;
    order->changes++;
    return true;
}

/* ---- taking out ---- */

static void order_drop_item(struct order_node *node, size_t index)
{
    node->count--;
    memmove(&node->items[index], &node->items[index + 1],
            (node->count - index) * sizeof node->items[0]);
}

static void order_unchain(struct order *order, const struct order_node *leaf)
{
    *(leaf->before == NULL ? &order->first : &leaf->before->after) = leaf->after;
    *(leaf->after == NULL ? &order->last : &leaf->after->before) = leaf->before;
}

/* Free an empty leaf, and each node above it that is empty without it. */
static void order_drop_leaf(struct order *order, struct order_node *leaf,
                            const struct order_path *path)
{
    struct order_node *gone = leaf;
    size_t depth = path->depth;

    order_unchain(order, leaf);
    order->hint = NULL;
    for (; depth > 0 && gone->count == 0; depth--) {
        free(gone);
        gone = path->nodes[depth - 1];
        order_drop_item(gone, path->index[depth - 1]);
    }
    if (gone->count == 0) {
        free(gone);
        order->root = NULL;
        return;
    }
    while (!order->root->leaf && order->root->count == 1) { /* a root of one child is no use */
        struct order_node *only = order->root->items[0].child;

        free(order->root);
        order->root = only;
    }
}

void order_remove(struct order *order, const struct order_key *key)
{
    struct order_node *leaf;
    size_t index;
    bool equal;

    INVARIANT(order->root != NULL);
    leaf = order_leaf_of(order, key);
    index = order_lower_bound(leaf, 0, key, &equal);
    INVARIANT(equal);
    if (leaf->count == 1) {
        struct order_path path;

        (void)order_descend(order, key, &path);
        leaf->count = 0;
        order_drop_leaf(order, leaf, &path);
    } else {
        order_drop_item(leaf, index);
    }
    order->count--;
    order->changes++;
}

void order_fini(struct order *order)
{
    struct order_node *stack[ORDER_DEPTH_MAX] = {order->root};
    size_t depth = order->root == NULL ? 0 : 1;

    /* Each inner node gives its children one by one, the last first, and goes when it has none. */
    while (depth > 0) {
        struct order_node *node = stack[depth - 1];

        if (node->leaf || node->count == 0) {
            free(node);
            depth--;
        } else {
            stack[depth++] = node->items[--node->count].child;
        }
    }
    *order = (struct order){0};
}

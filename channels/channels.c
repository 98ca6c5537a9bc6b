/*
 * The set of ends: three tables over nodes that never move, and its changes within a turn.  A node
 * keeps its address from birth to the end of the turn that removes it, for the undo log holds
 * pointers into it.
 */
#include "channels/channels.h"

#include "channels/set.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static_assert(offsetof(struct end_node, end) == 0, "a pointer to an end is a pointer to its node");

static struct end_node *set_node_of(struct channel_end *end)
{
    return (struct end_node *)end;
}

uint64_t set_place(uint32_t interface, uint32_t number, enum channel_side side)
{
    return (uint64_t)interface << 33 | (uint64_t)number << 1 | (uint64_t)side;
}

/* Interfaces that nothing was bought on have no port: a link costs nothing until it is used. */
struct channel_port *set_port(struct channels *channels, uint32_t interface)
{
    struct channel_port *port = table_get(&channels->ports, interface);

    if (port != NULL)
        return port;
    port = calloc(1, sizeof *port);
    INVARIANT(port != NULL);
    *port = (struct channel_port){.interface = interface, .number_next = NUMBER_FIRST};
    (void)table_put(&channels->ports, interface, port);
    return port;
}

/* Put a node at the head of its owner's list: the list has no order, so this needs no search. */
static void set_join_owner(struct channels *channels, struct end_node *node)
{
    struct end_node *next = table_put(&channels->by_owner, node->end.owner, node);

    node->next_owned = next;
    node->previous_owned = NULL;
    if (next != NULL)
        next->previous_owned = node;
}

/* Take a node out of its owner's list.  An owner without ends has no entry in the table. */
static void set_leave_owner(struct channels *channels, const struct end_node *node)
{
    struct end_node *next = node->next_owned;

    if (next != NULL)
        next->previous_owned = node->previous_owned;
    if (node->previous_owned != NULL)
        node->previous_owned->next_owned = next;
    else if (next != NULL)
        (void)table_put(&channels->by_owner, node->end.owner, next);
    else
        (void)table_remove(&channels->by_owner, node->end.owner);
}

/* A second end at the same id or place is a bug: whoever adds one has checked. */
static void set_put_in(struct channels *channels, struct end_node *node)
{
    const struct channel_end *end = &node->end;
    uint64_t place = set_place(end->interface, end->number, end->side);

    INVARIANT(table_put(&channels->by_id, end->id, node) == NULL);
    INVARIANT(table_put(&channels->by_place, place, node) == NULL);
    set_join_owner(channels, node);
}

static void set_take_out(struct channels *channels, const struct end_node *node)
{
    const struct channel_end *end = &node->end;
    uint64_t place = set_place(end->interface, end->number, end->side);

    INVARIANT(table_remove(&channels->by_id, end->id) == node);
    INVARIANT(table_remove(&channels->by_place, place) == node);
    set_leave_owner(channels, node);
}

struct end_node *set_link_new(struct channels *channels, const struct channel_end *end)
{
    struct end_node *node = calloc(1, sizeof *node);

    INVARIANT(node != NULL);
    /* As bytes, padding too: a rollback is checked by comparing whole ends. */
    memcpy(&node->end, end, sizeof *end);
    node->channels = channels;
    set_put_in(channels, node);
    return node;
}

/* A rollback: the end was never there.  No row was written of it. */
static void set_undo_add(void *context, void *argument)
{
    struct channels *channels = context;
    struct end_node *node = argument;

    set_take_out(channels, node);
    (void)table_remove(&channels->changed, node->end.id);
    free(node);
}

struct channel_end *set_add(struct channels *channels, struct undo *undo, struct channel_end end)
{
    struct end_node *node;

    /* An undone id is given again: the order of ids is that of good turns. */
    undo_save(undo, &channels->id_next, sizeof channels->id_next);
    end.id = channels->id_next++;
    end.dirty = true;
    node = set_link_new(channels, &end);
    (void)table_put(&channels->changed, end.id, node);
    undo_on_rollback(undo, set_undo_add, channels, node);
    return &node->end;
}

static void set_undo_remove(void *context, void *argument)
{
    set_put_in(context, argument);
}

/* A commit: the end is gone.  Its node lives on only while the store has a row to delete. */
static void set_commit_remove(void *context, void *argument)
{
    struct channels *channels = context;
    struct end_node *node = argument;

    if (node->stored) {
        node->gone = true;
        (void)table_put(&channels->changed, node->end.id, node);
    } else {
        (void)table_remove(&channels->changed, node->end.id);
        free(node);
    }
}

void set_remove(struct channels *channels, struct undo *undo, struct channel_end *end)
{
    struct end_node *node = set_node_of(end);

    INVARIANT(node->channels == channels);
    /* Out of the tables at once, so that the turn itself finds it no more; freed at its commit. */
    set_take_out(channels, node);
    undo_on_rollback(undo, set_undo_remove, channels, node);
    undo_on_commit(undo, set_commit_remove, channels, node);
}

void set_address(const struct channel_end *end, enum channel_message_kind kind,
                 struct channel_message *message)
{
    message->kind = kind;
    message->interface = end->interface;
    message->number = end->number;
    message->to = end->side == CHANNEL_BUYER ? CHANNEL_BORN : CHANNEL_BUYER;
    message->priority = end->priority;
}

static void set_free_gone(void *context, uint64_t id, void *value)
{
    struct end_node *node = value;

    (void)context;
    (void)id;
    if (node->gone)
        free(node);
}

static void set_free_value(void *context, uint64_t key, void *value)
{
    (void)context;
    (void)key;
    free(value);
}

void set_clear(struct channels *channels)
{
    /* Gone nodes are in `changed` only, and must be looked at before the others are freed. */
    table_each(&channels->changed, set_free_gone, NULL);
    table_each(&channels->by_id, set_free_value, NULL);
    table_each(&channels->ports, set_free_value, NULL);
    table_fini(&channels->changed);
    table_fini(&channels->by_id);
    table_fini(&channels->by_place);
    table_fini(&channels->by_owner);
    table_fini(&channels->ports);
    /* 0 is no end: capabilities and rows use it for "none". */
    channels->id_next = 1;
    channels->id_next_saved = 1;
}

enum status channels_new(struct channels **channels)
{
    *channels = calloc(1, sizeof **channels);
    if (*channels == NULL)
        return ST_NOMEM;
    set_clear(*channels);
    return ST_OK;
}

void channels_free(struct channels *channels)
{
    if (channels == NULL)
        return;
    set_clear(channels);
    free(channels);
}

struct channel_end *channels_find(struct channels *channels, uint64_t id)
{
    struct end_node *node = table_get(&channels->by_id, id);

    return node == NULL ? NULL : &node->end;
}

struct channel_end *channels_at(struct channels *channels, uint32_t interface, uint32_t number,
                                enum channel_side side)
{
    struct end_node *node;

    /* All three may come from a message; outside their range they would name another place. */
    if (interface > INTERFACE_MAX || (side != CHANNEL_BUYER && side != CHANNEL_BORN))
        return NULL;
    node = table_get(&channels->by_place, set_place(interface, number, side));
    return node == NULL ? NULL : &node->end;
}

size_t channels_count(const struct channels *channels)
{
    return table_count(&channels->by_id);
}

void channels_each(struct channels *channels, void (*visit)(void *context, struct channel_end *end),
                   void *context)
{
    uint64_t *ids;
    size_t count;

    table_keys_sorted(&channels->by_id, &ids, &count);
    for (size_t i = 0; i < count; i++) {
        struct channel_end *end = channels_find(channels, ids[i]);

        INVARIANT(end != NULL); /* the visitor removed one */
        visit(context, end);
    }
    INVARIANT(channels_count(channels) == count);
    free(ids);
}

static int set_compare_ids(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left;
    uint64_t b = *(const uint64_t *)right;

    return (a > b) - (a < b);
}

size_t channels_owned(const struct channels *channels, uint64_t owner, uint64_t *ids, size_t max)
{
    size_t count = 0;
    const struct end_node *first = table_get(&channels->by_owner, owner);

    /* Counted first: who has more than `max` is refused, and nothing is copied. */
    for (const struct end_node *node = first; node != NULL; node = node->next_owned)
        count++;
    if (count > max)
        return count;
    for (const struct end_node *node = first; node != NULL; node = node->next_owned)
        *ids++ = node->end.id;
    if (count > 1)
        qsort(ids - count, count, sizeof *ids, set_compare_ids);
    return count;
}

/* channels_check(): what the lists of all owners have, together. */
struct ends_listing {
    const struct channels *channels;
    size_t ends;
    bool wrong;
};

/* One owner's list: all ends are the owner's, linked both ways, and in the set. */
static void set_check_list(void *context, uint64_t owner, void *value)
{
    struct ends_listing *listing = context;
    const struct end_node *previous = NULL;

    for (const struct end_node *node = value; node != NULL;
         previous = node, node = node->next_owned) {
        if (node->end.owner != owner || node->previous_owned != previous ||
            table_get(&listing->channels->by_id, node->end.id) != node) {
            listing->wrong = true;
            return;
        }
        listing->ends++;
    }
}

enum status channels_check(const struct channels *channels, struct fault *fault)
{
    struct ends_listing listing = {.channels = channels};

    /* No list has a wrong end, and together they have as many as there are: so none is missing. */
    table_each(&channels->by_owner, set_check_list, &listing);
    if (!listing.wrong && listing.ends == channels_count(channels))
        return ST_OK;
    return fault_set(fault, ST_CORRUPT,
                     "the lists of channel ends by owner are not those that the ends make");
}

void channel_change(struct channel_end *end, struct undo *undo)
{
    struct end_node *node = set_node_of(end);

    /* Saved before `dirty`, so that a rollback brings back its value as well. */
    undo_save(undo, end, sizeof *end);
    if (end->dirty)
        return;
    end->dirty = true;
    (void)table_put(&node->channels->changed, end->id, node);
}

static void set_undo_join(void *context, void *argument)
{
    (void)context;
    set_leave_owner(((struct end_node *)argument)->channels, argument);
}

static void set_undo_leave(void *context, void *argument)
{
    (void)context;
    set_join_owner(((struct end_node *)argument)->channels, argument);
}

/* On rollback the end leaves the new owner's list, has its owner again, and joins that one's. */
void channel_give(struct channel_end *end, struct undo *undo, uint64_t owner)
{
    struct end_node *node = set_node_of(end);

    /* Each step registers its own undo; a rollback takes them from the last to the first. */
    set_leave_owner(node->channels, node);
    undo_on_rollback(undo, set_undo_leave, NULL, node);
    channel_change(end, undo);
    end->owner = owner;
    set_join_owner(node->channels, node);
    undo_on_rollback(undo, set_undo_join, NULL, node);
}

/* Sending: the check, the queue, numbers at frame close, and parcels out. */
#include "links/link.h"

#include "links/link_set.h"

#include <stdlib.h>

/* ---- the check ---- */

/* Whether we would owe more than the neighbour allows, with `money` more on the way. */
static bool is_over_limit(const struct link_node *node, struct money money)
{
    const struct link *link = &node->link;
    u128 sent = link->sent_total + node->queue_total + money_nanos(money);

    return sent > link->received_total &&
           sent - link->received_total > money_nanos(link->peer_limit);
}

enum link_verdict link_check_send(const struct links *links, const struct link *link,
                                  uint64_t payer, struct money money, size_t size)
{
    const struct link_node *node = node_of_link(links, link);

    if (link->state == LINK_FROZEN)
        return LINK_IS_FROZEN;
    if (money_nanos(money) > LINK_MESSAGE_NANOS_MAX)
        return LINK_OVER_VALUE;
    if (!window_has_place(&node->window, payer, size))
        return LINK_IS_FULL;
    if (!money_is_zero(money) && is_over_limit(node, money))
        return LINK_OVER_LIMIT;
    return LINK_FINE;
}

bool link_freed(struct links *links, struct link *link)
{
    struct link_node *node = node_of_link(links, link);
    bool freed = node->freed;

    node->freed = false;
    return freed;
}

/* ---- the queue ---- */

static void unqueue(void *context, void *argument)
{
    struct link_node *node = context;
    struct letter *letter = argument;

    (void)letters_remove(&node->queue, letter);
    window_give(&node->window, letter);
    node->queue_total -= money_nanos(letter->money);
    free(letter);
}

void link_queue(struct links *links, struct link *link, struct undo *undo,
                const struct channel_message *message)
{
    struct link_node *node = node_of_link(links, link);
    struct letter *letter = letter_new(links, message);

    letter->message.interface = link->interface;
    letters_push(&node->queue, letter);
    window_take(&node->window, letter);
    INVARIANT(u128_add(&node->queue_total, node->queue_total, money_nanos(letter->money)));
    if (undo != NULL)
        undo_on_rollback(undo, unqueue, node, letter);
}

static struct letter *queued_birth(const struct link_node *node, uint32_t number)
{
    for (size_t i = 0; i < node->queue.count; i++) {
        struct letter *letter = letters_at(&node->queue, i);

        if (letter->message.kind == CHANNEL_BIRTH && letter->message.number == number)
            return letter;
    }
    return NULL;
}

static void queue_again(void *context, void *argument)
{
    struct link_node *node = context;
    struct letter *letter = argument;

    letters_insert(&node->queue, letter->withdrawn_from, letter);
    window_take(&node->window, letter);
    INVARIANT(u128_add(&node->queue_total, node->queue_total, money_nanos(letter->money)));
}

bool link_withdraw(struct links *links, struct link *link, struct undo *undo, uint32_t number)
{
    struct link_node *node = node_of_link(links, link);
    struct letter *letter = queued_birth(node, number);

    if (letter == NULL)
        return false;
    letter->withdrawn_from = letters_remove(&node->queue, letter);
    window_give(&node->window, letter);
    node->freed = true; /* a rollback takes the place again: then somebody looks in vain */
    node->queue_total -= money_nanos(letter->money);
    undo_on_rollback(undo, queue_again, node, letter);
    undo_free_on_commit(undo, letter);
    return true;
}

bool links_waiting(const struct links *links)
{
    for (size_t i = 0; i < links->count; i++)
        if (links->nodes[i]->queue.count != 0)
            return true;
    return false;
}

static void number_oldest(struct link_node *node)
{
    struct link *link = &node->link;
    struct letter *letter = letters_pop(&node->queue);

    INVARIANT(link->sent_seq < SEQ_MAX);
    link->sent_seq++;
    INVARIANT(u128_add(&link->sent_total, link->sent_total, money_nanos(letter->money)));
    node->queue_total -= money_nanos(letter->money);
    letter->total = link->sent_total;
    letters_push(&node->transcript, letter);
    node->dirty = true;
}

bool links_number(struct links *links,
                  void (*numbered)(void *context, const struct link *link, uint64_t seq,
                                   const struct channel_message *message),
                  void *context)
{
    bool any = false;

    for (size_t i = 0; i < links->count; i++) {
        struct link_node *node = links->nodes[i];

        while (node->queue.count != 0) {
            const struct letter *letter = letters_at(&node->queue, 0);

            number_oldest(node);
            numbered(context, &node->link, node->link.sent_seq, &letter->message);
            any = true;
        }
        INVARIANT(node->queue_total == 0);
    }
    return any;
}

/* ---- acknowledgements ---- */

u128 link_total_at(const struct link_node *node, uint64_t seq)
{
    const struct link *link = &node->link;

    INVARIANT(seq >= link->acked_seq && seq <= link->sent_seq);
    if (seq == link->acked_seq)
        return link->acked_total;
    return letters_at(&node->transcript, (size_t)(seq - link->acked_seq - 1))->total;
}

void link_take_ack(struct link_node *node, uint64_t seq)
{
    struct link *link = &node->link;

    if (seq <= link->acked_seq)
        return;
    link->acked_total = link_total_at(node, seq);
    for (; link->acked_seq < seq; link->acked_seq++) {
        struct letter *letter = letters_pop(&node->transcript);

        window_give(&node->window, letter);
        node->freed = true;
        free(letter);
    }
    if (node->next_seq <= seq)
        node->next_seq = seq + 1;
    node->dirty = true; /* written with the next frame, whatever that is for */
}

void link_outstanding(const struct links *links, const struct link *link, uint64_t *messages,
                      uint64_t *bytes)
{
    const struct link_node *node = node_of_link(links, link);

    *messages = node->transcript.count;
    *bytes = node->transcript.bytes;
}

static void recount(struct window *window, const struct letters *letters)
{
    for (size_t i = 0; i < letters->count; i++)
        window_take(window, letters_at(letters, i));
}

bool link_places_add_up(const struct links *links, const struct link *link)
{
    const struct link_node *node = node_of_link(links, link);
    struct window window = {0};
    bool equal;

    recount(&window, &node->transcript);
    recount(&window, &node->queue);
    equal = window_equal(&window, &node->window);
    window_fini(&window);
    return equal;
}

uint64_t link_answers_left(const struct links *links, const struct link *link)
{
    const struct link_node *node = node_of_link(links, link);

    return node->transcript.answers + node->queue.answers;
}

/* ---- parcels out ---- */

/* How many messages from next_seq on go into one parcel: what is durable and what fits. */
static uint64_t fitting(const struct link_node *node)
{
    size_t left = LINK_PARCEL_BYTES_MAX - PARCEL_HEAD_BYTES_MAX;
    uint64_t count = 0;

    while (count < PARCEL_MESSAGES_MAX && node->next_seq + count <= node->saved_sent.seq) {
        uint64_t index = node->next_seq + count - node->link.acked_seq - 1;
        const struct letter *letter = letters_at(&node->transcript, (size_t)index);

        if (letter->size > left)
            break;
        left -= letter->size;
        count++;
    }
    return count;
}

static void put_data(struct link_node *node, uint64_t count, struct bytes *out)
{
    const struct link *link = &node->link;
    struct data_head head = {
        .epoch = link->epoch,
        .peer_epoch = link->peer_epoch,
        .received = node->saved_received,
        .count = count,
    };

    if (count != 0) {
        head.before.seq = node->next_seq;
        head.before.total = link_total_at(node, node->next_seq - 1);
    }
    data_head_encode(out, &head);
    for (; count != 0; count--, node->next_seq++) {
        uint64_t index = node->next_seq - link->acked_seq - 1;
        const struct letter *letter = letters_at(&node->transcript, (size_t)index);

        bytes_append(out, letter->wire, letter->size);
    }
    node->told_seq = node->saved_received.seq;
}

bool link_parcel_out(struct links *links, struct link *link, const struct link_prices *our_prices,
                     struct bytes *out)
{
    struct link_node *node = node_of_link(links, link);
    uint64_t count;
    size_t before = out->size;

    if (link->state == LINK_FROZEN)
        return false;
    /* An epoch that could be forgotten again must not be heard of. */
    if (node->saved_epoch != link->epoch)
        return false;
    if (node->hello_due) {
        link_hello_out(node, our_prices, out);
    } else if (link->state == LINK_UP) {
        count = fitting(node);
        if (count == 0 && node->saved_received.seq == node->told_seq)
            return false;
        put_data(node, count, out);
    } else {
        return false;
    }
    INVARIANT(!out->failed);
    INVARIANT(out->size - before <= LINK_PARCEL_BYTES_MAX);
    return true;
}

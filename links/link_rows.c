/*
 * Rows of links in the table `link` (docs/records.md, "Rows of links").
 *
 * A link: key = interface u32, u8 2, u64 0; value = CBOR array of 35: name, key, endpoint, limit,
 * the peer's limit, its fees for a birth and for a channel, state, reason, epoch, its epoch,
 * its last good epoch, then sequence and total of what we sent, of what it acknowledged and of what
 * we received, and whether it was removed, the digests of the same three, what was settled by us
 * and by the peer, and whether it has a soft limit, and that; flush amount and milliseconds, what
 * was lost, whether it is unsure, up to where grants may repeat, the peer's flush amount and what
 * the peer announced as durable.  Evidence, key kind u8 6: the peer's last statement and its
 * signature.  Messages that are not acknowledged, in rows of several: key = interface u32, u8 3,
 * sequence of the first u64; value = CBOR array of messages, each an array of whose place it takes,
 * its money, the total after it, and the message as it crosses.  One that has no number yet, of a
 * link that holds them: u8 8, its place in the queue u64; its array alone, with no money and no
 * total.
 * A loss, u8 9: what was stated and accepted, with the signatures, and the one that was counted
 * last (acceptance_rows.c).
 * Checkpoints: key = u32 0, u8 5, u64 0; value = CBOR array of all of them, oldest first, each an
 * array of interface, name, site time and the totals of what we sent and received.
 */
#include "links/link.h"

#include "base/array.h"
#include "links/link_set.h"
#include "links/settlement_state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_BYTES = 13, KEY_KIND_AT = 4, KEY_SEQ_AT = 5 };
enum key_kind {
    KEY_LINK = 2,
    KEY_MESSAGE = 3,
    KEY_CHECKPOINTS = 5,
    KEY_EVIDENCE = 6,
    KEY_SETTLEMENT = 7,
    KEY_QUEUED = 8,
    KEY_LOSS = 9
};
/* Of one row: all of a frame that is small, and no more than the disk's pages take well. */
enum { ROW_MESSAGES_MAX = 64, ROW_BYTES = 8192 };
enum { LINK_FIELDS = 35, MESSAGE_ROW_FIELDS = 4, QUEUED_ROW_FIELDS = 3, EVIDENCE_FIELDS = 2 };

static void link_make_key(uint8_t key[KEY_BYTES], uint32_t interface, enum key_kind kind,
                          uint64_t seq)
{
    be32_put(key, interface);
    key[KEY_KIND_AT] = (uint8_t)kind;
    be64_put(key + KEY_SEQ_AT, seq);
}

/* ---- writing ---- */

static void link_encode(struct bytes *out, const struct link *link)
{
    cbor_put_array(out, LINK_FIELDS);
    cbor_put_text(out, link->name);
    cbor_put_bytes(out, link->key, LINK_KEY_BYTES);
    cbor_put_text(out, link->endpoint);
    cbor_put_money(out, link->limit);
    cbor_put_money(out, link->peer_limit);
    cbor_put_money(out, link->peer_prices.birth_fee);
    cbor_put_money(out, link->peer_prices.channel_fee);
    cbor_put_uint(out, (uint64_t)link->state);
    cbor_put_text(out, link->reason);
    cbor_put_uint(out, link->epoch);
    cbor_put_uint(out, link->peer_epoch);
    cbor_put_uint(out, link->good_epoch);
    cursor_put(out, (struct cursor){link->sent_seq, link->sent_total});
    cursor_put(out, (struct cursor){link->acked_seq, link->acked_total});
    cursor_put(out, (struct cursor){link->received_seq, link->received_total});
    cbor_put_bool(out, link->removed);
    parcel_put_digest(out, &link->sent_digest);
    parcel_put_digest(out, &link->acked_digest);
    parcel_put_digest(out, &link->received_digest);
    settled_put(out, link->paid);
    settled_put(out, link->got);
    cbor_put_bool(out, link->has_soft_limit);
    cbor_put_money(out, link->soft_limit);
    cbor_put_money(out, link->flush_amount);
    cbor_put_uint(out, link->flush_ms);
    cbor_put_money(out, link->lost);
    cbor_put_bool(out, link->unsure);
    cbor_put_uint(out, link->regrants_seq);
    cbor_put_money(out, link->peer_flush_amount);
    cbor_put_uint(out, link->peer_durable_seq);
}

static void outgoing_encode(struct bytes *out, const struct outgoing *outgoing)
{
    cbor_put_array(out, MESSAGE_ROW_FIELDS);
    cbor_put_uint(out, outgoing->message.payer);
    cbor_put_money(out, outgoing->money);
    cbor_put_u128(out, outgoing->total);
    bytes_append(out, outgoing->wire, outgoing->size);
}

static void link_put_row(struct store_batch *batch, const uint8_t key[KEY_BYTES],
                         const struct bytes *value)
{
    INVARIANT(!value->failed); /* a frame cannot be written by half */
    store_batch_put(batch, STORE_LINK, key, KEY_BYTES, value->data, value->size);
}

/* ---- rows of messages: as each was written when its messages got their numbers ---- */

static void rows_push(struct message_rows *rows, uint64_t first_seq)
{
    rows->first_seqs =
        array_grow(rows->first_seqs, &rows->capacity, rows->end + 1, sizeof *rows->first_seqs);
    INVARIANT(rows->first_seqs != NULL);
    rows->first_seqs[rows->end++] = first_seq;
}

/* Half of what is kept, at most, is of rows that are gone: so that moving it costs little. */
static void rows_pop(struct message_rows *rows)
{
    rows->begin++;
    if (rows->begin * 2 < rows->end)
        return;
    rows->end -= rows->begin;
    memmove(rows->first_seqs, rows->first_seqs + rows->begin, rows->end * sizeof *rows->first_seqs);
    rows->begin = 0;
}

/* A row goes when all of its messages are acknowledged. */
static void link_delete_acked(struct link_node *node, struct store_batch *batch)
{
    struct message_rows *rows = &node->rows;
    uint8_t key[KEY_BYTES];

    while (rows->begin < rows->end) {
        uint64_t last = rows->begin + 1 < rows->end ? rows->first_seqs[rows->begin + 1] - 1
                                                    : node->saved.sent.seq;

        if (last > node->link.acked_seq)
            return;
        link_make_key(key, node->link.interface, KEY_MESSAGE, rows->first_seqs[rows->begin]);
        store_batch_delete(batch, STORE_LINK, key, sizeof key);
        rows_pop(rows);
    }
}

/* How many messages from `seq` on fit into one row: at least the first. */
static uint64_t row_fitting(const struct link_node *node, uint64_t seq)
{
    uint64_t count = 0;
    size_t bytes = 0;

    while (count < ROW_MESSAGES_MAX && seq + count <= node->link.sent_seq && bytes < ROW_BYTES) {
        bytes += outbox_at(&node->unacked, (size_t)(seq + count - node->link.acked_seq - 1))->size;
        count++;
    }
    return count;
}

/* Delete the messages that were acknowledged since the last save, and write those numbered since.
 */
static void link_save_unacked(struct link_node *node, struct store_batch *batch,
                              struct bytes *value)
{
    const struct link *link = &node->link;
    uint8_t key[KEY_BYTES];
    uint64_t count;

    link_delete_acked(node, batch);
    /* What was adopted after a loss of power has no rows, and is acknowledged already. */
    if (node->saved.sent.seq < link->acked_seq)
        node->saved.sent.seq = link->acked_seq;
    for (uint64_t seq = node->saved.sent.seq + 1; seq <= link->sent_seq; seq += count) {
        count = row_fitting(node, seq);
        bytes_clear(value);
        cbor_put_array(value, count);
        for (uint64_t i = 0; i < count; i++)
            outgoing_encode(value,
                            outbox_at(&node->unacked, (size_t)(seq + i - link->acked_seq - 1)));
        link_make_key(key, link->interface, KEY_MESSAGE, seq);
        link_put_row(batch, key, value);
        rows_push(&node->rows, seq);
    }
}

/* It has no number, so no total, and while a link holds numbers none with money is queued. */
static void queued_encode(struct bytes *out, const struct outgoing *outgoing)
{
    INVARIANT(money_is_zero(outgoing->money));
    cbor_put_array(out, QUEUED_ROW_FIELDS);
    cbor_put_uint(out, outgoing->message.payer);
    cbor_put_uint(out, outgoing->message.priority);
    bytes_append(out, outgoing->wire, outgoing->size);
}

/*
 * Only a link that holds numbers has messages without one when its frame closes.  Their rows stay
 * until it does not, and then all go.
 */
static void link_save_queued(struct link_node *node, struct store_batch *batch, struct bytes *value)
{
    const struct link *link = &node->link;
    bool holds = link_holds_numbers(node);
    uint8_t key[KEY_BYTES];

    for (; holds && node->saved_queued < node->queue.count; node->saved_queued++) {
        bytes_clear(value);
        queued_encode(value, outbox_at(&node->queue, node->saved_queued));
        link_make_key(key, link->interface, KEY_QUEUED, node->saved_queued);
        link_put_row(batch, key, value);
    }
    for (; !holds && node->saved_queued > 0; node->saved_queued--) {
        link_make_key(key, link->interface, KEY_QUEUED, node->saved_queued - 1);
        store_batch_delete(batch, STORE_LINK, key, sizeof key);
    }
}

/*
 * The rows have all of the link.  Once this frame is durable, the peer may learn it: what leaves is
 * built from these copies alone.
 */
static void link_note_saved(struct link_node *node)
{
    const struct link *link = &node->link;

    node->dirty = false;
    node->saved = (struct link_point){.bounded = link_is_bounded(link),
                                      .epoch = link->epoch,
                                      .sent = {link->sent_seq, link->sent_total},
                                      .received = {link->received_seq, link->received_total},
                                      .sent_digest = link->sent_digest,
                                      .received_digest = link->received_digest};
    node->saved_paid = link->paid;
    node->saved_got = link->got;
}

static void links_save_checkpoints(struct links *links, struct store_batch *batch,
                                   struct bytes *value)
{
    uint8_t key[KEY_BYTES];

    if (!links->checkpoints_dirty)
        return;
    bytes_clear(value);
    checkpoints_encode(links, value);
    link_make_key(key, 0, KEY_CHECKPOINTS, 0);
    link_put_row(batch, key, value);
    links->checkpoints_dirty = false;
}

/* The peer's last statement, with its signature, as it came. */
static void link_save_evidence(struct link_node *node, struct store_batch *batch,
                               struct bytes *value)
{
    const struct specie_signed *theirs = &node->specie.theirs;
    uint8_t key[KEY_BYTES];

    if (!node->specie.dirty)
        return;
    node->specie.dirty = false;
    link_make_key(key, node->link.interface, KEY_EVIDENCE, 0);
    if (!node->specie.has_theirs) { /* a loss was accepted */
        store_batch_delete(batch, STORE_LINK, key, sizeof key);
        return;
    }
    bytes_clear(value);
    cbor_put_array(value, EVIDENCE_FIELDS);
    cbor_put_bytes(value, theirs->bytes, theirs->size);
    cbor_put_bytes(value, theirs->signature, SPECIE_SIGNATURE_BYTES);
    link_put_row(batch, key, value);
}

static void link_save_loss(struct link_node *node, struct store_batch *batch, struct bytes *value)
{
    uint8_t key[KEY_BYTES];

    if (!node->loss.dirty)
        return;
    bytes_clear(value);
    loss_encode(value, &node->loss);
    link_make_key(key, node->link.interface, KEY_LOSS, 0);
    link_put_row(batch, key, value);
    node->loss.dirty = false;
    node->loss.saved = true;
}

static void link_save_settlement(struct link_node *node, struct store_batch *batch,
                                 struct bytes *value)
{
    uint8_t key[KEY_BYTES];

    if (node->pairs_dirty) {
        bytes_clear(value);
        clearing_pairs_encode(value, node);
        link_make_key(key, node->link.interface, KEY_SETTLEMENT, 1);
        link_put_row(batch, key, value);
        node->pairs_dirty = false;
    }
    if (!node->settlement_dirty)
        return;
    bytes_clear(value);
    settlement_encode(value, &node->settlement);
    link_make_key(key, node->link.interface, KEY_SETTLEMENT, 0);
    link_put_row(batch, key, value);
    node->settlement_dirty = false;
}

void links_save(struct links *links, struct store_batch *batch)
{
    struct bytes *value = &links->scratch;
    uint8_t key[KEY_BYTES];

    for (size_t i = 0; i < links->count; i++) {
        struct link_node *node = links->nodes[i];

        link_save_evidence(node, batch, value);
        link_save_settlement(node, batch, value);
        link_save_loss(node, batch, value);
        if (!node->dirty && !(link_holds_numbers(node) && node->saved_queued < node->queue.count))
            continue;
        /* The link before its messages: so they are read back, too. */
        bytes_clear(value);
        link_encode(value, &node->link);
        link_make_key(key, node->link.interface, KEY_LINK, 0);
        link_put_row(batch, key, value);
        link_save_unacked(node, batch, value);
        link_save_queued(node, batch, value);
        link_note_saved(node);
    }
    links_save_checkpoints(links, batch, value);
}

/* ---- reading ---- */

/* What holds for every link that the calls can make. */
static const char *link_row_error(const struct link *link)
{
    const char *error = link_address_error(link);

    if (error != NULL)
        return error;
    if ((link->reason[0] != '\0') != (link->state == LINK_FROZEN))
        return "a reason goes with a frozen link, and with no other";
    if (link->epoch == 0)
        return "epochs begin with 1";
    if (link->good_epoch > link->peer_epoch)
        return "an epoch of the peer's was good before it came";
    if (!link->has_soft_limit && !money_is_zero(link->soft_limit))
        return "a soft limit, and none";
    if (link->acked_seq > link->sent_seq || link->acked_total > link->sent_total)
        return "more is acknowledged than was sent";
    if (link->acked_seq == link->sent_seq && link->acked_total != link->sent_total)
        return "all is acknowledged, but not its money";
    if (link->acked_seq == link->sent_seq && !digest_equal(&link->acked_digest, &link->sent_digest))
        return "all is acknowledged, but not its messages";
    if (money_is_zero(link->flush_amount) != (link->flush_ms == 0))
        return "a flush amount goes with a time, and no other link has one";
    /* link_set_durability() and link_adopt() see to it. */
    if (money_compare(link->flush_amount, link->limit) > 0 ||
        money_compare(link->lost, link->limit) > 0)
        return "more may be lost than its limit";
    /* link_remove() takes only such links. */
    if (link->removed &&
        (link->state != LINK_DOWN || link->acked_seq != link->sent_seq || !link_is_even(link)))
        return "it was removed, and is not even";
    return NULL;
}

static void link_get_cursor(struct cbor *in, uint64_t *seq, u128 *total)
{
    struct cursor cursor = cursor_get(in);

    *seq = cursor.seq;
    *total = cursor.total;
}

static enum status link_decode(struct link *link, const uint8_t *value, size_t value_size,
                               struct fault *fault)
{
    const char *error;
    struct cbor in;

    cbor_init(&in, value, value_size);
    cbor_get_array(&in, LINK_FIELDS);
    cbor_get_text(&in, link->name, LINK_NAME_BYTES_MAX);
    cbor_get_bytes_exact(&in, link->key, LINK_KEY_BYTES);
    cbor_get_text(&in, link->endpoint, LINK_ENDPOINT_BYTES_MAX);
    link->limit = cbor_get_money(&in);
    link->peer_limit = cbor_get_money(&in);
    link->peer_prices.birth_fee = cbor_get_money(&in);
    link->peer_prices.channel_fee = cbor_get_money(&in);
    link->state = (enum link_state)cbor_get_uint(&in, LINK_FROZEN);
    cbor_get_text(&in, link->reason, LINK_REASON_BYTES_MAX);
    link->epoch = cbor_get_uint(&in, SEQ_MAX);
    link->peer_epoch = cbor_get_uint(&in, SEQ_MAX);
    link->good_epoch = cbor_get_uint(&in, SEQ_MAX);
    link_get_cursor(&in, &link->sent_seq, &link->sent_total);
    link_get_cursor(&in, &link->acked_seq, &link->acked_total);
    link_get_cursor(&in, &link->received_seq, &link->received_total);
    link->removed = cbor_get_bool(&in);
    link->sent_digest = parcel_get_digest(&in);
    link->acked_digest = parcel_get_digest(&in);
    link->received_digest = parcel_get_digest(&in);
    link->paid = settled_get(&in);
    link->got = settled_get(&in);
    link->has_soft_limit = cbor_get_bool(&in);
    link->soft_limit = cbor_get_money(&in);
    link->flush_amount = cbor_get_money(&in);
    link->flush_ms = (uint32_t)cbor_get_uint(&in, LINK_FLUSH_MS_MAX);
    link->lost = cbor_get_money(&in);
    link->unsure = cbor_get_bool(&in);
    link->regrants_seq = cbor_get_uint(&in, SEQ_MAX);
    link->peer_flush_amount = cbor_get_money(&in);
    link->peer_durable_seq = cbor_get_uint(&in, SEQ_MAX);
    error = link_row_error(link);
    if (error != NULL)
        cbor_fail(&in, error);
    return cbor_done(&in, fault, "row");
}

/* ST_CORRUPT, with the row that its key names before the error. */
static enum status link_corrupt(const uint8_t *key, struct fault *fault, const char *error)
{
    if (key[KEY_KIND_AT] == KEY_CHECKPOINTS)
        return fault_set(fault, ST_CORRUPT, "table link, checkpoints of links: %s", error);
    if (key[KEY_KIND_AT] == KEY_SETTLEMENT)
        return fault_set(fault, ST_CORRUPT, "table link, settlements of interface %" PRIu32 ": %s",
                         be32_get(key), error);
    if (key[KEY_KIND_AT] == KEY_LOSS)
        return fault_set(fault, ST_CORRUPT, "table link, the loss of interface %" PRIu32 ": %s",
                         be32_get(key), error);
    if (key[KEY_KIND_AT] == KEY_EVIDENCE)
        return fault_set(fault, ST_CORRUPT,
                         "table link, the peer's statement of interface %" PRIu32 ": %s",
                         be32_get(key), error);
    if (key[KEY_KIND_AT] == KEY_LINK)
        return fault_set(fault, ST_CORRUPT, "table link, link of interface %" PRIu32 ": %s",
                         be32_get(key), error);
    return fault_set(fault, ST_CORRUPT,
                     "table link, message %" PRIu64 " of interface %" PRIu32 ": %s",
                     be64_get(key + KEY_SEQ_AT), be32_get(key), error);
}

static enum status link_load(struct links *links, const struct store_row *stored,
                             struct fault *fault)
{
    struct link link = {0};
    struct fault inner = {0};
    struct link_node *node;

    if (be64_get(stored->key + KEY_SEQ_AT) != 0)
        return link_corrupt(stored->key, fault, "no such key is ever written");
    if (be32_get(stored->key) != links->count + 1 || links->count == LINK_INTERFACES_MAX)
        return link_corrupt(stored->key, fault, "interfaces of links are not 1, 2, 3 and so on");
    if (link_decode(&link, stored->value, stored->value_size, &inner) != ST_OK)
        return link_corrupt(stored->key, fault, inner.text);
    if (!link.removed && links_count(links) == LINKS_MAX)
        return link_corrupt(stored->key, fault, "there are more links than a site may have");
    if ((!link.removed && links_named(links, link.name) != NULL) ||
        link_node_keyed(links, link.key) != NULL)
        return link_corrupt(stored->key, fault, "its name or key is there twice");
    /* No connection outlives a start: HELLO has to come again. */
    if (link.state == LINK_UP)
        link.state = LINK_DOWN;
    node = link_node_add(links, &link);
    if (node == NULL)
        return fault_set(fault, ST_NOMEM, "load link %s: out of memory", link.name);
    link_note_saved(node);
    /* Counted up to sent_seq again by the rows of messages, which come next. */
    node->saved.sent = (struct cursor){link.acked_seq, link.acked_total};
    node->saved.sent_digest = link.acked_digest;
    node->seen_seq = link.acked_seq;
    node->next_seq = link.acked_seq + 1;
    return ST_OK;
}

/*
 * Read the message `seq` of a row, and put it at the end of the retransmission queue unless it is
 * acknowledged.  NULL: it is good, or *in has the error; otherwise what does not fit the messages
 * before it.
 */
static const char *outgoing_load(struct link_node *node, uint64_t seq, struct cbor *in)
{
    struct channel_message message;
    struct outgoing *outgoing;
    struct money money;
    uint64_t payer;
    u128 total;

    cbor_get_array(in, MESSAGE_ROW_FIELDS);
    payer = cbor_get_uint(in, UINT64_MAX);
    money = cbor_get_money(in);
    total = cbor_get_u128(in);
    message_decode(in, node->link.interface, &message);
    if (in->error != NULL)
        return NULL; /* the caller reports it */
    if (money_compare(money, message_money(&message)) != 0)
        return "its money is not the message's";
    if (seq <= node->link.acked_seq)
        return NULL; /* one after it is not, so the row is still there */
    if (total != node->saved.sent.total + money_nanos(money))
        return "its total is not that of the message before and its money";
    message.payer = payer;
    outgoing = outgoing_new(node->links, &message);
    outgoing->total = total;
    digest_add(&node->saved.sent_digest, node->saved.sent.seq + 1, money);
    outgoing->digest = node->saved.sent_digest;
    outbox_push(&node->unacked, outgoing);
    window_take(&node->window, outgoing);
    node->saved.sent.seq++;
    node->saved.sent.total = total;
    return NULL;
}

/*
 * A message that a link keeps without a number.  Whether a frozen one does is in the row of its
 * loss, which comes later: links_check_queued().
 */
static enum status link_load_queued(struct links *links, const struct store_row *stored,
                                    struct fault *fault)
{
    struct link *link = links_find(links, be32_get(stored->key));
    struct link_node *node = link == NULL ? NULL : node_of_link(links, link);
    struct channel_message message;
    struct fault inner = {0};
    uint64_t payer;
    uint8_t priority;
    struct cbor in;

    if (node == NULL || !(link->unsure || link->state == LINK_FROZEN) ||
        be64_get(stored->key + KEY_SEQ_AT) != node->saved_queued)
        return link_corrupt(stored->key, fault, "it is not the next of what waits for a number");
    cbor_init(&in, stored->value, stored->value_size);
    cbor_get_array(&in, QUEUED_ROW_FIELDS);
    payer = cbor_get_uint(&in, UINT64_MAX);
    priority = (uint8_t)cbor_get_uint(&in, CHANNEL_PRIORITY_MAX);
    message_decode(&in, link->interface, &message);
    if (!money_is_zero(message_money(&message)))
        cbor_fail(&in, "a message without a number has money");
    if (cbor_done(&in, &inner, "row") != ST_OK)
        return link_corrupt(stored->key, fault, inner.text);
    message.payer = payer;
    message.priority = priority;
    link_queue(links, link, NULL, &message);
    node->saved_queued++;
    return ST_OK;
}

/* Whether a row of `count` messages can be the next of the retransmission queue. */
static bool row_is_next(const struct link_node *node, uint64_t first_seq, uint64_t count)
{
    const struct link *link = &node->link;
    bool is_first = node->rows.begin == node->rows.end;

    if (count == 0 || first_seq == 0 || first_seq > link->sent_seq ||
        count > link->sent_seq - first_seq + 1 || first_seq + count - 1 <= link->acked_seq)
        return false;
    return is_first ? first_seq <= link->acked_seq + 1 : first_seq == node->saved.sent.seq + 1;
}

static enum status link_load_messages(struct links *links, const struct store_row *stored,
                                      struct fault *fault)
{
    struct link *link = links_find(links, be32_get(stored->key));
    uint64_t first_seq = be64_get(stored->key + KEY_SEQ_AT);
    const char *error = NULL;
    struct link_node *node;
    struct fault inner = {0};
    struct cbor in;
    uint64_t count;

    if (link == NULL)
        return link_corrupt(stored->key, fault, "there is no such link");
    node = node_of_link(links, link);
    cbor_init(&in, stored->value, stored->value_size);
    count = cbor_get_array_any(&in, ROW_MESSAGES_MAX);
    if (in.error == NULL && !row_is_next(node, first_seq, count))
        return link_corrupt(stored->key, fault, "it is not the next of the retransmission queue");
    rows_push(&node->rows, first_seq);
    for (uint64_t i = 0; i < count && in.error == NULL && error == NULL; i++)
        error = outgoing_load(node, first_seq + i, &in);
    if (error != NULL)
        return link_corrupt(stored->key, fault, error);
    if (cbor_done(&in, &inner, "row") != ST_OK)
        return link_corrupt(stored->key, fault, inner.text);
    return ST_OK;
}

static enum status links_load_checkpoints(struct links *links, const struct store_row *stored,
                                          struct fault *fault)
{
    struct fault inner = {0};

    if (be32_get(stored->key) != 0 || be64_get(stored->key + KEY_SEQ_AT) != 0)
        return link_corrupt(stored->key, fault, "no such key is ever written");
    if (checkpoints_decode(links, stored->value, stored->value_size, &inner) != ST_OK)
        return link_corrupt(stored->key, fault, inner.text);
    return ST_OK;
}

/* It was checked when it came, and the hash of its row says that it is still the same. */
static enum status links_load_evidence(struct links *links, const struct store_row *stored,
                                       struct fault *fault)
{
    uint32_t interface = be32_get(stored->key);
    struct specie_state *state;
    struct fault inner = {0};
    const uint8_t *bytes;
    struct cbor in;
    size_t size;

    if (interface == 0 || interface > links->count || be64_get(stored->key + KEY_SEQ_AT) != 0)
        return link_corrupt(stored->key, fault, "there is no such link");
    state = &links->nodes[interface - 1]->specie;
    cbor_init(&in, stored->value, stored->value_size);
    cbor_get_array(&in, EVIDENCE_FIELDS);
    bytes = cbor_get_bytes(&in, &size, SPECIE_BYTES_MAX);
    cbor_get_bytes_exact(&in, state->theirs.signature, SPECIE_SIGNATURE_BYTES);
    if (cbor_done(&in, &inner, "row") != ST_OK ||
        specie_decode(&state->theirs, bytes, size, &inner) != ST_OK)
        return link_corrupt(stored->key, fault, inner.text);
    if (memcmp(state->theirs.statement.signer, links->nodes[interface - 1]->link.key,
               LINK_KEY_BYTES) != 0)
        return link_corrupt(stored->key, fault, "the peer did not sign it");
    state->has_theirs = true;
    return ST_OK;
}

static enum status links_load_loss(struct links *links, const struct store_row *stored,
                                   struct fault *fault)
{
    uint32_t interface = be32_get(stored->key);
    struct fault inner = {0};

    if (interface == 0 || interface > links->count || be64_get(stored->key + KEY_SEQ_AT) != 0)
        return link_corrupt(stored->key, fault, "there is no such link");
    if (loss_decode(&links->nodes[interface - 1]->loss, stored->value, stored->value_size,
                    &inner) != ST_OK)
        return link_corrupt(stored->key, fault, inner.text);
    return ST_OK;
}

static enum status links_load_settlement(struct links *links, const struct store_row *stored,
                                         struct fault *fault)
{
    uint32_t interface = be32_get(stored->key);
    struct link_node *node;
    struct fault inner = {0};

    if (interface == 0 || interface > links->count || be64_get(stored->key + KEY_SEQ_AT) > 1)
        return link_corrupt(stored->key, fault, "there is no such link");
    node = links->nodes[interface - 1];
    if (be64_get(stored->key + KEY_SEQ_AT) == 1)
        return clearing_pairs_decode(node, stored->value, stored->value_size, &inner) == ST_OK
                   ? ST_OK
                   : link_corrupt(stored->key, fault, inner.text);
    if (settlement_decode(&node->settlement, stored->value, stored->value_size, &inner) != ST_OK)
        return link_corrupt(stored->key, fault, inner.text);
    return ST_OK;
}

/* A link's key sorts before those of its messages, and these are in order of sequence. */
static enum status links_load_row(struct links *links, const struct store_row *stored,
                                  struct fault *fault)
{
    uint8_t kind = stored->key_size > KEY_KIND_AT ? stored->key[KEY_KIND_AT] : 0;

    if (kind != KEY_LINK && kind != KEY_MESSAGE && kind != KEY_CHECKPOINTS &&
        kind != KEY_EVIDENCE && kind != KEY_SETTLEMENT && kind != KEY_QUEUED && kind != KEY_LOSS)
        return ST_OK; /* a row of channels, or of the exchange */
    if (stored->key_size != KEY_BYTES)
        return fault_set(fault, ST_CORRUPT, "table link: the key of a link has %zu bytes",
                         stored->key_size);
    if (kind == KEY_CHECKPOINTS)
        return links_load_checkpoints(links, stored, fault);
    if (kind == KEY_SETTLEMENT)
        return links_load_settlement(links, stored, fault);
    if (kind == KEY_LOSS)
        return links_load_loss(links, stored, fault);
    if (kind == KEY_EVIDENCE)
        return links_load_evidence(links, stored, fault);
    if (kind == KEY_LINK)
        return link_load(links, stored, fault);
    if (kind == KEY_QUEUED)
        return link_load_queued(links, stored, fault);
    return link_load_messages(links, stored, fault);
}

/* The messages that were read reach as far as each link's row says, with the same money. */
static enum status links_check_unacked(const struct links *links, struct fault *fault)
{
    for (size_t i = 0; i < links->count; i++) {
        const struct link_node *node = links->nodes[i];
        const struct link *link = &node->link;

        if (node->saved.sent.seq != link->sent_seq || node->saved.sent.total != link->sent_total ||
            !digest_equal(&node->saved.sent_digest, &link->sent_digest))
            return fault_set(fault, ST_CORRUPT,
                             "table link, link of interface %" PRIu32
                             ": its retransmission queue ends with message %" PRIu64
                             ", not as the row says with %" PRIu64 " and its total",
                             link->interface, node->saved.sent.seq, link->sent_seq);
    }
    return ST_OK;
}

/* Nothing waits for a number, but where numbers are held. */
static enum status links_check_queued(const struct links *links, struct fault *fault)
{
    for (size_t i = 0; i < links->count; i++)
        if (links->nodes[i]->saved_queued != 0 && !link_holds_numbers(links->nodes[i]))
            return fault_set(fault, ST_CORRUPT,
                             "table link, link of interface %" PRIu32
                             ": messages wait for their numbers, and it holds none back",
                             links->nodes[i]->link.interface);
    return ST_OK;
}

enum status links_load(struct links *links, const struct store_read *read, struct fault *fault)
{
    enum status status = ST_OK;
    struct store_cursor cursor;
    struct store_row stored;

    INVARIANT(links->count == 0);
    store_cursor_open(&cursor, read, STORE_LINK, NULL, 0, fault);
    while (status == ST_OK && store_cursor_next(&cursor, &stored))
        status = links_load_row(links, &stored, fault);
    status = store_cursor_close(&cursor, status);
    if (status == ST_OK)
        status = links_check_unacked(links, fault);
    if (status == ST_OK)
        status = links_check_queued(links, fault);
    if (status == ST_OK && checkpoints_error(links) != NULL)
        status = fault_set(fault, ST_CORRUPT, "table link, checkpoints of links: %s",
                           checkpoints_error(links));
    if (status != ST_OK)
        links_clear(links);
    else
        links_loaded_durable(links);
    return status;
}

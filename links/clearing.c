/* Orders to a third site and its receipts (docs/wire.md, "Clearing"). */
#include "links/clearing.h"

#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#include "links/freeze.h"
#include "links/settlement_state.h"

enum { NOTE_FIELDS = 9 };
static const char *const note_labels[] = {"serai-pay-1", "serai-paid-1"};

/* ---- bytes ---- */

void clearing_encode(struct clearing_signed *signed_note)
{
    const struct clearing_note *note = &signed_note->note;
    struct bytes out = bytes_within(signed_note->bytes, sizeof signed_note->bytes);

    cbor_put_array(&out, NOTE_FIELDS);
    cbor_put_text(&out, note_labels[note->is_receipt]);
    cbor_put_bytes(&out, note->house, LINK_KEY_BYTES);
    cbor_put_bytes(&out, note->payer, LINK_KEY_BYTES);
    cbor_put_bytes(&out, note->payee, LINK_KEY_BYTES);
    cbor_put_text(&out, note->currency);
    cbor_put_uint(&out, note->index);
    cbor_put_money(&out, note->amount);
    cbor_put_bool(&out, note->done);
    cbor_put_u128(&out, note->total);
    INVARIANT(!out.failed);
    signed_note->size = out.size;
}

enum status clearing_decode(struct clearing_signed *signed_note, const uint8_t *bytes, size_t size,
                            struct fault *fault)
{
    struct clearing_note *note = &signed_note->note;
    char label[16];
    struct cbor in;

    memset(note, 0, sizeof *note);
    if (size > CLEARING_BYTES_MAX)
        return fault_set(fault, ST_INVALID, "order or receipt: %zu bytes, and %d are the most",
                         size, CLEARING_BYTES_MAX);
    memcpy(signed_note->bytes, bytes, size);
    signed_note->size = size;
    cbor_init(&in, bytes, size);
    cbor_get_array(&in, NOTE_FIELDS);
    cbor_get_text(&in, label, sizeof label - 1);
    note->is_receipt = in.error == NULL && strcmp(label, note_labels[1]) == 0;
    if (in.error == NULL && strcmp(label, note_labels[note->is_receipt]) != 0)
        cbor_fail(&in, "it is neither an order nor a receipt");
    cbor_get_bytes_exact(&in, note->house, LINK_KEY_BYTES);
    cbor_get_bytes_exact(&in, note->payer, LINK_KEY_BYTES);
    cbor_get_bytes_exact(&in, note->payee, LINK_KEY_BYTES);
    cbor_get_text(&in, note->currency, LINK_CURRENCY_BYTES_MAX);
    note->index = cbor_get_uint(&in, SEQ_MAX);
    note->amount = cbor_get_money(&in);
    note->done = cbor_get_bool(&in);
    note->total = cbor_get_u128(&in);
    if (in.error == NULL && (note->index == 0 || money_is_zero(note->amount) ||
                             (!note->is_receipt && (note->done || note->total != 0))))
        cbor_fail(&in, "it orders nothing that can be");
    return cbor_done(&in, fault, "order or receipt");
}

bool clearing_is_signed(const struct clearing_signed *note, const uint8_t key[LINK_KEY_BYTES])
{
    return crypto_sign_verify_detached(note->signature, note->bytes, note->size, key) == 0;
}

static void clearing_sign(const struct links *links, struct clearing_signed *note)
{
    memcpy(note->note.currency, links->currency, sizeof note->note.currency);
    clearing_encode(note);
    links->signer.sign(links->signer.context, note->bytes, note->size, note->signature);
}

/* ---- the house ---- */

static struct clearing_pair *clearing_pair_of(struct link_node *node,
                                              const uint8_t payee[LINK_KEY_BYTES])
{
    for (size_t i = 0; i < node->pair_count; i++)
        if (memcmp(node->pairs[i].payee, payee, LINK_KEY_BYTES) == 0)
            return &node->pairs[i];
    return NULL;
}

/* An order by the peer to us.  PARCEL_KEPT: link_order() has it, to be carried out. */
static enum parcel_result
clearing_take_order(struct link_node *node, const struct clearing_note *order, struct fault *fault)
{
    struct clearing_pair *pair = clearing_pair_of(node, order->payee);

    if (memcmp(order->payer, node->link.key, LINK_KEY_BYTES) != 0 ||
        memcmp(order->house, node->links->signer.key, LINK_KEY_BYTES) != 0) {
        (void)fault_set(fault, ST_INVALID, "order: it is of another payer, or to another house");
        return PARCEL_REFUSED;
    }
    if (pair != NULL && order->index < pair->index) {
        (void)fault_set(fault, ST_INVALID, "order: it has number %" PRIu64 ", after %" PRIu64,
                        order->index, pair->index);
        return PARCEL_REFUSED;
    }
    if (pair != NULL && order->index == pair->index) {
        if (money_compare(order->amount, pair->amount) != 0) {
            freeze_order(node, order, pair->amount);
            return PARCEL_FROZE;
        }
        pair->answer_due = true; /* the first answer, again */
        return PARCEL_STALE;
    }
    if (pair == NULL && node->pair_count == CLEARING_PAYEES_MAX) {
        /* For good: places are never free again.  Without an answer it would ask for ever. */
        node->no_place = (struct clearing_pair){
            .index = order->index, .amount = order->amount, .answer_due = true};
        memcpy(node->no_place.payee, order->payee, LINK_KEY_BYTES);
        return PARCEL_STALE;
    }
    if (node->has_order)
        return PARCEL_STALE; /* one at a time: the payer repeats it */
    node->order = *order;
    node->has_order = true;
    return PARCEL_KEPT;
}

const struct clearing_note *link_order(const struct links *links, const struct link *link)
{
    const struct link_node *node = node_of_link(links, link);

    return node->has_order ? &node->order : NULL;
}

void link_order_done(struct links *links, struct link *link, bool done)
{
    struct link_node *node = node_of_link(links, link);
    struct clearing_pair *pair = clearing_pair_of(node, node->order.payee);

    INVARIANT(node->has_order);
    if (pair == NULL) {
        pair = &node->pairs[node->pair_count++];
        memset(pair, 0, sizeof *pair);
        memcpy(pair->payee, node->order.payee, LINK_KEY_BYTES);
    }
    pair->index = node->order.index;
    pair->amount = node->order.amount;
    pair->done = done;
    if (done)
        INVARIANT(u128_add(&pair->total, pair->total, money_nanos(pair->amount)));
    pair->answer_due = true;
    node->has_order = false;
    node->pairs_dirty = true;
}

static void clearing_receipt_put(const struct link_node *node, const struct clearing_pair *pair,
                                 struct bytes *out)
{
    struct clearing_signed made = {.note = {.is_receipt = true,
                                            .index = pair->index,
                                            .amount = pair->amount,
                                            .done = pair->done,
                                            .total = pair->total}};

    memcpy(made.note.house, node->links->signer.key, LINK_KEY_BYTES);
    memcpy(made.note.payer, node->link.key, LINK_KEY_BYTES);
    memcpy(made.note.payee, pair->payee, LINK_KEY_BYTES);
    clearing_sign(node->links, &made);
    clearing_parcel_encode(out, &made);
}

static bool clearing_receipt_out(struct link_node *node, struct bytes *out)
{
    if (node->no_place.answer_due) {
        clearing_receipt_put(node, &node->no_place, out);
        node->no_place.answer_due = false;
        return true;
    }
    for (size_t i = 0; i < node->pair_count; i++) {
        struct clearing_pair *pair = &node->pairs[i];

        if (!pair->answer_due || node->pairs_dirty)
            continue;
        clearing_receipt_put(node, pair, out);
        pair->answer_due = false;
        return true;
    }
    return false;
}

/* ---- the payer ---- */

/* Whether a payment over `payer` is to be ordered at `house` now. */
static bool clearing_is_due(const struct link_node *payer, const struct link_node *house)
{
    const struct settlement_payment *pending = &payer->settlement.pending;

    return payer->order_due && !payer->settlement_dirty && !payer->link.removed &&
           payment_awaits_house(pending) && payment_is_at(pending, house->link.key);
}

static void clearing_order_put(const struct link_node *payer, const struct link_node *house,
                               struct bytes *out)
{
    struct clearing_signed made = {.note = {.index = payer->settlement.pending.index,
                                            .amount = payer->settlement.pending.amount}};

    memcpy(made.note.house, house->link.key, LINK_KEY_BYTES);
    memcpy(made.note.payer, house->links->signer.key, LINK_KEY_BYTES);
    memcpy(made.note.payee, payer->link.key, LINK_KEY_BYTES);
    clearing_sign(house->links, &made);
    clearing_parcel_encode(out, &made);
}

static bool clearing_order_out(struct link_node *house, struct bytes *out)
{
    struct links *links = house->links;
    bool sent = false;

    if (!links->orders_due)
        return false;
    links->orders_due = false; /* unless one is left */
    for (size_t i = 0; i < links->count; i++) {
        struct link_node *payer = links->nodes[i];

        if (!sent && clearing_is_due(payer, house)) {
            clearing_order_put(payer, house, out);
            payer->order_due = false;
            sent = true;
        }
        links->orders_due = links->orders_due || payer->order_due;
    }
    return sent;
}

bool link_clearing_out(struct links *links, struct link *link, struct bytes *out)
{
    struct link_node *node = node_of_link(links, link);

    return link_may_sign(node) &&
           (clearing_receipt_out(node, out) || clearing_order_out(node, out));
}

static void clearing_keep(struct settlement_receipt *receipt, const struct clearing_signed *note)
{
    memcpy(receipt->bytes, note->bytes, note->size);
    memcpy(receipt->bytes + note->size, note->signature, SPECIE_SIGNATURE_BYTES);
    receipt->size = note->size + SPECIE_SIGNATURE_BYTES;
}

/* Whether a receipt says of a payment what we know of it already. */
static bool clearing_agrees(const struct settlement_payment *payment,
                            const struct clearing_note *receipt)
{
    bool is_done = payment->receipt.size != 0;

    return payment->index == receipt->index && payment->by == SETTLE_BY_CLEARING &&
           money_compare(payment->amount, receipt->amount) == 0 && is_done == receipt->done;
}

/* A receipt of the house at the other end, for a payment of ours to somebody else. */
static enum parcel_result clearing_take_receipt(struct link_node *house,
                                                const struct clearing_signed *receipt,
                                                struct fault *fault)
{
    const struct clearing_note *note = &receipt->note;
    struct link_node *payer = link_node_keyed(house->links, note->payee);
    struct settlement *settlement = payer == NULL ? NULL : &payer->settlement;

    if (memcmp(note->house, house->link.key, LINK_KEY_BYTES) != 0 ||
        memcmp(note->payer, house->links->signer.key, LINK_KEY_BYTES) != 0) {
        (void)fault_set(fault, ST_INVALID, "receipt: it is of another house, or for another payer");
        return PARCEL_REFUSED;
    }
    if (settlement == NULL || note->index > settlement->last_index) {
        freeze_receipt(house, note);
        return PARCEL_FROZE;
    }
    if (payment_awaits_house(&settlement->pending) &&
        payment_is_at(&settlement->pending, house->link.key) &&
        settlement->pending.index == note->index &&
        money_compare(settlement->pending.amount, note->amount) == 0) {
        payer->settlement_dirty = true;
        if (note->done) {
            clearing_keep(&settlement->pending.receipt, receipt);
            payer->claim_due = true;
        } else {
            settlement_refuse_pending(payer);
        }
        return PARCEL_KEPT;
    }
    /* An answer to one that is known: the same again, or of an older one, or a contradiction. */
    if (clearing_agrees(&settlement->pending, note) || clearing_agrees(&settlement->paid, note) ||
        (note->index < settlement->paid.index && note->index < settlement->last_index))
        return PARCEL_STALE;
    freeze_receipt(house, note);
    return PARCEL_FROZE;
}

enum parcel_result link_clearing_in(struct link_node *node, const struct clearing_signed *note,
                                    struct fault *fault)
{
    if (node->link.state == LINK_FROZEN)
        return PARCEL_STALE;
    if (strcmp(note->note.currency, node->links->currency) != 0 ||
        !clearing_is_signed(note, node->link.key)) {
        (void)fault_set(fault, ST_INVALID,
                        "order or receipt: another currency, or the peer did not sign it");
        return PARCEL_REFUSED;
    }
    return note->note.is_receipt ? clearing_take_receipt(node, note, fault)
                                 : clearing_take_order(node, &note->note, fault);
}

/* ---- the creditor ---- */

bool link_claim_is_cleared(struct links *links, struct link *link)
{
    const struct settlement *settlement = link_settlement(links, link);
    const struct settlement_payment *claimed = &settlement->claimed;
    const struct link *house;
    struct clearing_signed receipt;
    struct fault fault;
    size_t size = claimed->receipt.size;

    if (claimed->by != SETTLE_BY_CLEARING || claimed->index == 0 ||
        settlement->by != SETTLE_BY_CLEARING || size <= SPECIE_SIGNATURE_BYTES)
        return false;
    house = link_house(links, link);
    if (house == NULL)
        return false;
    size -= SPECIE_SIGNATURE_BYTES;
    memcpy(receipt.signature, claimed->receipt.bytes + size, SPECIE_SIGNATURE_BYTES);
    return clearing_decode(&receipt, claimed->receipt.bytes, size, &fault) == ST_OK &&
           receipt.note.is_receipt && receipt.note.done && receipt.note.index == claimed->index &&
           money_compare(receipt.note.amount, claimed->amount) == 0 &&
           strcmp(receipt.note.currency, links->currency) == 0 &&
           memcmp(receipt.note.house, house->key, LINK_KEY_BYTES) == 0 &&
           memcmp(receipt.note.payer, link->key, LINK_KEY_BYTES) == 0 &&
           memcmp(receipt.note.payee, links->signer.key, LINK_KEY_BYTES) == 0 &&
           clearing_is_signed(&receipt, house->key);
}

/* ---- the row of the house ---- */

void clearing_pairs_encode(struct bytes *out, const struct link_node *node)
{
    cbor_put_array(out, node->pair_count);
    for (size_t i = 0; i < node->pair_count; i++) {
        const struct clearing_pair *pair = &node->pairs[i];

        cbor_put_array(out, 5);
        cbor_put_bytes(out, pair->payee, LINK_KEY_BYTES);
        cbor_put_uint(out, pair->index);
        cbor_put_money(out, pair->amount);
        cbor_put_bool(out, pair->done);
        cbor_put_u128(out, pair->total);
    }
}

enum status clearing_pairs_decode(struct link_node *node, const uint8_t *value, size_t value_size,
                                  struct fault *fault)
{
    struct cbor in;

    cbor_init(&in, value, value_size);
    node->pair_count = (size_t)cbor_get_array_any(&in, CLEARING_PAYEES_MAX);
    for (size_t i = 0; i < node->pair_count && in.error == NULL; i++) {
        struct clearing_pair *pair = &node->pairs[i];

        cbor_get_array(&in, 5);
        cbor_get_bytes_exact(&in, pair->payee, LINK_KEY_BYTES);
        pair->index = cbor_get_uint(&in, SEQ_MAX);
        pair->amount = cbor_get_money(&in);
        pair->done = cbor_get_bool(&in);
        pair->total = cbor_get_u128(&in);
    }
    return cbor_done(&in, fault, "row");
}

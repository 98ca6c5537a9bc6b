/*
 * Messages and parcels as CBOR: one encoding each, and every field checked when it is read.  The
 * order of fields is that of the tables in docs/wire.md, "Messages" and "Parcels".
 */
#include "links/parcel.h"

#include <string.h>

enum {
    HELLO_FIELDS = 20,
    DATA_FIELDS = 10,
    SPECIE_PARCEL_FIELDS = 4,
    CLAIM_FIELDS = 8,
    CLEARING_PARCEL_FIELDS = 3,
    LOSS_PARCEL_FIELDS = 5,
    MESSAGE_FIELDS_MAX = 8,
    ARRIVED_FIELDS = 5
};

/* The number of items of each kind, the kind itself included; 0: no such kind. */
static const uint8_t message_fields[] = {
    [CHANNEL_BIRTH] = 7,  [CHANNEL_ANSWER] = 8, [CHANNEL_PACKET] = 5,
    [CHANNEL_CREDIT] = 5, [CHANNEL_CLOSE] = 3,  [CHANNEL_CLOSED] = 3,
};
enum { KINDS = sizeof message_fields / sizeof *message_fields };

/* ---- values ---- */

void cursor_put(struct bytes *out, struct cursor cursor)
{
    cbor_put_uint(out, cursor.seq);
    cbor_put_u128(out, cursor.total);
}

struct cursor cursor_get(struct cbor *in)
{
    struct cursor cursor;

    cursor.seq = cbor_get_uint(in, SEQ_MAX);
    cursor.total = cbor_get_u128(in);
    return cursor;
}

void parcel_put_digest(struct bytes *out, const struct digest *digest)
{
    uint8_t bytes[DIGEST_BYTES];

    digest_put(bytes, digest);
    cbor_put_bytes(out, bytes, sizeof bytes);
}

struct digest parcel_get_digest(struct cbor *in)
{
    uint8_t bytes[DIGEST_BYTES] = {0};

    cbor_get_bytes_exact(in, bytes, sizeof bytes);
    return digest_get(bytes);
}

/* ---- messages ---- */

struct money message_money(const struct channel_message *message)
{
    switch (message->kind) {
    case CHANNEL_BIRTH:
    case CHANNEL_ANSWER:
    case CHANNEL_PACKET:
        return message->money;
    case CHANNEL_CREDIT:
    case CHANNEL_CLOSE:
    case CHANNEL_CLOSED:
        break;
    }
    return money_zero();
}

/* "BIRTH": money = endowment + fee.  The sum is sent too, as the money that crosses the link. */
static bool birth_adds_up(const struct channel_message *message)
{
    struct money sum;

    return money_add(&sum, message->endowment, message->fee) &&
           money_compare(sum, message->money) == 0;
}

void message_encode(struct bytes *out, const struct channel_message *message)
{
    cbor_put_array(out, message_fields[message->kind]);
    cbor_put_uint(out, (uint64_t)message->kind);
    cbor_put_uint(out, message->number);
    /* A BIRTH has no `to`: it is always for the end that is to be born. */
    if (message->kind != CHANNEL_BIRTH)
        cbor_put_uint(out, (uint64_t)message->to);
    /* The table of kinds: the items after the number and `to`. */
    switch (message->kind) {
    case CHANNEL_BIRTH:
        INVARIANT(birth_adds_up(message));
        cbor_put_money(out, message->endowment);
        cbor_put_money(out, message->fee);
        cbor_put_money(out, message->money);
        cbor_put_uint(out, message->customer);
        cbor_put_bytes(out, message->customer_key, CHANNEL_KEY_BYTES);
        break;
    case CHANNEL_ANSWER:
        INVARIANT(message->status <= 0 && message->status > INT32_MIN);
        cbor_put_uint(out, (uint64_t)-message->status);
        cbor_put_money(out, message->fee);
        cbor_put_money(out, message->money);
        cbor_put_uint(out, message->packets);
        cbor_put_uint(out, message->bytes);
        break;
    case CHANNEL_PACKET:
        INVARIANT(message->size <= CHANNEL_PACKET_BYTES_MAX);
        cbor_put_money(out, message->money);
        cbor_put_bytes(out, message->data, message->size);
        break;
    case CHANNEL_CREDIT:
        cbor_put_uint(out, message->packets);
        cbor_put_uint(out, message->bytes);
        break;
    case CHANNEL_CLOSE:
    case CHANNEL_CLOSED:
        break;
    }
}

/* The fields after kind, number and side, bounded by their types; their sense is for channels/. */
static void message_decode_fields(struct cbor *in, struct channel_message *message)
{
    switch (message->kind) {
    case CHANNEL_BIRTH:
        message->endowment = cbor_get_money(in);
        message->fee = cbor_get_money(in);
        message->money = cbor_get_money(in);
        if (!birth_adds_up(message))
            cbor_fail(in, "the money of a birth is not endowment and fee");
        message->customer = cbor_get_uint(in, UINT64_MAX);
        cbor_get_bytes_exact(in, message->customer_key, CHANNEL_KEY_BYTES);
        break;
    case CHANNEL_ANSWER:
        message->status = -(int32_t)cbor_get_uint(in, INT32_MAX);
        message->fee = cbor_get_money(in);
        message->money = cbor_get_money(in);
        message->packets = cbor_get_uint(in, UINT64_MAX);
        message->bytes = cbor_get_uint(in, UINT64_MAX);
        break;
    case CHANNEL_PACKET:
        message->money = cbor_get_money(in);
        message->data = cbor_get_bytes(in, &message->size, CHANNEL_PACKET_BYTES_MAX);
        break;
    case CHANNEL_CREDIT:
        message->packets = cbor_get_uint(in, UINT64_MAX);
        message->bytes = cbor_get_uint(in, UINT64_MAX);
        break;
    case CHANNEL_CLOSE:
    case CHANNEL_CLOSED:
        break;
    }
}

void message_decode(struct cbor *in, uint32_t interface, struct channel_message *message)
{
    uint64_t fields = cbor_get_array_any(in, MESSAGE_FIELDS_MAX);
    uint64_t kind = fields == 0 ? 0 : cbor_get_uint(in, UINT64_MAX);

    memset(message, 0, sizeof *message);
    /* On an error a kind that exists is left, so that every switch over it has a case. */
    message->kind = CHANNEL_CLOSED;
    message->interface = interface;
    if (kind >= KINDS || message_fields[kind] == 0) {
        cbor_fail(in, "no such kind of message");
        return;
    }
    if (fields != message_fields[kind]) {
        cbor_fail(in, "a message of this kind has another number of fields");
        return;
    }
    message->kind = (enum channel_message_kind)kind;
    message->number = (uint32_t)cbor_get_uint(in, UINT32_MAX);
    if (message->kind == CHANNEL_BIRTH)
        message->to = CHANNEL_BORN;
    else
        message->to = (enum channel_side)cbor_get_uint(in, CHANNEL_BORN);
    message_decode_fields(in, message);
}

/* ---- parcels ---- */

void arrived_encode(struct bytes *out, const struct channel_arrived *arrived)
{
    cbor_put_array(out, ARRIVED_FIELDS);
    cbor_put_uint(out, arrived->number);
    cbor_put_uint(out, (uint64_t)arrived->to);
    cbor_put_uint(out, arrived->packets);
    cbor_put_uint(out, arrived->bytes);
    cbor_put_u128(out, arrived->money);
}

struct channel_arrived arrived_decode(struct cbor *in)
{
    struct channel_arrived arrived;

    cbor_get_array(in, ARRIVED_FIELDS);
    arrived.number = (uint32_t)cbor_get_uint(in, UINT32_MAX);
    arrived.to = (enum channel_side)cbor_get_uint(in, CHANNEL_BORN);
    arrived.packets = cbor_get_uint(in, SEQ_MAX);
    arrived.bytes = cbor_get_uint(in, SEQ_MAX);
    arrived.money = cbor_get_u128(in);
    return arrived;
}

/* In rising order of number and side, so that none is there twice. */
static void hello_decode_ends(struct cbor *in, struct hello *hello)
{
    uint64_t last = 0;

    hello->end_count = cbor_get_array_any(in, LINK_LOST_ENDS_MAX);
    hello->ends = *in;
    for (uint64_t i = 0; i < hello->end_count && in->error == NULL; i++) {
        struct channel_arrived arrived = arrived_decode(in);
        uint64_t place = channel_end_key(arrived.number, arrived.to) + 1;

        if (place <= last)
            cbor_fail(in, "ends of channels are not in order");
        last = place;
    }
    if (hello->end_count != 0 && hello->answers_from == 0)
        cbor_fail(in, "ends of channels, and nothing that they answer to");
}

void hello_encode(struct bytes *out, const struct hello *hello)
{
    cbor_put_array(out, HELLO_FIELDS);
    cbor_put_uint(out, PARCEL_HELLO);
    cbor_put_uint(out, LINK_VERSION);
    cbor_put_text(out, hello->currency);
    cbor_put_uint(out, hello->epoch);
    cbor_put_uint(out, hello->peer_epoch);
    cursor_put(out, hello->sent);
    cursor_put(out, hello->received);
    cursor_put(out, hello->acked);
    cbor_put_money(out, hello->limit);
    cbor_put_money(out, hello->prices.birth_fee);
    cbor_put_money(out, hello->prices.channel_fee);
    cbor_put_money(out, hello->flush_amount);
    cbor_put_uint(out, hello->durable_seq);
    cbor_put_uint(out, hello->peer_durable_seq);
    parcel_put_digest(out, &hello->received_digest);
    cbor_put_uint(out, hello->answers_from);
    cbor_put_array(out, hello->end_count);
}

/* The table of HELLO, from `version` on. */
static void hello_decode(struct cbor *in, uint64_t fields, struct hello *hello)
{
    /* Before the number of fields, which another version may change. */
    hello->version = cbor_get_uint(in, UINT64_MAX);
    if (hello->version != LINK_VERSION)
        return;
    if (fields != HELLO_FIELDS) {
        cbor_fail(in, "HELLO has another number of fields");
        return;
    }
    cbor_get_text(in, hello->currency, LINK_CURRENCY_BYTES_MAX);
    /* 0 is "unknown", which only `known` may be. */
    hello->epoch = cbor_get_uint(in, SEQ_MAX);
    if (hello->epoch == 0)
        cbor_fail(in, "epochs begin with 1");
    hello->peer_epoch = cbor_get_uint(in, SEQ_MAX);
    hello->sent = cursor_get(in);
    hello->received = cursor_get(in);
    hello->acked = cursor_get(in);
    if (hello->acked.seq > hello->sent.seq || hello->acked.total > hello->sent.total)
        cbor_fail(in, "more is acknowledged than was sent");
    hello->limit = cbor_get_money(in);
    hello->prices.birth_fee = cbor_get_money(in);
    hello->prices.channel_fee = cbor_get_money(in);
    hello->flush_amount = cbor_get_money(in);
    hello->durable_seq = cbor_get_uint(in, SEQ_MAX);
    if (hello->durable_seq > hello->sent.seq)
        cbor_fail(in, "more is durable than was sent");
    hello->peer_durable_seq = cbor_get_uint(in, SEQ_MAX);
    hello->received_digest = parcel_get_digest(in);
    hello->answers_from = cbor_get_uint(in, SEQ_MAX);
    hello_decode_ends(in, hello);
}

void data_head_encode(struct bytes *out, const struct data_head *head)
{
    cbor_put_array(out, DATA_FIELDS);
    cbor_put_uint(out, PARCEL_DATA);
    cbor_put_uint(out, head->epoch);
    cbor_put_uint(out, head->peer_epoch);
    cursor_put(out, head->received);
    cbor_put_uint(out, head->ahead);
    cbor_put_uint(out, head->durable_seq);
    cursor_put(out, head->before);
    cbor_put_array(out, head->count);
}

/* The table of DATA, and each of its messages: link_next() decodes them again, one by one. */
static void data_decode(struct cbor *in, uint64_t fields, struct parcel_head *head)
{
    struct data_head *data = &head->data;
    struct channel_message message;

    if (fields != DATA_FIELDS) {
        cbor_fail(in, "DATA has another number of fields");
        return;
    }
    data->epoch = cbor_get_uint(in, SEQ_MAX);
    data->peer_epoch = cbor_get_uint(in, SEQ_MAX);
    data->received = cursor_get(in);
    data->ahead = cbor_get_uint(in, SEQ_MAX);
    data->durable_seq = cbor_get_uint(in, SEQ_MAX);
    data->before = cursor_get(in);
    data->count = cbor_get_array_any(in, PARCEL_MESSAGES_MAX);
    /* One value has one encoding: an acknowledgement alone names no message. */
    if (data->count == 0 && (data->before.seq != 0 || data->before.total != 0))
        cbor_fail(in, "no messages, but a sequence or total of them");
    if (data->count != 0 && (data->before.seq == 0 || data->before.seq > SEQ_MAX - data->count))
        cbor_fail(in, "messages, but no sequence that they can have");
    /* The caller reads from here; this pass only proves that all of them decode. */
    head->messages = *in;
    for (uint64_t i = 0; i < data->count && in->error == NULL; i++)
        message_decode(in, 0, &message);
}

void specie_parcel_encode(struct bytes *out, const struct specie_signed *specie, bool asks)
{
    cbor_put_array(out, SPECIE_PARCEL_FIELDS);
    cbor_put_uint(out, PARCEL_SPECIE);
    cbor_put_bool(out, asks);
    cbor_put_bytes(out, specie->bytes, specie->size);
    cbor_put_bytes(out, specie->signature, SPECIE_SIGNATURE_BYTES);
}

static void specie_parcel_decode(struct cbor *in, uint64_t fields, struct specie_parcel *parcel)
{
    struct fault fault = {0};
    const uint8_t *bytes;
    size_t size;

    if (fields != SPECIE_PARCEL_FIELDS) {
        cbor_fail(in, "SPECIE has another number of fields");
        return;
    }
    parcel->asks = cbor_get_bool(in);
    bytes = cbor_get_bytes(in, &size, SPECIE_BYTES_MAX);
    cbor_get_bytes_exact(in, parcel->specie.signature, SPECIE_SIGNATURE_BYTES);
    if (in->error == NULL && specie_decode(&parcel->specie, bytes, size, &fault) != ST_OK)
        cbor_fail(in, "its statement is none");
}

void claim_encode(struct bytes *out, const struct claim *claim)
{
    cbor_put_array(out, CLAIM_FIELDS);
    cbor_put_uint(out, PARCEL_CLAIM);
    cbor_put_uint(out, claim->epoch);
    cbor_put_uint(out, claim->peer_epoch);
    settled_put(out, claim->settled);
    cbor_put_money(out, claim->amount);
    cbor_put_uint(out, (uint64_t)claim->by);
    cbor_put_bytes(out, claim->receipt.bytes, claim->receipt.size);
}

void clearing_parcel_encode(struct bytes *out, const struct clearing_signed *note)
{
    cbor_put_array(out, CLEARING_PARCEL_FIELDS);
    cbor_put_uint(out, note->note.is_receipt ? PARCEL_PAID : PARCEL_PAY);
    cbor_put_bytes(out, note->bytes, note->size);
    cbor_put_bytes(out, note->signature, SPECIE_SIGNATURE_BYTES);
}

static void clearing_parcel_decode(struct cbor *in, uint64_t fields, bool is_receipt,
                                   struct clearing_signed *note)
{
    struct fault fault = {0};
    const uint8_t *bytes;
    size_t size;

    if (fields != CLEARING_PARCEL_FIELDS) {
        cbor_fail(in, "PAY or PAID has another number of fields");
        return;
    }
    bytes = cbor_get_bytes(in, &size, CLEARING_BYTES_MAX);
    cbor_get_bytes_exact(in, note->signature, SPECIE_SIGNATURE_BYTES);
    if (in->error == NULL && (clearing_decode(note, bytes, size, &fault) != ST_OK ||
                              note->note.is_receipt != is_receipt))
        cbor_fail(in, "its order or receipt is none");
}

void loss_parcel_encode(struct bytes *out, const struct loss_parcel *loss)
{
    cbor_put_array(out, LOSS_PARCEL_FIELDS);
    cbor_put_uint(out, PARCEL_LOSS);
    cbor_put_bytes(out, loss->position.bytes, loss->position.size);
    cbor_put_bytes(out, loss->position.signature, SPECIE_SIGNATURE_BYTES);
    cbor_put_bytes(out, loss->pair.bytes, loss->accepts ? HASH_BYTES : 0);
    cbor_put_bytes(out, loss->acceptance, loss->accepts ? SPECIE_SIGNATURE_BYTES : 0);
}

static void loss_parcel_decode(struct cbor *in, uint64_t fields, struct loss_parcel *loss)
{
    struct fault fault = {0};
    const uint8_t *bytes;
    const uint8_t *pair;
    const uint8_t *acceptance;
    size_t size;
    size_t pair_size;
    size_t acceptance_size;

    if (fields != LOSS_PARCEL_FIELDS) {
        cbor_fail(in, "LOSS has another number of fields");
        return;
    }
    bytes = cbor_get_bytes(in, &size, POSITION_BYTES_MAX);
    cbor_get_bytes_exact(in, loss->position.signature, SPECIE_SIGNATURE_BYTES);
    pair = cbor_get_bytes(in, &pair_size, HASH_BYTES);
    acceptance = cbor_get_bytes(in, &acceptance_size, SPECIE_SIGNATURE_BYTES);
    if (in->error != NULL)
        return;
    if (position_decode(&loss->position, bytes, size, &fault) != ST_OK) {
        cbor_fail(in, "its position is none");
        return;
    }
    loss->accepts = pair_size != 0;
    if (pair_size != (loss->accepts ? (size_t)HASH_BYTES : 0) ||
        acceptance_size != (loss->accepts ? (size_t)SPECIE_SIGNATURE_BYTES : 0)) {
        cbor_fail(in, "an acceptance is a hash and a signature, or there is none");
        return;
    }
    if (loss->accepts) {
        memcpy(loss->pair.bytes, pair, HASH_BYTES);
        memcpy(loss->acceptance, acceptance, SPECIE_SIGNATURE_BYTES);
    }
}

static void claim_decode(struct cbor *in, uint64_t fields, struct claim *claim)
{
    const uint8_t *receipt;

    if (fields != CLAIM_FIELDS) {
        cbor_fail(in, "CLAIM has another number of fields");
        return;
    }
    claim->epoch = cbor_get_uint(in, SEQ_MAX);
    claim->peer_epoch = cbor_get_uint(in, SEQ_MAX);
    claim->settled = settled_get(in);
    claim->amount = cbor_get_money(in);
    claim->by = (enum settlement_by)cbor_get_uint(in, SETTLE_BY_CLEARING);
    receipt = cbor_get_bytes(in, &claim->receipt.size, SETTLEMENT_RECEIPT_BYTES_MAX);
    if (in->error == NULL)
        memcpy(claim->receipt.bytes, receipt, claim->receipt.size);
    if (claim->by == SETTLE_BY_HAND && claim->receipt.size != 0)
        cbor_fail(in, "people give no receipts");
    if (claim->settled.index == 0 || money_is_zero(claim->amount) ||
        claim->by == SETTLE_BY_NOBODY || claim->settled.total < money_nanos(claim->amount))
        cbor_fail(in, "it claims nothing that can be");
}

enum status parcel_decode(struct parcel_head *head, const uint8_t *bytes, size_t size,
                          struct fault *fault)
{
    struct cbor in;
    uint64_t fields;
    uint64_t kind;

    memset(head, 0, sizeof *head);
    /* Before any byte is looked at: the bound of the work that a parcel can cause. */
    if (size > LINK_PARCEL_BYTES_MAX)
        return fault_set(fault, ST_INVALID, "parcel: %zu bytes, and %d are the most", size,
                         LINK_PARCEL_BYTES_MAX);
    cbor_init(&in, bytes, size);
    fields = cbor_get_array_any(&in, UINT32_MAX);
    kind = fields == 0 ? 0 : cbor_get_uint(&in, UINT64_MAX);
    if (kind == PARCEL_HELLO) {
        head->kind = PARCEL_HELLO;
        hello_decode(&in, fields, &head->hello);
        /* What follows belongs to the other version, so it is not read and not checked. */
        if (in.error == NULL && head->hello.version != LINK_VERSION)
            return ST_OK;
    } else if (kind == PARCEL_DATA) {
        head->kind = PARCEL_DATA;
        data_decode(&in, fields, head);
    } else if (kind == PARCEL_SPECIE) {
        head->kind = PARCEL_SPECIE;
        specie_parcel_decode(&in, fields, &head->specie);
    } else if (kind == PARCEL_CLAIM) {
        head->kind = PARCEL_CLAIM;
        claim_decode(&in, fields, &head->claim);
    } else if (kind == PARCEL_PAY || kind == PARCEL_PAID) {
        head->kind = (enum parcel_kind)kind;
        clearing_parcel_decode(&in, fields, kind == PARCEL_PAID, &head->note);
    } else if (kind == PARCEL_LOSS) {
        head->kind = PARCEL_LOSS;
        loss_parcel_decode(&in, fields, &head->loss);
    } else {
        cbor_fail(&in, "no such kind of parcel");
    }
    return cbor_done(&in, fault, "parcel");
}

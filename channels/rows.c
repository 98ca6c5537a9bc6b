/*
 * Rows of ends and counters in the table `link` (docs/records.md, "Rows of channels").
 *
 * An end: key = interface u32, u8 1, id u64; value = CBOR array of number, owner, side, state,
 * eight totals (granted, received, window, sent; packets before bytes), the money received and
 * sent, the link's number of the last packet received, whether room is asked, and its
 * class of priority.
 * Counters: key = u32 0, u8 0, u64 0; value = CBOR array of the next id and an array of (interface,
 * next number) pairs, flat, by rising interface.
 */
#include "channels/channels.h"
#include "channels/set.h"

#include "base/cbor.h"

#include <inttypes.h>
#include <stdlib.h>

enum { KEY_BYTES = 13, KEY_KIND_AT = 4, KEY_ID_AT = 5 };
enum key_kind { KEY_COUNTERS = 0, KEY_END = 1 };
enum { END_FIELDS = 17, COUNTERS_FIELDS = 2 };

static void ends_make_key(uint8_t key[KEY_BYTES], uint32_t interface, enum key_kind kind,
                          uint64_t id)
{
    be32_put(key, interface);
    key[KEY_KIND_AT] = (uint8_t)kind;
    be64_put(key + KEY_ID_AT, id);
}

/* ---- writing ---- */

static void end_encode(struct bytes *out, const struct channel_end *end)
{
    cbor_put_array(out, END_FIELDS);
    cbor_put_uint(out, end->number);
    cbor_put_uint(out, end->owner);
    cbor_put_uint(out, (uint64_t)end->side);
    cbor_put_uint(out, (uint64_t)end->state);
    cbor_put_uint(out, end->granted_packets);
    cbor_put_uint(out, end->granted_bytes);
    cbor_put_uint(out, end->received_packets);
    cbor_put_uint(out, end->received_bytes);
    cbor_put_uint(out, end->window_packets);
    cbor_put_uint(out, end->window_bytes);
    cbor_put_uint(out, end->sent_packets);
    cbor_put_uint(out, end->sent_bytes);
    cbor_put_u128(out, end->received_money);
    cbor_put_u128(out, end->sent_money);
    cbor_put_uint(out, end->received_seq);
    cbor_put_bool(out, end->room_asked);
    cbor_put_uint(out, end->priority);
}

static void ends_put_row(struct store_batch *batch, const uint8_t key[KEY_BYTES],
                         const struct bytes *value)
{
    INVARIANT(!value->failed); /* a frame cannot be written by half */
    store_batch_put(batch, STORE_LINK, key, KEY_BYTES, value->data, value->size);
}

/* "Counters", when any has changed: every purchase takes an id as well. */
static void ends_save_counters(struct channels *channels, struct store_batch *batch,
                               struct bytes *value)
{
    uint8_t key[KEY_BYTES];
    uint64_t *interfaces;
    size_t count;
    size_t used = 0;

    if (channels->id_next == channels->id_next_saved)
        return;
    table_keys_sorted(&channels->ports, &interfaces, &count);
    /* A port whose first purchase was undone must leave no trace. */
    for (size_t i = 0; i < count; i++)
        if (set_port(channels, (uint32_t)interfaces[i])->number_next != NUMBER_FIRST)
            interfaces[used++] = interfaces[i];
    bytes_clear(value);
    cbor_put_array(value, COUNTERS_FIELDS);
    cbor_put_uint(value, channels->id_next);
    cbor_put_array(value, 2 * (uint64_t)used);
    for (size_t i = 0; i < used; i++) {
        cbor_put_uint(value, interfaces[i]);
        cbor_put_uint(value, set_port(channels, (uint32_t)interfaces[i])->number_next);
    }
    free(interfaces);
    ends_make_key(key, 0, KEY_COUNTERS, 0);
    ends_put_row(batch, key, value);
    channels->id_next_saved = channels->id_next;
}

/* Write or delete the row of one end that may have changed, and end the node of one that is gone.
 */
static void ends_save_node(struct end_node *node, struct store_batch *batch, struct bytes *value)
{
    uint8_t key[KEY_BYTES];

    ends_make_key(key, node->end.interface, KEY_END, node->end.id);
    if (node->gone) {
        store_batch_delete(batch, STORE_LINK, key, sizeof key);
        free(node);
        return;
    }
    if (!node->end.dirty)
        return; /* its changes were undone */
    bytes_clear(value);
    end_encode(value, &node->end);
    ends_put_row(batch, key, value);
    node->end.dirty = false;
    node->stored = true;
}

void channels_save(struct channels *channels, struct store_batch *batch)
{
    struct bytes value = {0};
    uint64_t *ids;
    size_t count;

    /* By rising id, so that equal frames have equal batches. */
    ends_save_counters(channels, batch, &value);
    table_keys_sorted(&channels->changed, &ids, &count);
    for (size_t i = 0; i < count; i++)
        ends_save_node(table_get(&channels->changed, ids[i]), batch, &value);
    free(ids);
    table_fini(&channels->changed);
    bytes_fini(&value);
}

/* ---- reading ---- */

/* What holds for every end that the orders and messages can make. */
static const char *end_row_error(const struct channel_end *end)
{
    if (end->received_packets > end->granted_packets || end->received_bytes > end->granted_bytes)
        return "more was received than granted";
    if (end->granted_packets - end->received_packets > CHANNEL_GRANT_PACKETS_MAX ||
        end->granted_bytes - end->received_bytes > CHANNEL_GRANT_BYTES_MAX)
        return "more is granted than the bound";
    if (end->sent_packets > end->window_packets || end->sent_bytes > end->window_bytes)
        return "more was sent than the window allows";
    if (end->window_packets - end->sent_packets > CHANNEL_GRANT_PACKETS_MAX ||
        end->window_bytes - end->sent_bytes > CHANNEL_GRANT_BYTES_MAX)
        return "the window is larger than the bound";
    if (end->room_asked && end->state != CHANNEL_OPEN)
        return "room is asked at an end that is not open";
    /* Numbers of channels that are bought here are even; the other side's are the peer's. */
    if (end->side == CHANNEL_BUYER &&
        (end->number < NUMBER_FIRST || end->number % NUMBER_STEP != 0))
        return "its number is not one that is bought here";
    /* Before its ANSWER an end is a buyer's, and nothing can have crossed. */
    if (end->state != CHANNEL_PENDING && end->state != CHANNEL_GIVEN_UP)
        return NULL;
    if (end->side != CHANNEL_BUYER)
        return "a born end is pending";
    if (end->granted_packets != 0 || end->granted_bytes != 0 || end->window_packets != 0 ||
        end->window_bytes != 0)
        return "a pending end has a grant or a window";
    return NULL;
}

static enum status end_decode(struct channel_end *end, const uint8_t *value, size_t value_size,
                              struct fault *fault)
{
    struct cbor in;
    const char *error;

    cbor_init(&in, value, value_size);
    cbor_get_array(&in, END_FIELDS);
    end->number = (uint32_t)cbor_get_uint(&in, UINT32_MAX);
    end->owner = cbor_get_uint(&in, UINT64_MAX);
    end->side = (enum channel_side)cbor_get_uint(&in, CHANNEL_BORN);
    end->state = (enum channel_state)cbor_get_uint(&in, CHANNEL_GIVEN_UP);
    end->granted_packets = cbor_get_uint(&in, TOTAL_MAX);
    end->granted_bytes = cbor_get_uint(&in, TOTAL_MAX);
    end->received_packets = cbor_get_uint(&in, TOTAL_MAX);
    end->received_bytes = cbor_get_uint(&in, TOTAL_MAX);
    end->window_packets = cbor_get_uint(&in, TOTAL_MAX);
    end->window_bytes = cbor_get_uint(&in, TOTAL_MAX);
    end->sent_packets = cbor_get_uint(&in, TOTAL_MAX);
    end->sent_bytes = cbor_get_uint(&in, TOTAL_MAX);
    end->received_money = cbor_get_u128(&in);
    end->sent_money = cbor_get_u128(&in);
    end->received_seq = cbor_get_uint(&in, TOTAL_MAX);
    end->room_asked = cbor_get_bool(&in);
    end->priority = (uint8_t)cbor_get_uint(&in, CHANNEL_PRIORITY_MAX);
    error = end_row_error(end);
    if (error != NULL)
        cbor_fail(&in, error);
    return cbor_done(&in, fault, "row");
}

/* ST_CORRUPT with the end's name before the error. */
static enum status end_corrupt(const struct channel_end *end, struct fault *fault,
                               const char *error)
{
    return fault_set(fault, ST_CORRUPT,
                     "table link, channel end %" PRIu64 " of interface %" PRIu32 ": %s", end->id,
                     end->interface, error);
}

enum status channels_row_decode(struct channel_end *end, const struct store_row *stored,
                                struct fault *fault)
{
    struct channel_end read = {0};
    struct fault inner = {0};

    if (stored->key_size <= KEY_KIND_AT || stored->key[KEY_KIND_AT] != KEY_END)
        return ST_MISSING;
    if (stored->key_size != KEY_BYTES)
        return fault_set(fault, ST_CORRUPT, "table link: the key of a channel end has %zu bytes",
                         stored->key_size);
    read.interface = be32_get(stored->key);
    read.id = be64_get(stored->key + KEY_ID_AT);
    if (read.interface > INTERFACE_MAX || read.id == 0)
        return end_corrupt(&read, fault, "no such key is ever written");
    if (end_decode(&read, stored->value, stored->value_size, &inner) != ST_OK)
        return end_corrupt(&read, fault, inner.text);
    *end = read;
    return ST_OK;
}

static enum status ends_load_counters(struct channels *channels, const uint8_t *value,
                                      size_t value_size, struct fault *fault)
{
    struct fault inner = {0};
    struct cbor in;
    uint64_t items;
    uint64_t above = 0; /* interfaces rise: the next is at least this */

    cbor_init(&in, value, value_size);
    cbor_get_array(&in, COUNTERS_FIELDS);
    channels->id_next = cbor_get_uint(&in, TOTAL_MAX);
    items = cbor_get_array_any(&in, 2 * (uint64_t)INTERFACE_MAX);
    if (channels->id_next == 0 || items % 2 != 0)
        cbor_fail(&in, "no such counters are ever written");
    for (uint64_t i = 0; i + 1 < items && in.error == NULL; i += 2) {
        uint64_t interface = cbor_get_uint(&in, INTERFACE_MAX);
        uint64_t number_next = cbor_get_uint(&in, NUMBER_BOUGHT_MAX + (uint64_t)NUMBER_STEP);

        /* As ends_save_counters() writes them: interfaces rise, and unused ones are left out. */
        if (interface < above || number_next <= NUMBER_FIRST || number_next % NUMBER_STEP != 0)
            cbor_fail(&in, "no such counters are ever written");
        else
            set_port(channels, (uint32_t)interface)->number_next = number_next;
        above = interface + 1;
    }
    if (cbor_done(&in, &inner, "row") != ST_OK)
        return fault_set(fault, ST_CORRUPT, "table link, counters of channels: %s", inner.text);
    channels->id_next_saved = channels->id_next;
    return ST_OK;
}

static bool ends_is_counters(const struct store_row *stored)
{
    return stored->key_size == KEY_BYTES && be32_get(stored->key) == 0 &&
           stored->key[KEY_KIND_AT] == KEY_COUNTERS && be64_get(stored->key + KEY_ID_AT) == 0;
}

/* The counters' key sorts before every end's, so they are known when the ends come. */
static enum status ends_load_row(struct channels *channels, const struct store_row *stored,
                                 struct fault *fault)
{
    struct channel_end end;
    enum status status;

    if (ends_is_counters(stored))
        return ends_load_counters(channels, stored->value, stored->value_size, fault);
    status = channels_row_decode(&end, stored, fault);
    if (status == ST_MISSING)
        return ST_OK; /* a row of links */
    if (status != ST_OK)
        return status;
    /* What no end by itself can be wrong about: the counters, and the ends that came before. */
    if (end.id >= channels->id_next)
        return end_corrupt(&end, fault, "its id is above the counter");
    if ((end.side == CHANNEL_BUYER || end.interface == CHANNEL_INTERFACE_SELF) &&
        end.number >= set_port(channels, end.interface)->number_next)
        return end_corrupt(&end, fault, "its number is above the counter");
    if (channels_find(channels, end.id) != NULL)
        return end_corrupt(&end, fault, "its id is there twice");
    if (channels_at(channels, end.interface, end.number, end.side) != NULL)
        return end_corrupt(&end, fault, "its number and side are there twice");
    set_link_new(channels, &end)->stored = true;
    return ST_OK;
}

enum status channels_load(struct channels *channels, const struct store_read *read,
                          struct fault *fault)
{
    enum status status = ST_OK;
    struct store_cursor cursor;
    struct store_row stored;

    INVARIANT(channels->id_next == 1);
    store_cursor_open(&cursor, read, STORE_LINK, NULL, 0, fault);
    while (status == ST_OK && store_cursor_next(&cursor, &stored))
        status = ends_load_row(channels, &stored, fault);
    status = store_cursor_close(&cursor, status);
    if (status != ST_OK)
        set_clear(channels);
    return status;
}

/*
 * Any bytes as a parcel, at links that are down, up and owed to: nothing crashes, a parcel that is
 * refused changes nothing, and what is taken encodes to the same bytes and keeps to the limit.
 * The first byte picks the link's state.
 */
#include <stdlib.h>
#include <string.h>

#include "links/link.h"
#include "links/link_set.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct money money_of(uint64_t nanos)
{
    struct money amount = money_zero();

    if (money_from_nanos(&amount, nanos) != ST_OK)
        abort();
    return amount;
}

static void hello_in(struct links *links, struct link *link)
{
    struct hello hello = {.epoch = 1, .peer_epoch = 1, .limit = money_of(1000)};
    struct bytes wire = {0};
    struct parcel parcel;
    struct fault fault;

    hello_encode(&wire, &hello);
    if (link_parcel_in(links, link, wire.data, wire.size, &parcel, &fault) != PARCEL_TAKEN)
        abort();
    bytes_fini(&wire);
}

static void number(void *context, const struct link *link, uint64_t seq,
                   const struct channel_message *message)
{
    (void)context;
    (void)link;
    (void)seq;
    (void)message;
}

static void send_some(struct links *links, struct link *link)
{
    struct channel_message packet = {.kind = CHANNEL_PACKET, .number = 2, .money = money_of(100)};
    struct store_batch batch;

    for (int i = 0; i < 3; i++)
        link_queue(links, link, NULL, &packet);
    (void)links_number(links, number, NULL); /* there are some */
    store_batch_init(&batch);
    links_save(links, &batch);
    store_batch_fini(&batch);
}

static void take_all(struct links *links, struct link *link, struct parcel *parcel)
{
    struct channel_message message;
    struct bytes again = {0};

    for (;;) {
        const uint8_t *from = parcel->messages.at;

        if (!link_next(links, link, parcel, &message))
            break;
        bytes_clear(&again);
        message_encode(&again, &message);
        if (again.size != (size_t)(parcel->messages.at - from) ||
            memcmp(again.data, from, again.size) != 0)
            abort();
        link_take(links, link, &message);
    }
    bytes_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t key[LINK_KEY_BYTES] = {1};
    struct links *links;
    struct link *link;
    struct link before;
    struct parcel parcel;
    struct fault fault;

    if (size == 0 || links_new(&links) != ST_OK)
        return 0;
    if (links_add(links, "n", key, "", money_of(1000), &link, &fault) != ST_OK)
        abort();
    if (data[0] & 1)
        hello_in(links, link);
    if (data[0] & 2)
        send_some(links, link);
    before = *link;
    switch (link_parcel_in(links, link, data + 1, size - 1, &parcel, &fault)) {
    case PARCEL_TAKEN:
        take_all(links, link, &parcel);
        break;
    case PARCEL_STALE:
    case PARCEL_FROZE:
    case PARCEL_UNFIT:
    case PARCEL_KEPT:
    case PARCEL_LOST: /* nothing is adopted here */
        break;
    case PARCEL_REFUSED:
        if (memcmp(&before, link, sizeof before) != 0)
            abort();
        break;
    }
    if (link->received_total > link->sent_total + 1000)
        abort();
    links_free(links);
    return 0;
}

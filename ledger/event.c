/*
 * What caused lines: the kinds of event, their sources (docs/records.md, "What causes them") and
 * the hash that names an event.
 */
#include "base/cbor.h"
#include "ledger/books.h"

/*
 * Begin *event, with no bytes and nothing drawn by chance.  The CBOR item of its source is to be
 * put into what is returned, which is the event's own memory: several events are made in each turn,
 * and most of them have a source of a few bytes.
 */
static struct bytes event_begin(struct event *event, enum event_kind kind, uint64_t subject,
                                uint64_t site_time_us)
{
    event->kind = kind;
    event->subject = subject;
    event->bytes = hash_of(NULL, 0);
    event->random = hash_of(NULL, 0);
    event->site_time_us = site_time_us;
    return bytes_within(event->source, sizeof event->source);
}

/* The source is complete: keep its size.  It fits, or the kind of event is a bug. */
static void event_sourced(struct event *event, const struct bytes *source)
{
    INVARIANT(!source->failed);
    event->source_size = source->size;
}

struct event event_of_time(uint64_t subject, uint64_t site_time_us)
{
    struct event event;
    struct bytes source = event_begin(&event, EVENT_TICK, subject, site_time_us);

    cbor_put_null(&source);
    event_sourced(&event, &source);
    return event;
}

struct event event_of_request(uint64_t customer, const uint8_t key[EVENT_KEY_BYTES],
                              uint64_t number, uint64_t site_time_us)
{
    struct event event;
    struct bytes source = event_begin(&event, EVENT_REQUEST, customer, site_time_us);

    cbor_put_array(&source, 2);
    cbor_put_bytes(&source, key, EVENT_KEY_BYTES);
    cbor_put_uint(&source, number);
    event_sourced(&event, &source);
    return event;
}

struct event event_of_turn(uint64_t agent, uint64_t sender, uint64_t message, uint64_t message_kind,
                           uint64_t site_time_us)
{
    struct event event;
    struct bytes source = event_begin(&event, EVENT_TURN, agent, site_time_us);

    cbor_put_array(&source, 3);
    cbor_put_uint(&source, sender);
    cbor_put_uint(&source, message);
    cbor_put_uint(&source, message_kind);
    event_sourced(&event, &source);
    return event;
}

struct event event_of_link(uint32_t interface, uint64_t seq, uint64_t site_time_us)
{
    struct event event;
    struct bytes source = event_begin(&event, EVENT_LINK, ACCOUNT_NONE, site_time_us);

    cbor_put_array(&source, 2);
    cbor_put_uint(&source, interface);
    cbor_put_uint(&source, seq);
    event_sourced(&event, &source);
    return event;
}

struct event event_of_settlement(uint32_t interface, uint64_t index, uint64_t site_time_us)
{
    struct event event = event_of_link(interface, index, site_time_us);

    event.kind = EVENT_SETTLEMENT; /* the source has the same two numbers */
    return event;
}

struct event event_of_prices(uint64_t id, const struct hash *book, uint64_t site_time_us)
{
    struct event event;
    struct bytes source = event_begin(&event, EVENT_PRICES, ACCOUNT_NONE, site_time_us);

    cbor_put_array(&source, 2);
    cbor_put_uint(&source, id);
    cbor_put_bytes(&source, book->bytes, HASH_BYTES);
    event_sourced(&event, &source);
    event.bytes = *book;
    return event;
}

/*
 * What caused lines: the kinds of event, their sources (docs/records.md, "What causes them") and
 * the hash that names an event.
 */
#include <string.h>

#include "base/cbor.h"
#include "ledger/books.h"

/* An event with the CBOR item in *source, which ends here; no bytes, and nothing drawn by chance.
 */
static struct event event_of(enum event_kind kind, uint64_t subject, struct bytes *source,
                             uint64_t site_time_us)
{
    struct event event = {.kind = kind,
                          .subject = subject,
                          .bytes = hash_of(NULL, 0),
                          .random = hash_of(NULL, 0),
                          .site_time_us = site_time_us,
                          .source_size = source->size};

    INVARIANT(!source->failed && source->size <= sizeof event.source);
    memcpy(event.source, source->data, source->size);
    bytes_fini(source);
    return event;
}

struct event event_of_time(uint64_t subject, uint64_t site_time_us)
{
    struct bytes source = {0};

    cbor_put_null(&source);
    return event_of(EVENT_TICK, subject, &source, site_time_us);
}

struct event event_of_request(uint64_t customer, const uint8_t key[EVENT_KEY_BYTES],
                              uint64_t number, uint64_t site_time_us)
{
    struct bytes source = {0};

    cbor_put_array(&source, 2);
    cbor_put_bytes(&source, key, EVENT_KEY_BYTES);
    cbor_put_uint(&source, number);
    return event_of(EVENT_REQUEST, customer, &source, site_time_us);
}

struct event event_of_turn(uint64_t agent, uint64_t sender, uint64_t message, uint64_t message_kind,
                           uint64_t site_time_us)
{
    struct bytes source = {0};

    cbor_put_array(&source, 3);
    cbor_put_uint(&source, sender);
    cbor_put_uint(&source, message);
    cbor_put_uint(&source, message_kind);
    return event_of(EVENT_TURN, agent, &source, site_time_us);
}

struct event event_of_link(uint32_t interface, uint64_t seq, uint64_t site_time_us)
{
    struct bytes source = {0};

    cbor_put_array(&source, 2);
    cbor_put_uint(&source, interface);
    cbor_put_uint(&source, seq);
    return event_of(EVENT_LINK, ACCOUNT_NONE, &source, site_time_us);
}

struct event event_of_prices(uint64_t id, const struct hash *book, uint64_t site_time_us)
{
    struct bytes source = {0};
    struct event event;

    cbor_put_array(&source, 2);
    cbor_put_uint(&source, id);
    cbor_put_bytes(&source, book->bytes, HASH_BYTES);
    event = event_of(EVENT_PRICES, ACCOUNT_NONE, &source, site_time_us);
    event.bytes = *book;
    return event;
}

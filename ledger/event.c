/*
 * What caused lines: the kinds of event, their sources (docs/records.md, "What causes them") and
 * the hash that names an event.
 */
#include "base/cbor.h"
#include "ledger/books.h"

/* An event with no bytes and nothing drawn by chance, and a source of these numbers. */
static struct event event_make(enum event_kind kind, uint64_t subject, uint64_t first,
                               uint64_t second, uint64_t third, uint64_t site_time_us)
{
    return (struct event){.kind = kind,
                          .subject = subject,
                          .source = {.numbers = {first, second, third}},
                          .bytes = hash_of(NULL, 0),
                          .random = hash_of(NULL, 0),
                          .site_time_us = site_time_us};
}

struct event event_of_time(uint64_t subject, uint64_t site_time_us)
{
    return event_make(EVENT_TICK, subject, 0, 0, 0, site_time_us);
}

struct event event_of_request(uint64_t customer, const uint8_t key[EVENT_KEY_BYTES],
                              uint64_t number, uint64_t site_time_us)
{
    struct event event = event_make(EVENT_REQUEST, customer, number, 0, 0, site_time_us);

    memcpy(event.source.bytes, key, EVENT_KEY_BYTES);
    return event;
}

struct event event_of_turn(uint64_t agent, uint64_t sender, uint64_t message, uint64_t message_kind,
                           uint64_t site_time_us)
{
    return event_make(EVENT_TURN, agent, sender, message, message_kind, site_time_us);
}

struct event event_of_link(uint32_t interface, uint64_t seq, uint64_t site_time_us)
{
    return event_make(EVENT_LINK, ACCOUNT_NONE, interface, seq, 0, site_time_us);
}

struct event event_of_settlement(uint32_t interface, uint64_t index, uint64_t site_time_us)
{
    return event_make(EVENT_SETTLEMENT, ACCOUNT_NONE, interface, index, 0, site_time_us);
}

struct event event_of_prices(uint64_t id, const struct hash *book, uint64_t site_time_us)
{
    struct event event = event_make(EVENT_PRICES, ACCOUNT_NONE, id, 0, 0, site_time_us);

    memcpy(event.source.bytes, book->bytes, HASH_BYTES);
    event.bytes = *book;
    return event;
}

/* ---- as a CBOR item ---- */

void event_source_put(struct bytes *out, enum event_kind kind, const struct event_source *source)
{
    const uint64_t *numbers = source->numbers;

    switch (kind) {
    case EVENT_TICK:
        cbor_put_null(out);
        return;
    case EVENT_REQUEST:
        cbor_put_array(out, 2);
        cbor_put_bytes(out, source->bytes, EVENT_KEY_BYTES);
        cbor_put_uint(out, numbers[0]);
        return;
    case EVENT_PRICES:
        cbor_put_array(out, 2);
        cbor_put_uint(out, numbers[0]);
        cbor_put_bytes(out, source->bytes, HASH_BYTES);
        return;
    case EVENT_TURN:
        cbor_put_array(out, 3);
        cbor_put_uint(out, numbers[0]);
        cbor_put_uint(out, numbers[1]);
        cbor_put_uint(out, numbers[2]);
        return;
    case EVENT_LINK:
    case EVENT_SETTLEMENT:
        cbor_put_array(out, 2);
        cbor_put_uint(out, numbers[0]);
        cbor_put_uint(out, numbers[1]);
        return;
    }
    invariant_failed("an event kind", __FILE__, __LINE__);
}

/* docs/records.md, "Event entries": the hash names cause, input, time and chance, and no money. */
struct hash event_hash(struct bytes *scratch, const struct event *event)
{
    static const char domain[] = "serai-event-1";

    /* Domain and item side by side, so that they are hashed in one pass. */
    bytes_clear(scratch);
    bytes_append(scratch, domain, sizeof domain - 1);
    cbor_put_array(scratch, 5);
    cbor_put_uint(scratch, event->kind);
    event_source_put(scratch, event->kind, &event->source);
    cbor_put_bytes(scratch, event->bytes.bytes, HASH_BYTES);
    cbor_put_uint(scratch, event->site_time_us);
    cbor_put_bytes(scratch, event->random.bytes, HASH_BYTES);
    INVARIANT(!scratch->failed);
    return hash_of(scratch->data, scratch->size);
}

/* Events and openings as bytes, and what an entry is: docs/records.md, "Entries". */
#include "ledger/entry.h"

#include <assert.h>

#include "ledger/account.h"
#include "ledger/entry_io.h"

uint64_t entry_get_long_number(struct entry_input *in)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 7 * VARINT_BYTES_MAX; shift += 7) {
        uint8_t byte;

        if (in->at == in->end)
            return entry_fail(in, "it is cut off");
        byte = *in->at++;
        if (shift == 63 && byte > 1)
            return entry_fail(in, "a number has more than 64 bits");
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) /* the shortest form: its last byte is not 0, or it is the only one */
            return byte == 0 && shift > 0 ? entry_fail(in, "a number is longer than it need be")
                                          : value;
    }
    return entry_fail(in, "a number has more than 64 bits");
}

/* ---- events ---- */

static_assert((int)EVENT_KEY_BYTES == (int)HASH_BYTES, "the bytes of a source are a key or a hash");
static_assert(1 + HASH_BYTES + 2 * VARINT_BYTES_MAX + EVENT_KEY_BYTES + VARINT_BYTES_MAX <=
                  ENTRY_BYTES_MAX,
              "a request fits");

size_t entry_put_event(uint8_t *out, struct entry_state *state, const struct journal_event *event)
{
    const struct event_source *source = &event->source;
    uint8_t *at = out;

    *at++ = (uint8_t)(TAG_EVENT + event->kind);
    memcpy(at, event->hash.bytes, HASH_BYTES);
    at = varint_put(at + HASH_BYTES, event->site_time_us - state->site_time_us);
    at = varint_put(at, event->subject);
    state->site_time_us = event->site_time_us;
    state->subject = event->subject;
    switch (event->kind) {
    case EVENT_TICK:
        break;
    case EVENT_REQUEST:
    case EVENT_PRICES:
        at = varint_put(at, source->numbers[0]);
        memcpy(at, source->bytes, EVENT_KEY_BYTES);
        at += EVENT_KEY_BYTES;
        break;
    case EVENT_TURN:
        at = varint_put(at, source->numbers[0]);
        at = varint_put(at, zigzag(source->numbers[1] - state->number));
        at = varint_put(at, source->numbers[2]);
        state->number = source->numbers[1];
        break;
    case EVENT_LINK:
        at = varint_put(at, source->numbers[0]);
        at = varint_put(at, zigzag(source->numbers[1] - state->number));
        state->number = source->numbers[1];
        break;
    case EVENT_SETTLEMENT:
        at = varint_put(at, source->numbers[0]);
        at = varint_put(at, source->numbers[1]);
        break;
    }
    return (size_t)(at - out);
}

static void event_get(struct entry_input *in, struct journal_event *event,
                      struct entry_state *state, unsigned kind)
{
    struct event_source *source = &event->source;

    memset(event, 0, sizeof *event);
    if (kind > EVENT_SETTLEMENT || kind == EVENT_KIND_FREE) {
        (void)entry_fail(in, "the event kind is unknown");
        return;
    }
    event->kind = (enum event_kind)kind;
    entry_get_bytes(in, event->hash.bytes, HASH_BYTES);
    event->site_time_us = state->site_time_us + entry_get_number(in);
    event->subject = entry_get_number(in);
    state->site_time_us = event->site_time_us;
    state->subject = event->subject;
    switch (event->kind) {
    case EVENT_TICK:
        break;
    case EVENT_REQUEST:
    case EVENT_PRICES:
        source->numbers[0] = entry_get_number(in);
        entry_get_bytes(in, source->bytes, EVENT_KEY_BYTES);
        break;
    case EVENT_TURN:
        source->numbers[0] = entry_get_number(in);
        state->number += unzigzag(entry_get_number(in));
        source->numbers[1] = state->number;
        source->numbers[2] = entry_get_number(in);
        break;
    case EVENT_LINK:
        source->numbers[0] = entry_get_number(in);
        state->number += unzigzag(entry_get_number(in));
        source->numbers[1] = state->number;
        break;
    case EVENT_SETTLEMENT:
        source->numbers[0] = entry_get_number(in);
        source->numbers[1] = entry_get_number(in);
        break;
    }
}

/* ---- openings ---- */

size_t entry_put_opening(uint8_t *out, const struct journal_opening *opening)
{
    uint8_t *at = out;

    *at++ = opening->closing ? TAG_CLOSED : TAG_OPENED;
    *at++ = (uint8_t)opening->kind;
    at = varint_put(at, opening->account);
    at = varint_put(at, opening->customer);
    return (size_t)(at - out);
}

static void opening_get(struct entry_input *in, struct journal_opening *opening, bool closing)
{
    uint8_t kind = 0;

    memset(opening, 0, sizeof *opening);
    entry_get_bytes(in, &kind, sizeof kind);
    if (kind >= ACCOUNT_KINDS) {
        (void)entry_fail(in, "the account kind is unknown");
        return;
    }
    opening->closing = closing;
    opening->kind = (enum account_kind)kind;
    opening->class = account_class_of(opening->kind);
    opening->account = entry_get_number(in);
    opening->customer = entry_get_number(in);
    if (opening->account == ACCOUNT_NONE)
        (void)entry_fail(in, "the account is 0");
}

/* ---- any of them ---- */

const char *entry_get(struct entry *entry, struct entry_state *state, const uint8_t *data,
                      size_t size, size_t *used)
{
    struct entry_input in = {.at = data, .end = data + size};
    uint8_t tag = 0;

    entry_get_bytes(&in, &tag, sizeof tag);
    if (in.error != NULL)
        return in.error;
    if (tag < TAG_EVENT) {
        entry->kind = ENTRY_LINE;
        entry_get_line(&in, &entry->line, state, tag);
    } else if (tag < TAG_OPENED) {
        entry->kind = ENTRY_EVENT;
        event_get(&in, &entry->event, state, tag - TAG_EVENT);
    } else if (tag <= TAG_CLOSED) {
        entry->kind = ENTRY_OPENING;
        opening_get(&in, &entry->opening, tag == TAG_CLOSED);
    } else {
        return "the kind of entry is unknown";
    }
    *used = (size_t)(in.at - data);
    return in.error;
}

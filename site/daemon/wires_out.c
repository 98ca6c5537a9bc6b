#include "site/daemon/wires_out.h"

#include "site/daemon/wires_state.h"

const uint8_t wires_alive[WIRES_WORD_BYTES] = {0x81, 0x03};
const uint8_t wires_left[WIRES_WORD_BYTES] = {0x81, 0x04};
const uint8_t wires_drained[WIRES_WORD_BYTES] = {0x81, 0x0b};

/* ---- how much may wait ---- */

uint64_t wires_bytes_out(const struct wires *wires)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < wires->count; i++) {
        const struct wire *wire = &wires->list[i];

        bytes += wire->dialled == NULL ? 0 : wire->dialled->out_held;
        bytes += wire->called == NULL ? 0 : wire->called->out_held;
    }
    return bytes;
}

/*
 * The most that this connection may hold (docs/wire.md, "Transport"): half of what is free with its
 * own, so that a peer which takes nothing leaves as much to the others.
 */
static uint64_t wires_share(const struct wires *wires, const struct call *call)
{
    uint64_t share = (CALLS_OUT_BYTES_MAX - wires_bytes_out(wires) + call->out_held) / 2;

    return share < CALL_OUT_BYTES_MAX ? share : CALL_OUT_BYTES_MAX;
}

static bool wires_send_by(const struct wires *wires, struct call *call, const uint8_t *bytes,
                          size_t size)
{
    return call != NULL && call_send(call, bytes, size, wires_share(wires, call));
}

static bool wires_send_either(const struct wires *wires, const struct wire *wire,
                              const uint8_t *bytes, size_t size)
{
    return wires_send_by(wires, wire->dialled, bytes, size) ||
           wires_send_by(wires, wire->called, bytes, size);
}

/* ---- what is sent ---- */

void wires_send(struct wires *wires, const struct core_parcel *parcel)
{
    INVARIANT(parcel->interface >= 1);
    if (parcel->interface > wires->count) /* a link whose frame comes with this one */
        return;
    if (wires_send_either(wires, &wires->list[parcel->interface - 1], parcel->bytes.data,
                          parcel->bytes.size))
        wires->counters.sent++;
    else
        wires->counters.dropped++; /* the core sends it again, by its number */
}

void wires_invite(struct wires *wires, const struct core_invited *invited, size_t count)
{
    zap_invite(wires->zap, invited, count);
}

/* Its place is kept until the answer has had time to leave, as with LEFT. */
void wires_answer(struct wires *wires, const struct core_joined *joined)
{
    struct call *call = callers_take(&wires->callers, joined->call);

    if (call == NULL)
        return;
    (void)wires_send_by(wires, call, joined->bytes.data, joined->bytes.size);
    call_pump(call, wires->now_us);
    callers_keep(&wires->callers, call, wires->now_us + LEAVE_US);
}

void wires_say_alive(struct wires *wires, struct wire *wire)
{
    if (wire->connected || wire->called != NULL)
        (void)wires_send_either(wires, wire, wires_alive, sizeof wires_alive);
}

void wires_say_drained(struct wires *wires)
{
    wires->leave_us = wires->now_us + LAST_PARCELS_US;
    for (size_t i = 0; i < wires->count; i++) {
        struct wire *wire = &wires->list[i];

        if (wire->connected || wire->called != NULL)
            (void)wires_send_either(wires, wire, wires_drained, sizeof wires_drained);
    }
}

/* The word needs a moment to leave, so the connection is kept that long among the callers. */
static void wires_part_from(struct wires *wires, struct call *call)
{
    if (call == NULL)
        return;
    (void)wires_send_by(wires, call, wires_left, sizeof wires_left);
    call_pump(call, wires->now_us);
    callers_keep(&wires->callers, call, wires->now_us + LEAVE_US);
}

void wires_say_left(struct wires *wires, struct wire *wire)
{
    wire_unwatch(wire);
    wires_part_from(wires, wire->dialled);
    wires_part_from(wires, wire->called);
    wire->dialled = NULL;
    wire->called = NULL;
}

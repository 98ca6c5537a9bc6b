#include "site/daemon/wires_silence.h"

#include "site/daemon/wires_in.h"
#include "site/daemon/wires_out.h"
#include "site/daemon/wires_state.h"

/* A site that did not listen cannot say that nobody spoke: all count as heard now. */
static void silence_forgive(struct wires *wires)
{
    for (size_t i = 0; i < wires->count; i++) {
        struct wire *wire = &wires->list[i];

        wire->received_us = wires->now_us;
        if (wire->called != NULL)
            wire->called->received_us = wires->now_us;
        if (wire->dialled != NULL)
            wire->dialled->received_us = wires->now_us;
    }
}

static void silence_notice(struct wire *wire, uint64_t now_us)
{
    uint64_t silent_us = now_us - wire->received_us;

    if (wire->live && silent_us >= SILENCE_US)
        wire_trouble(wire, "no answer for %u s", (unsigned)(silent_us / 1000000));
}

/* By connection: one that brings nothing whole, such as endless parts, keeps memory. */
static void silence_end_called(struct wires *wires, struct wire *wire)
{
    if (wire->called != NULL && wires->now_us - wire->called->received_us >= SILENCE_US)
        wires_end_called(wires, wire);
}

void wires_sweep_silence(struct wires *wires)
{
    bool beats = wires->now_us >= wires->beat_us;

    /* With no place free, or while the daemon was not scheduled, nothing was read. */
    if (wires_is_full(wires) || wires->now_us - wires->swept_us >= ASLEEP_US)
        silence_forgive(wires);
    wires->swept_us = wires->now_us;
    if (beats)
        wires->beat_us = wires->now_us + BEAT_US;
    for (size_t i = 0; i < wires->count; i++) {
        struct wire *wire = &wires->list[i];

        if (beats)
            wires_say_alive(wires, wire);
        silence_notice(wire, wires->now_us);
        silence_end_called(wires, wire);
        wire_tire(wire, wires->now_us);
    }
}

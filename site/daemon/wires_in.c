#include "site/daemon/wires_in.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "site/daemon/wires_out.h"
#include "site/daemon/wires_state.h"

void wires_give_back(struct wires *wires, struct arrival *arrival)
{
    arrivals_give_back(&wires->arrivals, arrival);
}

bool wires_is_full(const struct wires *wires)
{
    return wires->arrivals.spare_count == 0;
}

/* ---- what is refused ---- */

static void wires_refuse(struct wires *wires, const struct wire *wire, const char *reason)
{
    wires->counters.refused++;
    log_write(LOG_WARN, "link.parcel-refused", "interface=%" PRIu32 " reason=\"%s\"",
              wire->link.interface, reason);
}

/*
 * Only a peer that had a link when it connected gets here: the link was removed, and a connection
 * that the peer made stays.  It may send much, so a line of the log stands for a minute of it.
 */
static void wires_refuse_unknown(struct wires *wires)
{
    wires->counters.refused++;
    if (wires->now_us < wires->unknown_us)
        return;
    wires->unknown_us = wires->now_us + UNKNOWN_LOG_US;
    log_write(LOG_WARN, "link.parcel-refused",
              "interface=0 reason=\"it comes from a peer whose link was removed\"");
}

/* The rest of a message that has more frames than it should. */
static void wires_skip_frames(struct call *call, uint64_t now_us)
{
    zmq_msg_t frame;
    bool more = true;

    while (more && call_receive(call, &frame, now_us)) {
        more = zmq_msg_more(&frame) != 0;
        (void)zmq_msg_close(&frame);
    }
}

/* ---- one message ---- */

static bool message_is(zmq_msg_t *message, const uint8_t word[WIRES_WORD_BYTES])
{
    return zmq_msg_size(message) == WIRES_WORD_BYTES &&
           memcmp(zmq_msg_data(message), word, WIRES_WORD_BYTES) == 0;
}

/*
 * docs/wire.md, LEFT: the link is down and says why.  Dialling again shows if it was added again.
 */
static void wires_peer_left(struct wires *wires, struct wire *wire)
{
    wire_trouble(wire, "the peer has removed its link to this site: ask its operator");
    call_free(wire->called);
    wire->called = NULL;
    if (wire->dialled == NULL)
        return;
    wire_close(wire);
    wire->redial_us = wires->now_us + REDIAL_US;
}

/* docs/wire.md, DRAINED: whatever is wrong with the connection from now on, this is why. */
static void wires_peer_drained(struct wire *wire)
{
    wire_trouble(wire, "the peer was drained: its operator has stopped it");
    wire->drained = true;
}

/*
 * `held` has the first frame; docs/wire.md, "Transport": a parcel has no other.  True: it was
 * passed on to the core, else it ends here.
 */
static bool wires_accept(struct wires *wires, struct held *held, struct call *call,
                         struct wire *wire)
{
    bool more = zmq_msg_more(&held->message) != 0;

    /* In any case, or the rest would pass for the next message. */
    if (more)
        wires_skip_frames(call, wires->now_us);
    if (wire == NULL) {
        wires_refuse_unknown(wires);
        return false;
    }
    if (more) {
        wires_refuse(wires, wire, "it has more than one frame");
        return false;
    }
    if (message_is(&held->message, wires_left)) {
        wires_peer_left(wires, wire);
        return false;
    }
    if (message_is(&held->message, wires_drained)) {
        wires_peer_drained(wire);
        return false;
    }
    /* Whatever else it is, the peer lives. */
    wire_lives(wire, wires->now_us);
    if (message_is(&held->message, wires_alive))
        return false;
    wires->counters.received++;
    arrivals_pass_parcel(&wires->arrivals, held, wire);
    return true;
}

/*
 * `wire` NULL: what comes is no link's any more.  False: nothing came, or no place is free for it.
 */
static bool wires_read_one(struct wires *wires, struct call *call, struct wire *wire)
{
    struct held *held = arrivals_take(&wires->arrivals);

    if (held == NULL)
        return false;
    held->full = call_receive(call, &held->message, wires->now_us);
    if (!held->full) {
        arrivals_give_back(&wires->arrivals, &held->arrival);
        return false;
    }
    if (!wires_accept(wires, held, call, wire))
        arrivals_give_back(&wires->arrivals, &held->arrival);
    return true;
}

/* ---- connections ---- */

/* LEFT may be among what is read, and then `*call` is NULL. */
static void wires_read_call(struct wires *wires, struct call **call, struct wire *wire)
{
    int left_over = PARCELS_STEP;

    while (left_over > 0 && *call != NULL && wires_read_one(wires, *call, wire))
        left_over--;
}

void wires_end_called(struct wires *wires, struct wire *wire)
{
    if (call_is_choked(wire->called))
        wires_refuse(wires, wire, "it has no end: too many frames");
    call_free(wire->called);
    wire->called = NULL;
    if (wire->live && !wire->connected)
        wire_broken(wire, wires->now_us);
}

void wires_read(struct wires *wires, struct wire *wire)
{
    wires_read_call(wires, &wire->called, wire);
    wires_read_call(wires, &wire->dialled, wire);
    /* While no place is free it is kept: whole messages may wait in it. */
    if (wire->called != NULL && call_is_over(wire->called) && !wires_is_full(wires))
        wires_end_called(wires, wire);
}

/* One message: what else an invited site sends is not looked at, and it has no link's rights. */
static void wires_read_invited(struct wires *wires, struct call *call)
{
    struct held *held;

    if (call->asked || (held = arrivals_take(&wires->arrivals)) == NULL)
        return;
    held->full = call_receive(call, &held->message, wires->now_us);
    if (!held->full) {
        arrivals_give_back(&wires->arrivals, &held->arrival);
        return;
    }
    call->asked = true;
    arrivals_pass_join(&wires->arrivals, held, call);
}

void wires_read_caller(struct wires *wires, struct call *call)
{
    if (call->invited)
        wires_read_invited(wires, call);
    else
        wires_read_call(wires, &call, NULL);
}

#include "site/daemon/wires.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "site/daemon/poller.h"
#include "site/daemon/wires_in.h"
#include "site/daemon/wires_out.h"
#include "site/daemon/wires_silence.h"
#include "site/daemon/wires_state.h"

/* ---- who calls ---- */

static struct wire *wires_find_user(struct wires *wires, const char *user_id)
{
    for (size_t i = 0; i < wires->count; i++)
        if (!wires->list[i].link.removed && strcmp(wires->list[i].user_id, user_id) == 0)
            return &wires->list[i];
    return NULL;
}

/*
 * A handshake, as zap.h reports it.  A key has one connection, the newest: the one before is ended,
 * whatever it still holds (docs/wire.md, "Transport").
 */
static const char *wires_key_shown(void *context, uint64_t number, const struct zap_shown *shown)
{
    struct wires *wires = context;
    const struct call *call = callers_find(&wires->callers, number);
    struct wire *wire = shown->user_id == NULL ? NULL : wires_find_user(wires, shown->user_id);

    if (call != NULL && shown->invited != NULL)
        call = callers_invited(&wires->callers, number, shown->invited,
                               wires->now_us + HANDSHAKE_MS * UINT64_C(1000));
    if (call == NULL) /* it has ended meanwhile */
        return "unknown";
    if (wire == NULL)
        return call->address;
    call_free(wire->called);
    wire->called = callers_take(&wires->callers, number);
    wire->called->known = true;
    wire->called->received_us = wires->now_us;
    return wire->called->address;
}

/* ---- opening ---- */

/*
 * ZMQ_ZERO_COPY_RECV, a context option that libzmq declares among its drafts, and every build has.
 * As it is set at first, a part keeps the 18 KiB of memory alive that it was read into, be it of 64
 * bytes: a peer that sends parts one by one would have us hold far more than CALL_BYTES_MAX.
 */
enum { CONTEXT_ZERO_COPY = 10 };

static enum status wires_open_context(struct wires *wires, struct fault *fault)
{
    wires->context = zmq_ctx_new();
    if (wires->context == NULL || zmq_ctx_set(wires->context, ZMQ_IO_THREADS, 1) != 0 ||
        zmq_ctx_set(wires->context, ZMQ_MAX_SOCKETS, SOCKETS_MAX) != 0 ||
        zmq_ctx_set(wires->context, CONTEXT_ZERO_COPY, 0) != 0)
        return fault_set(fault, ST_IO, "links: start ZeroMQ: %s", zmq_strerror(errno));
    return ST_OK;
}

static enum status wires_open_dialler(struct wires *wires, resolve_name resolve,
                                      struct fault *fault)
{
    wires->dialler.context = wires->context;
    wires->dialler.keys = &wires->keys;
    return resolver_new(&wires->dialler.resolver, resolve == NULL ? resolve_by_system : resolve,
                        fault);
}

enum status wires_new(struct wires **wires, const struct wires_options *options,
                      struct fault *fault)
{
    struct wires *made = calloc(1, sizeof *made);
    enum status status;

    if (made == NULL)
        return fault_set(fault, ST_NOMEM, "links: out of memory");
    arrivals_init(&made->arrivals, options->arrivals);
    made->callers.listener.fd = -1;
    made->callers.max = options->files == NULL ? CALLERS_MAX : options->files->callers;
    status = curve_public(made->keys.public, options->site_key, fault);
    if (status == ST_OK)
        status = curve_secret(&made->keys.secret, options->site_secret, fault);
    if (status == ST_OK)
        status = wires_open_context(made, fault);
    /* Before any socket of a peer: without it libzmq would let everybody in. */
    if (status == ST_OK)
        status = zap_new(&made->zap, made->context, wires_key_shown, made, fault);
    if (status == ST_OK)
        status = wires_open_dialler(made, options->resolve, fault);
    if (status == ST_OK)
        status = listener_open(&made->callers.listener, options->listen, fault);
    if (status != ST_OK) {
        wires_free(made);
        return status;
    }
    *wires = made;
    return ST_OK;
}

void wires_free(struct wires *wires)
{
    if (wires == NULL)
        return;
    arrivals_fini(&wires->arrivals);
    for (size_t i = 0; i < wires->count; i++) {
        wire_close(&wires->list[i]);
        call_free(wires->list[i].called);
    }
    callers_close(&wires->callers);
    zap_free(wires->zap);
    resolver_free(wires->dialler.resolver);
    if (wires->context != NULL)
        (void)!zmq_ctx_term(wires->context); /* all its sockets are closed and none lingers */
    sodium_free(wires->keys.secret);
    free(wires);
}

/* ---- polling ---- */

enum { POLL_ZAP, POLL_NAMES, POLL_LISTENER, POLL_CALLS };

static bool wires_take_calls(const struct wires *wires)
{
    return wires->configured && listener_is_open(&wires->callers.listener, wires->now_us);
}

static void poll_call(struct call *call, zmq_pollitem_t *items, size_t *count, bool reads)
{
    if (call == NULL)
        return;
    call->place = *count;
    call_poll(call, items + *count, reads);
    *count += CALL_POLL_ITEMS;
}

size_t wires_poll(struct wires *wires, zmq_pollitem_t *items, bool reads)
{
    /* With no place free the peers wait: their parcels stay in the sockets. */
    bool room = reads && !wires_is_full(wires);
    size_t count = POLL_CALLS;

    items[POLL_ZAP] = zap_poll(wires->zap);
    items[POLL_NAMES] =
        (zmq_pollitem_t){.fd = resolver_fd(wires->dialler.resolver), .events = ZMQ_POLLIN};
    items[POLL_LISTENER] =
        (zmq_pollitem_t){.fd = reads && wires_take_calls(wires) ? wires->callers.listener.fd : -1,
                         .events = ZMQ_POLLIN};
    for (size_t i = 0; i < wires->count; i++) {
        struct wire *wire = &wires->list[i];

        poll_call(wire->dialled, items, &count, room);
        poll_call(wire->called, items, &count, room);
        wire->place = count;
        if (wire->monitor != NULL)
            items[count++] = poller_socket(wire->monitor, true, &wire->monitor_touched);
    }
    for (size_t i = 0; i < wires->callers.count; i++) {
        struct call *call = wires->callers.calls[i];

        /* What an invited one sends after its first message stays where it is: to be told of it
         * would be to wake for nothing, again and again. */
        poll_call(call, items, &count, room && !call->asked);
    }
    return count;
}

/* ---- serving ---- */

static void serve_relay(struct wires *wires, struct wire *wire, const zmq_pollitem_t *items)
{
    if (wire->called != NULL && call_moves(wire->called, items))
        call_pump(wire->called, wires->now_us);
    if (wire->dialled == NULL || !call_moves(wire->dialled, items))
        return;
    if (wire->dialled->connecting)
        wire_answered(wire, wires->context, &wires->keys, wires->now_us);
    else
        call_pump(wire->dialled, wires->now_us);
}

static bool poll_found(struct call *call, const zmq_pollitem_t *items)
{
    return call != NULL && (call_has_messages(call, items) || call_is_over(call));
}

/*
 * What the poll found of the wires.  It comes first: `items` are by the places that connections had
 * in the poll, and what follows makes and ends some.  served[i]: something is to be read.
 */
static void serve_wires(struct wires *wires, const zmq_pollitem_t *items, bool *served)
{
    for (size_t i = 0; i < wires->count; i++) {
        struct wire *wire = &wires->list[i];

        serve_relay(wires, wire, items);
        served[i] = poll_found(wire->dialled, items);
        served[i] = poll_found(wire->called, items) || served[i]; /* both are looked at */
        if (wire->monitor != NULL && items[wire->place].revents != 0)
            wire_watch(wire, wires->now_us);
    }
}

/* Those that were links' may still speak. */
static void serve_callers(struct wires *wires, const zmq_pollitem_t *items)
{
    struct callers *callers = &wires->callers;

    callers_serve(callers, items, wires->context, &wires->keys, wires->now_us);
    for (size_t i = 0; i < callers->count; i++)
        if (call_has_messages(callers->calls[i], items))
            wires_read_caller(wires, callers->calls[i]);
    callers_sweep(callers, wires->now_us);
}

static void wires_report(struct wires *wires)
{
    for (size_t i = 0; i < wires->count; i++)
        arrivals_report(&wires->arrivals, &wires->list[i]);
}

void wires_serve(struct wires *wires, const zmq_pollitem_t *items, uint64_t now_us)
{
    bool served[LINK_INTERFACES_MAX] = {false};

    wires->now_us = now_us;
    serve_wires(wires, items, served);
    serve_callers(wires, items);
    if (items[POLL_ZAP].revents != 0)
        zap_serve(wires->zap, now_us);
    /* Before what is read: the core gets to know of a connection before what came over it. */
    wires_report(wires);
    /* Each time another is first, so that one that floods us cannot keep the others out. */
    wires->turn++;
    for (size_t i = 0; i < wires->count; i++) {
        size_t next = (wires->turn + i) % wires->count;

        if (served[next])
            wires_read(wires, &wires->list[next]);
    }
    /* Last, for they open what the poll did not see. */
    if (items[POLL_LISTENER].revents != 0)
        callers_accept(&wires->callers, now_us);
    if (items[POLL_NAMES].revents != 0)
        dialler_take_answers(&wires->dialler, wires->list, wires->count, now_us);
}

/* ---- what time brings ---- */

void wires_sweep(struct wires *wires, uint64_t now_us)
{
    wires->now_us = now_us;
    zap_sweep(wires->zap, now_us);
    callers_sweep(&wires->callers, now_us);
    wires_sweep_silence(wires);
    for (size_t i = 0; i < wires->count; i++)
        dialler_sweep(&wires->dialler, &wires->list[i], now_us);
    wires_report(wires);
}

void wires_rest(struct wires *wires, uint64_t now_us)
{
    listener_rest(&wires->callers.listener, now_us);
}

uint64_t wires_due_us(const struct wires *wires)
{
    uint64_t due_us = UINT64_MAX;

    for (size_t i = 0; i < wires->count; i++) {
        uint64_t redial_us = wires->list[i].redial_us;

        if (redial_us != 0 && redial_us < due_us)
            due_us = redial_us;
    }
    return due_us;
}

/* ---- counters ---- */

/* The count of bytes is not exact, and DRAINED is not sent again. */
bool wires_is_sending(const struct wires *wires)
{
    return wires_bytes_out(wires) > 0 || wires->now_us < wires->leave_us;
}

struct wires_counters wires_count(const struct wires *wires)
{
    struct wires_counters counters = wires->counters;

    counters.unknown_keys = zap_refused(wires->zap);
    counters.bytes_out = wires_bytes_out(wires);
    for (size_t i = 0; i < wires->count; i++) {
        const struct wire *wire = &wires->list[i];

        counters.called += wire->called != NULL;
        counters.bytes_in += wire->called == NULL ? 0 : wire->called->in_held;
        counters.bytes_in += wire->dialled == NULL ? 0 : wire->dialled->in_held;
    }
    return counters;
}

#include "site/daemon/wires.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "site/daemon/callers.h"
#include "site/daemon/wire.h"

/* A parcel lent to the core: its bytes are the message's. */
struct held {
    struct arrival arrival;
    zmq_msg_t message;
    bool full; /* the message is ours to close */
    char trouble[WIRE_TROUBLE_BYTES];
};

static_assert(offsetof(struct held, arrival) == 0, "a pointer to an arrival is one to its place");
static_assert(ARRIVALS_MAX <= (int)RING_SLOTS, "each has a place in the ring");

struct wires {
    void *context;
    struct zap *zap;
    struct resolver *resolver;
    uint64_t ticket; /* of the last look-up */
    struct callers callers;
    struct call_keys keys;
    struct ring *arrivals;
    struct wire wires[LINK_INTERFACES_MAX]; /* by interface - 1 */
    size_t count;
    bool configured; /* before that nobody is known, and so nobody is heard */
    size_t turn;     /* which wire is read first */
    struct held pool[ARRIVALS_MAX];
    struct held *spare[ARRIVALS_MAX];
    size_t spare_count;
    struct wires_counters counters;
    uint64_t beat_us;    /* when the neighbours are told again that we live */
    uint64_t swept_us;   /* the last time */
    uint64_t now_us;     /* of the round that goes on */
    uint64_t unknown_us; /* when the log may be told again of parcels that come from no link */
};

/* What is said for no other reason than to be heard; docs/wire.md. */
static const uint8_t alive[] = {0x81, 0x03};
/* The last of a link that was removed. */
static const uint8_t left[] = {0x81, 0x04};

/* ---- who calls ---- */

static struct wire *find_user(struct wires *wires, const char *user_id)
{
    for (size_t i = 0; i < wires->count; i++)
        if (!wires->wires[i].link.removed && strcmp(wires->wires[i].user_id, user_id) == 0)
            return &wires->wires[i];
    return NULL;
}

/*
 * A handshake, as zap.h tells it.  A key has one connection, the newest: the one before is ended,
 * whatever it still holds.
 */
static const char *show_key(void *context, uint64_t number, const char *user_id)
{
    struct wires *wires = context;
    const struct call *call = callers_find(&wires->callers, number);
    struct wire *wire = user_id == NULL ? NULL : find_user(wires, user_id);

    if (call == NULL) /* it has ended meanwhile */
        return "unknown";
    if (wire == NULL)
        return call->address;
    call_free(wire->called);
    wire->called = callers_take(&wires->callers, number);
    wire->called->known = true;
    wire->called->heard_us = wires->now_us;
    return wire->called->address;
}

/* ---- opening ---- */

static enum status open_context(struct wires *wires, struct fault *fault)
{
    wires->context = zmq_ctx_new();
    if (wires->context == NULL || zmq_ctx_set(wires->context, ZMQ_IO_THREADS, 1) != 0 ||
        zmq_ctx_set(wires->context, ZMQ_MAX_SOCKETS, SOCKETS_MAX) != 0)
        return fault_set(fault, ST_IO, "links: start ZeroMQ: %s", zmq_strerror(errno));
    return ST_OK;
}

enum status wires_new(struct wires **wires, const struct wires_options *options,
                      struct fault *fault)
{
    struct wires *made = calloc(1, sizeof *made);
    enum status status;

    if (made == NULL)
        return fault_set(fault, ST_NOMEM, "links: out of memory");
    made->arrivals = options->arrivals;
    made->callers.listener.fd = -1;
    made->callers.max = options->files == NULL ? CALLERS_MAX : options->files->callers;
    for (size_t i = 0; i < ARRIVALS_MAX; i++)
        made->spare[made->spare_count++] = &made->pool[i];
    status = curve_public(made->keys.public, options->site_key, fault);
    if (status == ST_OK)
        status = curve_secret(&made->keys.secret, options->site_secret, fault);
    if (status == ST_OK)
        status = open_context(made, fault);
    if (status == ST_OK)
        status = zap_new(&made->zap, made->context, show_key, made, fault);
    if (status == ST_OK)
        status =
            resolver_new(&made->resolver,
                         options->resolve == NULL ? resolve_by_system : options->resolve, fault);
    if (status == ST_OK)
        status = listener_open(&made->callers.listener, options->listen, fault);
    if (status != ST_OK) {
        wires_free(made);
        return status;
    }
    *wires = made;
    return ST_OK;
}

static void close_held(struct held *held)
{
    if (held->full)
        (void)!zmq_msg_close(&held->message); /* only fails for what is no message */
    held->full = false;
}

void wires_free(struct wires *wires)
{
    if (wires == NULL)
        return;
    for (size_t i = 0; i < ARRIVALS_MAX; i++)
        close_held(&wires->pool[i]);
    for (size_t i = 0; i < wires->count; i++) {
        wire_close(&wires->wires[i]);
        call_free(wires->wires[i].called);
    }
    callers_close(&wires->callers);
    zap_free(wires->zap);
    resolver_free(wires->resolver);
    if (wires->context != NULL)
        (void)!zmq_ctx_term(wires->context); /* all its sockets are closed and none lingers */
    sodium_free(wires->keys.secret);
    free(wires);
}

/* ---- out ---- */

/* What all neighbours have not taken yet. */
static uint64_t bytes_out(const struct wires *wires)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < wires->count; i++) {
        const struct wire *wire = &wires->wires[i];

        bytes += wire->dialled == NULL ? 0 : wire->dialled->out_held;
        bytes += wire->called == NULL ? 0 : wire->called->out_held;
    }
    return bytes;
}

/* Each may hold as much as is free: so one that takes nothing leaves half to the others. */
static uint64_t share_of(const struct wires *wires, const struct call *call)
{
    uint64_t share = (CALLS_OUT_BYTES_MAX - bytes_out(wires) + call->out_held) / 2;

    return share < CALL_OUT_BYTES_MAX ? share : CALL_OUT_BYTES_MAX;
}

static bool send_by(struct wires *wires, struct call *call, const uint8_t *bytes, size_t size)
{
    return call != NULL && call_send(call, bytes, size, share_of(wires, call));
}

static bool send_either(struct wires *wires, struct wire *wire, const uint8_t *bytes, size_t size)
{
    return send_by(wires, wire->dialled, bytes, size) || send_by(wires, wire->called, bytes, size);
}

/* ---- links ---- */

static void dial_address(struct wires *wires, struct wire *wire, const char *address,
                         uint64_t now_us)
{
    struct fault fault;

    if (!files_left(resolver_fd(wires->resolver), FILES_CALL + FILES_SPARE))
        (void)fault_set(&fault, ST_IO, "no descriptor is left to dial with");
    else if (wire_dial(wire, wires->context, &wires->keys, address, now_us, &fault) == ST_OK)
        return;
    wire_redial_later(wire, now_us); /* another time it may work */
    wire_failed(wire, now_us, "%s", fault.text);
}

/* What is a number is dialled at once, and a name when it was looked up, each time anew. */
static void dial(struct wires *wires, struct wire *wire, uint64_t now_us)
{
    struct fault fault;

    if (wire->endpoint.transport == ENDPOINT_IPC || wire->endpoint.is_address) {
        dial_address(wires, wire, "", now_us);
        return;
    }
    wire->redial_us = 0;
    if (wire->ticket != 0)
        return;
    if (resolver_ask(wires->resolver, wires->ticket + 1, wire->endpoint.host, &fault) != ST_OK) {
        wire_failed(wire, now_us, "the name %s cannot be looked up now: %s", wire->endpoint.host,
                    fault.text);
        wire_redial_later(wire, now_us);
        return;
    }
    wire->ticket = ++wires->ticket;
    wire->lookup_us = now_us;
}

static void take_addresses(struct wires *wires, struct wire *wire,
                           const struct addresses *addresses)
{
    wire->ticket = 0;
    if (addresses->count != 0) {
        dial_address(wires, wire, addresses->text[wire->dials % addresses->count], wires->now_us);
        return;
    }
    wire_failed(wire, wires->now_us, "the name %s does not resolve: %s", wire->endpoint.host,
                addresses->error[0] == '\0' ? "it has no address" : addresses->error);
    wire_redial_later(wire, wires->now_us);
}

static void take_answers(struct wires *wires)
{
    struct addresses addresses;
    uint64_t ticket;

    while (resolver_take(wires->resolver, &ticket, &addresses))
        for (size_t i = 0; i < wires->count; i++)
            if (wires->wires[i].ticket == ticket)
                take_addresses(wires, &wires->wires[i], &addresses);
}

static void begin_wire(struct wires *wires, struct wire *wire, uint64_t now_us)
{
    struct fault fault;

    if (curve_public(wire->curve, wire->link.key, &fault) != ST_OK ||
        zap_allow(wires->zap, wire->link.key, &fault) != ST_OK) {
        log_write(LOG_ERROR, "link.cannot-connect", "interface=%" PRIu32 " reason=\"%s\"",
                  wire->link.interface, fault.text);
        return;
    }
    if (!wire->link.dials)
        return;
    if (endpoint_parse(&wire->endpoint, wire->link.endpoint, ENDPOINT_DIAL, &fault) == ST_OK)
        dial(wires, wire, now_us);
    else
        wire_failed(wire, now_us, "endpoint %s: %s", wire->link.endpoint, fault.text);
}

static void add_wire(struct wires *wires, const struct core_link *link, uint64_t now_us)
{
    struct wire *wire = &wires->wires[wires->count++];

    *wire = (struct wire){.link = *link};
    (void)hex_print(wire->user_id, link->key, CONTROL_KEY_BYTES);
    if (!link->removed)
        begin_wire(wires, wire, now_us);
}

/* It hears our last word, and is ended soon after. */
static void part_from(struct wires *wires, struct call *call)
{
    if (call == NULL)
        return;
    (void)send_by(wires, call, left, sizeof left);
    call_pump(call, wires->now_us);
    callers_keep(&wires->callers, call, wires->now_us + LEAVE_US);
}

/* The neighbour hears that it is no link any more; whoever does not hear it finds nobody there. */
static void take_leave(struct wires *wires, struct wire *wire)
{
    wire_unwatch(wire);
    part_from(wires, wire->dialled);
    part_from(wires, wire->called);
    wire->dialled = NULL;
    wire->called = NULL;
}

/* Another address, or none any more: what there was is closed, and what there is begins anew. */
static void change_wire(struct wires *wires, struct wire *wire, const struct core_link *link,
                        uint64_t now_us)
{
    if (link->removed == wire->link.removed && strcmp(link->endpoint, wire->link.endpoint) == 0)
        return;
    if (link->removed && !wire->link.removed)
        take_leave(wires, wire);
    wire_close(wire);
    zap_forbid(wires->zap, wire->link.key);
    wire->link = *link;
    wire->ticket = 0;
    wire->redial_us = 0;
    wire->delay_us = 0;
    wire->told_us = 0;
    wire->live = wire->live && wire->called != NULL;
    wire->tell_trouble = false;
    wire->trouble[0] = '\0';
    if (!link->removed)
        begin_wire(wires, wire, now_us);
}

void wires_configure(struct wires *wires, const struct core_link *links, size_t count,
                     uint64_t now_us)
{
    INVARIANT(count <= LINK_INTERFACES_MAX && count >= wires->count);
    wires->now_us = now_us;
    /* First those that go, which give the others their places among whom zap lets in. */
    for (size_t i = 0; i < wires->count; i++)
        if (links[i].removed)
            change_wire(wires, &wires->wires[i], &links[i], now_us);
    /* Interfaces are numbered from 1 and listed in order, also those that were removed. */
    for (size_t i = 0; i < count; i++) {
        INVARIANT(links[i].interface == i + 1);
        if (i < wires->count)
            change_wire(wires, &wires->wires[i], &links[i], now_us);
        else
            add_wire(wires, &links[i], now_us);
    }
    wires->configured = true; /* whoever called before has waited at the system */
}

void wires_send(struct wires *wires, const struct core_parcel *parcel)
{
    INVARIANT(parcel->interface >= 1);
    if (parcel->interface > wires->count) /* a link whose frame comes with this one */
        return;
    if (send_either(wires, &wires->wires[parcel->interface - 1], parcel->bytes.data,
                    parcel->bytes.size))
        wires->counters.sent++;
    else
        wires->counters.dropped++;
}

/* ---- in ---- */

static struct held *take_spare(struct wires *wires)
{
    return wires->spare_count == 0 ? NULL : wires->spare[--wires->spare_count];
}

void wires_give_back(struct wires *wires, struct arrival *arrival)
{
    struct held *held = (struct held *)arrival;

    close_held(held);
    wires->spare[wires->spare_count++] = held;
}

static void pass_on(struct wires *wires, struct held *held, const struct wire *wire,
                    enum arrival_kind kind)
{
    held->arrival = (struct arrival){.interface = wire->link.interface, .kind = kind};
    memcpy(held->arrival.key, wire->link.key, CONTROL_KEY_BYTES);
    if (held->full) {
        held->arrival.bytes = zmq_msg_data(&held->message);
        held->arrival.size = zmq_msg_size(&held->message);
    }
    if (kind == ARRIVAL_TROUBLE) {
        memcpy(held->trouble, wire->trouble, sizeof held->trouble);
        held->arrival.trouble = held->trouble;
    }
    INVARIANT(ring_push(wires->arrivals, &held->arrival)); /* it has a place for each */
}

/* The rest of a message that has more frames than it should. */
static void skip_frames(struct call *call, uint64_t now_us)
{
    zmq_msg_t frame;
    bool more = true;

    while (more && call_receive(call, &frame, now_us)) {
        more = zmq_msg_more(&frame) != 0;
        (void)zmq_msg_close(&frame);
    }
}

static void refuse(struct wires *wires, const struct wire *wire, const char *reason)
{
    wires->counters.refused++;
    log_write(LOG_WARN, "link.parcel-refused", "interface=%" PRIu32 " reason=\"%s\"",
              wire->link.interface, reason);
}

/* Only who was a link when it connected can say anything: its link was removed, and a connection
 * that it made stays.  It may say much. */
static void refuse_unknown(struct wires *wires)
{
    wires->counters.refused++;
    if (wires->now_us < wires->unknown_us)
        return;
    wires->unknown_us = wires->now_us + UNKNOWN_TELL_US;
    log_write(LOG_WARN, "link.parcel-refused",
              "interface=0 reason=\"it comes from a neighbour whose link was removed\"");
}

static bool says(zmq_msg_t *message, const uint8_t word[2])
{
    return zmq_msg_size(message) == 2 && memcmp(zmq_msg_data(message), word, 2) == 0;
}

/* Dialling again tells whether it was joined anew. */
static void neighbour_left(struct wires *wires, struct wire *wire)
{
    wire_trouble(wire, "the neighbour has removed its link to this site: ask its operator");
    call_free(wire->called);
    wire->called = NULL;
    if (wire->dialled == NULL)
        return;
    wire_close(wire);
    wire->redial_us = wires->now_us + REDIAL_US;
}

/* A parcel is one frame; `held` has its first.  True: it was passed on, else it ends here. */
static bool accept_parcel(struct wires *wires, struct held *held, struct call *call,
                          struct wire *wire)
{
    bool more = zmq_msg_more(&held->message) != 0;

    if (more)
        skip_frames(call, wires->now_us);
    if (wire == NULL) {
        refuse_unknown(wires);
        return false;
    }
    if (more) {
        refuse(wires, wire, "it has more than one frame");
        return false;
    }
    if (says(&held->message, left)) {
        neighbour_left(wires, wire);
        return false;
    }
    wire_heard(wire, wires->now_us);
    if (says(&held->message, alive))
        return false;
    wires->counters.received++;
    pass_on(wires, held, wire, ARRIVAL_PARCEL);
    return true;
}

/* `wire` NULL: what comes is no link's any more.  False: there is nothing, or no room for it. */
static bool read_call(struct wires *wires, struct call *call, struct wire *wire)
{
    struct held *held = take_spare(wires);

    if (held == NULL)
        return false;
    held->full = call_receive(call, &held->message, wires->now_us);
    if (!held->full) {
        wires_give_back(wires, &held->arrival);
        return false;
    }
    if (!accept_parcel(wires, held, call, wire))
        wires_give_back(wires, &held->arrival);
    return true;
}

/* The neighbour may take its leave among what is read, and then `*call` is NULL. */
static void read_parcels(struct wires *wires, struct call **call, struct wire *wire)
{
    int left_over = PARCELS_STEP;

    while (left_over > 0 && *call != NULL && read_call(wires, *call, wire))
        left_over--;
}

/* False: there is no room now. */
static bool tell(struct wires *wires, const struct wire *wire, enum arrival_kind kind)
{
    struct held *held = take_spare(wires);

    if (held != NULL)
        pass_on(wires, held, wire, kind);
    return held != NULL;
}

/* A loss before the connection that came after it. */
static void tell_core(struct wires *wires)
{
    for (size_t i = 0; i < wires->count; i++) {
        struct wire *wire = &wires->wires[i];

        if (wire->tell_trouble)
            wire->tell_trouble = !tell(wires, wire, ARRIVAL_TROUBLE);
        if (wire->tell_connected && !wire->tell_trouble)
            wire->tell_connected = !tell(wires, wire, ARRIVAL_CONNECTED);
    }
}

/* ---- serving ---- */

static zmq_pollitem_t readable(void *socket)
{
    return (zmq_pollitem_t){.socket = socket, .events = ZMQ_POLLIN};
}

enum { POLL_ZAP, POLL_NAMES, POLL_LISTENER, POLL_CALLS };

static bool hears(const struct wires *wires)
{
    return wires->configured && listener_hears(&wires->callers.listener, wires->now_us);
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
    /* With no room for more the neighbours wait: their parcels stay in the sockets. */
    bool room = reads && wires->spare_count > 0;
    size_t count = POLL_CALLS;

    items[POLL_ZAP] = readable(zap_socket(wires->zap));
    items[POLL_NAMES] = (zmq_pollitem_t){.fd = resolver_fd(wires->resolver), .events = ZMQ_POLLIN};
    items[POLL_LISTENER] = (zmq_pollitem_t){
        .fd = reads && hears(wires) ? wires->callers.listener.fd : -1, .events = ZMQ_POLLIN};
    for (size_t i = 0; i < wires->count; i++) {
        struct wire *wire = &wires->wires[i];

        poll_call(wire->dialled, items, &count, room);
        poll_call(wire->called, items, &count, room);
        wire->place = count;
        if (wire->monitor != NULL)
            items[count++] = readable(wire->monitor);
    }
    for (size_t i = 0; i < wires->callers.count; i++)
        poll_call(wires->callers.calls[i], items, &count, room);
    return count;
}

static void relay_wire(struct wires *wires, struct wire *wire, const zmq_pollitem_t *items)
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

/* Those that were links' may still speak. */
static void serve_callers(struct wires *wires, const zmq_pollitem_t *items)
{
    struct callers *callers = &wires->callers;

    callers_serve(callers, items, wires->context, &wires->keys, wires->now_us);
    for (size_t i = 0; i < callers->count; i++)
        if (items[callers->calls[i]->place + CALL_POLL_SOCKET].revents != 0)
            read_parcels(wires, &callers->calls[i], NULL);
    callers_sweep(callers, wires->now_us);
}

/* The neighbour's connection is over, and all that is whole of what it brought was read. */
static void end_called(struct wires *wires, struct wire *wire)
{
    if (call_is_choked(wire->called))
        refuse(wires, wire, "it has no end: too many frames");
    call_free(wire->called);
    wire->called = NULL;
    if (wire->live && !wire->connected)
        wire_broken(wire, wires->now_us);
}

static void serve_wire(struct wires *wires, struct wire *wire)
{
    read_parcels(wires, &wire->called, wire);
    read_parcels(wires, &wire->dialled, wire);
    if (wire->called != NULL && call_is_over(wire->called) && wires->spare_count > 0)
        end_called(wires, wire);
}

static bool finds(const struct call *call, const zmq_pollitem_t *items)
{
    return call != NULL &&
           (items[call->place + CALL_POLL_SOCKET].revents != 0 || call_is_over(call));
}

/* What the poll found, before anything is done that changes which connections there are. */
static void relay_all(struct wires *wires, const zmq_pollitem_t *items, bool *served)
{
    for (size_t i = 0; i < wires->count; i++) {
        struct wire *wire = &wires->wires[i];

        relay_wire(wires, wire, items);
        served[i] = finds(wire->dialled, items) || finds(wire->called, items);
        if (wire->monitor != NULL && items[wire->place].revents != 0)
            wire_watch(wire, wires->now_us);
    }
}

void wires_serve(struct wires *wires, const zmq_pollitem_t *items, uint64_t now_us)
{
    bool served[LINK_INTERFACES_MAX] = {false};

    wires->now_us = now_us;
    relay_all(wires, items, served);
    serve_callers(wires, items);
    if (items[POLL_ZAP].revents != 0)
        zap_serve(wires->zap, now_us);
    tell_core(wires);
    /* Each time another is first, so that one that floods us cannot keep the others out. */
    wires->turn++;
    for (size_t i = 0; i < wires->count; i++) {
        size_t next = (wires->turn + i) % wires->count;

        if (served[next])
            serve_wire(wires, &wires->wires[next]);
    }
    /* Last, for they open what the poll did not see. */
    if (items[POLL_LISTENER].revents != 0)
        callers_accept(&wires->callers, now_us);
    if (items[POLL_NAMES].revents != 0)
        take_answers(wires);
}

/* ---- sweeping ---- */

/* That we live. */
static void beat(struct wires *wires, struct wire *wire)
{
    if (wire->connected || wire->called != NULL)
        (void)send_either(wires, wire, alive, sizeof alive); /* who takes none is silent itself */
}

static void notice_silence(struct wires *wires, struct wire *wire)
{
    uint64_t silent_us = wires->now_us - wire->heard_us;

    if (wire->live && silent_us >= SILENCE_US)
        wire_trouble(wire, "no answer for %u s", (unsigned)(silent_us / 1000000));
}

static void give_up_lookup(struct wires *wires, struct wire *wire)
{
    if (wire->ticket == 0 || wire->lookup_us == 0 || wires->now_us - wire->lookup_us < LOOKUP_US)
        return;
    wire->lookup_us = 0;
    wire_failed(wire, wires->now_us, "the name %s does not resolve: no answer for %d s",
                wire->endpoint.host, LOOKUP_US / 1000000);
}

static void redial(struct wires *wires, struct wire *wire)
{
    if (wire->redial_us == 0 || wires->now_us < wire->redial_us)
        return;
    wire_close(wire);
    dial(wires, wire, wires->now_us);
}

/* Whoever did not listen cannot say that nobody spoke. */
static void forgive(struct wires *wires)
{
    for (size_t i = 0; i < wires->count; i++) {
        struct wire *wire = &wires->wires[i];

        wire->heard_us = wires->now_us;
        if (wire->called != NULL)
            wire->called->heard_us = wires->now_us;
        if (wire->dialled != NULL)
            wire->dialled->heard_us = wires->now_us;
    }
}

/* Who says nothing whole, such as one message of endless parts, is not listened to for ever. */
static void end_silent_call(struct wires *wires, struct wire *wire)
{
    if (wire->called != NULL && wires->now_us - wire->called->heard_us >= SILENCE_US)
        end_called(wires, wire);
}

void wires_sweep(struct wires *wires, uint64_t now_us)
{
    bool beats = now_us >= wires->beat_us;

    wires->now_us = now_us;
    zap_sweep(wires->zap, now_us);
    callers_sweep(&wires->callers, now_us);
    if (wires->spare_count == 0 || now_us - wires->swept_us >= ASLEEP_US)
        forgive(wires);
    wires->swept_us = now_us;
    if (beats)
        wires->beat_us = now_us + BEAT_US;
    for (size_t i = 0; i < wires->count; i++) {
        struct wire *wire = &wires->wires[i];

        if (beats)
            beat(wires, wire);
        notice_silence(wires, wire);
        end_silent_call(wires, wire);
        wire_tire(wire, now_us);
        give_up_lookup(wires, wire);
        redial(wires, wire);
    }
    tell_core(wires);
}

void wires_rest(struct wires *wires, uint64_t now_us)
{
    listener_rest(&wires->callers.listener, now_us);
}

uint64_t wires_due_us(const struct wires *wires)
{
    uint64_t due_us = UINT64_MAX;

    for (size_t i = 0; i < wires->count; i++) {
        uint64_t redial_us = wires->wires[i].redial_us;

        if (redial_us != 0 && redial_us < due_us)
            due_us = redial_us;
    }
    return due_us;
}

bool wires_is_sending(const struct wires *wires)
{
    return bytes_out(wires) > 0;
}

struct wires_counters wires_count(const struct wires *wires)
{
    struct wires_counters counters = wires->counters;

    counters.strangers = zap_refused(wires->zap);
    counters.bytes_out = bytes_out(wires);
    for (size_t i = 0; i < wires->count; i++) {
        const struct wire *wire = &wires->wires[i];

        counters.called += wire->called != NULL;
        counters.bytes_in += wire->called == NULL ? 0 : wire->called->in_held;
        counters.bytes_in += wire->dialled == NULL ? 0 : wire->dialled->in_held;
    }
    return counters;
}

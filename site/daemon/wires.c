#include "site/daemon/wires.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "site/daemon/listener.h"
#include "site/daemon/wire.h"

/* A parcel lent to the core: its bytes are the message's. */
struct held {
    struct arrival arrival;
    zmq_msg_t message;
    bool full; /* the message is ours to close */
    char trouble[WIRE_TROUBLE_BYTES];
};

static_assert(offsetof(struct held, arrival) == 0, "a pointer to an arrival is one to its place");
static_assert(ARRIVALS_MAX <= RING_SLOTS, "each has a place in the ring");

struct wires {
    void *context;
    struct zap *zap;
    struct resolver *resolver;
    uint64_t ticket; /* of the last look-up */
    struct listener listener;
    struct wire_keys keys;
    struct ring *arrivals;
    struct wire wires[LINK_INTERFACES_MAX]; /* by interface - 1 */
    size_t count;
    size_t turn; /* whose DEALER is read first */
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
/* For so long it may still leave a connection that we end with it. */
static const int leave_ms = 1000;

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
        return fault_set(fault, ST_NOMEM, "links: memory is short");
    made->arrivals = options->arrivals;
    made->listener.fd = -1;
    for (size_t i = 0; i < ARRIVALS_MAX; i++)
        made->spare[made->spare_count++] = &made->pool[i];
    status = curve_public(made->keys.public, options->site_key, fault);
    if (status == ST_OK)
        status = curve_secret(&made->keys.secret, options->site_secret, fault);
    if (status == ST_OK)
        status = open_context(made, fault);
    if (status == ST_OK)
        status = zap_new(&made->zap, made->context, fault);
    if (status == ST_OK)
        status =
            resolver_new(&made->resolver,
                         options->resolve == NULL ? resolve_by_system : options->resolve, fault);
    if (status == ST_OK)
        status = listener_open(&made->listener, made->context, &made->keys, options->listen,
                               options->files, fault);
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
    for (size_t i = 0; i < wires->count; i++)
        wire_close(&wires->wires[i]);
    listener_close(&wires->listener);
    zap_free(wires->zap);
    resolver_free(wires->resolver);
    if (wires->context != NULL)
        (void)!zmq_ctx_term(wires->context); /* all its sockets are closed and none lingers */
    sodium_free(wires->keys.secret);
    free(wires);
}

/* ---- out ---- */

static bool send_dialled(struct wire *wire, const uint8_t *bytes, size_t size)
{
    if (wire->dealer == NULL)
        return false;
    return zmq_send(wire->dealer, bytes, size, ZMQ_DONTWAIT) >= 0;
}

static bool send_routed(struct wires *wires, struct wire *wire, const uint8_t *bytes, size_t size)
{
    if (!wire->has_route)
        return false;
    if (zmq_send(wires->listener.router, wire->route, ROUTE_BYTES, ZMQ_SNDMORE | ZMQ_DONTWAIT) <
        0) {
        if (errno == EHOSTUNREACH) /* that connection is gone */
            wire->has_route = false;
        return false;
    }
    return zmq_send(wires->listener.router, bytes, size, ZMQ_DONTWAIT) >= 0;
}

static bool send_either(struct wires *wires, struct wire *wire, const uint8_t *bytes, size_t size)
{
    return send_dialled(wire, bytes, size) || send_routed(wires, wire, bytes, size);
}

/* ---- links ---- */

static void dial_address(struct wires *wires, struct wire *wire, const char *address,
                         uint64_t now_us)
{
    struct fault fault;

    if (wire_dial(wire, wires->context, &wires->keys, address, now_us, &fault) == ST_OK)
        return;
    if (fault.status == ST_IO) /* another time it may work */
        wire_redial_later(wire, now_us);
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

/* The neighbour hears that it is no link any more; whoever does not hear it finds nobody there. */
static void take_leave(struct wires *wires, struct wire *wire)
{
    if (wire->dealer != NULL)
        (void)!zmq_setsockopt(wire->dealer, ZMQ_LINGER, &leave_ms, sizeof leave_ms);
    (void)send_dialled(wire, left, sizeof left);
    (void)send_routed(wires, wire, left, sizeof left);
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
    wire->has_route = wire->has_route && !link->removed;
    wire->live = wire->live && wire->has_route;
    wire->tell_trouble = false;
    wire->trouble[0] = '\0';
    if (!link->removed)
        begin_wire(wires, wire, now_us);
}

void wires_configure(struct wires *wires, const struct core_link *links, size_t count,
                     uint64_t now_us)
{
    INVARIANT(count <= LINK_INTERFACES_MAX && count >= wires->count);
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
static void skip_frames(void *socket)
{
    zmq_msg_t frame;
    bool more = true;

    while (more) {
        (void)zmq_msg_init(&frame);
        more = zmq_msg_recv(&frame, socket, ZMQ_DONTWAIT) >= 0 && zmq_msg_more(&frame) != 0;
        (void)zmq_msg_close(&frame);
    }
}

static struct wire *find_user(struct wires *wires, zmq_msg_t *message)
{
    const char *user_id = zmq_msg_gets(message, "User-Id");

    for (size_t i = 0; user_id != NULL && i < wires->count; i++)
        if (!wires->wires[i].link.removed && strcmp(wires->wires[i].user_id, user_id) == 0)
            return &wires->wires[i];
    return NULL;
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
    wire->has_route = false;
    if (wire->dealer == NULL)
        return;
    wire_close(wire);
    wire->redial_us = wires->now_us + REDIAL_US;
}

/* A parcel is one frame; `held` has its first.  True: it was passed on, else it ends here. */
static bool accept_parcel(struct wires *wires, struct held *held, void *socket, struct wire *wire)
{
    bool more = zmq_msg_more(&held->message) != 0;

    if (more)
        skip_frames(socket);
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

/* False: there is none. */
static bool receive(struct held *held, void *socket)
{
    (void)zmq_msg_init(&held->message);
    held->full = true;
    return zmq_msg_recv(&held->message, socket, ZMQ_DONTWAIT) >= 0;
}

static bool read_dealer(struct wires *wires, struct wire *wire, struct held *held)
{
    if (!receive(held, wire->dealer)) {
        wires_give_back(wires, &held->arrival);
        return false;
    }
    if (!accept_parcel(wires, held, wire->dealer, wire))
        wires_give_back(wires, &held->arrival);
    return true;
}

/* From the ROUTER each comes with the connection's routing id before it. */
static bool read_router(struct wires *wires, struct held *held)
{
    uint8_t route[ROUTE_BYTES + 1];
    int size = zmq_recv(wires->listener.router, route, sizeof route, ZMQ_DONTWAIT);
    struct wire *wire;

    if (size < 0) {
        wires_give_back(wires, &held->arrival);
        return false;
    }
    if (!receive(held, wires->listener.router)) {
        wires_give_back(wires, &held->arrival);
        return true;
    }
    wire = find_user(wires, &held->message);
    /* libzmq's own ids are a zero and four bytes; any other was chosen by the peer. */
    if (wire != NULL && (size != ROUTE_BYTES || route[0] != 0)) {
        if (zmq_msg_more(&held->message) != 0)
            skip_frames(wires->listener.router);
        refuse(wires, wire, "the connection has a routing id of its own choice");
        wires_give_back(wires, &held->arrival);
        return true;
    }
    if (wire != NULL && zmq_msg_more(&held->message) == 0) {
        memcpy(wire->route, route, ROUTE_BYTES);
        wire->has_route = true;
    }
    if (!accept_parcel(wires, held, wires->listener.router, wire))
        wires_give_back(wires, &held->arrival);
    return true;
}

static void serve_router(struct wires *wires)
{
    struct held *held;

    for (int i = 0; i < PARCELS_STEP && (held = take_spare(wires)) != NULL; i++)
        if (!read_router(wires, held))
            return;
}

static void serve_dealer(struct wires *wires, struct wire *wire)
{
    struct held *held;

    /* The neighbour may take its leave among them. */
    for (int i = 0; i < PARCELS_STEP && wire->dealer != NULL; i++)
        if ((held = take_spare(wires)) == NULL || !read_dealer(wires, wire, held))
            return;
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

static zmq_pollitem_t readable(void *socket, bool wanted)
{
    return (zmq_pollitem_t){.socket = socket, .events = wanted ? ZMQ_POLLIN : 0};
}

enum { POLL_ZAP, POLL_NAMES, POLL_ROUTER, POLL_LISTENER };

size_t wires_poll(struct wires *wires, zmq_pollitem_t *items)
{
    /* With no room for more the neighbours wait: their parcels stay in the sockets. */
    bool room = wires->spare_count > 0;
    size_t count = POLL_ROUTER;

    items[POLL_ZAP] = readable(zap_socket(wires->zap), true);
    items[POLL_NAMES] = (zmq_pollitem_t){.fd = resolver_fd(wires->resolver), .events = ZMQ_POLLIN};
    if (wires->listener.router != NULL) {
        items[count++] = readable(wires->listener.router, room);
        items[count++] = readable(wires->listener.monitor, true);
    }
    for (size_t i = 0; i < wires->count; i++) {
        struct wire *wire = &wires->wires[i];

        wire->place = count;
        if (wire->dealer == NULL)
            continue;
        items[count++] = readable(wire->monitor, true);
        items[count++] = readable(wire->dealer, room);
    }
    return count;
}

static void watch_all(struct wires *wires, const zmq_pollitem_t *items)
{
    for (size_t i = 0; i < wires->count; i++)
        if (wires->wires[i].dealer != NULL && items[wires->wires[i].place].revents != 0)
            wire_watch(&wires->wires[i], wires->now_us);
    tell_core(wires);
}

void wires_serve(struct wires *wires, const zmq_pollitem_t *items, uint64_t now_us)
{
    wires->now_us = now_us;
    if (items[POLL_ZAP].revents != 0)
        zap_serve(wires->zap, now_us);
    watch_all(wires, items);
    if (wires->listener.router != NULL && items[POLL_ROUTER].revents != 0)
        serve_router(wires);
    if (wires->listener.router != NULL && items[POLL_LISTENER].revents != 0)
        listener_watch(&wires->listener, now_us);
    /* Each time another is first, so that one that floods us cannot keep the others out. */
    wires->turn++;
    for (size_t i = 0; i < wires->count; i++) {
        struct wire *wire = &wires->wires[(wires->turn + i) % wires->count];

        if (wire->dealer != NULL && items[wire->place + 1].revents != 0)
            serve_dealer(wires, wire);
    }
    /* Last, for it opens sockets that the poll did not see. */
    if (items[POLL_NAMES].revents != 0)
        take_answers(wires);
}

/* ---- sweeping ---- */

/* That we live.  Where nothing takes it, there is no connection any more. */
static void beat(struct wires *wires, struct wire *wire)
{
    if (!wire->connected && !wire->has_route)
        return;
    if (!send_either(wires, wire, alive, sizeof alive) && !wire->connected && !wire->has_route &&
        wire->live)
        wire_broken(wire, wires->now_us);
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
    for (size_t i = 0; i < wires->count; i++)
        wires->wires[i].heard_us = wires->now_us;
}

void wires_sweep(struct wires *wires, uint64_t now_us)
{
    bool beats = now_us >= wires->beat_us;

    wires->now_us = now_us;
    zap_sweep(wires->zap, now_us);
    listener_sweep(&wires->listener, now_us);
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
        give_up_lookup(wires, wire);
        redial(wires, wire);
    }
    tell_core(wires);
}

void wires_rest(struct wires *wires, uint64_t now_us)
{
    listener_rest(&wires->listener, now_us);
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

struct wires_counters wires_count(const struct wires *wires)
{
    struct wires_counters counters = wires->counters;

    counters.strangers = zap_refused(wires->zap);
    return counters;
}

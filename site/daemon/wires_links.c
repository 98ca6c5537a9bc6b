/* The links as the core gives them, and the wires made, changed and ended for them. */
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "site/daemon/wires_out.h"
#include "site/daemon/wires_state.h"

/* Let the peer in, and dial it if we do.  A link whose key cannot be used stays down, and is
 * logged. */
static void wire_begin(struct wires *wires, struct wire *wire)
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
        dialler_dial(&wires->dialler, wire, wires->now_us);
    else
        wire_failed(wire, wires->now_us, "endpoint %s: %s", wire->link.endpoint, fault.text);
}

static void wire_add(struct wires *wires, const struct core_link *link)
{
    struct wire *wire = &wires->list[wires->count++];

    *wire = (struct wire){.link = *link};
    (void)hex_print(wire->user_id, link->key, CONTROL_KEY_BYTES);
    if (!link->removed)
        wire_begin(wires, wire);
}

/*
 * Another address, or none any more: the connection that we made is closed, and what there is
 * begins again.  The peer's own stays with a link that is not removed: it is as good as before.
 */
static void wire_change(struct wires *wires, struct wire *wire, const struct core_link *link)
{
    if (link->removed == wire->link.removed && strcmp(link->endpoint, wire->link.endpoint) == 0)
        return;
    if (link->removed && !wire->link.removed)
        wires_say_left(wires, wire);
    wire_close(wire);
    zap_forbid(wires->zap, wire->link.key);
    wire->link = *link;
    wire->ticket = 0; /* the answer to a look-up of the old name is nobody's */
    wire->redial_us = 0;
    wire->delay_us = 0;
    wire->logged_us = 0;
    wire->drained = false;
    wire->live = wire->live && wire->called != NULL;
    wire->trouble_unreported = false;
    wire->trouble[0] = '\0';
    if (!link->removed)
        wire_begin(wires, wire);
}

void wires_configure(struct wires *wires, const struct core_link *links, size_t count,
                     uint64_t now_us)
{
    INVARIANT(count <= LINK_INTERFACES_MAX && count >= wires->count);
    wires->now_us = now_us;
    /* First those that go, which give the others their places among whom zap lets in. */
    for (size_t i = 0; i < wires->count; i++)
        if (links[i].removed)
            wire_change(wires, &wires->list[i], &links[i]);
    /* Interfaces are numbered from 1 and listed in order, also those that were removed. */
    for (size_t i = 0; i < count; i++) {
        INVARIANT(links[i].interface == i + 1);
        if (i < wires->count)
            wire_change(wires, &wires->list[i], &links[i]);
        else
            wire_add(wires, &links[i]);
    }
    wires->configured = true; /* whoever called before has waited at the system */
}

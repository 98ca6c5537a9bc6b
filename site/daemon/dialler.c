#include "site/daemon/dialler.h"

#include "site/daemon/files.h"

/* `address` is a number, or "" for the endpoint as it is. */
static void dial_address(struct dialler *dialler, struct wire *wire, const char *address,
                         uint64_t now_us)
{
    struct fault fault;

    /* libzmq ends the process where it finds no descriptor, so they are looked for before. */
    if (!files_left(resolver_fd(dialler->resolver), FILES_CALL + FILES_SPARE))
        (void)fault_set(&fault, ST_IO, "no descriptor is left to dial with");
    else if (wire_dial(wire, dialler->context, dialler->keys, address, now_us, &fault) == ST_OK)
        return;
    wire_redial_later(wire, now_us); /* another time it may work */
    wire_failed(wire, now_us, "%s", fault.text);
}

void dialler_dial(struct dialler *dialler, struct wire *wire, uint64_t now_us)
{
    struct fault fault;

    if (wire->endpoint.transport == ENDPOINT_IPC || wire->endpoint.is_address) {
        dial_address(dialler, wire, "", now_us);
        return;
    }

    /* A name is looked up each time, as its address may have changed since; one look-up at once. */
    wire->redial_us = 0;
    if (wire->ticket != 0)
        return;
    if (resolver_ask(dialler->resolver, dialler->ticket + 1, wire->endpoint.host, &fault) !=
        ST_OK) {
        wire_failed(wire, now_us, "the name %s cannot be looked up now: %s", wire->endpoint.host,
                    fault.text);
        wire_redial_later(wire, now_us);
        return;
    }
    wire->ticket = ++dialler->ticket;
    wire->lookup_us = now_us;
}

/* The addresses are tried one after the other, one each time that the wire is dialled. */
static void dial_addresses(struct dialler *dialler, struct wire *wire,
                           const struct addresses *addresses, uint64_t now_us)
{
    wire->ticket = 0;
    if (addresses->count != 0) {
        dial_address(dialler, wire, addresses->text[wire->dials % addresses->count], now_us);
        return;
    }
    wire_failed(wire, now_us, "the name %s does not resolve: %s", wire->endpoint.host,
                addresses->error[0] == '\0' ? "it has no address" : addresses->error);
    wire_redial_later(wire, now_us);
}

void dialler_take_answers(struct dialler *dialler, struct wire *wires, size_t count,
                          uint64_t now_us)
{
    struct addresses addresses;
    uint64_t ticket;

    /* An answer whose wire has another endpoint by now finds no wire with its ticket. */
    while (resolver_take(dialler->resolver, &ticket, &addresses))
        for (size_t i = 0; i < count; i++)
            if (wires[i].ticket == ticket)
                dial_addresses(dialler, &wires[i], &addresses, now_us);
}

/* The look-up itself goes on: its thread cannot be called off, and its answer still counts. */
static void dialler_give_up_lookup(struct wire *wire, uint64_t now_us)
{
    if (wire->ticket == 0 || wire->lookup_us == 0 || now_us - wire->lookup_us < LOOKUP_US)
        return;
    wire->lookup_us = 0;
    wire_failed(wire, now_us, "the name %s does not resolve: no answer for %d s",
                wire->endpoint.host, LOOKUP_US / 1000000);
}

void dialler_sweep(struct dialler *dialler, struct wire *wire, uint64_t now_us)
{
    dialler_give_up_lookup(wire, now_us);
    if (wire->redial_us == 0 || now_us < wire->redial_us)
        return;
    wire_close(wire);
    dialler_dial(dialler, wire, now_us);
}

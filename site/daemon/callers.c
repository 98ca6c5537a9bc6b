#include "site/daemon/callers.h"

#include <string.h>
#include <unistd.h>

#include "site/daemon/files.h"

/* ---- places ---- */

/* The count when no call has that number. */
static size_t callers_place_of(const struct callers *callers, uint64_t number)
{
    size_t place = 0;

    while (place < callers->count && callers->calls[place]->number != number)
        place++;
    return place;
}

static struct call *callers_take_place(struct callers *callers, size_t place)
{
    struct call *call = callers->calls[place];

    callers->count--;
    memmove(&callers->calls[place], &callers->calls[place + 1],
            (callers->count - place) * sizeof callers->calls[0]);
    return call;
}

/* The oldest that has shown no key; with none such, the oldest. */
static size_t callers_oldest_stranger(const struct callers *callers)
{
    for (size_t place = 0; place < callers->count; place++)
        if (!callers->calls[place]->invited)
            return place;
    return 0;
}

void callers_keep(struct callers *callers, struct call *call, uint64_t due_us)
{
    INVARIANT(callers->max >= 1 && callers->max <= CALLERS_MAX);
    /* The newest always gets a place: an old silent one cannot keep a peer out. */
    while (callers->count >= callers->max)
        call_free(callers_take_place(callers, callers_oldest_stranger(callers)));
    call->due_us = due_us;
    callers->calls[callers->count++] = call;
}

struct call *callers_take(struct callers *callers, uint64_t number)
{
    size_t place = callers_place_of(callers, number);

    return place == callers->count ? NULL : callers_take_place(callers, place);
}

const struct call *callers_find(const struct callers *callers, uint64_t number)
{
    size_t place = callers_place_of(callers, number);

    return place == callers->count ? NULL : callers->calls[place];
}

struct call *callers_invited(struct callers *callers, uint64_t number,
                             const uint8_t key[CURVE_KEY_BYTES], uint64_t due_us)
{
    struct call *call = callers_take(callers, number);
    size_t invited = 0;

    if (call == NULL)
        return NULL;
    /* From the newest on, so that the oldest are those beyond the most. */
    for (size_t place = callers->count; place-- > 0;) {
        const struct call *other = callers->calls[place];

        if (!other->invited)
            continue;
        invited++;
        if (invited > callers->max / 4 || memcmp(other->invitation, key, CURVE_KEY_BYTES) == 0)
            call_free(callers_take_place(callers, place));
    }
    call->invited = true;
    memcpy(call->invitation, key, CURVE_KEY_BYTES);
    callers_keep(callers, call, due_us);
    return call;
}

void callers_close(struct callers *callers)
{
    while (callers->count > 0)
        call_free(callers_take_place(callers, 0));
    listener_close(&callers->listener);
}

/* ---- serving ---- */

/* With the first byte it gets a socket, if there are descriptors for one; else it has to go. */
static void callers_serve_one(struct callers *callers, struct call *call, void *context,
                              const struct call_keys *keys, uint64_t now_us)
{
    struct fault fault;

    call_pump(call, now_us);
    if (call->socket != NULL || call_is_over(call))
        return;
    if (!files_left(call->outer, FILES_CALL + FILES_SPARE))
        listener_rest(&callers->listener, now_us);
    else if (call_join(call, context, keys, NULL, &fault) == ST_OK &&
             call_open(call, &fault) == ST_OK)
        return;
    call->due_us = now_us;
}

void callers_serve(struct callers *callers, const zmq_pollitem_t *items, void *context,
                   const struct call_keys *keys, uint64_t now_us)
{
    for (size_t i = 0; i < callers->count; i++)
        if (call_moves(callers->calls[i], items))
            callers_serve_one(callers, callers->calls[i], context, keys, now_us);
}

void callers_sweep(struct callers *callers, uint64_t now_us)
{
    /* From the end, as each that goes moves those behind it. */
    for (size_t i = callers->count; i-- > 0;)
        if (now_us >= callers->calls[i]->due_us || call_is_over(callers->calls[i]))
            call_free(callers_take_place(callers, i));
}

void callers_accept(struct callers *callers, uint64_t now_us)
{
    for (size_t i = 0; i < callers->max; i++) {
        int fd = listener_accept(&callers->listener, now_us);
        struct call *call;

        if (fd < 0)
            return;
        if (call_take(&call, fd, now_us) == ST_OK)
            callers_keep(callers, call, now_us + HANDSHAKE_MS * UINT64_C(1000));
        else
            (void)!close(fd); /* out of memory: it calls again */
    }
}

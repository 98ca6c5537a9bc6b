/*
 * The window of a link: 4,096 messages and 8 MiB that wait for acknowledgement (docs/wire.md, "The
 * check before sending").  Who pays for a message takes the place, so that one payer who sends
 * without end leaves room for all others.
 */
#include "links/link_window.h"

#include <stdlib.h>

#include "links/link_set.h"

static void places_free(void *context, uint64_t payer, void *places)
{
    (void)context;
    (void)payer;
    free(places);
}

void window_fini(struct window *window)
{
    table_each(&window->payers, places_free, NULL);
    table_fini(&window->payers);
    free(window->spare);
    *window = (struct window){0};
}

/* ---- the rule ---- */

static uint64_t window_left(uint64_t all, uint64_t taken)
{
    return taken < all ? all - taken : 0; /* heads of messages may take a little more than all */
}

bool window_has_place(const struct window *window, uint64_t payer, size_t size)
{
    static const struct window_places none;
    const struct window_places *own = table_get(&window->payers, payer);
    uint64_t messages_left = window_left(LINK_WINDOW_MESSAGES, window->taken.messages);
    uint64_t bytes_left = window_left(LINK_WINDOW_BYTES, window->taken.bytes);

    /* With k payers that take all they may, each has half of what those before it left free. */
    if (own == NULL)
        own = &none;
    return own->messages + 1 <= messages_left && own->bytes + size <= bytes_left;
}

/* ---- taking and giving ---- */

/* The kinds that take a place; the header says why the others take none. */
static bool window_counts(const struct outgoing *outgoing)
{
    return outgoing->message.kind == CHANNEL_PACKET || outgoing->message.kind == CHANNEL_BIRTH;
}

static void places_add(struct window_places *places, const struct outgoing *outgoing)
{
    places->messages++;
    places->bytes += outgoing->size;
}

static void places_remove(struct window_places *places, const struct outgoing *outgoing)
{
    INVARIANT(places->messages > 0 && places->bytes >= outgoing->size);
    places->messages--;
    places->bytes -= outgoing->size;
}

void window_take(struct window *window, const struct outgoing *outgoing)
{
    uint64_t payer = outgoing->message.payer;
    struct window_places *own;

    if (!window_counts(outgoing))
        return;
    /* Payers come and go with their messages: the table holds those with a place, no more. */
    own = table_get(&window->payers, payer);
    if (own == NULL) {
        own = window->spare != NULL ? window->spare : malloc(sizeof *own);
        INVARIANT(own != NULL);
        window->spare = NULL;
        *own = (struct window_places){0};
        (void)table_put(&window->payers, payer, own); /* there was none */
    }
    places_add(own, outgoing);
    places_add(&window->taken, outgoing);
}

void window_give(struct window *window, const struct outgoing *outgoing)
{
    uint64_t payer = outgoing->message.payer;
    struct window_places *own;

    if (!window_counts(outgoing))
        return;
    own = table_get(&window->payers, payer);
    INVARIANT(own != NULL);
    places_remove(own, outgoing);
    places_remove(&window->taken, outgoing);
    if (own->messages > 0)
        return;
    (void)table_remove(&window->payers, payer); /* it is `own` */
    free(window->spare);
    window->spare = own;
}

/* ---- checking ---- */

struct window_comparison {
    const struct window *other;
    bool equal;
};

static bool places_equal(const struct window_places *a, const struct window_places *b)
{
    return a->messages == b->messages && a->bytes == b->bytes;
}

/* The tables have as many payers, so one that is missing in either shows here. */
static void window_compare_payer(void *context, uint64_t payer, void *places)
{
    struct window_comparison *comparison = context;
    const struct window_places *other = table_get(&comparison->other->payers, payer);

    if (other == NULL || !places_equal(other, places))
        comparison->equal = false;
}

bool window_equal(const struct window *a, const struct window *b)
{
    struct window_comparison comparison = {
        .other = b,
        .equal = places_equal(&a->taken, &b->taken) &&
                 table_count(&a->payers) == table_count(&b->payers),
    };

    table_each(&a->payers, window_compare_payer, &comparison);
    return comparison.equal;
}

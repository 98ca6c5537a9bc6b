#include "links/link_window.h"

#include <stdlib.h>

#include "links/link_set.h"

static void free_places(void *context, uint64_t payer, void *places)
{
    (void)context;
    (void)payer;
    free(places);
}

void window_fini(struct window *window)
{
    table_each(&window->payers, free_places, NULL);
    table_fini(&window->payers);
    *window = (struct window){0};
}

/* ---- the rule ---- */

static uint64_t left_of(uint64_t all, uint64_t taken)
{
    return taken < all ? all - taken : 0; /* heads of messages may take a little more than all */
}

bool window_has_place(const struct window *window, uint64_t payer, size_t size)
{
    static const struct places none;
    const struct places *own = table_get(&window->payers, payer);
    uint64_t messages_left = left_of(LINK_WINDOW_MESSAGES, window->taken.messages);
    uint64_t bytes_left = left_of(LINK_WINDOW_BYTES, window->taken.bytes);

    if (own == NULL)
        own = &none;
    return own->messages + 1 <= messages_left && own->bytes + size <= bytes_left;
}

/* ---- taking and giving ---- */

static bool takes_a_place(const struct letter *letter)
{
    return letter->message.kind == CHANNEL_PACKET || letter->message.kind == CHANNEL_BIRTH;
}

static void put(struct places *places, const struct letter *letter)
{
    places->messages++;
    places->bytes += letter->size;
}

static void take_out(struct places *places, const struct letter *letter)
{
    INVARIANT(places->messages > 0 && places->bytes >= letter->size);
    places->messages--;
    places->bytes -= letter->size;
}

void window_take(struct window *window, const struct letter *letter)
{
    uint64_t payer = letter->message.payer;
    struct places *own;

    if (!takes_a_place(letter))
        return;
    own = table_get(&window->payers, payer);
    if (own == NULL) {
        own = calloc(1, sizeof *own);
        INVARIANT(own != NULL);
        (void)table_put(&window->payers, payer, own); /* there was none */
    }
    put(own, letter);
    put(&window->taken, letter);
}

void window_give(struct window *window, const struct letter *letter)
{
    uint64_t payer = letter->message.payer;
    struct places *own;

    if (!takes_a_place(letter))
        return;
    own = table_get(&window->payers, payer);
    INVARIANT(own != NULL);
    take_out(own, letter);
    take_out(&window->taken, letter);
    if (own->messages == 0)
        free(table_remove(&window->payers, payer));
}

/* ---- checking ---- */

struct comparing {
    const struct window *other;
    bool equal;
};

static bool same(const struct places *a, const struct places *b)
{
    return a->messages == b->messages && a->bytes == b->bytes;
}

static void compare_payer(void *context, uint64_t payer, void *places)
{
    struct comparing *comparing = context;
    const struct places *other = table_get(&comparing->other->payers, payer);

    if (other == NULL || !same(other, places))
        comparing->equal = false;
}

bool window_equal(const struct window *a, const struct window *b)
{
    struct comparing comparing = {
        .other = b,
        .equal = same(&a->taken, &b->taken) && table_count(&a->payers) == table_count(&b->payers),
    };

    table_each(&a->payers, compare_payer, &comparing);
    return comparing.equal;
}

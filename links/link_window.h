/*
 * Private to this folder: the places of a link's window, and whose they are.
 *
 * Packets and births take places until the peer has acknowledged them, queued or numbered.
 * What closes, answers or grants takes none: ends that exist bound it, and it is never refused.
 * Nobody may have more of the window than is free for others, so whoever comes next finds a share.
 */
#ifndef SERAI_LINKS_LINK_WINDOW_H
#define SERAI_LINKS_LINK_WINDOW_H

#include "base/table.h"
#include "channels/channels.h"

struct outgoing;

struct window_places {
    uint64_t messages;
    uint64_t bytes;
};

/* All-zero is an empty one. */
struct window {
    struct window_places taken;
    struct table payers; /* payer -> struct window_places *, owned; only those who have some */
    struct window_places *spare; /* of the last that had none any more, owned; or NULL */
};

/* Free the payers; leaves an empty window. */
void window_fini(struct window *window);

/*
 * Whether `payer` may have one more message of `size` bytes: with it, what it has is at most what
 * was free before.
 */
bool window_has_place(const struct window *window, uint64_t payer, size_t size);

/*
 * window_take() and window_give() let a message take its place or give it back; nothing for kinds
 * that take none.
 */
void window_take(struct window *window, const struct outgoing *outgoing);
void window_give(struct window *window, const struct outgoing *outgoing);

/* Whether two windows have the same places taken by the same payers; for checks. */
bool window_equal(const struct window *a, const struct window *b);

#endif

/*
 * What goes out to peers, and how much of it may wait: parcels and the two words that come from the
 * sockets and not from the books.  wires_send() is in wires.h.
 *
 * Used by the edge thread alone.
 */
#ifndef SERAI_SITE_DAEMON_WIRES_OUT_H
#define SERAI_SITE_DAEMON_WIRES_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct call;
struct wire;
struct wires;

/* ALIVE, LEFT and DRAINED, as docs/wire.md has them under "Parcels". */
enum { WIRES_WORD_BYTES = 2 };
extern const uint8_t wires_alive[WIRES_WORD_BYTES];
extern const uint8_t wires_left[WIRES_WORD_BYTES];
extern const uint8_t wires_drained[WIRES_WORD_BYTES];

/* The bytes that all peers have not taken yet. */
uint64_t wires_bytes_out(const struct wires *wires);

/*
 * Send a peer ALIVE, over whichever of its connections takes it; a peer that takes none is silent.
 */
void wires_say_alive(struct wires *wires, struct wire *wire);

/* Send LEFT over both connections of a link that was removed; they end soon after. */
void wires_say_left(struct wires *wires, struct wire *wire);

#endif

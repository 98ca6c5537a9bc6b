/*
 * Signs of life, ours and the peers': docs/wire.md, ALIVE.
 *
 * Used by the edge thread alone.
 */
#ifndef SERAI_SITE_DAEMON_WIRES_SILENCE_H
#define SERAI_SITE_DAEMON_WIRES_SILENCE_H

struct wires;

/*
 * Send ALIVE to all peers when it is due, and record which of them are silent: the link of such a
 * peer has trouble, and the connection that it made is ended.  At least once a second.
 */
void wires_sweep_silence(struct wires *wires);

#endif

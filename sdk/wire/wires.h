/* Wires and sessions: which site is at the other end, and packets to it.  Private to this folder.
 */
#ifndef SERAI_SDK_WIRE_WIRES_H
#define SERAI_SDK_WIRE_WIRES_H

#include "sdk/wire/state.h"

/* The session with the site of this key, or NULL. */
struct session *session_with(const uint8_t key[OP_KEY_BYTES]);

/*
 * Send an operation, with nanos that go along.  Returns 0, or what the site refuses if it
 * `may_fail`: then nothing has changed.  Else a packet that cannot go now waits in the queue.
 */
int64_t session_send(struct session *session, const struct op *op, int64_t money, bool may_fail);

/* The other side did what nobody may do: say what, and end it. */
void session_abort(struct session *session, const char *reason);

/*
 * Join the site at the other end of a link, with so much for the agent there; who asked in this
 * event is told when it is done.  NULL, or why it cannot be: then the turn is to fail.  `again`: by
 * one more wire.
 */
const char *wire_connect(const char *link, int32_t size, int64_t endowment, bool again);

/* ---- events ---- */

void wire_bought(void);                                /* ANSWER */
void wire_room(int32_t slot);                          /* ROOM */
struct wire *wire_of_end(int32_t slot);                /* NULL: none has it */
void wire_packet(struct wire *wire);                   /* a packet of it is the event */
void wire_closed(struct wire *wire);                   /* its other end is gone */
void wire_begin_child(const char *args, int32_t size); /* we are at the other end of somebody's */
void wire_relay_comes(void);                           /* an agent that holds a wire for us */
void wires_flush(void);                                /* at the end of each turn */

#endif

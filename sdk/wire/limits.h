/* The bounds of a wire agent, and the codes of what it refuses. */
#ifndef SERAI_SDK_WIRE_LIMITS_H
#define SERAI_SDK_WIRE_LIMITS_H

/* Bounds, which the compiler's command line may change (-DWIRE_SESSIONS_MAX=16). */
#ifndef WIRE_SESSIONS_MAX
#define WIRE_SESSIONS_MAX 8 /* sites that this one is joined with */
#endif
#ifndef WIRE_EXPORTS_MAX
#define WIRE_EXPORTS_MAX 512 /* objects that one site has of this one; so the next three */
#endif
#ifndef WIRE_IMPORTS_MAX
#define WIRE_IMPORTS_MAX 512
#endif
#ifndef WIRE_QUESTIONS_MAX
#define WIRE_QUESTIONS_MAX 256
#endif
#ifndef WIRE_GIFTS_MAX
#define WIRE_GIFTS_MAX 128
#endif
#ifndef WIRE_SYNCS_MAX
#define WIRE_SYNCS_MAX 32
#endif
#ifndef WIRE_QUEUE_BYTES_MAX
#define WIRE_QUEUE_BYTES_MAX 524288 /* packets that wait for credit, of all wires */
#endif
enum {
    /* Gifts of one site or for one, so that none takes the room of the others. */
    WIRE_GIFTS_PART_MAX = WIRE_GIFTS_MAX / 4,
    WIRE_CAPS_MAX = 8, /* of one message, as for any message on a site */
    WIRE_WIRES_MAX = 2 * WIRE_SESSIONS_MAX,
    WIRE_PACKET_BYTES_MAX = 65536,
    WIRE_BODY_BYTES_MAX = 60000, /* of a message: the rest of the packet says for whom it is */
    WIRE_WINDOW_PACKETS = 16,    /* that may be on their way to us, of one wire */
    WIRE_QUEUE_OWNERS_MAX = WIRE_WIRES_MAX + WIRE_SESSIONS_MAX,
    /* Of one owner; the largest packet is within it.  Messages are refused before it is used up. */
    WIRE_QUEUE_SHARE_BYTES = WIRE_PACKET_BYTES_MAX + 64,
    WIRE_QUEUE_BUSY_BYTES = WIRE_QUEUE_BYTES_MAX / 8,
    WIRE_QUEUE_ITEMS_MAX = 2048,
    WIRE_QUEUE_BUSY_ITEMS = WIRE_QUEUE_ITEMS_MAX / 4,
    WIRE_RELAY_NANOS = 250,   /* of the fee, to the agent that holds a wire; see wire_pay() */
    WIRE_FEE_NANOS = 600,     /* for the part of one side in a message, its answer and its end */
    WIRE_DOOR_NANOS = 10000,  /* asked by a door, and so brought by what is sent to its answers */
    WIRE_FLOAT_NANOS = 50000, /* of one's own, below which no message is taken */
    WIRE_ENDOWMENT_NANOS = 20000000,   /* of the agent at the other end, if nothing is said */
    WIRE_CONNECT_NANOS = 10000000,     /* the least that a door wants for joining a site */
    WIRE_CONNECT_COST_NANOS = 2000000, /* of that for the channel, its deposit and the load */
    WIRE_BUY_FEE_NANOS_MAX = 1000000,  /* for a channel and the birth at its other end */
    /* Whoever calls an object pays what it asks: an object of another site can ask no more. */
    WIRE_ASK_NANOS_MAX = 10000000,
};

/* Codes of failures. */
enum wire_code {
    WIRE_NO_METHOD = 4096,
    WIRE_NO_OBJECT = 4098,
    WIRE_CLOSED = 4160,   /* there is no wire to that site, or it has closed */
    WIRE_BUSY = 4161,     /* a bound above is reached: later */
    WIRE_DRY = 4162,      /* the wire agent itself has too little money */
    WIRE_CROSSING = 4163, /* something in the message cannot go to another site */
    WIRE_SHORT = 4164,    /* the message brings less than the object asks now */
    WIRE_FAR = 4165,      /* the other site refused it; the reason says why */
};

#endif

/* Bounds of the daemon, and why. */
#ifndef SERAI_SITE_DAEMON_LIMITS_H
#define SERAI_SITE_DAEMON_LIMITS_H

enum {
    /* Control is for people and scripts; each connection may keep CONTROL_BYTES_MAX in memory. */
    CONNECTIONS_MAX = 64,
    /* A client that stops in the middle of a request, or reads no answer, gives its place back. */
    CONNECTION_IDLE_US = 30 * 1000 * 1000,
    /* One for each connection and the stop message; a power of two. */
    RING_SLOTS = 128,
    /* One filling, one at the writer, and two whose replies the edge still sends. */
    FRAMES_MAX = 4,
    /* Turns between two looks at the clock and the requests. */
    TURNS_STEP = 64,
    /* ... or after so much fuel: some 50 ms. */
    FUEL_STEP = 20 * 1000 * 1000,
    /* A frame closes after so many turns or so long, if the writer is free ... */
    FRAME_TURNS = 4096,
    FRAME_US = 50 * 1000,
    /* ... and while it is not, the next frame takes at most so many, or a batch grows without end.
     */
    FRAME_TURNS_MAX = 16384,
    /* A turn may move money thousands of times; far below what the ledger takes in a frame. */
    FRAME_LINES_FULL = 1 << 20,
    /* A core that asks to be woken in the past is not asked more often than this. */
    WAKE_MS_MIN = 1,
    WAKE_MS_MAX = 60 * 1000,
    /* After the last frame, clients have so long to take their answers. */
    FAREWELL_US = 2 * 1000 * 1000,
};

#endif

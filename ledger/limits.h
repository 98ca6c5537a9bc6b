/* Bounds of the ledger, each with its reason. */
#ifndef SERAI_LEDGER_LIMITS_H
#define SERAI_LEDGER_LIMITS_H

enum {
    /* Chunk, store hash and LMDB's page header fill one 4 KiB page, with room for a longer hash. */
    CHUNK_BYTES_MAX = 3968,
    /* A chunk's key and a line's event index are 32 bits; far above what one commit should hold. */
    FRAME_LINES_MAX = 1 << 24,
    FRAME_EVENTS_MAX = 1 << 22,
    FRAME_OPENINGS_MAX = 1 << 22,
    /* From here on a frame is to be closed.  What one event adds (a turn stages 4,096 transfers and
     * opens an account for each 20,000 fuel) is far less than what is left; LEDGER_EVENT_LINES_MAX
     * in ledger.h says of lines how much that is. */
    FRAME_LINES_FULL = FRAME_LINES_MAX / 16,
    FRAME_EVENTS_FULL = FRAME_EVENTS_MAX / 4,
    FRAME_OPENINGS_FULL = FRAME_OPENINGS_MAX / 4,
    /* Accounts are an array in memory; 2^32 of them would take 380 GB. */
    ACCOUNT_IDS_MAX = 1 << 30,
};

#endif

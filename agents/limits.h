/* Every bound of this part, with its reason. */
#ifndef SERAI_AGENTS_LIMITS_H
#define SERAI_AGENTS_LIMITS_H

#include "sdk/abi.h"

enum {
    AGENT_NAME_BYTES_MAX = 40,
    AGENT_REASON_BYTES_MAX = 120,
    AGENT_CODES_MAX = 16,      /* modules that one agent keeps beside the one it runs */
    AGENT_FACETS_MAX = 4096,   /* per agent: each is a row and a hash entry */
    AGENT_TIMERS_MAX = 64,     /* per agent */
    AGENT_LOG_LINES_MAX = 256, /* the oldest line goes first */
    AGENT_CAPS_CHUNK = 16,     /* caps are allocated by chunks, which never move */
    CAPS_SMALL = 32,           /* slots that are looked through: of more an index is made */
    AGENT_CAPS_CHUNKS = SERAI_SLOTS_MAX / AGENT_CAPS_CHUNK,
    PAGED_BYTES = 4096,        /* a page of memory or buffer; equals the engine's card */
    PAGED_GRANULE_BYTES = 64,  /* a page's changes are kept by these */
    PAGE_LOG_BYTES = 8388608,  /* of deltas, until they are swept; recovery reads 3 times it */
    PAGE_LOG_PAGES = 65536,    /* that one sweep brings up to date; they are put in order at once */
    PAGE_LOG_ROWS_FREED = 16,  /* of the log, a frame, beside twice as many as it added */
    PAGES_CACHED = 65536,      /* that could be read again and stay in RAM: 256 MiB */
    PAGES_GIVEN_UP = 4096,     /* of them, a frame */
    AGENTS_AWAKE = 4096,       /* kept as they run, at 1 KiB each, when they have nothing to do */
    ARENA_SLOTS = 256,         /* agents whose memory is laid out and ready to run */
    ARENA_CARDS_MAX = 131072,  /* of 4 KiB, that theirs takes: 512 MiB of RAM */
    TURN_TRANSFERS_MAX = 4096, /* staged transfers of one turn; past it orders are refused */
    TURN_INTERFACES_MAX = 8,   /* over which one turn may send packets */
    TURN_RANDOM_BYTES_MAX = 4096,
    INBOX_MESSAGE_OVERHEAD = 128, /* bytes counted beside a message's data */
    TIMERS_FIRED_MAX = 65536,     /* in a frame; more that are due wait for the next */
    SETTLE_US_MIN = 1000000,      /* and nobody more than once a second, running dry */
    SETTLE_US = 60000000,         /* rent is settled once a minute of site time */
    SETTLE_AGENTS = 16384,        /* of so many agents; of more, in turn (settle.c) */
};

/* Fuel for what an order does beside its own entry (docs/fuel.md). */
enum {
    WORK_BYTES = 8,        /* bytes moved to or from guest memory for one fuel, as memory.copy */
    WORK_CHECK = 20000,    /* a module that is put, however small, is kept until the frame closes */
    WORK_CHECK_BYTE = 8,   /* of a module that is put: decoding, validating, compiling */
    WORK_BUFFER_PAGE = 64, /* of a buffer that is bought: its table of pages is made; or is read */
    WORK_PAGE_COPY = 1536, /* of a buffer that is written: kept for the undo, and for the frame */
    WORK_BIRTH = 20000,
    WORK_LOOK = 300,     /* a look-up in a table of the site's, or of the agent's own slots */
    WORK_RANDOM = 2500,  /* the system is asked for random bytes */
    WORK_TRANSFER = 600, /* a line of the journal, and whoever has the money may be woken */
    WORK_MESSAGE = 4000, /* a message or other event: its row, and the turn that it begins */
    WORK_OBJECT = 2500,  /* a facet, buffer, timer or heap entry: its row, and its end */
    WORK_WAKE = 1000,    /* an agent that slept is money's receiver, and hears nothing */
    WORK_LAY_OUT = 4096, /* each 64 KiB of memory, when a turn begins: it may have to be laid out */
    WORK_SLOT = 16,      /* each slot of a large table, when a turn begins: its index is made */
    WORK_LINE = 1500,    /* of the log: its row */
    WORK_KEPT_BYTES = 1, /* bytes for one fuel that are kept, hashed and may go to the disk */
};
/* What state beside memory costs in bytes held (docs/prices.md). */
enum { HELD_AGENT = 512, HELD_CAP = 16, HELD_FACET = 96, HELD_TIMER = 64, HELD_LOG_LINE = 32 };

#endif

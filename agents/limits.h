/* Every bound of this part, with its reason. */
#ifndef SERAI_AGENTS_LIMITS_H
#define SERAI_AGENTS_LIMITS_H

#include "sdk/abi.h"

enum {
    AGENT_NAME_BYTES_MAX = 40,
    AGENT_REASON_BYTES_MAX = 120,
    AGENT_CODES_MAX = 16,      /* modules that one agent keeps besides the one it runs */
    AGENT_FACETS_MAX = 65536,  /* per agent: each is a row and a hash entry */
    AGENT_TIMERS_MAX = 64,     /* per agent */
    AGENT_LOG_LINES_MAX = 256, /* the oldest line goes first */
    AGENT_CAPS_CHUNK = 16,     /* caps are allocated by chunks, which never move */
    CAPS_SMALL = 32,           /* a table with more slots is indexed, not looked through */
    AGENT_CAPS_CHUNKS = SERAI_SLOTS_MAX / AGENT_CAPS_CHUNK,
    CAPS_CHUNKS_COMMON = 64,   /* chunks of any table; those after it count for the customer, */
    CAPS_CHUNK_BYTES = 512,    /* by so many bytes of memory: about what they take of RAM */
    PAGED_BYTES = 4096,        /* a page of memory or buffer; equals the engine's card */
    PAGED_GRANULE_BYTES = 64,  /* a page's changes are kept by these */
    PAGE_LOG_BYTES = 8388608,  /* deltas kept until they are swept; recovery reads 3 times that */
    PAGE_LOG_PAGES = 65536,    /* pages in one sweep, which are sorted all at once */
    PAGE_LOG_ROWS_FREED = 16,  /* log rows that a frame deletes, besides twice those it adds */
    PAGES_CACHED = 65536,      /* pages in RAM that could be read again: 256 MiB */
    PAGES_GIVEN_UP = 4096,     /* of these pages that one frame evicts at most */
    AGENTS_AWAKE = 4096,       /* idle agents that are kept active, at 1 KiB each */
    ARENA_SLOTS = 256,         /* agents whose memory is laid out and ready to run */
    ARENA_CARDS_MAX = 131072,  /* cards of 4 KiB that those slots take: 512 MiB of RAM */
    TURN_TRANSFERS_MAX = 4096, /* staged transfers of one turn; past it orders are refused */
    /*
     * Lines of the journal that a turn pays for when it begins: postage, reserve and money of its
     * event, compute, and the one of this charge.
     */
    TURN_LINES = 5,
    /*
     * Lines that one order adds, its own among them; their price is held before it begins.  A
     * channel within the site is bought, its agent born and the answer given in one order.
     */
    ORDER_LINES_MAX = 10,
    ORDER_LINES_BUY_MAX = 16,
    TURN_CHECK_BYTES_MAX = 1048576, /* of modules that one turn may put: one of the largest */
    TURN_INTERFACES_MAX = 16,       /* interfaces, by class of priority, for packets of one turn */
    TURN_RANDOM_BYTES_MAX = 4096,
    LEASH_ACTIONS_MAX = 16,         /* stops and ends of children in one turn, at most one an end */
    INBOX_MESSAGE_OVERHEAD = 128,   /* bytes counted besides a message's data */
    PROMISE_MESSAGES_MAX = 64,      /* that wait on one promise, besides those of who asked */
    PROMISE_BYTES_MAX = 262144,     /* theirs; the agent that asked has as much again */
    PROMISE_CUSTOMER_MESSAGES = 8,  /* of these, one customer's */
    PROMISE_CUSTOMER_BYTES = 16384, /* theirs */
    PROMISES_WAITING_MAX = 524288,  /* on all promises of the site: one event may end them all */
    CUSTOMER_WAITING_MAX = 32768,   /* of these, one customer's */
    AGENT_WAITING_MAX = 64,   /* messages of one agent that wait on promises: they end with it */
    TIMERS_FIRED_MAX = 65536, /* in a frame; more that are due wait for the next */
    BILL_US_MIN = 1000000,    /* no agent is billed more often, even when it runs dry */
    BILL_US = 60000000,       /* rent is billed once in this much site time */
    BILL_AGENTS = 16384,      /* agents billed in each BILL_US; more take turns */
    BURN_US = 60000000,       /* what an agent used is measured over one or two of these */
    LIFE_EVENTS_MAX = 2048,   /* kept for who watches: under a MiB */
    LIFE_EVENTS_PER_S = 64,   /* of these, one customer's of one second */
    LAST_LOGS_MAX = 64,       /* of agents that ended, kept in memory */
    LAST_LOG_LINES_MAX = 64,  /* of each: all of them take 5 MiB at most */
};

/* Fuel for what an order does besides its own entry (docs/fuel.md). */
enum {
    WORK_BYTES = 8,     /* bytes moved to or from guest memory for one fuel, as memory.copy */
    WORK_CHECK = 20000, /* a module that is put, however small, is kept until the frame closes */
    /*
     * Each byte of a module that is put: decoding, validating, compiling.  It is paid besides the
     * fuel that the turn may use, see turn_check_fee().
     */
    WORK_CHECK_BYTE = 32,
    /*
     * ... and of each of the first bytes: what a small module decodes to lies in pages of 4 KiB,
     * that the system may have to map first (engine/block.h).
     */
    WORK_CHECK_BYTE_FIRST = 80,
    WORK_CHECK_FIRST = 131072, /* how many are first: these decode to 1 MiB at most, or nearly */
    WORK_BUFFER_PAGE = 64,     /* each page of a buffer that is bought, for its table, or read */
    WORK_PAGE_COPY = 1536,     /* each page of a buffer that is written: kept for undo and frame */
    WORK_BIRTH = 20000,
    WORK_LOOK = 300,     /* a look-up in a table of the site's, or of the agent's own slots */
    WORK_PAIR = 1200,    /* two slots side by side are looked for, in words of 64 slots */
    WORK_RANDOM = 2500,  /* the system is asked for random bytes */
    WORK_TRANSFER = 600, /* a line of the journal, and the receiver may be activated */
    WORK_MESSAGE = 4000, /* a message or other event: its row, and the turn that it begins */
    WORK_WAITING =
        1500, /* a message that waits on a promise: its sender and receiver are activated */
    WORK_OBJECT = 2500,  /* a facet, buffer, timer or heap entry: its row, and its end */
    WORK_WAKE = 1000,    /* a packed agent that gets money, and no event that would pay for it */
    WORK_LAY_OUT = 4096, /* each 64 KiB of memory, when a turn begins: it may have to be laid out */
    WORK_SLOT = 16,      /* each slot of a large table, when a turn begins: its index is made */
    WORK_LINE = 1500,    /* a line of the log: its row */
    WORK_KEPT_BYTES = 1, /* bytes for one fuel that are kept, hashed and may go to the disk */
};
/* The bytes held that state besides memory counts for (docs/prices.md). */
enum { HELD_AGENT = 512, HELD_CAP = 16, HELD_FACET = 96, HELD_TIMER = 64, HELD_LOG_LINE = 32 };

#endif

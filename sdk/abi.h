/*
 * The guest ABI, version 2: everything an agent can ask of its site, in one table.  Host and guest
 * are both generated from it.  It includes nothing of the host.  Prose: docs/guest-abi.md.
 *
 * An agent is a WebAssembly module that exports its memory-bearing code as one function,
 *
 *     void serai_turn(int32_t kind, int32_t slot, int32_t size)
 *
 * which the site calls once for each event, and that imports orders from module "serai".  Each
 * order returns an i64: a value >= 0, or one refusal below 0.  Money is i64 nanos; pointers and
 * sizes are i32 in the agent's memory.  A refusal changes nothing (its fee is still paid).
 */
#ifndef SERAI_SDK_ABI_H
#define SERAI_SDK_ABI_H

#include <stdint.h>

/* Raised when what stands here means something else to a module that was built before. */
enum { SERAI_ABI_VERSION = 2 };

/* ---- slots that every agent is born with ---- */
enum serai_slot {
    SERAI_SLOT_SELF = 0,
    SERAI_SLOT_ORIGIN = 1, /* the channel end it was born through, or empty */
    SERAI_SLOT_BUFFERS = 2,
    SERAI_SLOT_CHANNELS = 3,
    SERAI_SLOT_HEAP = 4,
    SERAI_SLOT_CODE = 5,
    SERAI_SLOT_LOG = 6,
    SERAI_SLOT_FIRST_FREE = 7,
    SERAI_SLOT_NONE = -1,
};

/* ---- what a slot can hold ---- */
enum serai_kind {
    SERAI_KIND_EMPTY = 0,
    SERAI_KIND_SELF = 1,
    SERAI_KIND_FACET = 2,
    SERAI_KIND_BUFFER_POOL = 3,
    SERAI_KIND_BUFFER = 4,
    SERAI_KIND_CHANNEL_POOL = 5,
    SERAI_KIND_CHANNEL = 6, /* one end */
    SERAI_KIND_HEAP = 7,
    SERAI_KIND_CODE = 8,
    SERAI_KIND_LOG = 9,
    SERAI_KIND_SPAWNER = 10,
    SERAI_KIND_TIMER = 11,
    SERAI_KIND_CLOCK = 12,
    SERAI_KIND_RANDOM = 13,
    SERAI_KIND_LEASH = 14, /* of a child that was spawned with one */
    SERAI_KINDS = 15,
    SERAI_KIND_ANY = 254, /* in the table below: whatever the slot holds */
    SERAI_KIND_FREE = 255 /* in the table below: the order takes no slot */
};

/* ---- refusals ---- */
enum serai_refusal {
    SERAI_E_SLOT = -1,     /* the slot is empty or out of range */
    SERAI_E_KIND = -2,     /* the slot holds another kind of thing */
    SERAI_E_RIGHT = -3,    /* this cap does not carry the right (a read-only buffer, a lent one) */
    SERAI_E_MEMORY = -4,   /* a pointer and size reach outside the agent's memory */
    SERAI_E_SHORT = -5,    /* not enough money */
    SERAI_E_FULL = -6,     /* a bound is reached: table, inbox, window */
    SERAI_E_INVALID = -7,  /* an argument is out of range */
    SERAI_E_MISSING = -8,  /* no such entry, code or interface */
    SERAI_E_CLOSED = -9,   /* revoked, closed, sold, or its agent is dead */
    SERAI_E_CREDIT = -10,  /* the far end has armed no more: ask for a room event */
    SERAI_E_PENDING = -11, /* the peer has not answered yet */
    SERAI_E_EXISTS = -12,  /* there is one already */
    SERAI_E_QUOTA = -13,   /* the customer's cap is reached */
    SERAI_E_POSTAGE = -14, /* less than the facet asks */
    SERAI_E_LIMIT = -15,   /* the peer lets this site owe no more: later, or less */
    SERAI_E_SILENT = -16,  /* FAILED: who was to answer neither did nor kept the reply */
    SERAI_E_BROKEN = -17,  /* a promise that is broken; FAILED: one that would wait for itself */
    SERAI_E_FROZEN = -18,  /* FAILED: who was to answer is frozen, for longer than the site waits */
};

/* ---- events: `kind` of serai_turn ---- */
enum serai_event_kind {
    SERAI_EVENT_BORN = 1,    /* data: arguments; caps: what it was given; money: the endowment */
                             /* status: 1 if the agent ends should this turn be undone */
    SERAI_EVENT_BECAME = 2,  /* data: arguments of become */
    SERAI_EVENT_MESSAGE = 3, /* to one of its facets: badge, data, money; caps and reply are lent.
                                status 1: a promise waits for the answer, see reply_pipe */
    SERAI_EVENT_PACKET = 4,  /* slot: the channel end; data, money.  status above 0: so many bytes
                                are in the buffer that it was armed into, at the offset `badge` */
    SERAI_EVENT_ANSWER = 5,  /* slot: the end that was bought; status 0 open, else a refusal; fee */
    SERAI_EVENT_ROOM = 6,    /* slot: the end that can be sent on again */
    SERAI_EVENT_CLOSED = 7,  /* slot: the end whose far side was sold or closed */
    SERAI_EVENT_LOW = 8,     /* the balance fell below the mark; money: the balance */
    SERAI_EVENT_WAKE = 9,    /* the timer; badge: the number given to timer_wake */
    SERAI_EVENT_THAWED = 10, /* it was frozen, runs again; money: balance (not sent at first) */
    SERAI_EVENT_FAILED = 11, /* to a reply facet: badge; status says why the answer cannot come;
                                data: the reason, when another agent gave one; money: what came
                                back with the question */
    SERAI_EVENT_LEAVING = 12, /* the site is being drained: badge; status: in how many seconds */
    SERAI_EVENT_LEASH = 13,   /* from a leash that is watched: badge; status: enum serai_leash_news;
                                 money: the child's; data: a code (i32), then a text */
    SERAI_EVENT_KEPT = 14,    /* the trial of self_upgrade was undone: status says how */
    SERAI_EVENT_UPGRADE = 15, /* its customer asks it to become another program: data: the code id;
                                 status: flags for self_upgrade; a reply */
    SERAI_EVENT_UNHELD = 16,  /* nobody else holds the facet of `badge` any more; it is gone */
};

/* The event as order event_info writes it: little-endian, 88 bytes. */
struct serai_event {
    int32_t kind;
    int32_t slot; /* the channel end, or SERAI_SLOT_NONE */
    int32_t size; /* bytes of data, read by event_read */
    int32_t status;
    int64_t money; /* that came with it, or with FAILED came back: credited already */
    uint64_t badge;
    int64_t fee;
    int64_t postage;
    int32_t reply; /* slot of the reply facet, or SERAI_SLOT_NONE */
    int32_t cap_count;
    int32_t caps[8]; /* slots.  But for BORN they and the reply's are empty after the turn, unless
                        cap_keep() was given for them */
};

/* ---- bounds ---- */
enum {
    SERAI_MESSAGE_BYTES_MAX = 65536,
    SERAI_MESSAGE_CAPS_MAX = 8,
    SERAI_ARGS_BYTES_MAX = 4096,
    SERAI_HEAP_NUMBER_BYTES = 12,
    SERAI_CODE_ID_BYTES = 32,
    SERAI_SITE_KEY_BYTES = 32, /* Ed25519 */
    SERAI_LOG_LINE_BYTES_MAX = 1024,
    SERAI_FAIL_CODE_MIN = 4096, /* codes of failures that agents choose begin here */
    SERAI_REASON_BYTES_MAX = 256,
    SERAI_SLOTS_MAX = 65536,
    SERAI_BUFFER_BYTES_MAX = 16777216,
    SERAI_FIRST_CREDIT_PACKETS = 8, /* armed for a newborn's loader */
    SERAI_FIRST_CREDIT_BYTES = 65536,
    SERAI_INTERFACE_SELF = 0,
    SERAI_PRIORITY_MAX = 7, /* the dearest class of a channel's end; an end is made in class 0 */
};

/* Flags of spawn.  A child is also born without what its parent lacks. */
enum serai_spawn {
    SERAI_SPAWN_NO_BUFFERS = 1 << SERAI_SLOT_BUFFERS,   /* each of these five leaves the slot */
    SERAI_SPAWN_NO_CHANNELS = 1 << SERAI_SLOT_CHANNELS, /* of its number empty, for good */
    SERAI_SPAWN_NO_HEAP = 1 << SERAI_SLOT_HEAP,
    SERAI_SPAWN_NO_CODE = 1 << SERAI_SLOT_CODE,
    SERAI_SPAWN_NO_LOG = 1 << SERAI_SLOT_LOG,
    SERAI_SPAWN_NO_NUMBERS = 256, /* heap_add_at is refused, to its own children as well */
    SERAI_SPAWN_LEASH = 512,      /* a leash, in the slot after that of the facet */
    SERAI_SPAWN_ESTATE = 1024,    /* what it leaves when it dies goes to the holder of the leash */
};

/* A child at the end of its leash. */
enum serai_leash_state {
    SERAI_LEASH_RUNNING = 0,
    SERAI_LEASH_DRY = 1,         /* frozen for want of money */
    SERAI_LEASH_BY_SITE = 2,     /* frozen by the site, */
    SERAI_LEASH_BY_CUSTOMER = 3, /* by its customer, */
    SERAI_LEASH_STOPPED = 4,     /* by leash_stop */
};

/* As order leash_info writes it: little-endian, 64 bytes, as things were when the turn began. */
struct serai_leash {
    int32_t state;   /* enum serai_leash_state */
    int32_t waiting; /* events in its inbox */
    int64_t balance;
    int64_t mark;   /* of its low-balance alert; 0: it has set none */
    int64_t lacks;  /* what it must be given to go on; 0 unless it is dry */
    uint64_t bytes; /* that it pays rent for, buffers too */
    uint64_t turns; /* these three since its birth */
    uint64_t traps;
    uint64_t fuel;
};

/* Why a watched leash sends its event, the first of these that happens: status of the event. */
enum serai_leash_news {
    SERAI_LEASH_LOW = 1,    /* the balance fell below the child's own alert */
    SERAI_LEASH_FROZEN = 2, /* code: enum serai_leash_state; text: the reason */
    SERAI_LEASH_UNDONE = 3, /* a turn was undone.  code, text: as FAILED tells them */
    SERAI_LEASH_DIED = 4,   /* money: what the holder got */
};

/* What channel_terms tells. */
enum {
    SERAI_TERMS_PACKETS = 0, /* nanos for 1000 packets, as the link is now: strict or bounded */
    SERAI_TERMS_DATA = 1,    /* nanos for a MiB in packets */
};

/* Flags of self_upgrade. */
enum { SERAI_UPGRADE_TRY = 1 }; /* with a way back: the event KEPT */

/* Flags of self_facet_of: tell its agent, once, when nobody else holds the facet any more. */
enum { SERAI_FACET_WATCH = 1 };

/* Rights of a buffer cap, for buffer_share. */
enum { SERAI_RIGHT_READ = 1, SERAI_RIGHT_WRITE = 2, SERAI_RIGHT_OWNER = 4 };

/*
 * ---- the orders ----
 * X(number, name, parameter letters, kind of the thing in the first argument, C prototype)
 * Letters: i = i32, l = i64.  The number never changes; the name is also the price key
 * (`orders.<name>` in the price book).
 */
#define SERAI_ORDERS(X)                                                                            \
    /* the event of this turn */                                                                   \
    X(0, event_info, "i", FREE, (struct serai_event * to))                                         \
    X(1, event_read, "iii", FREE, (void *to, int32_t size, int32_t offset)) /* bytes copied */     \
    /* self */                                                                                     \
    X(2, self_balance, "i", SELF, (int32_t self)) /* what orders may still spend in this turn */   \
    X(3, self_facet, "ill", SELF, (int32_t self, uint64_t badge, int64_t postage)) /* slot */      \
    X(4, self_revoke, "ii", SELF, (int32_t self, int32_t facet))                                   \
    X(5, self_mark, "il", SELF, (int32_t self, int64_t balance)) /* 0 takes the mark away */       \
    X(6, self_code, "iiii", SELF, (int32_t self, void *to, int32_t size, int32_t offset))          \
    X(7, self_code_id, "ii", SELF, (int32_t self, void *id)) /* bytes of the module */             \
    X(8, self_become, "iiii", SELF,                                                                \
      (int32_t self, const void *code_id, const void *args, int32_t args_size))                    \
    X(9, self_die, "i", SELF, (int32_t self))                                                      \
    /* any cap */                                                                                  \
    X(10, cap_kind, "i", ANY, (int32_t slot))                                                      \
    X(11, cap_drop, "i", ANY, (int32_t slot))                                                      \
    /* facets of agents of this site */                                                            \
    X(12, facet_send, "iiiiilli", FACET,                                                           \
      (int32_t facet, const void *data, int32_t size, const int32_t *caps, int32_t cap_count,      \
       int64_t money, int64_t postage, int32_t reply))                                             \
    X(13, facet_postage, "i", FACET, (int32_t facet)) /* what it asks */                           \
    X(14, facet_fund, "il", FACET, (int32_t facet, int64_t money))                                 \
    /* buffers */                                                                                  \
    X(15, buffer_buy, "ii", BUFFER_POOL, (int32_t pool, int32_t bytes))   /* slot */               \
    X(16, buffer_sell, "ii", BUFFER_POOL, (int32_t pool, int32_t buffer)) /* refund */             \
    X(17, buffer_terms, "i", BUFFER_POOL, (int32_t pool))                 /* nanos per GiB-hour */ \
    X(18, buffer_size, "i", BUFFER, (int32_t buffer))                                              \
    X(19, buffer_read, "iiii", BUFFER, (int32_t buffer, int32_t offset, void *to, int32_t size))   \
    X(20, buffer_write, "iiii", BUFFER,                                                            \
      (int32_t buffer, int32_t offset, const void *from, int32_t size))                            \
    X(21, buffer_share, "ii", BUFFER, (int32_t buffer, int32_t rights)) /* slot */                 \
    /* channels */                                                                                 \
    X(22, channel_count, "i", CHANNEL_POOL, (int32_t pool))                                        \
    X(23, channel_describe, "iiii", CHANNEL_POOL,                                                  \
      (int32_t pool, int32_t interface, void *to, int32_t size)) /* bytes of the name */           \
    X(24, channel_buy, "iill", CHANNEL_POOL,                                                       \
      (int32_t pool, int32_t interface, int64_t endowment, int64_t max_fee)) /* slot, pending */   \
    X(25, channel_sell, "ii", CHANNEL_POOL, (int32_t pool, int32_t end))     /* refund */          \
    X(26, channel_send, "iiil", CHANNEL,                                                           \
      (int32_t end, const void *data, int32_t size, int64_t money))                                \
    X(27, channel_send_buffer, "iiiil", CHANNEL,                                                   \
      (int32_t end, int32_t buffer, int32_t offset, int32_t size, int64_t money))                  \
    X(28, channel_arm, "iii", CHANNEL, (int32_t end, int32_t packets, int32_t bytes))              \
    X(29, channel_room, "i", CHANNEL, (int32_t end))                                               \
    X(30, channel_credit, "i", CHANNEL, (int32_t end)) /* packets that may be sent now */          \
    X(31, channel_close, "i", CHANNEL, (int32_t end))                                              \
    /* the capability heap */                                                                      \
    X(32, heap_add, "iii", HEAP, (int32_t heap, int32_t slot, void *number)) /* writes it */       \
    X(33, heap_add_at, "iii", HEAP, (int32_t heap, int32_t slot, const void *number))              \
    X(34, heap_get, "ii", HEAP, (int32_t heap, const void *number))  /* slot */                    \
    X(35, heap_take, "ii", HEAP, (int32_t heap, const void *number)) /* slot; refund credited */   \
    /* code */                                                                                     \
    X(36, code_put, "iiii", CODE, (int32_t code, const void *bytes, int32_t size, void *id))       \
    X(37, code_kept, "iii", CODE, (int32_t code, int32_t index, void *id))                         \
    X(38, code_drop, "ii", CODE, (int32_t code, const void *id))                                   \
    /* log */                                                                                      \
    X(39, log_append, "iii", LOG, (int32_t log, const void *text, int32_t size))                   \
    /* given, not inborn */                                                                        \
    X(40, spawn, "iiiiiiil", SPAWNER,                                                              \
      (int32_t spawner, const void *code_id, const void *args, int32_t args_size,                  \
       const int32_t *caps, int32_t cap_count, int32_t flags, int64_t endowment)) /* facet slot */ \
    X(41, timer_wake, "ill", TIMER, (int32_t timer, int64_t at_us, uint64_t badge))                \
    X(42, clock_now, "i", CLOCK, (int32_t clock)) /* site time, microseconds */                    \
    X(43, random_bytes, "iii", RANDOM, (int32_t random, void *to, int32_t size))                   \
    /* any cap */                                                                                  \
    X(44, cap_keep, "i", ANY, (int32_t slot)) /* what a message lent stays after its turn */       \
    X(45, cap_same, "ii", ANY, (int32_t slot, int32_t other)) /* 1, or 0 */                        \
    /* what a link asks for money near its limit, besides the price of a packet */                 \
    X(46, channel_quote, "iil", CHANNEL_POOL, (int32_t pool, int32_t interface, int64_t money))    \
    /* priorities: the class in which an end sends, and the price of a packet by class */          \
    X(47, channel_priority, "ii", CHANNEL, (int32_t end, int32_t priority))                        \
    X(48, channel_terms, "iiii", CHANNEL_POOL,                                                     \
      (int32_t pool, int32_t interface, int32_t terms, int32_t priority)) /* nanos */              \
    /* self */                                                                                     \
    X(49, self_leaving, "il", SELF, (int32_t self, uint64_t badge)) /* one event LEAVING */        \
    /* as channel_arm, and the packets land in an own buffer, by places of a size */               \
    X(50, channel_arm_into, "iiiii", CHANNEL,                                                      \
      (int32_t end, int32_t buffer, int32_t offset, int32_t place_bytes, int32_t packets))         \
    /* self: whether a slot holds a facet of one's own, 1, or an open promise that is piped to     \
       one, 2, and its badge; else 0 */                                                            \
    X(51, self_badge, "iii", SELF, (int32_t self, int32_t slot, uint64_t * badge))                 \
    X(52, self_fail, "iiii", SELF,                                                                 \
      (int32_t self, int32_t code, const void *reason, int32_t size)) /* does not return */        \
    /* a held reply: its asker gets FAILED with this code and reason */                            \
    X(53, reply_break, "iiii", FACET,                                                              \
      (int32_t reply, int32_t code, const void *reason, int32_t size))                             \
    /* leashes of children that were spawned with one */                                           \
    X(54, leash_info, "ii", LEASH, (int32_t leash, struct serai_leash * to))                       \
    X(55, leash_stop, "ii", LEASH,                                                                 \
      (int32_t leash, int32_t stop)) /* 1 stops it, 0 lets it go on */                             \
    X(56, leash_take, "il", LEASH, (int32_t leash, int64_t money))                                 \
    X(57, leash_end, "i", LEASH, (int32_t leash))                                                  \
    X(58, leash_watch, "ii", LEASH, (int32_t leash, int32_t facet)) /* one event LEASH */          \
    /* the key of the site at the other end of an interface, or of this one: its size */           \
    X(59, channel_peer, "iii", CHANNEL_POOL, (int32_t pool, int32_t interface, void *key))         \
    /* self_become with flags (SERAI_UPGRADE_...) */                                               \
    X(60, self_upgrade, "iiiii", SELF,                                                             \
      (int32_t self, const void *code_id, const void *args, int32_t args_size, int32_t flags))     \
    /* the facet of a badge, made if there is none */                                              \
    X(61, self_facet_of, "illi", SELF,                                                             \
      (int32_t self, uint64_t badge, int64_t postage, int32_t flags)) /* slot */                   \
    /* promises: what an answer will bring */                                                      \
    X(62, facet_ask, "iiiiilli", FACET,                                                            \
      (int32_t facet, const void *data, int32_t size, const int32_t *caps, int32_t cap_count,      \
       int64_t money, int64_t postage, int32_t reply))             /* slot of the promise */       \
    X(63, facet_when, "ii", FACET, (int32_t facet, int32_t reply)) /* one MESSAGE or FAILED */     \
    X(64, facet_state, "i", FACET, (int32_t facet)) /* 0 unless it is a promise, or closed */      \
    /* a held reply: messages for the promise of its question go to an own facet; 1, or 0 if there \
       is no promise */                                                                            \
    X(65, reply_pipe, "ii", FACET, (int32_t reply, int32_t facet))                                 \
    /* as reply_break, and money goes back with FAILED */                                          \
    X(66, reply_return, "iiiil", FACET,                                                            \
      (int32_t reply, int32_t code, const void *reason, int32_t size, int64_t money))

enum serai_order {
#define SERAI_ORDER_ENUM(number, name, params, kind, prototype) SERAI_ORDER_##name = number,
    SERAI_ORDERS(SERAI_ORDER_ENUM)
#undef SERAI_ORDER_ENUM
        SERAI_ORDER_COUNT = 67
};

/*
 * ---- the loader's instructions, version 1 ----
 * The loader, which a newborn runs, obeys one instruction a packet; its first byte is the number.
 */
enum serai_loader {
    SERAI_LOAD_BEGIN = 1,  /* u32 size of the module, its code id[32]; forgets what came before */
    SERAI_LOAD_PIECE = 2,  /* the next bytes of the module */
    SERAI_LOAD_BECOME = 3, /* the rest: arguments.  Checks the hash, then becomes the module */
    SERAI_LOAD_USE = 4,    /* code id[32], arguments: become code that this site has already */
    SERAI_LOAD_FETCH = 5,  /* heap number[12]: put what it names into a slot */
};

#endif

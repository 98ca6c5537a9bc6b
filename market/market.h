/*
 * The market: what things cost and how much of them one customer may hold.  Pure functions of
 * values: no file, clock or random source here.  The price book is loaded by site/config, kept and
 * numbered by site/core, and read by everyone who charges.
 *
 * Prices are posted: an amount per large unit, named at each field.  Charges are exact products
 * with a carry (money_cost_carry); rent goes through a price index, so that a price may change at
 * any time and each holder still pays exactly what was posted while it held.
 *
 * No thread of its own; plain values, shared read-only.
 */
#ifndef SERAI_MARKET_MARKET_H
#define SERAI_MARKET_MARKET_H

#include "base/money.h"

struct bytes;

/* ---- units that prices are quoted in ---- */
#define MARKET_FUEL_UNIT ((uint64_t)1000000000)     /* compute: per 10^9 fuel */
#define MARKET_PACKETS_UNIT ((uint64_t)1000)        /* packets: per 1000 */
#define MARKET_PACKET_DATA_UNIT ((uint64_t)1 << 20) /* packet data: per MiB, counted in bytes */
#define MARKET_LOG_UNIT ((uint64_t)1 << 10)         /* log: per KiB, counted in bytes */
#define MARKET_JOURNAL_UNIT ((uint64_t)1 << 20)     /* journal: per MiB, counted in bytes */
/* The steps from a link's soft limit to its hard one, by which the price of money over it rises. */
#define MARKET_DRAIN_STEPS UINT32_C(16)
/* Drain: per 1.00 sent, counted in nanos, at the top step. */
#define MARKET_DRAIN_UNIT (MARKET_DRAIN_STEPS * (uint64_t)1000000000)
/* Rent: per GiB-hour, counted in byte-microseconds: 2^30 * 3,600,000,000 fits 62 bits. */
#define MARKET_RENT_UNIT (((uint64_t)1 << 30) * (uint64_t)3600000000)

enum {
    PRICEBOOK_ORDERS_MAX = 128,    /* numbers of orders of the guest ABI lie below it */
    PRICEBOOK_PATH_BYTES = 64,     /* a key such as "orders.facet_send", with its NUL */
    PRICEBOOK_VALUE_BYTES = 40,    /* a value as text, with its NUL */
    PRICEBOOK_CURRENCY_BYTES = 9,  /* 1 to 8 letters and digits, and the NUL */
    PRICEBOOK_LINKS_MAX = 64,      /* links with prices of their own */
    PRICEBOOK_LINK_NAME_BYTES = 33 /* as long as a link's name may be, and the NUL */
};
#define PRICEBOOK_PRICE_NANOS_MAX                                                                  \
    ((uint64_t)1000000000000000)            /* a million a unit: a slip of a key */
#define INBOX_MESSAGES_MAX 256              /* the highest that inbox.messages_max may be */
#define INBOX_BYTES_MAX ((uint64_t)1 << 20) /* the highest that inbox.bytes_max may be */
#define CUSTOMER_EVENTS_MAX 4000000         /* the highest that customers.events_max may be */

/* The resources that pay rent, per GiB-hour.  Fixed numbers: they are stored. */
enum rent_resource {
    RENT_MEMORY = 0,  /* memory.rent */
    RENT_BUFFERS = 1, /* buffer.rent */
    RENT_CODE = 2,    /* code.rent */
};
enum { RENT_RESOURCES = 3 };

/* What counts for a customer, over all its agents, and is bounded by the book of prices. */
enum customer_resource {
    CUSTOMER_AGENTS,
    CUSTOMER_MEMORY_BYTES,
    CUSTOMER_BUFFER_BYTES,
    CUSTOMER_FACETS,       /* with the replies that are waited for */
    CUSTOMER_TIMERS,       /* that are set */
    CUSTOMER_HEAP_ENTRIES, /* also of agents that are dead */
    CUSTOMER_CODE_BYTES,   /* of modules that its agents run or keep, decoded, each module once */
    CUSTOMER_EVENTS,       /* that were paid for in advance and may come, or wait in an inbox */
    CUSTOMER_EVENT_BYTES,  /* of data that they may bring, or that waits with them */
    CUSTOMER_ENDS,         /* of channels, also those that were sold and wait for their far end */
    CUSTOMER_RESOURCES
};

/* The prices of a link.  Fixed numbers: they are stored. */
enum link_price {
    LINK_PRICE_BIRTH_FEE = 0,   /* each agent born here for the peer */
    LINK_PRICE_CHANNEL_FEE = 1, /* each channel bought here by the peer */
    LINK_PRICE_PACKETS = 2,     /* per MARKET_PACKETS_UNIT packets sent over the link */
    LINK_PRICE_PACKET_DATA = 3, /* per MARKET_PACKET_DATA_UNIT bytes sent over the link */
    LINK_PRICE_DRAIN = 4,       /* per 1.00 sent over the link at its hard limit */
    /* What each class of priority above 0 adds to LINK_PRICE_PACKETS and LINK_PRICE_PACKET_DATA. */
    LINK_PRICE_PRIORITY = 5,
    LINK_PRICE_PRIORITY_DATA = 6,
    LINK_PRICE_STRICT_PACKET = 7, /* besides, each packet sent over a link that is strict then */
};
enum { LINK_PRICES = 8 };

/* One link's own prices, by its name.  The market does not know whether there is such a link. */
struct pricebook_link {
    char name[PRICEBOOK_LINK_NAME_BYTES];
    struct money price[LINK_PRICES];
    bool priced[LINK_PRICES];
};

/*
 * Everything the operator posts.  Comments give the key in prices.toml and the unit.
 */
struct pricebook {
    uint64_t id; /* a counter of the core's, stamped on each charge; 0 until the core sets it */
    char currency[PRICEBOOK_CURRENCY_BYTES]; /* currency */

    struct money compute;   /* compute.price: per MARKET_FUEL_UNIT fuel */
    uint64_t turn_fuel_max; /* compute.turn_fuel_max: fuel that one turn may burn at most */
    uint64_t reserve_fuel;  /* compute.reserve_fuel: fuel held with each event until its turn */

    struct money memory_rent;     /* memory.rent: per GiB-hour of state held outside buffers */
    struct money buffer_rent;     /* buffer.rent: per GiB-hour of buffers */
    struct money code_rent;       /* code.rent: per GiB-hour of code kept */
    struct money log;             /* log.price: per MARKET_LOG_UNIT bytes written */
    struct money packets;         /* packets.price: per MARKET_PACKETS_UNIT packets sent */
    struct money packet_data;     /* packets.data: per MARKET_PACKET_DATA_UNIT bytes sent */
    struct money journal;         /* journal.price: per MARKET_JOURNAL_UNIT bytes that stay */
    struct money heap_deposit;    /* heap.deposit: each entry, refunded */
    struct money channel_fee;     /* channels.fee: each channel bought, kept by the site */
    struct money channel_deposit; /* channels.deposit: each channel, refunded to the buyer */
    struct money birth_fee;       /* agents.birth_fee: each agent born, kept by the site */
    struct money burial_reserve;  /* agents.burial_reserve: held from birth, pays for the end */

    uint64_t
        frozen_answer_s; /* agents.frozen_answer_s: who waits for a frozen agent; 0: for ever */
    uint64_t agents_max; /* agents.max: on the whole site */
    uint64_t inbox_messages_max; /* inbox.messages_max: waiting for one agent */
    uint64_t inbox_bytes_max;    /* inbox.bytes_max: waiting for one agent */

    uint64_t customer_agents_max;       /* customers.agents_max */
    uint64_t customer_buffer_bytes_max; /* customers.buffer_bytes_max: of all its agents */
    uint64_t customer_memory_bytes_max; /* customers.memory_bytes_max: of all its agents */
    uint64_t customer_facets_max;       /* customers.facets_max: and replies waited for */
    uint64_t customer_timers_max;       /* customers.timers_max: that are set */
    uint64_t customer_heap_entries_max; /* customers.heap_entries_max */
    uint64_t customer_code_bytes_max;   /* customers.code_bytes_max: that its agents run or keep,
                                           decoded */
    uint64_t customer_events_max;       /* customers.events_max: paid in advance, not handled yet */
    uint64_t customer_event_bytes_max;  /* customers.event_bytes_max: of data of such events */
    uint64_t customer_ends_max;         /* customers.ends_max: of channels */
    uint64_t customer_inbox_percent;    /* customers.inbox_percent: of any one inbox it may fill */

    /* For links without prices of their own; read these by pricebook_link_price_at(). */
    struct money link_birth_fee;     /* links.birth_fee */
    struct money link_channel_fee;   /* links.channel_fee */
    struct money link_packets;       /* links.packets */
    struct money link_packet_data;   /* links.packet_data */
    struct money link_drain;         /* links.drain: per 1.00 sent, at a link's hard limit */
    struct money link_priority;      /* links.priority: what a class adds to links.packets */
    struct money link_priority_data; /* links.priority_data: ... to links.packet_data */
    struct money link_strict_packet; /* links.strict_packet: more per packet over a strict link */
    size_t link_count;
    struct pricebook_link links[PRICEBOOK_LINKS_MAX]; /* link.NAME.birth_fee ...; by name */

    /* Read these by pricebook_order(). */
    struct money order_default;
    struct money order_price[PRICEBOOK_ORDERS_MAX];
    bool order_priced[PRICEBOOK_ORDERS_MAX]; /* has a price of its own */
};

/*
 * The names of orders, handed in so that the market need not know the guest ABI.  Numbers run from
 * 0 without gaps.  `number` gives -1 for a name that is none, `name` gives NULL past the last.
 */
struct order_names {
    int (*number)(const char *name);
    const char *(*name)(int number);
};

/*
 * Fill *book as the book of a site whose operator changed nothing.  `names` may be NULL: then all
 * orders cost alike.
 */
void pricebook_default(struct pricebook *book, const struct order_names *names);

/*
 * The price of one call of order `number`, without what the order moves or buys.  0 <= number <
 * PRICEBOOK_ORDERS_MAX (INVARIANT).
 */
struct money pricebook_order(const struct pricebook *book, int number);

/* The rent of a resource, per GiB-hour. */
struct money pricebook_rent(const struct pricebook *book, enum rent_resource resource);

/* How much of a resource one customer may hold, over all its agents; 0: any amount. */
uint64_t pricebook_customer_max(const struct pricebook *book, enum customer_resource resource);

/* The key of that bound in the book, without `customers.`: "agents_max".  A literal. */
const char *pricebook_customer_key(enum customer_resource resource);

/* Whether the book could have this bound.  ST_INVALID names the key and what it may be. */
MUST_CHECK enum status pricebook_check_customer_max(enum customer_resource resource, uint64_t max,
                                                    struct fault *fault);

/*
 * Where the book keeps prices of this link's own: its place among such links, from 1; 0 when it has
 * none.  A line of the journal names the place, so that its charge can be computed again.
 */
size_t pricebook_link_place(const struct pricebook *book, const char *name);

/*
 * The price that the link at a place charges: its own, or else the one for all links.  `place` is 0
 * for a link without prices of its own, and at most link_count (INVARIANT).
 */
struct money pricebook_link_price_at(const struct pricebook *book, size_t place,
                                     enum link_price which);

/*
 * The step, 0 to MARKET_DRAIN_STEPS, at which money is sent over a link when this site owes the
 * peer `owed` nanos with it: 0 up to `soft`, this site's soft limit; from there to `hard`, the most
 * that the peer allows, equal steps, each rounded up.  At `hard` and above, or above a soft limit
 * that is no less than the hard one: the top.
 */
uint32_t market_drain_step(u128 owed, struct money soft, struct money hard);

/*
 * The price of a step, per MARKET_DRAIN_UNIT nanos sent, when the book has `top`.  Linear: nothing
 * at step 0, and `top` per 1.00 at the last.
 */
struct money market_drain_price(struct money top, uint32_t step);

/* How a value was written. */
enum pricebook_kind {
    PRICEBOOK_TEXT,    /* "0.002", "64KiB" */
    PRICEBOOK_INTEGER, /* 100 */
    PRICEBOOK_FLOAT,   /* 0.002 without quotes: always refused */
    PRICEBOOK_OTHER,   /* true, a date, an array, a table where a value belongs */
};

struct pricebook_entry {
    const char *path; /* "heap.deposit" */
    enum pricebook_kind kind;
    const char *text; /* of a text its content, of an integer its digits */
};

/*
 * Set one entry.  Amounts are texts in decimal; counts are integers; sizes are integers of bytes or
 * texts such as "64KiB".  ST_MISSING: no such key, with the nearest one in the fault.  ST_INVALID:
 * wrong kind, not a number, out of range.  On failure the book is unchanged.
 */
MUST_CHECK enum status pricebook_set(struct pricebook *book, const struct order_names *names,
                                     const struct pricebook_entry *entry, struct fault *fault);

/* True when `path` names a table of the book, such as "heap". */
bool pricebook_has_table(const char *path);

/* Check what must hold between entries, once all are set.  ST_INVALID names both keys. */
MUST_CHECK enum status pricebook_check(const struct pricebook *book, struct fault *fault);

/* One entry of a book, for lists.  All texts are borrowed for the visit. */
struct pricebook_line {
    const char *path;
    const char *value; /* as prices.toml writes it, without quotes */
    const char *unit;  /* in words: "SRI per GiB-hour" */
    bool is_text;      /* prices.toml wants quotes around it */
};

/*
 * Visit every entry in a fixed order, each table of prices.toml in one piece.  Orders without a
 * price of their own are left out.
 */
void pricebook_each(const struct pricebook *book, const struct order_names *names,
                    void (*visit)(void *context, const struct pricebook_line *line), void *context);

/*
 * Append the book as deterministic CBOR, for the store (docs/records.md).  Its id is not part of
 * it.  Check out->failed afterwards.
 */
void pricebook_encode(const struct pricebook *book, struct bytes *out);

/* Whether two books have the same entries, whatever their ids. */
bool pricebook_equal(const struct pricebook *a, const struct pricebook *b);
/* ST_INVALID: not a book; *book is unchanged then.  Sets id to 0. */
MUST_CHECK enum status pricebook_decode(struct pricebook *book, const void *data, size_t size,
                                        struct fault *fault);

/* ---- rent ---- */

/*
 * The cumulative sum of price (nanos per GiB-hour) x microseconds.  It never falls, and the time it
 * is asked for never does; so it stays below 2^127.  The fields are stored by the core.
 */
struct price_index {
    u128 index; /* as of at_us */
    struct money price;
    uint64_t at_us; /* site time of the last change of price */
};

/* Begin an index at 0: from now_us on, `price` nanos per GiB-hour hold. */
void price_index_init(struct price_index *index, struct money price, uint64_t now_us);

/* The index at now_us, which is not before the last change of price (INVARIANT). */
u128 price_index_at(const struct price_index *index, uint64_t now_us);

/*
 * Let `price` hold from now_us on.  What was held before pays the former price. now_us is not
 * before the last change (INVARIANT).
 */
void price_index_set_price(struct price_index *index, struct money price, uint64_t now_us);

/* What one resource adds to *rate, the sum of bytes x price; false on overflow, *rate unchanged. */
MUST_CHECK bool market_rent_rate_add(u128 *rate, uint64_t held_bytes, struct money price);

/*
 * For how many microseconds `budget` pays a rent of `rate` when `carry` is owed already: the
 * largest time after which bytes x index, with the carry, is still within the budget.  UINT64_MAX:
 * for ever.
 */
uint64_t market_rent_lasts_us(struct money budget, u128 rate, uint64_t carry);

/*
 * For how many microseconds `budget` lasts if so much goes in `over_us`, rounded down.  UINT64_MAX:
 * for ever, or nearly.
 */
uint64_t market_lasts_us(struct money budget, struct money gone, uint64_t over_us);

/* ---- texts ---- */

/*
 * Read a size: "65536", "64KiB", "4MiB", "1GiB".  ST_INVALID when it is none of these or past 64
 * bits; *bytes is untouched then.
 */
MUST_CHECK enum status market_parse_bytes(uint64_t *bytes, const char *text, struct fault *fault);

/* Write a size in the largest unit that divides it.  Returns `text`. */
char *market_print_bytes(char text[PRICEBOOK_VALUE_BYTES], uint64_t bytes);

/*
 * The name nearest to `wrong`, for a hint; NULL when none is near.  `name` gives each candidate by
 * index and NULL past the last.
 */
const char *market_nearest(const char *wrong,
                           const char *(*name)(const void *context, size_t index),
                           const void *context);

#endif

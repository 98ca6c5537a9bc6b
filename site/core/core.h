/*
 * The core of a site: agents, market, channels and ledger joined, without I/O.
 *
 * A deterministic function of its state and what it is handed: requests, time, random bytes.  The
 * daemon and the simulator drive the same core.  One thread owns it.  Its driver:
 *
 *     core_load(core, &read)
 *     for (;;) {
 *         core_advance(core, monotonic now);          site time, rent, timers
 *         core_request(core, token, bytes, size);     for each request that came
 *         more = core_run(core, turns_max);           turns
 *         core_frame_close(core, wall now, &frame);   hand frame.batch to the writer;
 *                                                     when it is durable, send frame.replies
 *     }
 *
 * Nothing leaves before its frame is durable: replies come out of core_frame_close() only.
 */
#ifndef SERAI_SITE_CORE_CORE_H
#define SERAI_SITE_CORE_CORE_H

#include "audit/audit.h"
#include "base/random.h"
#include "ledger/journal.h"
#include "ledger/ledger.h"
#include "links/link.h"
#include "market/market.h"
#include "site/control/control.h"

struct core; /* opaque */

/* The names of the guest ABI's orders, as the price book wants them. */
extern const struct order_names core_order_names;

struct core_options {
    uint8_t site_key[CONTROL_KEY_BYTES];
    uint8_t operator_key[CONTROL_KEY_BYTES];
    struct random_source random;
    const uint8_t *loader; /* module bytes of the loader; borrowed for the life of the core */
    size_t loader_size;
    bool frozen;             /* its driver runs no turn: for the figures alone */
    struct pricebook book;   /* copied */
    uint64_t segment_bytes;  /* ledger_set_segment_bytes(); 0: as it is by itself */
    uint64_t page_log_bytes; /* agents_set_pages() */
    uint64_t pages_cached;   /* agents_set_pages() */
    /*
     * Pages may leave RAM and be read again, from the store of the read that core_load() was given:
     * it outlives the core, and a frame is closed only when the one before it is durable.  This is
     * called, after it was logged, when a row does not read back; it must not return.  NULL: all
     * pages stay in RAM.
     */
    void (*page_lost)(void *context);
    void *page_lost_context;
    /*
     * Called before each turn with the agent and message, and after it with zeroes: the daemon
     * writes them to a page that outlives a crash (quarantine).  NULL: not called.
     */
    void (*mark)(void *context, uint64_t agent, uint64_t message);
    void *mark_context;
    volatile uint64_t *order_mark; /* there, too: agents_env.order_mark */
    /*
     * Sign with the site's key, by Ed25519: the same bytes get the same signature, so the core
     * stays a function of what it is handed.  NULL: this site signs nothing about its links.
     */
    void (*sign)(void *context, const void *bytes, size_t size,
                 uint8_t signature[CONTROL_SIGNATURE_BYTES]);
    void *sign_context;
};

/*
 * Make the core of an empty site.  *options are copied, what they point to is borrowed.  On ST_OK
 * the caller ends *core with core_free().  ST_NOMEM; ST_INVALID: the loader or the book is not
 * usable.
 */
MUST_CHECK enum status core_new(struct core **core, const struct core_options *options,
                                struct fault *fault);

/* Free a core, with the frame that was filling; NULL is allowed. */
void core_free(struct core *core);

/*
 * Read all state back; an empty store is a fresh site.  The read may end then; its store is kept,
 * to read pages again.  ST_CORRUPT names the record.  ST_INVALID: the options' price book does not
 * fit these books, see core_check_book().
 */
MUST_CHECK enum status core_load(struct core *core, const struct store_read *read,
                                 struct fault *fault);

/*
 * Read the unit of account out of a store, with no core.  ST_MISSING: it has no frame yet;
 * ST_CORRUPT; ST_IO.
 */
MUST_CHECK enum status core_read_currency(const struct store_read *read,
                                          char text[PRICEBOOK_CURRENCY_BYTES], struct fault *fault);

/*
 * Check that this price book may be in force for the books in the store.  ST_INVALID: it counts in
 * another currency, and the fault names both.  An empty store takes any.
 */
MUST_CHECK enum status core_check_book(const struct store_read *read, const struct pricebook *book,
                                       struct fault *fault);

/*
 * Check the currency of a price book against one that core_read_currency() gave.  ST_INVALID names
 * both.
 */
MUST_CHECK enum status core_check_currency(const char *currency, const struct pricebook *book,
                                           struct fault *fault);

/*
 * Put another price book into force, as a start with it would: under the next number, in the frame
 * that is filling.  What was used before is charged by the book before, rent to the microsecond.
 * The peers learn of it.  The book in force itself changes nothing.  ST_INVALID: it is not
 * usable, or counts in another currency.  Between turns, best while no frame is filling, so that a
 * frame has one book.
 */
MUST_CHECK enum status core_set_prices(struct core *core, const struct pricebook *book,
                                       struct fault *fault);

/*
 * Freeze an agent whose event crashed the site.  Before the first core_run().  ST_MISSING: there is
 * no such agent.
 */
MUST_CHECK enum status core_quarantine(struct core *core, uint64_t agent, const char *reason);

/* Freeze all agents of this one's customer, as core_quarantine(). */
MUST_CHECK enum status core_quarantine_customer(struct core *core, uint64_t agent,
                                                const char *reason);

/* Whether both agents live and belong to one customer. */
MUST_CHECK bool core_same_customer(const struct core *core, uint64_t left, uint64_t right);

/*
 * Let site time move on by as much as `monotonic_us` has since the last call, bounded for each
 * frame.
 */
void core_advance(struct core *core, uint64_t monotonic_us);

/* The sender of a request, as the system knows it, not as the request claims. */
enum core_peer {
    CORE_PEER_UNKNOWN = 0, /* is shown what everybody may see, and more for a signature */
    CORE_PEER_OWN,         /* runs the daemon, or is root: could read the store just as well */
};

/*
 * Handle one control request; its answer comes out of the next core_frame_close() under `token`.
 * Never fails: a bad request is answered as such.
 */
void core_request(struct core *core, uint64_t token, enum core_peer peer, const uint8_t *bytes,
                  size_t size);

/*
 * Handle a parcel of the peer that ZeroMQ's security knows by this key.  Never fails: what is
 * wrong with it is logged, and freezes the link where it disproves the books.
 */
void core_parcel(struct core *core, const uint8_t key[CONTROL_KEY_BYTES], const uint8_t *bytes,
                 size_t size);

/*
 * Record that a connection that this site dials was made, or made again: the two sites compare
 * where they stand.
 */
void core_link_connected(struct core *core, uint32_t interface);

/*
 * Handle what a caller sent first that was let in by the key of an invitation (`key`); `call` names
 * it to the edge.  Its answer comes out of the next core_frame_close().  Never fails.
 */
void core_join(struct core *core, const uint8_t key[CONTROL_KEY_BYTES], uint64_t call,
               const uint8_t *bytes, size_t size);

/* Record that the peer cannot be reached, or no more, and why: the link is down. */
void core_link_trouble(struct core *core, uint32_t interface, const char *reason);

/*
 * Ask peers that stay silent where they stand; at least once a second.  True: a frame should
 * be closed, for the parcels that are due.
 */
bool core_links_tick(struct core *core);

/*
 * Whether rows of archived frames are left to delete.  True: the next frame that is closed deletes
 * some of them, and should be closed soon.
 */
bool core_drop_step(struct core *core);

/* The room that the store has, as of the last durable frame. */
struct core_disk {
    uint64_t free_bytes;
    uint64_t total_bytes; /* the size that the store may reach; for who watches, decides nothing */
    uint64_t low_bytes;   /* free_bytes below this: a warning */
    uint64_t full_bytes;  /* below low_bytes */
};

/*
 * Set the room that the store has: before the first turn and after each commit, and at least each
 * second while it is below low_bytes.  Below full_bytes nothing is born and the agents that write
 * most are frozen; below a third of that no turn runs.
 */
void core_set_disk(struct core *core, const struct core_disk *disk);

/*
 * A frame's part of the room, in bytes; whoever joins frames adds none to those that have as much.
 */
uint64_t core_frame_bytes_max(const struct core *core);

/*
 * Whether to close the frame before the next turn: it is near a bound of the books, takes long to
 * write, or has taken its part of the room.
 */
bool core_frame_is_full(const struct core *core);

/* Run up to turns_max turns.  True when more are ready. */
bool core_run(struct core *core, uint32_t turns_max);

/* Whether the site was drained: no turn runs and time stands still until that is called off. */
bool core_is_drained(const struct core *core);

/* Whether any turn could be run now. */
bool core_ready(const struct core *core);

/*
 * When the next timer or bill of rent is due, in the driver's monotonic time; UINT64_MAX: none
 * is.
 */
uint64_t core_next_due_us(const struct core *core);

struct core_reply {
    uint64_t token;
    bool by_operator; /* the request was signed by the operator's key */
    /* The driver is to read its files again and to answer with what it found; `bytes` are for one
     * that has none. */
    bool reloads;
    struct bytes bytes;
};

/*
 * A parcel for a peer; to be sent only once the frame is durable.  An early one, of a bounded link,
 * may be sent as soon as the frame is kept where the end of the process cannot take it back.
 */
struct core_parcel {
    uint32_t interface;
    bool early;
    struct bytes bytes;
};

/* The answer to a caller that came with an invitation; to be sent as parcels are. */
struct core_joined {
    uint64_t call; /* as core_join() was given it */
    struct bytes bytes;
};

/* An invitation as whoever holds the sockets must know it. */
struct core_invited {
    uint8_t key[CONTROL_KEY_BYTES]; /* X25519: whoever shows it may say JOIN */
};

/* A link as whoever holds the sockets must know it. */
struct core_link {
    uint32_t interface;
    uint8_t key[CONTROL_KEY_BYTES]; /* Ed25519; CURVE uses its X25519 image */
    char endpoint[LINK_ENDPOINT_BYTES_MAX + 1];
    bool dials;   /* this site makes the connection; else it waits for the peer's */
    bool removed; /* nothing is to be made, and no call of it let in */
};

struct core_frame {
    struct store_batch batch; /* to commit when `writes` */
    bool writes;
    struct frame_header header; /* of the books as they are with it */
    struct core_reply *replies;
    size_t reply_count;
    struct core_parcel *parcels; /* in the order to send them */
    size_t parcel_count;
    size_t parcel_capacity;
    size_t early_count;      /* of the parcels */
    bool urgent;             /* something waits until it is durable */
    struct core_link *links; /* all that ever were, when one of them changed; else NULL */
    size_t link_count;
    struct core_joined *joined;
    size_t joined_count;
    struct core_invited *invited; /* all that there are, when one changed; else NULL */
    size_t invited_count;
    bool ends; /* the site was drained: when this frame is durable the daemon stops */
};

/*
 * Close the frame into *frame, which is all-zero or was ended by core_frame_fini().  The caller
 * owns it and ends it so.
 */
void core_frame_close(struct core *core, uint64_t wall_us, struct core_frame *frame);

/*
 * Frames become durable in order, one commit at a time, which may take several.
 * core_commit_begins() reports that the commit of all frames closed so far begins,
 * core_commit_ended() that they are durable.  Without a bounded link each frame gets a commit
 * before the next is closed.
 */
void core_commit_begins(struct core *core);
void core_commit_ended(struct core *core);

/*
 * After core_commit_ended(), with a frame open or not: fill in an all-zero *frame with the parcels
 * that no longer wait, all of them early, and nothing else.  Only bounded links have any, and only
 * of frames that closed before.
 */
void core_between_out(struct core *core, struct core_frame *frame);

/*
 * How long a frame that is not urgent may wait for its commit, in milliseconds; 0: not at all, as
 * no link is bounded.
 */
uint32_t core_flush_ms(const struct core *core);

/*
 * Report, after core_load(), that frames of the last run may be missing though parcels of them have
 * left: bounded links ask their peers what these have.
 */
void core_lost_memory(struct core *core);

/*
 * Join a frame that was closed after *frame to it, for one commit of both; *frame may be all-zero.
 * *later is left with its early parcels alone.
 */
void core_frame_join(struct core_frame *frame, struct core_frame *later);

/* Free what a frame holds.  Leaves an all-zero one. */
void core_frame_fini(struct core_frame *frame);

/* Counters since start, for status and benchmarks. */
struct core_counters {
    uint64_t turns;
    uint64_t traps;
    uint64_t births;
    uint64_t messages;
    uint64_t packets;
    uint64_t fuel;
    uint64_t agents;
    uint64_t frozen;
};

/* The number of the frame that fills, the one after the last of the books. */
uint64_t core_frame(const struct core *core);

/* The counters as they are now. */
struct core_counters core_count(const struct core *core);

/* The books, to be read; owned by the core. */
const struct ledger *core_ledger(const struct core *core);

/* ---- tier 1, for the thread that runs the compiler: nothing of it shows in any frame ---- */

/*
 * The agents, to ask for hot code and to load what was made of it, between turns (agents/agents.h).
 */
struct agents *core_agents(struct core *core);

enum { CORE_TIER1_MODE_BYTES = 16, CORE_TIER1_TEXT_BYTES = 601 };

/* The lines of `status` about tier 1. */
struct core_tier1 {
    char mode[CORE_TIER1_MODE_BYTES]; /* "off", "named", "all"; "" as at first: not known */
    char compiler[CORE_TIER1_TEXT_BYTES];
    char reason[CORE_TIER1_TEXT_BYTES]; /* why nothing is compiled, or else the last failure */
    uint64_t compiling;                 /* modules at the compiler */
    uint64_t compiled;                  /* since the start, those from the cache too */
    uint64_t failed;                    /* since the start, those remembered too */
};

/* Set what `status` shows of tier 1; copied. */
void core_set_tier1(struct core *core, const struct core_tier1 *tier1);

/*
 * Check every invariant that needs all state (tests and the simulator call it after each frame):
 * sum 0, no negative agent, each held and deposit account equals the objects it is held for.
 * ST_CORRUPT says which.
 */
MUST_CHECK enum status core_check(const struct core *core, struct fault *fault);

/* ---- for reading a store without a core ---- */

/* Every book of prices that was ever in force, by its number: items[0] is number 1. */
struct core_books {
    struct core_book {
        uint64_t frame;        /* in which it came into force */
        uint64_t site_time_us; /* when */
        struct pricebook book;
    } * items;
    size_t count;
    size_t capacity;
};

/*
 * Read every book of prices out of a store.  ST_CORRUPT, ST_IO, ST_NOMEM.  The caller ends *books
 * with core_books_fini(), whatever this returns.
 */
MUST_CHECK enum status core_books_read(struct core_books *books, const struct store_read *read,
                                       struct fault *fault);

/* Free the books; all-zero ones are allowed. */
void core_books_fini(struct core_books *books);

/* For audit_verify(): claims are as below, and what lines charge is computed again. */
extern const struct audit_env core_audit;

/*
 * Add what the rows in a store say that held and deposit accounts hold; a ledger_claims_fn.
 * ST_CORRUPT, ST_IO.
 */
MUST_CHECK enum status core_claims(void *context, const struct store_read *read,
                                   struct ledger_claims *claims, struct fault *fault);

#endif

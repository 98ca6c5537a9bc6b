/*
 * The books of a site: accounts, and events with the lines that they caused, gathered into frames.
 *
 * Double entry and immutable: money moves only by ledger_transfer() and its two short forms, which
 * debit one account and credits another by the same amount.  Balances live in RAM and change at
 * once; the frame that makes them durable is closed later into a store batch (ledger_frame_close),
 * together with whatever rows the other parts put into the same batch.  If that batch cannot be
 * committed, the process stops.
 *
 * One thread.  Record formats: docs/records.md.
 */
#ifndef SERAI_LEDGER_LEDGER_H
#define SERAI_LEDGER_LEDGER_H

#include "base/hash.h"
#include "base/money.h"
#include "base/store.h"

struct ledger; /* opaque */

/* ---- accounts ---- */

/* Which side may exceed the other.  Fixed numbers. */
enum account_class {
    ACCOUNT_NO_OVERDRAFT = 0, /* credits >= debits: customers, agents, held, deposits, revenue */
    ACCOUNT_SOURCE = 1,       /* debits >= credits: the treasury, a link's claims on a peer */
    ACCOUNT_EITHER = 2,       /* suspense */
};

/* The purpose of an account.  Fixed numbers, grow at the end. */
enum account_kind {
    KIND_TREASURY = 0, /* what the operator brought in or paid out */
    KIND_SUSPENSE = 1,
    KIND_UNCLAIMED = 2,
    KIND_REVENUE = 3,
    KIND_HELD = 4,    /* between owners: queued messages, packets, births, event reserves */
    KIND_DEPOSIT = 5, /* refundable: heap entries, channels, burials */
    KIND_CUSTOMER = 6,
    KIND_AGENT = 7,
    KIND_LINK_OUT = 8,
    KIND_LINK_IN = 9,
    KIND_LINK_SETTLING = 10,
};
enum { ACCOUNT_KINDS = 11 };

/*
 * The site's own accounts have fixed numbers below ACCOUNT_FIRST_FREE and are opened by the first
 * frame.  Those of links lie from ACCOUNT_LINKS on, see account_of_link().
 */
enum account_id {
    ACCOUNT_NONE = 0,
    ACCOUNT_TREASURY = 1,
    ACCOUNT_SUSPENSE = 2,
    ACCOUNT_UNCLAIMED = 3,
    ACCOUNT_REVENUE_COMPUTE = 16,
    ACCOUNT_REVENUE_ORDERS = 17,
    ACCOUNT_REVENUE_MEMORY = 18,
    ACCOUNT_REVENUE_BUFFERS = 19,
    ACCOUNT_REVENUE_CODE = 20,
    ACCOUNT_REVENUE_PACKETS = 21,
    ACCOUNT_REVENUE_CHANNELS = 22,
    ACCOUNT_REVENUE_BIRTHS = 23,
    ACCOUNT_REVENUE_LOGS = 24,
    ACCOUNT_REVENUE_LINKS = 25,
    ACCOUNT_REVENUE_FLUSHES = 26,
    ACCOUNT_REVENUE_JOURNAL = 27,
    ACCOUNT_HELD_MESSAGE = 48,
    ACCOUNT_HELD_PACKET = 49,
    ACCOUNT_HELD_BIRTH = 50,
    ACCOUNT_HELD_RESERVE = 51,
    ACCOUNT_DEPOSIT_HEAP = 64,
    ACCOUNT_DEPOSIT_CHANNEL = 65,
    ACCOUNT_DEPOSIT_BURIAL = 66,
    ACCOUNT_LINKS = 256,
    ACCOUNT_FIRST_FREE = 4096,
};

/* Small, for there is one of each agent that ever lived: hence no enums. */
struct account {
    u128 debits;
    u128 credits;
    uint64_t id;
    uint64_t customer; /* whose: the customer account an agent descends from; 0: the site's own */
    uint64_t opened_frame;
    uint8_t class; /* enum account_class */
    uint8_t kind;  /* enum account_kind */
    bool closed;
    bool changed; /* by the frame being filled: the ledger's own note */
};

/* An interface has four numbers: out, in, settling and a spare one. */
enum { ACCOUNT_LINK_INTERFACE_MAX = (ACCOUNT_FIRST_FREE - ACCOUNT_LINKS) / 4 - 1 };

/*
 * The number of the account of this kind, KIND_LINK_OUT, _IN or _SETTLING, that a link has.  The
 * interface is at most ACCOUNT_LINK_INTERFACE_MAX (INVARIANT).
 */
uint64_t account_of_link(uint32_t interface, enum account_kind kind);

/* Whether `id` is the number of an account of a link; sets which link's and of which kind if so. */
bool account_link(uint64_t id, uint32_t *interface, enum account_kind *kind);

enum { ACCOUNT_NAME_BYTES = 64 };

/*
 * "treasury", "revenue:compute", "held:message", "deposit:heap", "customer:4096", "agent:4097",
 * "link:0:out"; the same in every list, export and message.  Returns text.
 */
char *account_name(char text[ACCOUNT_NAME_BYTES], uint64_t id, enum account_kind kind);

/* ---- why money moved: fixed numbers, grow at the end ---- */
#define TRANSFER_CODES(X)                                                                          \
    X(1, MONEY_IN, "money in")                                                                     \
    X(2, MONEY_OUT, "money out")                                                                   \
    X(3, ENDOWMENT, "endowment")                                                                   \
    X(4, FUND, "fund")                                                                             \
    X(5, COMPUTE, "compute")                                                                       \
    X(6, ORDER, "order")                                                                           \
    X(7, RENT_MEMORY, "rent of memory")                                                            \
    X(8, RENT_BUFFER, "rent of buffers")                                                           \
    X(9, RENT_CODE, "rent of code")                                                                \
    X(10, PACKET_FEE, "packet fee")                                                                \
    X(11, BIRTH_FEE, "birth fee")                                                                  \
    X(12, CHANNEL_FEE, "channel fee")                                                              \
    X(13, LOG_FEE, "log fee")                                                                      \
    X(14, POSTAGE_HOLD, "postage held")                                                            \
    X(15, POSTAGE, "postage")                                                                      \
    X(16, POSTAGE_BACK, "postage returned")                                                        \
    X(17, MESSAGE_HOLD, "message money held")                                                      \
    X(18, MESSAGE, "message money")                                                                \
    X(19, MESSAGE_BACK, "message money returned")                                                  \
    X(20, RESERVE_HOLD, "event reserve held")                                                      \
    X(21, RESERVE, "event reserve")                                                                \
    X(22, PACKET_SENT, "packet sent")                                                              \
    X(23, PACKET_RECEIVED, "packet received")                                                      \
    X(24, PACKET_LATE, "late packet received")                                                     \
    X(25, BIRTH_HOLD, "birth money held")                                                          \
    X(26, BIRTH_ENDOWMENT, "birth endowment")                                                      \
    X(27, BIRTH_CHANGE, "birth change")                                                            \
    X(28, BIRTH_BACK, "birth money returned")                                                      \
    X(29, HEAP_DEPOSIT, "heap deposit")                                                            \
    X(30, HEAP_REFUND, "heap refund")                                                              \
    X(31, CHANNEL_DEPOSIT, "channel deposit")                                                      \
    X(32, CHANNEL_REFUND, "channel refund")                                                        \
    X(33, BURIAL_DEPOSIT, "burial deposit")                                                        \
    X(34, BURIAL_RENT, "rent from burial reserve")                                                 \
    X(35, BURIAL_REFUND, "burial refund")                                                          \
    X(36, ESTATE, "estate of a dead agent")                                                        \
    X(37, FORWARDED, "forwarded from a closed account")                                            \
    X(38, LINK_SENT, "sent over a link")                                                           \
    X(39, LINK_RECEIVED, "received over a link")                                                   \
    X(40, WITHDRAWAL, "taken back")                                                                \
    X(41, DRAIN_FEE, "drain fee")                                                                  \
    X(42, CLAIMED, "claimed by its key")                                                           \
    X(45, SETTLEMENT_OUT, "settlement paid")                                                       \
    X(46, SETTLEMENT_IN, "settlement received")                                                    \
    X(47, SETTLEMENT_BACK, "settlement refused")                                                   \
    X(48, CLEARED, "cleared")                                                                      \
    X(49, LINK_LOST, "sent and lost")                                                              \
    X(50, STRICT_FEE, "strict packet fee")                                                         \
    X(51, LINK_ACCEPTED, "loss accepted")                                                          \
    X(52, LINK_RETURNED, "returned over a link")                                                   \
    X(53, RECALLED, "recalled by a leash")                                                         \
    X(54, JOURNAL_FEE, "journal fee")

enum transfer_code {
#define TRANSFER_CODE_ENUM(number, name, text) TRANSFER_##name = number,
    TRANSFER_CODES(TRANSFER_CODE_ENUM)
#undef TRANSFER_CODE_ENUM
};

/* "compute", "heap deposit", ...; "unknown" for any other number. */
const char *transfer_code_text(uint64_t code);

/* ---- life ---- */

/* An empty ledger: the site's own accounts, no money, frame 0.  ST_NOMEM. */
MUST_CHECK enum status ledger_new(struct ledger **ledger);

/* Free a ledger and the frame that it was filling; NULL is allowed. */
void ledger_free(struct ledger *ledger);

/*
 * Recover from a store: last frame header, all account rows, and a check that they agree (sum 0, no
 * account past its limit, the last frame's chunks hash to the head).  An empty store is a fresh
 * ledger.  ST_CORRUPT names the record; ST_IO.
 */
MUST_CHECK enum status ledger_load(struct ledger *ledger, const struct store_read *read,
                                   struct fault *fault);

/* ---- reading ---- */

/* The most lines of one event that begins in a frame which is not full. */
enum { LEDGER_EVENT_LINES_MAX = 15 << 20 };

/* The account of this id, or NULL when there is none.  Valid until the next account is opened. */
const struct account *ledger_account(const struct ledger *ledger, uint64_t id);

/*
 * Credits less debits of an account; zero when there is none.  The account is not a source
 * (INVARIANT).
 */
struct money ledger_balance(const struct ledger *ledger, uint64_t id);

/* The number of the frame that is being filled; the first is 1. */
uint64_t ledger_frame(const struct ledger *ledger);

/* The head of the last closed frame; all zeros before the first. */
struct hash ledger_head(const struct ledger *ledger);

/* The number of lines in the frame that is being filled. */
size_t ledger_frame_lines(const struct ledger *ledger);

/* The number of lines that the running event has so far. */
size_t ledger_event_lines(const struct ledger *ledger);

/*
 * An event with that many lines, in bytes of journal as they are counted for its charge: about what
 * it takes, and known before it is written (docs/prices.md, "The journal").
 */
enum { LEDGER_EVENT_BYTES = 48, LEDGER_LINE_BYTES = 8 };
uint64_t ledger_counted_bytes(uint64_t lines);

/*
 * Whether a bound of the frame that is being filled is near: then close it before the next event.
 */
bool ledger_frame_is_full(const struct ledger *ledger);

/* About how many bytes of journal the frame that is being filled will write. */
size_t ledger_frame_bytes(const struct ledger *ledger);

/* Visit all accounts in order of id, closed ones too.  `visit` must not open any. */
void ledger_each_account(const struct ledger *ledger,
                         void (*visit)(void *context, const struct account *account),
                         void *context);

/*
 * Sum the debits and the credits of all accounts.  Money is conserved when they are equal.
 * O(accounts).
 */
void ledger_sums(const struct ledger *ledger, u128 *debits, u128 *credits);

/* ---- events and transfers ---- */

/* The kinds of event that cause lines.  Fixed numbers. */
enum event_kind {
    EVENT_TICK = 0,       /* site time passed: rent, timers */
    EVENT_REQUEST = 1,    /* (key, request number) */
    EVENT_TURN = 2,       /* an agent's turn: (agent, message) */
    EVENT_LINK = 3,       /* (interface, sequence) */
    EVENT_PRICES = 5,     /* a book of prices comes into force: (its number, its SHA-256) */
    EVENT_SETTLEMENT = 6, /* a payment began by itself, or was refused: (interface, its index) */
};
/* A kind that no event has. */
enum { EVENT_KIND_FREE = 4 };

enum { EVENT_SOURCE_BYTES_MAX = 64, EVENT_KEY_BYTES = 32, EVENT_NUMBERS = 3 };

/*
 * What caused an event, by its kind (docs/records.md, "What causes them"): its numbers in their
 * order, and the key or the hash that is one of its items.  What a kind has not is 0.
 */
struct event_source {
    uint64_t numbers[EVENT_NUMBERS];
    uint8_t bytes[EVENT_KEY_BYTES];
};

/* Append the source as the CBOR item that the event's hash covers; at most EVENT_SOURCE_BYTES_MAX.
 */
void event_source_put(struct bytes *out, enum event_kind kind, const struct event_source *source);

/*
 * The event hash is SHA-256("serai-event-1" || CBOR[kind, source, SHA-256(bytes), site time,
 * SHA-256(random drawn)]).
 */
struct event {
    enum event_kind kind;
    uint64_t subject; /* the agent or customer it is about; 0: the site */
    struct event_source source;
    struct hash bytes;  /* SHA-256 of the event's bytes */
    struct hash random; /* SHA-256 of the random bytes drawn */
    uint64_t site_time_us;
};

/*
 * The causes, each with the source that docs/records.md gives its kind.  Bytes are those of
 * nothing, and nothing is drawn: whoever has some sets `bytes` and `random` afterwards.
 *
 * event_of_time(): site time passed; for rent, and when a site begins.  event_of_request(): a
 * customer's request.  event_of_turn(): an agent handles a message of this number and kind, sent by
 * `sender`.  event_of_link(): message `seq` came over an interface; 0: ends that waited for a place
 * on it got ROOM, or a JOIN made the link; with interface 0, the messages of frame `seq` were
 * numbered.
 */
struct event event_of_time(uint64_t subject, uint64_t site_time_us);
struct event event_of_request(uint64_t customer, const uint8_t key[EVENT_KEY_BYTES],
                              uint64_t number, uint64_t site_time_us);
struct event event_of_turn(uint64_t agent, uint64_t sender, uint64_t message, uint64_t message_kind,
                           uint64_t site_time_us);
struct event event_of_link(uint32_t interface, uint64_t seq, uint64_t site_time_us);

/* A settlement of an interface, by its index. */
struct event event_of_settlement(uint32_t interface, uint64_t index, uint64_t site_time_us);

/*
 * Begin an event, which causes all transfers until ledger_event_end().  One at a time (INVARIANT).
 */
void ledger_event_begin(struct ledger *ledger);

/*
 * End the running event and return its hash.  An event without lines and openings leaves no record,
 * unless it is one of prices.
 */
struct hash ledger_event_end(struct ledger *ledger, const struct event *event);

/*
 * Open an account of a customer, an agent, or for what nobody has claimed yet (the residue of a
 * peer's customer), caused by the running event.  The id is from the ledger's counter.
 * ST_NOMEM; ST_FULL: the counter is at its end.
 */
MUST_CHECK enum status ledger_open(struct ledger *ledger, enum account_kind kind, uint64_t customer,
                                   uint64_t *id);

/*
 * Open the out, in and settling accounts of an interface, caused by the running event; its numbers
 * are fixed.  ST_EXISTS; ST_INVALID: an interface past the numbers; ST_NOMEM.
 */
MUST_CHECK enum status ledger_open_link(struct ledger *ledger, uint32_t interface);

/* Close an account whose balance is zero (INVARIANT).  Nothing can be moved on it afterwards. */
void ledger_close(struct ledger *ledger, uint64_t id);

/*
 * Take back the opening of the account that was opened last, in the running event, and that nothing
 * was booked on.  No record mentions it, and the next account gets its number.
 */
void ledger_unopen(struct ledger *ledger, uint64_t id);

/* One line of the journal. */
struct transfer {
    uint64_t debit;
    uint64_t credit;
    struct money amount;
    enum transfer_code code;
    uint64_t quantity; /* units of the resource; 0 where there is none */
    uint64_t price_id; /* of the price book in force; 0 where there is none */
    uint64_t object;   /* message, entry, channel, ...; 0 where there is none */
    uint64_t carry;    /* numerator below 1 nano that is left with the payer, after this line */
};

enum transfer_result {
    TRANSFER_DONE = 0,
    TRANSFER_SHORT_OF_FUNDS,
    TRANSFER_SAME_ACCOUNT,
    TRANSFER_NO_ACCOUNT, /* missing or closed */
    TRANSFER_TOO_MUCH,   /* a total would overflow */
};

/* The result in a few words, for messages. */
const char *transfer_result_text(enum transfer_result result);

/*
 * Move money.  A refusal changes nothing.  A transfer of zero is done, and leaves a line only when
 * its quantity is not zero.
 */
MUST_CHECK enum transfer_result ledger_transfer(struct ledger *ledger,
                                                const struct transfer *transfer);

/*
 * Move money as ledger_transfer(), where the caller has checked already: a refusal is a bug and
 * stops the program, naming it.
 */
void ledger_transfer_checked(struct ledger *ledger, const struct transfer *transfer);

/*
 * Move money as ledger_transfer_checked(), by a line without quantity and price.  No money is no
 * line.
 */
void ledger_move(struct ledger *ledger, uint64_t from, uint64_t to, struct money amount,
                 enum transfer_code code, uint64_t object);

/* ---- books of prices ---- */

/*
 * Let a book of prices be in force from here on: lines with a price id name it.  This is an event
 * of its own; the bytes are kept for ever.  Ids count from 1 without a gap.
 */
void ledger_prices_begin(struct ledger *ledger, uint64_t id, const void *book, size_t size,
                         uint64_t site_time_us);

struct ledger_prices {
    uint64_t id;
    uint64_t frame;        /* in which it came into force */
    uint64_t site_time_us; /* when */
    const uint8_t *book;   /* borrowed for the visit */
    size_t size;
};
typedef enum status (*ledger_prices_visit)(void *context, const struct ledger_prices *prices,
                                           struct fault *fault);

/* Visit every book that was ever in force, in order.  ST_CORRUPT, or what `visit` returns. */
MUST_CHECK enum status ledger_prices_each(const struct store_read *read, ledger_prices_visit visit,
                                          void *context, struct fault *fault);

/* ---- frames ---- */

/* The part of the journal that a frame is of (docs/records.md, "Segments"). */
struct frame_segment {
    uint64_t first; /* its first frame; 0: not known */
    uint64_t bytes; /* of its chunks, up to the end of the frame */
};

struct frame_header {
    uint64_t frame;
    uint64_t site_time_us;
    uint64_t wall_us; /* for people; decides nothing */
    struct hash head; /* head(n) = SHA-256(head(n-1) || leaf hashes of frame n) */
    struct hash previous;
    uint64_t next_account;
    uint64_t events; /* in this frame */
    uint64_t lines;
    uint64_t chunks;
    struct frame_segment segment;
    /* Of a segment's first frame, but for frame 1: all accounts as they stood before it. */
    struct hash state;
};

enum { LEDGER_SEGMENT_BYTES = 64 * 1024 * 1024 };

/*
 * Set after how many bytes of journal a segment ends, with the frame that reaches them; it is
 * LEDGER_SEGMENT_BYTES otherwise.  Before ledger_load() and before the first frame is closed.
 */
void ledger_set_segment_bytes(struct ledger *ledger, uint64_t bytes);

/*
 * Close the frame: the journal's chunks are appended to `batch`, changed account rows and the frame
 * header put.  Returns false, and does nothing, when there is nothing to write
 * and `force` is false.  Afterwards the next frame is being filled.
 */
bool ledger_frame_close(struct ledger *ledger, struct store_batch *batch, uint64_t site_time_us,
                        uint64_t wall_us, bool force, struct frame_header *header);

/* ---- frames that leave the store (docs/records.md, "Frames that were dropped") ---- */

/* The first frame that the journal in the store has; 1 unless some were dropped. */
uint64_t ledger_first_frame(const struct ledger *ledger);

/* Whole segments that somebody has in an archive, by their frames. */
struct ledger_dropping {
    uint64_t first;
    uint64_t last;
    struct hash head; /* after the last */
};

enum ledger_drop_result {
    LEDGER_DROP_DONE = 0,
    LEDGER_DROP_NOT_OLDEST, /* the store's journal begins with another frame */
    LEDGER_DROP_NOT_CLOSED, /* no segment begins behind the last, in what is durable */
    LEDGER_DROP_OTHER_HEAD, /* the books have another head there */
};

/*
 * Let the journal in the store begin behind these frames.  `read` is one of that store.  Only
 * LEDGER_DROP_DONE changes anything.  ST_CORRUPT, ST_IO: the store cannot be read.
 */
MUST_CHECK enum status ledger_drop(struct ledger *ledger, const struct store_read *read,
                                   const struct ledger_dropping *dropping,
                                   enum ledger_drop_result *result, struct fault *fault);

/* How many frames before the first one may still have rows, which are on their way out. */
uint64_t ledger_frames_leaving(const struct ledger *ledger);

/* Whether something of a drop is left to be written: ledger_drop_slice() does a part of it. */
bool ledger_is_dropping(const struct ledger *ledger);

enum { LEDGER_DROP_ROWS_MAX = 1024 }; /* in one slice: 4 MiB of journal, some milliseconds */

/*
 * Append to `batch`, which is committed whole, what says where the journal begins, and delete rows
 * of dropped frames: about a sixteenth of a segment, at most LEDGER_DROP_ROWS_MAX.  `read` is a
 * read of the store; what is not durable of earlier slices does no harm.  ST_CORRUPT, ST_IO: those
 * rows stay; the batch is good.
 */
MUST_CHECK enum status ledger_drop_slice(struct ledger *ledger, const struct store_read *read,
                                         struct store_batch *batch, struct fault *fault);

/* The header of the last closed or loaded frame; frame 0 when there is none. */
const struct frame_header *ledger_last_frame(const struct ledger *ledger);

#endif

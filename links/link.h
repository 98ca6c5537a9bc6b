/*
 * Links: one logical wire to each peer, with the totals of the money that crossed it.
 *
 * The money layer owns order and replay: ZeroMQ underneath may lose and repeat across reconnects.
 * Each direction has a sequence and a running total that only rise.  What is sent stays in the
 * retransmission queue (a row each) until the peer has it durably; what arrives is taken exactly
 * once, in order.
 *
 * This part decides and keeps rows; it opens no socket, moves no money and runs no agent.  One
 * thread.  Wire format and reconnecting: docs/wire.md; docs/links.md says what each freeze means.
 */
#ifndef SERAI_LINKS_LINK_H
#define SERAI_LINKS_LINK_H

#include "base/cbor.h"
#include "base/digest.h"
#include "channels/channels.h"

enum {
    LINK_NAME_BYTES_MAX = 32,
    LINK_ENDPOINT_BYTES_MAX = 128,
    LINK_REASON_BYTES_MAX = 200,
    LINK_KEY_BYTES = 32,
    LINKS_MAX = 256,                    /* at once */
    LINK_INTERFACES_MAX = 959,          /* links that were ever made: as many as have accounts */
    LINK_PARCEL_BYTES_MAX = 256 * 1024, /* larger ones are refused before they are decoded */
    LINK_WINDOW_MESSAGES = 4096,        /* packets and births, not acknowledged */
    LINK_WINDOW_BYTES = 8 * 1024 * 1024,
    LINK_VERSION = 3, /* of the wire format and of the loader's instructions */
    LINK_CURRENCY_BYTES_MAX = 16,
    /* Sent and not acknowledged as durable; places of the window are given back before. */
    LINK_RETAINED_MESSAGES = 32768,
    LINK_RETAINED_BYTES = 16 * 1024 * 1024,
    /* A bounded link: what may come before a commit is forced, a half of what a peer retains. */
    LINK_UNFLUSHED_MESSAGES = 16384,
    LINK_UNFLUSHED_BYTES = 4 * 1024 * 1024,
    LINK_LOST_ENDS_MAX = 4096, /* ends of channels that a loss of power can concern */
    LINK_FLUSH_MS_MAX = 60 * 1000,
};
/* The most that one message carries: 2^32 - 1 units of 10 nanos, $42.94. */
#define LINK_MESSAGE_NANOS_MAX UINT64_C(42949672950)

/* Fixed numbers. */
enum link_state {
    LINK_DOWN = 0, /* no HELLO of this connection yet: messages wait */
    LINK_UP = 1,
    LINK_FROZEN = 2, /* nothing is sent or taken until a person resumes it; `reason` says why */
};

/* The prices of a peer, by its HELLO. */
struct link_prices {
    struct money birth_fee;   /* each agent born there for a channel */
    struct money channel_fee; /* each channel bought there */
};

/* What was settled in one direction: the last settlement that was decided, and all that was paid.
 */
struct settled {
    uint64_t index;
    u128 total;
};

/* Plain values; changed only by the calls below. */
struct link {
    uint32_t interface; /* from 1; 0 is self */
    char name[LINK_NAME_BYTES_MAX + 1];
    uint8_t key[LINK_KEY_BYTES];                /* the peer's Ed25519 key */
    char endpoint[LINK_ENDPOINT_BYTES_MAX + 1]; /* where it listens; empty: it dials us */
    struct money limit;      /* the most that the peer may owe us; announced in HELLO */
    struct money peer_limit; /* the most that we may owe it, by its HELLO; zero before that */
    struct link_prices peer_prices;
    enum link_state state;
    char reason[LINK_REASON_BYTES_MAX + 1];
    uint64_t epoch;      /* ours, from 1; raised by link_connected() */
    uint64_t peer_epoch; /* of its last HELLO */
    uint64_t good_epoch; /* of its last HELLO that was found good */
    /* ours: numbered, and of that durable at the peer */
    uint64_t sent_seq;
    u128 sent_total;
    uint64_t acked_seq;
    u128 acked_total;
    /* its: taken by us (durable with the frame that took it) */
    uint64_t received_seq;
    u128 received_total;
    bool removed; /* taken away, and even: kept for its numbers and its accounts */
    /* of the messages up to the sequence of the same name */
    struct digest sent_digest;
    struct digest acked_digest;
    struct digest received_digest;
    struct settled paid; /* by us outside of the link, and confirmed by the peer */
    struct settled got;  /* by the peer, and posted here */
    /* What we owe the peer from which on money sent there costs more; without: nothing does. */
    bool has_soft_limit;
    struct money soft_limit;
    /*
     * Durability (docs/links.md).  With a flush amount packets leave before their frame is durable:
     * at most that much money since the last durable frame, for at most flush_ms.
     */
    struct money flush_amount; /* zero: strict */
    uint32_t flush_ms;         /* at least 1 when bounded */
    struct money lost;         /* sent, forgotten in losses of power, and booked to suspense */
    bool unsure;               /* after a loss of power: nothing is numbered until HELLO */
    uint64_t regrants_seq;     /* CREDIT of the peer up to here may grant again what is known */
    struct money peer_flush_amount; /* by its HELLO */
    uint64_t peer_durable_seq;      /* of its messages, as it announced */
    /* known in this run only, in no row */
    char why[LINK_REASON_BYTES_MAX + 1]; /* why it is down; empty when it is not */
    uint64_t since_us;                   /* the site's: since when it is in its state */
};

struct links; /* opaque */

/* Make an empty set of links.  On ST_OK the caller ends *links with links_free().  ST_NOMEM. */
MUST_CHECK enum status links_new(struct links **links);

/* Free the set and all its links; NULL is allowed. */
void links_free(struct links *links);

/* Set the unit of account, of at most LINK_CURRENCY_BYTES_MAX: a peer must have the same. */
void links_set_currency(struct links *links, const char *currency);

/*
 * Read all links back into an empty set.  Rows: STORE_LINK, key = interface u32, u8 2 (the link,
 * then u64 0), 3 (a message, seq u64) or 5 (interface and u64 0: checkpoints).  A link that was UP
 * is DOWN now.  ST_CORRUPT names the row.
 */
MUST_CHECK enum status links_load(struct links *links, const struct store_read *read,
                                  struct fault *fault);

/*
 * Write what changed since the last call: links, messages, deletions, checkpoints.  What is written
 * here may be sent once the frame is durable.
 */
void links_save(struct links *links, struct store_batch *batch);

/*
 * Add a link; *link belongs to `links`.  ST_EXISTS: that name or key is a link already.
 * ST_INVALID: name, key or endpoint.  ST_FULL: LINKS_MAX or LINK_INTERFACES_MAX.
 *
 * An interface belongs to one peer for good.  So the key of a link that was removed gets its old
 * interface and goes on where that stood: the peer may not know that it was gone, and what it sent
 * meanwhile still comes.  ST_INVALID: the limit is lower than the one that the peer knows.
 */
MUST_CHECK enum status links_add(struct links *links, const char *name,
                                 const uint8_t key[LINK_KEY_BYTES], const char *endpoint,
                                 struct money limit, struct link **link, struct fault *fault);

/* Whether this may be the name of a link. */
bool link_is_name(const char *name);

/* Set where the peer listens from now on; empty: it dials us.  ST_INVALID: the endpoint. */
MUST_CHECK enum status link_set_endpoint(struct links *links, struct link *link,
                                         const char *endpoint, struct fault *fault);

/*
 * Raise the most that the peer may owe us.  A lower one is a bug (INVARIANT), as the peer
 * may have sent up to the former already.  A HELLO is due.
 */
void link_raise_limit(struct links *links, struct link *link, struct money limit);

/*
 * Set from which debt of ours on money over this link costs more (docs/prices.md); NULL: it never
 * does.  Known to this site alone.
 */
void link_set_soft_limit(struct links *links, struct link *link, const struct money *soft_limit);

/*
 * What we owe the peer, or would with `money` more on the way; 0 when it owes us.  What is queued
 * counts as sent.
 */
u128 link_would_owe(const struct links *links, const struct link *link, struct money money);

/*
 * What we owe the peer, and what it owes us: what was sent less what was received, less what was
 * settled.  At most one is not zero.  The payer counts a settlement once the peer has confirmed it,
 * the peer from its posting on: so neither takes the other to owe less than the other itself does.
 */
u128 link_we_owe(const struct link *link);
u128 link_it_owes(const struct link *link);

/* Whether neither owes the other anything. */
bool link_is_even(const struct link *link);

/*
 * The number of messages that are not settled: not numbered, not acknowledged, or taken and the
 * peer does not know it yet.
 */
uint64_t link_unfinished(const struct links *links, const struct link *link);

/*
 * Remove an even link with nothing unfinished; no end of a channel may be on it.  Its interface,
 * key and totals stay in its row, and none of the calls below finds it any more but
 * links_each_ever().
 */
void link_remove(struct links *links, struct link *link);

/*
 * links_find(), links_named() and links_keyed() find a link by interface, name or the peer's
 * key.  NULL: there is none, or it was removed.  Valid as long as the set.
 */
struct link *links_find(struct links *links, uint32_t interface);
struct link *links_named(struct links *links, const char *name);
struct link *links_keyed(struct links *links, const uint8_t key[LINK_KEY_BYTES]);

/* The number of links, without those that were removed. */
size_t links_count(const struct links *links);

/* The highest interface that a link ever had; removed links are counted. */
uint32_t links_interfaces(const struct links *links);

/* Let a HELLO with new prices be due on each link that is up; the others send one on connecting. */
void links_announce(struct links *links);

/* Visit all links in order of interface. */
void links_each(struct links *links, void (*visit)(void *context, struct link *link),
                void *context);

/* Visit all links as links_each() does, removed ones too: interfaces 1, 2, 3 without a hole. */
void links_each_ever(struct links *links, void (*visit)(void *context, struct link *link),
                     void *context);

/* ---- sending ---- */

enum link_result {
    LINK_FINE = 0,
    LINK_IS_FROZEN,
    LINK_IS_FULL,    /* this payer has all the places of the window that it may have */
    LINK_OVER_LIMIT, /* we would owe more than the peer allows */
    LINK_OVER_VALUE, /* one message carries at most LINK_MESSAGE_NANOS_MAX */
};

/*
 * Whether a message with `money` and `size` bytes of data may be sent now (up or down alike).
 * `payer` is whose places it takes: those that it has, this one included, are at most as many as
 * are free.  So one payer has at most half of the window, and the next one half of the rest.
 */
MUST_CHECK enum link_result link_check_send(const struct links *links, const struct link *link,
                                            uint64_t payer, struct money money, size_t size);

/*
 * Queue a message within a turn (undone by its rollback) or outside of one.  Control messages and
 * answers are never refused and take no place: they are bounded by the ends that exist.
 * message->data is copied.
 */
void link_queue(struct links *links, struct link *link, struct undo *undo,
                const struct channel_message *message);

/*
 * Take back, within a turn, the BIRTH of this channel that is queued and has no number yet.  False:
 * it has left the queue, and from then on only the peer knows what became of it; or it stays there
 * because the link gives no numbers.
 */
MUST_CHECK bool link_withdraw(struct links *links, struct link *link, struct undo *undo,
                              uint32_t number);

/*
 * At frame close: every queued message gets its number and its row, in order; `numbered` posts its
 * money (held:packet -> link-out).  Afterwards nothing is queued.  True when there was any.
 */
bool links_number(struct links *links,
                  void (*numbered)(void *context, const struct link *link, uint64_t seq,
                                   const struct channel_message *message),
                  void *context);

/* Whether any message is queued and has no number yet. */
bool links_waiting(const struct links *links);

/*
 * Whether whoever waits for a place may find one since the last call: places were given back, by
 * an acknowledgement or a withdrawal, or a freeze ended, during which nothing was reported.
 */
MUST_CHECK bool link_freed(struct links *links, struct link *link);

/* ---- connecting ---- */

/*
 * Record that a connection was made, or lost and made again: the epoch is raised and a HELLO is
 * due.
 */
void link_connected(struct links *links, struct link *link);

/*
 * Record that the peer cannot be reached, or no more: a link that was up is DOWN, and `why` is
 * kept.
 */
void link_lost(struct links *links, struct link *link, const char *why);

/*
 * Record that the link is in its state since this site time.  Whoever knows the time calls it after
 * a change of state.
 */
void link_state_since(struct link *link, uint64_t site_time_us);

/* The state in a word, for people. */
const char *link_state_word(enum link_state state);

/* Why the link is in its state, for people: what froze it, or why it is down; empty: nothing. */
const char *link_reason(const struct link *link);

/*
 * Look for links that need a HELLO; call it every few seconds.  A parcel may vanish and its
 * connection stay: a link that is down, or whose peer has not acknowledged what was sent
 * before the last call, has a HELLO due that calls for an answer.  True: there is such a link;
 * link_parcel_out() gives the HELLO.
 */
bool links_remind(struct links *links);

/*
 * Freeze the link for `reason`, which is copied and cut to fit: nothing is sent or taken until
 * link_resume().  A link that is frozen already keeps its first reason.
 */
void link_freeze(struct links *links, struct link *link, const char *reason);

/* Freeze the link, as link_freeze() does, by an order of the operator. */
void link_freeze_by_operator(struct links *links, struct link *link);

/*
 * Freeze the link, as link_freeze() does, because its message `seq` breaks the rule of channels
 * that `result` names.
 */
void link_freeze_for_rule(struct links *links, struct link *link, uint64_t seq,
                          const struct channel_message *message, enum channel_result result);

/* Freeze the link, as link_freeze() does, because the peer leaves that many answers unacknowledged.
 */
void link_freeze_for_answers(struct links *links, struct link *link, uint64_t answers);

/*
 * End a freeze: the link is DOWN, and a HELLO is due with a new epoch.  ST_INVALID: it is not
 * frozen.
 */
MUST_CHECK enum status link_resume(struct links *links, struct link *link, struct fault *fault);

/* ---- parcels out: call after links_save(), send only once that frame is durable ---- */

/*
 * Append the next parcel for this link to `out` (encoded, at most LINK_PARCEL_BYTES_MAX): a HELLO
 * that is due, or messages not sent yet on this connection, or an acknowledgement alone.  False:
 * none is due.  Call until false.
 */
bool link_parcel_out(struct links *links, struct link *link, const struct link_prices *our_prices,
                     struct bytes *out);

/*
 * As link_parcel_out(), while a frame is open: what a commit that has just ended lets leave over a
 * bounded link that is up, of frames that closed before.  No HELLO.
 */
bool link_parcel_between(struct links *links, struct link *link, struct bytes *out);

/* ---- parcels in ---- */

enum parcel_result {
    PARCEL_TAKEN = 0, /* read on with link_next() */
    PARCEL_STALE,     /* of an old epoch, or a repeat: ignored; a HELLO may be due in answer */
    PARCEL_REFUSED,   /* not a parcel, or it leaves a gap: *fault says where; the link goes on */
    PARCEL_FROZE,     /* it disproves something: the link is frozen now, with the reason */
    PARCEL_KEPT,      /* a statement or claim of the peer's, kept: durable with a frame soon */
    PARCEL_LOST,      /* this site lost what the peer has: exchange_adopt() takes it over */
    PARCEL_ACCEPTED,  /* both sites accept a loss: exchange_accept() counts from there */
    PARCEL_UNFIT,     /* HELLO of another wire format or currency: DOWN, and `why` names both */
};

struct parcel {
    struct cbor messages; /* private to the reader */
    uint64_t left;
    uint64_t seq;
    /* PARCEL_LOST: what the peer has of ours, and the last message that it sent itself. */
    struct {
        uint64_t seq;
        u128 total;
        struct digest digest;
    } loss;
    uint64_t peer_sent_seq;
};

/*
 * Read a parcel's head: HELLO is compared and answered (see below), acknowledgements are taken.
 * With PARCEL_TAKEN, link_next() then gives its messages.
 *
 * HELLO compares what each has: equal or behind within what we keep -> UP, retransmit from there;
 * the peer acknowledged more than we ever sent (we were restored from a backup), or it has
 * less than it acknowledged before (it was), or totals differ at the same sequence -> FROZEN with
 * the reason.
 */
MUST_CHECK enum parcel_result link_parcel_in(struct links *links, struct link *link,
                                             const uint8_t *bytes, size_t size,
                                             struct parcel *parcel, struct fault *fault);

/*
 * The next message that was not taken before; its seq is link->received_seq + 1.  False at the end,
 * or when the parcel is not to be believed (money over what one message carries, or over the
 * limit: the link is frozen). message->data points into the parcel.  The caller checks it against
 * the channels, and then calls link_take(), or link_freeze() and stops reading.
 */
bool link_next(struct links *links, struct link *link, struct parcel *parcel,
               struct channel_message *message);

/*
 * Accept the message that link_next() gave: count it and its money.  An acknowledgement is due with
 * this frame.
 */
void link_take(struct links *links, struct link *link, const struct channel_message *message);

/* ---- losses of power on a bounded link (docs/wire.md) ---- */

/*
 * Whether the peer waits to be told what came of it after its message *after, and all of that is
 * durable here: link_arrived_put() is called with each end that received one, by rising number and
 * side, and the next HELLO carries them.  At most LINK_LOST_ENDS_MAX.
 */
MUST_CHECK bool link_arrived_wanted(const struct links *links, const struct link *link,
                                    uint64_t *after);
void link_arrived_put(struct links *links, struct link *link,
                      const struct channel_arrived *arrived);

/* The next end of a parcel with PARCEL_LOST, and what it has received in all.  False at the end. */
bool link_next_lost(struct parcel *parcel, struct channel_arrived *arrived);

/*
 * Count as sent all that the parcel, with PARCEL_LOST, says that the peer has.  The caller has
 * booked the money and counted the packets at their ends.  The link is compared anew.
 */
void link_adopt(struct links *links, struct link *link, const struct parcel *parcel);

/* Freeze the link, as link_freeze() does: what the peer says that was lost is not so. */
void link_freeze_for_lost(struct links *links, struct link *link, const char *error);

/*
 * Record that rows of the last run may be missing, after links_load(): each bounded link numbers
 * nothing until its peer has said what it has.
 */
void links_lost_memory(struct links *links);

/* ---- durability ---- */

/*
 * Check that this much money (zero: none, the link is strict) may leave before it is durable, and
 * for how many milliseconds, with the limit that is to be in force.  What may be lost is taken from
 * the limit that is announced.  ST_INVALID: the limit does not allow it.
 */
MUST_CHECK enum status link_check_durability(const struct link *link, struct money limit,
                                             struct money flush_amount, uint32_t flush_ms,
                                             struct fault *fault);

/* Set it, after a good check, and after the limit. */
void link_set_durability(struct links *links, struct link *link, struct money flush_amount,
                         uint32_t flush_ms);

/*
 * Whether packets may leave before their frame is durable: some of the flush amount is left, as
 * losses of the past are taken from it for ever.
 */
bool link_is_bounded(const struct link *link);

/* The limit less what losses of power may cost: what HELLO announces and what is enforced. */
struct money link_announced_limit(const struct link *link);

/*
 * links_commit_begins() and links_commit_ended() report that all saved so far is on its way to the
 * disk, and that it is durable.  One commit at a time.
 */
void links_commit_begins(struct links *links);
void links_commit_ended(struct links *links);

/* Whether a bounded link needs a commit now: something waits for it, or a bound is reached. */
bool links_want_commit(const struct links *links);

/* The least flush_ms of all bounded links; 0: there is none. */
uint32_t links_flush_ms(const struct links *links);

/* ---- checkpoints ---- */

enum { LINK_CHECKPOINTS_MAX = 256, LINK_CHECKPOINT_NAME_BYTES_MAX = 32 };

/* A link's totals at a moment that the operator named. */
struct link_checkpoint {
    uint32_t interface;
    char name[LINK_CHECKPOINT_NAME_BYTES_MAX + 1];
    uint64_t site_time_us;
    u128 sent_total;
    u128 received_total;
};

/* The link's checkpoint of that name, or NULL.  Borrowed until one is set or dropped. */
const struct link_checkpoint *link_checkpoint_named(const struct links *links,
                                                    const struct link *link, const char *name);

/*
 * Keep the link's totals as they are now under a name that none of its checkpoints has (INVARIANT).
 * When a site has LINK_CHECKPOINTS_MAX, its oldest goes.
 */
void link_checkpoint_set(struct links *links, const struct link *link, const char *name,
                         uint64_t site_time_us);

/* Drop a checkpoint of this set. */
void link_checkpoint_drop(struct links *links, const struct link_checkpoint *checkpoint);

/* The number of checkpoints of all links, and the first of them, oldest first; borrowed. */
size_t links_checkpoints(const struct links *links, const struct link_checkpoint **first);

/* ---- how long a limit lasts ---- */

#define LINK_PACE_PERIOD_US (UINT64_C(300) * 1000000) /* of site time, between two samples */

/* Both ways, over the last `span_us`; at most one of them moved. */
struct link_forecast {
    uint64_t span_us;
    u128 drain;             /* nanos that we sent more than we received in it */
    u128 fill;              /* ... and the other way round */
    uint64_t we_reach_us;   /* until we owe the peer all that it allows; UINT64_MAX: never so */
    uint64_t it_reaches_us; /* until it owes us our limit */
};

/* Take a sample of each link's totals if one is due at this site time; call it as time passes. */
void links_sample_pace(struct links *links, uint64_t now_us);

/*
 * How long the limits of a link last if what moved lately goes on: since the older of two samples,
 * so over one to two periods, or less soon after a start.  False: there is no sample yet.
 */
MUST_CHECK bool link_forecast(const struct links *links, const struct link *link, uint64_t now_us,
                              struct link_forecast *forecast);

/* ---- counting, for reads and checks ---- */

/* Count the messages, and their bytes, that are numbered and not acknowledged. */
void link_outstanding(const struct links *links, const struct link *link, uint64_t *messages,
                      uint64_t *bytes);

/* Whether the places that payers have are those of the messages that wait; for checks. */
bool link_places_add_up(const struct links *links, const struct link *link);

/* The number of answers to births that the peer has not acknowledged, numbered or not. */
uint64_t link_answers_left(const struct links *links, const struct link *link);

#endif

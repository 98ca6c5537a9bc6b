/* What the site keeps of each channel end besides what it may do; private to this folder. */
#ifndef SERAI_EXCHANGE_ENDS_H
#define SERAI_EXCHANGE_ENDS_H

#include "exchange/exchange.h"
#include "exchange/landing.h"

/*
 * What is held for one end of a channel: there is one for each end that channels/ keeps, and it
 * goes with it.  Money is of the site's own accounts.
 */
struct exchange_end {
    uint64_t id;                    /* the end's */
    uint64_t customer;              /* the owner's, for whom the end counts until it is gone */
    uint32_t interface;             /* the end's */
    bool dirty;                     /* its row must be written; managed by ends_change() */
    bool stored;                    /* the store has a row of it, as of the last save */
    struct money deposit;           /* deposit:channel */
    struct money grant_reserve;     /* held:reserve, for packets granted and not yet arrived */
    struct money answer_reserve;    /* held:reserve, while pending */
    struct money room_reserve;      /* held:reserve, while room is asked */
    struct money close_reserve;     /* held:reserve, from birth until the close signal */
    struct money birth_money;       /* held:birth, while pending within the site */
    struct money asked_endowment;   /* what BIRTH asked for, to hold the answer against */
    struct money asked_fee;         /* the largest fee it allowed */
    struct landing landing;         /* which packets go into which buffer of the owner's */
    struct channel_holding counted; /* as of the last holdings_follow(); not stored */
};

/*
 * Begin to keep what is held for a new end, for this customer: nothing yet.  Undone by rollback.
 * Out of memory is INVARIANT.
 */
struct exchange_end *ends_begin(struct exchange *exchange, const struct channel_end *end,
                                uint64_t customer);

/* What is held for an end, to be read; `counted` may be changed, too.  Each has it (INVARIANT). */
struct exchange_end *ends_held(const struct exchange *exchange, const struct channel_end *end);

/* What is held for an end, to be changed: saved for the rollback, its row is due. */
struct exchange_end *ends_change(struct exchange *exchange, const struct channel_end *end);

/* End it with its channel end.  Its memory stays valid until the turn or event is over. */
void ends_finish(struct exchange *exchange, struct exchange_end *held);

/* Read all rows back, after those of channels.  ST_CORRUPT names the end. */
MUST_CHECK enum status ends_load(struct exchange *exchange, const struct store_read *read,
                                 struct fault *fault);

/* Write the rows that changed since the last call. */
void ends_save(struct exchange *exchange, struct store_batch *batch);

/* Free all of them. */
void ends_fini(struct exchange *exchange);

/* ---- events for the owner ---- */

/* Deliver an event to the owner of an end, paid by `reserve`, which is in held:reserve. */
void ends_notify(struct exchange *exchange, const struct channel_end *end,
                 enum serai_event_kind kind, struct money reserve);

/* Let the owner of an end thaw if it can: money came to it over a link, so outside of any turn. */
void ends_wake(struct exchange *exchange, uint32_t interface, struct agent *owner);

#endif

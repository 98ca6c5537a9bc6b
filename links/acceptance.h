/*
 * Accepting a loss: how two sites go on over a link whose history one of them has lost, as after a
 * restored backup (docs/links.md, "Accepting a loss"; docs/wire.md, "LOSS").
 *
 * The link is frozen.  Each site signs its *position*: how far each direction has come in its
 * books.  Both positions together say by a fixed rule where the two go on, so each computes the
 * same.  Once both operators have accepted that pair, each site counts to there: what was on its
 * way goes back to its senders, what one side has lost is booked to suspense, and every channel of
 * the link ends.
 *
 * Nothing here moves money: exchange_accept() books what link_loss_plan() says.
 */
#ifndef SERAI_LINKS_ACCEPTANCE_H
#define SERAI_LINKS_ACCEPTANCE_H

#include "links/specie.h"

enum { POSITION_BYTES_MAX = 640 };

/* Where its signer stands. */
struct position {
    uint8_t signer[LINK_KEY_BYTES];
    uint8_t peer[LINK_KEY_BYTES];
    char currency[LINK_CURRENCY_BYTES_MAX + 1];
    uint64_t epoch;              /* its own */
    uint64_t peer_epoch;         /* the highest of the peer's that it knows; 0: none */
    struct specie_side sent;     /* the last message that it numbered */
    struct specie_side acked;    /* of these, what it knows that the peer had */
    struct specie_side received; /* the last that it has of the peer */
    struct settled paid;         /* by it, and decided */
    struct settled got;          /* by the peer, and posted */
    uint64_t claimed;            /* a settlement of the peer's that it has not decided; 0: none */
    uint32_t number; /* the highest of a channel that the peer bought and that has an end there */
};

struct position_signed {
    struct position position;
    uint8_t bytes[POSITION_BYTES_MAX]; /* as it was signed */
    size_t size;
    uint8_t signature[SPECIE_SIGNATURE_BYTES];
};

/* Write the position's bytes in place, for its signature. */
void position_encode(struct position_signed *position);

/* Read a position out of its bytes.  ST_INVALID says what is wrong with them. */
MUST_CHECK enum status position_decode(struct position_signed *position, const uint8_t *bytes,
                                       size_t size, struct fault *fault);

/* Whether its signer signed these bytes. */
bool position_is_signed(const struct position_signed *position);

/* What names two positions of the two sites of a link, in either order. */
struct hash position_pair(const struct position_signed *one, const struct position_signed *other);

/* Operators name a pair by its code: enough digits that nobody finds another one with the same. */
enum { LOSS_CODE_BYTES = 16, LOSS_CODE_TEXT_BYTES = 2 * LOSS_CODE_BYTES + 1 };
/* Write the code of a pair.  Returns `text`. */
char *loss_code(char text[LOSS_CODE_TEXT_BYTES], const struct hash *pair);

/* The bytes that a site signs to accept a pair. */
enum { ACCEPTANCE_BYTES_MAX = 64 };
size_t acceptance_encode(uint8_t bytes[ACCEPTANCE_BYTES_MAX], const struct hash *pair);

/* Whether the site with this key signed that it accepts the pair. */
bool acceptance_is_signed(const uint8_t signature[SPECIE_SIGNATURE_BYTES], const struct hash *pair,
                          const uint8_t key[LINK_KEY_BYTES]);

/* What two sites signed: where each stands, and that it accepts the pair. */
struct loss_record {
    struct position_signed ours;
    struct position_signed theirs;
    uint8_t our_acceptance[SPECIE_SIGNATURE_BYTES];
    uint8_t their_acceptance[SPECIE_SIGNATURE_BYTES];
};

/* What is wrong with the signatures of a record of which both accept; NULL: nothing. */
const char *loss_record_error(const struct loss_record *record);

/* Where one direction goes on, and what its two sides do to come there. */
struct plan_side {
    uint64_t seq;      /* the number of its last message from then on, which none had before */
    u128 total;        /* of its money from then on: at least what either side has now */
    u128 difference;   /* total less what this site has now */
    u128 returned;     /* what was on its way in this direction, and comes back over the other */
    uint64_t messages; /* between what this site has and what the other says */
};

/* What a pair of positions means for the signer of the first. */
struct loss_plan {
    struct plan_side sent;
    struct plan_side received;
    struct settled paid;
    struct settled got;
    u128 paid_more; /* than its books have now, decided; likewise `got_more` */
    u128 got_more;
};

/*
 * Compute the plan of the site that signed `ours`.  ST_INVALID: the two cannot be joined, and
 * *fault says what has to be done before.
 */
MUST_CHECK enum status position_plan(struct loss_plan *plan, const struct position *ours,
                                     const struct position *theirs, struct fault *fault);

/* How far the two have come with a loss of this link. */
enum acceptance_state {
    ACCEPTANCE_NONE = 0,
    ACCEPTANCE_STATED,  /* our position is signed, and the peer's is not here */
    ACCEPTANCE_PAIRED,  /* both are here: `pair` names what can be accepted */
    ACCEPTANCE_AWAITED, /* this site accepted, and the peer has not yet */
    ACCEPTANCE_DONE,    /* both did, and this site counts from there */
};

/* The state of a link's loss.  *pair is set from ACCEPTANCE_PAIRED on; NULL is allowed. */
enum acceptance_state link_acceptance(const struct links *links, const struct link *link,
                                      struct hash *pair);

/* Whether the peer has accepted the pair of ACCEPTANCE_PAIRED. */
bool link_peer_accepts(const struct links *links, const struct link *link);

/*
 * Whether this site has accepted and not yet counted: until then nothing that the positions name
 * may change, as the peer may have counted already.
 */
bool link_acceptance_binds(const struct links *links, const struct link *link);

/*
 * Sign where a frozen link stands, if that was not done or is not true any more; `number` is the
 * highest of a channel that the peer bought and that has an end here.  From here on the link
 * numbers nothing.  ST_INVALID: it is not frozen, nobody signs here, or a message waits for its
 * number.
 */
MUST_CHECK enum status link_state_position(struct links *links, struct link *link, uint32_t number,
                                           struct fault *fault);

/* Whether this site has signed where the link stands, as above, and that is still true. */
bool link_position_stands(const struct links *links, const struct link *link, uint32_t number);

/* The peer's position; from ACCEPTANCE_PAIRED on.  NULL: it is not here. */
const struct position_signed *link_position_theirs(const struct links *links,
                                                   const struct link *link);

/* The last loss that both accepted and this site has counted; NULL: there was none. */
const struct loss_record *link_loss_record(const struct links *links, const struct link *link);

/* What the pair means for this site; from ACCEPTANCE_PAIRED on.  ST_INVALID as position_plan(). */
MUST_CHECK enum status link_loss_plan(const struct links *links, const struct link *link,
                                      struct loss_plan *plan, struct fault *fault);

/*
 * Whether the pair can be accepted, and what it means then.  ST_INVALID as position_plan(), or a
 * claim has to be decided first: one of ours at the peer that is not known here, or one of the
 * peer's here that its books have as decided.  What was accepted is not asked again: a house may
 * refuse a payment of ours at any time.
 */
MUST_CHECK enum status link_check_accept(const struct links *links, const struct link *link,
                                         struct loss_plan *plan, struct fault *fault);

/* Sign that this site accepts the pair, for good; after a good link_check_accept() (INVARIANT). */
void link_accept(struct links *links, struct link *link);

/* Whether both have accepted, and this site has not counted yet: exchange_accept() is due. */
bool link_accepted(const struct links *links, const struct link *link);

/*
 * Visit what this site sent and the peer never received, oldest first, if its money is what the
 * plan returns.  False: the two counted different messages, and nothing was visited.
 */
bool link_returned_each(const struct links *links, const struct link *link,
                        const struct loss_plan *plan,
                        void (*visit)(void *context, const struct channel_message *message),
                        void *context);

/*
 * Count from where the plan says, once the caller has booked it: all that waited is gone, and the
 * link is compared anew.
 */
void link_count_accepted(struct links *links, struct link *link, const struct loss_plan *plan);

/*
 * Append the parcel with our position, and our acceptance if there is one, while the peer needs it.
 * To be sent once the frame is durable.  False: none is due.
 */
bool link_loss_out(struct links *links, struct link *link, struct bytes *out);

#endif

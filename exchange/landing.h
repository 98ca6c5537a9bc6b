/*
 * Packets that land in a buffer: `channel_arm_into` (docs/guest-abi.md); private to this folder.
 *
 * An end has one landing at a time: a buffer of its owner's, from an offset to its end divided into
 * places of one size, and which of the packets that it granted go there.  They take the places one
 * after the other, round and round.  A packet that cannot land (it is larger than a place, or the
 * buffer was sold) brings its data with its event, as others do.
 */
#ifndef SERAI_EXCHANGE_LANDING_H
#define SERAI_EXCHANGE_LANDING_H

#include "base/status.h"

struct channel_end;
struct exchange;
struct exchange_end;
struct message;

struct landing {
    uint64_t buffer; /* its object; 0: nothing lands */
    uint64_t offset;
    uint64_t places;
    uint64_t place_bytes;
    /* Of all that the end granted, counted from 0: the first packet that lands, and one past. */
    uint64_t from;
    uint64_t to;
};

/*
 * Whether `packets` more, granted next, can land there: 0; SERAI_E_EXISTS: packets that land
 * elsewhere are still to come; SERAI_E_FULL: more would be to come than there are places.
 * `from` and `to` of *wanted are not read.
 */
int64_t landing_refusal(const struct exchange_end *held, const struct channel_end *end,
                        const struct landing *wanted, uint64_t packets);

/* Let the `packets` that the end granted last land there, after a good check. */
void landing_begin(struct exchange_end *held, const struct channel_end *end,
                   const struct landing *wanted, uint64_t packets);

/*
 * Put the data of the packet that the end received last into its place, if it has one, and say so
 * in *event, which then brings no data: badge is the offset in the buffer, status the bytes.
 */
void landing_put(struct exchange *exchange, const struct exchange_end *held,
                 const struct channel_end *end, struct message *event);

/* What is wrong with a landing that was read back; NULL: nothing. */
const char *landing_error(const struct landing *landing);

#endif

/* The bounds of the exchange, each with its reason; private to this folder. */
#ifndef SERAI_EXCHANGE_LIMITS_H
#define SERAI_EXCHANGE_LIMITS_H

#include "links/link.h"

/*
 * A birth that is refused costs the peer nothing, and us an answer that waits for it, and two lines
 * where it brought money; a CLOSED for no end costs it nothing, and us a frame.  So this many of
 * each peer are handled at once, as many as an honest one has under way, and then one for this much
 * site time; what it sends after that waits there.
 */
enum { EXCHANGE_VAIN_BURST = LINK_WINDOW_MESSAGES, EXCHANGE_VAIN_US = 1000000 / 64 };

/*
 * Answers are never refused, so a peer that buys and buys and acknowledges nothing would fill
 * memory and disk with them.  An honest one is behind by a window or two: it acknowledges what it
 * receives.
 */
enum { EXCHANGE_ANSWERS_MAX = 16 * LINK_WINDOW_MESSAGES };

#endif

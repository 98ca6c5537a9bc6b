/*
 * A neighbour that speaks the wire of docs/wire.md, and well, but whose messages are of its own
 * choice: what tests of links send over a connection that they made.  Failures of the socket end
 * the program.
 */
#ifndef SERAI_TESTS_E2E_SPEECH_H
#define SERAI_TESTS_E2E_SPEECH_H

#include "links/parcel.h"

struct speech {
    void *socket;           /* a DEALER that is or will be connected; borrowed */
    const char *currency;   /* of both */
    uint64_t epoch;         /* ours */
    uint64_t site_epoch;    /* 0: it has not said HELLO */
    struct cursor sent;     /* what the site says that it has of ours */
    struct cursor received; /* what we have of the site's: all that came */
    bool up;                /* its HELLO knows our epoch */
    uint64_t hellos;        /* heard */
    uint64_t said;          /* bytes of parcels, whether they left or not */
};

/* Say where we stand; false: it cannot be sent now. */
bool speech_hello(struct speech *speech);
/*
 * Take what has come, waiting for the first for so long.  What a HELLO or DATA of the site says of
 * us is taken for true: so whoever has forgotten all goes on where the site says that we are.
 */
void speech_listen(struct speech *speech, long wait_ms);
/* Both have compared, within so many tries of a few hundred milliseconds. */
bool speech_is_up(struct speech *speech, int tries);
/* So many messages behind the last that the site has. */
void speech_say(struct speech *speech, const struct channel_message *messages, size_t count);

#endif

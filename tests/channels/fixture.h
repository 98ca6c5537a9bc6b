/* What the tests of channels share: one set with a turn, ends that are open, and comparisons. */
#ifndef SERAI_TESTS_CHANNELS_FIXTURE_H
#define SERAI_TESTS_CHANNELS_FIXTURE_H

#include "channels/channels.h"
#include "channels/set.h"

enum { FIRST_PACKETS = 8, FIRST_BYTES = 64 * 1024, BUYER_AGENT = 71, BORN_AGENT = 72 };

struct fixture {
    struct channels *channels;
    struct undo *undo;
    struct channel_end *buyer;
    struct channel_end *born;
};

struct fixture fixture_new(void);
void fixture_free(struct fixture *fixture);
/* Buy, accept and answer a channel on `self`, and commit; sets buyer and born. */
void fixture_open(struct fixture *fixture);

/* All ends, copied byte for byte, in order of id. */
struct snapshot {
    struct channel_end *ends;
    size_t count;
    uint64_t id_next;
};
struct snapshot snapshot_take(struct channels *channels);
void snapshot_free(struct snapshot *snapshot);
bool snapshot_same_bytes(const struct snapshot *a, const struct snapshot *b);

/* Every field but `dirty`. */
bool ends_equal(const struct channel_end *a, const struct channel_end *b);
/* The bounds that no order and no message may break. */
void check_bounds(struct channels *channels);

struct money nanos(uint64_t amount);

/* As ck_assert, without its system call each time that all is well: for what runs very often. */
#define HOLDS(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            ck_abort_msg("does not hold: %s", #condition);                                         \
    } while (0)

#endif

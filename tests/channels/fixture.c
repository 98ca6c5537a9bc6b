#include "tests/channels/fixture.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

struct fixture fixture_new(void)
{
    struct fixture fixture = {0};

    ck_assert_int_eq(channels_new(&fixture.channels), ST_OK);
    ck_assert_int_eq(undo_new(&fixture.undo), ST_OK);
    return fixture;
}

void fixture_free(struct fixture *fixture)
{
    if (!undo_is_empty(fixture->undo))
        undo_rollback(fixture->undo);
    channels_free(fixture->channels);
    undo_free(fixture->undo);
}

void fixture_open(struct fixture *fixture)
{
    struct channel_message birth = {0};
    struct channel_message answer = {0};

    fixture->buyer =
        channels_buy(fixture->channels, fixture->undo, BUYER_AGENT, CHANNEL_INTERFACE_SELF, &birth);
    ck_assert_int_eq(channels_check_accept(fixture->channels, &birth), CHANNEL_FINE);
    fixture->born = channels_accept(fixture->channels, fixture->undo, &birth, BORN_AGENT,
                                    FIRST_PACKETS, FIRST_BYTES, &answer);
    ck_assert_int_eq(
        channels_receive_answer(fixture->channels, fixture->buyer, fixture->undo, &answer),
        CHANNEL_FINE);
    undo_commit(fixture->undo);
}

static void add_to_snapshot(void *context, struct channel_end *end)
{
    struct snapshot *snapshot = context;

    memcpy(&snapshot->ends[snapshot->count++], end, sizeof *end);
}

struct snapshot snapshot_take(struct channels *channels)
{
    struct snapshot snapshot = {.id_next = channels->id_next};

    snapshot.ends = calloc(channels_count(channels) + 1, sizeof *snapshot.ends);
    ck_assert_ptr_nonnull(snapshot.ends);
    channels_each(channels, add_to_snapshot, &snapshot);
    return snapshot;
}

void snapshot_free(struct snapshot *snapshot)
{
    free(snapshot->ends);
}

bool snapshot_same_bytes(const struct snapshot *a, const struct snapshot *b)
{
    return a->id_next == b->id_next && a->count == b->count &&
           memcmp(a->ends, b->ends, a->count * sizeof *a->ends) == 0;
}

bool ends_equal(const struct channel_end *a, const struct channel_end *b)
{
    return a->id == b->id && a->owner == b->owner && a->interface == b->interface &&
           a->number == b->number && a->side == b->side && a->state == b->state &&
           a->granted_packets == b->granted_packets && a->granted_bytes == b->granted_bytes &&
           a->received_packets == b->received_packets && a->received_bytes == b->received_bytes &&
           a->window_packets == b->window_packets && a->window_bytes == b->window_bytes &&
           a->sent_packets == b->sent_packets && a->sent_bytes == b->sent_bytes &&
           a->room_asked == b->room_asked && a->priority == b->priority;
}

static void check_end(void *context, struct channel_end *end)
{
    (void)context;
    HOLDS(end->received_packets <= end->granted_packets);
    HOLDS(end->received_bytes <= end->granted_bytes);
    HOLDS(end->granted_packets - end->received_packets <= CHANNEL_GRANT_PACKETS_MAX);
    HOLDS(end->granted_bytes - end->received_bytes <= CHANNEL_GRANT_BYTES_MAX);
    HOLDS(end->sent_packets <= end->window_packets);
    HOLDS(end->sent_bytes <= end->window_bytes);
    HOLDS(end->window_packets - end->sent_packets <= CHANNEL_GRANT_PACKETS_MAX);
    HOLDS(end->window_bytes - end->sent_bytes <= CHANNEL_GRANT_BYTES_MAX);
    HOLDS(!end->room_asked || end->state == CHANNEL_OPEN);
}

void check_bounds(struct channels *channels)
{
    channels_each(channels, check_end, NULL);
}

struct money nanos(uint64_t amount)
{
    return (struct money){.nanos = amount};
}

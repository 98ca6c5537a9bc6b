#include "site/daemon/pace.h"

#include <stddef.h>

#include "site/metrics/limits.h"

static const uint64_t turn_bounds_us[] = {10,   25,    50,    100,    250,    500,    1000,
                                          5000, 10000, 50000, 100000, 500000, 1000000};
static const uint64_t frame_bounds_us[] = {1000,    2500,    5000,    10000,  25000,
                                           50000,   100000,  250000,  500000, 1000000,
                                           2500000, 5000000, 10000000};
static const uint64_t frame_bounds_turns[] = {0, 1, 4, 16, 64, 256, 1024, 4096, 16384};

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static uint64_t pace_now_us(const struct pace *pace)
{
    return pace->parts->clock.now_us(pace->parts->clock.context);
}

void pace_init(struct pace *pace, struct parts *parts)
{
    *pace = (struct pace){.parts = parts, .board = parts->board};
    histogram_init(&pace->turn_us, turn_bounds_us, COUNT_OF(turn_bounds_us));
    histogram_init(&pace->frame_turns, frame_bounds_turns, COUNT_OF(frame_bounds_turns));
    histogram_init(&pace->frame_us, frame_bounds_us, COUNT_OF(frame_bounds_us));
}

/* ---- turns and frames ---- */

bool pace_watches(const struct pace *pace)
{
    return pace->board != NULL;
}

uint64_t pace_turn_begins(const struct pace *pace)
{
    return pace_now_us(pace);
}

void pace_turn_ended(struct pace *pace, uint64_t begun_us)
{
    histogram_add(&pace->turn_us, pace_now_us(pace) - begun_us, 1);
}

/* Past the end of the ring a frame counts as closed when the last one was: rather too long. */
static void pace_note_frame(struct pace *pace, uint64_t number, uint64_t now_us)
{
    struct pace_frame *last = &pace->frames[(pace->first + pace->count - 1) % PACE_FRAMES_MAX];

    if (pace->count == PACE_FRAMES_MAX) {
        last->number = number;
        last->count++;
        return;
    }
    pace->frames[(pace->first + pace->count++) % PACE_FRAMES_MAX] =
        (struct pace_frame){.number = number, .closed_us = now_us, .count = 1};
}

/* Those that are durable by now took until the writer said so; it may say so of the next already.
 */
static void pace_count_durable(struct pace *pace, uint64_t durable)
{
    uint64_t until_us = atomic_load(&pace->parts->durable_us);

    while (pace->count > 0 && pace->frames[pace->first].number <= durable) {
        const struct pace_frame *frame = &pace->frames[pace->first];

        histogram_add(&pace->frame_us,
                      until_us > frame->closed_us ? until_us - frame->closed_us : 0, frame->count);
        pace->first = (pace->first + 1) % PACE_FRAMES_MAX;
        pace->count--;
    }
}

/* ---- figures ---- */

/* The histograms are put in when it is published: they count what is durable then. */
static void pace_take(struct pace *pace, const struct gather *gather, uint64_t now_us)
{
    struct snapshot *snapshot = board_blank(pace->board);

    core_figures(pace->parts->core, &snapshot->figures);
    core_survey_step(pace->parts->core, &pace->survey, METRICS_SURVEY_STEP);
    snapshot->survey = pace->survey;
    snapshot->taken_us = now_us;
    pace->taken = true;
    pace->taken_number = gather->closed;
    pace->taken_us = now_us;
}

static void pace_publish(struct pace *pace)
{
    struct snapshot *snapshot = board_blank(pace->board);

    snapshot->turn_us = pace->turn_us;
    snapshot->frame_turns = pace->frame_turns;
    snapshot->frame_us = pace->frame_us;
    board_publish(pace->board);
    pace->taken = false;
}

static bool pace_is_due(const struct pace *pace, uint64_t now_us)
{
    return !pace->taken && (pace->taken_us == 0 || now_us - pace->taken_us >= METRICS_US);
}

void pace_frame_closed(struct pace *pace, const struct gather *gather, uint64_t now_us, bool writes,
                       uint64_t turns)
{
    if (pace->board == NULL)
        return;
    if (writes) {
        histogram_add(&pace->frame_turns, turns, 1);
        pace_note_frame(pace, gather->closed, now_us);
    }
    if (pace_is_due(pace, now_us))
        pace_take(pace, gather, now_us);
}

void pace_look(struct pace *pace, const struct gather *gather, uint64_t now_us, bool open)
{
    if (pace->board == NULL)
        return;
    board_beat(pace->board, now_us);
    board_commit_since(pace->board, gather->committing ? gather->committing_us : 0);
    pace_count_durable(pace, gather->durable);
    /* While nothing goes on there is no frame to wait for: all that there is is durable. */
    if (!open && gather->durable == gather->closed && pace_is_due(pace, now_us))
        pace_take(pace, gather, now_us);
    if (pace->taken && pace->taken_number <= gather->durable)
        pace_publish(pace);
}

int pace_wait_ms(const struct pace *pace, int wait_ms)
{
    enum { MOST_MS = METRICS_US / 1000 };

    return pace->board != NULL && (wait_ms < 0 || wait_ms > MOST_MS) ? MOST_MS : wait_ms;
}

/*
 * What the core thread measures of itself for those who watch: how long turns and frames take, and
 * the figures of the last durable frame, left on a board once a second.  Without a board all of
 * this does nothing.  The core thread's.
 */
#ifndef SERAI_SITE_DAEMON_PACE_H
#define SERAI_SITE_DAEMON_PACE_H

#include "site/daemon/gather.h"
#include "site/metrics/board.h"

/* Frames that were closed and are not durable yet; more than that are counted with the last. */
enum { PACE_FRAMES_MAX = 256 };

struct pace {
    struct parts *parts;
    struct board *board; /* NULL: nobody watches */
    struct histogram turn_us;
    struct histogram frame_turns;
    struct histogram frame_us;
    struct pace_frame {
        uint64_t number; /* gather.closed, as it was closed */
        uint64_t closed_us;
        uint64_t count;
    } frames[PACE_FRAMES_MAX]; /* a ring */
    size_t first;
    size_t count;
    struct core_survey survey;
    bool taken;            /* the blank snapshot was filled in, and waits until it is durable */
    uint64_t taken_number; /* gather.closed, then */
    uint64_t taken_us;
};

/* Begin with parts->board. */
void pace_init(struct pace *pace, struct parts *parts);

/* Whether anybody watches: if not, turns are not timed. */
bool pace_watches(const struct pace *pace);

/* The time before a turn, and the end of one that began then; only while somebody watches. */
uint64_t pace_turn_begins(const struct pace *pace);
void pace_turn_ended(struct pace *pace, uint64_t begun_us);

/* Count a frame that gather_take() has just taken; `writes` and its turns are the frame's. */
void pace_frame_closed(struct pace *pace, const struct gather *gather, uint64_t now_us, bool writes,
                       uint64_t turns);

/*
 * Look what has become durable, once a round; `open`: a frame is being filled.  Figures are left on
 * the board when they are due.
 */
void pace_look(struct pace *pace, const struct gather *gather, uint64_t now_us, bool open);

/* How long the core may wait at most, in milliseconds; -1: as long as it likes. */
int pace_wait_ms(const struct pace *pace, int wait_ms);

#endif

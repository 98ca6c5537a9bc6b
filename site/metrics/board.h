/*
 * Where the core thread leaves a site's figures for the thread that serves them.  Neither ever
 * waits for the other: of three snapshots one is being filled, one is the latest, one is being
 * read.
 */
#ifndef SERAI_SITE_METRICS_BOARD_H
#define SERAI_SITE_METRICS_BOARD_H

#include "site/core/figures.h"
#include "site/metrics/histogram.h"

/* The figures of one moment: all of them are those of a frame that is durable. */
struct snapshot {
    struct core_figures figures;
    struct core_survey survey;
    struct histogram turn_us;     /* how long turns took */
    struct histogram frame_turns; /* how many turns a frame had */
    struct histogram frame_us;    /* from the close of a frame until it was durable */
    uint64_t taken_us;            /* monotonic */
};

/* How far the daemon is. */
enum board_phase {
    BOARD_STARTING = 0, /* books are read, nothing is served */
    BOARD_SERVING,
    BOARD_STOPPING, /* the last frame is on its way */
};

struct board; /* opaque */

/* Make a board without figures.  On ST_OK the caller ends *board with board_free().  ST_NOMEM. */
MUST_CHECK enum status board_new(struct board **board);

/* Free it; no thread uses it any more.  NULL is allowed. */
void board_free(struct board *board);

/* ---- the core thread's ---- */

/* The snapshot that is being filled; it keeps what was written to it until board_publish(). */
struct snapshot *board_blank(struct board *board);

/* Let what was filled in be the latest.  board_blank() gives another one from then on. */
void board_publish(struct board *board);

/* Record that the core goes on, at this monotonic time, which is not 0. */
void board_beat(struct board *board, uint64_t now_us);

/* Record since when a commit has been under way; 0: none is. */
void board_commit_since(struct board *board, uint64_t since_us);

/* ---- any thread's ---- */

/* Set how far the daemon is. */
void board_set_phase(struct board *board, enum board_phase phase);

/* What board_set_phase(), board_beat() and board_commit_since() said last; 0: nothing yet. */
enum board_phase board_phase(struct board *board);
uint64_t board_beat_us(struct board *board);
uint64_t board_commit_since_us(struct board *board);

/* ---- of the one thread that reads ---- */

/* The latest snapshot, good until the next call; NULL: none was published yet. */
const struct snapshot *board_latest(struct board *board);

#endif

/*
 * Frames between the core and the writer.  A frame of a strict site goes to the writer by itself.
 * While a link is bounded, frames are kept in the redo log, their early parcels leave at once, and
 * one commit takes all that gathered.  The core thread's.
 */
#ifndef SERAI_SITE_DAEMON_GATHER_H
#define SERAI_SITE_DAEMON_GATHER_H

#include "site/daemon/parts.h"

struct gather {
    struct parts *parts;
    struct parts_frame *spare[FRAMES_MAX];
    size_t spare_count;
    struct parts_frame *joined; /* frames that wait for a commit; NULL: none */
    uint64_t joined_us;         /* since when */
    uint32_t flush_ms;          /* core_flush_ms() as of the last frame that was closed */
    bool full;              /* the redo log took no more: nothing is closed until all is durable */
    bool committing;        /* a commit is under way */
    uint64_t committing_us; /* since when */
    bool wrote;             /* something was committed since the driver measured the disk */
    /* Frames that gather_take() was given, and how many of them are at the writer or durable. */
    uint64_t closed;
    uint64_t handed;
    uint64_t durable;
};

/* Make all frames of the pool spare. */
void gather_init(struct gather *gather, struct parts *parts);

/*
 * Take back frames that are done with, and notice that a commit has ended.  True: one has, of a
 * site with a bounded link: what it lets leave was handed to the edge, but for what is signed.
 */
bool gather_look(struct gather *gather);

/* Whether a frame may be closed: gather_take() has room for it. */
bool gather_may_close(const struct gather *gather);

/*
 * A frame to close the core's into: then gather_take() gets it, at this time.  `last`: nothing
 * comes after it.
 */
struct parts_frame *gather_frame(struct gather *gather);
void gather_take(struct gather *gather, struct parts_frame *frame, uint64_t now_us, bool last);

/* Begin the commit of what has gathered, if one is due and the writer is free. */
void gather_commit(struct gather *gather, uint64_t now_us);

/* When a commit is due by time; UINT64_MAX: nothing waits for one, or for the writer only. */
uint64_t gather_due_us(const struct gather *gather);

#endif

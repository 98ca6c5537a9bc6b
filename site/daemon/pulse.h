/*
 * The beat of the watchdog.  The edge asks the core thread for a sign of life and tells the service
 * manager of it only when it came: so the beat ends when either of the two stands, whatever else
 * goes on.  The writer is not asked: a disk that is slow or full has answers of its own
 * (docs/operate.md), and a restart mends neither.
 */
#ifndef SERAI_SITE_DAEMON_PULSE_H
#define SERAI_SITE_DAEMON_PULSE_H

#include <stdatomic.h>

#include "base/ring.h"
#include "site/daemon/notify.h"

/* Between the two threads. */
struct pulse_line {
    _Atomic uint32_t asked; /* counted up by the edge */
    _Atomic uint32_t given; /* the last number that the core saw */
    /* What the core said with it, for the status line. */
    _Atomic uint64_t agents;
    _Atomic uint64_t frame;
};

/* The edge's part. */
struct pulse {
    const struct notify *notify;
    struct pulse_line *line;
    struct wake *core_wake;
    const char *word; /* how the site serves: "serving", "frozen" */
    uint64_t every_us;
    uint64_t asked_us;
    bool waits; /* for the core's answer */
};

/* Begin at `now_us`.  All pointers are borrowed, `word` too. */
void pulse_init(struct pulse *pulse, const struct notify *notify, struct pulse_line *line,
                struct wake *core_wake, const char *word, uint64_t now_us);

/*
 * Ask when it is time to, and beat when the answer has come.  `stopping`: the core may have ended
 * with its last frame, so the beat needs no answer; how long an end may take is the manager's to
 * bound.
 */
void pulse_step(struct pulse *pulse, uint64_t now_us, bool stopping);

/* When pulse_step() has something to do; UINT64_MAX: never, as nobody listens. */
uint64_t pulse_due_us(const struct pulse *pulse);

/* Tell the manager `fields` and how the site serves. */
void pulse_tell(const struct pulse *pulse, const char *fields);

/*
 * The core thread's: whether it is asked.  If so, it answers by pulse_give(), with what the status
 * line shows, and wakes the edge.
 */
bool pulse_is_asked(const struct pulse_line *line);
void pulse_give(struct pulse_line *line, uint64_t agents, uint64_t frame);

#endif

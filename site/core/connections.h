/*
 * Links as whoever holds the sockets knows them, and the changes of their state that are logged.
 * What the daemon calls is in core.h.
 *
 * Used by the core thread alone.
 */
#ifndef SERAI_SITE_CORE_CONNECTIONS_H
#define SERAI_SITE_CORE_CONNECTIONS_H

#include "links/link.h"

struct core;
struct core_frame;

/* How often a peer that has not acknowledged everything is asked where it stands. */
enum { LINK_REMIND_US = 3000000 };

/*
 * A link that flaps must not fill the log: the most changes of state logged one by one in a time.
 */
enum { LINK_REPORT_US = 60000000, LINK_REPORTS_MAX = 10 };

/* Changes of a link's state that were logged. */
struct link_reports {
    uint64_t since_us;   /* monotonic */
    uint32_t reported;   /* since then */
    uint32_t unreported; /* since then: logged later, all in one */
};

/* Let the core's options sign what this site says about its links; once. */
void core_links_sign(struct core *core);

/* Begin a run: no link is connected yet, and the edge has to know of all; once they are read. */
void core_links_begin(struct core *core);

/*
 * Put the parcels that are due into the frame, after the parts were saved, and what the edge has to
 * know of links if that changed.
 */
void core_links_out(struct core *core, struct core_frame *frame);

/*
 * Log a change of a link's state and record since when, after anything that may have changed it.
 * False: it did not change, or changes so often that it is logged later, all in one.
 */
bool core_link_report(struct core *core, struct link *link, enum link_state before);

/* Record that a link was added, which begins down: the edge has to know of it. */
void core_link_added(struct core *core, struct link *link);

/* Forget what is kept of a link besides its row, before it is removed: the edge ends it. */
void core_link_forget(struct core *core, const struct link *link);

#endif

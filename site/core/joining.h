/*
 * Invitations of a site, and the peers that join by them (docs/join.md).  What the daemon calls is
 * in core.h.
 *
 * Used by the core thread alone.
 */
#ifndef SERAI_SITE_CORE_JOINING_H
#define SERAI_SITE_CORE_JOINING_H

#include "base/cbor.h"

struct core;
struct core_frame;
struct outcome;
struct viewer;

/* The longest that an invitation may last. */
#define INVITATION_US_MAX (UINT64_C(366) * 24 * 3600 * 1000 * 1000)

/* A JOIN that is refused may come again and again: one line of the log stands for this long. */
enum { JOIN_LOG_US = 60000000 };

/* Carry out the read of that name: a row of the table in reads.c. */
void core_read_invitations(struct core *core, const struct viewer *viewer, struct cbor *in,
                           struct outcome *outcome);

/*
 * Put the answers to JOIN into the frame, and what the edge has to know of invitations if that
 * changed.
 */
void core_joining_out(struct core *core, struct core_frame *frame);

#endif

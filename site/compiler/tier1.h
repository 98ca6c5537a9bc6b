/*
 * Which code runs in tier 1: the policy, on the core thread, and the thread that asks the
 * compiler's service (compiler.h).  Hot code goes to the compiler as a copy of its module; the
 * object that comes back is loaded between two turns.  What fails stays in tier 0, and is logged
 * once.
 *
 *     core --jobs--> compiler thread --done--> core
 */
#ifndef SERAI_SITE_COMPILER_TIER1_H
#define SERAI_SITE_COMPILER_TIER1_H

#include "base/ring.h"
#include "site/compiler/compiler.h"
#include "site/compiler/settings.h"
#include "site/core/core.h"

struct tier1; /* opaque */

/*
 * Start the compiler's service, before any key is read (compiler_start()).  `dir` is the site's.  A
 * mode of TIER1_OFF starts nothing, and so does NULL for `settings`, which are copied.  ST_NOMEM,
 * ST_IO, ST_DENIED.
 */
MUST_CHECK enum status tier1_new(struct tier1 **tier1, const struct tier1_settings *settings,
                                 const char *dir, struct fault *fault);

/* Free it, after its thread has ended; NULL is allowed. */
void tier1_free(struct tier1 *tier1);

/* Set whom to wake when an object is there; borrowed.  NULL for tier1 is allowed here and below. */
void tier1_connect(struct tier1 *tier1, struct wake *core_wake);

/* The compiler thread's body; the argument is a struct tier1, with a service. */
void *tier1_thread(void *tier1);

/* Whether there is something for the thread to do: not when the mode is off. */
bool tier1_has_thread(const struct tier1 *tier1);

/* End the thread, whatever it waits for.  Any thread. */
void tier1_stop(struct tier1 *tier1);

/* Exchange what is hot and what was compiled with the core.  The core thread, between two turns. */
void tier1_step(struct tier1 *tier1, struct core *core);

#endif

/*
 * What is shown of links: two reads, a part of `status`, and the entries of a link that answers to
 * commands have, too.
 *
 * Used by the core thread alone.
 */
#ifndef SERAI_SITE_CORE_LINK_READS_H
#define SERAI_SITE_CORE_LINK_READS_H

#include "base/cbor.h"

struct core;
struct link;
struct map;
struct outcome;
struct viewer;

/* The link of that name; NULL: the outcome says that there is none. */
struct link *core_link_named(struct core *core, const char *name, struct outcome *outcome);

/* Answer a command on a link with the link as it is now. */
void core_link_result(struct core *core, const struct link *link, struct outcome *outcome);

/* Add what the read `links` shows of a link to `map`. */
void core_link_entries(const struct core *core, const struct link *link, struct map *map);

/* Add the number of links that are up, down and frozen, and the state of each by name, to `map`. */
void core_link_states(struct core *core, struct map *map);

/*
 * Carry out the reads of the same names: rows of the table in reads.c.  `in` is at the arguments,
 * `outcome` is filled in: core_read_links(), core_read_link().
 */
void core_read_links(struct core *core, const struct viewer *viewer, struct cbor *in,
                     struct outcome *outcome);
void core_read_link(struct core *core, const struct viewer *viewer, struct cbor *in,
                    struct outcome *outcome);

#endif

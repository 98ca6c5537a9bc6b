/*
 * Answers to what customers asked agents, as a command and a read show them.
 *
 * Used by the core thread alone.  The keys are those of docs/control.md.
 */
#ifndef SERAI_SITE_CORE_CALLS_H
#define SERAI_SITE_CORE_CALLS_H

#include <stdint.h>

#include "base/status.h"

struct agent;
struct cbor;
struct core;
struct customer;
struct map;
struct message;
struct outcome;
struct viewer;

/* Add what a question came to, its data aside; NULL: it waits. */
void core_call_entries(struct map *map, uint64_t call, const struct message *answer);

/* Add the data of an answer. */
void core_call_data(struct map *map, const struct message *answer);

/* The slot of the customer's capability of this name; false: the outcome says that there is none.
 */
bool core_find_cap(const struct customer *by, const char *name, uint64_t *slot,
                   struct outcome *outcome);

/* The kind of a capability on a desk in a word. */
const char *core_cap_word(const struct core *core, const struct agent *desk, uint64_t slot);

/*
 * Carry out the reads of the same names: rows of the table in reads.c.  `in` is at the arguments,
 * and `outcome` is filled in with what the viewer is shown: core_read_call(), core_read_calls(),
 * core_read_caps().
 */
void core_read_call(struct core *core, const struct viewer *viewer, struct cbor *in,
                    struct outcome *outcome);
void core_read_calls(struct core *core, const struct viewer *viewer, struct cbor *in,
                     struct outcome *outcome);
void core_read_caps(struct core *core, const struct viewer *viewer, struct cbor *in,
                    struct outcome *outcome);

#endif

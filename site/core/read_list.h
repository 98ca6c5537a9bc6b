/*
 * What reads have in common: who is shown what, and lists, whose items are appended and then
 * counted.
 *
 * Used by the core thread alone.
 */
#ifndef SERAI_SITE_CORE_READ_LIST_H
#define SERAI_SITE_CORE_READ_LIST_H

#include "base/cbor.h"

struct core;
struct customer;
struct outcome;

enum { READ_LIMIT_MAX = 256 }; /* items of one list answer */

/* For whom a read is carried out. */
struct viewer {
    bool all;          /* is shown everything: the operator, or who runs the daemon */
    uint64_t customer; /* else this customer's; 0: nobody's */
    /* ... and what agents have here that came over links from the same key; NULL: nobody's. */
    const struct core *core;
    const struct customer *by;
};

/* Whether things of this customer are shown; 0 is nobody. */
bool viewer_sees(const struct viewer *viewer, uint64_t customer);

/* A list under construction: items are appended, then counted. */
struct read_list {
    const struct core *core;
    const struct viewer *viewer;
    uint64_t after; /* the cursor: only what comes after it is listed */
    uint64_t limit; /* of items */
    uint64_t last;  /* the number of the last one looked at, shown or not */
    struct bytes items;
    uint64_t count;
};

/*
 * Begin a list by the two arguments of a read that lists a page: the cursor, and how many items at
 * most.  False: the outcome says what is wrong with them.
 */
bool read_list_begin(struct read_list *list, struct cbor *in, struct outcome *outcome);

/* Take the argument that says how many items there are at most; 0 means READ_LIMIT_MAX. */
uint64_t read_list_limit(struct cbor *in);

/* Put the list into the outcome as its result, and free it. */
void read_list_end(struct read_list *list, struct outcome *outcome);

#endif

/*
 * Invitations: keys that may make one link each, for a while (docs/join.md).
 *
 * An invitation is known by the public key of a one-time pair that its secret makes.  The secret is
 * nowhere on this site, and does not follow from the key.  One that was used, revoked, or is late
 * is kept until its place is needed, so that whoever comes with it hears why it is refused.
 *
 * One thread.  Times are site time, which no clock can set back.
 */
#ifndef SERAI_LINKS_INVITATIONS_H
#define SERAI_LINKS_INVITATIONS_H

#include "links/link.h"

enum {
    INVITATIONS_MAX = 64,      /* that are kept, open or not */
    INVITATIONS_OPEN_MAX = 32, /* at once: each lets one more key in */
};

/* Fixed numbers. */
enum invitation_state {
    INVITATION_OPEN = 0, /* good for one link, or late */
    INVITATION_USED = 1, /* `peer` has joined by it */
    INVITATION_REVOKED = 2,
};

/* Plain values; changed only by the calls below. */
struct invitation {
    uint64_t number;                    /* from 1, never used again */
    char name[LINK_NAME_BYTES_MAX + 1]; /* that the link gets; empty: one from the peer's key */
    uint8_t key[LINK_KEY_BYTES];        /* X25519, public */
    struct money limit;                 /* the most that the peer may owe */
    uint64_t made_us;
    uint64_t until_us;
    enum invitation_state state;
    uint8_t peer[LINK_KEY_BYTES]; /* of one that was used: the Ed25519 key; else zero */
};

struct invitations; /* opaque */

/* Make an empty set.  On ST_OK the caller ends it with invitations_free().  ST_NOMEM. */
MUST_CHECK enum status invitations_new(struct invitations **set);

/* Free the set; NULL is allowed. */
void invitations_free(struct invitations *set);

/* Read all back into an empty set: STORE_LINK, key = u32 0, u8 11, number u64.  ST_CORRUPT. */
MUST_CHECK enum status invitations_load(struct invitations *set, const struct store_read *read,
                                        struct fault *fault);

/* Write what changed since the last call. */
void invitations_save(struct invitations *set, struct store_batch *batch);

/*
 * Add an open one, with `number` and `state` for the set to fill in; *made belongs to the set.  The
 * oldest that is not open gives its place up.  ST_FULL: INVITATIONS_OPEN_MAX are open.  ST_EXISTS:
 * its key is that of one that is kept, or its name that of an open one.  ST_INVALID: the name.
 */
MUST_CHECK enum status invitations_add(struct invitations *set, const struct invitation *wanted,
                                       const struct invitation **made, struct fault *fault);

/* Whether it is good for a link at this site time. */
bool invitation_is_open(const struct invitation *invitation, uint64_t now_us);

/* In a word, for people: open, used, revoked or late. */
const char *invitation_state_word(const struct invitation *invitation, uint64_t now_us);

/* Each finds one, or NULL; borrowed until one is added.  A name finds an open one only. */
const struct invitation *invitations_numbered(const struct invitations *set, uint64_t number);
const struct invitation *invitations_keyed(const struct invitations *set,
                                           const uint8_t key[LINK_KEY_BYTES]);
const struct invitation *invitations_named(const struct invitations *set, const char *name,
                                           uint64_t now_us);

/* Record that `peer` has joined by it, or that it is good for nothing any more. */
void invitation_use(struct invitations *set, const struct invitation *invitation,
                    const uint8_t peer[LINK_KEY_BYTES]);
void invitation_revoke(struct invitations *set, const struct invitation *invitation);

/* All that are kept, oldest first; borrowed. */
size_t invitations_all(const struct invitations *set, const struct invitation **first);

/* The sum of the limits of those that are open. */
struct money invitations_limits(const struct invitations *set, uint64_t now_us);

#endif

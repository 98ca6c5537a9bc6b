/*
 * Objects that most programs want, each by one call; docs/objects.md shows them at work.  What is
 * returned is lent for the turn, as every new object.
 */
#ifndef SERAI_SDK_VAT_BEHAVIOURS_H
#define SERAI_SDK_VAT_BEHAVIOURS_H

#include "sdk/vat/vat.h"

enum {
    VAT_KEPT_BYTES_MAX = 88, /* of a text in an object of this file */
    VAT_LISTENERS_MAX = 24,  /* of a topic: all of them hear in one turn */
    /* Values of a list; values of a queue, and those who wait to take one.  Each is an object, and
     * who may put them is not to take up the whole table. */
    VAT_VALUES_MAX = VAT_OBJECTS_MAX / 4,
};

/* A value as part of a state.  Its reference comes first, and counts as one of the state's. */
struct vat_kept {
    struct vat_ref ref;
    int64_t number;
    uint8_t kind;
    uint8_t size;
    char bytes[VAT_KEPT_BYTES_MAX];
};
/* Fails with VAT_TOO_MUCH when a text is too long. */
void vat_store(struct vat_kept *kept, struct vat_value value);
/* The value; nothing for an object that has ended.  A text is a copy, as all texts of the turn. */
struct vat_value vat_load(const struct vat_kept *kept);

/* vat_cell(5) has a value: "get", "set" value. */
#define vat_cell(x) vat_cell_with(VAT_VALUE(x))
struct vat_ref vat_cell_with(struct vat_value value);

/* ---- in front of another object, near or far ---- */

/* Hands every message on. */
struct vat_ref vat_forwarder(struct vat_ref target);
/* Hands on until its revoker gets "revoke" (VAT_REVOKED then), and again after "renew". */
struct vat_ref vat_revocable(struct vat_ref target, struct vat_ref *revoker);
/*
 * Before it hands on, tells the log "push" TEXT: who, the method, what it was given, cut to what an
 * object can keep.  The log is a vat_list(), or any object that knows "push".  A near log that is
 * full refuses, and so nothing is handed on that it does not have.
 */
struct vat_ref vat_logged(struct vat_ref target, struct vat_ref log, const char *who);
/* Hands on these methods, with blanks between, and no other (VAT_NO_METHOD). */
struct vat_ref vat_restricted(struct vat_ref target, const char *methods);
/* Hands one message on; then it is spent (VAT_SPENT), whatever became of that message. */
struct vat_ref vat_once(struct vat_ref target);

/* ---- seals ---- */

/*
 * seal: "seal" value makes a box.  unseal: "unseal" box gives its value, if its seal made it, and
 * else fails with VAT_NOT_YOURS.  check: "sealed" box tells whether it did.  A box tells nobody
 * anything, and is known again when it comes home from another agent.
 */
struct vat_seals {
    struct vat_ref seal;
    struct vat_ref unseal;
    struct vat_ref check;
};
struct vat_seals vat_seals(void);

/* ---- many values ---- */

/* "push" value, "get" index from 0, "size"; "take" gives the first and takes it off. */
struct vat_ref vat_list(void);
/*
 * "put" value; "take", which is answered when there is one: first asked, first served.  Who no
 * longer waits for an answer is passed over.
 */
struct vat_ref vat_queue(void);
/*
 * "subscribe" object, "unsubscribe" object; "publish" value sends each "published" value.  A
 * listener that is gone (vat_is_gone()) is forgotten.
 */
struct vat_ref vat_topic(void);

/* ---- money ---- */

/*
 * A mint of a currency of its own: "purse" amount makes a purse with so much, out of nothing.  A
 * purse: "balance"; "sprout" makes an empty one of the same mint; "deposit" amount purse takes that
 * from the other purse, which has to be of the same mint (VAT_NOT_YOURS) and have it (VAT_SHORT).
 */
struct vat_ref vat_mint(void);
/*
 * The same backed by the site's money: "purse" makes one with the money that comes with the
 * message; purses take more by "pay-in" and give it back by "pay-out" nanos, if somebody waits for
 * the answer (VAT_NOT_NEAR).
 */
struct vat_ref vat_bank(void);

#endif

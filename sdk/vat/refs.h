/*
 * A table whose rows are named by references that cannot be mixed up: a reference to a row that was
 * given back never leads to what stands there now.  The table knows nothing of what its rows hold;
 * its owner keeps arrays beside it, by index.
 */
#ifndef SERAI_SDK_VAT_REFS_H
#define SERAI_SDK_VAT_REFS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* All zero is a reference to nothing. */
struct vat_ref {
    uint32_t index;
    uint32_t generation; /* odd while the row is taken */
};

struct refs_row {
    uint32_t generation;
    uint32_t next; /* of the free rows: its index + 1; 0: none */
};

/* All zero but `rows` and `row_count` is an empty table. */
struct refs {
    struct refs_row *rows;
    uint32_t row_count;
    uint32_t used;  /* rows that are taken now */
    uint32_t fresh; /* rows that were ever taken: those behind are untouched */
    uint32_t free;  /* index + 1 of the first free one among them */
    uint32_t base;  /* even: where the generations of untouched rows begin */
};

/* Take a row.  False when all are taken; *ref is untouched then. */
bool refs_take(struct refs *refs, struct vat_ref *ref);

/*
 * Take exactly this row, in a table that is being filled again with what another one had: the
 * reference is right at once.  False unless the row is untouched, and the generation odd and below
 * refs->base + 1: so no row that is left out, and free then, gets a generation that it had before.
 */
bool refs_take_at(struct refs *refs, struct vat_ref ref);

/* Give a row back; every reference to it is dead.  The reference must hold (refs_holds()). */
void refs_give(struct refs *refs, struct vat_ref ref);

/* Whether the row of this reference is taken, and was since the reference was made. */
bool refs_holds(const struct refs *refs, struct vat_ref ref);

/* The reference to a row that is taken, by its index; to nothing if it is not. */
struct vat_ref refs_at(const struct refs *refs, uint32_t index);

#ifdef __cplusplus
}
#endif

#endif

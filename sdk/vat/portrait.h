/*
 * Portraits: a program hands what its objects are to the program that takes its place, so that all
 * references to them, here and abroad, and all questions that wait, go on.
 *
 *     VAT_PROGRAM(.born = born, .types = VAT_TYPES(&counter_type), .thens = VAT_THENS(NULL),
 *                 .restore = vat_restore)
 *
 * The portrait of an object is its type's name and version and its state.  The new program finds
 * the type of that name.  If its version is higher, migrate[i] of the type makes the state of
 * version i + 1 into that of version i + 2, step by step, in place; there is room for
 * VAT_STATE_BYTES, and what an older state had not is zero.  If it is lower, or there is no such
 * type, the new program fails with VAT_VERSION.  No object is asked, and none can ask: only the vat
 * makes portraits, when its turn is over.
 */
#ifndef SERAI_SDK_VAT_PORTRAIT_H
#define SERAI_SDK_VAT_PORTRAIT_H

#include "sdk/vat/vat.h"

/* The program's own types and waits; those of the library need not be listed. */
#define VAT_TYPES(...) ((const struct vat_type *const[]){__VA_ARGS__, NULL})
#define VAT_THENS(...) ((const struct vat_then *const[]){__VA_ARGS__, NULL})

/*
 * When this turn is over, become the module of this code id and be restored there.  Fails with
 * VAT_VERSION if a type has a name that is too long, or what orders refuse.
 */
void vat_upgrade(const uint8_t code_id[SERAI_CODE_ID_BYTES]);

/* For struct vat_program: it is called when this program has taken another one's place. */
void vat_restore(void);

#endif

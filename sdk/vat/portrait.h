/*
 * Portraits: a program hands what its objects are to the program that takes its place, so that all
 * references to them, here and abroad, and all questions that wait, go on.
 *
 *     VAT_PROGRAM(.born = born, .types = VAT_TYPES(&counter_type), .thens = VAT_THENS(NULL),
 *                 .portraits = vat_portraits)
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
 * For struct vat_program: do what `serai agent upgrade` asks, be restored as the new program, or go
 * on as the old one because the new one failed in its first turn.  False: there is no portrait.
 */
bool vat_portraits(int32_t kind);

/*
 * Without being asked: when this turn is over, become the module of this code id and be restored
 * there.  If that fails, this program goes on, with its objects as they were.  Flags are those of
 * self_upgrade(); SERAI_UPGRADE_TRY is that way back.
 */
void vat_upgrade(const uint8_t code_id[SERAI_CODE_ID_BYTES], int32_t flags);

#endif

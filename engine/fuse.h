/*
 * Words that often follow each other, taken by the interpreter in one step.
 *
 * Only the operator of the first word changes: the words behind it stay as they are, so a branch to
 * one of them, the places of traps, the charges of blocks and tier 1 see the code as it was made.
 * Whoever reads words other than to run them asks fuse_first() for the operator.
 */
#ifndef SERAI_ENGINE_FUSE_H
#define SERAI_ENGINE_FUSE_H

#include "engine/code.h"
#include "engine/ops.h"

/* The operator that the word had before it was fused; its own when it was not. */
enum op fuse_first(const union word *word);

/* Words that an operator takes with what is behind it, not counting what it is fused with. */
uint32_t fuse_words(const union word *word);

/* Fuse what can be in the finished words [first, end) of one function. */
void fuse_function(union word *words, uint32_t first, uint32_t end);

#endif

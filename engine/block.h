/*
 * Memory for what is large.  A page of 4 KiB that a program writes to for the first time is a fault
 * of the system; on a virtual machine such a fault can take as long as compiling a kilobyte of
 * module.  So large blocks ask for large pages.
 */
#ifndef SERAI_ENGINE_BLOCK_H
#define SERAI_ENGINE_BLOCK_H

#include "base/status.h"

/*
 * Take `bytes` of memory, for free() to give back: in large pages, but for an end of less than half
 * of one, where the system has them.  NULL when out of memory.
 */
MUST_CHECK void *block_take(size_t bytes);

/* A copy of `bytes` at `from` in a block of just their size, as block_take(). */
MUST_CHECK void *block_copy(const void *from, size_t bytes);

#endif

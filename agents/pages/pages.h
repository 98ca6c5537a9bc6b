/* The pages of all agents and buffers.  Private to this part. */
#ifndef SERAI_AGENTS_PAGES_PAGES_H
#define SERAI_AGENTS_PAGES_PAGES_H

#include "agents/pages/arena.h"
#include "agents/pages/page_cache.h"
#include "agents/pages/page_log.h"
#include "agents/pages/paged.h"

struct page_set {
    struct paged_dirty dirty; /* changed since the last frame */
    struct page_log log;      /* how they become durable */
    struct page_cache cache;  /* which of them stay in RAM */
    struct arena *arena;      /* where those that run are laid out */
};

#endif

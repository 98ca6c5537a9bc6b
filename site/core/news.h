/*
 * Lines of the log about agents: a freeze, a thaw, a turn that was undone, a death.  What
 * strangers' programs do as often as they like has a bound: of one agent and kind a line in
 * NEWS_PERIOD_US, and how many were left out; of all agents together what log_write_often() lets
 * through.
 *
 * Used by the core thread alone.
 */
#ifndef SERAI_SITE_CORE_NEWS_H
#define SERAI_SITE_CORE_NEWS_H

#include "agents/agents.h"

enum { NEWS_PLACES = 1024 };
#define NEWS_PERIOD_US ((uint64_t)10000000)

struct news_place {
    uint64_t agent; /* 0: free */
    enum agents_news what;
    uint64_t since_us; /* monotonic: when its last line was written */
    uint64_t left_out; /* since then */
};

struct news {
    struct news_place places[NEWS_PLACES];
    uint64_t waiting; /* places with something left out */
    uint64_t looked_us;
};

/* Log what became of an agent, unless a line of the kind was written lately. */
void core_news(struct news *news, uint64_t now_us, const struct agents_told *told);

/* Report what was left out and whose period is over; call it now and then. */
void core_news_catch_up(struct news *news, uint64_t now_us);

#endif

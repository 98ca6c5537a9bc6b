/* Orders on replies that an agent holds, of which each ends or serves one question. */
#ifndef SERAI_AGENTS_ORDERS_REPLY_H
#define SERAI_AGENTS_ORDERS_REPLY_H

#include "agents/turns/turn.h"

/* reply_break, reply_return and reply_pipe, on the capability of their first argument, which is a
 * facet's. */
int64_t order_reply(struct turn *turn, enum serai_order order, const struct cap *cap,
                    const uint64_t *args);

#endif

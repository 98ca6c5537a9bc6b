/* How a guest's calls become orders.  Private to this part. */
#ifndef SERAI_AGENTS_ORDERS_DISPATCH_H
#define SERAI_AGENTS_ORDERS_DISPATCH_H

#include "engine/engine.h"

/* The host_call of struct engine_instance; `host` is the struct turn. */
bool turn_host_call(void *host, struct engine_instance *instance, uint32_t order,
                    const uint64_t *args, int64_t *result);

#endif

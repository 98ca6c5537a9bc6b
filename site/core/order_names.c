/* One table from sdk/abi.h, so that a new order has its price's key without a line here. */
#include "site/core/core.h"

#include <string.h>

#include "sdk/abi.h"

static const char *const names[SERAI_ORDER_COUNT] = {
#define ORDER_NAME(number, name, params, kind, prototype) [number] = #name,
    SERAI_ORDERS(ORDER_NAME)
#undef ORDER_NAME
};

static int order_number_named(const char *name)
{
    for (int number = 0; number < SERAI_ORDER_COUNT; number++)
        if (strcmp(names[number], name) == 0)
            return number;
    return -1;
}

static const char *order_name_of(int number)
{
    return number >= 0 && number < SERAI_ORDER_COUNT ? names[number] : NULL;
}

const struct order_names core_order_names = {.number = order_number_named, .name = order_name_of};

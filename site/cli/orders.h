/* The names of the guest ABI's orders, as the price book wants them. */
#ifndef SERAI_SITE_CLI_ORDERS_H
#define SERAI_SITE_CLI_ORDERS_H

#include "market/market.h"

extern const struct order_names cli_order_names;

#endif

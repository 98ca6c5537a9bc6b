/* The imports that a module may have: the table of sdk/abi.h. */
#include "agents/imports.h"

#include "sdk/abi.h"

#define ORDER_IMPORT(number, name, params, kind, prototype) [number] = {#name, params},
static const struct engine_import order_imports[SERAI_ORDER_COUNT] = {SERAI_ORDERS(ORDER_IMPORT)};
#undef ORDER_IMPORT

const struct engine_imports turn_imports = {
    .module = "serai", .items = order_imports, .count = SERAI_ORDER_COUNT};

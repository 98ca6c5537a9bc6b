/* The modules of guests and examples, by name. */
#ifndef SERAI_SIM_MODULES_H
#define SERAI_SIM_MODULES_H

#include <stddef.h>
#include <stdint.h>

/* The bytes of a guest of tests/agents/guests or an example of the SDK; borrowed until the process
 * ends.  There must be one of that name. */
const uint8_t *sim_module(const char *name, size_t *size);

#endif
